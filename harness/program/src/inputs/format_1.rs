//! The inputs of a program as goldens of format 1 have them.

use std::path::PathBuf;

use aether_harness::documents::{Documents, is_document};
use aether_harness::{Failure, Scenario};

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
