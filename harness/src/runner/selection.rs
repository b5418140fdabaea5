//! Selects the trials that a command line names, and refuses one that cannot name any.

use libtest_mimic::Arguments;

use super::RunnerError;
use super::options::{NoTests, Options};
use super::plan::{Plan, orphans, plan_found, plan_orphan};
use crate::scenario::{Found, twins};
use crate::{Check, Suite};

/// What is to be listed or run.
pub(super) struct Selection {
    pub(super) plans: Vec<Plan>,
    /// Said on the standard error stream before anything runs.
    pub(super) warning: Option<String>,
}

/// The trials that `args` may mean.
///
/// # Errors
/// Nothing can be run, or the filter names a check that no scenario has.
pub(super) fn select(
    suite: &Suite,
    args: &Arguments,
    options: &Options,
) -> Result<Selection, RunnerError> {
    if let Some(plans) = exactly_one(suite, args)? {
        return Ok(Selection {
            plans,
            warning: None,
        });
    }
    let plans = match &options.scenario {
        Some(name) => of_scenario(suite, name)?,
        None => scan(suite)?,
    };
    if plans.iter().any(|plan| is_selected(args, &plan.name())) {
        return Ok(Selection {
            plans,
            warning: None,
        });
    }
    if let Some(filter) = &args.filter
        && let Some((scenario, check)) = trial_name(suite, filter)
    {
        return Err(no_such_trial(scenario, check, &plans));
    }
    let filter = args.filter.clone();
    let warning = match options.no_tests {
        NoTests::Pass => None,
        NoTests::Fail if !args.list => return Err(RunnerError::NothingSelected { filter }),
        NoTests::Warn | NoTests::Fail => {
            let filter = filter.map_or_else(String::new, |filter| format!(" `{filter}`"));
            Some(format!(
                "warning: no scenario trial matches{filter}; nothing was checked here (`--list` names the \
                 trials)"
            ))
        }
    };
    Ok(Selection { plans, warning })
}

/// `--exact <scenario>::<check>`: reads only that directory.
fn exactly_one(suite: &Suite, args: &Arguments) -> Result<Option<Vec<Plan>>, RunnerError> {
    let Some(filter) = args.filter.as_ref().filter(|_| args.exact) else {
        return Ok(None);
    };
    let Some((name, check)) = trial_name(suite, filter) else {
        return Ok(None);
    };
    if let Some(found) = suite.look_up(name) {
        return of_one(suite, found, check).map(Some);
    }
    if check == Check::Golden
        && let Some(plan) = plan_orphan(suite, name)?
    {
        return Ok(Some(vec![plan]));
    }
    // What is left is a name that only a scan finds, such as one that is not a valid file name.
    Ok(None)
}

/// `--scenario <name>`: reads only that directory.
fn of_scenario(suite: &Suite, name: &str) -> Result<Vec<Plan>, RunnerError> {
    if let Some(found) = suite.look_up(name) {
        return Ok(plan_found(suite, found).0);
    }
    if let Some(plan) = plan_orphan(suite, name)? {
        return Ok(vec![plan]);
    }
    let found = suite.discover().unwrap_or_default();
    let names = found.iter().map(|found| found.name.as_str());
    Err(RunnerError::NoSuchScenario {
        scenario: name.to_owned(),
        near: aether_json::nearest(name, names).map(ToString::to_string),
    })
}

fn of_one(suite: &Suite, found: Found, check: Check) -> Result<Vec<Plan>, RunnerError> {
    let name = found.name.clone();
    if let Err(error) = &found.scenario {
        return Ok(vec![Plan::invalid(&name, check, error)]);
    }
    let (plans, dropped) = plan_found(suite, found);
    let plans: Vec<Plan> = plans
        .into_iter()
        .filter(|plan| plan.check == check)
        .collect();
    if plans.is_empty() {
        let reason = dropped.get(&check).cloned();
        return Err(match reason {
            Some(reason) => RunnerError::Dropped {
                scenario: name,
                check,
                reason,
            },
            None => RunnerError::NotOffered {
                scenario: name,
                check,
            },
        });
    }
    Ok(plans)
}

/// Every scenario, and every golden without one.
pub(super) fn scan(suite: &Suite) -> Result<Vec<Plan>, RunnerError> {
    let path = suite.paths().display(&suite.paths().scenarios());
    let found = match suite.discover() {
        Ok(found) => found,
        Err(source) => {
            return Err(RunnerError::Unreadable {
                path,
                what: "scenarios",
                source,
            });
        }
    };
    if found.is_empty() {
        return Err(RunnerError::NoScenarios { path });
    }
    if let Some((one, other)) = twins(found.iter().map(|found| found.name.as_str())).first() {
        return Err(RunnerError::Twins {
            path,
            one: (*one).to_owned(),
            other: (*other).to_owned(),
        });
    }
    let orphans = orphans(suite, &found)?;
    let mut plans: Vec<Plan> = found
        .into_iter()
        .flat_map(|found| plan_found(suite, found).0)
        .collect();
    plans.extend(orphans);
    plans.sort_by(|a, b| (&a.scenario, &a.check).cmp(&(&b.scenario, &b.check)));
    refuse_duplicates(&plans)?;
    Ok(plans)
}

fn refuse_duplicates(plans: &[Plan]) -> Result<(), RunnerError> {
    let twice = plans
        .windows(2)
        .find(|pair| pair[0].scenario == pair[1].scenario && pair[0].check == pair[1].check);
    match twice {
        Some(pair) => Err(RunnerError::Duplicate(pair[0].name())),
        None => Ok(()),
    }
}

/// The scenario and the check of a filter that can mean nothing but a trial.
fn trial_name<'f>(suite: &Suite, filter: &'f str) -> Option<(&'f str, Check)> {
    let (scenario, check) = filter.rsplit_once("::")?;
    let check = Check::from(check.to_owned());
    suite
        .known_checks()
        .contains(&check)
        .then_some((scenario, check))
}

/// As libtest-mimic selects, except for `--ignored`.
pub(super) fn is_selected(args: &Arguments, name: &str) -> bool {
    let fits = |filter: &String| {
        if args.exact {
            name == filter
        } else {
            name.contains(filter.as_str())
        }
    };
    args.filter.as_ref().is_none_or(fits) && !args.skip.iter().any(fits)
}

fn no_such_trial(scenario: &str, check: Check, plans: &[Plan]) -> RunnerError {
    let mut names: Vec<&str> = plans.iter().map(|plan| plan.scenario.as_str()).collect();
    names.dedup();
    let scenario = scenario.to_owned();
    if names.contains(&scenario.as_str()) {
        return RunnerError::NotOffered { scenario, check };
    }
    let near = aether_json::nearest(&scenario, names).map(ToString::to_string);
    RunnerError::NoSuchTrial {
        scenario,
        check,
        near,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_check_makes_a_trial_name() {
        let suite = Suite::new("");
        let check = |filter, expected| assert_eq!(trial_name(&suite, filter), expected);
        check("a::golden", Some(("a", Check::Golden)));
        check("a::b::golden", Some(("a::b", Check::Golden)));
        check("umx::tests", None);
        check("golden", None);
    }
}
