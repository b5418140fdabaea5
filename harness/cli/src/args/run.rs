//! The command line of `run`, which takes the arguments of a Rust test.

use std::ffi::OsString;

use aether_harness::{Runner, Suite};

use crate::commands::{CommandError, Console, Status};

/// Options of `run`: those of any Rust test.
///
/// A filter is a part of trial names (`SCENARIO::CHECK`); `--exact` takes it whole, `--skip` leaves
/// out, `--list` only lists, `--include-ignored` runs long scenarios too, `--test-threads N` sets how
/// many run at once. `--scenario NAME` runs only that scenario, `--shard i/n` only the i-th of n parts
/// of the scenarios. A filter that matches nothing is an error unless `--no-tests=pass` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `[FILTER] [--exact] [--skip FILTER] [--list] [--ignored] [--include-ignored]
    /// [--test-threads N] [--format pretty|terse|json] [--scenario NAME] [--shard I/N]
    /// [--no-tests pass|warn|fail]`.
    #[arg(
        value_name = "TEST-ARGUMENT",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    args: Vec<OsString>,
}

impl Args {
    pub(super) fn run(self, suite: &Suite, _: &mut Console<'_>) -> Result<Status, CommandError> {
        let name = format!("{} run", suite.typed());
        let args = std::iter::once(OsString::from(name)).chain(self.args);
        let passed = Runner::of(suite.clone()).run_with(args)?;
        Ok(if passed {
            Status::Done
        } else {
            Status::Difference
        })
    }
}
