//! `scenario.toml` as people write it.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// The keys of `scenario.toml`. Unknown ones are problems that [`keys`](super::keys) finds.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) description: Spanned<String>,
    #[serde(default)]
    pub(super) pillars: Vec<String>,
    #[serde(default)]
    pub(super) runtime: Runtime,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) expect: Expect,
    #[serde(default)]
    pub(super) snapshot: SnapshotMode,
    pub(super) snapshot_reason: Option<Spanned<String>>,
    pub(super) time_limit: Option<Spanned<f64>>,
    #[serde(default)]
    pub(super) drop: BTreeMap<Spanned<String>, Spanned<String>>,
    pub(super) command: Option<CommandTable>,
    #[serde(default)]
    pub(super) outputs: Vec<OutputTable>,
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
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Digest => "digest",
        }
    }
}

/// `[command]`: the program that makes the artefacts, where it is not the suite's own subject.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CommandTable {
    /// The program: a name that is looked up, or a path relative to the scenario's directory.
    pub(crate) program: Spanned<String>,
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// A file in the scenario's directory that becomes the program's standard input.
    pub(crate) stdin: Option<String>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Seconds; as `time_limit` of the scenario, which it may not contradict.
    pub(crate) time_limit: Option<Spanned<f64>>,
}

/// One `[[outputs]]`: an artefact that the program leaves.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OutputTable {
    pub(crate) name: Spanned<String>,
    /// `stdout`, or the path of a file in the directory in which the program runs.
    pub(crate) from: Spanned<String>,
    #[serde(default)]
    pub(crate) format: OutputFormat,
    /// Dotted path of an array, to the fields that identify its elements.
    #[serde(default)]
    pub(crate) keys: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) stage: String,
    /// The field of a record that holds its tick.
    pub(crate) tick: Option<String>,
}

/// How an output is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutputFormat {
    /// One document.
    #[default]
    Json,
    /// One document a line.
    Jsonl,
}
