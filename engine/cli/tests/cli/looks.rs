//! Tests of `--tick`, `--node` and `--edge`: what `inspect`, `log` and `show-ledger` show of a part
//! of a run, of tick 0 and of ticks that the run did not store, and runs that are named by paths.

use std::ops::ControlFlow;
use std::path::Path;

use aether_engine::run::RunOptions;
use aether_engine::store::Existing;
use serde_json::{Value, json};

use super::{Runs, export_of, keys, len, plan};

fn export(scenario: &str) -> Value {
    serde_json::from_str(&export_of(scenario)).unwrap()
}

/// Stores a run of a scenario that stops in a window.
fn cut(scenario: &str, last: u64) -> Runs {
    let runs = Runs::new();
    let stop = |tick| match tick {
        tick if tick < last => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    let options = RunOptions::default().progress(&stop);
    let store = runs.store();
    store
        .record(&plan(scenario), "cut", Existing::Keep, &options)
        .unwrap();
    runs
}

#[test]
fn a_node_is_its_state_inputs_and_fluxes() {
    let runs = Runs::of(&["pfna-demo"]);
    let export = export("pfna-demo");
    let entries = export["inputs"]["pfna"]["entries"].as_array().unwrap();
    let ledgers = export["ledgers"].as_array().unwrap();
    for (name, id) in [("source", 1), ("left", 2), ("3", 3), ("name:sink", 4)] {
        let args = ["inspect", "pfna-demo", "--node", name, "--tick", "0..12"];
        let shown = runs.json(&args);
        assert_eq!(keys(&shown), ["edges", "nodes"]);
        let node = &shown["nodes"][0];
        assert_eq!(node["node"], id);
        let label = ["source", "left", "right", "sink"][id - 1];
        assert_eq!(node["label"], label);
        let ticks = node["ticks"].as_array().unwrap();
        assert_eq!(ticks.len(), 13);
        for tick in ticks {
            let number = tick["tick"].as_u64().unwrap();
            let inputs: Value = entries
                .iter()
                .filter(|entry| entry["tick"] == number && entry["values"][id - 1] != 0)
                .map(|entry| json!({ "pfna_id": entry["pfna_id"], "value": entry["values"][id - 1] }))
                .collect();
            assert_eq!(tick["inputs"], inputs, "{name}, tick {number}");
            assert_eq!(tick["replayed"], false);
            if number == 0 {
                assert_eq!(tick["pre_u"], Value::Null);
                continue;
            }
            let ledger = &ledgers[number as usize - 1];
            assert_eq!(tick["pre_u"], ledger["pre_u"][id - 1]);
            assert_eq!(tick["post_u"], ledger["post_u"][id - 1]);
            let edges = ledger["edges"].as_array().unwrap().iter();
            let fluxes: Value = edges
                .filter(|edge| edge["i"] == id || edge["j"] == id)
                .map(|edge| json!({ "e_id": edge["e_id"], "f_e": edge["f_e"] }))
                .collect();
            assert_eq!(tick["edges"], fluxes, "{name}, tick {number}");
        }
        // People see the same numbers.
        let text = runs.aether(&args).with(0).stdout;
        assert!(
            text.starts_with(&format!("node {id} ({label})\n")),
            "{text}"
        );
        for tick in &ticks[1..] {
            let row = ["tick", "pre_u", "post_u"].map(|member| tick[member].to_string());
            let has = |line: &str| {
                let cells: Vec<&str> = line.split_whitespace().collect();
                cells.first() == Some(&&*row[0]) && row.iter().all(|cell| cells.contains(&&**cell))
            };
            assert!(text.lines().any(has), "{row:?}: {text}");
        }
    }
}

#[test]
fn tick_0_is_the_state_with_its_inputs() {
    let runs = Runs::of(&["pfna-demo"]);
    let initial = json!({ "tick": 0, "pfna_refs": ["start"], "state": [40, 0, 0, 0] });
    let shown = runs.json(&["inspect", "pfna-demo", "--tick", "0"]);
    assert_eq!(shown, json!({ "initial_state": initial }));
    let shown = runs.json(&["inspect", "pfna-demo", "--tick", "0..1"]);
    assert_eq!(shown["initial_state"], initial);
    assert_eq!(len(&shown["ledgers"]), 1);
    let text = runs.aether(&["inspect", "pfna-demo", "--tick", "0"]);
    let text = text.with(0).stdout;
    for word in ["tick 0 of 12", "start: 1 (source) +40", "1 (source)     40"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn a_range_of_ticks_is_their_records() {
    let runs = Runs::of(&["pfna-demo"]);
    let export = export("pfna-demo");
    let shown = runs.json(&["inspect", "pfna-demo", "--tick", "3..8"]);
    for kind in [
        "ledgers",
        "p_blocks",
        "i_blocks",
        "scenes",
        "u_ledger",
        "envelopes",
    ] {
        let of_ticks = |record: &&Value| (3..=8).contains(&record["tick"].as_u64().unwrap());
        let records = export[kind].as_array().unwrap().iter();
        let expected: Value = records.filter(of_ticks).cloned().collect();
        assert_eq!(shown[kind], expected, "{kind}");
    }
    let text = runs.aether(&["inspect", "pfna-demo", "--tick", "3..8"]);
    let text = text.with(0).stdout;
    assert!(text.starts_with("ticks 3 to 8 of 12\n"), "{text}");
    assert!(text.contains("a-drain b-pulse"), "{text}");
    let data = runs.json(&["inspect", "pfna-demo", "--tick", "3..8", "--layer", "DATA"]);
    assert_eq!(len(&data["envelopes"]), 6);
}

#[test]
fn an_edge_is_its_fluxes() {
    let runs = Runs::of(&["gf01"]);
    let export = export("gf01");
    let shown = runs.json(&["inspect", "gf01", "--edge", "2,4..5", "--edge", "7"]);
    let edges = shown["edges"].as_array().unwrap();
    let ids: Vec<_> = edges
        .iter()
        .map(|edge| edge["e_id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [2, 4, 5, 7]);
    for edge in edges {
        let id = edge["e_id"].as_u64().unwrap() as usize;
        let ledgers = export["ledgers"].as_array().unwrap();
        assert_eq!(len(&edge["ticks"]), ledgers.len());
        for (tick, ledger) in edge["ticks"].as_array().unwrap().iter().zip(ledgers) {
            for member in ["du", "raw", "f_e"] {
                assert_eq!(tick[member], ledger["edges"][id - 1][member]);
            }
        }
    }
}

#[test]
fn ticks_that_were_not_stored_are_recomputed_and_marked() {
    let whole = export("pfna-demo");
    // Windows of 6 ticks: the second was cut off.
    let runs = cut("pfna-demo", 9);
    let shown = runs.json(&["inspect", "cut", "--tick", "5..10"]);
    let about = json!({ "first": 7, "last": 10, "error": null });
    assert_eq!(shown["replayed"], about);
    for kind in ["ledgers", "p_blocks"] {
        let expected = &whole[kind].as_array().unwrap()[4..10];
        assert_eq!(shown[kind].as_array().unwrap(), expected, "{kind}");
    }
    assert_eq!(len(&shown["u_ledger"]), 2);
    let node = runs.json(&["inspect", "cut", "--node", "left", "--tick", "6..12"]);
    let ticks = node["nodes"][0]["ticks"].as_array().unwrap();
    for (tick, number) in ticks.iter().zip(6_u64..=12) {
        assert_eq!(tick["replayed"], number > 6);
        let ledger = &whole["ledgers"][number as usize - 1];
        assert_eq!(tick["post_u"], ledger["post_u"][1]);
    }
    for args in [
        &["inspect", "cut", "--tick", "9"][..],
        &["inspect", "cut", "--tick", "1..9"],
        &["inspect", "cut", "--node", "2", "--tick", "9"],
        &["inspect", "cut", "--edge", "2", "--tick", "9"],
    ] {
        let text = runs.aether(args).with(0).stdout;
        assert!(text.contains("replayed"), "{text}");
        assert!(text.contains("recomputed from tick 6"), "{text}");
    }
    runs.refuses(&["inspect", "cut", "--tick", "13"], &["0 to 12"]);
}

#[test]
fn a_failed_run_is_shown_up_to_the_tick_that_fails() {
    let runs = Runs::new();
    let args = ["run", "diagnostic-negative", "--run-id", "failed"];
    let failed = runs.aether(&args);
    assert_ne!(failed.status, Some(0));
    let summary = runs.json(&["inspect", "failed"]);
    let error = &summary["run"]["error"];
    let tick = error["tick"].as_u64().unwrap();
    let stored = summary["metrics"]["total_ticks"].as_u64().unwrap();
    assert!(stored < tick, "{summary}");
    let range = format!("{stored}..{tick}");
    let shown = runs.json(&["inspect", "failed", "--node", "1", "--tick", &range]);
    assert_eq!(shown["error"], *error);
    // The failing tick has no state.
    assert_eq!(len(&shown["nodes"][0]["ticks"]) as u64, tick - stored);
    let text = runs.aether(&["inspect", "failed", "--node", "1"]).with(0);
    assert!(text.stdout.contains("the run failed: "), "{text:#?}");
    let at = runs.aether(&["inspect", "failed", "--tick", &tick.to_string()]);
    assert!(at.with(0).stdout.contains("the run failed: "));
    let beyond = (tick + 1).to_string();
    runs.refuses(&["inspect", "failed", "--tick", &beyond], &["0 to"]);
}

#[test]
fn log_and_show_ledger_keep_the_ticks_that_concern_nodes_and_edges() {
    let runs = Runs::of(&["pfna-demo"]);
    let export = export("pfna-demo");
    let ledgers = export["ledgers"].as_array().unwrap();
    let moved = |edge: usize| -> Vec<u64> {
        let moves = |ledger: &&Value| ledger["edges"][edge - 1]["f_e"] != 0;
        let ledgers = ledgers.iter().filter(moves);
        ledgers
            .map(|ledger| ledger["tick"].as_u64().unwrap())
            .collect()
    };
    for edge in 1..=3 {
        let number = edge.to_string();
        let entries = runs.json(&["show-ledger", "pfna-demo", "--edge", &number]);
        let entries = entries.as_array().unwrap().iter();
        let ticks: Vec<_> = entries
            .map(|entry| entry["tick"].as_u64().unwrap())
            .collect();
        assert_eq!(ticks, moved(edge), "edge {edge}");
        let events = runs.json(&["log", "pfna-demo", "--edge", &number]);
        let events = events.as_array().unwrap();
        assert!(
            events
                .iter()
                .all(|event| ticks.contains(&event["tick"].as_u64().unwrap()))
        );
        let of_ticks = |event: &&Value| event["tick"].as_u64().is_some_and(|t| ticks.contains(&t));
        let expected = export["log"].as_array().unwrap().iter().filter(of_ticks);
        assert_eq!(events.len(), expected.count());
    }
    // The state of a node before tick 1, and before the first tick that is asked for.
    let changed: Vec<u64> = (1..=12_usize)
        .filter(|tick| {
            let before = match tick {
                1 => json!(40),
                tick => ledgers[tick - 2]["post_u"][0].clone(),
            };
            let ledger = &ledgers[tick - 1];
            ledger["pre_u"][0] != before || ledger["post_u"][0] != before
        })
        .map(|tick| tick as u64)
        .collect();
    for range in ["1..12", "5..12"] {
        let args = [
            "show-ledger",
            "pfna-demo",
            "--node",
            "source",
            "--tick",
            range,
        ];
        let entries = runs.json(&args);
        let entries = entries.as_array().unwrap().iter();
        let ticks: Vec<_> = entries
            .map(|entry| entry["tick"].as_u64().unwrap())
            .collect();
        let first = if range == "1..12" { 1 } else { 5 };
        let expected: Vec<u64> = changed.iter().copied().filter(|t| *t >= first).collect();
        assert_eq!(ticks, expected, "{range}");
    }
}

#[test]
fn nodes_and_edges_that_do_not_exist_are_all_named() {
    let runs = Runs::of(&["pfna-demo"]);
    let args = [
        "inspect",
        "pfna-demo",
        "--node",
        "sorce,9",
        "--edge",
        "2..7",
    ];
    runs.refuses(&args, &["`sorce`", "`source`", "9", "7"]);
    let args = ["inspect", "pfna-demo", "--node", "3..1"];
    runs.refuses(&args, &["`1..3`"]);
    let args = ["inspect", "pfna-demo", "--tick", "5..3"];
    runs.refuses(&args, &["`3..5`"]);
    let args = ["replay", "pfna-demo", "--tick", "3..5"];
    runs.refuses(&args, &["one tick"]);
    let args = ["show-ledger", "pfna-demo", "--from", "x"];
    runs.refuses(&args, &["one tick"]);
}

#[test]
fn a_run_can_be_named_by_the_path_of_its_file() {
    let (first, second) = (Runs::of(&["gf01"]), Runs::of(&["gf01"]));
    let path = |runs: &Runs| runs.directory().join("gf01.aether");
    let (here, there) = (path(&first), path(&second));
    let [here, there] = [&here, &there].map(|path| path.to_str().unwrap());
    let nowhere = Runs::new();
    for command in [
        "inspect",
        "show-ledger",
        "log",
        "metrics",
        "verify",
        "export",
        "plot",
    ] {
        let by_id = first.aether(&[command, "gf01"]).with(0).stdout;
        let by_path = nowhere.aether(&[command, here]).with(0).stdout;
        assert_eq!(by_path.replace(here, "gf01"), by_id, "{command}");
    }
    nowhere.aether(&["replay", here, "--tick", "3"]).with(0);
    nowhere.aether(&["diff", here, there]).with(0);
    first.aether(&["diff", "gf01", there]).with(0);
    // By its name alone, in the directory where the command is started.
    let beside = super::aether_in(&first.directory(), &["inspect", "gf01.aether"]);
    assert!(beside.with(0).stdout.contains("complete"));
    // What is not there, is a directory, or is not a run.
    let missing = Path::new(here).with_file_name("none.aether");
    let words = ["no run file", "none.aether"];
    nowhere.refuses(&["inspect", missing.to_str().unwrap()], &words);
    let folder = first.directory();
    nowhere.refuses(&["inspect", folder.to_str().unwrap()], &["is a directory"]);
    let args = ["inspect", "scenarios/gf01/scenario.toml"];
    nowhere.refuses(&args, &["not a run file"]);
}

#[test]
fn an_interrupted_run_is_finished_by_its_path_under_its_name() {
    let runs = cut("pfna-demo", 9);
    let file = runs.directory().join("cut.aether");
    let other = runs.directory().join("cut.backup");
    std::fs::copy(&file, &other).unwrap();
    let nowhere = Runs::new();
    let args = ["resume", other.to_str().unwrap()];
    nowhere.refuses(&args, &["rename it to cut.aether"]);
    let args = ["resume", file.to_str().unwrap()];
    nowhere.aether(&args).with(0);
    assert_eq!(runs.json(&["inspect", "cut"])["run"]["status"], "complete");
}

#[test]
fn a_word_that_is_nearly_known_is_suggested() {
    let runs = Runs::of(&["windows-overlap"]);
    for (args, near) in [
        (
            &["log", "windows-overlap", "--event", "tick_sumary"][..],
            "`tick_summary`",
        ),
        (&["log", "windows-overlap", "--component", "lom"], "`loom`"),
        (&["inspect", "windows-overlap", "--layer", "DATE"], "`DATA`"),
        (
            &["inspect", "windows-overlap", "--window", "erly"],
            "`early`",
        ),
        (
            &["export", "windows-overlap", "--kind", "ledger"],
            "`ledgers`",
        ),
    ] {
        runs.refuses(args, &["did you mean", near]);
    }
    let ended = runs.aether(&["run", "windows-overlp"]).with(2);
    ended.reports(&["did you mean `windows-overlap`"]);
    let ended = runs.aether(&["plot", "windows-overlap", "--what", "stat"]);
    ended.with(2).reports(&["'state'"]);
}
