//! Chores of the repository: `cargo xtask --help` lists them.
//!
//! The commands for scenarios and goldens are those of the harness. Here are the checks that only
//! this repository needs, a run of its CI, and the report of its benchmarks.

// They panic where a standard stream is full or closed, and the exit status would be lost.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod bench;
mod ci;
mod coverage;
mod crates;
mod disk;
mod english;
mod folders;
mod pages;
mod repository;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aether_harness::Suite;
use aether_harness_cli::require_root;
use aether_program::CommandSubject;
use aether_subject::AetherSubject;
use clap::Parser;

/// Chores of the Aether repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    /// A different directory with `scenarios/`, whose scenarios name their own programs.
    #[arg(long, value_name = "DIR", global = true)]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Measure the targets of the repository's speed in one report.
    Bench(bench::Args),
    /// Run the steps of the workflows' Linux jobs here, in a clean clone.
    Ci(ci::Args),
    #[command(flatten)]
    Harness(aether_harness_cli::Command),
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = root.parent().unwrap_or(root);
    let suite = Suite::new(root)
        .subject(CommandSubject)
        .subject(AetherSubject::new(root))
        .command("cargo xtask")
        .check("folders", repository::folders)
        .check("crates", crates::crates)
        .check("order", folders::order)
        .check("disk", disk::seam)
        .check("english", english::english)
        .check("pages", pages::generated)
        .check("keys", pages::keys)
        .check("coverage", coverage::coverage)
        .with_children();
    let suite = match suite {
        Ok(suite) => suite,
        Err(status) => return status,
    };
    let Cli { root, command } = match Cli::try_parse_from(aether_harness_cli::arguments()) {
        Ok(parsed) => parsed,
        Err(error) => return aether_harness_cli::usage(&error),
    };
    let named = root.as_deref().map(|root| require_root(root, false));
    if let Some(Err(error)) = named {
        // If standard error cannot be written, nobody can be told, and the status stays.
        let _ = writeln!(io::stderr(), "error: {error}");
        return ExitCode::from(error.code());
    }
    let command = match command {
        Command::Bench(args) => return args.run(root.as_deref().unwrap_or(suite.paths().root())),
        Command::Ci(args) => return args.run(root.as_deref().unwrap_or(suite.paths().root())),
        Command::Harness(command) => command,
    };
    match root.as_deref().map(elsewhere) {
        None => command.run(&suite),
        Some(Ok(suite)) => command.run(&suite),
        Some(Err(status)) => status,
    }
}

/// The suite of a different directory, without the subjects and checks of this repository.
fn elsewhere(root: &Path) -> Result<Suite, ExitCode> {
    Suite::new(root)
        .subject(CommandSubject)
        .command("cargo xtask")
        .rooted(root)
        .with_children()
}
