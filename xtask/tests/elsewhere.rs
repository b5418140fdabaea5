//! Tests of `cargo xtask --root DIR`: scenarios of a different directory, which name their own
//! programs.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, whose functions clippy does not know as such"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn xtask(root: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("--root").arg(root).args(args);
    command.env_remove("CI").env_remove("CARGO_TARGET_DIR");
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let said = [stdout, stderr].concat();
    (status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn scenarios_of_programs_run_in_any_directory() {
    let dir = TempDir::new().unwrap();
    let scenario = dir.path().join("scenarios/echo");
    fs::create_dir_all(&scenario).unwrap();
    fs::write(scenario.join("numbers.json"), "[1, 2]").unwrap();
    fs::write(
        scenario.join("scenario.toml"),
        "description = \"what came in\"\n[command]\nprogram = \"cat\"\nstdin = \"numbers.json\"\n\
         [[outputs]]\nname = \"out\"\nfrom = \"stdout\"\n",
    )
    .unwrap();
    let (status, said) = xtask(dir.path(), &["diff"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("echo: MISSING_GOLDEN"), "{said}");
    let (status, said) = xtask(dir.path(), &["bless", "echo", "--reason", "first"]);
    assert_eq!(status, Some(0), "{said}");
    for command in [&["run"][..], &["diff"], &["check"]] {
        let (status, said) = xtask(dir.path(), command);
        assert_eq!(status, Some(0), "{command:?}: {said}");
    }
    fs::write(scenario.join("numbers.json"), "[1, 3]").unwrap();
    let (status, said) = xtask(dir.path(), &["run", "echo::golden"]);
    assert_eq!(status, Some(1), "{said}");
    let remedy = format!("cargo xtask --root {} diff echo", dir.path().display());
    assert!(said.contains(&remedy), "{said}");
}

#[test]
fn a_root_is_a_directory() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for command in [
        &["clean"][..],
        &["diff"],
        &["bench", "--list"],
        &["ci", "--list"],
    ] {
        for (root, expected) in [
            (&file, "is a file, and not a directory"),
            (&dir.path().join("gone"), "there is no directory"),
        ] {
            let (status, said) = xtask(root, command);
            assert_eq!(status, Some(2), "{command:?}: {said}");
            assert!(said.contains(expected), "{command:?}: {said}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_output_that_is_full_is_no_panic() {
    for args in [["bench", "--list"], ["ci", "--list"]] {
        for (is_err, expected) in [(false, 3), (true, 2)] {
            let full = fs::File::options().write(true).open("/dev/full").unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
            command.env_remove("CARGO_TARGET_DIR");
            if is_err {
                command.args([args[0], "no-such-name"]).stderr(full);
            } else {
                command.args(args).stdout(full);
            }
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(expected), "{args:?}: {said}");
            assert!(is_err || said.contains("No space left on device"), "{said}");
            assert!(!said.contains("panicked"), "{args:?}: {said}");
        }
    }
}
