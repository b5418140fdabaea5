//! Why a run left nothing to compare.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{MachineFailure, ScenarioError, Verdict};

/// Why a run left nothing to compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RunFailure {
    /// The scenario or one of its documents is not valid.
    Invalid {
        /// Every problem, for people.
        message: String,
    },
    /// The machine failed: a file that is there cannot be read, or one cannot be written.
    Machine {
        /// The file, and what the system reported.
        message: String,
    },
    /// The program failed in a way that is not its own error.
    Program {
        /// What happened, for people.
        message: String,
    },
    /// The subject panicked.
    Panicked {
        /// The panic's message, if it is text.
        message: Option<String>,
    },
    /// The subject stopped without being asked to.
    StoppedUnasked {
        /// The subject.
        subject: String,
        /// What it said.
        message: String,
    },
    /// The run exceeded its time limit.
    TimedOut {
        /// The limit.
        limit: Duration,
        /// Whether the subject stopped when asked.
        has_stopped: bool,
        /// How far it was, in units of the subject (`tick 5`), if it reported that.
        reached: Option<String>,
        /// What the subject said when it stopped.
        message: Option<String>,
    },
    /// The child process exceeded the time limit and was killed.
    Killed {
        /// The limit.
        limit: Duration,
    },
    /// The child process ended without a result.
    ChildLost {
        /// How it ended (`exit status: 3`).
        status: String,
        /// The last lines of its error stream.
        stderr: Vec<String>,
    },
    /// The child process could not be started, or its results could not be read.
    NoChild {
        /// What the system reported.
        error: String,
    },
    /// The system gave no thread for the run.
    NoThread {
        /// What the system reported.
        error: String,
    },
    /// The artefacts cannot be goldens.
    NotGoldens {
        /// Why.
        problem: String,
        /// Whether the scenario's author can fix it; otherwise the subject broke its contract.
        is_scenario: bool,
    },
}

impl RunFailure {
    /// The verdict of a check that ends with this failure.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Invalid { .. }
            | Self::Machine { .. }
            | Self::NotGoldens {
                is_scenario: true, ..
            } => Verdict::Invalid,
            Self::TimedOut { .. } | Self::Killed { .. } => Verdict::Timeout,
            Self::Program { .. }
            | Self::Panicked { .. }
            | Self::StoppedUnasked { .. }
            | Self::ChildLost { .. }
            | Self::NoChild { .. }
            | Self::NoThread { .. }
            | Self::NotGoldens {
                is_scenario: false, ..
            } => Verdict::ProgramError,
        }
    }
}

impl MachineFailure for RunFailure {
    fn is_of_machine(&self) -> bool {
        matches!(
            self,
            Self::Machine { .. } | Self::NoChild { .. } | Self::NoThread { .. }
        )
    }
}

impl From<ScenarioError> for RunFailure {
    fn from(error: ScenarioError) -> Self {
        let message = error.to_string();
        if error.is_of_machine() {
            Self::Machine { message }
        } else {
            Self::Invalid { message }
        }
    }
}

impl fmt::Display for RunFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { message } | Self::Machine { message } | Self::Program { message } => {
                f.write_str(message)
            }
            Self::Panicked { message } => {
                let message = message.as_deref().unwrap_or("without a message");
                write!(f, "panicked: {message}")
            }
            Self::StoppedUnasked { subject, message } => {
                write!(f, "{subject} stopped without being asked to")?;
                if message.is_empty() {
                    Ok(())
                } else {
                    write!(f, ": {message}")
                }
            }
            Self::TimedOut {
                limit,
                has_stopped,
                reached,
                message,
            } => {
                write!(f, "exceeded its time limit of {} s", limit.as_secs_f64())?;
                if !has_stopped {
                    f.write_str(" and did not stop when asked to")?;
                }
                if let Some(reached) = reached {
                    write!(f, "; it was at {reached}")?;
                }
                if let Some(message) = message {
                    write!(f, "\n  {message}")?;
                }
                Ok(())
            }
            Self::Killed { limit } => write!(
                f,
                "exceeded its time limit of {} s and was killed",
                limit.as_secs_f64()
            ),
            Self::ChildLost { status, stderr } => {
                write!(f, "its process ended with {status} and left no result")?;
                for line in stderr {
                    write!(f, "\n  | {line}")?;
                }
                Ok(())
            }
            Self::NoChild { error } => write!(f, "no child process for the run: {error}"),
            Self::NoThread { error } => write!(f, "no thread for the run: {error}"),
            Self::NotGoldens { problem, .. } => f.write_str(problem),
        }
    }
}

impl std::error::Error for RunFailure {}
