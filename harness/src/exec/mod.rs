//! Running a subject under guard: time limit, panics, subjects that do not stop.
//!
//! Every call into a subject happens on a thread of its own, so that the thread that waits can name
//! a long run, ask it to stop, and go on without it if it does not.

mod child;
mod load;
mod surroundings;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

pub(crate) use child::{FromChild, run as run_in_child, serve};
pub(crate) use load::Load;
pub(crate) use surroundings::{Surrounding, Surroundings};

use crate::scenario::Scenario;
use crate::{Artefact, Cancel, Failure, FailureKind, Mode, RunRequest, Schema, Subject};

/// How long a subject may take to stop once it is asked to.
const GRACE: Duration = Duration::from_secs(2);

/// When a running scenario is first named, if half of its time limit has not passed before; then at
/// twice that, and so on.
const SLOW: Duration = Duration::from_secs(10);

/// Deep recursion in a subject is its own affair, up to here.
pub(crate) const STACK_BYTES: usize = 32 << 20;

/// What a subject made of a scenario.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) inputs: Artefact,
    pub(crate) schema: Schema,
    /// The artefacts, or the program's own error.
    pub(crate) outcome: Result<Vec<Artefact>, Failure>,
}

/// Why there is nothing to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The scenario is not valid.
    Invalid(String),
    /// The subject panicked or broke its contract.
    Broken(String),
    /// The time limit passed.
    TimedOut(String),
}

/// One way to run one scenario.
pub(crate) struct Job<'a> {
    pub(crate) subject: &'a Arc<dyn Subject>,
    pub(crate) scenario: &'a Scenario,
    pub(crate) mode: Mode,
    /// What the run is called when it is named while running.
    pub(crate) label: &'a str,
    /// [`RunRequest::scratch`].
    pub(crate) scratch: PathBuf,
    pub(crate) stack_bytes: usize,
}

impl Job<'_> {
    /// Resolves the inputs and runs.
    ///
    /// # Errors
    /// There is nothing to compare.
    pub(crate) fn run(&self) -> Result<Made, Ended> {
        let subject = Arc::clone(self.subject);
        let dir = self.scenario.dir().to_owned();
        let cancel = Cancel::default();
        let request = RunRequest {
            mode: self.mode,
            cancel: cancel.clone(),
            scratch: self.scratch.clone(),
        };
        let made = self.guarded(&cancel, last_words, move || {
            let inputs = subject.inputs(&dir)?;
            let schema = subject.schema(&dir)?;
            let outcome = subject.run(&dir, &request);
            Ok(Made {
                inputs,
                schema,
                outcome,
            })
        })?;
        match made {
            Err(failure) => Err(self.ended_by(&failure)),
            Ok(Made {
                outcome: Err(failure),
                ..
            }) if failure.kind != FailureKind::Engine => Err(self.ended_by(&failure)),
            Ok(made) => Ok(made),
        }
    }

    /// Resolves the inputs, and runs nothing.
    ///
    /// # Errors
    /// They cannot be resolved.
    pub(crate) fn resolve(&self) -> Result<(Artefact, Schema), Ended> {
        let subject = Arc::clone(self.subject);
        let dir = self.scenario.dir().to_owned();
        self.guarded(
            &Cancel::default(),
            |_| String::new(),
            move || Ok((subject.inputs(&dir)?, subject.schema(&dir)?)),
        )?
        .map_err(|failure| self.ended_by(&failure))
    }

    fn ended_by(&self, failure: &Failure) -> Ended {
        match failure.kind {
            FailureKind::Invalid => Ended::Invalid(failure.message.clone()),
            FailureKind::Engine => Ended::Broken(failure.message.clone()),
            FailureKind::Cancelled => Ended::Broken(format!(
                "{} stopped although nobody asked it to: {}",
                self.subject.name(),
                failure.message
            )),
        }
    }

    /// Calls `work` on a thread of its own and waits for it, at most until the time limit. `last` is
    /// what it has to say where it was stopped.
    fn guarded<T: Send + 'static>(
        &self,
        cancel: &Cancel,
        last: impl Fn(&T) -> String,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Ended> {
        let (sender, receiver) = mpsc::channel();
        let spawned = thread::Builder::new()
            .name(self.label.to_owned())
            .stack_size(self.stack_bytes)
            .spawn(move || {
                // Nobody listens any more once the run was given up.
                let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
            });
        if let Err(error) = spawned {
            return Err(Ended::Broken(format!("no thread for the run: {error}")));
        }
        let limit = self.scenario.time_limit;
        let mut waited = Duration::ZERO;
        let mut next = SLOW.min(limit / 2);
        while waited < limit {
            let step = next.min(limit) - waited;
            match receiver.recv_timeout(step) {
                Ok(result) => return result.map_err(|panic| panicked(&*panic)),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Ended::Broken("the run's thread vanished".to_owned()));
                }
                Err(RecvTimeoutError::Timeout) => waited += step,
            }
            if waited < limit {
                eprintln!(
                    "{} is still running after {} s, at tick {}; its limit is {} s",
                    self.label,
                    waited.as_secs_f64(),
                    cancel.last_tick(),
                    limit.as_secs_f64()
                );
                next = waited * 2;
            }
        }
        cancel.stop();
        let stopped = receiver.recv_timeout(GRACE);
        let limit = limit.as_secs_f64();
        let tick = cancel.last_tick();
        Err(Ended::TimedOut(match stopped {
            Ok(made) => {
                let last = made.as_ref().map_or_else(|_| String::new(), last);
                format!("stopped after its time limit of {limit} s; the last tick was {tick}{last}")
            }
            Err(_) => format!(
                "did not stop when asked to, after its time limit of {limit} s; the last tick was \
                 {tick}"
            ),
        }))
    }
}

/// What a subject that was stopped adds to the bare fact, on lines of its own.
fn last_words(made: &Result<Made, Failure>) -> String {
    match made {
        Ok(Made {
            outcome: Err(failure),
            ..
        }) if failure.kind == FailureKind::Cancelled
            && failure.message != Failure::cancelled().message =>
        {
            format!("\n  {}", failure.message)
        }
        _ => String::new(),
    }
}

fn panicked(payload: &(dyn Any + Send)) -> Ended {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("without a message");
    Ended::Broken(format!("panicked: {text}"))
}
