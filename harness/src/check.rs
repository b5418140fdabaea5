//! The checks of a scenario.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Mode;

/// One way of doubting a scenario; a trial is a scenario and a check.
///
/// Checks are ordered as trials are listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Check {
    /// What the run produces equals the goldens.
    Golden,
    /// Two runs in one process produce the same bytes.
    Determinism,
    /// A run in a new process with a changed environment produces the same bytes.
    Process,
    /// A run in this [mode](Mode) of the subject's produces the same bytes.
    Mode(String),
}

impl Check {
    /// The checks that the harness has for every subject.
    pub const OWN: [Self; 3] = [Self::Golden, Self::Determinism, Self::Process];

    /// The name of the check, as trials carry it.
    pub fn name(&self) -> &str {
        match self {
            Self::Golden => "golden",
            Self::Determinism => "determinism",
            Self::Process => "process",
            Self::Mode(name) => name,
        }
    }

    /// The check of a mode.
    pub fn of(mode: &Mode) -> Self {
        Self::Mode(mode.name().to_owned())
    }

    /// Whether `[drop]` may name it.
    pub fn can_be_dropped(&self) -> bool {
        !matches!(self, Self::Golden | Self::Determinism)
    }
}

impl From<String> for Check {
    fn from(name: String) -> Self {
        let own = Self::OWN.into_iter().find(|check| check.name() == name);
        own.unwrap_or(Self::Mode(name))
    }
}

impl From<Check> for String {
    fn from(check: Check) -> Self {
        check.name().to_owned()
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
