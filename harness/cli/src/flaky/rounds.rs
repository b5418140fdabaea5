//! Runs every test of a cargo workspace once, through nextest: as it is, under load, or in a changed environment.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use aether_disk as fs;
use aether_harness::exec::{EnvironmentChange, Load, Task, TaskFailure, launch};
use aether_harness::{Layout, Scratch};
use serde::{Deserialize, Serialize};

use super::junit;
use super::tally::{Outcome, TestId};
use crate::commands::CommandError;

/// The name of the profile of nextest: one of a tool, which inherits what the workspace sets for all profiles.
const PROFILE: &str = "aether-flaky";

/// A test that hangs would be waited for without end; half an hour is more than a loaded machine needs.
const SETTINGS: &str =
    "fail-fast = false\nretries = 0\nslow-timeout = { period = \"60s\", terminate-after = 30 }\n";

/// The statuses of `cargo nextest run` after which there is a report: all passed, some failed.
const RAN: [i32; 2] = [0, 100];

/// The status of `cargo nextest run` if no test was selected.
const NO_TESTS: i32 = 4;

/// How a round is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    /// As `cargo nextest run` does.
    Plain,
    /// While other threads compete for the processors.
    Load,
    /// In an environment that is changed as far as any program can be started in.
    Environment,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::Load, Self::Environment];

    /// The name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Load => "load",
            Self::Environment => "environment",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "as it is",
            Self::Load => "under load",
            Self::Environment => "in a changed environment",
        })
    }
}

/// Every test, run once.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) way: Way,
    /// What each test did, or why the round could not be run.
    pub(crate) outcomes: Result<BTreeMap<TestId, Outcome>, String>,
}

/// A cargo workspace whose tests are run.
pub(crate) struct Workspace {
    layout: Layout,
    /// The directory for what is kept of the rounds.
    kept: PathBuf,
    /// Arguments of every call of nextest, which select packages and tests.
    arguments: Vec<OsString>,
}

impl Workspace {
    /// The workspace around a directory.
    ///
    /// # Errors
    /// It is not that of a cargo workspace, or nextest is not there.
    pub(crate) fn around(dir: &Path, arguments: Vec<OsString>) -> Result<Self, CommandError> {
        let located = cargo(dir)
            .args(["locate-project", "--workspace", "--message-format", "plain"])
            .output()
            .map_err(|error| CommandError::Io(format!("cargo: {error}")))?;
        let manifest = String::from_utf8_lossy(&located.stdout).trim().to_owned();
        let root = Path::new(&manifest).parent();
        let Some(root) = root.filter(|_| located.status.success()) else {
            let said = String::from_utf8_lossy(&located.stderr).trim().to_owned();
            return Err(CommandError::Usage(format!(
                "{}: --tests runs the tests of a cargo workspace: {}",
                dir.display(),
                said.trim_start_matches("error: ")
            )));
        };
        let nextest = cargo(dir).args(["nextest", "--version"]).output();
        if !nextest.is_ok_and(|output| output.status.success()) {
            return Err(CommandError::Usage(
                "--tests needs cargo-nextest: cargo install --locked cargo-nextest".to_owned(),
            ));
        }
        let layout = Layout::new(root);
        Ok(Self {
            kept: layout.target().join("flaky"),
            layout,
            arguments,
        })
    }

    /// Its directories.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The directory for what is kept of the rounds.
    pub(crate) fn kept(&self) -> &Path {
        &self.kept
    }

    /// Builds the tests, so that no round differs from another by that.
    ///
    /// # Errors
    /// They do not build.
    pub(crate) fn build(&self) -> Result<(), CommandError> {
        let mut command = cargo(self.layout.root());
        command
            .args(["nextest", "run", "--no-run"])
            .args(&self.arguments);
        match self.task(command, "building the tests").run() {
            Ok(_) => Ok(()),
            Err(TaskFailure::Io(error)) => Err(error.into()),
            Err(failure) => Err(CommandError::Usage(format!(
                "the tests do not build: `cargo nextest run --no-run` {failure}"
            ))),
        }
    }

    /// The tests that the workspace has, those that are ignored too.
    ///
    /// # Errors
    /// They do not build or cannot be listed.
    pub(crate) fn tests(&self) -> Result<BTreeSet<TestId>, CommandError> {
        #[derive(Deserialize)]
        struct Listed {
            #[serde(rename = "rust-suites")]
            suites: BTreeMap<String, Binary>,
        }
        #[derive(Deserialize)]
        struct Binary {
            testcases: BTreeMap<String, aether_json::Value>,
        }
        let mut command = cargo(self.layout.root());
        command
            .args(["nextest", "list", "--message-format", "json"])
            .args(&self.arguments);
        let output = match self.task(command, "listing the tests").run() {
            Ok(output) => output,
            Err(TaskFailure::Io(error)) => return Err(error.into()),
            Err(failure) => {
                return Err(CommandError::Usage(format!(
                    "the tests cannot be listed: `cargo nextest list` {failure}"
                )));
            }
        };
        let listed: Listed = aether_json::from_slice(&output.stdout)
            .map_err(|error| CommandError::Io(format!("cargo nextest list: {error}")))?;
        let suites = listed.suites.into_iter();
        let tests = suites.flat_map(|(binary, suite)| {
            let tests = suite.testcases.into_keys();
            tests.map(move |test| TestId {
                binary: binary.clone(),
                test,
            })
        });
        Ok(tests.collect())
    }

    /// Runs every test once; under `load` busy threads if the way is that.
    ///
    /// # Errors
    /// There is nothing to run, or a file cannot be read or written.
    pub(crate) fn round(&self, way: Way, load: usize) -> Result<Round, CommandError> {
        let (changes, load) = match way {
            Way::Plain => (&[][..], 0),
            Way::Load => (&[][..], load),
            Way::Environment => (&launch::ANY_PROGRAM[..], 0),
        };
        let load = Load::of(load);
        let outcomes = self.run(changes, &[], &format!("a round {way}"));
        drop(load);
        Ok(Round {
            way,
            outcomes: outcomes?,
        })
    }

    /// Whether one test passes if only this is changed; `None` if it cannot be run.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub(crate) fn passes(
        &self,
        id: &TestId,
        change: EnvironmentChange,
    ) -> Result<Option<bool>, CommandError> {
        let filter = format!("binary_id(={}) and test(={})", id.binary, id.test);
        let name = format!("{id} with a change of {change}");
        let outcomes = self.run(&[change], &["-E", &filter], &name)?;
        Ok(outcomes.ok().and_then(|outcomes| {
            let outcome = outcomes.get(id)?;
            Some(*outcome == Outcome::Passed)
        }))
    }

    fn run(
        &self,
        changes: &[EnvironmentChange],
        more: &[&str],
        name: &str,
    ) -> Result<Result<BTreeMap<TestId, Outcome>, String>, CommandError> {
        let scratch = Scratch::new(&self.kept, ".round-")?;
        let (settings, report) = (
            scratch.path().join("nextest.toml"),
            scratch.path().join("junit.xml"),
        );
        let path = aether_json::Value::from(report.to_string_lossy().as_ref());
        let text =
            format!("[profile.{PROFILE}]\n{SETTINGS}[profile.{PROFILE}.junit]\npath = {path}\n");
        fs::write(&settings, text)?;
        let mut tool = OsString::from("aether-harness:");
        tool.push(&settings);
        let mut command = cargo(self.layout.root());
        command
            .args(["nextest", "run", "--profile", PROFILE])
            .args(["--status-level", "none", "--final-status-level", "none"])
            .args(["--no-fail-fast", "--retries", "0", "--tool-config-file"])
            .arg(tool)
            .args(more)
            .args(&self.arguments);
        let command = launch::changed(command, changes);
        let said = match self.task(command, name).run() {
            Ok(_) => None,
            Err(TaskFailure::Io(error)) => return Err(error.into()),
            Err(TaskFailure::Status(status, tail)) if status.code() == Some(NO_TESTS) => {
                let tail = tail.last().map_or("", String::as_str);
                return Err(CommandError::Usage(format!(
                    "there is nothing to run: {tail}"
                )));
            }
            Err(TaskFailure::Status(status, _))
                if status.code().is_some_and(|code| RAN.contains(&code)) =>
            {
                None
            }
            Err(failure) => Some(failure.to_string()),
        };
        if let Some(said) = said {
            return Ok(Err(format!("`cargo nextest run` {said}")));
        }
        let text = fs::read_to_string(&report)
            .map_err(|error| CommandError::Io(format!("{}: {error}", report.display())))?;
        Ok(junit::read(&text).map_err(|error| format!("its report cannot be read: {error}")))
    }

    fn task<'a>(&'a self, command: Command, name: &'a str) -> Task<'a> {
        Task {
            command,
            name,
            time_limit: None,
            outputs: &self.kept,
        }
    }
}

/// Cargo in a directory, without what a nextest around this process says of itself.
fn cargo(dir: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(dir);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("NEXTEST") || text == "AETHER_HARNESS_RUN" {
            command.env_remove(name);
        }
    }
    command
}
