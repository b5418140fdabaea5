//! Chores of the repository: `cargo xtask --help` lists them.
//!
//! The commands over scenarios and goldens are the harness's own; here stands what is true of this
//! repository alone.

mod repository;

use std::path::Path;
use std::process::ExitCode;

use aether_engine::subject::AetherSubject;
use aether_harness::{Suite, cli};
use clap::Parser;

/// Chores of the Aether repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: cli::Command,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = root.parent().unwrap_or(root);
    let suite = Suite::new(root)
        .subject(AetherSubject::new(root))
        .command("cargo xtask")
        .check("folders", repository::folders)
        .with_children();
    let suite = match suite {
        Ok(suite) => suite,
        Err(status) => return status,
    };
    Cli::parse().command.run(&suite)
}
