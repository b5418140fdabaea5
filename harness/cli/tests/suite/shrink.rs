//! `shrink`: programs, subjects of this process, and what is kept.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bisect::{can_run, queue, rules, without_commits};
use crate::planted;
use crate::repository::{Repository, tree};
use crate::workspace::{Ran, Workspace};

crate::tests![shrink;
    a_program_is_compared_with_that_of_its_goldens,
    what_is_kept_fails_for_the_same_reason,
    documents_tables_and_texts_become_smaller,
    errors_limits_and_runs_that_differ_are_found_again,
    what_differs_by_chance_or_environment_is_kept,
    another_fault_will_do_if_any_will,
    an_expected_failure_is_shrunk,
    a_crate_is_compared_by_its_test_target,
    outputs_that_are_too_large_for_goldens_are_compared_by_digests,
    a_directory_that_is_no_scenario_is_shrunk,
    what_does_not_fail_is_not_shrunk,
    a_budget_and_a_limit_leave_the_best_so_far,
    a_killed_search_leaves_nothing,
    the_smallest_monday_in_the_documentation_is_real,
];

/// What a command wrote as JSON.
#[track_caller]
fn report(ran: &Ran) -> Value {
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

/// A queue whose rule has changed since its goldens were committed.
fn changed_queue() -> Repository {
    let repository = queue();
    repository.write("rules.py", &rules("clerks + 1"));
    repository.commit("serve one more");
    repository
}

fn a_program_is_compared_with_that_of_its_goldens() {
    if !can_run(true) {
        return;
    }
    let repository = changed_queue();
    let before = tree(repository.root());
    let goldens = report(&repository.run(&["shrink", "monday", "--format", "json"]));
    assert_eq!(goldens["name"], "monday");
    assert_eq!(goldens["verdict"], "MISMATCH");
    assert_eq!(goldens["minimal"], true);
    assert_eq!(goldens["kept"], Value::Null);
    let first = &goldens["first_divergence"];
    assert_eq!(first["stage"], "counter");
    assert_eq!(first["path"], "minutes[minute=1].served");
    assert_eq!([&first["before"], &first["after"]], [0, 1]);
    assert_eq!(
        goldens["inputs"]["day.json"],
        json!({ "arrivals": [1], "clerks": 0 })
    );
    assert_eq!(goldens["size_after"]["values"], 2);
    let size = |when: &str| goldens[when]["bytes"].as_u64().unwrap();
    assert!(size("size_after") < size("size_before"), "{goldens}");
    assert!(goldens["runs"].as_u64().unwrap() > 10);
    // The same with a revision by name, twice.
    let named = [
        "shrink",
        "monday",
        "--against",
        "HEAD~1",
        "--format",
        "json",
    ];
    let [one, other] = [0, 1].map(|_| report(&repository.run(&named)));
    assert_eq!(one, other);
    assert_eq!(one["inputs"], goldens["inputs"]);
    assert_eq!(tree(repository.root()), before);
}

fn what_is_kept_fails_for_the_same_reason() {
    if !can_run(true) {
        return;
    }
    let repository = changed_queue();
    let keep = ["shrink", "monday", "--keep", "tiny"];
    let refused = Ran::of(repository.command(&keep).env("CI", "1"));
    assert_eq!(refused.status, Some(2), "{}", refused.err);
    assert!(refused.err.contains("CI"), "{}", refused.err);
    assert!(!repository.root().join("scenarios/tiny").exists());
    let ran = repository.run(&keep);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("kept as scenarios/tiny"), "{}", ran.out);
    let read = |path: &str| fs::read_to_string(repository.root().join(path)).unwrap();
    let day: Value = serde_json::from_str(&read("scenarios/tiny/day.json")).unwrap();
    assert_eq!(day, json!({ "arrivals": [1], "clerks": 0 }));
    let settings = read("scenarios/tiny/scenario.toml");
    let head = repository.head();
    for part in [
        "# Shrunk from monday on ",
        &format!("at {head}."),
        "# MISMATCH: tick 1 · counter · served: 0 → 1",
        "# Its goldens are what the program at ",
        " values in ",
        "[command]",
    ] {
        assert!(settings.contains(part), "{part:?} is not in\n{settings}");
    }
    // The program of now differs from the goldens as it did, and those are the other program's.
    let ran = repository.run(&["diff", "tiny", "--format", "json"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    let diff: Value = serde_json::from_str(&ran.out).unwrap();
    let scenario = &diff["scenarios"][0];
    assert_eq!(scenario["verdict"], "MISMATCH", "{scenario}");
    assert_eq!(
        scenario["first_divergence"]["path"],
        "minutes[minute=1].served"
    );
    let again = report(&repository.run(&["shrink", "tiny", "--format", "json"]));
    assert_eq!(again["size_after"], again["size_before"]);
    assert_eq!(again["minimal"], true);
    repository.write("rules.py", &rules("clerks"));
    let ran = repository.run(&["diff", "tiny"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    // A name that is taken stays as it is.
    let before = tree(repository.root());
    let ran = repository.run(&keep);
    assert_eq!(ran.status, Some(2), "{}{}", ran.out, ran.err);
    assert!(
        ran.err.contains("scenarios/tiny already exists"),
        "{}",
        ran.err
    );
    assert_eq!(tree(repository.root()), before);
}

/// A program that adds up a table, and fails if the sum is too large and a name is odd.
const TOTAL: &str = "import csv, json, sys, tomllib
base = sys.argv[1]
rows = list(csv.DictReader(open(base + '/rows.csv')))
names = open(base + '/names.txt').read().splitlines()
config = tomllib.load(open(base + '/config.toml', 'rb'))
notes = json.load(open(base + '/notes.json'))
total = sum(int(row['amount']) for row in rows)
if total > config.get('limit', 100) and any('x' in name for name in names):
    raise OverflowError('total %d' % total)
if notes.get('strict') and total > 50:
    raise ValueError('strict')
print(json.dumps({'total': total, 'rows': len(rows)}))
";

fn total(settings: &str) -> Repository {
    let repository = Repository::new();
    repository.write("total.py", TOTAL);
    repository.write(
        "scenarios/sum/scenario.toml",
        &format!(
            "description = \"a sum\"\n{settings}[command]\nprogram = \"python3\"\n\
             args = [\"-B\", \"{{root}}/total.py\", \"{{scenario}}\"]\n\
             [[outputs]]\nname = \"total\"\nfrom = \"stdout\"\nformat = \"json\"\n"
        ),
    );
    let rows: Vec<String> = (1..=6)
        .map(|row| format!("{row},{},a\n", row * 130))
        .collect();
    let rows = format!("id,amount,kind\n{}", rows.concat());
    repository.write("scenarios/sum/rows.csv", &rows);
    repository.write("scenarios/sum/names.txt", "one\ntwo\nnumber six\nfour\n");
    repository.write(
        "scenarios/sum/config.toml",
        "# how much is too much\nlimit = 120\n[colours]\nred = 1.5\nblue = \"#0000ff\"\n",
    );
    repository.write(
        "scenarios/sum/notes.json",
        "{\"strict\": false, \"of\": [1, 2, 3]}\n",
    );
    repository.write(".gitignore", "/target\n");
    repository.commit("a sum");
    repository
}

fn documents_tables_and_texts_become_smaller() {
    if !can_run(true) {
        return;
    }
    let repository = total("");
    let before = tree(repository.root());
    let found = report(&repository.run(&["shrink", "sum", "--format", "json"]));
    assert_eq!(tree(repository.root()), before);
    assert_eq!(found["verdict"], "PROGRAM_ERROR");
    assert!(
        found["message"]
            .as_str()
            .unwrap()
            .ends_with("OverflowError: total 101"),
        "{found}"
    );
    let inputs = &found["inputs"];
    assert_eq!(inputs["rows.csv"], json!([{ "amount": 101 }]));
    assert_eq!(inputs["config.toml"], json!({}));
    assert_eq!(inputs["notes.json"], json!({}));
    assert_eq!(inputs["names.txt"], json!(["x"]));
    let ran = repository.run(&["shrink", "sum", "--keep", "tiny"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let read = |file: &str| {
        fs::read_to_string(repository.root().join("scenarios/tiny").join(file)).unwrap()
    };
    assert_eq!(read("rows.csv"), "amount\n101\n");
    assert_eq!(read("names.txt"), "x\n");
    assert_eq!(read("config.toml"), "");
    assert_eq!(read("notes.json"), "{}");
    let again = report(&repository.run(&["shrink", "tiny", "--format", "json"]));
    assert_eq!(again["inputs"]["rows.csv"], inputs["rows.csv"]);
    assert_eq!(again["size_after"], again["size_before"]);
}

/// Shrinks a scenario of the automaton with a fault that it is ordered to have.
#[track_caller]
fn of_automaton(fault: &str, keys: &str, verdict: &str, check: &str, ticks: u64) {
    let workspace = Workspace::empty();
    workspace.scenario("ring", keys, fault);
    let run = |args: &[&str]| {
        let mut command = workspace.process("command");
        command
            .env("TZ", "UTC")
            .env("USER", "me")
            .env("LC_ALL", "C");
        report(&Ran::of(command.args(args).args(["--format", "json"])))
    };
    let found = run(&["shrink", "ring", "--keep", "tiny"]);
    assert_eq!(found["verdict"], verdict, "{fault}: {found}");
    assert_eq!(found["check"], check, "{fault}: {found}");
    assert_eq!(found["minimal"], true, "{fault}: {found}");
    assert_eq!(
        found["inputs"]["run.toml"],
        json!({ "fault": fault, "rule": 0, "ticks": ticks }),
        "{fault}"
    );
    let again = run(&["shrink", "tiny"]);
    assert_eq!(again["verdict"], verdict, "{fault}: {again}");
    assert_eq!(again["check"], check, "{fault}: {again}");
    assert_eq!(
        again["size_after"], again["size_before"],
        "{fault}: {again}"
    );
}

fn errors_limits_and_runs_that_differ_are_found_again() {
    of_automaton("error", "", "PROGRAM_ERROR", "golden", 3);
    of_automaton("panic", "", "PROGRAM_ERROR", "golden", 3);
    of_automaton("slow", "time_limit = 1\n", "TIMEOUT", "golden", 3);
    of_automaton("dice", "", "NONDETERMINISTIC", "determinism", 1);
    of_automaton("threads", "", "NONDETERMINISTIC", "threads", 1);
    of_automaton("zone", "", "NONDETERMINISTIC", "process", 1);
}

fn what_differs_by_chance_or_environment_is_kept() {
    for (subject, check, numbers) in [
        ("kappa", "determinism", json!([100])),
        ("lambda", "process", json!([10])),
    ] {
        let workspace = Workspace::empty();
        workspace.write("scenarios/one/scenario.toml", "description = \"d\"\n");
        workspace.write(
            "scenarios/one/numbers.json",
            "{\"numbers\": [4, 140, 7], \"notes\": [\"of\", \"no\", \"use\"]}\n",
        );
        let run = |args: &[&str]| {
            let mut command = planted::process(&workspace, "command", subject);
            report(&Ran::of(command.args(args).args(["--format", "json"])))
        };
        let found = run(&["shrink", "one", "--keep", "tiny"]);
        assert_eq!(found["verdict"], "NONDETERMINISTIC", "{subject}: {found}");
        assert_eq!(found["check"], check, "{subject}: {found}");
        assert_eq!(
            found["first_divergence"]["stage"], "only",
            "{subject}: {found}"
        );
        assert_eq!(
            found["inputs"]["numbers.json"],
            json!({ "numbers": numbers }),
            "{subject}"
        );
        let again = run(&["shrink", "tiny"]);
        assert_eq!(again["check"], check, "{subject}: {again}");
        assert_eq!(
            again["size_after"], again["size_before"],
            "{subject}: {again}"
        );
    }
}

fn another_fault_will_do_if_any_will() {
    if !can_run(true) {
        return;
    }
    let repository = total("");
    let found = report(&repository.run(&["shrink", "sum", "--any", "--format", "json"]));
    assert_eq!(found["verdict"], "PROGRAM_ERROR");
    // Without any file at all, the program fails as well.
    assert_eq!(found["size_after"]["bytes"], 0, "{found}");
}

fn an_expected_failure_is_shrunk() {
    if !can_run(true) {
        return;
    }
    let repository = total("expect = \"failure\"\n");
    repository.bless("sum", "too much");
    let found = report(&repository.run(&["shrink", "sum", "--format", "json"]));
    assert_eq!(found["verdict"], "MATCH");
    assert_eq!(found["inputs"]["rows.csv"], json!([{ "amount": 101 }]));
    // Once the program no longer fails, any inputs would do that it accepts: those are looked for in which the
    // programs differ.
    repository.commit("goldens");
    repository.write("total.py", &TOTAL.replace("raise OverflowError", "print"));
    let found = report(&repository.run(&["shrink", "sum", "--format", "json"]));
    assert_eq!(found["verdict"], "MISMATCH");
    assert_eq!(found["inputs"]["rows.csv"], json!([{ "amount": 101 }]));
    assert_eq!(found["inputs"]["names.txt"], json!(["x"]));
}

/// A cargo that names a script of the tree as the test target that it has built.
const CARGO: &str = "#!/bin/sh\nmkdir -p target/debug\ncp tests/scenarios.sh target/debug/scenarios\n\
    chmod +x target/debug/scenarios\n\
    echo '{\"reason\":\"compiler-artifact\",\"manifest_path\":\"'$PWD'/Cargo.toml\",\"target\":{\"kind\":[\"test\"],\
    \"name\":\"scenarios\"},\"executable\":\"'$PWD'/target/debug/scenarios\"}'\n";

fn a_crate_is_compared_by_its_test_target() {
    if !can_run(false) {
        return;
    }
    let (repository, workspace) = (Repository::new(), Workspace::empty());
    workspace.scenario("ring", "", "");
    for file in ["scenario.toml", "run.toml"] {
        let path = format!("scenarios/ring/{file}");
        repository.write(&path, &workspace.read(&path));
    }
    repository.write(".gitignore", "/target\n");
    repository.executable("../bin/cargo", CARGO);
    // This binary as the runner of the tree that it is started in, with a defect from tick 3 on.
    let target = format!(
        "#!/bin/sh\nexport {}=runner {}=\"$PWD\" {}=3\nexec '{}' \"$@\"\n",
        crate::workspace::PLAY,
        crate::workspace::ROOT,
        crate::automaton::DEFECT,
        std::env::current_exe().unwrap().display()
    );
    repository.write("tests/scenarios.sh", &target);
    let defective = repository.commit("wrong from tick 3 on");
    let run = |args: &[&str]| {
        let mut command = workspace.process("command");
        command.env(crate::workspace::ROOT, repository.root());
        command.env("CARGO", repository.outside("bin/cargo"));
        command.env("AETHER_HARNESS_CACHE", repository.outside("cache"));
        command.env_remove("TZ");
        report(&Ran::of(command.args(args).args(["--format", "json"])))
    };
    let found = run(&["shrink", "ring", "--against", &defective, "--keep", "tiny"]);
    assert_eq!(found["verdict"], "MISMATCH");
    assert_eq!(found["minimal"], true);
    assert_eq!(
        found["first_divergence"]["path"],
        "generations[tick=3].cells[0]"
    );
    let smallest = json!({ "cells": [0], "fault": "", "rule": 0, "ticks": 3 });
    let mut inputs = found["inputs"]["run.toml"].clone();
    if inputs.get("fault").is_none() {
        inputs["fault"] = "".into();
    }
    assert_eq!(inputs, smallest);
    // Its goldens name their program.
    let again = run(&["shrink", "tiny"]);
    assert_eq!(
        again["against"],
        format!("the program at {}", &defective[..10])
    );
    assert_eq!(again["size_after"], again["size_before"]);
}

fn outputs_that_are_too_large_for_goldens_are_compared_by_digests() {
    if !can_run(true) {
        return;
    }
    let repository = Repository::new();
    let program = |value: &str| {
        format!(
            "import json, sys\nday = json.load(open(sys.argv[1]))\nfor tick in range(1, day['n'] + 1):\n\
             \x20   print(json.dumps({{'text': 'x' * 1000, 'tick': tick, 'value': {value}}}))\n"
        )
    };
    repository.write("long.py", &program("tick"));
    repository.write(
        "scenarios/long/scenario.toml",
        "description = \"21 MB\"\nsnapshot = \"digest\"\nsnapshot_reason = \"21 MB\"\n\
         [command]\nprogram = \"python3\"\nargs = [\"-B\", \"{root}/long.py\", \"{scenario}/day.json\"]\n\
         [[outputs]]\nname = \"records\"\nfrom = \"stdout\"\nformat = \"jsonl\"\ntick = \"tick\"\n\
         [outputs.keys]\n\"\" = [\"tick\"]\n",
    );
    repository.write("scenarios/long/day.json", "{\"n\": 20500}\n");
    repository.write(".gitignore", "/target\n");
    let good = repository.commit("long");
    repository.write("long.py", &program("tick + tick // 3"));
    let mut command = repository.command(&["shrink", "long", "--against", &good]);
    let found = report(&Ran::of(command.args(["--format", "json"])));
    assert_eq!(found["verdict"], "MISMATCH");
    assert_eq!(found["first_divergence"]["path"], "records[tick=3].value");
    assert_eq!(found["inputs"]["day.json"], json!({ "n": 3 }));
}

fn a_directory_that_is_no_scenario_is_shrunk() {
    if !can_run(true) {
        return;
    }
    let repository = changed_queue();
    for file in ["scenario.toml", "day.json"] {
        let text = fs::read_to_string(repository.root().join("scenarios/monday").join(file));
        repository.write(&format!("target/odd-case/{file}"), &text.unwrap());
    }
    let args = [
        "--against",
        "HEAD~1",
        "--format",
        "json",
        "--keep",
        "tuesday",
    ];
    let mut command = repository.command(&["shrink", "--case", "target/odd-case"]);
    let found = report(&Ran::of(command.args(args)));
    assert_eq!(found["name"], "odd-case");
    assert_eq!(found["kept"], "tuesday");
    assert_eq!(
        found["inputs"]["day.json"],
        json!({ "arrivals": [1], "clerks": 0 })
    );
    let ran = repository.run(&["diff", "tuesday"]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("served: 0 → 1"), "{}", ran.out);
}

fn what_does_not_fail_is_not_shrunk() {
    if !can_run(true) {
        return;
    }
    let repository = queue();
    let check = |args: &[&str], expected: &str| {
        let ran = repository.run(args);
        assert_eq!(ran.status, Some(2), "{args:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(expected), "{args:?}: {}", ran.err);
    };
    check(
        &["shrink", "monday"],
        "it does not fail, and matches its goldens",
    );
    check(
        &["shrink", "monday", "--against", "HEAD"],
        "the program of now produces what the program at HEAD does",
    );
    check(&["shrink", "tuesday"], "there is no scenario `tuesday`");
    check(&["shrink", "monday", "--against", "nowhere"], "nowhere");
    check(&["shrink", "monday", "--keep", "monday"], "already exists");
    check(&["shrink", "--case", "nowhere"], "nowhere: ");
    repository.write(
        "scenarios/new/scenario.toml",
        "description = \"d\"\n[command]\nprogram = \"true\"\n\
         [[outputs]]\nname = \"out\"\nfrom = \"stdout\"\nformat = \"text\"\n",
    );
    check(
        &["shrink", "new"],
        "it does not fail by itself; name a revision to compare with",
    );
}

fn a_budget_and_a_limit_leave_the_best_so_far() {
    if !can_run(true) {
        return;
    }
    let repository = total("");
    let args = ["shrink", "sum", "--budget", "0s"];
    let ran = repository.run(&args);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let said = "not the smallest: the budget of 0s ended before every step was tried";
    assert!(ran.out.contains(said), "{}", ran.out);
    let mut command = repository.command(&args);
    let found = report(&Ran::of(command.args(["--format", "json"])));
    assert_eq!(found["minimal"], false);
    assert_eq!(found["size_after"], found["size_before"]);
    assert_eq!(found["runs"], 1);
    assert_eq!(found["stopped"], "budget");
    // A number of candidates ends the search at the same place each time.
    let few = ["shrink", "sum", "--candidates", "3"];
    let ran = repository.run(&few);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let said = "perhaps not the smallest: the search ended after 3 candidates, before every step was tried \
                (`--candidates` changes the limit)";
    assert!(ran.out.contains(said), "{}", ran.out);
    let [one, other] = [0, 1].map(|_| {
        let mut command = repository.command(&few);
        let mut found = report(&Ran::of(command.args(["--format", "json"])));
        // The traceback names the directory in which the program ran.
        found.as_object_mut().unwrap().remove("message");
        found
    });
    assert_eq!(one, other);
    assert_eq!(one["minimal"], false);
    assert_eq!(one["stopped"], "candidates");
    let whole = report(&repository.run(&["shrink", "sum", "--format", "json"]));
    assert_eq!(whole["minimal"], true);
    assert_eq!(whole["stopped"], Value::Null);
    assert!(whole["runs"].as_u64() > one["runs"].as_u64());
}

fn a_killed_search_leaves_nothing() {
    if !can_run(true) {
        return;
    }
    let repository = total("");
    let slow = TOTAL.replace("base = ", "import time; time.sleep(0.3)\nbase = ");
    repository.write("total.py", &slow);
    let before = tree(repository.root());
    let temporary = repository.outside("temporary");
    fs::create_dir(&temporary).unwrap();
    let command = || -> Command {
        let mut command = repository.command(&["shrink", "sum", "--keep", "tiny"]);
        command.env("TMPDIR", &temporary);
        command
    };
    let mut killed = command()
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_empty = || fs::read_dir(&temporary).unwrap().next().is_none();
    while is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!is_empty());
    assert_eq!(tree(repository.root()), before);
    // The next search removes what the killed one left.
    repository.write("total.py", TOTAL);
    let ran = Ran::of(&mut command());
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(is_empty());
    let names = fs::read_dir(repository.root().join("scenarios")).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["sum", "tiny"]);
}

fn the_smallest_monday_in_the_documentation_is_real() {
    if !can_run(true) {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/explain.md");
    let page = fs::read_to_string(path).unwrap();
    let (_, section) = page.split_once("## How small: `shrink`").unwrap();
    let block = section.split("```text\n").nth(1).unwrap();
    let documented = block.split("```").next().unwrap();
    let ran = changed_queue().run(&["shrink", "monday"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(
        without_commits(&ran.out),
        without_commits(documented),
        "{}",
        ran.out
    );
}
