//! The speed of whole runs: every record is computed, written and hashed, and nothing is kept.
//!
//! ```sh
//! cargo bench --package aether-engine --bench hashed
//! ```

mod random_runs;

use std::process::ExitCode;

use aether_engine::run::{RunOptions, execute};
use aether_measure::{Line, Measured, Outcome, counted, rounds, seconds};
use random_runs::{Counter, Size, plan};
use sha2::{Digest as _, Sha256};

fn main() -> ExitCode {
    aether_measure::main(&[
        Line::measured("hashed/100-400", || {
            against_one_stream(size(100, 400, 1_000))
        }),
        Line::measured("hashed/1e4-4e4", || {
            against_one_stream(size(10_000, 40_000, 24))
        }),
        Line::measured("tick/python", ticks_per_second),
        Line::counted("instructions/text", || count_run(size(100, 400, 100))),
        Line::counted("instructions/hash", count_hash),
        Line::counted("growth/edges-1", || count_run(size(100, 400, 20))),
        Line::counted("growth/edges-4", || count_run(size(400, 1_600, 20))),
        Line::counted("growth/edges-16", || count_run(size(1_600, 6_400, 20))),
        Line::counted("growth/ticks-1", || count_run(size(100, 400, 20))),
        Line::counted("growth/ticks-4", || count_run(size(100, 400, 80))),
        Line::counted("growth/ticks-16", || count_run(size(100, 400, 320))),
    ])
}

const ROUNDS: usize = 9;

const fn size(nodes: u64, edges: u64, ticks: u64) -> Size {
    Size {
        nodes,
        edges,
        ticks,
    }
}

/// The bytes that a run on one thread hashes per second.
fn against_one_stream(size: Size) -> Outcome<Measured> {
    let plan = plan(size);
    let run = || {
        let mut sink = Counter::default();
        let time = seconds(|| execute(&plan, &RunOptions::default(), &mut sink));
        sink.bytes as f64 / time
    };
    let rounds = rounds(ROUNDS, run, one_stream);
    Ok(Measured::against("bytes/s", "one stream of sha2", &rounds))
}

/// The bytes that `sha2` hashes per second, of a message whose pieces are in the cache.
fn one_stream() -> f64 {
    const PIECE: [u8; 16 * 1024] = [b'7'; 16 * 1024];
    const PIECES: usize = 4_000;
    let time = seconds(|| {
        let mut message = Sha256::new();
        for _ in 0..PIECES {
            message.update(PIECE);
        }
        message.finalize()
    });
    (PIECE.len() * PIECES) as f64 / time
}

fn ticks_per_second() -> Outcome<Measured> {
    let size = size(100, 400, 1_000);
    let plan = plan(size);
    let run = || {
        let time = seconds(|| execute(&plan, &RunOptions::default(), &mut Counter::default()));
        size.ticks as f64 / time
    };
    let samples: Vec<f64> = (0..=ROUNDS).map(|_| run()).skip(1).collect();
    Ok(Measured::alone("ticks/s", &samples))
}

/// A whole run. Under callgrind its hashes are made by the general instructions.
fn count_run(size: Size) -> Outcome<()> {
    let plan = plan(size);
    let mut sink = Counter::default();
    counted(|| execute(&plan, &RunOptions::default(), &mut sink));
    Ok(())
}

/// Four messages of 128 KiB in lanes.
fn count_hash() -> Outcome<()> {
    let piece: &[u8] = &[b'7'; 16 * 1024];
    let mut messages = [const { aether_sha_lanes::Sha256::new() }; 4];
    counted(|| {
        for _ in 0..8 {
            aether_sha_lanes::update_lanes(messages.each_mut(), [piece; 4]);
        }
        aether_sha_lanes::finish_lanes(messages.each_mut())
    });
    Ok(())
}
