//! Tests whether the goldens of a scenario notice changes: it changes one input at a time, and runs the
//! scenario from the changed inputs.

use std::collections::BTreeSet;

use aether_harness::evaluate::{
    CheckResult, CheckRun, Ending, Finding, RunName, RunOutput, evaluate,
};
use aether_harness::exec::RunFailure;
use aether_harness::scenario::{Expect, Scenario};
use aether_harness::snapshot::Snapshot;
use aether_harness::{Artefact, Check, INPUTS, MachineFailure as _, Suite, Verdict, WithoutEffect};
use aether_json::Value;

use crate::changes::{Place, causes, differing, places, spread};

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
    let goldens = golden.before.as_ref().map(Snapshot::artefacts).transpose();
    let goldens = match goldens {
        Err(error) if error.is_of_machine() => {
            return Err(failed(RunFailure::Machine {
                message: error.to_string(),
            }));
        }
        goldens => goldens.ok().flatten().unwrap_or_default(),
    };
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
    let rules: Vec<(Value, Vec<Place>)> = run
        .prepared()
        .altered_rules()
        .iter()
        .filter_map(|rule| rule.to_value().ok())
        .map(|altered| {
            let places = differing(&document, &altered);
            (altered, places)
        })
        .collect();
    let excuses = || scenario.unnoticed.keys();
    let reachable = || {
        all.iter()
            .chain(rules.iter().flat_map(|(_, places)| places))
    };
    let missing = excuses()
        .filter(|excuse| !reachable().any(|place| place.is_within(excuse)))
        .cloned()
        .collect();
    let (counted, declared) = divided(all, &scenario.subject().without_effect());
    let (places, left_out) = spread(counted, max);
    let mut steps: Vec<Step> = places
        .iter()
        .map(|place| {
            Ok(Step {
                excuse: excuses().find(|excuse| place.is_within(excuse)).cloned(),
                ..tries.step(place.put_in(&document))?
            })
        })
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    let mut wrongly_declared = Vec::new();
    for (pattern, place) in first_of_each(&declared) {
        let step = tries.step(place.put_in(&document)).map_err(failed)?;
        if step.outcome == StepOutcome::Noticed && step.succeeded {
            wrongly_declared.push((*pattern, step));
        }
    }
    for (altered, places) in rules {
        let is_excused = |excuse: &&String| places.iter().all(|place| place.is_within(excuse));
        steps.push(Step {
            excuse: excuses().find(is_excused).cloned(),
            ..tries.step([altered].into_iter()).map_err(failed)?
        });
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
    fn step(&self, changed: impl Iterator<Item = Value>) -> Result<Step, RunFailure> {
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
                Err(failure) if failure.is_of_machine() => return Err(failure),
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
            return Ok(step);
        }
        Ok(step)
    }
}

#[cfg(test)]
mod tests {
    use aether_json::json;

    use super::*;

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
}
