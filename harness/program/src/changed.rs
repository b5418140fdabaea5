//! Writes documents of a scenario with changed values: into a copy of its directory for one run, or as files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aether_harness::{Artefact, Failure, InputFiles, Scenario, Scratch, Stored};
use aether_json::Value;

use crate::inputs::OTHERS;
use crate::inputs::stored::{self, Structure};
use crate::process;

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
        let text = text_of(&path, value, format).ok_or_else(|| unwritable(name))?;
        fs::write(&path, text).map_err(|error| process::io_failure(&path, &error))?;
    }
    Ok(ScenarioCopy {
        scenario: copy,
        _dir: dir,
    })
}

/// The files of the scenario's directory that are inputs, with the values that `changed` has of them.
///
/// # Errors
/// What cannot be changed in this way: a document outside the directory, and one that is kept as a digest.
pub(crate) fn files(
    scenario: &Scenario,
    format: u32,
    inputs: &Artefact,
    changed: &Artefact,
) -> Result<InputFiles, Failure> {
    let (inputs, changed) = (members(inputs)?, members(changed)?);
    let paths = inputs.get("files").and_then(Value::as_object);
    let mut files = Vec::new();
    for (name, value) in &changed {
        if OTHERS.contains(&name.as_str()) {
            continue;
        }
        let shown = paths.and_then(|paths| paths.get(name)?.as_str());
        let shown = shown
            .ok_or_else(|| Failure::invalid(format!("{name} is not an input of the scenario")))?;
        let path = scenario.root().join(shown);
        let is_changed = inputs.get(name) != Some(value);
        let Ok(inside) = path.strip_prefix(scenario.dir()) else {
            if is_changed {
                return Err(outside(name));
            }
            continue;
        };
        let bytes = if is_changed {
            let text = text_of(&path, value, format).ok_or_else(|| unwritable(name))?;
            text.into_bytes()
        } else {
            fs::read(&path).map_err(|error| Failure::unreadable(&path, &error))?
        };
        files.push((inside.to_owned(), bytes));
    }
    Ok(files)
}

fn outside(name: &str) -> Failure {
    Failure::invalid(format!(
        "{name} is outside the scenario's directory and cannot be changed"
    ))
}

fn unwritable(name: &str) -> Failure {
    Failure::invalid(format!("{name} cannot be written with a value changed"))
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
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(to: &Path, at: &Path) -> std::io::Result<()> {
    // Links to directories are rare here and need rights.
    let _ = (to, at);
    Ok(())
}

/// A document as its format writes it; `None` if the value cannot be written so.
fn text_of(path: &Path, value: &Value, format: u32) -> Option<String> {
    if format == 1 {
        return match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Some(value.to_string()),
            Some("toml") => toml::to_string(&in_toml(value)?).ok(),
            _ => value.as_str().map(str::to_owned),
        };
    }
    let bytes = fs::read(path).ok()?;
    match stored::of_bytes(path, &bytes).stored {
        Stored::Digest => None,
        Stored::Lines => lines(value),
        Stored::Structure => match Structure::of(path)? {
            Structure::Json => Some(value.to_string()),
            Structure::JsonLines => {
                let records = value.as_array()?.iter();
                Some(records.map(|record| format!("{record}\n")).collect())
            }
            Structure::Toml => toml::to_string(&in_toml(value)?).ok(),
            // JSON is YAML, but for the values that JSON does not have.
            Structure::Yaml => (!has_member(value, "yaml")).then(|| value.to_string()),
            Structure::Table { delimiter } => table(&bytes, value, delimiter),
        },
    }
}

fn has_member(value: &Value, name: &str) -> bool {
    match value {
        Value::Array(values) => values.iter().any(|value| has_member(value, name)),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| key == name || has_member(value, name)),
        _ => false,
    }
}

/// The text of lines as `format::lines` reads them.
fn lines(value: &Value) -> Option<String> {
    let mut text = String::new();
    for line in value.as_array()? {
        match line.as_str() {
            Some(line) => {
                text.push_str(line);
                text.push('\n');
            }
            // The last line has no end.
            None => {
                text.pop();
            }
        }
    }
    Some(text)
}

/// The rows in the order of the columns that the file has.
fn table(before: &[u8], value: &Value, delimiter: u8) -> Option<String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(before);
    let names = reader.headers().ok()?.clone();
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(Vec::new());
    writer.write_record(&names).ok()?;
    for row in value.as_array()? {
        let cells = names.iter().map(|name| {
            let cell = row.get(name.trim_start_matches('\u{feff}'))?;
            let text = cell.as_str().map(str::to_owned);
            text.or_else(|| cell.as_number().map(ToString::to_string))
                .or_else(|| cell.as_bool().map(|cell| cell.to_string()))
        });
        writer
            .write_record(cells.collect::<Option<Vec<_>>>()?)
            .ok()?;
    }
    String::from_utf8(writer.into_inner().ok()?).ok()
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
            if let (1, Some(Value::String(spelled))) = (members.len(), members.get("toml")) {
                let table: toml::Table = format!("value = {spelled}").parse().ok()?;
                return table.get("value").cloned();
            }
            let members = members
                .iter()
                .map(|(name, value)| Some((name.clone(), in_toml(value)?)));
            toml::Value::Table(members.collect::<Option<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_changed_document_is_written_as_its_format_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let check = |name: &str, text: &str, expected: &str| {
            let path: PathBuf = dir.path().join(name);
            fs::write(&path, text).unwrap();
            let value = stored::of_bytes(&path, text.as_bytes()).value;
            assert_eq!(
                text_of(&path, &value, 2).as_deref(),
                Some(expected),
                "{name}"
            );
        };
        check("a.csv", "b,a\n1.50,\"x,y\"\n", "b,a\n1.50,\"x,y\"\n");
        check("a.jsonl", "{\"b\": 1}\n\n2\n", "{\"b\":1}\n2\n");
        check(
            "a.toml",
            "a = 1979-05-27\nb = inf\n",
            "a = 1979-05-27\nb = inf\n",
        );
        check("a.yaml", "a: [1]\n", "{\"a\":[1]}");
        check("a.txt", "one\r\n\ntwo", "one\r\n\ntwo");
    }
}
