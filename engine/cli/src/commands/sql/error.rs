//! What is wrong with a query, with its place; and what is wrong with the file or the machine.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use rusqlite::{Error, ErrorCode};

use super::tables::Shared;
use crate::exit::Failure;

/// A query, and what it reads.
pub(super) struct Query<'q> {
    pub(super) sql: &'q str,
    pub(super) path: &'q Path,
    pub(super) source: &'q Shared,
}

impl Query<'_> {
    /// Why the query failed.
    pub(super) fn failure(&self, error: Error) -> Failure {
        // A table could not be read; SQLite has only its message.
        if let Some(failure) = self.source.take_failure() {
            return failure;
        }
        // Views and computed tables refuse before the authorizer is asked.
        let message = error.to_string();
        if message.contains("cannot modify ") || message.contains(" may not be modified") {
            return self.not_a_query();
        }
        match error {
            Error::SqlInputError {
                msg, sql, offset, ..
            } => {
                // What follows the first statement is prepared by itself.
                let before = self.sql.len().saturating_sub(sql.len());
                let offset = usize::try_from(offset).unwrap_or(0);
                Failure::Input(placed(self.sql, before + offset, &msg))
            }
            Error::MultipleStatement => {
                Failure::Input("expected one query, found several statements".to_owned())
            }
            Error::Empty => Failure::Input("the query is empty".to_owned()),
            Error::InvalidParameterCount(..) => {
                let why = "the query has parameters (such as `?`): write the values into it";
                Failure::Input(why.to_owned())
            }
            Error::NulError(_) => Failure::Input("the query has a NUL character".to_owned()),
            error => match error.sqlite_error_code() {
                Some(ErrorCode::AuthorizationForStatementDenied) => self.not_a_query(),
                _ => of_file(self.path, &error),
            },
        }
    }

    /// The statement does something other than reading.
    pub(super) fn not_a_query(&self) -> Failure {
        Failure::Input(
            "only queries are possible: a stored run is read and never changed, and no other file \
             is opened; start with SELECT, WITH, VALUES or EXPLAIN"
                .to_owned(),
        )
    }
}

/// Why a statement failed that has no error in its text.
pub(super) fn of_file(path: &Path, error: &Error) -> Failure {
    let message = match error {
        Error::SqliteFailure(_, Some(message)) => message.clone(),
        error => error.to_string(),
    };
    let path = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Failure::Damaged(format!("{path} is damaged: {message}"))
        }
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::DiskFull
            | ErrorCode::OutOfMemory
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::InternalMalfunction,
        ) => Failure::Io(format!("{path} cannot be read"), io::Error::other(message)),
        _ => Failure::Input(message),
    }
}

/// A message with the line it is about.
///
/// ```text
/// no such column: valu
///   --> SQL:1:8
///   | SELECT valu FROM state
///   |        ^^^^
/// ```
fn placed(sql: &str, offset: usize, message: &str) -> String {
    let offset = (0..=offset.min(sql.len()))
        .rev()
        .find(|&at| sql.is_char_boundary(at))
        .expect("0 is a boundary");
    let (before, after) = sql.split_at(offset);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    let indent = before[start..].chars().count();
    let rest = after.lines().next().unwrap_or_default();
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let marks = rest.chars().take_while(is_word).count().max(1);
    let mut text = format!("{message}\n  --> SQL:{line}:{}\n", indent + 1);
    // Tabs are as wide as one mark.
    let shown = format!("{}{rest}", &before[start..]).replace('\t', " ");
    let _ = write!(text, "  | {}\n  | ", shown.trim_end());
    let _ = write!(text, "{}{}", " ".repeat(indent), "^".repeat(marks));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, offset: usize, expected: &str) {
        assert_eq!(placed(sql, offset, "wrong"), format!("wrong\n{expected}"));
    }

    #[test]
    fn the_line_and_the_word_are_marked() {
        check(
            "SELECT valu FROM x",
            7,
            "  --> SQL:1:8\n  | SELECT valu FROM x\n  |        ^^^^",
        );
        check("SELECT é,\n\tb(", 14, "  --> SQL:2:4\n  |  b(\n  |    ^");
        check("SELECT", 99, "  --> SQL:1:7\n  | SELECT\n  |       ^");
        check("", 0, "  --> SQL:1:1\n  | \n  | ^");
        // Never inside a character.
        check("é", 1, "  --> SQL:1:1\n  | é\n  | ^");
    }
}
