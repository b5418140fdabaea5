//! `new`: creates a scenario directory, and checks that it is valid.

use std::path::{Path, PathBuf};

use aether_disk as fs;

use super::{CommandError, Console, Status, chosen, discovered, scenario_of, valid};
use crate::files::{self, Files};
use aether_harness::Suite;
use aether_harness::evaluate::CheckRun;
use aether_harness::scenario::{SCENARIO_FILE, ScenarioName, twins};

/// What the new scenario is called and starts from.
#[derive(Clone, Debug, Default)]
pub struct NewOptions {
    /// Its name.
    pub name: String,
    /// The scenario whose files it starts with; the subject's template if there is none.
    pub from: Option<String>,
    /// A directory that a failed property left, whose files it starts with.
    pub from_counterexample: Option<PathBuf>,
}

/// Makes a scenario directory, and holds that it is valid.
///
/// # Errors
/// The name is taken or none, or what was made does not validate; nothing is left then.
pub fn new(
    suite: &Suite,
    options: &NewOptions,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let name = free(suite, &options.name)?;
    let files = match (&options.from_counterexample, &options.from) {
        (Some(counterexample), _) => left_behind(counterexample)?,
        (None, Some(from)) => copied(suite, from)?,
        (None, None) => template(suite, &name)?,
    };
    let dir = create(suite, &name, &files)?;
    let typed = suite.typed();
    writeln!(
        console.out,
        "created {}; once it says what you mean:\n  {typed} diff {name}\n  {typed} bless {name} --reason \"…\"",
        suite.paths().display(&dir)
    )?;
    Ok(Status::Done)
}

/// A name that no scenario has.
///
/// # Errors
/// It is no name, or something has it.
pub(super) fn free(suite: &Suite, name: &str) -> Result<ScenarioName, CommandError> {
    let valid = ScenarioName::new(name)
        .map_err(|error| CommandError::Usage(format!("`{name}`: {error}")))?;
    refuse_taken(suite, &valid, &suite.paths().scenario(&valid))?;
    Ok(valid)
}

/// Makes a scenario of these files, and holds that it is valid; its directory.
///
/// # Errors
/// It is not, or it cannot be written; nothing is left then.
pub(super) fn create(
    suite: &Suite,
    name: &ScenarioName,
    files: &Files,
) -> Result<PathBuf, CommandError> {
    let dir = suite.paths().scenario(name);
    if let Err(error) = make(suite, name, &dir, files) {
        // The error that counts is the one that stopped the making.
        let _ = fs::remove_dir_all(&dir);
        return Err(error);
    }
    Ok(dir)
}

/// Refuses a name that a scenario has, or goldens have.
///
/// # Errors
/// What has it.
pub(super) fn refuse_taken(
    suite: &Suite,
    name: &ScenarioName,
    dir: &Path,
) -> Result<(), CommandError> {
    if dir.symlink_metadata().is_ok() {
        let shown = suite.paths().display(dir);
        return Err(CommandError::Usage(format!("{shown} already exists")));
    }
    if suite.paths().snapshot(name).exists() {
        let shown = suite.paths().display(&suite.paths().snapshot(name));
        return Err(CommandError::Usage(format!(
            "{shown} already holds goldens of that name"
        )));
    }
    let found = discovered(suite)?;
    let names = found.iter().map(|found| found.name.as_str());
    match twins(names.chain([name.as_str()])).first() {
        Some((one, other)) => Err(CommandError::Usage(format!(
            "`{one}` and `{other}` differ only in case; not every file system can hold both"
        ))),
        None => Ok(()),
    }
}

fn copied(suite: &Suite, from: &str) -> Result<Files, CommandError> {
    let found = chosen(suite, &[from.to_owned()])?.remove(0);
    let scenario = valid(&found)?;
    Ok(files::read(scenario.dir())?)
}

/// The files of a counterexample.
fn left_behind(dir: &Path) -> Result<Files, CommandError> {
    let scenario = dir.join(SCENARIO_FILE);
    if !scenario.is_file() {
        return Err(CommandError::Usage(format!(
            "{}: there is no such file; a counterexample is the directory that a failed property names",
            scenario.display()
        )));
    }
    Ok(files::read(dir)?)
}

fn template(suite: &Suite, name: &ScenarioName) -> Result<Files, CommandError> {
    let files = suite.template(name.as_str());
    if files.is_empty() {
        return Err(CommandError::Usage(format!(
            "there is no template to start from; name a scenario: {} new {name} --from SCENARIO",
            suite.typed()
        )));
    }
    Ok(files
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect())
}

fn make(suite: &Suite, name: &ScenarioName, dir: &Path, made: &Files) -> Result<(), CommandError> {
    for (path, bytes) in made {
        files::write(dir, path, bytes)?;
    }
    let said =
        |problem: &str| format!("the new scenario is not valid and was removed again: {problem}");
    let found = suite
        .look_up(name.as_str())
        .ok_or_else(|| CommandError::Usage(said("it is not a directory")))?;
    let scenario = scenario_of(&found)
        .map_err(|error| CommandError::input_as(&error, said(&error.to_string())))?;
    CheckRun::read(suite, scenario)
        .map_err(|failure| CommandError::input_as(&failure, said(&failure.to_string())))?;
    Ok(())
}
