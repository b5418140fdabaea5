//! Tests of the configuration as its users see it: documents become plans or reports.

mod corpus;
mod errors_page;
mod foreign;
mod ground;
mod pages;
mod plans;
mod round_trip;
mod schemas;
mod shipped;

use std::path::{Path, PathBuf};

use aether_engine::config::{FileSystem, MemoryDocuments, RunPlan};

use ground::{AEON, AEON_RUN, PFNA, PROFILE, RUN, TOPOLOGY, documents, load, with_grammar};

/// The root of the repository, where the paths of reports start.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files() -> FileSystem {
    FileSystem::new(root())
}

#[track_caller]
fn plan(documents: &MemoryDocuments) -> RunPlan {
    load(documents).unwrap_or_else(|report| panic!("{}", report.render(false)))
}

/// Compares a golden file, or writes it if the test binary is asked to bless.
///
/// `cargo test -p aether-engine --test config -- --ignored bless` rewrites all of them.
fn golden(path: &Path, actual: &str, bless: bool) -> Result<(), String> {
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    if bless {
        return std::fs::write(path, actual).map_err(|error| error.to_string());
    }
    let shown = path.file_name().unwrap_or_default().to_string_lossy();
    Err(format!(
        "{shown}\n--- expected\n{expected}\n+++ actual\n{actual}"
    ))
}
