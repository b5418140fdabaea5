//! Plans trials: a scenario, a check, and what is known about it before it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use super::RunnerError;
use crate::evaluate::{CheckResult, Finding};
use crate::scenario::{Found, Runtime, Scenario, ScenarioError, ScenarioName};
use crate::{Check, MachineFailure as _, Suite, Verdict};

/// One trial.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The scenario's name, or that of the entry that should be one.
    pub(super) scenario: String,
    pub(super) check: Check,
    pub(super) target: Target,
}

/// What a trial has to do.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// Evaluate the check.
    Evaluate(Arc<Scenario>),
    /// Fail: this much is certain without a run.
    Known(Box<CheckResult>),
}

impl Plan {
    pub(super) fn name(&self) -> String {
        format!("{}::{}", self.scenario, self.check)
    }

    /// How long the scenario says that it takes.
    pub(super) fn runtime(&self) -> Option<Runtime> {
        match &self.target {
            Target::Evaluate(scenario) => Some(scenario.runtime),
            Target::Known(_) => None,
        }
    }

    /// Refuses a scenario that the machine cannot read: a list without its other checks would hide them.
    ///
    /// # Errors
    /// It is one.
    pub(super) fn refuse_unreadable(&self) -> Result<(), RunnerError> {
        let Target::Known(result) = &self.target else {
            return Ok(());
        };
        match &result.findings[..] {
            [Finding::Scenario(error)] if error.is_of_machine() => {
                Err(RunnerError::Scenario(error.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Whether it runs only when asked for.
    pub(super) fn is_long(&self) -> bool {
        self.runtime() == Some(Runtime::Long)
    }

    /// The failing trial of an entry that is not a scenario.
    pub(super) fn invalid(name: &str, check: Check, error: &ScenarioError) -> Self {
        Self {
            scenario: name.to_owned(),
            check,
            target: Target::Known(Box::new(CheckResult::new(
                Verdict::Invalid,
                Finding::Scenario(error.clone()),
            ))),
        }
    }
}

/// The trials of one entry of the scenarios directory, and the checks that it drops.
pub(super) fn plan_found(suite: &Suite, found: Found) -> (Vec<Plan>, BTreeMap<Check, String>) {
    let scenario = match found.scenario {
        Ok(scenario) => scenario,
        Err(error) => {
            let plan = Plan::invalid(&found.name, Check::Golden, &error);
            return (vec![plan], BTreeMap::new());
        }
    };
    let scenario = Arc::new(scenario);
    let plans = scenario
        .checks(suite.has_children())
        .into_iter()
        .filter(|check| !scenario.dropped.contains_key(check))
        .map(|check| Plan {
            scenario: found.name.clone(),
            check,
            target: Target::Evaluate(Arc::clone(&scenario)),
        })
        .collect();
    (plans, scenario.dropped.clone())
}

/// Plans in the order in which they begin. Trials that begin together are of different scenarios, since those of one
/// wait for its documents and its runs:
///
/// ```text
/// a::golden a::determinism b::golden b::determinism    by scenario
/// a::golden b::golden a::determinism b::determinism    spread, on two threads
/// ```
pub(super) fn spread(plans: Vec<Plan>, threads: usize) -> Vec<Plan> {
    let mut keyed: Vec<((usize, usize, usize), Plan)> = Vec::with_capacity(plans.len());
    let (mut scenario, mut check) = (0, 0);
    for plan in plans {
        match keyed.last() {
            Some((_, last)) if last.scenario == plan.scenario => check += 1,
            Some(_) => (scenario, check) = (scenario + 1, 0),
            None => {}
        }
        keyed.push(((scenario / threads, check, scenario), plan));
    }
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, plan)| plan).collect()
}

/// The failing trial of every golden directory whose scenario is gone.
///
/// # Errors
/// The goldens are there and cannot be read.
pub(super) fn orphans(suite: &Suite, found: &[Found]) -> Result<Vec<Plan>, RunnerError> {
    let scenarios: BTreeSet<&str> = found.iter().map(|found| found.name.as_str()).collect();
    let names = crate::snapshot::directories(&suite.paths().snapshots())
        .map_err(|source| unreadable_goldens(suite, source))?;
    Ok(names
        .into_iter()
        .filter(|name| !scenarios.contains(name.as_str()))
        .map(|name| orphan(suite, &name))
        .collect())
}

/// The failing trial of the goldens `name`, known to have no scenario, when there are any.
///
/// # Errors
/// The machine cannot read them.
pub(super) fn plan_orphan(suite: &Suite, name: &str) -> Result<Option<Plan>, RunnerError> {
    let Ok(name) = ScenarioName::new(name) else {
        return Ok(None);
    };
    let dir = suite.paths().snapshot(&name);
    let is_there = match dir.symlink_metadata() {
        Err(error) if error.is_of_machine() => Err(error),
        found => Ok(found.is_ok()),
    };
    let is_of_scenario =
        is_there.and_then(|is_there| Ok(is_there && !crate::snapshot::is_of_test(&dir)?));
    let is_of_scenario = is_of_scenario.map_err(|source| unreadable_goldens(suite, source))?;
    Ok(is_of_scenario.then(|| orphan(suite, name.as_str())))
}

fn unreadable_goldens(suite: &Suite, source: io::Error) -> RunnerError {
    RunnerError::Unreadable {
        path: suite.paths().display(&suite.paths().snapshots()),
        what: "goldens",
        source,
    }
}

fn orphan(suite: &Suite, name: &str) -> Plan {
    let paths = suite.paths();
    let finding = Finding::Orphan {
        goldens: paths.display(&paths.snapshots().join(name)),
        scenario: paths.display(&paths.scenarios().join(name)),
    };
    Plan {
        scenario: name.to_owned(),
        check: Check::Golden,
        target: Target::Known(Box::new(CheckResult::new(Verdict::Orphan, finding))),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::ScenarioProblem;

    #[test]
    fn trials_that_begin_together_are_of_different_scenarios() {
        let check = |threads, expected: &str| {
            let plans = ["a1", "a2", "b1", "b2", "b3", "c1", "d1", "d2"].map(|name| {
                let (scenario, check) = name.split_at(1);
                let error = ScenarioProblem::of_file(Path::new(""), "").into();
                Plan::invalid(scenario, Check::from(check.to_owned()), &error)
            });
            let spread = spread(plans.into(), threads).into_iter();
            let names: Vec<String> = spread
                .map(|plan| format!("{}{}", plan.scenario, plan.check))
                .collect();
            assert_eq!(names.join(" "), expected, "{threads} threads");
        };
        check(1, "a1 a2 b1 b2 b3 c1 d1 d2");
        check(2, "a1 b1 a2 b2 b3 c1 d1 d2");
        check(3, "a1 b1 c1 a2 b2 b3 d1 d2");
        check(64, "a1 b1 c1 d1 a2 b2 d2 b3");
        assert!(spread(Vec::new(), 2).is_empty());
    }
}
