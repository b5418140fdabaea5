//! A run in a new process with a changed environment, and what causes a difference.

use crate::workspace::{Ran, Workspace};

crate::tests![process;
    what_depends_on_its_environment_is_attributed,
    what_differs_in_itself_is_attributed,
    a_crash_elsewhere_is_a_failure,
    what_could_not_be_changed_is_named,
];

#[track_caller]
fn check(fault: &str, trial: &str, verdict: &str, expected: &str) {
    let workspace = Workspace::blessed();
    workspace.edit(
        "scenarios/ring/run.toml",
        "fault = \"\"",
        &format!("fault = \"{fault}\""),
    );
    let mut runner = workspace.process("runner");
    // The fault `crash` ends the process where a time zone is set.
    runner
        .args([&format!("ring::{trial}"), "--exact"])
        .env_remove("TZ");
    let ran = Ran::of(&mut runner);
    assert_eq!(ran.status, Some(101), "{fault}: {}{}", ran.out, ran.err);
    let result = workspace.result("ring", trial);
    assert_eq!(result["verdict"], verdict, "{fault}: {result}");
    let message = result["message"].as_str().unwrap();
    assert!(message.contains(expected), "{fault}: {message}");
    let products = workspace.path("target/scenarios");
    let left = std::fs::read_dir(products)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter(|name| name.starts_with(".child"));
    assert_eq!(left.count(), 0);
}

fn what_depends_on_its_environment_is_attributed() {
    let case = |fault, expected: &str| check(fault, "process", "NONDETERMINISTIC", expected);
    case("zone", "\n  caused by the time zone (TZ): changed alone");
    case(
        "user",
        "\n  caused by the environment variables: changed alone",
    );
    case(
        "language",
        "\n  caused by the locale (LC_ALL, LANG): changed alone",
    );
    case(
        "directory",
        "\n  caused by the working directory: changed alone",
    );
}

fn what_differs_in_itself_is_attributed() {
    let case = |fault, expected: &str| check(fault, "determinism", "NONDETERMINISTIC", expected);
    case("clock", "the values grow from run to run: a clock");
    case("memory", "state outlives a run");
    case(
        "shuffle",
        "the same values in another order, also on one processor: the order of a hash map",
    );
    case("dice", "different values in each run: a random seed");
    check(
        "dice",
        "process",
        "NONDETERMINISTIC",
        "different values in each run",
    );
}

fn a_crash_elsewhere_is_a_failure() {
    check(
        "crash",
        "process",
        "PROGRAM_ERROR",
        "with a changed environment: its process ended with",
    );
    // The change that matters is found for a failure too.
    check(
        "crash",
        "process",
        "PROGRAM_ERROR",
        "\n  caused by the time zone (TZ): changed alone",
    );
}

/// Where all of it can be changed, there is nothing to say.
fn what_could_not_be_changed_is_named() {
    let ran = Workspace::blessed().runner(&["ring::process", "--exact"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let note = ran.err.lines().find(|line| line.contains("not be changed"));
    assert!(
        note.is_none_or(|note| !note.trim_end().ends_with("changed:")),
        "{}",
        ran.err
    );
}
