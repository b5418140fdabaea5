//! The command line of `show`.

use crate::commands::{CommandError, Console, Listing, ShowRequest, Status, show};
use aether_harness::Suite;

/// Options of `show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scenario.
    #[arg(value_name = "NAME")]
    name: String,
    /// How it is written.
    #[arg(long, value_enum, default_value_t)]
    format: Listing,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let request = ShowRequest {
            name: self.name,
            format: self.format,
        };
        show(suite, &request, console)
    }
}
