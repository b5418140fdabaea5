//! `aether why`: from a value that differs back to the input that was changed.

use serde_json::{Value, json};

use super::{Runs, keys, len};

/// A run of a scenario, and one of it with a value changed.
fn changed(scenario: &str, set: &[&str]) -> Runs {
    let runs = Runs::of(&[scenario]);
    let mut args = vec!["run", scenario, "--run-id", "changed"];
    for set in set {
        args.extend(["--set", set]);
    }
    runs.aether(&args).with(0);
    runs
}

#[test]
fn the_shortest_path_leads_to_the_changed_input() {
    let runs = changed("ring5", &["topology.edges[e_id=5].k=13"]);
    let said = runs.aether(&["why", "ring5", "changed"]).with(0).stdout;
    let expected = "\
ledgers[tick=1].edges[e_id=5].raw: 37 → 40
cause: inputs.topology.edges[e_id=5].k: 12 → 13   (fixtures/topologies/ring5.json)
";
    assert_eq!(said, expected);
    // A later value, named by its node and tick.
    let args = ["why", "ring5", "changed", "--tick", "4", "--node", "3"];
    let said = runs.aether(&args).with(0).stdout;
    let mut lines = said.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("ledgers[tick=4].post_u[node=3]: 18 → 17"),
        "{said}"
    );
    let cause =
        "cause: inputs.topology.edges[e_id=5].k: 12 → 13   (fixtures/topologies/ring5.json)";
    assert!(said.lines().any(|line| line == cause), "{said}");
    // Without a tick, the first at which the value differs.
    let by_node = runs
        .aether(&["why", "ring5", "changed", "--node", "3"])
        .with(0)
        .stdout;
    assert_eq!(by_node, said);
}

#[test]
fn what_windows_of_a_grammar_cost_leads_to_the_grammar_and_its_descriptors() {
    for (scenario, set, at, cause, file) in [
        (
            "aeon-halves",
            "aeon.base_windows.first_half.tick_end=7",
            r#"apxi_views[window_id="all"].descriptors_by_stream.S1_post_u_deltas[0].L_residual"#,
            "inputs.aeon.base_windows.first_half.tick_end",
            "fixtures/aeon/halves.json",
        ),
        (
            "aeon-halves",
            "apxi.descriptors[0].params.slope=2",
            r#"apxi_views[window_id="all"].descriptors_by_stream.S1_post_u_deltas[0].L_total"#,
            "inputs.run_config.apxi.descriptors[0].params.slope",
            "scenarios/aeon-halves/run.toml",
        ),
        (
            "aeon-discover",
            "aeon.base_windows.morning.tick_start=2",
            r#"aeon_views[window_id="evening_first"].spans[span=2][0]"#,
            "inputs.aeon.base_windows.morning.tick_start",
            "fixtures/aeon/swing.json",
        ),
    ] {
        let runs = changed(scenario, &[set]);
        for args in [&["--at", at][..], &[]] {
            let why = runs.json(&[&["why", scenario, "changed"], args].concat());
            assert_eq!(len(&why["causes"]), 1, "{}", why["causes"]);
            let found = &why["causes"][0];
            assert_eq!(found["kind"], "input");
            assert_eq!(found["path"], cause);
            assert_eq!(found["file"], file);
        }
    }
}

#[test]
fn the_last_hash_leads_there_too() {
    let runs = changed("ring5", &["topology.edges[e_id=5].k=13"]);
    let args = [
        "why",
        "ring5",
        "changed",
        "--at",
        "metrics.uledger_last_hash",
    ];
    let why = runs.json(&args);
    let members = [
        "after", "at", "before", "causes", "edges", "left_out", "may", "name", "nodes", "shortest",
    ];
    assert_eq!(keys(&why), members);
    assert_eq!(why["at"], "metrics.uledger_last_hash");
    let cause = &why["causes"][0];
    assert_eq!(len(&why["causes"]), 1, "{}", why["causes"]);
    assert_eq!(cause["kind"], "input");
    assert_eq!(cause["file"], "fixtures/topologies/ring5.json");
    assert_eq!(cause["path"], "inputs.topology.edges[e_id=5].k");
    assert_eq!(
        [&cause["before"], &cause["after"]],
        [&json!(12), &json!(13)]
    );
    let nodes = why["nodes"].as_array().unwrap();
    assert_eq!(cause["explains"], nodes.len() - 1);
    assert_eq!(why["left_out"], 0);
    // Every kind of record has a part in it.
    for artefact in [
        "ledgers",
        "p_blocks",
        "i_blocks",
        "manifests",
        "scenes",
        "u_ledger",
    ] {
        let has = |node: &Value| node["path"].as_str().unwrap().starts_with(artefact);
        assert!(nodes.iter().any(has), "{artefact}");
    }
    // With a limit, the nearest values are kept and the others counted.
    let few = runs.json(&[&args[..], &["--limit", "10"]].concat());
    let kept = len(&few["nodes"]);
    assert!(kept >= 10, "{few}");
    assert_eq!(few["left_out"], nodes.len() - kept);
    // The shortest path alone.
    let nearest = runs.json(&[&args[..], &["--nearest"]].concat());
    assert_eq!(
        nearest["shortest"].as_array().map(Vec::len),
        why["shortest"].as_array().map(Vec::len)
    );
    assert_eq!(nearest["left_out"], Value::Null);
}

#[test]
fn several_causes_are_all_reported() {
    let runs = changed(
        "ring5",
        &[
            "topology.edges[e_id=5].k=13",
            "profile.C0=99",
            "initial_state[node=2]=7",
        ],
    );
    let why = runs.json(&[
        "why",
        "ring5",
        "changed",
        "--at",
        "metrics.uledger_last_hash",
    ]);
    let causes = why["causes"].as_array().unwrap().iter();
    let mut paths: Vec<_> = causes
        .map(|cause| cause["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    let expected = [
        "inputs.profile.C0",
        "inputs.run_config.initial_state[node=2]",
        "inputs.topology.edges[e_id=5].k",
    ];
    assert_eq!(paths, expected);
    for cause in why["causes"].as_array().unwrap() {
        assert!(cause["explains"].as_u64().unwrap() > 0, "{cause}");
    }
    let args = ["why", "ring5", "changed", "--at", "p_blocks[tick=1].C_t"];
    let said = runs.aether(&args).with(0).stdout;
    assert!(said.contains("inputs.profile.C0: 1234567 → 99"), "{said}");
    assert!(said.contains("   explains "), "{said}");
}

/// A run that was cut off by an error keeps whole windows; the ticks after them are computed again.
#[test]
fn ticks_that_a_run_did_not_store_are_followed() {
    let runs = Runs::new();
    for (name, set) in [
        ("one", "initial_state[node=1]=6"),
        ("two", "initial_state[node=1]=7"),
    ] {
        let args = ["run", "diagnostic-negative", "--run-id", name, "--set", set];
        let ended = runs.aether(&args);
        assert!(
            ended.status == Some(0) || ended.status == Some(1),
            "{ended:#?}"
        );
    }
    let said = runs
        .aether(&["why", "one", "two", "--node", "1"])
        .with(0)
        .stdout;
    assert!(
        said.contains("cause: inputs.run_config.initial_state[node=1]: 6 → 7"),
        "{said}"
    );
}

#[test]
fn what_does_not_differ_is_refused() {
    let runs = changed("ring5", &["topology.edges[e_id=5].k=13"]);
    runs.refuses(&["why", "ring5", "ring5"], &["no value differs"]);
    let equal = [
        "why",
        "ring5",
        "changed",
        "--at",
        "ledgers[tick=1].pre_u[node=1]",
    ];
    runs.refuses(&equal, &["ledgers[tick=1].pre_u[node=1] does not differ"]);
    let unknown = ["why", "ring5", "changed", "--at", "ledgers[tick=1].colour"];
    runs.refuses(&unknown, &["--at", "colour", "aether diff"]);
    let no_value = ["why", "ring5", "changed", "--tick", "1"];
    runs.refuses(&no_value, &["--node or --edge"]);
    let late = ["why", "ring5", "changed", "--tick", "11", "--node", "3"];
    runs.refuses(
        &late,
        &["--tick", "neither run has a tick 11", "end with tick 10"],
    );
    let record = ["why", "ring5", "changed", "--at", "ledgers[tick=4]"];
    runs.refuses(&record, &["`ledgers[tick=4]` is not a single value"]);
    // Its documents say that a value was set.
    let args = [
        "run",
        "ring5",
        "--run-id",
        "same",
        "--set",
        "topology.edges[e_id=5].k=12",
    ];
    runs.aether(&args).with(0);
    runs.refuses(&["why", "ring5", "same"], &["no value differs"]);
    let no_node = ["why", "ring5", "changed", "--node", "77"];
    runs.refuses(&no_node, &["77"]);
    runs.refuses(&["why", "ring5", "missing"], &["missing"]);
    let text = ["why", "ring5", "changed", "--out", "why.txt"];
    runs.aether(&text).with(2).reports(&["--out", "--as svg"]);
}

/// What only the old run had is in a file of the old run.
#[test]
fn a_removed_input_is_in_the_file_of_the_old_run() {
    let runs = Runs::of(&["ring5", "star6"]);
    for (before, after, lead) in [
        ("star6", "ring5", "removed: "),
        ("ring5", "star6", "added: "),
    ] {
        let args = ["why", before, after, "--tick", "1", "--node", "6", "--all"];
        let said = runs.aether(&args).with(0).stdout;
        let state = format!("cause: inputs.run_config.initial_state[node=6] {lead}");
        let found = said.lines().find(|line| line.starts_with(&state));
        let found = found.unwrap_or_else(|| panic!("{said}"));
        assert!(found.contains("(scenarios/star6/run.toml)"), "{found}");
    }
}
