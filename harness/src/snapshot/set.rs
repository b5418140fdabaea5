//! The artefacts of one run, in the form in which goldens are stored.

use std::collections::{BTreeMap, BTreeSet};

use aether_json::scan;

use super::{Manifest, bytes_file, bytes_of, golden_file, has_digests_by_tick};
use crate::scenario::{SCENARIO_FILE, Scenario, SnapshotMode, device};
use crate::sha256::sha256_hex;
use crate::{Artefact, DigestTree, INPUTS, Schema};

/// Goldens past this size are kept as digests.
pub const FULL_BYTES_MAX: usize = 20_000_000;

/// Beside digests, the members of the inputs up to this size are kept as they are, larger ones as digests too.
const INPUT_BYTES_MAX: usize = 1 << 20;

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
    /// The machine cannot read what is known of earlier goldens.
    #[error("{0}")]
    Machine(String),
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
        let has_digests = scenario.snapshot == SnapshotMode::Digest;
        let by_tick = has_digests
            && has_digests_by_tick(scenario)
                .map_err(|error| SetError::Machine(error.to_string()))?;
        let kept = |artefact: &Artefact| artefact.bytes().map_or(0, <[u8]>::len);
        let bytes: usize = made.iter().map(|made| made.text().len() + kept(made)).sum();
        check_mode(scenario, schema, bytes)?;
        for artefact in &made {
            if !is_golden_name(artefact.name()) {
                return Err(SetError::Subject(format!(
                    "the artefact name {:?} is not a valid file name: use ASCII letters, digits, \
                     '_', '-', and '.', '+', ' ' inside",
                    artefact.name()
                )));
            }
        }
        let kept = match (has_digests, by_tick) {
            (false, _) => made,
            (true, true) => by_ticks(&made, schema),
            (true, false) => DigestTree::of(&made, schema).goldens(),
        };
        let inputs = if has_digests && !by_tick {
            without_large_members(inputs)?
        } else {
            inputs
        };
        let digests = input_digests(&inputs)?;
        let mut artefacts = BTreeMap::from([(INPUTS.to_owned(), inputs)]);
        for artefact in kept {
            let name = artefact.name().to_owned();
            if artefacts.insert(name.clone(), artefact).is_some() {
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

    /// The documents alone, by the names of their files.
    pub(super) fn documents(&self) -> BTreeMap<String, &[u8]> {
        let artefacts = self.artefacts.iter();
        artefacts
            .map(|(name, artefact)| (golden_file(name), artefact.text()))
            .collect()
    }

    /// File name to digest, as `snapshot.toml` holds them.
    pub fn file_digests(&self) -> BTreeMap<String, String> {
        let digest = |(file, bytes): (String, &[u8])| (file, sha256_hex(bytes));
        self.files().map(digest).collect()
    }

    /// The digests of the documents alone. What bytes are kept beside them follows from them, and goldens
    /// that were blessed before bytes were kept have none.
    fn document_digests(&self) -> BTreeMap<String, String> {
        let documents = self.documents().into_iter();
        documents
            .map(|(file, text)| (file, sha256_hex(text)))
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

/// What artefacts are kept as in goldens that have digests by tick.
pub fn by_ticks(artefacts: &[Artefact], schema: &Schema) -> Vec<Artefact> {
    let artefacts = artefacts.iter();
    artefacts
        .map(|artefact| crate::digest(artefact, schema))
        .collect()
}

/// The digest of every member of an inputs document, which is held to be an object: that of its text, whether it
/// is there or only its digest is.
pub fn input_digests(inputs: &Artefact) -> Result<BTreeMap<String, String>, SetError> {
    let digest = |(name, value): scan::Member<'_>| {
        let digest = digest_in_place(value).unwrap_or_else(|| sha256_hex(value.as_bytes()));
        Ok((name_of(name)?, digest))
    };
    members(inputs)?.into_iter().map(digest).collect()
}

fn members(inputs: &Artefact) -> Result<Vec<scan::Member<'_>>, SetError> {
    let text = std::str::from_utf8(inputs.text()).unwrap_or_default();
    scan::members(text.trim_ascii())
        .ok_or_else(|| SetError::Subject("inputs must be an object".to_owned()))
}

fn name_of(key: &str) -> Result<String, SetError> {
    aether_json::from_str(key)
        .map_err(|error| SetError::Subject(format!("a key of the inputs: {error}")))
}

/// Inputs with the digest of each large member in its place. The list of files stays.
fn without_large_members(inputs: Artefact) -> Result<Artefact, SetError> {
    let members = members(&inputs)?;
    let is_large = |value: &str| value.len() > INPUT_BYTES_MAX;
    if !members.iter().any(|(_, value)| is_large(value)) {
        return Ok(inputs);
    }
    let mut parts = Vec::new();
    for (key, value) in members {
        if is_large(value) && name_of(key)? != PATHS {
            let (size, digest) = (value.len(), sha256_hex(value.as_bytes()));
            parts.push(format!("{key}:{{{IN_PLACE}{digest}\",\"size\":{size}}}"));
        } else {
            parts.push(format!("{key}:{value}"));
        }
    }
    Artefact::from_json(INPUTS, format!("{{{}}}", parts.join(",")).as_bytes())
        .map_err(|error| SetError::Subject(error.to_string()))
}

/// What a digest in place of a large member begins with: no document of inputs does.
const IN_PLACE: &str = "\"of\":\"a large input\",\"sha256\":\"";

/// The digest of the member in whose place this is; `None` if it is the member itself.
fn digest_in_place(value: &str) -> Option<String> {
    if value.len() > 200 {
        return None;
    }
    let members = scan::members(value)?;
    match members[..] {
        [
            ("\"of\"", "\"a large input\""),
            ("\"sha256\"", digest),
            ("\"size\"", _),
        ] => Some(digest.trim_matches('"').to_owned()),
        _ => None,
    }
}

fn check_mode(scenario: &Scenario, schema: &Schema, bytes: usize) -> Result<(), SetError> {
    let problem = match scenario.snapshot {
        SnapshotMode::Full if bytes > FULL_BYTES_MAX => format!(
            "the goldens would be {:.0} MB; beyond {} MB keep digests: snapshot = \"digest\" with a \
             snapshot_reason",
            bytes as f64 / 1e6,
            FULL_BYTES_MAX / 1_000_000
        ),
        SnapshotMode::Digest if schema.has_tolerances() => {
            let mut listed = schema.artefacts.iter();
            let tolerant = listed.find(|listed| !listed.tolerances.is_empty());
            format!(
                "goldens that are digests hold no numbers, and the output `{}` has a tolerance: remove the \
                 tolerance, or set snapshot = \"full\"",
                tolerant.map_or("", |listed| &listed.name)
            )
        }
        SnapshotMode::Full | SnapshotMode::Digest => return Ok(()),
    };
    let file = scenario.dir().join(SCENARIO_FILE);
    Err(SetError::Scenario(format!("{}: {problem}", file.display())))
}
