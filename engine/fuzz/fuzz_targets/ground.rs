//! A valid run, of which the fuzzer replaces one document.

use std::path::Path;

use aether_engine::config::{MemoryDocuments, load_run};

const RUN: &str = r#"
v = 1
gid = "LINE"
run_id = "line"
topology_path = "topology.json"
profile_path = "profile.json"
ticks = 8
initial_state = [64, 0, 0, 0]
window_every = 4
enable_pfna = true
pfna_path = "pfna.json"
aeon_path = "aeon.json"
"#;

/// Replaces a document with the bytes, as JSON and as TOML, and loads the run. Either it loads, and
/// its resolved documents load as an equal plan, or there is a report.
pub fn check(what: &str, bytes: &[u8]) {
    let ground = MemoryDocuments::new()
        .with("run.toml", RUN)
        .with("topology.json", include_str!("../../../fixtures/invalid/with/topology.json"))
        .with("profile.json", include_str!("../../../fixtures/profiles/cmp-0.json"))
        .with("pfna.json", include_str!("../../../fixtures/invalid/with/pfna.json"))
        .with("aeon.json", include_str!("../../../fixtures/invalid/with/aeon.json"));
    for extension in ["json", "toml"] {
        let file = format!("{what}.{extension}");
        let named = RUN.replace(&format!("{what}.json"), &file);
        let documents = ground.clone().with("run.toml", named).with(&file, bytes);
        let entry = if what == "run" { file.as_str() } else { "run.toml" };
        match load_run(&documents, Path::new(entry)) {
            Ok(plan) => {
                let resolved = plan.documents();
                let mut again = MemoryDocuments::new().with("run.json", resolved.run_config());
                let files = [("topology_path", Some(resolved.topology())), ("profile_path", Some(resolved.profile())), ("pfna_path", resolved.pfna()), ("aeon_path", resolved.aeon())];
                for (key, text) in files {
                    let path = resolved.files().get(key.trim_end_matches("_path"));
                    // The run names some documents by a path with a fixed format.
                    if let (Some(path), Some(text)) = (path, text) {
                        again.insert(path, text);
                    }
                }
                if resolved.files().values().all(|path| path == "run.toml" || path.ends_with(".json")) {
                    let again = load_run(&again, Path::new("run.json"));
                    let again = again.unwrap_or_else(|report| panic!("{report}"));
                    assert_eq!(again.documents().run_config(), resolved.run_config());
                    assert_eq!(again.documents().topology(), resolved.topology());
                }
            }
            Err(report) => {
                assert!(!report.problems().is_empty());
                assert!(!report.to_string().contains("AE0703"), "{report}");
            }
        }
    }
}
