//! The artefacts of one run, in the form in which goldens are stored.

use std::collections::{BTreeMap, BTreeSet};

use aether_json::scan;

use super::{Manifest, bytes_file, bytes_of, golden_file};
use crate::scenario::{Expect, Scenario, SnapshotMode, device};
use crate::sha256::sha256_hex;
use crate::{Artefact, INPUTS, Schema};

/// Goldens past this size are kept as digests, and only those.
pub const DIGEST_FROM_BYTES: usize = 20_000_000;

/// The member of the inputs that says which file each other member came from.
const PATHS: &str = "files";

/// Every artefact of one run by name, `inputs` among them.
#[derive(Clone, Debug)]
pub struct GoldenSet {
    artefacts: BTreeMap<String, Artefact>,
    /// Member of `inputs` to the digest of its text.
    inputs: BTreeMap<String, String>,
}

/// Artefacts that cannot be goldens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The scenario asks for something that is not allowed: its author can fix it.
    #[error("{0}")]
    Scenario(String),
    /// The subject broke its contract.
    #[error("{0}")]
    Subject(String),
}

impl GoldenSet {
    /// The set of a run: `inputs` and what was made from it, condensed if the scenario keeps
    /// digests.
    ///
    /// # Errors
    /// Two artefacts of one name, a name that is not a file name, inputs that are not an object, or a
    /// snapshot mode that does not fit the size.
    pub fn new(
        scenario: &Scenario,
        schema: &Schema,
        inputs: Artefact,
        made: Vec<Artefact>,
    ) -> Result<Self, SetError> {
        let digests = input_digests(&inputs)?;
        let kept = |artefact: &Artefact| artefact.bytes().map_or(0, <[u8]>::len);
        let bytes: usize = made.iter().map(|made| made.text().len() + kept(made)).sum();
        check_mode(scenario, bytes)?;
        let mut artefacts = BTreeMap::from([(INPUTS.to_owned(), inputs)]);
        for artefact in made {
            let name = artefact.name().to_owned();
            if !is_golden_name(&name) {
                return Err(SetError::Subject(format!(
                    "the artefact name {name:?} is not a valid file name: use ASCII letters, digits, \
                     '_', '-', and '.', '+', ' ' inside"
                )));
            }
            let kept = match scenario.snapshot {
                SnapshotMode::Full => artefact,
                SnapshotMode::Digest => crate::digest(&artefact, schema),
            };
            if artefacts.insert(name.clone(), kept).is_some() {
                return Err(SetError::Subject(format!(
                    "two artefacts have the name {name}"
                )));
            }
        }
        Ok(Self {
            artefacts,
            inputs: digests,
        })
    }

    /// The set of a run in another process, which has condensed and checked it already.
    ///
    /// # Errors
    /// `inputs` is missing.
    pub fn stored(artefacts: Vec<Artefact>) -> Result<Self, SetError> {
        let artefacts: BTreeMap<String, Artefact> = artefacts
            .into_iter()
            .map(|artefact| (artefact.name().to_owned(), artefact))
            .collect();
        let inputs = artefacts
            .get(INPUTS)
            .ok_or_else(|| SetError::Subject("there are no inputs".to_owned()))?;
        Ok(Self {
            inputs: input_digests(inputs)?,
            artefacts,
        })
    }

    /// The artefacts, by name.
    pub fn artefacts(&self) -> impl Iterator<Item = &Artefact> {
        self.artefacts.values()
    }

    /// The artefacts, by name, as the diff takes them.
    pub fn to_vec(&self) -> Vec<Artefact> {
        self.artefacts.values().cloned().collect()
    }

    /// The files that hold the set: one document per artefact, and beside it the bytes that it has the
    /// digest of, if they are kept.
    pub fn files(&self) -> impl Iterator<Item = (String, &[u8])> {
        self.artefacts.values().flat_map(|artefact| {
            let bytes = artefact.bytes();
            let bytes = bytes.map(|bytes| (bytes_file(artefact.name()), bytes));
            [Some((golden_file(artefact.name()), artefact.text())), bytes]
                .into_iter()
                .flatten()
        })
    }

    /// File name to digest, as `snapshot.toml` holds them.
    pub fn file_digests(&self) -> BTreeMap<String, String> {
        let digest = |(file, bytes): (String, &[u8])| (file, sha256_hex(bytes));
        self.files().map(digest).collect()
    }

    /// The digests of the documents alone. What bytes are kept beside them follows from them, and goldens
    /// that were blessed before bytes were kept have none.
    fn document_digests(&self) -> BTreeMap<String, String> {
        let artefacts = self.artefacts.iter();
        artefacts
            .map(|(name, artefact)| (golden_file(name), sha256_hex(artefact.text())))
            .collect()
    }

    /// Member of `inputs` to digest, as `snapshot.toml` holds them.
    pub fn input_digests(&self) -> &BTreeMap<String, String> {
        &self.inputs
    }

    /// Whether these are the goldens that a manifest speaks of, byte for byte.
    pub fn equals(&self, manifest: &Manifest) -> bool {
        self.document_digests() == documents(manifest)
    }

    /// Whether these are the files that a manifest speaks of, whatever the paths of the inputs: the goldens of
    /// a scenario under its former name.
    pub fn equals_but_for_paths(&self, manifest: &Manifest) -> bool {
        let but = |names: &BTreeMap<String, String>, name: &str| {
            let mut names = names.clone();
            names.remove(name);
            names
        };
        let inputs = golden_file(INPUTS);
        but(&self.document_digests(), &inputs) == but(&documents(manifest), &inputs)
            && but(&self.inputs, PATHS) == but(&manifest.inputs, PATHS)
    }

    /// The names of artefacts in which this set differs from a manifest, apart from its inputs.
    pub fn differing_outputs(&self, manifest: &Manifest) -> Vec<String> {
        let new = self.file_digests();
        let files: BTreeSet<&String> = new.keys().chain(manifest.files.keys()).collect();
        let inputs = golden_file(INPUTS);
        files
            .into_iter()
            .filter(|file| **file != inputs && new.get(*file) != manifest.files.get(*file))
            .map(|file| file.strip_suffix(".json").unwrap_or(file).to_owned())
            .collect()
    }

    /// The names of artefacts in which two sets differ.
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let differs = |name: &&String| self.artefacts.get(*name) != other.artefacts.get(*name);
        let mut names: Vec<String> = self
            .artefacts
            .keys()
            .chain(other.artefacts.keys())
            .filter(differs)
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// The documents that a manifest speaks of.
fn documents(manifest: &Manifest) -> BTreeMap<String, String> {
    let mut files = manifest.files.clone();
    files.retain(|file, _| bytes_of(file).is_none());
    files
}

/// Longest name of a golden: systems store names of 255 bytes, and files in transit have longer ones.
pub const GOLDEN_NAME_MAX: usize = 200;

/// Whether every system can store a golden of this name: ASCII letters, digits, `_` and `-`; inside
/// also `.`, `+` and blanks; not the name of a device, and at most [`GOLDEN_NAME_MAX`] characters.
pub fn is_golden_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_inner = |c: char| is_plain(c) || matches!(c, '.' | '+' | ' ');
    let is_short = name.len() <= GOLDEN_NAME_MAX;
    let is_spelled =
        name.chars().all(is_inner) && name.starts_with(is_plain) && name.ends_with(is_plain);
    is_short && is_spelled && device(name).is_none()
}

/// The digest of every member of an inputs document, which is held to be an object.
pub fn input_digests(inputs: &Artefact) -> Result<BTreeMap<String, String>, SetError> {
    let text = std::str::from_utf8(inputs.text()).unwrap_or_default();
    let members = scan::members(text.trim_ascii())
        .ok_or_else(|| SetError::Subject("inputs must be an object".to_owned()))?;
    let digest = |(name, value): scan::Member<'_>| {
        let name = aether_json::from_str(name)
            .map_err(|error| SetError::Subject(format!("a key of the inputs: {error}")))?;
        Ok((name, sha256_hex(value.as_bytes())))
    };
    members.into_iter().map(digest).collect()
}

fn check_mode(scenario: &Scenario, bytes: usize) -> Result<(), SetError> {
    let megabytes = bytes as f64 / 1e6;
    let limit = DIGEST_FROM_BYTES / 1_000_000;
    let problem = match scenario.snapshot {
        SnapshotMode::Full if bytes > DIGEST_FROM_BYTES => format!(
            "the goldens would be {megabytes:.0} MB; beyond {limit} MB keep digests: \
             snapshot = \"digest\" with a snapshot_reason"
        ),
        SnapshotMode::Digest
            if bytes <= DIGEST_FROM_BYTES && scenario.expect == Expect::Success =>
        {
            format!(
                "the goldens would be {megabytes:.1} MB; snapshot = \"digest\" is for runs beyond \
                 {limit} MB"
            )
        }
        SnapshotMode::Full | SnapshotMode::Digest => return Ok(()),
    };
    Err(SetError::Scenario(format!(
        "{}: {problem}",
        scenario
            .dir()
            .join(crate::scenario::SCENARIO_FILE)
            .display()
    )))
}
