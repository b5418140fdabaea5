//! Tests that files which a killed process, or anyone, left beside a run do not get in its way.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aether_engine::run::{RunOptions, RunStatus};
use aether_engine::store::{Existing, RunStore};
use rusqlite::Connection;

use super::{every_kind, export, store};

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn companions(path: &Path) -> Vec<&'static str> {
    let mut endings = vec!["-journal", "-wal", "-shm"];
    endings.retain(|ending| beside(path, ending).exists());
    endings
}

fn recorded(store: &RunStore) -> PathBuf {
    let options = RunOptions::default();
    let recorded = store.record(&every_kind(), "run", Existing::Keep, &options);
    recorded.unwrap().path
}

/// A rollback journal that SQLite would apply: it holds the first pages of a different database.
fn hot_journal(folder: &Path) -> Vec<u8> {
    let path = folder.join("other.db");
    let mut other = Connection::open(&path).unwrap();
    other
        .execute_batch("PRAGMA cache_size = 1; CREATE TABLE t (x); INSERT INTO t VALUES (1);")
        .unwrap();
    let change = other.transaction().unwrap();
    change
        .execute_batch("UPDATE t SET x = zeroblob(1000000); PRAGMA cache_spill = 1;")
        .unwrap();
    let journal = fs::read(beside(&path, "-journal")).unwrap();
    assert_eq!(
        journal[..4],
        [0xd9, 0xd5, 0x05, 0xf9],
        "a journal with content"
    );
    journal
}

#[test]
fn a_journal_beside_a_whole_run_is_removed_and_never_applied() {
    let (folder, store) = store();
    let path = recorded(&store);
    let (bytes, expected) = (
        fs::read(&path).unwrap(),
        export(&store.open("run").unwrap()),
    );
    for journal in [
        hot_journal(folder.path()),
        b"\xd9\xd5\x05\xf9".to_vec(),
        vec![1; 5000],
        vec![],
    ] {
        fs::write(beside(&path, "-journal"), &journal).unwrap();
        assert!(export(&store.open("run").unwrap()) == expected);
        assert_eq!(companions(&path), [""; 0]);
        assert!(fs::read(&path).unwrap() == bytes);
    }
}

#[test]
fn a_run_killed_while_its_log_is_merged_is_whole() {
    let (_folder, store) = store();
    let path = recorded(&store);
    let expected = export(&store.open("run").unwrap());
    // The switch back from the log: its journal exists, and the mark of the mode may have changed.
    for mode in [1, 2] {
        let mut bytes = fs::read(&path).unwrap();
        let first_page = bytes[..4096].to_vec();
        bytes[18..20].copy_from_slice(&[mode, mode]);
        fs::write(&path, &bytes).unwrap();
        let mut journal = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7".to_vec();
        journal.extend([0, 0, 0, 1, 0, 0, 0, 0]);
        journal.extend(u32::try_from(bytes.len() / 4096).unwrap().to_be_bytes());
        journal.extend(512_u32.to_be_bytes());
        journal.extend(4096_u32.to_be_bytes());
        journal.resize(512, 0);
        journal.extend(1_u32.to_be_bytes());
        journal.extend(&first_page);
        journal.extend(0_u32.to_be_bytes());
        fs::write(beside(&path, "-journal"), &journal).unwrap();
        assert!(export(&store.open("run").unwrap()) == expected);
        assert_eq!(companions(&path), [""; 0], "mode {mode}");
        let run = store.open("run").unwrap();
        assert!(run.verify(&RunOptions::default()).unwrap().is_whole());
    }
}

#[test]
fn a_log_that_was_not_merged_is_merged_by_the_next_reader() {
    let (_folder, store) = store();
    // A reader keeps the log from being merged at the end of the run.
    let path = store.runs_dir().join("run.aether");
    let reader = Mutex::new(None);
    let progress = |tick| {
        let mut reader = reader.lock().unwrap();
        if tick >= 20 && reader.is_none() {
            let connection = Connection::open(&path).unwrap();
            connection
                .execute_batch("BEGIN; SELECT * FROM run")
                .unwrap();
            *reader = Some(connection);
        }
        ControlFlow::Continue(())
    };
    let options = RunOptions::default().progress(&progress);
    store
        .record(&every_kind(), "run", Existing::Keep, &options)
        .unwrap();
    assert_eq!(companions(&path), ["-wal", "-shm"]);
    drop(reader.into_inner().unwrap());
    let run = store.open("run").unwrap();
    assert_eq!(run.header().status, RunStatus::Complete);
    assert_eq!(companions(&path), [""; 0]);
    let (_folder, other) = super::store();
    recorded(&other);
    assert!(export(&run) == export(&other.open("run").unwrap()));
}

#[test]
fn stray_logs_beside_a_whole_run_are_removed() {
    let (_folder, store) = store();
    let path = recorded(&store);
    let expected = export(&store.open("run").unwrap());
    fs::write(beside(&path, "-wal"), vec![7; 40_000]).unwrap();
    fs::write(beside(&path, "-shm"), vec![7; 32_768]).unwrap();
    assert!(export(&store.open("run").unwrap()) == expected);
    assert_eq!(companions(&path), [""; 0]);
}

#[test]
fn an_interrupted_run_keeps_its_log() {
    let (_folder, store) = store();
    let stop = |tick| match tick {
        ..20 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    let options = RunOptions::default().progress(&stop);
    store
        .record(&every_kind(), "run", Existing::Keep, &options)
        .unwrap();
    let path = store.runs_dir().join("run.aether");
    fs::write(beside(&path, "-journal"), b"\xd9\xd5\x05\xf9").unwrap();
    let ticks = store.open("run").unwrap().ticks_recorded();
    assert!(ticks > 0);
    store.resume("run", &RunOptions::default()).unwrap();
    assert_eq!(companions(&path), [""; 0]);
    let (_folder, other) = super::store();
    recorded(&other);
    assert!(export(&store.open("run").unwrap()) == export(&other.open("run").unwrap()));
}

#[cfg(unix)]
#[test]
fn a_run_in_a_directory_that_cannot_be_written_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, store) = store();
    let path = recorded(&store);
    let expected = export(&store.open("run").unwrap());
    fs::write(beside(&path, "-journal"), b"\xd9\xd5\x05\xf9").unwrap();
    fs::set_permissions(store.runs_dir(), fs::Permissions::from_mode(0o555)).unwrap();
    let read = export(&store.open("run").unwrap());
    fs::set_permissions(store.runs_dir(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(read == expected);
}
