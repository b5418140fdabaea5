//! The result of one trial as it is stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::diff::PlaceSort;
use crate::judge::Told;
use crate::{Change, ChangeKind, Check, Diff, Json, Verdict};

/// The version of the format.
const FORMAT: u32 = 1;

/// What one trial found. Everything but `timing` is the same for the same outputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrialResult {
    pub(crate) v: u32,
    /// `<scenario>::<check>`.
    pub(crate) trial: String,
    pub(crate) scenario: String,
    pub(crate) check: Check,
    pub(crate) verdict: Verdict,
    /// The whole message of a failure; empty otherwise.
    pub(crate) message: String,
    /// The file to look at first, relative to the root.
    pub(crate) file: Option<String>,
    /// The first divergence in one line.
    pub(crate) first_divergence: Option<String>,
    /// What failures of one cause have in common.
    pub(crate) group: Option<GroupKey>,
    /// What differs.
    pub(crate) report: Option<StoredDiff>,
    pub(crate) timing: Timing,
}

/// What a clock said, apart from what was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Timing {
    pub(crate) seconds: f64,
}

/// Stage, path pattern, kind and offset of a first divergence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupKey {
    pub(crate) stage: String,
    pub(crate) pattern: String,
    pub(crate) kind: ChangeKind,
    pub(crate) offset: Option<Json>,
}

/// A diff with what its public form leaves out and a page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredDiff {
    diff: Diff,
    /// How many places differ as the first divergence does.
    places: u64,
    /// The hashes among the values of each stage that followed.
    hashes: Vec<u64>,
    /// What happened to each cause.
    cause_kinds: Vec<ChangeKind>,
}

impl TrialResult {
    pub(crate) fn new(
        scenario: &str,
        check: Check,
        verdict: Verdict,
        told: Told,
        took: Duration,
    ) -> Self {
        let first = told
            .diff
            .as_ref()
            .and_then(|diff| diff.first_divergence.as_ref());
        Self {
            v: FORMAT,
            trial: format!("{scenario}::{check}"),
            scenario: scenario.to_owned(),
            check,
            verdict,
            message: told.message,
            file: told.file,
            first_divergence: first.map(Change::lead),
            group: first.map(|first| GroupKey::of(PlaceSort::of(first))),
            report: told.diff.map(StoredDiff::of),
            timing: Timing {
                seconds: took.as_secs_f64(),
            },
        }
    }

    /// Reads a stored result.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        /// Read first, so that another version is told as one.
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let Version { v } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if v != FORMAT {
            return Err(format!(
                "its format is {v}, and this version reads {FORMAT}"
            ));
        }
        let result: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if result.trial != format!("{}::{}", result.scenario, result.check) {
            return Err(format!("it is not of the trial {}", result.trial));
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
    pub(crate) fn to_diff(&self) -> Diff {
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
