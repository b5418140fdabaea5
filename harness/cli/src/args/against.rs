//! The command line of `against`.

use std::path::PathBuf;

use crate::commands::{AgainstRequest, CommandError, Console, Listing, Status, against};
use aether_harness::Suite;

/// Options of `against`.
///
/// It is meant for a refactoring that must change nothing. The revision is built and run in a cache outside the
/// repository, as by `bisect`. A command that was interrupted goes on where it was; `clean` empties the cache.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  against HEAD                          does what I have changed since the last commit change an output?
  against main ring5 --cases 1000       the same since main, on a thousand cases of one scenario
  against main ring5 --seed 1 --case 7  one case again
  against main --keep rounding          make the smallest scenario that differs

Exit status: 0 nothing differs; 1 something does; 2 bad input, or the revision cannot be built; 3 an internal or \
I/O failure.")]
pub struct Args {
    /// The revision to compare with.
    #[arg(value_name = "REV")]
    rev: String,
    /// The scenarios; all but long ones if none is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Cases made of each scenario.
    #[arg(long, value_name = "N", default_value_t = 200)]
    cases: u64,
    /// What the cases are made from: equal seeds make equal cases.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Run one case alone, by its number; 0 is the scenario itself.
    #[arg(long, value_name = "K", conflicts_with = "cases")]
    case: Option<u64>,
    /// Make a scenario of the smallest case of each group of differences, made as small as `shrink` can.
    #[arg(long, value_name = "NAME", num_args = 0..=1)]
    keep: Option<Option<String>>,
    /// A line of the shell that builds the revision, in place of `[build]`.
    #[arg(long, value_name = "CMD")]
    build: Option<String>,
    /// The test target that holds scenarios whose subject is written in Rust.
    #[arg(long, value_name = "TARGET", default_value = "scenarios")]
    test: String,
    /// How what differs is written.
    #[arg(long, value_enum, default_value_t)]
    format: Listing,
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
        let request = AgainstRequest {
            rev: self.rev,
            names: self.names,
            cases: self.cases,
            seed: self.seed,
            case: self.case,
            build: self.build,
            test: self.test,
            keep: self.keep,
            ci: super::ci(),
            date: crate::date::today(),
            format: self.format,
            out: self.out,
            force: self.force,
        };
        against(suite, &request, console)
    }
}
