//! The command line of `bisect`.

use std::path::PathBuf;

use crate::commands::{
    BisectFormat, BisectRequest, CommandError, Console, InputsOf, Status, bisect,
};
use aether_harness::Suite;

/// Options of `bisect`.
///
/// Commits are built and run in a cache outside the repository. The tree, the index and the references of the
/// repository stay as they are. A search that was interrupted goes on where it was; `clean` empties the cache.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  bisect --good v1.0               every commit since v1.0, and changes of the tree
  bisect ring5 --good v1.0 --all   examine each commit: also moves that cancel out
  bisect --good HEAD~20 --bad HEAD --format html --out moves.html

Exit status: 0 nothing moved; 1 something did; 2 bad input, or no revision can be built; 3 an internal or I/O \
failure.")]
pub struct Args {
    /// The scenarios to search for; all if none is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The revision from which on moves are looked for.
    #[arg(long, value_name = "REV")]
    good: String,
    /// The last revision; WORKTREE is the tree as it is now, with its changes.
    #[arg(long, value_name = "REV", default_value = "WORKTREE")]
    bad: String,
    /// Examine every commit. Otherwise moves that cancel between two revisions with equal outputs are missed.
    #[arg(long)]
    all: bool,
    /// The inputs with which programs run: those of now, or those of each revision.
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    inputs: InputsOf,
    /// A line of the shell that builds a revision, in place of `[build]`.
    #[arg(long, value_name = "CMD")]
    build: Option<String>,
    /// The test target that holds scenarios whose subject is written in Rust.
    #[arg(long, value_name = "TARGET", default_value = "scenarios")]
    test: String,
    /// How the moves are written.
    #[arg(long, value_enum, default_value_t)]
    format: BisectFormat,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Replace a file at --out that is not known as a report or a bundle of the harness.
    #[arg(long, requires = "out")]
    force: bool,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let request = BisectRequest {
            names: self.names,
            good: self.good,
            bad: self.bad,
            all: self.all,
            inputs: self.inputs,
            build: self.build,
            test: self.test,
            format: self.format,
            out: self.out,
            force: self.force,
        };
        bisect(suite, &request, console)
    }
}
