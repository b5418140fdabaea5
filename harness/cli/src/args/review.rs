//! The command line of `review`.

use crate::commands::{CommandError, Console, ReviewOptions, Status, review};
use aether_harness::Suite;

/// Options of `review`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scenarios to review; all if none is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let options = ReviewOptions {
            names: self.names,
            ci: super::ci(),
            date: crate::date::today(),
        };
        review(suite, &options, console)
    }
}
