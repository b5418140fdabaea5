//! Memory does not grow with the number of ticks, nor with a window's length; a tick of a long run
//! is read at once. Minutes long: `cargo test --release --test store -- --ignored memory`.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use aether_engine::config::RunPlan;
use aether_engine::run::{RecordKind, RunOptions};
use aether_engine::store::{Existing, RunStore, StoredRun};

use super::{Chance, plan};

const SHORT: u64 = 10_000;
const LONG: u64 = 1_000_000;

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
#[ignore = "started by the test of this file"]
fn short_child() {
    record(SHORT, SHORT);
}

#[test]
#[ignore = "started by the test of this file"]
fn tiled_child() {
    record(LONG, 10_000);
}

#[test]
#[ignore = "started by the test of this file"]
fn one_window_child() {
    record(LONG, LONG);
}

/// Reads the run that one of the above left.
#[test]
#[ignore = "for a run in the working directory"]
fn reader_child() {
    let run = RunStore::new("runs").open("run").unwrap();
    println!("{:?}", reading_times(&run));
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

#[test]
#[ignore = "minutes long"]
fn memory_of_a_million_ticks() {
    let short = tempfile::tempdir().unwrap();
    let base = peak_kib(short.path(), "store::memory::short_child");
    for child in [
        "store::memory::tiled_child",
        "store::memory::one_window_child",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let peak = peak_kib(folder.path(), child);
        let run = RunStore::new(folder.path().join("runs"))
            .open("run")
            .unwrap();
        let size = std::fs::metadata(run.path()).unwrap().len();
        let [median, most, slowest] = reading_times(&run);
        println!(
            "{child}: {peak} KiB after {base} KiB; {size} bytes; a tick in {median:?}, 95 of 100 in \
             {most:?}, all in {slowest:?}"
        );
        assert!(
            peak < base + 64 * 1024,
            "{child}: {peak} KiB, {base} KiB for {SHORT} ticks"
        );
        assert!(most < Duration::from_millis(5), "{child}: {most:?}");
    }
}

/// Times to read 300 random ticks, ledger, P-block, scene and entry: the median, the 95th of 100 and
/// the longest, which on a busy machine is the scheduler's.
#[expect(clippy::disallowed_methods, reason = "the clock is what is measured")]
fn reading_times(run: &StoredRun) -> [Duration; 3] {
    let mut chance = Chance(3);
    let times = (0..300).map(|_| {
        let tick = 1 + chance.below(LONG);
        let start = Instant::now();
        for kind in [
            RecordKind::Ledgers,
            RecordKind::PBlocks,
            RecordKind::Scenes,
            RecordKind::ULedger,
        ] {
            let record = run.record(kind, tick).unwrap().unwrap();
            assert_eq!(record.position, tick);
        }
        start.elapsed()
    });
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    [times[150], times[285], times[299]]
}
