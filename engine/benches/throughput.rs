//! Benchmarks of the engine's speed: edge updates per second of the UMX alone, and ticks per second
//! of whole runs.
//!
//! ```sh
//! cargo bench --package aether-engine --bench throughput
//! ```

mod random_runs;

use aether_engine::config::RunPlan;
use aether_engine::run::{RunOptions, execute};
use aether_engine::umx::State;
use divan::counter::ItemsCount;
use divan::{Bencher, bench, black_box};
use random_runs::{Counter, Size, plan, plan_with};

fn main() {
    divan::main();
}

const SIZES: [Size; 2] = [
    Size {
        nodes: 100,
        edges: 400,
        ticks: 2_000,
    },
    Size {
        nodes: 10_000,
        edges: 40_000,
        ticks: 20,
    },
];

/// The UMX alone: the fluxes and the state of each tick; nothing is encoded or hashed.
#[bench(args = SIZES)]
fn umx(bencher: Bencher<'_, '_>, size: Size) {
    let plan = plan(size);
    let updates = ItemsCount::new(size.edges * size.ticks);
    bencher.counter(updates).bench_local(|| {
        let mut state = State::initial(&plan).expect("the inputs fit");
        for tick in 1..=size.ticks {
            state.advance(tick).expect("the state stays in range");
        }
        black_box(state);
    });
}

/// Whole runs: every record is made, encoded and hashed, but not kept. Items are ticks.
#[bench(args = SIZES)]
fn whole_run(bencher: Bencher<'_, '_>, size: Size) {
    run_on(bencher, &plan(size), size, 1);
}

/// The same on two threads.
#[bench(args = SIZES)]
fn whole_run_on_two_threads(bencher: Bencher<'_, '_>, size: Size) {
    run_on(bencher, &plan(size), size, 2);
}

/// Whole runs with one primary window and the observer enabled, for 1, 4 and 16 times the ticks.
/// Items are ticks, so the rate is the same for all three if the observer takes linear time.
#[bench(args = [250, 1_000, 4_000])]
fn with_codex(bencher: Bencher<'_, '_>, ticks: u64) {
    let size = Size {
        nodes: 100,
        edges: 400,
        ticks,
    };
    run_on(
        bencher,
        &plan_with(size, size.ticks, ",\"enable_codex\":true"),
        size,
        1,
    );
}

/// The same without the observer.
#[bench(args = [250, 1_000, 4_000])]
fn without_codex(bencher: Bencher<'_, '_>, ticks: u64) {
    let size = Size {
        nodes: 100,
        edges: 400,
        ticks,
    };
    run_on(bencher, &plan(size), size, 1);
}

fn run_on(bencher: Bencher<'_, '_>, plan: &RunPlan, size: Size, threads: usize) {
    let options = RunOptions::default().threads(threads);
    bencher
        .counter(ItemsCount::new(size.ticks))
        .bench_local(|| {
            execute(plan, &options, &mut Counter::default()).expect("nothing is written")
        });
}
