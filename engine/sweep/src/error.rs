//! [`SweepError`]: why a file of a sweep cannot be written, read or merged.

use std::io;
use std::path::PathBuf;

use aether_engine::store::StoreError;

/// Why a file of a sweep cannot be written, read or merged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The file does not exist.
    #[error("there is no file {}", .0.display())]
    NotFound(PathBuf),
    /// The file is not one of a sweep.
    #[error("{} is not a file of a sweep", .0.display())]
    NotASweep(PathBuf),
    /// The file has no byte.
    #[error("{} is empty, and not a file of a sweep", .0.display())]
    Empty(PathBuf),
    /// The file was written by a newer version.
    #[error("{} has format {found}, which is newer than {supported}", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest that is known.
        supported: i64,
    },
    /// A value of the file is not what was written.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The file belongs to a different sweep, share or way of keeping points.
    #[error("{} has {found}, and this sweep {expected}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What it has.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A shard is not one of the sweep that others are of.
    #[error("{} has points of a different sweep than {}; merge the shards of one sweep", path.display(), first.display())]
    Foreign {
        /// The shard.
        path: PathBuf,
        /// The first of the others.
        first: PathBuf,
    },
    /// A different process writes the file, or reads it, so that it cannot be written.
    #[error("{} is in use by a different process", .0.display())]
    Busy(PathBuf),
    /// Shards were made by different builds of the engine.
    #[error("the shards were made by different builds of the engine: {}", .0.join(", "))]
    Mixed(Vec<String>),
    /// Equal points have different results.
    #[error("NONDETERMINISTIC: {}", list(.0))]
    Nondeterministic(Vec<Clash>),
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
        /// The file.
        path: PathBuf,
        /// Its error.
        #[source]
        source: io::Error,
    },
    /// The records of a point could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Two equal points with different results.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clash {
    /// Their id.
    pub id: String,
    /// The number of the point, and a file that holds it.
    pub one: (u64, PathBuf),
    /// The same of the other.
    pub other: (u64, PathBuf),
    /// A column that differs.
    pub column: String,
}

fn list(clashes: &[Clash]) -> String {
    let lines = clashes.iter().map(|clash| {
        let [one, other] = [&clash.one, &clash.other]
            .map(|(number, path)| format!("point {number} of {}", path.display()));
        let column = &clash.column;
        if clash.one.0 == clash.other.0 {
            return format!("{one} and {other} are the same point and differ in `{column}`");
        }
        let id = &clash.id;
        format!("{one} and {other} have the same inputs ({id}) and differ in `{column}`")
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl SweepError {
    pub(crate) fn database(path: &std::path::Path, error: rusqlite::Error) -> Self {
        use rusqlite::{Error, ErrorCode};
        let path = path.to_owned();
        if matches!(
            error,
            Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::InvalidColumnType(..)
                | Error::Utf8Error(..)
        ) {
            let what = error.to_string();
            return Self::Damaged { path, what };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(path),
            Some(ErrorCode::NotADatabase) => Self::NotASweep(path),
            // Of statements that are right, SQLite says so only if the file is not.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => Self::Damaged {
                path,
                what: error.to_string(),
            },
            _ => Self::Database {
                path,
                source: error.into(),
            },
        }
    }

    pub(crate) fn io(path: &std::path::Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { path, source }
    }

    pub(crate) fn damaged(path: &std::path::Path, what: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            what: what.into(),
        }
    }
}
