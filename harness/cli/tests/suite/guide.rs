//! The guide, `docs/harness.md`: what it shows is run, and every claim in it has a test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aether_harness::{Artefact, Failure, Prepared, Scenario, SimpleRun, Subject, Suite, documents};
use aether_harness_cli::commands::{DiffRequest, diff};
use serde_json::{Value, json};

use crate::workspace::{Ran, Workspace, has, skipped};

crate::tests![guide;
    every_claim_has_a_test,
    the_quick_start_does_what_it_says,
    the_tutorial_tells_the_truth,
    a_test_run_writes_under_target_alone,
    changed_inputs_fail_even_where_the_output_is_the_same,
    spelling_of_numbers_counts_and_that_of_documents_does_not,
];

fn package(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn page() -> String {
    package("../../docs/harness.md")
}

/// The numbers in brackets of a text.
fn numbers(text: &str) -> Vec<u32> {
    text.split('[')
        .skip(1)
        .filter_map(|rest| rest.split_once(']'))
        .filter_map(|(inside, _)| inside.parse().ok())
        .collect()
}

/// Claims before the table, and the tests in it by claim.
fn claims(page: &str) -> (BTreeSet<u32>, BTreeMap<u32, Vec<String>>) {
    let (text, table) = page.split_once("## What holds each claim").unwrap();
    let rows = table.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let claim = cells.next()?.parse().ok()?;
        let tests = cells.next()?.trim_end_matches(" |").split(", ");
        let tests = tests.map(|test| test.trim_matches('`').to_owned());
        Some((claim, tests.collect()))
    });
    (numbers(text).into_iter().collect(), rows.collect())
}

fn every_claim_has_a_test() {
    for page in ["../../docs/harness.md", "../../docs/explain.md"] {
        claims_have_tests(&package(page));
    }
}

/// The claims of a page are numbered from 1, each has tests, and all of these are there.
#[track_caller]
fn claims_have_tests(page: &str) {
    let (claimed, held) = claims(page);
    let held_numbers: BTreeSet<u32> = held.keys().copied().collect();
    assert_eq!(claimed, held_numbers);
    assert_eq!(
        claimed,
        (1..=u32::try_from(claimed.len()).unwrap()).collect()
    );
    let harness = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sources: Vec<_> = [
        "cli/src",
        "diff/src",
        "json/src",
        "program/src",
        "src",
        "why/src",
    ]
    .iter()
    .flat_map(|dir| sources(&harness.join(dir)))
    .collect();
    let suite: BTreeSet<&str> = crate::TESTS
        .iter()
        .flat_map(|tests| tests.iter().map(|(name, _)| *name))
        .collect();
    for test in held.values().flatten() {
        let is_elsewhere = unit_test(test, &sources) || python_test(test);
        assert!(
            suite.contains(test.as_str()) || is_elsewhere,
            "there is no test {test}"
        );
    }
    // What the guide lists is claimed, line by line.
    let (text, _) = page.split_once("## What holds each claim").unwrap();
    for item in items(text) {
        let is_honest_none = item.contains("| none");
        assert!(
            is_honest_none || !numbers(&item).is_empty(),
            "no test holds: {item}"
        );
    }
}

/// Whether `python: FILE::NAME` is a test of the package for Python, which `.ci/run` runs.
fn python_test(test: &str) -> bool {
    let parts = test.strip_prefix("python: ");
    let parts = parts.and_then(|test| test.split_once("::"));
    parts.is_some_and(|(file, name)| {
        let text = package(&format!("../python/tests/{file}"));
        text.contains(&format!("\ndef {name}("))
    })
}

/// List items and table rows, each on one line, without heads of tables.
fn items(text: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let mut in_code = false;
    let mut in_item = false;
    for line in text.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        } else if in_code || line.starts_with("| ---") {
            if line.starts_with("| ---") {
                items.pop();
            }
        } else if line.starts_with("- ") || line.starts_with("| ") {
            in_item = true;
            items.push(line.to_owned());
        } else if in_item && line.starts_with("  ") {
            if let Some(item) = items.last_mut() {
                item.push_str(line);
            }
        } else {
            in_item = false;
        }
    }
    items
}

fn sources(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// Whether the library has a test of that path.
fn unit_test(test: &str, sources: &[(PathBuf, String)]) -> bool {
    let Some((module, name)) = test.rsplit_once("::") else {
        return false;
    };
    let parts: Vec<&str> = module.split("::").filter(|part| *part != "tests").collect();
    sources.iter().any(|(path, text)| {
        let is_there = parts.iter().all(|part| {
            path.components()
                .any(|c| Path::new(&c).file_stem() == Some(part.as_ref()))
        });
        is_there && text.contains("#[test]") && text.contains(&format!("fn {name}("))
    })
}

/// The fenced blocks of a section: what stands behind the fence, and the text.
fn blocks(page: &str, section: &str) -> Vec<(String, String)> {
    let section = page.split(&format!("## {section}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section
        .split("```")
        .skip(1)
        .step_by(2)
        .map(|block| {
            let (info, text) = block.split_once('\n').unwrap();
            (info.to_owned(), text.to_owned())
        })
        .collect()
}

fn the_quick_start_does_what_it_says() {
    if !cfg!(unix) || !has("python3") || !has("git") {
        return skipped("this is not a Unix with python3 and git");
    }
    let workspace = Workspace::empty();
    shell(&workspace, "git init --quiet .");
    let mut said = String::new();
    for (info, text) in blocks(&page(), "Quick start: any program") {
        match info.split_once(' ') {
            Some((_, file)) => workspace.write(file, &text),
            None if info == "sh" => {
                for line in text.lines() {
                    let ran = shell(&workspace, line);
                    let expected = if line == "aether-harness diff" { 1 } else { 0 };
                    assert_eq!(ran.status, Some(expected), "{line}: {}{}", ran.out, ran.err);
                    said = ran.out;
                }
            }
            None => assert_eq!(said, text),
        }
    }
    let ran = shell(&workspace, "aether-harness run");
    assert!(ran.out.contains("3 passed"), "{}", ran.out);
    let kept = shell(&workspace, "git status --short --untracked-files=no");
    assert!(
        kept.out
            .contains("A  fixtures/snapshots/monday/minutes.json"),
        "{}",
        kept.out
    );
}

/// One line of a shell in which the command is installed.
fn shell(workspace: &Workspace, line: &str) -> Ran {
    let installed = Path::new(env!("CARGO_BIN_EXE_aether-harness"))
        .parent()
        .unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(workspace.root());
    command.env("PATH", format!("{}:{path}", installed.display()));
    command.env_remove("CI").env_remove("CARGO_TARGET_DIR");
    Ran::of(&mut command)
}

/// The account of the crate's tutorial; `generous` changes its rule from the second year on.
struct Account {
    generous: bool,
}

impl Subject for Account {
    fn name(&self) -> &str {
        "account"
    }

    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        let text = fs::read(scenario.dir().join("account.json")).unwrap();
        let plan: Value = serde_json::from_slice(&text).unwrap();
        let generous = self.generous;
        Ok(SimpleRun::new(documents(scenario)?, move |_| {
            let (mut balance, mut years) = (0, Vec::new());
            for (year, deposit) in plan["deposits"]
                .as_array()
                .into_iter()
                .flatten()
                .enumerate()
            {
                let mut interest = balance * plan["percent"].as_i64().unwrap_or(0) / 100;
                interest += i64::from(generous && year == 1);
                balance += interest + deposit.as_i64().unwrap_or(0);
                years.push(json!({ "year": year + 1, "interest": interest, "balance": balance }));
            }
            let years = Artefact::from_json("years", json!(years).to_string().as_bytes());
            Ok(vec![years.unwrap()])
        }))
    }
}

fn the_tutorial_tells_the_truth() {
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/saver/scenario.toml",
        "description = \"interest on interest\"\n",
    );
    workspace.write(
        "scenarios/saver/account.json",
        "{ \"percent\": 3, \"deposits\": [1000, 0, 500] }",
    );
    let with = |generous| {
        let target = workspace.path("target");
        let layout = aether_harness::Layout::new(workspace.root()).with_target(target);
        Suite::new(workspace.root())
            .layout(layout)
            .subject(Account { generous })
    };
    let options = aether_harness_cli::commands::BlessOptions {
        all: true,
        reason: Some("first".to_owned()),
        date: "2026-11-26".to_owned(),
        ..Default::default()
    };
    let blessed = workspace
        .command(|_, console| aether_harness_cli::commands::bless(&with(false), &options, console));
    assert_eq!(blessed.code(), 0);
    let said = workspace.command(|_, console| diff(&with(true), &DiffRequest::default(), console));
    let tutorial = package("../src/lib.rs");
    let shown = tutorial
        .split("//! MISMATCH saver::golden\n")
        .nth(1)
        .unwrap();
    for line in shown.lines().take_while(|line| *line != "//! ```") {
        let line = line.strip_prefix("//! ").unwrap();
        assert!(said.out.contains(line), "{line:?} is not in\n{}", said.out);
    }
}

/// Every file outside `target`, with its bytes.
fn files(root: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            files(&path, found);
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
}

fn a_test_run_writes_under_target_alone() {
    let workspace = Workspace::blessed();
    workspace.scenario("new", "", "");
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
    let everything = || {
        let mut found = BTreeMap::new();
        files(workspace.root(), &mut found);
        found
    };
    let before = everything();
    let ran = workspace.runner(&[]);
    assert_eq!(ran.status, Some(101), "{}", ran.out);
    assert_eq!(everything(), before);
    for made in ["ring/generations.json", "new/generations.json"] {
        let made = workspace.path(&format!("target/scenarios/{made}"));
        assert!(made.is_file(), "{}", made.display());
    }
}

fn changed_inputs_fail_even_where_the_output_is_the_same() {
    let workspace = Workspace::empty();
    workspace.scenario("still", "", "");
    workspace.edit("scenarios/still/run.toml", "0, 0, 1, 0", "0, 0, 0, 0");
    workspace.bless("still", "nothing lives");
    // Without a live cell rule 90 does what rule 30 does: nothing.
    workspace.edit("scenarios/still/run.toml", "rule = 30", "rule = 90");
    let ran = workspace.runner(&["still::golden"]);
    assert!(
        ran.out.contains("STALE_INPUTS still::golden"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("scenarios/still/run.toml rule: 30 → 90"),
        "{}",
        ran.out
    );
    assert_eq!(
        workspace.read("fixtures/snapshots/still/generations.json"),
        workspace.read("target/scenarios/still/generations.json")
    );
}

fn spelling_of_numbers_counts_and_that_of_documents_does_not() {
    let workspace = Workspace::empty();
    let status = |before: &str, after: &str| {
        workspace.write("before.json", before);
        workspace.write("after.json", after);
        let mut command = Command::new(env!("CARGO_BIN_EXE_aether-harness"));
        command.args(["compare", "before.json", "after.json"]);
        Ran::of(command.current_dir(workspace.root())).status
    };
    assert_eq!(
        status(r#"{"a":1,"b":[2]}"#, "{\n  \"b\": [ 2 ],\n  \"a\": 1\n}\n"),
        Some(0)
    );
    assert_eq!(status("[\"\\u0041\"]", "[\"A\"]"), Some(0));
    for (before, after) in [("1.0", "1"), ("1e0", "1"), ("0", "-0"), ("0.1", "0.10")] {
        assert_eq!(
            status(&format!("[{before}]"), &format!("[{after}]")),
            Some(1)
        );
    }
}
