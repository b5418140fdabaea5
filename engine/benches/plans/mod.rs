//! The plans that benchmarks run: random graphs that spread a random state without overshooting.

use aether_engine::config::{MemoryDocuments, RunPlan, load_run};

/// The size of a graph.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) nodes: u64,
    pub(crate) edges: u64,
}

impl Size {
    /// A run of that many ticks in one window; the graph and the state are the same every time.
    pub(crate) fn plan(self, ticks: u64) -> RunPlan {
        let Self { nodes, edges } = self;
        let mut random = Random(7);
        let edges: Vec<String> = (1..=edges)
            .map(|e_id| {
                let i = random.below(nodes) + 1;
                let j = (i + random.below(nodes - 1)) % nodes + 1;
                let k = random.below(3) + 1;
                format!("{{\"e_id\":{e_id},\"i\":{i},\"j\":{j},\"k\":{k},\"cap\":2147483647}}")
            })
            .collect();
        let state: Vec<String> = (0..nodes)
            .map(|_| random.below(1_000_000).to_string())
            .collect();
        let topology = format!(
            "{{\"gid\":\"B\",\"profile\":\"CMP-0\",\"N\":{nodes},\"SC\":32,\"edges\":[{}]}}",
            edges.join(",")
        );
        let run = format!(
            "{{\"v\":1,\"gid\":\"B\",\"run_id\":\"bench\",\"topology_path\":\"topology.json\",\
             \"profile_path\":\"profile.json\",\"ticks\":{ticks},\"window_every\":{ticks},\
             \"initial_state\":[{}]}}",
            state.join(","),
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
