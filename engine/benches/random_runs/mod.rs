//! Runs on random graphs, and a sink that keeps nothing of them.

mod counter;

use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
pub(crate) use counter::Counter;
use mimalloc::MiMalloc;

/// The allocator of the command.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The size of a run: nodes, edges and ticks.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) nodes: u64,
    pub(crate) edges: u64,
    pub(crate) ticks: u64,
}

impl std::fmt::Display for Size {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "N={} E={}", self.nodes, self.edges)
    }
}

/// A random graph that spreads a random state without overshooting.
pub(crate) fn plan(size: Size) -> RunPlan {
    plan_with(size, size.ticks, "")
}

/// The same in windows of some ticks, with additional members of the RunConfig.
pub(crate) fn plan_with(size: Size, window_every: u64, members: &str) -> RunPlan {
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
         \"profile_path\":\"profile.json\",\"ticks\":{ticks},\"window_every\":{window_every}{members},\
         \"initial_state\":[{}]}}",
        state.join(","),
        ticks = size.ticks,
    );
    let documents = MemoryDocuments::new()
        .with("run.json", run)
        .with("topology.json", topology)
        .with(
            "profile.json",
            include_str!("../../../fixtures/profiles/cmp-0.json"),
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
