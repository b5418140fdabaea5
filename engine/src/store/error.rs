//! The errors of the run store, and the ways in which a run file can be damaged.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use aether_disk::Found;

use super::RunIdError;

/// Why a run could not be stored, read or finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The name is not a run id.
    #[error(transparent)]
    RunId(#[from] RunIdError),
    /// No run of that id is stored.
    #[error("there is no run `{run_id}` in {}", runs_dir.display())]
    NotFound {
        /// The requested run.
        run_id: String,
        /// The directory that was searched.
        runs_dir: PathBuf,
    },
    /// There is no file at a path.
    #[error("there is no run file {}", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
    },
    /// Something else has the name of a file.
    #[error("{} is {what}, and not a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there, in words.
        what: Found,
    },
    /// Something else has the name of a directory.
    #[error("{} is {what}, and not a directory", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
        /// What is there, in words.
        what: Found,
    },
    /// A run of that name is stored, and the new one would differ from it.
    #[error("run `{existing}` already exists and differs: {difference}")]
    Exists {
        /// The stored run's id, which may differ in case from the one asked for.
        existing: String,
        /// The first difference between the two.
        difference: Difference,
    },
    /// A different process is writing the run.
    #[error("run `{run_id}` is being written by another process")]
    Busy {
        /// The run.
        run_id: String,
    },
    /// The run reached its end, so there is nothing to finish.
    #[error("run `{run_id}` is {status}, so there is nothing to finish")]
    Finished {
        /// The run.
        run_id: String,
        /// Its status.
        status: &'static str,
    },
    /// The file is not a run file.
    #[error("{} is not a run file: {reason}", path.display())]
    NotARun {
        /// The file.
        path: PathBuf,
        /// What shows that.
        reason: NotARun,
    },
    /// The file was written by a newer engine.
    #[error("{} has schema version {found}, but this engine reads only versions up to {supported}", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest that this engine knows.
        supported: i64,
    },
    /// The run was started by a different engine version; finishing it could mix the two.
    #[error(
        "run `{run_id}` was started by engine {found}, but this is engine {}",
        crate::VERSION
    )]
    OtherEngine {
        /// The run.
        run_id: String,
        /// The version that started it.
        found: String,
    },
    /// The file is damaged.
    #[error("{} is damaged: {damage}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// The inputs in the file do not load as a plan.
    #[error("the inputs stored in {} do not load: {problems}", path.display())]
    Inputs {
        /// The file.
        path: PathBuf,
        /// The loader's report.
        problems: String,
    },
    /// SQLite failed.
    #[error("{}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// SQLite's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Its error.
        #[source]
        source: io::Error,
    },
}

/// Where the cause of a [`StoreError`] lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// In the request: the run does not exist, or does not allow this.
    Request,
    /// In the file, which is damaged.
    Damage,
    /// In SQLite, the file system or the machine.
    Machine,
}

/// Why a file is not a run file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotARun {
    /// It is not an SQLite database, or it ends within the database header.
    NotADatabase,
    /// It is a database of a different application.
    ApplicationId(i64),
}

impl fmt::Display for NotARun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADatabase => formatter.write_str("not a SQLite database"),
            Self::ApplicationId(found) => {
                write!(formatter, "its application id is {found:#010x}")
            }
        }
    }
}

/// The first difference between a stored run and a new one of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The two names differ only in case.
    Name,
    /// The stored run ended differently.
    Status {
        /// The status of the stored run.
        stored: &'static str,
    },
    /// One of the inputs, or a member of the header.
    Header {
        /// The member that differs.
        member: &'static str,
    },
    /// A record.
    Record {
        /// The kind, as exports name it.
        kind: &'static str,
        /// Its position within its kind, from 1.
        position: u64,
    },
    /// The stored file cannot be read to its end.
    Damaged,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => formatter.write_str("the names differ only in case"),
            Self::Status { stored } => write!(formatter, "the stored run is {stored}"),
            Self::Header { member } => write!(formatter, "`{member}` differs"),
            Self::Record { kind, position } => {
                write!(formatter, "record {position} of `{kind}` differs")
            }
            Self::Damaged => {
                formatter.write_str("the existing file is damaged, or is not a run file")
            }
        }
    }
}

/// What is wrong with a damaged run file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// SQLite cannot read the file.
    Database(String),
    /// A record's text does not have the hash that is stored with it.
    Hash {
        /// The kind of record, as exports name it, or the table.
        kind: &'static str,
        /// The tick or place.
        position: u64,
    },
    /// A record is missing or out of order.
    Missing {
        /// The kind of record, as exports name it, or the table.
        kind: &'static str,
        /// The tick or place where it should be.
        position: u64,
    },
    /// A table has a record that the header does not count.
    Extra {
        /// The kind of record, as exports name it.
        kind: &'static str,
        /// The tick or place where it is.
        position: u64,
    },
    /// A table, index, view or trigger that is not one of a run file, or that is missing.
    Schema {
        /// Its name.
        name: String,
    },
    /// A record has its stored hash, but is not a record of its kind.
    Record {
        /// The kind of record, as exports name it.
        kind: &'static str,
        /// The tick or place.
        position: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A block of columns does not decode.
    Columns {
        /// The tick under which the block is stored.
        first_tick: u64,
        /// What failed.
        reason: &'static str,
    },
    /// A value differs from what the inputs produce: the first finding of a verification.
    Differs(String),
    /// A value that no engine writes.
    Value {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(reason) | Self::Differs(reason) => formatter.write_str(reason),
            Self::Hash { kind, position } => write!(
                formatter,
                "`{kind}` {position} does not match its stored hash"
            ),
            Self::Missing { kind, position } => {
                write!(formatter, "`{kind}` {position} is missing or out of order")
            }
            Self::Extra { kind, position } => {
                write!(
                    formatter,
                    "`{kind}` {position} is beyond the end of the run"
                )
            }
            Self::Schema { name } => {
                write!(formatter, "table or index `{name}` differs from the format")
            }
            Self::Record {
                kind,
                position,
                problem,
            } => write!(formatter, "`{kind}` {position} cannot be read: {problem}"),
            Self::Columns { first_tick, reason } => write!(
                formatter,
                "the columns from tick {first_tick} on do not decode: {reason}"
            ),
            Self::Value { table, column } => {
                write!(formatter, "`{table}.{column}` has an invalid value")
            }
        }
    }
}

impl StoreError {
    /// Where the cause of the error lies.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        match self {
            Self::RunId(_)
            | Self::NotFound { .. }
            | Self::NoFile { .. }
            | Self::NotAFile { .. }
            | Self::NotADirectory { .. }
            | Self::Exists { .. }
            | Self::Busy { .. }
            | Self::Finished { .. }
            | Self::NotARun { .. }
            | Self::NewerSchema { .. }
            | Self::OtherEngine { .. }
            | Self::Inputs { .. } => StoreErrorKind::Request,
            Self::Damaged { .. } => StoreErrorKind::Damage,
            Self::Database { .. } | Self::Io { .. } => StoreErrorKind::Machine,
        }
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    /// Refuses what has the name of a file and is none; nothing may be there.
    pub(super) fn unless_file(path: &Path) -> Result<(), Self> {
        match Found::at(path).map_err(|error| Self::io(path, error))? {
            None | Some(Found::File) => Ok(()),
            Some(what) => Err(Self::NotAFile {
                path: path.to_owned(),
                what,
            }),
        }
    }

    /// Refuses what has the name of a directory and is none, or is on the way to it; nothing may be there.
    pub(super) fn unless_directory(path: &Path) -> Result<(), Self> {
        for path in path.ancestors() {
            match Found::at(path).map_err(|error| Self::io(path, error))? {
                None => {}
                Some(Found::Directory) => return Ok(()),
                Some(what) => {
                    return Err(Self::NotADirectory {
                        path: path.to_owned(),
                        what,
                    });
                }
            }
        }
        Ok(())
    }

    pub(super) fn damaged(path: &Path, damage: Damage) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            damage,
        }
    }

    /// An error of SQLite, classified by its cause: a file that is not a run file, a damaged file,
    /// or a failure of SQLite or the machine.
    pub(super) fn database(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotARun {
                path,
                reason: NotARun::NotADatabase,
            },
            // All statements are fixed, so one that SQLite rejects has met a different schema, or
            // a text that is not JSON.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => Self::Damaged {
                path,
                damage: Damage::Database(source.to_string()),
            },
            _ => match source {
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..) => Self::Damaged {
                    path,
                    damage: Damage::Database(source.to_string()),
                },
                source => Self::Database {
                    path,
                    source: Box::new(source),
                },
            },
        }
    }

    /// The error as an `io::Error`, to pass through a [`RecordSink`](crate::run::RecordSink).
    pub(super) fn into_io(self) -> io::Error {
        match self {
            Self::Io { path, source } => io::Error::new(source.kind(), Self::Io { path, source }),
            other => io::Error::other(other),
        }
    }

    /// The inverse of [`StoreError::into_io`].
    pub(super) fn from_io(path: &Path, error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            Err(error) => Self::io(path, error),
        }
    }
}
