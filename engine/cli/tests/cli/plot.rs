//! Tests of `plot`: pictures are well-formed XML, and the same every time.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use aether_engine::run::{RunOptions, RunStatus};
use aether_engine::store::Existing;
use roxmltree::{Document, Node};
use serde_json::Value;

use super::{Runs, keys, plan, root};

const WHAT: [(&str, &str); 5] = [
    ("state", "State over ticks"),
    ("flux", "Flux over ticks"),
    ("activity", "Activity over ticks"),
    ("press", "Description length by window"),
    ("topology", "Topology after tick"),
];

fn texts(picture: &Document<'_>) -> Vec<String> {
    let texts = picture.descendants().filter(|node| is(node, "text"));
    texts.map(|node| text_of(&node)).collect()
}

fn text_of(node: &Node<'_, '_>) -> String {
    let parts = node.descendants().filter(Node::is_text);
    let text: String = parts.filter_map(|node| node.text()).collect();
    text.trim().to_owned()
}

fn is(node: &Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name() == name
}

/// Checks the requirements on every picture, and returns the texts in it.
#[track_caller]
fn check(svg: &str) -> Vec<String> {
    let picture = Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let svg = picture.root_element();
    assert!(is(&svg, "svg"));
    assert_eq!(
        svg.tag_name().namespace(),
        Some("http://www.w3.org/2000/svg")
    );
    for name in ["title", "desc"] {
        assert!(
            svg.children().any(|node| is(&node, name)),
            "{name} is missing"
        );
    }
    // Every class has a colour in light and in dark mode.
    let style = svg.children().find(|node| is(node, "style")).unwrap();
    let style = text_of(&style);
    let (light, dark) = style
        .split_once("@media (prefers-color-scheme:dark)")
        .unwrap();
    let classes: BTreeSet<_> = svg
        .descendants()
        .filter_map(|node| node.attribute("class"))
        .collect();
    assert!(classes.len() > 3);
    for class in classes {
        let rule = format!(".{class}{{");
        assert!(
            light.contains(&rule) && dark.contains(&rule),
            "{class} has no colour"
        );
    }
    // Everything is inside the picture.
    let size = |name: &str| svg.attribute(name).unwrap().parse::<f64>().unwrap();
    for node in svg.descendants() {
        for (name, limit) in [
            ("x", size("width")),
            ("cx", size("width")),
            ("y", size("height")),
            ("cy", size("height")),
        ] {
            if let Some(at) = node.attribute(name) {
                assert!(
                    (0.0..=limit).contains(&at.parse().unwrap()),
                    "{name} = {at} of {node:?}"
                );
            }
        }
    }
    texts(&picture)
}

#[test]
fn pictures_are_well_formed_and_the_same_every_time() {
    let scenarios = [
        "gf01",
        "gf02",
        "star6",
        "parallel-edges",
        "windows-overlap",
        "streams",
    ];
    let runs = Runs::of(&scenarios);
    for scenario in scenarios {
        for (what, title) in WHAT {
            let args = ["plot", scenario, "--what", what];
            let ended = runs.aether(&args).with(0);
            assert_eq!(ended.stderr, "");
            let written = check(&ended.stdout);
            assert!(written[0].starts_with(title), "{written:?}");
            assert!(written[1].starts_with("run "), "{written:?}");
            assert_eq!(runs.aether(&args).with(0).stdout, ended.stdout);
        }
        // The state is drawn by default.
        let state = runs.aether(&["plot", scenario, "--what", "state"]).with(0);
        assert_eq!(
            runs.aether(&["plot", scenario]).with(0).stdout,
            state.stdout
        );
    }
    // A picture says how the run is stored, and the `run_id` of its records if that differs.
    runs.aether(&["run", "gf02", "--run-id", "again"]).with(0);
    let again = runs.aether(&["plot", "again"]).with(0).stdout;
    assert!(
        check(&again)[1].starts_with("run again (run_id GF02) ·"),
        "{again}"
    );
    assert_eq!(
        again.replace("run again (run_id GF02)", "run gf02 (run_id GF02)"),
        runs.aether(&["plot", "gf02"]).with(0).stdout
    );
}

#[test]
fn graphs_of_every_shape_are_drawn() {
    let scenarios = [
        "no-edges",
        "one-node",
        "line4",
        "ring5",
        "grid-cmp0",
        "motifs-capped-star",
    ];
    let runs = Runs::of(&scenarios);
    for scenario in scenarios {
        for what in ["state", "topology", "activity", "press"] {
            let args = ["plot", scenario, "--what", what];
            check(&runs.aether(&args).with(0).stdout);
        }
        let args = ["plot", scenario, "--what", "series", "--node", "1"];
        check(&runs.aether(&args).with(0).stdout);
    }
    for scenario in ["no-edges", "one-node"] {
        runs.refuses(
            &["plot", scenario, "--what", "flux"],
            &[scenario, "no edges"],
        );
    }
}

#[test]
fn values_are_coloured_round_zero_where_some_are_negative() {
    let runs = Runs::of(&["star6", "gf02"]);
    let fill = |scenario: &str, class: &str| {
        let svg = runs.aether(&["plot", scenario]).with(0).stdout;
        let (_, rest) = svg.split_once(&format!(".{class}{{fill:")).unwrap();
        rest.split('}').next().unwrap().to_owned()
    };
    // Near white in the middle; viridis from end to end.
    assert!(
        fill("star6", "f-level16").starts_with("#f"),
        "{}",
        fill("star6", "f-level16")
    );
    assert_eq!(fill("gf02", "f-level0"), "#440154");
    assert_eq!(fill("gf02", "f-level32"), "#fde725");
}

#[test]
fn out_is_a_file_and_json_says_what_was_drawn() {
    let runs = Runs::of(&["gf02"]);
    let printed = runs
        .aether(&["plot", "gf02", "--what", "flux"])
        .with(0)
        .stdout;
    let path = runs.file("flux.svg");
    let out = path.to_str().unwrap();
    let ended = runs
        .aether(&["plot", "gf02", "--what", "flux", "--out", out])
        .with(0);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("flux.svg"), "{ended:#?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), printed);

    let members = ["bins", "bytes", "path", "run_id", "svg", "what"];
    let json = runs.json(&["plot", "gf02", "--what", "flux", "--out", out, "--force"]);
    assert_eq!(keys(&json), members);
    assert_eq!(json["path"], out);
    assert_eq!(json["what"], "flux");
    assert_eq!(json["run_id"], "gf02");
    assert_eq!(json["bytes"], printed.len());
    assert!(json["svg"].is_null());
    assert_eq!(
        json["bins"],
        serde_json::json!({"columns": 8, "rows": 12, "ticks_a_cell": 1, "rows_a_cell": 1})
    );
    let json = runs.json(&["plot", "gf02", "--what", "flux"]);
    assert_eq!(keys(&json), members);
    assert!(json["path"].is_null());
    assert_eq!(json["svg"], printed);
}

#[test]
fn long_runs_are_drawn_in_bins_that_the_picture_names() {
    let runs = Runs::new();
    let text = std::fs::read_to_string(root().join("scenarios/line4/run.toml")).unwrap();
    let text = text
        .replace("../..", root().to_str().unwrap())
        .replace("ticks = 16", "ticks = 3000")
        .replace("window_every = 8", "window_every = 20");
    assert!(text.contains("ticks = 3000") && text.contains("window_every = 20"));
    let long = runs.file("run.toml");
    std::fs::write(&long, text).unwrap();
    runs.json(&["run", long.to_str().unwrap(), "--run-id", "long"]);
    for (what, note) in [
        (
            "state",
            "Each cell is the value of 10 ticks that is farthest from the median, ",
        ),
        (
            "flux",
            "Each cell is the value of 10 ticks that is farthest from the median, ",
        ),
        (
            "activity",
            "Lines go through the least and the greatest value of every 8 ticks.",
        ),
        (
            "series",
            "Lines go through the least and the greatest value of every 8 ticks.",
        ),
        ("press", "Each bar is the sum of 2 windows."),
    ] {
        let svg = runs
            .aether(&["plot", "long", "--what", what])
            .with(0)
            .stdout;
        let written = check(&svg);
        assert!(
            written.iter().any(|text| text.starts_with(note)),
            "{written:?}"
        );
        assert!(svg.len() < 1 << 20);
        let bins = &runs.json(&["plot", "long", "--what", what])["bins"];
        if what == "press" {
            assert_eq!(
                *bins,
                serde_json::json!({"windows": 150, "windows_a_bar": 2})
            );
        } else if bins.is_object() {
            assert_eq!(bins["ticks_a_cell"], 10);
            let columns = if what == "state" { 301 } else { 300 };
            assert_eq!(bins["columns"], columns);
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let runs = Runs::of(&["gf01"]);
    runs.refuses(&["plot", "gf09"], &["`gf09`"]);
    let ended = runs.aether(&["plot", "gf01", "--what", "bits"]).with(2);
    ended.reports(&["bits", "state, flux, activity, press, topology, series"]);
    // A failed plot does not change an existing file.
    let path = runs.file("picture.svg");
    std::fs::write(&path, "before").unwrap();
    let args = ["plot", "gf09", "--out", path.to_str().unwrap()];
    runs.aether(&args).with(2);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
    let nowhere = runs.file("none/picture.svg");
    let args = ["plot", "gf01", "--out", nowhere.to_str().unwrap()];
    runs.aether(&args).with(3).reports(&["none"]);
    // Nothing is committed yet.
    let options = RunOptions::default().progress(&|_| ControlFlow::Break(()));
    let cut = runs
        .store()
        .record(&plan("gf01"), "cut", Existing::Keep, &options);
    assert_eq!(cut.unwrap().outcome.status, RunStatus::Incomplete);
    runs.refuses(
        &["plot", "cut", "--what", "press"],
        &["`cut`", "nothing to draw"],
    );
    // What follows from the inputs is drawn, and marked.
    for what in ["state", "flux", "activity", "topology", "series"] {
        let svg = runs.aether(&["plot", "cut", "--what", what]).with(0).stdout;
        let written = check(&svg);
        let note = "Ticks 1 to 8 are replayed from the stored inputs: the run was cut off after its \
                    stored tick 0.";
        assert!(
            written.iter().any(|text| text == note),
            "{what}: {written:?}"
        );
        assert_eq!(svg.contains("replayed →"), what != "topology", "{what}");
    }
}

/// A run of a grid of named nodes, with a burst at one of them, and its export.
fn water(rows: u64, columns: u64, ticks: u64) -> (Runs, Value) {
    let runs = Runs::new();
    let (rows_text, columns_text) = (rows.to_string(), columns.to_string());
    let made = runs.json_at(&[
        "topology",
        "new",
        "grid",
        &rows_text,
        &columns_text,
        "--gid",
        "WATER",
    ]);
    let mut topology = made;
    let count = rows * columns;
    let nodes =
        (1..=count).map(|id| serde_json::json!({"node_id": id, "label": format!("J<{id}>")}));
    topology["nodes"] = nodes.collect();
    let entries = (1..=ticks)
        .filter(|tick| (4..=6).contains(tick))
        .map(|tick| {
            let mut values = vec![0; usize::try_from(count).unwrap()];
            values[4] = -3000;
            serde_json::json!({"pfna_id": "burst", "tick": tick, "values": values})
        });
    let pfna = serde_json::json!({
        "v": 0, "pfna_id": "burst", "gid": "WATER", "run_id": "water", "nid": "N/A",
        "entries": entries.collect::<Vec<_>>(),
    });
    std::fs::write(runs.file("topology.json"), topology.to_string()).unwrap();
    std::fs::write(runs.file("pfna.json"), pfna.to_string()).unwrap();
    let profile = root().join("fixtures/profiles/cmp-0.json");
    let config = format!(
        "v = 1\ngid = \"WATER\"\nrun_id = \"water\"\ntopology_path = \"topology.json\"\n\
         profile_path = \"{}\"\nticks = {ticks}\ninitial_state = {:?}\nwindow_every = 10\n\
         enable_pfna = true\npfna_path = \"pfna.json\"\n",
        profile.display(),
        (0..count).map(|node| 900 + node % 7).collect::<Vec<_>>()
    );
    std::fs::write(runs.file("run.toml"), config).unwrap();
    let config = runs.file("run.toml");
    runs.json(&["run", config.to_str().unwrap()]);
    let export = runs.aether(&["export", "water"]).with(0).json();
    (runs, export)
}

/// The texts that a picture shows on hover.
fn titles(svg: &str) -> Vec<String> {
    let picture = Document::parse(svg).unwrap();
    let titles = picture.descendants().filter(|node| is(node, "title"));
    titles.map(|node| text_of(&node)).collect()
}

#[test]
fn a_map_shows_the_extremes_of_a_run() {
    // More ticks and rows than cells.
    let (runs, export) = water(15, 30, 700);
    let svg = runs.aether(&["plot", "water"]).with(0).stdout;
    let written = check(&svg);
    let states = export["ledgers"].as_array().unwrap().iter();
    let states = states.flat_map(|ledger| ledger["post_u"].as_array().unwrap());
    let least = states.map(|value| value.as_i64().unwrap()).min().unwrap();
    assert!(least < -1_000);
    let text = format!("Least {least} (node 5 (J<5>), tick 6)");
    assert!(
        written.iter().any(|written| written.starts_with(&text)),
        "{written:?}"
    );
    assert!(
        written
            .iter()
            .any(|text| text.contains("farthest from the median"))
    );
    // The colour at the negative end of the scale is used by a cell, not only by the colour bar.
    let picture = Document::parse(&svg).unwrap();
    let cells = picture
        .descendants()
        .filter(|node| node.attribute("class") == Some("f-level0"));
    let rectangles: usize = cells
        .map(|node| node.attribute("d").unwrap().matches('M').count())
        .sum();
    assert!(rectangles >= 2, "{rectangles}");
    // And the value is in what a cell shows on hover.
    let shown = titles(&svg);
    let value = format!("{least} (node 5 (J<5>), tick 6)");
    assert!(
        shown.iter().any(|title| title.contains(&value)),
        "{shown:?}"
    );
    assert!(svg.len() < 2 << 20);
}

#[test]
fn a_part_of_a_run_is_drawn() {
    let (runs, export) = water(4, 5, 20);
    let plot = |args: &[&str]| {
        let svg = runs
            .aether(&[&["plot", "water"], args].concat())
            .with(0)
            .stdout;
        check(&svg);
        titles(&svg)
    };
    let state = |tick: usize, node: usize| export["ledgers"][tick - 1]["post_u"][node - 1].clone();
    // One cell for each of three ticks and two nodes.
    let shown = plot(&["--tick", "4..6", "--node", "J<5>,7"]);
    let mut expected = vec!["State over ticks".to_owned()];
    for (node, name) in [(5, "node 5 (J<5>)"), (7, "node 7 (J<7>)")] {
        expected.extend((4..=6).map(|tick| format!("{name}, tick {tick}: {}", state(tick, node))));
    }
    assert_eq!(shown, expected);
    // Tick 0 is the state before the first tick.
    let shown = plot(&["--tick", "0..1", "--node", "5"]);
    assert_eq!(shown[1], "node 5 (J<5>), tick 0: 904");
    let shown = plot(&["--what", "flux", "--tick", "5", "--edge", "3"]);
    let flux = &export["ledgers"][4]["edges"][2]["f_e"];
    assert_eq!(shown[1..], [format!("edge 3, tick 5: {flux}")]);
    // Lines with their inputs.
    let shown = plot(&["--what", "series", "--node", "J<5>,7", "--tick", "3..7"]);
    let column = format!(
        "tick 5\nnode 5 (J<5>): {}\nnode 7 (J<7>): {}",
        state(5, 5),
        state(5, 7)
    );
    assert!(shown.contains(&column), "{shown:?}");
    let inputs = shown
        .iter()
        .filter(|title| title.contains("burst: -3000 at tick"));
    assert_eq!(inputs.count(), 3);
    // The graph at a tick, or a part of it.
    let shown = plot(&["--what", "topology", "--tick", "5"]);
    assert!(
        shown.contains(&format!("node 5 (J<5>): {}", state(5, 5))),
        "{shown:?}"
    );
    let edge = &export["ledgers"][4]["edges"][2];
    let edge = format!(
        "edge 3, from {0} (J<{0}>) to {1} (J<{1}>), f_e {2}",
        edge["i"], edge["j"], edge["f_e"]
    );
    assert!(shown.contains(&edge), "{edge}: {shown:?}");
    let shown = plot(&["--what", "topology", "--node", "J<5>"]);
    let nodes: Vec<_> = shown
        .iter()
        .filter(|title| title.starts_with("node "))
        .collect();
    assert_eq!(nodes.len(), 3, "{nodes:?}");
    for (args, words) in [
        (&["--tick", "3..21"][..], &["ticks 3 to 21", "0 to 20"][..]),
        (&["--what", "flux", "--tick", "0"], &["1 to 20"]),
        (&["--node", "J5"], &["J5"]),
        (&["--what", "series"], &["at most 8", "--node"]),
        (&["--what", "press", "--node", "5"], &["`--node`", "press"]),
        (&["--edge", "5"], &["`--edge`", "state"]),
    ] {
        runs.refuses(&[&["plot", "water"], args].concat(), words);
    }
}

#[test]
fn arrows_are_drawn_where_the_picture_mentions_them() {
    let mut seen = [0, 0];
    for (rows, columns) in [(4, 5), (14, 15), (20, 22)] {
        let (runs, export) = water(rows, columns, 10);
        let svg = runs
            .aether(&["plot", "water", "--what", "topology"])
            .with(0)
            .stdout;
        let picture = Document::parse(&svg).unwrap();
        let mentioned = check(&svg).iter().any(|text| text.contains("arrows"));
        // An arrow is a closed path with the title of its edge.
        let arrows = picture.descendants().filter(|node| {
            is(node, "path")
                && node
                    .children()
                    .any(|child| text_of(&child).starts_with("edge "))
        });
        let edges = export["ledgers"][0]["edges"].as_array().unwrap().len();
        let net = |edge: usize| -> i64 {
            let ledgers = export["ledgers"].as_array().unwrap().iter();
            ledgers
                .map(|ledger| ledger["edges"][edge]["f_e"].as_i64().unwrap())
                .sum()
        };
        let moving = (0..edges).filter(|edge| net(*edge) != 0).count();
        let expected = if mentioned { moving } else { 0 };
        assert_eq!(arrows.count(), expected, "{edges} edges");
        seen[usize::from(mentioned)] += 1;
        // Names are always visible up to 60 nodes, and on hover beyond.
        let visible = texts(&picture).iter().any(|text| text == "J<5>");
        assert_eq!(visible, rows * columns <= 60);
        assert!(
            titles(&svg)
                .iter()
                .any(|title| title.starts_with("node 5 (J<5>)"))
        );
    }
    assert_eq!(seen, [1, 2]);
}

#[test]
fn a_graph_that_would_be_a_hairball_is_drawn_as_clusters() {
    let runs = Runs::new();
    let topology = runs.json_at(&["topology", "new", "random", "2000", "5000", "--gid", "R"]);
    std::fs::write(runs.file("topology.json"), topology.to_string()).unwrap();
    let profile = root().join("fixtures/profiles/cmp-0.json");
    let config = format!(
        "v = 1\ngid = \"R\"\nrun_id = \"r\"\ntopology_path = \"topology.json\"\n\
         profile_path = \"{}\"\nticks = 2\ninitial_state = {:?}\nwindow_every = 2\n",
        profile.display(),
        (0..2000).map(|node| node * 7919 % 1000).collect::<Vec<_>>()
    );
    let path = runs.file("run.toml");
    std::fs::write(&path, config).unwrap();
    runs.json(&["run", path.to_str().unwrap()]);
    let svg = runs
        .aether(&["plot", "r", "--what", "topology"])
        .with(0)
        .stdout;
    let text = check(&svg).join(" ");
    assert!(text.contains("the picture shows 32 clusters"), "{text}");
    let picture = Document::parse(&svg).unwrap();
    let lines = picture
        .descendants()
        .filter(|node| is(node, "polyline"))
        .count();
    assert!(lines < 120, "{lines}");
    // A part of it is drawn node by node.
    let part = runs
        .aether(&["plot", "r", "--what", "topology", "--node", "1..3"])
        .with(0)
        .stdout;
    assert!(
        titles(&part)
            .iter()
            .any(|title| title.starts_with("node 2:"))
    );
}

#[test]
fn the_picture_in_the_documentation_is_current() {
    let runs = Runs::of(&["grid32"]);
    let drawn = runs.aether(&["plot", "grid32"]).with(0).stdout;
    let committed = std::fs::read_to_string(root().join("docs/images/grid32-state.svg")).unwrap();
    assert!(
        drawn == committed,
        "draw it anew: aether run grid32 && aether plot grid32 --out docs/images/grid32-state.svg"
    );
}
