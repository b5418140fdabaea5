//! Tests that memory does not grow with the number of ticks or the length of a window. The speed of
//! reading a tick is a benchmark (`benches/reading.rs`). A million ticks take minutes:
//! `cargo test --release --test store -- --ignored memory_of_a_million`.

use std::path::Path;
use std::process::Command;

use aether_engine::config::RunPlan;
use aether_engine::run::{RecordKind, RunOptions};
use aether_engine::store::{Existing, RunStore};

use super::{Chance, plan, plan_with_inputs};

const SHORT: u64 = 10_000;
const MANY: u64 = 60_000;
const MILLION: u64 = 1_000_000;

fn ring(ticks: u64, window: u64) -> RunPlan {
    plan(16, ticks, &format!("window_every = {window}"))
}

/// A run with Codex of which no two ticks have the same fluxes: what comes in and goes out does so in
/// periods without a common multiple below 255,255.
fn without_motifs(ticks: u64) -> RunPlan {
    let entries = [3_u64, 5, 7, 11, 13, 17].iter().zip(1..).flat_map(|(every, node)| {
        [(1, 1500), (2, -1500)].map(|(tick, value)| {
            format!(
                r#"{{"pfna_id":"{node}-{tick}","tick":{tick},"values":{{"{}":{value}}},"repeat":{{"every":{every}}}}}"#,
                2 * node + tick
            )
        })
    });
    let entries: Vec<String> = entries.collect();
    let pfna = format!(
        r#"{{"v":0,"pfna_id":"P","gid":"RING","run_id":"ring","nid":"N/A","entries":[{}]}}"#,
        entries.join(",")
    );
    // Two windows: a run of one has no log, and less memory for its pages.
    let more = format!(
        "window_every = {}\nenable_codex = true\nenable_pfna = true\npfna_path = \"pfna.json\"",
        SHORT / 2
    );
    plan_with_inputs(16, ticks, &more, &pfna)
}

fn record(ticks: u64, window: u64) {
    record_plan(&ring(ticks, window));
}

fn record_plan(plan: &RunPlan) {
    let store = RunStore::new("runs");
    let recorded = store.record(plan, "run", Existing::Keep, &RunOptions::default());
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
fn short_without_motifs_child() {
    record_plan(&without_motifs(SHORT));
}

#[test]
#[ignore = "started by the tests of this file"]
fn many_without_motifs_child() {
    record_plan(&without_motifs(MANY));
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

/// Patterns that have not occurred again are not kept in memory for ever, and the run verifies.
#[test]
#[cfg(target_os = "linux")]
fn memory_of_patterns_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let base = peak_kib(folder.path(), "store::memory::short_without_motifs_child");
    let folder = tempfile::tempdir().unwrap();
    let peak = peak_kib(folder.path(), "store::memory::many_without_motifs_child");
    println!("{peak} KiB after {base} KiB of {SHORT} ticks");
    assert!(
        peak < base + 8 * 1024,
        "{peak} KiB, {base} KiB for {SHORT} ticks"
    );
    let run = RunStore::new(folder.path().join("runs"))
        .open("run")
        .unwrap();
    let motifs = run.records(RecordKind::CodexLibrary).count() as u64;
    assert!(motifs < MANY / 100, "{motifs} motifs");
    let verification = run.verify(&RunOptions::default()).unwrap();
    assert!(
        verification.findings.is_empty(),
        "{:?}",
        verification.findings
    );
    // The connection is used again: nothing of the first verification is left.
    let verification = run.verify(&RunOptions::default()).unwrap();
    assert!(
        verification.findings.is_empty(),
        "{:?}",
        verification.findings
    );
}
