//! Errors that keep a command line from running any trial.

use std::io;

use crate::{Check, MachineFailure, ScenarioError};

/// Why a command line runs nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunnerError {
    /// A directory cannot be read or written.
    #[error("{path}: the {what} cannot be read or written: {source}")]
    Unreadable {
        /// The directory, relative to the root.
        path: String,
        /// What is in it.
        what: &'static str,
        /// What the system reported.
        source: io::Error,
    },
    /// The machine failed in trials, whose results say how.
    #[error("the machine failed in {}", trials.join(", "))]
    Machine {
        /// The trials.
        trials: Vec<String>,
    },
    /// The machine cannot read a scenario, whose checks are therefore not known.
    #[error("{0}")]
    Scenario(ScenarioError),
    /// There are no scenarios.
    #[error("{path}: there are no scenarios, so nothing would be checked")]
    NoScenarios {
        /// Where they should be.
        path: String,
    },
    /// Two scenarios have names that not every file system can distinguish.
    #[error(
        "{path}: `{one}` and `{other}` differ only in case; not every file system can hold both"
    )]
    Twins {
        /// Where they are.
        path: String,
        /// One.
        one: String,
        /// The other.
        other: String,
    },
    /// An option has a value that it may not have.
    #[error("{option}: expected {expected}, found {}", if found.is_empty() { "nothing".to_owned() } else { format!("`{found}`") })]
    Option {
        /// The option.
        option: &'static str,
        /// Its value; empty if there is none.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The filters leave no trial.
    #[error(
        "no trial matches{}, so nothing would be checked (`--list` names the trials, \
         `--no-tests=pass` allows it)",
        filter.as_ref().map(|filter| format!(" `{filter}`")).unwrap_or_default()
    )]
    NothingSelected {
        /// The filter, if there is one.
        filter: Option<String>,
    },
    /// Whoever read the standard output closed it.
    #[error("the standard output was closed before everything was written to it")]
    OutputClosed,
    /// The standard output cannot be written.
    #[error("the standard output cannot be written: {0}")]
    OutputFailed(std::io::Error),
    /// Two trials have the same name.
    #[error("two trials have the name {0}")]
    Duplicate(String),
    /// The scenario drops the check that was asked for.
    #[error("{scenario} drops the check `{check}`: {reason}")]
    Dropped {
        /// The scenario.
        scenario: String,
        /// The check.
        check: Check,
        /// Why it drops it.
        reason: String,
    },
    /// The subject of the scenario does not offer the check that was asked for.
    #[error("{scenario} has no check `{check}`: its subject does not offer it")]
    NotOffered {
        /// The scenario.
        scenario: String,
        /// The check.
        check: Check,
    },
    /// There is no such scenario.
    #[error("there is no scenario `{scenario}`{}", near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    NoSuchScenario {
        /// Its name.
        scenario: String,
        /// The scenario that was probably meant.
        near: Option<String>,
    },
    /// No scenario has the name that was asked for.
    #[error("no trial matches `{scenario}::{check}`{}", near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    NoSuchTrial {
        /// The scenario that was asked for.
        scenario: String,
        /// The check.
        check: Check,
        /// The scenario that was probably meant.
        near: Option<String>,
    },
}

impl MachineFailure for RunnerError {
    fn is_of_machine(&self) -> bool {
        match self {
            Self::Unreadable { source, .. } => source.is_of_machine(),
            Self::Scenario(error) => error.is_of_machine(),
            Self::Machine { .. } | Self::OutputClosed | Self::OutputFailed(_) => true,
            _ => false,
        }
    }
}
