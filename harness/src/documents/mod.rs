//! The documents of a scenario's directory, as inputs.

mod toml_value;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aether_disk as fs;
use aether_json::{Value, json};

use crate::scenario::{SCENARIO_FILE, Scenario};
use crate::sha256::sha256_hex;
use crate::{Artefact, Failure, INPUTS, Json, MachineFailure as _};

pub use toml_value::{TomlError, toml_value};

/// Files that are inputs: documents, not programs.
const EXTENSIONS: [&str; 8] = ["csv", "json", "jsonl", "toml", "tsv", "txt", "yaml", "yml"];

/// Texts up to this size are kept as they are, longer ones as their digest.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// The inputs of a scenario whose subject reads the documents of its directory as they are (`.json`,
/// `.jsonl`, `.toml`, `.yaml`, `.csv`, `.tsv`, `.txt`; not `scenario.toml`).
///
/// # Errors
/// A document cannot be read.
pub fn documents(scenario: &Scenario) -> Result<Artefact, Failure> {
    Documents::of(scenario)?.artefact()
}

/// Inputs as they are collected: one member per document, and the file of each.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    members: BTreeMap<String, Value>,
    files: BTreeMap<String, String>,
    /// Whether the rules are those of new goldens, not of format 1.
    is_newest: bool,
}

impl Documents {
    /// The documents below a scenario's directory, except `scenario.toml` and hidden ones.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn of(scenario: &Scenario) -> Result<Self, Failure> {
        let mut paths = Vec::new();
        find(scenario.dir(), &mut paths)?;
        let own = scenario.dir().join(SCENARIO_FILE);
        let format = crate::snapshot::format_of(scenario)
            .map_err(|error| Failure::unreadable(scenario.dir(), &error))?;
        let mut documents = Self {
            is_newest: format > 1,
            ..Self::default()
        };
        for path in paths.into_iter().filter(|path| *path != own) {
            let name = path.strip_prefix(scenario.dir()).unwrap_or(&path);
            let name = name.to_string_lossy().replace('\\', "/");
            let value = documents.read(scenario, &path)?;
            documents.insert(name, scenario.display(&path), value);
        }
        Ok(documents)
    }

    /// Adds a file under its path, unless it is among the documents.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn add_file(&mut self, scenario: &Scenario, path: &Path) -> Result<(), Failure> {
        let shown = scenario.display(path);
        if !self.files.values().any(|file| *file == shown) {
            let value = self.read(scenario, path)?;
            self.insert(shown.clone(), shown, value);
        }
        Ok(())
    }

    fn read(&self, scenario: &Scenario, path: &Path) -> Result<Value, Failure> {
        if !self.is_newest {
            return document(path);
        }
        let real = fs::canonicalize(path).map_err(|error| Failure::unreadable(path, &error))?;
        let root = fs::canonicalize(scenario.root());
        if !root.is_ok_and(|root| real.starts_with(root)) {
            // A link may lead to what nobody meant to publish.
            let bytes = fs::read(&real).map_err(|error| Failure::unreadable(path, &error))?;
            return Ok(json!({ "sha256": sha256_hex(&bytes), "size": bytes.len() as u64 }));
        }
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            match fs::read_to_string(path) {
                Ok(text) => {
                    if let Ok(value) = toml_value(&text) {
                        return Ok(value);
                    }
                }
                Err(error) if error.is_of_machine() => {
                    return Err(Failure::unreadable(path, &error));
                }
                Err(_) => {}
            }
        }
        document(path)
    }

    /// Adds a member that is not a file's content; `file` is where it comes from.
    pub fn add(&mut self, name: &str, file: String, value: &Json) {
        self.insert(name.to_owned(), file, value.to_value());
    }

    /// The files that were added, each with its content as inputs have it.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Value)> {
        let files = self.files.iter();
        files.filter_map(|(name, file)| Some((file.as_str(), self.members.get(name)?)))
    }

    /// The documents as the artefact `inputs`.
    ///
    /// # Errors
    /// They are nested too deeply.
    pub fn artefact(mut self) -> Result<Artefact, Failure> {
        self.members.insert("files".to_owned(), json!(self.files));
        Artefact::from_json(INPUTS, json!(self.members).to_string().as_bytes())
            .map_err(|error| Failure::invalid(error.to_string()))
    }

    fn insert(&mut self, name: String, file: String, value: Value) {
        self.files.insert(name.clone(), file);
        self.members.insert(name, value);
    }
}

/// Directories behind symbolic links are not entered: they may lead anywhere, and in circles.
fn find(dir: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(dir).map_err(|error| Failure::unreadable(dir, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Failure::unreadable(dir, &error))?;
        let path = entry.path();
        let kind = entry
            .file_type()
            .map_err(|error| Failure::unreadable(&path, &error))?;
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

/// Whether the name of a file says that it is a document.
pub fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

/// The content of a file as inputs have it.
///
/// # Errors
/// It cannot be read.
pub fn content(path: &Path) -> Result<Json, Failure> {
    let value = document(path)?;
    Ok(Json::from(&value))
}

/// A document as inputs have it: parsed if it is JSON or TOML, else as text, else as a digest.
fn document(path: &Path) -> Result<Value, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::unreadable(path, &error))?;
    let digest = json!({ "sha256": sha256_hex(&bytes) });
    let Ok(text) = String::from_utf8(bytes) else {
        return Ok(digest);
    };
    let parsed = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => aether_json::from_str::<Value>(&text).ok(),
        Some("toml") => toml::from_str::<toml::Value>(&text)
            .ok()
            .and_then(|value| aether_json::to_value(&value).ok()),
        _ => None,
    };
    Ok(match parsed {
        Some(value) => value,
        None if text.len() <= TEXT_BYTES_MAX => Value::String(text),
        None => digest,
    })
}
