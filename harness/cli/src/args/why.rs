//! The command line of `why`.

use std::path::PathBuf;

use super::diff::Rebuild;
use crate::commands::{CommandError, Console, Status, WhyFormat, WhyRequest, why};
use aether_harness::Suite;

/// Options of `why`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  why monday                                   from the first value that differs
  why monday --at 'minutes[minute=9].waiting'  from another one
  why monday --rebuild                         from records that are made again, where goldens are digests
  why monday --format html --out why.html      a page with a picture

Exit status: 0 the causes are shown; 2 the value does not differ, it is not known what it is computed from, or other \
bad input; 3 an I/O failure.")]
pub struct Args {
    /// The scenario.
    #[arg(value_name = "NAME")]
    name: String,
    /// The path of a value that differs, as reports write it; the first divergence if it is not given.
    #[arg(long, value_name = "PATH")]
    at: Option<String>,
    /// How many values are written at most, the nearest ones.
    #[arg(long, value_name = "N", default_value_t = aether_why::LIMIT)]
    limit: usize,
    /// Write every step of the shortest path and every cause.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    rebuild: Rebuild,
    /// How it is written.
    #[arg(long, value_enum, default_value_t)]
    format: WhyFormat,
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
        let request = WhyRequest {
            name: self.name,
            at: self.at,
            limit: self.limit,
            all: self.all,
            rebuild: self.rebuild.options(),
            format: self.format,
            out: self.out,
            force: self.force,
        };
        why(suite, &request, console)
    }
}
