//! The command line of `bundle`.

use std::path::PathBuf;

use crate::commands::{BundleOptions, CommandError, Console, Status, bundle};
use aether_harness::Suite;

/// Options of `bundle`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scenarios to pack; all whose last golden check failed if none is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The file to write.
    #[arg(long, value_name = "FILE", default_value = "bundle.tar.gz")]
    out: PathBuf,
    /// Replace a file at --out that is not known as a report or a bundle of the harness.
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let options = BundleOptions {
            names: self.names,
            out: self.out,
            force: self.force,
        };
        bundle(suite, &options, console)
    }
}
