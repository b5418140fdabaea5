//! The golden check of a snapshot of 100 MB that is equal to what a run produced, beside reading its files from the
//! system's memory and hashing as many bytes in lanes.
//!
//! `cargo bench -p aether-harness --bench golden`

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use aether_harness::snapshot::{GoldenSet, MANIFEST_FILE, Manifest, Opened, open_beside};
use aether_harness::{Artefact, INPUTS, SnapshotMode};
use aether_measure::{Line, Measured, Outcome, rounds, seconds};
use aether_sha_lanes::{LANES_MAX, Sha256, update_lanes};
use tempfile::TempDir;

/// The outputs and how large they are, in the proportions of a run of the engine.
const OUTPUTS: [(&str, usize); 6] = [
    ("envelopes", 7_000_000),
    ("ledgers", 35_000_000),
    ("log", 15_000_000),
    ("p_blocks", 8_000_000),
    ("scenes", 10_000_000),
    ("u_ledger", 25_000_000),
];

/// What is read or hashed at once.
const PIECE: usize = 32 * 1024;

const ROUNDS: usize = 9;

fn main() -> ExitCode {
    aether_measure::main(&[Line::measured("golden/equal", equal)])
}

fn equal() -> Outcome<Measured> {
    let (dir, set) = snapshot()?;
    let bytes: usize = set.files().map(|(_, bytes)| bytes.len()).sum();
    let bytes = bytes as f64;
    let memory: Vec<u8> = set.files().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    check(dir.path(), &set)?;
    read(dir.path(), &set)?;
    let rounds = rounds(
        ROUNDS,
        || bytes / seconds(|| check(dir.path(), &set)),
        || {
            let work = || {
                hash(&memory);
                read(dir.path(), &set)
            };
            bytes / seconds(work)
        },
    );
    let reference = "reading the files and hashing as many bytes in lanes";
    Ok(Measured::against("bytes/s", reference, &rounds))
}

/// The check, which finds that all is equal.
fn check(dir: &Path, set: &GoldenSet) -> Outcome<()> {
    match open_beside(dir, Some(set))? {
        (Opened::Sound(_), true) => Ok(()),
        (opened, _) => Err(format!("the goldens are not what was written: {opened:?}").into()),
    }
}

/// Reads all files, a piece at a time.
fn read(dir: &Path, set: &GoldenSet) -> Outcome<()> {
    let mut buffer = vec![0; PIECE];
    for (name, _) in set.files() {
        let mut file = File::open(dir.join(name))?;
        while file.read(&mut buffer)? > 0 {
            black_box(&buffer);
        }
    }
    Ok(())
}

/// Hashes the quarters of a text side by side.
fn hash(memory: &[u8]) {
    let quarter = memory.len() / LANES_MAX;
    let mut messages: [Sha256; LANES_MAX] = std::array::from_fn(|_| Sha256::new());
    for start in (0..quarter).step_by(PIECE) {
        let end = quarter.min(start + PIECE);
        let pieces = std::array::from_fn(|lane| &memory[lane * quarter..][start..end]);
        update_lanes(messages.each_mut(), pieces);
    }
    black_box(messages.map(|mut message| message.finish()));
}

/// Goldens in a directory, and the run that they are of.
fn snapshot() -> Outcome<(TempDir, GoldenSet)> {
    let mut artefacts = vec![Artefact::from_json(INPUTS, b"{\"run\":{\"ticks\":1}}")?];
    for (name, bytes) in OUTPUTS {
        artefacts.push(output(name, bytes));
    }
    let set = GoldenSet::stored(artefacts)?;
    let mut manifest = Manifest::new("bench".to_owned(), "1".to_owned(), SnapshotMode::Full);
    manifest.files = set.file_digests();
    manifest.inputs = set.input_digests().clone();
    let dir = tempfile::tempdir()?;
    for (name, bytes) in set.files() {
        fs::write(dir.path().join(name), bytes)?;
    }
    fs::write(dir.path().join(MANIFEST_FILE), manifest.render()?)?;
    Ok((dir, set))
}

fn output(name: &str, bytes: usize) -> Artefact {
    let record = |tick: usize| {
        let numbers: Vec<String> = (0..100)
            .map(|at| (tick * 31 + at * 17).to_string())
            .collect();
        format!("{{\"numbers\":[{}],\"tick\":{tick}}}", numbers.join(","))
    };
    let count = bytes / record(100_000).len();
    Artefact::from_canonical_records(name, (0..count).map(record))
}
