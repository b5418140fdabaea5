//! `aether run`.
use crate::Ended;
use crate::args::RunCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::registry;
use aether_engine::config::{self, FileSystem};
use aether_engine::run::{self, RunOptions};

pub(crate) fn run(command: &RunCommand, output: &Output) -> Ended {
    let path = registry::find_run_config(&command.target, &command.scenarios)?;
    let files = FileSystem::new(registry::base_dir(&command.scenarios)?);
    let path = path.canonicalize().unwrap_or(path);
    let plan = config::load_run(&files, &path).map_err(Failure::Documents)?;
    let run = run::run(&plan, &RunOptions::default());
    output.print(run.export(&plan).as_bytes())?;
    Ok(Status::Done)
}
