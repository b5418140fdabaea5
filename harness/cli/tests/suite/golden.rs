//! `golden`: what a test keeps without a scenario, under the rules of every bless.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::workspace::{Ran, Workspace};

crate::tests![golden;
    a_document_is_kept_and_compared,
    every_rule_of_a_bless_holds,
    the_goldens_of_a_test_belong_to_no_scenario,
    slips_are_refused_with_a_hint,
    a_document_that_is_too_large_is_refused,
];

const LEDGER: &str = r#"[{"tick": 1, "sum": 10}, {"tick": 2, "sum": 20}]"#;
const KEPT: &str = "fixtures/snapshots/ledger/ledger.json";

/// `golden` in the workspace, with this document on its standard input.
fn golden(workspace: &Workspace, document: &str, args: &[&str]) -> Ran {
    golden_under(workspace, document, args, None)
}

fn golden_under(workspace: &Workspace, document: &str, args: &[&str], ci: Option<&str>) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
    command
        .arg("golden")
        .args(args)
        .current_dir(workspace.root());
    command.env_remove("CI").env_remove("CARGO_TARGET_DIR");
    if let Some(ci) = ci {
        command.env("CI", ci);
    }
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(document.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[track_caller]
fn says(ran: &Ran, status: i32, expected: &[&str]) {
    let said = format!("{}{}", ran.out, ran.err);
    assert_eq!(ran.status, Some(status), "{said}");
    for text in expected {
        assert!(said.contains(text), "{text:?} is not in\n{said}");
    }
}

const ARGS: [&str; 9] = [
    "ledger",
    "--artefact=ledger",
    "--key==tick",
    "--tick=tick",
    "--stage=bank",
    "--test=tests/test_bank.py::test_run",
    "--typed=pytest tests/test_bank.py::test_run",
    "--reason=r",
    "--bless",
];

/// The arguments without those of a bless.
fn args() -> &'static [&'static str] {
    &ARGS[..7]
}

fn a_document_is_kept_and_compared() {
    let workspace = Workspace::empty();
    std::fs::remove_dir(workspace.path("scenarios")).unwrap();
    let typed = "pytest tests/test_bank.py::test_run --bless --reason \"…\"";
    let missing = golden(&workspace, LEDGER, args());
    says(
        &missing,
        1,
        &[
            "MISSING_GOLDEN ledger::golden",
            &format!("make it the golden: {typed}"),
        ],
    );
    assert!(!workspace.path("fixtures").exists());
    says(
        &golden(&workspace, LEDGER, &ARGS),
        0,
        &["blessed ledger: wrote inputs.json, ledger.json"],
    );
    assert_eq!(
        workspace.read(KEPT),
        "[\n{\"sum\":10,\"tick\":1},\n{\"sum\":20,\"tick\":2}\n]\n"
    );
    let manifest = workspace.read("fixtures/snapshots/ledger/snapshot.toml");
    assert!(manifest.contains("subject = \"a test\"\n"), "{manifest}");
    assert!(manifest.contains("reason = \"r\"\n"), "{manifest}");
    // The layout does not count, nor does the order of members.
    let spelled = "[\n {\"sum\":10,\"tick\":1},{\"sum\":20,\"tick\":2}]";
    let same = golden(&workspace, spelled, args());
    says(&same, 0, &[]);
    assert_eq!(format!("{}{}", same.out, same.err), "");
    assert!(!workspace.path("target/scenarios/ledger").exists());

    let changed = LEDGER.replace("20", "25");
    let differs = golden(&workspace, &changed, args());
    says(
        &differs,
        1,
        &[
            "MISMATCH ledger::golden",
            "\n  tick 2 · bank · sum: 20 → 25\n    at ledger[tick=2].sum\n",
            "see all of it:   aether-harness compare fixtures/snapshots/ledger target/scenarios/ledger --all",
            &format!("if intended:     {typed}"),
        ],
    );
    says(
        &golden(&workspace, &changed, &ARGS),
        0,
        &["sum: 20 → 25", "blessed ledger"],
    );
    says(
        &golden(&workspace, &changed, &ARGS),
        0,
        &["ledger: nothing to change"],
    );
    says(&golden(&workspace, &changed, args()), 0, &[]);
    // Nothing of the calls remains.
    let left = std::fs::read_dir(workspace.path("target/scenarios")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".shown"]);
}

fn every_rule_of_a_bless_holds() {
    let workspace = Workspace::empty();
    let typed = "Type:\n  pytest tests/test_bank.py::test_run --bless --reason \"…\"";
    let mut bless = args().to_vec();
    bless.push("--bless");
    says(
        &golden(&workspace, LEDGER, &bless),
        2,
        &["needs a reason", typed],
    );
    bless.push("--reason=…");
    says(
        &golden(&workspace, LEDGER, &bless),
        2,
        &["`…` stands for your reason"],
    );
    says(&golden(&workspace, LEDGER, &ARGS[..8]), 2, &["--bless"]);
    says(
        &golden_under(&workspace, LEDGER, &ARGS, Some("true")),
        2,
        &["goldens are not blessed under CI"],
    );
    assert!(!workspace.path("fixtures").exists());
    says(&golden(&workspace, LEDGER, &ARGS), 0, &["blessed ledger"]);

    // Goldens that were edited by hand.
    workspace.edit(KEPT, "10", "11");
    let edited = golden(&workspace, LEDGER, args());
    says(
        &edited,
        1,
        &[
            "EDITED_GOLDEN ledger::golden",
            "git checkout -- fixtures/snapshots/ledger",
        ],
    );
    workspace.edit(KEPT, "11", "10");

    // What changed since it was shown, and what is kept of every bless.
    let changed = LEDGER.replace("20", "25");
    says(&golden(&workspace, &changed, args()), 1, &["MISMATCH"]);
    let manifest = "fixtures/snapshots/ledger/snapshot.toml";
    workspace.edit(manifest, "reason = \"r\"", "reason = \"s\"");
    let refused = golden(&workspace, &changed, &ARGS);
    let again = "the goldens changed since they were last shown; look again: pytest tests/test_bank.py::test_run";
    says(&refused, 1, &[again]);
    says(&golden(&workspace, &changed, args()), 1, &["MISMATCH"]);
    says(&golden(&workspace, &changed, &ARGS), 0, &["blessed ledger"]);
    let text = workspace.read(manifest);
    assert!(
        text.contains("reason = \"s\"") && text.contains("reason = \"r\""),
        "{text}"
    );
}

fn the_goldens_of_a_test_belong_to_no_scenario() {
    let workspace = Workspace::blessed();
    says(&golden(&workspace, LEDGER, &ARGS), 0, &["blessed ledger"]);
    let ran = workspace.runner(&[]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(!ran.out.contains("ledger"), "{}", ran.out);
    // A golden of a test is not moved to another one that happens to be equal.
    let other: Vec<&str> = std::iter::once("book").chain(ARGS[1..].to_vec()).collect();
    let missing = golden(&workspace, LEDGER, &other[..7]);
    says(&missing, 1, &["MISSING_GOLDEN book::golden"]);
    assert!(!missing.out.contains("renamed"), "{}", missing.out);
    says(
        &golden(&workspace, LEDGER, &other),
        0,
        &["blessed book: wrote"],
    );
    assert!(workspace.path(KEPT).exists());

    // Names are those of scenarios or of tests.
    let taken: Vec<&str> = std::iter::once("ring").chain(ARGS[1..].to_vec()).collect();
    says(
        &golden(&workspace, LEDGER, &taken),
        2,
        &["scenarios/ring is a scenario, whose goldens have this name"],
    );
    std::fs::remove_dir_all(workspace.path("scenarios/ring")).unwrap();
    says(
        &golden(&workspace, LEDGER, &taken),
        2,
        &[
            "fixtures/snapshots/ring holds the goldens of a scenario that is gone",
            "git rm -r",
        ],
    );
}

fn slips_are_refused_with_a_hint() {
    let workspace = Workspace::empty();
    let check = |document: &str, args: &[&str], expected: &str| {
        says(&golden(&workspace, document, args), 2, &[expected]);
    };
    check(LEDGER, &["a/b"], "`a/b`: the name contains '/'");
    check(
        LEDGER,
        &["a", "--artefact=inputs"],
        "the name \"inputs\" cannot be a golden's",
    );
    check(
        LEDGER,
        &["a", "--artefact=x/y"],
        "the name \"x/y\" cannot be a golden's",
    );
    check(
        LEDGER,
        &["a", "--key==tik"],
        "key =tik: nothing is called `tik`; did you mean `tick`?",
    );
    check(LEDGER, &["a", "--key=tick"], "--key: ");
    check(LEDGER, &["a", "--tick=tock"], "did you mean `tick`?");
    check(
        "{\"rows\": []}",
        &["a", "--key==id"],
        "the document is not an array; name an array in it",
    );
    check("[1", &["a"], "the standard input: ");
    check("", &["a", "--document=none.json"], "none.json: ");
    // An empty document says nothing about its members.
    says(
        &golden(&workspace, "[]", &["a", "--key==id", "--tick=t"]),
        1,
        &["MISSING_GOLDEN"],
    );
    // Without a test to run again, the command itself is suggested.
    let suggested = "aether-harness golden a --bless --reason";
    says(&golden(&workspace, "[]", &["a"]), 1, &[suggested]);
}

fn a_document_that_is_too_large_is_refused() {
    let workspace = Workspace::empty();
    let large = format!("[\"{}\"]", "x".repeat(20_000_001));
    let expected = "`document` has 20 MB; a golden of a test has at most 20 MB";
    says(&golden(&workspace, &large, &["a"]), 2, &[expected]);
}
