//! Similar changes of several scenarios.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Report, ScenarioReport};
use crate::{Cause, ChangeKind, Json, PlaceSort, counted};

/// Scenarios whose first divergences have stage, path pattern and kind in common: most likely one
/// cause. Whatever else differs in them is taken as its consequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The stage of the first divergences.
    pub stage: String,
    /// Their path, elements as `*`: `ledgers/*/edges/*/f_e`.
    pub pattern: String,
    /// What happened there.
    pub kind: ChangeKind,
    /// New value minus old, if it is the same number in the first divergence of every scenario.
    pub offset: Option<Json>,
    /// How many places of this sort differ in these scenarios; if there is an offset, by
    /// exactly it.
    pub places: u64,
    /// The names of the scenarios, in the order of the report.
    pub scenarios: Vec<String>,
    /// The group by offset, if there are several; the most scenarios first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<OffsetGroup>,
}

/// The scenarios of a group whose first divergences have one offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OffsetGroup {
    /// New value minus old; `None` for what are not both numbers.
    pub offset: Option<Json>,
    /// How many places of the group's sort differ by this offset in these scenarios.
    pub places: u64,
    /// The names of the scenarios.
    pub scenarios: Vec<String>,
}

/// Groups scenarios by their first divergence; those without one are in no group.
pub(super) fn groups(scenarios: &[ScenarioReport]) -> Vec<Group> {
    type Members<'s> = BTreeMap<Option<Json>, OffsetGroup>;
    let mut sorts: BTreeMap<(String, String, ChangeKind), Members<'_>> = BTreeMap::new();
    for scenario in scenarios {
        let Some(diff) = &scenario.diff else { continue };
        let Some(first) = &diff.first_divergence else {
            continue;
        };
        let sort = PlaceSort::of(first);
        let offset = sort.offset;
        let group = sorts
            .entry((sort.stage, sort.pattern, sort.kind))
            .or_default()
            .entry(offset.clone())
            .or_insert(OffsetGroup {
                offset,
                places: 0,
                scenarios: Vec::new(),
            });
        group.places += diff.alike;
        group.scenarios.push(scenario.name.clone());
    }
    let mut groups: Vec<Group> = sorts
        .into_iter()
        .map(|((stage, pattern, kind), members)| {
            let mut offsets: Vec<OffsetGroup> = members.into_values().collect();
            offsets.sort_by_key(|group| std::cmp::Reverse(group.scenarios.len()));
            let members: BTreeSet<&String> = offsets.iter().flat_map(|o| &o.scenarios).collect();
            let names = scenarios.iter().map(|scenario| &scenario.name);
            let names = names
                .filter(|name| members.contains(name))
                .cloned()
                .collect();
            Group {
                stage,
                pattern,
                kind,
                offset: match &*offsets {
                    [one] => one.offset.clone(),
                    _ => None,
                },
                places: offsets.iter().map(|group| group.places).sum(),
                scenarios: names,
                offsets: if offsets.len() > 1 {
                    offsets
                } else {
                    Vec::new()
                },
            }
        })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.scenarios.len()));
    groups
}

/// A changed input that scenarios of a group have in common. Equal changes at several places of one file are
/// one: `fixtures/topologies/ring5.json edges/*/k: 12 → 13, 5 places`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedCause {
    /// The change at the first of its places.
    pub cause: Cause,
    /// At how many places of the file the value changed so.
    pub places: u64,
    /// How many scenarios of the group have it.
    pub scenarios: usize,
}

impl SharedCause {
    /// The cause in one line, with its path as a pattern if there are several places.
    pub fn lead(&self) -> String {
        let lead = self.cause.lead();
        if self.places < 2 {
            return lead;
        }
        let place = format!("{} {}", self.cause.file, self.cause.place());
        let what = lead.strip_prefix(&place).unwrap_or_default();
        let places = counted(self.places, "place");
        let (file, pattern) = (&self.cause.file, self.cause.path.pattern());
        format!("{file} {pattern}{what}, {places}")
    }

    /// How many scenarios of `group` have it: `all 12`, `3 of 12`.
    pub fn share(&self, group: &Group) -> String {
        let all = group.scenarios.len();
        if self.scenarios == all {
            format!("all {all}")
        } else {
            format!("{} of {all}", self.scenarios)
        }
    }
}

impl Report {
    /// The changed inputs that two or more scenarios of a group have in common, those that most have
    /// first.
    pub fn shared_causes(&self, group: &Group) -> Vec<SharedCause> {
        /// What equal changes have in common.
        type Sort<'c> = (
            &'c str,
            String,
            ChangeKind,
            Option<&'c Json>,
            Option<&'c Json>,
        );
        struct Known {
            at: usize,
            paths: BTreeSet<String>,
            scenarios: BTreeSet<usize>,
        }
        let mut shared: Vec<SharedCause> = Vec::new();
        let names: BTreeSet<&String> = group.scenarios.iter().collect();
        let members = self.scenarios.iter().filter(|s| names.contains(&s.name));
        let mut known: BTreeMap<Sort<'_>, Known> = BTreeMap::new();
        for (member, diff) in members.filter_map(|s| s.diff.as_ref()).enumerate() {
            for cause in &diff.causes {
                let (before, after) = (cause.before.as_ref(), cause.after.as_ref());
                let sort = (
                    &*cause.file,
                    cause.path.pattern(),
                    cause.kind,
                    before,
                    after,
                );
                let known = known.entry(sort).or_insert_with(|| {
                    shared.push(SharedCause {
                        cause: cause.clone(),
                        places: 0,
                        scenarios: 0,
                    });
                    Known {
                        at: shared.len() - 1,
                        paths: BTreeSet::new(),
                        scenarios: BTreeSet::new(),
                    }
                });
                known.paths.insert(cause.path.to_string());
                known.scenarios.insert(member);
            }
        }
        for known in known.into_values() {
            shared[known.at].places = known.paths.len() as u64;
            shared[known.at].scenarios = known.scenarios.len();
        }
        shared.retain(|cause| cause.scenarios > 1);
        shared.sort_by_key(|cause| std::cmp::Reverse(cause.scenarios));
        shared
    }
}

impl Group {
    /// The group in one line: `UMX · ledgers/*/edges/*/f_e · +1: 37 scenarios, 412 places`.
    pub fn lead(&self) -> String {
        let (what, counts) = (self.what(), self.counts());
        format!("{} · {} · {what}: {counts}", self.stage, self.pattern)
    }

    /// The offset if all have the same, otherwise what happened.
    pub fn what(&self) -> String {
        match &self.offset {
            Some(offset) => signed(offset),
            None => self.kind.as_str().to_owned(),
        }
    }

    /// `37 scenarios, 412 places`.
    pub fn counts(&self) -> String {
        counts(self.scenarios.len(), self.places)
    }
}

impl OffsetGroup {
    /// The part of the group in one line: `+1: 37 scenarios, 412 places`.
    pub fn lead(&self) -> String {
        let offset = self.offset.as_ref();
        let offset = offset.map_or_else(|| "not a number".to_owned(), signed);
        format!("{offset}: {}", counts(self.scenarios.len(), self.places))
    }
}

fn signed(offset: &Json) -> String {
    let text = offset.as_str();
    let sign = if text.starts_with('-') { "" } else { "+" };
    format!("{sign}{text}")
}

fn counts(scenarios: usize, places: u64) -> String {
    format!(
        "{}, {}",
        counted(scenarios as u64, "scenario"),
        counted(places, "place")
    )
}
