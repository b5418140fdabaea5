//! Benchmark: whole runs on two threads against one, and with a store against without.
//!
//! ```sh
//! cargo bench --package aether-engine --bench pipeline
//! ```

mod plans;

use std::error::Error;
use std::io;
use std::process::ExitCode;

use aether_engine::canonical::Encoded;
use aether_engine::config::RunPlan;
use aether_engine::run::{Record, RecordSink, RunOptions, execute};
use aether_engine::store::{Existing, RunStore};
use aether_measure::{Line, Measured, rounds, seconds};
use plans::Size;

const ROUNDS: usize = 9;

fn main() -> ExitCode {
    aether_measure::main(&[
        Line::measured("threads/100-400", || Ok(two_threads(&SMALL.plan(4_000)))),
        Line::measured("threads/1e4-4e4", || Ok(two_threads(&LARGE.plan(40)))),
        Line::measured("threads/small", || Ok(smallest_gain())),
        Line::measured("store/100-400", || with_store(&SMALL.plan(3_000))),
        Line::measured("store/1e4-4e4", || with_store(&LARGE.plan(30))),
    ])
}

const TINY: Size = Size {
    nodes: 8,
    edges: 12,
};
const SMALL: Size = Size {
    nodes: 100,
    edges: 400,
};
const LARGE: Size = Size {
    nodes: 10_000,
    edges: 40_000,
};

/// Runs of few ticks and of small graphs, which may be over before a second thread is of use.
const SMALL_RUNS: [(Size, u64); 4] = [(TINY, 8), (TINY, 4_000), (SMALL, 8), (SMALL, 100)];

/// Ticks per second of runs that are not stored, on two threads against one.
fn two_threads(plan: &RunPlan) -> Measured {
    let on = |threads| {
        let options = RunOptions::default().threads(threads);
        move || {
            let runs = 1 + 1_000 / plan.ticks();
            let all = seconds(|| (0..runs).for_each(|_| run(plan, &options)));
            (runs * plan.ticks()) as f64 / all
        }
    };
    Measured::against("ticks/s", "one thread", &rounds(ROUNDS, on(2), on(1)))
}

fn smallest_gain() -> Measured {
    let gains = SMALL_RUNS.map(|(size, ticks)| two_threads(&size.plan(ticks)));
    let least = gains
        .into_iter()
        .min_by(|a, b| a.ratio.unwrap_or(0.0).total_cmp(&b.ratio.unwrap_or(0.0)));
    least.expect("there are small runs")
}

/// Seconds of a run that is stored, against one whose records are dropped.
fn with_store(plan: &RunPlan) -> Result<Measured, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let store = RunStore::new(folder.path());
    let options = RunOptions::default();
    let stored = || {
        seconds(|| {
            store
                .record(plan, "run", Existing::Replace, &options)
                .expect("the run can be stored")
        })
    };
    let dropped = || seconds(|| run(plan, &options));
    let rounds = rounds(ROUNDS, stored, dropped);
    Ok(Measured::against(
        "s",
        "the same run without a store",
        &rounds,
    ))
}

fn run(plan: &RunPlan, options: &RunOptions<'_>) {
    execute(plan, options, &mut Nowhere).expect("nothing is written");
}

/// A sink that drops all records.
struct Nowhere;

impl RecordSink for Nowhere {
    fn put(&mut self, _: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()> {
        std::hint::black_box(encoded.hash);
        Ok(())
    }

    fn commit(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        Ok(())
    }
}
