//! The commands behind `cargo xtask` and any other shell over a suite: one file per command, each a
//! function of a [`Suite`], typed options and a [`Console`].

mod accept;
mod against;
pub(crate) mod bisect;
mod bless;
mod bundle;
mod check;
mod clean;
mod compare;
mod console;
mod diff;
mod digest;
mod flaky;
mod golden;
mod history;
mod mixed;
mod new;
mod rebuild;
mod render;
mod report;
mod review;
mod sensitivity;
mod show;
mod shown;
mod shrink;
mod upgrade;
mod why;

use std::fmt::Display;
use std::io;

pub use against::{AgainstRequest, against};
pub use bisect::{BisectFormat, BisectRequest, InputsOf, bisect};
pub use bless::{BlessOptions, bless};
pub use bundle::{BundleOptions, bundle};
pub use check::check;
pub use clean::clean;
pub use compare::{CompareRequest, compare};
pub use console::{Ask, Console};
pub use diff::{DiffRequest, Format, RebuildOptions, diff};
pub use digest::{DigestRequest, digest};
pub use flaky::{FlakyOptions, FlakyTestsOptions, flaky, flaky_tests};
pub use golden::{GoldenOptions, golden};
pub use history::{HistoryRequest, history};
pub use new::{NewOptions, new};
pub use report::{ReportFormat, ReportRequest, report};
pub use review::{ReviewOptions, WebOptions, review};
pub use sensitivity::{SensitivityOptions, sensitivity};
pub use show::{ShowRequest, show};
pub use shrink::{ShrinkRequest, shrink};
pub use upgrade::{UpgradeOptions, upgrade};
pub use why::{WhyFormat, WhyRequest, why};

use aether_harness::evaluate::{CheckResult, CheckRun};
use aether_harness::runner::RunnerError;
use aether_harness::scenario::{Found, Scenario, ScenarioError, ScenarioName};
use aether_harness::snapshot::{ReadError, StoreError};
use aether_harness::{MachineFailure, Schema, Suite, Verdict};

/// How a command writes what it found, if there is nothing to compare side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Listing {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// How a command ended, apart from errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Done; nothing differs. Exit status 0.
    Done,
    /// A difference or a failed check. Exit status 1.
    Difference,
    /// Bad input. Exit status 2.
    BadInput,
}

impl Status {
    /// The exit status.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Difference => 1,
            Self::BadInput => 2,
        }
    }

    /// The status that a verdict gives a command that looks for differences.
    pub(crate) fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Match => Self::Done,
            Verdict::Invalid | Verdict::ProgramError | Verdict::Timeout => Self::BadInput,
            Verdict::Orphan
            | Verdict::MissingGolden
            | Verdict::EditedGolden
            | Verdict::Nondeterministic
            | Verdict::StaleInputs
            | Verdict::Mismatch => Self::Difference,
        }
    }
}

/// The worst of what a command found, which is how it ends.
#[derive(Debug, Default)]
pub(crate) struct Worst {
    status: Option<Status>,
    machine: Vec<String>,
}

impl Worst {
    /// Adds a status.
    pub(crate) fn add(&mut self, status: Status) {
        self.status = self.status.max(Some(status));
    }

    /// Adds what a check of a scenario found.
    pub(crate) fn add_result(&mut self, name: &str, result: &CheckResult) {
        self.add_found(name, result.verdict, result.is_of_machine(), || {
            result.detail()
        });
    }

    /// Adds a verdict, or a failure of the machine in its place.
    pub(crate) fn add_found(
        &mut self,
        name: &str,
        verdict: Verdict,
        is_of_machine: bool,
        detail: impl FnOnce() -> String,
    ) {
        if is_of_machine {
            self.machine.push(format!("{name}: {}", detail()));
        } else {
            self.add(Status::of(verdict));
        }
    }

    /// How the command ends.
    ///
    /// # Errors
    /// The machine failed.
    pub(crate) fn end(self) -> Result<Status, CommandError> {
        if self.machine.is_empty() {
            Ok(self.status.unwrap_or(Status::Done))
        } else {
            Err(CommandError::Io(self.machine.join("\n")))
        }
    }
}

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The command line asks for what cannot be done, or may not be. Exit status 2.
    #[error("{0}")]
    Usage(String),
    /// A failed check forbids it. Exit status 1.
    #[error("{0}")]
    Refused(String),
    /// The file system or the terminal failed. Exit status 3.
    #[error("{0}")]
    Io(String),
}

impl CommandError {
    /// What keeps a command from what it was given: a failure of the machine, or bad input.
    pub(crate) fn input(error: &(impl MachineFailure + Display)) -> Self {
        Self::input_as(error, error.to_string())
    }

    /// The same for the input of this name.
    pub(crate) fn input_of(name: impl Display, error: &(impl MachineFailure + Display)) -> Self {
        Self::input_as(error, format!("{name}: {error}"))
    }

    /// The same in these words.
    pub(crate) fn input_as(error: &impl MachineFailure, message: String) -> Self {
        if error.is_of_machine() {
            Self::Io(message)
        } else {
            Self::Usage(message)
        }
    }

    /// Lets a failure pass that says something of a scenario or its program.
    ///
    /// # Errors
    /// The machine failed, which says nothing of them.
    pub(crate) fn unless_of_machine<E: MachineFailure + Display>(error: E) -> Result<E, Self> {
        if error.is_of_machine() {
            Err(Self::Io(error.to_string()))
        } else {
            Ok(error)
        }
    }

    /// The exit status.
    pub fn code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Usage(_) => 2,
            Self::Io(_) => 3,
        }
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

impl From<ReadError> for CommandError {
    fn from(error: ReadError) -> Self {
        Self::input(&error)
    }
}

impl From<RunnerError> for CommandError {
    fn from(error: RunnerError) -> Self {
        Self::input(&error)
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Io(error.to_string())
    }
}

/// The scenarios that a command line names: these, or all.
pub(crate) fn chosen(suite: &Suite, names: &[String]) -> Result<Vec<Found>, CommandError> {
    let shown = suite.paths().display(&suite.paths().scenarios());
    if names.is_empty() {
        let found = suite
            .discover()
            .map_err(|error| CommandError::Io(format!("{shown}: {error}")))?;
        if found.is_empty() {
            return Err(CommandError::Usage(format!(
                "{shown}: there are no scenarios"
            )));
        }
        return Ok(found);
    }
    let mut chosen: Vec<Found> = Vec::new();
    for name in names {
        // A path that a shell completed names its last part.
        let name = name.trim_end_matches('/');
        let name = name.strip_prefix("scenarios/").unwrap_or(name);
        if chosen.iter().any(|found| found.name == name) {
            continue;
        }
        let found = suite
            .look_up(name)
            .map_or_else(|| Err(CommandError::Usage(no_scenario(suite, name)?)), Ok)?;
        chosen.push(found);
    }
    Ok(chosen)
}

fn no_scenario(suite: &Suite, name: &str) -> Result<String, CommandError> {
    let found = discovered(suite)?;
    let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
    let near = aether_harness::nearest(name, names);
    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    let orphan = ScenarioName::new(name).is_ok_and(|name| suite.paths().snapshot(&name).exists());
    let orphan = if orphan {
        format!(
            " (its goldens are still there: {} rm -r fixtures/snapshots/{name})",
            suite.typed_git()
        )
    } else {
        String::new()
    };
    Ok(format!("there is no scenario `{name}`{hint}{orphan}"))
}

/// The scenario of a name, if there is a valid one.
///
/// # Errors
/// The machine cannot read it.
pub(crate) fn if_valid(suite: &Suite, name: &str) -> Result<Option<Scenario>, CommandError> {
    match suite.look_up(name).map(|found| found.scenario).transpose() {
        Ok(scenario) => Ok(scenario),
        Err(error) => CommandError::unless_of_machine(error).map(|_| None),
    }
}

/// How to read what a scenario produces, if its documents are valid.
///
/// # Errors
/// The machine cannot read them.
pub(crate) fn schema_of(
    suite: &Suite,
    scenario: &Scenario,
) -> Result<Option<Schema>, CommandError> {
    match CheckRun::read(suite, scenario) {
        Ok(run) => Ok(Some(run.prepared().schema())),
        Err(failure) => CommandError::unless_of_machine(failure).map(|_| None),
    }
}

/// Every entry of the scenarios directory; none if there is no such directory.
///
/// # Errors
/// The machine cannot read it.
pub(crate) fn discovered(suite: &Suite) -> Result<Vec<Found>, CommandError> {
    match suite.discover() {
        Err(error) if error.is_of_machine() => {
            let dir = suite.paths().scenarios();
            Err(CommandError::input_of(dir.display(), &error))
        }
        found => Ok(found.unwrap_or_default()),
    }
}

/// The scenario of a found entry, else its problems.
pub(crate) fn scenario_of(found: &Found) -> Result<&Scenario, ScenarioError> {
    found.scenario.as_ref().map_err(Clone::clone)
}

/// The scenario of a found entry, for a command that does nothing without it.
pub(crate) fn valid(found: &Found) -> Result<&Scenario, CommandError> {
    scenario_of(found).map_err(|error| CommandError::input(&error))
}
