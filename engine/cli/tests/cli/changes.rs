//! `aether run --set`: inputs that are changed without new files.

use serde_json::{Value, json};

use super::{Runs, aether, root};

#[test]
fn a_changed_run_keeps_its_inputs_and_says_what_was_changed() {
    let runs = Runs::of(&["pfna-demo"]);
    let args = [
        "run",
        "pfna-demo",
        "--set",
        "topology.edges[e_id=2].k=13",
        "--set",
        "ticks=18",
        "--run-id",
        "r2",
    ];
    let ended = runs.aether(&args).with(0);
    for line in [
        "changed     topology.edges[e_id=2].k: 8 → 13\n",
        "changed     ticks: 12 → 18\n",
        "ticks       18 of 18\n",
    ] {
        assert!(ended.stdout.contains(line), "{ended:#?}");
    }
    let shown = runs.json(&[&args[..], &["--force"]].concat());
    assert_eq!(
        shown["changes"],
        json!([
            { "path": "topology.edges[e_id=2].k", "before": 8, "after": 13 },
            { "path": "ticks", "before": 12, "after": 18 },
        ])
    );
    let export = runs.json(&["export", "r2"]);
    assert_eq!(export["inputs"]["topology"]["edges"][1]["k"], 13);
    assert_eq!(export["inputs"]["run_config"]["ticks"], 18);
    assert_eq!(
        export["inputs"]["files"]["set"],
        "topology.edges[e_id=2].k=13\nticks=18"
    );
    assert_eq!(
        export["inputs"]["files"]["run_config"],
        "scenarios/pfna-demo/run.toml"
    );
    let shown = runs.aether(&["inspect", "r2"]).with(0).stdout;
    assert!(
        shown.contains("changed     by --set topology.edges[e_id=2].k=13\n"),
        "{shown}"
    );
    runs.aether(&["verify", "r2"]).with(0);
    // The difference is in the inputs, and has its effect.
    let ended = runs.aether(&["diff", "pfna-demo", "r2"]).with(1);
    assert!(
        ended.stdout.contains("edges[4].k") || ended.stdout.contains("edge"),
        "{ended:#?}"
    );
}

/// A run of changed inputs is the run of documents that were written that way.
#[test]
fn a_changed_run_is_that_of_changed_documents() {
    let runs = Runs::new();
    std::fs::create_dir_all(runs.file("docs")).unwrap();
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let mut config: Value = serde_json::from_str(&read("scenarios/gf01/run.json")).unwrap();
    let mut topology: Value = serde_json::from_str(&read("fixtures/topologies/gf01.json")).unwrap();
    config["topology_path"] = json!("topology.json");
    config["profile_path"] = json!(root().join("fixtures/profiles/cmp-0.json"));
    config["initial_state"][2] = json!(-40);
    topology["edges"][4]["k"] = json!(13);
    std::fs::write(runs.file("docs/run.json"), config.to_string()).unwrap();
    std::fs::write(runs.file("docs/topology.json"), topology.to_string()).unwrap();
    let path = runs.file("docs/run.json").display().to_string();
    runs.aether(&["run", &path, "--run-id", "written"]).with(0);
    let settings = [
        "--set",
        "topology.edges[e_id=5].k=13",
        "--set",
        "initial_state[node=3]=-40",
    ];
    runs.aether(&[&["run", "gf01", "--run-id", "set"][..], &settings].concat())
        .with(0);
    let records = |run: &str| {
        let mut export = runs.json(&["export", run]);
        let _ = export.as_object_mut().unwrap().remove("inputs");
        export
    };
    assert_eq!(records("set"), records("written"));
}

#[test]
fn problems_appear_at_the_settings_all_at_once() {
    let runs = Runs::new();
    let args = [
        "run",
        "gf01",
        "--set",
        "tciks=5",
        "--set",
        "topology.edges[e_id=99].k=5",
        "--set",
        "loom.W=",
    ];
    let ended = runs.aether(&args).with(2);
    ended.reports(&[
        "AE0901",
        "AE0902",
        "did you mean `ticks`?",
        "topology.edges[e_id=99].k=5",
        "--set:1:",
    ]);
    let args = [
        "run",
        "gf01",
        "--set",
        "topology.edges[e_id=5].cap=-1",
        "--set",
        "ticks=500",
    ];
    let ended = runs.aether(&args).with(2);
    ended.reports(&[
        "AE0206",
        "topology.edges[e_id=5].cap=-1",
        "scenarios/gf01/run.json (resolved)",
        "ticks=500",
    ]);
    assert!(!runs.directory().exists(), "nothing was stored");
    let shown = runs
        .aether(&[&args[..], &["--format", "json"]].concat())
        .with(2)
        .json();
    let codes: Vec<&str> = shown["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"AE0206"), "{shown}");
}

#[test]
fn a_changed_run_that_was_cut_off_is_resumed_with_its_changes() {
    let runs = Runs::new();
    let args = [
        "run",
        "gf01",
        "--set",
        "topology.edges[e_id=1].k=3",
        "--run-id",
        "whole",
    ];
    runs.aether(&args).with(0);
    let plan = runs.store().open("whole").unwrap().plan().unwrap();
    assert_eq!(
        plan.documents().files()["set"],
        "topology.edges[e_id=1].k=3"
    );
    runs.aether(&[
        "run",
        "gf01",
        "--set",
        "topology.edges[e_id=1].k=3",
        "--run-id",
        "whole",
    ])
    .with(0);
    let other = aether(&[
        "run",
        "gf01",
        "--set",
        "topology.edges[e_id=1].k=4",
        "--run-id",
        "whole",
        "--runs-dir",
        &runs.directory().display().to_string(),
    ]);
    other.with(2).reports(&["--run-id"]);
}
