//! Finds the directory whose scenarios a command works on.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use aether_harness_cli as cli;
use aether_harness_cli::CommandError;

use crate::Command;

/// A directory given to `run`, and the command line without it.
pub(crate) type Arguments = (Option<PathBuf>, Vec<OsString>);

/// The command line of this process. `run DIR …` is the one command that takes a directory as its
/// first argument, if it has scenarios; any other word is a filter.
pub(crate) fn arguments() -> Arguments {
    let mut args = cli::arguments();
    let dir = cli::run_position(&args).map(|run| run + 1).filter(|&at| {
        // An empty argument is a filter, not the directory `./`.
        args.get(at)
            .is_some_and(|arg| !arg.is_empty() && has_scenarios(Path::new(arg)))
    });
    let dir = dir.map(|at| PathBuf::from(args.remove(at)));
    (dir, args)
}

/// A directory that was named. One without scenarios is taken by the commands that make some.
pub(crate) fn checked(root: PathBuf, command: &Command) -> Result<PathBuf, CommandError> {
    cli::require_root(&root, makes_scenarios(command))?;
    if has_scenarios(&root) || makes_scenarios(command) || needs_none(command) {
        return Ok(root);
    }
    Err(CommandError::Usage(format!(
        "{}: there is no scenarios/ in it; make the first scenario: aether-harness --root {} new NAME",
        root.display(),
        aether_harness::quoted(&root.to_string_lossy())
    )))
}

/// The nearest directory upwards that has scenarios, else this one for the commands that need none.
pub(crate) fn nearest(command: &Command) -> Result<PathBuf, CommandError> {
    let here = std::env::current_dir()?;
    let found = here.ancestors().find(|dir| has_scenarios(dir));
    match found {
        Some(_) if is_for_here(command) => Ok(here),
        Some(found) => Ok(found.to_owned()),
        None if makes_scenarios(command) || needs_none(command) => Ok(here),
        None => Err(CommandError::Usage(format!(
            "{}: there is no scenarios/ here or in any directory above; make the first scenario: \
             aether-harness new NAME",
            here.display()
        ))),
    }
}

/// Whether a command works on the directory in which it is typed, whatever is above it.
fn is_for_here(command: &Command) -> bool {
    matches!(
        command,
        Command::Init | Command::Harness(cli::Command::Golden(_))
    ) || runs_tests(command)
}

/// Whether a command works on a cargo workspace, with or without scenarios.
fn runs_tests(command: &Command) -> bool {
    matches!(command, Command::Harness(cli::Command::Flaky(args)) if args.is_for_tests())
}

/// Whether a directory has scenarios. A target directory has a `scenarios` too, with outputs.
fn has_scenarios(dir: &Path) -> bool {
    let is_target = dir.file_name().is_some_and(|name| name == "target");
    !is_target && dir.join("scenarios").is_dir()
}

fn makes_scenarios(command: &Command) -> bool {
    matches!(
        command,
        Command::Init | Command::Harness(cli::Command::New(_))
    )
}

fn needs_none(command: &Command) -> bool {
    matches!(
        command,
        Command::Harness(
            cli::Command::Compare(_)
                | cli::Command::Golden(_)
                | cli::Command::History(_)
                | cli::Command::Clean(_)
        )
    ) || runs_tests(command)
}
