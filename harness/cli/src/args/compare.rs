//! The command line of `compare`.

use std::path::PathBuf;

use super::diff::Report;
use crate::commands::{CommandError, CompareRequest, Console, Status, compare};
use aether_harness::Suite;

/// Options of `compare`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The old document or directory.
    before: PathBuf,
    /// The new one.
    after: PathBuf,
    /// What identifies the elements of an array, by its dotted path: `edges=e_id`, or
    /// `ledgers.edges=e_id` in a directory with `ledgers.json`.
    #[arg(long = "key", value_name = "PATH=FIELD")]
    keys: Vec<String>,
    /// Where the ticks of records are: `tick`, `rows.t` in an array of the document, or `ledgers.tick` in
    /// a directory with `ledgers.json`.
    #[arg(long = "tick", value_name = "PATH")]
    ticks: Vec<String>,
    /// Which members are read first, stage by stage in causal order: `flow=edges,nodes`. In a
    /// directory, which documents belong to a stage.
    #[arg(long = "stage", value_name = "NAME=PATH")]
    stages: Vec<String>,
    /// The documents are outputs of this scenario: read them as its `scenario.toml` says (formats, keys,
    /// ticks, stages, volatile values, tolerances).
    #[arg(long, value_name = "SCENARIO.TOML")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    report: Report,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let request = CompareRequest {
            before: self.before,
            after: self.after,
            keys: self.keys,
            ticks: self.ticks,
            stages: self.stages,
            schema: self.schema,
            report: self.report.request(Vec::new()),
        };
        compare(suite, &request, console)
    }
}
