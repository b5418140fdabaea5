//! Finds scenarios: every entry of the directory is a scenario, a failure with its reason, or one of the
//! few names that are ignored.

use std::collections::BTreeMap;
use std::io;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use aether_disk::{self as fs, DirEntry};

use super::{DEFAULTS_FILE, Scenario, ScenarioError, ScenarioProblem};
use crate::{MachineFailure as _, Subject};

/// One entry of the scenarios directory.
#[derive(Debug)]
pub struct Found {
    /// Its name, printable even if it is not a valid scenario name.
    pub name: String,
    /// The scenario, or why it is none.
    pub scenario: Result<Scenario, ScenarioError>,
}

/// Entries below which another thread costs more than it saves.
const ENTRIES_A_THREAD: usize = 256;

/// Every entry of `scenarios`, by name. Hidden entries and README files are left out.
///
/// # Errors
/// The directory itself cannot be read.
pub fn discover(scenarios: &Path, subjects: &[Arc<dyn Subject>]) -> io::Result<Vec<Found>> {
    let entries = fs::read_dir(scenarios)?.collect::<io::Result<Vec<DirEntry>>>()?;
    // Most of the time goes into opening and reading files, of which there may be thousands.
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = entries.len().div_ceil(threads).max(ENTRIES_A_THREAD);
    let mut found: Vec<Found> = thread::scope(|scope| {
        let mut shares = entries.chunks(share);
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> = shares
            .map(|share| scope.spawn(move || find(share, subjects)))
            .collect();
        let mut found = find(first, subjects);
        for other in others {
            found.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        found
    });
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn find(entries: &[DirEntry], subjects: &[Arc<dyn Subject>]) -> Vec<Found> {
    let found = |entry: &DirEntry| {
        let name = printable(&entry.file_name().to_string_lossy());
        if name.starts_with('.') {
            return None;
        }
        let scenario = classify(entry, &name, subjects)?;
        Some(Found { name, scenario })
    };
    entries.iter().filter_map(found).collect()
}

/// The entry of that name, without reading the directory; `None` if there is none.
pub fn look_up(scenarios: &Path, name: &str, subjects: &[Arc<dyn Subject>]) -> Option<Found> {
    if name.starts_with('.') || name.contains(['/', '\\']) {
        return None;
    }
    let path = scenarios.join(name);
    let scenario = match fs::symlink_metadata(&path) {
        Ok(found) => of_kind(&path, found.file_type(), name, subjects)?,
        Err(error) if error.is_of_machine() => Err(unreadable(&path, &error)),
        Err(_) => return None,
    };
    let name = name.to_owned();
    Some(Found { name, scenario })
}

/// Pairs of names that a file system which ignores case cannot hold both.
pub fn twins<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<(&'a str, &'a str)> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut twins = Vec::new();
    for name in names {
        if let Some(other) = seen.insert(name.to_lowercase(), name) {
            twins.push((other, name));
        }
    }
    twins
}

fn classify(
    entry: &DirEntry,
    name: &str,
    subjects: &[Arc<dyn Subject>],
) -> Option<Result<Scenario, ScenarioError>> {
    match entry.file_type() {
        Ok(kind) => of_kind(&entry.path(), kind, name, subjects),
        Err(error) => Some(Err(unreadable(&entry.path(), &error))),
    }
}

fn of_kind(
    path: &Path,
    kind: fs::FileType,
    name: &str,
    subjects: &[Arc<dyn Subject>],
) -> Option<Result<Scenario, ScenarioError>> {
    if kind.is_dir() {
        return Some(Scenario::load(path, subjects));
    }
    if kind.is_symlink() {
        return Some(Err(refused(
            path,
            "is a symbolic link; a scenario must be a directory",
        )));
    }
    let is_other = name == DEFAULTS_FILE || name == "README" || name.starts_with("README.");
    (!is_other).then(|| {
        Err(refused(
            path,
            "is not a directory; a scenario is a directory with a scenario.toml",
        ))
    })
}

fn refused(path: &Path, reason: &str) -> ScenarioError {
    ScenarioProblem::of_file(path, reason).into()
}

fn unreadable(path: &Path, error: &io::Error) -> ScenarioError {
    ScenarioProblem::unreadable(path, error).into()
}

/// A name that can appear in a list of trials: one line, no control characters.
fn printable(name: &str) -> String {
    crate::visible::visible_line(name).into_owned()
}
