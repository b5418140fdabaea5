//! Compares a run with one in a new process with a changed environment.

use super::golden::program_failed;
use super::{CheckResult, CheckRun, Ending, Finding, RunName};
use crate::Verdict;
use crate::exec::{EnvironmentChange, EnvironmentChanges};

impl CheckRun<'_> {
    /// The `process` check.
    pub(super) fn process(&self) -> CheckResult {
        let first = match self.run(None) {
            Ok(first) => first,
            Err(failure) => return CheckResult::failed(RunName::First, failure),
        };
        if let Ending::Failed(message) = &first.ending {
            return program_failed(message);
        }
        let all = EnvironmentChanges::from(EnvironmentChange::ALL);
        let other = match self.run_in_child(&all) {
            Ok(other) => other,
            Err(failure) => return CheckResult::failed(RunName::ChangedEnvironment, failure),
        };
        if !first.equals(&other.output) {
            let cause = self.cause_outside(&first);
            return self.unlike(
                &first,
                &other.output,
                RunName::ChangedEnvironment,
                Some(cause),
            );
        }
        if other.unchanged.is_empty() {
            return CheckResult::bare(Verdict::Match);
        }
        let finding = Finding::EnvironmentUnchanged(other.unchanged);
        if cfg!(target_os = "linux") && super::under_ci() {
            return CheckResult::new(Verdict::Invalid, finding);
        }
        eprintln!("{}: {finding}", self.label);
        CheckResult::bare(Verdict::Match)
    }
}
