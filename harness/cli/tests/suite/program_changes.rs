//! What identifies a program: its version and its code are recorded, and a change of them is mentioned, but is
//! neither a cause nor a verdict.

use std::process::Command;

use serde_json::{Value, json};

use crate::review::answered;
use crate::workspace::{Ran, Workspace, has, skipped};

crate::tests![program_changes;
    a_changed_program_is_mentioned_everywhere,
    what_nothing_explains_is_said,
    goldens_that_do_not_change_are_not_rewritten,
    a_version_is_asked_for_once,
    a_version_that_cannot_be_had_is_invalid,
    two_branches_change_the_program,
];

const MANIFEST: &str = "fixtures/snapshots/a/snapshot.toml";

/// A scenario of a shell script in `src/`, which has a version of its own.
fn workspace(names: &[&str]) -> Option<Workspace> {
    if !cfg!(unix) {
        return None;
    }
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/defaults.toml",
        "code = [\"{root}/src/*\"]\n\
         [command]\nprogram = \"sh\"\nargs = [\"{root}/src/sim.sh\", \"{scenario}/day.json\"]\n\
         version = [\"{root}/tool/version\", \"--of\", \"{root}\"]\n\
         [[outputs]]\nname = \"o\"\nfrom = \"stdout\"\nstage = \"sum\"\n",
    );
    for name in names {
        workspace.write(
            &format!("scenarios/{name}/scenario.toml"),
            "description = \"d\"\n",
        );
        workspace.write(&format!("scenarios/{name}/day.json"), "{\"k\": 1}");
    }
    workspace.write("src/sim.sh", "echo '{\"x\": 1}'\n");
    workspace.write("src/lib.sh", "true\n");
    version(&workspace, "echo sim 1.25");
    Some(workspace)
}

/// Makes the program that prints the version.
fn version(workspace: &Workspace, script: &str) {
    workspace.write(
        "tool/version",
        &format!("#!/bin/sh\necho >> asked\n{script}\n"),
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(workspace.path("tool/version"), mode).unwrap();
    }
}

fn harness(workspace: &Workspace, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
    command.args(args).current_dir(workspace.root());
    for name in ["CI", "CARGO_TARGET_DIR", "NEXTEST_RUN_ID"] {
        command.env_remove(name);
    }
    Ran::of(&mut command)
}

#[track_caller]
fn says(workspace: &Workspace, args: &[&str], status: i32, expected: &[&str]) -> String {
    let ran = harness(workspace, args);
    let said = format!("{}{}", ran.out, ran.err);
    assert_eq!(ran.status, Some(status), "{args:?}: {said}");
    for text in expected {
        assert!(said.contains(text), "{args:?}: {text:?} is not in\n{said}");
    }
    said
}

fn a_changed_program_is_mentioned_everywhere() {
    let Some(workspace) = workspace(&["a"]) else {
        return;
    };
    says(&workspace, &["bless", "a", "--reason", "first"], 0, &[]);
    let manifest = workspace.read(MANIFEST);
    for text in [
        "[program]\nversion = \"sim 1.25\"\n",
        "[program.code]\n",
        "\"src/sim.sh\" = ",
    ] {
        assert!(manifest.contains(text), "{text}: {manifest}");
    }
    // Changed code and inputs, and outputs that differ.
    workspace.write("src/sim.sh", "echo '{\"x\": 2}'\n");
    workspace.write("src/new.sh", "");
    std::fs::remove_file(workspace.path("src/lib.sh")).unwrap();
    version(&workspace, "echo sim 1.30");
    let line = "the program changed too: sim 1.25 → 1.30; src/lib.sh (removed); src/new.sh (new); \
                src/sim.sh";
    says(
        &workspace,
        &["run", "a::golden", "--exact"],
        1,
        &["MISMATCH", line],
    );
    says(&workspace, &["diff"], 1, &["a: MISMATCH", line]);
    workspace.write("scenarios/a/day.json", "{\"k\": 2}");
    says(
        &workspace,
        &["diff"],
        1,
        &["a: STALE_INPUTS", "k: 1 → 2", line],
    );
    says(
        &workspace,
        &["run", "a::golden", "--exact"],
        1,
        &["STALE_INPUTS", line],
    );
    says(&workspace, &["report", "--format", "markdown"], 1, &[line]);
    says(
        &workspace,
        &["report", "--format", "junit"],
        1,
        &["the program changed too: sim 1.25"],
    );
    says(&workspace, &["diff", "--format", "html"], 1, &[line]);
    says(&workspace, &["bless", "a", "--dry-run"], 0, &[line]);
    let said = answered(&workspace, &[("q", None)]);
    assert!(said.out.contains(line), "{}", said.out);
    let ran = harness(&workspace, &["diff", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let program = report["scenarios"][0]["program"].as_array().unwrap();
    assert_eq!(
        program[0],
        json!({"what": "sim", "before": "1.25", "after": "1.30"})
    );
    let files: Vec<&Value> = program[1..].iter().map(|change| &change["what"]).collect();
    assert_eq!(files, ["src/lib.sh", "src/new.sh", "src/sim.sh"]);
    assert_eq!(program[1]["after"], Value::Null);
    assert_eq!(program[2]["before"], Value::Null);
    assert_eq!(program[3]["before"].as_str().unwrap().len(), 64);
    // It is not among the causes.
    let causes = report["scenarios"][0]["causes"].as_array().unwrap();
    assert_eq!(causes.len(), 1, "{causes:?}");

    says(
        &workspace,
        &["bless", "a", "--reason", "second"],
        0,
        &[line],
    );
    let ran = harness(&workspace, &["diff", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["scenarios"][0]["program"], json!([]));
    let manifest = workspace.read(MANIFEST);
    assert!(
        manifest.contains("sim 1.30") && !manifest.contains("lib.sh"),
        "{manifest}"
    );
}

fn what_nothing_explains_is_said() {
    let Some(workspace) = workspace(&["a"]) else {
        return;
    };
    workspace.write("dependency", "1");
    workspace.write(
        "src/sim.sh",
        "echo \"{\\\"x\\\": $(cat ${0%src*}dependency)}\"\n",
    );
    says(&workspace, &["bless", "a", "--reason", "r"], 0, &[]);
    workspace.write("dependency", "2");
    let line = "neither the inputs nor the code changed";
    says(
        &workspace,
        &["run", "a::golden", "--exact"],
        1,
        &["MISMATCH", line],
    );
    says(&workspace, &["diff"], 1, &[line]);
    says(
        &workspace,
        &["diff", "--format", "json"],
        1,
        &[line, "\"program\": []"],
    );
    // What explains it is said instead.
    workspace.write("src/lib.sh", "false\n");
    let said = says(
        &workspace,
        &["diff"],
        1,
        &["the program changed too: src/lib.sh"],
    );
    assert!(!said.contains(line), "{said}");
    // Goldens that know nothing of the program say nothing of it.
    workspace.write("src/lib.sh", "true\n");
    let manifest = workspace.read(MANIFEST);
    let (start, rest) = manifest.split_once("[program]").unwrap();
    let (_, blesses) = rest.split_once("[[bless]]").unwrap();
    workspace.write(MANIFEST, &format!("{start}[[bless]]{blesses}"));
    let said = says(&workspace, &["diff"], 1, &["a: MISMATCH"]);
    assert!(!said.contains(line), "{said}");
    workspace.write("dependency", "1");
    says(&workspace, &["run"], 0, &["3 passed"]);
}

fn goldens_that_do_not_change_are_not_rewritten() {
    let Some(workspace) = workspace(&["a"]) else {
        return;
    };
    says(&workspace, &["bless", "a", "--reason", "r"], 0, &[]);
    let manifest = workspace.read(MANIFEST);
    workspace.write("src/lib.sh", "false\n");
    version(&workspace, "echo sim 2");
    says(
        &workspace,
        &["bless", "a", "--reason", "r"],
        0,
        &["a: nothing to change"],
    );
    let said = says(&workspace, &["run"], 0, &["3 passed"]);
    assert!(!said.contains("the program changed"), "{said}");
    assert_eq!(workspace.read(MANIFEST), manifest);
}

fn a_version_is_asked_for_once() {
    let Some(workspace) = workspace(&["a", "b", "c"]) else {
        return;
    };
    let asked = || workspace.read("asked").lines().count();
    says(&workspace, &["bless", "--all", "--reason", "r"], 0, &[]);
    assert_eq!(asked(), 1);
    says(&workspace, &["run"], 0, &["9 passed"]);
    assert_eq!(asked(), 2);
    // Another question is asked as well.
    workspace.write(
        "scenarios/b/scenario.toml",
        "description = \"d\"\n[command]\nversion = [\"{root}/tool/version\"]\n",
    );
    says(&workspace, &["run"], 0, &["9 passed"]);
    assert_eq!(asked(), 4);
    for args in [&["show", "a"][..], &["check"]] {
        says(&workspace, args, 0, &[]);
    }
    assert_eq!(asked(), 4);
}

fn a_version_that_cannot_be_had_is_invalid() {
    let Some(workspace) = workspace(&["a"]) else {
        return;
    };
    let trial = ["run", "a::golden", "--exact"];
    let fails = |script: &str, expected: &str| {
        version(&workspace, script);
        let command = "the version command `'{root}/tool/version' --of '{root}'` ";
        let expected = format!("{command}{expected}");
        says(&workspace, &trial, 1, &["INVALID a::golden: ", &expected]);
    };
    fails(
        "echo oops >&2; exit 4",
        "ended with exit status: 4\n  | oops",
    );
    fails("true", "printed nothing");
    says(
        &workspace,
        &["bless", "a", "--reason", "r"],
        2,
        &["a INVALID: the version command"],
    );
    workspace.edit(
        "scenarios/a/scenario.toml",
        "d\"\n",
        "d\"\ntime_limit = 0.4\n",
    );
    fails(
        "sleep 600",
        "exceeded its time limit of 0.4 s and was killed",
    );
    workspace.write(
        "scenarios/a/scenario.toml",
        "description = \"d\"\n[command]\nversion = [\"no-such-tool\"]\n",
    );
    says(
        &workspace,
        &trial,
        1,
        &["INVALID", "`no-such-tool` cannot be run: No such file"],
    );
    workspace.write(
        "scenarios/a/scenario.toml",
        "description = \"d\"\n[command]\nversion = []\n",
    );
    says(
        &workspace,
        &trial,
        1,
        &["INVALID", "scenario.toml:3:11: version is a command"],
    );
}

fn two_branches_change_the_program() {
    if !has("git") {
        return skipped("there is no git");
    }
    let Some(workspace) = workspace(&["a"]) else {
        return;
    };
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=n", "-c", "user.email=e@example.org"]);
        command.args(["-c", "merge.conflictStyle=merge"]);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        Ran::of(command.args(args).current_dir(workspace.root()))
    };
    let done = |args: &[&str]| {
        let ran = git(args);
        assert_eq!(ran.status, Some(0), "{args:?}: {}{}", ran.out, ran.err);
    };
    workspace.write(".gitignore", "/target\n/asked\n.bless*\n");
    says(&workspace, &["bless", "a", "--reason", "first"], 0, &[]);
    done(&["init", "--quiet", "--initial-branch=main", "."]);
    done(&["add", "."]);
    done(&["commit", "--quiet", "-m", "first"]);
    for (branch, x) in [("theirs", 2), ("ours", 3)] {
        done(&["checkout", "--quiet", "-b", branch, "main"]);
        workspace.write("src/sim.sh", &format!("echo '{{\"x\": {x}}}'\n"));
        version(&workspace, &format!("echo sim {x}"));
        says(&workspace, &["bless", "a", "--reason", branch], 0, &[]);
        done(&["commit", "--quiet", "-am", branch]);
    }
    assert_eq!(git(&["merge", "theirs"]).status, Some(1));
    done(&["checkout", "--ours", "--", "src", "tool"]);
    let conflict = "snapshot.toml has the conflict markers of a merge";
    says(&workspace, &["run", "a::golden", "--exact"], 1, &[conflict]);
    says(&workspace, &["bless", "a", "--reason", "both"], 0, &[]);
    let manifest = workspace.read(MANIFEST);
    let reasons: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("reason = "))
        .collect();
    assert_eq!(
        reasons,
        ["\"first\"", "\"ours\"", "\"theirs\"", "\"both\""],
        "{manifest}"
    );
    assert!(manifest.contains("version = \"sim 3\""), "{manifest}");
    says(&workspace, &["run"], 0, &["3 passed"]);
}
