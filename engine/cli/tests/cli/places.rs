//! Tests of names that a run file, or what belongs to runs, would have, where something else has them.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use aether_engine::run::RunOptions;
use aether_engine::store::Existing;

use super::{Runs, aether_in, plan};

fn pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// The commands that read a stored run.
const READERS: [&str; 7] = [
    "inspect",
    "verify",
    "log",
    "export",
    "show-ledger",
    "metrics",
    "resume",
];

#[test]
fn what_is_no_run_file_is_called_what_it_is() {
    let runs = Runs::of(&["gf01"]);
    let directory = runs.directory();
    fs::create_dir(directory.join("folder.aether")).unwrap();
    pipe(&directory.join("pipe.aether"));
    std::os::unix::fs::symlink("gone", directory.join("link.aether")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", directory.join("zero.aether")).unwrap();
    for command in READERS {
        for (run, what) in [
            ("folder", "folder.aether is a directory, and not a file"),
            ("pipe", "pipe.aether is a pipe or a device, and not a file"),
            ("zero", "zero.aether is a pipe or a device, and not a file"),
            ("link", "link.aether is a link to nothing, and not a file"),
        ] {
            runs.refuses(&[command, run], &[what]);
            let path = directory.join(format!("{run}.aether"));
            runs.refuses(&[command, path.to_str().unwrap()], &[what]);
        }
        let folder = directory.display().to_string();
        runs.refuses(&[command, &folder], &[&folder, "is a directory"]);
    }
    for run in ["folder", "pipe", "zero", "link"] {
        let file = format!("{run}.aether is ");
        runs.refuses(&["run", "gf01", "--run-id", run, "--force"], &[&file]);
    }
}

#[test]
fn a_directory_of_runs_is_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("file"), "").unwrap();
    std::os::unix::fs::symlink("gone", folder.join("link")).unwrap();
    aether_in(folder, &["init", "demo"]).with(0);
    for (dir, what) in [
        ("file", "file is a file, and not a directory"),
        ("file/below", "file is a file, and not a directory"),
        ("link", "link is a link to nothing, and not a directory"),
        (
            "link/below",
            "link is a link to nothing, and not a directory",
        ),
    ] {
        let refuses = |args: &[&str]| {
            let args = [args, &["--runs-dir", dir]].concat();
            let ended = aether_in(folder, &args).with(2);
            ended.reports(&[what, "set the directory of runs with --runs-dir"]);
        };
        for command in READERS {
            refuses(&[command, "demo"]);
        }
        refuses(&["run", "demo/run.toml"]);
        refuses(&["runs"]);
        refuses(&["runs", "rm", "demo", "--yes"]);
        refuses(&["runs", "gc", "--keep", "1", "--yes"]);
    }
    assert_eq!(fs::read(folder.join("file")).unwrap(), b"");
    assert!(!folder.join("gone").exists());
}

#[test]
fn a_file_in_place_of_the_runs_of_a_sweep_has_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    aether_in(folder, &["init", "demo"]).with(0);
    let spec = "v = 1\nrun_config = \"demo/run.toml\"\nkeep = \"records\"\n[[axes]]\nset = \"ticks\"\nvalues = [4, 5]\n";
    fs::write(folder.join("ticks.toml"), spec).unwrap();
    fs::write(folder.join("ticks.sweep.runs"), "").unwrap();
    let ended = aether_in(folder, &["sweep", "ticks.toml"]).with(2);
    let words = [
        "ticks.sweep.runs is a file, and not a directory",
        "move it away",
    ];
    for word in words {
        assert!(ended.stderr.contains(word), "{ended:#?}");
    }
    fs::remove_file(folder.join("ticks.sweep.runs")).unwrap();
    aether_in(folder, &["sweep", "ticks.toml"]).with(0);
}

#[test]
fn a_file_in_place_of_the_locks_has_a_remedy() {
    let runs = Runs::of(&["gf01"]);
    let locks = runs.directory().join(".locks");
    fs::remove_dir_all(&locks).unwrap();
    fs::write(&locks, "").unwrap();
    let words = [
        ".locks is a file, and not a directory",
        "keeps its locks there: move it away",
    ];
    runs.refuses(&["run", "gf02"], &words);
    runs.refuses(&["resume", "gf01"], &words);
    runs.refuses(&["runs", "rm", "gf01", "--yes"], &words);
    // What only reads needs no lock.
    runs.aether(&["verify", "gf01"]).with(0);
}

#[test]
fn names_that_a_run_needs_are_tried_before_its_work() {
    let runs = Runs::new();
    let options = RunOptions::default().progress(&|tick| {
        if tick < 10 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    runs.store()
        .record(&plan("line4"), "cut", Existing::Keep, &options)
        .unwrap();
    let file = runs.directory().join("cut.aether");
    let before = fs::read(&file).unwrap();
    for name in [
        ".cut.aether.new",
        ".cut.aether.new-wal",
        ".cut.aether.new-journal",
        ".locks/cut",
    ] {
        let path = runs.directory().join(name);
        let _ = fs::remove_file(&path);
        fs::create_dir(&path).unwrap();
        let words = [
            &*format!("{name} is a directory, and not a file"),
            "the name belongs to a run: move it away",
        ];
        runs.refuses(&["resume", "cut"], &words);
        runs.refuses(&["run", "line4", "--run-id", "cut", "--force"], &words);
        assert!(fs::read(&file).unwrap() == before, "{name}");
        fs::remove_dir(&path).unwrap();
    }
    runs.aether(&["resume", "cut"]).with(0);
}

/// A run that computes for long is refused at once, and computes nothing.
#[test]
fn a_name_that_is_taken_ends_a_long_run_at_its_start() {
    let runs = Runs::new();
    fs::create_dir_all(runs.directory().join(".long.aether.new")).unwrap();
    let args = ["run", "line4", "--set", "ticks=800000", "--run-id", "long"];
    runs.refuses(&args, &[".long.aether.new is a directory"]);
}
