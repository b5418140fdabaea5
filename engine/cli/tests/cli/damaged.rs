//! Tests of `inspect --tick` with damaged run files that can still be opened: failed checks are
//! reported and marked.

use rusqlite::Connection;
use serde_json::Value;

use super::{Runs, keys};

/// Runs a statement on the file of a run.
fn change(runs: &Runs, run: &str, sql: &str) {
    let file = runs.directory().join(format!("{run}.aether"));
    let changed = Connection::open(file).unwrap().execute(sql, []).unwrap();
    assert_eq!(changed, 1, "{sql}");
}

/// Inspects a tick that fails, checks that text and JSON report the same, and returns the kinds and
/// problems.
#[track_caller]
fn failed(runs: &Runs, run: &str, tick: &str) -> Vec<(String, String)> {
    let args = ["inspect", run, "--tick", tick];
    let json = runs
        .aether(&[&args[..], &["--format", "json"]].concat())
        .with(1)
        .json();
    assert!(keys(&json).contains(&"failed_checks"));
    let text = runs.aether(&args).with(1);
    let member = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
    let checks = json["failed_checks"].as_array().unwrap().iter();
    let checks: Vec<_> = checks
        .map(|check| (member(check, "kind"), member(check, "problem")))
        .collect();
    for (kind, problem) in &checks {
        let reported = |line: &str| ["✗", kind, problem].iter().all(|word| line.contains(word));
        assert!(text.stdout.lines().any(reported), "{text:#?}");
    }
    checks
}

#[track_caller]
fn check(sql: &str, tick: &str, expected: &[(&str, &str)]) {
    let runs = Runs::of(&["pfna-demo"]);
    change(&runs, "pfna-demo", sql);
    let found = failed(&runs, "pfna-demo", tick);
    for (kind, problem) in expected {
        let is_it = |found: &&(String, String)| found.0 == *kind && found.1.contains(problem);
        assert!(
            found.iter().any(|found| is_it(&found)),
            "{kind}, {problem}: {found:#?}"
        );
    }
    // A tick that is not affected passes.
    runs.aether(&["inspect", "pfna-demo", "--tick", "12"])
        .with(0);
}

#[test]
fn a_record_that_lost_its_hash_is_shown_and_marked() {
    check(
        "UPDATE p_blocks SET json = replace(json, '\"seq\":6', '\"seq\":7') WHERE tick = 6",
        "6",
        &[
            ("p_blocks", "does not match its stored hash"),
            ("p_blocks", "C_t"),
            (
                "u_ledger",
                "`loom_block_hash` is not the hash of that record",
            ),
        ],
    );
    check(
        "UPDATE envelopes SET json = replace(json, '\"mode\":\"P\"', '\"mode\":\"Q\"')
         WHERE tick = 6 AND layer = 'DATA'",
        "6",
        &[
            ("envelopes", "does not match its stored hash"),
            ("u_ledger", "`nap_envelope_hash`"),
        ],
    );
    check(
        "UPDATE u_ledger SET json = replace(json, '\"timestamp_utc\":null', '\"timestamp_utc\":1')
         WHERE tick = 6",
        "6",
        &[("u_ledger", "does not match its stored hash")],
    );
    check(
        "UPDATE manifests SET json = replace(json, 'CMP-0', 'CMP-9') WHERE seq = 1",
        "6",
        &[
            ("manifests", "does not match its stored hash"),
            ("u_ledger", "`apx_manifest_hash`"),
        ],
    );
}

#[test]
fn a_changed_hash_is_marked() {
    check(
        "UPDATE ledgers SET sha256 = zeroblob(32) WHERE tick = 6",
        "6",
        &[("ledgers", "does not match its stored hash")],
    );
    check(
        "UPDATE scenes SET pfna_refs = '[\"X\"]' WHERE tick = 6",
        "6",
        &[
            ("scenes", "does not match its stored hash"),
            ("u_ledger", "`meta.scene_hash`"),
        ],
    );
}

#[test]
fn the_next_entry_names_a_changed_one() {
    let runs = Runs::of(&["pfna-demo"]);
    change(
        &runs,
        "pfna-demo",
        "UPDATE u_ledger SET json = replace(json, '\"timestamp_utc\":null', '\"timestamp_utc\":1')
         WHERE tick = 6",
    );
    let found = failed(&runs, "pfna-demo", "7");
    assert!(
        found
            .iter()
            .any(|(kind, problem)| kind == "u_ledger" && problem.contains("`prev_entry_hash`")),
        "{found:#?}"
    );
}

#[test]
fn columns_that_cannot_be_read_are_reported_and_the_rest_is_shown() {
    let runs = Runs::of(&["pfna-demo"]);
    change(
        &runs,
        "pfna-demo",
        "UPDATE tick_columns SET data = zeroblob(length(data)) WHERE first_tick = 1",
    );
    let found = failed(&runs, "pfna-demo", "3");
    let of_ledger = found.iter().find(|(kind, _)| kind == "ledgers");
    assert!(
        of_ledger.is_some_and(|(_, problem)| problem.contains("columns from tick 1")),
        "{found:#?}"
    );
    let json = runs
        .aether(&["inspect", "pfna-demo", "--tick", "3", "--format", "json"])
        .with(1)
        .json();
    assert_eq!(json["u_ledger"][0]["tick"], 3);
    assert_eq!(json["ledgers"], serde_json::json!([]));
}

#[test]
fn inputs_that_cannot_be_read_are_reported() {
    let runs = Runs::of(&["gf01"]);
    change(
        &runs,
        "gf01",
        "UPDATE inputs SET json = '{}' WHERE name = 'profile'",
    );
    let found = failed(&runs, "gf01", "3");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].0, "inputs");
}

#[test]
fn every_tick_of_sound_runs_passes() {
    let scenarios = [
        "gf01",
        "pfna-demo",
        "data-only",
        "tiles",
        "windows-overlap",
        "motifs-period-2",
    ];
    let runs = Runs::of(&scenarios);
    runs.aether(&["run", "overflow"]).with(2);
    for (run, ticks) in [
        ("gf01", 8),
        ("pfna-demo", 12),
        ("data-only", 4),
        ("tiles", 12),
        ("windows-overlap", 12),
        ("motifs-period-2", 8),
        ("overflow", 8),
    ] {
        for tick in 1..=ticks {
            let text = runs
                .aether(&["inspect", run, "--tick", &tick.to_string()])
                .with(0);
            assert!(!text.stdout.contains('✗'), "{text:#?}");
        }
    }
}
