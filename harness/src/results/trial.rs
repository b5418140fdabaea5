//! The result of one trial as it is stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::evaluate::CheckMessage;
use crate::{Change, ChangeKind, Check, Diff, Json, PlaceSort, Verdict};

/// The version of the format.
const FORMAT: u32 = 1;

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
    /// What failures of one cause have in common.
    pub group: Option<GroupKey>,
    /// What differs.
    pub report: Option<StoredDiff>,
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

/// Stage, path pattern, kind and offset of a first divergence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupKey {
    /// The stage.
    pub stage: String,
    /// The path with elements as `*`.
    pub pattern: String,
    /// What happened there.
    pub kind: ChangeKind,
    /// New value minus old, if both are numbers.
    pub offset: Option<Json>,
}

/// A diff with what its public form leaves out and a page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredDiff {
    diff: Diff,
    /// How many places differ as the first divergence does.
    places: u64,
    /// The hashes among the values of each stage that followed.
    hashes: Vec<u64>,
    /// What happened to each cause.
    cause_kinds: Vec<ChangeKind>,
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
            group: first.map(|first| GroupKey::of(PlaceSort::of(first))),
            report: message.diff.map(StoredDiff::of),
            timing: Timing {
                seconds: took.as_secs_f64(),
            },
        }
    }

    /// Reads a stored result.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        /// Read first, so that a different version is reported as one.
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let Version { v } = aether_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if v != FORMAT {
            return Err(format!(
                "its format is {v}, but this version reads {FORMAT}"
            ));
        }
        let result: Self = aether_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if result.trial != format!("{}::{}", result.scenario, result.check) {
            return Err(format!("it does not belong to the trial {}", result.trial));
        }
        Ok(result)
    }
}

impl GroupKey {
    fn of(sort: PlaceSort) -> Self {
        let PlaceSort {
            stage,
            pattern,
            kind,
            offset,
        } = sort;
        Self {
            stage,
            pattern,
            kind,
            offset,
        }
    }
}

impl StoredDiff {
    fn of(diff: Diff) -> Self {
        let first = diff.first_divergence.as_ref().map(PlaceSort::of);
        Self {
            places: first
                .and_then(|sort| diff.places.get(&sort).copied())
                .unwrap_or(0),
            hashes: diff.followed.iter().map(|stage| stage.hashes).collect(),
            cause_kinds: diff.causes.iter().map(|cause| cause.kind).collect(),
            diff,
        }
    }

    /// The diff as it was before it was stored, but for the names by which paths call elements and
    /// for sorts of places other than the first.
    pub fn to_diff(&self) -> Diff {
        let mut diff = self.diff.clone();
        for (stage, hashes) in diff.followed.iter_mut().zip(&self.hashes) {
            stage.hashes = *hashes;
        }
        for (cause, kind) in diff.causes.iter_mut().zip(&self.cause_kinds) {
            cause.kind = *kind;
        }
        if let Some(first) = &diff.first_divergence {
            diff.places.insert(PlaceSort::of(first), self.places);
        }
        diff
    }
}
