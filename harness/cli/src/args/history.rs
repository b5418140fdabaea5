//! The command line of `history`.

use crate::commands::{CommandError, Console, HistoryRequest, Listing, Status, history};
use aether_harness::Suite;

/// Options of `history`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  history ring5    each commit that changed the goldens of ring5, with its first divergence and reason

Exit status: 0 no value moved since the first goldens; 1 one did; 2 bad input; 3 an I/O failure.")]
pub struct Args {
    /// The scenario, or the goldens of a test.
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
        let request = HistoryRequest {
            name: self.name,
            format: self.format,
        };
        history(suite, &request, console)
    }
}
