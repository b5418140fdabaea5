//! Benchmarks of the engine's speed: edge updates per second of the UMX alone, and ticks per second
//! of whole runs.
//!
//! ```sh
//! cargo bench --package aether-engine --bench throughput
//! ```

use std::io;

use aether_engine::canonical::Encoded;
use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
use aether_engine::run::{Record, RecordSink, RunOptions, execute};
use aether_engine::umx::State;
use divan::counter::ItemsCount;
use divan::{Bencher, bench, black_box};

fn main() {
    divan::main();
}

/// The size of a benchmark: nodes, edges and ticks.
#[derive(Clone, Copy)]
struct Size {
    nodes: u64,
    edges: u64,
    ticks: u64,
}

impl std::fmt::Display for Size {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "N={} E={}", self.nodes, self.edges)
    }
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

/// The UMX alone: the fluxes and one ledger per tick; nothing is encoded or hashed.
#[bench(args = SIZES)]
fn umx(bencher: Bencher<'_, '_>, size: Size) {
    let plan = plan(size);
    let updates = ItemsCount::new(size.edges * size.ticks);
    bencher.counter(updates).bench_local(|| {
        let mut state = State::initial(&plan).expect("the inputs fit");
        let mut ledger = state.new_ledger();
        for tick in 1..=size.ticks {
            state
                .step(tick, &mut ledger)
                .expect("the state stays in range");
        }
        black_box(ledger);
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
    run_on(bencher, &plan_with(size, ",\"enable_codex\":true"), size, 1);
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
        .bench_local(|| execute(plan, &options, &mut Nowhere).expect("nothing is written"));
}

/// A sink that drops all records.
struct Nowhere;

impl RecordSink for Nowhere {
    fn put(&mut self, _: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()> {
        black_box(encoded.text.len());
        Ok(())
    }

    fn commit(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A random graph that spreads a random state without overshooting.
fn plan(size: Size) -> RunPlan {
    plan_with(size, "")
}

/// The same with additional members of the RunConfig.
fn plan_with(size: Size, members: &str) -> RunPlan {
    let mut random = Random(7);
    let edges: Vec<String> = (1..=size.edges)
        .map(|e_id| {
            let i = random.below(size.nodes) + 1;
            let j = (i + random.below(size.nodes - 1)) % size.nodes + 1;
            let k = random.below(3) + 1;
            format!("{{\"e_id\":{e_id},\"i\":{i},\"j\":{j},\"k\":{k},\"cap\":2147483647}}")
        })
        .collect();
    let state: Vec<String> = (0..size.nodes)
        .map(|_| random.below(1_000_000).to_string())
        .collect();
    let topology = format!(
        "{{\"gid\":\"B\",\"profile\":\"CMP-0\",\"N\":{},\"SC\":32,\"edges\":[{}]}}",
        size.nodes,
        edges.join(",")
    );
    let run = format!(
        "{{\"v\":1,\"gid\":\"B\",\"run_id\":\"bench\",\"topology_path\":\"topology.json\",\
         \"profile_path\":\"profile.json\",\"ticks\":{ticks},\"window_every\":{ticks}{members},\
         \"initial_state\":[{}]}}",
        state.join(","),
        ticks = size.ticks,
    );
    let documents = MemoryDocuments::new()
        .with("run.json", run)
        .with("topology.json", topology)
        .with(
            "profile.json",
            include_str!("../../fixtures/profiles/cmp-0.json"),
        );
    load_run(&documents, "run.json".as_ref()).expect("the documents are valid")
}

/// A small generator, so that every machine measures the same graph.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
