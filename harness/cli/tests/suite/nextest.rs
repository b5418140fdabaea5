//! The runner under cargo-nextest itself: this binary as the test binary of a package that has
//! nothing else, so that nothing is compiled.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use aether_harness_cli::commands::{ReportRequest, report};
use serde_json::{Value, json};

use crate::workspace::{Ran, Workspace, skipped};

crate::tests![nextest;
    partitions_are_the_suite,
    a_failure_fails_its_partition_and_is_merged,
    a_build_runs_once_per_run,
];

/// Whether nextest is there.
pub(crate) fn is_there() -> bool {
    let asked = Command::new("cargo")
        .args(["nextest", "--version"])
        .output();
    let is_there = asked.is_ok_and(|output| output.status.success());
    if !is_there {
        skipped("cargo-nextest is not installed (cargo install --locked cargo-nextest)");
    }
    is_there
}

/// A workspace that is a package too, with what nextest has to know of it.
struct Package {
    workspace: Workspace,
}

impl Package {
    fn new(workspace: Workspace) -> Self {
        workspace.write(
            "Cargo.toml",
            "[package]\nname = \"shell\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [lib]\npath = \"lib.rs\"\n[workspace]\n",
        );
        workspace.write("lib.rs", "");
        let metadata = Ran::of(
            Command::new("cargo")
                .args(["metadata", "--format-version", "1", "--offline"])
                .current_dir(workspace.root()),
        );
        assert_eq!(metadata.status, Some(0), "{}", metadata.err);
        workspace.write("cargo.json", &metadata.out);
        let metadata: Value = serde_json::from_str(&metadata.out).unwrap();
        let binaries = json!({
            "rust-build-meta": {
                "target-directory": workspace.path("target"),
                "base-output-directories": [],
                "non-test-binaries": {},
                "linked-paths": [],
            },
            "rust-binaries": {
                "shell::scenarios": {
                    "binary-id": "shell::scenarios",
                    "binary-name": "scenarios",
                    "package-id": metadata["packages"][0]["id"],
                    "kind": "test",
                    "binary-path": std::env::current_exe().unwrap(),
                    "build-platform": "target",
                },
            },
        });
        workspace.write("binaries.json", &binaries.to_string());
        Self { workspace }
    }

    /// nextest over the scenarios, as a person would type it.
    fn nextest(&self, args: &[&str]) -> Ran {
        // The parts that this binary plays are told in its environment, which nextest hands on.
        let runner = self.workspace.process("runner");
        let mut command = Command::new("cargo");
        command.args(["nextest", "run", "--no-fail-fast", "--retries", "0"]);
        command.args(["--cargo-metadata", "cargo.json"]);
        command.args(["--binaries-metadata", "binaries.json"]);
        command.args(args).current_dir(self.workspace.root());
        for (name, value) in runner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        // This test may itself run under nextest.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("NEXTEST") {
                command.env_remove(name);
            }
        }
        Ran::of(&mut command)
    }
}

/// The trials that have a result in a run.
fn trials(run: &PathBuf) -> Vec<String> {
    let files = fs::read_dir(run)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| !path.ends_with("run.json"))
        .map(|path| {
            let result: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            result["trial"].as_str().unwrap().to_owned()
        })
        .collect()
}

fn suite(names: &[&str]) -> Package {
    let workspace = Workspace::blessed();
    for name in names {
        workspace.scenario(name, "", "");
        workspace.bless(name, "first");
    }
    Package::new(workspace)
}

fn partitions_are_the_suite() {
    if !is_there() {
        return;
    }
    let package = suite(&["coil", "wheel"]);
    let workspace = &package.workspace;
    workspace.scenario("far", "", "");
    workspace.edit("scenarios/far/scenario.toml", "instant", "long");
    workspace.bless("far", "first");
    let listed = workspace.runner(&["--list", "--format", "terse"]).out;
    let suite: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    assert_eq!(suite.len(), 20);
    for kind in ["count", "hash"] {
        let before = workspace.runs_if_any().len();
        for part in 1..=3 {
            let partition = format!("{kind}:{part}/3");
            let ran = package.nextest(&["--partition", &partition, "--run-ignored", "all"]);
            assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
        }
        let runs = workspace.runs_if_any().split_off(before);
        assert_eq!(runs.len(), 3, "{kind}");
        let ran: Vec<String> = runs.iter().flat_map(trials).collect();
        assert_eq!(ran.len(), suite.len(), "{kind}: each trial exactly once");
        let union: BTreeSet<&str> = ran.iter().map(String::as_str).collect();
        assert_eq!(union, suite, "{kind}");
        // Runs beyond the newest few are removed.
        for run in runs {
            fs::remove_dir_all(run).unwrap();
        }
    }
}

fn a_failure_fails_its_partition_and_is_merged() {
    if !is_there() {
        return;
    }
    let package = suite(&["coil"]);
    let workspace = &package.workspace;
    workspace.edit("scenarios/coil/run.toml", "rule = 30", "rule = 90");
    let statuses: Vec<Option<i32>> = (1..=3)
        .map(|part| {
            let partition = format!("count:{part}/3");
            package.nextest(&["--partition", &partition]).status
        })
        .collect();
    // 100 is how nextest says that a test failed.
    let failed = statuses.iter().filter(|status| **status == Some(100));
    assert_eq!(failed.count(), 1, "{statuses:?}");
    let request = ReportRequest {
        dirs: workspace.runs(),
        ..ReportRequest::default()
    };
    let suite = workspace.suite().with_children().unwrap();
    let said = workspace.command(|_, console| report(&suite, &request, console));
    assert_eq!(said.code(), 1);
    assert!(
        said.out.starts_with("STALE_INPUTS coil::golden: "),
        "{}",
        said.out
    );
    assert!(
        said.out
            .ends_with("10 trials in 3 runs: 9 passed, 1 failed\n"),
        "{}",
        said.out
    );
}

/// The scenarios are those of a Rust subject, which may have a build too.
fn a_build_runs_once_per_run() {
    if !is_there() || !cfg!(unix) {
        return;
    }
    let package = suite(&["coil"]);
    let workspace = &package.workspace;
    workspace.write(
        "scenarios/defaults.toml",
        "[build]\nprogram = \"sh\"\nargs = [\"-c\", \"echo >> count; [ ! -e broken ]\"]\n",
    );
    let count = || workspace.read("count").lines().count();
    for run in 1..=2 {
        let ran = package.nextest(&[]);
        assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
        assert_eq!(count(), run);
    }
    workspace.write("broken", "");
    let ran = package.nextest(&[]);
    assert_eq!(ran.status, Some(100), "{}{}", ran.out, ran.err);
    assert_eq!(count(), 3);
    let run = workspace.newest_run();
    let results: Vec<String> = trials(&run);
    let texts = fs::read_dir(&run)
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()));
    let texts: String = texts.map(Result::unwrap).collect();
    assert_eq!(
        texts.matches("ended with exit status: 1").count(),
        1,
        "{texts}"
    );
    let referred = texts.matches("the build failed, as reported for ").count();
    assert_eq!(referred, results.len() - 1, "{texts}");
}
