//! Runs every check of every scenario in the repository.

use std::process::ExitCode;

use aether_harness::Runner;
use aether_subject::AetherSubject;

fn main() -> ExitCode {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    Runner::new(root).subject(AetherSubject::new(root)).main()
}
