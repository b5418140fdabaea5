//! `aether init`: writes a small, commented scenario that is ready to run.

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::Path;

use aether_disk as fs;
use aether_engine::config::json_schemas;
use aether_engine::config::template;
use aether_harness::ScenarioName;
use aether_json::json;

use crate::CommandResult;
use crate::args::InitCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;

/// The directory in which the scenario's documents look for their schemas.
const SCHEMAS: &str = "schemas";

pub(crate) fn init(command: &InitCommand, output: &Output) -> CommandResult {
    let dir = &command.dir;
    let name = name_of(dir)?;
    refuse_used(dir)?;
    let cannot = |path: &Path| {
        let what = format!("{} cannot be written", path.display());
        move |error| Failure::Io(what, error)
    };
    let schemas = dir.join(SCHEMAS);
    fs::create_dir_all(&schemas).map_err(cannot(&schemas))?;
    let mut files = template(&name, SCHEMAS);
    for (file, text) in json_schemas() {
        files.push((Path::new(SCHEMAS).join(file), text));
    }
    for (file, text) in &files {
        let path = dir.join(file);
        fs::write(&path, text).map_err(cannot(&path))?;
    }
    let run = dir.join("run.toml");
    output.result(
        || {
            let (dir, run) = (dir.display(), run.display());
            format!(
                "created {dir}: a scenario of four nodes and 16 ticks. Next:\n  \
                 aether validate {dir}\n  aether run {run}\n"
            )
        },
        || {
            let files = files.iter().map(|(file, _)| file.to_string_lossy());
            json!({
                "path": dir.display().to_string(),
                "files": files.map(|file| file.replace('\\', "/")).collect::<Vec<_>>(),
            })
        },
    )?;
    Ok(Status::Done)
}

/// Refuses a directory that has entries, so that no existing file is overwritten.
fn refuse_used(dir: &Path) -> Result<(), Failure> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            let message = format!("{} is a file; give the name of a directory", dir.display());
            return Err(Failure::Input(message));
        }
        Err(error) => {
            let what = format!("{} cannot be read", dir.display());
            return Err(Failure::Io(what, error));
        }
    };
    if entries.count() > 0 {
        let dir = dir.display();
        let message = format!("{dir} is not empty; give the name of a new or empty directory");
        return Err(Failure::Input(message));
    }
    Ok(())
}

/// The name of the directory, which becomes the scenario's name, graph id and run id.
fn name_of(dir: &Path) -> Result<String, Failure> {
    let unnamed = |why: &dyn Display| {
        let message = format!("{} cannot be made a scenario: {why}", dir.display());
        Failure::Input(message)
    };
    let name = match dir.file_name() {
        Some(name) => name.to_owned(),
        // `.` is not a name; the directory that it refers to has one.
        None => {
            let whole = dir.canonicalize().map_err(|error| unnamed(&error))?;
            let name = whole.file_name().map(OsStr::to_owned);
            name.ok_or_else(|| unnamed(&"it has no name"))?
        }
    };
    let name = name.to_string_lossy();
    let known = ScenarioName::new(name.as_ref()).map_err(|error| {
        let message = format!("`{name}` cannot be the name of a scenario: {error}");
        Failure::Input(message)
    })?;
    Ok(known.to_string())
}
