//! The command line of `clean`.

use crate::commands::{CommandError, Console, Status, clean};
use aether_harness::Suite;

/// Options of `clean`: none.
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    #[expect(clippy::unused_self, reason = "as other commands")]
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        clean(suite, console)
    }
}
