//! The documents that a run rests on.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Places;
use super::process::invalid_io;
use crate::scenario::{CommandTable, SCENARIO_FILE};
use crate::sha256::sha256_hex;
use crate::{Artefact, Failure, Layout};

/// Files that are inputs: documents, not programs.
const EXTENSIONS: [&str; 8] = ["csv", "json", "jsonl", "toml", "tsv", "txt", "yaml", "yml"];

/// Texts up to this size stand in `inputs` as they are, longer ones by their digest.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// `inputs` as it grows: members by name, and the file of each.
#[derive(Debug, Default)]
struct Members {
    members: BTreeMap<String, Value>,
    files: BTreeMap<String, String>,
}

impl Members {
    fn add(&mut self, name: String, file: String, value: Value) {
        self.files.insert(name.clone(), file);
        self.members.insert(name, value);
    }

    fn artefact(mut self) -> Result<Artefact, Failure> {
        self.members.insert("files".to_owned(), json!(self.files));
        Artefact::from_json("inputs", json!(self.members).to_string().as_bytes())
            .map_err(|error| Failure::invalid(error.to_string()))
    }
}

/// The inputs of a subject that does not say what they are: the documents of the scenario's
/// directory.
pub(crate) fn of_scenario(scenario: &Path) -> Result<Artefact, Failure> {
    let layout = scenario
        .parent()
        .and_then(Path::parent)
        .map_or_else(|| Layout::new(scenario), Layout::new);
    documents(scenario, &layout)?.artefact()
}

/// The inputs of a program: the documents of the scenario's directory, those that its arguments
/// name, its standard input, and its command line as it is written.
pub(super) fn of_command(places: Places<'_>, command: &CommandTable) -> Result<Artefact, Failure> {
    let mut members = documents(places.scenario, places.layout)?;
    let named = command
        .args
        .iter()
        .filter(|arg| arg.contains("{root}") || arg.contains("{scenario}"))
        .map(|arg| PathBuf::from(places.filled(arg)))
        .filter(|path| is_document(path) && path.is_file());
    let stdin = command.stdin.as_ref().map(|stdin| places.file(stdin));
    for path in named.chain(stdin) {
        let shown = places.layout.display(&path);
        if !members.files.values().any(|file| *file == shown) {
            members.add(shown.clone(), shown, document(&path)?);
        }
    }
    members.add(
        "command".to_owned(),
        places.layout.display(&places.scenario.join(SCENARIO_FILE)),
        json!({
            "args": command.args,
            "env": command.env,
            "program": command.program.get_ref(),
            "stdin": command.stdin,
        }),
    );
    members.artefact()
}

/// The documents below a scenario's directory, but `scenario.toml` itself and hidden ones.
fn documents(scenario: &Path, layout: &Layout) -> Result<Members, Failure> {
    let mut paths = Vec::new();
    find(scenario, &mut paths)?;
    let own = scenario.join(SCENARIO_FILE);
    let mut members = Members::default();
    for path in paths.into_iter().filter(|path| *path != own) {
        let name = path.strip_prefix(scenario).unwrap_or(&path);
        let name = name.to_string_lossy().replace('\\', "/");
        members.add(name, layout.display(&path), document(&path)?);
    }
    Ok(members)
}

/// Directories behind symbolic links are not entered: they may lead anywhere, and in circles.
fn find(dir: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(dir).map_err(|error| invalid_io(dir, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| invalid_io(dir, &error))?;
        let kind = entry
            .file_type()
            .map_err(|error| invalid_io(&entry.path(), &error))?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            find(&path, paths)?;
        } else if is_document(&path) && path.is_file() {
            paths.push(path);
        }
    }
    Ok(())
}

fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

/// A document as it stands in `inputs`: parsed where it is JSON or TOML, else as text, else as a
/// digest.
pub(super) fn document(path: &Path) -> Result<Value, Failure> {
    let bytes = fs::read(path).map_err(|error| invalid_io(path, &error))?;
    let digest = json!({ "sha256": sha256_hex(&bytes) });
    let Ok(text) = String::from_utf8(bytes) else {
        return Ok(digest);
    };
    let parsed = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => serde_json::from_str::<Value>(&text).ok(),
        Some("toml") => toml::from_str::<toml::Value>(&text)
            .ok()
            .and_then(|value| serde_json::to_value(value).ok()),
        _ => None,
    };
    Ok(match parsed {
        Some(value) => value,
        None if text.len() <= TEXT_BYTES_MAX => Value::String(text),
        None => digest,
    })
}
