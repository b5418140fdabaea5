//! The program under test, as the harness sees it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::scenario::{KeyTable, Scenario, ScenarioError, ScenarioProblem, Settings};
use crate::varying::Varying;
use crate::{Allowed, Artefact, Json, Layout, MachineFailure, Place, Schema};

/// A program that turns scenario directories into named JSON artefacts.
///
/// The harness opens a scenario once in each process ([`Subject::open`]) and makes every run of its checks
/// from what was read then. A subject is deterministic by claim: the harness is there to doubt it.
pub trait Subject: Send + Sync {
    /// A short name for reports (`aether`).
    fn name(&self) -> &str;

    /// Reads the documents of a scenario, checks them, and returns what it takes to run it.
    ///
    /// # Errors
    /// [`FailureKind::Invalid`] if a document cannot be read or is not valid.
    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure>;

    /// The version recorded with each bless; `-` if the subject has none.
    fn version(&self) -> String {
        "-".to_owned()
    }

    /// The keys of `scenario.toml` that belong to this subject, in addition to the harness's own.
    fn keys(&self) -> &'static [KeyTable] {
        &[]
    }

    /// Whether this subject runs a scenario with these settings. A suite asks its subjects in the
    /// order in which they were added; the first that says yes runs the scenario.
    fn runs(&self, settings: &Settings) -> bool {
        let _ = settings;
        true
    }

    /// Every problem of the subject's own settings in `scenario.toml`. Nothing is run.
    fn check(&self, settings: &Settings) -> Vec<ScenarioProblem> {
        let _ = settings;
        Vec::new()
    }

    /// The time limit that the subject's own settings give; `None` if they give none.
    fn time_limit(&self, settings: &Settings) -> Option<Duration> {
        let _ = settings;
        None
    }

    /// The ways of running that this subject offers in addition to a direct run. Each becomes a check.
    fn modes(&self) -> Vec<Mode> {
        Vec::new()
    }

    /// What [`Progress::reached`] counts (`tick`, `row`).
    fn progress_unit(&self) -> &str {
        "step"
    }

    /// The inputs that by contract no artefact of a run depends on: where log lines are sent, say.
    /// `sensitivity` does not count it against the goldens that changes to these go unnoticed, and
    /// reports any that is noticed after all.
    fn without_effect(&self) -> Vec<WithoutEffect> {
        Vec::new()
    }

    /// Whether each run needs a process of its own, because the program cannot be relied on to stop
    /// when asked or may take its process down with it.
    fn isolated(&self) -> bool {
        false
    }

    /// Whether what it tests is a program of the workspace that it starts, and not code of this process. The
    /// program of another revision can then be run from here; otherwise the test target of that revision
    /// runs it.
    fn starts_program(&self) -> bool {
        false
    }

    /// Every file of a workspace that could have a role in one of its scenarios: those among them that a
    /// `[build]` makes or changes are code. Empty if the subject gives no roles.
    fn workspace_files(&self, layout: &Layout) -> Vec<PathBuf> {
        let _ = layout;
        Vec::new()
    }

    /// The files of a new scenario called `name`, as paths inside its directory and their texts,
    /// `scenario.toml` among them; empty if the subject has no template.
    fn template(&self, name: &str) -> Vec<(PathBuf, String)> {
        let _ = name;
        Vec::new()
    }
}

/// Asks a program what it is, on a thread of its own. It may write below the given directory meanwhile. It fails with
/// [`FailureKind::Invalid`] if the program cannot be asked.
pub type AskVersion = Box<dyn FnOnce(&Path) -> Result<String, Failure> + Send>;

/// A scenario whose documents have been read: its inputs as resolved, and how to run it.
pub trait Prepared: Send + Sync {
    /// The inputs as resolved (defaults filled in, comments gone): an object with one member per
    /// document, and `files`, an object that maps each member to the file it came from.
    ///
    /// [`documents`](crate::documents) returns the documents of the scenario's directory as they are.
    fn inputs(&self) -> &Artefact;

    /// Every file that has a role in this scenario; empty if the subject does not say.
    fn files(&self) -> Vec<ScenarioFile> {
        Vec::new()
    }

    /// How to ask the program what it is; `None` if the scenario does not know how.
    fn version(&self) -> Option<AskVersion> {
        None
    }

    /// The SHA-256 of every file that is code, by its path as in [`Prepared::files`].
    ///
    /// # Errors
    /// [`FailureKind::Machine`] if one cannot be read.
    fn code(&self) -> Result<BTreeMap<String, String>, Failure> {
        Ok(BTreeMap::new())
    }

    /// How to read the artefacts of this scenario. Without a schema, arrays are matched by what is
    /// unique in them, and there is neither tick nor stage.
    fn schema(&self) -> Schema {
        Schema::default()
    }

    /// What may differ, with the reasons: the tolerances of the schema, and what the subject itself takes out
    /// of the artefacts.
    fn allowed(&self) -> Vec<Allowed> {
        Allowed::tolerances(&self.schema())
    }

    /// Runs the scenario and returns every artefact except `inputs`.
    ///
    /// # Errors
    /// What went wrong; a failure of the program itself carries its error document.
    fn run(&self, request: &RunRequest) -> Result<Vec<Artefact>, Failure>;

    /// The inherited variables that the program which this starts is given as they are, in a changed
    /// environment too. All others are removed or changed there, but for those that the system needs to
    /// start a process. `None` if the subject starts no program: then only what build tools set is removed.
    fn pass(&self) -> Option<Vec<String>> {
        None
    }

    /// What to write into `scenario.toml` so that these values may differ from run to run, and so that these
    /// inherited variables stay as they are, ready to be pasted; `None` if the subject has no
    /// declarations for that.
    fn declarations(&self, varying: &[Varying], variables: &[&str]) -> Option<String> {
        let _ = (varying, variables);
        None
    }

    /// The same scenario with these inputs instead of its own: what [`Prepared::inputs`] returned,
    /// with a value changed. `None` if the subject does not offer this.
    ///
    /// # Errors
    /// [`FailureKind::Invalid`] if the changed inputs are not valid.
    fn with_inputs(&self, inputs: &Artefact) -> Result<Option<Box<dyn Prepared>>, Failure> {
        let _ = inputs;
        Ok(None)
    }

    /// The inputs with one rule changed, if rules appear in them as words: each artefact is one
    /// change. The harness itself changes numbers and switches.
    fn altered_rules(&self) -> Vec<Artefact> {
        Vec::new()
    }

    /// Whether [`Prepared::depends`] says what the values that differ are computed from: reports then name `why`.
    fn explains(&self) -> bool {
        false
    }

    /// The places that the value at a place is computed from, of inputs (`inputs.…`) and artefacts; a place that
    /// is no single value stands for all values in it. Those that do not exist in a run do no harm. `None`
    /// if the subject does not say.
    ///
    /// With inputs that differ, both runs are asked, each [with its own](Prepared::with_inputs).
    fn depends(&self, place: &Place) -> Option<Vec<Place>> {
        let _ = place;
        None
    }

    /// Computes the value at a place, by the rule of now, from the values that `read` returns. It reads nothing
    /// in another way: neither the documents of the scenario nor a run.
    ///
    /// With it, a step of `why` is known to be needed, and a rule that changed is found beside values that changed.
    /// `depends` lists at least the places that it reads, whatever their values are.
    fn recompute(&self, place: &Place, read: &mut dyn FnMut(&Place) -> Option<Json>) -> Recomputed {
        let _ = (place, read);
        Recomputed::Unknown
    }

    /// Inputs of the kind of its own that this seed leads to, valid and different from seed to seed; `None` if
    /// the subject makes none up.
    fn variant(&self, seed: u64) -> Option<Artefact> {
        let _ = seed;
        None
    }

    /// The steps that make these inputs smaller, the boldest first. They lead to inputs that are valid as far as
    /// the subject can tell without a run. Equal inputs give equal steps in equal order. Each step
    /// leads to fewer values or to as many, and whoever follows such steps comes to an end; numbers may become larger
    /// if something else becomes smaller each time, such as the number of steps that a run takes. The harness adds steps
    /// of its own, which remove and halve single values; so what cannot be done by those, or not without breaking a
    /// document, belongs here.
    fn smaller<'i>(&'i self, inputs: &'i Artefact) -> Vec<SmallerStep<'i>> {
        let _ = inputs;
        Vec::new()
    }

    /// The files of a scenario with these inputs, as paths inside its directory and their bytes, without
    /// `scenario.toml`. [`Subject::open`] reads the same inputs from them. `None` if the subject does
    /// not offer this.
    ///
    /// # Errors
    /// [`FailureKind::Invalid`] if no file can hold the inputs.
    fn input_files(&self, inputs: &Artefact) -> Result<Option<InputFiles>, Failure> {
        let _ = inputs;
        Ok(None)
    }
}

/// A value that was computed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recomputed {
    /// The value; `None` if nothing is at the place.
    Value(Option<Json>),
    /// The subject cannot compute this one by itself.
    Unknown,
}

/// The files of a scenario that are inputs, as paths inside its directory and their bytes.
pub type InputFiles = Vec<(PathBuf, Vec<u8>)>;

/// One step that makes inputs smaller. It is taken when it is called.
pub type SmallerStep<'i> = Box<dyn Fn() -> Artefact + 'i>;

/// One file that a scenario depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioFile {
    /// Its path, relative to the root if it is below it.
    pub path: String,
    /// What it is for.
    pub role: FileRole,
    /// The rule that gave it this role, in words.
    pub rule: String,
    /// How an input is held by the goldens.
    pub stored: Stored,
    /// Why the goldens do not hold a document by its structure.
    pub why: Option<String>,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    /// A person changes it on purpose: a change makes goldens stale.
    Input,
    /// It is what is tested.
    Code,
}

impl FileRole {
    /// The word for it in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Code => "code",
        }
    }
}

/// How goldens hold a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// As the value that it is.
    Structure,
    /// Line by line.
    Lines,
    /// By size and SHA-256.
    Digest,
}

impl Stored {
    /// The word for it in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Lines => "lines",
            Self::Digest => "digest",
        }
    }
}

/// A scenario that is its inputs and a function of them: the shortest way to write a subject.
///
/// ```
/// use aether_harness::{Artefact, Failure, Prepared, Scenario, SimpleRun, Subject, documents};
///
/// struct Counter;
///
/// impl Subject for Counter {
///     fn name(&self) -> &str {
///         "counter"
///     }
///
///     fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
///         let count = std::fs::read_to_string(scenario.dir().join("count.txt"))
///             .map_err(|error| Failure::invalid(error.to_string()))?
///             .len();
///         Ok(SimpleRun::new(documents(scenario)?, move |_| {
///             Ok(vec![Artefact::from_canonical_records("bytes", [count.to_string()])])
///         }))
///     }
/// }
/// ```
pub struct SimpleRun<F> {
    inputs: Artefact,
    schema: Schema,
    run: F,
}

impl<F> SimpleRun<F>
where
    F: Fn(&RunRequest) -> Result<Vec<Artefact>, Failure> + Send + Sync + 'static,
{
    /// A scenario with these inputs that runs as `run` says.
    #[expect(clippy::new_ret_no_self, reason = "what a subject returns is boxed")]
    pub fn new(inputs: Artefact, run: F) -> Box<dyn Prepared> {
        Self::with_schema(inputs, Schema::default(), run)
    }

    /// The same, with artefacts that are read as `schema` says.
    pub fn with_schema(inputs: Artefact, schema: Schema, run: F) -> Box<dyn Prepared> {
        Box::new(Self {
            inputs,
            schema,
            run,
        })
    }
}

impl<F> Prepared for SimpleRun<F>
where
    F: Fn(&RunRequest) -> Result<Vec<Artefact>, Failure> + Send + Sync,
{
    fn inputs(&self) -> &Artefact {
        &self.inputs
    }

    fn schema(&self) -> Schema {
        self.schema.clone()
    }

    fn run(&self, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        (self.run)(request)
    }
}

/// Inputs that no artefact depends on, as [`Subject::without_effect`] declares them.
///
/// A run that fails because of one of them, in another way than before or no longer, is not a
/// counterexample: a check may be switched on and off, and has no effect while it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithoutEffect {
    /// Where they are in the inputs, as [`Path::pattern`](crate::Path::pattern) writes it but without
    /// `inputs` (`run_config/logging`, `topology/edges/*/note`), with everything below.
    pub pattern: &'static str,
    /// Why nothing depends on them.
    pub reason: &'static str,
}

impl WithoutEffect {
    /// Whether the place with this pattern is one of them.
    pub fn covers(&self, pattern: &str) -> bool {
        let below = pattern.strip_prefix(self.pattern);
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }
}

/// A way of running a scenario that must give the same bytes as a direct run. The subject names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mode {
    name: String,
    description: String,
}

impl Mode {
    /// A mode. `name` is the check in trial names (`ring5::threads`) and in `[drop]`; `description`
    /// names a run of this mode in messages (`the run with 3 threads`).
    ///
    /// # Panics
    /// `name` is empty, has other characters than lower-case ASCII letters, digits, `_` and `-`, or is
    /// a check of the harness itself.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        let name = name.into();
        let allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        assert!(
            !name.is_empty() && name.chars().all(allowed),
            "a mode's name is part of trial names: {name:?}"
        );
        assert!(
            !crate::Check::OWN.iter().any(|check| check.name() == name),
            "`{name}` is a check of the harness itself"
        );
        Self {
            name,
            description: description.into(),
        }
    }

    /// The mode's name, which is that of its check.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A run of this mode, as messages name it.
    pub fn description(&self) -> &str {
        &self.description
    }
}

/// One request to run a scenario.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunRequest {
    /// The name of the [`Mode`] to run in; `None` for a direct run.
    pub mode: Option<String>,
    /// Where the subject reports how far it is and learns that it should stop.
    pub progress: Progress,
    /// Where the subject may write while it runs: in a directory of its own under this one, which
    /// need not exist yet. It is below the target directory, and the subject removes what it writes.
    pub scratch: PathBuf,
    /// Variables that a program which the subject starts may not inherit: in a changed environment, all that
    /// [`Prepared::pass`] does not name.
    pub removed_variables: Vec<String>,
}

impl RunRequest {
    /// A direct run that may write below `scratch`.
    pub fn direct(scratch: impl Into<PathBuf>) -> Self {
        Self {
            mode: None,
            progress: Progress::default(),
            scratch: scratch.into(),
            removed_variables: Vec::new(),
        }
    }

    /// The same request in another mode.
    #[must_use]
    pub fn in_mode(mut self, mode: Option<&str>) -> Self {
        self.mode = mode.map(str::to_owned);
        self
    }
}

/// The connection between the runner's watchdog and a running subject.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<ProgressState>);

#[derive(Debug, Default)]
struct ProgressState {
    stop: AtomicBool,
    /// One more than the last count; 0 while the subject has reported none.
    reached: AtomicU64,
}

impl Progress {
    /// Asks the subject to stop.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the subject should stop. The subject asks, once a step or so.
    pub fn is_stopped(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }

    /// Reports the last step that was finished, in [units of the subject](Subject::progress_unit).
    pub fn reached(&self, count: u64) {
        self.0
            .reached
            .store(count.saturating_add(1), Ordering::Relaxed);
    }

    /// The last step that was finished; `None` if the subject has reported none.
    pub fn last(&self) -> Option<u64> {
        self.0.reached.load(Ordering::Relaxed).checked_sub(1)
    }
}

/// A scenario that gave no artefacts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// What sort of failure.
    pub kind: FailureKind,
    /// What happened, for people: the whole report, which may have several lines.
    pub message: String,
    /// The program's own account of its error, if it has one: the golden `error.json` of a
    /// scenario that is expected to fail.
    pub error: Option<Artefact>,
}

impl Failure {
    /// The scenario or one of its documents is not valid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Invalid, message)
    }

    /// The program ended with an error and says no more than this.
    pub fn program(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Program, message)
    }

    /// The program stopped because it was asked to. `message` is what it said last; empty if nothing.
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Cancelled, message)
    }

    /// A document or directory that cannot be read: the machine failed, or it is not what it should be.
    pub fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let message = format!("{}: {error}", path.display());
        if error.is_of_machine() {
            Self::machine(message)
        } else {
            Self::invalid(message)
        }
    }

    /// The machine failed: a file that is there cannot be read, or one cannot be written.
    pub fn machine(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Machine, message)
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

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        if error.is_of_machine() {
            Self::machine(error.to_string())
        } else {
            Self::invalid(error.to_string())
        }
    }
}

impl MachineFailure for Failure {
    fn is_of_machine(&self) -> bool {
        self.kind == FailureKind::Machine
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The sorts of failure that a verdict distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The scenario or one of its documents is not there or not valid.
    Invalid,
    /// The machine failed: a file that is there cannot be read, or one cannot be written.
    Machine,
    /// The program ended with an error.
    Program,
    /// The program stopped because it was asked to.
    Cancelled,
}
