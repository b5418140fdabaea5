//! The speed of whole runs: every record is computed, written and hashed, and nothing is kept.
//!
//! ```sh
//! cargo bench --package aether-engine --bench hashed
//! ```

use std::hint::black_box;
use std::io;
use std::process::ExitCode;

use aether_engine::canonical::Encoded;
use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
use aether_engine::run::{Record, RecordSink, RunOptions, execute};
use aether_measure::{Line, Measured, Outcome, counted, rounds, seconds};
use sha2::{Digest as _, Sha256};

fn main() -> ExitCode {
    aether_measure::main(&[
        Line::measured("hashed/100-400", || against_one_stream(100, 400, 1_000)),
        Line::measured("hashed/1e4-4e4", || against_one_stream(10_000, 40_000, 24)),
        Line::measured("tick/python", ticks_per_second),
        Line::counted("instructions/text", || count_run(100, 400, 100)),
        Line::counted("instructions/hash", count_hash),
        Line::counted("growth/edges-1", || count_run(100, 400, 20)),
        Line::counted("growth/edges-4", || count_run(400, 1_600, 20)),
        Line::counted("growth/edges-16", || count_run(1_600, 6_400, 20)),
        Line::counted("growth/ticks-1", || count_run(100, 400, 20)),
        Line::counted("growth/ticks-4", || count_run(100, 400, 80)),
        Line::counted("growth/ticks-16", || count_run(100, 400, 320)),
    ])
}
