//! Reads a bundle from an untrusted source, and checks every byte of it.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use aether_disk::File;
use flate2::bufread::GzDecoder;
use tar::{Archive, Entry, EntryType};

use super::{BundleManifest, Bundled, MANIFEST, entry_path};
use aether_harness::snapshot::{artefact_of, bytes_of, sha256_hex};
use aether_harness::{Artefact, MachineFailure};

/// The largest `bundle.toml`, file, and sum of files that are read.
const MANIFEST_MAX: u64 = 64 << 20;
const FILE_MAX: u64 = 256 << 20;
const TOTAL_MAX: u64 = 4 << 30;

/// What may follow the last entry: the zeros that fill a tar archive up.
const TAIL_MAX: u64 = 1 << 20;

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub(crate) struct BundleError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("{0}")]
    Open(io::Error),
    #[error("damaged at {entry}: {source}")]
    Damaged { entry: String, source: io::Error },
    #[error("not a bundle: it begins with {found:?}, where {MANIFEST} is expected")]
    NotABundle { found: String },
    #[error("{MANIFEST}: {}", .0.join("\n  "))]
    Manifest(Vec<String>),
    #[error("{what} is {bytes} bytes; at most {limit} are read")]
    TooLarge {
        what: String,
        bytes: u64,
        limit: u64,
    },
    #[error("found the entry {found:?} where {MANIFEST} lists {expected}")]
    Unexpected { found: String, expected: String },
    #[error("{entry} is not a plain file")]
    NotPlain { entry: String },
    #[error("not what {MANIFEST} lists:\n  {}", .0.join("\n  "))]
    Unlike(Vec<String>),
}

impl MachineFailure for BundleError {
    fn is_of_machine(&self) -> bool {
        match &self.problem {
            Problem::Open(error) | Problem::Damaged { source: error, .. } => error.is_of_machine(),
            _ => false,
        }
    }
}

/// A bundle whose manifest has been read and found in order.
#[derive(Debug)]
pub(crate) struct Bundle {
    path: PathBuf,
    manifest: BundleManifest,
}

type Tape = Archive<GzDecoder<BufReader<File>>>;

impl Bundle {
    /// Reads the manifest.
    ///
    /// # Errors
    /// The file cannot be read, or it does not begin as a bundle does.
    pub(crate) fn open(path: &Path) -> Result<Self, BundleError> {
        let at = |problem| BundleError {
            path: path.to_owned(),
            problem,
        };
        let mut tape = tape(path).map_err(at)?;
        let mut entries = tape
            .entries()
            .map_err(|source| at(damaged(MANIFEST, source)))?
            .raw(true);
        let manifest = read_manifest(entries.next()).map_err(at)?;
        Ok(Self {
            path: path.to_owned(),
            manifest,
        })
    }

    /// What it holds, by name.
    pub(crate) fn scenarios(&self) -> &[Bundled] {
        &self.manifest.scenarios
    }

    /// Reads the whole bundle and checks it against its manifest; returns the artefacts of the
    /// scenarios that `wanted` says yes to.
    ///
    /// # Errors
    /// It is damaged, or holds something else than its manifest lists.
    pub(crate) fn artefacts(
        &self,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, Vec<Artefact>>, BundleError> {
        self.read(wanted).map_err(|problem| BundleError {
            path: self.path.clone(),
            problem,
        })
    }

    fn read(
        &self,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, Vec<Artefact>>, Problem> {
        let mut tape = tape(&self.path)?;
        let mut entries = tape
            .entries()
            .map_err(|source| damaged(MANIFEST, source))?
            .raw(true);
        if read_manifest(entries.next())? != self.manifest {
            return Err(Problem::Manifest(vec![
                "it changed while it was read".to_owned(),
            ]));
        }
        let mut read: BTreeMap<String, Vec<Artefact>> = BTreeMap::new();
        // The bytes of an artefact come before its document.
        let mut bytes_before: BTreeMap<(&str, &str), Vec<u8>> = BTreeMap::new();
        let mut unlike = Vec::new();
        for (scenario, file, listed) in self.manifest.entries() {
            let expected = entry_path(&scenario.name, file);
            let bytes = next_file(entries.next(), &expected, listed.bytes)?;
            let found = sha256_hex(&bytes);
            if found != listed.sha256 {
                unlike.push(format!(
                    "{expected}: its SHA-256 is {found}, but {MANIFEST} lists {}",
                    listed.sha256
                ));
                continue;
            }
            if !wanted(&scenario.name) {
                continue;
            }
            let name = artefact_of(file);
            if bytes_of(file).is_some() {
                bytes_before.insert((&scenario.name, name), bytes);
                continue;
            }
            let artefact = Artefact::from_golden(name, bytes);
            let artefact = match bytes_before.remove(&(&*scenario.name, name)) {
                Some(bytes) => artefact.and_then(|artefact| artefact.with_bytes(&bytes)),
                None => artefact,
            };
            match artefact {
                Ok(artefact) => read
                    .entry(scenario.name.clone())
                    .or_default()
                    .push(artefact),
                Err(error) => unlike.push(format!("{}: {error}", scenario.name)),
            }
        }
        for (scenario, name) in bytes_before.keys() {
            unlike.push(format!("{scenario}: {name} has bytes, but no document"));
        }
        if let Some(entry) = entries.next() {
            let found = path_of(&entry.map_err(|source| damaged("the end", source))?);
            let expected = "nothing more".to_owned();
            return Err(Problem::Unexpected { found, expected });
        }
        check_end(tape)?;
        if unlike.is_empty() {
            Ok(read)
        } else {
            Err(Problem::Unlike(unlike))
        }
    }
}

fn tape(path: &Path) -> Result<Tape, Problem> {
    let file = File::open(path).map_err(Problem::Open)?;
    Ok(Archive::new(GzDecoder::new(BufReader::new(file))))
}

/// Reads to the end, where the checksum of the whole is. Nothing follows the last entry but zeros.
fn check_end(tape: Tape) -> Result<(), Problem> {
    let at_end = |source| damaged("the end", source);
    let mut rest = tape.into_inner();
    let mut tail = Vec::new();
    let read = (&mut rest).take(TAIL_MAX).read_to_end(&mut tail);
    let is_cut = read.map_err(at_end)? as u64 == TAIL_MAX;
    let is_filled = tail.iter().all(|byte| *byte == 0);
    let mut after = rest.into_inner();
    if is_cut || !is_filled || after.read(&mut [0]).map_err(at_end)? > 0 {
        let problem = io::Error::new(io::ErrorKind::InvalidData, "there is more data after it");
        return Err(at_end(problem));
    }
    Ok(())
}

fn read_manifest<R: Read>(
    entry: Option<io::Result<Entry<'_, R>>>,
) -> Result<BundleManifest, Problem> {
    let Some(entry) = entry else {
        let found = String::new();
        return Err(Problem::NotABundle { found });
    };
    let entry = entry.map_err(|source| damaged(MANIFEST, source))?;
    let found = path_of(&entry);
    if found != MANIFEST {
        return Err(Problem::NotABundle { found });
    }
    let bytes = plain_bytes(entry, MANIFEST, MANIFEST_MAX)?;
    let text = String::from_utf8(bytes).map_err(|error| manifest_problem(&error))?;
    let manifest: BundleManifest =
        toml::from_str(&text).map_err(|error| manifest_problem(&error))?;
    let problems = manifest.problems();
    if !problems.is_empty() {
        return Err(Problem::Manifest(problems));
    }
    let mut total: u64 = 0;
    for (scenario, file, listed) in manifest.entries() {
        within(&entry_path(&scenario.name, file), listed.bytes, FILE_MAX)?;
        total = total.saturating_add(listed.bytes);
    }
    within("the sum of all files", total, TOTAL_MAX)?;
    Ok(manifest)
}

fn manifest_problem(error: &dyn std::error::Error) -> Problem {
    Problem::Manifest(vec![error.to_string()])
}

/// The bytes of the next entry, which must be `expected` and of the size that is listed.
fn next_file<R: Read>(
    entry: Option<io::Result<Entry<'_, R>>>,
    expected: &str,
    listed: u64,
) -> Result<Vec<u8>, Problem> {
    let Some(entry) = entry else {
        return Err(Problem::Unlike(vec![format!("{expected} is missing")]));
    };
    let entry = entry.map_err(|source| damaged(expected, source))?;
    let found = path_of(&entry);
    if found != expected {
        let expected = expected.to_owned();
        return Err(Problem::Unexpected { found, expected });
    }
    let bytes = plain_bytes(entry, expected, FILE_MAX)?;
    if bytes.len() as u64 != listed {
        return Err(Problem::Unlike(vec![format!(
            "{expected}: it has {} bytes, but {MANIFEST} lists {listed}",
            bytes.len()
        )]));
    }
    Ok(bytes)
}

fn plain_bytes<R: Read>(
    mut entry: Entry<'_, R>,
    name: &str,
    limit: u64,
) -> Result<Vec<u8>, Problem> {
    if entry.header().entry_type() != EntryType::Regular {
        let entry = name.to_owned();
        return Err(Problem::NotPlain { entry });
    }
    within(name, entry.size(), limit)?;
    let size = entry.size();
    let mut bytes = Vec::new();
    entry
        .read_to_end(&mut bytes)
        .map_err(|source| damaged(name, source))?;
    if bytes.len() as u64 != size {
        let cut = io::Error::from(io::ErrorKind::UnexpectedEof);
        return Err(damaged(name, cut));
    }
    Ok(bytes)
}

fn within(what: &str, bytes: u64, limit: u64) -> Result<(), Problem> {
    if bytes <= limit {
        return Ok(());
    }
    Err(Problem::TooLarge {
        what: what.to_owned(),
        bytes,
        limit,
    })
}

/// The path of an entry as its header has it, for comparison and messages alone.
fn path_of<R: Read>(entry: &Entry<'_, R>) -> String {
    String::from_utf8_lossy(&entry.path_bytes()).into_owned()
}

fn damaged(entry: &str, source: io::Error) -> Problem {
    let entry = entry.to_owned();
    Problem::Damaged { entry, source }
}
