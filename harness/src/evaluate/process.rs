//! Compares a run with one in a new process with a changed environment.

use std::ffi::OsStr;

use super::evaluation::{Compared, Evaluation};
use super::repeat::result_of;
use super::run::Unchanged;
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
        if !is_incomplete(compared, unchanged) {
            return result;
        }
        let finding = Finding::EnvironmentUnchanged(unchanged.clone());
        #[expect(
            clippy::disallowed_methods,
            reason = "in CI a check that could not be made whole is a failure"
        )]
        let ci = std::env::var_os("CI");
        if is_refused(cfg!(target_os = "linux"), ci.as_deref()) {
            return CheckResult::new(Verdict::Invalid, finding);
        }
        crate::visible::note!("{}: {finding}", run.label());
        result
    }
}

/// Whether runs agree, but not all that was to be changed around one of them was.
fn is_incomplete(compared: &Compared, unchanged: &Unchanged) -> bool {
    matches!(compared, Compared::Same) && !unchanged.is_empty()
}

/// Whether a check that could not be made whole fails: where all changes can be made, and a CI system, which is
/// stricter, is asking by the variable `CI`.
fn is_refused(is_linux: bool, ci: Option<&OsStr>) -> bool {
    is_linux && ci.is_some_and(|value| !value.is_empty() && value != "false")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::{EnvironmentChange, RunFailure, Unchangeable};

    #[test]
    fn runs_that_agree_say_less_if_something_could_not_be_changed() {
        let left = vec![(EnvironmentChange::TimeZone, Unchangeable::Unsupported)];
        let failure = RunFailure::Machine {
            message: String::new(),
        };
        let failed = Compared::Failed(failure);
        assert!(is_incomplete(&Compared::Same, &left));
        assert!(!is_incomplete(&Compared::Same, &Vec::new()));
        assert!(!is_incomplete(&failed, &left));
        assert!(!is_incomplete(&failed, &Vec::new()));
    }

    #[test]
    fn an_incomplete_check_fails_in_ci_alone() {
        for (ci, is_ci) in [
            (None, false),
            (Some(""), false),
            (Some("false"), false),
            (Some("true"), true),
            (Some("1"), true),
        ] {
            let ci = ci.map(OsStr::new);
            assert_eq!(is_refused(true, ci), is_ci, "{ci:?}");
            assert!(!is_refused(false, ci), "{ci:?}");
        }
    }
}
