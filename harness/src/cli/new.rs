use crate::Suite;
use crate::command::{CommandError, Console, NewOptions, Status, new};

/// Options of `new`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The name of the new scenario.
    name: String,
    /// Start from the files of this scenario.
    #[arg(long, value_name = "SCENARIO")]
    from: Option<String>,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        let options = NewOptions {
            name: self.name,
            from: self.from,
        };
        new(suite, &options, console)
    }
}
