//! Runs a subject under guard: with a time limit, and despite panics and subjects that do not stop.
//!
//! Every call into a subject happens on its own thread, so that the waiting thread can name
//! a long run, ask it to stop, and go on without it if it does not.

mod build;
mod child;
mod environment;
mod failure;
mod fingerprint;
mod group;
#[cfg(target_os = "linux")]
mod keeper;
pub mod launch;
mod load;
mod locale;
mod task;
mod variables;

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

pub(crate) use build::ensure_built;
pub(crate) use child::{ChildJob, ChildRun};
pub use environment::{EnvironmentChange, EnvironmentChanges, Unchangeable};
pub use failure::RunFailure;
pub use fingerprint::Fingerprint;
pub use group::{Group, Interrupt};
pub use load::Load;
pub use task::{Task, TaskFailure, TaskOutput, tail};
pub(crate) use variables::{Alteration, Altered, Inherited, inherited};

use crate::{Artefact, Failure, FailureKind, Prepared, Progress, RunRequest, Scenario};

/// How long a subject may take to stop once it is asked to.
const GRACE: Duration = Duration::from_secs(2);

/// How long a subject may take in addition to a program that it ends itself.
const SLACK: Duration = Duration::from_secs(20);

/// When a running scenario is first named, if half of its time limit has not passed before; then at
/// twice that, and so on.
const SLOW: Duration = Duration::from_secs(10);

/// Deep recursion in a subject is its own affair, up to here.
pub(crate) const STACK_BYTES: usize = 32 << 20;

/// How a run that was not cut short ended: with its artefacts, or with the program's own error.
pub(crate) type Outcome = Result<Vec<Artefact>, Failure>;

/// Calls into the subject of one scenario, guarded.
#[derive(Clone, Copy)]
pub(crate) struct Guard<'a> {
    pub(crate) scenario: &'a Scenario,
    /// What the run is called when it is named while running.
    pub(crate) label: &'a str,
    pub(crate) stack_bytes: usize,
}

impl Guard<'_> {
    /// Reads the documents of the scenario.
    ///
    /// # Errors
    /// They are not valid, or the subject broke its contract.
    pub(crate) fn open(&self) -> Result<Arc<dyn Prepared>, RunFailure> {
        let scenario = self.scenario.clone();
        let opened = self.call(
            &Progress::default(),
            |_| None,
            move || scenario.subject().open(&scenario),
        )?;
        opened
            .map(Arc::from)
            .map_err(|failure| self.contract(failure))
    }

    /// Reads the scenario again with other inputs; `None` if the subject does not offer this.
    ///
    /// # Errors
    /// As [`Guard::open`].
    pub(crate) fn with_inputs(
        &self,
        prepared: &Arc<dyn Prepared>,
        inputs: &Artefact,
    ) -> Result<Option<Arc<dyn Prepared>>, RunFailure> {
        let (prepared, inputs) = (Arc::clone(prepared), inputs.clone());
        let changed = self.call(
            &Progress::default(),
            |_| None,
            move || prepared.with_inputs(&inputs),
        )?;
        match changed {
            Ok(changed) => Ok(changed.map(Arc::from)),
            Err(failure) => Err(self.contract(failure)),
        }
    }

    /// Asks the program of a scenario that was opened for its version; `None` if the scenario does not know how.
    ///
    /// # Errors
    /// It cannot be asked.
    pub(crate) fn version(
        &self,
        prepared: &Arc<dyn Prepared>,
        scratch: &Path,
    ) -> Result<Option<String>, RunFailure> {
        let Some(ask) = prepared.version() else {
            return Ok(None);
        };
        let scratch = scratch.to_owned();
        // The subject itself ends a program that does not answer within the limit.
        let limit = self.scenario.time_limit + SLACK;
        let version =
            self.call_for(limit, &Progress::default(), |_| None, move || ask(&scratch))?;
        version.map(Some).map_err(|failure| self.contract(failure))
    }

    /// The digests of its program's files.
    ///
    /// # Errors
    /// The subject broke its contract.
    pub(crate) fn code(
        &self,
        prepared: &Arc<dyn Prepared>,
    ) -> Result<BTreeMap<String, String>, RunFailure> {
        let prepared = Arc::clone(prepared);
        let code = self.call(&Progress::default(), |_| None, move || prepared.code())?;
        code.map_err(|failure| self.contract(failure))
    }

    /// Runs a scenario that was opened.
    ///
    /// # Errors
    /// There is nothing to compare.
    pub(crate) fn run(
        &self,
        prepared: &Arc<dyn Prepared>,
        request: RunRequest,
    ) -> Result<Outcome, RunFailure> {
        let prepared = Arc::clone(prepared);
        let progress = request.progress.clone();
        let outcome = self.call(&progress, last_message, move || prepared.run(&request))?;
        match outcome {
            Err(failure) if failure.kind != FailureKind::Program => Err(self.contract(failure)),
            outcome => Ok(outcome),
        }
    }

    /// A failure that is not a program's own.
    fn contract(&self, failure: Failure) -> RunFailure {
        match failure.kind {
            FailureKind::Invalid => RunFailure::Invalid {
                message: failure.message,
            },
            FailureKind::Machine => RunFailure::Machine {
                message: failure.message,
            },
            FailureKind::Program => RunFailure::Program {
                message: failure.message,
            },
            FailureKind::Cancelled => RunFailure::StoppedUnasked {
                subject: self.scenario.subject().name().to_owned(),
                message: failure.message,
            },
        }
    }

    /// Calls `work` on its own thread and waits for it, at most until the time limit of the scenario.
    /// `last` is what it has to say if it was stopped.
    fn call<T: Send + 'static>(
        &self,
        progress: &Progress,
        last: impl Fn(T) -> Option<String>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunFailure> {
        self.call_for(self.scenario.time_limit, progress, last, work)
    }

    /// The same with another time limit.
    fn call_for<T: Send + 'static>(
        &self,
        limit: Duration,
        progress: &Progress,
        last: impl Fn(T) -> Option<String>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunFailure> {
        let (sender, receiver) = mpsc::channel();
        let spawned = thread::Builder::new()
            .name(self.label.to_owned())
            .stack_size(self.stack_bytes)
            .spawn(move || {
                // Nobody listens once the run was given up.
                let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
            });
        if let Err(error) = spawned {
            return Err(RunFailure::NoThread {
                error: error.to_string(),
            });
        }
        let unit = self.scenario.subject().progress_unit();
        let reached = || progress.last().map(|count| format!("{unit} {count}"));
        let mut waited = Duration::ZERO;
        let mut next = SLOW.min(limit / 2);
        while waited < limit {
            let step = next.min(limit) - waited;
            match receiver.recv_timeout(step) {
                Ok(result) => return result.map_err(|panic| panicked(&*panic)),
                Err(RecvTimeoutError::Disconnected) => {
                    unreachable!("the thread sends before it ends, whatever `work` does")
                }
                Err(RecvTimeoutError::Timeout) => waited += step,
            }
            if waited < limit {
                let at = reached().map_or_else(String::new, |at| format!(", at {at}"));
                crate::visible::note!(
                    "{} is still running after {} s{at}; its limit is {} s",
                    self.label,
                    waited.as_secs_f64(),
                    limit.as_secs_f64()
                );
                next = waited * 2;
            }
        }
        progress.stop();
        let (has_stopped, message) = match receiver.recv_timeout(GRACE) {
            Ok(ended) => (true, ended.ok().and_then(last)),
            Err(_) => (false, None),
        };
        Err(RunFailure::TimedOut {
            limit,
            has_stopped,
            reached: reached(),
            message,
        })
    }
}

/// What a subject that was stopped adds to the bare fact.
fn last_message(outcome: Outcome) -> Option<String> {
    let failure = outcome.err()?;
    let has_more = failure.kind == FailureKind::Cancelled && !failure.message.is_empty();
    has_more.then_some(failure.message)
}

fn panicked(payload: &(dyn Any + Send)) -> RunFailure {
    let message = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied());
    RunFailure::Panicked {
        message: message.map(str::to_owned),
    }
}
