//! Tests of `run` and `resume`: what is stored, under which name, and how a run ends.

use std::cell::RefCell;
use std::ops::ControlFlow;

use aether_engine::config::{FileSystem, load_run};
use aether_engine::record::LogEvent;
use aether_engine::run::{RunOptions, RunStatus};
use aether_engine::store::Existing;
use serde_json::Value;

use super::{Runs, aether_in, export_of, keys, plan, root};

const SUMMARY: [&str; 13] = [
    "changes",
    "envelopes",
    "error",
    "gid",
    "l_total",
    "last_entry_hash",
    "path",
    "run_id",
    "status",
    "ticks",
    "ticks_recorded",
    "windows",
    "written",
];

fn last_hash(export: &str) -> Value {
    let export: Value = serde_json::from_str(export).unwrap();
    export["run"]["last_entry_hash"].clone()
}

#[test]
fn a_summary_says_what_was_run_and_stored() {
    let runs = Runs::new();
    let json = runs.json(&["run", "gf01"]);
    assert_eq!(keys(&json), SUMMARY);
    assert_eq!(json["run_id"], "GF01");
    assert_eq!(json["gid"], "GF01");
    assert_eq!(json["status"], "complete");
    assert_eq!(json["error"], Value::Null);
    assert_eq!(json["ticks"], 8);
    assert_eq!(json["ticks_recorded"], 8);
    assert_eq!(json["windows"], 2);
    assert_eq!(json["written"], "new");
    assert_eq!(json["last_entry_hash"], last_hash(&export_of("gf01")));
    let path = runs.directory().join("GF01.aether");
    assert_eq!(json["path"], path.to_str().unwrap());
    assert!(path.is_file());

    let text = runs.aether(&["run", "gf02"]).with(0);
    assert_eq!(text.stderr, "");
    let hash = last_hash(&export_of("gf02"));
    for word in ["GF02, complete", "8 of 8", hash.as_str().unwrap(), "(new)"] {
        assert!(text.stdout.contains(word), "{word}: {text:#?}");
    }
}

#[test]
fn run_id_names_the_stored_run_alone() {
    let runs = Runs::new();
    let json = runs.json(&["run", "gf01", "--run-id", "trial-7"]);
    assert_eq!(json["run_id"], "trial-7");
    assert!(runs.directory().join("trial-7.aether").is_file());
    let run = &runs.json(&["export", "TRIAL-7"])["run"];
    assert_eq!(run["run_id"], "GF01");
}

#[test]
fn a_taken_id_is_kept_refused_or_replaced() {
    let runs = Runs::new();
    runs.json(&["run", "gf01", "--run-id", "x"]);
    let path = runs.directory().join("x.aether");
    let before = std::fs::read(&path).unwrap();
    let again = runs.json(&["run", "gf01", "--run-id", "x"]);
    assert_eq!(again["written"], "unchanged");
    assert_eq!(std::fs::read(&path).unwrap(), before);

    runs.refuses(
        &["run", "gf02", "--run-id", "x"],
        &["`x`", "exists", "--force"],
    );
    // A name that differs only in case is refused too, even for the same run.
    runs.refuses(
        &["run", "gf01", "--run-id", "X"],
        &["`x`", "case", "--run-id"],
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let forced = runs.json(&["run", "gf02", "--run-id", "x", "--force"]);
    assert_eq!(forced["written"], "replaced");
    assert_eq!(forced["gid"], "GF02");
    let exported = runs.aether(&["export", "x"]).with(0).stdout;
    assert_eq!(exported.trim_end(), export_of("gf02"));
    assert_eq!(runs.store().run_ids().unwrap().len(), 1);
}

#[test]
fn a_run_that_overflows_is_stored_with_its_error() {
    let runs = Runs::new();
    let json = runs
        .aether(&["run", "overflow", "--format", "json"])
        .with(2);
    let summary = json.json();
    assert_eq!(keys(&summary), SUMMARY);
    assert_eq!(summary["status"], "failed");
    let error = serde_json::json!({"error": "Overflow", "id": 1, "operation": "du", "tick": 11});
    assert_eq!(summary["error"], error);
    // What was committed before.
    assert_eq!(summary["ticks_recorded"], 8);
    let text = runs.aether(&["run", "overflow", "--force"]).with(2);
    assert!(text.stdout.contains("failed"));
    for word in ["tick 11", "edge 1", "du"] {
        assert!(text.stderr.contains(word), "{word}: {text:#?}");
    }
    let export = runs.json(&["export", "overflow"]);
    assert_eq!(export["run"]["status"], "failed");
    assert_eq!(export["run"]["error"], error);
    assert_eq!(runs.json(&["inspect", "overflow"])["run"]["error"], error);
    runs.aether(&["verify", "overflow"]).with(0);
}

#[test]
fn a_failed_diagnostic_is_a_failed_check() {
    let runs = Runs::new();
    let ended = runs.aether(&["run", "diagnostic-negative"]).with(1);
    for word in ["tick 6", "negative"] {
        assert!(ended.stderr.contains(word), "{word}: {ended:#?}");
    }
    let json = runs
        .aether(&["run", "diagnostic-negative", "--format", "json"])
        .with(1)
        .json();
    assert_eq!(json["error"]["check"], "allow_negative");
    assert_eq!(json["error"]["tick"], 6);
    assert_eq!(json["written"], "unchanged");
}

#[test]
fn threads_change_nothing() {
    let runs = Runs::new();
    for scenario in ["pfna-demo", "motifs-period-2"] {
        runs.json(&["run", scenario, "--run-id", "one"]);
        let three = runs.json(&["run", scenario, "--run-id", "one", "--threads", "3"]);
        assert_eq!(three["written"], "unchanged");
        assert_eq!(three["last_entry_hash"], last_hash(&export_of(scenario)));
        std::fs::remove_file(runs.directory().join("one.aether")).unwrap();
    }
}

#[test]
fn what_is_not_there_or_no_name_is_refused() {
    let runs = Runs::new();
    runs.refuses(&["run", "gf03"], &["gf03", "aether list"]);
    for id in ["../x", "a b", ".x", "", "ä", &"x".repeat(129)] {
        runs.refuses(&["run", "gf01", "--run-id", id], &["run id"]);
    }
    let ended = runs.aether(&["run", "none/run.toml"]).with(2);
    ended.reports(&["none/run.toml:1:1", "no such file"]);
    let ended = runs.aether(&["run", "none/run.toml", "--format", "json"]);
    assert_eq!(keys(&ended.with(2).json()), ["problems", "unchecked"]);
    // A directory of runs that is a file.
    let file = runs.file("file");
    std::fs::write(&file, "").unwrap();
    let args = ["run", "gf01", "--runs-dir", file.to_str().unwrap()];
    super::aether(&args).with(2).reports(&["file"]);
    let ended = super::aether(&[&args[..], &["--format", "json"]].concat()).with(2);
    assert_eq!(keys(&ended.json()), ["error"]);
    assert!(!runs.directory().exists() || runs.store().run_ids().unwrap().is_empty());
}

#[test]
fn a_run_says_the_same_wherever_it_is_started() {
    let runs = Runs::new();
    runs.json(&["run", "gf01", "--run-id", "x"]);
    let directory = runs.directory();
    let directory = directory.to_str().unwrap();
    let scenario = root().join("scenarios/gf01");
    let paths = [
        (root(), "scenarios/gf01/run.json"),
        (root(), "scenarios/gf01/"),
        (scenario.clone(), "./run.json"),
        (scenario.clone(), "run.json"),
        (scenario, "gf01"),
        (root().join("fixtures"), "../scenarios/gf01/run.json"),
    ];
    for (from, path) in paths {
        let args = ["run", path, "--run-id", "x", "--format", "json"];
        let ended = aether_in(&from, &[&args[..], &["--runs-dir", directory]].concat());
        assert_eq!(ended.with(0).json()["written"], "unchanged", "{path}");
    }
    let files = &runs.json(&["export", "x"])["inputs"]["files"];
    let expected = serde_json::json!({
        "profile": "fixtures/profiles/cmp-0.json",
        "run_config": "scenarios/gf01/run.json",
        "topology": "fixtures/topologies/gf01.json",
    });
    assert_eq!(*files, expected);
}

#[test]
fn a_run_that_ended_is_not_resumed() {
    let runs = Runs::of(&["gf01"]);
    runs.aether(&["run", "overflow"]).with(2);
    runs.refuses(&["resume", "gf01"], &["gf01", "complete"]);
    runs.refuses(&["resume", "overflow"], &["overflow", "failed"]);
    runs.refuses(&["resume", "gf09"], &["gf09"]);
}

#[test]
fn a_run_that_was_cut_off_is_finished_to_the_same_bytes() {
    let runs = Runs::new();
    let options = RunOptions::default().progress(&|tick| {
        if tick < 10 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    let plan = plan("line4");
    let cut = runs
        .store()
        .record(&plan, "cut", Existing::Keep, &options)
        .unwrap();
    assert_eq!(cut.outcome.status, RunStatus::Incomplete);
    let header = &runs.json(&["inspect", "cut"])["run"];
    assert_eq!(header["status"], "incomplete");
    runs.aether(&["verify", "cut"]).with(0);
    let again = ["run", "line4", "--run-id", "cut"];
    runs.refuses(&again, &["incomplete", "aether resume cut", "--force"]);

    let twin = |name: &str| runs.directory().join(format!("{name}.aether"));
    std::fs::copy(twin("cut"), twin("twin")).unwrap();
    let text = runs.aether(&["resume", "twin"]).with(0).stdout;
    for words in ["complete", "16 of 16", "(finished)"] {
        assert!(text.contains(words), "{text}");
    }
    let json = runs.json(&["resume", "cut"]);
    assert_eq!(json["written"], "finished");
    assert_eq!(json["status"], "complete");
    let exported = runs.aether(&["export", "cut"]).with(0).stdout;
    assert_eq!(exported.trim_end(), export_of("line4"));
}

#[test]
fn a_run_that_is_finished_sends_the_rest_of_its_log() {
    let runs = Runs::new();
    let root = root();
    let text = std::fs::read_to_string(root.join("scenarios/line4/run.toml")).unwrap();
    let text = text.replace("../..", root.to_str().unwrap())
        + "[logging]\nenabled = true\ndestination = \"file\"\nfile_path = \"run.log\"\n\
           include_ticks = true\ninclude_windows = true\n";
    let file = runs.file("run.toml");
    std::fs::write(&file, text).unwrap();
    runs.json(&["run", file.to_str().unwrap(), "--run-id", "whole"]);
    let log = runs.file("run.log");
    let whole = std::fs::read_to_string(&log).unwrap();
    assert!(whole.lines().count() > 32);
    // Interrupted in its second window, when the first eight ticks were sent.
    let sent = RefCell::new(String::new());
    let show = |event: &LogEvent| {
        let mut sent = sent.borrow_mut();
        sent.push_str(&event.to_json());
        sent.push('\n');
    };
    let progress = |tick| match tick {
        ..10 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    let options = RunOptions::default().progress(&progress).log(&show);
    let files = FileSystem::new(&root);
    let plan = load_run(&files, &file).unwrap_or_else(|report| panic!("{report}"));
    runs.store()
        .record(&plan, "cut", Existing::Keep, &options)
        .unwrap();
    let sent = sent.into_inner();
    assert!(!sent.is_empty() && whole.starts_with(&sent));
    std::fs::write(&log, &sent).unwrap();
    runs.json(&["resume", "cut"]);
    assert_eq!(std::fs::read_to_string(&log).unwrap(), whole);
}

#[test]
fn a_run_is_finished_where_its_log_has_nowhere_to_go() {
    let runs = Runs::new();
    let root = root();
    let text = std::fs::read_to_string(root.join("scenarios/line4/run.toml")).unwrap();
    let text = text.replace("../..", root.to_str().unwrap())
        + "[logging]\nenabled = true\ndestination = \"file\"\nfile_path = \"gone/run.log\"\n";
    let file = runs.file("run.toml");
    std::fs::write(&file, text).unwrap();
    let options = RunOptions::default().progress(&|_| ControlFlow::Break(()));
    let plan = load_run(&FileSystem::new(&root), &file).unwrap_or_else(|report| panic!("{report}"));
    runs.store()
        .record(&plan, "cut", Existing::Keep, &options)
        .unwrap();
    let ended = runs.aether(&["resume", "cut"]).with(0);
    assert!(
        ended.stderr.contains("log lines are not sent"),
        "{ended:#?}"
    );
    assert!(ended.stdout.contains("finished"), "{ended:#?}");
}
