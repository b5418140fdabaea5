//! `aether run` and `aether resume`: make a run, store it, and print a summary.

use std::ops::ControlFlow;
use std::path::PathBuf;

use aether_engine::config::{self, Change, Changed, FileSystem, RunPlan, change};
use aether_engine::record::LogEvent;
use aether_engine::run::{RunOptions, RunStatus};
use aether_engine::store::{Existing, Recorded, RunStore, Written};
use aether_json::{Value, json};

use crate::CommandResult;
use crate::args::{RunCommand, ScenariosDir, StoredCommand};
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::log_destination::{LogDestination, LogStart};
use crate::output::Output;
use crate::{progress, registry};

pub(crate) fn run(command: &RunCommand, output: &Output) -> CommandResult {
    let (path, plan) = load(command, output)?;
    let Changed { plan, changes, .. } = change(&plan, &command.set).map_err(Failure::Documents)?;
    let run_id = command.run_id.as_deref().unwrap_or(plan.run_id());
    let existing = if command.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let log = LogDestination::open(&plan, &path, LogStart::Truncate, output)?;
    let bar = progress::bar(&plan, output);
    let send = |event: &LogEvent| {
        if let Some(log) = &log {
            log.send(event);
        }
    };
    let progress = |tick| {
        bar.set_position(tick);
        ControlFlow::Continue(())
    };
    let mut options = RunOptions::default()
        .threads(usize::from(command.threads))
        .progress(&progress);
    if log.is_some() {
        options = options.log(&send);
    }
    let recorded = RunStore::new(&command.runs.runs_dir).record(&plan, run_id, existing, &options);
    bar.finish_and_clear();
    if let Some(log) = log {
        log.finish()?;
    }
    finish(run_id, &plan, &changes, &recorded?, output)
}

/// Prints a summary of the run; the exit status says how it ended.
fn finish(
    run_id: &str,
    plan: &RunPlan,
    changes: &[Change],
    recorded: &Recorded,
    output: &Output,
) -> CommandResult {
    output.result(
        || text(run_id, plan, changes, recorded),
        || summary(run_id, plan, changes, recorded),
    )?;
    Ok(match recorded.outcome.status {
        RunStatus::Complete | RunStatus::Incomplete => Status::Done,
        RunStatus::Failed(error) => {
            if !output.is_json() {
                output.failure(&Failure::Run(error));
            }
            Failure::Run(error).status()
        }
    })
}

/// `aether resume`: finishes an interrupted run.
pub(crate) fn resume(command: &StoredCommand, output: &Output) -> CommandResult {
    let stored = registry::open_run(&command.runs, &command.run_id)?;
    let run_id = registry::id_of(&stored).to_owned();
    let store = registry::store_of(&stored);
    registry::refuse_other_name(&stored, &store)?;
    let plan = stored.plan()?;
    drop(stored);
    let log = rest_of_log(&plan, output)?;
    let bar = progress::bar(&plan, output);
    let send = |event: &LogEvent| {
        if let Some(log) = &log {
            log.send(event);
        }
    };
    let progress = |tick| {
        bar.set_position(tick);
        ControlFlow::Continue(())
    };
    let mut options = RunOptions::default().progress(&progress);
    if log.is_some() {
        options = options.log(&send);
    }
    let recorded = store.resume(&run_id, &options);
    bar.finish_and_clear();
    if let Some(log) = log {
        log.finish()?;
    }
    finish(&run_id, &plan, &[], &recorded?, output)
}

/// The destination of the log lines of the windows that are added. The stored run has every line,
/// so a destination that no longer exists does not keep the run from being finished.
fn rest_of_log(plan: &RunPlan, output: &Output) -> Result<Option<LogDestination>, Failure> {
    let base = registry::base_dir(&ScenariosDir::default())?;
    let file = plan.documents().files().get("run_config");
    // The paths of a RunConfig that was not a file start at the base.
    let run_config = base.join(file.map_or("run_config", String::as_str));
    match LogDestination::open(plan, &run_config, LogStart::Append, output) {
        Err(Failure::Io(name, error)) => {
            output.note(&format!("log lines are not sent to {name}: {error}"));
            Ok(None)
        }
        opened => opened,
    }
}

fn load(command: &RunCommand, output: &Output) -> Result<(PathBuf, RunPlan), Failure> {
    let path = registry::find_run_config(&command.target, &command.scenarios)?;
    // The absolute path, so that reports show paths below the base relative to it.
    let path = path.canonicalize().unwrap_or(path);
    let files = FileSystem::new(registry::base_dir(&command.scenarios)?);
    let checked = config::load_run_with_warnings(&files, &path).map_err(Failure::Documents)?;
    if let Some(warnings) = &checked.warnings {
        output.warnings(warnings);
    }
    Ok((path, checked.value))
}

fn text(run_id: &str, plan: &RunPlan, changes: &[Change], recorded: &Recorded) -> String {
    const SHOWN_MAX: usize = 60;
    let shown = |value: &str| match value.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    };
    let changed = changes.iter().map(|change| {
        let before = change.before.as_deref().map_or("absent".to_owned(), shown);
        let (path, after) = (&change.path, shown(&change.after));
        ("changed", format!("{path}: {before} → {after}"))
    });
    let metrics = &recorded.outcome.metrics;
    let hash = metrics
        .uledger_last_hash
        .map_or("none".to_owned(), |hash| hash.to_string());
    let rows = [
        (
            "run",
            format!("{run_id}, {}", recorded.outcome.status.name()),
        ),
        (
            "ticks",
            format!("{} of {}", metrics.total_ticks, plan.ticks()),
        ),
        (
            "windows",
            format!("{}, {} bits", metrics.window_count, metrics.l_total),
        ),
        ("envelopes", metrics.nap_total().to_string()),
        ("last entry", hash),
        (
            "stored",
            format!(
                "{} ({})",
                recorded.path.display(),
                written(recorded.written)
            ),
        ),
    ];
    let (first, rest) = rows.split_first().expect("there are rows");
    let rows = std::iter::once(first.clone())
        .chain(changed)
        .chain(rest.iter().cloned());
    rows.map(|(name, value)| format!("{name:<11} {value}\n"))
        .collect()
}

fn summary(run_id: &str, plan: &RunPlan, changes: &[Change], recorded: &Recorded) -> JsonText {
    let read = |text: &str| -> Value {
        aether_json::from_str(text).expect("the values of changes are JSON")
    };
    let changes = changes.iter().map(|change| {
        let before = change.before.as_deref().map_or(Value::Null, read);
        json!({ "path": change.path.as_str(), "before": before, "after": read(&change.after) })
    });
    let changes: Vec<Value> = changes.collect();
    let metrics = &recorded.outcome.metrics;
    let error = match recorded.outcome.status {
        RunStatus::Failed(error) => JsonText::canonical(error.to_json()),
        RunStatus::Complete | RunStatus::Incomplete => Value::Null.into(),
    };
    let summary = json!({
        "run_id": run_id,
        "gid": plan.gid(),
        "status": recorded.outcome.status.name(),
        "ticks": plan.ticks(),
        "ticks_recorded": metrics.total_ticks,
        "windows": metrics.window_count,
        "envelopes": metrics.nap_total(),
        "l_total": metrics.l_total,
        "last_entry_hash": metrics.uledger_last_hash.map(|hash| hash.to_string()),
        "path": recorded.path.display().to_string(),
        "written": written(recorded.written),
        "changes": changes,
    });
    JsonText::with(summary, [("error", error)])
}

fn written(written: Written) -> &'static str {
    match written {
        Written::New => "new",
        Written::Replaced => "replaced",
        Written::Unchanged => "unchanged",
        Written::Finished => "finished",
    }
}
