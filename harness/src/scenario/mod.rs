//! Scenarios: directories with a `scenario.toml`, found and validated.
//!
//! [`Scenario::load`] reads one; [`discover`] reads them all and skips none: what is not a valid
//! scenario is returned with the reason, so that it becomes a failing trial. The file is read once;
//! its subject reads its own keys from the same [`Settings`].

mod build;
mod defaults;
mod discover;
mod document;
mod name;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use build::Build;
pub(crate) use build::BuildFailed;
pub use defaults::DEFAULTS_FILE;
pub use discover::{Found, discover, look_up, twins};
use document::Document;
pub use document::{Determinism, Expect, Runtime, SnapshotMode};
pub(crate) use name::device;
pub use name::{NameError, ScenarioName};
pub use settings::{KeyTable, ScenarioProblem, Settings};

use crate::{Check, MachineFailure, Subject};

/// The file that makes a directory a scenario.
pub const SCENARIO_FILE: &str = "scenario.toml";

/// The keys of `scenario.toml` that belong to the harness; each subject has its [own](Subject::keys).
pub const SCENARIO_KEYS: [KeyTable; 1] = [document::KEYS];

/// The keys that only `defaults.toml` has.
pub const DEFAULTS_KEYS: [KeyTable; 2] = build::BUILD_KEYS;

/// A scenario directory whose `scenario.toml` is valid.
#[derive(Clone)]
#[non_exhaustive]
pub struct Scenario {
    name: ScenarioName,
    dir: PathBuf,
    subject: Arc<dyn Subject>,
    settings: Settings,
    /// Where its goldens are, if it belongs to a suite.
    goldens: Option<PathBuf>,
    /// The file that lists what the build made, if it belongs to a suite.
    built: Option<PathBuf>,
    /// What it is for.
    pub description: String,
    /// How long it takes, roughly.
    pub runtime: Runtime,
    /// Free words to select by.
    pub tags: Vec<String>,
    /// How a run should end.
    pub expect: Expect,
    /// What is kept of a run.
    pub snapshot: SnapshotMode,
    /// When two runs count as the same.
    pub determinism: Determinism,
    /// When a run is ended.
    pub time_limit: Duration,
    /// The checks that it drops, each with the reason.
    pub dropped: BTreeMap<Check, String>,
    /// The places of its inputs whose changes its goldens do not notice, each with the reason.
    pub unnoticed: BTreeMap<String, String>,
}

/// Why a directory is not a scenario: every problem of its `scenario.toml`, each with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    problems: Vec<ScenarioProblem>,
}

impl ScenarioError {
    /// The problems, in the order of the file.
    pub fn problems(&self) -> &[ScenarioProblem] {
        &self.problems
    }
}

impl From<ScenarioProblem> for ScenarioError {
    fn from(problem: ScenarioProblem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl MachineFailure for ScenarioError {
    fn is_of_machine(&self) -> bool {
        self.problems.iter().any(MachineFailure::is_of_machine)
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ScenarioError {}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario")
            .field("dir", &self.dir)
            .field("subject", &self.subject.name())
            .finish_non_exhaustive()
    }
}

impl Scenario {
    /// Reads and validates the scenario in `dir`, whose last part is its name. The first of
    /// `subjects` that [runs](Subject::runs) it is its subject.
    ///
    /// # Errors
    /// Every problem, with file, line and column.
    pub fn load(dir: &Path, subjects: &[Arc<dyn Subject>]) -> Result<Self, ScenarioError> {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let name = ScenarioName::new(name)
            .map_err(|error| ScenarioProblem::of_file(dir, error.to_string()))?;
        let settings = Settings::load(dir)?;
        let mut tables = vec![document::KEYS];
        tables.extend(subjects.iter().flat_map(|subject| subject.keys()));
        let mut problems = settings.unknown_keys(&tables);
        problems.extend(settings.build().err());
        let document = match settings.read::<Document>() {
            Ok(document) => document,
            Err(problem) => {
                problems.push(problem);
                return Err(ScenarioError { problems });
            }
        };
        let Some(subject) = subjects.iter().find(|subject| subject.runs(&settings)) else {
            problems.push(settings.problem(0..0, NO_SUBJECT));
            return Err(ScenarioError { problems });
        };
        let mut found = Problems {
            settings: &settings,
            problems,
        };
        if document.description.get_ref().trim().is_empty() {
            found.at(document.description.span(), "the description is empty");
        }
        check_snapshot(&document, &mut found);
        check_determinism(&document, &mut found);
        let time_limit = time_limit(&document, &mut found);
        let time_limit = subject.time_limit(&settings).unwrap_or(time_limit);
        let dropped = dropped(&document, subject.as_ref(), &mut found);
        let unnoticed = unnoticed(&document, &mut found);
        found.problems.extend(subject.check(&settings));
        let problems = found.problems;
        if !problems.is_empty() {
            return Err(ScenarioError { problems });
        }
        Ok(Self {
            name,
            dir: dir.to_owned(),
            subject: Arc::clone(subject),
            description: document.description.into_inner(),
            runtime: document.runtime,
            tags: document.tags,
            expect: document.expect,
            snapshot: document.snapshot,
            determinism: document.determinism,
            time_limit,
            dropped,
            unnoticed,
            settings,
            goldens: None,
            built: None,
        })
    }

    /// The same scenario as part of the workspace with this layout.
    #[must_use]
    pub(crate) fn placed(mut self, layout: &crate::Layout) -> Self {
        self.goldens = Some(layout.snapshot(&self.name));
        self.built = Some(layout.built());
        self
    }

    /// The same scenario as if it had no goldens, so that the newest rules apply to it.
    #[must_use]
    pub fn without_goldens(mut self) -> Self {
        self.goldens = None;
        self
    }

    /// The files that a `[build]` made or changed, as paths relative to the root; none if there is no
    /// build, or it was not run yet.
    ///
    /// # Errors
    /// The machine cannot read the list of them.
    pub fn built(&self) -> io::Result<BTreeSet<String>> {
        let has_build = matches!(self.settings.build(), Ok(Some(_)));
        let list = self.built.as_ref().filter(|_| has_build);
        let files = list.map_or(Ok(None), |list| built_files(list))?;
        Ok(files.unwrap_or_default().into_keys().collect())
    }

    /// The directory of its goldens, which need not exist; `None` if it belongs to no suite.
    pub fn goldens(&self) -> Option<&Path> {
        self.goldens.as_deref()
    }

    /// The scenario's name: that of its directory.
    pub fn name(&self) -> &ScenarioName {
        &self.name
    }

    /// The scenario's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directory that holds `scenarios/`.
    pub fn root(&self) -> &Path {
        let scenarios = self.dir.parent();
        scenarios.and_then(Path::parent).unwrap_or(&self.dir)
    }

    /// A path as people read it: relative to the root if it is below it.
    pub fn display(&self, path: &Path) -> String {
        crate::layout::relative(self.root(), path)
    }

    /// What runs it.
    pub fn subject(&self) -> &Arc<dyn Subject> {
        &self.subject
    }

    /// The text of its `scenario.toml`, from which the subject reads its own keys.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The checks that apply to it, whether it drops them or not. `process` needs a program that can
    /// be started again.
    pub fn checks(&self, has_children: bool) -> Vec<Check> {
        let mut checks = vec![Check::Golden, Check::Determinism];
        if has_children {
            checks.push(Check::Process);
        }
        checks.extend(self.subject.modes().iter().map(Check::of));
        checks
    }
}

/// The files that the list at `path` names, with their digests; `None` if there is no list.
///
/// # Errors
/// The machine cannot read it.
pub(crate) fn built_files(path: &Path) -> io::Result<Option<BTreeMap<String, String>>> {
    let bytes = crate::atomic::read_if_any(path)?;
    Ok(bytes.and_then(|bytes| aether_json::from_slice(&bytes).ok()))
}

/// What a scenario lacks for which a suite has no subject.
const NO_SUBJECT: &str = "nothing here runs this scenario: it needs a [command]";

/// Problems as they are found.
struct Problems<'a> {
    settings: &'a Settings,
    problems: Vec<ScenarioProblem>,
}

impl Problems<'_> {
    fn at(&mut self, span: std::ops::Range<usize>, message: impl Into<String>) {
        self.problems.push(self.settings.problem(span, message));
    }
}

fn check_snapshot(document: &Document, found: &mut Problems<'_>) {
    let reason = document.snapshot_reason.as_ref();
    match (document.snapshot, reason) {
        (SnapshotMode::Digest, None) => found.at(
            0..0,
            "snapshot = \"digest\" needs a reason: snapshot_reason = \"…\"",
        ),
        (SnapshotMode::Digest, Some(reason)) if reason.get_ref().trim().is_empty() => {
            found.at(reason.span(), "the reason is empty");
        }
        (SnapshotMode::Full, Some(reason)) => found.at(
            reason.span(),
            "snapshot_reason belongs to snapshot = \"digest\"",
        ),
        (SnapshotMode::Digest, Some(_)) | (SnapshotMode::Full, None) => {}
    }
    if document.snapshot == SnapshotMode::Digest && document.expect == Expect::Failure {
        found.at(
            0..0,
            "a scenario that is expected to fail keeps its error in full: remove snapshot = \"digest\"",
        );
    }
}

fn check_determinism(document: &Document, found: &mut Problems<'_>) {
    match (document.determinism, &document.determinism_reason) {
        (Determinism::WithinTolerance, None) => found.at(
            0..0,
            "determinism = \"within-tolerance\" needs a reason: determinism_reason = \"…\"",
        ),
        (Determinism::WithinTolerance, Some(reason)) if reason.get_ref().trim().is_empty() => {
            found.at(reason.span(), "the reason is empty");
        }
        (Determinism::Exact, Some(reason)) => found.at(
            reason.span(),
            "determinism_reason belongs to determinism = \"within-tolerance\"",
        ),
        (Determinism::WithinTolerance, Some(_)) | (Determinism::Exact, None) => {}
    }
}

fn time_limit(document: &Document, found: &mut Problems<'_>) -> Duration {
    let default = match document.runtime {
        Runtime::Instant | Runtime::Short => Duration::from_secs(60),
        Runtime::Long => Duration::from_secs(1200),
    };
    let Some(limit) = &document.time_limit else {
        return default;
    };
    match Duration::try_from_secs_f64(*limit.get_ref()) {
        Ok(limit) if !limit.is_zero() => limit,
        _ => {
            found.at(limit.span(), "time_limit is a number of seconds above 0");
            default
        }
    }
}

fn dropped(
    document: &Document,
    subject: &dyn Subject,
    found: &mut Problems<'_>,
) -> BTreeMap<Check, String> {
    let mut known = Check::OWN.to_vec();
    known.extend(subject.modes().iter().map(Check::of));
    let mut dropped = BTreeMap::new();
    for (name, reason) in &document.drop {
        let check = Check::from(name.get_ref().clone());
        if !known.contains(&check) {
            let names: Vec<&str> = known
                .iter()
                .filter(|check| check.can_be_dropped())
                .map(Check::name)
                .collect();
            found.at(
                name.span(),
                format!(
                    "there is no check `{check}`; these can be dropped: {}",
                    names.join(", ")
                ),
            );
        } else if !check.can_be_dropped() {
            found.at(
                name.span(),
                format!("the check `{check}` cannot be dropped"),
            );
        } else if reason.get_ref().trim().is_empty() {
            found.at(reason.span(), "the reason is empty");
        } else {
            dropped.insert(check, reason.get_ref().clone());
        }
    }
    dropped
}

fn unnoticed(document: &Document, found: &mut Problems<'_>) -> BTreeMap<String, String> {
    for reason in document.unnoticed.values() {
        if reason.get_ref().trim().is_empty() {
            found.at(reason.span(), "the reason is empty");
        }
    }
    let reasons = document.unnoticed.iter();
    reasons
        .map(|(place, reason)| (place.clone(), reason.get_ref().clone()))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
