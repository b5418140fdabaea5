//! Tests of inputs over time: every way to write the same inputs gives the same records, and what is
//! ambiguous is reported.

use std::path::Path;

use aether_engine::store::RunStore;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Ended, aether_in};

const TOPOLOGY: &str = r#"{"gid": "NET", "N": 4, "SC": 32,
  "nodes": [{"node_id": 1, "label": "tank"}, {"node_id": 2, "label": "D0-J09"}, {"node_id": 3}, {"node_id": 4, "label": "4"}],
  "edges": [{"e_id": 1, "i": 1, "j": 2, "k": 8, "cap": 100, "label": "main"},
            {"e_id": 2, "i": 2, "j": 3, "k": 8, "cap": 100}, {"e_id": 3, "i": 3, "j": 4, "k": 8, "cap": 100}]}"#;

/// A directory with a run of 12 ticks that has these inputs.
fn folder(file: &str, inputs: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let profile = super::root().join("fixtures/profiles/cmp-0.json");
    std::fs::copy(profile, folder.path().join("profile.json")).unwrap();
    let run = format!(
        "v = 1\ngid = \"NET\"\nrun_id = \"r\"\nticks = 12\ntopology_path = \"net.json\"\n\
         profile_path = \"profile.json\"\ninitial_state = [100, 0, 0, 50]\nwindow_every = 5\n\
         enable_pfna = true\npfna_path = \"{file}\"\n"
    );
    write(folder.path(), "run.toml", &run);
    write(folder.path(), "net.json", TOPOLOGY);
    write(folder.path(), file, inputs);
    folder
}

fn write(folder: &Path, file: &str, text: &str) {
    std::fs::write(folder.join(file), text).unwrap();
}

fn aether(folder: &TempDir, args: &[&str]) -> Ended {
    aether_in(folder.path(), args)
}

fn document(entries: &Value) -> String {
    json!({"v": 0, "pfna_id": "p", "gid": "NET", "entries": entries}).to_string()
}

/// The export of the run without `inputs`, and its `inputs.pfna`.
#[track_caller]
fn export(folder: &TempDir) -> (Value, Value) {
    aether(folder, &["run", "run.toml"]).with(0);
    aether(folder, &["verify", "r"]).with(0);
    let mut export = aether(folder, &["export", "r"]).with(0).json();
    let inputs = export.as_object_mut().unwrap().remove("inputs").unwrap();
    (export, inputs["pfna"].clone())
}

/// Inputs at tick 0, twice at tick 3, and from tick 5 every 3 ticks until 11.
fn dense() -> Value {
    json!([
        {"pfna_id": "p", "tick": 0, "values": [0, 7, 0, 0]},
        {"pfna_id": "p", "tick": 3, "values": [-5, 0, 0, 9]},
        {"pfna_id": "q", "tick": 3, "values": [1, 1, 1, 1]},
        {"pfna_id": "p", "tick": 5, "values": [0, 0, 2, 0]},
        {"pfna_id": "p", "tick": 8, "values": [0, 0, 2, 0]},
        {"pfna_id": "p", "tick": 11, "values": [0, 0, 2, 0]},
    ])
}

#[test]
fn sparse_and_repeated_inputs_give_the_records_of_dense_ones() {
    let (expected, written) = export(&folder("p.json", &document(&dense())));
    assert_eq!(written["entries"][1]["values"], json!([-5, 0, 0, 9]));
    assert_eq!(written["run_id"], "r");
    let sparse = json!([
        {"pfna_id": "q", "tick": 3, "values": [1, 1, 1, 1]},
        {"pfna_id": "p", "tick": 5, "values": {"3": 2}, "repeat": {"every": 3, "until": 11}},
        {"pfna_id": "p", "tick": 0, "values": {"D0-J09": 7}},
        {"pfna_id": "p", "tick": 3, "values": {"name:tank": -5, "4": 9}},
    ]);
    let sparse_folder = folder("p.json", &document(&sparse));
    let (records, written) = export(&sparse_folder);
    assert_eq!(records, expected);
    let kept = json!([
        {"pfna_id": "p", "tick": 0, "values": {"2": 7}},
        {"pfna_id": "p", "tick": 3, "values": {"1": -5, "4": 9}},
        {"pfna_id": "q", "tick": 3, "values": [1, 1, 1, 1]},
        {"pfna_id": "p", "repeat": {"every": 3, "until": 11}, "tick": 5, "values": {"3": 2}},
    ]);
    assert_eq!(written["entries"], kept);
    // What is stored is enough to run again.
    aether(&sparse_folder, &["replay", "r", "--tick", "9"]).with(0);
    // A repetition without an end goes on to the last tick.
    let open = json!([
        {"pfna_id": "p", "tick": 4, "values": {"1": 1}, "repeat": {"every": 4}},
    ]);
    let closed: Vec<_> = [4, 8, 12]
        .map(|tick| json!({"pfna_id": "p", "tick": tick, "values": [1, 0, 0, 0]}))
        .to_vec();
    let open = export(&folder("p.json", &document(&open))).0;
    assert_eq!(open, export(&folder("p.json", &document(&closed.into()))).0);
}

#[test]
fn both_shapes_of_a_table_give_the_records_of_dense_inputs() {
    let dense = json!([
        {"pfna_id": "demand", "tick": 2, "values": [5, -1, 0, 0]},
        {"pfna_id": "demand", "tick": 7, "values": [0, 3, 4, -8]},
        {"pfna_id": "demand", "tick": 9, "values": [1, 2, 3, 4]},
    ]);
    let (expected, _) = export(&folder("p.json", &document(&dense)));
    for (file, table) in [
        (
            "demand.csv",
            "tick,node,value\n7,3,4\n2,tank,5\n2,D0-J09,-1\n7,2,3\n7,4,-8\n9,1,1\n9,2,2\n9,3,3\n9,4,4\n",
        ),
        (
            "demand.tsv",
            "\u{feff}D0-J09\ttick\t3\ttank\t4\n-1\t2\t\t5\t\n3\t7\t4\t0\t-8\n2\t9\t3\t1\t4\n",
        ),
        (
            "demand.csv",
            "tick;1;2;3;name:4\n2;5;-1;;\n7;;3;4;-8\n9;1;2;3;4\n",
        ),
    ] {
        let (records, written) = export(&folder(file, table));
        assert_eq!(records, expected, "{table}");
        assert_eq!(written["pfna_id"], "demand");
        assert_eq!(written["entries"][0]["values"], json!({"1": 5, "2": -1}));
        assert_eq!(written["entries"][2]["values"], json!([1, 2, 3, 4]));
    }
}

#[track_caller]
fn refused(file: &str, inputs: &str, words: &[&str]) {
    let folder = folder(file, inputs);
    aether(&folder, &["run", "run.toml"]).with(2).reports(words);
}

#[test]
fn ambiguous_inputs_are_reported_with_their_places() {
    let entries = |entries: Value| document(&entries);
    let values = |values: Value| entries(json!([{"pfna_id": "p", "tick": 1, "values": values}]));
    refused(
        "p.json",
        &values(json!({"2": 1, "D0-J09": 2, "tanc": 3, "5": 4, "3": "x"})),
        &[
            "node 2 (D0-J09) is given twice",
            "first given here",
            "there is no node `tanc`",
            "did you mean `tank`?",
            "there is no node `5`",
            "the nodes are 1 to 4",
            "`3` is a string",
            "4 problems",
        ],
    );
    refused(
        "p.json",
        &entries(json!([
            {"pfna_id": "p", "tick": 1, "values": {"1": 1}, "repeat": {"every": 2}},
            {"pfna_id": "p", "tick": 7, "values": {"1": 1}},
            {"pfna_id": "p", "tick": 2, "values": {"1": 1}, "repeat": {"every": 3, "until": 6}},
            {"pfna_id": "q", "tick": 2, "values": {"1": 1}, "repeat": {"every": 3}},
        ])),
        &[
            "`p` is given twice for tick 7",
            "`p` is given twice for tick 5",
            "2 problems",
        ],
    );
    refused(
        "p.json",
        &entries(json!([
            {"pfna_id": "p", "tick": 5, "values": {"1": 1}, "repeat": {"every": 2, "until": 3}},
            {"pfna_id": "q", "tick": 5, "values": {"1": 1}, "repeat": {"every": 2, "until": 13}},
            {"pfna_id": "r", "tick": 5, "values": {"1": 1}, "repeat": {"every": 0}},
        ])),
        &[
            "repeats until tick 3, before it",
            "tick 13 is outside the run",
            "`every` is 0, less than 1",
        ],
    );
    let other = json!({"v": 0, "pfna_id": "p", "gid": "NET", "run_id": "other", "entries": []});
    refused("p.json", &other.to_string(), &["AE0502", "`other`"]);
    refused(
        "demand.csv",
        "tick,node,value\n1,tank,5\n1,1,6\n13,2,1\n-1,2,1\n2,pump,1\n3,2,1.5\n4,2\n",
        &[
            "node 1 (tank) is given twice for tick 1",
            "demand.csv:3:5",
            "tick 13 is outside the run",
            "tick -1 is outside the run",
            "there is no node `pump`",
            "`1.5` is not a 64-bit integer",
            "the row has 2 columns and the header 3",
            "6 problems",
        ],
    );
    refused(
        "demand.csv",
        "tick,2,D0-J09,tnak\n1,2,3,4\n",
        &[
            "node 2 (D0-J09) has two columns",
            "there is no node `tnak`",
            "demand.csv:1:8",
        ],
    );
    refused(
        "demand.csv",
        "time,node,value\n1,2,3\n",
        &["no column `tick`", "AE0604"],
    );
    refused(
        "a'b.csv",
        "tick,node,value\n1,2,3\n",
        &["AE0208", "rename the file"],
    );
}

#[test]
fn errors_of_runs_and_documents_name_nodes_and_edges() {
    let huge = json!([{"pfna_id": "p", "tick": 3, "values": {"2": i64::MAX}}]);
    let looped = folder("p.json", &document(&huge));
    write(
        looped.path(),
        "net.json",
        &TOPOLOGY.replace("\"j\": 2", "\"j\": 1"),
    );
    aether(&looped, &["run", "run.toml"])
        .with(2)
        .reports(&["edge 1 (main) joins node 1 (tank) to itself"]);
    let overflow = folder("p.json", &document(&huge));
    let ended = aether(&overflow, &["run", "run.toml"]).with(2);
    assert!(
        ended
            .stderr
            .contains("overflow at tick 3, node 2 (D0-J09): `input`"),
        "{}",
        ended.stderr
    );
    let huge = json!([{"pfna_id": "p", "tick": 3, "values": {"tank": i64::MAX - 1000, "2": i64::MIN + 1000}}]);
    let overflow = folder("p.json", &document(&huge));
    let ended = aether(&overflow, &["run", "run.toml"]).with(2);
    assert!(
        ended
            .stderr
            .contains("overflow at tick 3, edge 1 (main): `du`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn labels_that_are_not_names_are_warned_of_and_change_nothing() {
    let folder = folder("p.json", &document(&json!([])));
    let net = TOPOLOGY
        .replace("\"D0-J09\"", "\"tank\"")
        .replace("\"label\": \"4\"", "\"label\": \"11\"");
    write(folder.path(), "net.json", &net);
    let warned = aether(&folder, &["run", "run.toml"]).with(0);
    for words in [
        "warning[AE0307]: the label of node 1 is not a name: number 2 has the same label",
        "the label of node 4 is not a name: it is a number",
        "3 warnings",
    ] {
        assert!(warned.stderr.contains(words), "{words}: {}", warned.stderr);
    }
    let validated = aether(&folder, &["validate", "run.toml"]).with(0);
    assert_eq!(validated.stdout, "1 valid\n");
    assert!(
        validated.stderr.contains("3 warnings"),
        "{}",
        validated.stderr
    );
    let json = aether(&folder, &["validate", "net.json", "--format", "json"]).with(0);
    assert_eq!(json.stderr, "");
    let json = json.json();
    assert_eq!(json["valid"], true);
    assert_eq!(json["problems"][0]["severity"], "warning");
    // The labels are kept as they are.
    let export = aether(&folder, &["export", "r"]).with(0).json();
    assert_eq!(export["inputs"]["topology"]["nodes"][3]["label"], "11");
    assert_eq!(export["inputs"]["topology"]["edges"][0]["label"], "main");
    // An input may not use them.
    let inputs = json!([{"pfna_id": "p", "tick": 1, "values": {"tank": 1}}]);
    write(folder.path(), "p.json", &document(&inputs));
    aether(&folder, &["run", "run.toml", "--force"])
        .with(2)
        .reports(&["there is no node `tank`"]);
}

#[cfg(unix)]
#[test]
fn a_large_run_with_few_inputs_needs_memory_for_what_is_written() {
    // As dense lists these inputs would take 8 GB.
    const NODES: usize = 1_000_000;
    let entries: Vec<_> = (0..1_000)
        .map(|at| {
            json!({"pfna_id": format!("p{at}"), "tick": 1, "values": {(at + 1).to_string(): 1},
                         "repeat": {"every": 1}})
        })
        .collect();
    let folder = folder("p.json", &document(&entries.into()));
    let net = format!(r#"{{"gid": "NET", "N": {NODES}, "SC": 32, "edges": []}}"#);
    write(folder.path(), "net.json", &net);
    write(folder.path(), "state.csv", &"0\n".repeat(NODES));
    let run = std::fs::read_to_string(folder.path().join("run.toml")).unwrap();
    let run = run.replace(
        "initial_state = [100, 0, 0, 50]",
        "initial_state_path = \"state.csv\"",
    );
    write(folder.path(), "run.toml", &run);
    let within = |megabytes: u64| {
        let script = format!(
            "ulimit -v {}; exec \"$0\" validate run.toml",
            megabytes << 10
        );
        let output = std::process::Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_aether")])
            .current_dir(folder.path())
            .output()
            .unwrap();
        output.status.success()
    };
    assert!(within(1_000));
    // The limit is one that the command feels.
    assert!(!within(20));
}

#[test]
fn numbers_that_toml_does_not_have_are_refused_wherever_they_are() {
    let folder = folder("p.json", &document(&json!([])));
    let net = |attrs: &str, meta: &str| {
        let net = format!(
            "gid = \"NET\"\nN = 2\nSC = 32\nedges = [{{e_id = 1, i = 1, j = 2, k = 1, cap = 9, \
             attrs = {{x = {attrs}}}}}]\nmeta = {{y = [{meta}]}}\n"
        );
        write(folder.path(), "net.toml", &net);
        aether(&folder, &["validate", "net.toml"])
    };
    for (attrs, meta, code) in [
        ("0xDEADBEEFDEADBEEFDEADBEEF", "1", "AE0205"),
        ("1", "0x", "AE0110"),
        ("0o", "1", "AE0110"),
        ("1", "0b", "AE0110"),
        ("1_0\u{660}", "1", "AE0110"),
        ("1", "0o7777777777777777777777777", "AE0205"),
    ] {
        net(attrs, meta)
            .with(2)
            .reports(&[code, "net.toml:", "1 problem"]);
    }
    // What is valid is kept exactly, and leaves a run that can be read again.
    let numbers = "0xff, -0x0, 1_000, 99999999999999999999, +1.50, 1e+06, -inf, nan, 1979-05-27";
    net("1", numbers).with(2);
    let numbers = numbers.replace("-0x0, ", "");
    net("1", &numbers).with(0);
    let run = std::fs::read_to_string(folder.path().join("run.toml")).unwrap();
    let run = run
        .replace("net.json", "net.toml")
        .replace("[100, 0, 0, 50]", "[9, 0]");
    write(folder.path(), "run.toml", &run);
    let (_, _) = export(&folder);
    aether(&folder, &["replay", "r", "--tick", "5"]).with(0);
    // A wrong number of a field is one problem.
    let run = run.replace("ticks = 12", "ticks = 0x");
    write(folder.path(), "run.toml", &run);
    aether(&folder, &["validate", "run.toml"])
        .with(2)
        .reports(&["`0x` is not an integer", "1 problem\n"]);
}

#[test]
fn a_document_of_another_kind_is_one_problem() {
    let folder = folder("p.json", &document(&json!([])));
    aether(&folder, &["run", "net.json"]).with(2).reports(&[
        "AE0010",
        "this is a topology, not a RunConfig",
        "1 problem\n",
    ]);
    let run = std::fs::read_to_string(folder.path().join("run.toml")).unwrap();
    for (path, found, needed) in [
        ("net.json", "a PFNA document", "a topology"),
        ("profile.json", "a topology", "a profile"),
        ("p.json", "a RunConfig", "a PFNA document"),
    ] {
        let other = match found {
            "a PFNA document" => "p.json",
            "a topology" => "net.json",
            _ => "copy.toml",
        };
        write(folder.path(), "copy.toml", &run);
        write(
            folder.path(),
            "other.toml",
            &run.replace(&format!("\"{path}\""), &format!("\"{other}\"")),
        );
        let message = format!("this is {found}, not {needed}");
        let named = format!("named here as {needed}");
        aether(&folder, &["validate", "other.toml"])
            .with(2)
            .reports(&[&message, &named, "1 problem\n"]);
    }
}

#[test]
fn a_directory_is_a_path_and_a_name_may_mean_one() {
    let folder = folder("p.json", &document(&json!([])));
    aether(&folder, &["run", "."]).with(0);
    aether(&folder, &["run", ".", "--run-id", "again"]).with(0);
    let above = tempfile::tempdir().unwrap();
    let water = above.path().join("water");
    std::fs::create_dir(&water).unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, water.join(path.file_name().unwrap())).unwrap();
        }
    }
    let hint = "write `./water` for the one in this directory";
    aether(&above, &["run", "water"]).with(2).reports(&[hint]);
    std::fs::create_dir_all(above.path().join("scenarios/fire")).unwrap();
    aether(&above, &["run", "water"])
        .with(2)
        .reports(&["there is no scenario `water`", hint]);
    aether(&above, &["run", "./water"]).with(0);
    aether_in(&water, &["run", "../water", "--run-id", "up"]).with(0);
    aether(&above, &["validate", "water"]).with(2).reports(&[
        "water has no `scenario.toml`",
        "name its RunConfig, water/run.toml",
    ]);
    aether_in(&water, &["validate", "."])
        .with(2)
        .reports(&[". has no `scenario.toml`", "name its RunConfig, ./run.toml"]);
    aether(&above, &["validate", "fire"])
        .with(2)
        .reports(&["fire does not exist", "scenarios/fire"]);
    std::fs::copy(water.join("run.toml"), above.path().join("lake.toml")).unwrap();
    aether(&above, &["run", "lake"])
        .with(2)
        .reports(&["write `lake.toml`"]);
}

#[test]
fn the_names_of_a_stored_run_are_those_of_its_plan() {
    let folder = folder("p.json", &document(&json!([])));
    let net = TOPOLOGY
        .replace(
            "\"label\": \"tank\"",
            r#""label": "a \"tank\" \\ é", "attrs": {"label": "x", "y": [{"label": "z"}]}"#,
        )
        .replace(
            "\"gid\": \"NET\"",
            r#""gid": "NET", "meta": {"label": "m", "nodes": [{"label": "n"}]}"#,
        );
    write(folder.path(), "net.json", &net);
    aether(&folder, &["run", "run.toml"]).with(0);
    let stored = RunStore::new(folder.path().join(".aether/runs"))
        .open("r")
        .unwrap();
    let names = stored.names().unwrap();
    assert_eq!(&names, stored.plan().unwrap().names());
    let nodes: Vec<_> = names.nodes().collect();
    assert_eq!(nodes, [(1, "a \"tank\" \\ é"), (2, "D0-J09"), (4, "4")]);
    assert_eq!(names.edges().collect::<Vec<_>>(), [(1, "main")]);
    assert_eq!((names.node_count(), names.edge_count()), (4, 3));
}

#[test]
fn a_wide_table_with_odd_quotes_is_read_or_reported() {
    for table in [
        "tick,1\"x,2\n1,2,3\n",
        "tick,1,2\n1,\"2,3\n4,5,6\n",
        "tick,\"1\",2\n1,\"2\",\"\n3\"\n",
        "\"\n",
        "tick\n1\n",
        "tick,1,2\n\n\n1,2,3\n#4,5\n",
    ] {
        let folder = folder("demand.csv", table);
        let ended = aether(&folder, &["validate", "run.toml"]);
        assert!(matches!(ended.status, Some(0 | 2)), "{table:?}: {ended:#?}");
    }
    // Many columns and many unknown names take time in proportion.
    let names: Vec<String> = (0..20_000).map(|at| format!("n{at}")).collect();
    let table = format!("tick,{}\n1{}\n", names.join(","), ",1".repeat(names.len()));
    let folder = folder("demand.csv", &table);
    aether(&folder, &["validate", "run.toml"])
        .with(2)
        .reports(&["there is no node `n0`", "this occurs 20000 times"]);
}
