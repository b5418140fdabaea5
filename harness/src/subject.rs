//! The program under test, as the harness sees it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::{Artefact, Schema};

/// A program that turns a scenario directory into named JSON artefacts.
///
/// A subject is deterministic by claim: the harness is there to doubt it.
pub trait Subject: Sync {
    /// A short name for reports (`aether`).
    fn name(&self) -> &str;

    /// The version recorded beside each bless.
    fn version(&self) -> String;

    /// The inputs of a scenario as resolved (defaults filled in, comments gone): an object with one
    /// member a document, and `files`, an object that maps each member to the file it came from.
    ///
    /// # Errors
    /// [`FailureKind::Invalid`] when a document cannot be read or is not valid.
    fn inputs(&self, scenario: &Path) -> Result<Artefact, Failure>;

    /// How the artefacts of this scenario are to be read.
    ///
    /// # Errors
    /// As [`Subject::inputs`].
    fn schema(&self, scenario: &Path) -> Result<Schema, Failure>;

    /// Runs the scenario and returns every artefact but `inputs`.
    ///
    /// # Errors
    /// What went wrong; a failure of the program itself carries its error document.
    fn run(&self, scenario: &Path, request: &RunRequest) -> Result<Vec<Artefact>, Failure>;

    /// The ways of running that this subject offers beside [`Mode::Direct`].
    fn modes(&self) -> Vec<Mode> {
        Vec::new()
    }
}

/// How a scenario is to be run. Every mode must give the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Start to end, one thread.
    Direct,
    /// With this many threads.
    Threads(usize),
    /// Every span between checkpoints rebuilt from its checkpoint, not from the start.
    Replay,
    /// Cut after each window, then finished from what was stored.
    Resume,
}

/// One request to run a scenario.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// How to run.
    pub mode: Mode,
    /// Where the subject says how far it is and hears that it should stop.
    pub cancel: Cancel,
}

/// A line between the runner's watchdog and a running subject.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<CancelState>);

#[derive(Debug, Default)]
struct CancelState {
    stop: AtomicBool,
    tick: AtomicU64,
}

impl Cancel {
    /// Asks the subject to stop.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the subject should stop. Called by the subject, once a tick or so.
    pub fn is_stopped(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }

    /// Tells the watchdog the last tick that was finished.
    pub fn at_tick(&self, tick: u64) {
        self.0.tick.store(tick, Ordering::Relaxed);
    }

    /// The last tick that was finished.
    pub fn last_tick(&self) -> u64 {
        self.0.tick.load(Ordering::Relaxed)
    }
}

/// A scenario that gave no artefacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What sort of failure.
    pub kind: FailureKind,
    /// What happened, for people: the whole report, which may have several lines.
    pub message: String,
    /// The program's own account of its error, where it has one: the golden `error.json` of a
    /// scenario that is expected to fail.
    pub error: Option<Artefact>,
}

/// The sorts of failure that a verdict tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The scenario or a document of it cannot be read or is not valid.
    Invalid,
    /// The program ended with an error.
    Engine,
    /// The program stopped because it was asked to.
    Cancelled,
}
