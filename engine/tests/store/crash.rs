//! Tests that a run that is killed at any moment, or whose disk is full, is readable up to its last
//! commit, and can be finished with the bytes of an uninterrupted run.

use std::io::{BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aether_engine::config::RunPlan;
use aether_engine::run::{self, RunOptions, RunStatus};
use aether_engine::store::{Existing, RunStore, StoreError};

use super::{Chance, export, plan};

const TICKS: u64 = 1_500;
const WINDOW: u64 = 50;
const KILLS: usize = 30;

fn long_plan() -> RunPlan {
    plan(
        16,
        TICKS,
        &format!("window_every = {WINDOW}\nenable_codex = true"),
    )
}

/// The process that is killed: it records into `runs` in its working directory and prints every
/// tick.
#[test]
#[ignore = "started by the tests of this file"]
fn child() {
    let progress = |tick: u64| {
        println!("tick {tick}");
        std::thread::sleep(Duration::from_micros(50));
        ControlFlow::Continue(())
    };
    let options = RunOptions::default().progress(&progress);
    let recorded = RunStore::new("runs").record(&long_plan(), "run", Existing::Keep, &options);
    if let Err(error) = recorded {
        println!("refused: {error}");
        std::process::exit(7);
    }
}

/// Starts [`child`] in a folder, under a shell's `limits`.
fn start(folder: &Path, limits: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let script = format!("{limits} exec \"$0\" store::crash::child --exact --ignored --nocapture");
    Command::new("bash")
        .args(["-c", &script])
        .arg(program)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn killed_at_any_moment_a_run_is_finished_to_the_same_bytes() {
    let whole = run::run(&long_plan(), &RunOptions::default()).export(&long_plan());
    let mut chance = Chance(20_261_123);
    let mut in_between = 0;
    for kill in 0..KILLS {
        let folder = tempfile::tempdir().unwrap();
        let mut child = start(folder.path(), "");
        let moment = WINDOW + chance.below(TICKS - 2 * WINDOW);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let reached = |line: &str| {
            let tick = line
                .rsplit_once("tick ")
                .and_then(|(_, tick)| tick.parse::<u64>().ok());
            tick.is_some_and(|tick| tick >= moment)
        };
        while let Some(Ok(line)) = lines.next() {
            if reached(&line) {
                break;
            }
        }
        let store = RunStore::new(folder.path().join("runs"));
        // The file is made while the first ticks are.
        while !store.runs_dir().join("run.aether").exists() {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_micros(chance.below(3_000)));
        child.kill().unwrap();
        child.wait().unwrap();

        let stored = store.open("run").unwrap();
        assert_eq!(stored.header().status, RunStatus::Incomplete, "kill {kill}");
        let ticks = stored.ticks_recorded();
        assert_eq!(ticks % WINDOW, 0);
        in_between += usize::from((WINDOW..TICKS).contains(&ticks));
        assert!(!export(&stored).is_empty());
        if kill % 10 == 0 {
            let found = stored.verify(&RunOptions::default()).unwrap();
            assert_eq!(found.findings, [], "kill {kill} after {ticks} ticks");
        }
        drop(stored);
        store.resume("run", &RunOptions::default()).unwrap();
        let stored = store.open("run").unwrap();
        assert!(
            export(&stored) == whole.as_bytes(),
            "kill {kill} after {ticks} ticks"
        );
    }
    assert!(
        in_between >= 25,
        "{in_between} of {KILLS} kills between first and last commit"
    );
    println!("{in_between} of {KILLS} kills between the first and the last commit");
}

#[test]
fn a_run_that_runs_out_of_room_is_finished_to_the_same_bytes() {
    let whole = run::run(&long_plan(), &RunOptions::default()).export(&long_plan());
    let mut stopped = 0;
    for kib in [200, 400, 700, 1_000, 1_500, 2_500] {
        // If the signal is ignored, the write fails as on a full disk; else the signal kills the
        // process.
        for limits in ["trap '' XFSZ; ulimit -f", "ulimit -f"] {
            let folder = tempfile::tempdir().unwrap();
            let mut child = start(folder.path(), &format!("{limits} {kib};"));
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let last = lines.map_while(Result::ok).last();
            let status = child.wait().unwrap();
            assert!(!status.success(), "{kib} KiB were enough: {last:?}");
            let store = RunStore::new(folder.path().join("runs"));
            let stored = match store.open("run") {
                Ok(stored) => stored,
                Err(StoreError::NotFound { .. }) => continue,
                Err(error) => panic!("{kib} KiB: {error}"),
            };
            assert_eq!(stored.header().status, RunStatus::Incomplete);
            assert_eq!(stored.verify(&RunOptions::default()).unwrap().findings, []);
            stopped += usize::from(stored.ticks_recorded() > 0);
            drop(stored);
            store.resume("run", &RunOptions::default()).unwrap();
            assert!(
                export(&store.open("run").unwrap()) == whole.as_bytes(),
                "{kib} KiB"
            );
        }
    }
    assert!(
        stopped >= 6,
        "{stopped} runs were stopped after their first commit"
    );
}
