//! `compare`: the same diff of any two documents, or of two directories of them.

use std::fs;
use std::path::{Path, PathBuf};

use super::diff::DiffRequest;
use super::render::{ScenarioDiff, render};
use super::{CommandError, Console, Status};
use aether_harness::evaluate::CheckRun;
use aether_harness::scenario::ScenarioName;
use aether_harness::{Artefact, ArtefactSchema, Check, KeyRule, Schema, Suite};

/// Two sides, and what identifies the elements of their arrays.
#[derive(Clone, Debug, Default)]
pub struct CompareRequest {
    /// The old side: a document (`.json`, `.jsonl`, `.toml`) or a directory of them.
    pub before: PathBuf,
    /// The new side.
    pub after: PathBuf,
    /// `PATH=FIELD[,FIELD…]` each, as [`KeyRule`] reads it: the dotted path of an array, and the
    /// fields that identify its elements. For directories the path starts with the document's name.
    pub keys: Vec<String>,
    /// How differences are written; its names are not looked at.
    pub report: DiffRequest,
}

/// Compares two documents or directories.
///
/// # Errors
/// A side cannot be read, or a key is none.
pub fn compare(
    suite: &Suite,
    request: &CompareRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let is_dir = (request.before.is_dir(), request.after.is_dir());
    let (before, after, mut schema) = match is_dir {
        (true, true) => (
            directory(&request.before)?,
            directory(&request.after)?,
            known_schema(suite, request),
        ),
        (false, false) => (
            vec![document(&request.before, DOCUMENT)?],
            vec![document(&request.after, DOCUMENT)?],
            Schema::default(),
        ),
        _ => {
            return Err(CommandError::Usage(
                "a document and a directory cannot be compared".to_owned(),
            ));
        }
    };
    for key in &request.keys {
        add_key(&mut schema, key, is_dir.0)?;
    }
    let name = format!("{} {}", request.before.display(), request.after.display());
    let compared = ScenarioDiff::comparison(name, before, after, schema);
    let status = Status::of(compared.verdict());
    render(&request.report, &[compared], console)?;
    Ok(status)
}

/// What a single document is called on both sides.
const DOCUMENT: &str = "document";

fn directory(dir: &Path) -> Result<Vec<Artefact>, CommandError> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect()
        })
        .map_err(|error| CommandError::Usage(format!("{}: {error}", dir.display())))?;
    paths.sort();
    let mut artefacts = Vec::new();
    for path in paths {
        let is_document = path
            .extension()
            .is_some_and(|extension| extension == "json" || extension == "jsonl");
        if is_document {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            artefacts.push(document(&path, &name)?);
        }
    }
    if artefacts.is_empty() {
        return Err(CommandError::Usage(format!(
            "{}: there are no .json documents in it",
            dir.display()
        )));
    }
    Ok(artefacts)
}

fn document(path: &Path, name: &str) -> Result<Artefact, CommandError> {
    let problem = |error: String| CommandError::Usage(format!("{}: {error}", path.display()));
    let bytes = fs::read(path).map_err(|error| problem(error.to_string()))?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension {
        Some("jsonl") => Artefact::from_json_lines(name, &bytes),
        Some("toml") => {
            let text = String::from_utf8(bytes).map_err(|error| problem(error.to_string()))?;
            let value: toml::Value =
                toml::from_str(&text).map_err(|error| problem(error.to_string()))?;
            let json = aether_json::to_vec(&value).map_err(|error| problem(error.to_string()))?;
            Artefact::from_json(name, &json)
        }
        _ => Artefact::from_json(name, &bytes),
    }
    .map_err(|error| problem(error.to_string()))
}

/// The subject's schema, if a side has the name of a scenario.
fn known_schema(suite: &Suite, request: &CompareRequest) -> Schema {
    let schema = |dir: &Path| {
        let dir = fs::canonicalize(dir).ok()?;
        let name = ScenarioName::new(dir.file_name()?.to_str()?).ok()?;
        let scenario = suite.look_up(name.as_str())?.scenario.ok()?;
        let run = CheckRun::open(suite, &scenario, &Check::Golden).ok()?;
        Some(run.prepared().schema())
    };
    schema(&request.after)
        .or_else(|| schema(&request.before))
        .unwrap_or_default()
}

/// Adds a key; one for the same array that the subject declared gives way.
fn add_key(schema: &mut Schema, key: &str, in_directory: bool) -> Result<(), CommandError> {
    let mut rule: KeyRule = key
        .parse()
        .map_err(|error| CommandError::Usage(format!("--key: {error}")))?;
    if rule.fields.is_empty() {
        return Err(CommandError::Usage(format!(
            "--key {key}: the field is missing"
        )));
    }
    let artefact = if in_directory {
        let path = rule.path.clone();
        let (artefact, path) = path.split_once('.').unwrap_or((&path, ""));
        path.clone_into(&mut rule.path);
        artefact.to_owned()
    } else {
        DOCUMENT.to_owned()
    };
    let listed = schema
        .artefacts
        .iter_mut()
        .find(|rules| rules.name == artefact);
    match listed {
        Some(rules) => {
            rules.keys.retain(|other| other.path != rule.path);
            rules.keys.push(rule);
        }
        None => schema.artefacts.push(ArtefactSchema {
            name: artefact,
            keys: vec![rule],
            ..ArtefactSchema::default()
        }),
    }
    Ok(())
}
