//! Tests of `runs`: the list, removal, and comparison of stored runs.

use std::fs;
use std::ops::ControlFlow;

use aether_engine::run::RunOptions;
use aether_engine::store::Existing;
use serde_json::Value;

use super::{Runs, keys, len, plan};

/// A complete, a failed, an interrupted and a damaged run.
fn four() -> Runs {
    let runs = Runs::of(&["gf01"]);
    runs.aether(&["run", "overflow", "--run-id", "failing"])
        .with(2);
    let options = RunOptions::default().progress(&|_| ControlFlow::Break(()));
    let cut = runs
        .store()
        .record(&plan("gf02"), "cut", Existing::Keep, &options);
    cut.unwrap();
    fs::write(runs.directory().join("broken.aether"), "not a database").unwrap();
    runs
}

fn names(rows: &Value) -> Vec<&str> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap()).collect()
}

#[test]
fn the_list_shows_every_run() {
    let runs = four();
    let rows = runs.json(&["runs"]);
    assert_eq!(names(&rows), ["broken", "cut", "failing", "gf01"]);
    let row = |name: &str| {
        let mut all = rows.as_array().unwrap().iter();
        all.find(|row| row["name"] == name).unwrap().clone()
    };
    let members = [
        "error",
        "gid",
        "last_entry_hash",
        "name",
        "run_id",
        "seconds",
        "size_bytes",
        "started",
        "status",
        "ticks",
        "ticks_recorded",
    ];
    for row in rows.as_array().unwrap() {
        assert_eq!(keys(row), members);
    }
    let whole = row("gf01");
    let metrics = runs.json(&["metrics", "gf01"]);
    assert_eq!(whole["run_id"], "GF01");
    assert_eq!(whole["status"], "complete");
    assert_eq!(
        (&whole["ticks"], &whole["ticks_recorded"]),
        (&8.into(), &8.into())
    );
    assert_eq!(whole["last_entry_hash"], metrics["uledger_last_hash"]);
    let size = fs::metadata(runs.directory().join("gf01.aether"))
        .unwrap()
        .len();
    assert_eq!(whole["size_bytes"], size);
    assert!(whole["started"].as_str().unwrap().ends_with('Z'), "{whole}");
    assert!(whole["seconds"].as_f64().is_some(), "{whole}");
    assert_eq!(row("failing")["status"], "failed");
    let cut = row("cut");
    assert_eq!(
        (&cut["status"], &cut["ticks_recorded"]),
        (&"incomplete".into(), &0.into())
    );
    // It was not made by the command, so nobody noted its time.
    assert!(
        cut["started"].is_null() && cut["seconds"].is_null() && cut["last_entry_hash"].is_null()
    );
    let broken = row("broken");
    assert_eq!(broken["status"], "damaged");
    assert!(
        broken["error"].as_str().unwrap().contains("not a run file"),
        "{broken}"
    );

    let ended = runs.aether(&["runs"]).with(0);
    let header = ended.stdout.lines().next().unwrap();
    for word in [
        "name",
        "status",
        "ticks",
        "size",
        "last entry",
        "started",
        "took",
    ] {
        assert!(header.contains(word), "{header}");
    }
    assert!(ended.stdout.contains("gf01 (run_id GF01)"), "{ended:#?}");
    assert!(ended.stderr.contains("broken"), "{ended:#?}");
    assert_eq!(Runs::new().aether(&["runs"]).with(0).stdout, "no runs\n");
    assert_eq!(Runs::new().json(&["runs"]), serde_json::json!([]));
}

#[test]
fn the_list_is_sorted_and_filtered() {
    let runs = four();
    for (args, expected) in [
        (
            &["--sort", "status"][..],
            &["gf01", "broken", "failing", "cut"][..],
        ),
        (&["--sort", "size"], &["broken"]),
        (&["--reverse"], &["gf01", "failing", "cut", "broken"]),
        (&["--where", "status=failed"], &["failing"]),
        (
            &["--where", "status=complete", "--where", "gid=GF01"],
            &["gf01"],
        ),
        (&["--where", "run_id=GF02"], &["cut"]),
        (&["--where", "name=gf02"], &[]),
    ] {
        let rows = runs.json(&[&["runs"], args].concat());
        assert!(
            names(&rows).starts_with(expected),
            "{args:?}: {:?}",
            names(&rows)
        );
    }
    // Runs without a time come last.
    let rows = runs.json(&["runs", "--sort", "started"]);
    assert_eq!(names(&rows)[2..], ["broken", "cut"]);
    for (text, words) in [
        ("status=lost", "complete, incomplete, failed, damaged"),
        ("size=3", "name, run_id, gid, status"),
    ] {
        runs.aether(&["runs", "--where", text])
            .with(2)
            .reports(&[words]);
    }
}

#[test]
fn times_are_beside_the_runs_and_never_in_them() {
    let (one, other) = (Runs::of(&["gf01"]), Runs::of(&["gf01"]));
    let bytes = |runs: &Runs| fs::read(runs.directory().join("gf01.aether")).unwrap();
    assert!(bytes(&one) == bytes(&other));
    let times = |runs: &Runs| {
        let row = &runs.json(&["runs"])[0];
        (row["started"].clone(), row["seconds"].clone())
    };
    // A run that was stored already keeps its times.
    let before = times(&one);
    let path = one.directory().join(".times.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let first = before.0.as_str().unwrap();
    fs::write(&path, text.replace(first, "2001-02-03T04:05:06Z")).unwrap();
    let summary = one.json(&["run", "gf01", "--run-id", "gf01"]);
    assert_eq!(summary["written"], "unchanged");
    assert_eq!(times(&one).0, "2001-02-03T04:05:06Z");
    // One that replaces it has its own.
    one.json(&["run", "gf01", "--run-id", "gf01", "--force"]);
    assert_ne!(times(&one).0, "2001-02-03T04:05:06Z");
    // Without the file, or with a damaged one, the list has no times.
    fs::write(&path, "\u{0}nothing\n{\"run\":3}\n").unwrap();
    assert_eq!(times(&one), (Value::Null, Value::Null));
    fs::remove_file(&path).unwrap();
    assert_eq!(times(&one), (Value::Null, Value::Null));
}

#[test]
fn removing_a_run_leaves_nothing_of_it() {
    let runs = four();
    let directory = runs.directory();
    // What a killed process can leave.
    for name in [
        "gf01.aether-wal",
        "gf01.aether-shm",
        "gf01.aether-journal",
        ".gf01.aether.new",
        ".gf01.aether.new-wal",
    ] {
        fs::write(directory.join(name), "").unwrap();
    }
    // Without a terminal, nobody can be asked.
    runs.refuses(&["runs", "rm", "gf01"], &["gf01", "--yes"]);
    runs.refuses(
        &["runs", "rm", "gf01", "none", "nothing", "--yes"],
        &["`none`", "`nothing`"],
    );
    assert!(directory.join("gf01.aether").exists());
    let removed = runs.json(&["runs", "rm", "GF01", "broken", "--yes"]);
    assert_eq!(
        removed,
        serde_json::json!({"removed": ["broken", "gf01"], "busy": []})
    );
    let left = |folder: &str| {
        let entries = fs::read_dir(directory.join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.contains("gf01") || name.contains("broken"))
            .count()
    };
    assert_eq!((left("."), left(".locks")), (0, 0));
    let times = fs::read_to_string(directory.join(".times.jsonl")).unwrap();
    assert!(
        !times.contains("gf01") && times.contains("failing"),
        "{times}"
    );
    assert_eq!(names(&runs.json(&["runs"])), ["cut", "failing"]);
    // The name is free again.
    runs.json(&["run", "gf01", "--run-id", "gf01"]);
    runs.aether(&["verify", "gf01"]).with(0);
}

#[test]
fn gc_keeps_the_last_runs() {
    let runs = Runs::of(&["gf01", "gf02", "line4"]);
    // Known times: line4 ran last.
    let path = runs.directory().join(".times.jsonl");
    let day = |run: &str, date: &str| {
        format!(
            "{{\"run\":\"{run}\",\"event\":\"ended\",\"started\":\"{date}T00:00:00Z\",\"seconds\":1.0}}\n"
        )
    };
    let all = [
        ("gf01", "2020-01-02"),
        ("gf02", "2020-01-01"),
        ("line4", "2020-01-03"),
    ];
    fs::write(&path, all.map(|(run, date)| day(run, date)).concat()).unwrap();
    runs.refuses(&["runs", "gc", "--keep", "2"], &["gf02", "--yes"]);
    runs.aether(&["runs", "gc"]).with(2).reports(&["--keep"]);
    runs.aether(&["runs", "gc", "--older-than", "soon"]).with(2);
    let gc = |args: &[&str]| {
        let args = [&["runs", "gc"], args, &["--yes"]].concat();
        runs.json(&args)["removed"].clone()
    };
    assert_eq!(gc(&["--keep", "3"]), serde_json::json!([]));
    assert_eq!(gc(&["--keep", "2"]), serde_json::json!(["gf02"]));
    // Both must say so.
    assert_eq!(
        gc(&["--keep", "1", "--older-than", "100000d"]),
        serde_json::json!([])
    );
    assert_eq!(
        gc(&["--older-than", "30d"]),
        serde_json::json!(["gf01", "line4"])
    );
    assert_eq!(len(&runs.json(&["runs"])), 0);
}

#[test]
fn runs_are_compared_with_the_first() {
    let runs = Runs::of(&["gf01", "gf02"]);
    runs.json(&["run", "gf01", "--run-id", "same"]);
    // One node starts higher, so that the first tick differs.
    let compared = runs.json(&["runs", "compare", "gf01", "same", "gf02"]);
    let rows = compared["runs"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let metrics = runs.json(&["metrics", row["name"].as_str().unwrap()]);
        for member in ["l_total", "pfna_applied"] {
            assert_eq!(row[member], metrics[member]);
        }
        assert_eq!(row["last_entry_hash"], metrics["uledger_last_hash"]);
    }
    assert!(rows[0]["divergence"].is_null() && rows[1]["divergence"].is_null());
    assert_eq!(rows[2]["divergence"]["tick"], 1);
    let text = runs
        .aether(&["runs", "compare", "gf01", "same", "gf02"])
        .with(0)
        .stdout;
    assert!(
        text.contains("same equals gf01 in all ticks and windows"),
        "{text}"
    );
    assert!(
        text.contains("gf02 diverges from gf01 at tick 1: ledgers"),
        "{text}"
    );
    runs.aether(&["runs", "compare", "gf01"]).with(2);
    runs.refuses(&["runs", "compare", "gf01", "none"], &["`none`"]);
}

/// The first divergence is that of an independent scan of both exports.
#[test]
fn the_first_divergence_is_where_the_ledgers_differ() {
    let runs = Runs::new();
    let root = super::root();
    let text = fs::read_to_string(root.join("scenarios/pfna-demo/run.toml")).unwrap();
    let text = text.replace("../..", root.to_str().unwrap());
    let pfna = fs::read_to_string(root.join("fixtures/pfna/pfna-demo.json"));
    let Ok(pfna) = pfna else {
        panic!("the inputs of pfna-demo are in fixtures/pfna")
    };
    let mut document: Value = serde_json::from_str(&pfna).unwrap();
    let entries = document["entries"].as_array_mut().unwrap();
    let last = entries
        .iter_mut()
        .max_by_key(|entry| entry["tick"].as_u64())
        .unwrap();
    let tick = last["tick"].as_u64().unwrap();
    let value = last["values"][0].as_i64().unwrap();
    last["values"][0] = (value + 1).into();
    fs::write(runs.file("pfna.json"), document.to_string()).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("pfna_path"))
        .unwrap();
    let other = text.replace(line, "pfna_path = \"pfna.json\"");
    fs::write(runs.file("other.toml"), other).unwrap();
    runs.json(&["run", "pfna-demo", "--run-id", "before"]);
    let config = runs.file("other.toml");
    runs.json(&["run", config.to_str().unwrap(), "--run-id", "after"]);
    let compared = runs.json(&["runs", "compare", "before", "after"]);
    let divergence = &compared["runs"][1]["divergence"];
    assert_eq!(divergence["tick"], tick, "{divergence}");
    assert_eq!(divergence["what"][0], "ledgers");
}

#[test]
fn commands_show_the_name_under_which_a_run_is_stored() {
    let runs = Runs::new();
    runs.json(&["run", "gf01", "--run-id", "again"]);
    let text = |args: &[&str]| runs.aether(args).with(0).stdout;
    let both = "again (run_id GF01)";
    for args in [
        &["inspect", "again"][..],
        &["verify", "again"],
        &["plot", "again"],
        &["report", "again"],
        &["runs"],
    ] {
        assert!(text(args).contains(both), "{args:?}: {}", text(args));
    }
    let metrics = text(&["metrics", "again"]);
    for (name, value) in [("run", "again"), ("run_id", "GF01")] {
        let line = format!("{name:<18} {value}");
        assert!(metrics.lines().any(|found| found == line), "{metrics}");
    }
    let samples = text(&["metrics", "again", "--as", "openmetrics"]);
    let labels = "gid=\"GF01\",run=\"again\",run_id=\"GF01\"";
    let lines: Vec<&str> = samples
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(lines.iter().all(|line| line.contains(labels)), "{samples}");
    // A run whose names are equal has one.
    runs.json(&["run", "gf01"]);
    assert!(text(&["inspect", "GF01"]).contains("GF01, gid GF01"));
}
