//! What can go wrong with a run file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::RunIdError;

/// Why a run could not be stored, read or finished.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The name is none for a run.
    #[error(transparent)]
    RunId(#[from] RunIdError),
    /// There is no such run.
    #[error("no run `{run_id}` in {}", runs_dir.display())]
    NotFound {
        /// The run asked for.
        run_id: String,
        /// Where it was looked for.
        runs_dir: PathBuf,
    },
    /// There is a run of that name, and this one would not be the same to the byte.
    #[error("run `{existing}` exists already and differs: {difference}")]
    Exists {
        /// The stored run's id, which may differ in case from the one asked for.
        existing: String,
        /// What tells the two apart.
        difference: Difference,
    },
    /// Another writer is at work on the run.
    #[error("run `{run_id}` is being written by another process")]
    Busy {
        /// The run.
        run_id: String,
    },
    /// The run came to its end: there is nothing to finish.
    #[error("run `{run_id}` is {status}: there is nothing to finish")]
    Finished {
        /// The run.
        run_id: String,
        /// Its status.
        status: &'static str,
    },
    /// The file is something else.
    #[error("{} is no run file: {reason}", path.display())]
    NotARun {
        /// The file.
        path: PathBuf,
        /// How that shows.
        reason: NotARun,
    },
    /// The file was written by a newer engine.
    #[error("{} has schema version {found}, and this engine reads up to {supported}", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest that this engine knows.
        supported: i64,
    },
    /// The run was made by another engine version, so that finishing it could mix the two.
    #[error(
        "run `{run_id}` was begun by engine {found}, and this is {}",
        crate::VERSION
    )]
    OtherEngine {
        /// The run.
        run_id: String,
        /// The version that began it.
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
    /// The inputs in the file do not make a plan.
    #[error("the inputs stored in {} do not load: {problems}", path.display())]
    Inputs {
        /// The file.
        path: PathBuf,
        /// What the loader said.
        problems: String,
    },
    /// SQLite could not do what it was asked.
    #[error("{}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file system could not.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Its words.
        #[source]
        source: io::Error,
    },
}

/// How a file shows that it is no run file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotARun {
    /// It is no SQLite database, or cut off before its header ends.
    NotADatabase,
    /// It is a database of another application.
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

/// What tells a stored run from one that would take its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The two names differ in case alone.
    Name,
    /// The stored run did not come to the same end.
    Status {
        /// The status of the stored run.
        stored: &'static str,
    },
    /// One of the inputs, or what the header says.
    Header {
        /// The member that differs.
        member: &'static str,
    },
    /// A record.
    Record {
        /// The kind, as exports name it.
        kind: &'static str,
        /// The place within its kind, from 1.
        position: u64,
    },
    /// The stored file cannot be read to its end.
    Damaged,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => formatter.write_str("the names differ in case alone"),
            Self::Status { stored } => write!(formatter, "the stored run is {stored}"),
            Self::Header { member } => write!(formatter, "`{member}` differs"),
            Self::Record { kind, position } => {
                write!(formatter, "record {position} of `{kind}` differs")
            }
            Self::Damaged => formatter.write_str("the file there is damaged, or is not a run file"),
        }
    }
}

/// What is wrong with a damaged run file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// SQLite cannot make sense of the file.
    Database(String),
    /// A record's text does not have the hash that is stored with it.
    Hash {
        /// The kind of record, as exports name it, or the table.
        kind: &'static str,
        /// The tick or place.
        position: u64,
    },
    /// A record is missing, or out of place.
    Missing {
        /// The kind of record, as exports name it, or the table.
        kind: &'static str,
        /// The tick or place where it should be.
        position: u64,
    },
    /// A record has its stored hash, and is not one of its kind.
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
        /// The tick that the block is filed under.
        first_tick: u64,
        /// What failed.
        reason: &'static str,
    },
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
            Self::Database(reason) => formatter.write_str(reason),
            Self::Hash { kind, position } => write!(
                formatter,
                "`{kind}` {position} does not have its stored hash"
            ),
            Self::Missing { kind, position } => {
                write!(formatter, "`{kind}` {position} is missing or out of place")
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
                write!(formatter, "`{table}.{column}` has a value that is none")
            }
        }
    }
}

impl StoreError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn damaged(path: &Path, damage: Damage) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            damage,
        }
    }

    /// SQLite's errors, told apart by whose fault they are.
    pub(super) fn database(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotARun {
                path,
                reason: NotARun::NotADatabase,
            },
            // Every statement is fixed, so that one that fails as such has met another schema, or
            // JSON that is none.
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

    /// The way through a [`RecordSink`](crate::run::RecordSink), which speaks `io::Error`.
    pub(super) fn into_io(self) -> io::Error {
        match self {
            Self::Io { path, source } => io::Error::new(source.kind(), Self::Io { path, source }),
            other => io::Error::other(other),
        }
    }

    /// Back out of [`StoreError::into_io`].
    pub(super) fn from_io(path: &Path, error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            Err(error) => Self::io(path, error),
        }
    }
}
