//! Finds the places at which runs differ: all runs are walked side by side.

use std::collections::{BTreeMap, BTreeSet};

use aether_json::Value;

use super::{Observed, VaryingStep};
use crate::{Artefact, ArtefactSchema, Schema};

/// Places of a pattern whose values are looked at.
const SERIES_MAX: usize = 12;

/// Sibling members of equal contents above which their names are data.
const NAMES_MAX: usize = 8;

/// Records of one artefact that are parsed at once.
const RECORDS_MAX: usize = 10_000;

/// The records of an array artefact, one per line; `None` if it is something else.
fn records(artefact: &Artefact) -> Option<Vec<&str>> {
    let text = std::str::from_utf8(artefact.text()).ok()?;
    if text == "[]\n" {
        return Some(Vec::new());
    }
    let body = text.strip_prefix("[\n")?.strip_suffix("\n]\n")?;
    let bare = |line| str::strip_suffix(line, ",").unwrap_or(line);
    Some(body.split('\n').map(bare).collect())
}

fn sorted<'t>(records: &[&'t str]) -> Vec<&'t str> {
    let mut records = records.to_vec();
    records.sort_unstable();
    records
}

/// Where values are, without indices, and in which runs they differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern {
    pub(super) artefact: String,
    pub(super) steps: Vec<VaryingStep>,
    /// Whether runs in the same environment agree there.
    pub(super) only_elsewhere: bool,
}

/// In what way a place differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// The values do.
    Value,
    /// The elements are the same in another order.
    Order,
    /// The number of elements does.
    Length,
    /// The names of members do.
    Names,
    /// It is there in some runs only.
    Presence,
}

/// The places of a pattern that differ.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) count: usize,
    /// In what way the first of them does.
    pub(super) way: Way,
    /// The values of some places, run by run.
    pub(super) series: Vec<Vec<Value>>,
}

impl Places {
    fn join(&mut self, other: Self) {
        self.count += other.count;
        let room = SERIES_MAX.saturating_sub(self.series.len());
        self.series.extend(other.series.into_iter().take(room));
    }
}

type Found = BTreeMap<Pattern, Places>;

/// Every pattern at which these runs differ.
pub(super) fn patterns(runs: &[Observed<'_>], schema: &Schema) -> Found {
    let names: BTreeSet<&str> = runs
        .iter()
        .flat_map(|run| run.artefacts.iter().map(|artefact| artefact.name()))
        .collect();
    let elsewhere: Vec<bool> = runs.iter().map(|run| run.moment.is_elsewhere).collect();
    let mut found = Found::new();
    for name in names {
        let texts: Vec<Option<&Artefact>> = runs
            .iter()
            .map(|run| {
                let of_name = |artefact: &&&Artefact| artefact.name() == name;
                run.artefacts.iter().find(of_name).copied()
            })
            .collect();
        if texts.windows(2).all(|pair| pair[0] == pair[1]) {
            continue;
        }
        let mut walk = Walk {
            artefact: name,
            schema: schema.artefact(name),
            elsewhere: &elsewhere,
            steps: Vec::new(),
            found: &mut found,
        };
        walk.artefacts(&texts);
    }
    collapsed(found)
}

struct Walk<'a> {
    artefact: &'a str,
    schema: Option<&'a ArtefactSchema>,
    elsewhere: &'a [bool],
    steps: Vec<VaryingStep>,
    found: &'a mut Found,
}

impl Walk<'_> {
    fn artefacts(&mut self, artefacts: &[Option<&Artefact>]) {
        let Some(artefacts) = artefacts.iter().copied().collect::<Option<Vec<_>>>() else {
            let is_there = |artefact: &Option<&Artefact>| Value::from(artefact.is_some());
            let there: Vec<Value> = artefacts.iter().map(is_there).collect();
            return self.note(Way::Presence, &there.iter().collect::<Vec<_>>(), false);
        };
        let records: Option<Vec<Vec<&str>>> =
            artefacts.iter().map(|artefact| records(artefact)).collect();
        match records {
            Some(records) => self.records(&records),
            None => {
                let values: Vec<Value> = artefacts
                    .iter()
                    .map(|artefact| artefact.to_value().expect("an artefact is JSON"))
                    .collect();
                self.values(&values.iter().collect::<Vec<_>>());
            }
        }
    }

    /// The records of an array artefact: those that differ are parsed, and not too many at once.
    fn records(&mut self, runs: &[Vec<&str>]) {
        let length = runs[0].len();
        // Stands for the records: equal ones have equal numbers.
        let numbers = runs.iter().map(|records| {
            let first = runs.iter().position(|other| other == records);
            Value::from(first.unwrap_or_default())
        });
        let numbers: Vec<Value> = numbers.collect();
        let numbers: Vec<&Value> = numbers.iter().collect();
        if runs.iter().any(|records| records.len() != length) {
            return self.note(Way::Length, &numbers, false);
        }
        let differs = |at: &usize| runs.iter().any(|records| records[*at] != runs[0][*at]);
        let differing: Vec<usize> = (0..length).filter(differs).collect();
        let parsed = |records: &Vec<&str>, part: &[usize]| -> Vec<Value> {
            let parse = |at: &usize| records[*at].parse().expect("a record is JSON");
            part.iter().map(parse).collect()
        };
        if differing.len() <= RECORDS_MAX {
            let arrays = runs.iter().map(|records| parsed(records, &differing));
            let arrays: Vec<Value> = arrays.map(Value::Array).collect();
            return self.values(&arrays.iter().collect::<Vec<_>>());
        }
        // Beyond that, only a mere change of order is seen as one.
        let first = sorted(&runs[0]);
        if runs.iter().all(|records| sorted(records) == first) {
            return self.note(Way::Order, &numbers, false);
        }
        for part in differing.chunks(RECORDS_MAX) {
            let arrays: Vec<Vec<Value>> =
                runs.iter().map(|records| parsed(records, part)).collect();
            for at in 0..part.len() {
                let elements: Vec<&Value> = arrays.iter().map(|array| &array[at]).collect();
                self.values(&elements);
            }
        }
    }

    /// The values of one place, one for each run.
    fn values(&mut self, values: &[&Value]) {
        if values.windows(2).all(|pair| pair[0] == pair[1]) {
            return;
        }
        let objects: Option<Vec<_>> = values.iter().map(|value| value.as_object()).collect();
        let arrays: Option<Vec<_>> = values.iter().map(|value| value.as_array()).collect();
        match (objects, arrays) {
            (Some(objects), _) => self.objects(values, &objects),
            (_, Some(arrays)) => self.arrays(values, &arrays),
            _ => self.note(Way::Value, values, true),
        }
    }

    fn objects(&mut self, values: &[&Value], objects: &[&BTreeMap<String, Value>]) {
        let first = objects[0];
        if objects.iter().any(|object| !object.keys().eq(first.keys())) {
            self.note(Way::Names, values, false);
        }
        for name in first.keys() {
            let members: Option<Vec<&Value>> =
                objects.iter().map(|object| object.get(name)).collect();
            if let Some(members) = members {
                self.steps.push(VaryingStep::Member(name.clone()));
                self.values(&members);
                self.steps.pop();
            }
        }
    }

    fn arrays(&mut self, values: &[&Value], arrays: &[&Vec<Value>]) {
        let aligned = self.aligned(arrays);
        let arrays: Vec<Vec<&Value>> = match aligned {
            Some(aligned) => {
                // The order alone is one finding, and what the elements hold is another.
                let is_moved = aligned
                    .iter()
                    .zip(arrays)
                    .any(|(aligned, array)| !aligned.iter().copied().eq(array.iter()));
                if is_moved {
                    self.note(Way::Order, values, false);
                }
                aligned
            }
            None => arrays.iter().map(|array| array.iter().collect()).collect(),
        };
        let shortest = arrays.iter().map(Vec::len).min().unwrap_or(0);
        if arrays.iter().any(|array| array.len() != shortest) {
            self.note(Way::Length, values, false);
            return;
        }
        for at in 0..shortest {
            let elements: Vec<&Value> = arrays.iter().map(|array| array[at]).collect();
            self.values(&elements);
        }
    }

    /// The elements of each array in the order of the first, if they are the same but for their order:
    /// by their identities if the schema declares them, else by their values.
    fn aligned<'v>(&self, arrays: &[&'v Vec<Value>]) -> Option<Vec<Vec<&'v Value>>> {
        let length = arrays[0].len();
        if arrays.iter().any(|array| array.len() != length) {
            return None;
        }
        let fields = self.identity();
        let by_fields = fields.and_then(|fields| {
            ordered(arrays, &|element| {
                let members = fields.iter().map(|field| member(element, field));
                let members = members.collect::<Option<Vec<_>>>()?;
                let texts: Vec<String> = members.iter().map(|member| member.to_string()).collect();
                Some(texts.join(","))
            })
        });
        by_fields.or_else(|| ordered(arrays, &|element| Some(element.to_string())))
    }

    /// The fields that identify the elements of the array here.
    fn identity(&self) -> Option<&[String]> {
        let names = self.steps.iter().map(|step| match step {
            VaryingStep::Member(name) => name.as_str(),
            VaryingStep::Any => "*",
        });
        let here = names.collect::<Vec<_>>().join(".");
        let rules = &self.schema?.keys;
        let rule = rules.iter().find(|rule| rule.path == here)?;
        (!rule.fields.is_empty()).then_some(&*rule.fields)
    }

    fn note(&mut self, way: Way, values: &[&Value], has_series: bool) {
        let is_scalar = values
            .iter()
            .all(|value| value.as_array().is_none() && value.as_object().is_none());
        let series = if has_series && is_scalar {
            vec![values.iter().map(|&value| value.clone()).collect()]
        } else {
            Vec::new()
        };
        let here: Vec<&&Value> = values
            .iter()
            .zip(self.elsewhere)
            .filter(|(_, is_elsewhere)| !**is_elsewhere)
            .map(|(value, _)| value)
            .collect();
        let pattern = Pattern {
            artefact: self.artefact.to_owned(),
            steps: self.steps.clone(),
            only_elsewhere: here.windows(2).all(|pair| pair[0] == pair[1]),
        };
        let places = Places {
            count: 1,
            way,
            series,
        };
        match self.found.get_mut(&pattern) {
            Some(known) => known.join(places),
            None => {
                self.found.insert(pattern, places);
            }
        }
    }
}

/// A member of an element: its name, or a dotted path.
fn member<'v>(element: &'v Value, field: &str) -> Option<&'v Value> {
    element.get(field).or_else(|| {
        let mut steps = field.split('.');
        steps.try_fold(element, |value, step| value.get(step.trim_matches('"')))
    })
}

/// The elements of each array in the order that those with the same keys have in the first; `None` if keys
/// are missing or not the same, or if one is there twice and its elements differ.
fn ordered<'v>(
    arrays: &[&'v Vec<Value>],
    key: &dyn Fn(&Value) -> Option<String>,
) -> Option<Vec<Vec<&'v Value>>> {
    let sorted = arrays.iter().map(|array| {
        let keyed = array.iter().map(|element| Some((key(element)?, element)));
        let mut keyed = keyed.collect::<Option<Vec<_>>>()?;
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        Some(keyed)
    });
    let sorted = sorted.collect::<Option<Vec<_>>>()?;
    let keys = |keyed: &[(String, &Value)]| -> Vec<String> {
        keyed.iter().map(|(key, _)| key.clone()).collect()
    };
    let first = keys(&sorted[0]);
    let has_twins = first.windows(2).any(|pair| pair[0] == pair[1]);
    let is_same = sorted.iter().all(|keyed| keys(keyed) == first);
    let is_whole = sorted[0]
        .iter()
        .all(|(key, element)| *key == element.to_string());
    if !is_same || (has_twins && !is_whole) {
        return None;
    }
    // Where each key of the first array is.
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let own: Vec<String> = arrays[0]
        .iter()
        .map(|element| key(element).unwrap_or_default())
        .collect();
    for (at, key) in own.iter().enumerate() {
        places.entry(key).or_default().push(at);
    }
    let order: Vec<usize> = places.into_values().flatten().collect();
    let back = |keyed: Vec<(String, &'v Value)>| {
        let mut placed: Vec<(usize, &Value)> = order
            .iter()
            .copied()
            .zip(keyed.into_iter().map(|(_, element)| element))
            .collect();
        placed.sort_by_key(|(at, _)| *at);
        placed.into_iter().map(|(_, element)| element).collect()
    };
    Some(sorted.into_iter().map(back).collect())
}

/// Patterns that differ in one step alone become one, if they are so many that the names are data.
fn collapsed(mut found: Found) -> Found {
    let longest = found.keys().map(|pattern| pattern.steps.len()).max();
    for at in 0..longest.unwrap_or(0) {
        let mut alike: BTreeMap<Pattern, usize> = BTreeMap::new();
        for pattern in found.keys().filter(|pattern| at < pattern.steps.len()) {
            *alike.entry(with_any(pattern, at)).or_default() += 1;
        }
        let mut next = Found::new();
        for (pattern, places) in found {
            let is_data = at < pattern.steps.len() && alike[&with_any(&pattern, at)] > NAMES_MAX;
            let pattern = if is_data {
                with_any(&pattern, at)
            } else {
                pattern
            };
            match next.get_mut(&pattern) {
                Some(known) => known.join(places),
                None => {
                    next.insert(pattern, places);
                }
            }
        }
        found = next;
    }
    found
}

fn with_any(pattern: &Pattern, at: usize) -> Pattern {
    let mut pattern = pattern.clone();
    pattern.steps[at] = VaryingStep::Any;
    pattern
}
