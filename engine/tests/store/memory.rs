//! Tests that memory does not grow with the number of ticks or the length of a window. The speed of
//! reading a tick is a benchmark (`benches/reading.rs`). A million ticks take minutes:
//! `cargo test --release --test store -- --ignored memory_of_a_million`.

use std::path::Path;
use std::process::Command;

use aether_engine::config::RunPlan;
use aether_engine::run::{RecordKind, RunOptions};
use aether_engine::store::{Existing, RunStore};

use super::{Chance, plan};

const SHORT: u64 = 10_000;
const MANY: u64 = 60_000;
const MILLION: u64 = 1_000_000;

fn ring(ticks: u64, window: u64) -> RunPlan {
    plan(16, ticks, &format!("window_every = {window}"))
}

fn record(ticks: u64, window: u64) {
    let store = RunStore::new("runs");
    let recorded = store.record(
        &ring(ticks, window),
        "run",
        Existing::Keep,
        &RunOptions::default(),
    );
    recorded.unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!(
        "{}",
        status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap()
    );
}

#[test]
#[ignore = "started by the tests of this file"]
fn short_child() {
    record(SHORT, SHORT);
}

#[test]
#[ignore = "started by the tests of this file"]
fn many_tiled_child() {
    record(MANY, SHORT);
}

#[test]
#[ignore = "started by the tests of this file"]
fn many_in_one_window_child() {
    record(MANY, MANY);
}

#[test]
#[ignore = "started by the tests of this file"]
fn million_tiled_child() {
    record(MILLION, SHORT);
}

#[test]
#[ignore = "started by the tests of this file"]
fn million_in_one_window_child() {
    record(MILLION, MILLION);
}

/// The peak memory of a child, in KiB.
fn peak_kib(folder: &Path, child: &str) -> u64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([child, "--exact", "--ignored", "--nocapture"])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let peak = text.lines().find_map(|line| line.split_once("VmHWM:"));
    let (_, peak) = peak.unwrap_or_else(|| panic!("{text}"));
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Checks that the peak memory of runs of `ticks`, in many windows and in one, is within `room` of
/// that of a short run, and that any of their ticks can be read.
fn check(ticks: u64, children: [&str; 2], room_kib: u64) {
    let short = tempfile::tempdir().unwrap();
    let base = peak_kib(short.path(), "store::memory::short_child");
    for child in children {
        let child = format!("store::memory::{child}");
        let folder = tempfile::tempdir().unwrap();
        let peak = peak_kib(folder.path(), &child);
        let run = RunStore::new(folder.path().join("runs"))
            .open("run")
            .unwrap();
        let size = std::fs::metadata(run.path()).unwrap().len();
        println!("{child}: {peak} KiB after {base} KiB of {SHORT} ticks; {size} bytes");
        assert!(
            peak < base + room_kib,
            "{child}: {peak} KiB, {base} KiB for {SHORT} ticks"
        );
        let mut chance = Chance(3);
        for _ in 0..50 {
            let tick = 1 + chance.below(ticks);
            for kind in [
                RecordKind::Ledgers,
                RecordKind::PBlocks,
                RecordKind::Scenes,
                RecordKind::ULedger,
            ] {
                let record = run.record(kind, tick).unwrap().unwrap();
                assert_eq!(record.position, tick);
            }
        }
    }
}

/// With six times the ticks, even 500 bytes per tick that are kept would be noticed.
#[test]
#[cfg(target_os = "linux")]
fn memory_of_many_ticks() {
    let children = ["many_tiled_child", "many_in_one_window_child"];
    check(MANY, children, 24 * 1024);
}

#[test]
#[ignore = "minutes long"]
fn memory_of_a_million_ticks() {
    let children = ["million_tiled_child", "million_in_one_window_child"];
    check(MILLION, children, 64 * 1024);
}
