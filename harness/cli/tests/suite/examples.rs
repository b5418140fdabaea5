//! The worked examples: their goldens hold, and their regressions give the reports that they show.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use aether_harness::Suite;
use clap::Parser;

use crate::workspace::{Ran, Workspace, has, skipped};

#[path = "../../../examples/automaton/subject.rs"]
mod subject;

crate::tests![examples;
    the_automaton_and_its_regression,
    the_script_and_its_regression,
    the_linter_and_its_regression,
    the_pendulum_and_its_regression,
    the_site_and_its_regression,
];

/// The part of this binary that is the automaton's command.
pub(crate) const AUTOMATON: &str = "automaton";

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: aether_harness_cli::Command,
}

pub(crate) fn play_automaton(root: &Path) -> ExitCode {
    let suite = Suite::new(root)
        .command("cargo run -p aether-harness-cli --example automaton --")
        .subject(subject::Automaton::new())
        .with_children();
    match suite {
        Ok(suite) => Cli::parse().command.run(&suite),
        Err(status) => status,
    }
}

/// A copy of an example, whose runs leave nothing in the repository.
pub(crate) fn copied(name: &str) -> Workspace {
    let workspace = Workspace::empty();
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(name);
    copy(&from, workspace.root());
    workspace
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if name == "target" || name == "build" {
            continue;
        }
        if from.is_dir() {
            copy(&from, &to.join(name));
        } else {
            fs::copy(&from, to.join(name)).unwrap();
        }
    }
}

/// The example passes as it is; with its regression it gives the report that its page shows.
fn check(workspace: &Workspace, command: impl Fn() -> Command, regression: &str) {
    let ran = Ran::of(command().arg("run"));
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let ran = Ran::of(command().arg("check"));
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    let ran = Ran::of(command().arg("diff").env(regression, "1"));
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    assert_eq!(ran.out, reports(workspace).pop().unwrap());
}

/// The reports that the page of an example shows.
fn reports(workspace: &Workspace) -> Vec<String> {
    let page = workspace.read("README.md");
    let shown = page.split("```text\n").skip(1);
    shown
        .map(|shown| shown.split("```").next().unwrap().to_owned())
        .collect()
}

fn the_automaton_and_its_regression() {
    let workspace = copied("automaton");
    check(
        &workspace,
        || workspace.process(AUTOMATON),
        "AUTOMATON_REGRESSION",
    );
}

fn the_script_and_its_regression() {
    check_python("script", "BAKERY_REGRESSION");
}

fn the_linter_and_its_regression() {
    check_python("linter", "LINT_REGRESSION");
}

fn the_pendulum_and_its_regression() {
    if !check_python("pendulum", "PENDULUM_REGRESSION") {
        return;
    }
    // Another mathematical library is within the tolerance, which the report says.
    let workspace = copied("pendulum");
    let ran = Ran::of(installed(&workspace).arg("diff").env("PENDULUM_LIBM", "1"));
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(ran.out, reports(&workspace)[0]);
}

fn the_site_and_its_regression() {
    check_python("site", "SITE_REGRESSION");
}

/// The example is programs in Python, run by the installed command. Whether there is a Python to run them.
fn check_python(example: &str, regression: &str) -> bool {
    if !has("python3") {
        skipped("there is no python3");
        return false;
    }
    let workspace = copied(example);
    check(&workspace, || installed(&workspace), regression);
    true
}

fn installed(workspace: &Workspace) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
    command.current_dir(workspace.root());
    command.env_remove("CI").env_remove("CARGO_TARGET_DIR");
    command
}
