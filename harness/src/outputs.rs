//! What a run produced in place of its goldens, left below the target directory.
//!
//! Beside the files as goldens have them, `.raw/` holds the documents as they were before values that differ
//! from run to run were replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use aether_disk as fs;

pub use crate::atomic::write_whole;
use crate::atomic::{at, read_regular};
use crate::scenario::ScenarioName;
use crate::snapshot::{
    GoldenSet, ReadError, ReadErrorKind, artefact_of, bytes_file, bytes_of, golden_file,
};
use crate::{Artefact, Suite};

/// The directory with the documents before values were replaced.
const RAW: &str = ".raw";

/// Leaves the artefacts of a run in `target/scenarios/<name>/`, and nothing else there.
pub fn leave(suite: &Suite, name: &ScenarioName, set: &GoldenSet) -> io::Result<()> {
    let dir = suite.paths().output(name);
    let raw = set.artefacts().filter_map(|artefact| {
        let file = golden_file(artefact.name());
        Some((file, artefact.raw()?))
    });
    put(&dir, set.files())?;
    let raw_dir = dir.join(RAW);
    let raw: Vec<(String, &[u8])> = raw.collect();
    if raw.is_empty() {
        remove_dir(&raw_dir)
    } else {
        put(&raw_dir, raw.into_iter())
    }
}

/// The variable that names a directory in which runs leave their records in full, also where goldens hold
/// digests: `<directory>/<scenario>/<artefact>.json`. The program of a revision is asked for them by it.
pub const RECORDS: &str = "AETHER_HARNESS_RECORDS";

/// Leaves the records of a run where [`RECORDS`] asks for them, if it does.
pub(crate) fn leave_records(name: &ScenarioName, records: &[Artefact]) -> io::Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "another process asks for records; what is run does not depend on it"
    )]
    let Some(dir) = std::env::var_os(RECORDS) else {
        return Ok(());
    };
    let dir = Path::new(&dir).join(name.as_str());
    fs::create_dir_all(&dir).map_err(|error| at(&dir, &error))?;
    for artefact in records {
        write_whole(&dir.join(golden_file(artefact.name())), artefact.text())?;
        if let Some(bytes) = artefact.bytes() {
            write_whole(&dir.join(bytes_file(artefact.name())), bytes)?;
        }
    }
    Ok(())
}

/// Whether records are asked for.
pub(crate) fn wants_records() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "another process asks for records; what is run does not depend on it"
    )]
    let asked = std::env::var_os(RECORDS);
    asked.is_some()
}

/// Writes these files into a directory, and removes all others from it.
fn put<'f>(dir: &Path, files: impl Iterator<Item = (String, &'f [u8])>) -> io::Result<()> {
    fs::create_dir_all(dir).map_err(|error| at(dir, &error))?;
    let files: BTreeMap<String, &[u8]> = files.collect();
    for entry in fs::read_dir(dir).map_err(|error| at(dir, &error))? {
        let entry = entry?;
        let file = entry.file_name();
        let is_kept = file.to_str().is_some_and(|file| files.contains_key(file));
        if !is_kept && entry.file_type()?.is_file() {
            let path = entry.path();
            fs::remove_file(&path).map_err(|error| at(&path, &error))?;
        }
    }
    for (file, bytes) in files {
        write_whole(&dir.join(file), bytes)?;
    }
    Ok(())
}

/// What the last run left; `None` if it left nothing.
///
/// # Errors
/// Something else is there.
pub fn load(suite: &Suite, name: &ScenarioName) -> Result<Option<GoldenSet>, ReadError> {
    let dir = suite.paths().output(name);
    let files = match files(&dir) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&dir, error.into())),
    };
    let mut artefacts = Vec::new();
    for file in files.iter().filter(|file| bytes_of(file).is_none()) {
        let path = dir.join(file);
        let own = |error: crate::ArtefactError| unreadable(&path, error.into());
        let mut artefact = Artefact::from_golden(artefact_of(file), read(&path)?).map_err(own)?;
        let bytes = files
            .iter()
            .find(|other| bytes_of(other) == Some(artefact.name()));
        if let Some(bytes) = bytes {
            artefact = artefact.with_bytes(&read(&dir.join(bytes))?).map_err(own)?;
        }
        let raw = dir.join(RAW).join(file);
        match read_regular(&raw) {
            Ok(raw) => artefact = artefact.with_raw(&raw).map_err(own)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&raw, error.into())),
        }
        artefacts.push(artefact);
    }
    GoldenSet::stored(artefacts)
        .map(Some)
        .map_err(|error| unreadable(&dir, error.into()))
}

fn unreadable(path: &Path, source: ReadErrorKind) -> ReadError {
    ReadError {
        path: path.to_owned(),
        source,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    read_regular(path).map_err(|error| unreadable(path, error.into()))
}

/// The files of a directory by name.
fn files(dir: &Path) -> io::Result<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(dir)? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        if file != RAW {
            files.insert(file);
        }
    }
    Ok(files)
}

/// Removes what an earlier run left, because nothing differs now.
pub fn clear(suite: &Suite, name: &ScenarioName) -> io::Result<()> {
    remove_dir(&suite.paths().output(name))
}

fn remove_dir(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(dir, &error)),
        _ => Ok(()),
    }
}
