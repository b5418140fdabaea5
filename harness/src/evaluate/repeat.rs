//! Compares runs with one another: a deterministic subject produces the same bytes in every mode.

use super::evaluation::{Compared, Evaluation};
use super::{CheckResult, CheckRun, Finding, RunName};
use crate::{Mode, Verdict};

impl Evaluation {
    /// The `determinism` check: compares a direct run with a second one.
    pub(super) fn determinism(&self, run: &CheckRun<'_>) -> CheckResult {
        let again = self.again(run);
        self.unusable(run)
            .unwrap_or_else(|| result_of(again, RunName::Second))
    }

    /// The check of a mode: compares a direct run with one in this mode.
    pub(super) fn mode(&self, run: &CheckRun<'_>, mode: &Mode) -> CheckResult {
        let other = self.in_mode(run, mode);
        self.unusable(run)
            .unwrap_or_else(|| result_of(&other, RunName::Mode(mode.description().to_owned())))
    }
}

/// The result of a check that compares two runs.
pub(super) fn result_of(compared: &Compared, name: RunName) -> CheckResult {
    match compared {
        Compared::NotMade => {
            unreachable!("a run that another is compared with left something to compare")
        }
        Compared::Same => CheckResult::bare(Verdict::Match),
        Compared::Differs(difference) => CheckResult::new(
            Verdict::Nondeterministic,
            Finding::Differs(difference.clone()),
        ),
        Compared::Failed(failure) => CheckResult::failed(name, failure.clone()),
    }
}
