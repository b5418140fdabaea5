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

impl Report {
    /// The changed inputs that two or more scenarios of a group have in common, with how many have
    /// each; those of most first.
    pub fn shared_causes(&self, group: &Group) -> Vec<(&Cause, usize)> {
        let mut shared: Vec<(&Cause, usize)> = Vec::new();
        let names: BTreeSet<&String> = group.scenarios.iter().collect();
        let members = self.scenarios.iter().filter(|s| names.contains(&s.name));
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for cause in members
            .filter_map(|s| s.diff.as_ref())
            .flat_map(|d| &d.causes)
        {
            let at = *known.entry(cause.lead()).or_insert(shared.len());
            match shared.get_mut(at) {
                Some((_, scenarios)) => *scenarios += 1,
                None => shared.push((cause, 1)),
            }
        }
        shared.retain(|(_, scenarios)| *scenarios > 1);
        shared.sort_by_key(|(_, scenarios)| std::cmp::Reverse(*scenarios));
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
