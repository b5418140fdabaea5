//! Tests of `plot`: pictures are well-formed XML, and the same every time.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use aether_engine::run::{RunOptions, RunStatus};
use aether_engine::store::Existing;
use roxmltree::{Document, Node};

use super::{Runs, keys, plan, root};

const WHAT: [(&str, &str); 5] = [
    ("state", "State over ticks"),
    ("flux", "Flux over ticks"),
    ("chain", "Chain over ticks"),
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
    // The name under which a run is stored is not in its picture.
    runs.aether(&["run", "gf02", "--run-id", "again"]).with(0);
    assert_eq!(
        runs.aether(&["plot", "again"]).with(0).stdout,
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
        for what in ["state", "topology", "chain", "press"] {
            check(
                &runs
                    .aether(&["plot", scenario, "--what", what])
                    .with(0)
                    .stdout,
            );
        }
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
    let json = runs.json(&["plot", "gf02", "--what", "flux", "--out", out]);
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
        ("state", "Each cell is the mean of 10 ticks."),
        (
            "flux",
            "Each cell is the value farthest from 0 of 10 ticks.",
        ),
        (
            "chain",
            "Each cell counts, of 10 ticks, those whose value is in its band of M / 60.",
        ),
        ("press", "Each bar is the sum of 2 windows."),
    ] {
        let svg = runs
            .aether(&["plot", "long", "--what", what])
            .with(0)
            .stdout;
        let written = check(&svg);
        assert!(written.iter().any(|text| text == note), "{written:?}");
        assert!(svg.len() < 1 << 20);
        let bins = &runs.json(&["plot", "long", "--what", what])["bins"];
        if what == "press" {
            assert_eq!(
                *bins,
                serde_json::json!({"windows": 150, "windows_a_bar": 2})
            );
        } else {
            assert_eq!(bins["ticks_a_cell"], 10);
            assert_eq!(bins["columns"], 300);
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let runs = Runs::of(&["gf01"]);
    runs.refuses(&["plot", "gf09"], &["`gf09`"]);
    let ended = runs.aether(&["plot", "gf01", "--what", "bits"]).with(2);
    ended.reports(&["bits", "state, flux, chain, press, topology"]);
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
    for (what, _) in WHAT {
        runs.refuses(
            &["plot", "cut", "--what", what],
            &["`cut`", "nothing to draw"],
        );
    }
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
