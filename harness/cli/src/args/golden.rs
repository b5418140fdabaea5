//! The command line of `golden`.

use std::path::PathBuf;

use crate::commands::{CommandError, Console, GoldenOptions, Status, golden};
use aether_harness::Suite;

/// Options of `golden`.
///
/// What a test calls to keep records that it made itself, without a scenario. The goldens are in
/// fixtures/snapshots/NAME/, under the same rules as those of scenarios.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The name of the goldens, which no scenario has.
    name: String,
    /// The JSON document; standard input if it is not given.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// What the document is called in reports, and its golden.
    #[arg(long, value_name = "NAME", default_value = "document")]
    artefact: String,
    /// What identifies the elements of an array, by its dotted path: `edges=e_id`, or `=tick` for the
    /// document's own array.
    #[arg(long = "key", value_name = "PATH=FIELD")]
    keys: Vec<String>,
    /// The field that holds a record's tick.
    #[arg(long, value_name = "FIELD")]
    tick: Option<String>,
    /// The stage that the document belongs to.
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// The test that made the document, as FILE::NAME; kept with the goldens.
    #[arg(long, value_name = "ID")]
    test: Option<String>,
    /// What people type to run the test again; messages suggest it.
    #[arg(long, value_name = "COMMAND")]
    typed: Option<String>,
    /// Make the document the golden.
    #[arg(long)]
    bless: bool,
    /// Why the golden changes; kept with it.
    #[arg(long, value_name = "TEXT", requires = "bless")]
    reason: Option<String>,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let options = GoldenOptions {
            name: self.name,
            document: self.document,
            artefact: self.artefact,
            keys: self.keys,
            tick: self.tick,
            stage: self.stage,
            test: self.test,
            typed: self.typed,
            bless: self.bless,
            reason: self.reason,
            ci: super::ci(),
            date: crate::date::today(),
        };
        golden(suite, &options, console)
    }
}
