//! Tests of the tables that `export` writes: columns, long tables, names, parts of runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Runs, aether, export_of, len};

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

/// Names that need quotes in CSV, JSON or SQL; nodes 3 and 5 have none.
pub(crate) const NAMES: [(usize, &str); 4] = [
    (1, "D0-J01"),
    (2, "east, upper"),
    (4, "6\" main"),
    (6, "Löwe's"),
];

/// A run named `ring` of a ring with names, inputs at ticks 0 and 2, and a motif library.
pub(crate) fn ring(nodes: usize, ticks: usize) -> Runs {
    let runs = Runs::new();
    std::fs::create_dir_all(runs.directory()).unwrap();
    let node = |id: usize| match NAMES.iter().find(|(named, _)| *named == id) {
        Some((_, name)) => json!({ "node_id": id, "label": name }).to_string(),
        None => json!({ "node_id": id }).to_string(),
    };
    let nodes_text: Vec<String> = (1..=nodes).map(node).collect();
    let mut edges = String::new();
    for edge in 1..=nodes {
        let comma = if edge == 1 { "" } else { "," };
        let label = if edge == 2 { r#","label":"P2""# } else { "" };
        let (next, k) = (edge % nodes + 1, 1 + edge % 7);
        write!(
            edges,
            r#"{comma}{{"e_id":{edge},"i":{edge},"j":{next},"k":{k},"cap":900,"SC":32{label}}}"#
        )
        .unwrap();
    }
    let topology = format!(
        r#"{{"gid":"RING","profile":"CMP-0","N":{nodes},"SC":32,"nodes":[{}],"edges":[{edges}]}}"#,
        nodes_text.join(",")
    );
    std::fs::write(runs.file("ring.json"), topology).unwrap();
    let inputs: Vec<Value> = [0, 2]
        .map(|tick| {
            let values: Vec<usize> = (0..nodes).map(|node| (tick + node) % 3).collect();
            json!({ "pfna_id": format!("in{tick}"), "tick": tick, "values": values })
        })
        .into();
    let pfna = json!({
        "v": 0, "pfna_id": "in", "gid": "RING", "run_id": "ring", "nid": "N/A", "entries": inputs,
    });
    std::fs::write(runs.file("pfna.json"), pfna.to_string()).unwrap();
    let profile = super::root().join("fixtures/profiles/cmp-0.json");
    std::fs::copy(profile, runs.file("cmp-0.json")).unwrap();
    let state: Vec<String> = (1..=nodes)
        .map(|n| (n * n * 977 % 10_007).to_string())
        .collect();
    let run = format!(
        "v = 1\ngid = \"RING\"\nrun_id = \"ring\"\ntopology_path = \"ring.json\"\n\
         profile_path = \"cmp-0.json\"\npfna_path = \"pfna.json\"\nenable_pfna = true\n\
         enable_codex = true\nticks = {ticks}\nwindow_every = 50\ninitial_state = [{}]\n",
        state.join(",")
    );
    std::fs::write(runs.file("run.toml"), run).unwrap();
    let path = runs.file("run.toml").display().to_string();
    runs.aether(&["run", &path]).with(0);
    runs
}

/// A CSV table: its header, and its rows by column.
fn table(runs: &Runs, args: &[&str]) -> (Vec<String>, Vec<BTreeMap<String, String>>) {
    let text = runs.aether(&[&["export"], args, &["--as", "csv"]].concat());
    let text = text.with(0).stdout;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<_> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let cells = header.iter().cloned().zip(row.iter().map(str::to_owned));
        cells.collect()
    });
    let rows = rows.collect();
    (header, rows)
}

/// What a cell must hold, by an independent walk through the record: the column is a path of
/// members, or a path and the number of an element.
fn expected_cell(record: &Value, column: &str) -> String {
    let at = |path: &str| {
        path.split('.')
            .try_fold(record, |value, key| value.get(key))
    };
    let shown = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    if let Some(value) = at(column) {
        return shown(value);
    }
    if let Some((path, number)) = column.rsplit_once('_')
        && let (Some(Value::Array(items)), Ok(number)) = (at(path), number.parse::<usize>())
    {
        return shown(&items[number - 1]);
    }
    // A member that the record does not have.
    String::new()
}

#[test]
fn every_cell_is_the_value_of_its_record() {
    let scenarios = [
        "motifs-period-2",
        "pfna-demo",
        "windows-overlap",
        "no-edges",
        "one-node",
    ];
    let runs = Runs::of(&scenarios);
    for scenario in scenarios {
        let export: Value = serde_json::from_str(&export_of(scenario)).unwrap();
        for kind in KINDS {
            let (header, rows) = table(&runs, &[scenario, "--kind", kind]);
            assert_eq!(rows.len(), len(&export[kind]), "{scenario} {kind}");
            for (row, record) in rows.iter().zip(export[kind].as_array().unwrap()) {
                for column in &header {
                    let found = &row[column];
                    // JSON in a cell may be spelled in another way.
                    let expected = expected_cell(record, column);
                    let is_same = *found == expected
                        || serde_json::from_str::<Value>(found).ok()
                            == serde_json::from_str::<Value>(&expected).ok();
                    assert!(is_same, "{scenario} {kind} {column}: {found}, {expected}");
                }
            }
            // Every number of every vector has a column.
            if kind == "ledgers" && !rows.is_empty() {
                let nodes = len(&export[kind][0]["post_u"]);
                let of_nodes = header.iter().filter(|column| column.starts_with("post_u_"));
                assert_eq!(of_nodes.count(), nodes, "{scenario}");
            }
        }
    }
}

#[test]
fn p_blocks_of_a_large_graph_are_their_records() {
    let runs = ring(210, 4);
    let export = runs.json(&["export", "ring", "--kind", "p_blocks"]);
    let (header, rows) = table(&runs, &["ring", "--kind", "p_blocks"]);
    assert_eq!(header, ["tick", "C_t", "edge_flux_summary", "s_t", "seq"]);
    assert_eq!(rows.len(), 4);
    for (row, record) in rows.iter().zip(export["p_blocks"].as_array().unwrap()) {
        for column in &header {
            let cell: Value = serde_json::from_str(&row[column]).unwrap();
            assert_eq!(cell, record[column], "{column}");
        }
    }
    let args = ["ring", "--kind", "p_blocks", "--edge", "2,7", "--tick", "3"];
    let (_, rows) = table(&runs, &args);
    let cell: Value = serde_json::from_str(&rows[0]["edge_flux_summary"]).unwrap();
    let summary = &export["p_blocks"][2]["edge_flux_summary"];
    assert_eq!(cell, json!([summary[1], summary[6]]));
}

#[test]
fn every_kind_has_its_header_and_the_tick_comes_first() {
    let runs = Runs::of(&["frozen", "motifs-period-2"]);
    for kind in KINDS.iter().chain(&["edges"]) {
        let (header, rows) = table(&runs, &["frozen", "--kind", kind]);
        let first = match *kind {
            "manifests" => "end_tick",
            // They belong to the run.
            "codex_library" => "created_at_tick",
            "codex_proposals" => "action",
            _ => "tick",
        };
        assert_eq!(header[0], first, "{kind}");
        assert!(header.len() > 3, "{kind}: {header:?}");
        if kind.starts_with("codex") {
            assert_eq!(rows.len(), 0, "a run without Codex has {kind}");
        }
    }
    // A kind has the same columns with and without records, but for the size of the graph.
    let names = |run: &str| {
        let (header, _) = table(&runs, &[run, "--kind", "codex_library"]);
        let is_vector = |column: &String| column.contains("signature_");
        header
            .into_iter()
            .filter(move |column| !is_vector(column))
            .collect::<Vec<_>>()
    };
    assert_eq!(names("frozen"), names("motifs-period-2"));
}

#[test]
fn a_run_without_ticks_has_headers() {
    let runs = Runs::new();
    // The inputs of tick 0 overflow.
    runs.aether(&["run", "overflow"]).with(2);
    for args in [
        &["overflow", "--kind", "ledgers"],
        &["overflow", "--long", "--kind=edges"],
    ] {
        let (header, _) = table(&runs, args);
        assert_eq!(header[0], "tick");
    }
}

/// The rows of the long tables, from the ledgers of the JSON export.
fn long_rows(runs: &Runs, what: &str) -> Vec<Value> {
    let export = runs.json(&["export", "ring"]);
    let label = |id: &Value| {
        let named = NAMES.iter().find(|(node, _)| *id == *node);
        named.map(|(_, name)| *name)
    };
    let mut rows = Vec::new();
    for ledger in export["ledgers"].as_array().unwrap() {
        let tick = &ledger["tick"];
        if what == "state" {
            for (id, state) in (1..).zip(ledger["post_u"].as_array().unwrap()) {
                let label = label(&json!(id));
                rows.push(json!({ "tick": tick, "node": id, "label": label, "state": state }));
            }
        } else {
            for edge in ledger["edges"].as_array().unwrap() {
                let label = (edge["e_id"] == 2).then_some("P2");
                rows.push(json!({
                    "tick": tick, "edge": edge["e_id"], "label": label,
                    "du": edge["du"], "raw": edge["raw"], "f_e": edge["f_e"],
                }));
            }
        }
    }
    rows
}

#[test]
fn long_tables_have_a_row_per_tick_and_node_or_edge() {
    let runs = ring(7, 12);
    for (what, kind, columns) in [
        ("state", "ledgers", &["tick", "node", "label", "state"][..]),
        (
            "flux",
            "edges",
            &["tick", "edge", "label", "du", "raw", "f_e"],
        ),
    ] {
        let expected = long_rows(&runs, what);
        let args = ["ring", "--long", "--kind", kind];
        let (header, rows) = table(&runs, &args);
        assert_eq!(header, columns);
        assert_eq!(rows.len(), expected.len());
        for (row, expected) in rows.iter().zip(&expected) {
            for column in columns {
                assert_eq!(row[*column], expected_cell(expected, column));
            }
        }
        let args = [&["export"], &args[..]].concat();
        let lines = runs
            .aether(&[&args[..], &["--as", "jsonl"]].concat())
            .with(0);
        let lines: Vec<Value> = lines
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines, expected);
        assert_eq!(runs.aether(&args).with(0).json(), json!({ what: expected }));
    }
    // The table follows from what is selected.
    let columns = |args: &[&str]| table(&runs, args).0;
    assert_eq!(columns(&["ring", "--long"])[1], "node");
    assert_eq!(columns(&["ring", "--long", "--edge", "P2"])[1], "edge");
    let both = ["export", "ring", "--long", "--edge", "1", "--node", "1"];
    runs.refuses(&both, &["--kind ledgers", "--kind edges"]);
    runs.refuses(
        &["export", "ring", "--long", "--kind", "log"],
        &["`log` has no long table", "--kind edges"],
    );
}

#[test]
fn tick_0_is_the_state_after_its_inputs() {
    let runs = ring(7, 12);
    let replayed = runs.json(&["replay", "ring", "--tick", "0"])["state"].clone();
    let (_, rows) = table(&runs, &["ring", "--long", "--tick", "0..1"]);
    let states: Vec<&str> = rows[..7].iter().map(|row| row["state"].as_str()).collect();
    let expected: Vec<String> = replayed
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    assert_eq!(states, expected);
    assert!(rows[..7].iter().all(|row| row["tick"] == "0"));
    assert_eq!(rows.len(), 14);
    // The inputs of tick 0 change it.
    assert_ne!(states[1], (4 * 977).to_string());
    for args in [
        &["export", "ring", "--tick", "0..2"][..],
        &["export", "ring", "--tick", "0", "--long", "--edge", "1"],
    ] {
        runs.refuses(args, &["tick 0 has a state and no records", "--long"]);
    }
}

#[test]
fn only_the_ticks_asked_for_are_exported() {
    let runs = ring(7, 120);
    let export = runs.json(&["export", "ring"]);
    let tick_of = |kind: &str, record: &Value| match kind {
        "manifests" => record["end_tick"].as_u64(),
        _ => record["tick"].as_u64(),
    };
    let part = runs.json(&["export", "ring", "--tick", "49..51"]);
    for kind in KINDS {
        let of_run = kind.starts_with("codex");
        let expected: Value = export[kind]
            .as_array()
            .unwrap()
            .iter()
            .filter(|record| {
                of_run || tick_of(kind, record).is_some_and(|tick| (49..=51).contains(&tick))
            })
            .cloned()
            .collect();
        assert_eq!(part[kind], expected, "{kind}");
        assert!(of_run || len(&expected) < len(&export[kind]), "{kind}");
        if of_run {
            let args = ["export", "ring", "--kind", kind, "--tick", "49..51"];
            runs.refuses(&args, &["belongs to the run"]);
            continue;
        }
        let args = ["ring", "--kind", kind, "--tick", "49..51"];
        let one = runs
            .aether(&[&["export"], &args[..]].concat())
            .with(0)
            .json();
        assert_eq!(one[kind], expected, "{kind}");
        assert_eq!(table(&runs, &args).1.len(), len(&expected), "{kind}");
    }
    for member in ["run", "inputs", "metrics"] {
        assert_eq!(part[member], export[member]);
    }
    runs.refuses(&["export", "ring", "--tick", "100..121"], &["1 to 120"]);
}

#[test]
fn only_what_is_asked_for_is_decoded() {
    let runs = ring(200, 100);
    let file = runs.directory().join("ring.aether");
    let database = rusqlite::Connection::open(file).unwrap();
    let blocks = database.execute(
        "UPDATE tick_columns SET data = x'00' WHERE first_tick > 50",
        [],
    );
    assert!(blocks.unwrap() > 0);
    for args in [
        &["export", "ring", "--kind", "ledgers", "--as", "csv"][..],
        &["export", "ring", "--kind", "ledgers", "--as", "jsonl"],
        &["export", "ring", "--kind", "scenes"],
        &["export", "ring", "--long"],
        &["export", "ring", "--kind", "edges", "--as", "csv"],
    ] {
        runs.aether(&[args, &["--tick", "3..50"]].concat()).with(0);
        runs.aether(&[args, &["--tick", "3..51"]].concat()).with(1);
    }
}

#[test]
fn only_the_nodes_and_edges_asked_for_are_exported() {
    let runs = ring(7, 12);
    let export = runs.json(&["export", "ring"]);
    let first = &export["ledgers"][0];
    let args = ["ring", "--kind", "ledgers", "--node", "5..6,D0-J01"];
    let (header, rows) = table(&runs, &args);
    let of_nodes = header.iter().filter(|column| column.starts_with("post_u_"));
    assert_eq!(
        of_nodes.collect::<Vec<_>>(),
        ["post_u_1", "post_u_5", "post_u_6"]
    );
    assert_eq!(rows[0]["post_u_5"], first["post_u"][4].to_string());

    // As JSON, vectors are objects with ids as keys.
    let part = runs
        .aether(&[&["export"], &args[..]].concat())
        .with(0)
        .json();
    let (pre, post) = (&first["pre_u"], &first["post_u"]);
    let mut expected = first.clone();
    expected["edges"] = json!([]);
    expected["pre_u"] = json!({ "1": pre[0], "5": pre[4], "6": pre[5] });
    expected["post_u"] = json!({ "1": post[0], "5": post[4], "6": post[5] });
    assert_eq!(part["ledgers"][0], expected);

    let args = ["export", "ring", "--edge", "P2,7", "--tick", "3"];
    let part = runs.aether(&args).with(0).json();
    let edges = &export["ledgers"][2]["edges"];
    assert_eq!(part["ledgers"][0]["edges"], json!([edges[1], edges[6]]));
    assert_eq!(part["ledgers"][0]["post_u"], json!({}));
    let summary = &export["p_blocks"][2]["edge_flux_summary"];
    let expected = json!([summary[1], summary[6]]);
    assert_eq!(part["p_blocks"][0]["edge_flux_summary"], expected);
    assert_eq!(part["u_ledger"], json!([export["u_ledger"][2]]));
    let (_, rows) = table(
        &runs,
        &[
            "ring", "--kind", "p_blocks", "--edge", "P2,7", "--tick", "3",
        ],
    );
    let cell: Value = serde_json::from_str(&rows[0]["edge_flux_summary"]).unwrap();
    assert_eq!(cell, expected);
    let (_, rows) = table(&runs, &["ring", "--kind", "edges", "--edge", "P2"]);
    assert!(rows.len() == 12 && rows.iter().all(|row| row["e_id"] == "2"));

    for (args, word) in [
        (
            ["--kind", "p_blocks", "--node", "1"],
            "nodes are in ledgers",
        ),
        (["--kind", "scenes", "--edge", "1"], "edges are in"),
        (["--kind", "u_ledger", "--node", "1"], "nodes are in"),
        (["--kind", "metrics", "--edge", "1"], "edges are in"),
    ] {
        runs.refuses(&[&["export", "ring"], &args[..]].concat(), &[word]);
    }
    runs.refuses(
        &["export", "ring", "--node", "D0-J1"],
        &["did you mean `D0-J01`"],
    );
}

#[test]
fn names_are_in_the_header_beside_the_ids() {
    let runs = ring(7, 12);
    let (header, _) = table(&runs, &["ring", "--kind", "ledgers", "--labels"]);
    for column in [
        "post_u_1 (D0-J01)",
        "pre_u_2 (east, upper)",
        "post_u_3",
        "post_u_4 (6\" main)",
    ] {
        assert!(
            header.iter().any(|name| name == column),
            "{column}: {header:?}"
        );
    }
    let (header, _) = table(&runs, &["ring", "--kind", "codex_library", "--labels"]);
    let column = "pattern_descriptor.f_e_signature_2 (P2)";
    assert!(header.iter().any(|name| name == column), "{header:?}");
    let args = ["export", "ring", "--kind", "ledgers", "--labels"];
    runs.refuses(&args, &["--as csv"]);
}

#[test]
fn ticks_that_were_not_stored_are_recomputed_and_marked() {
    let runs = Runs::new();
    let ended = runs
        .aether(&["run", "overflow", "--format", "json"])
        .with(2)
        .json();
    let (recorded, last) = (&ended["ticks_recorded"], &ended["ticks"]);
    let (recorded, ticks) = (recorded.as_u64().unwrap(), last.as_u64().unwrap());
    let failed = runs.json(&["export", "overflow"])["run"]["error"]["tick"]
        .as_u64()
        .unwrap();
    assert!(
        recorded + 1 < failed && failed <= ticks,
        "{recorded} {failed} {ticks}"
    );
    let (header, rows) = table(&runs, &["overflow", "--long", "--replayed"]);
    assert_eq!(header, ["tick", "node", "label", "state", "replayed"]);
    let found: BTreeMap<u64, &str> = rows
        .iter()
        .map(|row| (row["tick"].parse().unwrap(), row["replayed"].as_str()))
        .collect();
    let expected = (1..failed).map(|tick| (tick, if tick > recorded { "true" } else { "false" }));
    assert_eq!(found, expected.collect());
    // The same ticks as a shorter run that does not fail.
    let args = [
        "export",
        "overflow",
        "--long",
        "--replayed",
        "--as",
        "jsonl",
        "--kind",
        "edges",
    ];
    let lines = runs.aether(&args).with(0).stdout;
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["tick"], &last["replayed"]),
        (&json!(failed - 1), &json!(true))
    );
    runs.refuses(&["export", "overflow", "--replayed"], &["--long"]);
}

#[test]
fn a_reader_that_has_seen_enough_ends_an_export_quietly() {
    let runs = ring(200, 200);
    let directory = runs.directory();
    for args in [
        &["--kind", "ledgers", "--as", "csv"][..],
        &["--kind", "edges", "--as", "csv"],
        &["--kind", "p_blocks", "--as", "csv"],
        &["--long", "--as", "csv"],
        &["--long", "--kind", "edges", "--as", "jsonl"],
        &["--as", "jsonl"],
        &[],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_aether"))
            .args(["export", "ring", "--runs-dir", directory.to_str().unwrap()])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut start = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut start).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{args:?}");
    }
}

/// The peak memory in KiB of an export, and how many bytes it wrote. The command cannot end before
/// everything is read, so its peak is seen while it writes.
#[cfg(target_os = "linux")]
fn peak(runs: &Runs, args: &[&str]) -> (u64, u64) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aether"))
        .args(args)
        .args(["--runs-dir", runs.directory().to_str().unwrap()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let (mut peak, mut bytes) = (0, 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let status = std::fs::read_to_string(&status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        // A process that has ended has no memory.
        if let Some(line) = line {
            peak = peak.max(line.trim().trim_end_matches(" kB").parse().unwrap());
        }
        match stdout.read(&mut buffer).unwrap() {
            0 => break,
            read => bytes += read as u64,
        }
    }
    assert!(child.wait().unwrap().success());
    (peak, bytes)
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_run() {
    const ROOM_KIB: u64 = 6 << 10;
    const NEIGHBOURS: &str = "SELECT a.tick, a.node, a.value - b.value FROM state a
                              JOIN state b ON b.tick = a.tick - 1 AND b.node = a.node";
    let (short, long) = (ring(100, 250), ring(100, 2_000));
    for args in [
        &["export", "ring"][..],
        &["export", "ring", "--as", "jsonl"],
        &["export", "ring", "--kind", "ledgers", "--as", "csv"],
        &["export", "ring", "--kind", "edges", "--as", "csv"],
        &["export", "ring", "--kind", "scenes", "--as", "csv"],
        &["export", "ring", "--long", "--as", "json"],
        &["sql", "ring", "SELECT * FROM flux", "--as", "csv"],
        &["sql", "ring", NEIGHBOURS],
    ] {
        let ((base, few), (peak, many)) = (peak(&short, args), peak(&long, args));
        assert!(many > 7 * few, "{args:?}: {few} and {many} bytes");
        assert!(
            peak < base + ROOM_KIB,
            "{args:?}: {base} KiB, then {peak} KiB"
        );
    }
}

#[test]
fn help_has_examples() {
    for command in ["export", "sql"] {
        let help = aether(&[command, "--help"]).with(0).stdout;
        assert!(help.contains("Examples:"), "{help}");
    }
}
