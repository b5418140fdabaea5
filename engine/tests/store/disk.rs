//! Tests that whatever file operation of the store fails, and wherever a crash follows one, the runs are
//! whole: the old one or the new one, or the committed windows of an unfinished one, which is then
//! finished to the bytes of an uninterrupted run.
//!
//! Each test tries all operations in turn, SQLite's own too: each fails once with every fault that it
//! can have, and a crash follows each change. `AETHER_DISK_SEEDS` sets how many parts of what was not
//! synced are tried for each crash.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use aether_engine::config::RunPlan;
use aether_engine::run::{self, RunOptions, RunStatus};
use aether_engine::store::{Existing, RunStore, StoreError, StoreErrorKind};
use aether_sim_disk::{Case, Ended, exhaust};

use super::{export, plan};

const TICKS: u64 = 8;
const WINDOW: u64 = 4;

fn small() -> RunPlan {
    plan(
        4,
        TICKS,
        &format!("window_every = {WINDOW}\nenable_codex = true"),
    )
}

/// A run of the same name that differs from the small one.
fn other() -> RunPlan {
    plan(4, TICKS + 1, &format!("window_every = {WINDOW}"))
}

fn whole(plan: &RunPlan) -> Vec<u8> {
    let run = run::run(plan, &RunOptions::default());
    run.export(plan).as_bytes().to_vec()
}

fn store(dir: &Path) -> RunStore {
    RunStore::new(dir.join("runs"))
}

fn record(dir: &Path, plan: &RunPlan, existing: Existing) -> Result<(), String> {
    let recorded = store(dir).record(plan, "run", existing, &RunOptions::default());
    recorded.map(drop).map_err(|error| message(dir, &error))
}

/// Records a run that is stopped after its first window.
fn record_stopped(dir: &Path) -> Result<(), String> {
    let stop = |tick: u64| {
        if tick < WINDOW + 1 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let options = RunOptions::default().progress(&stop);
    let recorded = store(dir).record(&small(), "run", Existing::Keep, &options);
    let recorded = recorded.map_err(|error| message(dir, &error))?;
    assert_eq!(recorded.outcome.status, RunStatus::Incomplete);
    Ok(())
}

/// The message of an error, which must be a failure of the machine with a file and a cause.
fn message(dir: &Path, error: &StoreError) -> String {
    assert_eq!(error.kind(), StoreErrorKind::Machine, "{error}");
    let message = error.to_string();
    let (file, cause) = message.split_once(": ").expect("a file and a cause");
    assert!(Path::new(file).starts_with(dir), "{message}");
    assert!(!cause.is_empty(), "{message}");
    message
}

/// How many ticks of the small run are stored, or `None` if it is not stored. What is stored must
/// hold what the inputs produce; the run is then finished, and must be the uninterrupted one.
fn finished(dir: &Path, expected: &[u8]) -> Option<u64> {
    let store = store(dir);
    let stored = match store.open("run") {
        Ok(stored) => stored,
        Err(StoreError::NotFound { .. }) => return None,
        Err(error) => panic!("{error}"),
    };
    let found = stored.verify(&RunOptions::default()).unwrap();
    assert_eq!(found.findings, []);
    let ticks = stored.ticks_recorded();
    let status = stored.header().status;
    drop(stored);
    if status == RunStatus::Incomplete {
        store.resume("run", &RunOptions::default()).unwrap();
        assert!(!dir.join("runs/.run.aether.new").exists());
    }
    assert!(export(&store.open("run").unwrap()) == expected);
    Some(ticks)
}

fn try_all(case: &Case<'_>) {
    aether_vfs::install();
    let tally = exhaust(case);
    assert!(tally.faults > tally.operations, "{tally}");
}

#[test]
fn a_new_run() {
    try_new("a new run", &small());
}

/// Nothing of it is committed before its end, so that it is written as a file that nobody sees.
#[test]
fn a_new_run_of_one_window() {
    let one_window = format!("window_every = {TICKS}\nenable_codex = true");
    try_new("a new run of one window", &plan(4, TICKS, &one_window));
}

fn try_new(name: &'static str, plan: &RunPlan) {
    let expected = whole(plan);
    let committed = AtomicU64::new(0);
    try_all(&Case {
        name,
        prepare: &|_| {},
        act: &|dir| record(dir, plan, Existing::Keep),
        check: &|dir, ended| {
            let ticks = finished(dir, &expected);
            assert!(ticks == Some(TICKS) || !ended.is_done());
            if *ended == Ended::Killed {
                // What one crash left, a later one leaves too.
                let before = committed.fetch_max(ticks.unwrap_or(0), Ordering::SeqCst);
                assert!(ticks.unwrap_or(0) >= before);
            }
            if ticks.is_none() {
                record(dir, plan, Existing::Keep).unwrap();
            }
        },
    });
    assert_eq!(committed.into_inner(), TICKS);
}

#[test]
fn a_run_that_is_stopped() {
    let expected = whole(&small());
    try_all(&Case {
        name: "a run that is stopped",
        prepare: &|_| {},
        act: &record_stopped,
        check: &|dir, ended| {
            let ticks = finished(dir, &expected);
            assert!(ticks == Some(WINDOW) || !ended.is_done(), "{ticks:?}");
        },
    });
}

#[test]
fn a_run_that_is_resumed() {
    let expected = whole(&small());
    try_all(&Case {
        name: "a run that is resumed",
        prepare: &|dir| record_stopped(dir).unwrap(),
        act: &|dir| {
            let resumed = store(dir).resume("run", &RunOptions::default());
            resumed.map(drop).map_err(|error| message(dir, &error))
        },
        check: &|dir, ended| {
            let ticks = finished(dir, &expected);
            assert!(ticks >= Some(WINDOW), "no committed window is lost");
            assert!(ticks == Some(TICKS) || !ended.is_done());
        },
    });
}

#[test]
fn a_run_that_replaces_one() {
    let (old, new) = (whole(&other()), whole(&small()));
    try_all(&Case {
        name: "a run that replaces one",
        prepare: &|dir| record(dir, &other(), Existing::Keep).unwrap(),
        act: &|dir| record(dir, &small(), Existing::Replace),
        check: &|dir, ended| {
            let stored = store(dir).open("run").unwrap();
            let found = stored.verify(&RunOptions::default()).unwrap();
            assert_eq!(found.findings, []);
            let found = export(&stored);
            assert!(found == new || found == old && !ended.is_done());
            drop(stored);
            record(dir, &small(), Existing::Replace).unwrap();
            assert!(export(&store(dir).open("run").unwrap()) == new);
        },
    });
}

#[test]
fn a_run_that_is_made_again() {
    let expected = whole(&small());
    try_all(&Case {
        name: "a run that is made again",
        prepare: &|dir| record(dir, &small(), Existing::Keep).unwrap(),
        act: &|dir| record(dir, &small(), Existing::Keep),
        check: &|dir, _| assert_eq!(finished(dir, &expected), Some(TICKS)),
    });
}

#[test]
fn a_run_that_is_removed() {
    let expected = whole(&small());
    try_all(&Case {
        name: "a run that is removed",
        prepare: &|dir| record_stopped(dir).unwrap(),
        act: &|dir| {
            let removed = store(dir).remove(&"run".parse().unwrap());
            removed.map_err(|error| message(dir, &error))
        },
        check: &|dir, ended| {
            let ticks = finished(dir, &expected);
            assert!(ticks.is_none() || !ended.is_done(), "{ticks:?}");
            // Whatever is left of the old one is not taken for a part of the new one.
            if ticks.is_none() {
                record(dir, &other(), Existing::Keep).unwrap();
                let stored = store(dir).open("run").unwrap();
                assert!(export(&stored) == whole(&other()));
            }
        },
    });
}

/// Opening what a killed process left completes it, which may fail, too.
#[test]
fn a_run_that_is_read() {
    let expected = whole(&small());
    try_all(&Case {
        name: "a run that is read",
        prepare: &|dir| record_stopped(dir).unwrap(),
        act: &|dir| {
            let read = || {
                let stored = store(dir).open("run")?;
                let found = stored.verify(&RunOptions::default())?;
                assert_eq!(found.findings, []);
                Ok(())
            };
            read().map_err(|error| message(dir, &error))
        },
        check: &|dir, _| assert_eq!(finished(dir, &expected), Some(WINDOW)),
    });
}
