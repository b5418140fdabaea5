//! Finds the files that arguments refer to: scenarios, RunConfigs and stored runs.

use std::ffi::OsStr;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aether_engine::config::run_config;
use aether_engine::store::{RunId, RunStore, StoreError, StoredRun};

use aether_harness::{Scenario, ScenarioError, Subject};
use aether_json::nearest;
use aether_subject::AetherSubject;

use crate::args::{RunsDir, ScenariosDir};
use crate::exit::Failure;

/// The extension of run files.
const EXTENSION: &str = "aether";

/// The directory of the scenarios: the given one, else `scenarios` in the working directory or the
/// nearest directory above.
pub(crate) fn scenarios_dir(given: &ScenariosDir) -> Result<PathBuf, Failure> {
    if let Some(dir) = &given.scenarios_dir {
        return if dir.is_dir() {
            Ok(dir.clone())
        } else {
            Err(Failure::Input(format!(
                "--scenarios-dir: {} is not a directory",
                dir.display()
            )))
        };
    }
    let here = working_dir()?;
    let found = here
        .ancestors()
        .map(|dir| dir.join("scenarios"))
        .find(|dir| dir.is_dir());
    found.ok_or_else(|| {
        Failure::Input(format!(
            "there is no `scenarios` directory in {} or above it; set one with --scenarios-dir",
            here.display()
        ))
    })
}

/// The RunConfig that a scenario's name or a path refers to.
pub(crate) fn find_run_config(target: &str, given: &ScenariosDir) -> Result<PathBuf, Failure> {
    let path = Path::new(target);
    if target.contains(['/', '\\']) || path.extension().is_some() {
        return if path.is_dir() {
            in_scenario(path)
        } else {
            Ok(path.to_owned())
        };
    }
    let scenarios = scenarios_dir(given)?;
    let scenario = scenarios.join(target);
    if !scenario.is_dir() {
        return Err(Failure::Input(format!(
            "there is no scenario `{target}` in {}; {}`aether list` lists the scenarios",
            scenarios.display(),
            near_scenario(target, &scenarios)
        )));
    }
    in_scenario(&scenario)
}

/// `did you mean …? `, if a scenario has nearly that name.
fn near_scenario(target: &str, scenarios: &Path) -> String {
    let entries = std::fs::read_dir(scenarios).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().is_dir());
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    match nearest(target, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? "),
        None => String::new(),
    }
}

/// Loads the scenario of a directory, for Aether or for the program that it names.
pub(crate) fn load_scenario(dir: &Path) -> Result<Scenario, ScenarioError> {
    let root = dir.parent().and_then(Path::parent).unwrap_or(dir);
    let subjects: [Arc<dyn Subject>; 1] = [Arc::new(AetherSubject::new(root))];
    Scenario::load(dir, &subjects)
}

/// The RunConfig of a scenario directory.
pub(crate) fn in_scenario(scenario: &Path) -> Result<PathBuf, Failure> {
    run_config(scenario).map_err(|error| Failure::Input(error.to_string()))
}

/// Opens a stored run, named by its id or by the path of its file (with a slash or the extension
/// `.aether`). Ids are unique regardless of case, so a different case finds the same run.
pub(crate) fn open_run(runs: &RunsDir, run: &str) -> Result<StoredRun, Failure> {
    if run.contains(['/', '\\']) {
        return Ok(StoredRun::open(Path::new(run))?);
    }
    let store = RunStore::new(&runs.runs_dir);
    let same = |id: &String| id.eq_ignore_ascii_case(run);
    let stored = store.run_ids()?.iter().map(ToString::to_string).find(same);
    let is_file = Path::new(run).extension() == Some(OsStr::new(EXTENSION));
    if stored.is_none() && is_file {
        return Ok(StoredRun::open(Path::new(run))?);
    }
    Ok(store.open(stored.as_deref().unwrap_or(run))?)
}

/// The id under which a run is stored: the stem of its file.
pub(crate) fn id_of(run: &StoredRun) -> &str {
    let stem = run.path().file_stem().and_then(OsStr::to_str);
    stem.expect("a run file has a name, which came from a run id or from an argument, both UTF-8")
}

/// The store that contains the file of a run.
pub(crate) fn store_of(run: &StoredRun) -> RunStore {
    let parent = run.path().parent();
    let parent = parent.filter(|parent| !parent.as_os_str().is_empty());
    RunStore::new(parent.unwrap_or(Path::new(".")))
}

/// Refuses a run that is not named as its store names it, so that nothing can be added to it.
pub(crate) fn refuse_other_name(run: &StoredRun, store: &RunStore) -> Result<(), Failure> {
    let id: RunId = id_of(run).parse().map_err(StoreError::from)?;
    if store.path(&id).file_name() == run.path().file_name() {
        return Ok(());
    }
    Err(Failure::Input(format!(
        "{} cannot be finished under this name; rename it to {id}.{EXTENSION}",
        run.path().display()
    )))
}

/// The directory that recorded paths are relative to: the one that contains `scenarios`, if it
/// exists, so that a run records the same paths wherever it is started.
pub(crate) fn base_dir(given: &ScenariosDir) -> Result<PathBuf, Failure> {
    let scenarios = scenarios_dir(given).ok();
    let parent = scenarios.and_then(|dir| dir.canonicalize().ok()?.parent().map(Path::to_owned));
    parent.map_or_else(working_dir, Ok)
}

pub(crate) fn working_dir() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|error| Failure::Io("the working directory cannot be read".to_owned(), error))
}

/// Writes a file under a temporary name, and renames it when it is complete.
pub(crate) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let cannot = |error| Failure::Io(format!("{} cannot be written", path.display()), error);
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let mut named = tempfile::Builder::new();
    // The permissions of any other new file, not only for its owner.
    #[cfg(unix)]
    named.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let beside = named
        .tempfile_in(parent.unwrap_or(Path::new(".")))
        .map_err(|error| cannot(without_path(&error)))?;
    let mut sink = BufWriter::new(beside);
    write(&mut sink)?;
    let beside = sink
        .into_inner()
        .map_err(|error| cannot(error.into_error()))?;
    beside.persist(path).map_err(|error| cannot(error.error))?;
    Ok(())
}

/// The error without the name of the temporary file, which means nothing to the user.
fn without_path(error: &std::io::Error) -> std::io::Error {
    error.kind().into()
}

/// A vector for people: all numbers of a short one, and both ends of a long one.
pub(crate) fn shortened(values: &[i64]) -> String {
    const SHOWN: usize = 16;
    let text = |values: &[i64]| {
        values
            .iter()
            .map(i64::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    if values.len() <= 2 * SHOWN {
        return text(values);
    }
    let (first, last) = (&values[..SHOWN], &values[values.len() - SHOWN..]);
    format!("{} … {} ({} values)", text(first), text(last), values.len())
}
