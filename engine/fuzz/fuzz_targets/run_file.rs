//! Fuzz target: a run file in which a few bytes, cells or rows are damaged. The bytes say which.
//!
//! ```text
//! 1 byte    which of the run files
//! then operations, each of
//!   1 byte  what: bytes of the file, a cell as a number, as text or as a blob, a row removed, a row copied
//!   1 byte  the table      1 byte  the row      1 byte  the column
//!   1 byte  length of what is written, and that many bytes
//!   An odd first byte gives the row, if it has a text, the SHA-256 of that text.
//! ```

#![no_main]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
use aether_engine::record::RecordKind;
use aether_engine::run::RunOptions;
use aether_engine::store::{Existing, RunStore};
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

const OPERATIONS_MAX: usize = 4;

/// Inputs with the right hash may ask for any number of ticks, and are believed.
const TICKS_MAX: u64 = 1_000;

const RUN: &str = r#"
v = 1
gid = "LINE"
run_id = "line"
topology_path = "topology.json"
profile_path = "profile.json"
ticks = 24
initial_state = [64, 0, 0, 0]
window_every = 7
enable_codex = true
enable_pfna = true
pfna_path = "pfna.json"
"#;

struct Ground {
    store: RunStore,
    /// A complete run, one with a grammar of windows, and one that was cut off.
    files: Vec<Vec<u8>>,
}

fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary directory").keep();
        let store = RunStore::new(folder);
        let plain = plan("");
        let grammar = plan("aeon_path = \"aeon.json\"\n");
        let stop = |tick| if tick < 15 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
        let cut = RunOptions::default().progress(&stop);
        let whole = RunOptions::default();
        let file = |name: &str, plan: &RunPlan, options: &RunOptions<'_>| {
            let made = store.record(plan, name, Existing::Keep, options);
            fs::read(made.expect("a run that is known to work").path).expect("the file of a run")
        };
        let files = vec![
            file("whole", &plain, &whole),
            file("grammar", &grammar, &whole),
            file("cut", &plain, &cut),
        ];
        Ground { store, files }
    })
}

fn plan(more: &str) -> RunPlan {
    let documents = MemoryDocuments::new()
        .with("run.toml", format!("{RUN}{more}"))
        .with("topology.json", include_str!("../../../fixtures/invalid/with/topology.json"))
        .with("profile.json", include_str!("../../../fixtures/profiles/cmp-0.json"))
        .with("pfna.json", include_str!("../../../fixtures/invalid/with/pfna.json"))
        .with("aeon.json", include_str!("../../../fixtures/invalid/with/aeon.json"));
    load_run(&documents, Path::new("run.toml")).unwrap_or_else(|report| panic!("{report}"))
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&which, operations)) = bytes.split_first() else {
        return;
    };
    let Ground { store, files } = ground();
    let path = store.runs_dir().join("run.aether");
    for ending in ["-journal", "-wal", "-shm"] {
        let _ = fs::remove_file(store.runs_dir().join(format!("run.aether{ending}")));
    }
    let good = &files[usize::from(which) % files.len()];
    fs::write(&path, good).expect("room for a run file");
    damage(&path, operations);
    read(store);
});

fn damage(path: &Path, mut operations: &[u8]) {
    for _ in 0..OPERATIONS_MAX {
        let Some((&[what, table, row, column, length], rest)) = operations.split_first_chunk() else {
            return;
        };
        let (content, rest) = rest.split_at(rest.len().min(usize::from(length)));
        operations = rest;
        if what / 2 % 6 == 0 {
            let mut bytes = fs::read(path).expect("the file that was just written");
            let at = usize::from(table) << 16 | usize::from(row) << 8 | usize::from(column);
            let at = at % bytes.len();
            let end = bytes.len().min(at + content.len());
            bytes[at..end].copy_from_slice(&content[..end - at]);
            fs::write(path, bytes).expect("room for a run file");
            continue;
        }
        // A file that SQLite refuses is one for the engine to refuse.
        let _ = change(path, what, [table, row, column], content);
    }
}

fn change(path: &Path, what: u8, [table, row, column]: [u8; 3], content: &[u8]) -> rusqlite::Result<()> {
    let file = Connection::open(path)?;
    file.execute_batch("PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON")?;
    let names = |sql: &str| -> rusqlite::Result<Vec<String>> {
        file.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
    };
    let tables = names("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let Some(table) = tables.get(usize::from(table) % tables.len().max(1)) else {
        return Ok(());
    };
    let columns = names(&format!("SELECT name FROM pragma_table_info('{table}')"))?;
    let Some(column) = columns.get(usize::from(column) % columns.len().max(1)) else {
        return Ok(());
    };
    let rows: i64 = file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
    let row = i64::from(row) % rows.max(1);
    let chosen = format!("rowid = (SELECT rowid FROM {table} LIMIT 1 OFFSET {row})");
    let mut number = [0; 8];
    let given = content.len().min(8);
    number[..given].copy_from_slice(&content[..given]);
    let value = match what / 2 % 6 {
        1 => Value::Integer(i64::from_le_bytes(number)),
        2 => Value::Text(String::from_utf8_lossy(content).into_owned()),
        3 => Value::Blob(content.to_vec()),
        4 => {
            file.execute(&format!("DELETE FROM {table} WHERE {chosen}"), [])?;
            return Ok(());
        }
        // The same value somewhere else in its column.
        _ => file.query_row(&format!("SELECT {column} FROM {table} LIMIT 1 OFFSET {}", number[0]), [], |row| row.get(0))?,
    };
    file.execute(&format!("UPDATE {table} SET {column} = ?1 WHERE {chosen}"), params![value])?;
    if what % 2 == 1 && table == "run" {
        seal_header(&file, &columns)?;
    } else if what % 2 == 1 && columns.iter().any(|name| name == "json") {
        let text: String = file.query_row(&format!("SELECT json FROM {table} WHERE {chosen}"), [], |row| row.get(0))?;
        let hash = Sha256::digest(text).to_vec();
        file.execute(&format!("UPDATE {table} SET sha256 = ?1 WHERE {chosen}"), params![hash])?;
    }
    Ok(())
}

/// Gives the header its hash.
fn seal_header(file: &Connection, columns: &[String]) -> rusqlite::Result<()> {
    let members = file.query_row("SELECT * FROM run", [], |row| {
        let mut members = serde_json::Map::new();
        for column in columns.iter().filter(|column| !["id", "sha256"].contains(&column.as_str())) {
            let value = match row.get(column.as_str())? {
                Value::Integer(number) => number.into(),
                Value::Text(text) => text.into(),
                Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
                Value::Null | Value::Real(_) => serde_json::Value::Null,
            };
            members.insert(column.clone(), value);
        }
        Ok(members)
    })?;
    let hash = Sha256::digest(serde_json::Value::Object(members).to_string()).to_vec();
    file.execute("UPDATE run SET sha256 = ?1", params![hash])?;
    Ok(())
}

/// Reads the run in every way that the library has; each ends in an answer or an error.
fn read(store: &RunStore) {
    let is_stopped = AtomicBool::new(false);
    let stop = |tick| {
        let is_late = tick > TICKS_MAX;
        is_stopped.store(is_late, Ordering::Relaxed);
        if is_late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = RunOptions::default().progress(&stop);
    {
        let Ok(run) = store.open("run") else { return };
        let _ = run.names();
        let _ = run.changes();
        for kind in RecordKind::ALL {
            for record in run.records(kind) {
                if record.is_err() {
                    break;
                }
            }
        }
        for tick in [0, 1, 7, 24, u64::MAX] {
            let _ = run.check_tick(tick);
        }
        let _ = run.write_export(&mut std::io::sink());
        if let Ok(plan) = run.plan()
            && let Ok(mut replayed) = run.replayed(&plan)
        {
            for _ in 0..TICKS_MAX {
                if replayed.next_tick().is_none() {
                    break;
                }
            }
        }
        let verified = run.verify(&options);
        if verified.is_ok_and(|verified| verified.is_whole()) && !is_stopped.load(Ordering::Relaxed) {
            // What `verify` calls whole can be read to its end.
            for kind in RecordKind::ALL {
                for record in run.records(kind) {
                    record.unwrap_or_else(|error| panic!("whole, but {error}"));
                }
            }
        }
    }
    if store.resume("run", &options).is_ok() && !is_stopped.load(Ordering::Relaxed) {
        let run = store.open("run").unwrap_or_else(|error| panic!("resumed, but {error}"));
        let verified = run.verify(&options).unwrap_or_else(|error| panic!("resumed, but {error}"));
        assert!(verified.is_whole(), "resumed, but not whole");
    }
}
