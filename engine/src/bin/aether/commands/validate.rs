//! `aether validate`: every problem of every document, at once.

use std::path::Path;

use aether_engine::config::{self, FileSystem, Report};
use aether_harness::Scenario;
use serde_json::json;

use crate::Ended;
use crate::args::ValidateCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::registry;

pub(crate) fn validate(command: &ValidateCommand, output: &Output) -> Ended {
    let files = FileSystem::new(registry::working_dir()?);
    let mut reports = Vec::new();
    for path in &command.paths {
        reports.extend(check(&files, path)?);
    }
    if let Some(report) = Report::merged(reports) {
        return Err(Failure::Documents(report));
    }
    let count = command.paths.len();
    output.result(
        || format!("{count} valid\n"),
        || json!({ "problems": [], "valid": true }),
    )?;
    Ok(Status::Done)
}

fn check(files: &FileSystem, path: &Path) -> Result<Option<Report>, Failure> {
    let run_config = if path.is_dir() {
        Scenario::load(path).map_err(|error| Failure::Input(error.to_string()))?;
        registry::in_scenario(path)?
    } else {
        path.to_owned()
    };
    Ok(config::load_run(files, &run_config).err())
}
