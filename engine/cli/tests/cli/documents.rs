//! Tests of `validate`: every problem of documents and scenario directories is reported, whatever
//! their bytes.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::{aether, aether_in, keys, root};

/// The documents of a valid run of two ticks, which tests then break.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        std::fs::copy(root().join("fixtures").join(from), folder.path().join(to)).unwrap();
    };
    copy("topologies/line4.json", "line4.json");
    copy("profiles/cmp-0.json", "cmp-0.json");
    std::fs::write(folder.path().join("run.toml"), RUN).unwrap();
    std::fs::write(folder.path().join("scenario.toml"), SCENARIO).unwrap();
    folder
}

const RUN: &str = "v = 1
gid = \"LINE4\"
run_id = \"line4\"
topology_path = \"line4.json\"
profile_path = \"cmp-0.json\"
ticks = 2
initial_state = [64, 0, 0, 0]
window_every = 2
";

const SCENARIO: &str = "description = \"d\"\npillars = [\"umx\"]\nruntime = \"instant\"\n";

fn write(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The problems of documents, after checking that text and JSON report the same with status 2.
#[track_caller]
fn problems(paths: &[&Path]) -> Vec<Value> {
    let paths: Vec<_> = paths.iter().map(|path| path.to_str().unwrap()).collect();
    let text = aether(&[&["validate"], paths.as_slice()].concat()).with(2);
    let json = aether(&[&["validate", "--format", "json"], paths.as_slice()].concat()).with(2);
    assert_eq!(json.stderr, "");
    let json = json.json();
    assert_eq!(keys(&json), ["problems", "unchecked"]);
    let problems = json["problems"].as_array().unwrap().clone();
    assert!(!problems.is_empty());
    for problem in &problems {
        let (path, line) = (problem["path"].as_str().unwrap(), &problem["line"]);
        let place = format!("{path}:{line}:{}", problem["column"]);
        let code = problem["code"].as_str().unwrap();
        assert!(code.starts_with("AE"), "{problem:#}");
        let reported = problem["excerpt"].is_null() || text.stderr.contains(&place);
        assert!(reported, "{place} is missing: {text:#?}");
        let message = problem["message"].as_str().unwrap();
        text.reports(&[path, code, message]);
    }
    problems
}

/// Checks that a document has one problem, at a place.
#[track_caller]
fn one(path: &Path, line: u64, column: u64, words: &[&str]) {
    let problems = problems(&[path]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let problem = &problems[0];
    let file = path.file_name().unwrap().to_str().unwrap();
    assert!(problem["path"].as_str().unwrap().ends_with(file));
    assert_eq!(problem["line"], line, "{problem:#}");
    assert_eq!(problem["column"], column, "{problem:#}");
    for word in words {
        assert!(problem.to_string().contains(word), "{word}: {problem:#}");
    }
}

#[test]
fn every_scenario_and_shared_document_is_valid() {
    let mut paths = Vec::new();
    for directory in [
        "scenarios",
        "fixtures/topologies",
        "fixtures/profiles",
        "fixtures/pfna",
        "fixtures/states",
    ] {
        for entry in std::fs::read_dir(root().join(directory)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            paths.push(format!("{directory}/{name}"));
        }
    }
    paths.push("scenarios/gf01/run.json".to_owned());
    paths.push("scenarios/gf01/scenario.toml".to_owned());
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    let ended = aether(&[&["validate"], paths.as_slice()].concat()).with(0);
    assert_eq!(ended.stdout, format!("{} valid\n", paths.len()));
    let json = aether(&[&["validate", "--format", "json"], paths.as_slice()].concat()).with(0);
    assert_eq!(
        json.json(),
        serde_json::json!({ "problems": [], "unchecked": [], "valid": true })
    );
}

#[test]
fn a_scenario_directory_is_validated_from_within() {
    aether_in(&root().join("scenarios/gf01"), &["validate", "."]).with(0);
}

#[test]
fn wrong_type() {
    let folder = folder();
    let run = write(&folder, "run.toml", RUN.replace("= 2\ni", "= \"2\"\ni"));
    one(&run, 6, 9, &["ticks"]);
    one(folder.path().join("run.toml").as_path(), 6, 9, &["integer"]);
}

#[test]
fn unknown_field() {
    let folder = folder();
    let run = write(&folder, "run.toml", format!("{RUN}enable_codec = true\n"));
    one(&run, 9, 1, &["enable_codec", "enable_codex"]);
}

#[test]
fn missing_files() {
    let folder = folder();
    let run = write(&folder, "run.toml", RUN.replace("line4.json", "line5.json"));
    one(&run, 4, 17, &["line5.json", "no such file", "line4.json"]);
    one(&folder.path().join("none.json"), 1, 1, &["no such file"]);
}

#[test]
fn truncated() {
    let folder = folder();
    let topology = std::fs::read_to_string(folder.path().join("line4.json")).unwrap();
    let half = &topology[..topology.len() / 2];
    let path = write(&folder, "line4.json", half);
    let line = u64::try_from(half.lines().count()).unwrap();
    let problem = &problems(&[&path])[0];
    assert_eq!(problem["line"], line, "{problem:#}");
}

#[test]
fn truncated_anywhere_it_is_reported_and_never_a_panic() {
    let folder = folder();
    let topology = std::fs::read(folder.path().join("line4.json")).unwrap();
    let mut paths = Vec::new();
    for length in (0..topology.len() - 2).step_by(5) {
        paths.push(write(
            &folder,
            &format!("cut-{length}.json"),
            &topology[..length],
        ));
    }
    let paths: Vec<_> = paths.iter().map(PathBuf::as_path).collect();
    let reported = problems(&paths);
    for path in &paths {
        let path = path.to_str().unwrap();
        assert!(
            reported.iter().any(|problem| problem["path"] == path),
            "{path}"
        );
    }
}

#[test]
fn not_utf8() {
    let folder = folder();
    let path = write(&folder, "run.toml", b"v = 1\ngid = \"L\xe9\"\n");
    one(&path, 2, 9, &["0xe9", "UTF-8"]);
}

#[test]
fn empty() {
    let folder = folder();
    for (name, bytes) in [("a.json", ""), ("b.toml", ""), ("c.toml", " \n\n")] {
        one(&write(&folder, name, bytes), 1, 1, &["empty"]);
    }
}

#[test]
fn documents_alone_are_recognized_by_their_fields() {
    let folder = folder();
    let topology = std::fs::read_to_string(folder.path().join("line4.json")).unwrap();
    let path = write(
        &folder,
        "line4.json",
        topology.replace("\"SC\": 32", "\"SC\": -1"),
    );
    assert!(
        problems(&[&path])
            .iter()
            .any(|problem| problem["at"] == "SC")
    );
    let profile = std::fs::read_to_string(folder.path().join("cmp-0.json")).unwrap();
    let path = write(
        &folder,
        "cmp-0.json",
        profile.replace("modulus_M", "modulus"),
    );
    let all = problems(&[&path]);
    assert!(all.iter().any(|problem| problem["at"] == "modulus"));
    one(
        &write(&folder, "what.json", "{\"x\": 1}"),
        1,
        1,
        &["RunConfig"],
    );
}

#[test]
fn several_broken_documents_are_reported_at_once() {
    let folder = folder();
    let paths = [
        write(&folder, "a.toml", "v = \n"),
        write(&folder, "b.json", ""),
        write(&folder, "run.toml", RUN.replace("ticks = 2", "ticks = 0")),
        write(&folder, "state.json", "[1, 2.5]"),
        folder.path().join("none.toml"),
    ];
    let paths: Vec<_> = paths.iter().map(PathBuf::as_path).collect();
    let reported = problems(&paths);
    for path in &paths {
        let path = path.to_str().unwrap();
        assert!(
            reported.iter().any(|problem| problem["path"] == path),
            "{path}"
        );
    }
    // A problem of a document that several runs name is reported once.
    let topology = write(&folder, "line4.json", "{\"gid\":\"LINE4\"");
    let run = write(&folder, "run.toml", RUN);
    let other = write(&folder, "other.toml", RUN);
    let broken = problems(&[&run, &other, &topology]).len();
    assert_eq!(broken, problems(&[&topology]).len());
}

#[test]
fn every_problem_of_one_document_is_reported_at_once() {
    let folder = folder();
    let text = RUN
        .replace("ticks = 2", "ticks = true")
        .replace("[64, 0, 0, 0]", "[64, 0.5, 0]")
        + "nonsense = 1\n";
    let reported = problems(&[&write(&folder, "run.toml", text)]);
    for at in ["ticks", "initial_state[1]", "nonsense"] {
        assert!(reported.iter().any(|problem| problem["at"] == at), "{at}");
    }
}

#[test]
fn scenario_directories() {
    let folder = folder();
    let dir = folder.path();
    aether(&["validate", dir.join("run.toml").to_str().unwrap()]).with(0);

    // The engine and the harness both read `scenario.toml`.
    write(
        &folder,
        "scenario.toml",
        SCENARIO.replace("instant", "soon"),
    );
    let reported = problems(&[dir]);
    let of_file: Vec<_> = reported
        .iter()
        .filter(|problem| problem["path"].as_str().unwrap().ends_with("scenario.toml"))
        .collect();
    assert_eq!(of_file.len(), 1, "{reported:#?}");
    assert_eq!(of_file[0]["line"], 3);

    // Both of its documents are broken, and both are reported.
    write(&folder, "run.toml", RUN.replace("ticks = 2", "ticks = 0"));
    assert!(problems(&[dir]).len() > 1);

    std::fs::remove_file(dir.join("scenario.toml")).unwrap();
    let reported = problems(&[dir]);
    assert!(reported.iter().any(|problem| problem["code"] == "AE0009"));
    assert!(reported.iter().any(|problem| problem["at"] == "ticks"));
}

#[test]
fn what_only_the_harness_reads_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("scenario");
    std::fs::create_dir(&dir).unwrap();
    for name in ["line4.json", "cmp-0.json", "run.toml"] {
        let from = self::folder();
        std::fs::copy(from.path().join(name), dir.join(name)).unwrap();
    }
    let scenario = dir.join("scenario.toml");
    std::fs::write(&scenario, SCENARIO).unwrap();
    aether(&["validate", dir.to_str().unwrap()]).with(0);
    std::fs::write(&scenario, format!("{SCENARIO}expect = \"surprise\"\n")).unwrap();
    let reported = problems(&[&dir]);
    assert_eq!(reported.len(), 1, "{reported:#?}");
    assert_eq!(reported[0]["path"], scenario.to_str().unwrap());
    assert_eq!(reported[0]["line"], 4);
    assert!(
        reported[0]["message"]
            .as_str()
            .unwrap()
            .contains("surprise")
    );
}

/// `validate` makes the same checks as `run`: paths in a document start where it is, not where a link to it is.
#[test]
#[cfg(unix)]
fn documents_behind_links_are_checked_as_they_are_run() {
    let dir = tempfile::tempdir().unwrap();
    let aether = |args: &[&str]| super::aether_in(dir.path(), args);
    aether(&["init", "first"]).with(0);
    let first = dir.path().join("first");
    std::fs::copy(first.join("run.toml"), first.join("no-extension")).unwrap();
    for (target, link, status) in [
        ("first/run.toml", "good.toml", 0),
        ("first/no-extension", "bad.toml", 2),
        ("circle.toml", "circle.toml", 2),
    ] {
        std::os::unix::fs::symlink(target, dir.path().join(link)).unwrap();
        let (checked, ran) = (aether(&["validate", link]), aether(&["run", link]));
        assert_eq!(
            (checked.status, ran.status),
            (Some(status), Some(status)),
            "{checked:#?} {ran:#?}"
        );
    }
    aether(&["validate", "circle.toml"]).reports(&["AE0002", "links lead to one another"]);
}

/// A name may hold what a terminal obeys, or lines of its own.
#[test]
#[cfg(unix)]
fn names_of_documents_are_shown_and_not_obeyed() {
    let folder = folder();
    let name = "a\u{1b}]0;b\u{7}\u{202e}c\nd.json";
    write(&folder, name, "{");
    let shown = "a‹U+001B›]0;b‹U+0007›‹U+202E›c\\nd.json";
    let ended = aether_in(folder.path(), &["validate", name]).with(2);
    for line in [
        format!(" --> {shown}:1:2\n"),
        format!("not checked: the fields of {shown}, "),
    ] {
        assert!(
            ended.stderr.contains(&line),
            "`{line}` is missing: {ended:#?}"
        );
    }
    for args in [
        &["sweep", "table", name][..],
        &["press", "info", name],
        &["verify", name],
        &["run", name],
    ] {
        let ended = aether_in(folder.path(), args);
        let is_obeyed = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!ended.stderr.contains(is_obeyed), "{ended:#?}");
        assert!(ended.stderr.contains("‹U+202E›"), "{ended:#?}");
    }
}
