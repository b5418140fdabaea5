//! The command line of `digest`.

use crate::commands::{CommandError, Console, DigestRequest, Listing, Status, digest};
use aether_harness::Suite;

/// Options of `digest`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  digest grid32                                  the run and its artefacts, of the golden
  digest grid32 --at ticks=64..127/ledgers       a span of ticks, and what is in it
  digest grid32 --at tick=70/ledgers/record=0    a record: the golden has none, so the scenario is run
  digest grid32 --with 'ssh other \"cd work && aether-harness digest grid32 --serve\"'

Exit status: 0 the node is printed, or no record differs; 1 a record differs; 2 bad input, or there is no such \
node; 3 an I/O failure.")]
pub struct Args {
    /// The scenario.
    #[arg(value_name = "NAME")]
    name: String,
    /// The place of the node: tick=T or ticks=A..B, then an artefact, then block=N or record=N, with `/` between
    /// them. The whole run if it is not given.
    #[arg(
        long,
        value_name = "PLACE",
        default_value = "",
        hide_default_value = true
    )]
    at: String,
    /// Of what the program produces now, also where the golden has the node.
    #[arg(long)]
    current: bool,
    /// Find the first record that differs from that of another checkout: a line of the shell that starts `digest
    /// NAME --serve` there.
    #[arg(long, value_name = "CMD", conflicts_with_all = ["at", "serve", "current"])]
    with: Option<String>,
    /// Answer another checkout that looks for the first record that differs, on standard input and output.
    #[arg(long, conflicts_with_all = ["at", "current", "format"])]
    serve: bool,
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
        let request = DigestRequest {
            name: self.name,
            at: self.at,
            current: self.current,
            with: self.with,
            serve: self.serve,
            format: self.format,
        };
        digest(suite, &request, console)
    }
}
