//! What a run at a revision left, as goldens are kept.

use std::io;
use std::path::Path;

use aether_disk as fs;
use aether_harness::evaluate::ERROR;
use aether_harness::exec::{RunFailure, TaskFailure};
use aether_harness::snapshot::{GoldenSet, MANIFEST_FILE, golden_file};
use aether_harness::{Artefact, Verdict};
use aether_json::{Value, json};

use super::cache::Files;
use crate::commands::CommandError;

/// What comes before the failure of a run in the message of a trial without goldens, and what comes after it.
const ALSO_FAILED: &str = "and the run failed: ";
const REMEDY: &str = "\n  see how it fails: ";

/// How a run fails that takes too long.
const TIME_LIMIT: &str = "exceeded its time limit of ";

/// The documents of a directory, as goldens are kept; none if there is no directory.
pub(super) fn taken(dir: &Path) -> Result<Files, CommandError> {
    let mut files = Files::new();
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_document = name.ends_with(".json") || name.ends_with(".bin");
        if is_document && name != MANIFEST_FILE && path.is_file() {
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(files)
}

/// The files of a run in this process.
pub(crate) fn files_of(set: &GoldenSet) -> Files {
    let files = set.files();
    files.map(|(name, bytes)| (name, bytes.to_vec())).collect()
}

/// The stored result of a trial, by whatever version of the harness.
pub(super) struct TrialEnd(Option<Value>);

impl TrialEnd {
    /// The result of a trial below the directory of results.
    pub(super) fn of(results: &Path, scenario: &str) -> Self {
        let runs = fs::read_dir(results).into_iter().flatten().flatten();
        let mut found = runs.filter_map(|run| {
            let bytes = fs::read(run.path().join(format!("{scenario}.golden.json"))).ok()?;
            aether_json::from_slice(&bytes).ok()
        });
        Self(found.next())
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.as_ref()?.get(key)?.as_str()
    }

    pub(super) fn is(&self, verdict: Verdict) -> bool {
        self.text("verdict") == Some(verdict.name())
    }

    /// What it says, if it is there.
    pub(super) fn message(&self) -> Option<&str> {
        self.text("message")
    }
}

/// How a test target failed, without the lines that say how long it took.
pub(super) fn without_times(failure: &TaskFailure) -> String {
    let said = failure.to_string();
    let lines = said.lines().filter(|line| !line.contains("finished in"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A failure in words that are the same each time.
pub(crate) fn steady(failure: &RunFailure) -> String {
    match failure {
        RunFailure::TimedOut { limit, .. } | RunFailure::Killed { limit } => {
            format!("{TIME_LIMIT}{} s", limit.as_secs_f64())
        }
        other => other.to_string(),
    }
}

/// The failure in the message of a trial that had nothing to compare, in words that are the same each time:
/// those of [`steady`] for the same failure in this process.
pub(super) fn failure_words(message: &str) -> String {
    let (_, detail) = message.split_once("::golden: ").unwrap_or(("", message));
    let (_, failure) = detail.split_once(ALSO_FAILED).unwrap_or(("", detail));
    let (failure, _) = failure.split_once(REMEDY).unwrap_or((failure, ""));
    match failure.strip_prefix(TIME_LIMIT) {
        None => failure.to_owned(),
        Some(rest) => {
            let seconds = rest.split(' ').next().unwrap_or_default();
            format!("{TIME_LIMIT}{seconds} s")
        }
    }
}

/// What a scenario produces that fails.
pub(crate) fn failed(message: &str) -> Files {
    let text = json!({ "message": message }).to_string();
    let error = Artefact::from_json(ERROR, text.as_bytes()).expect("a text is JSON");
    Files::from([(golden_file(ERROR), error.text().to_vec())])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_failure_has_the_same_words_in_a_trial_and_in_this_process() {
        let check = |failure: &RunFailure| {
            for message in [
                format!("PROGRAM_ERROR case::golden: {failure}"),
                format!(
                    "MISSING_GOLDEN case::golden: the scenario has no goldens yet\nand the run failed: \
                     {failure}\n  see how it fails: cargo xtask diff case"
                ),
            ] {
                assert_eq!(failure_words(&message), steady(failure), "{message}");
            }
        };
        check(&RunFailure::Panicked {
            message: Some("index 3\nof 2".to_owned()),
        });
        check(&RunFailure::TimedOut {
            limit: Duration::from_millis(1500),
            has_stopped: false,
            reached: Some("tick 7".to_owned()),
            message: None,
        });
    }
}
