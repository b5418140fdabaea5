//! Fuzz target: the initial state of a valid run.

#![no_main]

use std::path::Path;

use aether_engine::config::{MemoryDocuments, load_run};

const RUN: &str = r#"{"v": 1, "gid": "LINE", "run_id": "line", "topology_path": "topology.json",
"profile_path": "profile.json", "ticks": 8, "initial_state_path": "state.csv", "window_every": 4}"#;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for file in ["state.csv", "state.json"] {
        let documents = MemoryDocuments::new()
            .with("run.json", RUN.replace("state.csv", file))
            .with("topology.json", include_str!("../../../fixtures/invalid/with/topology.json"))
            .with("profile.json", include_str!("../../../fixtures/profiles/cmp-0.json"))
            .with(file, bytes);
        if let Err(report) = load_run(&documents, Path::new("run.json")) {
            assert!(!report.to_string().contains("AE0703"), "{report}");
        }
    }
});
