//! Tests of damaged run files that can still be opened: `inspect --tick` reports and marks failed
//! checks, and every command refuses what no engine writes, even if its hash is right.

use std::ops::ControlFlow;

use aether_engine::run::RunOptions;
use aether_engine::store::Existing;
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Runs, keys, plan};

/// Runs a statement on the file of a run.
fn change(runs: &Runs, run: &str, sql: &str) {
    let file = runs.directory().join(format!("{run}.aether"));
    let changed = Connection::open(file).unwrap().execute(sql, []).unwrap();
    assert_eq!(changed, 1, "{sql}");
}

/// Changes the text of a record, and stores the hash of the changed text with it.
fn forge(runs: &Runs, run: &str, (table, key): (&str, &str), change: impl Fn(&str) -> String) {
    let file = runs.directory().join(format!("{run}.aether"));
    let file = Connection::open(file).unwrap();
    let select = format!("SELECT json FROM {table} WHERE {key}");
    let text: String = file.query_row(&select, [], |row| row.get(0)).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text);
    let hash = Sha256::digest(&changed).to_vec();
    let update = format!("UPDATE {table} SET json = ?1, sha256 = ?2 WHERE {key}");
    assert_eq!(file.execute(&update, (changed, hash)).unwrap(), 1);
}

/// Checks that a command fails with exit status 1 and reports the damage in both formats.
#[track_caller]
fn reports_damage(runs: &Runs, args: &[&str], words: &[&str]) {
    runs.aether(args).with(1).reports(words);
    let json = runs.aether(&[args, &["--format", "json"]].concat());
    let json = json.with(1).json();
    let error = json["error"].as_str().unwrap();
    for word in words {
        assert!(error.contains(word), "`{word}` is missing: {error}");
    }
}

/// Stores a run of 16 ticks that stopped in its second window.
fn cut() -> Runs {
    let runs = Runs::new();
    let stop = |tick| match tick {
        ..10 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    let options = RunOptions::default().progress(&stop);
    let store = runs.store();
    store
        .record(&plan("line4"), "cut", Existing::Keep, &options)
        .unwrap();
    runs
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
fn text_that_is_not_json_is_shown_as_it_is() {
    let runs = Runs::of(&["pfna-demo"]);
    let sql = "UPDATE p_blocks SET json = '{\"C_t\":' WHERE tick = 6";
    change(&runs, "pfna-demo", sql);
    let found = failed(&runs, "pfna-demo", "6");
    let unreadable = |(kind, problem): &(String, String)| {
        kind == "p_blocks" && problem.contains("not a record of this kind")
    };
    assert!(found.iter().any(unreadable), "{found:#?}");
    let args = ["inspect", "pfna-demo", "--tick", "6", "--format", "json"];
    let json = runs.aether(&args).with(1).json();
    assert_eq!(json["p_blocks"], json!(["{\"C_t\":"]));
}

#[test]
fn a_value_that_no_engine_writes_is_named() {
    check(
        "UPDATE scenes SET pfna_refs = '{' WHERE tick = 6",
        "6",
        &[("scenes", "`scenes` 6 cannot be read: `pfna_refs`")],
    );
    check(
        "UPDATE scenes SET nap_envelope_ref = zeroblob(3) WHERE tick = 6",
        "6",
        &[("scenes", "`scenes` 6 cannot be read: `nap_envelope_ref`")],
    );
    let runs = cut();
    let sql = "UPDATE u_ledger SET sha256 = zeroblob(1)
               WHERE tick = (SELECT max(tick) FROM u_ledger)";
    change(&runs, "cut", sql);
    reports_damage(&runs, &["inspect", "cut"], &["`u_ledger.sha256`"]);
}

#[test]
fn an_input_that_the_run_does_not_have_is_not_shown_with_values() {
    let runs = Runs::of(&["pfna-demo"]);
    let sql = "UPDATE scenes SET pfna_refs = '[\"X\"]' WHERE tick = 6";
    change(&runs, "pfna-demo", sql);
    let text = runs.aether(&["inspect", "pfna-demo", "--tick", "6"]);
    let text = text.with(1).stdout;
    assert!(text.contains("X: not an input of this tick"), "{text}");
}

#[test]
fn a_library_that_cannot_be_recomputed_is_not_taken_as_right() {
    let runs = Runs::of(&["motifs-period-2"]);
    let sql = "UPDATE ledgers SET sha256 = zeroblob(32) WHERE tick = 1";
    change(&runs, "motifs-period-2", sql);
    let found = failed(&runs, "motifs-period-2", "5");
    let expected = (
        "u_ledger".to_owned(),
        "`codex_library_hash` cannot be checked: `ledgers` 1 does not match its stored hash"
            .to_owned(),
    );
    assert_eq!(found, [expected]);
}

#[test]
fn a_record_with_the_hash_of_other_text_is_refused() {
    let runs = Runs::of(&["pfna-demo"]);
    forge(&runs, "pfna-demo", ("u_ledger", "tick = 6"), |_| {
        "[]".to_owned()
    });
    let words = ["pfna-demo.aether", "`u_ledger` 6 cannot be read"];
    let args = [
        "export",
        "pfna-demo",
        "--as",
        "csv",
        "--kind",
        "u_ledger",
        "--tick",
        "6..8",
    ];
    reports_damage(&runs, &args, &words);
    reports_damage(&runs, &["show-ledger", "pfna-demo"], &words);
}

#[test]
fn a_picture_or_capsule_of_missing_ticks_is_not_made() {
    let runs = Runs::of(&["gf01"]);
    change(&runs, "gf01", "DELETE FROM ledgers WHERE tick = 8");
    let words = ["gf01.aether", "`ledgers` 8 is missing"];
    for what in ["state", "flux", "topology"] {
        reports_damage(&runs, &["plot", "gf01", "--what", what], &words);
    }
    let out = runs.file("x.apx");
    let args = [
        "press",
        "pack",
        "gf01",
        "--window",
        "1",
        "--out",
        out.to_str().unwrap(),
    ];
    reports_damage(&runs, &args, &words);
    assert!(!out.exists());
}

#[test]
fn a_manifest_of_other_ticks_is_not_packed() {
    let runs = Runs::of(&["gf01"]);
    forge(&runs, "gf01", ("manifests", "seq = 1"), |text| {
        text.replace("\"start_tick\":1,", "\"start_tick\":0,")
    });
    let out = runs.file("x.apx");
    let args = [
        "press",
        "pack",
        "gf01",
        "--window",
        "GF01_W1_ticks_1_2",
        "--out",
        out.to_str().unwrap(),
    ];
    reports_damage(&runs, &args, &["gf01.aether", "does not fit the inputs"]);
}

#[test]
fn a_negative_length_is_not_exposed_as_zero() {
    let runs = cut();
    forge(&runs, "cut", ("manifests", "seq = 1"), |text| {
        text.replace("\"L_total\":", "\"L_total\":-")
    });
    let args = ["metrics", "cut", "--as", "openmetrics"];
    reports_damage(&runs, &args, &["`l_total`", "negative"]);
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

#[test]
fn rows_missing_at_the_end_are_noticed_by_every_command_that_reads_them() {
    let export: &[&[&str]] = &[&["export", "--as", "json"], &["verify"]];
    let ledgers: &[&[&str]] = &[
        &["plot"],
        &["export", "--kind", "ledgers", "--as", "csv"],
        &["replay", "--tick", "12"],
    ];
    for (table, key, commands) in [
        ("u_ledger", "tick", &[&["show-ledger"][..]][..]),
        ("log", "seq", &[&["log"], &["log", "--tick", "12"]]),
        ("envelopes", "seq", &[&["inspect", "--layer", "EGRESS"]]),
        (
            "scenes",
            "tick",
            &[&["export", "--kind", "scenes", "--as", "jsonl"]],
        ),
        ("ledgers", "tick", ledgers),
    ] {
        let runs = Runs::of(&["pfna-demo"]);
        let last = format!("(SELECT max({key}) FROM {table})");
        change(
            &runs,
            "pfna-demo",
            &format!("DELETE FROM {table} WHERE {key} = {last}"),
        );
        for command in export.iter().chain(commands) {
            let (name, rest) = command.split_first().unwrap();
            let args = [&[*name, "pfna-demo"], rest].concat();
            // What was read before the gap may have been printed.
            let ended = runs.aether(&args).with(1);
            let said = match *name {
                "verify" => &ended.stdout,
                _ => &ended.stderr,
            };
            assert!(said.contains(table), "{args:?}: {}", ended.stderr);
        }
        if key == "tick" {
            let found = failed(&runs, "pfna-demo", "12");
            let is_missing =
                |(kind, problem): &(String, String)| kind == table && problem.contains("missing");
            assert!(found.iter().any(is_missing), "{table}: {found:#?}");
        }
    }
}

#[test]
fn a_wrong_row_key_draws_no_picture() {
    let runs = Runs::of(&["pfna-demo"]);
    change(
        &runs,
        "pfna-demo",
        "UPDATE ledgers SET tick = 15531 WHERE tick = 12",
    );
    reports_damage(&runs, &["plot", "pfna-demo"], &["`ledgers` 12 is missing"]);
    let text = runs
        .aether(&["inspect", "pfna-demo", "--tick", "5"])
        .with(0);
    assert!(!text.stdout.contains("15531"), "{text:#?}");
}

#[test]
fn a_foreign_schema_ends_every_command_at_once() {
    let runs = Runs::of(&["pfna-demo"]);
    let file = runs.directory().join("pfna-demo.aether");
    Connection::open(file)
        .unwrap()
        .execute_batch(
            "DROP TABLE log; CREATE VIEW log AS WITH RECURSIVE n(seq) AS
             (SELECT 1 UNION ALL SELECT seq + 1 FROM n) SELECT seq, 1 AS tick FROM n",
        )
        .unwrap();
    for command in [
        "inspect",
        "verify",
        "log",
        "export",
        "show-ledger",
        "plot",
        "metrics",
        "resume",
    ] {
        reports_damage(
            &runs,
            &[command, "pfna-demo"],
            &["`log`", "differs from the format"],
        );
    }
}

/// A hash can be made for any text.
#[test]
fn what_is_no_record_has_no_causes() {
    let runs = Runs::of(&["gf01", "gf02"]);
    for table in [
        "u_ledger",
        "i_blocks",
        "manifests",
        "envelopes",
        "codex_library",
    ] {
        for text in [
            "[".repeat(3000) + &"]".repeat(3000),
            "\0".to_owned(),
            "{}".to_owned(),
        ] {
            let again = runs.aether(&["run", "gf01", "--run-id", "forged", "--force"]);
            again.with(0);
            let file = runs.directory().join("forged.aether");
            let file = Connection::open(file).unwrap();
            let update = format!(
                "UPDATE {table} SET json = ?1, sha256 = ?2 WHERE rowid = (SELECT max(rowid) FROM {table})"
            );
            let hash = Sha256::digest(&text).to_vec();
            let changed = file.execute(&update, (&text, hash)).unwrap();
            drop(file);
            for (one, other) in [("forged", "gf02"), ("gf02", "forged"), ("gf01", "forged")] {
                let ended = runs.aether(&["why", one, other]);
                assert!(matches!(ended.status, Some(0..=2)), "{table}: {ended:#?}");
                assert!(!ended.stderr.contains("panicked"), "{table}: {ended:#?}");
            }
            assert!(changed <= 1);
        }
    }
}

#[test]
fn a_query_is_not_answered_from_a_table_with_missing_rows() {
    let runs = Runs::of(&["gf01"]);
    let query = ["sql", "gf01", "SELECT count(*) FROM log"];
    runs.aether(&query).with(0);
    change(&runs, "gf01", "DELETE FROM log WHERE seq = 2");
    reports_damage(&runs, &query, &["log", "2"]);
}
