//! The command line of `check`.

use crate::commands::{CommandError, Console, Status, check};
use aether_harness::Suite;

/// Options of `check`: none.
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    #[expect(clippy::unused_self, reason = "every command is run in the same way")]
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        check(suite, console)
    }
}
