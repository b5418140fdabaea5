//! `aether runs`: lists, removes and compares stored runs.

mod compare;
mod list;
mod remove;

use std::fs;
use std::time::SystemTime;

use aether_engine::store::{RunDescription, RunId, RunStore};

use crate::CommandResult;
use crate::args::{RunsAction, RunsCommand, RunsDir};
use crate::exit::Failure;
use crate::output::Output;
use crate::times::{Ran, Times};

pub(crate) fn runs(command: &RunsCommand, output: &Output) -> CommandResult {
    match &command.action {
        None => list::list(&command.list, output),
        Some(RunsAction::Rm(command)) => remove::rm(command, output),
        Some(RunsAction::Gc(command)) => remove::gc(command, output),
        Some(RunsAction::Compare(command)) => compare::compare(command, output),
    }
}

/// A stored run with its times.
struct Stored {
    id: RunId,
    /// Why the file cannot be read as a run, if it cannot.
    description: Result<RunDescription, Failure>,
    size_bytes: u64,
    ran: Option<Ran>,
}

impl Stored {
    fn status(&self) -> &'static str {
        self.description
            .as_ref()
            .map_or("damaged", |description| description.header.status.name())
    }
}

/// All runs of a directory, in order of name.
fn stored(runs: &RunsDir) -> Result<Vec<Stored>, Failure> {
    let store = RunStore::new(&runs.runs_dir);
    let times = Times::of(&runs.runs_dir).read();
    let mut all = Vec::new();
    for id in store.run_ids()? {
        let description = store.describe(&id).map_err(Failure::from);
        let size_bytes = store.size_bytes(&id)?;
        let ran = times.get(&id.as_str().to_ascii_lowercase()).copied();
        all.push(Stored {
            id,
            description,
            size_bytes,
            ran,
        });
    }
    Ok(all)
}

/// When a run ran; without a noted time, when its file was last changed.
fn age_mark(store: &RunStore, run: &Stored) -> SystemTime {
    let changed = || fs::metadata(store.path(&run.id)).and_then(|found| found.modified());
    run.ran
        .map(|ran| ran.started)
        .or_else(|| changed().ok())
        .unwrap_or(SystemTime::UNIX_EPOCH)
}
