//! Compares a run with the goldens.

use super::{CheckResult, CheckRun, Ending, Finding, RunName, RunOutput};
use crate::Verdict;
use crate::exec::RunFailure;
use crate::scenario::ScenarioName;
use crate::snapshot::{GoldenProblem, Manifest, Opened, Snapshot};

impl CheckRun<'_> {
    /// The `golden` check: the first verdict that applies.
    pub(super) fn golden(&self) -> CheckResult {
        let ran = self.run(None);
        if let Err(failure) = &ran
            && failure.verdict() == Verdict::Invalid
        {
            return CheckResult::failed(RunName::First, failure.clone());
        }
        let dir = self.suite.paths().snapshot(self.scenario.name());
        let opened = match crate::snapshot::open(&dir) {
            Ok(opened) => opened,
            Err(error) => return self.unreadable(&error),
        };
        match opened {
            Opened::Missing => self.missing(ran),
            Opened::Edited(snapshot, problems) => edited(snapshot, problems, ran),
            Opened::Sound(snapshot) => match ran {
                Err(failure) => {
                    CheckResult::failed(RunName::First, failure).about(Some(snapshot), None)
                }
                Ok(output) => {
                    let result = self.compare(&snapshot, &output);
                    result.about(Some(snapshot), Some(output))
                }
            },
        }
    }

    fn unreadable(&self, error: &std::io::Error) -> CheckResult {
        let dir = self.suite.paths().snapshot(self.scenario.name());
        let finding = Finding::UnreadableGoldens {
            dir: self.suite.paths().display(&dir),
            error: error.to_string(),
        };
        CheckResult::new(Verdict::Invalid, finding)
    }

    fn compare(&self, snapshot: &Snapshot, output: &RunOutput) -> CheckResult {
        let manifest = &snapshot.manifest;
        let same = output.set.equals(manifest);
        if same && self.same_mode(manifest) && output.ending == Ending::Expected {
            return CheckResult::bare(Verdict::Match);
        }
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
        if let Some(unlike) = self.differs_from_itself(output) {
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
    fn missing(&self, ran: Result<RunOutput, RunFailure>) -> CheckResult {
        let renamed = ran.as_ref().ok().and_then(|output| self.renamed(output));
        let finding = renamed.unwrap_or(Finding::NoGoldens);
        let mut result = CheckResult::new(Verdict::MissingGolden, finding);
        result.findings.extend(also_failed(&ran));
        result.about(None, ran.ok())
    }

    /// The goldens without a scenario that are what a run of this one produces.
    fn renamed(&self, output: &RunOutput) -> Option<Finding> {
        // A test's goldens belong to its own name; which tests there are is not known here.
        if output.ending != Ending::Expected || self.suite.is_of_test() {
            return None;
        }
        let paths = self.suite.paths();
        let names = crate::snapshot::directories(&paths.snapshots()).ok()?;
        let is_same = |name: &String| {
            let Ok(name) = ScenarioName::new(name.as_str()) else {
                return false;
            };
            let is_orphan = paths.scenario(&name).symlink_metadata().is_err();
            is_orphan
                && matches!(
                    crate::snapshot::open(&paths.snapshot(&name)),
                    Ok(Opened::Sound(snapshot))
                        if self.same_mode(&snapshot.manifest)
                            && output.set.equals_but_for_paths(&snapshot.manifest)
                )
        };
        let from = names.into_iter().find(is_same)?;
        Some(Finding::Renamed { from })
    }

    fn same_mode(&self, manifest: &Manifest) -> bool {
        manifest.snapshot == self.scenario.snapshot
    }

    /// A run that differs from its goldens is repeated before the goldens are blamed.
    fn differs_from_itself(&self, output: &RunOutput) -> Option<CheckResult> {
        match self.run(None) {
            Ok(again) if output.equals(&again) => None,
            Ok(again) => Some(self.unlike(output, &again, RunName::Second, None)),
            Err(failure) => Some(CheckResult::failed(RunName::Second, failure)),
        }
    }
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
    let message = match ran {
        Err(failure) => failure.to_string(),
        Ok(output) => match &output.ending {
            Ending::Failed(message) => message.clone(),
            Ending::Succeeded => return Some(Finding::UnexpectedSuccess),
            Ending::Expected => return None,
        },
    };
    Some(Finding::AlsoFailed { message })
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
