//! Every way to end, and its exit status.

use std::fmt;
use std::io;
use std::process::ExitCode;

use aether_engine::config::Report;
use aether_engine::record::DecodeError;
use aether_engine::run::RunError;
use aether_engine::store::{ExportError, StoreError};

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
            Self::Store(error) => error.fmt(formatter),
            Self::Io(what, error) => write!(formatter, "{what}: {error}"),
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

/// A command line that was not understood, or asked for help.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // Where the terminal is gone there is nobody to tell.
    let _ = error.print();
    let status = if error.use_stderr() {
        Status::BadInput
    } else {
        Status::Done
    };
    status.into()
}
