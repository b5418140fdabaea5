//! The test target of a revision: built by cargo, and started directly.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use aether_disk as fs;
use aether_harness::exec::{Task, TaskFailure};
use aether_harness::scenario::Build;
use aether_harness::snapshot::sha256_hex;
use aether_harness::{Suite, Verdict, remove_tree};
use aether_json::Value;

use super::cache::Files;
use super::cases::CaseOutcome;
use super::git;
use super::left::{TrialEnd, failed, failure_words, taken, without_times};
use super::program::How;
use crate::commands::CommandError;

/// Variables that would lead what is built and run at a revision back to the tree of now, or to the run that
/// this process belongs to.
pub(super) const REMOVED: [&str; 10] = [
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_MANIFEST_DIR",
    "NEXTEST",
    "NEXTEST_RUN_ID",
    "NEXTEST_EXECUTION_MODE",
    "AETHER_HARNESS_SESSION",
    "AETHER_HARNESS_RUN",
    "AETHER_HARNESS_BUILDING",
    super::cache::VARIABLE,
];

/// The test targets of a revision.
#[derive(Clone)]
pub(super) struct TestTarget {
    /// Each with the directory that cargo starts it in.
    pub(super) programs: Vec<(PathBuf, PathBuf)>,
    pub(super) digest: String,
}

impl TestTarget {
    /// Builds the test targets of the revision that `there` is; or why they cannot be built.
    ///
    /// # Errors
    /// What was built cannot be read.
    pub(super) fn build(
        there: &Suite,
        how: &How,
        outputs: &Path,
    ) -> Result<Result<Self, String>, CommandError> {
        let root = there.paths().root();
        if let Some(line) = &how.build {
            let build = shell(line);
            let mut command = Command::new(&build.program);
            command.args(&build.args);
            if let Err(failure) = task(command, root, &format!("the build `{line}`"), outputs) {
                return Ok(Err(format!("the build `{line}` {failure}")));
            }
        }
        let mut command = Command::new(cargo());
        command.args(["test", "--no-run", "--workspace", "--test", &how.test]);
        command.arg("--message-format=json-render-diagnostics");
        let name = format!("cargo test --no-run --workspace --test {}", how.test);
        let output = match task(command, root, &name, outputs) {
            Ok(output) => output,
            Err(failure) => return Ok(Err(format!("`{name}` {failure}"))),
        };
        let mut programs = Vec::new();
        for line in output.split(|&byte| byte == b'\n') {
            programs.extend(test_program(line, &how.test));
        }
        let mut digests = String::new();
        for (program, _) in &programs {
            digests.push_str(&sha256_hex(&fs::read(program)?));
        }
        if programs.is_empty() {
            return Ok(Err(format!("`{name}` built no program")));
        }
        Ok(Ok(Self {
            programs,
            digest: sha256_hex(digests.as_bytes()),
        }))
    }

    /// Runs the trial of a scenario of `there`, and takes what it leaves.
    ///
    /// # Errors
    /// What it left cannot be read.
    pub(super) fn trial(
        &self,
        there: &Suite,
        scenario: &str,
        logs: &Path,
    ) -> Result<Ran, CommandError> {
        let outputs = there.paths().outputs();
        let goldens = there.paths().snapshots().join(scenario);
        let trial = format!("{scenario}::golden");
        let mut said = String::new();
        for (program, dir) in &self.programs {
            remove_tree(&outputs)?;
            let mut command = Command::new(program);
            command.args([&trial, "--exact", "--include-ignored"]);
            let ended = task(command, dir, &trial, logs);
            let left = taken(&outputs.join(scenario))?;
            let end = TrialEnd::of(&there.paths().results(), scenario);
            match ended {
                Ok(_) => {
                    return Ok(Ran {
                        files: taken(&goldens)?,
                        steadiness: Steadiness::Sure,
                    });
                }
                Err(_) if !left.is_empty() => {
                    return Ok(Ran {
                        files: left,
                        steadiness: if end.is(Verdict::Nondeterministic) {
                            Steadiness::Unsteady
                        } else if end.is(Verdict::Mismatch) || end.is(Verdict::StaleInputs) {
                            Steadiness::Sure
                        } else {
                            Steadiness::Unknown
                        },
                    });
                }
                Err(failure) => {
                    let message = end.message().map(str::to_owned);
                    said = message.unwrap_or_else(|| without_times(&failure));
                }
            }
        }
        Ok(Ran::once(failed(&said)))
    }

    /// Runs the trials of all scenarios of `there` whose names end like this, in one go for each test target, and
    /// takes what each leaves: none for one that no test target knew of or lived to end. None of them has
    /// goldens. With the words of the last test target that failed.
    ///
    /// # Errors
    /// What they left cannot be read.
    pub(super) fn trials(
        &self,
        there: &Suite,
        scenarios: &[String],
        suffix: &str,
        logs: &Path,
    ) -> Result<(Vec<Option<CaseOutcome>>, String), CommandError> {
        let outputs = there.paths().outputs();
        let mut outcomes: Vec<Option<CaseOutcome>> = scenarios.iter().map(|_| None).collect();
        let mut said = String::new();
        for (program, dir) in &self.programs {
            remove_tree(&outputs)?;
            let mut command = Command::new(program);
            command.args([&format!("{suffix}::golden"), "--include-ignored"]);
            if let Err(failure) = task(command, dir, "the test target", logs) {
                said = without_times(&failure);
            }
            for (scenario, outcome) in scenarios.iter().zip(&mut outcomes) {
                if outcome.is_some() {
                    continue;
                }
                let left = taken(&outputs.join(scenario))?;
                let end = TrialEnd::of(&there.paths().results(), scenario);
                *outcome = if !left.is_empty() {
                    Some(CaseOutcome::Made(left))
                } else if end.is(Verdict::Invalid) {
                    let message = end.message().unwrap_or_default();
                    Some(CaseOutcome::Refused(message.to_owned()))
                } else {
                    let message = end.message();
                    message.map(|message| CaseOutcome::Made(failed(&failure_words(message))))
                };
            }
            if outcomes.iter().all(Option::is_some) {
                break;
            }
        }
        remove_tree(&outputs)?;
        Ok((outcomes, said))
    }
}

/// What one run left.
pub(super) struct Ran {
    pub(super) files: Files,
    pub(super) steadiness: Steadiness,
}

/// What a run says of another one.
pub(super) enum Steadiness {
    /// Nothing.
    Unknown,
    /// It would produce the same.
    Sure,
    /// It would produce something else.
    Unsteady,
}

impl Ran {
    pub(super) fn once(files: Files) -> Self {
        Self {
            files,
            steadiness: Steadiness::Unknown,
        }
    }
}

/// Runs a command at the revision; what it printed.
///
/// # Errors
/// It fails.
pub(super) fn task(
    mut command: Command,
    dir: &Path,
    name: &str,
    outputs: &Path,
) -> Result<Vec<u8>, TaskFailure> {
    command.current_dir(dir);
    for variable in REMOVED {
        command.env_remove(variable);
    }
    for variable in git::variables() {
        command.env_remove(variable);
    }
    let task = Task {
        command,
        name,
        time_limit: None,
        outputs,
    };
    task.run().map(|output| output.stdout)
}

/// A build that is a line of a shell.
pub(super) fn shell(line: &str) -> Build {
    let (program, option) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    Build {
        program: program.to_owned(),
        args: vec![option.to_owned(), line.to_owned()],
        env: BTreeMap::new(),
        time_limit: None,
        keep: Vec::new(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo says which cargo runs this"
)]
fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// The program that a line of cargo's messages is about, if it is the test target, and its package's directory.
fn test_program(line: &[u8], test: &str) -> Option<(PathBuf, PathBuf)> {
    let message: Value = aether_json::from_slice(line).ok()?;
    let target = message.get("target")?;
    let kinds = target.get("kind")?.as_array()?;
    let is_test = kinds.iter().any(|kind| kind.as_str() == Some("test"));
    if !is_test || target.get("name")?.as_str() != Some(test) {
        return None;
    }
    let program = PathBuf::from(message.get("executable")?.as_str()?);
    let manifest = Path::new(message.get("manifest_path")?.as_str()?);
    Some((program, manifest.parent()?.to_owned()))
}
