//! Stored goldens: reads them, checks them against `snapshot.toml`, and replaces them as a whole.
//!
//! A snapshot is a directory of `<artefact>.json` files, `<artefact>.bin` for bytes that are no document, and a
//! [`Manifest`]. Only a bless writes one,
//! and it writes all files of a scenario or none ([`store`]).

mod manifest;
mod problem;
mod program;
mod reading;
mod set;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use aether_disk as fs;
use manifest::stated_format;
pub use manifest::{
    BlessEntry, DIGEST_FORMAT, FORMAT, Manifest, ManifestError, OLDEST_FORMAT, newest_format,
    salvaged_blesses,
};
pub use problem::{GoldenProblem, ReadError, ReadErrorKind};
pub use program::{ProgramChange, ProgramRecord};
use reading::Wanted;
pub use set::{
    FULL_BYTES_MAX, GOLDEN_NAME_MAX, GoldenSet, SetError, by_ticks, input_digests, is_golden_name,
};
pub use store::{Replaced, SnapshotLock, StoreError, interrupted, remains};

use crate::atomic::{at, read_if_any, read_regular};
use crate::scenario::Scenario;
pub use crate::sha256::sha256_hex;
use crate::{Artefact, ArtefactError};

/// The manifest's file name.
pub const MANIFEST_FILE: &str = "snapshot.toml";

/// The goldens of one scenario as they are on disk.
#[derive(Clone, Debug)]
pub struct Snapshot {
    dir: PathBuf,
    /// What they were made of.
    pub manifest: Manifest,
    manifest_hash: String,
}

/// What was found where goldens should be.
#[derive(Debug)]
pub enum Opened {
    /// No goldens.
    Missing,
    /// Goldens that are as they were blessed.
    Sound(Snapshot),
    /// Goldens that something else than a bless has changed, with every change found. The
    /// manifest is there when it can be read.
    Edited(Option<Snapshot>, Vec<GoldenProblem>),
}

/// The version of the rules that a scenario's goldens were made by, and by which they are compared:
/// what their `snapshot.toml` says; the newest if there are none.
///
/// # Errors
/// The machine cannot read it.
pub fn format_of(scenario: &Scenario) -> io::Result<u32> {
    let stated = stated_manifest(scenario)?.and_then(|bytes| stated_format(&bytes));
    Ok(stated.unwrap_or_else(|| newest_format(scenario.snapshot)))
}

/// Whether the goldens of a scenario are digests by tick, as they were before format 3. They are compared as
/// that until they are blessed again.
///
/// # Errors
/// The machine cannot read their `snapshot.toml`.
pub fn has_digests_by_tick(scenario: &Scenario) -> io::Result<bool> {
    let manifest = stated_manifest(scenario)?;
    Ok(manifest.is_some_and(|bytes| {
        manifest::stated_digests(&bytes)
            && stated_format(&bytes).is_some_and(|format| format < DIGEST_FORMAT)
    }))
}

fn stated_manifest(scenario: &Scenario) -> io::Result<Option<Vec<u8>>> {
    goldens_dir(scenario).map_or(Ok(None), |dir| read_if_any(&dir.join(MANIFEST_FILE)))
}

/// The bytes of a regular file. An error names it.
fn read_named(path: &Path) -> io::Result<Vec<u8>> {
    read_regular(path).map_err(|error| at(path, &error))
}

/// Opens the goldens in `dir` and compares every file with its digest.
///
/// # Errors
/// A file or directory that is there cannot be read.
pub fn open(dir: &Path) -> io::Result<Opened> {
    open_beside(dir, None).map(|(opened, _)| opened)
}

/// The same, and whether the goldens are sound and what a run produced, byte for byte
/// ([`GoldenSet::equals`]). No more is read for this, and nothing is hashed twice.
///
/// # Errors
/// As [`open`].
pub fn open_beside(dir: &Path, produced: Option<&GoldenSet>) -> io::Result<(Opened, bool)> {
    // A bless may replace the directory while it is read: then what was read is of two states, and
    // is read again.
    let mut opened = open_once(dir, produced)?;
    for _ in 0..8 {
        let Opened::Edited(Some(snapshot), _) = &opened.0 else {
            break;
        };
        let now = read_regular(&snapshot.dir.join(MANIFEST_FILE)).unwrap_or_default();
        if sha256_hex(&now) == snapshot.manifest_hash {
            break;
        }
        opened = open_once(dir, produced)?;
    }
    Ok(opened)
}

fn open_once(dir: &Path, produced: Option<&GoldenSet>) -> io::Result<(Opened, bool)> {
    let dir = interrupted(dir).unwrap_or_else(|| dir.to_owned());
    let names = match file_kinds(&dir) {
        Ok(names) if names.is_empty() => return Ok((Opened::Missing, false)),
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((Opened::Missing, false));
        }
        Err(error) => return Err(at(&dir, &error)),
    };
    if !names.contains_key(MANIFEST_FILE) {
        return Ok(edited(GoldenProblem::Missing {
            file: MANIFEST_FILE.to_owned(),
        }));
    }
    let bytes = read_named(&dir.join(MANIFEST_FILE))?;
    refuse_pointer(MANIFEST_FILE, &bytes)?;
    let manifest = match Manifest::parse(&bytes) {
        Ok(manifest) => manifest,
        Err(_) if manifest::has_conflict(&bytes) => {
            return Ok(edited(GoldenProblem::Conflict {
                file: MANIFEST_FILE.to_owned(),
            }));
        }
        Err(error) => return Ok(edited(GoldenProblem::Manifest(error))),
    };
    let snapshot = Snapshot {
        dir,
        manifest,
        manifest_hash: sha256_hex(&bytes),
    };
    let (problems, is_as_produced) = snapshot.problems(&names, produced)?;
    Ok(if problems.is_empty() {
        (Opened::Sound(snapshot), is_as_produced)
    } else {
        (Opened::Edited(Some(snapshot), problems), false)
    })
}

/// Refuses what Git LFS puts in place of a file whose content has not been fetched. Nobody edited the
/// golden, and no bless may replace it.
fn refuse_pointer(file: &str, bytes: &[u8]) -> io::Result<()> {
    if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "{file} is a Git LFS pointer, and its content has not been fetched: run `git lfs pull`"
            ),
        ));
    }
    Ok(())
}

fn edited(problem: GoldenProblem) -> (Opened, bool) {
    (Opened::Edited(None, vec![problem]), false)
}

/// The names of all entries of a directory; those that are not UTF-8 are replaced, and fit no file
/// of any manifest.
fn file_names(dir: &Path) -> io::Result<BTreeSet<String>> {
    Ok(file_kinds(dir)?.into_keys().collect())
}

/// The same, and whether the directory says that an entry is a regular file. Others may be, too: links are not followed.
fn file_kinds(dir: &Path) -> io::Result<BTreeMap<String, bool>> {
    let kind = |entry: fs::DirEntry| {
        let is_regular = entry.file_type().is_ok_and(|kind| kind.is_file());
        (entry.file_name().to_string_lossy().into_owned(), is_regular)
    };
    fs::read_dir(dir)?.map(|entry| entry.map(kind)).collect()
}

impl Snapshot {
    /// All goldens as artefacts, for a diff.
    ///
    /// # Errors
    /// A file cannot be read or is not JSON.
    pub fn artefacts(&self) -> Result<Vec<Artefact>, ReadError> {
        let mut artefacts = Vec::new();
        let files = &self.manifest.files;
        for file in files.keys().filter(|file| bytes_of(file).is_none()) {
            let name = file.strip_suffix(".json").unwrap_or(file);
            let (path, bytes) = self.read(file)?;
            let at = |error: ArtefactError| ReadError {
                path,
                source: error.into(),
            };
            let mut artefact = Artefact::from_json(name, &bytes).map_err(at)?;
            let beside = bytes_file(name);
            if files.contains_key(&beside) {
                let (path, bytes) = self.read(&beside)?;
                let at = |error: ArtefactError| ReadError {
                    path,
                    source: error.into(),
                };
                artefact = artefact.with_bytes(&bytes).map_err(at)?;
            }
            artefacts.push(artefact);
        }
        Ok(artefacts)
    }

    fn read(&self, file: &str) -> Result<(PathBuf, Vec<u8>), ReadError> {
        let path = self.dir.join(file);
        match read_regular(&path) {
            Ok(bytes) => Ok((path, bytes)),
            Err(error) => Err(ReadError {
                path,
                source: error.into(),
            }),
        }
    }

    /// The digest of the whole state: of `snapshot.toml`, which holds those of all files.
    pub fn state_hash(&self) -> &str {
        &self.manifest_hash
    }

    /// Every file that is not laid out as goldens are.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn layout_problems(&self) -> io::Result<Vec<GoldenProblem>> {
        let mut problems = Vec::new();
        let files = self.manifest.files.keys();
        for file in files.filter(|file| bytes_of(file).is_none()) {
            let bytes = read_named(&self.dir.join(file))?;
            if let Err(error) = Artefact::from_golden(file.as_str(), bytes) {
                problems.push(GoldenProblem::Layout(error));
            }
        }
        Ok(problems)
    }

    /// What is wrong with the files, and whether the documents among them are those of a run, and all of them.
    fn problems(
        &self,
        names: &BTreeMap<String, bool>,
        produced: Option<&GoldenSet>,
    ) -> io::Result<(Vec<GoldenProblem>, bool)> {
        let texts = produced.map(GoldenSet::documents).unwrap_or_default();
        let wanted: Vec<Wanted<'_>> = self
            .manifest
            .files
            .keys()
            .filter_map(|file| {
                Some(Wanted {
                    name: file,
                    is_regular: *names.get(file)?,
                    produced: texts.get(file).copied(),
                })
            })
            .collect();
        let is_document = |file: &&String| bytes_of(file).is_none();
        let documents = self.manifest.files.keys().filter(is_document).count();
        let mut as_produced = 0;
        let mut problems = Vec::new();
        let mut read = reading::read(&self.dir, &wanted).into_iter();
        for (file, expected) in &self.manifest.files {
            if !names.contains_key(file) {
                problems.push(GoldenProblem::Missing { file: file.clone() });
                continue;
            }
            let found = read.next().expect("each file that is there is read");
            let found = found.map_err(|error| at(&self.dir.join(file), &error))?;
            if found.digest == *expected {
                as_produced += usize::from(found.is_as_produced);
                continue;
            }
            let bytes = read_named(&self.dir.join(file))?;
            refuse_pointer(file, &bytes)?;
            if manifest::has_conflict(&bytes) {
                problems.push(GoldenProblem::Conflict { file: file.clone() });
            } else {
                problems.push(GoldenProblem::Changed {
                    file: file.clone(),
                    found: found.digest,
                    blessed: expected.clone(),
                    has_crlf: bytes.windows(2).any(|pair| pair == b"\r\n"),
                });
            }
        }
        for name in names.keys() {
            if name != MANIFEST_FILE && !self.manifest.files.contains_key(name) {
                problems.push(GoldenProblem::Stray { file: name.clone() });
            }
        }
        let is_all = as_produced == documents && as_produced == texts.len();
        Ok((problems, produced.is_some() && is_all))
    }
}

/// The subject of goldens that a test keeps without a scenario, as `snapshot.toml` names it.
pub const TEST_SUBJECT: &str = "a test";

/// The names of the goldens of scenarios under `snapshots`: everything in it but hidden entries, README
/// files, and what tests keep.
///
/// # Errors
/// The directory is there and cannot be read.
pub fn directories(snapshots: &Path) -> io::Result<Vec<String>> {
    named(snapshots, false)
}

/// The names of the goldens that tests keep under `snapshots`.
///
/// # Errors
/// The directory is there and cannot be read.
pub fn of_tests(snapshots: &Path) -> io::Result<Vec<String>> {
    named(snapshots, true)
}

fn named(snapshots: &Path, of_tests: bool) -> io::Result<Vec<String>> {
    let names = match file_names(snapshots) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
        names => names.map_err(|error| at(snapshots, &error))?,
    };
    let is_readme = |name: &str| name == "README" || name.starts_with("README.");
    let mut found = Vec::new();
    for name in names {
        let is_golden = !name.starts_with('.') && !is_readme(&name);
        if is_golden && is_of_test(&snapshots.join(&name))? == of_tests {
            found.push(name);
        }
    }
    Ok(found)
}

/// Whether a test keeps the goldens in `dir`, so that they belong to no scenario. It is known of goldens in
/// conflict too.
///
/// # Errors
/// The machine cannot read their `snapshot.toml`.
pub fn is_of_test(dir: &Path) -> io::Result<bool> {
    let manifest = read_if_any(&dir.join(MANIFEST_FILE))?;
    Ok(manifest
        .is_some_and(|bytes| manifest::stated_subject(&bytes).as_deref() == Some(TEST_SUBJECT)))
}

/// The file of an artefact's golden.
pub fn golden_file(artefact: &str) -> String {
    format!("{artefact}.json")
}

/// The file beside it that holds the bytes of an artefact that is no document.
pub fn bytes_file(artefact: &str) -> String {
    format!("{artefact}.bin")
}

/// The artefact whose bytes a file holds; `None` for any other file.
pub fn bytes_of(file: &str) -> Option<&str> {
    file.strip_suffix(".bin")
}

/// The artefact that a file of the goldens belongs to.
pub fn artefact_of(file: &str) -> &str {
    let document = || file.strip_suffix(".json");
    bytes_of(file).or_else(document).unwrap_or(file)
}

/// The golden of one artefact of a scenario; `None` if there is none, or it is not JSON.
///
/// # Errors
/// The machine cannot read it.
pub fn golden_of(scenario: &Scenario, artefact: &str) -> io::Result<Option<Artefact>> {
    let Some(dir) = goldens_dir(scenario) else {
        return Ok(None);
    };
    let bytes = read_if_any(&dir.join(golden_file(artefact)))?;
    Ok(bytes.and_then(|bytes| Artefact::from_json(artefact, &bytes).ok()))
}

/// Whether a scenario has goldens, sound or not.
pub fn has_goldens(scenario: &Scenario) -> bool {
    goldens_dir(scenario).is_some_and(|dir| dir.join(MANIFEST_FILE).is_file())
}

/// Where the goldens of a scenario are, also while a bless that was killed waits to be put right.
fn goldens_dir(scenario: &Scenario) -> Option<PathBuf> {
    let dir = scenario.goldens()?;
    Some(interrupted(dir).unwrap_or_else(|| dir.to_owned()))
}

#[cfg(test)]
mod tests;
