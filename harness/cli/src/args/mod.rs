//! The command line over a suite, for `cargo xtask` and for programs like it: flatten
//! [`Command`] into a parser of your own and call [`Command::run`].

mod against;
mod bisect;
mod bless;
mod bundle;
mod check;
mod clean;
mod compare;
mod diff;
mod digest;
mod flaky;
mod golden;
mod history;
mod new;
mod report;
mod review;
mod run;
mod sensitivity;
mod show;
mod shrink;
mod why;

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::commands::{CommandError, Console, Status};
use aether_harness::Suite;
use aether_harness::report::visible;

/// The commands of the harness.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make what runs produce now the goldens, with a reason.
    Bless(bless::Args),
    /// Go through what differs, and accept or reject it by group.
    Review(review::Args),
    /// Pack the outputs of failed runs into one file, for a bless elsewhere.
    Bundle(bundle::Args),
    /// Compare what runs produce now with the goldens.
    Diff(diff::Args),
    /// Print a node of the tree of digests of a scenario, or find the first record that differs elsewhere.
    Digest(digest::Args),
    /// Compare any two documents or directories of them.
    Compare(compare::Args),
    /// Compare a document of a test with its golden, or make it the golden.
    Golden(Box<golden::Args>),
    /// Create a scenario directory to start from.
    New(new::Args),
    /// Show a scenario with its defaults filled in, and the role of every file.
    Show(show::Args),
    /// Look for problems: orphans, edited goldens, wrong layout.
    Check(check::Args),
    /// Merge the results of trials and shards.
    Report(report::Args),
    /// Run the checks of scenarios.
    Run(run::Args),
    /// Run scenarios or tests again and again, in a changed environment and under load, and report which differ.
    Flaky(flaky::Args),
    /// Change inputs and rules by one step each, and report what no golden notices.
    Sensitivity(sensitivity::Args),
    /// Find the smallest inputs that show the same fault.
    Shrink(shrink::Args),
    /// Find every commit that moved the outputs of scenarios.
    Bisect(bisect::Args),
    /// Compare the program with that of a revision, on scenarios and on cases made of them.
    Against(against::Args),
    /// List the commits that changed the goldens of a scenario.
    History(history::Args),
    /// Say how a value came to differ from its golden: along what it was computed from, back to the causes.
    Why(why::Args),
    /// Empty the cache in which other revisions are built and run.
    Clean(clean::Args),
}

impl Command {
    /// Runs the command. The exit status is 0 when it is done, 1 for a difference or a failed check,
    /// 2 for bad input or usage, 3 for an internal or I/O failure.
    pub fn run(self, suite: &Suite) -> ExitCode {
        let result = Console::standard(|console| match self {
            Self::Bless(args) => args.run(suite, console),
            Self::Review(args) => args.run(suite, console),
            Self::Bundle(args) => args.run(suite, console),
            Self::Diff(args) => args.run(suite, console),
            Self::Digest(args) => args.run(suite, console),
            Self::Compare(args) => args.run(suite, console),
            Self::Golden(args) => (*args).run(suite, console),
            Self::New(args) => args.run(suite, console),
            Self::Show(args) => args.run(suite, console),
            Self::Check(args) => args.run(suite, console),
            Self::Report(args) => args.run(suite, console),
            Self::Run(args) => args.run(suite, console),
            Self::Flaky(args) => args.run(suite, console),
            Self::Sensitivity(args) => args.run(suite, console),
            Self::Shrink(args) => args.run(suite, console),
            Self::Bisect(args) => args.run(suite, console),
            Self::Against(args) => args.run(suite, console),
            Self::History(args) => args.run(suite, console),
            Self::Why(args) => args.run(suite, console),
            Self::Clean(args) => args.run(suite, console),
        });
        exit(result)
    }
}

/// The variable `CI`.
fn ci() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "CI says who is asking, and nothing is blessed for it"
    )]
    let ci = std::env::var_os("CI");
    ci.map(|value| value.to_string_lossy().into_owned())
}

fn exit(result: Result<Status, CommandError>) -> ExitCode {
    match result {
        Ok(status) => ExitCode::from(status.code()),
        Err(error) => {
            // If standard error cannot be written, nobody can be told, and the status stays.
            let _ = writeln!(io::stderr(), "error: {}", visible(&error.to_string()));
            ExitCode::from(error.code())
        }
    }
}
