//! Tests whether the goldens of a scenario notice changes: it changes one input at a time, and runs the
//! scenario from the changed inputs.

use std::collections::{BTreeMap, BTreeSet};

use aether_harness::evaluate::{
    CheckResult, CheckRun, Ending, Finding, RunName, RunOutput, evaluate,
};
use aether_harness::exec::RunFailure;
use aether_harness::scenario::{Expect, Scenario};
use aether_harness::{
    Artefact, Cause, Check, DiffOptions, INPUTS, Schema, Suite, Verdict, WithoutEffect,
};
use aether_json::{Number, Value};

/// The member of the inputs that names files; nothing runs from it.
const FILES: &str = "files";

/// What became of the changes of one scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct SensitivityReport {
    pub(crate) steps: Vec<Step>,
    /// Places that were not tried.
    pub(crate) left_out: usize,
    /// Places that the subject declares to be without effect.
    pub(crate) declared: usize,
    /// Those of them that have one, each with the pattern of its declaration.
    pub(crate) wrongly_declared: Vec<(&'static str, Step)>,
    /// The places that the scenario gives a reason for, and that its inputs do not have.
    pub(crate) missing: Vec<String>,
}

/// One change, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// What was changed, as causes are reported: file, path and both values.
    pub(crate) causes: Vec<String>,
    pub(crate) outcome: StepOutcome,
    /// The place of `[unnoticed]` in `scenario.toml` that gives a reason why it is not noticed.
    pub(crate) excuse: Option<String>,
    /// Whether the run succeeded, as the golden's did.
    succeeded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepOutcome {
    Noticed,
    /// Every artefact is the golden, except for the inputs themselves and what a tolerance hides.
    Unnoticed,
    /// The subject refuses the inputs, one step up and one down.
    Invalid,
}

/// Tries at most `max` changes of a scenario's inputs. `None` if its subject does not run from
/// changed inputs.
///
/// # Errors
/// The goldens are not up to date, so that nothing can be said about them.
pub(crate) fn sensitivity(
    suite: &Suite,
    scenario: &Scenario,
    max: usize,
) -> Result<Option<SensitivityReport>, Box<CheckResult>> {
    let mut golden = evaluate(suite, scenario, &Check::Golden);
    let Some(base) = golden.after.take().filter(|_| golden.verdict.passes()) else {
        return Err(Box::new(golden));
    };
    let failed = |failure| Box::new(CheckResult::failed(RunName::First, failure));
    let goldens = golden
        .before
        .as_ref()
        .and_then(|before| before.artefacts().ok());
    let goldens = goldens.unwrap_or_default();
    let run = CheckRun::open(suite, scenario, &Check::Golden).map_err(failed)?;
    let inputs = run.prepared().inputs();
    let tries = Tries {
        run: &run,
        base: &base,
        goldens: &goldens,
        inputs,
    };
    match run.run_with_inputs(inputs) {
        Ok(None) => return Ok(None),
        Ok(Some(same)) if is_unnoticed(&base, &same, &goldens) => {}
        Ok(Some(_)) => {
            return Err(Box::new(CheckResult::new(
                Verdict::ProgramError,
                Finding::InputsIncomplete,
            )));
        }
        Err(failure) => return Err(failed(failure)),
    }
    let document = inputs.to_value().expect("inputs were read as JSON");
    let all = places(&document);
    let excuses = || scenario.unnoticed.keys();
    let missing = excuses()
        .filter(|excuse| !all.iter().any(|place| place.is_within(excuse)))
        .cloned()
        .collect();
    let (counted, declared) = divided(all, &scenario.subject().without_effect());
    let (places, left_out) = spread(counted, max);
    let mut steps: Vec<Step> = places
        .iter()
        .map(|place| Step {
            excuse: excuses().find(|excuse| place.is_within(excuse)).cloned(),
            ..tries.step(place.put_in(&document))
        })
        .collect();
    let wrongly_declared = first_of_each(&declared)
        .map(|(pattern, place)| (*pattern, tries.step(place.put_in(&document))))
        .filter(|(_, step)| step.outcome == StepOutcome::Noticed && step.succeeded)
        .collect();
    for rule in run.prepared().altered_rules() {
        steps.extend(
            rule.to_value()
                .map(|document| tries.step([document].into_iter())),
        );
    }
    Ok(Some(SensitivityReport {
        steps,
        left_out,
        declared: declared.len(),
        wrongly_declared,
        missing,
    }))
}

/// The places that count, and those that are declared to be without effect, each with the pattern of
/// its declaration.
fn divided(
    places: Vec<Place>,
    without_effect: &[WithoutEffect],
) -> (Vec<Place>, Vec<(&'static str, Place)>) {
    let (mut counted, mut declared) = (Vec::new(), Vec::new());
    for place in places {
        let pattern = place.pattern();
        match without_effect.iter().find(|inputs| inputs.covers(&pattern)) {
            Some(inputs) => declared.push((inputs.pattern, place)),
            None => counted.push(place),
        }
    }
    (counted, declared)
}

/// The first of the places that differ in nothing but their indices.
fn first_of_each<'a>(
    declared: &'a [(&'static str, Place)],
) -> impl Iterator<Item = &'a (&'static str, Place)> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    declared
        .iter()
        .filter(move |(_, place)| seen.insert(place.pattern()))
}

/// Whether two runs are the same except for their inputs, or a tolerance hides from the goldens what differs.
fn is_unnoticed(base: &RunOutput, other: &RunOutput, goldens: &[Artefact]) -> bool {
    let differing = base.differing(other);
    base.ending == other.ending
        && (differing.iter().all(|name| name == INPUTS) || is_hidden(other, goldens))
}

/// Whether nothing differs from the goldens but the inputs, and numbers within their tolerances.
fn is_hidden(output: &RunOutput, goldens: &[Artefact]) -> bool {
    let outputs = |artefacts: &[Artefact]| -> Vec<Artefact> {
        let outputs = artefacts
            .iter()
            .filter(|artefact| artefact.name() != INPUTS);
        outputs.cloned().collect()
    };
    output
        .tolerated_in(&outputs(goldens), &outputs(&output.set.to_vec()))
        .is_some()
}

/// Runs with changed inputs, compared with the run as it is.
struct Tries<'a> {
    run: &'a CheckRun<'a>,
    base: &'a RunOutput,
    goldens: &'a [Artefact],
    inputs: &'a Artefact,
}

impl Tries<'_> {
    /// Tries the first of some changed documents that the subject does not refuse.
    fn step(&self, changed: impl Iterator<Item = Value>) -> Step {
        let mut step = Step {
            causes: Vec::new(),
            outcome: StepOutcome::Invalid,
            excuse: None,
            succeeded: false,
        };
        for document in changed {
            let Ok(changed) = Artefact::from_json(INPUTS, document.to_string().as_bytes()) else {
                continue;
            };
            step.causes = causes(self.inputs, &changed, &self.base.schema);
            step.outcome = match self.run.run_with_inputs(&changed) {
                Ok(None) | Err(RunFailure::Invalid { .. }) => continue,
                Ok(Some(output)) if is_unnoticed(self.base, &output, self.goldens) => {
                    StepOutcome::Unnoticed
                }
                Ok(Some(output)) => {
                    step.succeeded = output.ending == Ending::Expected
                        && self.run.scenario().expect == Expect::Success;
                    StepOutcome::Noticed
                }
                Err(failure) if failure.verdict() == Verdict::Invalid => continue,
                Err(_) => StepOutcome::Noticed,
            };
            return step;
        }
        step
    }
}

/// In what two inputs differ, as reports give causes.
fn causes(before: &Artefact, after: &Artefact, schema: &Schema) -> Vec<String> {
    let diff = aether_harness::diff(
        std::slice::from_ref(before),
        std::slice::from_ref(after),
        schema,
        &DiffOptions::default(),
    );
    diff.causes.iter().map(Cause::lead).collect()
}

/// A value that can be changed by a step.
#[derive(Clone, Debug)]
struct Place {
    path: Vec<Key>,
    /// What may replace it: the next, otherwise the previous one.
    alternatives: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
enum Key {
    Member(String),
    Element(usize),
}

impl Place {
    /// The document with each alternative in turn.
    fn put_in(&self, document: &Value) -> impl Iterator<Item = Value> {
        self.alternatives.iter().map(|value| {
            let mut changed = document.clone();
            self.put(&mut changed, value.clone());
            changed
        })
    }

    fn put(&self, document: &mut Value, value: Value) {
        let mut at = document;
        for key in &self.path {
            let inner = match key {
                Key::Member(name) => at.get_mut(name),
                Key::Element(index) => at.element_mut(*index),
            };
            match inner {
                Some(inner) => at = inner,
                None => return,
            }
        }
        *at = value;
    }

    /// The path with every index as `*`.
    fn pattern(&self) -> String {
        let keys = self.path.iter().map(|key| match key {
            Key::Member(name) => name.as_str(),
            Key::Element(_) => "*",
        });
        keys.collect::<Vec<_>>().join("/")
    }

    /// Whether it is at `places`, or below: `topology/edges/*/k`, where indices count from 0 and `*`
    /// is any of them.
    fn is_within(&self, places: &str) -> bool {
        let mut wanted = places.split('/').peekable();
        for key in &self.path {
            let Some(wanted) = wanted.next() else {
                return true;
            };
            let is_wanted = match key {
                Key::Member(name) => name == wanted,
                Key::Element(index) => wanted == "*" || *wanted == index.to_string(),
            };
            if !is_wanted {
                return false;
            }
        }
        wanted.peek().is_none()
    }
}

/// Every number and switch of the inputs.
fn places(document: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    if let Value::Object(members) = document {
        for (name, member) in members {
            if name != FILES {
                collect(member, &mut vec![Key::Member(name.clone())], &mut places);
            }
        }
    }
    places
}

fn collect(value: &Value, path: &mut Vec<Key>, places: &mut Vec<Place>) {
    let alternatives = match value {
        Value::Number(number) => neighbours(number),
        Value::Bool(switch) => vec![Value::Bool(!switch)],
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                path.push(Key::Element(index));
                collect(element, path, places);
                path.pop();
            }
            return;
        }
        Value::Object(members) => {
            for (name, member) in members {
                path.push(Key::Member(name.clone()));
                collect(member, path, places);
                path.pop();
            }
            return;
        }
        Value::Null | Value::String(_) => return,
    };
    if !alternatives.is_empty() {
        let path = path.clone();
        places.push(Place { path, alternatives });
    }
}

/// The numbers one above and one below.
fn neighbours(number: &Number) -> Vec<Value> {
    let text = number.to_string();
    if let Ok(whole) = text.parse::<i128>() {
        let steps = [whole.checked_add(1), whole.checked_sub(1)];
        return steps.into_iter().flatten().map(Value::from).collect();
    }
    let Ok(float) = text.parse::<f64>() else {
        return Vec::new();
    };
    [float + 1.0, float - 1.0]
        .into_iter()
        .filter(|step| *step != float)
        .filter_map(|step| Value::try_from(step).ok())
        .collect()
}

/// At most `max` places: as many of each pattern as there is room for, evenly from its first to its
/// last, the same ones each time; and how many that leaves out.
fn spread(places: Vec<Place>, max: usize) -> (Vec<Place>, usize) {
    let total = places.len();
    if total <= max {
        return (places, 0);
    }
    let mut by_pattern: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for place in places {
        by_pattern.entry(place.pattern()).or_default().push(place);
    }
    let mut quota: BTreeMap<&str, usize> = BTreeMap::new();
    let mut room = max;
    while room > 0 {
        let before = room;
        for (pattern, places) in &by_pattern {
            let taken = quota.entry(pattern).or_default();
            if room > 0 && *taken < places.len() {
                *taken += 1;
                room -= 1;
            }
        }
        if room == before {
            break;
        }
    }
    let mut chosen = Vec::new();
    for (pattern, places) in &by_pattern {
        let taken = quota.get(pattern.as_str()).copied().unwrap_or(0);
        chosen.extend((0..taken).map(|at| places[at * places.len() / taken].clone()));
    }
    let left_out = total - chosen.len();
    (chosen, left_out)
}

#[cfg(test)]
mod tests {
    use aether_json::json;

    use super::*;

    #[test]
    fn every_number_and_switch_is_a_place_but_no_file() {
        let document = json!({
            "files": {"a": "x", "b": 1},
            "run": {"name": "r", "on": true, "values": [1, -2], "none": null},
        });
        let found: Vec<String> = places(&document)
            .iter()
            .map(|place| {
                let mut changed = document.clone();
                place.put(&mut changed, place.alternatives[0].clone());
                format!("{} {}", place.pattern(), changed["run"])
            })
            .collect();
        assert_eq!(
            found,
            [
                r#"run/on {"name":"r","none":null,"on":false,"values":[1,-2]}"#,
                r#"run/values/* {"name":"r","none":null,"on":true,"values":[2,-2]}"#,
                r#"run/values/* {"name":"r","none":null,"on":true,"values":[1,-1]}"#,
            ]
        );
    }

    #[test]
    fn a_reason_is_for_a_place_and_what_is_below_it() {
        let document = json!({"run": {"log": [1, 2], "logs": 3}, "edges": [{"k": 4}, {"k": 5}]});
        let within = |places_of_reason: &str| {
            let all = places(&document);
            let found = all.iter().filter(|place| place.is_within(places_of_reason));
            found.count()
        };
        for (reason, count) in [
            ("run", 3),
            ("run/log", 2),
            ("run/log/1", 1),
            ("run/log/*", 2),
            ("run/log/2", 0),
            ("run/log/1/k", 0),
            ("edges/*/k", 2),
            ("edges/0/k", 1),
            ("edges/*/c", 0),
            ("ru", 0),
            ("run/*", 0),
            ("", 0),
        ] {
            assert_eq!(within(reason), count, "{reason}");
        }
    }

    #[test]
    fn a_declaration_covers_what_is_below_it() {
        let declared = |pattern: &'static str| {
            let inputs = WithoutEffect {
                pattern,
                reason: "",
            };
            let document =
                json!({"run": {"log": [1, 2], "logs": 3}, "edges": [{"k": 4}, {"k": 5}]});
            let (counted, declared) = divided(places(&document), &[inputs]);
            let first: Vec<String> = first_of_each(&declared)
                .map(|(_, place)| place.pattern())
                .collect();
            (counted.len(), declared.len(), first)
        };
        let one = |pattern: &str| vec![pattern.to_owned()];
        assert_eq!(declared("run/log"), (3, 2, one("run/log/*")));
        assert_eq!(declared("run/logs"), (4, 1, one("run/logs")));
        assert_eq!(declared("edges/*/k"), (3, 2, one("edges/*/k")));
        assert_eq!(declared("edges/k"), (5, 0, Vec::new()));
        assert_eq!(declared("run").0, 2);
    }

    #[test]
    fn numbers_have_neighbours_of_their_own_sort() {
        let check = |text: &str, expected: &[&str]| {
            let number = Number::parse(text).unwrap();
            let found: Vec<String> = neighbours(&number).iter().map(Value::to_string).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("1", &["2", "0"]);
        check(
            "-9223372036854775808",
            &["-9223372036854775807", "-9223372036854775809"],
        );
        check("0.5", &["1.5", "-0.5"]);
        check("1e300", &[]);
    }

    #[test]
    fn places_are_spread_over_all_patterns() {
        let edges: Vec<Value> = (0..100).map(|k| json!({"k": k, "cap": 1})).collect();
        let document = json!({"topology": {"edges": edges}, "run": {"ticks": 3}});
        let (chosen, left_out) = spread(places(&document), 11);
        assert_eq!(left_out, 201 - 11);
        let count = |pattern: &str| chosen.iter().filter(|p| p.pattern() == pattern).count();
        assert_eq!(count("run/ticks"), 1);
        assert_eq!(count("topology/edges/*/cap"), 5);
        assert_eq!(count("topology/edges/*/k"), 5);
        let ks = chosen
            .iter()
            .filter(|p| p.pattern() == "topology/edges/*/k");
        let first = |place: &Place| place.alternatives[0].to_string();
        assert_eq!(
            ks.map(first).collect::<Vec<_>>(),
            ["1", "21", "41", "61", "81"]
        );
        assert_eq!(spread(places(&document), 0).0.len(), 0);
    }
}
