//! What a run produced in place of its goldens, left below the target directory.

use std::fs;
use std::io;
use std::path::Path;

pub use crate::atomic::write_whole;
use crate::atomic::{at, read_regular};
use crate::scenario::ScenarioName;
use crate::snapshot::{GoldenSet, ReadError, ReadErrorKind, golden_file};
use crate::{Artefact, Suite};

/// Leaves the artefacts of a run in `target/scenarios/<name>/`, and nothing else there.
pub fn leave(suite: &Suite, name: &ScenarioName, set: &GoldenSet) -> io::Result<()> {
    let dir = suite.paths().output(name);
    fs::create_dir_all(&dir).map_err(|error| at(&dir, &error))?;
    let kept: Vec<String> = set
        .artefacts()
        .map(|artefact| golden_file(artefact.name()))
        .collect();
    for entry in fs::read_dir(&dir).map_err(|error| at(&dir, &error))? {
        let entry = entry?;
        let is_kept = entry
            .file_name()
            .to_str()
            .is_some_and(|name| kept.iter().any(|k| k == name));
        if !is_kept && entry.file_type()?.is_file() {
            let path = entry.path();
            fs::remove_file(&path).map_err(|error| at(&path, &error))?;
        }
    }
    for (artefact, file) in set.artefacts().zip(kept) {
        write_whole(&dir.join(file), artefact.text())?;
    }
    Ok(())
}

/// What the last run left; `None` if it left nothing.
///
/// # Errors
/// Something else is there.
pub fn load(suite: &Suite, name: &ScenarioName) -> Result<Option<GoldenSet>, ReadError> {
    let dir = suite.paths().output(name);
    let unreadable = |path: &Path, source: ReadErrorKind| ReadError {
        path: path.to_owned(),
        source,
    };
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&dir, error.into())),
    };
    let mut artefacts = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| unreadable(&dir, error.into()))?
            .path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy());
        let bytes = read_regular(&path).map_err(|error| unreadable(&path, error.into()))?;
        let artefact = Artefact::from_golden(stem.unwrap_or_default(), bytes);
        artefacts.push(artefact.map_err(|error| unreadable(&path, error.into()))?);
    }
    GoldenSet::stored(artefacts)
        .map(Some)
        .map_err(|error| unreadable(&dir, error.into()))
}

/// Removes what an earlier run left, because nothing differs now.
pub fn clear(suite: &Suite, name: &ScenarioName) -> io::Result<()> {
    let dir = suite.paths().output(name);
    match fs::remove_dir_all(&dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&dir, &error)),
        _ => Ok(()),
    }
}
