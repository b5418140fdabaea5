//! `aether run` and `aether resume`: make runs, store them, and print a summary of each.

mod several;

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
use crate::scenarios::{self, Registry, Selection};
use crate::times::Clock;
use crate::{interrupt, registry};

pub(crate) fn run(command: &RunCommand, output: &Output) -> CommandResult {
    match Targets::of(command)? {
        Targets::One(target) => {
            let made = make(target, command, output)?;
            finish(&made, output)
        }
        Targets::Many { targets, problems } => several::run(command, &targets, &problems, output),
    }
}

/// What a command line asks to run.
enum Targets<'a> {
    /// The only name or path on the command line.
    One(&'a str),
    /// Several, or what a selection found: the targets, and why scenarios that may be meant cannot be read.
    Many {
        targets: Vec<String>,
        problems: Vec<(Status, String)>,
    },
}

impl<'a> Targets<'a> {
    fn of(command: &'a RunCommand) -> Result<Self, Failure> {
        let targets = &command.targets;
        let is_glob = |target: &&String| registry::is_name(target) && scenarios::is_glob(target);
        match targets.as_slice() {
            [one] if command.filter.is_empty() && !is_glob(&one) => return Ok(Self::One(one)),
            _ => {}
        }
        if let Some(run_id) = &command.run_id {
            return Err(Failure::Input(format!(
                "--run-id {run_id} names one run; run one scenario with it"
            )));
        }
        let is_filtered = !command.filter.is_empty();
        if is_filtered && let Some(path) = targets.iter().find(|target| !registry::is_name(target))
        {
            return Err(Failure::Input(format!(
                "`{path}` is a path, and --tag, --pillar and --runtime select scenarios by name; \
                 run it without them"
            )));
        }
        let mut found = Self::Many {
            targets: Vec::new(),
            problems: Vec::new(),
        };
        if is_filtered {
            found.select(targets, command)?;
        } else {
            for target in targets {
                if is_glob(&target) {
                    found.select(std::slice::from_ref(target), command)?;
                } else {
                    found.add(target);
                }
            }
        }
        match &found {
            Self::Many { targets, problems } if targets.is_empty() && problems.is_empty() => {
                Err(Failure::Input(
                    "no scenario meets all of it; `aether list` lists the scenarios".to_owned(),
                ))
            }
            _ => Ok(found),
        }
    }

    fn add(&mut self, target: &str) {
        if let Self::Many { targets, .. } = self
            && !targets.iter().any(|known| known == target)
        {
            targets.push(target.to_owned());
        }
    }

    /// Adds the scenarios with these names that meet the command's filter.
    fn select(&mut self, names: &[String], command: &RunCommand) -> Result<(), Failure> {
        let registry = Registry::load(&registry::scenarios_dir(&command.scenarios)?)?;
        let selection = Selection::new(names, &command.filter)?;
        selection.refuse_unknown(&registry)?;
        for scenario in registry
            .scenarios
            .iter()
            .filter(|found| selection.has(found))
        {
            self.add(scenario.name().as_str());
        }
        if let Self::Many { problems, .. } = self {
            problems.extend(selection.problems(&registry));
        }
        Ok(())
    }
}

/// A run that was made and stored.
struct Made {
    run_id: String,
    plan: RunPlan,
    changes: Vec<Change>,
    recorded: Recorded,
}

fn make(target: &str, command: &RunCommand, output: &Output) -> Result<Made, Failure> {
    let planned = Planned::load(target, command, output)?;
    planned.make(command, output)
}

/// A run whose documents were read.
struct Planned {
    /// The file of its RunConfig.
    path: PathBuf,
    plan: RunPlan,
    changes: Vec<Change>,
    /// The name under which it will be stored.
    run_id: String,
}

impl Planned {
    fn load(target: &str, command: &RunCommand, output: &Output) -> Result<Self, Failure> {
        let (path, plan) = load(target, &command.scenarios, output)?;
        let Changed { plan, changes, .. } =
            change(&plan, &command.set).map_err(Failure::Documents)?;
        let run_id = command
            .run_id
            .as_deref()
            .unwrap_or(plan.run_id())
            .to_owned();
        Ok(Self {
            path,
            plan,
            changes,
            run_id,
        })
    }

    fn make(self, command: &RunCommand, output: &Output) -> Result<Made, Failure> {
        let Self {
            path,
            plan,
            changes,
            run_id,
        } = self;
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
            run_id: &run_id,
            threads: usize::from(command.threads),
            is_new,
        };
        let record = |options: &RunOptions<'_>| store.record(&plan, &run_id, existing, options);
        let recorded = making.record(log, record, output)?;
        Ok(Made {
            run_id,
            plan,
            changes,
            recorded,
        })
    }
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
fn finish(made: &Made, output: &Output) -> CommandResult {
    output.result(|| text(made), || summary(made, []))?;
    Ok(match made.failure() {
        None => Status::Done,
        Some(failure) => {
            if !output.is_json() {
                output.failure(&failure);
            }
            failure.status()
        }
    })
}

impl Made {
    /// Why the run ended early, if it did.
    fn failure(&self) -> Option<Failure> {
        match self.recorded.outcome.status {
            RunStatus::Complete | RunStatus::Incomplete => None,
            RunStatus::Failed(error) => Some(Failure::run(error, self.plan.names())),
        }
    }
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
    let made = Made {
        run_id,
        plan,
        changes: Vec::new(),
        recorded,
    };
    finish(&made, output)
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

fn load(
    target: &str,
    scenarios: &ScenariosDir,
    output: &Output,
) -> Result<(PathBuf, RunPlan), Failure> {
    let path = registry::find_run_config(target, scenarios)?;
    // The absolute path, so that reports show paths below the base relative to it.
    let path = path.canonicalize().unwrap_or(path);
    let files = FileSystem::new(registry::base_dir(scenarios)?);
    let checked = config::load_run_with_warnings(&files, &path).map_err(Failure::Documents)?;
    if let Some(warnings) = &checked.warnings {
        output.warnings(warnings);
    }
    Ok((path, checked.value))
}

fn text(made: &Made) -> String {
    let Made {
        run_id,
        plan,
        changes,
        recorded,
    } = made;
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

/// The summary as JSON, with more members.
fn summary<const N: usize>(made: &Made, more: [(&'static str, JsonText); N]) -> JsonText {
    let Made {
        run_id,
        plan,
        changes,
        recorded,
    } = made;
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
    JsonText::with(summary, std::iter::once(("error", error)).chain(more))
}

fn written(written: Written) -> &'static str {
    match written {
        Written::New => "new",
        Written::Replaced => "replaced",
        Written::Unchanged => "unchanged",
        Written::Finished => "finished",
    }
}
