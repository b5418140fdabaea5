//! Fuzz target: the `scenario.toml` of a scenario directory.

#![no_main]

use std::path::Path;

use aether_engine::config::{MemoryDocuments, validate_scenario};

const RUN: &str = r#"{"v": 1, "gid": "LINE", "run_id": "line", "topology_path": "topology.json",
"profile_path": "profile.json", "ticks": 8, "initial_state": [64, 0, 0, 0], "window_every": 4}"#;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let documents = MemoryDocuments::new()
        .with("s/scenario.toml", bytes)
        .with("s/run.json", RUN)
        .with("s/topology.json", include_str!("../../../fixtures/invalid/with/topology.json"))
        .with("s/profile.json", include_str!("../../../fixtures/profiles/cmp-0.json"));
    if let Err(report) = validate_scenario(&documents, Path::new("s")) {
        assert!(!report.to_string().contains("AE0703"), "{report}");
    }
});
