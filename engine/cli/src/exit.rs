//! Every way to end, and its exit status.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use aether_engine::config::Report;
use aether_engine::record::DecodeError;
use aether_engine::run::RunError;
use aether_engine::store::{Difference, ExportError, RunStore, StoreError};
use aether_engine::view::ViewError;
use aether_json::json;

use crate::args::Format;
use crate::output::Output;

/// The exit statuses of the command, one table for all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Everything was done.
    Done,
    /// A difference was found, or a check failed.
    Difference,
    /// The input or the command line is at fault.
    BadInput,
    /// The machine or this program is at fault.
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

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Documents have problems.
    Documents(Report),
    /// A run ended early.
    Run(RunError),
    /// What was asked for is not there, or cannot be asked; with a remedy.
    Input(String),
    /// What was read is not what was written.
    Damaged(String),
    /// The run store refused, or could not.
    Store(StoreError),
    /// Reading or writing failed.
    Io(String, io::Error),
}

impl Failure {
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Run(RunError::Diagnostic { .. }) | Self::Damaged(_) => Status::Difference,
            Self::Documents(_) | Self::Run(_) | Self::Input(_) => Status::BadInput,
            Self::Store(error) => store_status(error),
            Self::Io(..) => Status::Internal,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documents(report) => report.fmt(formatter),
            Self::Run(error) => error.fmt(formatter),
            Self::Input(message) | Self::Damaged(message) => message.fmt(formatter),
            Self::Store(error) => {
                error.fmt(formatter)?;
                remedy(error).map_or(Ok(()), |remedy| write!(formatter, "; {remedy}"))
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

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => Self::Store(error),
            ExportError::Write(error) => {
                Self::Io("the export could not be written".to_owned(), error)
            }
        }
    }
}

/// What helps, where it can be known.
fn remedy(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Exists {
            difference: Difference::Name,
            ..
        } => Some("choose another name with --run-id".to_owned()),
        StoreError::Exists {
            existing,
            difference: Difference::Status {
                stored: "incomplete",
            },
        } => Some(format!(
            "finish it with `aether resume {existing}`, replace it with --force, \
             or choose another name with --run-id"
        )),
        StoreError::Exists { .. } => {
            Some("replace it with --force, or choose another name with --run-id".to_owned())
        }
        StoreError::NotFound { runs_dir, .. } => Some(stored_in(runs_dir)),
        StoreError::NewerSchema { .. } => Some("a newer `aether` reads it".to_owned()),
        _ => None,
    }
}

/// The runs that there are, in so far as a line holds them.
fn stored_in(runs_dir: &Path) -> String {
    const NAMED: usize = 8;
    let ids = RunStore::new(runs_dir).run_ids().unwrap_or_default();
    if ids.is_empty() {
        return "none is stored there: `aether run` makes them, --runs-dir names another place"
            .to_owned();
    }
    let named: Vec<_> = ids.iter().take(NAMED).map(ToString::to_string).collect();
    let more = match ids.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("stored there: {}{more}", named.join(", "))
}

fn store_status(error: &StoreError) -> Status {
    match error {
        StoreError::RunId(_)
        | StoreError::NotFound { .. }
        | StoreError::Exists { .. }
        | StoreError::Busy { .. }
        | StoreError::Finished { .. }
        | StoreError::NotARun { .. }
        | StoreError::NewerSchema { .. }
        | StoreError::OtherEngine { .. }
        | StoreError::Inputs { .. } => Status::BadInput,
        StoreError::Damaged { .. } => Status::Difference,
        StoreError::Database { .. } | StoreError::Io { .. } => Status::Internal,
    }
}

/// Whether a command line that was not understood has `--format json` in it.
fn asks_for_json(args: impl Iterator<Item = OsString>) -> bool {
    let args: Vec<_> = args.collect();
    let split = |pair: &[OsString]| pair[0] == "--format" && pair[1] == "json";
    args.windows(2).any(split) || args.iter().any(|arg| arg == "--format=json")
}

/// A command line that was not understood, or asked for help.
///
/// Programs that asked for JSON get the failure as JSON, as from any command.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && asks_for_json(std::env::args_os()) {
        let told = error.render().to_string();
        let message = told.trim().trim_start_matches("error: ");
        // As below.
        let _ = Output::new(Format::Json).result(String::new, || json!({ "error": message }));
        return Status::BadInput.into();
    }
    // Where the terminal is gone there is nobody to tell.
    let _ = error.print();
    let status = if error.use_stderr() {
        Status::BadInput
    } else {
        Status::Done
    };
    status.into()
}
