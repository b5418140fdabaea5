//! Benchmark: whole runs on two threads against one, and with a store against without.
//!
//! ```sh
//! cargo bench --package aether-engine --bench pipeline
//! ```

mod random_runs;

use std::error::Error;
use std::process::ExitCode;

use aether_engine::config::RunPlan;
use aether_engine::run::{RunOptions, execute};
use aether_engine::store::{Existing, RunStore};
use aether_measure::{Line, Measured, rounds, seconds};
use random_runs::{Counter, Size, plan, plan_with};

const ROUNDS: usize = 9;

fn main() -> ExitCode {
    aether_measure::main(&[
        Line::measured("threads/100-400", || Ok(two_threads(&plan(small(4_000))))),
        Line::measured("threads/1e4-4e4", || Ok(two_threads(&plan(large(40))))),
        Line::measured("threads/small", || Ok(smallest_gain())),
        Line::measured("store/100-400", || with_store(&plan(small(3_000)), false)),
        Line::measured("store/1e4-4e4", || with_store(&plan(large(30)), false)),
        Line::measured("store/windows-100-400", || {
            with_store(&plan_with(small(3_000), 375, ""), false)
        }),
        Line::measured("store/replaced-100-400", || {
            with_store(&plan(small(3_000)), true)
        }),
        Line::measured("store/replaced-1e4-4e4", || {
            with_store(&plan(large(30)), true)
        }),
    ])
}

const fn tiny(ticks: u64) -> Size {
    size(8, 12, ticks)
}

const fn small(ticks: u64) -> Size {
    size(100, 400, ticks)
}

const fn large(ticks: u64) -> Size {
    size(10_000, 40_000, ticks)
}

const fn size(nodes: u64, edges: u64, ticks: u64) -> Size {
    Size {
        nodes,
        edges,
        ticks,
    }
}

/// Runs of few ticks and of small graphs, which may be over before a second thread is of use.
const SMALL_RUNS: [Size; 4] = [tiny(8), tiny(4_000), small(8), small(100)];

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
    let gains = SMALL_RUNS.map(|size| two_threads(&plan(size)));
    let least = gains
        .into_iter()
        .min_by(|a, b| a.ratio.unwrap_or(0.0).total_cmp(&b.ratio.unwrap_or(0.0)));
    least.expect("there are small runs")
}

/// Seconds of a run that is stored, as a new one or in place of the one before, against one whose records are dropped.
fn with_store(plan: &RunPlan, replaces: bool) -> Result<Measured, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let store = RunStore::new(folder.path());
    let options = RunOptions::default();
    let mut number = 0;
    let stored = || {
        number += u32::from(!replaces);
        let name = format!("run-{number}");
        seconds(|| {
            store
                .record(plan, &name, Existing::Replace, &options)
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
    execute(plan, options, &mut Counter::default()).expect("nothing is written");
}
