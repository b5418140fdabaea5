//! Two documents of 100 MB, equal, with one leaf changed, with one record inserted in front, and with
//! a change in every record: the time of the keyed diff and of its patch, that of `json_patch::diff` on the
//! same pair, and the memory that the keyed diff needs beside the texts.
//!
//! `cargo bench -p aether-diff --bench diff`. `diff_memory` counts the memory that is allocated.

mod pair;

use std::hint::black_box;
use std::process::ExitCode;

use aether_diff::{Artefact, DiffOptions};
use aether_measure::{Line, Measured, Outcome, counted, peak_bytes, reset_peak, seconds};
use pair::{Edit, Pair};

/// Samples of a line.
const SAMPLES: usize = 9;

/// The size of each document whose diff is counted.
const COUNTED_BYTES: usize = 1_000_000;

fn main() -> ExitCode {
    aether_measure::main(&[
        Line::measured("diff/equal", || diff(Edit::None)),
        Line::measured("diff/leaf", || diff(Edit::Leaf)),
        Line::measured("diff/insert", || diff(Edit::InsertInFront)),
        Line::measured("diff/every-record", || diff(Edit::EveryTick)),
        Line::measured("diff-memory/leaf", || memory(Edit::Leaf)),
        Line::measured("diff-memory/insert", || memory(Edit::InsertInFront)),
        Line::measured("diff-memory/every-record", || memory(Edit::EveryTick)),
        Line::measured("patch/leaf", || patch(Edit::Leaf)),
        Line::measured("patch/insert", || patch(Edit::InsertInFront)),
        Line::measured("patch/every-record", || patch(Edit::EveryTick)),
        Line::measured("json-patch/leaf", || json_patch(Edit::Leaf)),
        Line::measured("json-patch/insert", || json_patch(Edit::InsertInFront)),
        Line::measured("json-patch/every-record", || json_patch(Edit::EveryTick)),
        Line::measured("golden/read", || {
            let text = pair::BEFORE.text();
            let read = || black_box(Artefact::from_golden("ledgers", text));
            read()?;
            let samples: Vec<f64> = (0..SAMPLES).map(|_| seconds(read)).collect();
            Ok(Measured::alone("s", &samples))
        }),
        Line::counted("instructions/diff", || {
            diff_counted(COUNTED_BYTES, DiffOptions::default().entries);
            Ok(())
        }),
        Line::counted("instructions/patch", || {
            count(COUNTED_BYTES, pair::keyed_patch);
            Ok(())
        }),
        Line::counted("growth/records-1", || growth(1, 0)),
        Line::counted("growth/records-4", || growth(4, 0)),
        Line::counted("growth/records-16", || growth(16, 0)),
        Line::counted("growth/changes-1", || growth(1, usize::MAX)),
        Line::counted("growth/changes-4", || growth(4, usize::MAX)),
        Line::counted("growth/changes-16", || growth(16, usize::MAX)),
    ])
}

/// The time of the diff, once both documents are in memory.
fn diff(edit: Edit) -> Outcome<Measured> {
    Ok(timed(SAMPLES, edit, pair::keyed_diff))
}

fn patch(edit: Edit) -> Outcome<Measured> {
    Ok(timed(SAMPLES, edit, pair::keyed_patch))
}

/// It takes seconds and gigabytes.
fn json_patch(edit: Edit) -> Outcome<Measured> {
    Ok(timed(2, edit, pair::json_patch_diff))
}

fn timed(samples: usize, edit: Edit, work: fn(Pair<'static>)) -> Measured {
    let pair = pair::pair(edit);
    work(pair);
    let samples: Vec<f64> = (0..samples).map(|_| seconds(|| work(pair))).collect();
    Measured::alone("s", &samples)
}

/// Has the instructions counted of what is done with documents that differ in every record.
fn count(bytes: usize, work: impl Fn(Pair<'_>)) {
    let before = pair::document(bytes, None);
    let after = pair::document(bytes, Some(Edit::EveryTick));
    counted(|| work([&before, &after].map(std::slice::from_ref)));
}

/// The diff that lists this many changes, and has as long as it takes: callgrind slows it down, and not the clock.
fn diff_counted(bytes: usize, entries: usize) {
    let options = DiffOptions {
        entries,
        time: None,
    };
    count(bytes, |pair| pair::keyed_diff_within(pair, &options));
}

/// A listed change costs several times what a counted one does. Only if all are listed, or none, do records cost alike
/// in every size.
fn growth(size: usize, entries: usize) -> Outcome<()> {
    diff_counted(size * COUNTED_BYTES / 4, entries);
    Ok(())
}

/// How far the peak of the resident memory rises above what the two documents take.
fn memory(edit: Edit) -> Outcome<Measured> {
    let pair = pair::pair(edit);
    if !reset_peak() {
        return Err("this system does not report the memory of a process".into());
    }
    let before = peak_bytes().ok_or("this system does not report the memory of a process")?;
    pair::keyed_diff(pair);
    let peak = peak_bytes().ok_or("this system does not report the memory of a process")?;
    Ok(Measured::alone(
        "MiB",
        &[(peak - before) as f64 / f64::from(1 << 20)],
    ))
}
