//! The command line of `diff`, and the options that all reports share.

use std::path::PathBuf;

use crate::commands::{CommandError, Console, DiffRequest, Format, RebuildOptions, Status, diff};
use aether_harness::Suite;

/// Options of `diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scenarios to compare; all if none is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Show the values that differ from run to run (`[[outputs.volatile]]`), as the run produced them.
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    rebuild: Rebuild,
    #[command(flatten)]
    report: Report,
}

/// How records are made again.
#[derive(Debug, clap::Args)]
pub(super) struct Rebuild {
    /// Where goldens are digests, make the old records again with the program of the goldens, from the history of
    /// git, and report values.
    #[arg(long)]
    rebuild: bool,
    /// With --rebuild, a line of the shell that builds that program, in place of `[build]`.
    #[arg(long, value_name = "CMD", requires = "rebuild")]
    build: Option<String>,
    /// With --rebuild, the test target that holds scenarios whose subject is written in Rust.
    #[arg(
        long,
        value_name = "TARGET",
        default_value = "scenarios",
        requires = "rebuild"
    )]
    test: String,
}

impl Rebuild {
    pub(super) fn options(self) -> Option<RebuildOptions> {
        self.rebuild.then_some(RebuildOptions {
            build: self.build,
            test: self.test,
        })
    }
}

/// How a report is written.
#[derive(Debug, clap::Args)]
pub(super) struct Report {
    /// List every change, not only the first and the counts.
    #[arg(long)]
    all: bool,
    /// How differences are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Replace a file at --out that is not known as a report or a bundle of the harness.
    #[arg(long, requires = "out")]
    force: bool,
}

impl Report {
    pub(super) fn request(self, names: Vec<String>) -> DiffRequest {
        DiffRequest {
            names,
            raw: false,
            rebuild: None,
            all: self.all,
            format: self.format,
            out: self.out,
            force: self.force,
        }
    }
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let mut request = self.report.request(self.names);
        request.raw = self.raw;
        request.rebuild = self.rebuild.options();
        diff(suite, &request, console)
    }
}
