//! That `.github` is covered, and that small workflows run as on GitHub.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aether_json::Value;
use tempfile::TempDir;

use super::plan::{Does, Repository};
use super::*;

/// The names of the checks that a pull request gets, as GitHub shows them.
fn checks(root: &Path) -> Vec<String> {
    let repository = Repository::read(root).expect("the workflows are known");
    let jobs = repository.workflows.values().flat_map(|workflow| {
        let is_run = |job: &super::workflow::Job| {
            workflow.starts_on("pull_request")
                && job.runs_on_event("pull_request").expect("it has a value")
        };
        workflow.jobs.iter().filter(move |(_, job)| is_run(job))
    });
    let mut names: Vec<String> = jobs
        .flat_map(|(id, job)| {
            let entries = job.entries().expect("its matrix is known").into_iter();
            entries.map(move |entry| job.shown(id, &entry).expect("it has a name"))
        })
        .collect();
    names.sort();
    names
}

/// The repository that this is compiled in.
fn this_repository() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn every_step_is_run_or_named_with_a_reason() {
    let repository = Repository::read(&this_repository()).unwrap();
    let mut listed: Vec<Listed> = Vec::new();
    for planned in repository.jobs(None).unwrap() {
        listed.extend(repository.steps(&planned));
    }
    for (_, steps) in repository.unused() {
        listed.extend(steps);
    }
    for step in &listed {
        match &step.does {
            Does::Runs => {}
            Does::StandsIn(what) => assert!(!what.is_empty(), "{step:?}"),
            Does::Not(why) => assert!(why.len() > 10, "{step:?}"),
        }
    }
    // Counted in the text of the files, which nothing here has read.
    let mut steps = 0;
    for dir in ["workflows", "actions/gate", "actions/report"] {
        for entry in fs::read_dir(this_repository().join(".github").join(dir)).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            let of_step = |line: &&str| {
                let key = line.trim_start().trim_start_matches("- ");
                key.starts_with("run:") || (key.starts_with("uses:") && !key.contains("./.github/"))
            };
            steps += text.lines().filter(of_step).count();
        }
    }
    let different: BTreeSet<(&str, Option<&str>)> = listed
        .iter()
        .map(|step| (step.step.as_str(), step.condition.as_deref()))
        .collect();
    assert!(listed.len() >= steps, "{} of {steps}", listed.len());
    assert!(different.len() > 15, "{different:?}");
    // On this kind of machine, all but the jobs of other systems and the action of others run.
    if cfg!(target_os = "linux") {
        let jobs = repository.jobs(None).unwrap();
        let not: BTreeSet<&str> = jobs
            .iter()
            .filter(|job| job.event.is_err())
            .map(|job| job.id)
            .collect();
        assert_eq!(not, BTreeSet::from(["others"]));
    }
}

#[test]
fn the_ruleset_requires_the_jobs_of_the_workflow() {
    let path = this_repository().join(".github/rulesets/main.json");
    let ruleset: Value = aether_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let rules = ruleset.get("rules").and_then(Value::as_array).unwrap();
    let of = |kind: &str| {
        let found = rules
            .iter()
            .find(|rule| rule.get("type").and_then(Value::as_str) == Some(kind));
        found.unwrap_or_else(|| panic!("there is no rule `{kind}`"))
    };
    let required = of("required_status_checks").pointer("/parameters/required_status_checks");
    let required = required.and_then(Value::as_array).unwrap().iter();
    let mut required: Vec<String> = required
        .map(|check| {
            check
                .get("context")
                .and_then(Value::as_str)
                .unwrap()
                .to_owned()
        })
        .collect();
    required.sort();
    assert_eq!(required, checks(&this_repository()));
    let pull = of("pull_request").pointer("/parameters/require_code_owner_review");
    assert_eq!(pull, Some(&Value::from(true)));
    of("deletion");
    of("non_fast_forward");
    assert_eq!(
        ruleset.get("enforcement").and_then(Value::as_str),
        Some("active")
    );
}

/// A repository with a workflow and an action, committed.
fn repository(workflow: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(".gitignore", "/target\n");
    write(".github/workflows/ci.yml", workflow);
    write(".github/actions/own/action.yml", OWN);
    for args in [
        &["init", "--quiet", "--initial-branch=main", "."][..],
        &["add", "."],
        &[
            "-c",
            "user.name=n",
            "-c",
            "user.email=e@e",
            "commit",
            "--quiet",
            "--message=first",
        ],
    ] {
        let ended = Command::new("git")
            .current_dir(dir.path())
            .args(args)
            .status();
        assert!(ended.unwrap().success());
    }
    dir
}

const OWN: &str = r#"
name: own
description: writes what it is given
inputs:
  word:
    description: a word
    required: true
  file:
    description: a file
    default: ${{ runner.temp }}/own
runs:
  using: composite
  steps:
    - shell: bash
      env:
        WORD: ${{ inputs.word }}
      run: echo "$WORD" >> "$OUT/log" && echo "$WORD" > '${{ inputs.file }}'
"#;

const WORKFLOW: &str = r#"
name: CI
on:
  push:
  pull_request:
  schedule:
    - cron: "1 1 * * *"
env:
  FROM: workflow
jobs:
  last:
    name: The end
    needs: [shards]
    if: always() && needs.shards.result != 'skipped'
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: actions/download-artifact@v4
        with:
          pattern: part-*
          path: parts
      - run: cat parts/part-1/file parts/part-2/file >> "$OUT/log"
      - run: test ! -e parts/part-1/.hidden
  shards:
    name: Part ${{ matrix.part }} of 2
    strategy:
      matrix:
        part: [1, 2]
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - id: named
        run: |
          echo "value=part-${{ matrix.part }}" >> "$GITHUB_OUTPUT"
          echo "LATER=set-${FROM}" >> "$GITHUB_ENV"
          echo "summary ${{ matrix.part }}" >> "$GITHUB_STEP_SUMMARY"
      - run: |
          mkdir -p out
          echo "${{ steps.named.outputs.value }} $LATER $GITHUB_SHA" > out/file
          touch out/.hidden
      - uses: actions/upload-artifact@v4
        with:
          name: part-${{ matrix.part }}
          path: out
      - uses: ./.github/actions/own
        with:
          word: own-${{ matrix.part }}
      - name: After a failure
        if: failure()
        working-directory: out
        run: echo "failed in ${PWD##*/}" >> "$OUT/log"
      - name: Piped
        shell: bash
        run: "true"
  elsewhere:
    runs-on: macos-15
    steps:
      - run: exit 1
  nightly:
    if: github.event_name == 'schedule'
    runs-on: ubuntu-24.04
    steps:
      - run: echo "nightly $GITHUB_EVENT_NAME" >> "$OUT/log"
"#;

/// Runs a command over a repository; its status and what its steps wrote.
#[cfg(target_os = "linux")]
fn ran(dir: &Path, args: &Args) -> (Result<bool, String>, String) {
    let out = dir.join("target");
    fs::create_dir_all(&out).unwrap();
    let log = out.join("log");
    super::stand_in::remove(&log).unwrap();
    let ended = args.ended_in(dir, &out.join("ci"));
    let ended = ended.map_err(|stopped| match stopped {
        Stopped::Unknown(problem) => problem,
        Stopped::Io(error) => error.to_string(),
    });
    (ended, fs::read_to_string(log).unwrap_or_default())
}

/// The workflow, whose steps write below `target` of the repository.
#[cfg(target_os = "linux")]
fn made(workflow: &str) -> TempDir {
    let dir = repository(workflow);
    let out = dir.path().join("target").display().to_string();
    let path = dir.path().join(".github/workflows/ci.yml");
    let text = workflow.replace("env:\n  FROM", &format!("env:\n  OUT: {out}\n  FROM"));
    fs::write(path, text).unwrap();
    dir
}

#[cfg(target_os = "linux")]
#[test]
fn jobs_run_as_on_github() {
    let dir = made(WORKFLOW);
    let (ended, log) = ran(dir.path(), &Args::default());
    assert_eq!(ended, Ok(false));
    let commit = commit(dir.path()).unwrap();
    let expected = format!(
        "nightly schedule\nown-1\nown-2\npart-1 set-workflow {commit}\npart-2 set-workflow {commit}\n"
    );
    assert_eq!(log, expected);
    let summary = fs::read_to_string(dir.path().join("target/ci/summary.md")).unwrap();
    assert_eq!(summary, "summary 1\nsummary 2\n");

    // An event that does not run a job does not run it here.
    let push = |jobs: &[&str]| Args {
        event: Some("push".to_owned()),
        jobs: jobs.iter().map(|job| (*job).to_owned()).collect(),
        ..Args::default()
    };
    assert_eq!(
        ran(dir.path(), &push(&["nightly"])),
        (Ok(false), String::new())
    );
    // A job by the name that GitHub shows.
    let (ended, log) = ran(dir.path(), &push(&["Part 2 of 2"]));
    assert_eq!((ended, log.as_str()), (Ok(false), "own-2\n"));
    let (ended, _) = ran(dir.path(), &push(&["shard"]));
    assert_eq!(
        ended,
        Err("there is no job `shard`; did you mean `shards`?".to_owned())
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_failure_runs_what_is_for_failures_and_fails() {
    let dir = made(WORKFLOW);
    let args = Args {
        jobs: vec!["shards".to_owned(), "last".to_owned()],
        fail: Some("mkdir".to_owned()),
        ..Args::default()
    };
    // What follows the failure is not run, but for what is meant for it; the job that always runs finds no artefact.
    let (ended, log) = ran(dir.path(), &args);
    assert_eq!(ended, Ok(true));
    assert_eq!(log, "failed in out\nfailed in out\n");

    let failing = WORKFLOW.replace("run: \"true\"", "run: \"false | true\"");
    let dir = made(&failing);
    let (ended, _) = ran(dir.path(), &Args::default());
    assert_eq!(
        ended,
        Ok(true),
        "`shell: bash` fails in the middle of a pipe"
    );
    let dir = made(&failing.replace("        shell: bash\n", ""));
    assert_eq!(
        ran(dir.path(), &Args::default()).0,
        Ok(false),
        "without `shell`, it does not"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_step_alone_and_what_this_machine_lacks() {
    let dir = made(
        "name: CI\non:\n  push:\nenv:\n  FROM: x\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      \
         - uses: actions/checkout@v4\n      - run: no-such-command-here --version\n      \
         - run: apt-get update && apt-get install --yes no-such-package-here\n      \
         - run: echo one >> \"$OUT/log\"\n      - run: echo two >> \"$OUT/log\"\n",
    );
    assert_eq!(
        ran(dir.path(), &Args::default()),
        (Ok(false), "one\ntwo\n".to_owned())
    );
    let alone = Args {
        step: Some("two".to_owned()),
        ..Args::default()
    };
    assert_eq!(ran(dir.path(), &alone), (Ok(false), "two\n".to_owned()));
}

#[test]
fn what_is_not_known_is_refused() {
    let with = |from: &str, to: &str| {
        assert!(WORKFLOW.contains(from), "{from}");
        let dir = repository(&WORKFLOW.replace(from, to));
        let found = Repository::read(dir.path());
        found.err().unwrap_or_default().join("\n")
    };
    assert_eq!(with("runs-on: macos-15", "runs-on: windows-2025"), "");
    for (from, to, expected) in [
        (
            "actions/download-artifact@v4",
            "someone/thing@v1",
            "nothing stands in for `someone/thing@v1`",
        ),
        (
            "shell: bash",
            "shell: pwsh",
            "the shell `pwsh` is not known",
        ),
        (
            "working-directory: out",
            "continue-on-error: true",
            "continue-on-error",
        ),
        (
            "if: failure()",
            "if: hashFiles('x') != ''",
            "`hashFiles` is not a function",
        ),
        (
            "${{ matrix.part }} of 2",
            "${{ matrix.port }} of 2",
            "there is no `matrix.port`",
        ),
        (
            "needs: [shards]",
            "needs: [shard]",
            "there is no job `shard`",
        ),
        (
            "./.github/actions/own",
            "./.github/actions/other",
            "there is no action `other`",
        ),
        (
            "part: [1, 2]",
            "include: [1]",
            "`matrix.include` is not known",
        ),
        (
            "FROM: workflow",
            "FROM: ${{ secrets.X }}",
            "`secrets` is not a context",
        ),
        (
            "    runs-on: macos-15",
            "    runs-on: macos-15\n    services: {}",
            "services",
        ),
        ("jobs:", "jobs:\n  - x", "ci.yml"),
    ] {
        let found = with(from, to);
        assert!(found.contains(expected), "{to}: {found}");
    }
}

#[test]
fn the_list_names_every_job_and_step() {
    let dir = repository(WORKFLOW);
    let repository = Repository::read(dir.path()).unwrap();
    let jobs = repository.jobs(None).unwrap();
    let text = listed(&repository, &jobs.iter().collect::<Vec<_>>(), true);
    if cfg!(target_os = "linux") {
        for line in [
            "shards: Part 2 of 2 [push]",
            "  stand-in actions/checkout@v4: a clean clone of the commit",
            "  runs     After a failure (if failure())",
            "nightly: nightly [schedule]",
            "elsewhere: elsewhere\n  not run  exit 1: macos-15 is not a Linux machine",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
