//! Runs scenarios as their checks do, to find a fault or to find it again.

use std::time::Duration;

use aether_harness::evaluate::{CheckRun, Ending, Produced};
use aether_harness::scenario::Expect;
use aether_harness::snapshot::FULL_BYTES_MAX;
use aether_harness::{Check, Scenario, Schema};

use super::fault::{
    Fault, Kind, Seen, another_run, expected_error, first_run, mismatch, of_failure,
};
use super::now;
use super::other::Other;
use super::reduce::Batch;
use super::workspace::Workspace;
use crate::commands::CommandError;
use crate::files::Files;

/// What candidates are examined for.
pub(crate) struct Looked<'f> {
    pub(crate) fault: &'f Fault,
    /// A different first divergence, or a different error, will do.
    pub(crate) any: bool,
    /// When a run is ended.
    pub(crate) limit: Duration,
}

/// Runs scenarios that have the settings of one scenario.
pub(crate) struct Examiner<'p> {
    workspace: Workspace,
    /// Their `scenario.toml`.
    settings: String,
    /// The time limit of the scenario itself.
    limit: Duration,
    other: Option<Other<'p>>,
    runs: u64,
}

/// A scenario that two programs may differ in.
struct Pending {
    place: usize,
    made: Produced,
    schema: Schema,
}

impl<'p> Examiner<'p> {
    pub(crate) fn new(workspace: Workspace, settings: String, limit: Duration) -> Self {
        Self {
            workspace,
            settings,
            limit,
            other: None,
            runs: 0,
        }
    }

    /// The same with a program to compare with.
    pub(crate) fn compare_with(&mut self, other: Other<'p>) {
        self.other = Some(other);
    }

    pub(crate) fn other(&mut self) -> Option<&mut Other<'p>> {
        self.other.as_mut()
    }

    /// Runs of either program so far.
    pub(crate) fn runs(&self) -> u64 {
        self.runs
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// How many candidates are examined at once.
    pub(crate) fn batch(&self) -> Batch {
        self.other.as_ref().map_or(Batch::SINGLE, Other::batch)
    }

    /// The first fault of a scenario with these files, and how long its first run took: of a single run, of a second
    /// one, of the other program, of further checks, and an error that is expected.
    ///
    /// # Errors
    /// Files cannot be written, or the other program cannot be run.
    pub(crate) fn find(
        &mut self,
        files: &Files,
        compares: bool,
    ) -> Result<(Seen, Duration), CommandError> {
        let begun = now();
        let mut seen = self.seen(files, self.limit, &[])?;
        let took = now() - begun;
        if matches!(seen, Seen::Fine(_)) {
            seen = self.seen(files, self.limit, &[Check::Determinism])?;
        }
        if matches!(seen, Seen::Fine(_)) && compares {
            let found = self.compared(&[files], &[0], self.limit, &|_| true)?;
            if let Some((_, fault)) = found {
                return Ok((Seen::Fault(Box::new(fault)), took));
            }
        }
        if matches!(seen, Seen::Fine(_)) {
            let others = self.scenario(files)?.map(|scenario| {
                let mut checks = scenario.checks(self.workspace.suite().has_children());
                checks.retain(|check| {
                    !matches!(check, Check::Golden | Check::Determinism)
                        && !scenario.dropped.contains_key(check)
                });
                checks
            });
            seen = match others {
                Ok(checks) => self.seen(files, self.limit, &checks)?,
                Err(problem) => Seen::Invalid(problem),
            };
        }
        if let Seen::Fine(made) = &seen
            && made.ending == Ending::Expected
            && let Ok(scenario) = self.scenario(files)?
            && scenario.expect == Expect::Failure
            && let Some(fault) = expected_error(made)
        {
            seen = Seen::Fault(Box::new(fault));
        }
        Ok((seen, took))
    }

    /// The first of these candidates that has the fault which is looked for, and how it shows there.
    ///
    /// # Errors
    /// Files cannot be written, or the other program cannot be run.
    pub(crate) fn first_like(
        &mut self,
        looked: &Looked<'_>,
        candidates: &[Files],
    ) -> Result<Option<(usize, Fault)>, CommandError> {
        let is_like = |fault: &Fault| looked.fault.is_same(fault, looked.any);
        if matches!(looked.fault.kind, Kind::Mismatch { .. }) {
            let files: Vec<&Files> = candidates.iter().collect();
            let places: Vec<usize> = (0..candidates.len()).collect();
            return self.compared(&files, &places, looked.limit, &is_like);
        }
        let checks = match &looked.fault.check {
            Check::Golden => Vec::new(),
            other => vec![other.clone()],
        };
        for (place, files) in candidates.iter().enumerate() {
            let fault = match self.seen(files, looked.limit, &checks)? {
                Seen::Invalid(_) => None,
                Seen::Fault(fault) => Some(*fault),
                Seen::Fine(made) => {
                    let is_expected = matches!(looked.fault.kind, Kind::ExpectedError(_))
                        && made.ending == Ending::Expected;
                    expected_error(&made).filter(|_| is_expected)
                }
            };
            if let Some(fault) = fault.filter(&is_like) {
                return Ok(Some((place, fault)));
            }
        }
        Ok(None)
    }

    /// Runs a scenario once, and once more for each of these checks.
    fn seen(
        &mut self,
        files: &Files,
        limit: Duration,
        checks: &[Check],
    ) -> Result<Seen, CommandError> {
        let scenario = match self.scenario(files)? {
            Ok(scenario) => limited(scenario, limit),
            Err(problem) => return Ok(Seen::Invalid(problem)),
        };
        let run = match CheckRun::open(self.workspace.suite(), &scenario, &Check::Golden) {
            Ok(run) => run,
            Err(failure) => {
                let failure = CommandError::unless_of_machine(failure)?;
                return Ok(of_failure(Check::Golden, &failure));
            }
        };
        self.runs += 1;
        let mut seen = first_run(&run);
        for check in checks {
            let Seen::Fine(first) = seen else {
                return Ok(seen);
            };
            self.runs += 1;
            seen = another_run(&run, check, first);
        }
        Ok(seen)
    }

    fn scenario(&mut self, files: &Files) -> Result<Result<Scenario, String>, CommandError> {
        Ok(self.workspace.put(&self.settings, files)?)
    }

    /// The first of these scenarios in which the two programs differ in a way that is wanted.
    fn compared(
        &mut self,
        candidates: &[&Files],
        places: &[usize],
        limit: Duration,
        is_wanted: &dyn Fn(&Fault) -> bool,
    ) -> Result<Option<(usize, Fault)>, CommandError> {
        let mut pending = Vec::new();
        for &place in places {
            let scenario = match self.scenario(candidates[place])? {
                Ok(scenario) => limited(scenario, limit),
                Err(_) => continue,
            };
            let run = match CheckRun::open(self.workspace.suite(), &scenario, &Check::Golden) {
                Ok(run) => run,
                Err(failure) => {
                    CommandError::unless_of_machine(failure)?;
                    continue;
                }
            };
            self.runs += 1;
            if let Seen::Fine(made) = first_run(&run) {
                let schema = run.prepared().schema();
                pending.push(Pending {
                    place,
                    made,
                    schema,
                });
            }
        }
        let Some(other) = &mut self.other else {
            return Ok(None);
        };
        let is_large = |one: &Pending| {
            let bytes: usize = one
                .made
                .artefacts
                .iter()
                .map(|made| made.text().len())
                .sum();
            bytes > FULL_BYTES_MAX && other.sends_digests()
        };
        let large: Vec<bool> = pending.iter().map(is_large).collect();
        let mut made = vec![None; pending.len()];
        for is_digest in [false, true] {
            let asked: Vec<usize> = (0..pending.len())
                .filter(|&index| large[index] == is_digest)
                .collect();
            if asked.is_empty() {
                continue;
            }
            let files: Vec<&Files> = asked
                .iter()
                .map(|&index| candidates[pending[index].place])
                .collect();
            self.runs += files.len() as u64;
            for (index, outcome) in asked.into_iter().zip(other.produce(&files, is_digest)?) {
                made[index] = outcome;
            }
        }
        for ((one, before), is_digest) in pending.iter().zip(made).zip(large) {
            let fault =
                before.and_then(|before| mismatch(&before, &one.made, &one.schema, is_digest));
            if let Some(fault) = fault.filter(|fault| is_wanted(fault)) {
                return Ok(Some((one.place, fault)));
            }
        }
        Ok(None)
    }
}

fn limited(mut scenario: Scenario, limit: Duration) -> Scenario {
    scenario.time_limit = limit;
    scenario
}
