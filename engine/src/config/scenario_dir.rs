//! Finds the RunConfig of a scenario directory.

use std::path::{Path, PathBuf};

/// A scenario directory without exactly one RunConfig.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunConfigError {
    /// It has none.
    #[error("{}: expected a `run.toml` or `run.json`, found neither", .0.display())]
    Missing(PathBuf),
    /// It has two.
    #[error("{}: both `run.toml` and `run.json` are there; keep one", .0.display())]
    Ambiguous(PathBuf),
}

/// The RunConfig of a scenario directory.
///
/// # Errors
/// The directory has no RunConfig, or two.
pub fn run_config(scenario: &Path) -> Result<PathBuf, RunConfigError> {
    let (toml, json) = (scenario.join("run.toml"), scenario.join("run.json"));
    match (toml.exists(), json.exists()) {
        (true, false) => Ok(toml),
        (false, true) => Ok(json),
        (false, false) => Err(RunConfigError::Missing(scenario.to_owned())),
        (true, true) => Err(RunConfigError::Ambiguous(scenario.to_owned())),
    }
}
