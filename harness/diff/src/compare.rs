//! Comparing two runs: artefacts are paired by name and walked in causal order.

use std::collections::BTreeMap;

use crate::digest::{Form, digest};
use crate::reading::Reading;
use crate::tally::Tally;
use crate::walk::Walk;
use crate::{
    Artefact, ArtefactSchema, BytesDifference, ChangeKind, Diff, DiffOptions, Schema, causes,
    chart, records, settle,
};

/// The artefact whose differences are causes.
pub const INPUTS: &str = "inputs";

/// Compares two runs of one scenario.
///
/// Artefacts are paired by name; one that only one side has is a difference. If one side holds
/// an artefact [as digests](digest()), the other is compared as digests too.
///
/// The first divergence, and whether there is one, is exact whatever `options` say: the earliest
/// tick, within it the earliest stage, then the artefact in the order of the schema, the record,
/// and the field in the order in which it is read. What has no tick comes last. [`Diff::is_equal`]
/// holds exactly if all artefacts are equal as bytes but for the order of
/// [`unordered`](ArtefactSchema::unordered) arrays and numbers within their
/// [tolerance](ArtefactSchema::tolerances), or an artefact has the digests that the other side
/// holds in its place.
///
/// ```
/// use aether_diff::{Artefact, ArtefactSchema, DiffOptions, KeyRule, Schema, diff};
///
/// # fn main() -> Result<(), aether_diff::ArtefactError> {
/// let schema = Schema {
///     stages: vec!["UMX".into()],
///     artefacts: vec![ArtefactSchema {
///         name: "ledgers".into(),
///         stage: "UMX".into(),
///         tick: Some("tick".into()),
///         keys: vec![
///             KeyRule { path: "".into(), fields: vec!["tick".into()], label: "ledger".into() },
///             KeyRule { path: "edges".into(), fields: vec!["e_id".into()], label: "edge".into() },
///         ],
///         ..ArtefactSchema::default()
///     }],
///     ..Schema::default()
/// };
/// let golden = br#"[{"tick": 3, "edges": [{"e_id": 5, "raw": 2}]}]"#;
/// let current = br#"[{"tick": 3, "edges": [{"e_id": 5, "raw": 3}]}]"#;
///
/// let diff = diff(
///     &[Artefact::from_json("ledgers", golden)?],
///     &[Artefact::from_json("ledgers", current)?],
///     &schema,
///     &DiffOptions::default(),
/// );
/// let first = diff.first_divergence.expect("they differ");
/// assert_eq!(first.lead(), "tick 3 · UMX · edge 5 · raw: 2 → 3");
/// assert_eq!(first.path.to_string(), "ledgers[tick=3].edges[e_id=5].raw");
/// # Ok(())
/// # }
/// ```
pub fn diff(
    before: &[Artefact],
    after: &[Artefact],
    schema: &Schema,
    options: &DiffOptions,
) -> Diff {
    let settled = settle::settled(before, after, schema);
    let after = settled.as_ref().map_or(after, |settled| &settled.after);
    let mut causes = Tally::new(options);
    let mut effects = Tally::new(options);
    let pairs = pair_by_name(before, after, schema);
    for pair in &pairs {
        let tally = if pair.name == INPUTS {
            &mut causes
        } else {
            &mut effects
        };
        compare_artefacts(pair, schema, tally);
    }
    let files = causes::Files::of(before, after, schema);
    let mut diff = put_together(causes, effects, files);
    if let Some(first) = &diff.first_divergence {
        diff.charts = chart::charts(&pairs, first);
    }
    let both = pairs.iter().filter_map(|pair| pair.before.zip(pair.after));
    let differing = both.filter_map(|(before, after)| BytesDifference::of(before, after));
    diff.bytes = differing.take(options.entries).collect();
    diff.tolerated = settled.map(|settled| settled.tolerated);
    diff
}

/// The diff of what was found in the inputs and in all other artefacts.
pub(crate) fn put_together(causes: Tally, effects: Tally, mut files: causes::Files<'_>) -> Diff {
    let causes = causes.finish();
    let mut diff = effects.finish();
    diff.left_out.extend(causes.left_out);
    if diff.first_divergence.is_none() {
        diff.first_divergence.clone_from(&causes.first_divergence);
        diff.alike = causes.alike;
    }
    let changes = causes.changes.into_iter();
    diff.causes = changes.map(|change| files.cause(change)).collect();
    diff
}

/// Two artefacts of one name, and how they are read.
pub(crate) struct Pair<'a> {
    pub(crate) name: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) before: Option<&'a Artefact>,
    pub(crate) after: Option<&'a Artefact>,
    pub(crate) schema: Option<&'a ArtefactSchema>,
}

/// Pairs artefacts and puts them in causal order: by stage, then as the schema lists them, then
/// by name.
pub(crate) fn pair_by_name<'a>(
    before: &'a [Artefact],
    after: &'a [Artefact],
    schema: &'a Schema,
) -> Vec<Pair<'a>> {
    // Should a name occur twice, its first artefacts are a pair, then its second ones.
    let mut pairs: BTreeMap<(&str, usize), Pair<'a>> = BTreeMap::new();
    for (artefacts, is_before) in [(before, true), (after, false)] {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for artefact in artefacts {
            let name = artefact.name();
            let occurrence = seen.entry(name).or_default();
            let pair = pairs
                .entry((name, *occurrence))
                .or_insert_with(|| Pair::new(name, schema));
            *occurrence += 1;
            if is_before {
                pair.before = Some(artefact);
            } else {
                pair.after = Some(artefact);
            }
        }
    }
    let mut pairs: Vec<_> = pairs.into_values().collect();
    pairs.sort_by_key(|pair| in_causal_order(pair, schema));
    pairs
}

/// The place of a pair among all: by stage, then as the schema lists it.
pub(crate) fn in_causal_order(pair: &Pair<'_>, schema: &Schema) -> (usize, usize) {
    let stage = schema.stages.iter().position(|s| s == pair.stage);
    let listed = schema.position(pair.name);
    // `None` would sort first.
    (stage.unwrap_or(usize::MAX), listed.unwrap_or(usize::MAX))
}

impl<'a> Pair<'a> {
    pub(crate) fn new(name: &'a str, schema: &'a Schema) -> Self {
        let schema = schema.artefact(name);
        let stage = schema.map_or("", |schema| schema.stage.as_str());
        Self {
            name,
            stage: if stage.is_empty() { name } else { stage },
            before: None,
            after: None,
            schema,
        }
    }
}

pub(crate) fn compare_artefacts(pair: &Pair<'_>, schema: &Schema, tally: &mut Tally) {
    let (before, after) = (pair.before, pair.after);
    let [old, new] = [before, after].map(|side| side.map_or(&[][..], Artefact::text));
    // An artefact that is there has some text.
    let Some(same) = records::first_difference(old, new) else {
        return;
    };
    let listed = pair.schema.cloned().unwrap_or_default();
    let reading = Reading::of(&listed, pair.name);
    let mut walk = Walk::new(pair.name, pair.stage, &listed, schema, tally);
    match (before, after) {
        (Some(before), Some(after)) => match (Form::of(before), Form::of(after)) {
            (Form::ByTick, Form::ByTick) => {
                let seen = walk.seen();
                walk.digests(before, after);
                walk.or_as_text(seen, before, after);
            }
            (Form::ByTick, Form::Document) => walk.digests(before, &digest(after, schema)),
            (Form::Document, Form::ByTick) => walk.digests(&digest(before, schema), after),
            (Form::Tree, Form::Tree) => {
                let seen = walk.seen();
                // Because another artefact is longer, the same records may have digests of wider spans.
                if walk.trees(before, after, schema) {
                    walk.or_as_text(seen, before, after);
                }
            }
            (Form::Tree, Form::Document) | (Form::Document, Form::Tree) => {
                walk.trees(before, after, schema);
            }
            (Form::Document, Form::Document) => walk.documents(before, after, same, &reading),
            // Digests of two kinds say nothing of one another.
            (Form::ByTick, Form::Tree) => walk.kinds(["digests by tick", "a tree of digests"]),
            (Form::Tree, Form::ByTick) => walk.kinds(["a tree of digests", "digests by tick"]),
        },
        (Some(before), None) => walk.lone_artefact(before, ChangeKind::Removed),
        (None, Some(after)) => walk.lone_artefact(after, ChangeKind::Added),
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ArtefactSchema;

    #[test]
    fn artefacts_are_in_the_order_of_stages_then_as_they_are_listed() {
        let listed = |name: &str, stage: &str| ArtefactSchema::new(name).with_stage(stage);
        let schema = Schema {
            stages: vec!["one".into(), "two".into()],
            artefacts: vec![
                listed("d", "two"),
                listed("c", "one"),
                listed("b", "two"),
                listed("a", "one"),
            ],
            spans: Vec::new(),
        };
        let of = |value: u8| {
            ["a", "b", "c", "d", "e"]
                .map(|name| Artefact::from_json(name, value.to_string().as_bytes()).unwrap())
        };
        let diff = diff(&of(1), &of(2), &schema, &DiffOptions::default());
        let names: Vec<&str> = diff
            .changes
            .iter()
            .map(|change| &*change.artefact)
            .collect();
        assert_eq!(names, ["c", "a", "d", "b", "e"]);
    }
}
