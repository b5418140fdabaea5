//! Tests that what a run file says cannot make SQLite or the engine do something else: foreign
//! tables, numbers that no run has, and damage in what `resume` would continue.

use std::ops::ControlFlow;

use aether_engine::run::{RecordKind, RunOptions, RunStatus};
use aether_engine::store::{Existing, RunStore, StoreError};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::run::{every_kind, export, store, with_grammar};

/// Runs statements on the file of run `run`.
fn change(store: &RunStore, sql: &str) {
    let file = Connection::open(store.runs_dir().join("run.aether")).unwrap();
    file.execute_batch(sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Sets a column of the header, and its hash with it.
fn forge_header(store: &RunStore, column: &str, value: &str) {
    change(store, &format!("UPDATE run SET {column} = {value}"));
    let file = Connection::open(store.runs_dir().join("run.aether")).unwrap();
    let mut select = file.prepare("SELECT * FROM run").unwrap();
    let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
    let mut members: Vec<(String, String)> = select
        .query_row([], |row| {
            let value = |name: &String| {
                let value = match row.get_ref(name.as_str()).unwrap() {
                    rusqlite::types::ValueRef::Null => serde_json::Value::Null,
                    rusqlite::types::ValueRef::Integer(number) => number.into(),
                    rusqlite::types::ValueRef::Text(text) => {
                        String::from_utf8(text.to_vec()).unwrap().into()
                    }
                    rusqlite::types::ValueRef::Blob(hash) => {
                        let hex = hash.iter().map(|byte| format!("{byte:02x}"));
                        hex.collect::<String>().into()
                    }
                    other => panic!("{other:?}"),
                };
                (name.clone(), value.to_string())
            };
            Ok(columns.iter().map(value).collect())
        })
        .unwrap();
    members.retain(|(name, _)| name != "id" && name != "sha256");
    members.sort();
    let members = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"));
    let text = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    let hash = Sha256::digest(text).to_vec();
    file.execute("UPDATE run SET sha256 = ?1", [hash]).unwrap();
}

fn whole() -> (tempfile::TempDir, RunStore) {
    let (folder, store) = store();
    store
        .record(&every_kind(), "run", Existing::Keep, &RunOptions::default())
        .unwrap();
    (folder, store)
}

fn cut(at: u64) -> (tempfile::TempDir, RunStore) {
    let (folder, store) = store();
    let stop = |tick| {
        if tick < at {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let options = RunOptions::default().progress(&stop);
    store
        .record(&every_kind(), "run", Existing::Keep, &options)
        .unwrap();
    (folder, store)
}

#[test]
fn the_forging_of_headers_works() {
    let (_folder, store) = whole();
    forge_header(&store, "gid", "gid");
    assert!(store.open("run").is_ok());
    forge_header(&store, "engine_version", "'9.9.9'");
    assert_eq!(store.open("run").unwrap().header().engine_version, "9.9.9");
}

#[test]
fn tables_that_are_not_those_of_a_run_file_are_refused() {
    for (name, sql) in [
        (
            "hidden",
            "ALTER TABLE ledgers RENAME TO hidden; CREATE VIEW ledgers AS
             WITH RECURSIVE n(tick, sha256) AS (SELECT 1, x'' UNION ALL SELECT tick + 1, x'' FROM n)
             SELECT * FROM n",
        ),
        (
            "rewrite",
            "CREATE TRIGGER rewrite AFTER INSERT ON u_ledger
             BEGIN UPDATE u_ledger SET json = '{}' WHERE tick = 1; END",
        ),
        ("extra", "CREATE TABLE extra (x)"),
        ("extra", "CREATE INDEX extra ON log (event)"),
        ("log_by_tick", "DROP INDEX log_by_tick"),
        ("scenes", "DROP TABLE scenes"),
        ("sqlite_stat1", "ANALYZE"),
        (
            "u_ledger",
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, 'json TEXT', 'json ANY') WHERE name = 'u_ledger'",
        ),
        (
            "u_ledger",
            "DROP TABLE u_ledger;
             CREATE TABLE u_ledger (tick INTEGER PRIMARY KEY, json TEXT, sha256 BLOB) STRICT",
        ),
    ] {
        for (_folder, store) in [whole(), cut(20)] {
            change(&store, sql);
            let before = std::fs::read(store.runs_dir().join("run.aether")).unwrap();
            for error in [
                store.open("run").err().unwrap_or_else(|| panic!("{sql}: opened")),
                store.resume("run", &RunOptions::default()).unwrap_err(),
            ] {
                assert!(matches!(error, StoreError::Damaged { .. }), "{sql}: {error}");
                assert!(error.to_string().contains(name), "{sql}: {error}");
            }
            let after = std::fs::read(store.runs_dir().join("run.aether")).unwrap();
            assert!(before == after, "{sql}: changed the file");
        }
    }
}

#[test]
fn numbers_of_the_header_that_no_run_has_are_refused() {
    let (_folder, store) = whole();
    let rows = |from: &str, to: &str| format!("replace(rows, '{from}', '{to}')");
    for (column, value) in [
        ("ticks", "9223372036854775807".to_owned()),
        ("ticks", "41".to_owned()),
        ("ticks", "-1".to_owned()),
        ("node_count", "1000000000".to_owned()),
        ("node_count", "9223372036854775807".to_owned()),
        ("node_count", "0".to_owned()),
        ("edge_count", "1000000000".to_owned()),
        ("edge_count", "1".to_owned()),
        ("checkpoint_spacing", "0".to_owned()),
        ("checkpoint_spacing", "9223372036854775807".to_owned()),
        ("checkpoint_spacing", "5".to_owned()),
        ("status", "'incomplete '".to_owned()),
        ("rows", "'{}'".to_owned()),
        (
            "rows",
            rows("ledgers\":40", "ledgers\":9223372036854775807"),
        ),
        ("rows", rows("ledgers\":40", "ledgers\":41")),
        ("rows", rows("u_ledger\":40", "u_ledger\":39")),
    ] {
        let (_folder, store) = whole();
        forge_header(&store, column, &value);
        match store.open("run") {
            Err(StoreError::Damaged { .. }) => {}
            Err(other) => panic!("{column} = {value}: {other}"),
            Ok(_) => panic!("{column} = {value}: opened"),
        }
    }
    // Counts that could be are found by those who read to the end.
    for (from, to) in [("log\":", "log\":9"), ("envelopes\":", "envelopes\":9")] {
        forge_header(&store, "rows", &rows(from, to));
        let run = store.open("run").unwrap();
        assert!(run.write_export(&mut Vec::new()).is_err());
        assert!(
            run.view().nap_envelopes(Some(40), None).is_err()
                || run.view().log(Some(40..=40)).is_err()
        );
        assert!(!run.verify(&RunOptions::default()).unwrap().is_whole());
    }
}

#[test]
fn counts_in_metrics_that_do_not_fit_are_refused_without_a_panic() {
    let (_folder, store) = whole();
    for member in [
        "nap_ctrl",
        "nap_data",
        "nap_ingress",
        "nap_egress",
        "total_ticks",
    ] {
        let value = format!("json_set(metrics, '$.{member}', 9223372036854775807)");
        forge_header(&store, "metrics", &value);
    }
    // The text is what SQLite writes, which has its own spelling: reading must not panic.
    if let Ok(run) = store.open("run") {
        let _ = run.metrics();
        assert!(!run.verify(&RunOptions::default()).unwrap().is_whole());
    }
}

#[test]
fn nothing_is_added_to_a_run_whose_stored_part_is_damaged() {
    let zero = "zeroblob(32)";
    for sql in [
        "UPDATE p_blocks SET c_t = c_t + 1 WHERE tick = 3".to_owned(),
        "UPDATE p_blocks SET json = replace(json, '\"seq\":3', '\"seq\":4') WHERE tick = 3"
            .to_owned(),
        format!("UPDATE ledgers SET sha256 = {zero} WHERE tick = 9"),
        "UPDATE envelopes SET json = json || ' ' WHERE seq = 2".to_owned(),
        "DELETE FROM envelopes WHERE seq = (SELECT max(seq) FROM envelopes)".to_owned(),
        "DELETE FROM log WHERE seq = 3".to_owned(),
        "DELETE FROM log WHERE seq = (SELECT max(seq) FROM log)".to_owned(),
        "INSERT INTO log SELECT seq + 1, tick, event, component, json, sha256 FROM log
         WHERE seq = (SELECT max(seq) FROM log)"
            .to_owned(),
        "DELETE FROM scenes WHERE tick = 2".to_owned(),
        "UPDATE scenes SET pfna_refs = '[\"X\"]' WHERE tick = 2".to_owned(),
        "DELETE FROM i_blocks WHERE tick = 8".to_owned(),
        "UPDATE manifests SET start_tick = start_tick + 1 WHERE seq = 1".to_owned(),
        "DELETE FROM tick_columns WHERE first_tick = 1".to_owned(),
        "UPDATE tick_columns SET data = zeroblob(9) WHERE first_tick = 1".to_owned(),
        "UPDATE edges SET k = k + 1 WHERE e_id = 1".to_owned(),
        "UPDATE u_ledger SET json = '{}' WHERE tick = 4".to_owned(),
        "UPDATE u_ledger SET tick = 9223372036854775807 WHERE tick = 14".to_owned(),
    ] {
        let (_folder, store) = cut(20);
        let ticks = store.open("run").unwrap().ticks_recorded();
        assert_eq!(ticks, 14);
        change(&store, &sql);
        let error = store
            .resume("run", &RunOptions::default())
            .err()
            .unwrap_or_else(|| panic!("{sql}: resumed"));
        assert!(
            matches!(error, StoreError::Damaged { .. }),
            "{sql}: {error}"
        );
        if let Ok(run) = store.open("run") {
            assert_eq!(run.header().status, RunStatus::Incomplete, "{sql}");
            assert_eq!(run.ticks_recorded(), ticks, "{sql}");
        }
    }
}

/// To switch to a log, the writer would wait for the reader of the same `resume`.
#[test]
fn an_unfinished_run_without_a_log_is_damaged() {
    let (_folder, store) = cut(15);
    let path = store.runs_dir().join("run.aether");
    let mut bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes[18..20], [2, 2]);
    bytes[18..20].fill(1);
    std::fs::write(&path, bytes).unwrap();
    let error = store.resume("run", &RunOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("write-ahead log"), "{error}");
}

#[test]
fn a_whole_unfinished_run_is_finished() {
    for at in [1, 8, 9, 20, 39] {
        let (_folder, store) = cut(at);
        store.resume("run", &RunOptions::default()).unwrap();
        let (_folder, other) = whole();
        assert!(export(&store.open("run").unwrap()) == export(&other.open("run").unwrap()));
        let bytes = |store: &RunStore| std::fs::read(store.runs_dir().join("run.aether")).unwrap();
        assert_eq!(bytes(&store).len(), bytes(&other).len());
    }
}

#[test]
fn a_checkpoint_of_a_different_tick_is_not_used() {
    let (_folder, store) = whole();
    change(
        &store,
        "UPDATE i_blocks SET json = (SELECT json FROM i_blocks WHERE tick = 16),
                             sha256 = (SELECT sha256 FROM i_blocks WHERE tick = 16) WHERE tick = 8",
    );
    let run = store.open("run").unwrap();
    assert!(run.checkpoint_before(10).is_err());
    assert!(run.checkpoint_before(20).unwrap().is_some());
    assert!(run.record(RecordKind::IBlocks, 8).unwrap().is_some());
    assert!(!run.verify(&RunOptions::default()).unwrap().is_whole());
}

/// Records far from the others are missing where they should be. The places between are not looked at one by one.
#[test]
fn records_far_from_the_others_take_no_time() {
    let numbered = [
        (RecordKind::Manifests, "manifests"),
        (RecordKind::Envelopes, "envelopes"),
        (RecordKind::Log, "log"),
    ];
    let (_folder, store) = whole();
    let path = store.runs_dir().join("run.aether");
    let good = std::fs::read(&path).unwrap();
    for (kind, table) in numbered {
        let count = store.open("run").unwrap().records(kind).count();
        assert!(count > 1, "{table}");
        for moved in [1, 2, count - 1, count] {
            for far in [1 << 40, i64::MAX - count as i64] {
                change(
                    &store,
                    &format!("UPDATE {table} SET seq = seq + {far} WHERE seq >= {moved}"),
                );
                let run = store.open("run").unwrap();
                for tick in 1..=24 {
                    let _ = run.check_tick(tick);
                    match run.records_of_ticks(kind, Some(&(tick..=tick))) {
                        Ok(of_tick) => assert!(of_tick.count() <= count),
                        Err(error) => assert!(matches!(error, StoreError::Damaged { .. })),
                    }
                }
                assert!(run.records(kind).any(|record| record.is_err()));
                assert!(!run.verify(&RunOptions::default()).unwrap().is_whole());
                drop(run);
                std::fs::write(&path, &good).unwrap();
            }
        }
    }
}

/// No hash covers the columns by which the records of some ticks are found: whatever they say, those records are read, or
/// damage is reported.
#[test]
fn columns_of_ticks_that_lie_lose_no_record() {
    let (_folder, store) = whole();
    let path = store.runs_dir().join("run.aether");
    let good = std::fs::read(&path).unwrap();
    type Found = Result<Vec<Vec<u8>>, StoreError>;
    let read = |kind: RecordKind, ticks: &std::ops::RangeInclusive<u64>| -> Found {
        let run = store.open("run").unwrap();
        let records = run.records_of_ticks(kind, Some(ticks))?;
        records.map(|record| Ok(record?.text)).collect()
    };
    let events = |ticks: &std::ops::RangeInclusive<u64>| {
        let run = store.open("run").unwrap();
        run.view().log(Some(ticks.clone()))
    };
    let ranges = [1..=1, 2..=4, 5..=24, 24..=24];
    let swap = |table: &str, column: &str| {
        format!(
            "UPDATE {table} SET {column} = -{column} WHERE {column} IN (3, 4);
             UPDATE {table} SET {column} = 7 + {column} WHERE {column} < 0"
        )
    };
    for (kind, table, column) in [
        (RecordKind::Log, "log", "tick"),
        (RecordKind::Envelopes, "envelopes", "tick"),
        (RecordKind::Manifests, "manifests", "end_tick"),
        (RecordKind::ULedger, "u_ledger", "tick"),
    ] {
        let right: Vec<Vec<Vec<u8>>> = ranges
            .each_ref()
            .map(|ticks| read(kind, ticks).unwrap())
            .to_vec();
        let mut lies = vec![swap(table, column)];
        if kind != RecordKind::ULedger {
            for value in [0_i64, 1, 3, 12, 24, 1 << 40] {
                for place in [
                    "seq = 1",
                    "seq = 3",
                    "seq % 2 = 0",
                    "seq = (SELECT max(seq) FROM TABLE)",
                    "1",
                ] {
                    let place = place.replace("TABLE", table);
                    lies.push(format!(
                        "UPDATE {table} SET {column} = {value} WHERE {place}"
                    ));
                }
            }
        }
        if kind == RecordKind::Log {
            lies.push(
                "UPDATE log SET tick = NULL WHERE seq = (SELECT max(seq) FROM log)".to_owned(),
            );
            lies.push("UPDATE log SET tick = NULL WHERE tick = 3".to_owned());
        }
        let mut damaged = 0;
        for lie in &lies {
            change(&store, lie);
            for (ticks, right) in ranges.iter().zip(&right) {
                match read(kind, ticks) {
                    Ok(found) => assert!(found == *right, "{lie}: {ticks:?}"),
                    Err(StoreError::Damaged { .. }) => damaged += 1,
                    Err(other) => panic!("{lie}: {other}"),
                }
                if kind == RecordKind::Log
                    && let Ok(found) = events(ticks)
                {
                    assert_eq!(found.len(), right.len(), "{lie}: {ticks:?}");
                }
            }
            std::fs::write(&path, &good).unwrap();
        }
        assert!(damaged > 0, "{table}");
    }
}

/// The metrics of an unfinished run are counted, and a table that has not what it must have is not counted.
#[test]
fn metrics_are_not_counted_in_tables_with_too_few_or_too_many_records() {
    let (_folder, store) = cut(20);
    let path = store.runs_dir().join("run.aether");
    let run = store.open("run").unwrap();
    let right = run.metrics().unwrap();
    let text: aether_json::Value = run.metrics_text().unwrap().parse().unwrap();
    assert_eq!(text["total_ticks"].as_u64(), Some(right.total_ticks));
    drop(run);
    // What the log holds is put into the file, which is then copied alone.
    change(&store, "PRAGMA wal_checkpoint(TRUNCATE)");
    let good = std::fs::read(&path).unwrap();
    for sql in [
        "DELETE FROM ledgers WHERE tick = 1",
        "DELETE FROM envelopes",
        "DELETE FROM envelopes WHERE seq = 3",
        "DELETE FROM manifests WHERE seq = 2",
        "UPDATE ledgers SET tick = 0 WHERE tick = 1; INSERT INTO ledgers SELECT 1, sha256 FROM ledgers WHERE tick = 0",
    ] {
        change(&store, sql);
        let run = store.open("run").unwrap();
        for error in [
            run.metrics().map(|_| ()).unwrap_err(),
            run.metrics_text().map(|_| ()).unwrap_err(),
            run.require_counts().unwrap_err(),
        ] {
            assert!(
                matches!(error, StoreError::Damaged { .. }),
                "{sql}: {error}"
            );
        }
        drop(run);
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
        }
        std::fs::write(&path, &good).unwrap();
    }
}

#[test]
fn metrics_that_are_none_are_not_handed_on() {
    let (_folder, store) = whole();
    for metrics in ["'x'", "''", "'{}'", "'1'"] {
        forge_header(&store, "metrics", metrics);
        let run = store.open("run").unwrap();
        for error in [run.metrics().map(|_| ()), run.metrics_text().map(|_| ())] {
            let error = error.unwrap_err().to_string();
            assert!(error.contains("metrics"), "{metrics}: {error}");
        }
    }
}

/// The version says whether a file has the tables of AEON windows, and the header counts their records
/// if and only if it has.
#[test]
fn a_file_cannot_claim_to_have_a_grammar() {
    let (_folder, plain) = whole();
    change(&plain, "PRAGMA user_version = 3");
    let error = plain.open("run").err().unwrap();
    assert!(error.to_string().contains("aeon_views"), "{error}");
    let (_folder, plain) = whole();
    let rows = "replace(rows, '{', '{\"aeon_views\":0,\"apxi_views\":0,')";
    forge_header(&plain, "rows", rows);
    let error = plain.open("run").err().unwrap();
    assert!(error.to_string().contains("rows"), "{error}");

    let of_grammar = || {
        let (folder, store) = store();
        let options = RunOptions::default();
        store
            .record(&with_grammar(), "run", Existing::Keep, &options)
            .unwrap();
        (folder, store)
    };
    let (_folder, store) = of_grammar();
    change(&store, "PRAGMA user_version = 2");
    let error = store.open("run").err().unwrap();
    assert!(error.to_string().contains("aeon_views"), "{error}");
    let (_folder, store) = of_grammar();
    let rows = "replace(rows, '\"aeon_views\":4,\"apxi_views\":2,', '')";
    forge_header(&store, "rows", rows);
    let error = store.open("run").err().unwrap();
    assert!(error.to_string().contains("rows"), "{error}");
}
