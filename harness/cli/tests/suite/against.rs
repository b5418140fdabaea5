//! `against`: the program of now and that of a revision on many cases.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bisect::{RULES, can_run, queue, rules, without_commits};
use crate::repository::{Repository, tree};
use crate::workspace::{Ran, Workspace};

crate::tests![against;
    a_refactoring_that_changes_nothing_passes,
    what_differs_is_grouped_with_its_cases,
    an_equal_program_is_not_run,
    a_killed_comparison_goes_on,
    what_differs_from_itself_is_reported_as_that,
    numbers_within_tolerance_are_equal,
    code_beside_the_inputs_is_that_of_the_revision,
    a_crate_is_compared_by_its_test_target,
    a_test_target_that_does_not_live_to_the_end_is_a_difference,
    a_case_is_kept_as_a_scenario,
    a_case_that_the_revision_fails_on_is_kept_whole,
    what_cannot_be_compared_is_said,
    the_account_in_the_documentation_is_real,
];

/// The repository but for what is built and run in it, which version control ignores.
fn kept(repository: &Repository) -> BTreeMap<PathBuf, String> {
    let mut kept = tree(repository.root());
    let target = repository.root().join("target");
    kept.retain(|path, _| !path.starts_with(&target));
    kept
}

/// The same rule in other words.
const REFACTORED: &str = "def serve(waiting, clerks):\n    if waiting < clerks:\n        return waiting\n    \
                          return clerks\n";

/// A rule that is wrong once many wait, which they do not on Monday.
const OVERWHELMED: &str = "def serve(waiting, clerks):\n    if waiting > 40:\n        return clerks + 1\n    \
                           return min(waiting, clerks)\n";

#[track_caller]
fn report(ran: &Ran, status: i32) -> Value {
    assert_eq!(ran.status, Some(status), "{}{}", ran.out, ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

fn a_refactoring_that_changes_nothing_passes() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    repository.write("rules.py", REFACTORED);
    let before = kept(&repository);
    let ran = repository.run(&["against", "HEAD", "--cases", "20", "--format", "json"]);
    let found = report(&ran, 0);
    assert_eq!(found["rev"], repository.head());
    assert_eq!(found["seed"], 1);
    assert_eq!(found["cases"], 21);
    assert_eq!(found["differing"], 0);
    assert_eq!(found["groups"], serde_json::json!([]));
    assert_eq!(kept(&repository), before, "the tree is as it was");
    // What was written for the cases is gone.
    let cache = repository.outside("cache");
    let left = tree(&cache).into_keys();
    let left: Vec<_> = left
        .filter(|path| path.to_string_lossy().contains("aether-harness-case"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

fn what_differs_is_grouped_with_its_cases() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    repository.write("rules.py", OVERWHELMED);
    let args = [
        "against", "HEAD", "monday", "--cases", "20", "--format", "json",
    ];
    let found = report(&repository.run(&args), 1);
    let differing = found["differing"].as_u64().unwrap();
    let differences = found["differences"].as_array().unwrap();
    assert!(differing > 1, "{found}");
    assert_eq!(differences.len() as u64, differing);
    let group = &found["groups"][0];
    assert_eq!(group["stage"], "counter");
    assert_eq!(group["pattern"], "minutes/*/served");
    assert_eq!(group["offset"], 1);
    assert_eq!(
        group["scenarios"].as_array().unwrap().len() as u64,
        differing
    );
    for one in differences {
        assert_ne!(one["case"], 0, "on Monday nobody is overwhelmed: {one}");
        let changes = one["changes"].as_array().unwrap();
        assert!(!changes.is_empty(), "{one}");
        let change = changes[0].as_str().unwrap();
        assert!(change.starts_with("scenarios/monday/day.json "), "{change}");
        let first = &one["first_divergence"];
        let (before, after) = (&first["before"], &first["after"]);
        assert_eq!(after.as_i64().unwrap(), before.as_i64().unwrap() + 1);
    }
    // Equal seeds make equal cases, whatever is known of them, and each case can be run by itself.
    assert_eq!(repository.run(&["clean"]).status, Some(0));
    let again = report(&repository.run(&args), 1);
    assert_eq!(again, found);
    let case = differences[0]["case"].to_string();
    let alone = [
        "against", "HEAD", "monday", "--case", &case, "--format", "json",
    ];
    let alone = report(&repository.run(&alone), 1);
    assert_eq!(alone["cases"], 1);
    assert_eq!(alone["differences"][0], differences[0]);
    let other = [
        "against", "HEAD", "--seed", "2", "--cases", "20", "--format", "json",
    ];
    let other = report(&repository.run(&other), 1);
    assert_ne!(other["differences"], found["differences"]);
}

fn an_equal_program_is_not_run() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let first = repository.head();
    repository.write("fixtures/snapshots/monday/README.md", "about them\n");
    repository.commit("goldens are not the program");
    for rev in [&first, "HEAD"] {
        let ran = repository.run(&["against", rev]);
        assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
        assert!(
            ran.out.starts_with("the program is that of "),
            "{}",
            ran.out
        );
        assert!(ran.out.ends_with(": no case can differ\n"), "{}", ran.out);
    }
    assert!(!repository.outside("cache").join("results").exists());
}

/// A program that multiplies, and notes each of its runs.
fn multiplier(times: &str) -> String {
    format!(
        "set -eu\necho run >> \"$RUNS/one\"\nn=$(tr -dc '0-9-' < \"$1\")\n\
         for t in 1 2 3; do echo \"{{\\\"t\\\": $t, \\\"value\\\": $((n * {times}))}}\"; done\n"
    )
}

fn multiplying() -> Repository {
    let repository = Repository::new();
    repository.write("sim.sh", &multiplier("t"));
    repository.write(
        "scenarios/one/scenario.toml",
        "description = \"one\"\n[command]\nprogram = \"sh\"\n\
         args = [\"{root}/sim.sh\", \"{scenario}/n.json\"]\n[[outputs]]\nname = \"out\"\n\
         from = \"stdout\"\nformat = \"jsonl\"\nstage = \"sum\"\ntick = \"t\"\n",
    );
    repository.write("scenarios/one/n.json", "7\n");
    repository.write(".gitignore", "/target\n");
    repository.forget_runs();
    repository.commit("a multiplier");
    repository
}

fn a_killed_comparison_goes_on() {
    if !can_run(false) {
        return;
    }
    let repository = multiplying();
    repository.write("sim.sh", &multiplier("t + 0"));
    let before = kept(&repository);
    let made = || repository.runs().values().sum::<usize>();
    let args = ["against", "HEAD", "--cases", "150", "--format", "json"];
    let mut child = repository
        .command(&args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    // The scenario itself, a batch of fifty cases, and some of the next one.
    while made() < 3 + 100 + 10 {
        assert!(begun.elapsed() < Duration::from_secs(300), "nothing is run");
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(kept(&repository), before);
    let known = made();
    let found = report(&repository.run(&args), 0);
    assert_eq!(found["cases"], 151);
    // The first batch is known, and so is what the revision makes of the scenario itself. A program that was
    // running at the kill may be counted after it, one for each processor.
    let under_way = std::thread::available_parallelism().unwrap().get();
    let again = made() - known;
    assert!(again <= 2 * 100 + 1 + under_way, "{again} runs");
    assert_eq!(kept(&repository), before);
    let known = made();
    assert_eq!(report(&repository.run(&args), 0), found);
    assert_eq!(made() - known, 1, "now makes the scenario itself again");
}

fn what_differs_from_itself_is_reported_as_that() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    repository.write(
        "rules.py",
        "import os\ndef serve(waiting, clerks):\n    return int.from_bytes(os.urandom(6), 'big')\n",
    );
    let args = ["against", "HEAD", "--cases", "5"];
    let ran = repository.run(&args);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.starts_with("two runs of one program differ\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("; 6 differ from themselves; "),
        "{}",
        ran.out
    );
    let ran = repository.run(&[&args[..], &["--format", "json"]].concat());
    let found = report(&ran, 1);
    assert_eq!(found["differing"], 0, "{found}");
    assert_eq!(found["unsteady"].as_array().unwrap().len(), 6, "{found}");
}

fn numbers_within_tolerance_are_equal() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let settings = fs::read_to_string(repository.root().join("scenarios/monday/scenario.toml"));
    let tolerance =
        "[[outputs.tolerance]]\npath = \"waiting\"\nabs = \"0.5\"\nreason = \"noise\"\n";
    repository.write(
        "scenarios/monday/scenario.toml",
        &format!("{}{tolerance}", settings.unwrap()),
    );
    let program = |more: &str| {
        let text = fs::read_to_string(repository.root().join("queue.py")).unwrap();
        let (start, _) = text.split_once("'waiting': ").unwrap();
        repository.write(
            "queue.py",
            &format!("{start}'waiting': waiting + {more}}}))\n"),
        );
    };
    program("0.25");
    repository.commit("with noise");
    program("0.5");
    let args = ["against", "HEAD", "--cases", "10", "--format", "json"];
    assert_eq!(report(&repository.run(&args), 0)["differing"], 0);
    program("1.5");
    assert_eq!(report(&repository.run(&args), 1)["differing"], 11);
}

fn code_beside_the_inputs_is_that_of_the_revision() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let settings = fs::read_to_string(repository.root().join("scenarios/monday/scenario.toml"));
    let settings = settings
        .unwrap()
        .replace("{root}/queue.py", "{scenario}/queue.py");
    repository.write(
        "scenarios/monday/scenario.toml",
        &format!("code = [\"*.py\"]\n{settings}"),
    );
    let text = fs::read_to_string(repository.root().join("queue.py")).unwrap();
    let program = |rule: &str| {
        let text = text.replace("from rules import serve\n", rule);
        repository.write("scenarios/monday/queue.py", &text);
    };
    program(RULES);
    repository.commit("the program is beside its inputs");
    program(&rules("clerks + 1"));
    let args = ["against", "HEAD", "--cases", "4", "--format", "json"];
    let found = report(&repository.run(&args), 1);
    assert!(found["differing"].as_u64().unwrap() > 1, "{found}");
    program(REFACTORED);
    assert_eq!(report(&repository.run(&args), 0)["cases"], 5);
}

/// A cargo that names a script of the tree as the test target that it has built.
const CARGO: &str = "#!/bin/sh\nmkdir -p target/debug\ncp tests/scenarios.sh target/debug/scenarios\n\
    chmod +x target/debug/scenarios\necho build >> \"$BUILDS\"\n\
    echo '{\"reason\":\"compiler-artifact\",\"manifest_path\":\"'$PWD'/Cargo.toml\",\"target\":{\"kind\":[\"test\"],\
    \"name\":\"scenarios\"},\"executable\":\"'$PWD'/target/debug/scenarios\"}'\n";

/// A repository whose test target is this binary as a runner, with these variables.
fn crate_with(run: &str) -> (Repository, Workspace) {
    let repository = Repository::new();
    let workspace = Workspace::empty();
    workspace.scenario("ring", "", "");
    for file in ["scenario.toml", "run.toml"] {
        let path = format!("scenarios/ring/{file}");
        repository.write(&path, &workspace.read(&path).replace("fault = \"\"", run));
    }
    repository.write(".gitignore", "/target\n");
    repository.executable("../bin/cargo", CARGO);
    (repository, workspace)
}

/// The test target: this binary as the runner of the tree that it is started in.
fn target(variables: &str) -> String {
    let program = std::env::current_exe().unwrap();
    format!(
        "#!/bin/sh\nexport {}=runner {}=\"$PWD\" {variables}\nexec '{}' \"$@\"\n",
        crate::workspace::PLAY,
        crate::workspace::ROOT,
        program.display()
    )
}

fn compare(repository: &Repository, workspace: &Workspace, args: &[&str]) -> Ran {
    let mut command = workspace.process("command");
    command.env(crate::workspace::ROOT, repository.root());
    command.env("CARGO", repository.outside("bin/cargo"));
    command.env("BUILDS", repository.outside("builds"));
    command.env(crate::automaton::WRITES, "1");
    command.env("AETHER_HARNESS_CACHE", repository.outside("cache"));
    command.env_remove("TZ");
    Ran::of(command.arg("against").args(args))
}

fn a_crate_is_compared_by_its_test_target() {
    if !can_run(false) {
        return;
    }
    let (repository, workspace) = crate_with("fault = \"\"");
    repository.write("tests/scenarios.sh", &target("AUTOMATON_DEFECT=3"));
    let defective = repository.commit("wrong from tick 3 on");
    repository.write("tests/scenarios.sh", &target("AUTOMATON_VERSION=2"));
    let right = repository.commit("right");
    repository.write("tests/scenarios.sh", &target("AUTOMATON_VERSION=3"));
    let before = kept(&repository);
    let args = [&right, "--cases", "140", "--format", "json"];
    let found = report(&compare(&repository, &workspace, &args), 0);
    assert_eq!(found["cases"], 141);
    // A cell has eight bits, and a few hundred steps lead out of them.
    let refused = found["scenarios"][0]["refused"].as_u64().unwrap();
    assert!((1..100).contains(&refused), "{found}");
    let builds = fs::read_to_string(repository.outside("builds")).unwrap();
    assert_eq!(builds.lines().count(), 1, "batches share a build");
    let args = [&defective, "--cases", "20", "--format", "json"];
    let found = report(&compare(&repository, &workspace, &args), 1);
    let first = &found["differences"][1]["first_divergence"];
    assert_eq!(first["tick"], 3, "{found}");
    assert_eq!(first["stage"], "grow");
    assert_eq!(kept(&repository), before);
}

fn a_test_target_that_does_not_live_to_the_end_is_a_difference() {
    if !can_run(false) {
        return;
    }
    let (repository, workspace) = crate_with("fault = \"crash\"");
    // The fault ends its process where a time zone is set.
    repository.write("tests/scenarios.sh", &target("TZ=UTC"));
    repository.commit("it crashes");
    repository.write("tests/scenarios.sh", &target("AUTOMATON_VERSION=2"));
    let args = ["HEAD", "--cases", "6", "--format", "json"];
    let found = report(&compare(&repository, &workspace, &args), 1);
    let refused = found["scenarios"][0]["refused"].as_u64().unwrap();
    assert_eq!(found["differing"].as_u64().unwrap() + refused, 7, "{found}");
    assert!(refused < 4, "{found}");
    for one in found["differences"].as_array().unwrap() {
        let note = one["note"].as_str().unwrap();
        assert!(note.starts_with("it failed at the revision: "), "{note}");
        assert!(note.contains("signal: 6"), "{note}");
    }
}

fn a_case_is_kept_as_a_scenario() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    repository.write("rules.py", OVERWHELMED);
    let args = ["against", "HEAD", "--cases", "20", "--keep", "overwhelmed"];
    let ran = repository.run(&args);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    assert!(
        ran.err.contains("kept monday case ") && ran.err.contains(" as scenarios/overwhelmed: "),
        "{}",
        ran.err
    );
    let read = |path: &str| fs::read_to_string(repository.root().join(path)).unwrap();
    let settings = read("scenarios/overwhelmed/scenario.toml");
    assert!(settings.contains("# Shrunk from case "), "{settings}");
    assert!(settings.contains(" of monday (seed 1) on "), "{settings}");
    // It differs as its group does, from goldens that are those of the revision.
    let found = report(
        &repository.run(&["diff", "overwhelmed", "--format", "json"]),
        1,
    );
    let scenario = &found["scenarios"][0];
    assert_eq!(scenario["verdict"], "MISMATCH", "{scenario}");
    assert_eq!(found["groups"][0]["pattern"], "minutes/*/served", "{found}");
    let args = ["against", "HEAD", "overwhelmed", "--case", "0"];
    let found = report(
        &repository.run(&[&args[..], &["--format", "json"]].concat()),
        1,
    );
    assert_eq!(found["groups"][0]["pattern"], "minutes/*/served");
    // No single step makes it smaller.
    let args = ["shrink", "overwhelmed", "--against", "HEAD"];
    let found = report(
        &repository.run(&[&args[..], &["--format", "json"]].concat()),
        0,
    );
    assert_eq!(found["size_after"], found["size_before"], "{found}");
    assert_eq!(found["minimal"], true);
    let day: Value = serde_json::from_str(&read("scenarios/overwhelmed/day.json")).unwrap();
    assert_eq!(day["arrivals"].as_array().unwrap().len(), 1, "{day}");
    let ran = repository.run(&[
        "against",
        "HEAD",
        "monday",
        "--cases",
        "20",
        "--keep",
        "overwhelmed",
    ]);
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.err.contains("scenarios/overwhelmed already exists"),
        "{}",
        ran.err
    );
    let refused = Ran::of(
        repository
            .command(&["against", "HEAD", "--cases", "20", "--keep"])
            .env("CI", "1"),
    );
    assert_eq!(refused.status, Some(2), "{}", refused.err);
    // Once the fault is gone, it passes.
    repository.write("rules.py", RULES);
    let ran = repository.run(&["diff", "overwhelmed"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
}

fn a_case_that_the_revision_fails_on_is_kept_whole() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    repository.write(
        "rules.py",
        "def serve(waiting, clerks):\n    assert waiting < 40\n    return min(waiting, clerks)\n",
    );
    repository.commit("it fails when many wait");
    repository.write("rules.py", RULES);
    let ran = repository.run(&["against", "HEAD", "--cases", "20", "--keep", "many"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    assert!(
        ran.err.contains(
            " as scenarios/many with all of its inputs, since the program of the revision fails\n"
        ),
        "{}",
        ran.err
    );
    let args = ["against", "HEAD", "many", "--case", "0"];
    let ran = repository.run(&args);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
}

fn what_cannot_be_compared_is_said() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    repository.git(&["tag", "v1.0"]);
    repository.write("rules.py", REFACTORED);
    let check = |args: &[&str], expected: &str| {
        let ran = repository.run(args);
        assert_eq!(ran.status, Some(2), "{}{}", ran.out, ran.err);
        assert!(
            ran.err.contains(expected),
            "{expected:?} is not in\n{}",
            ran.err
        );
    };
    check(&["against", "v1.O"], "did you mean `v1.0`?");
    check(&["against", "v1.0", "mondy"], "did you mean `monday`?");
    check(
        &["against", "v1.0", "--build", "echo it fails; false"],
        "v1.0 cannot be built: the build `sh -c 'echo it fails; false'` ended with exit status: 1",
    );
    repository.write("scenarios/monday/day.json", "{ \"arrivals\": [");
    let ran = repository.run(&["against", "v1.0", "--cases", "3", "--format", "json"]);
    assert_ne!(ran.status, Some(3), "{}{}", ran.out, ran.err);
}

fn the_account_in_the_documentation_is_real() {
    if !can_run(true) {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/explain.md");
    let documented = fs::read_to_string(path).unwrap();
    let (_, section) = documented
        .split_once("## A refactoring that must change nothing: `against`\n")
        .unwrap();
    let blocks: Vec<&str> = section.split("```text\n").skip(1).collect();
    let block = |index: usize| blocks[index].split("```").next().unwrap();
    let repository = queue();
    repository.write("rules.py", REFACTORED);
    let ran = repository.run(&["against", "HEAD", "--cases", "20"]);
    assert_eq!(
        without_commits(&ran.out),
        without_commits(block(0)),
        "{}",
        ran.out
    );
    repository.write("rules.py", OVERWHELMED);
    let ran = repository.run(&["against", "HEAD", "--cases", "20"]);
    assert_eq!(
        without_commits(&ran.out),
        without_commits(block(1)),
        "{}",
        ran.out
    );
}
