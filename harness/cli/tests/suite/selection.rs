//! Which trials a command line means, and what it refuses to mean.

use std::collections::BTreeSet;
use std::fs;

use crate::workspace::Workspace;

crate::tests![selection;
    every_scenario_has_every_check,
    a_filter_that_names_a_check_and_matches_nothing_is_an_error,
    any_other_filter_that_matches_nothing_is_a_warning,
    no_scenarios_is_an_error,
    exact_reads_one_directory,
    long_scenarios_wait_to_be_asked_for,
    skips_and_threads_are_as_people_expect,
    dropped_checks_are_gone_and_told,
    names_that_differ_only_by_case_are_refused,
    json_output_stays_json,
    the_list_protocol_of_nextest,
];

fn names(listed: &str) -> BTreeSet<String> {
    listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn check_names(workspace: &Workspace, args: &[&str], expected: &[&str]) {
    let ran = workspace.runner(args);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let expected: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(names(&ran.out), expected);
}

fn every_scenario_has_every_check() {
    let workspace = Workspace::blessed();
    workspace.write("scenarios/README.md", "What these are for.\n");
    workspace.write("scenarios/.cache/x", "");
    let all = [
        "ring::golden",
        "ring::determinism",
        "ring::process",
        "ring::threads",
        "ring::replay",
    ];
    check_names(&workspace, &["--list"], &all);
    let listed = workspace.runner(&["--list"]).out;
    assert!(
        listed.starts_with("ring::golden: test\nring::determinism: test\n"),
        "{listed}"
    );
}

fn a_filter_that_names_a_check_and_matches_nothing_is_an_error() {
    let workspace = Workspace::blessed();
    let check = |args: &[&str], expected: &str| {
        let ran = workspace.runner(args);
        assert_eq!(ran.status, Some(2), "{args:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(expected), "{args:?}: {}", ran.err);
        assert_eq!(ran.out, "");
    };
    check(
        &["rin::golden"],
        "no trial matches `rin::golden`; did you mean `ring`?",
    );
    check(
        &["rin::golden", "--exact"],
        "no trial matches `rin::golden`; did you mean `ring`?",
    );
    std::fs::create_dir(workspace.path("scenarios/prog")).unwrap();
    workspace.write(
        "scenarios/prog/scenario.toml",
        "description = \"d\"\n[command]\nprogram = \"sh\"\n\
         [[outputs]]\nname = \"a\"\nfrom = \"stdout\"\n",
    );
    check(
        &["prog::replay", "--exact"],
        "its subject does not offer it",
    );
    check(&["prog::replay"], "its subject does not offer it");
    check(&["zzz::determinism"], "no trial matches `zzz::determinism`");
    check(
        &["zzz::determinism", "--list"],
        "no trial matches `zzz::determinism`",
    );
}

fn any_other_filter_that_matches_nothing_is_a_warning() {
    let workspace = Workspace::blessed();
    for filter in ["umx::tests", "golden2", "ring::gold"] {
        let ran = workspace.runner(&[filter]);
        if filter == "ring::gold" {
            assert!(ran.out.contains("1 passed"), "{}", ran.out);
            continue;
        }
        assert_eq!(ran.status, Some(0), "{}", ran.err);
        let expected = format!("warning: no scenario trial matches `{filter}`");
        assert!(ran.err.contains(&expected), "{}", ran.err);
    }
}

fn no_scenarios_is_an_error() {
    let workspace = Workspace::empty();
    workspace.write("scenarios/README.md", "");
    for args in [&[][..], &["--list"], &["golden"]] {
        let ran = workspace.runner(args);
        assert_eq!(ran.status, Some(2));
        assert!(ran.err.contains("there are no scenarios"), "{}", ran.err);
    }
    fs::remove_dir_all(workspace.path("scenarios")).unwrap();
    let ran = workspace.runner(&[]);
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.err.contains("the scenarios cannot be read"),
        "{}",
        ran.err
    );
}

fn exact_reads_one_directory() {
    let workspace = Workspace::blessed();
    // A scan would refuse these two.
    workspace.scenario("twin", "", "");
    workspace.scenario("TWIN", "", "");
    let ran = workspace.runner(&["ring::golden", "--exact", "--nocapture"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(ran.out.contains("running 1 test"), "{}", ran.out);
    // Nor is anything else read than a check needs: there is no directory of goldens to look for
    // orphans in.
    fs::remove_dir_all(workspace.path("fixtures/snapshots")).unwrap();
    workspace.write("fixtures/snapshots", "");
    let ran = workspace.runner(&["ring::determinism", "--exact"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    // A filter without `--exact` is looked for everywhere.
    let ran = workspace.runner(&["ring::determinism"]);
    assert_eq!(ran.status, Some(2), "{}", ran.out);
}

fn long_scenarios_wait_to_be_asked_for() {
    let workspace = Workspace::blessed();
    workspace.scenario("far", "", "");
    workspace.edit("scenarios/far/scenario.toml", "instant", "long");
    workspace.bless("far", "first");
    let passed = |args: &[&str]| {
        let out = workspace.runner(args).out;
        let count = out.split("test result: ok. ").nth(1).unwrap();
        count.split(" filtered").next().unwrap().to_owned()
    };
    assert_eq!(
        passed(&["golden"]),
        "1 passed; 0 failed; 1 ignored; 0 measured; 8"
    );
    assert_eq!(
        passed(&["golden", "--ignored"]),
        "1 passed; 0 failed; 0 ignored; 0 measured; 9"
    );
    assert_eq!(
        passed(&["golden", "--include-ignored"]),
        "2 passed; 0 failed; 0 ignored; 0 measured; 8"
    );
}

fn skips_and_threads_are_as_people_expect() {
    let workspace = Workspace::blessed();
    let ran = workspace.runner(&[
        "--skip",
        "process",
        "--skip",
        "replay",
        "--test-threads",
        "1",
    ]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(ran.out.contains("3 passed; 0 failed"), "{}", ran.out);
    let ran = workspace.runner(&["ring", "--skip", "ring"]);
    assert!(
        ran.err.contains("warning: no scenario trial"),
        "{}",
        ran.err
    );
    let ran = workspace.runner(&["ring::golden", "--skip", "golden"]);
    assert_eq!(ran.status, Some(2), "{}", ran.err);
}

fn dropped_checks_are_gone_and_told() {
    let workspace = Workspace::empty();
    workspace.scenario("ring", "[drop]\nthreads = \"it has one thread\"\n", "");
    workspace.bless("ring", "first");
    let ran = workspace.runner(&[]);
    assert!(!ran.out.contains("ring::threads"), "{}", ran.out);
    assert!(
        ran.err
            .contains("dropped: ring::threads: it has one thread"),
        "{}",
        ran.err
    );
    let ran = workspace.runner(&["ring::threads", "--exact"]);
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.err
            .contains("ring drops the check `threads`: it has one thread"),
        "{}",
        ran.err
    );
}

fn names_that_differ_only_by_case_are_refused() {
    let workspace = Workspace::blessed();
    workspace.scenario("Ring", "", "");
    let ran = workspace.runner(&["--list"]);
    if workspace.path("scenarios/RING").exists() {
        return; // A file system that ignores case cannot hold both.
    }
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.err.contains("`Ring` and `ring` differ only in case"),
        "{}",
        ran.err
    );
}

fn json_output_stays_json() {
    let workspace = Workspace::blessed();
    workspace.scenario(
        "fresh",
        "[drop]\nreplay = \"no \\\"checkpoints\\\"\"\n",
        "panic",
    );
    let ran = workspace.runner(&["--format", "json"]);
    assert_eq!(ran.status, Some(101));
    let events: Vec<serde_json::Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let failed = events
        .iter()
        .filter(|event| event["event"] == "failed" && event["type"] == "test");
    assert_eq!(failed.count(), 4);
}

fn the_list_protocol_of_nextest() {
    let workspace = Workspace::blessed();
    workspace.scenario("far", "", "");
    workspace.edit("scenarios/far/scenario.toml", "instant", "long");
    let all = names(&workspace.runner(&["--list", "--format", "terse"]).out);
    let ignored = names(
        &workspace
            .runner(&["--list", "--format", "terse", "--ignored"])
            .out,
    );
    assert_eq!(all.len(), 10);
    assert!(ignored.iter().all(|name| name.starts_with("far::")));
    assert_eq!(ignored.len(), 5);
    workspace.bless("far", "first");
    for name in all {
        let ran = workspace.runner(&["--exact", &name, "--nocapture", "--include-ignored"]);
        assert!(
            ran.out.contains("1 passed"),
            "{name}: {}{}",
            ran.out,
            ran.err
        );
    }
}
