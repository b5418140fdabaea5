//! Tests of `run` with several scenarios: by name, by pattern and by what `scenario.toml` says.

use std::fs;

use serde_json::Value;

use super::{Runs, aether_in, keys, len, root};

/// The files below the directory of runs, by the stem.
fn stored(runs: &Runs) -> Vec<String> {
    let ids = runs.store().run_ids().unwrap();
    ids.iter().map(ToString::to_string).collect()
}

#[test]
fn each_run_has_its_own_file() {
    let runs = Runs::new();
    let json = runs.json(&["run", "line4", "ring5", "line4"]);
    assert_eq!(len(&json), 2);
    for (found, name) in json.as_array().unwrap().iter().zip(["line4", "ring5"]) {
        assert_eq!(found["target"], name);
        assert_eq!(found["status"], "complete");
        let alone = Runs::new().json(&["run", name]);
        assert_eq!(found["last_entry_hash"], alone["last_entry_hash"]);
        assert_eq!(
            found["path"],
            runs.file(&format!("runs/{name}.aether")).to_str().unwrap()
        );
    }
    assert_eq!(stored(&runs), ["line4", "ring5"]);
    let text = runs.aether(&["run", "line4", "ring5"]).with(0).stdout;
    assert!(text.contains("line4, complete"), "{text}");
    assert!(text.contains("\n\nrun         ring5, complete"), "{text}");
}

#[test]
fn a_tag_and_a_pattern_select() {
    let runs = Runs::new();
    let json = runs.json(&["run", "--tag", "exam"]);
    assert_eq!(
        (json[0]["run_id"].as_str(), json[1]["run_id"].as_str()),
        (Some("GF01"), Some("GF02"))
    );
    let json = runs.json(&["run", "grid-cmp*", "--runtime", "instant"]);
    assert_eq!(len(&json), 3);
    // A selection of one is a list too: what is printed depends on what was typed.
    assert_eq!(len(&runs.json(&["run", "gf0[1]"])), 1);
    assert_eq!(
        stored(&runs),
        ["GF01", "GF02", "grid-cmp0", "grid-cmp1", "grid-cmp2"]
    );
}

#[test]
fn what_fails_is_named_and_the_others_run() {
    let runs = Runs::new();
    let ended = runs
        .aether(&["run", "line4", "overflow", "nowhere", "ring5"])
        .with(2);
    assert!(
        ended.stderr.contains("there is no scenario `nowhere`"),
        "{ended:#?}"
    );
    assert!(
        ended.stderr.ends_with("2 of 4 failed: overflow, nowhere\n"),
        "{ended:#?}"
    );
    assert_eq!(stored(&runs), ["line4", "overflow", "ring5"]);

    let runs = Runs::new();
    let args = [
        "run",
        "line4",
        "diagnostic-negative",
        "nowhere",
        "--format",
        "json",
    ];
    let json = runs.aether(&args).with(2).json();
    assert_eq!(json[0]["error"], Value::Null);
    assert_ne!(json[1]["error"], Value::Null);
    assert_eq!(keys(&json[2]), ["error", "target"]);
    // Without what cannot be found, the worst is a failed check.
    runs.aether(&args[..3]).with(1);
}

#[test]
fn no_run_replaces_one_of_the_same_command() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one", "two"] {
        let dir = folder.path().join("scenarios").join(name);
        fs::create_dir_all(&dir).unwrap();
        let text = fs::read_to_string(root().join("scenarios/line4/run.toml")).unwrap();
        let fixtures = root().join("fixtures").display().to_string();
        fs::write(
            dir.join("run.toml"),
            text.replace("../../fixtures", &fixtures),
        )
        .unwrap();
        let about =
            "description = \"d\"\npillars = [\"umx\"]\nruntime = \"instant\"\ntags = [\"t\"]\n";
        fs::write(dir.join("scenario.toml"), about).unwrap();
    }
    let ended = aether_in(folder.path(), &["run", "--tag", "t", "--force"]).with(2);
    assert!(
        ended.stderr.contains("has the run_id `line4`"),
        "{ended:#?}"
    );
    assert!(ended.stderr.ends_with("1 of 2 failed: two\n"), "{ended:#?}");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_runs() {
    let runs = Runs::new();
    runs.refuses(
        &["run", "line4", "ring5", "--run-id", "x"],
        &["--run-id x", "one"],
    );
    runs.refuses(&["run", "--tag", "exams"], &["tag `exams`", "exam"]);
    runs.refuses(
        &["run", "--tag", "exam", "--runtime", "long"],
        &["no scenario"],
    );
    runs.refuses(
        &["run", "--tag", "exam", "scenarios/gf01/run.json"],
        &["is a path"],
    );
    runs.aether(&["run"])
        .with(2)
        .reports(&["SCENARIO-or-RUNCONFIG"]);
    assert!(!runs.directory().exists());
}
