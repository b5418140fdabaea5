//! What a crate puts into a binary beside its tests: `diff`, `bless` and the other commands.
//!
//! ```sh
//! cargo run -p aether-harness-cli --example automaton -- run
//! AUTOMATON_REGRESSION=1 cargo run -p aether-harness-cli --example automaton -- diff
//! ```

mod subject;

use std::process::ExitCode;

use aether_harness::{Layout, Suite};
use clap::Parser;

/// Commands over the scenarios of the automaton.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: aether_harness_cli::Command,
}

fn main() -> ExitCode {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/automaton");
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/automaton");
    let suite = Suite::new(root)
        .layout(Layout::new(root).with_target(target))
        .command("cargo run -p aether-harness-cli --example automaton --")
        .subject(subject::Automaton::new())
        .with_children();
    match suite {
        Ok(suite) => Cli::parse().command.run(&suite),
        Err(status) => status,
    }
}
