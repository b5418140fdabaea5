//! What is reported of values that differ between runs, and of runs that fail in a changed environment; and
//! that what is suggested helps when it is pasted.

use crate::workspace::{Ran, Workspace, has};

crate::tests![differs;
    every_value_that_differs_is_listed_and_can_be_declared,
    an_order_can_be_declared,
    words_of_a_text_can_be_declared,
    what_the_environment_shows_is_named_and_can_be_declared,
    values_that_differ_anyway_hide_nothing_of_the_environment,
    the_variable_that_a_program_needs_is_found_and_can_be_passed,
    several_variables_may_matter_together,
    a_variable_that_is_passed_stays_as_it_is,
    the_root_is_reached_by_another_path,
    a_missing_locale_never_counts,
];

const FILE: &str = "scenarios/one/scenario.toml";

/// A workspace whose one scenario runs a script.
fn workspace(script: &str, keys: &str, output: &str) -> Option<Workspace> {
    if !cfg!(unix) {
        return None;
    }
    let workspace = Workspace::empty();
    workspace.write(
        FILE,
        &format!(
            "description = \"one output\"\ncode = [\"*.sh\"]\n{keys}\n[command]\nprogram = \"sh\"\n\
             args = [\"{{scenario}}/script.sh\"]\nenv = {{ SET = \"1\" }}\n\
             [[outputs]]\nname = \"out\"\nfrom = \"stdout\"\n{output}\n"
        ),
    );
    // A file that outlives runs; one that the scenario named would be an input.
    let kept = workspace.path("kept");
    let script = script.replace("$KEPT", &kept.to_string_lossy());
    workspace.write("scenarios/one/script.sh", &script);
    Some(workspace)
}

/// The trials, in an environment that the scripts know.
fn runner(workspace: &Workspace, args: &[&str]) -> Ran {
    let mut runner = workspace.process("runner");
    runner
        .args(args)
        .env("USER", "me")
        .env("HOME", "/home/me")
        .env("MY_DATA", "7");
    Ran::of(&mut runner)
}

/// What a trial says, which does not pass.
#[track_caller]
fn message(workspace: &Workspace, check: &str) -> String {
    let ran = runner(workspace, &[&format!("one::{check}"), "--exact"]);
    assert_eq!(ran.status, Some(101), "{}{}", ran.out, ran.err);
    let result = workspace.result("one", check);
    result["message"].as_str().unwrap().to_owned()
}

#[track_caller]
fn holds(message: &str, expected: &[&str]) {
    for expected in expected {
        assert!(
            message.contains(expected),
            "{expected:?} is not in\n{message}"
        );
    }
}

/// The lines that a message suggests after the line that begins so, without their indentation.
#[track_caller]
fn suggested(message: &str, lead: &str) -> String {
    let mut lines = message
        .lines()
        .skip_while(|line| !line.trim_start().starts_with(lead));
    lines
        .next()
        .unwrap_or_else(|| panic!("{lead:?} begins no line of\n{message}"));
    let lines = lines.map_while(|line| line.strip_prefix("    "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Both determinism checks pass, and a bless does too.
#[track_caller]
fn is_steady(workspace: &Workspace) {
    for check in ["one::determinism", "one::process"] {
        let ran = runner(workspace, &[check, "--exact"]);
        assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    }
    workspace.bless("one", "some values differ");
}

const MAY_DIFFER: &str = "if these values may differ, write into scenarios/one/scenario.toml";

fn every_value_that_differs_is_listed_and_can_be_declared() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let script = "echo x >> \"$KEPT\"\n\
        echo '{'\n\
        echo \"\\\"at\\\": \\\"$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)\\\",\"\n\
        echo \"\\\"pid\\\": $$, \\\"same\\\": 1,\"\n\
        echo \"\\\"run\\\": $(wc -l < \"$KEPT\"),\"\n\
        for i in 1 2 3; do\n\
          echo \"\\\"r$i\\\": {\\\"id\\\": \\\"$(cat /proc/sys/kernel/random/uuid)\\\"},\"\n\
        done\n\
        echo \"\\\"rows\\\": [{\\\"ns\\\": $(date +%s%N)}, {\\\"ns\\\": $(date +%s%N)}]\"\n\
        echo '}'\n";
    let Some(workspace) = workspace(script, "", "") else {
        return;
    };
    let message = message(&workspace, "determinism");
    holds(
        &message,
        &[
            "NONDETERMINISTIC one::determinism: the second of two runs produced different bytes in out",
            "for several reasons: each value below has its own\n",
            "\n    out.at: 1 value, a clock (\"",
            "\n    out.pid: 1 value, a process id (",
            "\n    out.r1.id: 1 value, a uuid (",
            "\n    out.rows.ns: 2 values, a clock (",
            "\n    out.run: 1 value, a counter kept on disk (1 → 2)",
            "\n    path = \"rows.ns\"\n    form = \"timestamp\"\n    reason = \"a clock\"\n",
        ],
    );
    assert!(!message.contains("same"), "{message}");
    let lines = suggested(&message, MAY_DIFFER);
    assert_eq!(lines.matches("[[outputs.volatile]]").count(), 7, "{lines}");
    workspace.write(FILE, &(workspace.read(FILE) + &lines));
    is_steady(&workspace);
}

fn an_order_can_be_declared() {
    let script = "printf '{\"tags\": ['; n=$(wc -l < \"$KEPT\"); n=$((n+1)); echo x >> \"$KEPT\"\n\
        printf '%s, 5, 6' $((n % 2 * 7)); printf ', %s' $(((n + 1) % 2 * 7)); echo ']}'\n";
    let Some(workspace) = workspace(script, "", "") else {
        return;
    };
    workspace.write("kept", "");
    let message = message(&workspace, "determinism");
    holds(
        &message,
        &["out.tags: 1 array, the same elements in another order"],
    );
    let line = suggested(&message, "if the order does not matter");
    assert_eq!(line, "unordered = [\"tags\"]\n");
    workspace.write(FILE, &(workspace.read(FILE) + &line));
    is_steady(&workspace);
}

fn words_of_a_text_can_be_declared() {
    let script = "echo start; echo \"pid $$ at $(date +%s%N) ns\"; echo end";
    let Some(workspace) = workspace(script, "", "format = \"text\"") else {
        return;
    };
    let message = message(&workspace, "determinism");
    let lines = suggested(&message, MAY_DIFFER);
    holds(
        &lines,
        &["pattern = '(at\\s+)\\S+'", "pattern = '(pid\\s+)\\S+'"],
    );
    workspace.write(FILE, &(workspace.read(FILE) + &lines));
    is_steady(&workspace);
    let golden = workspace.read("fixtures/snapshots/one/out.json");
    assert!(golden.contains("\"start\",\n\"pid ‹"), "{golden}");
}

fn what_the_environment_shows_is_named_and_can_be_declared() {
    let script = "echo \"{\\\"user\\\": \\\"$USER\\\", \\\"cache\\\": \\\"$HOME/.cache\\\", \\\"same\\\": 1}\"";
    let Some(workspace) = workspace(script, "", "") else {
        return;
    };
    let message = message(&workspace, "process");
    holds(
        &message,
        &[
            "\n  caused by the environment variables: changed alone",
            "\n    out.user: 1 value, the user name (\"me\" → \"somebody-else\")",
            "\n    out.cache: 1 value, the home directory (\"/home/me/.cache\" → ",
            "path = \"user\"\n    form = \"text\"\n    reason = \"the user name\"\n",
            "path = \"cache\"\n    form = \"path\"\n",
        ],
    );
    let lines = suggested(&message, MAY_DIFFER);
    workspace.write(FILE, &(workspace.read(FILE) + &lines));
    is_steady(&workspace);
}

fn values_that_differ_anyway_hide_nothing_of_the_environment() {
    let script = "echo \"{\\\"user\\\": \\\"$USER\\\", \\\"ns\\\": $(date +%s%N)}\"";
    let Some(workspace) = workspace(script, "", "") else {
        return;
    };
    // Each check by itself tells all of it.
    let alone = message(&workspace, "process");
    holds(
        &alone,
        &[
            "out.user: 1 value, the user name",
            "out.ns: 1 value, a clock",
        ],
    );
    // Together, each thing is reported once.
    let ran = runner(&workspace, &["one::"]);
    let result = |check: &str| {
        let result = workspace.result("one", check);
        result["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        ran.out.matches("out.ns: 1 value, a clock").count(),
        1,
        "{}",
        ran.out
    );
    holds(&result("determinism"), &["out.ns: 1 value, a clock"]);
    let process = result("process");
    holds(
        &process,
        &[
            "in more than the check `determinism` reports",
            "caused by the environment variables",
            "the variable that matters is USER (changed)",
            "out.user: 1 value, the user name",
        ],
    );
    assert!(!process.contains("out.ns:"), "{process}");
    // Lines of a text have one pattern, and each differs in its own way.
    workspace.edit(
        FILE,
        "from = \"stdout\"",
        "from = \"stdout\"\nformat = \"text\"",
    );
    workspace.write("scenarios/one/script.sh", "date +%s%N; echo \"$USER\"");
    let ran = runner(&workspace, &["one::"]);
    assert_eq!(ran.status, Some(101));
    holds(&result("determinism"), &["out: 1 value, a clock"]);
    holds(
        &result("process"),
        &[
            "caused by the environment variables",
            "out: 1 value, the user name",
        ],
    );
}

fn the_variable_that_a_program_needs_is_found_and_can_be_passed() {
    let script = "echo starting >&2\n\
        test -n \"$MY_DATA\" || { echo 'MY_DATA is not set' >&2; exit 3; }\necho \"$MY_DATA\"";
    let Some(workspace) = workspace(script, "", "") else {
        return;
    };
    let message = message(&workspace, "process");
    holds(
        &message,
        &[
            "the run in a new process with a changed environment",
            "the program ended with exit status: 3\n  | starting\n  | MY_DATA is not set\n",
            "\n  caused by the environment variables: changed alone",
            "\n  the variable that matters is MY_DATA (removed)\n",
        ],
    );
    let line = suggested(&message, "if the program needs it, write into [command]");
    assert_eq!(line, "pass = [\"MY_DATA\"]\n");
    workspace.edit(FILE, "[command]\n", &format!("[command]\n{line}"));
    let ran = runner(&workspace, &["one::process", "--exact"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
}

fn several_variables_may_matter_together() {
    // Either is enough; without both it fails.
    let script = "test -n \"$MY_DATA$MY_OTHER\" || exit 3; echo 1";
    let Some(workspace) = workspace(script, "", "") else {
        return;
    };
    let mut runner = workspace.process("runner");
    runner.env("MY_DATA", "1").env("MY_OTHER", "1");
    let ran = Ran::of(runner.args(["one::process", "--exact"]));
    holds(
        &ran.out,
        &["the variables that matter are MY_DATA (removed), MY_OTHER (removed)\n"],
    );
    // A program that another time zone makes fail can be given its own.
    workspace.write(
        "scenarios/one/script.sh",
        "test -z \"$TZ\" || exit 3; echo 1",
    );
    let mut runner = workspace.process("runner");
    let ran = Ran::of(runner.args(["one::process", "--exact"]).env_remove("TZ"));
    holds(&ran.out, &["caused by the time zone (TZ)"]);
    let line = suggested(&ran.out, "if the program needs it, write into [command]");
    assert_eq!(line, "pass = [\"TZ\"]\n");
}

fn a_variable_that_is_passed_stays_as_it_is() {
    let script = "echo \"[\\\"$USER\\\", \\\"$TZ\\\", \\\"$MY_DATA\\\", \\\"${PATH:+path}\\\"]\"";
    let Some(workspace) = workspace(script, "", "") else {
        return;
    };
    message(&workspace, "process");
    let pass = "[command]\npass = [\"USER\", \"TZ\", \"MY_DATA\"]\n";
    workspace.edit(FILE, "[command]\n", pass);
    let ran = runner(&workspace, &["one::process", "--exact"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    // Nothing that is not passed is there, but for what starts processes and what is set on purpose.
    workspace.write("scenarios/one/script.sh", "echo \"[\\\"$MY_OTHER\\\"]\"");
    let mut runner = workspace.process("runner");
    let ran = Ran::of(
        runner
            .args(["one::process", "--exact"])
            .env("MY_OTHER", "1"),
    );
    assert_eq!(ran.status, Some(101), "{}", ran.out);
    assert!(
        ran.out
            .contains("the variable that matters is MY_OTHER (removed)"),
        "{}",
        ran.out
    );
    for (pass, expected) in [
        ("[\"A=B\"]", "pass lists names of environment variables"),
        ("[\"SET\"]", "`SET` is in env, which says what it is"),
    ] {
        workspace.edit(FILE, "[\"USER\", \"TZ\", \"MY_DATA\"]", pass);
        let said = workspace.try_bless("one", Some("r"));
        assert!(said.error().contains(expected), "{}", said.error());
        workspace.edit(FILE, pass, "[\"USER\", \"TZ\", \"MY_DATA\"]");
    }
}

fn the_root_is_reached_by_another_path() {
    // A path of the root is replaced, whichever it is.
    let Some(workspace) = workspace("echo \"\\\"$0\\\"\"", "", "") else {
        return;
    };
    is_steady(&workspace);
    let golden = workspace.read("fixtures/snapshots/one/out.json");
    assert_eq!(golden, "\"{scenario}/script.sh\"\n");
    // What else depends on it is found.
    workspace.write("scenarios/one/script.sh", "echo \"${#0}\"");
    let message = message(&workspace, "process");
    holds(&message, &["caused by the path of the root: changed alone"]);
}

fn a_missing_locale_never_counts() {
    let missing = |program: &str, script: &str| {
        let Some(workspace) = workspace("", "expect = \"failure\"", "") else {
            return;
        };
        if !has(program) {
            return;
        }
        workspace.edit(
            FILE,
            "program = \"sh\"",
            &format!("program = \"{program}\""),
        );
        workspace.write("scenarios/one/script.sh", script);
        is_steady(&workspace);
        let golden = workspace.read("fixtures/snapshots/one/error.json");
        assert_eq!(golden, "{\n\"status\":3,\n\"stderr\":[\"no\"]\n}\n");
        // The person's own locale may be missing too.
        let mut runner = workspace.process("runner");
        let ran = Ran::of(
            runner
                .env("LC_ALL", "xx_YY.UTF-8")
                .env("LANG", "xx_YY.UTF-8"),
        );
        assert_eq!(ran.status, Some(0), "{program}: {}{}", ran.out, ran.err);
    };
    missing("bash", "echo no >&2; exit 3");
    missing("perl", "print STDERR \"no\\n\"; exit 3;");
}
