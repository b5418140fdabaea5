//! The command line of `flaky`.

use std::ffi::OsString;

use crate::commands::{
    CommandError, Console, FlakyOptions, FlakyTestsOptions, Listing, Status, flaky, flaky_tests,
};
use aether_harness::Suite;

/// How often a scenario is run in each way, without `--repeat`.
const SCENARIO_REPEAT: usize = 5;

/// How many rounds of each kind a whole test suite has, without `--repeat`.
const TESTS_REPEAT: usize = 1;

/// Options of `flaky`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scenarios to run; all if none is named.
    #[arg(value_name = "NAME", conflicts_with = "tests")]
    names: Vec<String>,
    /// Run every test of the Rust workspace through nextest, in place of scenarios.
    #[arg(long)]
    tests: bool,
    /// How often each scenario is run in each way [default: 5]; with `--tests`, how many rounds there are as it is, under
    /// load, and in a changed environment [default: 1].
    #[arg(long, value_name = "N")]
    repeat: Option<usize>,
    /// Busy threads that compete with the runs; two for each processor by default.
    #[arg(long, value_name = "N")]
    load: Option<usize>,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    format: Listing,
    /// With `--tests`, arguments of nextest that select tests: `-- --package NAME`, `-- -E 'test(x)'`.
    #[arg(last = true, value_name = "NEXTEST-ARGUMENT", requires = "tests")]
    arguments: Vec<OsString>,
}

impl Args {
    /// Whether it needs a cargo workspace, and no scenarios.
    pub fn is_for_tests(&self) -> bool {
        self.tests
    }

    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let load = self.load.unwrap_or(processors * 2);
        if self.tests {
            let options = FlakyTestsOptions {
                format: self.format,
                arguments: self.arguments,
                ..FlakyTestsOptions::new(self.repeat.unwrap_or(TESTS_REPEAT), load)
            };
            return flaky_tests(suite, &options, console);
        }
        let options = FlakyOptions {
            names: self.names,
            repeat: self.repeat.unwrap_or(SCENARIO_REPEAT),
            load,
            format: self.format,
        };
        flaky(suite, &options, console)
    }
}
