//! The runs that tests of the store share.

use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
use aether_engine::store::{RunStore, StoredRun};

/// A plan of a ring of `nodes` nodes with a chord from every fourth; `more` is appended to its
/// RunConfig.
pub(crate) fn plan(nodes: usize, ticks: u64, more: &str) -> RunPlan {
    plan_with_inputs(nodes, ticks, more, PFNA)
}

/// The same, with these external inputs if `more` enables them.
pub(crate) fn plan_with_inputs(nodes: usize, ticks: u64, more: &str, pfna: &str) -> RunPlan {
    let ring = (1..=nodes).map(|node| (node, node % nodes + 1));
    let chords = (1..=nodes)
        .step_by(4)
        .map(|node| (node, (node + nodes / 2) % nodes + 1));
    let edges = ring.chain(chords).filter(|(i, j)| i != j).zip(1..);
    let edges: Vec<String> = edges
        .map(|((i, j), e_id)| {
            format!(
                r#"{{"e_id":{e_id},"i":{i},"j":{j},"k":{},"cap":900,"SC":32}}"#,
                1 + e_id % 7
            )
        })
        .collect();
    let topology = format!(
        r#"{{"gid":"RING","profile":"CMP-0","N":{nodes},"SC":32,"edges":[{}]}}"#,
        edges.join(",")
    );
    let state: Vec<String> = (1..=nodes)
        .map(|node| (node * node * 977 % 10_007).to_string())
        .collect();
    let run = format!(
        "v = 1\ngid = \"RING\"\nrun_id = \"ring\"\ntopology_path = \"ring.json\"\n\
         profile_path = \"cmp-0.json\"\nticks = {ticks}\ninitial_state = [{}]\n{more}\n",
        state.join(",")
    );
    let documents = MemoryDocuments::new()
        .with("run.toml", run)
        .with("ring.json", topology)
        .with("pfna.json", pfna)
        .with("aeon.json", AEON)
        .with("cmp-0.json", PROFILE);
    load_run(&documents, "run.toml".as_ref()).unwrap_or_else(|report| panic!("{report}"))
}

pub(crate) const PROFILE: &str = r#"{"name":"CMP-0","modulus_M":1000000007,"C0":1234567,"SC":32,
  "I_block_spacing_W":8,"flux_rule":{"type":"CMP0_flux_v1"},
  "chain_rule":{"type":"CMP0_chain_v1","constants":{"a":17,"b":23}},
  "s_t_rule":{"mode":"prime_weighted"},
  "press_defaults":{"preferred_schemes":["R","GR","ID"],
    "manifest_check":{"b1":240787124,"b0":571912118}}}"#;

/// External inputs for rings of four nodes.
pub(crate) const PFNA: &str = r#"{"v":0,"pfna_id":"P","gid":"RING","run_id":"ring","nid":"N/A","entries":[
  {"pfna_id":"P0","tick":0,"values":[5,0,0,0]},
  {"pfna_id":"P1","tick":7,"values":[0,-9,0,40]},
  {"pfna_id":"P2","tick":7,"values":[1,1,1,1]}]}"#;

/// A run of four nodes with every kind of record.
pub(crate) fn every_kind() -> RunPlan {
    plan(
        4,
        40,
        "window_every = 7\nenable_codex = true\nenable_pfna = true\npfna_path = \"pfna.json\"",
    )
}

/// A run of four nodes with a grammar, and with descriptors that are given and found.
pub(crate) fn with_grammar() -> RunPlan {
    plan(
        4,
        40,
        "aeon_path = \"aeon.json\"\nwindow_every = 7\n
         [[windows]]\nwindow_id = \"A\"\napx_name = \"A\"\nstart_tick = 3\nend_tick = 24\n\
         aeon_window_id = \"again\"\n\
         [[windows]]\nwindow_id = \"B\"\napx_name = \"B\"\nstart_tick = 11\nend_tick = 40\n\
         aeon_window_id = \"late\"\n\
         [apxi]\ndiscover = true\n[[apxi.descriptors]]\ndescriptor_id = \"still\"\n\
         descriptor_type = \"CONST_SEGMENT\"\nwindow_id = \"again\"\nstream_id = \"S2_fluxes\"\n\
         params = { value = 0 }",
    )
}

pub(crate) const AEON: &str = r#"{"base_windows":{
  "early":{"window_id":"early","tick_start":3,"tick_end":14,"press_window_id":"A"},
  "late":{"window_id":"late","tick_start":20,"tick_end":39}},
 "derived_windows":{
  "again":{"window_id":"again","source_ids":["part","early"],"aggregation":"concat"},
  "part":{"window_id":"part","source_ids":["early"],"aggregation":"union"}}}"#;

pub(crate) fn store() -> (tempfile::TempDir, RunStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::new(folder.path().join("runs"));
    (folder, store)
}

pub(crate) fn export(run: &StoredRun) -> Vec<u8> {
    let mut bytes = Vec::new();
    run.write_export(&mut bytes).unwrap();
    bytes
}

/// Numbers that look random, but are the same every time.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
