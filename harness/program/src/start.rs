//! Finds the program to start, and explains why one cannot be started.

use std::io;
use std::path::{Path, PathBuf};

use crate::Places;
use aether_harness::{Failure, MachineFailure as _, Scenario};

use crate::settings::CommandTable;

/// The program to start: a path is relative to the scenario's directory, a bare name is looked up in
/// `PATH`.
pub(crate) fn resolved(command: &CommandTable, places: &Places) -> PathBuf {
    program(command.program.get_ref(), places)
}

/// The same for the program of another command.
pub(crate) fn program(written: &str, places: &Places) -> PathBuf {
    let program = places.filled(written);
    if program.contains(['/', '\\']) {
        places.scenario.join(program)
    } else {
        PathBuf::from(program)
    }
}

/// Why the program could not be started. That does not count as a failure of the program, so a scenario that
/// expects a failure does not have it here.
pub(crate) fn failure(
    command: &CommandTable,
    scenario: &Scenario,
    places: &Places,
    program: &Path,
    error: &io::Error,
) -> Failure {
    let written = command.program.get_ref();
    let is_path = written.contains(['/', '\\']);
    let shown = scenario.display(program);
    let why = match error.kind() {
        io::ErrorKind::NotFound if is_path && program.exists() => {
            format!("{shown} exists, but its interpreter does not (see its first line, `#!…`)")
        }
        io::ErrorKind::NotFound if is_path => format!(
            "{shown} does not exist: a program with a slash is a path from the scenario's directory \
             ({{root}} is the workspace)"
        ),
        io::ErrorKind::NotFound => not_in_path(command, places),
        io::ErrorKind::PermissionDenied => {
            format!("{shown} is not executable: chmod +x it, or name its interpreter as program")
        }
        _ => error.to_string(),
    };
    let message = format!("the program `{written}` cannot be started: {why}");
    if error.kind() != io::ErrorKind::PermissionDenied && error.is_of_machine() {
        Failure::machine(message)
    } else {
        Failure::invalid(message)
    }
}

fn not_in_path(command: &CommandTable, places: &Places) -> String {
    let written = command.program.get_ref();
    #[expect(
        clippy::disallowed_methods,
        reason = "a message about a program that is not there; no result depends on it"
    )]
    let inherited = std::env::var_os("PATH");
    let path = match command.env.get("PATH") {
        Some(path) => places.filled(path),
        None => inherited.unwrap_or_default().to_string_lossy().into_owned(),
    };
    let here = if places.scenario.join(written).is_file() {
        format!("; the scenario's directory has one: did you mean ./{written}?")
    } else {
        "; one in the scenario's directory is written with a slash, as ./NAME".to_owned()
    };
    format!("no directory of PATH has it ({path}){here}")
}
