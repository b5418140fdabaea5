//! The command line of `shrink`.

use std::path::PathBuf;
use std::time::Duration;

use crate::commands::{CommandError, Console, Listing, ShrinkRequest, Status, shrink};
use aether_harness::Suite;

/// Options of `shrink`.
///
/// Elements, members, lines and texts of the inputs are removed, and numbers moved towards 0, as long as the fault
/// stays the same: the same verdict, and the same error or the same first divergence. Each candidate runs in a
/// directory for temporary files; the scenario itself is not changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shrink ring5                              as small as it can be
  shrink ring5 --against v1.0 --keep tiny   where the programs of now and then differ; as a scenario
  shrink --case target/counterexample       a directory that could be a scenario

Exit status: 0 found; 2 the scenario does not fail or cannot be shrunk, or bad input; 3 an internal or I/O failure.")]
pub struct Args {
    /// The scenario to shrink.
    #[arg(value_name = "NAME", required_unless_present = "case")]
    name: Option<String>,
    /// A directory that could be a scenario, in place of a scenario.
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    case: Option<PathBuf>,
    /// The revision whose program is compared with that of now, if runs by themselves show no fault. Otherwise it is
    /// the one that made the goldens.
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// Make what was found a scenario of this name.
    #[arg(long, value_name = "NEW-NAME")]
    keep: Option<String>,
    /// Accept a different first divergence, or a different error, with the same verdict.
    #[arg(long)]
    any: bool,
    /// How long the search may take (`90s`, `10m`): the smallest inputs so far are then what was found.
    #[arg(long, value_name = "SPAN", value_parser = humantime::parse_duration)]
    budget: Option<Duration>,
    /// How many candidates may be tried [default: 1,000, and 100 for each value of the inputs]. A fault that depends on its
    /// inputs in no sensible way could be looked for without end.
    #[arg(long, value_name = "N")]
    candidates: Option<u64>,
    /// A line of the shell that builds the revision, in place of `[build]`.
    #[arg(long, value_name = "CMD")]
    build: Option<String>,
    /// The test target that holds scenarios whose subject is written in Rust.
    #[arg(long, value_name = "TARGET", default_value = "scenarios")]
    test: String,
    /// How what was found is written.
    #[arg(long, value_enum, default_value_t)]
    format: Listing,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let request = ShrinkRequest {
            name: self.name,
            case: self.case,
            against: self.against,
            other: None,
            keep: self.keep,
            any: self.any,
            budget: self.budget,
            candidates: self.candidates,
            build: self.build,
            test: self.test,
            format: self.format,
            ci: super::ci(),
            date: crate::date::today(),
        };
        shrink(suite, &request, console)
    }
}
