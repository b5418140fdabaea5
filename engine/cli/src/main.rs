//! The `aether` command: makes runs from files, and stores, inspects, verifies and replays them.
//!
//! `args` declares the command line, `commands` has one file per command, and `exit` maps every
//! outcome to its exit status. Nothing here computes a record.

mod aeon;
mod args;
mod choice;
mod commands;
mod destination;
mod exit;
mod interrupt;
mod json;
mod log_destination;
mod output;
mod plot;
mod progress;
mod registry;
mod report;
mod scenarios;
mod selection;
mod times;

#[cfg(all(test, unix))]
mod tests_disk;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

use args::{Arguments, Command, PressCommand, ProfileCommand, TopologyCommand};
use exit::{Failure, Status};
use output::Output;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error),
    };
    interrupt::be_ready();
    let output = Output::new(arguments.format);
    // Commands that know how far they are show it themselves.
    match &arguments.command {
        Command::Validate(_) => output.wait("checking"),
        Command::Inspect(_) | Command::ShowLedger(_) | Command::Log(_) => output.wait("reading"),
        Command::Run(_) => output.wait("reading the documents"),
        _ => {}
    }
    let status = perform(&arguments.command, &output).unwrap_or_else(|failure| {
        if failure.is_closed_pipe() {
            return Status::Done;
        }
        output.failure(&failure);
        failure.status()
    });
    status.into()
}

fn perform(command: &Command, output: &Output) -> CommandResult {
    match command {
        Command::List(command) => commands::list::list(command, output),
        Command::Validate(command) => commands::validate::validate(command, output),
        Command::Run(command) => commands::run::run(command, output),
        Command::Export(command) => commands::export::export(command, output),
        Command::Sql(command) => commands::sql::sql(command, output),
        Command::Inspect(command) => commands::inspect::inspect(command, output),
        Command::ShowLedger(command) => commands::show_ledger::show_ledger(command, output),
        Command::Verify(command) => commands::verify::verify(command, output),
        Command::Replay(command) => commands::replay::replay(command, output),
        Command::Resume(command) => commands::run::resume(command, output),
        Command::Diff(command) => commands::diff::diff(command, output),
        Command::Why(command) => commands::why::why(command, output),
        Command::Log(command) => commands::log::log(command, output),
        Command::Metrics(command) => commands::metrics::metrics(command, output),
        Command::Plot(command) => commands::plot::plot(command, output),
        Command::Report(command) => commands::report::report(command, output),
        Command::Runs(command) => commands::runs::runs(command, output),
        Command::Profile(ProfileCommand::Show(command)) => commands::profile::show(command, output),
        Command::Init(command) => commands::init::init(command, output),
        Command::Topology(TopologyCommand::New(command)) => {
            commands::topology::new(command, output)
        }
        Command::Topology(TopologyCommand::Import(command)) => {
            commands::topology::import_edges(command, output)
        }
        Command::Press(PressCommand::Pack(command)) => commands::press::pack(command, output),
        Command::Press(PressCommand::Unpack(command)) => commands::press::unpack(command, output),
        Command::Press(PressCommand::Info(command)) => commands::press::info(command, output),
        Command::Sweep(command) => commands::sweep::sweep(command, output),
        Command::Completions(command) => commands::completions::completions(command, output),
    }
}

/// How a command ends.
type CommandResult = Result<Status, Failure>;
