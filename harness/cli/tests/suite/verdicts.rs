//! Every verdict, made to happen, and told by the trial that it fails.

use std::collections::BTreeSet;
use std::fs;

use aether_harness::Verdict;

use serde_json::Value;

use crate::automaton::{DEFECT, ISOLATED};
use crate::workspace::{Ran, Workspace};

crate::tests![verdicts;
    every_verdict_is_one_of_a_run,
    the_first_verdict_that_holds_counts,
    a_match_passes_and_leaves_nothing,
    invalid_scenarios_fail,
    invalid_documents_fail,
    orphans_fail,
    missing_goldens_fail,
    edited_goldens_fail,
    engine_errors_fail,
    panics_fail,
    an_expected_failure_is_a_golden,
    time_limits_end_runs,
    long_runs_are_named_while_they_run,
    a_subject_that_cannot_be_stopped_has_a_process_of_its_own,
    runs_that_differ_are_nondeterministic,
    changed_inputs_are_stale,
    changed_outputs_mismatch,
    a_changed_version_is_not_stale,
    large_runs_keep_digests,
];

/// Runs one trial and holds its verdict; what it says must contain each of `parts`.
#[track_caller]
fn check(workspace: &Workspace, trial: &str, verdict: &str, parts: &[&str]) -> Value {
    check_ran(
        workspace,
        &workspace.runner(&[trial, "--exact"]),
        trial,
        verdict,
        parts,
    )
}

#[track_caller]
fn check_ran(
    workspace: &Workspace,
    ran: &Ran,
    trial: &str,
    verdict: &str,
    parts: &[&str],
) -> Value {
    let (scenario, check) = trial.rsplit_once("::").unwrap();
    let said = format!("{}\n{}", ran.out, ran.err);
    let status = if verdict == "MATCH" { 0 } else { 101 };
    assert_eq!(ran.status, Some(status), "{said}");
    let result = workspace.result(scenario, check);
    assert_eq!(result["verdict"], verdict, "{said}");
    let message = result["message"].as_str().unwrap();
    assert!(ran.out.contains(message), "{said}");
    if verdict == "MATCH" {
        assert_eq!(message, "");
    } else {
        assert!(
            message.starts_with(&format!("{verdict} {trial}")),
            "{message}"
        );
    }
    for part in parts {
        assert!(message.contains(part), "no {part:?} in:\n{message}");
    }
    result
}

/// One scenario for each verdict that a scenario can bring about.
fn ten() -> Workspace {
    let workspace = Workspace::empty();
    let scenario = |name: &str| {
        workspace.scenario(name, "", "");
        workspace.bless(name, "first");
    };
    let fault = |name: &str, fault: &str| {
        let run = format!("scenarios/{name}/run.toml");
        workspace.edit(&run, "fault = \"\"", &format!("fault = \"{fault}\""));
    };
    for name in [
        "orphan", "edited", "failing", "slow", "random", "stale", "moved", "sound",
    ] {
        scenario(name);
    }
    workspace.write("scenarios/invalid/scenario.toml", "speed = 1\n");
    fs::remove_dir_all(workspace.path("scenarios/orphan")).unwrap();
    workspace.scenario("missing", "", "");
    workspace.write("fixtures/snapshots/edited/totals.json", "{}\n");
    fault("failing", "error");
    fault("slow", "slow");
    workspace.edit(
        "scenarios/slow/scenario.toml",
        "runtime",
        "time_limit = 0.2\nruntime",
    );
    fault("random", "dice");
    workspace.edit("scenarios/stale/run.toml", "rule = 30", "rule = 90");
    workspace.edit(
        "scenarios/moved/scenario.toml",
        "runtime",
        "expect = \"failure\"\nruntime",
    );
    workspace
}

fn every_verdict_is_one_of_a_run() {
    let workspace = ten();
    let ran = workspace.runner(&["::golden"]);
    assert_eq!(ran.status, Some(101), "{}", ran.err);
    let verdicts: Vec<(&str, &str)> = vec![
        ("invalid", "INVALID"),
        ("orphan", "ORPHAN"),
        ("missing", "MISSING_GOLDEN"),
        ("edited", "EDITED_GOLDEN"),
        ("failing", "PROGRAM_ERROR"),
        ("slow", "TIMEOUT"),
        ("random", "NONDETERMINISTIC"),
        ("stale", "STALE_INPUTS"),
        ("moved", "MISMATCH"),
        ("sound", "MATCH"),
    ];
    for (name, verdict) in &verdicts {
        let result = workspace.result(name, "golden");
        assert_eq!(result["verdict"], *verdict, "{name}: {result}");
    }
    let made: BTreeSet<&str> = verdicts.iter().map(|(_, verdict)| *verdict).collect();
    let all: BTreeSet<&str> = Verdict::ALL.iter().map(|verdict| verdict.name()).collect();
    assert_eq!(made, all);
    assert!(ran.out.contains("1 passed; 9 failed"), "{}", ran.out);
}

fn the_first_verdict_that_holds_counts() {
    // Each trouble comes on top of those before it, from the last verdict to the first.
    let workspace = Workspace::blessed();
    let (run, toml) = ("scenarios/ring/run.toml", "scenarios/ring/scenario.toml");
    let golden = "fixtures/snapshots/ring/totals.json";
    let now = |verdict: &str| check(&workspace, "ring::golden", verdict, &[]);
    now("MATCH");
    workspace.edit(toml, "runtime", "expect = \"failure\"\nruntime");
    now("MISMATCH");
    workspace.edit(run, "rule = 30", "rule = 90");
    now("STALE_INPUTS");
    workspace.edit(run, "fault = \"\"", "fault = \"dice\"");
    now("NONDETERMINISTIC");
    workspace.edit(toml, "expect = \"failure\"\n", "");
    workspace.edit(run, "fault = \"dice\"", "fault = \"error\"");
    now("PROGRAM_ERROR");
    workspace.edit(golden, "\"ticks\":6", "\"ticks\":7");
    now("EDITED_GOLDEN");
    fs::remove_dir_all(workspace.path("fixtures/snapshots/ring")).unwrap();
    now("MISSING_GOLDEN");
    workspace.edit(run, "rule = 90", "rule = \"ninety\"");
    now("INVALID");
}

fn a_match_passes_and_leaves_nothing() {
    let workspace = Workspace::blessed();
    for trial in ["golden", "determinism", "threads", "replay"] {
        check(&workspace, &format!("ring::{trial}"), "MATCH", &[]);
    }
    assert!(!workspace.path("target/scenarios/ring").exists());
    let before = workspace.read("fixtures/snapshots/ring/generations.json");
    assert!(before.starts_with("[\n{\"cells\":["), "{before}");
}

fn invalid_scenarios_fail() {
    let workspace = Workspace::blessed();
    let case = |path: &str, text: &str, parts: &[&str]| {
        workspace.write(path, text);
        let name = path.split('/').nth(1).unwrap();
        check(&workspace, &format!("{name}::golden"), "INVALID", parts);
        check(
            &workspace,
            &format!("{name}::determinism"),
            "INVALID",
            parts,
        );
    };
    case(
        "scenarios/unknown/scenario.toml",
        "description = \"d\"\nspeed = 3\n",
        &["scenario.toml:2:1: the top level has no key `speed`"],
    );
    case(
        "scenarios/dropping/scenario.toml",
        "description = \"d\"\n[drop]\ngolden = \"why not\"\n",
        &["scenario.toml:3:1: the check `golden` cannot be dropped"],
    );
    case(
        "scenarios/none/run.toml",
        "",
        &["there is no scenario.toml"],
    );
    workspace.write("scenarios/loose.toml", "");
    check(
        &workspace,
        "loose.toml::golden",
        "INVALID",
        &["is not a directory"],
    );
    fs::create_dir(workspace.path("scenarios/a b")).unwrap();
    let spaced = workspace.runner(&["a b::golden", "--exact"]);
    assert_eq!(spaced.status, Some(101));
    assert!(
        spaced.out.contains("the name contains ' '"),
        "{}",
        spaced.out
    );
    let all = workspace.runner(&["golden"]);
    assert!(all.out.contains("1 passed; 5 failed"), "{}", all.out);
}

fn invalid_documents_fail() {
    let workspace = Workspace::blessed();
    workspace.write("scenarios/ring/run.toml", "rule = \"thirty\"\n");
    check(&workspace, "ring::golden", "INVALID", &["run.toml", "rule"]);
    fs::remove_file(workspace.path("scenarios/ring/run.toml")).unwrap();
    check(&workspace, "ring::golden", "INVALID", &["run.toml"]);
    check(&workspace, "ring::determinism", "INVALID", &["run.toml"]);
}

fn orphans_fail() {
    let workspace = Workspace::blessed();
    workspace.scenario("other", "", "");
    workspace.bless("other", "first");
    fs::remove_dir_all(workspace.path("scenarios/other")).unwrap();
    let parts = ["git rm -r fixtures/snapshots/other"];
    check(&workspace, "other::golden", "ORPHAN", &parts);
    let all = workspace.runner(&[]);
    check_ran(&workspace, &all, "other::golden", "ORPHAN", &parts);
    assert!(all.out.contains("5 passed; 1 failed"), "{}", all.out);
}

fn missing_goldens_fail() {
    let workspace = Workspace::empty();
    workspace.scenario("ring", "", "");
    check(
        &workspace,
        "ring::golden",
        "MISSING_GOLDEN",
        &["cargo xtask bless ring --reason"],
    );
    let made = workspace.read("target/scenarios/ring/totals.json");
    assert!(made.contains("\"ticks\":6"), "{made}");
}

fn edited_goldens_fail() {
    let golden = "fixtures/snapshots/ring/totals.json";
    let edits: [&dyn Fn(&Workspace); 4] = [
        &|workspace| workspace.edit(golden, "\"ticks\":6", "\"ticks\":7"),
        &|workspace| fs::remove_file(workspace.path(golden)).unwrap(),
        &|workspace| workspace.write("fixtures/snapshots/ring/more.json", "[]\n"),
        &|workspace| {
            fs::remove_file(workspace.path("fixtures/snapshots/ring/snapshot.toml")).unwrap();
        },
    ];
    for edit in edits {
        let workspace = Workspace::blessed();
        edit(&workspace);
        let restore = "git checkout -- fixtures/snapshots/ring";
        check(&workspace, "ring::golden", "EDITED_GOLDEN", &[restore]);
    }
    // A golden and its digest edited together: what is left to see is the layout.
    let workspace = Workspace::blessed();
    let text = workspace.read(golden);
    workspace.write(golden, &text.replace(':', ": "));
    let rehash = |workspace: &Workspace| {
        let manifest = "fixtures/snapshots/ring/snapshot.toml";
        let said = check(workspace, "ring::golden", "EDITED_GOLDEN", &[]);
        let message = said["message"].as_str().unwrap();
        let found = message.split("its SHA-256 is ").nth(1).unwrap()[..64].to_owned();
        let expected = message.split("snapshot.toml has ").nth(1).unwrap()[..64].to_owned();
        workspace.edit(manifest, &expected, &found);
    };
    rehash(&workspace);
    check(
        &workspace,
        "ring::golden",
        "EDITED_GOLDEN",
        &["not in golden layout"],
    );
}

fn engine_errors_fail() {
    let workspace = Workspace::blessed();
    workspace.edit(
        "scenarios/ring/run.toml",
        "fault = \"\"",
        "fault = \"error\"",
    );
    for trial in ["ring::golden", "ring::determinism", "ring::threads"] {
        check(&workspace, trial, "PROGRAM_ERROR", &["withered at tick 3"]);
    }
    workspace.scenario("fresh", "", "error");
    check(
        &workspace,
        "fresh::golden",
        "MISSING_GOLDEN",
        &["withered at tick 3"],
    );
}

fn panics_fail() {
    let workspace = Workspace::blessed();
    workspace.edit(
        "scenarios/ring/run.toml",
        "fault = \"\"",
        "fault = \"panic\"",
    );
    for trial in ["ring::golden", "ring::determinism", "ring::replay"] {
        check(
            &workspace,
            trial,
            "PROGRAM_ERROR",
            &["panicked: cell out of its mind"],
        );
    }
}

fn an_expected_failure_is_a_golden() {
    let workspace = Workspace::empty();
    workspace.scenario("withers", "expect = \"failure\"\n", "error");
    workspace.bless("withers", "it withers");
    let error = workspace.read("fixtures/snapshots/withers/error.json");
    assert_eq!(error, "{\n\"code\":\"Withered\",\n\"tick\":3\n}\n");
    check(&workspace, "withers::golden", "MATCH", &[]);
    check(&workspace, "withers::determinism", "MATCH", &[]);
    workspace.edit(
        "scenarios/withers/run.toml",
        "fault = \"error\"",
        "fault = \"\"",
    );
    check(
        &workspace,
        "withers::golden",
        "MISMATCH",
        &["the run was expected to fail, but it succeeded"],
    );
    let refused = workspace.try_bless("withers", Some("now it thrives"));
    assert!(
        refused.error().contains("expected to fail"),
        "{}",
        refused.error()
    );
}

fn time_limits_end_runs() {
    for (fault, part) in [
        ("slow", "exceeded its time limit of 0.2 s; it was at tick 3"),
        (
            "deaf",
            "exceeded its time limit of 0.2 s and did not stop when asked to; it was at tick 2",
        ),
    ] {
        let workspace = Workspace::blessed();
        workspace.edit(
            "scenarios/ring/run.toml",
            "fault = \"\"",
            &format!("fault = \"{fault}\""),
        );
        workspace.edit(
            "scenarios/ring/scenario.toml",
            "runtime",
            "time_limit = 0.2\nruntime",
        );
        check(&workspace, "ring::golden", "TIMEOUT", &[part]);
    }
}

/// A workspace whose scenario never ends, in one of two ways.
fn endless(fault: &str) -> Workspace {
    let workspace = Workspace::blessed();
    let fault = format!("fault = \"{fault}\"");
    workspace.edit("scenarios/ring/run.toml", "fault = \"\"", &fault);
    workspace.edit(
        "scenarios/ring/scenario.toml",
        "runtime",
        "time_limit = 0.2\nruntime",
    );
    workspace
}

fn long_runs_are_named_while_they_run() {
    let workspace = endless("slow");
    let ran = workspace.runner(&["ring::golden", "--exact", "--format", "json"]);
    let expected = "ring::golden is still running after 0.1 s, at tick 2; its limit is 0.2 s";
    assert!(ran.err.contains(expected), "{}", ran.err);
    for line in ran.out.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

fn a_subject_that_cannot_be_stopped_has_a_process_of_its_own() {
    let case = |fault: &str, trial: &str, verdict: &str, part: &str| {
        let workspace = endless(fault);
        let mut runner = workspace.process("runner");
        let ran = Ran::of(runner.args([trial, "--exact"]).env(ISOLATED, "1"));
        check_ran(&workspace, &ran, trial, verdict, &[part]);
    };
    case("", "ring::golden", "MATCH", "");
    case("", "ring::replay", "MATCH", "");
    case(
        "deaf",
        "ring::golden",
        "TIMEOUT",
        "exceeded its time limit of 0.2 s and did not stop when asked to; it was at tick 2",
    );
    // What would take the runner down with it is a verdict like any other.
    case(
        "abort",
        "ring::golden",
        "PROGRAM_ERROR",
        "its process ended with",
    );
    case(
        "abort",
        "ring::determinism",
        "PROGRAM_ERROR",
        "its process ended with",
    );
}

fn runs_that_differ_are_nondeterministic() {
    for fault in ["clock", "memory"] {
        let workspace = Workspace::blessed();
        workspace.edit(
            "scenarios/ring/run.toml",
            "fault = \"\"",
            &format!("fault = \"{fault}\""),
        );
        let part = "the second of two runs produced different bytes in generations";
        let again = "run it again: cargo test --test suite -- ring::determinism --exact";
        check(
            &workspace,
            "ring::determinism",
            "NONDETERMINISTIC",
            &[part, again],
        );
        check(&workspace, "ring::golden", "NONDETERMINISTIC", &[part]);
        let refused = workspace.try_bless("ring", Some("it is like that"));
        assert!(
            refused.error().contains("NONDETERMINISTIC"),
            "{}",
            refused.error()
        );
    }
    let workspace = Workspace::blessed();
    workspace.edit(
        "scenarios/ring/run.toml",
        "fault = \"\"",
        "fault = \"threads\"",
    );
    check(&workspace, "ring::determinism", "MATCH", &[]);
    check(
        &workspace,
        "ring::threads",
        "NONDETERMINISTIC",
        &["the run with 4 threads"],
    );
}

fn changed_inputs_are_stale() {
    let workspace = Workspace::blessed();
    workspace.edit(
        "scenarios/ring/run.toml",
        "rule = 30",
        "# a comment\nrule = 30",
    );
    check(&workspace, "ring::golden", "MATCH", &[]);
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
    check(
        &workspace,
        "ring::golden",
        "STALE_INPUTS",
        &[
            "automaton",
            "cargo xtask diff ring",
            "cargo xtask bless ring --reason",
        ],
    );
    // Inputs count also where the outputs stay: rule 30 + 128 differs only on three live cells, and
    // after one tick there were none.
    let workspace = Workspace::empty();
    workspace.scenario("ring", "", "");
    workspace.edit("scenarios/ring/run.toml", "ticks = 6", "ticks = 1");
    workspace.bless("ring", "first");
    let golden = workspace.read("fixtures/snapshots/ring/generations.json");
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 158");
    check(&workspace, "ring::golden", "STALE_INPUTS", &["automaton"]);
    let made = workspace.read("target/scenarios/ring/generations.json");
    assert_eq!(made, golden);
}

fn changed_outputs_mismatch() {
    let workspace = Workspace::blessed();
    let mut command = workspace.process("runner");
    let ran = Ran::of(command.args(["ring::golden", "--exact"]).env(DEFECT, "3"));
    check_ran(
        &workspace,
        &ran,
        "ring::golden",
        "MISMATCH",
        &[
            "MISMATCH ring::golden\n  tick 3 · grow · cells[0]: ",
            "cargo xtask diff ring",
            "cargo xtask bless ring --reason",
        ],
    );
    let made = workspace.read("target/scenarios/ring/generations.json");
    let golden = workspace.read("fixtures/snapshots/ring/generations.json");
    let differing = made.lines().zip(golden.lines()).filter(|(a, b)| a != b);
    assert_eq!(differing.count(), 4);
    check(&workspace, "ring::golden", "MATCH", &[]);
    assert!(!workspace.path("target/scenarios/ring").exists());
}

fn a_changed_version_is_not_stale() {
    let workspace = Workspace::blessed();
    let mut command = workspace.process("runner");
    let ran = Ran::of(
        command
            .args(["ring::golden", "--exact"])
            .env("AUTOMATON_VERSION", "2.0.0"),
    );
    check_ran(&workspace, &ran, "ring::golden", "MATCH", &[]);
}

fn large_runs_keep_digests() {
    let workspace = Workspace::blessed();
    let reason = "snapshot = \"digest\"\nsnapshot_reason = \"large\"\n";
    workspace.scenario("large", "", "");
    workspace.edit("scenarios/large/run.toml", "ticks = 6", "ticks = 350000");
    check(
        &workspace,
        "large::golden",
        "INVALID",
        &["MB; beyond 20 MB keep digests"],
    );
    workspace.scenario("large", reason, "");
    workspace.edit("scenarios/large/run.toml", "ticks = 6", "ticks = 350000");
    workspace.bless("large", "first");
    check(&workspace, "large::golden", "MATCH", &[]);
    let golden = workspace.read("fixtures/snapshots/large/generations.json");
    assert!(golden.starts_with("[\n{\"digest\":\""), "{golden}");
    assert!(golden.len() < 48 << 10, "{}", golden.len());
    let mut command = workspace.process("runner");
    let ran = Ran::of(
        command
            .args(["large::golden", "--exact"])
            .env(DEFECT, "349000"),
    );
    check_ran(
        &workspace,
        &ran,
        "large::golden",
        "MISMATCH",
        &["\n  grow · ticks 348160..349183"],
    );
}
