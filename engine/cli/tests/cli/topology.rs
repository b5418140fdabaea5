//! Tests of `topology new` and `topology import`: their documents are valid, and failures are
//! reported.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Ended, aether_in, keys, len};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn made(folder: &TempDir, args: &[&str]) -> Ended {
    aether_in(folder.path(), &[&["topology"], args].concat())
}

/// The document that is printed, after checking that it is valid.
#[track_caller]
fn document(folder: &TempDir, args: &[&str]) -> Value {
    let printed = made(folder, args).with(0);
    std::fs::write(folder.path().join("printed.json"), &printed.stdout).unwrap();
    aether_in(folder.path(), &["validate", "printed.json"]).with(0);
    printed.json()
}

/// The edges of a document, as `1-2 2-3`.
fn ends(document: &Value) -> String {
    let edges = document["edges"].as_array().unwrap().iter();
    let edges = edges.map(|edge| format!("{}-{}", edge["i"], edge["j"]));
    edges.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_shape_is_a_valid_document() {
    let folder = folder();
    for (args, nodes, edges) in [
        ("line 1", 1, 0),
        ("line 5", 5, 4),
        ("ring 5", 5, 5),
        ("star 6", 6, 5),
        ("grid 4 3", 12, 17),
        ("torus 3 4", 12, 24),
        ("complete 6", 6, 15),
        ("random 20 40 --seed 9", 20, 40),
        ("random 20 180", 20, 180),
    ] {
        let args: Vec<_> = ["new"].into_iter().chain(args.split(' ')).collect();
        let document = document(&folder, &args);
        assert_eq!(document["N"], nodes, "{args:?}");
        assert_eq!(len(&document["edges"]), edges, "{args:?}");
        assert_eq!(document["meta"]["shape"], args[1]);
    }
}

#[test]
fn options_and_formats() {
    let folder = folder();
    let options = ["--gid", "MINE", "--k", "3", "--cap", "7", "--sc", "64"];
    let json = document(&folder, &[&["new", "ring", "3"][..], &options].concat());
    let edge = |e_id: u64, i: u64, j: u64| json!({"e_id": e_id, "i": i, "j": j, "k": 3, "cap": 7});
    let expected = json!({
        "gid": "MINE", "N": 3, "SC": 64, "meta": {"shape": "ring", "nodes": 3},
        "edges": [edge(1, 1, 2), edge(2, 2, 3), edge(3, 3, 1)],
    });
    assert_eq!(json, expected);

    let out = |file: &str, format: &str| {
        let args = ["new", "grid", "2", "2", "--out", file, "--format", format];
        made(&folder, &args).with(0)
    };
    let summary = "grid.toml: GRID2X2, 4 nodes, 4 edges, k 8, SC 32\n";
    assert_eq!(out("grid.toml", "text").stdout, summary);
    let summary = out("grid.json", "json").json();
    let members = ["SC", "columns", "edges", "gid", "nodes", "notes", "path"];
    assert_eq!(keys(&summary), members);
    assert_eq!(summary["path"], "grid.json");
    aether_in(folder.path(), &["validate", "grid.toml", "grid.json"]).with(0);
    let toml = std::fs::read_to_string(folder.path().join("grid.toml")).unwrap();
    assert!(
        toml.contains("{e_id = 4, i = 3, j = 4, k = 8, cap = 2147483647},"),
        "{toml}"
    );
}

#[test]
fn a_seed_always_gives_the_same_edges() {
    let folder = folder();
    let random = |seed: &str| document(&folder, &["new", "random", "6", "5", "--seed", seed]);
    assert_eq!(ends(&random("7")), "1-5 1-6 2-4 3-4 4-5");
    assert_eq!(random("7"), random("7"));
    assert_ne!(ends(&random("7")), ends(&random("8")));
}

#[test]
fn what_cannot_be_made_is_reported_at_once() {
    let folder = folder();
    let refuses = |args: &[&str], words: &[&str]| {
        made(&folder, args).with(2).reports(words);
        let json = made(&folder, &[args, &["--format", "json"]].concat())
            .with(2)
            .json();
        for word in words {
            assert!(json["error"].as_str().unwrap().contains(word), "{json}");
        }
    };
    let torus = ["new", "torus", "2", "0", "--gid", "a/b"];
    refuses(
        &torus,
        &["at least 3 rows", "at least 3 columns", "the gid `a/b`"],
    );
    refuses(
        &["new", "line", "10000001"],
        &["10000001 nodes", "limit of 10000000"],
    );
    refuses(
        &["new", "complete", "4474"],
        &["10006101 edges", "limit of 10000000"],
    );
    refuses(&["new", "random", "4", "7"], &["6 pairs", "7 edges"]);
    refuses(
        &["new", "ring", "5", "--out", "ring.xml"],
        &["`.json` or `.toml`"],
    );
    made(&folder, &["new", "ring", "-3"]).with(2);
    made(&folder, &["new", "ring", "5", "--k", "-1"]).with(2);
    made(&folder, &["new", "ring", "5", "--out", "none/ring.json"]).with(3);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_edge_list_of_lines() {
    let folder = folder();
    let list = "# a remark\n% another\n\n 0\t1\n1 7 0.5 # more\n7 0\n7 7\n1 0\n";
    std::fs::write(folder.path().join("web.txt"), list).unwrap();
    let import = [
        "import",
        "web.txt",
        "--drop-self-loops",
        "--drop-duplicates",
    ];
    let document = document(&folder, &import);
    assert_eq!(ends(&document), "1-2 2-3 3-1");
    assert_eq!(document["gid"], "web");
    let meta = json!({
        "source": "web.txt", "self_loops_dropped": 1, "duplicates_dropped": 1,
        "node_ids": [0, 1, 7],
    });
    assert_eq!(document["meta"], meta);
}

#[test]
fn ids_that_count_from_one_need_no_map() {
    let folder = folder();
    std::fs::write(folder.path().join("a.txt"), "2 1\n2 3\n").unwrap();
    let meta = document(&folder, &["import", "a.txt"])["meta"].clone();
    assert_eq!(meta, json!({"source": "a.txt"}));
    let market = "%%MatrixMarket matrix coordinate pattern symmetric\n% remark\n4 4 1\n1 3\n";
    std::fs::write(folder.path().join("b.mtx"), market).unwrap();
    let document = document(&folder, &["import", "b.mtx"]);
    assert_eq!(
        (&document["N"], ends(&document)),
        (&json!(4), "1-3".to_owned())
    );
}

#[test]
fn an_edge_list_with_a_header() {
    let folder = folder();
    let table = "name,source,target,lanes,k\n\"a, b\",10,20,2,5\n\"c\nd\",30,10,4,6\n";
    std::fs::write(folder.path().join("roads.csv"), table).unwrap();
    let roads = [
        "import",
        "roads.csv",
        "--cap-column",
        "lanes",
        "--gid",
        "ROADS",
    ];
    let expected = json!([
        {"e_id": 1, "i": 1, "j": 2, "k": 5, "cap": 2}, {"e_id": 2, "i": 3, "j": 1, "k": 6, "cap": 4},
    ]);
    assert_eq!(document(&folder, &roads)["edges"], expected);
    let other = [
        "import",
        "roads.csv",
        "--from",
        "4",
        "--to",
        "k",
        "--k-column",
        "lanes",
    ];
    assert_eq!(
        document(&folder, &other)["meta"]["node_ids"],
        json!([2, 4, 5, 6])
    );
}

#[test]
fn every_problem_of_an_edge_list_is_reported_with_its_place() {
    let folder = folder();
    let list = "1 2\n3\n2 99999999999999999999\n-1 3\n4 4\n";
    std::fs::write(folder.path().join("bad.txt"), list).unwrap();
    let ended = made(&folder, &["import", "bad.txt"]).with(2);
    ended.reports(&[
        "bad.txt:2:1",
        "bad.txt:3:3",
        "bad.txt:4:1",
        "bad.txt:5:3",
        "--drop-self-loops",
    ]);
    let json = made(&folder, &["import", "bad.txt", "--format", "json"])
        .with(2)
        .json();
    let problems = json["problems"].as_array().unwrap().iter();
    let lines: Vec<_> = problems
        .map(|problem| problem["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [2, 3, 4, 5]);
    made(&folder, &["import", "none.txt"])
        .with(2)
        .reports(&["AE0001", "none.txt"]);
    let columns = ["import", "bad.txt", "--from", "source", "--k-column", "0"];
    made(&folder, &columns)
        .with(2)
        .reports(&["--from", "--k-column", "AE0802"]);
}

#[test]
fn names_number_the_nodes_in_the_order_in_which_they_appear() {
    let folder = folder();
    let list = "\u{feff}pipe;from;to;k;length_m\nP1;R1;D0-J01;0,25;12.5\nP2;D0-J01;7;1.5;3\n";
    std::fs::write(folder.path().join("pipes.csv"), list).unwrap();
    let import = ["import", "pipes.csv", "--label", "pipe", "--k-scale", "100"];
    let document = document(&folder, &import);
    let expected = json!([
        {"e_id": 1, "i": 1, "j": 2, "k": 25, "cap": 2_147_483_647, "label": "P1"},
        {"e_id": 2, "i": 2, "j": 3, "k": 150, "cap": 2_147_483_647, "label": "P2"},
    ]);
    assert_eq!(document["edges"], expected);
    let expected = json!([
        {"node_id": 1, "label": "R1"}, {"node_id": 2, "label": "D0-J01"}, {"node_id": 3, "label": "7"},
    ]);
    assert_eq!(document["nodes"], expected);
    assert_eq!(
        document["meta"],
        json!({"source": "pipes.csv", "k_scale": 100})
    );
    let noted = made(&folder, &import).with(0);
    for note in [
        "columns: `pipe` is label, `from` is from, `to` is to, `k` is k",
        "column `length_m` is not used",
        "`R1` in line 2 is not",
        "1 node label is not usable as a name (node 3: it is a number",
    ] {
        assert!(noted.stderr.contains(note), "{note}: {}", noted.stderr);
    }
}

#[test]
fn a_table_of_nodes_gives_their_order_and_attributes() {
    let folder = folder();
    std::fs::write(
        folder.path().join("pipes.tsv"),
        "from\tto\tweight\nB\tA\t3\nA\tC d\t4\n",
    )
    .unwrap();
    let nodes = "node,kind,elevation,code\nA,tank,12.50,007\nB,,-3,x\n\"C d\",pump,,\nE,\"a \"\"b\"\"\",1e5,\n";
    std::fs::write(folder.path().join("nodes.csv"), nodes).unwrap();
    let import = ["import", "pipes.tsv", "--names", "nodes.csv"];
    let expected = json!([
        {"node_id": 1, "label": "A", "attrs": {"kind": "tank", "elevation": 12.50, "code": "007"}},
        {"node_id": 2, "label": "B", "attrs": {"elevation": -3, "code": "x"}},
        {"node_id": 3, "label": "C d", "attrs": {"kind": "pump"}},
        {"node_id": 4, "label": "E", "attrs": {"kind": "a \"b\"", "elevation": "1e5"}},
    ]);
    let document = document(&folder, &import);
    assert_eq!(document["nodes"], expected);
    assert_eq!(ends(&document), "2-1 1-3");
    let noted = made(&folder, &import).with(0);
    assert!(
        noted
            .stderr
            .contains("column `weight` is not used; --k-column uses it as k")
    );
    let out = [&import[..], &["--out", "t.toml", "--format", "json"]].concat();
    let summary = made(&folder, &out).with(0).json();
    assert_eq!(summary["columns"]["unused"], json!(["weight"]));
    assert_eq!(
        summary["columns"]["attrs"],
        json!(["kind", "elevation", "code"])
    );
    aether_in(folder.path(), &["validate", "t.toml"]).with(0);

    std::fs::write(folder.path().join("nodes.csv"), "node\nA\nB\nB\nCd\n").unwrap();
    made(&folder, &import).with(2).reports(&[
        "node `B` is listed twice",
        "node `C d` is not in nodes.csv",
        "did you mean `Cd`?",
        "pipes.tsv:3:3",
    ]);
}

#[test]
fn integers_are_numbered_in_their_order_whatever_the_separator() {
    let folder = folder();
    for (file, list) in [
        ("a.tsv", "10\t030\n30\t20\n"),
        ("b.txt", "from;to\n10;30\n30;20\n"),
        ("c.tsv", "source\ttarget\n10\t30\n30\t20\n"),
        ("d.txt", "a b\n10 30\n30 20\n"),
        ("e.txt", "source target\n10 30\n30 20\n"),
        ("f.edges", "head\ttail\n30\t10\n20\t30\n"),
    ] {
        std::fs::write(folder.path().join(file), list).unwrap();
        let document = document(&folder, &["import", file]);
        assert_eq!(ends(&document), "1-3 3-2", "{file}");
        assert_eq!(document["meta"]["node_ids"], json!([10, 20, 30]), "{file}");
        assert_eq!(document["nodes"], Value::Null);
    }
}

#[test]
fn other_formats_are_recognized_in_one_message() {
    let folder = folder();
    for (text, name, how) in [
        (
            "<?xml version='1.0'?>\n<graphml>\n",
            "GraphML",
            "read_graphml(\"net.x\")",
        ),
        ("<gexf version='1.3'>\n", "GEXF", "read_gexf"),
        ("; a remark\n[JUNCTIONS]\nJ1 3\n", "EPANET", "awk"),
        ("digraph {\na -> b\n}\n", "DOT", "gvpr"),
        ("graph [\n  node [ id 1 ]\n]\n", "GML", "read_gml"),
        ("*Vertices 3\n1 \"a\"\n", "Pajek", "read_pajek"),
        ("{\"nodes\": [], \"links\": []}\n", "node-link JSON", "jq"),
        (
            "{\"gid\": \"A\", \"edges\": [{\"e_id\": 1}]}",
            "a topology document",
            "topology_path",
        ),
        ("[[1, 2]]", "JSON", "two node names"),
        ("c remark\np sp 3 2\na 1 2 5\n", "DIMACS", "grep"),
    ] {
        std::fs::write(folder.path().join("net.x"), text).unwrap();
        let json = made(&folder, &["import", "net.x", "--format", "json"])
            .with(2)
            .json();
        assert_eq!(len(&json["problems"]), 1, "{json}");
        let problem = &json["problems"][0];
        assert_eq!(problem["code"], "AE0803");
        assert_eq!(
            problem["message"],
            format!("this is {name}, not an edge list")
        );
        assert!(problem["help"][0].as_str().unwrap().contains(how), "{json}");
    }
    // `p` and `graph` are names like any other.
    std::fs::write(folder.path().join("net.x"), "p q\ngraph q\n").unwrap();
    assert_eq!(ends(&document(&folder, &["import", "net.x"])), "1-2 3-2");
}

#[test]
fn a_problem_that_occurs_534_times_is_reported_once() {
    let folder = folder();
    let lines = (0..534).map(|line| format!("a{line},b{line},{line}.25\n"));
    let list = format!("from,to,k\n{}", lines.collect::<String>());
    std::fs::write(folder.path().join("many.csv"), list).unwrap();
    let ended = made(&folder, &["import", "many.csv"]).with(2);
    ended.reports(&[
        "many.csv:2:",
        "this occurs 534 times, also at many.csv:3:7 and many.csv:4:7",
        "--k-scale 100",
        "1 problem in 534 places",
    ]);
    let json = made(&folder, &["import", "many.csv", "--format", "json"])
        .with(2)
        .json();
    assert_eq!(len(&json["problems"]), 1);
    assert_eq!(json["problems"][0]["count"], 534);
    assert_eq!(len(&json["problems"][0]["also"]), 2);
    made(&folder, &["import", "many.csv", "--k-scale", "100"]).with(0);
}
