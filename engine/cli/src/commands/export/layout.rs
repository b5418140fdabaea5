//! [`Layout`]: what a record of a kind consists of, for tables and for parts of records.
//!
//! It follows from the declarations of the records alone (their schema, and what identifies the
//! elements of their lists), so a kind without records has the same columns as any other.

use std::collections::BTreeMap;

use aether_engine::record;
use aether_engine::run::RecordKind;
use aether_json::layout::quoted;
use aether_json::{Value, scan};

use super::work::looks_at;

/// The members of the records of a kind; the one that holds the tick comes first, the others in
/// canonical order.
pub(super) struct Layout {
    pub(super) kind: RecordKind,
    pub(super) members: Vec<Member>,
}

/// A member of a record, or of an object in it.
pub(super) struct Member {
    /// The key as JSON spells it, with quotes.
    pub(super) key: String,
    /// The path from the record, such as `usage_stats.first_tick`.
    pub(super) path: String,
    pub(super) part: Part,
}

/// What a member holds.
pub(super) enum Part {
    /// An object whose members are known.
    Object(Vec<Member>),
    /// One number per node.
    OfNodes,
    /// One number per edge.
    OfEdges,
    /// One object per edge, with its `e_id`.
    EdgeList,
    /// Anything else: a scalar, a list, or an object with any keys.
    Value,
}

impl Layout {
    pub(super) fn of(kind: RecordKind) -> Self {
        let schema: Value = aether_json::from_str(&record::json_schema())
            .expect("the schema of all records is JSON");
        let mut members = members(kind, "", &schema["$defs"][kind.name()]);
        let tick = kind.info().tick;
        let place = members
            .iter()
            .position(|member| Some(&*member.path) == tick);
        if let Some(place) = place {
            members[..=place].rotate_right(1);
        }
        Self { kind, members }
    }

    /// Whether the records hold something of each node.
    pub(super) fn has_nodes(&self) -> bool {
        any(&self.members, |part| matches!(part, Part::OfNodes))
    }

    /// Whether the records hold something of each edge.
    pub(super) fn has_edges(&self) -> bool {
        any(&self.members, |part| {
            matches!(part, Part::OfEdges | Part::EdgeList)
        })
    }
}

impl Member {
    /// The value of the member in an object, as text.
    pub(super) fn of<'t>(&self, object: &[scan::Member<'t>]) -> Option<&'t str> {
        let is_this = |(key, _): &&scan::Member<'t>| {
            looks_at(1);
            *key == self.key
        };
        object.iter().find(is_this).map(|(_, value)| *value)
    }
}

fn any(members: &[Member], is: fn(&Part) -> bool) -> bool {
    members.iter().any(|member| match &member.part {
        Part::Object(members) => any(members, is),
        part => is(part),
    })
}

fn members(kind: RecordKind, prefix: &str, schema: &Value) -> Vec<Member> {
    let mut properties = BTreeMap::new();
    gather(schema, &mut properties);
    let member = |(key, schema): (&str, &Value)| {
        let path = format!("{prefix}{key}");
        let part = part(kind, &path, schema);
        let key = quoted(key);
        Member { key, path, part }
    };
    properties.into_iter().map(member).collect()
}

/// The properties of an object, or of all objects that it may be.
fn gather<'s>(schema: &'s Value, properties: &mut BTreeMap<&'s str, &'s Value>) {
    for (key, member) in schema["properties"].as_object().into_iter().flatten() {
        properties.insert(key, member);
    }
    for schema in schema["anyOf"].as_array().into_iter().flatten() {
        gather(schema, properties);
    }
}

fn part(kind: RecordKind, path: &str, schema: &Value) -> Part {
    let rule = kind.info().keys.iter().find(|rule| rule.path == path);
    match rule.map(|rule| (rule.fields, rule.label)) {
        Some(([], "node")) => return Part::OfNodes,
        Some(([], "edge")) => return Part::OfEdges,
        Some((["e_id"], _)) => return Part::EdgeList,
        _ => {}
    }
    let is_empty = schema["const"].as_object().is_some_and(BTreeMap::is_empty);
    let members = members(kind, &format!("{path}."), schema);
    if is_empty || !members.is_empty() {
        Part::Object(members)
    } else {
        Part::Value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths<'m>(members: &'m [Member], found: &mut Vec<&'m str>) {
        for member in members {
            match &member.part {
                Part::Object(members) => paths(members, found),
                _ => found.push(&member.path),
            }
        }
    }

    #[track_caller]
    fn check(kind: RecordKind, expected: &[&str]) {
        let layout = Layout::of(kind);
        let mut found = Vec::new();
        paths(&layout.members, &mut found);
        assert_eq!(found, expected);
    }

    #[test]
    fn the_tick_comes_first_and_empty_objects_have_no_column() {
        check(
            RecordKind::Ledgers,
            &[
                "tick",
                "edges",
                "post_u",
                "pre_u",
                "sum_post_u",
                "sum_pre_u",
                "z_check",
            ],
        );
        check(
            RecordKind::Envelopes,
            &[
                "tick",
                "gid",
                "layer",
                "meta.event",
                "mode",
                "nid",
                "payload_ref",
                "prev_chain",
                "seq",
                "sig",
                "v",
            ],
        );
        let library = Layout::of(RecordKind::CodexLibrary);
        assert_eq!(library.members[0].path, "created_at_tick");
        let manifests = Layout::of(RecordKind::Manifests);
        assert_eq!(manifests.members[0].path, "end_tick");
    }

    #[test]
    fn kinds_say_whether_they_have_nodes_and_edges() {
        let with = |has: fn(&Layout) -> bool| -> Vec<&str> {
            let kinds = RecordKind::ALL.into_iter();
            kinds
                .filter(|kind| has(&Layout::of(*kind)))
                .map(RecordKind::name)
                .collect()
        };
        assert_eq!(with(Layout::has_nodes), ["ledgers", "i_blocks", "scenes"]);
        assert_eq!(
            with(Layout::has_edges),
            ["ledgers", "p_blocks", "i_blocks", "codex_library"]
        );
    }

    /// The payloads of all events, those of errors among them.
    #[test]
    fn the_log_has_the_members_of_every_payload() {
        let log = Layout::of(RecordKind::Log);
        let mut found = Vec::new();
        paths(&log.members, &mut found);
        for path in [
            "payload.moved_edges",
            "payload.pfna_refs",
            "payload.operation",
            "payload.value",
        ] {
            assert!(found.contains(&path), "{path}: {found:?}");
        }
    }
}
