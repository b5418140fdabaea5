//! Writes documents of a scenario with changed values: into a copy of its directory for one run, or as files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aether_disk as fs;
use aether_harness::{Artefact, Failure, InputFiles, Scenario, Scratch};
use aether_json::Value;

use crate::inputs::OTHERS;
use crate::process;
use crate::written::{not_written, text_of};

/// A copy that is removed when dropped.
pub(crate) struct ScenarioCopy {
    pub(crate) scenario: PathBuf,
    _dir: Scratch,
}

/// Copies a scenario and writes into the copy each document in which `changed` differs from `inputs`.
///
/// # Errors
/// What cannot be changed in this way: the command itself, and a document that is kept as a digest.
pub(crate) fn copy(
    scenario: &Scenario,
    format: u32,
    inputs: &Artefact,
    changed: &Artefact,
    scratch: &Path,
) -> Result<ScenarioCopy, Failure> {
    let dir = process::scratch(scratch)?;
    let copy = dir.path().join(scenario.name().as_str());
    copy_tree(scenario.dir(), &copy).map_err(|error| process::io_failure(&copy, &error))?;
    let (inputs, changed) = (members(inputs)?, members(changed)?);
    for (name, value) in &changed {
        if OTHERS.contains(&name.as_str()) || inputs.get(name) == Some(value) {
            continue;
        }
        let path = copy.join(name);
        if !path.is_file() {
            return Err(outside(name));
        }
        let unreadable = |error: std::io::Error| Failure::unreadable(&path, &error);
        let before = fs::read(&path).map_err(unreadable)?;
        let text = text_of(&path, &before, value, format).ok_or_else(|| not_written(name))?;
        fs::write(&path, text).map_err(|error| process::io_failure(&path, &error))?;
    }
    Ok(ScenarioCopy {
        scenario: copy,
        _dir: dir,
    })
}

/// The files of the scenario's directory that are inputs, with the values that `changed` has of them; without those
/// that it lacks.
///
/// # Errors
/// What cannot be changed in this way: the command itself, a document outside the directory, and one that is kept as
/// a digest.
pub(crate) fn files(
    scenario: &Scenario,
    format: u32,
    inputs: &Artefact,
    changed: &Artefact,
) -> Result<InputFiles, Failure> {
    let (inputs, changed) = (members(inputs)?, members(changed)?);
    if let Some(name) = changed.keys().find(|name| !inputs.contains_key(*name)) {
        let problem = format!("{name} is not an input of the scenario");
        return Err(Failure::invalid(problem));
    }
    let paths = inputs.get("files").and_then(Value::as_object);
    let mut files = Vec::new();
    for (name, before) in inputs.iter().filter(|(name, _)| *name != "files") {
        let after = changed.get(name);
        let is_changed = after != Some(before);
        let shown = paths.and_then(|paths| paths.get(name)?.as_str());
        let path = scenario.root().join(shown.unwrap_or_default());
        let inside = path.strip_prefix(scenario.dir()).ok();
        let Some(inside) = inside.filter(|_| !OTHERS.contains(&name.as_str())) else {
            if is_changed {
                return Err(outside(name));
            }
            continue;
        };
        let Some(after) = after else {
            continue;
        };
        let mut bytes = fs::read(&path).map_err(|error| Failure::unreadable(&path, &error))?;
        if is_changed {
            let text = text_of(&path, &bytes, after, format).ok_or_else(|| not_written(name))?;
            bytes = text.into_bytes();
        }
        files.push((inside.to_owned(), bytes));
    }
    Ok(files)
}

fn outside(name: &str) -> Failure {
    Failure::invalid(format!(
        "{name} is outside the scenario's directory and cannot be changed"
    ))
}

pub(crate) fn members(inputs: &Artefact) -> Result<BTreeMap<String, Value>, Failure> {
    let inputs = inputs
        .to_value()
        .map_err(|error| Failure::invalid(error.to_string()))?;
    Ok(match inputs {
        Value::Object(members) => members,
        _ => BTreeMap::new(),
    })
}

/// Copies files and links; pipes and the like are left out, which could not be read to their end.
fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut dirs = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = dirs.pop() {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let (path, target) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                dirs.push((path, target));
            } else if path.is_file() {
                fs::copy(path, target)?;
            } else if path.is_dir() {
                link(&fs::canonicalize(path)?, &target)?;
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> std::io::Result<()> {
    fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(to: &Path, at: &Path) -> std::io::Result<()> {
    // Links to directories are rare here and need rights.
    let _ = (to, at);
    Ok(())
}
