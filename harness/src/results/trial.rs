//! The result of one trial as it is stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::evaluate::CheckMessage;
use crate::{Change, Check, Diff, PlaceSort, Verdict};

/// The version of the format.
const FORMAT: u32 = 2;

/// What one trial found. Everything but `timing` is the same for the same outputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialResult {
    /// The version of the format.
    pub v: u32,
    /// `<scenario>::<check>`.
    pub trial: String,
    /// The scenario's name.
    pub scenario: String,
    /// The check.
    pub check: Check,
    /// The verdict.
    pub verdict: Verdict,
    /// The whole message of a failure; empty otherwise.
    pub message: String,
    /// The file to look at first, relative to the root.
    pub file: Option<String>,
    /// The first divergence in one line.
    pub first_divergence: Option<String>,
    /// The sort of its first divergence, which failures of one cause have in common.
    pub group: Option<PlaceSort>,
    /// What differs.
    pub report: Option<Diff>,
    /// What a clock measured.
    pub timing: Timing,
}

/// What a clock measured, apart from what was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// How long the trial took.
    pub seconds: f64,
}

/// Why a file is not the result of a trial.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResultProblem {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] std::io::Error),
    /// It is not JSON, or lacks a member.
    #[error(transparent)]
    Malformed(#[from] aether_json::Error),
    /// A different version of the harness wrote it.
    #[error("its format is {found}, but this version reads {FORMAT}")]
    Version {
        /// The version of its format.
        found: u32,
    },
    /// Its members name different trials.
    #[error("it does not belong to the trial {trial}")]
    WrongTrial {
        /// The trial that it says it belongs to.
        trial: String,
    },
}

impl TrialResult {
    /// The result of one trial that took this long.
    pub fn new(
        scenario: &str,
        check: &Check,
        verdict: Verdict,
        message: CheckMessage,
        took: Duration,
    ) -> Self {
        let first = message
            .diff
            .as_ref()
            .and_then(|diff| diff.first_divergence.as_ref());
        Self {
            v: FORMAT,
            trial: format!("{scenario}::{check}"),
            scenario: scenario.to_owned(),
            check: check.clone(),
            verdict,
            message: message.text,
            file: message.file,
            first_divergence: first.map(Change::lead),
            group: first.map(PlaceSort::of),
            report: message.diff,
            timing: Timing {
                seconds: took.as_secs_f64(),
            },
        }
    }

    /// Reads a stored result.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ResultProblem> {
        /// Read first, so that a different version is reported as one.
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let Version { v } = aether_json::from_slice(bytes)?;
        if v != FORMAT {
            return Err(ResultProblem::Version { found: v });
        }
        let result: Self = aether_json::from_slice(bytes)?;
        if result.trial != format!("{}::{}", result.scenario, result.check) {
            return Err(ResultProblem::WrongTrial {
                trial: result.trial,
            });
        }
        Ok(result)
    }
}
