//! `aether completions`: prints a completion script for a shell.

use aether_json::json;
use clap::CommandFactory as _;

use crate::CommandResult;
use crate::args::{Arguments, CompletionsCommand};
use crate::exit::Status;
use crate::output::Output;

pub(crate) fn completions(command: &CompletionsCommand, output: &Output) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(
        command.shell,
        &mut Arguments::command(),
        "aether",
        &mut script,
    );
    if output.is_json() {
        let script = String::from_utf8_lossy(&script);
        let shell = command.shell.to_string();
        output.result(String::new, || json!({ "shell": shell, "script": script }))?;
    } else {
        output.print(&script)?;
    }
    Ok(Status::Done)
}
