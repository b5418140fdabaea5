//! A valid run in memory, of which tests replace documents.

use std::path::Path;

use aether_engine::config::{MemoryDocuments, Report, RunPlan, load_run};

pub(crate) const TOPOLOGY: &str = r#"{
  "gid": "LINE", "profile": "CMP-0", "N": 4, "SC": 32,
  "edges": [
    {"e_id": 1, "i": 1, "j": 2, "k": 8, "cap": 100},
    {"e_id": 2, "i": 2, "j": 3, "k": 8, "cap": 100, "SC": 32, "c": 0},
    {"e_id": 3, "i": 3, "j": 4, "k": 8, "cap": 100, "c": -5}
  ]
}"#;

pub(crate) const PROFILE: &str = include_str!("../../../fixtures/profiles/cmp-0.json");

pub(crate) const PFNA: &str = r#"{
  "v": 0, "pfna_id": "PULSE", "gid": "LINE", "run_id": "line", "nid": "N/A",
  "entries": [
    {"pfna_id": "P2", "tick": 3, "values": [16, 0, 0, 0]},
    {"pfna_id": "P1", "tick": 3, "values": [0, 0, 0, -2], "description": "drain"},
    {"pfna_id": "P1", "tick": 0, "values": [1, 1, 1, 1]}
  ]
}"#;

pub(crate) const RUN: &str = r#"
v = 1
gid = "LINE"
run_id = "line"
topology_path = "../fixtures/line.json"
profile_path = "../fixtures/cmp-0.json"
ticks = 8
initial_state = [64, 0, 0, 0]
window_every = 3
enable_pfna = true
pfna_path = "../fixtures/pulse.json"
"#;

pub(crate) const AEON: &str = r#"{
  "base_windows": {
    "day1": {"window_id": "day1", "tick_start": 1, "tick_end": 4, "press_window_id": "days", "parent_id": "again"},
    "day2": {"window_id": "day2", "tick_start": 5, "tick_end": 8, "labels": ["é", ""]}
  },
  "derived_windows": {
    "both": {"window_id": "both", "source_ids": ["day1", "day2"], "aggregation": "union"},
    "again": {"window_id": "again", "source_ids": ["both", "day1"], "aggregation": "concat"}
  }
}"#;

/// What follows [`RUN`] in a run with a grammar.
pub(crate) const AEON_RUN: &str = r#"
aeon_path = "../fixtures/aeon.json"

[[windows]]
window_id = "days"
apx_name = "APX"
start_tick = 1
end_tick = 8
aeon_window_id = "again"

[apxi]
residual_scheme = "GR"
discover = true

[[apxi.descriptors]]
descriptor_id = "D1"
descriptor_type = "RUN_SEGMENT"
window_id = "again"
stream_id = "S2_fluxes"
params = { pattern = [[1, 0, 0], 2], repeats = 3 }

[[apxi.descriptors]]
descriptor_id = "D2"
descriptor_type = "LINEAR_TREND"
window_id = "again"
stream_id = "S1_post_u_deltas"
params = { intercept = [4, 0, 0, -4], slope = 0, start_tick = -9 }
labels = []
"#;

/// A valid run with a grammar of AEON windows.
pub(crate) fn with_grammar() -> MemoryDocuments {
    documents()
        .with("scenario/run.toml", format!("{RUN}{AEON_RUN}"))
        .with("fixtures/aeon.json", AEON)
}

/// A valid run in memory, `scenario/run.toml`, to change from.
pub(crate) fn documents() -> MemoryDocuments {
    MemoryDocuments::new()
        .with("scenario/run.toml", RUN)
        .with("fixtures/line.json", TOPOLOGY)
        .with("fixtures/cmp-0.json", PROFILE)
        .with("fixtures/pulse.json", PFNA)
}

pub(crate) fn load(documents: &MemoryDocuments) -> Result<RunPlan, Report> {
    load_run(documents, Path::new("scenario/run.toml"))
}
