//! `aether runs rm` and `aether runs gc`: remove runs with everything that belongs to them.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::SystemTime;

use aether_engine::store::{RunId, RunStore, StoreError};
use aether_json::json;

use super::{age_mark, stored};
use crate::CommandResult;
use crate::args::{GcCommand, RmCommand, RunsDir};
use crate::exit::{Failure, Status};
use crate::interrupt;
use crate::output::Output;
use crate::times::Times;

pub(super) fn rm(command: &RmCommand, output: &Output) -> CommandResult {
    let store = RunStore::new(&command.runs.runs_dir);
    let all = store.run_ids()?;
    let mut chosen = BTreeSet::new();
    let mut missing = Vec::new();
    for given in &command.run_ids {
        match all
            .iter()
            .find(|id| id.as_str().eq_ignore_ascii_case(given))
        {
            Some(id) => {
                chosen.insert(id.clone());
            }
            None => missing.push(format!(
                "there is no run `{given}` in {}",
                command.runs.runs_dir.display()
            )),
        }
    }
    if !missing.is_empty() {
        return Err(Failure::Input(missing.join("\n")));
    }
    let chosen: Vec<RunId> = chosen.into_iter().collect();
    remove(&command.runs, &chosen, command.yes, output)
}

pub(super) fn gc(command: &GcCommand, output: &Output) -> CommandResult {
    let store = RunStore::new(&command.runs.runs_dir);
    let mut runs: Vec<(SystemTime, RunId)> = stored(&command.runs)?
        .into_iter()
        .map(|run| (age_mark(&store, &run), run.id))
        .collect();
    // The last first; of equals, in order of name.
    runs.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    #[expect(
        clippy::disallowed_methods,
        reason = "--older-than is measured from now"
    )]
    let now = SystemTime::now();
    let old = |started: SystemTime| match command.older_than {
        // A run from the future is not old.
        Some(span) => now.duration_since(started).is_ok_and(|age| age > span),
        None => true,
    };
    let kept = command.keep.unwrap_or(0);
    let chosen = runs
        .into_iter()
        .skip(kept)
        .filter(|(started, _)| old(*started));
    let mut chosen: Vec<RunId> = chosen.map(|(_, id)| id).collect();
    chosen.sort();
    remove(&command.runs, &chosen, command.yes, output)
}

/// Removes runs, after asking. A run that is being written stays.
fn remove(runs: &RunsDir, ids: &[RunId], yes: bool, output: &Output) -> CommandResult {
    if !ids.is_empty() && !yes {
        confirm(ids, output)?;
    }
    interrupt::hint("interrupted: `aether runs` lists the runs that are left");
    let store = RunStore::new(&runs.runs_dir);
    let (mut removed, mut busy) = (Vec::new(), Vec::new());
    let mut failed = None;
    for id in ids {
        match store.remove(id) {
            Ok(()) => removed.push(id.to_string()),
            Err(StoreError::Busy { .. }) => busy.push(id.to_string()),
            // What is removed already is forgotten below.
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    let times = Times::of(&runs.runs_dir);
    times.forget(&removed).map_err(|error| {
        Failure::Io(
            "the times of the removed runs could not be removed".to_owned(),
            error,
        )
    })?;
    failed.map_or(Ok(()), |error| Err(Failure::from(error)))?;
    output.result(
        || match removed.len() {
            0 => "no runs were removed\n".to_owned(),
            _ => format!("removed {}\n", removed.join(", ")),
        },
        || json!({ "removed": removed, "busy": busy }),
    )?;
    if busy.is_empty() {
        return Ok(Status::Done);
    }
    output.note(&format!(
        "{} stayed, because another process is writing: try again when it has ended",
        busy.join(", ")
    ));
    Ok(Status::BadInput)
}

/// Asks before runs are removed; anything but yes is no.
fn confirm(ids: &[RunId], output: &Output) -> Result<(), Failure> {
    let names: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let what = match names.len() {
        1 => format!("run {}", names[0]),
        count => format!("{count} runs ({})", names.join(", ")),
    };
    if !io::stdin().is_terminal() || output.is_json() {
        return Err(Failure::Input(format!(
            "this would remove {what}, which cannot be undone; add --yes to remove without being asked"
        )));
    }
    let cannot = |error| Failure::Io("the answer could not be read".to_owned(), error);
    let mut terminal = io::stderr();
    let asked = write!(terminal, "Remove {what}? This cannot be undone. [y/N] ");
    asked.and_then(|()| terminal.flush()).map_err(cannot)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(cannot)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::Input("nothing was removed".to_owned())),
    }
}
