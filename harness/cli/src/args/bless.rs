//! The command line of `bless`.

use std::path::PathBuf;

use crate::commands::{BlessOptions, CommandError, Console, Status, bless};
use aether_harness::Suite;

/// Options of `bless`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scenarios to bless.
    #[arg(value_name = "NAME", required_unless_present = "all")]
    names: Vec<String>,
    /// Bless every scenario.
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Why the goldens change; kept with them.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Also rewrite goldens from which numbers differ only within their tolerances.
    #[arg(long)]
    exact: bool,
    /// Show what would change, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Bless what this bundle holds instead of what a run produces now.
    #[arg(long, value_name = "FILE")]
    from_bundle: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let options = BlessOptions {
            names: self.names,
            all: self.all,
            reason: self.reason,
            exact: self.exact,
            dry_run: self.dry_run,
            from_bundle: self.from_bundle,
            ci: super::ci(),
            date: crate::date::today(),
            another_second: true,
        };
        bless(suite, &options, console)
    }
}
