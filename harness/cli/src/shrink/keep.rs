//! Makes a scenario of what was found: all of it or nothing.

use std::path::Path;

use aether_disk as fs;
use aether_harness::evaluate::CheckRun;
use aether_harness::scenario::{SCENARIO_FILE, ScenarioName, SnapshotMode};
use aether_harness::snapshot::{BlessEntry, GoldenSet, Manifest, SnapshotLock};
use aether_harness::{Artefact, Check, Suite};

use super::examine::Examiner;
use super::fault::{Fault, Seen};
use super::workspace::Workspace;
use crate::commands::CommandError;
use crate::files::{self, Files};

/// Settings that say what a scenario is for or how large it is, and nothing of its fault.
const DROPPED: [&str; 4] = ["runtime", "snapshot", "snapshot_reason", "tags"];

/// A scenario that is to be made.
pub(crate) struct Kept<'k> {
    pub(crate) name: &'k ScenarioName,
    pub(crate) files: &'k Files,
    /// What was found, as it must be found again.
    pub(crate) fault: &'k Fault,
    /// The `scenario.toml` of the scenario that it was made of.
    pub(crate) settings: &'k str,
    /// What it is for, in one line.
    pub(crate) description: String,
    /// Where it comes from: lines of comments.
    pub(crate) provenance: Vec<String>,
    /// What the other program produces, if two programs differ.
    pub(crate) goldens: Option<Goldens>,
}

/// Goldens that the program of now does not match.
pub(crate) struct Goldens {
    pub(crate) artefacts: Vec<Artefact>,
    pub(crate) date: String,
    pub(crate) reason: String,
    /// The revision of the program that made them.
    pub(crate) commit: Option<String>,
}

/// The `scenario.toml` of the new scenario.
///
/// # Errors
/// The old one is not TOML.
pub(crate) fn settings(kept: &Kept<'_>) -> Result<String, CommandError> {
    let invalid = |error: String| CommandError::Usage(format!("{SCENARIO_FILE}: {error}"));
    let mut table: toml::Table = kept
        .settings
        .parse()
        .map_err(|error: toml::de::Error| invalid(error.to_string()))?;
    for key in DROPPED {
        table.remove(key);
    }
    table.insert("description".to_owned(), kept.description.clone().into());
    let schema = kept.settings.lines().next();
    let schema = schema.filter(|line| line.starts_with("#:schema"));
    let mut text = String::new();
    let comments = kept.provenance.iter().map(|line| format!("# {line}"));
    for line in schema.map(str::to_owned).into_iter().chain(comments) {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let table = toml::to_string(&table).map_err(|error| invalid(error.to_string()))?;
    text.push_str(&table);
    Ok(text)
}

/// Makes the scenario, once it is known that it has the fault.
///
/// # Errors
/// It does not have it, or cannot be written. Nothing is left then.
pub(crate) fn keep(suite: &Suite, kept: &Kept<'_>) -> Result<(), CommandError> {
    let text = settings(kept)?;
    let mut workspace = Workspace::new(suite, kept.name, &suite.paths().scenarios())?;
    let invalid = |problem: String| {
        CommandError::Usage(format!(
            "{}: the new scenario is not valid: {problem}",
            kept.name
        ))
    };
    let scenario = workspace.put(&text, kept.files)?.map_err(invalid)?;
    let goldens = match &kept.goldens {
        Some(goldens) => Some(made(&workspace, &scenario, goldens)?),
        None => {
            refuse_without_fault(workspace, &text, scenario.time_limit, kept)?;
            None
        }
    };
    let scenarios = suite.paths().scenarios();
    let dir = beside(&scenarios)?;
    for (path, bytes) in kept.files {
        files::write(dir.path(), path, bytes)?;
    }
    files::write(dir.path(), Path::new(SCENARIO_FILE), text.as_bytes())?;
    let Some((set, manifest)) = &goldens else {
        return moved(dir, &suite.paths().scenario(kept.name));
    };
    let lock = SnapshotLock::acquire(&suite.paths().snapshots(), || {})?;
    lock.replace(kept.name, set, manifest)?;
    moved(dir, &suite.paths().scenario(kept.name)).inspect_err(|_| {
        // The error that counts is the one that stopped the making.
        let _ = lock.remove(kept.name);
    })
}

/// A hidden directory in this one that is removed when dropped, for everyone to read as any other directory.
fn beside(scenarios: &Path) -> Result<tempfile::TempDir, CommandError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".shrunk-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    Ok(builder.tempdir_in(scenarios)?)
}

/// Gives a temporary directory its name, in one step.
fn moved(dir: tempfile::TempDir, to: &Path) -> Result<(), CommandError> {
    fs::rename(dir.path(), to)?;
    // It is no longer where it would be removed.
    let _ = dir.keep();
    Ok(())
}

/// The goldens of the other program, with the inputs as the program of now resolves them.
fn made(
    workspace: &Workspace,
    scenario: &aether_harness::Scenario,
    goldens: &Goldens,
) -> Result<(GoldenSet, Manifest), CommandError> {
    let failed = |error: String| CommandError::Usage(format!("{}: {error}", scenario.name()));
    let run = CheckRun::open(workspace.suite(), scenario, &Check::Golden)
        .map_err(|failure| CommandError::input_of(scenario.name(), &failure))?;
    let prepared = run.prepared();
    let set = GoldenSet::new(
        scenario,
        &prepared.schema(),
        prepared.inputs().clone(),
        goldens.artefacts.clone(),
    )
    .map_err(|error| failed(error.to_string()))?;
    let subject = scenario.subject();
    let mut manifest = Manifest::new(
        subject.name().to_owned(),
        subject.version(),
        SnapshotMode::Full,
    );
    manifest.files = set.file_digests();
    manifest.inputs = set.input_digests().clone();
    manifest.allowed = prepared.allowed();
    manifest.bless.push(BlessEntry {
        date: goldens.date.clone(),
        version: subject.version(),
        reason: goldens.reason.clone(),
        artefacts: Vec::new(),
        clean: goldens.commit.as_ref().map(|_| true),
        commit: goldens.commit.clone(),
    });
    Ok((set, manifest))
}

/// Runs the new scenario, and holds that it has the fault.
fn refuse_without_fault(
    workspace: Workspace,
    settings: &str,
    limit: std::time::Duration,
    kept: &Kept<'_>,
) -> Result<(), CommandError> {
    let mut examiner = Examiner::new(workspace, settings.to_owned(), limit);
    let (seen, _) = examiner.find(kept.files, false)?;
    match seen {
        Seen::Fault(fault) if kept.fault.is_same(&fault, false) => Ok(()),
        _ => Err(CommandError::Refused(format!(
            "{}: once more, it does not show the fault, and is not kept: the fault comes and goes",
            kept.name
        ))),
    }
}
