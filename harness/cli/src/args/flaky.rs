//! The command line of `flaky`.

use crate::commands::{CommandError, Console, FlakyOptions, Listing, Status, flaky};
use aether_harness::Suite;

/// Options of `flaky`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scenarios to run; all if none is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How often each is run in each way.
    #[arg(long, value_name = "N", default_value_t = 5)]
    repeat: usize,
    /// Busy threads that compete with the runs; two for each processor by default.
    #[arg(long, value_name = "N")]
    load: Option<usize>,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    format: Listing,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let options = FlakyOptions {
            names: self.names,
            repeat: self.repeat,
            load: self.load.unwrap_or(processors * 2),
            format: self.format,
        };
        flaky(suite, &options, console)
    }
}
