//! The `aether-harness` command from outside: a program in another language, gated without any Rust.

use std::process::Command;

use crate::workspace::{Ran, Workspace, has, skipped};

crate::tests![installed;
    a_python_program_is_gated_from_nothing,
    the_directory_is_found_or_named,
    a_new_scenario_is_a_program_that_runs,
    init_prepares_a_directory_once,
    run_takes_the_arguments_of_a_test,
    compare_keeps_an_argument_named_run,
    a_reader_that_stops_is_no_panic,
    streams_that_are_full_leave_the_status_as_it_is,
    a_root_is_a_directory,
    what_init_cannot_complete_is_said,
    pipes_in_compared_directories_are_refused,
    only_selected_scenarios_say_what_they_drop,
    the_suggested_reason_is_not_a_reason,
    a_program_that_fails_is_not_to_be_blessed,
    a_read_only_directory_is_named,
    workspaces_that_share_a_target_directory_do_not_mix,
    statuses_are_those_of_every_command,
    the_root_is_taken_by_every_command_and_named_in_what_they_suggest,
    a_python_user_is_never_sent_to_cargo,
];

/// The commands of `aether-harness`.
const COMMANDS: [&str; 14] = [
    "init",
    "run",
    "new",
    "diff",
    "review",
    "bless",
    "bundle",
    "compare",
    "show",
    "golden",
    "check",
    "report",
    "flaky",
    "sensitivity",
];

/// The command in the workspace's directory, or one below it.
fn harness(workspace: &Workspace, below: &str, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
    command.args(args).current_dir(workspace.path(below));
    command.env_remove("CI").env_remove("CARGO_TARGET_DIR");
    Ran::of(&mut command)
}

#[track_caller]
fn says(workspace: &Workspace, args: &[&str], status: i32, expected: &[&str]) -> String {
    let ran = harness(workspace, "", args);
    let said = format!("{}{}", ran.out, ran.err);
    assert_eq!(ran.status, Some(status), "{args:?}: {said}");
    for text in expected {
        assert!(said.contains(text), "{args:?}: {text:?} is not in\n{said}");
    }
    said
}

/// A workspace without even a `scenarios` directory.
fn nothing() -> Workspace {
    let workspace = Workspace::empty();
    std::fs::remove_dir(workspace.path("scenarios")).unwrap();
    workspace
}

fn a_python_program_is_gated_from_nothing() {
    if !has("python3") {
        return skipped("there is no python3");
    }
    let workspace = nothing();
    says(
        &workspace,
        &["new", "queue"],
        0,
        &["created scenarios/queue"],
    );
    workspace.write(
        "scenarios/queue/scenario.toml",
        "description = \"a queue at a counter\"\n[command]\nprogram = \"python3\"\n\
         args = [\"{root}/queue.py\", \"{scenario}/day.json\"]\n\
         [[outputs]]\nname = \"minutes\"\nfrom = \"minutes.jsonl\"\nformat = \"jsonl\"\n\
         stage = \"counter\"\ntick = \"minute\"\n\
         [outputs.keys]\n\"\" = [\"minute\"]\n\"waiting\" = [\"id\"]\n\
         [[outputs]]\nname = \"summary\"\nfrom = \"stdout\"\nstage = \"summary\"\n",
    );
    workspace.write(
        "scenarios/queue/day.json",
        "{\"arrivals\": [2, 1, 3, 0, 0], \"served\": 1}",
    );
    workspace.write(
        "queue.py",
        "import json, sys\nday = json.load(open(sys.argv[1]))\nwaiting, made, done = [], 0, 0\n\
         with open('minutes.jsonl', 'w') as out:\n    for minute, count in enumerate(day['arrivals'], 1):\n\
         \x20       for _ in range(count):\n            made += 1\n\
         \x20           waiting.append({'id': made, 'since': minute})\n\
         \x20       served = min(len(waiting), day['served'])\n        done += served\n\
         \x20       waiting = waiting[served:]\n\
         \x20       json.dump({'minute': minute, 'waiting': waiting}, out)\n        out.write('\\n')\n\
         print(json.dumps({'served': done, 'left': len(waiting)}))\n",
    );
    says(
        &workspace,
        &["run"],
        1,
        &["MISSING_GOLDEN queue::golden", "aether-harness bless queue"],
    );
    says(
        &workspace,
        &["bless", "queue", "--reason", "first"],
        0,
        &["blessed queue: wrote inputs.json, minutes.json, summary.json"],
    );
    says(&workspace, &["run"], 0, &["3 passed"]);
    says(
        &workspace,
        &["check"],
        0,
        &["1 scenario and its goldens are in order"],
    );

    // The program changes: the first divergence is told, then all of it, and nothing is blessed
    // without a reason.
    workspace.edit(
        "queue.py",
        "'since': minute",
        "'since': minute + (made > 3)",
    );
    let divergence = "tick 3 · counter · waiting 4 · since: 3 → 4\n    at \
                      minutes[minute=3].waiting[id=4].since\n";
    says(
        &workspace,
        &["run"],
        1,
        &["MISMATCH queue::golden", divergence],
    );
    says(&workspace, &["diff"], 1, &["queue: MISMATCH", divergence]);
    says(
        &workspace,
        &["bless", "queue"],
        2,
        &["aether-harness bless queue --reason \"…\""],
    );
    says(
        &workspace,
        &[
            "bless",
            "queue",
            "--reason",
            "late ones count from the next minute",
        ],
        0,
        &["blessed queue: wrote minutes.json"],
    );
    says(&workspace, &["run"], 0, &["3 passed"]);

    // A changed document is the cause, with both values.
    workspace.edit("scenarios/queue/day.json", "\"served\": 1", "\"served\": 2");
    says(
        &workspace,
        &["run"],
        1,
        &[
            "STALE_INPUTS queue::golden",
            "scenarios/queue/day.json served: 1 → 2",
        ],
    );
    let manifest = workspace.read("fixtures/snapshots/queue/snapshot.toml");
    assert!(
        manifest.contains("late ones count from the next minute"),
        "{manifest}"
    );
}

fn the_directory_is_found_or_named() {
    let workspace = nothing();
    let error = says(
        &workspace,
        &["run"],
        2,
        &["there is no scenarios/ here or in any"],
    );
    assert!(error.contains("aether-harness new NAME"), "{error}");
    if !cfg!(unix) {
        return;
    }
    says(&workspace, &["new", "one"], 0, &[]);
    says(&workspace, &["bless", "one", "--reason", "first"], 0, &[]);
    workspace.write("deep/er/x", "");
    for below in ["", "deep/er", "scenarios/one", "target/scenarios"] {
        let ran = harness(&workspace, below, &["run"]);
        assert_eq!(ran.status, Some(0), "{below}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("3 passed"), "{below}: {}", ran.out);
    }
    let root = workspace.root().to_str().unwrap();
    let elsewhere = nothing();
    says(&elsewhere, &["run", root, "one::golden"], 0, &["1 passed"]);
    says(&elsewhere, &["--root", root, "run"], 0, &["3 passed"]);
    says(
        &elsewhere,
        &["diff", "--root", root],
        0,
        &["nothing differs"],
    );
    says(
        &elsewhere,
        &["--root", root, "run", root],
        2,
        &["both name a directory"],
    );
    elsewhere.write("deep/x", "");
    says(
        &elsewhere,
        &["--root", "deep", "diff"],
        2,
        &["deep: there is no scenarios/ in it"],
    );
    // Any two documents are compared wherever one is.
    elsewhere.write("a.json", "[1]");
    elsewhere.write("b.json", "[2]");
    says(
        &elsewhere,
        &["compare", "a.json", "b.json"],
        1,
        &["document[0]"],
    );
}

fn a_new_scenario_is_a_program_that_runs() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    says(
        &workspace,
        &["new", "sums"],
        0,
        &[
            "aether-harness diff sums",
            "aether-harness bless sums --reason",
        ],
    );
    says(&workspace, &["bless", "sums", "--reason", "first"], 0, &[]);
    let golden = workspace.read("fixtures/snapshots/sums/sums.json");
    assert!(golden.starts_with("[\n{\"n\":1,\"sum\":3},\n"), "{golden}");
    says(&workspace, &["new", "more", "--from", "sums"], 0, &[]);
    assert_eq!(
        workspace.read("scenarios/more/sums.sh"),
        workspace.read("scenarios/sums/sums.sh")
    );
    says(
        &workspace,
        &["new", "sums"],
        2,
        &["scenarios/sums already exists"],
    );
}

fn init_prepares_a_directory_once() {
    let workspace = nothing();
    workspace.write(".gitignore", "*.log");
    says(
        &workspace,
        &["init"],
        0,
        &[
            "wrote scenarios/, .gitattributes, .gitignore",
            "aether-harness new NAME",
        ],
    );
    let ignored = workspace.read(".gitignore");
    assert_eq!(ignored, "*.log\n/target/\n/fixtures/snapshots/.bless*\n");
    assert!(
        workspace
            .read(".gitattributes")
            .contains("scenarios/** -text\n")
    );
    says(&workspace, &["init"], 0, &["nothing to do"]);
    assert_eq!(workspace.read(".gitignore"), ignored);
}

fn run_takes_the_arguments_of_a_test() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    for name in ["one", "two"] {
        says(&workspace, &["new", name], 0, &[]);
    }
    says(&workspace, &["bless", "--all", "--reason", "first"], 0, &[]);
    let listed = says(&workspace, &["run", "--list"], 0, &[]);
    assert!(listed.contains("one::golden: test\n"), "{listed}");
    says(&workspace, &["run", "two"], 0, &["3 passed"]);
    says(
        &workspace,
        &["run", "one::golden", "--exact"],
        0,
        &["1 passed"],
    );
    says(
        &workspace,
        &["run", "--skip", "process", "--test-threads", "1"],
        0,
        &["4 passed"],
    );
    says(
        &workspace,
        &["run", "tow::golden"],
        2,
        &["did you mean `two`?"],
    );
    // A filter that matches nothing checks nothing, which is a mistake unless it is allowed.
    says(
        &workspace,
        &["run", "nothing"],
        2,
        &["no trial matches `nothing`", "--no-tests=pass"],
    );
    says(
        &workspace,
        &["run", "--skip", "o"],
        2,
        &["no trial matches,"],
    );
    let passed = says(
        &workspace,
        &["run", "nothing", "--no-tests=pass"],
        0,
        &["0 passed"],
    );
    assert!(!passed.contains("warning"), "{passed}");
    says(
        &workspace,
        &["run", "--no-tests", "warn", "nothing"],
        0,
        &["warning: no"],
    );
    // No thread would run no trial, for ever.
    says(
        &workspace,
        &["run", "--test-threads", "0"],
        2,
        &["--test-threads: expected a number from 1, found `0`"],
    );
    // An empty argument is a filter that fits all, not a directory.
    let all = says(&workspace, &["run", "", "--list"], 0, &[]);
    assert_eq!(all, listed);
    // One scenario is taken by its whole name, and alone.
    let one = says(&workspace, &["run", "--scenario", "one", "--list"], 0, &[]);
    assert_eq!(one.matches(": test").count(), 3, "{one}");
    assert!(!one.contains("two"), "{one}");
    says(
        &workspace,
        &["run", "--scenario=two", "golden"],
        0,
        &["1 passed"],
    );
    says(
        &workspace,
        &["run", "--scenario", "tow"],
        2,
        &["there is no scenario `tow`; did you mean `two`?"],
    );
    // All trials of a scenario are in one shard.
    let first = says(&workspace, &["run", "--shard", "1/2", "--list"], 0, &[]);
    let second = says(&workspace, &["run", "--list", "--shard=2/2"], 0, &[]);
    assert_eq!(first.matches("one::").count(), 3, "{first}");
    assert_eq!(second.matches("two::").count(), 3, "{second}");
    assert!(!first.contains("two") && !second.contains("one"));
    says(&workspace, &["run", "--shard", "3/3"], 0, &["0 passed"]);
    says(
        &workspace,
        &["run", "--nonsense"],
        2,
        &["unexpected argument '--nonsense'"],
    );
}

fn statuses_are_those_of_every_command() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    says(&workspace, &["new", "one"], 0, &[]);
    says(&workspace, &["run", "one::golden"], 1, &["MISSING_GOLDEN"]);
    says(&workspace, &["diff"], 1, &["MISSING_GOLDEN"]);
    let unfit = "one: skipped: the goldens are not up to date:";
    let missing = format!("{unfit} MISSING_GOLDEN");
    says(&workspace, &["sensitivity"], 1, &[&missing]);
    let once = ["flaky", "--repeat", "1", "--load", "0"];
    says(
        &workspace,
        &once,
        0,
        &["1 of 1 scenario produced the same bytes"],
    );
    says(
        &workspace,
        &["flaky", "--repeat", "often"],
        2,
        &["--repeat"],
    );
    workspace.edit("scenarios/one/scenario.toml", "tick = ", "tock = ");
    let place = "scenario.toml:18:1: [[outputs]] has no key `tock`; did you mean `tick`?";
    says(&workspace, &["run"], 1, &["INVALID one::golden", place]);
    says(&workspace, &["diff"], 2, &["INVALID", place]);
    says(&workspace, &["check"], 1, &[place]);
    says(&workspace, &once, 2, &[place]);
    let invalid = format!("{unfit} INVALID");
    says(&workspace, &["sensitivity"], 2, &[&invalid, place]);
    says(&workspace, &["bless", "one", "--reason", "r"], 2, &[place]);
    says(&workspace, &["frobnicate"], 2, &["unrecognized subcommand"]);
    let help = says(&workspace, &["--help"], 0, &["Exit status"]);
    for command in COMMANDS {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command}: {help}"
        );
    }
}

fn the_root_is_taken_by_every_command_and_named_in_what_they_suggest() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    workspace.write("here/x", "");
    // A name that a shell would take apart.
    let at = "its place";
    let typed = "aether-harness --root 'its place'";
    let suggested = format!("first scenario:\n  {typed} new NAME");
    says(&workspace, &["init", "--root", at], 0, &[&suggested]);
    let suggested = format!("{typed} bless one --reason");
    says(&workspace, &["new", "--root", at, "one"], 0, &[&suggested]);
    let suggested = format!("run the trials first: {typed} run");
    for command in ["bundle", "report"] {
        says(&workspace, &[command, "--root", at], 2, &[&suggested]);
    }
    let suggested = format!("make it the golden:   {typed} bless one --reason");
    for run in [
        &["run", "--root", at, "one::golden"][..],
        &["run", "one::golden", "--exact", "--root", at],
        &[
            "run",
            "--skip",
            "process",
            "one::golden",
            "--root=its place",
        ],
    ] {
        says(&workspace, run, 1, &["1 failed", &suggested]);
    }
    let suggested = format!("is missing: {typed} bless one");
    says(&workspace, &["check", "--root", at], 1, &[&suggested]);
    let suggested = format!("{typed} bless one --reason \"…\"");
    says(
        &workspace,
        &["bless", "one", "--root", at],
        2,
        &[&suggested],
    );
    let blessed = ["bless", "one", "--root", at, "--reason", "first"];
    says(&workspace, &blessed, 0, &["blessed one"]);
    let suggested = format!("{typed} bless --all --reason");
    says(&workspace, &["review", "--root", at], 2, &[&suggested]);
    says(&workspace, &["diff", "--root", at], 0, &["nothing differs"]);
    says(&workspace, &["report", "--root", at], 1, &["one::golden"]);
    let once = ["flaky", "--root", at, "--repeat", "1", "--load", "0"];
    says(&workspace, &once, 0, &["1 of 1 scenario "]);
    says(
        &workspace,
        &["sensitivity", "--root", at],
        0,
        &["one: noticed"],
    );
    let numbers = "its place/scenarios/one/numbers.txt";
    let compared = ["compare", "--root", at, numbers, numbers];
    says(&workspace, &compared, 2, &["numbers.txt"]);

    // Goldens are restored where they are.
    workspace.edit("its place/fixtures/snapshots/one/sums.json", "1", "2");
    let suggested = "git -C 'its place' checkout -- fixtures/snapshots/one";
    says(&workspace, &["run", "--root", at], 1, &[suggested]);
    says(&workspace, &["new", "two", "--root", at], 0, &["two"]);
    std::fs::remove_dir_all(workspace.path("its place/scenarios/one")).unwrap();
    let suggested = "git -C 'its place' rm -r fixtures/snapshots/one";
    says(&workspace, &["check", "--root", at], 1, &[suggested]);
}

fn a_python_user_is_never_sent_to_cargo() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    let mut said = String::new();
    let mut hear = |args: &[&str]| {
        let ran = harness(&workspace, "", args);
        said.push_str(&format!("$ {args:?}\n{}{}", ran.out, ran.err));
    };
    hear(&["run"]);
    hear(&["new", "one"]);
    hear(&["report"]);
    for command in [
        "run",
        "diff",
        "check",
        "bundle",
        "report",
        "review",
        "sensitivity",
    ] {
        hear(&[command]);
    }
    hear(&["bless", "one"]);
    hear(&["bless", "one", "--reason", "first"]);
    workspace.edit("scenarios/one/numbers.txt", "3", "4");
    hear(&["run"]);
    hear(&["bundle", "--out", "made.tar.gz"]);
    hear(&["report"]);
    hear(&["review"]);
    hear(&["run", "on::golden"]);
    workspace.edit("fixtures/snapshots/one/sums.json", "1", "2");
    hear(&["run"]);
    for command in COMMANDS {
        hear(&[command, "--help"]);
    }
    assert!(said.contains("aether-harness bless one --reason"), "{said}");
    assert!(
        said.contains("run the trials first: aether-harness run"),
        "{said}"
    );
    for word in ["cargo", "xtask"] {
        let line = said.lines().find(|line| line.contains(word));
        assert_eq!(line, None, "{said}");
    }
}

fn compare_keeps_an_argument_named_run() {
    let workspace = nothing();
    workspace.write("run", "{\"a\": 1}");
    workspace.write("after/scenarios/x/scenario.toml", "");
    let ran = harness(&workspace, "", &["compare", "run", "after"]);
    assert_eq!(ran.status, Some(2), "{}{}", ran.out, ran.err);
    let expected = "a document and a directory cannot be compared";
    assert!(ran.err.contains(expected), "{}", ran.err);
}

fn a_reader_that_stops_is_no_panic() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    says(&workspace, &["new", "one"], 0, &[]);
    for threads in ["1", "4"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
        command.args(["run", "--test-threads", threads]);
        command
            .current_dir(workspace.path(""))
            .env_remove("CARGO_TARGET_DIR");
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer).stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        drop(reader);
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{err}");
        assert!(err.contains("the standard output was closed"), "{err}");
        assert!(!err.contains("panicked"), "{err}");
    }
}

fn streams_that_are_full_leave_the_status_as_it_is() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let workspace = nothing();
    says(&workspace, &["new", "one"], 0, &[]);
    for (args, is_err, status) in [
        (&["show", "two"][..], true, 2),
        (&["--root", "/nowhere", "run"], true, 2),
        (&["bless", "one"], true, 2),
        (&["run", "--no-such-option"], true, 2),
        (&["run"], false, 3),
        (&["run", "--list"], false, 3),
        (&["--help"], false, 3),
        (&["diff", "--help"], false, 3),
        (&["--version"], false, 3),
    ] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
        command.args(args).current_dir(workspace.path(""));
        command.env_remove("CARGO_TARGET_DIR");
        if is_err {
            command.stderr(full);
        } else {
            command.stdout(full);
        }
        let output = command.output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {err}");
        assert!(!err.contains("panicked"), "{args:?}: {err}");
        if !is_err {
            assert!(err.contains("No space left on device"), "{args:?}: {err}");
            for raw in ["unwrap", "Os {", "called"] {
                assert!(!err.contains(raw), "{args:?}: {err}");
            }
        }
    }
}

fn a_root_is_a_directory() {
    let workspace = nothing();
    workspace.write("file", "");
    let mut roots = vec![
        ("file", "--root: file is a file, and not a directory"),
        ("file/below", "--root: there is no directory file/below"),
        ("gone", "--root: there is no directory gone"),
    ];
    if cfg!(unix) {
        #[cfg(unix)]
        std::os::unix::fs::symlink("gone", workspace.path("link")).unwrap();
        roots.push((
            "link",
            "--root: link is a link to nothing, and not a directory",
        ));
    }
    let commands = [
        "init",
        "run",
        "new x",
        "diff",
        "review",
        "bless x --reason r",
        "bundle",
        "compare a b",
        "show x",
        "golden x",
        "check",
        "report",
        "flaky",
        "flaky --tests",
        "sensitivity",
        "shrink x",
        "bisect --good HEAD",
        "against HEAD",
        "history x",
        "why x",
        "digest x",
        "clean",
    ];
    for command in commands {
        for (root, expected) in &roots {
            let makes = ["init", "new x"].contains(&command);
            if makes && expected.contains("there is no directory") {
                continue;
            }
            let args: Vec<&str> = ["--root", root]
                .into_iter()
                .chain(command.split(' '))
                .collect();
            says(&workspace, &args, 2, &[expected]);
        }
    }
    // What is not there is made by the commands that make scenarios, unless a file is in the way.
    says(
        &workspace,
        &["--root", "gone", "init"],
        0,
        &["wrote scenarios/"],
    );
    says(
        &workspace,
        &["--root", "new", "new", "x"],
        0,
        &["created scenarios/x"],
    );
    for command in [&["init"][..], &["new", "x"]] {
        let args = [&["--root", "file/below"], command].concat();
        says(&workspace, &args, 2, &["--root: file is a file"]);
    }
}

fn what_init_cannot_complete_is_said() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    let pipe = workspace.path(".gitignore");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let expected = ".gitignore: it is a pipe or a device, and not a file";
    says(&workspace, &["init"], 2, &[expected]);
    std::fs::remove_file(pipe).unwrap();
    std::fs::remove_dir(workspace.path("scenarios")).unwrap();
    workspace.write("scenarios", "");
    says(&workspace, &["init"], 2, &["scenarios: "]);
}

fn pipes_in_compared_directories_are_refused() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    for dir in ["before", "after"] {
        workspace.write(&format!("{dir}/x.json"), "{}");
    }
    let pipe = workspace.path("before/y.json");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    says(
        &workspace,
        &["compare", "before", "after"],
        2,
        &["y.json", "a pipe or a device"],
    );
}

fn only_selected_scenarios_say_what_they_drop() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    for name in ["one", "two"] {
        says(&workspace, &["new", name], 0, &[]);
        let file = format!("scenarios/{name}/scenario.toml");
        let text = workspace.read(&file);
        workspace.write(
            &file,
            &format!("{text}\n[drop]\nprocess = \"slow {name}\"\n"),
        );
    }
    says(&workspace, &["bless", "--all", "--reason", "first"], 0, &[]);
    let said = says(
        &workspace,
        &["run", "two"],
        0,
        &["dropped: two::process: slow two"],
    );
    assert!(!said.contains("slow one"), "{said}");
    says(&workspace, &["run"], 0, &["slow one", "slow two"]);
}

fn the_suggested_reason_is_not_a_reason() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    says(&workspace, &["new", "one"], 0, &[]);
    for reason in ["…", " ... "] {
        says(
            &workspace,
            &["bless", "one", "--reason", reason],
            2,
            &["`…` stands for your reason"],
        );
    }
    assert!(!workspace.path("fixtures/snapshots/one").exists());
}

fn a_program_that_fails_is_not_to_be_blessed() {
    if !cfg!(unix) {
        return;
    }
    let workspace = nothing();
    let scenario = |expect: &str, script: &str| {
        workspace.write(
            "scenarios/one/scenario.toml",
            &format!(
                "description = \"d\"\n{expect}[command]\nprogram = \"sh\"\nargs = [\"-c\", \"{script}\"]\n\
                 [[outputs]]\nname = \"o\"\nfrom = \"stdout\"\n"
            ),
        );
    };
    for (expect, script) in [("", "exit 7"), ("expect = \"failure\"\n", "echo 1")] {
        scenario(expect, script);
        let said = says(
            &workspace,
            &["run", "one::golden", "--exact"],
            1,
            &["MISSING_GOLDEN"],
        );
        assert!(!said.contains("bless"), "{said}");
        assert!(
            said.contains("see how it fails: aether-harness diff one"),
            "{said}"
        );
        says(
            &workspace,
            &["bless", "one", "--reason", "r"],
            2 - i32::from(script == "echo 1"),
            &[],
        );
    }
}

fn a_read_only_directory_is_named() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let workspace = nothing();
        says(&workspace, &["new", "one"], 0, &[]);
        let target = workspace.path("target");
        std::fs::create_dir_all(&target).unwrap();
        let mode = |mode| std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&target, mode(0o555)).unwrap();
        if std::fs::write(target.join("probe"), "").is_ok() {
            // Nothing is read-only for the superuser; a file in the way has the same effect.
            std::fs::remove_dir_all(&target).unwrap();
            workspace.write("target", "");
        }
        for args in [&["diff"][..], &["run"], &["bless", "one", "--reason", "r"]] {
            let ran = harness(&workspace, "", args);
            let said = format!("{}{}", ran.out, ran.err);
            assert_ne!(ran.status, Some(0), "{args:?}: {said}");
            let line = said.lines().find(|line| line.contains("os error"));
            assert!(
                line.is_some_and(|line| line.contains("target")),
                "{args:?}: {said}"
            );
        }
        if target.is_dir() {
            std::fs::set_permissions(&target, mode(0o755)).unwrap();
        }
    }
}

fn workspaces_that_share_a_target_directory_do_not_mix() {
    if !cfg!(unix) {
        return;
    }
    let shared = tempfile::tempdir().unwrap();
    let harness = |workspace: &Workspace, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
        command.args(args).current_dir(workspace.path(""));
        command
            .env_remove("CI")
            .env("CARGO_TARGET_DIR", shared.path());
        Ran::of(&mut command)
    };
    let (here, there) = (nothing(), nothing());
    for workspace in [&here, &there] {
        assert_eq!(harness(workspace, &["new", "one"]).status, Some(0));
        let blessed = harness(workspace, &["bless", "one", "--reason", "first"]);
        assert_eq!(blessed.status, Some(0), "{}", blessed.err);
    }
    here.edit("scenarios/one/numbers.txt", "3", "4");
    there.edit("scenarios/one/numbers.txt", "3", "5");
    assert_eq!(harness(&here, &["diff", "one"]).status, Some(1));
    assert_eq!(harness(&there, &["diff", "one"]).status, Some(1));
    // What was shown of the other one says nothing about this one.
    let blessed = harness(&here, &["bless", "one", "--reason", "second"]);
    assert_eq!(blessed.status, Some(0), "{}{}", blessed.out, blessed.err);
    // Nor do its results count here.
    let ran = harness(&there, &["run"]);
    assert_eq!(ran.status, Some(1), "{}", ran.out);
    let report = harness(&here, &["report"]);
    assert_eq!(report.status, Some(2), "{}{}", report.out, report.err);
}
