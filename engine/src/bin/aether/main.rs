//! The `aether` command: runs made from files, stored, inspected, verified and replayed.
//!
//! `args` says what can be typed, `commands` has a file a command, `exit` maps every way to end to
//! its status. Nothing here computes a record.

mod args;
mod commands;
mod exit;
mod log_destination;
mod output;
mod registry;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use exit::{Failure, Status};
use output::Output;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error),
    };
    let output = Output::new(arguments.format);
    let ended = match &arguments.command {
        Command::List(command) => commands::list::list(command, &output),
        Command::Validate(command) => commands::validate::validate(command, &output),
        Command::Run(command) => commands::run::run(command, &output),
        Command::Export(command) => commands::export::export(command, &output),
    };
    let status = ended.unwrap_or_else(|failure| {
        output.failure(&failure);
        failure.status()
    });
    status.into()
}

/// What a command comes to.
type Ended = Result<Status, Failure>;
