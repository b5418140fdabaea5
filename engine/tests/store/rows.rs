//! Tests that every reader notices rows that are missing, too many or under a wrong key.

use aether_engine::config::RunPlan;
use aether_engine::run::{RecordKind, RunOptions};
use aether_engine::store::{Existing, RunStore, StoreError, StoredRun};
use rusqlite::Connection;

use super::{every_kind, store, with_grammar};

/// The tables of records with their keys.
const TABLES: [(&str, &str); 12] = [
    ("ledgers", "tick"),
    ("p_blocks", "tick"),
    ("i_blocks", "tick"),
    ("manifests", "seq"),
    ("aeon_views", "seq"),
    ("apxi_views", "seq"),
    ("envelopes", "seq"),
    ("scenes", "tick"),
    ("codex_library", "seq"),
    ("codex_proposals", "seq"),
    ("u_ledger", "tick"),
    ("log", "seq"),
];

fn kind(name: &str) -> RecordKind {
    let mut kinds = RecordKind::ALL.into_iter();
    kinds.find(|kind| kind.name() == name).unwrap()
}

/// A run with records of a kind.
fn plan_with(table: &str) -> RunPlan {
    match kind(table).info().needs_grammar {
        true => with_grammar(),
        false => every_kind(),
    }
}

fn change(store: &RunStore, sql: &str) {
    let file = Connection::open(store.runs_dir().join("run.aether")).unwrap();
    assert_eq!(file.execute(sql, []).unwrap(), 1, "{sql}");
}

/// What reading all records of a kind ends with.
fn read_all(run: &StoredRun, kind: RecordKind) -> Option<StoreError> {
    run.records(kind).find_map(Result::err)
}

/// Changes a whole run, and checks that reading the kind, exporting and verifying all notice it.
#[track_caller]
fn is_noticed(table: &str, sql: &str) {
    let (_folder, store) = store();
    let options = RunOptions::default();
    store
        .record(&plan_with(table), "run", Existing::Keep, &options)
        .unwrap();
    change(&store, sql);
    let run = match store.open("run") {
        Ok(run) => run,
        Err(StoreError::Damaged { .. }) => return,
        Err(other) => panic!("{sql}: {other}"),
    };
    let error = read_all(&run, kind(table)).unwrap_or_else(|| panic!("{sql}: read in silence"));
    assert!(
        matches!(error, StoreError::Damaged { .. }),
        "{sql}: {error}"
    );
    assert!(error.to_string().contains(table), "{sql}: {error}");
    assert!(run.write_export(&mut Vec::new()).is_err(), "{sql}");
    let verified = run.verify(&options).unwrap();
    assert!(!verified.is_whole(), "{sql}");
}

#[test]
fn a_missing_row_is_noticed_at_the_end_and_within() {
    for (table, key) in TABLES {
        for which in ["max", "min"] {
            is_noticed(
                table,
                &format!("DELETE FROM {table} WHERE {key} = (SELECT {which}({key}) FROM {table})"),
            );
        }
    }
}

#[test]
fn a_row_under_a_wrong_key_is_noticed() {
    for (table, key) in TABLES {
        for (wrong, which) in [
            ("15531", "max"),
            ("9223372036854775807", "max"),
            ("15531", "min"),
            ("0", "min"),
            ("-1", "max"),
        ] {
            is_noticed(
                table,
                &format!(
                    "UPDATE {table} SET {key} = {wrong}
                     WHERE {key} = (SELECT {which}({key}) FROM {table})"
                ),
            );
        }
    }
}

#[test]
fn the_records_of_a_tick_are_not_fewer_in_silence() {
    for (table, tick) in [("envelopes", "tick"), ("log", "tick")] {
        let (_folder, store) = store();
        store
            .record(&every_kind(), "run", Existing::Keep, &RunOptions::default())
            .unwrap();
        let last = format!("SELECT max(seq) FROM {table} WHERE {tick} = 8");
        change(&store, &format!("DELETE FROM {table} WHERE seq = ({last})"));
        let run = store.open("run").unwrap();
        let view = run.view();
        let error = match table {
            "log" => view.log(Some(8..=8)).map(|_| ()).unwrap_err(),
            _ => view.nap_envelopes(Some(8), None).map(|_| ()).unwrap_err(),
        };
        assert!(error.to_string().contains(table), "{error}");
        // Ticks that are not beside the gap are read as before.
        assert!(!view.log(Some(6..=6)).unwrap().is_empty());
        assert!(!view.log(Some(10..=10)).unwrap().is_empty());
    }
}

#[test]
fn a_record_that_is_missing_is_not_the_same_as_one_that_never_was() {
    let (_folder, store) = store();
    store
        .record(&every_kind(), "run", Existing::Keep, &RunOptions::default())
        .unwrap();
    change(&store, "DELETE FROM u_ledger WHERE tick = 5");
    let run = store.open("run").unwrap();
    let error = run.record(RecordKind::ULedger, 5).unwrap_err().to_string();
    assert!(error.contains("`u_ledger` 5 is missing"), "{error}");
    assert_eq!(run.record(RecordKind::ULedger, 15_531).unwrap(), None);
    assert_eq!(run.record(RecordKind::ULedger, 0).unwrap(), None);
    assert_eq!(run.record(RecordKind::ULedger, u64::MAX).unwrap(), None);
}
