//! Scenarios of any program: `scenario.toml` alone.

use std::time::{Duration, Instant};

use crate::workspace::Workspace;

crate::tests![program;
    a_program_is_gated_by_its_scenario,
    a_program_that_fails_is_told_with_its_last_words,
    a_program_that_hangs_is_ended,
];

/// Scripts need a shell.
fn workspace(script: &str, keys: &str) -> Option<Workspace> {
    if !cfg!(unix) {
        return None;
    }
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/sums/scenario.toml",
        &format!(
            "description = \"running sums\"\n{keys}\n\
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
    let check = |script: &str, expected: &str| {
        let Some(workspace) = workspace(script, "") else {
            return;
        };
        let ran = workspace.runner(&["sums::determinism", "--exact"]);
        assert_eq!(ran.status, Some(101));
        assert!(
            ran.out.contains("ENGINE_ERROR sums::determinism"),
            "{}",
            ran.out
        );
        assert!(ran.out.contains(expected), "{}", ran.out);
    };
    check(
        "echo once >&2; echo more >&2; exit 3",
        "exit status: 3\n  | once\n  | more",
    );
    check("echo '{}'", "the output end (end.json) cannot be read");
    check(
        "echo '{' ; echo 1 > end.json",
        "the output sums is no JSON: sums:2:1",
    );
    let Some(workspace) = workspace("echo no >&2; exit 3", "expect = \"failure\"") else {
        return;
    };
    workspace.bless("sums", "it fails");
    let error = workspace.read("fixtures/snapshots/sums/error.json");
    assert_eq!(error, "{\n\"status\":3,\n\"stderr\":[\"no\"]\n}\n");
}

fn a_program_that_hangs_is_ended() {
    let script = "(sleep 60; echo late > ../../../../late) &\nsleep 60\n";
    let Some(workspace) = workspace(script, "time_limit = 0.3") else {
        return;
    };
    let start = Instant::now();
    let ran = workspace.runner(&["sums::determinism", "--exact"]);
    assert!(
        ran.out
            .contains("TIMEOUT sums::determinism: stopped after its time limit of 0.3 s"),
        "{}",
        ran.out
    );
    assert!(start.elapsed() < Duration::from_secs(30));
}
