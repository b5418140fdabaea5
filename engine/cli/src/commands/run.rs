//! `aether run` and `aether resume`: make a run, store it, and print a summary.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use aether_engine::config::{self, Change, Changed, FileSystem, RunPlan, change};
use aether_engine::record::LogEvent;
use aether_engine::run::{RunOptions, RunStatus};
use aether_engine::store::{Existing, Recorded, RunStore, StoreError, Written};
use aether_json::{Value, json};

use crate::CommandResult;
use crate::args::{DEFAULT_RUNS_DIR, RunCommand, ScenariosDir, StoredCommand};
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::log_destination::{LogDestination, LogStart};
use crate::output::Output;
use crate::progress::Progress;
use crate::times::Clock;
use crate::{interrupt, registry};

pub(crate) fn run(command: &RunCommand, output: &Output) -> CommandResult {
    let (path, plan) = load(command, output)?;
    let Changed { plan, changes, .. } = change(&plan, &command.set).map_err(Failure::Documents)?;
    let run_id = command.run_id.as_deref().unwrap_or(plan.run_id());
    let existing = if command.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let store = RunStore::new(&command.runs.runs_dir);
    let log = LogDestination::open(&plan, &path, LogStart::Truncate, output)?;
    let is_new = run_id.parse().is_ok_and(|id| !store.path(&id).exists());
    let making = Making {
        plan: &plan,
        runs_dir: store.runs_dir(),
        run_id,
        threads: usize::from(command.threads),
        is_new,
    };
    let record = |options: &RunOptions<'_>| store.record(&plan, run_id, existing, options);
    let recorded = making.record(log, record, output)?;
    finish(run_id, &plan, &changes, &recorded, output)
}

/// A run that is about to be made or finished.
struct Making<'r> {
    plan: &'r RunPlan,
    runs_dir: &'r Path,
    /// The name under which it is stored.
    run_id: &'r str,
    threads: usize,
    /// Whether no run of that name is stored yet.
    is_new: bool,
}

impl Making<'_> {
    /// Makes the run with its log, its progress and its times. Ctrl-C stops it after a tick, and
    /// then ends the command.
    fn record(
        &self,
        log: Option<LogDestination>,
        record: impl FnOnce(&RunOptions<'_>) -> Result<Recorded, StoreError>,
        output: &Output,
    ) -> Result<Recorded, Failure> {
        let clock = Clock::start(self.runs_dir, self.run_id);
        let noted = AtomicBool::new(!self.is_new);
        output.stop_waiting();
        let bar = Progress::ticks(self.plan.ticks());
        let send = |event: &LogEvent| {
            if let Some(log) = &log {
                log.send(event);
            }
        };
        let progress = |tick| {
            if !noted.swap(true, Ordering::Relaxed) {
                // The end is noted too, and says if that is not possible.
                let _ = clock.note_start();
            }
            bar.set(tick);
            if interrupt::requested() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let mut options = RunOptions::default()
            .threads(self.threads)
            .progress(&progress);
        if log.is_some() {
            options = options.log(&send);
        }
        interrupt::hint(self.how_to_continue(self.is_new));
        let stops_itself = interrupt::StopsItself::new();
        let recorded = record(&options);
        drop(stops_itself);
        drop(bar);
        if let Some(log) = log {
            log.finish()?;
        }
        let recorded = recorded?;
        if let Err(error) = clock.note_end(recorded.written) {
            output.note(&format!("the time of the run could not be noted: {error}"));
        }
        if interrupt::requested() && recorded.outcome.status == RunStatus::Incomplete {
            let stored = matches!(recorded.written, Written::New | Written::Finished);
            interrupt::hint(self.how_to_continue(stored));
            interrupt::end();
        }
        Ok(recorded)
    }

    /// What to do after an interruption; `stored` says whether what was computed is kept.
    fn how_to_continue(&self, stored: bool) -> String {
        let run_id = self.run_id;
        if !stored {
            return format!("interrupted: run `{run_id}` is stored as it was before");
        }
        let default = Path::new(DEFAULT_RUNS_DIR);
        let elsewhere = if self.runs_dir == default {
            String::new()
        } else {
            format!(" --runs-dir {}", quoted(self.runs_dir))
        };
        format!("interrupted: continue with `aether resume {run_id}{elsewhere}`")
    }
}

/// A path as an argument of a shell.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+:,@".contains(letter);
    if path.chars().all(plain) {
        path
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
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
            let failure = Failure::run(error, plan.names());
            if !output.is_json() {
                output.failure(&failure);
            }
            failure.status()
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
    let making = Making {
        plan: &plan,
        runs_dir: store.runs_dir(),
        run_id: &run_id,
        threads: 1,
        is_new: false,
    };
    let recorded = making.record(log, |options| store.resume(&run_id, options), output)?;
    finish(&run_id, &plan, &[], &recorded, output)
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
        // The file is not a log of this run, and stays as it is.
        Err(Failure::Input(why)) => {
            output.note(&format!("log lines are only stored with the run: {why}"));
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
