//! How a command can end: its exit statuses, its failures, and their messages.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use aether_engine::config::{Names, Report};
use aether_engine::record::DecodeError;
use aether_engine::run::RunError;
use aether_engine::store::{Difference, ExportError, RunStore, StoreError, StoreErrorKind};
use aether_engine::view::ViewError;
use aether_harness::MachineFailure as _;
use aether_json::json;
use aether_sweep::SweepError;

use crate::args::Format;
use crate::destination;
use crate::output::Output;

/// The exit statuses of all commands, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// The command succeeded.
    Done,
    /// A difference was found, or a check failed.
    Difference,
    /// The input or the command line is wrong.
    BadInput,
    /// The machine or this program failed.
    Internal,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Done => 0,
            Status::Difference => 1,
            Status::BadInput => 2,
            Status::Internal => 3,
        })
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Documents have problems.
    Documents(Report),
    /// A run ended early; the message names its node or edge.
    Run(RunError, String),
    /// The command line asks for something that does not exist or is not possible; the message
    /// includes a remedy.
    Input(String),
    /// Stored data was read, and is not what was written.
    Damaged(String),
    /// The run store refused the request or failed.
    Store(StoreError),
    /// A file of a sweep was refused, or reading or writing it failed.
    Sweep(SweepError),
    /// Reading or writing failed.
    Io(String, io::Error),
}

impl Failure {
    /// A run that ended early.
    pub(crate) fn run(error: RunError, names: &Names) -> Self {
        Self::Run(error, error.with_names(names).to_string())
    }

    /// A file or directory that was named and cannot be read.
    pub(crate) fn unreadable(path: &Path, error: io::Error) -> Self {
        let what = format!("{} cannot be read", path.display());
        if error.is_of_machine() {
            Self::Io(what, error)
        } else {
            Self::Input(format!("{what}: {error}"))
        }
    }

    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Run(RunError::Diagnostic { .. }, _) | Self::Damaged(_) => Status::Difference,
            Self::Documents(report) if is_internal(report) => Status::Internal,
            Self::Documents(_) | Self::Run(..) | Self::Input(_) => Status::BadInput,
            Self::Store(error) => store_status(error),
            Self::Sweep(error) => sweep_status(error),
            Self::Io(..) => Status::Internal,
        }
    }
}

impl Failure {
    /// Whether what read the output has seen enough, which ends a command quietly.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(_, error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documents(report) => report.fmt(formatter),
            Self::Run(_, message) | Self::Input(message) | Self::Damaged(message) => {
                message.fmt(formatter)
            }
            Self::Store(error) => {
                error.fmt(formatter)?;
                remedy(error).map_or(Ok(()), |remedy| write!(formatter, "; {remedy}"))
            }
            Self::Sweep(error) => {
                error.fmt(formatter)?;
                sweep_remedy(error).map_or(Ok(()), |remedy| write!(formatter, "; {remedy}"))
            }
            Self::Io(what, error) => write!(formatter, "{what}: {error}"),
        }
    }
}

impl From<ViewError> for Failure {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Store(error) => error.into(),
            error => Self::Input(error.to_string()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SweepError> for Failure {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::Store(error) => error.into(),
            error => Self::Sweep(error),
        }
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Damaged(format!("a stored record cannot be read: {error}"))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io("the result could not be written".to_owned(), error)
    }
}

impl Failure {
    fn of_export(error: io::Error) -> Self {
        Self::Io("the export could not be written".to_owned(), error)
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => Self::Store(error),
            ExportError::Write(error) => Self::of_export(error),
            other => Self::of_export(io::Error::other(other)),
        }
    }
}

/// The remedy for an error of the store, if there is a known one.
fn remedy(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Exists {
            difference: Difference::Name,
            ..
        } => Some("choose a different name with --run-id".to_owned()),
        StoreError::Exists {
            existing,
            difference: Difference::Status {
                stored: "incomplete",
            },
        } => Some(format!(
            "finish it with `aether resume {existing}`, replace it with --force, \
             or choose a different name with --run-id"
        )),
        StoreError::Exists { .. } => {
            Some("replace it with --force, or choose a different name with --run-id".to_owned())
        }
        StoreError::NotFound { runs_dir, .. } => Some(stored_in(runs_dir)),
        StoreError::NotADirectory { path, .. } if path.ends_with(destination::LOCKS) => {
            Some("a directory of runs keeps its locks there: move it away".to_owned())
        }
        StoreError::NotADirectory { path, .. } if path.extension() == Some("runs".as_ref()) => {
            Some("a sweep keeps its runs there: move it away".to_owned())
        }
        StoreError::NotADirectory { .. } => {
            Some("set the directory of runs with --runs-dir".to_owned())
        }
        StoreError::NotAFile { path, .. } if belongs_to_runs(path) => {
            Some("the name belongs to a run: move it away".to_owned())
        }
        StoreError::NewerSchema { .. } => Some("use a newer version of `aether`".to_owned()),
        _ => None,
    }
}

/// Whether a name is that of a file that belongs to runs, and of no run.
fn belongs_to_runs(path: &Path) -> bool {
    let is_run = path.extension().is_some_and(|ending| ending == "aether");
    !is_run && destination::refuse_name(path).is_err()
}

/// The ids of the stored runs, as many as fit on a line.
fn stored_in(runs_dir: &Path) -> String {
    const NAMED: usize = 8;
    let ids = match RunStore::new(runs_dir).run_ids() {
        Ok(ids) => ids,
        Err(error) => return format!("the runs there cannot be listed: {error}"),
    };
    if ids.is_empty() {
        return "no runs are stored there; make one with `aether run`, or set --runs-dir"
            .to_owned();
    }
    let named: Vec<_> = ids.iter().take(NAMED).map(ToString::to_string).collect();
    let more = match ids.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("the stored runs are {}{more}", named.join(", "))
}

/// Whether the machine or this program failed, whatever else a report says.
fn is_internal(report: &Report) -> bool {
    let mut problems = report.problems().iter();
    problems.any(|problem| problem.code.is_internal())
}

fn store_status(error: &StoreError) -> Status {
    match error.kind() {
        StoreErrorKind::Request => Status::BadInput,
        StoreErrorKind::Damage => Status::Difference,
        StoreErrorKind::Machine => Status::Internal,
    }
}

fn sweep_status(error: &SweepError) -> Status {
    match error {
        SweepError::Damaged { .. } | SweepError::Nondeterministic(_) => Status::Difference,
        SweepError::Database { .. } => Status::Internal,
        SweepError::Io { source, .. } if source.is_of_machine() => Status::Internal,
        SweepError::Store(error) => store_status(error),
        _ => Status::BadInput,
    }
}

/// The remedy for an error of a file of a sweep, if there is a known one.
fn sweep_remedy(error: &SweepError) -> Option<&'static str> {
    match error {
        SweepError::Empty(_) => Some("delete it, then run its shard again"),
        SweepError::NotASweep(_) => Some("choose a different file"),
        SweepError::Busy(_) => Some("wait for it, or give each worker its own file with --out"),
        SweepError::Other { .. } => Some("choose a different file with --out, or delete this one"),
        SweepError::Mixed(_) => {
            Some("merge them with --mixed, which marks the build of each point")
        }
        SweepError::NewerFormat { .. } => Some("use a newer version of `aether`"),
        SweepError::Io { source, .. } if !source.is_of_machine() => Some("choose a different file"),
        SweepError::Database { .. } | SweepError::Io { .. } => {
            Some("nothing that was stored is lost; try the same command again")
        }
        _ => None,
    }
}

/// Whether a command line that could not be parsed contains `--format json`.
fn asks_for_json(args: impl Iterator<Item = OsString>) -> bool {
    let args: Vec<_> = args.collect();
    let split = |pair: &[OsString]| pair[0] == "--format" && pair[1] == "json";
    args.windows(2).any(split) || args.iter().any(|arg| arg == "--format=json")
}

/// Ends the program for a command line that could not be parsed, or that asked for help.
///
/// With `--format json` the failure is JSON, as that of any command.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && asks_for_json(std::env::args_os()) {
        let rendered = error.render().to_string();
        let message = rendered.trim().trim_start_matches("error: ");
        // If standard output is closed, nobody can read the message.
        let _ = Output::new(Format::Json).result(String::new, || json!({ "error": message }));
        return Status::BadInput.into();
    }
    let printed = error.print().and_then(|()| io::stdout().flush());
    let status = match printed {
        _ if error.use_stderr() => Status::BadInput,
        // What reads the help has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Status::Internal,
        Ok(()) | Err(_) => Status::Done,
    };
    status.into()
}
