use crate::Suite;
use crate::command::{BlessOptions, CommandError, Console, Status, bless};

/// Options of `bless`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scenarios to bless.
    #[arg(value_name = "NAME", required_unless_present = "all")]
    names: Vec<String>,
    /// Bless every scenario.
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Why the goldens change; kept beside them.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Show what would change, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    pub(super) fn run(
        self,
        suite: &Suite,
        console: &mut Console<'_>,
    ) -> Result<Status, CommandError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "CI says who is asking, and nothing is blessed for it"
        )]
        let ci = std::env::var_os("CI").map(|value| value.to_string_lossy().into_owned());
        let options = BlessOptions {
            names: self.names,
            all: self.all,
            reason: self.reason,
            dry_run: self.dry_run,
            ci,
            date: crate::date::today(),
        };
        bless(suite, &options, console)
    }
}
