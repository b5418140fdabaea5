//! Compares runs with one another: a deterministic subject produces the same bytes in every mode.

use super::attribution::{AGREEING, Attribution};
use super::finding::{BRIEF, Difference};
use super::golden::program_failed;
use super::{CheckResult, CheckRun, Ending, Finding, RunName, RunOutput};
use crate::{Mode, Verdict};

impl CheckRun<'_> {
    /// Compares a direct run with a second one, in this mode.
    pub(super) fn repeat(&self, mode: Option<&Mode>) -> CheckResult {
        let first = match self.run(None) {
            Ok(first) => first,
            Err(failure) => return CheckResult::failed(RunName::First, failure),
        };
        if let Ending::Failed(message) = &first.ending {
            return program_failed(message);
        }
        let name = mode.map_or(RunName::Second, |mode| {
            RunName::Mode(mode.description().to_owned())
        });
        match self.run(mode) {
            Err(failure) => CheckResult::failed(name, failure),
            Ok(again) if first.equals(&again) => CheckResult::bare(Verdict::Match),
            Ok(again) => {
                let cause = self.cause_of_mode(mode, &first);
                self.unlike(&first, &again, name, cause)
            }
        }
    }

    /// Whether a run in a later second of the clock differs from `earlier`.
    pub fn differs_by_now(&self, earlier: &RunOutput) -> Option<CheckResult> {
        match self.run(None) {
            Ok(now) if now.equals(earlier) => None,
            Ok(now) => {
                let cause = self.cause_of_mode(None, earlier);
                Some(self.unlike(earlier, &now, RunName::LaterSecond, cause))
            }
            Err(failure) => Some(CheckResult::failed(RunName::LaterSecond, failure)),
        }
    }

    /// Why a run in a mode differs from the first: the mode, if direct runs agree.
    fn cause_of_mode(&self, mode: Option<&Mode>, first: &RunOutput) -> Option<Attribution> {
        if let Some(mode) = mode {
            let agrees = |_| self.run(None).is_ok_and(|again| first.equals(&again));
            if (0..AGREEING).all(agrees) {
                return Some(Attribution::Mode(mode.description().to_owned()));
            }
        }
        self.suite.has_children().then(|| self.cause_inside(first))
    }

    /// Two runs that differ.
    pub(super) fn unlike(
        &self,
        first: &RunOutput,
        again: &RunOutput,
        run: RunName,
        cause: Option<Attribution>,
    ) -> CheckResult {
        let difference = Difference {
            run,
            artefacts: first.differing(again),
            diff: crate::diff(
                &first.set.to_vec(),
                &again.set.to_vec(),
                &first.schema_of_runs(),
                &BRIEF,
            ),
            cause,
        };
        CheckResult::new(
            Verdict::Nondeterministic,
            Finding::Differs(Box::new(difference)),
        )
    }
}
