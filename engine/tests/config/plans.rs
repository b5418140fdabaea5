//! Tests of the plans that valid runs load as: defaults, formats and equivalent spellings.

use std::path::Path;

use aether_engine::config::{MemoryDocuments, load_run};
use serde_json::{Value, json};

use super::{AEON, RUN, TOPOLOGY, documents, load, plan, with_grammar};

fn resolved(documents: &MemoryDocuments) -> (Value, Value, Value, Option<Value>) {
    let plan = plan(documents);
    let parse = |text: &str| serde_json::from_str(text).expect("JSON");
    let documents = plan.documents();
    (
        parse(documents.run_config()),
        parse(documents.topology()),
        parse(documents.profile()),
        documents.pfna().map(parse),
    )
}

#[test]
fn defaults_are_filled_in_and_inputs_ordered() {
    let (run, topology, profile, pfna) = resolved(&documents());
    let expected = json!({
        "diagnostics": {"allow_negative": true, "conservation": false},
        "enable_codex": false,
        "enable_pfna": true,
        "gid": "LINE",
        "initial_state": [64, 0, 0, 0],
        "logging": {
            "clock": false, "destination": "memory", "enabled": true,
            "include_ticks": true, "include_windows": true,
        },
        "loom": {"W": 8},
        "metrics": {"enabled": true},
        "nap": {
            "layer": "DATA", "layers": ["CTRL", "INGRESS", "DATA", "EGRESS"],
            "mode": "P", "nid": "N/A", "v": 1,
        },
        "pfna_path": "../fixtures/pulse.json",
        "profile_path": "../fixtures/cmp-0.json",
        "run_id": "line",
        "ticks": 8,
        "topology_path": "../fixtures/line.json",
        "v": 1,
        "window_every": 3,
        "windows": [],
    });
    assert_eq!(run, expected);
    let edge = |e_id: i64, c: i64| json!({"SC": 32, "c": c, "cap": 100, "e_id": e_id, "i": e_id, "j": e_id + 1, "k": 8});
    let edges = json!([edge(1, 0), edge(2, 0), edge(3, -5)]);
    let expected = json!({"N": 4, "SC": 32, "edges": edges, "gid": "LINE", "profile": "CMP-0"});
    assert_eq!(topology, expected);
    assert_eq!(profile["s_t_rule"], json!({"mode": "prime_weighted"}));
    assert_eq!(
        profile["chain_rule"]["constants"],
        json!({"a": 17, "b": 23})
    );
    let entry = |id: &str, tick: i64, values: [i64; 4]| json!({"pfna_id": id, "tick": tick, "values": values});
    let entries = [
        entry("P1", 0, [1, 1, 1, 1]),
        entry("P1", 3, [0, 0, 0, -2]),
        entry("P2", 3, [16, 0, 0, 0]),
    ];
    assert_eq!(pfna.expect("inputs")["entries"], json!(entries));
}

#[test]
fn a_grammar_is_resolved_and_descriptors_are_kept_as_written() {
    let plan = plan(&with_grammar());
    let parse = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    let grammar = parse(plan.documents().aeon().expect("a grammar"));
    let base = |id: &str, first: i64, press: Value, parent: Value, labels: Value| {
        json!({"window_id": id, "tick_start": first, "tick_end": first + 3, "labels": labels,
               "press_window_id": press, "parent_id": parent})
    };
    let derived = |id: &str, sources: [&str; 2], aggregation: &str| {
        json!({"window_id": id, "source_ids": sources, "aggregation": aggregation, "labels": [],
               "press_window_id": null, "parent_id": null})
    };
    let expected = json!({
        "base_windows": {
            "day1": base("day1", 1, json!("days"), json!("again"), json!([])),
            "day2": base("day2", 5, Value::Null, Value::Null, json!(["é", ""])),
        },
        "derived_windows": {
            "both": derived("both", ["day1", "day2"], "union"),
            "again": derived("again", ["both", "day1"], "concat"),
        },
    });
    assert_eq!(grammar, expected);
    let run = parse(plan.documents().run_config());
    assert_eq!(run["aeon_path"], "../fixtures/aeon.json");
    let descriptor = |id: &str, kind: &str, stream: &str, params: Value| {
        json!({"descriptor_id": id, "descriptor_type": kind, "window_id": "again",
               "stream_id": stream, "params": params})
    };
    let params = json!({"pattern": [[1, 0, 0], 2], "repeats": 3});
    let first = descriptor("D1", "RUN_SEGMENT", "S2_fluxes", params);
    let params = json!({"intercept": [4, 0, 0, -4], "slope": 0, "start_tick": -9});
    let mut second = descriptor("D2", "LINEAR_TREND", "S1_post_u_deltas", params);
    second["labels"] = json!([]);
    let expected = json!({
        "enabled": true, "residual_scheme": "GR", "discover": true, "descriptors": [first, second],
    });
    assert_eq!(run["apxi"], expected);
    let again = plan.documents().plan().expect("they load again");
    assert_eq!(again, plan);
    assert_eq!(super::plan(&documents()).documents().aeon(), None);
}

#[test]
fn a_grammar_in_toml_is_the_same() {
    let value: Value = serde_json::from_str(AEON).expect("JSON");
    let text = toml::to_string(&value).expect("TOML");
    let run = format!("{RUN}{}", super::AEON_RUN).replace("aeon.json", "aeon.toml");
    let documents = with_grammar()
        .with("scenario/run.toml", run)
        .with("fixtures/aeon.toml", text);
    let (toml, json) = (plan(&documents), plan(&with_grammar()));
    assert_eq!(toml.documents().aeon(), json.documents().aeon());
}

#[test]
fn files_are_named_relative_to_the_base() {
    let plan = plan(&documents());
    let files: Vec<_> = plan.documents().files().iter().collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let expected = [
        ("pfna", "fixtures/pulse.json"),
        ("profile", "fixtures/cmp-0.json"),
        ("run_config", "scenario/run.toml"),
        ("topology", "fixtures/line.json"),
    ];
    assert_eq!(files, expected);
}

/// The RunConfigs of each pair mean the same: one uses a default, the other states it.
#[test]
fn an_explicit_default_is_the_same_as_an_absent_one() {
    let off = RUN.replace(
        "enable_pfna = true\npfna_path = \"../fixtures/pulse.json\"\n",
        "",
    );
    let base = plan(&documents().with("scenario/run.toml", off.as_str()));
    let said = [
        "enable_codex = false\nenable_pfna = false\n",
        "enable_pfna = false\npfna_path = \"nowhere.json\"\n",
        "windows = []\n",
        "nap = {layers = [\"EGRESS\", \"DATA\", \"INGRESS\", \"CTRL\"], nid = \"N/A\", v = 1, layer = \"DATA\", mode = \"P\"}\n",
        "loom = {W = 8}\n",
        "loom = {}\n",
        "logging = {enabled = true, destination = \"memory\", include_ticks = true, include_windows = true, clock = false}\n",
        "metrics = {enabled = true}\n",
        "diagnostics = {conservation = false, allow_negative = true, notes = [1.5, \"x\"]}\n",
    ];
    for more in said {
        let run = format!("{off}{more}");
        assert_eq!(
            plan(&documents().with("scenario/run.toml", run)),
            base,
            "{more}"
        );
    }
    let explicit = format!(
        "{off}[[windows]]\nwindow_id = \"A\"\napx_name = \"B\"\nstart_tick = 1\nend_tick = 2\n"
    );
    let base = plan(&documents().with("scenario/run.toml", explicit.as_str()));
    for streams in [
        "streams = []\n",
        "streams = [{name = \"S1_post_u_deltas\", source = \"post_u_deltas\"}, {name = \"S2_fluxes\", source = \"fluxes\", description = \"\"}]\n",
    ] {
        let run = format!("{explicit}{streams}");
        assert_eq!(
            plan(&documents().with("scenario/run.toml", run)),
            base,
            "{streams}"
        );
    }
}

#[test]
fn window_every_tiles_the_run_and_the_last_may_be_short() {
    let plan = plan(&documents());
    let windows: Vec<String> = plan.windows().iter().map(|w| format!("{w:?}")).collect();
    for (window, id) in windows.iter().zip([
        "LINE_W1_ticks_1_3",
        "LINE_W2_ticks_4_6",
        "LINE_W3_ticks_7_8",
    ]) {
        assert!(window.contains(id), "{window}");
        assert!(window.contains("primary: true"), "{window}");
    }
    assert!(windows[2].contains("LINE_APX_v0_ticks_7_8"));
    assert_eq!(windows.len(), 3);
}

#[test]
fn an_initial_state_may_stand_in_a_file_of_its_own() {
    let base = plan(&documents());
    let run = RUN.replace(
        "initial_state = [64, 0, 0, 0]",
        "initial_state_path = \"state.csv\"",
    );
    for csv in [
        "64\n0\n0\n0\n",
        "u\n64\n0\n0\n0",
        "u\r\n64\r\n0\r\n 0\r\n0\r\n",
        "64\n0\n0\n0\n\n",
    ] {
        let documents = documents()
            .with("scenario/run.toml", run.as_str())
            .with("scenario/state.csv", csv);
        let plan = plan(&documents);
        assert_eq!(
            plan.documents().files()["initial_state"],
            "scenario/state.csv"
        );
        assert_eq!(
            plan.documents().run_config(),
            base.documents().run_config(),
            "{csv:?}"
        );
    }
    let run = run.replace("state.csv", "state.json");
    let documents = documents()
        .with("scenario/run.toml", run)
        .with("scenario/state.json", "[64, 0,\n0, 0]");
    assert_eq!(
        plan(&documents).documents().run_config(),
        base.documents().run_config()
    );
}

#[test]
fn json_and_toml_say_the_same() {
    let run: toml::Value = toml::from_str(RUN).expect("TOML");
    let json = serde_json::to_string_pretty(&run).expect("JSON");
    let documents = documents().with("scenario/run.json", json);
    let from_json = load_run(&documents, Path::new("scenario/run.json")).expect("a plan");
    let from_toml = plan(&documents);
    assert_eq!(
        from_json.documents().run_config(),
        from_toml.documents().run_config()
    );
    // A topology in TOML, including hexadecimal numbers.
    let topology: toml::Value = serde_json::from_str(TOPOLOGY).expect("JSON");
    let topology = toml::to_string(&topology)
        .expect("TOML")
        .replace("cap = 100", "cap = 0x6_4");
    let run = RUN.replace("line.json", "line.toml");
    let documents = documents
        .with("scenario/run.toml", run)
        .with("fixtures/line.toml", topology);
    assert_eq!(
        plan(&documents).documents().topology(),
        from_toml.documents().topology()
    );
}

#[test]
fn labels_attributes_and_meta_are_kept_and_bare_nodes_are_not() {
    let bare = TOPOLOGY.replace(
        "\"edges\"",
        "\"nodes\": [{\"node_id\": 1}, {\"node_id\": 2}, {\"node_id\": 3}, {\"node_id\": 4, \"label\": null}], \"edges\"",
    );
    let base = plan(&documents());
    assert_ne!(TOPOLOGY, bare);
    let plain = TOPOLOGY.replace("\"edges\"", "\"nodes\": null, \"meta\": null, \"edges\"");
    assert_eq!(plan(&documents().with("fixtures/line.json", plain)), base);
    let labelled = bare.replace("null", "\"end\"").replace(
        "\"N\": 4,",
        "\"N\": 4, \"meta\": {\"z\": [1.50, null], \"a\": {\"é\\n\": -0}},",
    );
    let labelled = labelled.replace("\"c\": -5", "\"c\": -5, \"attrs\": {\"w\": 2}");
    let with = documents().with("fixtures/line.json", labelled);
    let text = plan(&with);
    let text = text.documents().topology();
    for part in [
        r#""nodes":[{"node_id":1},{"node_id":2},{"node_id":3},{"label":"end","node_id":4}]"#,
        r#""meta":{"a":{"é\n":-0},"z":[1.50,null]}"#,
        r#"{"SC":32,"attrs":{"w":2},"c":-5,"cap":100,"e_id":3"#,
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn the_ends_of_edges_may_be_names() {
    let labelled = TOPOLOGY.replace(
        "\"edges\"",
        "\"nodes\": [{\"node_id\": 1, \"label\": \"tank\"}, {\"node_id\": 2, \"label\": \"valve\"},
          {\"node_id\": 3}, {\"node_id\": 4}], \"edges\"",
    );
    let with = |topology: &str| documents().with("fixtures/line.json", topology.to_owned());
    let ids = plan(&with(&labelled));
    for (from, to) in [
        ("\"i\": 1", "\"i\": \"tank\""),
        ("\"i\": 1", "\"i\": \"1\""),
        ("\"j\": 2", "\"j\": \"name:valve\""),
    ] {
        let named = labelled.replace(from, to);
        assert_ne!(named, labelled);
        assert_eq!(plan(&with(&named)), ids, "{to}");
    }
    for (from, to, words) in [
        (
            "\"i\": 1",
            "\"i\": \"tnak\"",
            ["there is no node `tnak`", "tank"],
        ),
        ("\"i\": 1", "\"i\": \"7\"", ["there is no node", "7"]),
        (
            "\"j\": 2",
            "\"j\": \"tank\"",
            ["joins node 1 (tank) to itself", "another node"],
        ),
        (
            "\"j\": 2",
            "\"j\": 2.5",
            ["the id or name of a node", "2.5"],
        ),
    ] {
        let report = load(&with(&labelled.replace(from, to))).unwrap_err();
        let report = report.render(false).to_string();
        for word in words {
            assert!(report.contains(word), "`{word}` is missing: {report}");
        }
    }
}

#[test]
fn a_report_of_a_run_covers_all_its_documents() {
    let broken = documents()
        .with(
            "scenario/run.toml",
            RUN.replace("ticks = 8", "ticks = 8\nfoo = 1"),
        )
        .with(
            "fixtures/line.json",
            TOPOLOGY.replace("\"i\": 1", "\"i\": 7"),
        )
        .with("fixtures/pulse.json", "[");
    let report = load(&broken).expect_err("problems");
    let lines: Vec<String> = report.to_string().lines().map(str::to_owned).collect();
    let expected = [
        "fixtures/line.json:4:22: AE0304: there is no node 7",
        "fixtures/pulse.json:1:2: AE0102: the document ends inside a list",
        "scenario/run.toml:8:1: AE0201: a RunConfig has no field `foo`",
    ];
    assert_eq!(lines, expected);
}
