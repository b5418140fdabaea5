//! What a check found: data for programs, prose for people.

use std::fmt;
use std::time::Duration;

use super::attribution::Attribution;
use crate::exec::{EnvironmentChange, RunFailure, Unchangeable};
use crate::snapshot::{GoldenProblem, MANIFEST_FILE};
use crate::varying::Varying;
use crate::{Check, Diff, DiffOptions, MachineFailure, ScenarioError, Tolerated, counted};

/// One thing that a check found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Finding {
    /// The scenario is not valid.
    Scenario(ScenarioError),
    /// The subject offers no mode of this name.
    NoSuchMode(String),
    /// A run left nothing to compare.
    Failed {
        /// Which run.
        run: RunName,
        /// Why.
        failure: RunFailure,
    },
    /// The program failed, but should have succeeded.
    ProgramFailed {
        /// What it reported.
        message: String,
    },
    /// The run succeeded, but should have failed.
    UnexpectedSuccess,
    /// The scenario has no goldens yet.
    NoGoldens,
    /// The scenario has no goldens, and what it produces are those of a scenario that no longer exists.
    Renamed {
        /// The name that the goldens have.
        from: String,
    },
    /// Beside what else is wrong, the run failed too.
    AlsoFailed {
        /// How.
        failure: RunFailure,
    },
    /// The goldens cannot be read.
    UnreadableGoldens {
        /// Their directory, relative to the root.
        dir: String,
        /// What the system reported.
        error: String,
        /// Whether the machine failed.
        is_of_machine: bool,
    },
    /// A golden is not as it was blessed.
    EditedGolden(GoldenProblem),
    /// The run produces what was blessed, so that only the edit is at fault.
    StillAsBlessed,
    /// `scenario.toml` and the manifest disagree about what is kept.
    SnapshotModeDiffers,
    /// Inputs changed since the bless.
    ChangedInputs(Vec<String>),
    /// Goldens without a scenario.
    Orphan {
        /// The goldens, relative to the root.
        goldens: String,
        /// The directory that does not exist.
        scenario: String,
    },
    /// Run from its own inputs, the scenario produces different bytes than from its files.
    InputsIncomplete,
    /// The output comes from a bundle, not from a run here.
    FromBundle {
        /// The subject that produced it.
        subject: String,
        /// Its version.
        version: String,
    },
    /// Nothing differs but numbers that are within their tolerances.
    Tolerated(Tolerated),
    /// Two runs of the same scenario differ.
    Differs(Box<Difference>),
    /// Why a run in a changed environment failed.
    Because {
        /// The change that matters.
        cause: Attribution,
        /// The environment variables that matter, if those are the cause.
        variables: Vec<AlteredVariable>,
        /// What to write into `scenario.toml` so that it does not fail.
        declarations: Option<String>,
    },
    /// Changes of the environment that could not be made, and why.
    EnvironmentUnchanged(Vec<(EnvironmentChange, Unchangeable)>),
}

/// Which run of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunName {
    /// The first, which needs no name.
    First,
    /// The second of two in one process.
    Second,
    /// One in a mode, as the subject describes it.
    Mode(String),
    /// One in a new process.
    NewProcess,
    /// One in a new process with a changed environment.
    ChangedEnvironment,
    /// A later one in the same process.
    Later,
    /// One in a later second of the clock.
    LaterSecond,
}

/// In what two runs differ, and why.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Difference {
    /// The run that differs from the first.
    pub run: RunName,
    /// The artefacts in which it differs.
    pub artefacts: Vec<String>,
    /// Where.
    pub diff: Diff,
    /// What makes them differ, if that was looked for.
    pub cause: Option<Attribution>,
    /// How it failed, if it did: its message, with the end of its output.
    pub failure: Option<String>,
    /// The environment variables that matter, if those are the cause.
    pub variables: Vec<AlteredVariable>,
    /// Every pattern of values that differ between runs.
    pub varying: Vec<Varying>,
    /// What to write into `scenario.toml` so that they may.
    pub declarations: Option<String>,
    /// The check that reports the same difference, in full.
    pub see: Option<Check>,
    /// Whether the run differs in more than what that check reports.
    pub is_partly_elsewhere: bool,
}

/// An environment variable that a changed environment sets or removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlteredVariable {
    /// Its name.
    pub name: String,
    /// Whether it is removed; otherwise it has another value.
    pub is_removed: bool,
}

/// How much a message lists: it counts what followed and lists nothing but causes.
pub(super) const BRIEF: DiffOptions = DiffOptions {
    entries: 100,
    time: Some(Duration::from_secs(10)),
};

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "the run",
            Self::Second => "the second of two runs",
            Self::Mode(description) => description,
            Self::NewProcess => "a run in a new process",
            Self::ChangedEnvironment => "the run in a new process with a changed environment",
            Self::Later => "a later run in the same process",
            Self::LaterSecond => "a run one second later",
        })
    }
}

impl MachineFailure for Finding {
    fn is_of_machine(&self) -> bool {
        match self {
            Self::Scenario(error) => error.is_of_machine(),
            Self::Failed { failure, .. } | Self::AlsoFailed { failure } => failure.is_of_machine(),
            Self::UnreadableGoldens { is_of_machine, .. } => *is_of_machine,
            Self::Because { cause, .. } => cause.is_of_machine(),
            Self::Differs(difference) => difference
                .cause
                .as_ref()
                .is_some_and(MachineFailure::is_of_machine),
            _ => false,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(error) => write!(f, "{error}"),
            Self::NoSuchMode(name) => write!(f, "the subject offers no mode `{name}`"),
            Self::Failed {
                run: RunName::First,
                failure,
            } => write!(f, "{failure}"),
            Self::Failed { run, failure } => write!(f, "{run}: {failure}"),
            Self::ProgramFailed { message } => f.write_str(message),
            Self::UnexpectedSuccess => {
                f.write_str("the run was expected to fail, but it succeeded")
            }
            Self::Renamed { from } => write!(
                f,
                "renamed from `{from}`, whose goldens are what it produces"
            ),
            Self::NoGoldens => f.write_str("the scenario has no goldens yet"),
            Self::AlsoFailed { failure } => write!(f, "and the run failed: {failure}"),
            Self::UnreadableGoldens { dir, error, .. } => {
                write!(f, "{dir}: the goldens cannot be read: {error}")
            }
            Self::EditedGolden(problem) => write!(f, "{problem}"),
            Self::StillAsBlessed => {
                f.write_str("the run still produces what was blessed: undo the edit")
            }
            Self::SnapshotModeDiffers => {
                write!(
                    f,
                    "scenario.toml and {MANIFEST_FILE} disagree on `snapshot`"
                )
            }
            Self::ChangedInputs(inputs) => {
                write!(f, "changed since the bless: {}", inputs.join(", "))
            }
            Self::Orphan { goldens, scenario } => {
                write!(f, "{goldens} has no scenario: {scenario} does not exist")
            }
            Self::InputsIncomplete => f.write_str(
                "run from its own inputs, it produces different bytes than from its files",
            ),
            Self::FromBundle { subject, version } => {
                write!(f, "from a bundle, produced by {subject} {version}")
            }
            Self::Tolerated(tolerated) => f.write_str(&tolerated.lead()),
            Self::Differs(difference) => write!(f, "{difference}"),
            Self::Because {
                cause,
                variables,
                declarations,
            } => {
                write!(f, "  {cause}")?;
                write_variables(variables, f)?;
                write_declarations(declarations.as_deref(), f)
            }
            Self::EnvironmentUnchanged(unchanged) => {
                let unchanged: Vec<String> = unchanged
                    .iter()
                    .map(|(change, why)| format!("{change}: {why}"))
                    .collect();
                write!(
                    f,
                    "these parts of the environment could not be changed: {}",
                    unchanged.join("; ")
                )
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let artefacts = self.artefacts.join(", ");
        write!(f, "{} produced different bytes in {artefacts}", self.run)?;
        if let Some(check) = &self.see {
            if !self.is_partly_elsewhere {
                return write!(f, ", for the reason that the check `{check}` reports");
            }
            write!(f, ", in more than the check `{check}` reports")?;
        }
        if let Some(failure) = &self.failure {
            write!(f, ": it failed: {failure}")?;
        } else {
            write!(f, "{}", super::message::divergence(&self.diff))?;
        }
        if let Some(cause) = &self.cause {
            write!(f, "\n  {cause}")?;
        }
        write_variables(&self.variables, f)?;
        if !self.varying.is_empty() {
            f.write_str("\n  these values differ between runs:")?;
        }
        for varying in self.varying.iter().take(PATTERNS_MAX) {
            write!(f, "\n    {varying}")?;
        }
        if let Some(more) = self.varying.len().checked_sub(PATTERNS_MAX + 1) {
            let more = counted(more as u64 + 1, "more pattern");
            write!(f, "\n    and {more}")?;
        }
        write_declarations(self.declarations.as_deref(), f)
    }
}

/// Patterns that a message lists.
const PATTERNS_MAX: usize = 200;

fn write_variables(variables: &[AlteredVariable], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let named: Vec<String> = variables
        .iter()
        .map(|variable| {
            let how = if variable.is_removed {
                "removed"
            } else {
                "changed"
            };
            format!("{} ({how})", variable.name)
        })
        .collect();
    match named.as_slice() {
        [] => Ok(()),
        [one] => write!(f, "\n  the variable that matters is {one}"),
        several => write!(
            f,
            "\n  the variables that matter are {}",
            several.join(", ")
        ),
    }
}

fn write_declarations(declarations: Option<&str>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for line in declarations.unwrap_or_default().lines() {
        write!(f, "\n  {line}")?;
    }
    Ok(())
}
