//! Tests of `export`, `inspect` and `show-ledger`: the records of a stored run.

use serde_json::{Value, json};

use super::{Runs, export_of, keys, len};

const MEMBERS: [&str; 14] = [
    "codex_library",
    "codex_proposals",
    "envelopes",
    "export_version",
    "i_blocks",
    "inputs",
    "ledgers",
    "log",
    "manifests",
    "metrics",
    "p_blocks",
    "run",
    "scenes",
    "u_ledger",
];

const KINDS: [&str; 10] = [
    "ledgers",
    "p_blocks",
    "i_blocks",
    "manifests",
    "scenes",
    "envelopes",
    "u_ledger",
    "codex_library",
    "codex_proposals",
    "log",
];

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn export_is_what_the_library_makes() {
    let scenarios = ["gf01", "pfna-demo", "motifs-period-2", "no-edges"];
    let runs = Runs::of(&scenarios);
    for scenario in scenarios {
        let expected = export_of(scenario);
        let ended = runs.aether(&["export", scenario]).with(0);
        assert_eq!(ended.stderr, "");
        assert_eq!(ended.stdout, format!("{expected}\n"), "{scenario}");
        let export = ended.json();
        assert_eq!(keys(&export), MEMBERS);
        assert_eq!(export["export_version"], 1);
        assert_eq!(
            keys(&export["run"]),
            [
                "engine_version",
                "gid",
                "last_entry_hash",
                "run_id",
                "status",
                "ticks"
            ]
        );
        assert_eq!(
            keys(&export["inputs"]),
            ["files", "pfna", "profile", "run_config", "topology"]
        );
        for kind in KINDS {
            assert!(export[kind].is_array(), "{kind}");
        }
    }
}

#[test]
fn a_kind_alone_is_the_same_records() {
    let runs = Runs::of(&["motifs-period-2"]);
    let export = parsed(&export_of("motifs-period-2"));
    for kind in KINDS.iter().chain(&["metrics", "inputs"]) {
        let one = runs.json(&["export", "motifs-period-2", "--kind", kind]);
        assert_eq!(keys(&one), [*kind]);
        assert_eq!(one[*kind], export[*kind], "{kind}");
    }
}

#[test]
fn lines_are_records() {
    let runs = Runs::of(&["motifs-period-2"]);
    let export = parsed(&export_of("motifs-period-2"));
    for kind in KINDS {
        let args = ["export", "motifs-period-2", "--as", "jsonl", "--kind", kind];
        let lines = runs.aether(&args).with(0).stdout;
        let records: Vec<_> = lines.lines().map(parsed).collect();
        assert_eq!(Value::from(records), export[kind], "{kind}");
    }
    let lines = runs.aether(&["export", "motifs-period-2", "--as", "jsonl"]);
    let mut counted = 0;
    for line in lines.with(0).stdout.lines().map(parsed) {
        assert_eq!(keys(&line), ["kind", "record"]);
        counted += 1;
    }
    let expected: usize = KINDS.iter().map(|kind| len(&export[kind])).sum();
    assert_eq!(counted, expected + 1, "and the metrics");
}

#[test]
fn tables_have_a_row_a_record() {
    let runs = Runs::of(&["gf02"]);
    let export = parsed(&export_of("gf02"));
    let table = |kind: &str| {
        let text = runs
            .aether(&["export", "gf02", "--kind", kind, "--as", "csv"])
            .with(0)
            .stdout;
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let header: Vec<_> = rows.headers().unwrap().iter().map(str::to_owned).collect();
        let rows: Vec<Vec<String>> = rows
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect();
        (header, rows)
    };
    for kind in KINDS {
        assert_eq!(table(kind).1.len(), len(&export[kind]), "{kind}");
    }
    let (header, rows) = table("ledgers");
    for (row, ledger) in rows.iter().zip(export["ledgers"].as_array().unwrap()) {
        for node in 1..=9 {
            for vector in ["pre_u", "post_u"] {
                let column = header
                    .iter()
                    .position(|name| *name == format!("{vector}_{node}"));
                assert_eq!(
                    row[column.unwrap()],
                    ledger[vector][node - 1].to_string(),
                    "{vector}_{node}"
                );
            }
        }
    }
    assert!(!header.iter().any(|name| name.starts_with("edges")));

    let (header, rows) = table("edges");
    assert_eq!(
        header,
        ["tick", "e_id", "i", "j", "du", "raw", "cap", "f_e"]
    );
    let mut expected = Vec::new();
    for ledger in export["ledgers"].as_array().unwrap() {
        for edge in ledger["edges"].as_array().unwrap() {
            let mut row = vec![ledger["tick"].to_string()];
            row.extend(header[1..].iter().map(|name| edge[name].to_string()));
            expected.push(row);
        }
    }
    assert_eq!(rows, expected);
}

#[test]
fn out_is_a_file_and_nothing_is_printed() {
    let runs = Runs::of(&["gf01"]);
    let path = runs.file("gf01.json");
    let out = path.to_str().unwrap();
    let ended = runs.aether(&["export", "gf01", "--out", out]).with(0);
    assert_eq!(ended.stdout, "");
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(written, format!("{}\n", export_of("gf01")));

    // A refused export does not change an existing file.
    runs.aether(&["export", "gf09", "--out", out]).with(2);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    let nowhere = runs.file("none/gf01.json");
    let args = ["export", "gf01", "--out", nowhere.to_str().unwrap()];
    let ended = runs.aether(&args).with(3);
    ended.reports(&["none", "cannot be written"]);
    assert!(!ended.stderr.contains("at path"), "{ended:#?}");
}

#[test]
fn unknown_kinds_and_runs_are_refused() {
    let runs = Runs::of(&["gf01"]);
    runs.refuses(
        &["export", "gf01", "--kind", "ledger"],
        &["`ledger`", "ledgers", "metrics"],
    );
    runs.refuses(&["export", "gf01", "--kind", "edges"], &["edges"]);
    runs.refuses(&["export", "gf01", "--as", "csv"], &["--kind"]);
    runs.refuses(
        &["export", "gf01", "--as", "csv", "--kind", "metrics"],
        &["metrics"],
    );
    for command in [
        "export",
        "inspect",
        "show-ledger",
        "verify",
        "log",
        "metrics",
    ] {
        runs.refuses(&[command, "gf09"], &["`gf09`", "runs"]);
        runs.refuses(&[command, "../gf09"], &["no run file ../gf09"]);
        runs.refuses(&[command, "gf 09"], &["run id"]);
    }
}

#[test]
fn inspect_sums_up() {
    let runs = Runs::of(&["gf01"]);
    let export = parsed(&export_of("gf01"));
    let shown = runs.json(&["inspect", "gf01"]);
    assert_eq!(keys(&shown), ["metrics", "run"]);
    assert_eq!(shown["run"], export["run"]);
    assert_eq!(shown["metrics"], export["metrics"]);
    assert_eq!(runs.json(&["inspect", "gf01", "--summary"]), shown);
    let text = runs.aether(&["inspect", "gf01"]).with(0).stdout;
    let hash = export["run"]["last_entry_hash"].as_str().unwrap();
    for word in ["complete", "6 nodes, 8 edges", "8 of 8", hash] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn inspect_shows_a_tick() {
    let runs = Runs::of(&["pfna-demo"]);
    let export = parsed(&export_of("pfna-demo"));
    let of = |kind: &str, tick: u64| -> Value {
        let records = export[kind].as_array().unwrap().iter();
        records
            .filter(|record| record["tick"] == tick)
            .cloned()
            .collect()
    };
    for tick in 1..=12_u64 {
        let number = tick.to_string();
        let shown = runs.json(&["inspect", "pfna-demo", "--tick", &number]);
        let kinds = [
            "envelopes",
            "i_blocks",
            "ledgers",
            "p_blocks",
            "scenes",
            "u_ledger",
        ];
        assert_eq!(keys(&shown), kinds);
        for kind in kinds {
            assert_eq!(shown[kind], of(kind, tick), "{kind} of {tick}");
        }
        let text = runs.aether(&["inspect", "pfna-demo", "--tick", &number]);
        assert!(text.with(0).stdout.contains(&format!("tick {tick} of 12")));
    }
    for tick in ["13", "18446744073709551615"] {
        let words = [tick, "0 to 12"];
        runs.refuses(&["inspect", "pfna-demo", "--tick", tick], &words);
    }
    runs.aether(&["inspect", "pfna-demo", "--tick", "-1"])
        .with(2);
}

#[test]
fn inspect_shows_a_window_by_id_and_number() {
    let runs = Runs::of(&["windows-overlap"]);
    let export = parsed(&export_of("windows-overlap"));
    let manifest = |id: &str| -> Value {
        let manifests = export["manifests"].as_array().unwrap().iter();
        manifests
            .filter(|manifest| manifest["window_id"] == id)
            .cloned()
            .collect()
    };
    let tiles = ["1_4", "5_8", "9_12"];
    let tiles = (1..)
        .zip(tiles)
        .map(|(k, ticks)| format!("LINE4_W{k}_ticks_{ticks}"));
    let others = ["early", "middle", "one-tick", "late", "all"].map(str::to_owned);
    for (number, id) in (1..).zip(tiles.chain(others)) {
        let by_id = runs.json(&["inspect", "windows-overlap", "--window", &id]);
        assert_eq!(by_id, json!({ "manifests": manifest(&id) }));
        assert_eq!(len(&by_id["manifests"]), 1, "{id}");
        let number = number.to_string();
        let by_number = runs.json(&["inspect", "windows-overlap", "--window", &number]);
        assert_eq!(by_number, by_id);
        let text = runs.aether(&["inspect", "windows-overlap", "--window", &number]);
        assert!(text.with(0).stdout.starts_with(&format!("{id}, ticks ")));
    }
    for window in ["0", "9", "none", "EARLY"] {
        let words = [window, "1 to 8"];
        runs.refuses(&["inspect", "windows-overlap", "--window", window], &words);
    }
}

#[test]
fn inspect_shows_a_layer() {
    let runs = Runs::of(&["pfna-demo"]);
    let export = parsed(&export_of("pfna-demo"));
    let mut counted = 0;
    for layer in ["CTRL", "INGRESS", "DATA", "EGRESS"] {
        let shown = runs.json(&["inspect", "pfna-demo", "--layer", layer]);
        assert_eq!(keys(&shown), ["envelopes"]);
        let envelopes = export["envelopes"].as_array().unwrap().iter();
        let expected: Value = envelopes
            .filter(|envelope| envelope["layer"] == layer)
            .cloned()
            .collect();
        assert_eq!(shown["envelopes"], expected, "{layer}");
        counted += len(&expected);
        runs.aether(&["inspect", "pfna-demo", "--layer", layer])
            .with(0);
    }
    assert_eq!(counted, len(&export["envelopes"]));
    runs.refuses(
        &["inspect", "pfna-demo", "--layer", "ctrl"],
        &["`ctrl`", "CTRL, INGRESS, DATA, EGRESS"],
    );
}

#[test]
fn a_tick_and_a_layer_asked_for_together_are_both_shown() {
    let runs = Runs::of(&["pfna-demo"]);
    let export = parsed(&export_of("pfna-demo"));
    let args = ["inspect", "pfna-demo", "--tick", "6", "--layer", "DATA"];
    let shown = runs.json(&args);
    let envelopes = export["envelopes"].as_array().unwrap().iter();
    let both: Value = envelopes
        .filter(|envelope| envelope["tick"] == 6 && envelope["layer"] == "DATA")
        .cloned()
        .collect();
    assert_eq!(shown["envelopes"], both);
    assert_eq!(len(&shown["ledgers"]), 1);
}

#[test]
fn show_ledger_prints_entries_in_order() {
    let runs = Runs::of(&["gf01"]);
    let all = &parsed(&export_of("gf01"))["u_ledger"];
    assert_eq!(runs.json(&["show-ledger", "gf01"]), *all);
    let some = runs.json(&["show-ledger", "gf01", "--from", "3", "--to", "5"]);
    assert_eq!(some.as_array().unwrap(), &all.as_array().unwrap()[2..5]);
    let text = runs.aether(&["show-ledger", "gf01", "--from", "8"]).with(0);
    assert_eq!(text.stdout.lines().count(), 2, "{text:#?}");
    for (from, to) in [("0", "3"), ("3", "9"), ("5", "4")] {
        runs.refuses(
            &["show-ledger", "gf01", "--from", from, "--to", to],
            &["1 to 8"],
        );
    }
}
