//! `bisect`, `history` and `clean` over histories that are made for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::browser;
use crate::repository::{Planted, Repository, tree};
use crate::workspace::{Ran, Workspace, has, skipped};

crate::tests![bisect;
    planted_moves_are_found_1,
    planted_moves_are_found_2,
    planted_moves_are_found_3,
    a_python_program_is_searched,
    moves_of_inputs_are_found_with_the_inputs_of_then,
    a_killed_search_leaves_the_tree_alone_and_goes_on,
    settings_and_hooks_of_the_repository_do_nothing,
    what_differs_from_itself_is_reported_as_that,
    a_failure_is_what_a_revision_produces,
    equal_programs_are_not_run_twice,
    a_crate_is_searched_by_its_test_target,
    submodules_come_from_local_objects,
    kept_directories_are_linked,
    what_cannot_be_searched_is_said,
    the_page_has_a_row_for_each_commit,
    a_browser_shows_the_page,
    a_scenario_without_goldens_is_searched,
    the_account_in_the_documentation_is_real,
    history_lists_the_commits_that_changed_goldens,
    clean_empties_the_cache,
];

/// What takes too long for every run.
pub(crate) const LONG: &[crate::Test] = &[(
    "bisect::planted_moves_are_found_with_a_hundred_seeds",
    planted_moves_are_found_with_a_hundred_seeds,
)];

/// Whether the tests of this module can run here.
pub(crate) fn can_run(python: bool) -> bool {
    if !cfg!(unix) || !has("git") || (python && !has("python3")) {
        skipped("this is not a Unix with git and python3");
        return false;
    }
    true
}

fn planted_moves_are_found_1() {
    planted_moves_are_found(1);
}

fn planted_moves_are_found_2() {
    planted_moves_are_found(2);
}

fn planted_moves_are_found_3() {
    planted_moves_are_found(14);
}

fn planted_moves_are_found_with_a_hundred_seeds() {
    for seed in (3..=100).filter(|seed| *seed != 14) {
        eprintln!("seed {seed}");
        planted_moves_are_found(seed);
    }
}

fn planted_moves_are_found(seed: u64) {
    if !can_run(false) {
        return;
    }
    let planted = Planted::new(seed);
    let repository = &planted.repository;
    let before = tree(repository.root());
    let log = (planted.commits as f64).log2().ceil() as usize;
    for all in [false, true] {
        repository.forget_runs();
        let mut args = vec![
            "bisect",
            "--good",
            &planted.good,
            "--bad",
            "main",
            "--format",
            "json",
        ];
        args.extend(all.then_some("--all"));
        let ran = repository.run(&args);
        assert_eq!(ran.status, Some(1), "seed {seed}: {}{}", ran.out, ran.err);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        // What was found, by scenario and commit.
        let mut found: BTreeMap<(String, String), Value> = BTreeMap::new();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for one in report["moves"].as_array().unwrap() {
            for name in one["scenarios"].as_array().unwrap() {
                let name = name.as_str().unwrap().to_owned();
                *counts.entry(name.clone()).or_default() += 1;
                found.insert(
                    (name, one["commit"].as_str().unwrap().to_owned()),
                    one.clone(),
                );
            }
        }
        for one in report["in_ranges"].as_array().unwrap() {
            for name in one["scenarios"].as_array().unwrap() {
                *counts.entry(name.as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        let pair = [planted.reverted.0.clone(), planted.reverted.1.clone()];
        for (name, commit, change) in &planted.moves {
            let key = (name.clone(), commit.clone());
            let Some(one) = found.remove(&key) else {
                // Only what is reverted later can cancel.
                assert!(
                    !all && pair.contains(commit),
                    "seed {seed}: {name} at {commit} is missed"
                );
                assert!(!found.contains_key(&(name.clone(), pair[1].clone())));
                continue;
            };
            let golden = one["goldens"][name].as_str().unwrap();
            assert_eq!(
                golden,
                if change.blessed { "blessed" } else { "silent" },
                "{one}"
            );
            if change.blessed {
                assert_eq!(one["reason"], planted.reason(commit), "{one}");
            }
            let first = &one["first_divergence"];
            if one["scenarios"].as_array().unwrap().len() == 1 {
                assert_eq!(first["before"], change.before, "seed {seed}: {one}");
                assert_eq!(first["after"], change.after, "seed {seed}: {one}");
            }
            assert_eq!(first["path"], "out[t=1].value");
            assert_eq!(one["inputs_changed"], false);
            assert_eq!(one["program_changed"], true);
        }
        assert!(found.is_empty(), "seed {seed}: {found:?} did not move");
        let ranges = serde_json::json!([[planted.range.0, planted.range.1]]);
        assert_eq!(report["ranges"], ranges, "seed {seed}: {}", ran.err);
        let skipped = report["skipped"].as_array().unwrap();
        assert!(
            skipped
                .iter()
                .any(|skipped| skipped["commit"] == planted.broken.as_str())
        );
        let runs = repository.runs();
        for name in ["alpha", "beta"] {
            let moves = counts[name];
            let made = runs[name];
            assert_eq!(report["runs_by_scenario"][name], made);
            if all {
                let most = planted.commits + 1;
                assert!(
                    made <= most,
                    "seed {seed}: {name}: {made} runs for {most} revisions"
                );
            } else {
                let most = 2 * moves * log + 2;
                assert!(
                    made <= most,
                    "seed {seed}: {name}: {made} runs, {most} allowed"
                );
            }
        }
        // The next search begins anew.
        assert_eq!(repository.run(&["clean"]).status, Some(0));
    }
    assert_eq!(
        tree(repository.root()),
        before,
        "the repository is as it was"
    );
}

const QUEUE: &str = "import json, sys\nfrom rules import serve\n\
    day = json.load(open(sys.argv[1]))\nwaiting = 0\n\
    for minute, arrived in enumerate(day['arrivals'], 1):\n\
    \x20   waiting += arrived\n    served = serve(waiting, day['clerks'])\n    waiting -= served\n\
    \x20   print(json.dumps({'minute': minute, 'served': served, 'waiting': waiting}))\n";

pub(crate) const RULES: &str = "def serve(waiting, clerks):\n    return min(waiting, clerks)\n";

/// The rule with something more in place of the number of clerks.
pub(crate) fn rules(clerks: &str) -> String {
    RULES.replace("waiting, clerks)\n", &format!("waiting, {clerks})\n"))
}

/// The Python program of the guide, whose rule is in a module of its own, in a repository with goldens.
pub(crate) fn queue() -> Repository {
    let repository = Repository::new();
    repository.write("queue.py", QUEUE);
    repository.write("rules.py", RULES);
    repository.write(
        "scenarios/monday/scenario.toml",
        "description = \"one clerk\"\n[command]\nprogram = \"python3\"\n\
         args = [\"-B\", \"{root}/queue.py\", \"{scenario}/day.json\"]\n\
         [[outputs]]\nname = \"minutes\"\nfrom = \"stdout\"\nformat = \"jsonl\"\nstage = \"counter\"\n\
         tick = \"minute\"\n[outputs.keys]\n\"\" = [\"minute\"]\n",
    );
    repository.write(
        "scenarios/monday/day.json",
        "{ \"arrivals\": [1, 3, 0, 2, 0, 0], \"clerks\": 1 }\n",
    );
    repository.write(".gitignore", "/target\n");
    repository.bless("monday", "one clerk serves one customer a minute");
    repository.commit("a queue");
    repository
}

fn a_python_program_is_searched() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let good = repository.head();
    for number in 0..5 {
        repository.write("notes.py", &format!("# {number}\n"));
        repository.commit("notes");
    }
    repository.write("rules.py", &rules("clerks + 1"));
    let silent = repository.commit("serve one more");
    repository.write("notes.py", "# more\n");
    repository.commit("notes");
    repository.bless("monday", "a second clerk");
    repository.commit("bless what came before");
    repository.write("rules.py", &rules("clerks + 2"));
    repository.bless("monday", "a third clerk");
    let blessed = repository.commit("a third one");
    // A change of the tree is a revision too.
    repository.write("rules.py", &rules("clerks // 2"));
    let before = tree(repository.root());
    let ran = repository.run(&["bisect", "monday", "--good", &good]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    let [silent, blessed] = [&silent, &blessed].map(|id| &id[..10]);
    let expected = [
        format!("{silent} 2026-03-01 serve one more\n"),
        "  silent: the goldens of monday did not move\n  changed the program: rules.py\n"
            .to_owned(),
        "  counter · minutes/*/served · +1: 1 scenario, ".to_owned(),
        "    monday: tick 2 · counter · served: 1 → 2\n".to_owned(),
        format!("{blessed} 2026-03-01 a third one\n  blessed: a third clerk\n"),
        "    monday: tick 2 · counter · served: 2 → 3\n".to_owned(),
        "WORKTREE ".to_owned(),
        "  silent: the goldens of monday did not move\n".to_owned(),
        format!(
            "3 moves in 10 commits after {} up to WORKTREE: ",
            &good[..10]
        ),
    ];
    let mut rest = ran.out.as_str();
    for part in &expected {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("{part:?} is not in\n{}", ran.out));
        rest = &rest[at + part.len()..];
    }
    assert_eq!(tree(repository.root()), before);
    // Between equal ends nothing moves.
    let ran = repository.run(&["bisect", "--good", &good, "--bad", "HEAD~5"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.starts_with("nothing moved in 4 commits after "),
        "{}",
        ran.out
    );
}

fn moves_of_inputs_are_found_with_the_inputs_of_then() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let good = repository.head();
    repository.write(
        "scenarios/monday/day.json",
        "{ \"arrivals\": [1, 3, 0, 2, 0, 0], \"clerks\": 2 }\n",
    );
    let changed = repository.commit("a second clerk");
    repository.write("rules.py", &format!("# the rule\n{RULES}"));
    repository.commit("a comment");
    let ran = repository.run(&["bisect", "--good", &good, "--format", "json"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let ran = repository.run(&[
        "bisect", "--good", &good, "--inputs", "then", "--format", "json",
    ]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let moves = report["moves"].as_array().unwrap();
    assert_eq!(moves.len(), 1, "{report}");
    assert_eq!(moves[0]["commit"], changed);
    assert_eq!(moves[0]["inputs_changed"], true);
    assert_eq!(moves[0]["program_changed"], false);
}

fn a_killed_search_leaves_the_tree_alone_and_goes_on() {
    if !can_run(false) {
        return;
    }
    let planted = Planted::of(7, 90);
    let repository = &planted.repository;
    let before = tree(repository.root());
    let args = [
        "bisect",
        "--good",
        &planted.good,
        "--bad",
        "main",
        "--all",
        "--format",
        "json",
    ];
    let made = || repository.runs().values().sum::<usize>();
    // It is killed wherever it is: while it builds, runs, or checks out.
    for round in 1..=4 {
        let mut child = repository
            .command(&args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let enough = made() + 7 * round;
        let begun = Instant::now();
        while made() < enough && child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(120), "nothing is run");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(tree(repository.root()), before, "round {round}");
    }
    let ran = repository.run(&args);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    let resumed: Value = serde_json::from_str(&ran.out).unwrap();
    // What was cut short is made again; what was done is not.
    let most = 2 * (planted.commits + 1) + 4 * 4;
    assert!(made() <= most, "{} runs", made());
    assert!(resumed["runs"].as_u64().unwrap() < 2 * planted.commits as u64);
    assert_eq!(repository.run(&["clean"]).status, Some(0));
    let ran = repository.run(&args);
    let anew: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(anew["moves"], resumed["moves"]);
    assert_eq!(anew["ranges"], resumed["ranges"]);
    assert_eq!(tree(repository.root()), before);
}

fn settings_and_hooks_of_the_repository_do_nothing() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let good = repository.head();
    repository.write("rules.py", &rules("clerks + 1"));
    let moved = repository.commit("serve one more");
    let trap = repository.outside("trapped");
    let script = format!("#!/bin/sh\necho trapped >> {}\nexit 1\n", trap.display());
    for hook in [
        "post-checkout",
        "pre-commit",
        "post-commit",
        "post-index-change",
        "reference-transaction",
    ] {
        repository.executable(&format!(".git/hooks/{hook}"), &script);
    }
    repository.executable("../fsmonitor", &script);
    let monitor = repository.root().join("../fsmonitor").display().to_string();
    for (name, value) in [
        ("core.fsmonitor", monitor.as_str()),
        ("core.autocrlf", "true"),
        ("commit.gpgSign", "true"),
        ("core.pager", monitor.as_str()),
        ("log.showSignature", "true"),
        ("color.ui", "always"),
        ("core.quotePath", "true"),
        ("diff.noprefix", "true"),
    ] {
        repository.git(&["config", name, value]);
    }
    let before = tree(repository.root());
    let mut command = repository.command(&["bisect", "--good", &good, "--format", "json"]);
    for (name, value) in [
        ("GIT_DIR", "/nowhere"),
        ("GIT_WORK_TREE", "/nowhere"),
        ("GIT_INDEX_FILE", "/nowhere/index"),
        ("GIT_OBJECT_DIRECTORY", "/nowhere"),
        ("GIT_PAGER", monitor.as_str()),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.hooksPath"),
        ("GIT_CONFIG_VALUE_0", "/nowhere"),
    ] {
        command.env(name, value);
    }
    let ran = Ran::of(&mut command);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["moves"][0]["commit"], moved);
    assert!(
        !trap.exists(),
        "a hook or a monitor of the repository was run"
    );
    assert_eq!(tree(repository.root()), before);
}

fn what_differs_from_itself_is_reported_as_that() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let good = repository.head();
    repository.write("rules.py", &rules("clerks + 1"));
    let moved = repository.commit("serve one more");
    let random =
        "import os\ndef serve(waiting, clerks):\n    return int.from_bytes(os.urandom(6), 'big')\n";
    repository.write("rules.py", random);
    let unsteady = repository.commit("serve anybody");
    repository.write("rules.py", &format!("# again\n{random}"));
    repository.commit("the same");
    repository.write("rules.py", &rules("clerks + 5"));
    repository.commit("serve more");
    let ran = repository.run(&["bisect", "--good", &good, "--all", "--format", "json"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let moves: Vec<&str> = report["moves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["commit"].as_str().unwrap())
        .collect();
    assert_eq!(moves, [moved.as_str()], "{report}");
    assert_eq!(report["unsteady"][0]["commit"], unsteady);
    assert_eq!(report["unsteady"][0]["scenario"], "monday");
    assert_eq!(report["unsteady"].as_array().unwrap().len(), 2);
    let ran = repository.run(&["bisect", "--good", &good, "--all"]);
    assert!(
        ran.out
            .contains("monday differs from itself: two runs of this revision differ"),
        "{}",
        ran.out
    );
}

fn a_failure_is_what_a_revision_produces() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let good = repository.head();
    repository.write("rules.py", "def serve(:\n");
    let fails = repository.commit("a slip");
    repository.write("notes.py", "#\n");
    repository.commit("notes");
    repository.write("rules.py", &rules("clerks + 1"));
    let works = repository.commit("mended, and one more");
    let ran = repository.run(&["bisect", "--good", &good]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    for part in [
        &format!("{} 2026-03-01 a slip\n", &fails[..10]),
        "monday: it fails from here on: status 1 … SyntaxError: invalid syntax\n",
        &format!("{} 2026-03-01 mended, and one more\n", &works[..10]),
        "monday: it failed before: status 1 … SyntaxError",
        "2 moves in 3 commits after ",
    ] {
        assert!(ran.out.contains(part), "{part:?} is not in\n{}", ran.out);
    }
}

fn equal_programs_are_not_run_twice() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let good = repository.head();
    // A golden, and an input that is replaced by that of now, are not of the program.
    repository.write("fixtures/snapshots/monday/README.md", "about them\n");
    repository.commit("about goldens");
    repository.write("rules.py", &rules("clerks + 1"));
    repository.commit("serve one more");
    repository.write("rules.py", RULES);
    repository.commit("serve one less");
    let ran = repository.run(&["bisect", "--good", &good, "--all", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["moves"].as_array().unwrap().len(), 2, "{report}");
    // Two programs, each made sure of once.
    assert_eq!(report["runs"], 4, "{}", ran.err);
    assert!(
        ran.err
            .contains("as another revision with the same program"),
        "{}",
        ran.err
    );
}

/// A cargo that names a script of the tree as the test target that it has built.
const CARGO: &str = "#!/bin/sh\ntest -e broken && { echo 'error: it is broken' >&2; exit 101; }\n\
    mkdir -p target/debug\ncp tests/scenarios.sh target/debug/scenarios\nchmod +x target/debug/scenarios\n\
    echo '{\"reason\":\"compiler-artifact\",\"manifest_path\":\"'$PWD'/Cargo.toml\",\"target\":{\"kind\":[\"test\"],\
    \"name\":\"scenarios\"},\"executable\":\"'$PWD'/target/debug/scenarios\"}'\n";

/// A test target: it leaves what it produces if that is not the golden.
const TARGET: &str = "#!/bin/sh\n# ring::golden --exact\necho run >> \"$RUNS\"\n\
    test \"$1\" = ring::golden || exit 2\nrm -rf target/scenarios/ring\n\
    made='{\"live\":1}'\ngolden=fixtures/snapshots/ring/totals.json\n\
    test \"$made\" = \"$(cat $golden)\" && exit 0\n\
    mkdir -p target/scenarios/ring\necho \"$made\" > target/scenarios/ring/totals.json\nexit 101\n";

fn a_crate_is_searched_by_its_test_target() {
    if !can_run(false) {
        return;
    }
    let repository = Repository::new();
    let workspace = Workspace::empty();
    workspace.scenario("ring", "", "");
    for file in ["scenario.toml", "run.toml"] {
        let path = format!("scenarios/ring/{file}");
        repository.write(&path, &workspace.read(&path));
    }
    let golden = "fixtures/snapshots/ring/totals.json";
    repository.write(".gitignore", "/target\n");
    repository.write(golden, "{\"live\":1}\n");
    repository.write("tests/scenarios.sh", TARGET);
    let good = repository.commit("a ring");
    repository.write("src/lib.rs", "// compiled into the same program\n");
    repository.commit("a comment");
    repository.write(
        "tests/scenarios.sh",
        &TARGET.replace("\"live\":1", "\"live\":2"),
    );
    let silent = repository.commit("two");
    repository.write("broken", "");
    let broken = repository.commit("broken");
    fs::remove_file(repository.root().join("broken")).unwrap();
    repository.commit("mended");
    repository.write(
        "tests/scenarios.sh",
        &TARGET.replace("\"live\":1", "\"live\":3"),
    );
    repository.write(golden, "{\"live\":3}\n");
    let blessed = repository.commit("three");
    let bin = repository.outside("bin");
    repository.executable("../bin/cargo", CARGO);
    let runs = repository.outside("runs.log");
    let search = |args: &[&str]| {
        let mut command = workspace.process("command");
        command.env(crate::workspace::ROOT, repository.root());
        command.env("CARGO", bin.join("cargo")).env("RUNS", &runs);
        command.env("AETHER_HARNESS_CACHE", repository.outside("cache"));
        command.env("CARGO_TARGET_DIR", "/nowhere");
        command
            .args(["bisect", "--good", &good, "--format", "json"])
            .args(args);
        let ran = Ran::of(&mut command);
        assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    let report = search(&["--all", "ring"]);
    let moves: Vec<(&str, &str)> = report["moves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["commit"].as_str().unwrap(),
                one["golden"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        moves,
        [(&*silent, "silent"), (&*blessed, "blessed")],
        "{report}"
    );
    assert_eq!(report["moves"][0]["first_divergence"]["before"], 1);
    assert_eq!(report["moves"][1]["first_divergence"]["after"], 3);
    assert_eq!(report["skipped"][0]["commit"], broken);
    assert!(
        report["skipped"][0]["why"]
            .as_str()
            .unwrap()
            .contains("it is broken")
    );
    // Of six revisions, five can be built, and two have the program of the one before.
    let made = fs::read_to_string(&runs).unwrap().lines().count();
    assert_eq!(report["runs"], made);
    assert_eq!(
        made, 4,
        "three programs, of which one has no golden to be sure of: {report}"
    );
}

fn submodules_come_from_local_objects() {
    if !can_run(true) {
        return;
    }
    let library = Repository::new();
    library.write("rules.py", RULES);
    library.commit("a rule");
    let repository = queue();
    let first = repository.head();
    let url = library.root().display().to_string();
    repository.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &url,
        "lib",
    ]);
    fs::remove_file(repository.root().join("rules.py")).unwrap();
    repository.write(
        "queue.py",
        &format!("import sys\nsys.path.append(sys.path[0] + '/lib')\n{QUEUE}"),
    );
    let good = repository.commit("the rule is in a library");
    library.write("rules.py", &rules("clerks + 1"));
    library.commit("one more");
    let update = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "update",
        "--remote",
    ];
    repository.git(&update);
    let moved = repository.commit("a new library");
    let before = tree(repository.root());
    let ran = repository.run(&["bisect", "--good", &first, "--format", "json"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["moves"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["moves"][0]["commit"], moved);
    assert_eq!(report["skipped"].as_array().unwrap().len(), 0);
    assert_eq!(tree(repository.root()), before);
    // A commit that is nowhere here makes the revision one that is skipped.
    let index = "160000,0123456789012345678901234567890123456789,lib";
    repository.git(&["update-index", "--cacheinfo", index]);
    repository.git(&["commit", "--quiet", "-m", "gone"]);
    let ran = repository.run(&[
        "bisect", "--good", &good, "--bad", "HEAD", "--format", "json",
    ]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["skipped"][0]["commit"], repository.head());
    let why = report["skipped"][0]["why"].as_str().unwrap();
    assert!(why.contains("the submodule lib is not here"), "{why}");
}

fn kept_directories_are_linked() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    repository.write(".gitignore", "/target\n/packages\n");
    repository.write("packages/more.py", "MORE = 1\n");
    repository.write(
        "queue.py",
        &format!("import sys\nsys.path.append(sys.path[0] + '/packages')\n{QUEUE}"),
    );
    let good = repository.commit("packages");
    repository.write(
        "rules.py",
        &format!("from more import MORE\n{}", rules("clerks + MORE")),
    );
    repository.write(
        "scenarios/defaults.toml",
        "[build]\nprogram = \"true\"\nkeep = [\"packages\"]\n",
    );
    repository.commit("more");
    let ran = repository.run(&["bisect", "--good", &good]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("served: 1 → 2"), "{}", ran.out);
    let kept = fs::read_to_string(repository.root().join("packages/more.py"));
    assert_eq!(kept.unwrap(), "MORE = 1\n");
    repository.write(
        "scenarios/defaults.toml",
        "[build]\nprogram = \"true\"\nkeep = [\"../packages\"]\n",
    );
    let ran = repository.run(&["bisect", "--good", &good]);
    assert_eq!(ran.status, Some(2), "{}", ran.out);
    assert!(
        ran.err
            .contains("a directory to keep is a path below the root"),
        "{}",
        ran.err
    );
}

fn what_cannot_be_searched_is_said() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    repository.git(&["tag", "v1.0"]);
    repository.write("notes.py", "#\n");
    repository.commit("notes");
    let check = |args: &[&str], expected: &str| {
        let ran = repository.run(args);
        assert_eq!(ran.status, Some(2), "{}{}", ran.out, ran.err);
        assert!(
            ran.err.contains(expected),
            "{expected:?} is not in\n{}",
            ran.err
        );
    };
    check(
        &["bisect", "--good", "v1.O"],
        "`v1.O` is not a commit of this repository; did you mean `v1.0`?",
    );
    let no_commits = [
        ("HEAD:queue.py", "a blob, which is a file of a commit"),
        ("HEAD:scenarios", "a tree, which is a directory of a commit"),
        ("HEAD^{tree}", "a tree, which is a directory of a commit"),
        ("of-a-blob", "a blob, which is a file of a commit"),
    ];
    repository.git(&["tag", "-a", "-m", "m", "of-a-blob", "HEAD:queue.py"]);
    for (revision, what) in no_commits {
        let expected = format!("`{revision}` is {what}, and not a commit");
        check(&["bisect", "--good", revision], &expected);
        check(&["bisect", "--good", "HEAD", "--bad", revision], &expected);
        check(&["against", revision], &expected);
    }
    check(
        &["bisect", "--good", "HEAD", "--bad", "v1.0"],
        "exchange them",
    );
    check(
        &["bisect", "mondy", "--good", "v1.0"],
        "did you mean `monday`?",
    );
    check(
        &[
            "bisect",
            "--good",
            "v1.0",
            "--build",
            "echo it fails; false",
        ],
        "no revision can be built: the build `sh -c 'echo it fails; false'` ended with exit status: 1",
    );
    check(&["history", "mondy"], "no commit has goldens of `mondy`");
    let outside = Workspace::empty();
    outside.scenario("ring", "", "");
    let mut command = repository.command(&["history", "ring"]);
    let ran = Ran::of(command.current_dir(outside.root()));
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.err
            .contains("not in the working tree of a git repository"),
        "{}",
        ran.err
    );
    let mut command = repository.command(&["bisect", "--good", "v1.0"]);
    let ran = Ran::of(command.env(
        "AETHER_HARNESS_CACHE",
        repository.root().join("target/cache"),
    ));
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.err.contains("the cache would be inside the repository"),
        "{}",
        ran.err
    );
}

/// The page of a search of eight commits, of which the last moved an output.
fn page(repository: &Repository) -> PathBuf {
    let good = repository.head();
    for number in 0..6 {
        repository.write("notes.py", &format!("# {number}\n"));
        repository.commit(&format!("notes <{number}>"));
    }
    repository.write("rules.py", &rules("clerks + 1"));
    repository.commit("serve & wait");
    let page = repository.outside("page.html");
    let out = page.display().to_string();
    let ran = repository.run(&["bisect", "--good", &good, "--format", "html", "--out", &out]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    page
}

fn the_page_has_a_row_for_each_commit() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let text = fs::read_to_string(page(&repository)).unwrap();
    for number in 0..6 {
        assert!(text.contains(&format!("notes &lt;{number}&gt;")), "{text}");
    }
    for part in [
        "serve &amp; wait",
        "silent",
        "minutes[minute=2].served",
        "not examined",
    ] {
        assert!(text.contains(part), "{part:?} is not on the page");
    }
    assert!(!text.contains("src=") && !text.contains("@import"));
}

fn a_browser_shows_the_page() {
    if !can_run(true) {
        return;
    }
    let Some(browser) = browser::start() else {
        return;
    };
    let repository = queue();
    browser.open(&page(&repository));
    let rows = browser.ask("return document.querySelectorAll('main .item').length");
    assert_eq!(rows, 7);
    let open = browser.ask("return document.querySelector('details[open] .name').textContent");
    assert_eq!(open, "serve & wait");
    for (look, name) in [("light", "bisect-light"), ("dark", "bisect-dark")] {
        browser.prefer(look);
        crate::page::picture(&browser, name);
    }
    browser.width(360);
    let fits =
        "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
    assert_eq!(browser.ask(fits), true);
    crate::page::picture(&browser, "bisect-narrow");
    assert_eq!(browser.console(), Vec::<String>::new());
}

fn a_scenario_without_goldens_is_searched() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    fs::remove_dir_all(repository.root().join("fixtures")).unwrap();
    let good = repository.commit("without goldens");
    repository.write("rules.py", &rules("clerks + 1"));
    let moved = repository.commit("serve one more");
    let ran = repository.run(&["bisect", "--good", &good, "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    // The goldens are gone since the good revision, and nobody has them.
    assert_eq!(report["moves"][0]["commit"], moved, "{report}{}", ran.err);
    assert_eq!(report["moves"][0]["golden"], Value::Null);
    let ran = repository.run(&["bisect", "--good", &good]);
    assert!(ran.out.contains("without goldens: monday"), "{}", ran.out);
}

/// The blocks of a page with commits as `…`.
pub(crate) fn without_commits(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive([' ', '\n']) {
        let id = word.trim_end().trim_end_matches(':');
        let is_commit = id.len() == 10 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_commit {
            out.push('…');
            out.push_str(&word[id.len()..]);
        } else {
            out.push_str(word);
        }
    }
    out
}

fn the_account_in_the_documentation_is_real() {
    if !can_run(true) {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/explain.md");
    let documented = fs::read_to_string(path).unwrap();
    let blocks: Vec<&str> = documented.split("```text\n").skip(1).collect();
    let block = |index: usize| blocks[index].split("```").next().unwrap();
    let repository = queue();
    repository.git(&["tag", "v1"]);
    for number in 0..5 {
        repository.write("notes.py", &format!("# {number}\n"));
        repository.commit("notes");
    }
    repository.write("rules.py", &rules("clerks + 1"));
    repository.commit("serve one more");
    repository.write("notes.py", "# more\n");
    repository.commit("notes");
    repository.bless("monday", "a second clerk");
    repository.commit("bless what came before");
    repository.write("rules.py", &rules("clerks + 2"));
    repository.bless("monday", "a third clerk");
    repository.commit("a third one");
    let ran = repository.run(&["bisect", "monday", "--good", "v1"]);
    assert_eq!(
        without_commits(&ran.out),
        without_commits(block(0)),
        "{}",
        ran.out
    );
    let ran = repository.run(&["history", "monday"]);
    let history = without_commits(&ran.out);
    assert!(history.contains(&without_commits(block(1))), "{}", ran.out);
}

fn history_lists_the_commits_that_changed_goldens() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let first = repository.head();
    repository.write("notes.py", "#\n");
    repository.commit("notes");
    repository.write("rules.py", &rules("clerks + 1"));
    repository.bless("monday", "a second clerk");
    let second = repository.commit("serve one more");
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("rules.py", &rules("clerks + 2"));
    repository.bless("monday", "a third clerk");
    let third = repository.commit("and one more");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("notes.py", "# again\n");
    repository.commit("notes");
    repository.git(&["merge", "--quiet", "--no-ff", "-m", "merged", "side"]);
    let before = tree(repository.root());
    let ran = repository.run(&["history", "monday", "--format", "json"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["name"], "monday");
    let entries = report["entries"].as_array().unwrap();
    let commits: BTreeSet<&str> = entries
        .iter()
        .map(|one| one["commit"].as_str().unwrap())
        .collect();
    assert_eq!(
        commits,
        BTreeSet::from([&*first, &*second, &*third]),
        "{report}"
    );
    assert_eq!(entries[0]["first_divergence"], Value::Null);
    assert_eq!(
        entries[0]["reason"],
        "one clerk serves one customer a minute"
    );
    assert_eq!(
        entries[1]["first_divergence"]["path"],
        "minutes[minute=2].served"
    );
    assert_eq!(entries[1]["first_divergence"]["before"], 1);
    assert_eq!(entries[1]["reason"], "a second clerk");
    assert_eq!(entries[2]["reason"], "a third clerk");
    let ran = repository.run(&["history", "scenarios/monday/"]);
    let short = &second[..10];
    let expected = format!(
        "{short} 2026-03-01 serve one more\n  tick 2 · counter · served: 1 → 2\n    \
         at minutes[minute=2].served\n  blessed: a second clerk\n"
    );
    assert!(ran.out.contains(&expected), "{}", ran.out);
    assert!(
        ran.out
            .ends_with("3 commits changed the goldens of monday\n"),
        "{}",
        ran.out
    );
    assert_eq!(tree(repository.root()), before);
    assert!(!repository.outside("cache").exists(), "nothing is built");
}

fn clean_empties_the_cache() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let cache = repository.outside("cache");
    let dirs = |cache: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(cache).into_iter().flatten();
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect()
    };
    assert!(repository.run(&["clean"]).out.contains("nothing to remove"));
    repository.run(&["bisect", "--good", "HEAD"]);
    assert_eq!(dirs(&cache).len(), 1);
    let ran = repository.run(&["clean"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("removed "), "{}", ran.out);
    assert!(dirs(&cache).is_empty());
}

/// The command itself, as people have it.
pub(crate) fn installed() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
    for name in ["CI", "CARGO_TARGET_DIR", "NEXTEST_RUN_ID"] {
        command.env_remove(name);
    }
    command
}
