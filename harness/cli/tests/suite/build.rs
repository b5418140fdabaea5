//! `[build]` of `defaults.toml`, through the installed command: when it runs, what it made, how it fails.

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::review::answered;
use crate::workspace::{Ran, Workspace};

crate::tests![build;
    a_build_runs_once_before_inputs_are_read,
    a_build_that_fails_is_reported_once,
    what_a_build_made_is_code,
    a_build_runs_once_in_a_run_of_nextest,
    an_interrupted_build_is_ended,
];

/// A scenario that prints a file which the build writes.
const SCENARIO: &str = "description = \"d\"\nruntime = \"instant\"\n\
    [command]\nprogram = \"sh\"\nargs = [\"-c\", \"cat {root}/made.json\"]\n\
    [[outputs]]\nname = \"o\"\nfrom = \"stdout\"\n";

/// A workspace with these scenarios and a shell script as its build.
fn workspace(names: &[&str], script: &str, more: &str) -> Option<Workspace> {
    if !cfg!(unix) {
        return None;
    }
    let workspace = Workspace::empty();
    for name in names {
        workspace.write(&format!("scenarios/{name}/scenario.toml"), SCENARIO);
    }
    workspace.write(
        "scenarios/defaults.toml",
        &format!("[build]\nprogram = \"sh\"\nargs = [\"{{root}}/build.sh\"]\n{more}\n"),
    );
    workspace.write("build.sh", script);
    workspace.write(".gitignore", "/target\n/count\n");
    Some(workspace)
}

/// The command in the workspace's directory.
fn command(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
    command.args(args).current_dir(workspace.root());
    for name in ["CI", "CARGO_TARGET_DIR", "NEXTEST_RUN_ID"] {
        command.env_remove(name);
    }
    command
}

#[track_caller]
fn says(workspace: &Workspace, args: &[&str], status: i32, expected: &[&str]) -> String {
    let ran = Ran::of(&mut command(workspace, args));
    let said = format!("{}{}", ran.out, ran.err);
    assert_eq!(ran.status, Some(status), "{args:?}: {said}");
    for text in expected {
        assert!(said.contains(text), "{args:?}: {text:?} is not in\n{said}");
    }
    said
}

/// How often the build has run: it writes a line each time.
fn count(workspace: &Workspace) -> usize {
    let lines = fs::read_to_string(workspace.path("count")).unwrap_or_default();
    lines.lines().count()
}

const BUILD: &str = "echo >> count\n[ -e made.json ] || echo '[1]' > made.json\n";

fn a_build_runs_once_before_inputs_are_read() {
    let Some(workspace) = workspace(&["a", "b", "c"], BUILD, "env = { X = \"{root}\" }") else {
        return;
    };
    // It is an input, and has to be made first.
    for name in ["a", "b", "c"] {
        let path = format!("scenarios/{name}/scenario.toml");
        workspace.edit(
            &path,
            "[command]",
            "inputs = [\"{root}/given.json\"]\n[command]",
        );
    }
    workspace.write(
        "build.sh",
        &format!("{BUILD}[ -e given.json ] || echo 2 > given.json\n"),
    );
    let mut expected = 0;
    for (args, status, builds) in [
        (&["bless", "--all", "--reason", "r"][..], 0, 1),
        (&["run", "a::process", "--exact"], 0, 1),
        (&["run"], 0, 1),
        (&["run", "--list"], 0, 0),
        (&["diff"], 0, 1),
        (&["diff", "a", "b"], 0, 1),
        (&["flaky", "--repeat", "2", "--load", "0"], 0, 1),
        (&["sensitivity", "a"], 0, 1),
        (&["show", "a"], 0, 0),
        (&["check"], 0, 0),
        (&["report"], 0, 0),
        (&["compare", "made.json", "given.json"], 1, 0),
        (&["new", "d"], 0, 0),
    ] {
        says(&workspace, args, status, &[]);
        expected += builds;
        assert_eq!(count(&workspace), expected, "{args:?}");
    }
    // The new scenario has no goldens yet.
    let said = answered(&workspace, &[("q", None)]);
    assert!(said.out.contains("MISSING_GOLDEN: d"), "{}", said.out);
    assert_eq!(count(&workspace), expected + 1);
}

fn a_build_that_fails_is_reported_once() {
    let fails = |script: &str, more: &str, expected: &[&str]| {
        let Some(workspace) = workspace(&["a", "b"], script, more) else {
            return;
        };
        for args in [
            &["run", "--test-threads", "1"][..],
            &["run"],
            &["diff"],
            &["bless", "--all", "--reason", "r"],
        ] {
            let ran = Ran::of(&mut command(&workspace, args));
            let said = format!("{}{}", ran.out, ran.err);
            let status = if args[0] == "run" { 1 } else { 2 };
            assert_eq!(ran.status, Some(status), "{args:?}: {said}");
            for text in expected {
                assert_eq!(
                    said.matches(text).count(),
                    1,
                    "{args:?}: {text:?} in\n{said}"
                );
            }
            let others = if args[0] == "run" { 5 } else { 1 };
            let referred = said.matches("the build failed, as reported for ").count();
            assert_eq!(referred, others, "{args:?}: {said}");
        }
        let ran = Ran::of(&mut command(&workspace, &["run"]));
        assert_eq!(ran.out.matches("INVALID ").count(), 6, "{}", ran.out);
        assert!(!workspace.path("fixtures").exists());
    };
    fails(
        "echo one; echo two >&2; exit 3",
        "",
        &[
            "the build `sh '{root}/build.sh'` ended with exit status: 3",
            "| one",
            "| two",
        ],
    );
    fails(
        "sleep 600 & wait",
        "time_limit = 0.3",
        &["exceeded its time limit of 0.3 s and was killed"],
    );
    if let Some(workspace) = workspace(&["a"], "", "") {
        workspace.edit(
            "scenarios/defaults.toml",
            "program = \"sh\"",
            "program = \"./none\"",
        );
        says(
            &workspace,
            &["diff"],
            2,
            &["the build `./none", "cannot be run: No such file"],
        );
        let path = "scenarios/a/scenario.toml";
        workspace.write(path, &format!("{SCENARIO}[build]\nprogram = \"x\"\n"));
        let place =
            "scenario.toml:9:2: the top level has no key `build`; [build] is for all scenarios";
        says(&workspace, &["diff"], 2, &[place]);
    }
}

/// Copies what changed, as `make` does, and says each time whether it had work to do.
const MAKE: &str = "for to in made.json scenarios/a/copy.json ignored.json; do\n\
    if [ source.json -nt $to ] || [ ! -e $to ]; then cp source.json $to; echo $to >> count; fi\ndone\n";

fn what_a_build_made_is_code() {
    let Some(workspace) = workspace(&["a"], MAKE, "") else {
        return;
    };
    workspace.write(".gitignore", "/target\n/count\n/ignored.json\n");
    workspace.edit(
        "scenarios/a/scenario.toml",
        "made.json\"",
        "made.json {root}/ignored.json {scenario}/copy.json {root}/text > all; head -c 3 {root}/made.json\"",
    );
    workspace.write("text", "t");
    workspace.write("source.json", "[1]\n");
    let shown = |expected: &[&str]| says(&workspace, &["show", "a"], 0, expected);
    says(
        &workspace,
        &["bless", "a", "--reason", "r"],
        0,
        &["blessed a"],
    );
    let row = |role: &str, path: &str, rule: &str| format!("{role:5}  {path:21}  {rule}");
    let rows = [
        row("code", "made.json", "made by [build]"),
        row("code", "scenarios/a/copy.json", "made by [build]"),
        row("input", "text", "named by the command; stored by line"),
    ];
    let by_build: Vec<&str> = rows.iter().map(String::as_str).collect();
    let said = shown(&by_build);
    assert!(!said.contains("ignored.json   "), "{said}");
    assert!(!said.contains("source.json   "), "{said}");
    assert_eq!(count(&workspace), 3);

    // There is nothing to make now. The roles are the same.
    says(&workspace, &["run"], 0, &["3 passed"]);
    shown(&by_build);
    assert_eq!(count(&workspace), 3);
    // So they are in a new checkout in which everything is up to date.
    fs::remove_dir_all(workspace.path("target")).unwrap();
    says(&workspace, &["run"], 0, &["3 passed"]);
    shown(&by_build);
    assert_eq!(count(&workspace), 3);

    // What somebody else writes in its place is not of the build, and a change that nobody overlooks.
    workspace.write("scenarios/a/copy.json", "[9]\n");
    let trial = ["run", "a::golden", "--exact"];
    says(&workspace, &trial, 1, &["STALE_INPUTS", "copy.json"]);
    fs::remove_file(workspace.path("scenarios/a/copy.json")).unwrap();
    says(&workspace, &trial, 0, &["1 passed"]);
    shown(&by_build);

    // What the build makes anew is not a changed input.
    workspace.write("source.json", "[2]\n");
    let stamp = Ran::of(
        Command::new("touch")
            .args(["-d", "2035-01-01", "source.json"])
            .current_dir(workspace.root()),
    );
    assert_eq!(stamp.status, Some(0), "{}", stamp.err);
    says(
        &workspace,
        &["diff"],
        1,
        &[
            "a: MISMATCH",
            "[0]: 1 → 2",
            "the program changed too: made.json; scenarios/a/copy.json",
        ],
    );
    // Without a build, a file below the scenario's directory is an input.
    fs::remove_file(workspace.path("scenarios/defaults.toml")).unwrap();
    shown(&[&row(
        "input",
        "scenarios/a/copy.json",
        "below the scenario's directory",
    )]);
}

fn a_build_runs_once_in_a_run_of_nextest() {
    let script = format!("{BUILD}[ ! -e broken ] || exit 7\n");
    let Some(workspace) = workspace(&["a", "b"], &script, "") else {
        return;
    };
    says(&workspace, &["bless", "--all", "--reason", "r"], 0, &[]);
    fs::remove_file(workspace.path("count")).unwrap();
    let trials = ["a::golden", "a::process", "b::golden", "b::determinism"];
    let all_of = |run: &str| -> Vec<String> {
        let start = |trial: &&str| -> Child {
            let mut command = command(&workspace, &["run", trial, "--exact"]);
            command.env("NEXTEST_RUN_ID", run);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let started: Vec<Child> = trials.iter().map(start).collect();
        started
            .into_iter()
            .map(|child| {
                let output = child.wait_with_output().unwrap();
                String::from_utf8(output.stdout).unwrap()
            })
            .collect()
    };
    for (run, expected) in [("one", 1), ("two", 2), ("two", 2)] {
        for said in all_of(run) {
            assert!(said.contains("1 passed"), "{said}");
        }
        assert_eq!(count(&workspace), expected, "{run}");
    }
    workspace.write("broken", "");
    let said = all_of("three").concat();
    assert_eq!(count(&workspace), 3);
    assert_eq!(
        said.matches("ended with exit status: 7").count(),
        1,
        "{said}"
    );
    assert_eq!(
        said.matches("the build failed, as reported for ").count(),
        3,
        "{said}"
    );
}

/// A harness that is interrupted takes its build, and what that started, with it.
fn an_interrupted_build_is_ended() {
    let script = "sleep 600 &\necho $! > part; mv part pid\nwait\n";
    let Some(workspace) = workspace(&["a"], script, "") else {
        return;
    };
    let mut started = command(&workspace, &["run"]);
    started.stdout(Stdio::null()).stderr(Stdio::null());
    let mut started = started.spawn().unwrap();
    assert!(wait_until(&|| workspace.path("pid").exists()));
    let pid = workspace.read("pid").trim().to_owned();
    assert!(is_running(&pid));
    let id = started.id().to_string();
    assert_eq!(
        Ran::of(Command::new("kill").args(["-TERM", &id])).status,
        Some(0)
    );
    assert_eq!(started.wait().unwrap().code(), Some(130));
    assert!(wait_until(&|| !is_running(&pid)));
}

fn wait_until(holds: &dyn Fn() -> bool) -> bool {
    for _ in 0..6000 {
        if holds() {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    false
}

/// Whether a process runs; one that ended and was not waited for does not.
fn is_running(pid: &str) -> bool {
    let ran = Ran::of(Command::new("ps").args(["-o", "stat=", "-p", pid]));
    let state = ran.out.trim();
    !state.is_empty() && !state.starts_with('Z')
}
