//! The command line of `review`.

use std::time::Duration;

use crate::commands::{CommandError, Console, ReviewOptions, Status, WebOptions, review};
use aether_harness::Suite;

/// Options of `review`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scenarios to review; all if none is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Review on a page in the browser, which this command serves on 127.0.0.1; prints its address.
    #[arg(long)]
    web: bool,
    /// The port of the page; 0 for a free one.
    #[arg(long, value_name = "N", requires = "web", default_value_t = 0)]
    port: u16,
    /// End the review when nobody has used the page for this long.
    #[arg(
        long,
        value_name = "MINUTES",
        requires = "web",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=24 * 60)
    )]
    idle: u64,
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
            web: self.web.then(|| WebOptions {
                port: self.port,
                idle: Duration::from_secs(self.idle * 60),
            }),
        };
        review(suite, &options, console)
    }
}
