//! Programs that hide, multiply, flood and will not listen.

use std::fs;
use std::time::{Duration, Instant};

use crate::program::{SHELL, STDOUT, fails, run, simple, workspace};
use crate::workspace::{Workspace, has, skipped};

crate::tests![hostile;
    outputs_stay_in_the_directory_of_the_run,
    a_program_that_hangs_is_ended_with_all_it_started,
    nothing_outlives_a_program_that_ended,
    endless_output_is_bounded,
    a_session_of_its_own_is_no_hiding_place,
    what_ignores_every_signal_is_ended,
    what_multiplies_is_ended_to_the_last,
    what_hides_ends_with_a_runner_that_is_killed,
    a_program_ends_as_it_would_alone,
];

/// The file never comes, though a process that should be gone would have made it by now.
fn assert_gone(workspace: &Workspace, file: &str) {
    std::thread::sleep(Duration::from_millis(3500));
    assert!(!workspace.path(file).exists());
}

fn outputs_stay_in_the_directory_of_the_run() {
    let file = "from = \"out.json\"";
    let engine = |script: &str, output: &str, expected: &[&str]| {
        fails(script, SHELL, output, "PROGRAM_ERROR", expected);
    };
    let out = "leads out of the directory in which the program ran";
    engine("ln -s /etc/hostname out.json", file, &[out]);
    let up = "or a file or glob below the directory in which the program runs, without `..`";
    fails("", SHELL, "from = \"up/../../x\"", "INVALID", &[up]);
    engine(
        "echo 1 > ../../../../x.json; ln -s ../../../../x.json out.json",
        file,
        &[out],
    );
    // A link to a file of its own is none of that.
    let script = "echo 1 > one.json; ln -s one.json out.json";
    let Some(workspace) = simple(script, "", SHELL, file) else {
        return;
    };
    assert_eq!(run(&workspace).status, Some(0));
}

fn a_program_that_hangs_is_ended_with_all_it_started() {
    let script = "echo started >&2\n(sleep 3; echo late > ../../../../late) &\nsleep 60\n";
    let Some(workspace) = workspace(script, "time_limit = 0.3") else {
        return;
    };
    let start = Instant::now();
    let ran = workspace.runner(&["sums::determinism", "--exact"]);
    assert!(
        ran.out
            .contains("TIMEOUT sums::determinism: exceeded its time limit of 0.3 s"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("\n  | started\n"), "{}", ran.out);
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_gone(&workspace, "late");
}

fn nothing_outlives_a_program_that_ended() {
    let script = "(sleep 3; echo late > ../../../../late) > /dev/null 2>&1 &\necho 1\n";
    let Some(workspace) = simple(script, "", SHELL, STDOUT) else {
        return;
    };
    assert_eq!(run(&workspace).status, Some(0));
    assert_gone(&workspace, "late");
}

fn endless_output_is_bounded() {
    let engine = |script: &str, output: &str, expected: &[&str]| {
        fails(script, SHELL, output, "PROGRAM_ERROR", expected);
    };
    engine(
        "echo before >&2; yes 123456789",
        STDOUT,
        &["stdout grew beyond 256 MiB, and the program was killed\n  | before"],
    );
    engine("yes >&2", STDOUT, &["stderr grew beyond 256 MiB"]);
    engine(
        "yes > out.json",
        "from = \"out.json\"",
        &["out.json grew beyond 256 MiB"],
    );
}

/// Starts a process in a session of its own, whose parent is gone at once, and writes its id down.
const HIDE: &str = "hide() { (setsid sh -c 'trap \"\" HUP INT TERM QUIT; echo $$ >> ../../../../pids; \
                    while :; do sleep 600; done' > /dev/null 2>&1 &) }\n\
                    hidden() { while [ \"$(cat ../../../../pids 2> /dev/null | wc -l)\" -lt $1 ]; do \
                    sleep 0.01; done; }\n";

/// Whether this machine can tell: a keeper needs Linux, and the scripts need `setsid`.
fn can_hide() -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    if !has("setsid") {
        skipped("there is no setsid");
        return false;
    }
    true
}

/// Checks that as many processes wrote their ids down, and that none of them is there any more.
#[track_caller]
fn assert_ended(workspace: &Workspace, count: usize) {
    let ids = workspace.read("pids");
    assert_eq!(ids.lines().count(), count, "{ids}");
    for id in ids.lines() {
        // An id that has gone to another process by now is not one of a shell that sleeps.
        let command = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        assert!(!command.contains("pids"), "{id} is still running");
    }
}

fn a_session_of_its_own_is_no_hiding_place() {
    if !can_hide() {
        return;
    }
    let script = format!("{HIDE}hide; hidden 1; echo 1\n");
    let Some(workspace) = simple(&script, "", SHELL, STDOUT) else {
        return;
    };
    let ran = run(&workspace);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    // Three runs of one trial, each with a process that hides.
    let runs = workspace.read("pids").lines().count();
    assert!(runs > 0);
    assert_ended(&workspace, runs);
}

fn what_ignores_every_signal_is_ended() {
    if !can_hide() {
        return;
    }
    let script = format!(
        "trap '' HUP INT TERM QUIT TSTP PIPE\n{HIDE}hide; hidden 1\nwhile :; do sleep 600; done\n"
    );
    let Some(workspace) = simple(&script, "time_limit = 20", SHELL, STDOUT) else {
        return;
    };
    let mut runner = workspace.process("runner");
    let mut runner = runner
        .args(["one::determinism", "--exact"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until_begun(&workspace);
    let id = rustix::process::Pid::from_child(&runner);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert_eq!(runner.wait().unwrap().code(), Some(130));
    wait_until_ended(&workspace);
    assert_ended(&workspace, 1);
}

/// Waits until a program has written the number of a process that it left behind.
fn wait_until_begun(workspace: &Workspace) {
    let pids = workspace.path("pids");
    while !fs::read_to_string(&pids).is_ok_and(|pids| pids.ends_with('\n')) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The runner itself does not wait for what it asked to end.
fn wait_until_ended(workspace: &Workspace) {
    let is_there = |id: &str| {
        let command = fs::read_to_string(format!("/proc/{id}/cmdline"));
        command.is_ok_and(|command| command.contains("pids"))
    };
    for _ in 0..6_000 {
        if !workspace.read("pids").lines().any(is_there) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn what_multiplies_is_ended_to_the_last() {
    if !can_hide() {
        return;
    }
    let count = 40;
    let script = format!(
        "{HIDE}i=0; while [ $i -lt {count} ]; do hide; i=$((i+1)); done\nhidden {count}\n\
         rm ../../../../pids.old 2> /dev/null; echo 1\n"
    );
    let Some(workspace) = simple(&script, "", SHELL, STDOUT) else {
        return;
    };
    // One run is enough.
    let ran = workspace.runner(&["one::determinism", "--exact"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let all = workspace.read("pids").lines().count();
    assert!(all >= count);
    assert_ended(&workspace, all);
}

/// Nobody can handle this signal: the system tells the keeper.
fn what_hides_ends_with_a_runner_that_is_killed() {
    if !can_hide() {
        return;
    }
    let script = format!("{HIDE}hide; hidden 1; sleep 600\n");
    let Some(workspace) = simple(&script, "", SHELL, STDOUT) else {
        return;
    };
    let mut runner = workspace.process("runner");
    let mut runner = runner
        .args(["one::determinism", "--exact"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until_begun(&workspace);
    runner.kill().unwrap();
    runner.wait().unwrap();
    wait_until_ended(&workspace);
    assert_ended(&workspace, 1);
}

fn a_program_ends_as_it_would_alone() {
    for (script, expected) in [
        ("exit 7", "the program ended with exit status: 7"),
        (
            "kill -TERM $$",
            "the program ended with signal: 15 (SIGTERM)",
        ),
        (
            "kill -SEGV $$",
            "the program ended with signal: 11 (SIGSEGV)",
        ),
        (
            "kill -KILL $$",
            "the program ended with signal: 9 (SIGKILL)",
        ),
        // Its group is its own, and its keeper is not in it.
        (
            "trap 'exit 8' TERM; kill -TERM 0; exit 9",
            "the program ended with exit status: 8",
        ),
    ] {
        fails(script, SHELL, STDOUT, "PROGRAM_ERROR", &[expected]);
    }
}
