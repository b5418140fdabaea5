//! The program under test, as the harness sees it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::{Artefact, Schema};

/// A program that turns a scenario directory into named JSON artefacts.
///
/// A subject is deterministic by claim: the harness is there to doubt it.
pub trait Subject: Send + Sync {
    /// A short name for reports (`aether`).
    fn name(&self) -> &str;

    /// The version recorded beside each bless; `-` where there is none.
    fn version(&self) -> String {
        "-".to_owned()
    }

    /// The inputs of a scenario as resolved (defaults filled in, comments gone): an object with one
    /// member a document, and `files`, an object that maps each member to the file it came from.
    ///
    /// Where a subject does not say, they are the documents of the scenario's directory as they are
    /// (`.json`, `.jsonl`, `.toml`, `.yaml`, `.csv`, `.tsv`, `.txt`, not `scenario.toml`).
    ///
    /// # Errors
    /// [`FailureKind::Invalid`] when a document cannot be read or is not valid.
    fn inputs(&self, scenario: &Path) -> Result<Artefact, Failure> {
        crate::program::documents_of_scenario(scenario)
    }

    /// How the artefacts of this scenario are to be read. Without one, arrays are matched by what
    /// is unique in them, and there is neither tick nor stage.
    ///
    /// # Errors
    /// As [`Subject::inputs`].
    fn schema(&self, scenario: &Path) -> Result<Schema, Failure> {
        let _ = scenario;
        Ok(Schema::default())
    }

    /// Runs the scenario and returns every artefact but `inputs`.
    ///
    /// # Errors
    /// What went wrong; a failure of the program itself carries its error document.
    fn run(&self, scenario: &Path, request: &RunRequest) -> Result<Vec<Artefact>, Failure>;

    /// Runs the scenario from these inputs in place of its files: what [`Subject::inputs`] returned,
    /// with a value changed. `None` where the subject does not offer it; `sensitivity` then tells
    /// that.
    ///
    /// Inputs that are not valid any more are [`FailureKind::Invalid`].
    fn run_from_inputs(
        &self,
        scenario: &Path,
        inputs: &Artefact,
        request: &RunRequest,
    ) -> Option<Result<Vec<Artefact>, Failure>> {
        let _ = (scenario, inputs, request);
        None
    }

    /// These inputs with one rule changed, where rules are among them as words: each artefact is one
    /// change. Numbers and switches are changed by the harness itself.
    fn altered_rules(&self, inputs: &Artefact) -> Vec<Artefact> {
        let _ = inputs;
        Vec::new()
    }

    /// The inputs that by contract no artefact of a run depends on: where log lines are sent, say.
    /// `sensitivity` does not count it against the goldens that these go unnoticed, and tells where
    /// one of them is noticed all the same.
    fn without_effect(&self) -> Vec<WithoutEffect> {
        Vec::new()
    }

    /// The ways of running that this subject offers beside [`Mode::Direct`].
    fn modes(&self) -> Vec<Mode> {
        Vec::new()
    }

    /// Whether each run needs a process of its own, because the program cannot be relied on to stop
    /// when asked or may take its process down with it.
    fn isolated(&self) -> bool {
        false
    }

    /// The files of a new scenario called `name`, as paths inside its directory and their texts,
    /// `scenario.toml` among them; empty where the subject has no template.
    fn template(&self, name: &str) -> Vec<(PathBuf, String)> {
        let _ = name;
        Vec::new()
    }
}

/// Inputs that no artefact depends on, as [`Subject::without_effect`] declares them.
///
/// A run that fails for one of them, otherwise than before or no more, is no counterexample: a check
/// may be switched on and off, and has no effect while it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithoutEffect {
    /// Where they stand in the inputs, as [`Path::pattern`](crate::Path::pattern) writes it but without
    /// `inputs` (`run_config/logging`, `topology/edges/*/note`), with all that is below.
    pub pattern: &'static str,
    /// Why nothing depends on them.
    pub reason: &'static str,
}

impl WithoutEffect {
    /// Whether the place with this pattern is one of them.
    pub(crate) fn covers(&self, pattern: &str) -> bool {
        let below = pattern.strip_prefix(self.pattern);
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
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
    /// Where the subject may write while it runs: in a directory of its own under this one, which
    /// need not exist yet. It lies under the target directory, and what is written is the subject's
    /// to remove.
    pub scratch: PathBuf,
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

impl Failure {
    /// The scenario or a document of it is not valid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Invalid, message)
    }

    /// The program ended with an error and says no more than this.
    pub fn engine(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Engine, message)
    }

    /// The program stopped because it was asked to.
    pub fn cancelled() -> Self {
        Self::new(FailureKind::Cancelled, "stopped when asked to")
    }

    /// The same failure with the program's own error document.
    #[must_use]
    pub fn with_error(mut self, error: Artefact) -> Self {
        self.error = Some(error);
        self
    }

    fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            error: None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

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
