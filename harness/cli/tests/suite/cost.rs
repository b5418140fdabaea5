//! How many runs a scenario costs, in one process: three, and one for each mode of its subject.

use std::fs;

use crate::automaton::{KEPT, RAN};
use crate::workspace::{Ran, Workspace};

crate::tests![cost;
    checks_share_the_runs_of_a_scenario,
    a_check_alone_makes_the_runs_it_needs,
    each_mode_costs_one_run,
    nothing_is_kept_longer_than_checks_need_it,
    a_bless_makes_three_runs,
    a_part_of_the_scenarios_shares_runs_too,
    attribution_runs_once_for_all_checks,
];

/// A workspace whose scenarios run a shell script that counts its runs in `runs`, outside of its directory.
fn counted(names: &[&str], script: &str) -> Option<Workspace> {
    if !cfg!(unix) {
        return None;
    }
    let workspace = Workspace::empty();
    for name in names {
        workspace.write(
            &format!("scenarios/{name}/scenario.toml"),
            "description = \"counts its runs\"\ncode = [\"*.sh\"]\n[command]\nprogram = \"sh\"\n\
             args = [\"{scenario}/script.sh\"]\n[[outputs]]\nname = \"out\"\nfrom = \"stdout\"\n",
        );
        // A file that the scenario named would be an input.
        let runs = workspace.path("runs");
        let script = format!(
            "RUN={name}\nRUNS='{}'\necho \"$RUN\" >> \"$RUNS\"\n{script}\n",
            runs.display()
        );
        workspace.write(&format!("scenarios/{name}/script.sh"), &script);
    }
    Some(workspace)
}

/// The lines of the file that counts runs, which is forgotten.
fn runs(workspace: &Workspace) -> Vec<String> {
    let path = workspace.path("runs");
    let mut runs: Vec<String> = fs::read_to_string(&path)
        .unwrap_or_default()
        .lines()
        .map(str::to_owned)
        .collect();
    let _ = fs::remove_file(path);
    runs.sort();
    runs
}

fn checks_share_the_runs_of_a_scenario() {
    let Some(workspace) = counted(&["one", "two"], "echo 1") else {
        return;
    };
    for name in ["one", "two"] {
        workspace.bless(name, "first");
    }
    runs(&workspace);
    for threads in ["1", "2", "7"] {
        let ran = workspace.runner(&["--test-threads", threads]);
        assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("6 passed"), "{}", ran.out);
        let expected = ["one", "one", "one", "two", "two", "two"];
        assert_eq!(runs(&workspace), expected, "{threads} threads");
    }
    // Goldens that differ are doubted by the run that `determinism` makes anyway.
    workspace.edit("scenarios/one/script.sh", "echo 1", "echo 2");
    let ran = workspace.runner(&["one::"]);
    assert_eq!(ran.status, Some(101), "{}", ran.out);
    assert_eq!(workspace.result("one", "golden")["verdict"], "MISMATCH");
    assert_eq!(workspace.result("one", "process")["verdict"], "MATCH");
    assert_eq!(runs(&workspace).len(), 3);
}

fn a_check_alone_makes_the_runs_it_needs() {
    let Some(workspace) = counted(&["one"], "echo 1") else {
        return;
    };
    workspace.bless("one", "first");
    runs(&workspace);
    for (check, expected) in [("golden", 1), ("determinism", 2), ("process", 2)] {
        for args in [
            vec![format!("one::{check}"), "--exact".to_owned()],
            vec![check.to_owned()],
        ] {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let ran = workspace.runner(&args);
            assert_eq!(ran.status, Some(0), "{check}: {}{}", ran.out, ran.err);
            assert_eq!(runs(&workspace).len(), expected, "{args:?}");
        }
    }
    let ran = workspace.runner(&["--skip", "golden"]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    assert_eq!(runs(&workspace).len(), 3);
    // Nothing runs to be listed.
    workspace.runner(&["--list"]);
    assert_eq!(runs(&workspace).len(), 0);
    // A program that fails is not run again to see whether it does.
    workspace.edit("scenarios/one/script.sh", "echo 1", "exit 1");
    let ran = workspace.runner(&["--test-threads", "1"]);
    assert_eq!(ran.status, Some(101));
    assert_eq!(runs(&workspace).len(), 1);
}

fn each_mode_costs_one_run() {
    let workspace = Workspace::blessed();
    let noted = workspace.path("ran");
    for (args, expected) in [
        (
            vec![],
            vec!["direct", "direct", "direct", "replay", "threads"],
        ),
        (vec!["ring::golden"], vec!["direct"]),
        (vec!["ring::threads"], vec!["direct", "threads"]),
        (
            vec!["--test-threads", "1", "ring::re"],
            vec!["direct", "replay"],
        ),
    ] {
        let mut runner = workspace.process("runner");
        let ran = Ran::of(runner.args(&args).env(RAN, &noted));
        assert_eq!(ran.status, Some(0), "{}", ran.out);
        let text = fs::read_to_string(&noted).unwrap();
        let mut runs: Vec<&str> = text.lines().collect();
        runs.sort_unstable();
        assert_eq!(runs, expected, "{args:?}");
        fs::remove_file(&noted).unwrap();
    }
}

fn nothing_is_kept_longer_than_checks_need_it() {
    let workspace = Workspace::blessed();
    for name in ["coil", "wheel"] {
        workspace.scenario(name, "", "");
        workspace.bless(name, "first");
    }
    let noted = workspace.path("kept");
    let mut runner = workspace.process("runner");
    runner.args(["--test-threads", "1"]).env(KEPT, &noted);
    let ran = Ran::of(&mut runner);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    // The process of the runner is the one that opened all three.
    let text = fs::read_to_string(&noted).unwrap();
    let first = text.split_whitespace().next().unwrap();
    let own: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(process, _)| *process == first)
        .map(|(_, sign)| sign)
        .collect();
    assert_eq!(own, ["+", "-", "+", "-", "+", "-"], "{text}");
}

fn a_bless_makes_three_runs() {
    let script = "echo \"$RUN $(date +%s)\" >> \"$RUNS.at\"\necho 1";
    let Some(workspace) = counted(&["one", "two"], script) else {
        return;
    };
    let blessed = || {
        let ran = Ran::of(&mut workspace.process("bless-in-seconds"));
        assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
        runs(&workspace)
    };
    let expected = ["one", "one", "one", "two", "two", "two"];
    assert_eq!(blessed(), expected);
    // All first runs come before all others; those of a scenario are in later seconds of the clock than its first.
    let times = workspace.read("runs.at");
    let times: Vec<(&str, u64)> = times
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, time)| (name, time.parse().unwrap()))
        .collect();
    assert_eq!(times.len(), 6, "{times:?}");
    for first in 0..2 {
        let (name, time) = times[first];
        assert_eq!(name, ["one", "two"][first], "{times:?}");
        let later = times[2..].iter().filter(|(other, _)| *other == name);
        assert!(later.clone().all(|(_, other)| *other > time), "{times:?}");
        assert_eq!(later.count(), 2, "{times:?}");
    }
    // Where nothing changes, one run is enough.
    assert_eq!(blessed(), ["one", "two"]);
}

fn a_part_of_the_scenarios_shares_runs_too() {
    let names = ["a", "b", "c"];
    let Some(workspace) = counted(&names, "echo 1") else {
        return;
    };
    for name in names {
        workspace.bless(name, "first");
    }
    runs(&workspace);
    let mut all = Vec::new();
    for shard in ["1/2", "2/2"] {
        let ran = Ran::of(workspace.process("run").args(["--shard", shard]));
        assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
        all.extend(runs(&workspace));
    }
    all.sort();
    assert_eq!(all, ["a", "a", "a", "b", "b", "b", "c", "c", "c"]);
}

fn attribution_runs_once_for_all_checks() {
    // The output depends on the time, whatever check asks.
    let Some(workspace) = counted(&["one"], "date +%s%N") else {
        return;
    };
    let cost = |args: &[&str]| {
        let ran = workspace.runner(args);
        assert_eq!(ran.status, Some(101), "{}", ran.out);
        (runs(&workspace).len(), ran.out)
    };
    let (alone, out) = cost(&["one::determinism", "--exact"]);
    assert!(out.contains("a clock"), "{out}");
    let (all, out) = cost(&["--test-threads", "1"]);
    // The run in a changed environment, and nothing else.
    assert_eq!(all, alone + 1, "{out}");
    assert_eq!(
        out.matches("these values differ between runs").count(),
        1,
        "{out}"
    );
    let refers = "for the reason that the check `determinism` reports";
    assert!(
        out.contains(
            "NONDETERMINISTIC one::process: the run in a new process with a changed environment \
             produced different bytes in out, for the reason that the check `determinism` reports"
        ),
        "{out}"
    );
    assert!(out.contains(refers), "{out}");
}
