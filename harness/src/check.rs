//! The checks of a scenario.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One way of doubting a scenario; a trial is a scenario and a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// What the run makes equals the goldens.
    Golden,
    /// Two runs in one process make the same bytes.
    Determinism,
    /// A run in a new process with changed surroundings makes the same bytes.
    Process,
    /// Any number of threads makes the same bytes.
    Threads,
    /// Each span rebuilt from its checkpoint makes the same bytes.
    Replay,
    /// A run that was cut and finished makes the same bytes.
    Resume,
}

impl Check {
    /// Every check, in the order in which trials are listed.
    pub const ALL: [Self; 6] = [
        Self::Golden,
        Self::Determinism,
        Self::Process,
        Self::Threads,
        Self::Replay,
        Self::Resume,
    ];

    /// The name of the check, as trials carry it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Golden => "golden",
            Self::Determinism => "determinism",
            Self::Process => "process",
            Self::Threads => "threads",
            Self::Replay => "replay",
            Self::Resume => "resume",
        }
    }

    /// The check of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.name() == name)
    }

    /// Whether `[drop]` may name it.
    pub fn can_be_dropped(self) -> bool {
        !matches!(self, Self::Golden | Self::Determinism)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
