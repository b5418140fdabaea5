//! The command line of this process: the option `--root`, for the commands that hand their arguments on, and what is said of one
//! that cannot be parsed.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use aether_disk::Found;
use aether_harness::MachineFailure as _;

use crate::commands::CommandError;

const ROOT: &str = "--root";

/// The command line of this process, ready for a parser that has the option `--root` and the commands of
/// [`Command`](crate::Command).
///
/// `run` hands everything after its first argument on to the trials, which know no `--root`. So the option
/// is moved to the front, from wherever it was typed: `run ring --root DIR` is `--root DIR run ring`.
pub fn arguments() -> Vec<OsString> {
    rooted(std::env::args_os().collect())
}

/// Refuses what `--root` names if it is not a directory; where a command makes one, nothing may be there.
///
/// # Errors
/// What is there instead, or on the way to it.
pub fn require_root(root: &Path, may_be_made: bool) -> Result<(), CommandError> {
    let usage = |problem: String| Err(CommandError::Usage(format!("--root: {problem}")));
    for dir in root.ancestors() {
        let found = Found::at(dir);
        match found.map_err(|error| CommandError::input_of(dir.display(), &error))? {
            Some(Found::Directory) => return Ok(()),
            Some(what) => {
                return usage(format!("{} is {what}, and not a directory", dir.display()));
            }
            None if may_be_made => {}
            None => return usage(format!("there is no directory {}", root.display())),
        }
    }
    Ok(())
}

/// Prints the help that a command line asked for, or why it cannot be parsed, and returns the exit status.
pub fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| io::stdout().flush());
    ExitCode::from(match printed {
        _ if error.use_stderr() => 2,
        // A closed pipe is of a reader that has seen enough.
        Err(error) if error.is_of_machine() && error.kind() != io::ErrorKind::BrokenPipe => {
            // If standard error cannot be written either, nobody can be told.
            let problem = format!("error: the standard output cannot be written: {error}");
            let _ = writeln!(io::stderr(), "{problem}");
            3
        }
        Ok(()) | Err(_) => 0,
    })
}

/// Where `run` is on a command line, if it is the command and not an argument of another one:
/// `h --root d run ring` has it at 3, `h compare run after` does not have it.
pub fn run_position(args: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        if arg == ROOT {
            at += 2;
        } else if arg == "--" || !arg.to_string_lossy().starts_with('-') {
            break;
        } else {
            at += 1;
        }
    }
    (args.get(at)? == "run").then_some(at)
}

fn rooted(mut args: Vec<OsString>) -> Vec<OsString> {
    let Some(run) = run_position(&args) else {
        return args;
    };
    let end = args.iter().position(|arg| arg == "--");
    let end = end.unwrap_or(args.len());
    let is_root = |arg: &OsString| {
        let arg = arg.to_string_lossy();
        arg.strip_prefix(ROOT)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    let Some(at) = args[run..end].iter().position(is_root) else {
        return args;
    };
    let at = run + at;
    let length = if args[at] == ROOT { 2 } else { 1 };
    let moved: Vec<OsString> = args.drain(at..args.len().min(at + length)).collect();
    args.splice(1..1, moved);
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_moved_in_front_of_run() {
        let check = |typed: &str, expected: &str| {
            let typed = typed.split(' ').map(OsString::from).collect();
            let moved: Vec<String> = rooted(typed)
                .into_iter()
                .map(|arg| arg.into_string().unwrap())
                .collect();
            assert_eq!(moved.join(" "), expected);
        };
        check("h run ring --root d", "h --root d run ring");
        check("h run --exact --root=d ring", "h --root=d run --exact ring");
        check("h --root d run ring", "h --root d run ring");
        check("h run ring --rooted", "h run ring --rooted");
        // What follows `--` is not for this program; a value that is missing is for the parser to find.
        check("h run -- --root d", "h run -- --root d");
        check("h run --root", "h --root run");
        check("h diff --root d", "h diff --root d");
        // Only the command `run` is meant, not an argument of this name.
        check("h compare run --root d", "h compare run --root d");
        check("h --root run diff --root d", "h --root run diff --root d");
    }

    #[test]
    fn run_is_the_first_word_that_is_not_an_option() {
        let check = |typed: &str, expected: Option<usize>| {
            let typed: Vec<OsString> = typed.split(' ').map(OsString::from).collect();
            assert_eq!(run_position(&typed), expected, "{typed:?}");
        };
        check("h run a", Some(1));
        check("h --root d run", Some(3));
        check("h --root=run run", Some(2));
        check("h compare run after", None);
        check("h --root run", None);
        check("h", None);
    }
}
