//! From what people type to the files that are meant.

use std::path::{Path, PathBuf};

use aether_engine::store::{RunStore, StoredRun};
use aether_engine::subject::run_config;

use crate::args::{RunsDir, ScenariosDir};
use crate::exit::Failure;

/// The directory of the scenarios: the one that was named, else the nearest upwards from here.
pub(crate) fn scenarios_dir(given: &ScenariosDir) -> Result<PathBuf, Failure> {
    if let Some(dir) = &given.scenarios_dir {
        return Ok(dir.clone());
    }
    let here = working_dir()?;
    let found = here.ancestors().map(|dir| dir.join("scenarios")).find(|dir| dir.is_dir());
    found.ok_or_else(|| {
        Failure::Input(format!(
            "there is no `scenarios` directory in {} or above it; name one with --scenarios-dir",
            here.display()
        ))
    })
}

/// The RunConfig that a scenario's name or a path means.
pub(crate) fn find_run_config(target: &str, given: &ScenariosDir) -> Result<PathBuf, Failure> {
    let path = Path::new(target);
    if target.contains(['/', '\\']) || path.extension().is_some() {
        return if path.is_dir() { in_scenario(path) } else { Ok(path.to_owned()) };
    }
    let scenarios = scenarios_dir(given)?;
    let scenario = scenarios.join(target);
    if !scenario.is_dir() {
        return Err(Failure::Input(format!(
            "there is no scenario `{target}` in {}; `aether list` names them",
            scenarios.display()
        )));
    }
    in_scenario(&scenario)
}

/// The RunConfig of a scenario directory.
pub(crate) fn in_scenario(scenario: &Path) -> Result<PathBuf, Failure> {
    run_config(scenario).map_err(|error| Failure::Input(error.to_string()))
}

/// A stored run. Ids differ by more than case, so a different case means the same run.
pub(crate) fn open_run(runs: &RunsDir, run_id: &str) -> Result<StoredRun, Failure> {
    let store = RunStore::new(&runs.runs_dir);
    let same = |id: &String| id.eq_ignore_ascii_case(run_id);
    let stored = store.run_ids()?.iter().map(ToString::to_string).find(same);
    Ok(store.open(stored.as_deref().unwrap_or(run_id))?)
}

/// The directory that files are named relative to: the one that holds `scenarios`, where there is
/// one, so that a run says the same wherever it is started.
pub(crate) fn base_dir(given: &ScenariosDir) -> Result<PathBuf, Failure> {
    let scenarios = scenarios_dir(given).ok();
    let parent = scenarios.and_then(|dir| dir.canonicalize().ok()?.parent().map(Path::to_owned));
    parent.map_or_else(working_dir, Ok)
}

pub(crate) fn working_dir() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|error| Failure::Io("the working directory cannot be read".to_owned(), error))
}
