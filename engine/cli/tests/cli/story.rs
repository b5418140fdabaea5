//! The story of a water network, as its user lives it: from README and docs alone, 200 named
//! junctions and their pipes become a topology, inputs from two kinds of files, a run, tables,
//! pictures and a page. Every step is a command, and asserts what its reader would look for.
//!
//! The network is four districts of 5 × 10 junctions in a row, with reservoirs in two corners. At tick
//! 130 a pipe bursts at `D0-J09`, where the first district ends.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Ended, aether_in, len};

const DISTRICTS: usize = 4;
const ROWS: usize = 5;
const COLUMNS: usize = 10;
const JUNCTIONS: usize = ROWS * COLUMNS;
const TICKS: usize = 240;
const BURST: usize = 130;
const RESERVOIRS: [&str; 2] = ["D0-J00", "D3-J49"];
/// Its pipes end in `D0-J09`, beside the burst.
const NEIGHBOURS: [&str; 3] = ["D0-J08", "D0-J19", "D1-J00"];

fn name(district: usize, junction: usize) -> String {
    format!("D{district}-J{junction:02}")
}

fn junctions() -> impl Iterator<Item = (usize, usize)> {
    (0..DISTRICTS).flat_map(|district| (0..JUNCTIONS).map(move |junction| (district, junction)))
}

/// The pipes, by number.
fn pipes() -> Vec<(String, String)> {
    let mut pipes = Vec::new();
    for (district, junction) in junctions() {
        let (row, column) = (junction / COLUMNS, junction % COLUMNS);
        if column + 1 < COLUMNS {
            pipes.push((name(district, junction), name(district, junction + 1)));
        }
        if row + 1 < ROWS && column % 3 == 0 {
            pipes.push((name(district, junction), name(district, junction + COLUMNS)));
        }
    }
    for district in 0..DISTRICTS - 1 {
        for row in [0, ROWS - 1] {
            let end = (row + 1) * COLUMNS - 1;
            pipes.push((name(district, end), name(district + 1, row * COLUMNS)));
        }
    }
    pipes
}

/// The number of the pipe between two junctions, as it is in the file.
fn pipe(from: &str, to: &str) -> usize {
    let is_it = |pipe: &(String, String)| *pipe == (from.to_owned(), to.to_owned());
    pipes().iter().position(is_it).unwrap() + 1
}

/// What each junction uses, or a reservoir gets, at each tick: tick, name, value.
fn demand() -> Vec<(usize, String, i64)> {
    let mut demand = Vec::new();
    for tick in 1..=TICKS {
        for district in 0..DISTRICTS {
            let used = 3 + (tick + district) % 5;
            demand.push((tick, name(district, tick * 7 % 48 + 1), -(used as i64)));
        }
        demand.push((tick, RESERVOIRS[0].to_owned(), 15));
    }
    demand.push((BURST, "D0-J09".to_owned(), -3000));
    demand
}

/// The files of a modeller.
struct Water(TempDir);

impl Water {
    fn new() -> Self {
        let water = Self(tempfile::tempdir().unwrap());
        let mut edges = "\u{feff}pipe;from;to;k;length_m\n".to_owned();
        for (at, (from, to)) in pipes().iter().enumerate() {
            let (k, length) = (20 + at * 37 % 60, 50 + at * 13 % 200);
            let _ = writeln!(edges, "P{:03};{from};{to};0.{k};{length}.5", at + 1);
        }
        water.write("pipes.csv", &edges);
        let mut nodes = "node,kind,elevation_m\n".to_owned();
        let mut levels = "level\n".to_owned();
        for (district, junction) in junctions() {
            let name = name(district, junction);
            let is_reservoir = RESERVOIRS.contains(&&*name);
            let kind = ["junction", "reservoir"][usize::from(is_reservoir)];
            let _ = writeln!(
                nodes,
                "{name},{kind},{}",
                10 + (junction * 7 + district) % 23
            );
            let _ = writeln!(levels, "{}", if is_reservoir { 100_000 } else { 1000 });
        }
        water.write("nodes.csv", &nodes);
        water.write("levels.csv", &levels);
        let mut table = "tick,node,value\n".to_owned();
        for (tick, node, value) in demand() {
            let _ = writeln!(table, "{tick},{node},{value}");
        }
        water.write("demand.csv", &table);
        water
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path().join(file), text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap()
    }

    fn aether(&self, args: &[&str]) -> Ended {
        aether_in(self.path(), args)
    }

    /// What a command prints, which must succeed.
    #[track_caller]
    fn text(&self, args: &[&str]) -> String {
        self.aether(args).with(0).stdout
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        self.aether(&[args, &["--format", "json"]].concat())
            .with(0)
            .json()
    }

    /// Runs a script of Python with the arguments of a command line.
    fn python(&self, script: &str) -> String {
        let output = Command::new("python3")
            .args(["-c", script])
            .current_dir(self.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The columns of the line of a table that starts with a word.
#[track_caller]
fn row<'t>(text: &'t str, first: &str) -> Vec<&'t str> {
    let mut rows = text.lines().map(|line| line.split_whitespace().collect());
    rows.find(|row: &Vec<&str>| row.first() == Some(&first))
        .unwrap_or_else(|| panic!("no line `{first}`: {text}"))
}

#[track_caller]
fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is missing: {text}");
    }
}

const RUN: &str = r#"v = 1
gid = "WATER"
run_id = "water"
topology_path = "water.json"
profile_path = "profile.toml"
ticks = 240
initial_state_path = "levels.csv"
window_every = 24
enable_pfna = true
pfna_path = "demand.csv"
"#;

#[test]
fn a_water_network_from_its_files_to_a_page() {
    let water = Water::new();
    import(&water);
    configure(&water);
    let first = run(&water);
    inputs_by_name(&water, &first);
    look(&water);
    draw(&water);
    query(&water);
    python(&water);
    page(&water);
    change_a_pipe(&water);
    overflow(&water);
    sweep(&water);
    list(&water);
}

/// The edge list and the table of junctions become a topology. Decimals are exact, and the command
/// says what it used.
fn import(water: &Water) {
    let args = [
        "topology",
        "import",
        "pipes.csv",
        "--names",
        "nodes.csv",
        "--label",
        "pipe",
        "--gid",
        "WATER",
        "--sc",
        "1000",
        "--cap",
        "500",
        "--out",
        "water.json",
    ];
    water
        .aether(&args)
        .with(2)
        .reports(&["--k-scale", "0.20", "pipes.csv"]);
    let imported = water
        .aether(&[&args[..], &["--k-scale", "100"]].concat())
        .with(0);
    has(&imported.stdout, &["200 nodes, 250 edges"]);
    has(
        &imported.stderr,
        &[
            "`pipe` is label",
            "`k` is k",
            "column `length_m` is not used",
            "kind, elevation_m",
        ],
    );
    let topology: Value = serde_json::from_str(&water.read("water.json")).unwrap();
    assert_eq!(topology["nodes"][9]["label"], "D0-J09");
    assert_eq!(topology["nodes"][9]["attrs"]["kind"], "junction");
    let number = pipe("D0-J09", "D1-J00");
    let edge = &topology["edges"][number - 1];
    assert_eq!(edge["label"], format!("P{number:03}"));
    assert_eq!((&edge["i"], &edge["j"]), (&json!(10), &json!(51)));
    assert_eq!(edge["k"], 20 + (number - 1) * 37 % 60);
}

/// A profile from `aether init`, and a RunConfig that is first misspelt.
fn configure(water: &Water) {
    water.aether(&["init", "start"]).with(0);
    let profile = water.read("start/profile.toml");
    let ours = profile.replace("SC = 32 ", "SC = 1000 ");
    assert_ne!(profile, ours);
    water.write("profile.toml", &ours);
    water.write("run.toml", &RUN.replace("ticks =", "tikcs ="));
    water
        .aether(&["validate", "run.toml"])
        .with(2)
        .reports(&["did you mean `ticks`?", "run.toml:6:1"]);
    water.write("run.toml", RUN);
    water.write("burst.csv", "tick,node,value\n130,D0-J9,-3000\n");
    water.write("wrong.toml", &RUN.replace("demand.csv", "burst.csv"));
    water.aether(&["validate", "wrong.toml"]).with(2).reports(&[
        "there is no node `D0-J9`",
        "D0-J09",
        "burst.csv:2",
    ]);
    assert_eq!(water.text(&["validate", "run.toml"]), "1 valid\n");
}

/// Runs the directory; returns the last hash.
fn run(water: &Water) -> Value {
    let run = water.json(&["run", "."]);
    assert_eq!(run["run_id"], "water");
    assert_eq!(
        (&run["status"], &run["ticks"]),
        (&json!("complete"), &json!(TICKS))
    );
    assert_eq!(run["windows"], 10);
    has(
        &water.text(&["verify", "water"]),
        &["water is intact: 240 ticks"],
    );
    run["last_entry_hash"].clone()
}

/// The same inputs as a sparse document, with names and ids, give the same records.
fn inputs_by_name(water: &Water, first: &Value) {
    let mut entries: Vec<Value> = Vec::new();
    for (tick, node, value) in demand() {
        let node = if tick % 2 == 0 {
            node
        } else {
            id_of(&node).to_string()
        };
        match entries.iter_mut().find(|entry| entry["tick"] == tick) {
            Some(entry) => entry["values"][node] = value.into(),
            None => entries.push(json!({
                "pfna_id": "demand", "tick": tick, "values": { node: value },
            })),
        }
    }
    let document = json!({ "v": 0, "pfna_id": "demand", "gid": "WATER", "entries": entries });
    water.write("demand.json", &document.to_string());
    water.write("sparse.toml", &RUN.replace("demand.csv", "demand.json"));
    let run = water.json(&["run", "sparse.toml", "--run-id", "sparse"]);
    assert_eq!(&run["last_entry_hash"], first);
    water.aether(&["runs", "rm", "sparse", "--yes"]).with(0);
}

fn id_of(node: &str) -> usize {
    junctions()
        .position(|(district, junction)| name(district, junction) == *node)
        .unwrap()
        + 1
}

/// One command shows what happened at `D0-J09` around the burst.
fn look(water: &Water) {
    let args = ["inspect", "water", "--node", "D0-J09", "--tick", "120..140"];
    let text = water.text(&args);
    has(&text, &["node 10 (D0-J09)\n"]);
    for neighbour in NEIGHBOURS {
        has(&text, &[neighbour]);
    }
    let shown = water.json(&args);
    let node = &shown["nodes"][0];
    assert_eq!(
        (&node["node"], &node["label"]),
        (&json!(10), &json!("D0-J09"))
    );
    assert_eq!(len(&node["ticks"]), 21);
    let before = &node["ticks"][BURST - 1 - 120];
    let burst = &node["ticks"][BURST - 120];
    assert_eq!(
        burst["inputs"],
        json!([{ "pfna_id": "demand", "value": -3000 }])
    );
    // The state before the tick has its inputs.
    assert_eq!(number(&burst["pre_u"]), number(&before["post_u"]) - 3000);
    // Water now flows to the burst through all three pipes, and no longer away from it.
    let into = |edge: &Value| {
        let id = edge["e_id"].as_u64().unwrap() as usize;
        let flux = number(&edge["f_e"]);
        if pipes()[id - 1].1 == "D0-J09" {
            flux
        } else {
            -flux
        }
    };
    let fluxes = burst["edges"].as_array().unwrap();
    assert_eq!(fluxes.len(), 3);
    assert!(fluxes.iter().all(|edge| into(edge) > 0), "{burst}");
    let sum: i64 = fluxes.iter().map(into).sum();
    assert_eq!(number(&burst["post_u"]), number(&burst["pre_u"]) + sum);
    // The text has the same numbers: tick, inputs, before, after, and a flux per pipe.
    let line = row(&text, "130");
    let expected = [&burst["pre_u"], &burst["post_u"]].map(Value::to_string);
    assert_eq!(line[..4], ["130", "-3000", &*expected[0], &*expected[1]]);
    assert_eq!(line.len(), 4 + 3);
    // The tick as a whole names what was put in where, and checks the records.
    let tick = water.text(&["inspect", "water", "--tick", "130"]);
    has(
        &tick,
        &["demand: 1 (D0-J00) +15", "10 (D0-J09) -3000", "10 (D0-J09)"],
    );
    // A typing error gets the near name.
    water
        .aether(&["inspect", "water", "--node", "D0-J9", "--tick", "130"])
        .with(2)
        .reports(&["there is no node `D0-J9`; did you mean `D0-J09`?"]);
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

/// Lines around the burst, the graph at its tick, and all states.
fn draw(water: &Water) {
    water.text(&[
        "plot",
        "water",
        "--what",
        "series",
        "--node",
        "D0-J09,D0-J08,D1-J00",
        "--tick",
        "120..140",
        "--out",
        "burst.svg",
    ]);
    let series = water.read("burst.svg");
    has(
        &series,
        &[
            "node 10 (D0-J09)",
            "node 51 (D1-J00)",
            "Triangles are inputs",
            "-3000",
        ],
    );
    water.text(&[
        "plot",
        "water",
        "--what",
        "topology",
        "--tick",
        "130",
        "--out",
        "graph.svg",
    ]);
    let graph = water.read("graph.svg");
    has(&graph, &["Topology after tick 130", "D0-J09", "P009"]);
    water.text(&["plot", "water", "--out", "state.svg"]);
    // The lowest state of all is visible, and named.
    let least = water.json(&["sql", "water", "SELECT min(value) FROM state"]);
    let least = number(&least["rows"][0][0]);
    assert!(least < -1000);
    has(
        &water.read("state.svg"),
        &[&format!("Least {least} (node 10 (D0-J09), tick 130)")],
    );
    for (file, words) in [
        ("burst.png", "SVG"),
        ("water.json", "different kind"),
        (".aether/runs/water.aether", "run"),
    ] {
        let before = fs::read(water.path().join(file)).ok();
        water
            .aether(&["plot", "water", "--out", file, "--force"])
            .with(2)
            .reports(&[words]);
        assert_eq!(fs::read(water.path().join(file)).ok(), before, "{file}");
    }
}

/// SQL and the long table have the numbers of `inspect`.
fn query(water: &Water) {
    let shown = water.json(&["inspect", "water", "--node", "D0-J09", "--tick", "129..131"]);
    let states: Vec<Value> = shown["nodes"][0]["ticks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tick| json!([tick["tick"], tick["post_u"]]))
        .collect();
    let query = "SELECT tick, value FROM state WHERE label = 'D0-J09' AND tick BETWEEN 129 AND 131";
    let answer = water.json(&["sql", "water", query]);
    assert_eq!(
        answer,
        json!({ "columns": ["tick", "value"], "rows": states })
    );
    let table = water.text(&[
        "export", "water", "--long", "--as", "csv", "--node", "D0-J09", "--tick", "129..131",
    ]);
    let expected: String = states
        .iter()
        .map(|row| format!("{},10,D0-J09,{}\n", row[0], row[1]))
        .collect();
    assert_eq!(table, format!("tick,node,label,state\n{expected}"));
    // Where most water moved at the tick of the burst, by name.
    let query = "SELECT label, abs(f_e) FROM flux WHERE tick = 130 ORDER BY 2 DESC, 1 LIMIT 1";
    let text = water.text(&["sql", "water", query, "--as", "csv"]);
    assert!(text.lines().nth(1).unwrap().starts_with('P'), "{text}");
}

/// pandas reads the long table. Without pandas in `python3`, its csv module does the same: the script
/// tries to import pandas, and says which it used.
fn python(water: &Water) {
    water.text(&[
        "export",
        "water",
        "--long",
        "--as",
        "csv",
        "--out",
        "states.csv",
    ]);
    let said = water.python(
        r#"
try:
    import pandas
except ImportError:
    import csv
    rows = [(int(r["tick"]), r["label"], int(r["state"])) for r in csv.DictReader(open("states.csv", encoding="utf-8"))]
    used = "csv"
    tick, label, state = min(rows, key=lambda row: row[2])
    count, ticks = len(rows), len({row[0] for row in rows})
else:
    frame = pandas.read_csv("states.csv")
    used = "pandas"
    low = frame.loc[frame["state"].idxmin()]
    tick, label, state = low["tick"], low["label"], low["state"]
    count, ticks = len(frame), frame["tick"].nunique()
print(used, count, ticks, tick, label, state)
"#,
    );
    let words: Vec<&str> = said.split_whitespace().collect();
    let least = water.json(&["sql", "water", "SELECT min(value) FROM state"]);
    let least = least["rows"][0][0].to_string();
    let (rows, ticks) = ((200 * TICKS).to_string(), TICKS.to_string());
    assert_eq!(words[1..], [&*rows, &*ticks, "130", "D0-J09", &*least]);
}

/// One page has it all, and loads nothing.
fn page(water: &Water) {
    water.text(&["report", "water", "--node", "D0-J09", "--out", "water.html"]);
    let page = water.read("water.html");
    has(
        &page,
        &[
            "Run water",
            "D0-J09",
            "demand.csv",
            "<svg",
            "WATER_W6_ticks_121_144",
            "</html>",
        ],
    );
    for word in ["<script", "src=", "url(", "<link rel=\"stylesheet"] {
        assert!(!page.contains(word), "{word}");
    }
    water
        .aether(&["report", "water", "--out", "water.html"])
        .with(2)
        .reports(&["--force"]);
}

/// A wider pipe beside the burst, without a new file: the difference names the pipe.
fn change_a_pipe(water: &Water) {
    let number = pipe("D0-J09", "D1-J00");
    let set = format!("topology.edges[label=P{number:03}].k=90");
    let text = water.text(&["run", ".", "--set", &set, "--run-id", "wider"]);
    has(&text, &["changed", "→ 90"]);
    let diff = water.aether(&["diff", "water", "wider"]).with(1).stdout;
    let first = diff.lines().nth(1).unwrap();
    has(first, &[&format!("edge {number} (P{number:03})")]);
    has(
        &diff,
        &[
            &format!("cause: water.json edges[e_id={number}].k:"),
            "→ 90",
            "the runs differ\n",
        ],
    );
    // A difference in a vector over nodes names vector and node.
    let set = "initial_state[node=D0-J09]=1200";
    water.text(&["run", ".", "--set", set, "--run-id", "fuller"]);
    let diff = water.aether(&["diff", "water", "fuller"]).with(1).stdout;
    has(
        &diff,
        &["tick 1 · UMX · pre_u · node 10 (D0-J09): 1000 → 1200"],
    );
    water.text(&["runs", "rm", "fuller", "--yes"]);
    // A change that the inputs do not fit is reported once, at the file that they came from.
    let refused = water
        .aether(&["run", ".", "--set", "ticks=48", "--run-id", "short"])
        .with(2);
    has(
        &refused.stderr,
        &[
            "tick 49 is outside the run",
            "--> demand.csv (resolved):1:",
            "this occurs 192 times, also at demand.csv (resolved):1:",
        ],
    );
    assert!(!refused.stderr.contains("pfna.json"), "{refused:#?}");
    // The junction at its end is relieved sooner.
    let after = |run| {
        let query = "SELECT value FROM state WHERE label = 'D0-J09' AND tick = 135";
        number_of(&water.json(&["sql", run, query]))
    };
    assert!(after("wider") > after("water"));
    let compared = water.json(&["runs", "compare", "water", "wider"]);
    assert!(compared["runs"][1]["divergence"]["tick"].as_u64().unwrap() <= 130);
}

fn number_of(answer: &Value) -> i64 {
    number(&answer["rows"][0][0])
}

/// A mistyped input ends the run in the middle of a window. What was not stored is replayed and
/// marked, up to the tick that fails.
fn overflow(water: &Water) {
    let burst = json!({ "v": 0, "pfna_id": "burst", "gid": "WATER", "entries": [
        { "pfna_id": "night", "tick": 1, "values": { "D0-J09": -30, "21": -5 }, "repeat": { "every": 24 } },
        { "pfna_id": "burst", "tick": 126, "values": { "D0-J09": i64::MAX } },
    ] });
    water.write("burst.json", &burst.to_string());
    water.write("typo.toml", &RUN.replace("demand.csv", "burst.json"));
    let failed = water
        .aether(&["run", "typo.toml", "--run-id", "typo"])
        .with(2);
    has(&failed.stderr, &["overflow at tick 126, node 10 (D0-J09)"]);
    has(&failed.stdout, &["120 of 240"]);
    let args = ["inspect", "typo", "--node", "D0-J09", "--tick", "119..126"];
    let shown = water.json(&args);
    let ticks = shown["nodes"][0]["ticks"].as_array().unwrap();
    let replayed: Vec<_> = ticks.iter().map(|tick| tick["replayed"] == true).collect();
    assert_eq!(replayed, [false, false, true, true, true, true, true]);
    assert_eq!(
        ticks[2]["inputs"],
        json!([{ "pfna_id": "night", "value": -30 }])
    );
    assert!(shown["error"].to_string().contains("126"), "{shown}");
    let text = water.text(&args);
    has(&text, &["replayed", "tick 126", "overflow"]);
    let table = water.text(&[
        "export",
        "typo",
        "--long",
        "--as",
        "csv",
        "--replayed",
        "--node",
        "D0-J09",
        "--tick",
        "120..125",
    ]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 1 + 6);
    assert!(lines[1].ends_with(",false") && lines[2..].iter().all(|line| line.ends_with(",true")));
    let picture = water.text(&[
        "plot", "typo", "--what", "series", "--node", "D0-J09", "--tick", "100..125",
    ]);
    has(&picture, &["replayed"]);
    let page = water.text(&["report", "typo"]);
    has(
        &page,
        &[
            "The run failed at tick 126",
            "overflow at tick 126, node 10 (D0-J09): `input`",
        ],
    );
}

/// How the network takes bursts of three sizes: a sweep names the junction.
fn sweep(water: &Water) {
    let burst = json!({ "v": 0, "pfna_id": "burst", "gid": "WATER", "entries": [
        { "pfna_id": "burst", "tick": 5, "values": { "D0-J09": -10 } },
    ] });
    water.write("small.json", &burst.to_string());
    let run = RUN
        .replace("demand.csv", "small.json")
        .replace("ticks = 240", "ticks = 24");
    water.write("small.toml", &run);
    water.write(
        "bursts.toml",
        "v = 1\nrun_config = \"small.toml\"\n[[axes]]\nname = \"burst\"\n\
         set = \"pfna.entries[pfna_id=burst].values[node=D0-J09]\"\nvalues = [-10, -300, -3000]\n",
    );
    has(&water.text(&["sweep", "bursts.toml"]), &["complete    3"]);
    let table = water.text(&["sweep", "table", "bursts.sweep"]);
    for (row, value) in table.lines().skip(1).zip(["-10", "-300", "-3000"]) {
        assert_eq!(row.split(',').nth(2), Some(value), "{table}");
    }
    // The first point is the run without changes, and a name and an id are the same node.
    let plain = water.json(&["run", "small.toml", "--run-id", "small"]);
    has(
        table.lines().nth(1).unwrap(),
        &[plain["last_entry_hash"].as_str().unwrap()],
    );
    let path = "pfna.entries[0].values";
    for node in [".10", ".D0-J09", "[node=10]", "[node=D0-J09]"] {
        let set = format!("{path}{node}=-3000");
        let run = water.json(&[
            "run",
            "small.toml",
            "--set",
            &set,
            "--run-id",
            "small",
            "--force",
        ]);
        has(
            table.lines().nth(3).unwrap(),
            &[run["last_entry_hash"].as_str().unwrap()],
        );
    }
    water
        .aether(&[
            "run",
            "small.toml",
            "--set",
            "pfna.entries[0].values[node=D0-J9]=1",
        ])
        .with(2)
        .reports(&["there is no node `D0-J9`; did you mean `D0-J09`?"]);
    water.aether(&["runs", "rm", "small", "--yes"]).with(0);
}

/// The runs of the story, and the one that failed.
fn list(water: &Water) {
    let runs = water.json(&["runs"]);
    let names: Vec<&str> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["typo", "water", "wider"]);
    assert_eq!(runs[1]["ticks"], TICKS);
    assert!(
        runs.as_array()
            .unwrap()
            .iter()
            .all(|run| run["started"].is_string())
    );
    let failed = water.text(&["runs", "--where", "status=failed"]);
    has(&failed, &["typo", "failed"]);
    assert!(!failed.contains("wider"));
}
