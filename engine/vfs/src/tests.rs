use std::path::Path;
use std::sync::{Arc, Mutex};

use aether_disk::{Decision, Operation, Watcher};
use rusqlite::{Connection, ErrorCode};

/// Names every operation, and lets those with a name fail.
struct Failing {
    what: &'static str,
    kind: std::io::ErrorKind,
    seen: Mutex<Vec<&'static str>>,
}

impl Watcher for Failing {
    fn decide(&self, operation: &Operation<'_>) -> Decision {
        self.seen.lock().expect("no panic").push(operation.name());
        match operation {
            operation if operation.name() != self.what => Decision::Proceed,
            Operation::Write { bytes, .. } if self.kind == std::io::ErrorKind::WriteZero => {
                Decision::Short(bytes.len() / 2)
            }
            _ => Decision::Fail(self.kind.into()),
        }
    }
}

fn fill(path: &Path) -> rusqlite::Result<i64> {
    let connection = Connection::open(path)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (7);")?;
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    connection.execute_batch("DELETE FROM t; INSERT INTO t VALUES (8);")?;
    let found = connection.query_row("SELECT x FROM t", [], |row| row.get(0))?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(found)
}

#[test]
fn each_operation_can_fail_with_the_code_of_sqlite() {
    use std::io::ErrorKind::{Other, PermissionDenied, StorageFull, WriteZero};
    crate::install();
    let cases = [
        ("nothing", Other, None),
        ("write", Other, Some(ErrorCode::SystemIoFailure)),
        ("write", StorageFull, Some(ErrorCode::DiskFull)),
        ("write", WriteZero, Some(ErrorCode::DiskFull)),
        ("sync", Other, Some(ErrorCode::SystemIoFailure)),
        ("remove", PermissionDenied, Some(ErrorCode::SystemIoFailure)),
        ("set the length", Other, Some(ErrorCode::SystemIoFailure)),
        (
            "open to write",
            PermissionDenied,
            Some(ErrorCode::CannotOpen),
        ),
    ];
    for (what, kind, expected) in cases {
        let dir = tempfile::tempdir().expect("a directory");
        let failing = Arc::new(Failing {
            what,
            kind,
            seen: Mutex::default(),
        });
        let watching = aether_disk::watch(dir.path(), failing.clone());
        let filled = fill(&dir.path().join("a.db"));
        drop(watching);
        let code = filled
            .as_ref()
            .err()
            .and_then(rusqlite::Error::sqlite_error_code);
        let seen = failing.seen.lock().expect("no panic");
        if expected.is_some() {
            assert!(seen.contains(&what), "{what} is among {seen:?}");
        }
        // SQLite need not report what does not matter to the data.
        assert!(
            code == expected || code.is_none() && what == "set the length",
            "{what}: {filled:?}"
        );
        if what == "nothing" {
            assert_eq!(filled.expect("it succeeds"), 8);
        }
    }
}
