//! The command line of `new`.

use std::path::PathBuf;

use crate::commands::{CommandError, Console, NewOptions, Status, new};
use aether_harness::Suite;

/// Options of `new`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The name of the new scenario.
    name: String,
    /// Start from the files of this scenario.
    #[arg(long, value_name = "SCENARIO")]
    from: Option<String>,
    /// Start from the documents that a failed property left in this directory.
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    from_counterexample: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let options = NewOptions {
            name: self.name,
            from: self.from,
            from_counterexample: self.from_counterexample,
        };
        new(suite, &options, console)
    }
}
