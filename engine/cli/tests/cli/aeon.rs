//! Tests of runs with a grammar of AEON windows: what every command makes of it.

use serde_json::{Value, json};

use super::{Ended, Runs, aether, aether_in, export_of, keys, len, root};

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

/// The texts of the cells of a page's tables, row by row.
fn rows_of(html: &str) -> Vec<Vec<String>> {
    let rows = html.split("<tr>").skip(1);
    rows.map(|row| {
        let row = row.split("</tr>").next().unwrap();
        let cells = row.split("<td").skip(1);
        let text = |cell: &str| {
            let (_, text) = cell.split_once('>').unwrap();
            text.split("</td>").next().unwrap().to_owned()
        };
        cells.map(text).collect()
    })
    .collect()
}

#[test]
fn the_page_of_a_run_shows_its_windows_and_what_descriptors_save() {
    let runs = Runs::of(&["aeon-halves", "aeon-weeks", "aeon-discover", "line4"]);
    for scenario in ["aeon-halves", "aeon-weeks", "aeon-discover"] {
        let export = parsed(&export_of(scenario));
        let page = runs.aether(&["report", scenario]).with(0).stdout;
        assert!(page.contains("<a href=\"#aeon\">AEON windows</a>"));
        let (_, section) = page.split_once("<section id=\"aeon\"").unwrap();
        let section = section.split("</section>").next().unwrap();
        let rows = rows_of(section);
        for view in export["aeon_views"].as_array().unwrap() {
            let id = view["window_id"].as_str().unwrap();
            let row = rows
                .iter()
                .find(|row| row.first().is_some_and(|cell| cell == id));
            let row = row.unwrap_or_else(|| panic!("{scenario}: no row of {id}"));
            assert!(
                row[2].starts_with(&format!("{}: ", view["ticks"])),
                "{row:?}"
            );
            for (stream, bits) in view["l_total"].as_object().into_iter().flatten() {
                assert!(row[4].contains(&format!("{stream} {bits}")), "{row:?}");
            }
        }
        let mut described = rows.iter().filter(|row| row.len() == 11);
        for view in export["apxi_views"].as_array().unwrap() {
            let streams = view["descriptors_by_stream"].as_object().unwrap();
            for (place, (stream, entries)) in streams.iter().enumerate() {
                let entries = entries.as_array().unwrap();
                let bits = |entry: &&Value| entry["L_total"].as_i64().unwrap();
                let best = entries.iter().min_by_key(bits).unwrap();
                let row = described.next().unwrap();
                let first = place == 0;
                assert_eq!(
                    first.then_some(&*row[0]),
                    first.then(|| view["window_id"].as_str().unwrap())
                );
                assert_eq!(row[2], *stream);
                assert_eq!(row[3], entries.len().to_string());
                assert_eq!(
                    row[4],
                    best["descriptor"]["descriptor_id"].as_str().unwrap()
                );
                let numbers = ["L_model", "L_residual", "L_total"].map(|key| best[key].to_string());
                assert_eq!(row[6..9], numbers);
                let (tallied, saved) = match literal(&export, view, stream) {
                    Some(tallied) => (tallied.to_string(), (tallied - bits(&best)).to_string()),
                    None => ("other ticks".to_owned(), String::new()),
                };
                assert_eq!(row[9..], [tallied, saved], "{scenario}");
            }
        }
        assert_eq!(described.next(), None, "{scenario}");
    }
    let plain = runs.aether(&["report", "line4"]).with(0).stdout;
    assert!(!plain.contains("AEON") && !plain.contains("escriptors"));
    runs.aether(&["run", "aeon-overflow"]).with(2);
    let page = runs.aether(&["report", "aeon-overflow"]).with(0).stdout;
    assert!(page.contains("The run did not reach its end"), "{page}");
}

/// The bits of a stream itself, if its descriptors are over exactly the ticks of its window.
fn literal(export: &Value, view: &Value, stream: &str) -> Option<i64> {
    let found = |records: &Value, id: &Value| -> Value {
        let mut records = records.as_array().unwrap().iter();
        records
            .find(|record| record["window_id"] == *id)
            .unwrap()
            .clone()
    };
    let manifest = found(&export["manifests"], &view["window_id"]);
    let aeon = found(&export["aeon_views"], &view["aeon_window_id"]);
    let ticks = json!([[manifest["start_tick"], manifest["end_tick"]]]);
    let mut streams = manifest["streams"].as_array().unwrap().iter();
    let entry = streams.find(|entry| entry["stream_id"] == *stream).unwrap();
    (aeon["spans"] == ticks).then(|| entry["L_total"].as_i64().unwrap())
}

/// The axes of a sweep, each as its name, what it sets, and its values.
type Axes = [(&'static str, &'static str, &'static str)];

fn in_sweep(runs: &Runs, args: &[&str]) -> Ended {
    aether_in(&runs.file(""), &[&["sweep"], args].concat())
}

/// Sweeps over a scenario, and compares each point of the table with the export of its run.
fn swept(runs: &Runs, scenario: &str, axes: &Axes) -> Vec<Value> {
    let base = root().join(format!("scenarios/{scenario}/run.toml"));
    let axis = |(name, set, values): &(&str, &str, &str)| {
        format!("[[axes]]\nname = \"{name}\"\nset = \"{set}\"\nvalues = {values}\n")
    };
    let lines: String = axes.iter().map(axis).collect();
    let spec = format!("v = 1\nrun_config = \"{}\"\n{lines}", base.display());
    std::fs::write(runs.file("s.toml"), spec).unwrap();
    // The sweep before is a different one.
    let _ = std::fs::remove_file(runs.file("s.sweep"));
    in_sweep(runs, &["s.toml"]).with(0);
    let table = in_sweep(runs, &["table", "s.sweep", "--as", "jsonl"]).with(0);
    let points: Vec<Value> = table.stdout.lines().map(parsed).collect();
    for point in points.iter().filter(|point| point["status"] != "refused") {
        let mut args = vec!["run".to_owned(), scenario.to_owned(), "--force".to_owned()];
        for (name, set, _) in axes {
            args.extend(["--set".to_owned(), format!("{set}={}", point[name])]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let is_complete = point["status"] == "complete";
        runs.aether(&args).with(if is_complete { 0 } else { 2 });
        let export = runs.json(&["export", scenario]);
        for count in ["aeon_views", "apxi_views"] {
            assert_eq!(point[count], export["metrics"][count], "{point}");
        }
        let (mut all, mut described, mut saved) = (0, 0_i128, 0);
        let mut by_window = json!({});
        for view in export["apxi_views"].as_array().unwrap() {
            let window = view["window_id"].as_str().unwrap();
            by_window[window] = json!({});
            for (stream, entries) in view["descriptors_by_stream"].as_object().unwrap() {
                let entries = entries.as_array().unwrap();
                all += entries.len();
                let bits = entries
                    .iter()
                    .map(|entry| entry["L_total"].as_i64().unwrap());
                let best = bits.min().unwrap();
                by_window[window][stream] = json!(best);
                described += i128::from(best);
                saved +=
                    literal(&export, view, stream).map_or(0, |tallied| (tallied - best).max(0));
            }
        }
        assert_eq!(point["descriptors"], json!(all), "{point}");
        assert_eq!(point["l_described_by_window"], by_window, "{point}");
        assert_eq!(point["l_saved"], json!(saved), "{point}");
        let described = i64::try_from(described).ok();
        assert_eq!(point["l_described"], json!(described), "{point}");
    }
    points
}

/// A sweep over a grammar and its descriptors: the table has what they need at every point.
#[test]
fn a_sweep_compares_what_descriptors_need() {
    let runs = Runs::new();
    let guess = "apxi.descriptors[descriptor_id=guess].params.value";
    let found = swept(&runs, "aeon-discover", &[("guess", guess, "[0, 23161]")]);
    assert!(
        found
            .iter()
            .all(|point| point["l_saved"].as_i64() > Some(0))
    );
    let points = swept(
        &runs,
        "aeon-halves",
        &[
            (
                "flux",
                "apxi.descriptors[descriptor_id=no_flux].params.value",
                "[0, 2305843009213693952, 9000000000000000000]",
            ),
            (
                "chain",
                "apxi.descriptors[descriptor_id=no_chain].params.value",
                "[0, 2305843009213693952]",
            ),
            (
                "half",
                "aeon.base_windows.second_half.tick_start",
                "[10, 99]",
            ),
        ],
    );
    let count = |is: &dyn Fn(&Value) -> bool| points.iter().filter(|point| is(point)).count();
    assert_eq!(count(&|point| point["status"] == "refused"), 6);
    assert_eq!(count(&|point| point["status"] == "failed"), 2);
    let refused = points.iter().find(|point| point["status"] == "refused");
    let refused = refused.unwrap();
    assert!(refused["l_saved"].is_null() && refused["l_described_by_window"].is_null());
    // Two descriptors that need 2^62 bits each.
    let is_large = |point: &Value| point["status"] == "complete" && point["l_described"].is_null();
    assert_eq!(count(&is_large), 1);
    // CSV has the same, and shards merge to the same.
    let csv = in_sweep(&runs, &["table", "s.sweep"]).with(0).stdout;
    let columns = "codex_proposals,aeon_views,apxi_views,descriptors,l_described,l_saved,\
                   l_described_by_window,last_entry_hash";
    assert!(csv.lines().next().unwrap().ends_with(columns), "{csv}");
    for shard in ["1/2", "2/2"] {
        in_sweep(&runs, &["s.toml", "--shard", shard]).with(0);
    }
    let shards = ["merge", "m.sweep", "s.1-of-2.sweep", "s.2-of-2.sweep"];
    in_sweep(&runs, &shards).with(0);
    assert_eq!(in_sweep(&runs, &["table", "m.sweep"]).with(0).stdout, csv);
    in_sweep(&runs, &["diff", "s.sweep", "m.sweep"]).with(0);
}

#[test]
fn files_of_sweeps_say_whether_they_have_descriptors() {
    let runs = Runs::new();
    let schemes = [("scheme", "apxi.residual_scheme", "[\"R\", \"GR\"]")];
    swept(&runs, "aeon-halves", &schemes);
    let spec = std::fs::read_to_string(runs.file("s.toml")).unwrap();
    let plain = spec.split("[[axes]]").next().unwrap();
    let plain = plain.replace("aeon-halves/run.toml", "gf01/run.json");
    let plain = format!("{plain}[[axes]]\nset = \"initial_state[0]\"\nvalues = [3]\n");
    std::fs::write(runs.file("p.toml"), plain).unwrap();
    in_sweep(&runs, &["p.toml"]).with(0);
    let table = in_sweep(&runs, &["table", "p.sweep"]).with(0).stdout;
    assert!(!table.contains("views"), "{table}");
    let format = |file: &str| -> i64 {
        let file = rusqlite::Connection::open(runs.file(file)).unwrap();
        let format = file.pragma_query_value(None, "user_version", |row| row.get(0));
        format.unwrap()
    };
    assert_eq!((format("p.sweep"), format("s.sweep")), (3, 4));
    // A damaged cell, and a file that says that it has no descriptors.
    let change = |sql: &str| {
        std::fs::copy(runs.file("s.sweep"), runs.file("d.sweep")).unwrap();
        let file = rusqlite::Connection::open(runs.file("d.sweep")).unwrap();
        file.execute_batch(sql).unwrap();
    };
    change("UPDATE points SET l_described_by_window = 'x' WHERE number = 1");
    let ended = in_sweep(&runs, &["table", "d.sweep"]).with(1);
    let damaged = "`l_described_by_window` of point 1 is not as it was written";
    assert!(ended.stderr.contains(damaged), "{ended:#?}");
    change("PRAGMA user_version = 3");
    let ended = in_sweep(&runs, &["table", "d.sweep"]).with(1);
    ended.reports(&["d.sweep is damaged", "`points`"]);
    // A file of a version without descriptors.
    let columns = [
        "aeon_views",
        "apxi_views",
        "descriptors",
        "l_described",
        "l_saved",
        "l_described_by_window",
    ];
    let drop = columns.map(|column| format!("ALTER TABLE points DROP COLUMN {column};"));
    change(&drop.concat());
    super::sweep::make_older(&runs.file("d.sweep"), 1);
    let older = ["points without descriptors"];
    in_sweep(&runs, &["merge", "o.sweep", "s.sweep", "d.sweep"])
        .with(2)
        .reports(&older);
    in_sweep(&runs, &["s.toml", "--out", "d.sweep"])
        .with(2)
        .reports(&older);
}

#[test]
fn runs_that_differ_in_their_grammar_alone_are_compared() {
    let runs = Runs::of(&["aeon-halves", "line4"]);
    let set = "aeon.base_windows.first_half.tick_end=6";
    runs.aether(&["run", "aeon-halves", "--run-id", "shorter", "--set", set])
        .with(0);
    let ended = runs
        .aether(&["runs", "compare", "aeon-halves", "shorter"])
        .with(0);
    for words in ["AEON windows", "differs in aeon_views, apxi_views"] {
        assert!(ended.stdout.contains(words), "{ended:#?}");
    }
    let compared = runs.json(&["runs", "compare", "aeon-halves", "shorter", "line4"]);
    let counts = |run: usize| {
        let run = &compared["runs"][run];
        [&run["aeon_views"], &run["apxi_views"]]
    };
    assert_eq!(counts(0), [&json!(3), &json!(3)]);
    assert_eq!(counts(2), [&Value::Null, &Value::Null]);
    let plain = runs.aether(&["runs", "compare", "line4", "line4"]).with(0);
    assert!(!plain.stdout.contains("AEON"), "{plain:#?}");
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
