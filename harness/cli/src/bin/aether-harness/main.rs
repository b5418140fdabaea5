//! The harness as a command, for programs in any language: scenarios name the program to run.

mod init;
mod root;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use aether_harness::{Layout, Suite};
use aether_harness_cli::{self as cli, CommandError, Console};
use aether_program::CommandSubject;
use clap::{Parser, Subcommand};

/// Golden tests for deterministic programs.
///
/// A directory with a scenario.toml under scenarios/ is a scenario: it names a program and the JSON
/// that it writes. The goldens are kept in fixtures/snapshots/.
#[derive(Debug, Parser)]
#[command(name = NAME, version, after_help = AFTER)]
struct Cli {
    /// The directory that holds scenarios/; by default the nearest one upwards from here.
    #[arg(long, value_name = "DIR", global = true)]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prepare a directory: scenarios/, and the settings for version control.
    Init,
    #[command(flatten)]
    Harness(cli::Command),
}

const NAME: &str = "aether-harness";

const AFTER: &str = "Exit status: 0 done; 1 a difference or a failed check; 2 bad input or usage; \
                     3 an internal or I/O failure.";

fn main() -> ExitCode {
    // A child receives its directories; it need not look for them.
    let suite = Suite::new(".")
        .subject(CommandSubject)
        .command(NAME)
        .with_children();
    let suite = match suite {
        Ok(suite) => suite,
        Err(status) => return status,
    };
    match work(suite, root::arguments()) {
        Ok(status) => status,
        Err(error) => {
            // If standard error cannot be written, nobody can be told, and the status stays.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(error.code())
        }
    }
}

fn work(suite: Suite, (dir, args): root::Arguments) -> Result<ExitCode, CommandError> {
    let Cli { root, command } = match Cli::try_parse_from(args) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(cli::usage(&error)),
    };
    let suite = match (root, dir) {
        (Some(_), Some(dir)) => {
            return Err(CommandError::Usage(format!(
                "--root and {} both name a directory: keep one",
                dir.display()
            )));
        }
        (Some(root), None) | (None, Some(root)) => {
            let root = root::checked(root, &command)?;
            suite.rooted(&root).layout(Layout::new(root))
        }
        (None, None) => suite.layout(Layout::new(root::nearest(&command)?)),
    };
    match command {
        Command::Init => Console::standard(|console| init::init(&suite, console)),
        Command::Harness(command) => Ok(command.run(&suite)),
    }
}
