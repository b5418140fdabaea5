//! The option `--root` of a command line, for the commands that hand their arguments on.

use std::ffi::OsString;

const ROOT: &str = "--root";

/// The command line of this process, ready for a parser that has the option `--root` and the commands of
/// [`Command`](crate::Command).
///
/// `run` hands everything after its first argument on to the trials, which know no `--root`. So the option
/// is moved to the front, from wherever it was typed: `run ring --root DIR` is `--root DIR run ring`.
pub fn arguments() -> Vec<OsString> {
    rooted(std::env::args_os().collect())
}

fn rooted(mut args: Vec<OsString>) -> Vec<OsString> {
    let run = args.iter().position(|arg| arg == "run");
    let end = args.iter().position(|arg| arg == "--");
    let end = end.unwrap_or(args.len());
    let Some(run) = run.filter(|run| *run < end) else {
        return args;
    };
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
    }
}
