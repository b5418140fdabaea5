//! The keys of `scenario.toml` that belong to the harness, as people write them.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::KeyTable;

/// The keys that belong to the harness.
pub(super) const KEYS: KeyTable = KeyTable {
    table: "",
    is_array: false,
    keys: &[
        "description",
        "determinism",
        "determinism_reason",
        "drop",
        "expect",
        "runtime",
        "snapshot",
        "snapshot_reason",
        "tags",
        "time_limit",
        "unnoticed",
    ],
};

/// Their values.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) description: Spanned<String>,
    #[serde(default)]
    pub(super) runtime: Runtime,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) expect: Expect,
    #[serde(default)]
    pub(super) snapshot: SnapshotMode,
    pub(super) snapshot_reason: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) determinism: Determinism,
    pub(super) determinism_reason: Option<Spanned<String>>,
    pub(super) time_limit: Option<Spanned<f64>>,
    #[serde(default)]
    pub(super) drop: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(super) unnoticed: BTreeMap<String, Spanned<String>>,
}

/// How long a scenario takes, roughly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// Below 0.1 s.
    Instant,
    /// Below 2 s.
    #[default]
    Short,
    /// Longer: run only when asked for (`--ignored`, `--include-ignored`).
    Long,
}

impl Runtime {
    /// The word that `scenario.toml` uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Short => "short",
            Self::Long => "long",
        }
    }
}

/// How a run of the scenario should end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// With artefacts, which are the goldens.
    #[default]
    Success,
    /// With an error, which is the golden `error.json`.
    Failure,
}

impl Expect {
    /// The word that `scenario.toml` uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// When two runs of a scenario count as the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Determinism {
    /// If they produce the same bytes.
    #[default]
    Exact,
    /// If they produce the same bytes but for numbers within their tolerances.
    WithinTolerance,
}

/// What is kept of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SnapshotMode {
    /// Every record.
    #[default]
    Full,
    /// One digest for each artefact and tick, for runs whose goldens would pass 20 MB.
    Digest,
}

impl SnapshotMode {
    /// The word for it in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Digest => "digest",
        }
    }
}
