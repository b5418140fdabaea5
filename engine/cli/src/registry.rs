//! Finds the files that arguments refer to: scenarios, RunConfigs and stored runs.

use std::ffi::OsStr;
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
        return if is_dir(dir)? {
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

fn is_dir(path: &Path) -> Result<bool, Failure> {
    aether_disk::is_dir(path).map_err(|error| Failure::unreadable(path, error))
}

/// Whether an argument is the name of a scenario, and not a path.
pub(crate) fn is_name(target: &str) -> bool {
    let has_extension = Path::new(target).extension().is_some();
    !target.starts_with('.') && !target.contains(['/', '\\']) && !has_extension
}

/// The RunConfig that a scenario's name or a path refers to.
pub(crate) fn find_run_config(target: &str, given: &ScenariosDir) -> Result<PathBuf, Failure> {
    let path = Path::new(target);
    if !is_name(target) {
        return if path.is_dir() {
            in_scenario(path)
        } else {
            Ok(path.to_owned())
        };
    }
    let here = here(path);
    let hint = |otherwise: String| match &here {
        Some(near) => format!("; write `{near}` for the one in this directory"),
        None => otherwise,
    };
    let scenarios = match scenarios_dir(given) {
        Ok(scenarios) => scenarios,
        Err(Failure::Input(message)) => return Err(Failure::Input(message + &hint(String::new()))),
        Err(failure) => return Err(failure),
    };
    let scenario = scenarios.join(target);
    if !is_dir(&scenario)? {
        let list = match near_scenario(target, &scenarios) {
            Some(near) => format!("; did you mean `{near}`? `aether list` lists the scenarios"),
            None => "; `aether list` lists the scenarios".to_owned(),
        };
        return Err(Failure::Input(format!(
            "there is no scenario `{target}` in {}{}",
            scenarios.display(),
            hint(list)
        )));
    }
    in_scenario(&scenario)
}

/// The scenario with nearly that name.
fn near_scenario(target: &str, scenarios: &Path) -> Option<String> {
    let entries = std::fs::read_dir(scenarios).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().is_dir());
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    nearest(target, names.iter().map(String::as_str)).map(str::to_owned)
}

/// The RunConfig or directory in the working directory that a name without a path may mean.
fn here(name: &Path) -> Option<String> {
    if run_config(name).is_ok() {
        return Some(format!("./{}", name.display()));
    }
    let mut files = ["toml", "json"]
        .map(|ending| name.with_extension(ending))
        .into_iter();
    files
        .find(|file| file.is_file())
        .map(|file| file.display().to_string())
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

/// The name under which a run is stored, followed by the `run_id` in its records if that differs.
pub(crate) fn shown_name(run: &StoredRun) -> String {
    let (name, run_id) = (id_of(run), &run.header().run_id);
    if name == run_id {
        name.to_owned()
    } else {
        format!("{name} (run_id {run_id})")
    }
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
