//! [`RunSummary`]: what a run records about itself, and its status.

use serde::Deserialize;

use super::declare::{Described, words};
use crate::canonical::{Canonical, Hash, Writer};
use crate::error::RunError;

record! {
    /// What a run says of itself: the `run` member of the export object.
    pub struct RunSummary {
        /// The version of the engine that made it.
        engine_version: String => "engine_version",
        /// Why a failed run ended.
        error [omit if none]: Option<RunError> => "error",
        /// The run's gid.
        gid: String => "gid",
        /// Hash of the last entry of the U-ledger; null before the first window is committed.
        last_entry_hash: Option<Hash> => "last_entry_hash",
        /// The RunConfig's run id.
        run_id: String => "run_id",
        /// How far the run came.
        status: StatusName => "status",
        /// T.
        ticks: u64 => "ticks" in "1.." unit "ticks",
    }
}

/// The status of a run without its error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusName {
    /// All ticks are recorded.
    Complete,
    /// The run was stopped or interrupted, or is being written.
    Incomplete,
    /// The run cannot continue.
    Failed,
}

impl StatusName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Complete, Self::Incomplete, Self::Failed];

    /// The name in exports and run files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
        }
    }
}

impl Canonical for StatusName {
    fn write(&self, writer: &mut Writer) {
        self.name().write(writer);
    }
}

impl Described for StatusName {
    fn schema() -> aether_json::Value {
        words(Self::ALL.map(Self::name))
    }
}
