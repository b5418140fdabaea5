//! Copies a scenario's directory with changed documents, for one run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aether_harness::{Artefact, Failure, Scenario};
use aether_json::Value;
use tempfile::TempDir;

use crate::process;

/// Members of the inputs that are not documents.
const OTHERS: [&str; 2] = ["command", "files"];

/// A copy that is removed when dropped.
pub(crate) struct ScenarioCopy {
    pub(crate) scenario: PathBuf,
    _dir: TempDir,
}

/// Copies a scenario and writes into the copy each document in which `changed` differs from `inputs`.
///
/// # Errors
/// What cannot be changed in this way: the command itself, and a document that is kept as a digest.
pub(crate) fn copy(
    scenario: &Scenario,
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
            return Err(Failure::invalid(format!(
                "{name} is outside the scenario's directory and cannot be changed"
            )));
        }
        let text = text_of(&path, value).ok_or_else(|| {
            Failure::invalid(format!("{name} cannot be written with a value changed"))
        })?;
        fs::write(&path, text).map_err(|error| process::io_failure(&path, &error))?;
    }
    Ok(ScenarioCopy {
        scenario: copy,
        _dir: dir,
    })
}

fn members(inputs: &Artefact) -> Result<BTreeMap<String, Value>, Failure> {
    let inputs = inputs
        .to_value()
        .map_err(|error| Failure::invalid(error.to_string()))?;
    Ok(match inputs {
        Value::Object(members) => members,
        _ => BTreeMap::new(),
    })
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

/// The value in TOML; `None` if it has no such spelling.
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
