//! Tests of the `aether` command as its users see it: what it prints, where, and its exit status.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

mod aeon;
mod changes;
mod damaged;
mod documents;
mod init;
mod inputs;
#[cfg(target_os = "linux")]
mod interrupt;
mod log;
mod looks;
#[cfg(target_os = "linux")]
mod memory;
mod out;
#[cfg(unix)]
mod pipes;
#[cfg(unix)]
mod places;
mod plot;
mod press;
mod profile;
mod records;
mod report;
mod run;
mod runs;
mod scenarios;
mod several;
mod sql;
mod stored;
mod story;
mod sweep;
mod sweep_page;
mod tables;
mod topology;
mod why;

use std::path::{Path, PathBuf};
use std::process::Command;

use aether_engine::config::{FileSystem, RunPlan, load_run};
use aether_engine::store::RunStore;
use serde_json::Value;
use tempfile::TempDir;

/// The root of the repository, where the command is started.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The result of a command.
#[derive(Debug)]
struct Ended {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    /// Checks the exit status.
    #[track_caller]
    fn with(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        self
    }

    /// Standard output as JSON; it must be exactly one document.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Checks that a failure was reported only on standard error, with all of `words`.
    #[track_caller]
    fn reports(&self, words: &[&str]) {
        assert_eq!(self.stdout, "", "{self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is missing: {self:#?}");
        }
    }
}

/// Runs `aether` in a directory.
fn aether_in(directory: &Path, args: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_aether"))
        .args(args)
        .current_dir(directory)
        .output()
        .unwrap();
    Ended {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `aether` in the root of the repository.
fn aether(args: &[&str]) -> Ended {
    aether_in(&root(), args)
}

/// A directory of stored runs, which is deleted when dropped.
struct Runs(TempDir);

impl Runs {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Runs of these scenarios.
    #[track_caller]
    fn of(scenarios: &[&str]) -> Self {
        let runs = Self::new();
        for scenario in scenarios {
            runs.aether(&["run", scenario, "--run-id", scenario])
                .with(0);
        }
        runs
    }

    /// Runs `aether` on these runs.
    fn aether(&self, args: &[&str]) -> Ended {
        let directory = self.directory().display().to_string();
        aether(&[args, &["--runs-dir", &directory]].concat())
    }

    /// The JSON that a command prints.
    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        self.aether(&[args, &["--format", "json"]].concat())
            .with(0)
            .json()
    }

    /// The JSON that a command prints which takes no directory of runs.
    #[track_caller]
    fn json_at(&self, args: &[&str]) -> Value {
        let args = [args, &["--format", "json"]].concat();
        aether_in(self.0.path(), &args).with(0).json()
    }

    /// Checks that a command fails with status 2 in both formats, with all of `words` in its
    /// message.
    #[track_caller]
    fn refuses(&self, args: &[&str], words: &[&str]) {
        self.aether(args).with(2).reports(words);
        let ended = self.aether(&[args, &["--format", "json"]].concat()).with(2);
        let error = ended.json()["error"].as_str().unwrap().to_owned();
        for word in words {
            assert!(error.contains(word), "`{word}` is missing: {error}");
        }
    }

    fn directory(&self) -> PathBuf {
        self.0.path().join("runs")
    }

    /// A file beside the runs.
    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn store(&self) -> RunStore {
        RunStore::new(self.directory())
    }
}

/// The plan of a scenario, as the library reads it.
fn plan(scenario: &str) -> RunPlan {
    let files = ["toml", "json"].map(|format| format!("scenarios/{scenario}/run.{format}"));
    let file = files.iter().find(|file| root().join(file).is_file());
    load_run(&FileSystem::new(root()), Path::new(file.unwrap()))
        .unwrap_or_else(|report| panic!("{report}"))
}

/// The export of a scenario, as the library makes it.
fn export_of(scenario: &str) -> String {
    let plan = plan(scenario);
    aether_engine::run::run(&plan, &aether_engine::run::RunOptions::default()).export(&plan)
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

/// The length of a list.
fn len(value: &Value) -> usize {
    value.as_array().unwrap().len()
}
