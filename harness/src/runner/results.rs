//! One file for each trial that ran, for a report over trials, processes and shards.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::atomic::write_whole;
use crate::{Check, Suite, Verdict};

/// The result of one trial as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrialResult {
    /// The version of this format.
    pub(crate) v: u32,
    pub(crate) scenario: String,
    pub(crate) check: String,
    pub(crate) verdict: String,
    pub(crate) seconds: f64,
    /// The whole message of a failure; empty otherwise.
    pub(crate) message: String,
}

impl TrialResult {
    pub(crate) fn new(
        scenario: &str,
        check: Check,
        verdict: Verdict,
        took: Duration,
        message: &str,
    ) -> Self {
        Self {
            v: 1,
            scenario: scenario.to_owned(),
            check: check.name().to_owned(),
            verdict: verdict.name().to_owned(),
            seconds: took.as_secs_f64(),
            message: message.to_owned(),
        }
    }

    /// Stores the result in place of an earlier one of the same trial.
    pub(crate) fn store(&self, suite: &Suite) -> io::Result<()> {
        let dir = suite.paths().results().join(file_safe(&self.scenario));
        fs::create_dir_all(&dir)?;
        let text = serde_json::to_vec(self)?;
        write_whole(&dir.join(format!("{}.json", self.check)), &text)
    }
}

/// A directory name for any trial, also for one whose scenario has no valid name.
fn file_safe(name: &str) -> PathBuf {
    let valid = crate::scenario::ScenarioName::new(name).is_ok();
    if valid {
        Path::new(name).to_owned()
    } else {
        Path::new(&format!("~{}", crate::sha256::sha256_hex(name.as_bytes()))).to_owned()
    }
}
