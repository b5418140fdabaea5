//! Every field of every record is what its rule gives from the values that it depends on.

use std::collections::{BTreeMap, BTreeSet};

use aether_engine::config::{FileSystem, RunPlan, load_run};
use aether_engine::lineage::{RunRecords, RunValues, Vocabulary};
use aether_engine::record::{FromText as _, KINDS, KindInfo};
use aether_engine::run::{RecordKind, Run, RunOptions, run};

use crate::compare::texts;
use crate::oracle::Json;
use crate::properties::aeon::watched;
use crate::properties::generate::{Reach, case};
use crate::properties::hold;
use crate::registry::{registry, root};
use crate::subject;

/// Members whose value is always the same.
const CONSTANTS: [&str; 8] = [
    "meta",
    "sig",
    "type",
    "action",
    "budget_effect",
    "governance_notes",
    "status",
    "timestamp_utc",
];

/// Whether the value at a path is the same in every record that has it.
pub(super) fn is_constant(path: &str) -> bool {
    let member = path.rsplit('.').next().unwrap_or_default();
    CONSTANTS.contains(&member)
}

/// A value that a path leads to.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) path: String,
    pub(super) value: Json,
}

/// Every value of every record of a run, by its path as reports write it.
pub(super) fn leaves(texts: &dyn Fn(RecordKind) -> Vec<Vec<u8>>, metrics: &str) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for info in KINDS {
        for text in texts(info.kind) {
            let record = Json::parse(std::str::from_utf8(&text).expect("UTF-8"));
            let key = identity(info, "", &record).expect("a record has an identity");
            Walk {
                info,
                leaves: &mut leaves,
            }
            .value(&record, &format!("{}[{key}]", info.name), "");
        }
    }
    let metrics = Json::parse(metrics);
    let info = KINDS.last().expect("kinds");
    Walk {
        info,
        leaves: &mut leaves,
    }
    .value(&metrics, "metrics", "none");
    leaves
}

/// The keys of an element of a list, as paths write them.
fn identity(info: &KindInfo, list: &str, element: &Json) -> Option<String> {
    let rule = info.keys.iter().find(|rule| rule.path == list)?;
    let keys = rule.fields.iter().map(|field| {
        let value = element.member(field).canonical();
        format!("{field}={value}")
    });
    let keys: Vec<_> = keys.collect();
    (!keys.is_empty()).then(|| keys.join(","))
}

struct Walk<'w> {
    info: &'w KindInfo,
    leaves: &'w mut Vec<Leaf>,
}

impl Walk<'_> {
    /// `inside` is the path of the value within its record, without keys.
    fn value(&mut self, value: &Json, path: &str, inside: &str) {
        match value {
            Json::Object(members) => {
                for (name, value) in members {
                    let inner = match inside {
                        "" => name.clone(),
                        _ => format!("{inside}.{name}"),
                    };
                    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                    let path = match name.chars().all(plain) {
                        true => format!("{path}.{name}"),
                        false => format!("{path}[{}]", Json::Text(name.clone()).canonical()),
                    };
                    self.value(value, &path, &inner);
                }
            }
            Json::List(elements) => {
                let rule = self.info.keys.iter().find(|rule| rule.path == inside);
                for (at, element) in elements.iter().enumerate() {
                    let key = match rule {
                        Some(rule) if rule.fields.is_empty() => {
                            format!("{}={}", rule.label, at + 1)
                        }
                        Some(_) => identity(self.info, inside, element).expect("keys"),
                        None => at.to_string(),
                    };
                    // A list inside a list has no keys.
                    let inside = match element {
                        Json::List(_) => format!("{inside}[]"),
                        _ => inside.to_owned(),
                    };
                    self.value(element, &format!("{path}[{key}]"), &inside);
                }
            }
            value => self.leaves.push(Leaf {
                path: path.to_owned(),
                value: value.clone(),
            }),
        }
    }
}

/// Replaces the value at a path of a record, if it is there and has an expected value.
pub(super) fn replace(
    info: &KindInfo,
    record: &mut Json,
    path: &str,
    from: &str,
    to: &str,
) -> bool {
    let key = identity(info, "", record).expect("a record has an identity");
    let Some(inside) = path.strip_prefix(&format!("{}[{key}]", info.name)) else {
        return false;
    };
    let mut value = record;
    let mut list = String::new();
    for part in inside.split('.').filter(|part| !part.is_empty()) {
        let (name, element) = part.split_once('[').map_or((part, None), |(name, key)| {
            (name, Some(key.trim_end_matches(']')))
        });
        let Json::Object(members) = value else {
            return false;
        };
        let Some(member) = members.get_mut(name) else {
            return false;
        };
        list = if list.is_empty() {
            name.to_owned()
        } else {
            format!("{list}.{name}")
        };
        value = member;
        if let Some(key) = element {
            let Json::List(elements) = value else {
                return false;
            };
            let number = key
                .rsplit('=')
                .next()
                .and_then(|number| number.parse::<usize>().ok());
            let is_keyed = info
                .keys
                .iter()
                .any(|rule| rule.path == list && !rule.fields.is_empty());
            let at = match (number, is_keyed) {
                (_, true) => elements
                    .iter()
                    .position(|element| identity(info, &list, element).as_deref() == Some(key)),
                (Some(number), false) if key.contains('=') => number.checked_sub(1),
                (number, false) => number,
            };
            let Some(element) = at.and_then(|at| elements.get_mut(at)) else {
                return false;
            };
            value = element;
        }
    }
    let is_expected = value.canonical() == from;
    if is_expected {
        *value = Json::parse(to);
    }
    is_expected
}

/// Checks that each value of a run is the one that its rule gives, by field.
pub(super) fn follows_its_rules(plan: &RunPlan, run: &Run) -> Result<BTreeSet<String>, String> {
    let names = Vocabulary::of(plan, plan);
    let records = RunRecords::of_run(plan, &names, run);
    let values = RunValues::new(plan, &names, &records);
    let mut rules = BTreeSet::new();
    let texts = |kind| run.records(kind).map(<[u8]>::to_vec).collect();
    for Leaf { path, value } in leaves(&texts, &run.metrics().to_text()) {
        let Some(place) = names.place(&path) else {
            if is_constant(&path) {
                continue;
            }
            return Err(format!("{path} has no place"));
        };
        if names.path(place) != path {
            return Err(format!("{path} comes back as {}", names.path(place)));
        }
        let shown = |value: Option<aether_engine::lineage::Scalar>| {
            value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
        };
        let (stored, computed) = (shown(values.get(place)), shown(values.computed(place)));
        let expected = value.canonical();
        if (stored.as_str(), computed.as_str()) != (expected.as_str(), expected.as_str()) {
            return Err(format!(
                "{path} is {expected}, read as {stored}, computed as {computed}"
            ));
        }
        rules.insert(place.rule());
    }
    Ok(rules)
}

#[test]
fn every_field_of_generated_runs_is_what_its_rule_gives() {
    for reach in [Reach::Usual, Reach::Wild] {
        let name = "every_field_of_generated_runs_is_what_its_rule_gives";
        hold(name, 96, &case(reach), |case| {
            let plan = subject::plan(&texts(&case))?;
            let run = run(&plan, &RunOptions::default());
            follows_its_rules(&plan, &run).map(|_| ())
        });
    }
}

#[test]
fn every_field_of_generated_views_is_what_its_rule_gives() {
    let name = "every_field_of_generated_views_is_what_its_rule_gives";
    hold(name, 96, &watched(Reach::Usual, -20..20_i64), |case| {
        let plan = subject::plan(&texts(&case))?;
        let run = run(&plan, &RunOptions::default());
        follows_its_rules(&plan, &run).map(|_| ())
    });
}

#[test]
fn every_field_of_the_scenarios_is_what_its_rule_gives() {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let scenarios = registry();
    for name in &scenarios {
        let Some(plan) = plan(name) else { continue };
        let run = run(&plan, &RunOptions::default());
        match follows_its_rules(&plan, &run) {
            Ok(rules) => seen.extend(rules.into_iter().map(|rule| (rule, name.as_str()))),
            Err(problem) => panic!("{name}: {problem}"),
        }
    }
    // Every field of the schema of every kind was among them.
    for kind in RecordKind::ALL {
        let prefix = format!("{}.", kind.name());
        let count = seen.keys().filter(|rule| rule.starts_with(&prefix)).count();
        println!("{}: {count} fields", kind.name());
        assert!(count >= 6, "only {count} fields of {}", kind.name());
    }
}

/// The plan of a scenario of Aether that is small enough to look at every value.
pub(super) fn plan(name: &str) -> Option<RunPlan> {
    let of = |file: &str| format!("scenarios/{name}/{file}");
    let files = [of("run.toml"), of("run.json")];
    let run = files.iter().find(|file| root().join(file).is_file())?;
    let plan = load_run(&FileSystem::new(root()), run.as_ref()).expect("a scenario is valid");
    let size = plan.edge_ends().count() as u64 * plan.ticks();
    (size <= 20_000).then_some(plan)
}
