//! Compares a run with one in a new process with a changed environment.

use super::evaluation::{Compared, Evaluation};
use super::repeat::result_of;
use super::{CheckResult, CheckRun, Finding, RunName};
use crate::Verdict;

impl Evaluation {
    /// The `process` check.
    pub(super) fn process(&self, run: &CheckRun<'_>) -> CheckResult {
        let (compared, unchanged) = self.elsewhere(run);
        if let Some(result) = self.unusable(run) {
            return result;
        }
        let mut result = result_of(compared, RunName::ChangedEnvironment);
        if let Compared::Failed(failure) = compared {
            result.findings.extend(self.because(run, failure));
        }
        if !matches!(compared, Compared::Same) || unchanged.is_empty() {
            return result;
        }
        let finding = Finding::EnvironmentUnchanged(unchanged.clone());
        if cfg!(target_os = "linux") && under_ci() {
            return CheckResult::new(Verdict::Invalid, finding);
        }
        crate::visible::note!("{}: {finding}", run.label());
        result
    }
}

/// Whether a CI system is asking, which is stricter.
fn under_ci() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "in CI a check that could not be made whole is a failure"
    )]
    let ci = std::env::var_os("CI");
    ci.is_some_and(|value| !value.is_empty() && value != "false")
}
