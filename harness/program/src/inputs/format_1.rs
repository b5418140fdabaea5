//! The inputs of a program as goldens of format 1 have them.

use std::path::PathBuf;

use aether_harness::documents::{Documents, is_document};
use aether_harness::{Failure, FileRole, Scenario, ScenarioFile, Stored};
use aether_json::Value;

use crate::Places;
use crate::settings::CommandTable;

/// The documents of the scenario's directory, those that are whole arguments, and standard input.
pub(super) fn documents(
    scenario: &Scenario,
    places: &Places,
    command: &CommandTable,
) -> Result<Documents, Failure> {
    let mut documents = Documents::of(scenario)?;
    let named = command
        .args
        .iter()
        .filter(|arg| arg.contains("{root}") || arg.contains("{scenario}"))
        .map(|arg| PathBuf::from(places.filled(arg)))
        .filter(|path| is_document(path) && path.is_file());
    let stdin = command.stdin.as_ref().map(|stdin| places.file(stdin));
    for path in named.chain(stdin) {
        documents.add_file(scenario, &path)?;
    }
    Ok(documents)
}

/// Their roles: all of them are inputs, and nothing else has one.
pub(super) fn listed(documents: &Documents) -> Vec<ScenarioFile> {
    let listed = documents.files().map(|(path, value)| ScenarioFile {
        path: path.to_owned(),
        role: FileRole::Input,
        rule: "a document, as in format 1".to_owned(),
        stored: match value {
            Value::String(_) => Stored::Lines,
            Value::Object(members) if members.keys().eq(["sha256"]) => Stored::Digest,
            _ => Stored::Structure,
        },
        why: None,
    });
    let mut listed: Vec<ScenarioFile> = listed.collect();
    listed.sort_by(|a, b| a.path.cmp(&b.path));
    listed
}
