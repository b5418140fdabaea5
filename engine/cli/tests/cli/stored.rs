//! Tests of `verify`, `replay` and `diff`: checks and comparisons of stored runs.

use rusqlite::Connection;
use serde_json::Value;

use super::{Runs, export_of, keys};

#[test]
fn an_intact_run_is_reported_as_intact() {
    let runs = Runs::of(&["gf01"]);
    let text = runs.aether(&["verify", "gf01"]).with(0);
    assert!(
        text.stdout
            .contains("gf01 (run_id GF01) is intact: 8 ticks"),
        "{text:#?}"
    );
    let json = runs.json(&["verify", "gf01"]);
    assert_eq!(keys(&json), ["findings", "records", "ticks", "whole"]);
    assert_eq!(json["whole"], true);
    assert_eq!(json["ticks"], 8);
    assert_eq!(json["findings"], serde_json::json!([]));
}

/// Changes one byte of the text of the second row of a table, so that it is still JSON.
fn change(runs: &Runs, run: &str, table: &str, key: &str) {
    let file = runs.directory().join(format!("{run}.aether"));
    let database = Connection::open(file).unwrap();
    let text: String = database
        .query_row(
            &format!("SELECT json FROM {table} WHERE {key} = 2"),
            [],
            |row| row.get(0),
        )
        .unwrap();
    let place = text.rfind(|c: char| c.is_ascii_digit()).unwrap();
    let mut bytes = text.into_bytes();
    bytes[place] = if bytes[place] == b'7' { b'8' } else { b'7' };
    let text = String::from_utf8(bytes).unwrap();
    let changed = database
        .execute(
            &format!("UPDATE {table} SET json = ?1 WHERE {key} = 2"),
            [text],
        )
        .unwrap();
    assert_eq!(changed, 1);
}

#[test]
fn a_changed_byte_of_any_table_is_found_and_named() {
    for (table, key) in [("p_blocks", "tick"), ("u_ledger", "tick")] {
        let runs = Runs::of(&["gf01"]);
        change(&runs, "gf01", table, key);
        let text = runs.aether(&["verify", "gf01"]).with(1);
        assert!(text.stdout.contains("first: "), "{text:#?}");
        assert!(text.stdout.contains(&format!("`{table}` 2")), "{text:#?}");
        let ended = runs.aether(&["verify", "gf01", "--format", "json"]).with(1);
        let json = ended.json();
        assert_eq!(json["whole"], false);
        let first = json["findings"][0].as_str().unwrap();
        assert!(first.contains(table) && first.contains('2'), "{first}");
        // Nor can it be exported.
        let ended = runs.aether(&["export", "gf01"]).with(1);
        assert!(ended.stderr.contains(table), "{ended:#?}");
    }
}

#[test]
fn what_is_not_a_run_is_refused_by_every_command_that_reads_one() {
    let runs = Runs::of(&["gf01"]);
    let file = |name: &str| runs.directory().join(format!("{name}.aether"));
    std::fs::write(
        file("text"),
        "not a database, though long enough for its header",
    )
    .unwrap();
    std::fs::write(file("empty"), "").unwrap();
    std::fs::create_dir(file("folder")).unwrap();
    std::fs::copy(file("gf01"), file("newer")).unwrap();
    let database = Connection::open(file("newer")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let long = "x".repeat(129);
    let none: [(&str, &[&str]); 9] = [
        ("gone", &["`gone`", "the stored runs are ", "gf01"]),
        ("text", &["text.aether", "not a run file"]),
        ("empty", &["empty.aether", "not a run file"]),
        ("folder", &["folder.aether is a directory"]),
        (
            "newer",
            &["newer.aether", "99", "newer version of `aether`"],
        ),
        ("a/b", &["no run file a/b"]),
        ("a b", &["run id `a b`", "letters"]),
        (".gf01", &["run id `.gf01`", "dot"]),
        (&long, &["run id", "128", "129"]),
    ];
    let out = runs.file("w.apx");
    let pack = ["--window", "1", "--out", out.to_str().unwrap()];
    for (id, words) in none {
        for command in [
            "inspect",
            "show-ledger",
            "export",
            "verify",
            "resume",
            "log",
            "metrics",
            "plot",
        ] {
            runs.refuses(&[command, id], words);
        }
        runs.refuses(&["replay", id, "--tick", "1"], words);
        runs.refuses(&["diff", id, "gf01"], words);
        runs.refuses(&["diff", "gf01", id], words);
        runs.refuses(&[&["press", "pack", id], &pack[..]].concat(), words);
    }
    assert!(!out.exists());
    // A run does not overwrite such a file without --force.
    let taken = ["run", "gf01", "--run-id", "text"];
    runs.refuses(&taken, &["`text`", "not a run file", "--force"]);
    let forced = runs.json(&[&taken[..], &["--force"]].concat());
    assert_eq!(forced["written"], "replaced");
    runs.aether(&["verify", "text"]).with(0);
    // A directory is not overwritten even then.
    for force in [&[][..], &["--force"]] {
        let args = [&["run", "gf01", "--run-id", "folder"], force].concat();
        let ended = runs.aether(&args).with(2);
        ended.reports(&["folder.aether", "is a directory"]);
    }
    assert!(file("folder").is_dir());
}

#[test]
fn every_tick_is_replayed() {
    let scenarios = ["gf01", "pfna-demo", "checkpoint-every-tick"];
    let runs = Runs::of(&scenarios);
    for scenario in scenarios {
        let export: Value = serde_json::from_str(&export_of(scenario)).unwrap();
        let ledgers = export["ledgers"].as_array().unwrap();
        for tick in 0..=ledgers.len() {
            let number = tick.to_string();
            let json = runs.json(&["replay", scenario, "--tick", &number]);
            assert_eq!(json["matches"], true, "{scenario} {tick}");
            assert_eq!(json["tick"], tick);
            let state = match tick {
                0 => &ledgers[0]["pre_u"],
                _ => &ledgers[tick - 1]["post_u"],
            };
            if tick > 0 || scenario == "gf01" {
                assert_eq!(json["state"], *state, "{scenario} {tick}");
            }
            let from = json["checkpoint_tick"].as_u64().unwrap();
            let replayed = json["ticks_replayed"].as_u64().unwrap();
            assert_eq!(from + replayed, tick as u64);
        }
        let beyond = (ledgers.len() + 1).to_string();
        let range = format!("0 to {}", ledgers.len());
        runs.refuses(&["replay", scenario, "--tick", &beyond], &[&beyond, &range]);
    }
    let text = runs.aether(&["replay", "gf01", "--tick", "3"]).with(0);
    assert!(text.stdout.contains("matches\n3 1 0 0 0 0"), "{text:#?}");
    runs.aether(&["replay", "gf01"])
        .with(2)
        .reports(&["--tick"]);
}

#[test]
fn equal_runs_have_no_difference() {
    let runs = Runs::of(&["gf01"]);
    runs.aether(&["run", "gf01", "--run-id", "other", "--threads", "2"])
        .with(0);
    let text = runs.aether(&["diff", "gf01", "other"]).with(0);
    assert!(text.stdout.contains("nothing differs"), "{text:#?}");
    assert_eq!(runs.json(&["diff", "gf01", "other"])["equal"], true);
}

#[test]
fn the_first_divergence_of_different_runs_is_reported_first() {
    let runs = Runs::new();
    let root = super::root();
    let text = std::fs::read_to_string(root.join("scenarios/line4/run.toml")).unwrap();
    let text = text
        .replace("../..", root.to_str().unwrap())
        .replace("[64, 0, 0, 0]", "[65, 0, 0, 0]");
    let other = runs.file("run.toml");
    std::fs::write(&other, text).unwrap();
    runs.json(&["run", "line4", "--run-id", "a"]);
    runs.json(&["run", other.to_str().unwrap(), "--run-id", "b"]);
    let text = runs.aether(&["diff", "a", "b"]).with(1);
    assert!(text.stdout.contains("MISMATCH"), "{text:#?}");
    assert!(text.stdout.contains("initial_state"), "{text:#?}");
    let json = runs.aether(&["diff", "a", "b", "--format", "json"]).with(1);
    let json = json.json();
    assert_eq!(json["equal"], false);
    let first = &json["scenarios"][0]["first_divergence"];
    assert_eq!(first["path"], "ledgers[tick=1].pre_u[node=1]");
    assert_eq!(
        (&first["before"], &first["after"]),
        (&64.into(), &65.into())
    );
    assert!(json.to_string().contains("initial_state"));
    let all = runs.aether(&["diff", "a", "b", "--all"]).with(1);
    assert!(all.stdout.len() >= text.stdout.len());
    runs.refuses(&["diff", "a", "none"], &["`none`"]);
    runs.refuses(&["diff", "none", "a"], &["`none`"]);
}

/// Links, pipes and directories in place of the files that are kept beside runs.
#[test]
#[cfg(unix)]
fn links_and_pipes_beside_runs_are_refused() {
    use std::os::unix::fs::symlink;
    let pipe = |path: std::path::PathBuf| {
        let made = std::process::Command::new("mkfifo")
            .arg(path)
            .status()
            .unwrap();
        assert!(made.success());
    };
    let runs = Runs::of(&["gf01", "gf02"]);
    let directory = runs.directory();
    let (times, other) = (directory.join(".times.jsonl"), runs.file("other"));
    std::fs::write(&other, b"not \xff ours").unwrap();
    std::fs::remove_file(&times).unwrap();
    symlink(&other, &times).unwrap();
    runs.aether(&["run", "gf01", "--run-id", "a"]).with(0);
    runs.aether(&["runs"]).with(0);
    let ended = runs.aether(&["runs", "rm", "a", "--yes"]).with(3);
    ended.reports(&[".times.jsonl", "it is a link"]);
    assert_eq!(std::fs::read(&other).unwrap(), b"not \xff ours");
    std::fs::remove_file(&times).unwrap();
    // A command that opened one of these pipes would wait for ever.
    pipe(times.clone());
    runs.aether(&["run", "gf01", "--run-id", "a"]).with(0);
    runs.aether(&["runs"]).with(0);
    runs.aether(&["runs", "rm", "a", "--yes"])
        .with(3)
        .reports(&[".times.jsonl", "a pipe"]);
    std::fs::remove_file(&times).unwrap();
    pipe(directory.join(".locks/b"));
    runs.aether(&["run", "gf01", "--run-id", "b"])
        .with(2)
        .reports(&[".locks/b", "a pipe", "move it away"]);
    pipe(directory.join("c.aether"));
    for force in [&[][..], &["--force"]] {
        let args = [&["run", "gf01", "--run-id", "c"], force].concat();
        runs.aether(&args).with(2).reports(&["c.aether", "a pipe"]);
    }
    for ending in ["-journal", "-wal"] {
        let beside = directory.join(format!("gf01.aether{ending}"));
        std::fs::create_dir(&beside).unwrap();
        let name = format!("gf01.aether{ending} is a directory");
        runs.aether(&["verify", "gf01"]).with(2).reports(&[&name]);
        std::fs::remove_dir(&beside).unwrap();
    }
    runs.aether(&["verify", "gf01"]).with(0);
}
