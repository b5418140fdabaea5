//! Single changes are planted in inputs and in rules: every slice ends at the planted change.
//!
//! A change of an input is found by comparing the resolved documents, without lineage. A changed rule
//! is one of the oracle, which computes the records of the changed run.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use aether_engine::config::RunPlan;
use aether_engine::lineage::{Compared, RunPlace, RunRecords, RunValues, Vocabulary};
use aether_engine::record::FromText as _;
use aether_engine::run::{RecordKind, Run, RunOptions, RunStatus, run};
use proptest::prelude::*;

use super::fields::{Leaf, is_constant, leaves};
use super::plants::{ALL_KINDS, Effect, KINDS, planted};
use crate::compare::texts;
use crate::oracle::{self, Case, Json};
use crate::properties::aeon::watched;
use crate::properties::generate::{Reach, case};
use crate::properties::hold;
use crate::subject;

/// Values that are asked for of each change, at most.
const STARTS: usize = 6;
/// Steps of each change that are tried by brute force, at most.
const TRIED: usize = 24;

/// A run by its records.
struct Recorded {
    plan: RunPlan,
    /// By kind, the texts of its records.
    texts: BTreeMap<RecordKind, Vec<Vec<u8>>>,
    metrics: String,
}

impl Recorded {
    /// A run of the engine; `None` if it fails.
    fn by_engine(case: &Case) -> Result<Option<(Self, Run)>, String> {
        let plan = subject::plan(&texts(case))?;
        let run = run(&plan, &RunOptions::default());
        if run.status() != RunStatus::Complete {
            return Ok(None);
        }
        let of = |kind| run.records(kind).map(<[u8]>::to_vec).collect();
        let texts = RecordKind::ALL.into_iter().map(|kind| (kind, of(kind)));
        let recorded = Self {
            plan,
            texts: texts.collect(),
            metrics: run.metrics().to_text(),
        };
        Ok(Some((recorded, run)))
    }

    /// A run by the oracle, under its own rules; the log, which it does not write, is another run's.
    fn by_oracle(case: &Case, log: &Self) -> Result<Option<Self>, String> {
        let Ok(outcome) = oracle::run(case) else {
            return Ok(None);
        };
        let of = |kind: RecordKind| -> Vec<Vec<u8>> {
            if kind == RecordKind::Log {
                return log.texts[&kind].clone();
            }
            // Without a grammar, an export does not have its records.
            if kind.info().needs_grammar && case.aeon.is_none() {
                return Vec::new();
            }
            let records = outcome.records(kind.name()).iter();
            records
                .map(|record| record.canonical().into_bytes())
                .collect()
        };
        Ok(Some(Self {
            plan: subject::plan(&texts(case))?,
            texts: RecordKind::ALL
                .into_iter()
                .map(|kind| (kind, of(kind)))
                .collect(),
            metrics: outcome.export.member("metrics").canonical(),
        }))
    }

    fn records(&self, names: &Vocabulary) -> RunRecords {
        let of = |kind| self.texts[&kind].clone();
        RunRecords::new(&self.plan, names, of, &self.metrics)
    }
}

/// The slice of one value.
#[derive(Default)]
struct Slice {
    inputs: BTreeSet<String>,
    rules: BTreeSet<String>,
    /// Values, and what they depend on that was needed.
    steps: Vec<(RunPlace, RunPlace, bool)>,
}

fn slice(start: RunPlace, names: &Vocabulary, runs: &Compared<'_>) -> Slice {
    let mut found = Slice::default();
    // By layer and number, in which order they are the order of places.
    let mut numbered: BTreeMap<(u64, u32), RunPlace> = BTreeMap::new();
    let mut seen = BTreeSet::from([start]);
    let mut left = vec![start];
    while let Some(place) = left.pop() {
        if place.is_input() {
            found.inputs.insert(names.path(place));
            continue;
        }
        let (layer, number) = place.located(names);
        if let Some(number) = number {
            assert_eq!(RunPlace::numbered(layer, number, names), Some(place));
            numbered.insert((layer, number), place);
        }
        let (mut froms, mut by_rule) = (Vec::new(), Vec::new());
        let step = runs.step(place, &mut froms);
        let is_rule = runs.step_by_rule(place, &mut by_rule).is_rule;
        assert_eq!(
            (&froms, step.is_rule),
            (&by_rule, is_rule),
            "{}",
            names.path(place)
        );
        if step.is_rule {
            found.rules.insert(place.rule());
        }
        for from in &froms {
            assert!(runs.differs(*from), "{}", names.path(*from));
            assert!(
                from.located(names).0 <= layer,
                "{} is above {}",
                names.path(*from),
                names.path(place)
            );
            let may = !runs.is_needed(place, *from, step);
            found.steps.push((place, *from, may));
            if seen.insert(*from) {
                left.push(*from);
            }
        }
    }
    let all: Vec<_> = numbered.into_iter().collect();
    for pair in all.windows(2) {
        let [((layer, _), place), ((next_layer, _), next)] = pair else {
            continue;
        };
        assert!(layer < next_layer || place < next);
    }
    found
}

/// The values of resolved documents by their paths, found without lineage.
fn inputs(plan: &RunPlan) -> BTreeMap<String, String> {
    fn walk(value: &Json, path: &str, all: &mut BTreeMap<String, String>) {
        match value {
            Json::Object(members) => {
                for (name, value) in members {
                    let node = path.ends_with(".values");
                    let path = match node {
                        true => format!("{path}[node={name}]"),
                        false => format!("{path}.{name}"),
                    };
                    walk(value, &path, all);
                }
            }
            Json::List(elements) => {
                for (at, element) in elements.iter().enumerate() {
                    let keys: &[&str] = match path.rsplit('.').next().unwrap_or_default() {
                        "edges" => &["e_id"],
                        "nodes" => &["node_id"],
                        "entries" => &["tick", "pfna_id"],
                        "windows" => &["window_id"],
                        "streams" => &["name"],
                        _ => &[],
                    };
                    let key = |key: &&str| format!("{key}={}", element.member(key).canonical());
                    let key = match (keys, path.rsplit('.').next()) {
                        ([], Some("values" | "initial_state")) => format!("node={}", at + 1),
                        ([], _) => at.to_string(),
                        _ => keys.iter().map(key).collect::<Vec<_>>().join(","),
                    };
                    walk(element, &format!("{path}[{key}]"), all);
                }
            }
            value => {
                all.insert(path.to_owned(), value.canonical());
            }
        }
    }
    let mut all = BTreeMap::new();
    let documents = plan.documents();
    let texts = [
        ("run_config", Some(documents.run_config())),
        ("topology", Some(documents.topology())),
        ("profile", Some(documents.profile())),
        ("pfna", documents.pfna()),
        ("aeon", documents.aeon()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            walk(&Json::parse(text), &format!("inputs.{name}"), &mut all);
        }
    }
    all
}

/// The paths at which two plans' inputs differ.
fn changed(before: &RunPlan, after: &RunPlan) -> BTreeSet<String> {
    let (before, after) = (inputs(before), inputs(after));
    let paths = before.keys().chain(after.keys());
    paths
        .filter(|path| before.get(*path) != after.get(*path))
        .cloned()
        .collect()
}

/// The values that differ between two sets of leaves, as paths, in causal order.
fn differing(before: &[Leaf], after: &[Leaf]) -> Vec<String> {
    let by_path = |leaves: &[Leaf]| -> BTreeMap<String, String> {
        let all = leaves.iter();
        all.map(|leaf| (leaf.path.clone(), leaf.value.canonical()))
            .collect()
    };
    let (old, new) = (by_path(before), by_path(after));
    let paths = before.iter().chain(after).map(|leaf| &leaf.path);
    let mut seen = BTreeSet::new();
    paths
        .filter(|path| old.get(*path) != new.get(*path) && seen.insert((*path).clone()))
        .cloned()
        .collect()
}

/// How many changes of each kind were planted.
#[derive(Default)]
struct Counted {
    changes: BTreeMap<&'static str, usize>,
    slices: usize,
    steps: usize,
    may: usize,
    tried: usize,
}

/// Plants one change in a case, and checks slices of values that differ for it.
fn check(case: &Case, seed: u64, counted: &RefCell<Counted>) -> Result<(), String> {
    let Some((before, _)) = Recorded::by_engine(case)? else {
        return Ok(());
    };
    // The kinds take turns, from the one that the seed says on, until one has an effect.
    let kinds = kinds_of(case);
    for turn in 0..kinds {
        let kind = match case.aeon {
            // Mostly a change of the grammar.
            Some(_) if turn == 0 && !seed.is_multiple_of(4) => {
                KINDS as u64 + seed % (ALL_KINDS - KINDS) as u64
            }
            _ => seed.wrapping_add(turn) % kinds,
        };
        let Some((name, changed_case, effect)) = planted(case, kind, seed) else {
            continue;
        };
        let after = match effect {
            Effect::Input => match Recorded::by_engine(&changed_case) {
                Ok(after) => after.map(|(after, _)| after),
                // The grammar may not be one of the changed run.
                Err(_) if case.aeon.is_some() => None,
                Err(problem) => return Err(problem),
            },
            Effect::Rule(_) => Recorded::by_oracle(&changed_case, &before)?,
        };
        let Some(after) = after else { continue };
        let found = leaves_of(&before, &after, effect);
        if found.is_empty() {
            continue;
        }
        let shown = |problem: String| format!("{name}: {problem}");
        check_slices(&before, &after, effect, &found, seed, counted).map_err(shown)?;
        *counted.borrow_mut().changes.entry(name).or_default() += 1;
        return Ok(());
    }
    Ok(())
}

/// How many kinds of change a case can have.
fn kinds_of(case: &Case) -> u64 {
    match case.aeon {
        None => KINDS as u64,
        Some(_) => ALL_KINDS as u64,
    }
}

/// The paths of the values that differ and that the run itself computed.
fn leaves_of(before: &Recorded, after: &Recorded, effect: Effect) -> Vec<String> {
    let of = |run: &Recorded| leaves(&|kind| run.texts[&kind].clone(), &run.metrics);
    let mut paths = differing(&of(before), &of(after));
    // A record that only one of the runs has is found by its other values.
    paths.retain(|path| !is_constant(path));
    if let Effect::Rule(_) = effect {
        paths.retain(|path| !path.starts_with("log["));
    }
    paths
}

fn check_slices(
    before: &Recorded,
    after: &Recorded,
    effect: Effect,
    paths: &[String],
    seed: u64,
    counted: &RefCell<Counted>,
) -> Result<(), String> {
    let names = Vocabulary::of(&before.plan, &after.plan);
    let records = [before.records(&names), after.records(&names)];
    let values = [
        RunValues::new(&before.plan, &names, &records[0]),
        RunValues::new(&after.plan, &names, &records[1]),
    ];
    let runs = Compared::new(&names, &values[0], &values[1]);
    let changed = changed(&before.plan, &after.plan);
    let mut counted = counted.borrow_mut();
    // The first, the last, and some between.
    let pick = |number: usize| match number {
        0 => 0,
        1 => paths.len() - 1,
        _ => {
            usize::try_from(seed.rotate_left(number as u32 * 11) % paths.len() as u64).unwrap_or(0)
        }
    };
    for path in (0..STARTS.min(paths.len())).map(pick).map(|at| &paths[at]) {
        let Some(place) = names.place(path) else {
            return Err(format!("{path} has no place"));
        };
        if !runs.differs(place) {
            return Err(format!("{path} differs, but not as a place"));
        }
        let slice = slice(place, &names, &runs);
        let (inputs, rules) = (&slice.inputs, &slice.rules);
        let is_right = match effect {
            Effect::Input => !inputs.is_empty() && inputs.is_subset(&changed) && rules.is_empty(),
            Effect::Rule(expected) => {
                let named = |rule: &String| expected.iter().any(|known| rule.starts_with(known));
                inputs.is_empty() && !rules.is_empty() && rules.iter().all(named)
            }
        };
        if !is_right {
            return Err(format!(
                "{path} leads to {inputs:?} and the rules {rules:?}; {changed:?} changed"
            ));
        }
        counted.slices += 1;
        counted.steps += slice.steps.len();
        counted.may += slice.steps.iter().filter(|step| step.2).count();
        counted.tried += brute_force(&slice, &names, before, after, seed)?;
    }
    Ok(())
}

/// Puts old values back into the records of the changed run, and computes what depends on them.
fn brute_force(
    slice: &Slice,
    names: &Vocabulary,
    before: &Recorded,
    after: &Recorded,
    seed: u64,
) -> Result<usize, String> {
    let records = [before.records(names), after.records(names)];
    let before_values = RunValues::new(&before.plan, names, &records[0]);
    let after_values = RunValues::new(&after.plan, names, &records[1]);
    let mut tried = 0;
    let needed: Vec<_> = slice.steps.iter().filter(|step| !step.2).collect();
    let stride = (needed.len() / TRIED).max(1);
    let first = usize::try_from(seed % stride as u64).unwrap_or(0);
    for (place, dependency, _) in needed.into_iter().skip(first).step_by(stride) {
        let path = names.path(*dependency);
        let Some(old) = before_values.get(*dependency) else {
            continue;
        };
        let Some(new) = after_values.get(*dependency) else {
            continue;
        };
        let Some(put_back) = with_value(after, &path, &new.to_string(), &old.to_string()) else {
            continue;
        };
        let put_back = RunRecords::new(
            &after.plan,
            names,
            |kind| put_back.0[&kind].clone(),
            &put_back.1,
        );
        let values = RunValues::new(&after.plan, names, &put_back);
        if values.get(*dependency) != Some(old) {
            return Err(format!("{path} was not put back"));
        }
        tried += 1;
        if values.computed(*place) == after_values.get(*place) {
            let place = names.path(*place);
            return Err(format!("{path} is not needed for {place}, and not marked"));
        }
    }
    Ok(tried)
}

type Texts = (BTreeMap<RecordKind, Vec<Vec<u8>>>, String);

/// The records with one value replaced; `None` if it is a key, an input or not in a record.
fn with_value(run: &Recorded, path: &str, new: &str, old: &str) -> Option<Texts> {
    let (artefact, _) = path.split_once('[')?;
    let kind = RecordKind::from_name(artefact)?;
    let mut texts = run.texts.clone();
    let info = kind.info();
    let field = path.rsplit('.').next()?;
    let is_key = info.keys.iter().any(|rule| rule.fields.contains(&field));
    if is_key {
        return None;
    }
    for text in texts.get_mut(&kind)? {
        let mut record = Json::parse(std::str::from_utf8(text).ok()?);
        if super::fields::replace(info, &mut record, path, new, old) {
            *text = record.canonical().into_bytes();
            return Some((texts, run.metrics.clone()));
        }
    }
    None
}

fn plant(name: &str, cases: u32, case: impl Strategy<Value = Case>) -> usize {
    let counted = RefCell::new(Counted::default());
    let strategy = (case, any::<u64>());
    hold(name, cases, &strategy, |(case, seed)| {
        check(&case, seed, &counted)
    });
    let counted = counted.into_inner();
    let total: usize = counted.changes.values().sum();
    println!(
        "{total} changes, {} slices, {} steps of which {} may be; {} tried by brute force\n{:#?}",
        counted.slices, counted.steps, counted.may, counted.tried, counted.changes
    );
    assert!(
        counted.changes.len() > KINDS / 2,
        "the kinds are not spread"
    );
    assert!(counted.tried > total, "too few steps were tried");
    total
}

#[test]
fn slices_end_at_planted_changes() {
    let planted = plant("slices_end_at_planted_changes", 150, case(Reach::Usual));
    assert!(planted >= 100, "only {planted} changes had an effect");
}

#[test]
fn slices_end_at_planted_changes_of_grammars() {
    let name = "slices_end_at_planted_changes_of_grammars";
    let planted = plant(name, 150, watched(Reach::Usual, -20..20_i64));
    assert!(planted >= 100, "only {planted} changes had an effect");
}

#[test]
#[ignore = "takes minutes; `.ci/nightly` runs it"]
fn slices_end_at_a_thousand_planted_changes() {
    let planted = plant(
        "slices_end_at_a_thousand_planted_changes",
        1_300,
        case(Reach::Usual),
    );
    assert!(planted >= 1_000, "only {planted} changes had an effect");
}
