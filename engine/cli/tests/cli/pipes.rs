//! Tests of outputs that end early: a reader that has seen enough, and a standard error that cannot
//! be written.

use std::fs::File;
use std::process::{Command, Stdio};

use super::{Runs, root};

/// A command in the root of the repository, on these runs if it reads any.
fn command(runs: &Runs, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aether"));
    command.args(args).current_dir(root());
    if !["list", "validate", "topology", "completions"].contains(&args[0]) {
        command.arg("--runs-dir").arg(runs.directory());
    }
    command
}

/// The status and standard error of a command whose standard output nobody reads.
fn unread(runs: &Runs, args: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    // The pipe is closed before the command writes its first byte.
    drop(reader);
    let output = command(runs, args).stdout(writer).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), stderr)
}

#[test]
fn a_closed_pipe_ends_every_command_quietly_with_the_status_it_has_reached() {
    let runs = Runs::of(&["gf01", "gf02", "pfna-demo"]);
    for (args, status) in [
        (&["list"][..], 0),
        (&["inspect", "pfna-demo"], 0),
        (&["inspect", "pfna-demo", "--tick", "3"], 0),
        (&["inspect", "pfna-demo", "--tick", "0..9"], 0),
        (&["inspect", "pfna-demo", "--node", "1..4"], 0),
        (&["show-ledger", "gf01"], 0),
        (&["log", "gf01"], 0),
        (&["metrics", "gf01"], 0),
        (&["metrics", "gf01", "--as", "openmetrics"], 0),
        (&["export", "gf01"], 0),
        (&["export", "gf01", "--as", "jsonl"], 0),
        (&["plot", "gf01"], 0),
        (&["replay", "gf01", "--tick", "3"], 0),
        (&["verify", "gf01"], 0),
        (&["diff", "gf01", "gf01"], 0),
        (&["diff", "gf01", "gf02"], 1),
        (&["inspect", "gf09"], 2),
        (&["topology", "new", "ring", "4"], 0),
        (&["completions", "bash"], 0),
    ] {
        for json in [false, true] {
            let format = ["--format", "json"];
            let args = [args, if json { &format[..] } else { &[] }].concat();
            let (ended, stderr) = unread(&runs, &args);
            assert_eq!(ended, Some(status), "{args:?}: {stderr}");
            // Only errors are reported.
            assert!(status == 2 || stderr.is_empty(), "{args:?}: {stderr}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_standard_error_does_not_change_the_status() {
    let runs = Runs::of(&["gf01"]);
    let out = runs.file("gf01.svg");
    for (args, status) in [
        // Notes, warnings, errors, and a report of problems.
        (&["plot", "gf01", "--out", out.to_str().unwrap()][..], 0),
        (&["inspect", "gf09"], 2),
        (&["inspect", "gf01", "--tick", "x"], 2),
        (&["validate", "fixtures/invalid/AE0307-labels.json"], 0),
        (&["validate", "fixtures/invalid/AE0006-json.json"], 2),
        (&["run", "overflow"], 2),
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = command(&runs, args);
        let ended = command.stdout(Stdio::null()).stderr(full).status().unwrap();
        assert_eq!(ended.code(), Some(status), "{args:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn help_that_cannot_be_written_is_a_failure() {
    for args in [
        &["--help"][..],
        &["--version"],
        &["help", "run"],
        &["run", "--help"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_aether"));
        let ended = command.args(args).stdout(full).status().unwrap();
        assert_eq!(ended.code(), Some(3), "{args:?}");
    }
}
