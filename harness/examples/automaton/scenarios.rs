//! What a crate puts into `tests/scenarios.rs`: its goldens as a test target.

mod subject;

use std::process::ExitCode;

use aether_harness::{Layout, Runner};

fn main() -> ExitCode {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/automaton");
    Runner::new(root)
        .layout(Layout::new(root).with_target(concat!(env!("CARGO_TARGET_TMPDIR"), "/automaton")))
        .command("cargo run -p aether-harness-cli --example automaton --")
        .subject(subject::Automaton::new())
        .main()
}
