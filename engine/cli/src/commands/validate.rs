//! `aether validate`: reports every problem of every document at once.

use std::path::{Path, PathBuf};

use aether_engine::config::{self, Code, FileSystem, Place, Problem, Report};
use aether_harness::{MachineFailure as _, ScenarioProblem};
use aether_json::json;

use crate::CommandResult;
use crate::args::{ScenariosDir, ValidateCommand};
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::registry;

const SCENARIO_FILE: &str = "scenario.toml";

pub(crate) fn validate(command: &ValidateCommand, output: &Output) -> CommandResult {
    let files = FileSystem::new(registry::working_dir()?);
    let reports = command.paths.iter().flat_map(|path| check(&files, path));
    let found = Report::merged(reports);
    if let Some(report) = &found
        && !report.is_valid()
    {
        return Err(Failure::Documents(report.clone()));
    }
    if let Some(warnings) = &found
        && !output.is_json()
    {
        output.warnings(warnings);
    }
    let count = command.paths.len();
    let warnings = found.as_ref().map_or(&[][..], Report::problems);
    output.result(
        || format!("{count} valid\n"),
        || json!({ "problems": warnings, "unchecked": [], "valid": true }),
    )?;
    Ok(Status::Done)
}

/// The problems of a document, or of a scenario directory: those of the engine and of the harness.
fn check(files: &FileSystem, path: &Path) -> Vec<Report> {
    if let Some(scenario) = scenario_named(path) {
        let problem = Problem::new(
            Code::FileNotFound,
            format!("{} does not exist", path.display()),
            Place::at(path.display().to_string(), 1, 1),
            format!("name the scenario by its path: {}", scenario.display()),
        );
        return Report::of(vec![problem]).into_iter().collect();
    }
    let real = behind_links(path);
    let path = real.as_deref().unwrap_or(path);
    if !path.is_dir() {
        let checked = config::validate(files, path);
        let found = checked.map_or_else(Some, |checked| checked.warnings);
        return found.into_iter().collect();
    }
    let checked = config::validate_scenario(files, path);
    let report = checked.map_or_else(Some, |checked| checked.warnings);
    let is_reported = report.iter().flat_map(Report::problems).any(|problem| {
        problem.code == Code::NotAScenario || problem.place.path.ends_with(SCENARIO_FILE)
    });
    // A problem of `scenario.toml` that both find is reported once, in the engine's words.
    let more = if is_reported {
        None
    } else {
        harness_report(path)
    };
    report.into_iter().chain(more).collect()
}

/// Where a document is that a link leads to: relative paths in it start there, as for a run.
fn behind_links(path: &Path) -> Option<PathBuf> {
    let is_behind = path.ancestors().any(Path::is_symlink);
    is_behind.then(|| path.canonicalize().ok()).flatten()
}

/// The scenario of a name that is not a path.
fn scenario_named(path: &Path) -> Option<PathBuf> {
    if path.exists() || path.extension().is_some() {
        return None;
    }
    let scenarios = registry::scenarios_dir(&ScenariosDir::default()).ok()?;
    let scenario = scenarios.join(path.file_name().filter(|name| *name == path.as_os_str())?);
    scenario.is_dir().then_some(scenario)
}

/// The problems of `scenario.toml` that only the harness finds.
fn harness_report(dir: &Path) -> Option<Report> {
    // `.` is not a name; the directory that it refers to has one.
    let whole = dir.file_name().is_none().then(|| dir.canonicalize().ok());
    let dir = whole.flatten().unwrap_or_else(|| dir.to_owned());
    let error = registry::load_scenario(&dir).err()?;
    let file = dir.join(SCENARIO_FILE).display().to_string();
    let problems = error.problems().iter();
    Report::of(problems.map(|found| problem(&file, found)).collect())
}

fn problem(file: &str, found: &ScenarioProblem) -> Problem {
    let (code, help) = if found.is_of_machine() {
        (Code::ReadFailed, Code::ReadFailed.remedy())
    } else {
        let help = "correct the field, which the harness reads, or remove it";
        (Code::NotAScenario, help)
    };
    let (line, column) = found.place().unwrap_or((1, 1));
    Problem::new(code, found.message(), Place::at(file, line, column), help)
}
