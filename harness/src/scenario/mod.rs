//! Scenarios: directories with a `scenario.toml`, found and validated.
//!
//! [`Scenario::load`] reads one; [`discover`] reads them all and skips none: what is not a valid
//! scenario is returned with the reason, so that it becomes a failing trial.

mod discover;
mod document;
mod keys;
mod name;
mod outputs;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use discover::{Found, discover, look_up, twins};
use document::Document;
pub(crate) use document::{CommandTable, OutputFormat, OutputTable};
pub use document::{Expect, Runtime, SnapshotMode};
pub use name::{NameError, ScenarioName};
pub(crate) use outputs::STDOUT;

use crate::Check;

/// The file that makes a directory a scenario.
pub(crate) const SCENARIO_FILE: &str = "scenario.toml";

/// A scenario directory whose `scenario.toml` is valid.
#[derive(Clone, Debug)]
pub struct Scenario {
    name: ScenarioName,
    dir: PathBuf,
    /// What it is for.
    pub description: String,
    /// The pillars that it exercises.
    pub pillars: Vec<String>,
    /// How long it takes, roughly.
    pub runtime: Runtime,
    /// Free words to select by.
    pub tags: Vec<String>,
    /// How a run should end.
    pub expect: Expect,
    /// What is kept of a run.
    pub snapshot: SnapshotMode,
    /// When a run is ended.
    pub time_limit: Duration,
    /// The checks that it drops, each with the reason.
    pub dropped: BTreeMap<Check, String>,
    pub(crate) command: Option<CommandTable>,
    pub(crate) outputs: Vec<OutputTable>,
}

/// Why a directory is no scenario: every problem of its `scenario.toml`, each with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    problems: Vec<String>,
}

impl ScenarioError {
    pub(crate) fn one(problem: impl Into<String>) -> Self {
        Self {
            problems: vec![problem.into()],
        }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

impl std::error::Error for ScenarioError {}

impl Scenario {
    /// Reads and validates the scenario in `dir`, whose last part is its name.
    ///
    /// # Errors
    /// Every problem, with file, line and column.
    pub fn load(dir: &Path) -> Result<Self, ScenarioError> {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let name = ScenarioName::new(name)
            .map_err(|error| ScenarioError::one(format!("{}: {error}", dir.display())))?;
        let path = dir.join(SCENARIO_FILE);
        let bytes = std::fs::read(&path).map_err(|error| {
            ScenarioError::one(match error.kind() {
                std::io::ErrorKind::NotFound => {
                    format!("{}: there is no {SCENARIO_FILE}", dir.display())
                }
                _ => format!("{}: cannot be read: {error}", path.display()),
            })
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            ScenarioError::one(format!("{}: byte {at} is not UTF-8", path.display()))
        })?;
        let source = Source {
            path: &path,
            text: &text,
        };
        let mut problems: Vec<String> = keys::unknown(&text)
            .into_iter()
            .map(|(span, problem)| source.problem(span, &problem))
            .collect();
        match toml::from_str(&text) {
            Ok(document) => Self::validate(name, dir, document, &source, problems),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                problems.push(source.problem(span, error.message()));
                Err(ScenarioError { problems })
            }
        }
    }

    /// The scenario's name: that of its directory.
    pub fn name(&self) -> &ScenarioName {
        &self.name
    }

    /// The scenario's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn validate(
        name: ScenarioName,
        dir: &Path,
        document: Document,
        source: &Source<'_>,
        mut problems: Vec<String>,
    ) -> Result<Self, ScenarioError> {
        if document.description.get_ref().trim().is_empty() {
            problems.push(source.problem(document.description.span(), "the description is empty"));
        }
        check_snapshot(&document, source, &mut problems);
        let time_limit = time_limit(&document, source, &mut problems);
        let dropped = dropped(&document, source, &mut problems);
        outputs::check(&document, source, &mut problems);
        if !problems.is_empty() {
            return Err(ScenarioError { problems });
        }
        Ok(Self {
            name,
            dir: dir.to_owned(),
            description: document.description.into_inner(),
            pillars: document.pillars,
            runtime: document.runtime,
            tags: document.tags,
            expect: document.expect,
            snapshot: document.snapshot,
            time_limit,
            dropped,
            command: document.command,
            outputs: document.outputs,
        })
    }
}

fn check_snapshot(document: &Document, source: &Source<'_>, problems: &mut Vec<String>) {
    let reason = document.snapshot_reason.as_ref();
    match (document.snapshot, reason) {
        (SnapshotMode::Digest, None) => problems.push(source.problem(
            0..0,
            "snapshot = \"digest\" needs a reason: snapshot_reason = \"…\"",
        )),
        (SnapshotMode::Digest, Some(reason)) if reason.get_ref().trim().is_empty() => {
            problems.push(source.problem(reason.span(), "the reason is empty"));
        }
        (SnapshotMode::Full, Some(reason)) => problems.push(source.problem(
            reason.span(),
            "snapshot_reason belongs to snapshot = \"digest\"",
        )),
        (SnapshotMode::Digest, Some(_)) | (SnapshotMode::Full, None) => {}
    }
    if document.snapshot == SnapshotMode::Digest && document.expect == Expect::Failure {
        problems.push(source.problem(
            0..0,
            "a scenario that is expected to fail keeps its error in full: drop snapshot = \"digest\"",
        ));
    }
}

fn time_limit(document: &Document, source: &Source<'_>, problems: &mut Vec<String>) -> Duration {
    let default = match document.runtime {
        Runtime::Instant | Runtime::Short => Duration::from_secs(60),
        Runtime::Long => Duration::from_secs(1200),
    };
    let of_command = document.command.as_ref();
    let of_command = of_command.and_then(|command| command.time_limit.as_ref());
    let (seconds, span) = match (&document.time_limit, of_command) {
        (Some(_), Some(twice)) => {
            problems.push(source.problem(
                twice.span(),
                "time_limit stands twice, at the top and in [command]: keep one",
            ));
            return default;
        }
        (Some(limit), None) | (None, Some(limit)) => (*limit.get_ref(), limit.span()),
        (None, None) => return default,
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(limit) if !limit.is_zero() => limit,
        _ => {
            problems.push(source.problem(span, "time_limit is a number of seconds above 0"));
            default
        }
    }
}

fn dropped(
    document: &Document,
    source: &Source<'_>,
    problems: &mut Vec<String>,
) -> BTreeMap<Check, String> {
    let mut dropped = BTreeMap::new();
    for (check, reason) in &document.drop {
        let name = check.get_ref();
        match Check::from_name(name) {
            None => {
                let names: Vec<_> = Check::ALL
                    .into_iter()
                    .filter(|check| check.can_be_dropped())
                    .map(Check::name)
                    .collect();
                problems.push(source.problem(
                    check.span(),
                    &format!(
                        "there is no check `{name}`; these can be dropped: {}",
                        names.join(", ")
                    ),
                ));
            }
            Some(known) if !known.can_be_dropped() => problems.push(source.problem(
                check.span(),
                &format!("the check `{name}` cannot be dropped"),
            )),
            Some(_) if reason.get_ref().trim().is_empty() => {
                problems.push(source.problem(reason.span(), "the reason is empty"));
            }
            Some(known) => {
                dropped.insert(known, reason.get_ref().clone());
            }
        }
    }
    dropped
}

/// A text with its path, to say where in it something is wrong.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    /// `path:line:column: message`, then the line, underlined. An empty span at 0 stands for the
    /// whole file.
    fn problem(&self, span: Range<usize>, message: &str) -> String {
        let path = self.path.display();
        let Some(before) = self.text.get(..span.start) else {
            return format!("{path}: {message}");
        };
        if span == (0..0) {
            return format!("{path}: {message}");
        }
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_number = before.matches('\n').count() + 1;
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let lead = before[line_start..].chars().count();
        let marked = self.text.get(span).unwrap_or_default();
        let width = marked.lines().next().map_or(0, |part| part.chars().count());
        let gutter = " ".repeat(line_number.to_string().len());
        format!(
            "{path}:{line_number}:{}: {message}\n{gutter} |\n{line_number} | {line}\n{gutter} | {}{}",
            lead + 1,
            " ".repeat(lead),
            "^".repeat(width.max(1)),
        )
    }
}

#[cfg(test)]
mod tests;
