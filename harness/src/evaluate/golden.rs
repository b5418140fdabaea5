//! Compares a run with the goldens.

use std::io;

use super::evaluation::{Compared, Evaluation};
use super::{CheckResult, CheckRun, Ending, Finding, RunName, RunOutput};
use crate::atomic::at;
use crate::exec::RunFailure;
use crate::scenario::ScenarioName;
use crate::snapshot::{GoldenProblem, Manifest, Opened, ReadError, ReadErrorKind, Snapshot};
use crate::{Check, MachineFailure as _, Verdict};

impl Evaluation {
    /// The `golden` check: the first verdict that applies.
    pub(super) fn golden(&self, run: &CheckRun<'_>) -> CheckResult {
        let failed = |failure| CheckResult::failed(RunName::First, failure);
        let version = match run.version() {
            Ok(version) => version,
            Err(failure) => return failed(failure),
        };
        let mut result = self.against_goldens(run);
        result.explains = run.prepared().explains();
        if !result.verdict.passes() {
            match run.identified(version) {
                Ok(program) => result.program = Some(program),
                Err(failure) => return failed(failure),
            }
        }
        result
    }

    fn against_goldens(&self, run: &CheckRun<'_>) -> CheckResult {
        let ran = self.first(run).map(|first| first.output.clone());
        if let Err(failure) = &ran
            && failure.verdict() == Verdict::Invalid
        {
            return CheckResult::failed(RunName::First, failure.clone());
        }
        let dir = self.suite().paths().snapshot(self.scenario().name());
        let produced = ran.as_ref().ok().map(|output| &output.set);
        let (opened, is_as_produced) = match crate::snapshot::open_beside(&dir, produced) {
            Ok(opened) => opened,
            Err(error) => return self.unreadable(&error),
        };
        match opened {
            Opened::Missing => self
                .missing(ran)
                .unwrap_or_else(|error| self.unreadable(&error)),
            Opened::Edited(snapshot, problems) => edited(snapshot, problems, ran),
            Opened::Sound(snapshot) => match ran {
                Err(failure) => {
                    CheckResult::failed(RunName::First, failure).about(Some(snapshot), None)
                }
                Ok(output) => {
                    let result = if is_as_produced && self.fits(&snapshot, &output) {
                        CheckResult::bare(Verdict::Match)
                    } else {
                        self.compare(run, &snapshot, &output)
                    };
                    result.about(Some(snapshot), Some(output))
                }
            },
        }
    }

    fn unreadable(&self, error: &std::io::Error) -> CheckResult {
        let dir = self.suite().paths().snapshot(self.scenario().name());
        let finding = Finding::UnreadableGoldens {
            dir: self.suite().paths().display(&dir),
            error: error.to_string(),
            is_of_machine: error.is_of_machine(),
        };
        CheckResult::new(Verdict::Invalid, finding)
    }

    /// What is to be said of a run that does not fit its goldens.
    fn compare(&self, run: &CheckRun<'_>, snapshot: &Snapshot, output: &RunOutput) -> CheckResult {
        let manifest = &snapshot.manifest;
        // Only goldens that differ are worth a look at their layout.
        match snapshot.layout_problems() {
            Ok(problems) if problems.is_empty() => {}
            Ok(problems) => {
                return CheckResult {
                    findings: problems.into_iter().map(Finding::EditedGolden).collect(),
                    ..CheckResult::bare(Verdict::EditedGolden)
                };
            }
            Err(error) => return self.unreadable(&error),
        }
        if let Ending::Failed(message) = &output.ending {
            return program_failed(message);
        }
        if self.same_mode(manifest) && output.ending == Ending::Expected {
            match within_tolerance(snapshot, output) {
                Ok(None) => {}
                Ok(Some(result)) => return result,
                Err(error) => return self.unreadable(&error),
            }
        }
        if let Some(unlike) = self.differs_from_itself(run) {
            return unlike;
        }
        if !self.same_mode(manifest) {
            return CheckResult::new(Verdict::Mismatch, Finding::SnapshotModeDiffers);
        }
        let changed = changed_inputs(manifest, output);
        if !changed.is_empty() {
            return CheckResult::new(Verdict::StaleInputs, Finding::ChangedInputs(changed));
        }
        if output.ending == Ending::Succeeded {
            return CheckResult::new(Verdict::Mismatch, Finding::UnexpectedSuccess);
        }
        CheckResult::bare(Verdict::Mismatch)
    }

    /// The result if there are no goldens.
    fn missing(&self, ran: Result<RunOutput, RunFailure>) -> io::Result<CheckResult> {
        let renamed = ran
            .as_ref()
            .map_or(Ok(None), |output| self.renamed(output))?;
        let finding = renamed.unwrap_or(Finding::NoGoldens);
        let mut result = CheckResult::new(Verdict::MissingGolden, finding);
        result.findings.extend(also_failed(&ran));
        Ok(result.about(None, ran.ok()))
    }

    /// The goldens without a scenario that are what a run of this one produces.
    fn renamed(&self, output: &RunOutput) -> io::Result<Option<Finding>> {
        // A test's goldens belong to its own name; which tests there are is not known here.
        if output.ending != Ending::Expected || self.suite().is_of_test() {
            return Ok(None);
        }
        let paths = self.suite().paths();
        for from in crate::snapshot::directories(&paths.snapshots())? {
            let Ok(name) = ScenarioName::new(from.as_str()) else {
                continue;
            };
            if paths.scenario(&name).symlink_metadata().is_ok() {
                continue;
            }
            let is_same = match crate::snapshot::open(&paths.snapshot(&name)) {
                Ok(Opened::Sound(snapshot)) => {
                    self.same_mode(&snapshot.manifest)
                        && output.set.equals_but_for_paths(&snapshot.manifest)
                }
                Err(error) if error.is_of_machine() => return Err(error),
                _ => false,
            };
            if is_same {
                return Ok(Some(Finding::Renamed { from }));
            }
        }
        Ok(None)
    }

    fn same_mode(&self, manifest: &Manifest) -> bool {
        manifest.snapshot == self.scenario().snapshot
    }

    /// A run that differs from its goldens is repeated before the goldens are blamed.
    fn differs_from_itself(&self, run: &CheckRun<'_>) -> Option<CheckResult> {
        match self.again(run) {
            Compared::NotMade | Compared::Same => None,
            Compared::Differs(difference) => {
                let mut difference = difference.clone();
                if self.reported(run).is_some() {
                    difference.see = Some(Check::Determinism);
                }
                Some(CheckResult::new(
                    Verdict::Nondeterministic,
                    Finding::Differs(difference),
                ))
            }
            Compared::Failed(failure) => {
                Some(CheckResult::failed(RunName::Second, failure.clone()))
            }
        }
    }

    /// Whether the goldens are what the first run produces, which is all that a bless wants to know of most
    /// scenarios.
    pub fn is_match(&self) -> bool {
        let Ok(run) = self.open(&Check::Golden) else {
            return false;
        };
        let Ok(first) = self.first(&run) else {
            return false;
        };
        let goldens = self.suite().paths().snapshot(self.scenario().name());
        match crate::snapshot::open_beside(&goldens, Some(&first.output.set)) {
            Ok((Opened::Sound(snapshot), true)) => self.fits(&snapshot, &first.output),
            _ => false,
        }
    }

    /// Whether a run fits goldens that are what it produced: it ended as it should, and is kept as they are.
    fn fits(&self, snapshot: &Snapshot, output: &RunOutput) -> bool {
        self.same_mode(&snapshot.manifest) && output.ending == Ending::Expected
    }
}

/// The result if nothing differs but numbers within their tolerances; `None` otherwise.
fn within_tolerance(snapshot: &Snapshot, output: &RunOutput) -> io::Result<Option<CheckResult>> {
    if !output.schema.has_tolerances() {
        return Ok(None);
    }
    let goldens = match snapshot.artefacts() {
        Ok(goldens) => goldens,
        Err(ReadError {
            path,
            source: ReadErrorKind::Io(error),
        }) => return Err(at(&path, &error)),
        // Goldens that are not JSON are reported where they are shown.
        Err(_) => return Ok(None),
    };
    let tolerated = output.tolerated(&goldens).map(Finding::Tolerated);
    Ok(tolerated.map(|finding| CheckResult::new(Verdict::Match, finding)))
}

/// A program that failed but should have succeeded.
pub(super) fn program_failed(message: &str) -> CheckResult {
    let finding = Finding::ProgramFailed {
        message: message.to_owned(),
    };
    CheckResult::new(Verdict::ProgramError, finding)
}

/// The result if something other than a bless changed the goldens.
fn edited(
    before: Option<Snapshot>,
    problems: Vec<GoldenProblem>,
    ran: Result<RunOutput, RunFailure>,
) -> CheckResult {
    let mut findings: Vec<Finding> = problems.into_iter().map(Finding::EditedGolden).collect();
    findings.extend(also_failed(&ran));
    let after = ran.ok();
    let manifest = before.as_ref().map(|snapshot| &snapshot.manifest);
    if let (Some(manifest), Some(output)) = (manifest, &after)
        && output.set.equals(manifest)
    {
        findings.push(Finding::StillAsBlessed);
    }
    CheckResult {
        findings,
        ..CheckResult::bare(Verdict::EditedGolden)
    }
    .about(before, after)
}

/// What else is wrong: a run that did not end as it should.
fn also_failed(ran: &Result<RunOutput, RunFailure>) -> Option<Finding> {
    let failure = match ran {
        Err(failure) => failure.clone(),
        Ok(output) => match &output.ending {
            Ending::Failed(message) => RunFailure::Program {
                message: message.clone(),
            },
            Ending::Succeeded => return Some(Finding::UnexpectedSuccess),
            Ending::Expected => return None,
        },
    };
    Some(Finding::AlsoFailed { failure })
}

/// The inputs that differ from those of the last bless.
fn changed_inputs(manifest: &Manifest, output: &RunOutput) -> Vec<String> {
    let (before, after) = (&manifest.inputs, output.set.input_digests());
    let mut changed: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    changed.sort();
    changed.dedup();
    changed
}
