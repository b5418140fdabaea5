//! The command line of `sensitivity`.

use crate::commands::{CommandError, Console, Listing, SensitivityOptions, Status, sensitivity};
use aether_harness::Suite;

/// Options of `sensitivity`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scenarios to try; all except long ones if none is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Changes tried in each scenario, at most; spread evenly over what can be changed.
    #[arg(long, value_name = "N", default_value_t = 100)]
    max: usize,
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
        let options = SensitivityOptions {
            names: self.names,
            max: self.max,
            format: self.format,
        };
        sensitivity(suite, &options, console)
    }
}
