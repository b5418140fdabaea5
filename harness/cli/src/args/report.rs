//! The command line of `report`.

use std::path::PathBuf;

use crate::commands::{CommandError, Console, ReportFormat, ReportRequest, Status, report};
use aether_harness::Suite;

/// Options of `report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directories with results, one per shard; the newest run of this workspace if none is named.
    #[arg(value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// Long trials should have results too.
    #[arg(long)]
    include_ignored: bool,
    /// How the results are written.
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Replace a file at --out that is not known as a report or a bundle of the harness.
    #[arg(long, requires = "out")]
    force: bool,
    /// With `--format markdown`, name the commits after this one that change both goldens and the program.
    #[arg(long, value_name = "COMMIT")]
    since: Option<String>,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let request = ReportRequest {
            dirs: self.dirs,
            include_ignored: self.include_ignored,
            format: self.format,
            out: self.out,
            force: self.force,
            since: self.since,
        };
        report(suite, &request, console)
    }
}
