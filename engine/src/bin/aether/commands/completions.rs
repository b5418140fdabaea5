//! `aether completions`: a script for a shell.

use clap::CommandFactory as _;

use crate::Ended;
use crate::args::{Arguments, CompletionsCommand};
use crate::exit::Status;
use crate::output::Output;

pub(crate) fn completions(command: &CompletionsCommand, output: &Output) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(
        command.shell,
        &mut Arguments::command(),
        "aether",
        &mut script,
    );
    output.print(&script)?;
    Ok(Status::Done)
}
