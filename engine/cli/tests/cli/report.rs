//! Tests of `report`: one page that needs nothing else.

use std::collections::BTreeSet;

use super::{Runs, root};

/// What no page may contain: it loads nothing, and runs nothing.
const FOREIGN: [&str; 8] = [
    "<script",
    "<link rel=\"stylesheet",
    "src=",
    "@import",
    "url(",
    "javascript:",
    "onload",
    "<iframe",
];

#[track_caller]
fn check(page: &str) {
    assert!(page.starts_with("<!DOCTYPE html>"));
    for foreign in FOREIGN {
        assert!(!page.contains(foreign), "{foreign}");
    }
    // The only addresses are the namespaces of SVG, which nobody fetches.
    let addresses = page.matches("http").count();
    assert_eq!(
        addresses,
        page.matches("http://www.w3.org/2000/svg").count() + page.matches("http-equiv").count()
    );
    // Every link leads to a part of the page, and no id is used twice.
    let values = |attribute: &str| -> Vec<String> {
        let parts = page.split(attribute).skip(1);
        parts
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    let ids = values(" id=\"");
    let unique: BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    for link in values("href=\"#") {
        assert!(ids.contains(&link), "{link}");
    }
}

#[test]
fn a_page_has_every_section() {
    let runs = Runs::of(&["gf02", "motifs-period-2", "no-edges"]);
    runs.aether(&["run", "overflow"]).with(2);
    for (run, has) in [
        (
            "gf02",
            &[
                "Summary",
                "complete",
                "State over ticks",
                "Flux over ticks",
                "Topology after",
                "S2_fluxes",
            ][..],
        ),
        ("motifs-period-2", &["MOTIF_0001", "PROPOSAL_0001"]),
        ("no-edges", &["State over ticks"]),
        (
            "overflow",
            &["failed", "The run failed at tick", "replayed"],
        ),
    ] {
        let ended = runs.aether(&["report", run]).with(0);
        check(&ended.stdout);
        for text in has {
            assert!(ended.stdout.contains(text), "{run}: {text}");
        }
        assert_eq!(runs.aether(&["report", run]).with(0).stdout, ended.stdout);
        let hash = &runs.json(&["metrics", run])["uledger_last_hash"];
        assert!(ended.stdout.contains(hash.as_str().unwrap()));
    }
    let path = runs.file("page.html");
    let out = path.to_str().unwrap();
    let json = runs.json(&["report", "gf02", "--out", out]);
    let page = std::fs::read_to_string(&path).unwrap();
    assert_eq!(json["bytes"], page.len());
    assert_eq!(runs.aether(&["report", "gf02"]).with(0).stdout, page);
    // A part of the run.
    let part = runs
        .aether(&["report", "gf02", "--node", "2", "--tick", "3..5"])
        .with(0)
        .stdout;
    check(&part);
    assert!(part.contains("State of node 2 over ticks"));
    runs.refuses(&["report", "gf02", "--node", "99"], &["99"]);
}

#[test]
fn names_are_texts_and_never_markup() {
    let runs = Runs::new();
    let name = "<script>alert(1)</script>&\"'";
    let text = std::fs::read_to_string(root().join("fixtures/topologies/gf01.json")).unwrap();
    let mut topology: serde_json::Value = serde_json::from_str(&text).unwrap();
    let label = |id: u64| {
        if id == 1 {
            name.to_owned()
        } else {
            format!("n{id}")
        }
    };
    let nodes = (1..=6).map(|id| serde_json::json!({"node_id": id, "label": label(id)}));
    topology["nodes"] = nodes.collect();
    std::fs::write(runs.file("topology.json"), topology.to_string()).unwrap();
    let text = std::fs::read_to_string(root().join("scenarios/gf01/run.json"));
    let text = text
        .or_else(|_| std::fs::read_to_string(root().join("scenarios/gf01/run.toml")))
        .unwrap();
    let text = text.replace("../../fixtures/topologies/gf01.json", "topology.json");
    let text = text.replace("../..", root().to_str().unwrap());
    let file = if text.trim_start().starts_with('{') {
        "run.json"
    } else {
        "run.toml"
    };
    std::fs::write(runs.file(file), text).unwrap();
    let config = runs.file(file);
    runs.json(&["run", config.to_str().unwrap(), "--run-id", "named"]);
    let page = runs.aether(&["report", "named"]).with(0).stdout;
    check(&page);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}
