//! Tests that `docs/run-file.md` describes the run files that the store writes.

use aether_engine::config::RunPlan;
use aether_engine::run::RunOptions;
use aether_engine::store::Existing;
use rusqlite::Connection;

use super::{every_kind, store, with_grammar};

const PAGE: &str = include_str!("../../../docs/run-file.md");

/// A run file, opened as any SQLite tool would open it.
fn database() -> (tempfile::TempDir, Connection) {
    database_of(&every_kind())
}

fn database_of(plan: &RunPlan) -> (tempfile::TempDir, Connection) {
    let (folder, store) = store();
    let options = RunOptions::default();
    let path = store
        .record(plan, "run", Existing::Keep, &options)
        .unwrap()
        .path;
    (folder, Connection::open(path).unwrap())
}

#[test]
fn every_table_is_documented_to_the_column() {
    let mut documented = Vec::new();
    let mut table = None;
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("##") {
            table = heading
                .strip_prefix("# `")
                .and_then(|name| name.strip_suffix('`'));
        } else if let (Some(table), Some(row)) = (table, line.strip_prefix("| `")) {
            let mut cells = row.split(" | ");
            let column = cells.next().unwrap().trim_end_matches('`');
            documented.push(format!("{table}.{column} {}", cells.next().unwrap()));
        }
    }
    let of_grammar =
        |row: &String| row.starts_with("aeon_views.") || row.starts_with("apxi_views.");
    assert_eq!(documented, columns(&database_of(&with_grammar()).1));
    documented.retain(|row| !of_grammar(row));
    assert_eq!(documented, columns(&database().1));
}

/// Every column of every table, with its type.
fn columns(database: &Connection) -> Vec<String> {
    let mut select = database
        .prepare(
            "SELECT t.name || '.' || c.name || ' ' || c.type FROM sqlite_schema t,
                    pragma_table_info(t.name) c
             WHERE t.type = 'table' ORDER BY t.rowid, c.cid",
        )
        .unwrap();
    let actual = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
    actual.map(Result::unwrap).collect()
}

#[test]
fn the_file_says_what_it_is() {
    let (_folder, database) = database();
    for name in ["application_id", "user_version"] {
        let value: i64 = database
            .pragma_query_value(None, name, |row| row.get(0))
            .unwrap();
        let row = format!("| `PRAGMA {name}` | {value},");
        assert!(PAGE.contains(&row), "{row}");
    }
    let (_folder, database) = database_of(&with_grammar());
    let version: i64 = database
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    let words = format!("; {version} if the run has a grammar of AEON windows |");
    assert!(PAGE.contains(&words), "{words}");
}

#[test]
fn every_query_runs() {
    let (_folder, plain) = database();
    let (_other_folder, with_grammar) = database_of(&with_grammar());
    let mut queries = 0;
    for block in PAGE.split("\n```sql").skip(1) {
        let (block, _) = block.split_once("\n```").unwrap();
        let (note, query) = block.split_once('\n').unwrap();
        // The tests of the command run these.
        if note == " aether" {
            continue;
        }
        let database = if note == " grammar" {
            &with_grammar
        } else {
            &plain
        };
        let mut select = database
            .prepare(query)
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        let mut rows = select.query([]).unwrap();
        let mut count = 0;
        while rows.next().unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count == 0, note == " none", "{query}: {count} rows");
        queries += 1;
    }
    assert!(queries >= 5, "{queries} queries");
}
