//! The checks of one scenario: they share its documents, its runs, and what makes those differ.
//!
//! ```text
//! golden        first
//! determinism   first  again
//! process       first         elsewhere
//! a mode        first                    a run of its own
//! ```
//!
//! Each run is made once, by the check that needs it first, on whatever thread that is; others wait for it.
//! A second run and one in a changed environment are kept only until they are compared with the first.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::finding::Difference;
use super::golden::program_failed;
use super::inside::Inside;
use super::run::{Observation, Unchanged, build, opened};
use super::{CheckResult, CheckRun, Ending, Finding, RunName, RunOutput, sample};
use crate::exec::{EnvironmentChanges, RunFailure};
use crate::scenario::Scenario;
use crate::{Check, Mode, Prepared, Suite, Verdict};

/// Checks of one scenario that share its documents and runs.
///
/// With `golden`, `determinism` and `process`, a scenario costs three runs; each mode costs one more.
pub struct Evaluation {
    suite: Suite,
    scenario: Scenario,
    /// The checks that are made, which refer to one another.
    checks: Vec<Check>,
    waits: bool,
    prepared: OnceLock<Result<Arc<dyn Prepared>, RunFailure>>,
    is_begun: AtomicBool,
    first: OnceLock<Result<Observation, RunFailure>>,
    again: OnceLock<Compared>,
    elsewhere: OnceLock<(Compared, Unchanged)>,
    inside: OnceLock<Inside>,
}

/// What a comparison with the first run found.
pub(super) enum Compared {
    /// The first run left nothing to compare with, so that there is no other.
    NotMade,
    Same,
    Differs(Box<Difference>),
    /// There is nothing to compare.
    Failed(RunFailure),
}

impl Evaluation {
    /// These checks of a scenario. Others may be made too, but nothing refers to them.
    pub fn new(
        suite: &Suite,
        scenario: &Scenario,
        checks: impl IntoIterator<Item = Check>,
    ) -> Self {
        Self {
            suite: suite.clone(),
            scenario: scenario.clone(),
            checks: checks.into_iter().collect(),
            waits: false,
            prepared: OnceLock::new(),
            is_begun: AtomicBool::new(false),
            first: OnceLock::new(),
            again: OnceLock::new(),
            elsewhere: OnceLock::new(),
            inside: OnceLock::new(),
        }
    }

    /// The same checks, with the second run in another second of the clock than the first, so that a time
    /// stamp in whole seconds is noticed.
    #[must_use]
    pub fn in_another_second(mut self) -> Self {
        self.waits = true;
        self
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The suite.
    pub(super) fn suite(&self) -> &Suite {
        &self.suite
    }

    /// Makes one check.
    pub fn check(&self, check: &Check) -> CheckResult {
        let run = match self.open(check) {
            Ok(run) => run,
            Err(failure) => return CheckResult::failed(RunName::First, failure),
        };
        match check {
            Check::Golden => self.golden(&run),
            Check::Determinism => self.determinism(&run),
            Check::Process => self.process(&run),
            Check::Mode(name) => {
                let modes = self.scenario.subject().modes();
                let mode = modes.iter().find(|mode| mode.name() == name);
                mode.map_or_else(
                    || CheckResult::new(Verdict::Invalid, Finding::NoSuchMode(name.clone())),
                    |mode| self.mode(&run, mode),
                )
            }
        }
    }

    /// The scenario, open for the runs of a check. Its documents are read once.
    pub(super) fn open(&self, check: &Check) -> Result<CheckRun<'_>, RunFailure> {
        build(&self.suite, &self.scenario, check)?;
        let prepared = self.prepared.get_or_init(|| opened(&self.scenario, check));
        let prepared = Arc::clone(prepared.as_ref().map_err(Clone::clone)?);
        Ok(CheckRun::for_check(
            &self.suite,
            &self.scenario,
            check,
            prepared,
        ))
    }

    /// Whether the second run is in another second of the clock than the first.
    pub(super) fn waits(&self) -> bool {
        self.waits
    }

    /// The first run.
    pub(super) fn first(&self, run: &CheckRun<'_>) -> Result<&Observation, RunFailure> {
        self.is_begun.store(true, Ordering::Relaxed);
        let first = self.first.get_or_init(|| run.observe(None));
        first.as_ref().map_err(Clone::clone)
    }

    /// Makes the first run, unless somebody else has begun it: then there is time for another run. Breaks if
    /// it is known to have left nothing to compare with.
    fn begin(&self, run: &CheckRun<'_>) -> ControlFlow<()> {
        if !self.is_begun.swap(true, Ordering::Relaxed) {
            // How it ended is asked by whoever compares something with it.
            let _ = self.first(run);
        }
        match self.first.get() {
            Some(Err(_)) => ControlFlow::Break(()),
            Some(Ok(first)) if matches!(first.output.ending, Ending::Failed(_)) => {
                ControlFlow::Break(())
            }
            Some(Ok(_)) | None => ControlFlow::Continue(()),
        }
    }

    /// The result of checks that compare with the first run, if it left nothing to compare with.
    pub(super) fn unusable(&self, run: &CheckRun<'_>) -> Option<CheckResult> {
        match self.first(run) {
            Err(failure) => Some(CheckResult::failed(RunName::First, failure)),
            Ok(first) => match &first.output.ending {
                Ending::Failed(message) => Some(program_failed(message)),
                Ending::Expected | Ending::Succeeded => None,
            },
        }
    }

    /// A second run, compared with the first.
    pub(super) fn again(&self, run: &CheckRun<'_>) -> &Compared {
        self.again.get_or_init(|| {
            if self.waits {
                match self.first(run) {
                    Ok(first) if !first.moment.is_before_this_second() => {
                        sample::until_next_second();
                    }
                    _ => {}
                }
            }
            if self.begin(run).is_break() {
                return Compared::NotMade;
            }
            let again = run.observe(None);
            self.compared(run, again, |first, again| {
                self.unlike_again(run, first, again)
            })
        })
    }

    /// A run in a new process and a changed environment, compared with the first; and the changes that could
    /// not be made.
    pub(super) fn elsewhere(&self, run: &CheckRun<'_>) -> &(Compared, Unchanged) {
        self.elsewhere.get_or_init(|| {
            if self.begin(run).is_break() {
                return (Compared::NotMade, Vec::new());
            }
            let (other, unchanged) = match run.observe_in_child(&EnvironmentChanges::all()) {
                Ok((other, unchanged)) => (Ok(other), unchanged),
                Err(failure) => (Err(failure), Vec::new()),
            };
            let compared = self.compared(run, other, |first, other| {
                self.unlike_elsewhere(run, first, other)
            });
            (compared, unchanged)
        })
    }

    /// A run in a mode, compared with the first.
    pub(super) fn in_mode(&self, run: &CheckRun<'_>, mode: &Mode) -> Compared {
        if self.begin(run).is_break() {
            return Compared::NotMade;
        }
        let other = run.observe(Some(mode));
        self.compared(run, other, |first, other| {
            self.unlike_mode(run, mode, first, other)
        })
    }

    fn compared(
        &self,
        run: &CheckRun<'_>,
        other: Result<Observation, RunFailure>,
        unlike: impl FnOnce(&Observation, &Observation) -> Difference,
    ) -> Compared {
        match (self.first(run), other) {
            (Err(failure), _) | (Ok(_), Err(failure)) => Compared::Failed(failure),
            (Ok(first), Ok(other)) if first.output.equals(&other.output) => Compared::Same,
            (Ok(first), Ok(other)) => Compared::Differs(Box::new(unlike(first, &other))),
        }
    }

    /// Why runs in the same environment differ.
    pub(super) fn inside(&self, run: &CheckRun<'_>, first: &RunOutput) -> &Inside {
        self.inside.get_or_init(|| run.look_inside(first))
    }

    /// In what the second run differs from the first, if the check `determinism` reports that.
    pub(super) fn reported(&self, run: &CheckRun<'_>) -> Option<&Difference> {
        if !self.checks.contains(&Check::Determinism) {
            return None;
        }
        match self.again(run) {
            Compared::Differs(difference) => Some(difference),
            Compared::NotMade | Compared::Same | Compared::Failed(_) => None,
        }
    }
}
