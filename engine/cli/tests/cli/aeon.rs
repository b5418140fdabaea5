//! Tests of runs with a grammar of AEON windows: what every command makes of it.

use serde_json::{Value, json};

use super::{Runs, aether, aether_in, export_of, keys, len, root};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

const SCENARIOS: [&str; 3] = ["aeon-halves", "aeon-weeks", "aeon-discover"];

#[test]
fn exports_have_the_views_and_the_grammar() {
    let runs = Runs::of(&SCENARIOS);
    for scenario in SCENARIOS {
        let expected = export_of(scenario);
        let ended = runs.aether(&["export", scenario]).with(0);
        assert_eq!(ended.stdout, format!("{expected}\n"), "{scenario}");
        let export = ended.json();
        for kind in ["aeon_views", "apxi_views"] {
            let one = runs.json(&["export", scenario, "--kind", kind]);
            assert_eq!(one, json!({ kind: export[kind] }), "{scenario}");
            assert_eq!(export["metrics"][kind], len(&export[kind]), "{scenario}");
            let lines = runs.aether(&["export", scenario, "--kind", kind, "--as", "jsonl"]);
            let lines: Vec<Value> = lines.with(0).stdout.lines().map(parsed).collect();
            assert_eq!(Value::from(lines), export[kind], "{scenario}");
            let table = runs
                .aether(&["export", scenario, "--kind", kind, "--as", "csv"])
                .with(0);
            let mut table = csv::Reader::from_reader(table.stdout.as_bytes());
            let window = table
                .headers()
                .unwrap()
                .iter()
                .position(|name| name == "window_id");
            let windows = table
                .records()
                .map(|row| row.unwrap()[window.unwrap()].to_owned());
            let views = export[kind].as_array().unwrap().iter();
            let ids: Vec<&str> = views
                .map(|view| view["window_id"].as_str().unwrap())
                .collect();
            assert!(windows.eq(ids), "{scenario}");
        }
        assert!(export["inputs"]["aeon"]["base_windows"].is_object());
        assert!(export["inputs"]["files"]["aeon"].is_string());
        let lines = runs
            .aether(&["export", scenario, "--as", "jsonl"])
            .with(0)
            .stdout;
        assert!(lines.contains("{\"kind\":\"aeon_views\""), "{scenario}");
        assert!(
            runs.json(&["verify", scenario])
                .to_string()
                .contains("true")
        );
        let metrics = runs.aether(&["metrics", scenario]).with(0).stdout;
        assert!(metrics.contains("aeon_views"), "{metrics}");
        let metrics = runs
            .aether(&["metrics", scenario, "--as", "openmetrics"])
            .with(0)
            .stdout;
        assert!(metrics.contains("aether_apxi_views_total{"), "{metrics}");
    }
}

#[test]
fn a_run_without_a_grammar_has_no_views() {
    let runs = Runs::of(&["gf01"]);
    let export = runs.json(&["export", "gf01"]);
    assert!(!keys(&export).iter().any(|key| key.ends_with("_views")));
    assert!(
        !keys(&export["metrics"])
            .iter()
            .any(|key| key.ends_with("_views"))
    );
    assert!(export["inputs"].get("aeon").is_none());
    let words = ["run `gf01` has no grammar of AEON windows"];
    runs.refuses(&["export", "gf01", "--kind", "aeon_views"], &words);
    runs.refuses(&["inspect", "gf01", "--aeon", "week1"], &words);
    let lines = runs
        .aether(&["export", "gf01", "--as", "jsonl"])
        .with(0)
        .stdout;
    assert!(!lines.contains("_views"));
    let version = |runs: &Runs, run: &str| -> i64 {
        let path = runs.directory().join(format!("{run}.aether"));
        let file = rusqlite::Connection::open(path).unwrap();
        let version = file.pragma_query_value(None, "user_version", |row| row.get(0));
        version.unwrap()
    };
    assert_eq!(version(&runs, "gf01"), 2);
    assert_eq!(version(&Runs::of(&["aeon-halves"]), "aeon-halves"), 3);
}

#[test]
fn inspect_shows_a_window_with_its_descriptors() {
    let runs = Runs::of(&["aeon-weeks"]);
    let export = parsed(&export_of("aeon-weeks"));
    for view in export["aeon_views"].as_array().unwrap() {
        let id = view["window_id"].as_str().unwrap();
        let shown = runs.json(&["inspect", "aeon-weeks", "--aeon", id]);
        assert_eq!(keys(&shown), ["aeon_views", "apxi_views"]);
        assert_eq!(shown["aeon_views"], json!([view]));
        let apxi = export["apxi_views"].as_array().unwrap().iter();
        let named: Vec<&Value> = apxi.filter(|apxi| apxi["aeon_window_id"] == *id).collect();
        assert_eq!(shown["apxi_views"], json!(named), "{id}");
        let text = runs
            .aether(&["inspect", "aeon-weeks", "--aeon", id])
            .with(0)
            .stdout;
        assert!(text.starts_with(id), "{text}");
        assert_eq!(
            text.contains("residuals under GR"),
            !named.is_empty(),
            "{text}"
        );
    }
    let text = runs
        .aether(&["inspect", "aeon-weeks", "--aeon", "again"])
        .with(0)
        .stdout;
    for words in [
        "sum of fortnight, weekends",
        "72: 1 to 56, 21 to 28, 49 to 56",
        "ticks ",
    ] {
        assert!(text.contains(words), "{text}");
    }
    runs.refuses(
        &["inspect", "aeon-weeks", "--aeon", "week3"],
        &["did you mean `week1`?"],
    );
    runs.refuses(
        &["inspect", "aeon-weeks", "--aeon", "x"],
        &["the first is `day01`"],
    );
    let summary = runs.aether(&["inspect", "aeon-weeks"]).with(0).stdout;
    assert!(
        summary.contains("AEON        21 windows, 4 with descriptors"),
        "{summary}"
    );
}

#[test]
fn the_picture_of_description_lengths_shows_what_descriptors_save() {
    let runs = Runs::of(&["aeon-discover", "line4"]);
    let svg = runs
        .aether(&["plot", "aeon-discover", "--what", "press"])
        .with(0)
        .stdout;
    let export = parsed(&export_of("aeon-discover"));
    let view = &export["apxi_views"][0];
    let manifest = &export["manifests"][0];
    assert_eq!(view["window_id"], manifest["window_id"]);
    for stream in manifest["streams"].as_array().unwrap() {
        let name = stream["stream_id"].as_str().unwrap();
        let entries = view["descriptors_by_stream"][name]
            .as_array()
            .unwrap()
            .iter();
        let best = entries
            .map(|entry| entry["L_total"].as_i64().unwrap())
            .min()
            .unwrap();
        let bits = stream["L_total"].as_i64().unwrap();
        assert!(best < bits, "{name}");
        let title = format!(
            "{name}: {bits} bits, of which the best descriptor saves {}",
            bits - best
        );
        assert!(svg.contains(&title), "{title}: {svg}");
    }
    assert!(svg.contains("The hollow part of a bar"));
    let plain = runs
        .aether(&["plot", "line4", "--what", "press"])
        .with(0)
        .stdout;
    assert!(!plain.contains("hollow") && !plain.contains("saves"));
}

#[test]
fn settings_reach_the_grammar_and_diff_sees_them() {
    let runs = Runs::of(&["aeon-halves"]);
    let set = |name: &str, setting: &str| {
        let args = ["run", "aeon-halves", "--run-id", name, "--set", setting];
        runs.aether(&args).with(0);
    };
    set("shorter", "aeon.base_windows.first_half.tick_end=6");
    let export = runs.json(&["export", "shorter"]);
    assert_eq!(
        export["inputs"]["aeon"]["base_windows"]["first_half"]["tick_end"],
        6
    );
    assert_eq!(export["aeon_views"][2]["ticks"], 14);
    let before = runs.json(&["export", "aeon-halves"]);
    assert_eq!(export["u_ledger"], before["u_ledger"]);
    let ended = runs.aether(&["diff", "aeon-halves", "shorter"]).with(1);
    assert!(ended.stdout.contains("AEON"), "{ended:#?}");
    assert!(ended.stdout.contains("first_half"), "{ended:#?}");
    set(
        "other",
        "apxi.descriptors[descriptor_id=no_flux].params.value=1",
    );
    let ended = runs.aether(&["diff", "aeon-halves", "other"]).with(1);
    assert!(ended.stdout.contains("no_flux"), "{ended:#?}");
    runs.aether(&["diff", "aeon-halves", "aeon-halves"]).with(0);
    let refused = |scenario: &str, setting: &str, words: &[&str]| {
        let args = ["run", scenario, "--run-id", "bad", "--set", setting];
        runs.aether(&args).with(2).reports(words);
    };
    refused(
        "aeon-halves",
        "aeon.base_windows.first_half.tick_end=17",
        &["AE0509", "after the last tick"],
    );
    let setting = "aeon.base_window.x.tick_end=1";
    refused("aeon-halves", setting, &["AE0902", "base_windows"]);
    let setting = "aeon.base_windows.x.tick_end=1";
    refused(
        "gf01",
        setting,
        &["the run has no AEON grammar", "aeon_path"],
    );
}

#[test]
fn sql_answers_questions_about_views() {
    let runs = Runs::of(&["aeon-discover"]);
    let sql = "SELECT window_id, ticks FROM aeon_views WHERE kind = 'derived'";
    let answer = runs.json(&["sql", "aeon-discover", sql]);
    assert_eq!(answer["rows"], json!([["evening_first", 10]]));
    let sql = "SELECT window_id, aeon_window_id FROM apxi_views";
    let answer = runs.json(&["sql", "aeon-discover", sql]);
    assert_eq!(
        answer["rows"],
        json!([["all", "swing"], ["ends", "evening_first"]])
    );
}

#[test]
fn a_residual_that_overflows_ends_the_run() {
    let runs = Runs::new();
    let ended = runs.aether(&["run", "aeon-overflow"]).with(2);
    assert!(
        ended.stderr.contains("overflow at tick 8: `bits`"),
        "{ended:#?}"
    );
    let export = runs.json(&["export", "aeon-overflow"]);
    assert_eq!(export["run"]["status"], "failed");
    assert_eq!(export["aeon_views"], json!([]));
    assert_eq!(export["metrics"]["apxi_views"], 0);
    runs.aether(&["verify", "aeon-overflow"]).with(0);
    runs.refuses(
        &["inspect", "aeon-overflow", "--aeon", "all"],
        &["made at its end"],
    );
}

/// A grammar by itself, and all problems of a grammar and its RunConfig at once.
#[test]
fn validate_knows_grammars() {
    aether(&[
        "validate",
        "fixtures/aeon/weeks.toml",
        "fixtures/aeon/halves.json",
    ])
    .with(0);
    let ended = aether(&[
        "validate",
        "fixtures/invalid/AE1004-many.toml",
        "--format",
        "json",
    ]);
    let report = ended.with(2).json();
    let problems = report["problems"].as_array().unwrap();
    let codes: Vec<&str> = problems
        .iter()
        .map(|p| p["code"].as_str().unwrap())
        .collect();
    for code in [
        "AE0207", "AE0216", "AE0508", "AE0509", "AE1001", "AE1002", "AE1003", "AE1004", "AE1005",
        "AE1006",
    ] {
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
}

#[test]
fn a_run_of_an_exports_inputs_has_the_same_views() {
    let runs = Runs::of(&["aeon-weeks"]);
    let export = runs.json(&["export", "aeon-weeks"]);
    let inputs = &export["inputs"];
    let mut config = inputs["run_config"].clone();
    for (key, name) in [
        ("topology_path", "topology"),
        ("profile_path", "profile"),
        ("pfna_path", "pfna"),
        ("aeon_path", "aeon"),
    ] {
        config[key] = json!(format!("{name}.json"));
        std::fs::write(runs.file(&format!("{name}.json")), inputs[name].to_string()).unwrap();
    }
    std::fs::write(runs.file("run.json"), config.to_string()).unwrap();
    let path = runs.file("run.json").display().to_string();
    runs.aether(&["run", &path, "--run-id", "again"]).with(0);
    let again = runs.json(&["export", "again"]);
    for kind in ["aeon_views", "apxi_views", "u_ledger"] {
        assert_eq!(again[kind], export[kind], "{kind}");
    }
    // From a directory of another kind, nothing is left behind.
    aether_in(&root(), &["validate", &path]).with(0);
}
