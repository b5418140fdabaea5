//! A scenario's directory with changed documents, for one run.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use tempfile::TempDir;

use super::inputs::document;
use super::process;
use crate::{Artefact, Failure, Layout};

/// Members of the inputs that are no document.
const OTHERS: [&str; 2] = ["command", "files"];

/// A copy that is gone when dropped.
pub(super) struct Copy {
    pub(super) scenario: PathBuf,
    _dir: TempDir,
}

/// Copies a scenario and writes into the copy each document that `inputs` has otherwise.
///
/// # Errors
/// What cannot be changed in this way: the command itself, and a document that is kept as a digest.
pub(super) fn copy(layout: &Layout, scenario: &Path, inputs: &Artefact) -> Result<Copy, Failure> {
    let dir = process::scratch(layout)?;
    let name = scenario.file_name().unwrap_or_default();
    let copy = dir.path().join(name);
    copy_tree(scenario, &copy).map_err(|error| process::io_failure(&copy, &error))?;
    let inputs = inputs
        .to_value()
        .map_err(|error| Failure::invalid(error.to_string()))?;
    let members = inputs.as_object().cloned().unwrap_or_else(Map::new);
    for (name, value) in &members {
        if OTHERS.contains(&name.as_str()) {
            continue;
        }
        let path = copy.join(name);
        if !path.is_file() {
            refuse_changed(name, &document(&layout.root().join(name))?, value)?;
            continue;
        }
        if document(&path)? == *value {
            continue;
        }
        let text = text_of(&path, value).ok_or_else(|| {
            Failure::invalid(format!("{name} cannot be written with a value changed"))
        })?;
        fs::write(&path, text).map_err(|error| process::io_failure(&path, &error))?;
    }
    Ok(Copy {
        scenario: copy,
        _dir: dir,
    })
}

/// A document that does not lie in the scenario's directory has no copy to be changed in.
fn refuse_changed(name: &str, is: &Value, wanted: &Value) -> Result<(), Failure> {
    if is == wanted {
        return Ok(());
    }
    Err(Failure::invalid(format!(
        "{name} lies outside the scenario's directory, and is not changed"
    )))
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A document as its format writes it.
fn text_of(path: &Path, value: &Value) -> Option<String> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => Some(value.to_string()),
        Some("toml") => toml::to_string(&in_toml(value)?).ok(),
        _ => value.as_str().map(str::to_owned),
    }
}

/// The value in TOML; none where it has no such spelling.
fn in_toml(value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => toml::Value::Boolean(*value),
        Value::String(text) => toml::Value::String(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => toml::Value::Integer(whole),
            None => toml::Value::Float(number.as_f64()?),
        },
        Value::Array(values) => {
            toml::Value::Array(values.iter().map(in_toml).collect::<Option<_>>()?)
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| Some((name.clone(), in_toml(value)?)));
            toml::Value::Table(members.collect::<Option<_>>()?)
        }
    })
}
