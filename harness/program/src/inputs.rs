//! Finds the documents that a run depends on.

use std::path::PathBuf;

use aether_harness::documents::{Documents, is_document};
use aether_harness::scenario::SCENARIO_FILE;
use aether_harness::{Artefact, Failure, Json, Scenario};
use aether_json::json;

use crate::Places;
use crate::settings::CommandTable;

/// The inputs of a program: the documents of the scenario's directory, those that its arguments
/// name, its standard input, and its command line as written.
pub(crate) fn of_command(
    scenario: &Scenario,
    places: &Places,
    command: &CommandTable,
) -> Result<Artefact, Failure> {
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
    let written = json!({
        "args": command.args,
        "env": command.env,
        "program": command.program.get_ref(),
        "stdin": command.stdin,
    });
    let written = Json::from(&written);
    let file = scenario.display(&scenario.dir().join(SCENARIO_FILE));
    documents.add("command", file, &written);
    documents.artefact()
}
