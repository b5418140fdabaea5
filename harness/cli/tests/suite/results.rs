//! What trials leave, and what `report` makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use aether_harness_cli::commands::{ReportFormat, ReportRequest, report};
use serde_json::Value;

use crate::automaton::DEFECT;
use crate::workspace::{Ran, Said, Workspace, skipped};

crate::tests![results;
    a_result_holds_what_was_found,
    equal_outcomes_leave_equal_results_but_for_the_time,
    earlier_runs_do_not_leak,
    a_trial_that_was_killed_has_no_result,
    trials_that_are_gone_are_left_out,
    results_that_cannot_be_read_are_told,
    the_status_is_that_of_the_worst_verdict,
    every_trial_is_a_line_of_json,
    junit_is_read_by_another_parser,
    junit_is_read_by_junitparser,
    annotations_point_at_files_and_fold_what_is_alike,
    annotations_are_bounded,
    the_page_shows_what_the_trials_found,
    a_comment_has_what_a_reviewer_needs,
    shards_make_the_same_report_as_one_run,
    long_trials_are_missed_only_when_asked_for,
    a_runtime_far_from_what_was_measured_is_a_warning,
    a_run_says_that_an_instant_scenario_took_a_second,
];

/// `report` over a workspace, its suite able to start children as the runner is.
fn reported(workspace: &Workspace, request: &ReportRequest) -> Said {
    let suite = workspace.suite().with_children().unwrap();
    workspace.command(|_, console| report(&suite, request, console))
}

fn as_format(format: ReportFormat) -> ReportRequest {
    ReportRequest {
        format,
        ..ReportRequest::default()
    }
}

fn text(workspace: &Workspace) -> Said {
    reported(workspace, &ReportRequest::default())
}

/// A workspace in which a defect moves `ring` and `coil` alike, the inputs of `stale` changed, `bad` is
/// no scenario, `none` has no goldens and `fast` passes; and the run that found it.
fn mixed() -> Workspace {
    let workspace = Workspace::blessed();
    for name in ["coil", "stale"] {
        workspace.scenario(name, "", "");
        workspace.bless(name, "first");
    }
    workspace.scenario("fast", "[drop]\nprocess = \"<tag> & \\\"quotes\\\"\"\n", "");
    workspace.edit("scenarios/fast/run.toml", "ticks = 6", "ticks = 2");
    workspace.bless("fast", "first");
    workspace.edit("scenarios/stale/run.toml", "rule = 30", "rule = 90");
    workspace.write(
        "scenarios/bad/scenario.toml",
        "description = \"]]> <&\u{1}\"\n",
    );
    workspace.scenario("none", "", "");
    let mut runner = workspace.process("runner");
    let ran = Ran::of(runner.env(DEFECT, "3"));
    assert_eq!(ran.status, Some(101), "{}", ran.err);
    workspace
}

fn a_result_holds_what_was_found() {
    let workspace = mixed();
    let result = workspace.result("ring", "golden");
    assert_eq!(result["v"], 2);
    assert_eq!(result["trial"], "ring::golden");
    assert_eq!(result["scenario"], "ring");
    assert_eq!(result["check"], "golden");
    assert_eq!(result["verdict"], "MISMATCH");
    let first = result["first_divergence"].as_str().unwrap();
    assert!(first.starts_with("tick 3 · grow · cells[0]: "), "{first}");
    let message = result["message"].as_str().unwrap();
    assert!(message.contains(first), "{message}");
    assert_eq!(result["file"], "fixtures/snapshots/ring/generations.json");
    assert_eq!(result["group"]["stage"], "grow");
    assert_eq!(result["group"]["pattern"], "generations/*/cells/*");
    assert_eq!(result["group"]["kind"], "changed");
    let diff = &result["report"];
    assert_eq!(
        diff["first_divergence"]["path"],
        "generations[tick=3].cells[0]"
    );
    assert!(result["timing"]["seconds"].as_f64().unwrap() > 0.0);

    let stale = workspace.result("stale", "golden");
    assert_eq!(stale["file"], "scenarios/stale/run.toml");
    assert_eq!(stale["report"]["causes"][0]["path"], "rule");
    let passed = workspace.result("ring", "determinism");
    assert_eq!(passed["verdict"], "MATCH");
    assert_eq!(passed["message"], "");
    for absent in ["file", "first_divergence", "group", "report"] {
        assert_eq!(passed[absent], Value::Null);
    }
}

/// A run's results by file name, without what a clock said.
fn stored(run: &std::path::Path) -> BTreeMap<String, Value> {
    let files = fs::read_dir(run)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let results = files.filter(|path| !path.ends_with("run.json"));
    let result = |path: PathBuf| {
        let mut result: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert!(result.as_object_mut().unwrap().remove("timing").is_some());
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, result)
    };
    results.map(result).collect()
}

fn equal_outcomes_leave_equal_results_but_for_the_time() {
    let workspace = mixed();
    let mut runner = workspace.process("runner");
    let ran = Ran::of(runner.env(DEFECT, "3"));
    assert_eq!(ran.status, Some(101));
    let runs = workspace.runs();
    let [first, second] = &*runs else {
        panic!("{runs:?}")
    };
    let results = stored(first);
    // Four scenarios with five checks, one of which is dropped once, one without checks but golden,
    // and one without goldens.
    assert_eq!(results.len(), 4 * 5 - 1 + 1 + 5);
    assert_eq!(results, stored(second));
    // A list is no run.
    workspace.runner(&["--list"]);
    assert_eq!(workspace.runs(), runs);
}

fn earlier_runs_do_not_leak() {
    let workspace = Workspace::blessed();
    workspace.runner(&[]);
    assert_eq!(
        text(&workspace).out,
        "5 trials in 1 run: 5 passed, 0 failed\n"
    );
    workspace.runner(&["ring::golden", "--exact"]);
    let said = text(&workspace);
    assert_eq!(said.code(), 1);
    assert!(
        said.out.contains("ring::replay: no result: "),
        "{}",
        said.out
    );
    assert!(
        said.out
            .ends_with("5 trials in 1 run: 1 passed, 0 failed, 4 without a result\n"),
        "{}",
        said.out
    );
    // Runs that are named are merged, and no more than a few are kept.
    let both = ReportRequest {
        dirs: workspace.runs(),
        ..ReportRequest::default()
    };
    let said = reported(&workspace, &both);
    assert_eq!(said.out, "5 trials in 2 runs: 5 passed, 0 failed\n");
    for _ in 0..5 {
        workspace.runner(&["ring::golden", "--exact"]);
    }
    assert_eq!(workspace.runs().len(), 5);
    assert!(!both.dirs[0].join("run.json").exists());
    assert_eq!(reported(&workspace, &both).code(), 2);
}

fn a_trial_that_was_killed_has_no_result() {
    let workspace = Workspace::blessed();
    // Shards that share the name of a run.
    let run = |args: &[&str]| {
        let mut runner = workspace.process("runner");
        Ran::of(runner.args(args).env("AETHER_HARNESS_RUN", "ci-7"))
    };
    assert_eq!(run(&[]).status, Some(0));
    assert_eq!(text(&workspace).code(), 0);
    workspace.edit(
        "scenarios/ring/run.toml",
        "fault = \"\"",
        "fault = \"abort\"",
    );
    let ran = run(&["ring::golden", "--exact"]);
    assert_ne!(ran.status, Some(0));
    assert_ne!(ran.status, Some(101));
    assert_eq!(workspace.runs().len(), 1);
    let said = text(&workspace);
    assert_eq!(said.code(), 1);
    assert!(said.out.contains("ring::golden: no result"), "{}", said.out);
}

fn trials_that_are_gone_are_left_out() {
    let workspace = Workspace::blessed();
    workspace.scenario("gone", "", "");
    workspace.runner(&[]);
    fs::remove_dir_all(workspace.path("scenarios/gone")).unwrap();
    let said = text(&workspace);
    assert_eq!(said.code(), 0);
    assert!(!said.out.contains("MISSING_GOLDEN"), "{}", said.out);
    assert!(
        said.out
            .contains("left out: gone::golden, which the suite does not have"),
        "{}",
        said.out
    );
    let lines = reported(&workspace, &as_format(ReportFormat::Jsonl)).out;
    assert_eq!(lines.lines().count(), 5);
}

fn results_that_cannot_be_read_are_told() {
    let workspace = Workspace::blessed();
    workspace.runner(&[]);
    let path = workspace.newest_run().join("ring.replay.json");
    let sound = fs::read_to_string(&path).unwrap();
    let told = |text: &str, expected: &str| {
        fs::write(&path, text).unwrap();
        let said = self::text(&workspace);
        assert_eq!(said.code(), 2, "{}", said.out);
        assert!(said.out.contains(expected), "{}", said.out);
        assert!(said.out.contains("ring.replay.json: "), "{}", said.out);
        assert!(said.out.contains("ring::replay: no result"), "{}", said.out);
    };
    told("", "the text ends where a value is expected");
    told(&sound[..sound.len() / 2], "the text ends where");
    told(
        &sound.replace("\"v\":2", "\"v\":1"),
        "its format is 1, but this version reads 2",
    );
    told(&sound.replace("MATCH", "match"), "unknown variant `match`");
    told(
        &sound.replace("\"scenario\":\"ring\"", "\"scenario\":\"rang\""),
        "it does not belong to the trial ring::replay",
    );

    let empty = Workspace::blessed();
    let said = text(&empty);
    assert_eq!(said.code(), 2);
    assert!(
        said.error().contains("there are no results yet"),
        "{}",
        said.error()
    );
    let elsewhere = ReportRequest {
        dirs: vec![empty.path("scenarios")],
        ..ReportRequest::default()
    };
    assert_eq!(reported(&empty, &elsewhere).code(), 2);
}

fn the_status_is_that_of_the_worst_verdict() {
    let workspace = Workspace::blessed();
    let check = |edit: (&str, &str), expected| {
        workspace.edit("scenarios/ring/run.toml", edit.0, edit.1);
        workspace.runner(&[]);
        assert_eq!(text(&workspace).code(), expected, "{edit:?}");
    };
    check(("rule = 30", "rule = 30 "), 0);
    check(("rule = 30", "rule = 90"), 1);
    check(("fault = \"\"", "fault = \"error\""), 2);
}

fn lines(workspace: &Workspace, dirs: Vec<PathBuf>) -> Vec<Value> {
    let request = ReportRequest {
        dirs,
        ..as_format(ReportFormat::Jsonl)
    };
    let said = reported(workspace, &request);
    said.out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn every_trial_is_a_line_of_json() {
    let workspace = mixed();
    let listed = workspace.runner(&["--list"]).out;
    let expected: BTreeSet<String> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .map(str::to_owned)
        .collect();
    let lines = lines(&workspace, Vec::new());
    let names = lines.iter().map(|line| line["trial"].as_str().unwrap());
    assert_eq!(names.clone().count(), expected.len());
    assert_eq!(names.map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    for line in &lines {
        let (scenario, check) = (line["scenario"].as_str(), line["check"].as_str());
        assert_eq!(*line, workspace.result(scenario.unwrap(), check.unwrap()));
    }
    fs::remove_file(workspace.newest_run().join("ring.golden.json")).unwrap();
    let absent = self::lines(&workspace, Vec::new())
        .into_iter()
        .find(|line| line["trial"] == "ring::golden")
        .unwrap();
    assert_eq!(absent["verdict"], Value::Null);
    assert_eq!(absent["absent"], "missing");
}

/// A merged JUnit file with a failure, errors, a missing trial and one not asked for.
fn junit() -> (Workspace, PathBuf) {
    let workspace = mixed();
    fs::remove_file(workspace.newest_run().join("coil.replay.json")).unwrap();
    workspace.scenario("far", "", "");
    workspace.edit("scenarios/far/scenario.toml", "instant", "long");
    let path = workspace.path("target/report/junit.xml");
    let request = ReportRequest {
        out: Some(path.clone()),
        ..as_format(ReportFormat::Junit)
    };
    assert_eq!(reported(&workspace, &request).code(), 2);
    (workspace, path)
}

fn junit_is_read_by_another_parser() {
    let (workspace, path) = junit();
    let xml = fs::read_to_string(path).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let number = |node: roxmltree::Node<'_, '_>, name: &str| -> usize {
        node.attribute(name).unwrap().parse().unwrap()
    };
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    // Six scenarios and the long one; five checks each, but one dropped and four of none.
    assert_eq!(number(root, "tests"), 6 * 5 - 1 + 1);
    assert_eq!(number(root, "failures"), 4);
    assert_eq!(number(root, "errors"), 2);
    let suites: Vec<_> = root.children().filter(|node| node.is_element()).collect();
    let names: Vec<_> = suites
        .iter()
        .map(|s| s.attribute("name").unwrap())
        .collect();
    assert_eq!(
        names,
        ["bad", "coil", "far", "fast", "none", "ring", "stale"]
    );
    let case = |scenario: &str, check: &str| {
        document
            .descendants()
            .find(|node| {
                node.attribute("classname") == Some(scenario)
                    && node.attribute("name") == Some(check)
            })
            .unwrap()
    };
    let child = |scenario: &str, check: &str, tag: &str| {
        let case = case(scenario, check);
        case.children().find(|node| node.has_tag_name(tag)).unwrap()
    };
    let failure = child("ring", "golden", "failure");
    let result = workspace.result("ring", "golden");
    assert_eq!(failure.attribute("type"), Some("MISMATCH"));
    assert_eq!(
        failure.attribute("message"),
        result["first_divergence"].as_str()
    );
    assert_eq!(failure.text(), result["message"].as_str());
    assert_eq!(
        child("bad", "golden", "error").attribute("type"),
        Some("INVALID")
    );
    assert_eq!(
        child("coil", "replay", "error").attribute("type"),
        Some("NO_RESULT")
    );
    child("far", "golden", "skipped");
    assert!(!case("ring", "determinism").has_children());
    assert!(case("ring", "determinism").attribute("time").is_some());
}

fn junit_is_read_by_junitparser() {
    let script = "\
import sys
from junitparser import Error, Failure, JUnitXml, Skipped
xml = JUnitXml.fromfile(sys.argv[1])
for suite in xml:
    for case in suite:
        kinds = [type(r).__name__ + ' ' + str(r.type) for r in case.result] or ['Passed']
        print(case.classname + '::' + case.name, *kinds)
";
    let python = |args: &[&str]| Command::new("python3").args(args).output();
    let known = python(&["-c", "import junitparser"]);
    if !known.is_ok_and(|output| output.status.success()) {
        return skipped("python3 does not have junitparser (pip install junitparser)");
    }
    let (_workspace, path) = junit();
    let output = python(&["-c", script, path.to_str().unwrap()]).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let read = String::from_utf8(output.stdout).unwrap();
    let read: BTreeMap<&str, &str> = read
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    assert_eq!(read.len(), 30);
    for (trial, expected) in [
        ("bad::golden", "Error INVALID"),
        ("coil::replay", "Error NO_RESULT"),
        ("far::golden", "Skipped None"),
        ("none::golden", "Failure MISSING_GOLDEN"),
        ("ring::golden", "Failure MISMATCH"),
        ("ring::replay", "Passed"),
        ("stale::golden", "Failure STALE_INPUTS"),
    ] {
        assert_eq!(read[trial], expected, "{trial}");
    }
}

fn annotations_point_at_files_and_fold_what_is_alike() {
    let workspace = mixed();
    let said = reported(&workspace, &as_format(ReportFormat::Github));
    let errors: Vec<&str> = said.out.lines().collect();
    assert_eq!(errors.len(), 4, "{}", said.out);
    let starts = [
        "::error file=scenarios/bad/scenario.toml,title=INVALID bad%3A%3Agolden::INVALID bad::golden: ",
        "::error file=fixtures/snapshots/coil/generations.json,title=MISMATCH coil%3A%3Agolden and 1 \
         alike::MISMATCH coil::golden%0A  tick 3 · grow · cells[0]: ",
        "::error file=scenarios/none/scenario.toml,title=MISSING_GOLDEN none%3A%3Agolden::",
        "::error file=scenarios/stale/run.toml,title=STALE_INPUTS stale%3A%3Agolden::",
    ];
    for (error, start) in errors.iter().zip(starts) {
        assert!(error.starts_with(start), "{error}");
    }
    assert!(
        errors[1].ends_with("%0Aalike: ring::golden"),
        "{}",
        errors[1]
    );
}

fn annotations_are_bounded() {
    let workspace = Workspace::empty();
    for index in 0..20 {
        workspace.write(&format!("scenarios/s{index}/scenario.toml"), "");
    }
    workspace.runner(&[]);
    let said = reported(&workspace, &as_format(ReportFormat::Github));
    let errors: Vec<&str> = said.out.lines().collect();
    assert_eq!(errors.len(), 10);
    assert!(
        errors[9].starts_with("::error title=and 11 more::11 more sorts of failure"),
        "{}",
        errors[9]
    );
}

fn the_page_shows_what_the_trials_found() {
    let workspace = mixed();
    let page = reported(&workspace, &as_format(ReportFormat::Html)).out;
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    for part in [
        "coil::golden",
        "MISSING_GOLDEN",
        "scenarios/stale/run.toml",
        "generations[tick=3].cells[0]",
        "3 scenarios",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

fn shards_make_the_same_report_as_one_run() {
    let workspace = mixed();
    let whole = workspace.newest_run();
    let listed = workspace.runner(&["--list", "--format", "terse"]).out;
    let trials = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    // As nextest does: one process a trial, one run id a shard.
    for (index, trial) in trials.enumerate() {
        let shard = format!("shard-{}", index % 3);
        let mut runner = workspace.process("runner");
        runner.args(["--exact", trial, "--nocapture"]);
        Ran::of(runner.env("NEXTEST_RUN_ID", shard).env(DEFECT, "3"));
    }
    let shards: Vec<PathBuf> = (0..3)
        .map(|shard| whole.with_file_name(format!("shard-{shard}")))
        .collect();
    let sizes: Vec<usize> = shards.iter().map(|shard| stored(shard).len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), stored(&whole).len());
    let timeless = |dirs: Vec<PathBuf>| {
        let mut lines = lines(&workspace, dirs);
        for line in &mut lines {
            line.as_object_mut().unwrap().remove("timing");
        }
        lines
    };
    assert_eq!(timeless(shards.clone()), timeless(vec![whole.clone()]));
    for format in [ReportFormat::Github, ReportFormat::Html] {
        let of = |dirs: &[PathBuf]| {
            let request = ReportRequest {
                dirs: dirs.to_vec(),
                ..as_format(format)
            };
            reported(&workspace, &request).out
        };
        assert_eq!(of(&shards), of(std::slice::from_ref(&whole)));
    }
    // Two of three are not the suite.
    let request = ReportRequest {
        dirs: shards[..2].to_vec(),
        ..ReportRequest::default()
    };
    let said = reported(&workspace, &request);
    let expected = format!("{} without a result\n", sizes[2]);
    assert!(said.out.ends_with(&expected), "{}", said.out);
}

fn long_trials_are_missed_only_when_asked_for() {
    let workspace = Workspace::blessed();
    workspace.scenario("far", "", "");
    workspace.edit("scenarios/far/scenario.toml", "instant", "long");
    workspace.bless("far", "first");
    workspace.runner(&[]);
    let said = text(&workspace);
    assert_eq!(said.code(), 0);
    assert!(
        said.out
            .ends_with("5 passed, 0 failed, 5 long and not asked for\n"),
        "{}",
        said.out
    );
    let all = ReportRequest {
        include_ignored: true,
        ..ReportRequest::default()
    };
    assert_eq!(reported(&workspace, &all).code(), 1);
    workspace.runner(&["--include-ignored"]);
    assert_eq!(reported(&workspace, &all).code(), 0);
}

fn a_comment_has_what_a_reviewer_needs() {
    let workspace = mixed();
    let said = reported(&workspace, &as_format(ReportFormat::Markdown));
    for text in [
        "<!-- aether-harness -->\n### ",
        "| MISMATCH | ",
        "| STALE_INPUTS | 1 |",
        "#### Similar changes",
        "- `grow · generations/*/cells/*",
        "  - first divergence: `coil::golden: tick ",
        "  - cause: `stale::golden: scenarios/stale/run.toml rule: 30 → 90`",
        "cargo xtask bless coil none ring stale --reason",
        "<details><summary>MISMATCH <code>coil::golden: tick ",
    ] {
        assert!(said.out.contains(text), "{text}: {}", said.out);
    }
    assert!(said.out.len() <= 65_536);
}

fn a_runtime_far_from_what_was_measured_is_a_warning() {
    let workspace = Workspace::blessed();
    assert_eq!(workspace.runner(&[]).status, Some(0));
    assert!(!text(&workspace).out.contains("runtime"));
    let path = workspace.newest_run().join("ring.golden.json");
    let mut result: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    result["timing"]["seconds"] = 1.25.into();
    fs::write(&path, result.to_string()).unwrap();
    let said = text(&workspace);
    let warning =
        "ring: `runtime = \"instant\"` is for runs below 0.1 s, and ring::golden took 1.2 s";
    assert!(
        said.out.contains(&format!("warning: {warning}")),
        "{}",
        said.out
    );
    // Never part of a verdict.
    assert_eq!(said.code(), 0);
    let said = reported(&workspace, &as_format(ReportFormat::Github));
    let annotation =
        format!("::warning file=scenarios/ring/scenario.toml,title=runtime::{warning}\n");
    assert_eq!((said.out, said.result.unwrap().code()), (annotation, 0));
}

#[cfg(unix)]
fn a_run_says_that_an_instant_scenario_took_a_second() {
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/sleepy/scenario.toml",
        "description = \"d\"\nruntime = \"instant\"\n\
         [command]\nprogram = \"sh\"\nargs = [\"-c\", \"sleep 1; echo '[1]'\"]\n\
         [[outputs]]\nname = \"out\"\nfrom = \"stdout\"\n",
    );
    workspace.bless("sleepy", "first");
    let ran = workspace.runner(&["sleepy::golden", "--exact"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(
        ran.err.contains("warning: sleepy: `runtime = \"instant\"`"),
        "{}",
        ran.err
    );
}

#[cfg(not(unix))]
fn a_run_says_that_an_instant_scenario_took_a_second() {}
