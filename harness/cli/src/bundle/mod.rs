//! Bundles: new outputs of failed runs in one file, for a bless on another machine.
//!
//! A bundle is a gzipped tar archive. Its first entry, `bundle.toml`, is a [`BundleManifest`]; then
//! come the files that it lists, `scenarios/<name>/<artefact>.json` and the `<artefact>.bin` of those that are no
//! documents, in its order and nothing else.
//! Equal outputs make equal bundles, byte for byte: every entry has the same time, owner and mode.
//!
//! [`write`] makes one, [`Bundle`] reads one without unpacking anything to disk: an entry that the
//! manifest does not list at its place, of another type than a plain file, or of another size or
//! digest than listed ends the reading, and so does a bundle larger than the [`limits`](reader).

mod reader;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use reader::{Bundle, BundleError};
pub(crate) use writer::write;

use aether_harness::scenario::{ScenarioName, SnapshotMode};
use aether_harness::snapshot::{artefact_of, is_golden_name};

/// The version of the format that is written.
const FORMAT: u32 = 1;

/// The first entry of every bundle.
const MANIFEST: &str = "bundle.toml";

/// The contents of `bundle.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BundleManifest {
    pub(crate) format: u32,
    /// In the order of their names.
    #[serde(default)]
    pub(crate) scenarios: Vec<Bundled>,
}

/// One scenario of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bundled {
    pub(crate) name: String,
    /// The verdict of its golden check on the machine that made the bundle.
    pub(crate) verdict: String,
    /// The subject's name and version.
    pub(crate) subject: String,
    pub(crate) version: String,
    pub(crate) snapshot: SnapshotMode,
    /// The SHA-256 of the `snapshot.toml` that the run was compared with; empty if there was none.
    pub(crate) goldens: String,
    /// Member of `inputs` to the SHA-256 of its text.
    pub(crate) inputs: BTreeMap<String, String>,
    pub(crate) files: BTreeMap<String, BundledFile>,
}

/// What a bundle says of one of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BundledFile {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl BundleManifest {
    pub(crate) fn new(scenarios: Vec<Bundled>) -> Self {
        Self {
            format: FORMAT,
            scenarios,
        }
    }

    /// The entries after the manifest, in order.
    fn entries(&self) -> impl Iterator<Item = (&Bundled, &str, &BundledFile)> {
        self.scenarios.iter().flat_map(|scenario| {
            let files = scenario.files.iter();
            files.map(move |(file, listed)| (scenario, file.as_str(), listed))
        })
    }

    /// Everything about the names that is not as it must be, before any of them is used.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.format != FORMAT {
            problems.push(format!(
                "its format is {}, but this version reads {FORMAT}",
                self.format
            ));
        }
        for pair in self.scenarios.windows(2) {
            if pair[0].name >= pair[1].name {
                let [one, other] = [&pair[0].name, &pair[1].name];
                problems.push(format!("{one:?} and {other:?} are out of order"));
            }
        }
        for scenario in &self.scenarios {
            if let Err(error) = ScenarioName::new(scenario.name.as_str()) {
                problems.push(format!("the scenario name {:?}: {error}", scenario.name));
            }
            for file in scenario.files.keys().filter(|file| !is_plain(file)) {
                let name = &scenario.name;
                problems.push(format!(
                    "{name}: {file:?} is neither <artefact>.json nor <artefact>.bin"
                ));
            }
        }
        problems
    }
}

/// Whether a name is that of a golden or of the bytes beside it, and of nothing outside its directory.
fn is_plain(file: &str) -> bool {
    let artefact = artefact_of(file);
    artefact.len() < file.len() && is_golden_name(artefact)
}

/// Where a file lies in the archive.
fn entry_path(scenario: &str, file: &str) -> String {
    format!("scenarios/{scenario}/{file}")
}
