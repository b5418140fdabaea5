//! Benchmark of the kernel against the same rule written plainly, of a replay of one tick against the
//! kernel, of the memory of a run of a large graph, and of the kernel's instructions.
//!
//! ```sh
//! cargo bench --package aether-engine --bench kernel
//! ```
//!
//! The plain kernel is an array of structures with one integer type, `i128`, which holds every
//! number and every intermediate value of the rule. Both keep what a ledger has: the values before
//! and after the tick, their sum, and du, raw and f_e of every edge.

#[path = "random_runs/counter.rs"]
mod counter;

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::ExitCode;

use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
use aether_engine::record::IBlock;
use aether_engine::run::{Replay, RunOptions, RunStatus, execute, run};
use aether_engine::umx::State;
use aether_measure::{Line, Measured, Outcome, counted, peak_bytes, reset_peak, rounds, seconds};
use counter::Counter;

fn main() -> ExitCode {
    let size = |nodes: u64| Size {
        nodes,
        edges: 4 * nodes,
    };
    let (small, middle, large) = (size(1_000), size(100_000), size(2_000_000));
    aether_measure::main(&[
        Line::measured("kernel/random-1e3-4e3", || kernel(Graph::Random, small, 9)),
        Line::measured("kernel/random-1e5-4e5", || kernel(Graph::Random, middle, 9)),
        Line::measured("kernel/grid-1e5-4e5", || kernel(Graph::Grid, middle, 9)),
        Line::measured("kernel/grid-2e6-8e6", || kernel(Graph::Grid, large, 5)),
        Line::measured("kernel/random-2e6-8e6", || kernel(Graph::Random, large, 5)),
        Line::measured("memory/2e6-8e6", || memory(large)),
        Line::measured("replay/tick", || replay(size(10_000), 9)),
        Line::counted("instructions/kernel", || count(size(10_000), 50)),
        Line::counted("growth/kernel-edges-1", || count(size(2_500), 20)),
        Line::counted("growth/kernel-edges-4", || count(size(10_000), 20)),
        Line::counted("growth/kernel-edges-16", || count(size(40_000), 20)),
        Line::counted("growth/kernel-ticks-1", || count(size(2_500), 20)),
        Line::counted("growth/kernel-ticks-4", || count(size(2_500), 80)),
        Line::counted("growth/kernel-ticks-16", || count(size(2_500), 320)),
    ])
}

#[derive(Clone, Copy)]
struct Size {
    nodes: u64,
    edges: u64,
}

#[derive(Clone, Copy)]
enum Graph {
    Random,
    /// A grid whose sides meet; each node has an edge to each of its four neighbours.
    Grid,
}

/// Edge updates per second of the kernel and of the plain kernel, in turns.
fn kernel(graph: Graph, size: Size, samples: usize) -> Outcome<Measured> {
    let plan = plan(graph, size);
    let mut ours = State::initial(&plan)?;
    let mut plain = Plain::new(graph, size);
    let ticks = (4_000_000 / size.edges).max(1);
    let updates = (ticks * size.edges) as f64;
    let mut tick = 0;
    let rounds = rounds(
        samples,
        || {
            updates
                / seconds(|| {
                    for _ in 0..ticks {
                        tick += 1;
                        ours.advance(tick).expect("the values stay in range");
                    }
                })
        },
        || updates / seconds(|| (0..ticks).for_each(|_| plain.step())),
    );
    Ok(Measured::against(
        "edges/s",
        "plain array-of-structs i128 kernel",
        &rounds,
    ))
}

/// The memory of a run of which only digests are kept: the graph and its first state, and what the process grows by while it runs.
/// The texts of the documents, which a plan keeps for a run file, are not counted. The run has a thread, and so a heap, of its own, and
/// cannot use again what loading has freed.
fn memory(size: Size) -> Outcome<Measured> {
    const UNKNOWN: &str = "the system does not say how much memory a process has";
    // With greater values, s_t would not fit 64 bits.
    let plan = plan_of(Graph::Grid, size, 20, 1_000);
    let of_plan = 16 * size.edges + 8 * size.nodes;
    if !reset_peak() {
        return Err(UNKNOWN.into());
    }
    let before = peak_bytes().ok_or(UNKNOWN)?;
    let outcome = std::thread::scope(|scope| {
        let run = || execute(&plan, &RunOptions::default(), &mut Counter::default());
        scope.spawn(run).join().expect("a run does not panic")
    })?;
    assert_eq!(outcome.status, RunStatus::Complete);
    let grown = peak_bytes().ok_or(UNKNOWN)? - before;
    let bytes = (of_plan + grown) as f64;
    Ok(Measured::alone("MiB", &[bytes / f64::from(1 << 20)]))
}

/// The seconds from a checkpoint to the state at the next one, and those of the kernel for as many ticks.
fn replay(size: Size, samples: usize) -> Outcome<Measured> {
    const SPACING: u64 = 8;
    let plan = plan_of(Graph::Random, size, 2 * SPACING, VALUES);
    let recorded = run(&plan, &RunOptions::default());
    let mut checkpoints = recorded.values::<IBlock>();
    let checkpoint = checkpoints.next().ok_or("the run has a checkpoint")?;
    assert_eq!(checkpoint.tick, SPACING, "the profile's spacing");
    let replayed = || {
        let mut replay = Replay::from_checkpoint(&plan, &checkpoint);
        replay.pass(2 * SPACING + 1).expect("it was run before");
        black_box(replay.state()[0]);
    };
    let mut state = State::initial(&plan)?;
    let mut tick = 0;
    let rounds = rounds(
        samples,
        || seconds(replayed),
        || {
            seconds(|| {
                for _ in 0..SPACING {
                    tick += 1;
                    state.advance(tick).expect("the values stay in range");
                }
            })
        },
    );
    Ok(Measured::against("s", "the kernel alone", &rounds))
}

/// Counts the instructions of some ticks.
fn count(size: Size, ticks: u64) -> Outcome<()> {
    let plan = plan(Graph::Random, size);
    let mut state = State::initial(&plan)?;
    counted(|| {
        for tick in 1..=ticks {
            state.advance(tick).expect("the values stay in range");
        }
    });
    Ok(())
}

/// The rule as it is written down.
struct Plain {
    pre_u: Vec<i128>,
    u: Vec<i128>,
    edges: Vec<PlainEdge>,
}

struct PlainEdge {
    i: usize,
    j: usize,
    k: i128,
    cap: i128,
    du: i128,
    raw: i128,
    f_e: i128,
}

impl Plain {
    fn new(graph: Graph, size: Size) -> Self {
        let mut random = Random(7);
        let edges = (0..size.edges)
            .map(|index| edge(graph, size, index, &mut random))
            .map(|[i, j, k, cap]| PlainEdge {
                i: i as usize,
                j: j as usize,
                k: k.into(),
                cap: cap.into(),
                du: 0,
                raw: 0,
                f_e: 0,
            })
            .collect();
        let u: Vec<i128> = state(size, VALUES).map(i128::from).collect();
        Self {
            pre_u: u.clone(),
            u,
            edges,
        }
    }

    fn step(&mut self) {
        self.pre_u.copy_from_slice(&self.u);
        for edge in &mut self.edges {
            edge.du = self.pre_u[edge.i] - self.pre_u[edge.j];
            let size = edge.du.abs();
            edge.raw = edge.k * size / i128::from(SCALE);
            let moved = edge.raw.min(edge.cap).min(size);
            edge.f_e = if edge.du < 0 { -moved } else { moved };
            self.u[edge.i] -= edge.f_e;
            self.u[edge.j] += edge.f_e;
        }
        let sum = |values: &[i128]| values.iter().sum::<i128>();
        assert_eq!(sum(&self.pre_u), sum(&self.u));
    }
}

const SCALE: u64 = 32;

/// Both nodes of an edge, counted from 0, with k and cap.
fn edge(graph: Graph, Size { nodes, .. }: Size, index: u64, random: &mut Random) -> [u64; 4] {
    let (i, j) = match graph {
        Graph::Random => {
            let i = random.below(nodes);
            (i, (i + 1 + random.below(nodes - 1)) % nodes)
        }
        Graph::Grid => {
            let (i, width) = (index / 4, nodes.isqrt());
            let steps = [1, width, nodes - 1, nodes - width];
            (i, (i + steps[(index % 4) as usize]) % nodes)
        }
    };
    [i, j, random.below(3) + 1, 9_999_999]
}

/// Every first value is below this.
const VALUES: u64 = 1_000_000;

fn state(size: Size, values: u64) -> impl Iterator<Item = u32> {
    let mut random = Random(9);
    (0..size.nodes).map(move |_| u32::try_from(random.below(values)).expect("it is below"))
}

fn plan(graph: Graph, size: Size) -> RunPlan {
    plan_of(graph, size, 1_000, VALUES)
}

fn plan_of(graph: Graph, size: Size, ticks: u64, values: u64) -> RunPlan {
    let mut random = Random(7);
    let mut topology = format!(
        "{{\"gid\":\"B\",\"profile\":\"CMP-0\",\"N\":{},\"SC\":{SCALE},\"edges\":[",
        size.nodes
    );
    for index in 0..size.edges {
        let [i, j, k, cap] = edge(graph, size, index, &mut random);
        let (id, i, j) = (index + 1, i + 1, j + 1);
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(
            topology,
            "{comma}{{\"e_id\":{id},\"i\":{i},\"j\":{j},\"k\":{k},\"cap\":{cap}}}"
        );
    }
    topology.push_str("]}");
    let state: Vec<String> = state(size, values).map(|value| value.to_string()).collect();
    let run = format!(
        "{{\"v\":1,\"gid\":\"B\",\"run_id\":\"bench\",\"topology_path\":\"topology.json\",\
         \"profile_path\":\"profile.json\",\"ticks\":{ticks},\"window_every\":{ticks},\"initial_state\":[{}]}}",
        state.join(","),
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
