//! Scenarios of any program: `scenario.toml` alone.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::workspace::{Ran, Workspace};

crate::tests![program;
    a_program_is_gated_by_its_scenario,
    a_program_that_fails_is_told_with_its_last_words,
    a_failure_that_is_expected_is_the_same_on_every_machine,
    outputs_that_are_none_are_told,
    an_interrupted_run_ends_its_program,
    ignored_signals_leave_the_others_at_work,
    a_program_ends_with_a_runner_that_is_killed,
    a_missing_program_tells_what_was_tried,
    programs_are_found_beside_their_scenario,
    each_run_has_an_empty_directory,
    documents_are_inputs_and_programs_are_not,
    causes_name_rows_and_lines,
    what_surrounds_a_program_is_changed_for_it,
    a_program_that_differs_from_itself_is_told,
];

/// Scripts need a shell.
pub(crate) fn workspace(script: &str, keys: &str) -> Option<Workspace> {
    if !cfg!(unix) {
        return None;
    }
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/sums/scenario.toml",
        &format!(
            "description = \"running sums\"\ncode = [\"*.sh\"]\n{keys}\n\
             [command]\nprogram = \"sh\"\nargs = [\"{{scenario}}/sums.sh\"]\nstdin = \"numbers.txt\"\n\
             [[outputs]]\nname = \"sums\"\nfrom = \"stdout\"\nformat = \"jsonl\"\nstage = \"sum\"\n\
             tick = \"n\"\n[outputs.keys]\n\"\" = [\"n\"]\n\
             [[outputs]]\nname = \"end\"\nfrom = \"end.json\"\nstage = \"end\"\n"
        ),
    );
    workspace.write("scenarios/sums/numbers.txt", "1\n2\n3\n4\n");
    workspace.write("scenarios/sums/sums.sh", script);
    Some(workspace)
}

/// A workspace whose one scenario runs a shell script with one output.
pub(crate) fn simple(script: &str, keys: &str, command: &str, output: &str) -> Option<Workspace> {
    if !cfg!(unix) {
        return None;
    }
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/one/scenario.toml",
        &format!(
            "description = \"one output\"\ncode = [\"*.sh\"]\n{keys}\n[command]\n{command}\n\
             [[outputs]]\nname = \"out\"\n{output}\n"
        ),
    );
    workspace.write("scenarios/one/script.sh", script);
    Some(workspace)
}

pub(crate) const SHELL: &str = "program = \"sh\"\nargs = [\"{scenario}/script.sh\"]";
pub(crate) const STDOUT: &str = "from = \"stdout\"";

/// The one trial of `one` that runs the program without a golden.
pub(crate) fn run(workspace: &Workspace) -> Ran {
    workspace.runner(&["one::determinism", "--exact"])
}

/// The trial of a script fails with this verdict, and says all of this.
#[track_caller]
pub(crate) fn fails(script: &str, command: &str, output: &str, verdict: &str, expected: &[&str]) {
    let Some(workspace) = simple(script, "", command, output) else {
        return;
    };
    let ran = run(&workspace);
    assert_eq!(ran.status, Some(101), "{}{}", ran.out, ran.err);
    let verdict = format!("{verdict} one::determinism: ");
    for text in [verdict.as_str()].iter().chain(expected) {
        assert!(ran.out.contains(text), "{text:?} is not in\n{}", ran.out);
    }
}

const SUMS: &str = "n=0; sum=0\nwhile read x; do\n  n=$((n+1)); sum=$((sum+x))\n  \
                    echo \"{\\\"n\\\": $n, \\\"sum\\\": $sum}\"\ndone\n\
                    echo \"{\\\"sum\\\": $sum}\" > end.json\n";

fn a_program_is_gated_by_its_scenario() {
    let Some(workspace) = workspace(SUMS, "") else {
        return;
    };
    workspace.bless("sums", "first");
    let golden = workspace.read("fixtures/snapshots/sums/sums.json");
    assert_eq!(golden.lines().nth(4), Some("{\"n\":4,\"sum\":10}"));
    let ran = workspace.runner(&[]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("3 passed"), "{}", ran.out);

    workspace.edit("scenarios/sums/sums.sh", "sum+x", "sum+x+n/3");
    let ran = workspace.runner(&["sums::golden"]);
    let expected = "MISMATCH sums::golden\n  tick 3 · sum · sum: 6 → 7\n    at sums[n=3].sum\n";
    assert!(ran.out.contains(expected), "{}", ran.out);
    workspace.edit("scenarios/sums/sums.sh", "sum+x+n/3", "sum+x");

    workspace.write("scenarios/sums/numbers.txt", "1\n2\n5\n4\n");
    let ran = workspace.runner(&["sums::golden"]);
    assert!(
        ran.out
            .contains("STALE_INPUTS sums::golden: changed since the bless: numbers.txt")
    );
    assert!(
        ran.out.contains("cause: scenarios/sums/numbers.txt"),
        "{}",
        ran.out
    );
    assert!(!workspace.path("scenarios/sums/end.json").exists());
}

fn a_program_that_fails_is_told_with_its_last_words() {
    let engine = |script: &str, expected: &[&str]| {
        fails(script, SHELL, STDOUT, "PROGRAM_ERROR", expected);
    };
    engine(
        "echo once >&2; echo more >&2; exit 3",
        &["the program ended with exit status: 3\n  | once\n  | more"],
    );
    engine("kill -9 $$", &["the program ended with signal: 9"]);
    // Of many lines the last ones, and none of a line without end.
    engine(
        "i=0; while [ $i -lt 50 ]; do echo line $i >&2; i=$((i+1)); done; exit 1",
        &["exit status: 1\n  | line 30\n", "  | line 49\n"],
    );
    engine(
        "head -c 3000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo end >&2; exit 1",
        &["  | end\n"],
    );
    // An error stream is no failure by itself, and bytes that are no text harm nobody.
    let Some(workspace) = simple("printf '\\377\\n' >&2; echo 1", "", SHELL, STDOUT) else {
        return;
    };
    assert_eq!(run(&workspace).status, Some(0));
}

fn a_failure_that_is_expected_is_the_same_on_every_machine() {
    let expected = "expect = \"failure\"";
    let Some(workspace) = workspace("echo no >&2; exit 3", expected) else {
        return;
    };
    workspace.bless("sums", "it fails");
    let error = workspace.read("fixtures/snapshots/sums/error.json");
    assert_eq!(error, "{\n\"status\":3,\n\"stderr\":[\"no\"]\n}\n");

    let script = "echo \"$0 in $PWD of $1\" >&2; exit 1";
    let command = "program = \"sh\"\nargs = [\"{scenario}/script.sh\", \"{root}/x\"]";
    let workspace = simple(script, expected, command, STDOUT).unwrap();
    workspace.bless("one", "it fails");
    let error = workspace.read("fixtures/snapshots/one/error.json");
    assert!(
        error.contains("\"{scenario}/script.sh in {work} of {root}/x\""),
        "{error}"
    );
    assert_eq!(workspace.runner(&[]).status, Some(0));

    // A missing program is no failure that can be expected.
    let workspace = simple("", expected, "program = \"not-there-at-all\"", STDOUT).unwrap();
    let said = workspace.try_bless("one", Some("r"));
    assert_eq!(said.code(), 2);
    assert!(
        said.error().contains("one INVALID: the program"),
        "{}",
        said.error()
    );
}

fn outputs_that_are_none_are_told() {
    let engine = |script: &str, output: &str, expected: &[&str]| {
        fails(script, SHELL, output, "PROGRAM_ERROR", expected);
    };
    let file = "from = \"end.json\"";
    engine(
        "echo '{}' > other.json; echo why >&2",
        file,
        &[
            "the output `out` is missing: there is no end.json; the program left other.json\n",
            "the program ended with exit status: 0\n  | why",
        ],
    );
    engine(
        "",
        file,
        &["there is no end.json; the program left no file"],
    );
    engine(
        "mkdir end.json",
        file,
        &["the output `out` (end.json) is not a file"],
    );
    engine(
        "mkfifo end.json",
        file,
        &["the output `out` (end.json) is not a file"],
    );
    engine(
        "echo hello; echo lost >&2",
        STDOUT,
        &[
            "the output `out` (stdout) is not JSON: out:1:1: expected a value, found 'h'",
            "the program ended with exit status: 0\n  | lost",
        ],
    );
    engine(
        "",
        STDOUT,
        &["the output `out` (stdout) is empty: JSON is at least one value"],
    );
    engine(
        "echo 1; echo 2",
        STDOUT,
        &[
            "out:2:1: expected the end of the text, found '2'; for one document per line use format = \"jsonl\"",
        ],
    );
    engine(
        "echo 1; echo '{'",
        "from = \"stdout\"\nformat = \"jsonl\"",
        &["the output `out` (stdout) is not JSON: out:2:2"],
    );
    engine(
        "printf '\\377'",
        STDOUT,
        &["is not JSON: out:1:1: not UTF-8"],
    );
    engine("echo '{\"a\": NaN}'", STDOUT, &["is not JSON: out:1:7"]);
}

fn an_interrupted_run_ends_its_program() {
    interrupted(&[], "-TERM", Some(130));
}

/// Nobody can handle this signal: the system ends the program.
fn a_program_ends_with_a_runner_that_is_killed() {
    if cfg!(target_os = "linux") {
        interrupted(&[], "-KILL", None);
    }
}

/// `nohup` ignores one signal, and a script's background job another: the others end the program.
fn ignored_signals_leave_the_others_at_work() {
    interrupted(
        &["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"],
        "-TERM",
        Some(130),
    );
    interrupted(
        &["sh", "-c", "trap '' INT; exec \"$@\"", "sh"],
        "-TERM",
        Some(130),
    );
}

/// A runner that is started by this command and gets this signal takes its program with it.
#[track_caller]
fn interrupted(starter: &[&str], sent: &str, status: Option<i32>) {
    let script = "echo $$ > ../../../../part; mv ../../../../part ../../../../pid\nsleep 600\n";
    let Some(workspace) = simple(script, "", SHELL, STDOUT) else {
        return;
    };
    let runner = workspace.process("runner");
    let mut started = match starter {
        [] => workspace.process("runner"),
        [program, args @ ..] => {
            let mut started = Command::new(program);
            started
                .args(args)
                .arg(runner.get_program())
                .args(runner.get_args());
            for (name, value) in runner.get_envs() {
                match value {
                    Some(value) => started.env(name, value),
                    None => started.env_remove(name),
                };
            }
            if let Some(dir) = runner.get_current_dir() {
                started.current_dir(dir);
            }
            started
        }
    };
    let mut runner = started
        .args(["one::determinism", "--exact"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let wait_until = |holds: &dyn Fn() -> bool| {
        for _ in 0..6000 {
            if holds() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    };
    assert!(wait_until(&|| workspace.path("pid").exists()));
    let signal = |signal: &str, pid: &str| {
        let mut kill = Command::new("kill");
        kill.args([signal, pid]).stderr(std::process::Stdio::null());
        kill.status().unwrap().success()
    };
    assert!(signal(sent, &runner.id().to_string()));
    assert_eq!(runner.wait().unwrap().code(), status);
    let program = workspace.read("pid");
    assert!(wait_until(&|| !signal("-0", program.trim())));
}

fn a_missing_program_tells_what_was_tried() {
    let invalid = |command: &str, expected: &[&str]| {
        fails("", command, STDOUT, "INVALID", expected);
    };
    invalid(
        "program = \"pyhton3\"",
        &[
            "the program `pyhton3` cannot be started: no directory of PATH has it (",
            "; one in the scenario's directory is written with a slash, as ./NAME",
        ],
    );
    invalid(
        "program = \"script.sh\"\nenv = { PATH = \"/nowhere:{root}/bin\" }",
        &[
            "no directory of PATH has it (/nowhere:/",
            "/bin); the scenario's directory has one: did you mean ./script.sh?",
        ],
    );
    invalid(
        "program = \"./absent\"",
        &[
            "scenarios/one/./absent does not exist: a program with a slash is a path from the scenario's",
        ],
    );
    invalid(
        "program = \"./script.sh\"",
        &["scenarios/one/./script.sh is not executable: chmod +x it, or name its interpreter"],
    );
    invalid(
        "program = \"sh\"\nstdin = \"none.txt\"",
        &["scenarios/one/none.txt"],
    );
    let Some(workspace) = simple(
        "#!/no/such/shell\n",
        "",
        "program = \"./script.sh\"",
        STDOUT,
    ) else {
        return;
    };
    executable(&workspace.path("scenarios/one/script.sh"));
    let out = run(&workspace).out;
    assert!(
        out.contains("script.sh exists, but its interpreter does not (see its first line"),
        "{out}"
    );
}

#[cfg(unix)]
fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn executable(_: &Path) {}

fn programs_are_found_beside_their_scenario() {
    let script = "#!/bin/sh\necho \"[\\\"$1\\\", \\\"$PLACE\\\", $(cat)]\"\n";
    for program in [
        "./script.sh",
        "{scenario}/script.sh",
        "{root}/scenarios/one/script.sh",
    ] {
        let command = format!(
            "program = \"{program}\"\nargs = [\"a b\"]\nstdin = \"{{root}}/shared.json\"\n\
             env = {{ PLACE = \"c\" }}"
        );
        let Some(workspace) = simple(script, "", &command, STDOUT) else {
            return;
        };
        executable(&workspace.path("scenarios/one/script.sh"));
        workspace.write("shared.json", "[1]");
        workspace.bless("one", "first");
        let golden = workspace.read("fixtures/snapshots/one/out.json");
        assert_eq!(golden, "[\n\"a b\",\n\"c\",\n[1]\n]\n");
        // What machine it was is not in the goldens.
        let inputs = workspace.read("fixtures/snapshots/one/inputs.json");
        assert!(
            inputs.contains(&format!("\"program\":\"{program}\"")),
            "{inputs}"
        );
        assert!(inputs.contains("\"shared.json\":[1]"), "{inputs}");
        assert!(
            !inputs.contains(&*workspace.root().to_string_lossy()),
            "{inputs}"
        );
    }
}

fn each_run_has_an_empty_directory() {
    let script = "ls | wc -l; echo 1 > left.txt";
    let Some(workspace) = simple(script, "", SHELL, STDOUT) else {
        return;
    };
    workspace.bless("one", "first");
    let golden = workspace.read("fixtures/snapshots/one/out.json");
    assert_eq!(golden.trim(), "0");
    assert_eq!(workspace.runner(&[]).status, Some(0));
    let left = fs::read_dir(workspace.path("target/scenarios"))
        .unwrap()
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with(".command")
        })
        .count();
    assert_eq!(left, 0);
}

fn causes_name_rows_and_lines() {
    let Some(workspace) = simple("echo 1", "", SHELL, STDOUT) else {
        return;
    };
    let write = |file: &str, text: &str| workspace.write(&format!("scenarios/one/{file}"), text);
    write("prices.csv", "region,price\nsouth,1\neast,2\nnorth,75.0\n");
    write("books.journal", "a\nb\n");
    workspace.bless("one", "first");
    write("prices.csv", "region,price\nsouth,1\neast,2\nnorth,99.0\n");
    write("books.journal", "a\nc\n");
    let ran = workspace.runner(&["one::golden", "--exact"]);
    for cause in [
        "scenarios/one/prices.csv row 4 (north).price: 75.0 → 99.0",
        "scenarios/one/books.journal line 2: \"b\" → \"c\"",
    ] {
        assert!(ran.out.contains(cause), "{cause}: {}", ran.out);
    }
}

fn documents_are_inputs_and_programs_are_not() {
    let command =
        "program = \"sh\"\nargs = [\"{scenario}/script.sh\", \"{root}/shared/base.json\"]";
    let Some(workspace) = simple("echo 1", "", command, STDOUT) else {
        return;
    };
    workspace.write("shared/base.json", r#"{"k": 1}"#);
    workspace.write("scenarios/one/deep/er/table.csv", "a,b\n");
    workspace.write("scenarios/one/.hidden.json", "1");
    workspace.write("scenarios/one/notes.md", "an input too");
    workspace.bless("one", "first");
    let verdict = |workspace: &Workspace| {
        workspace.runner(&["one::golden"]);
        workspace.result("one", "golden")["verdict"].clone()
    };
    workspace.write("scenarios/one/script.sh", "echo 1 # differently");
    assert_eq!(verdict(&workspace), "MATCH");
    for (file, before, text) in [
        ("scenarios/one/.hidden.json", "1", "2"),
        ("scenarios/one/notes.md", "an input too", "changed"),
    ] {
        workspace.write(file, text);
        assert_eq!(verdict(&workspace), "STALE_INPUTS", "{file}");
        workspace.write(file, before);
    }
    workspace.write("shared/base.json", r#"{"k": 2}"#);
    let ran = workspace.runner(&["one::golden"]);
    assert!(ran.out.contains("shared/base.json k: 1 → 2"), "{}", ran.out);
    workspace.write("shared/base.json", r#"{"k":   1}"#);
    assert_eq!(verdict(&workspace), "MATCH");
    workspace.write("scenarios/one/deep/er/table.csv", "a,c\n");
    assert_eq!(verdict(&workspace), "STALE_INPUTS");
}

fn what_surrounds_a_program_is_changed_for_it() {
    let check = |script: &str, expected: &str| {
        let Some(workspace) = simple(script, "", SHELL, STDOUT) else {
            return;
        };
        assert_eq!(run(&workspace).status, Some(0));
        let ran = workspace.runner(&["one::process", "--exact"]);
        assert_eq!(ran.status, Some(101), "{}", ran.out);
        let message = workspace.result("one", "process")["message"].clone();
        let message = message.as_str().unwrap();
        assert!(
            message.starts_with("NONDETERMINISTIC one::process"),
            "{message}"
        );
        assert!(message.contains(expected), "{message}");
    };
    check(
        "echo \"\\\"$USER\\\"\"",
        "caused by the environment variables",
    );
    check("echo \"\\\"$LC_ALL\\\"\"", "caused by the locale");
    check(
        "date -d @0 +'\"%H:%M\"' || date -r 0 +'\"%H:%M\"'",
        "caused by the time zone",
    );
    check("echo \"\\\"$(umask)\\\"\"", "caused by the umask");
    check(
        "echo \"\\\"$PYTHONHASHSEED\\\"\"",
        "caused by the hash seeds",
    );
}

fn a_program_that_differs_from_itself_is_told() {
    let Some(workspace) = simple("date +%s%N", "", SHELL, STDOUT) else {
        return;
    };
    let ran = run(&workspace);
    assert!(
        ran.out.contains("NONDETERMINISTIC one::determinism"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("a clock"), "{}", ran.out);
    let said = workspace.try_bless("one", Some("r"));
    assert!(
        said.error().contains("NONDETERMINISTIC"),
        "{}",
        said.error()
    );
    // The directory of a run is a new one each time, and is replaced.
    let Some(workspace) = simple("echo \"\\\"$PWD\\\"\"", "", SHELL, STDOUT) else {
        return;
    };
    workspace.bless("one", "first");
    let golden = workspace.read("fixtures/snapshots/one/out.json");
    assert_eq!(golden, "\"{work}\"\n");
}
