//! Tests of `aether sql`: the tables of a run, what a query may do, and how it fails.

use std::process::Command;

use serde_json::{Value, json};

use super::tables::{NAMES, ring};
use super::{Runs, keys};

/// The rows of a query.
#[track_caller]
fn rows(runs: &Runs, run: &str, sql: &str) -> Vec<Value> {
    let answer = runs.json(&["sql", run, sql]);
    assert_eq!(keys(&answer), ["columns", "rows"]);
    answer["rows"].as_array().unwrap().clone()
}

#[test]
fn states_and_fluxes_are_those_of_the_ledgers() {
    let runs = ring(7, 120);
    let export = runs.json(&["export", "ring"]);
    let name = |id: u64| {
        let named = NAMES.iter().find(|(node, _)| *node as u64 == id);
        named.map(|(_, name)| *name)
    };
    let start = runs.json(&["replay", "ring", "--tick", "0"])["state"].clone();
    let mut states = Vec::new();
    let mut fluxes = Vec::new();
    let mut add = |tick: &Value, values: &Value| {
        for (id, value) in (1_u64..).zip(values.as_array().unwrap()) {
            states.push(json!([tick, id, name(id), value]));
        }
    };
    add(&json!(0), &start);
    for ledger in export["ledgers"].as_array().unwrap() {
        add(&ledger["tick"], &ledger["post_u"]);
        for edge in ledger["edges"].as_array().unwrap() {
            let label = (edge["e_id"] == 2).then_some("P2");
            let [du, raw, f_e] = ["du", "raw", "f_e"].map(|key| &edge[key]);
            fluxes.push(json!([ledger["tick"], edge["e_id"], label, du, raw, f_e]));
        }
    }
    assert_eq!(rows(&runs, "ring", "SELECT * FROM state"), states);
    assert_eq!(rows(&runs, "ring", "SELECT * FROM flux"), fluxes);
    let found = rows(
        &runs,
        "ring",
        "SELECT * FROM state ORDER BY node DESC, tick LIMIT 4",
    );
    assert_eq!(found[3], states[7 * 3 + 6]);
    // Parts of them, in the ways in which people ask.
    for (condition, is) in [
        (
            "tick = 60",
            &(|t: i64, _: i64| t == 60) as &dyn Fn(i64, i64) -> bool,
        ),
        ("tick BETWEEN 49 AND 51 AND node = 3", &|t, n| {
            (49..=51).contains(&t) && n == 3
        }),
        ("tick >= 119.5 OR tick < 1", &|t, _| [0, 120].contains(&t)),
        ("label = 'Löwe''s' AND tick > 100", &|t, n| {
            n == 6 && t > 100
        }),
        ("label = 'd0-j01' COLLATE NOCASE", &|_, n| n == 1),
        ("label IS NULL AND tick IN (0, 120, 500)", &|t, n| {
            [3, 5, 7].contains(&n) && [0, 120].contains(&t)
        }),
        ("tick = (SELECT max(tick) FROM u_ledger)", &|t, _| t == 120),
        ("tick > 'x'", &|_, _| false),
    ] {
        let sql = format!("SELECT * FROM state WHERE {condition} ORDER BY tick, node");
        let expected: Vec<Value> = states
            .iter()
            .filter(|row| is(row[0].as_i64().unwrap(), row[1].as_i64().unwrap()))
            .cloned()
            .collect();
        assert_eq!(rows(&runs, "ring", &sql), expected, "{condition}");
    }
    // Tables of the file and those of the run together.
    let sql = "SELECT f.tick, f.edge FROM flux f JOIN edges e ON e.e_id = f.edge
               JOIN state i ON i.tick = f.tick - 1 AND i.node = e.i
               JOIN state j ON j.tick = f.tick - 1 AND j.node = e.j
               WHERE f.tick NOT IN (2) AND f.du <> i.value - j.value";
    assert_eq!(
        rows(&runs, "ring", sql),
        [Value::Null; 0],
        "du follows from the state before"
    );
}

#[test]
fn only_the_ticks_of_a_condition_are_decoded() {
    let runs = ring(200, 100);
    let file = runs.directory().join("ring.aether");
    let database = rusqlite::Connection::open(&file).unwrap();
    let blocks = database.execute(
        "UPDATE tick_columns SET data = x'00' WHERE first_tick > 50",
        [],
    );
    assert!(blocks.unwrap() > 0);
    for sql in [
        "SELECT count(*) FROM flux WHERE tick BETWEEN 10 AND 50",
        "SELECT max(value) FROM state WHERE tick < 51",
        "SELECT value FROM state WHERE tick IN (50, 3) AND node = 7",
        "SELECT count(*) FROM state WHERE tick = 2 OR tick = 50",
        "SELECT count(*) FROM state WHERE tick = (SELECT min(tick) FROM u_ledger)",
        "SELECT value FROM state ORDER BY tick LIMIT 1000",
    ] {
        runs.aether(&["sql", "ring", sql]).with(0);
    }
    let sql = "SELECT tick, value FROM state WHERE tick BETWEEN 49 AND 51 AND node = 7";
    let ended = runs.aether(&["sql", "ring", sql]).with(1);
    assert!(
        ended
            .stderr
            .contains("the columns from tick 51 on do not decode"),
        "{ended:#?}"
    );
    // As JSON, rows that came before the damage are not there.
    let ended = runs
        .aether(&["sql", "ring", sql, "--format", "json"])
        .with(1);
    assert_eq!(keys(&ended.json()), ["error"]);
}

#[test]
fn a_query_cannot_change_or_open_anything() {
    let runs = ring(7, 12);
    let file = runs.directory().join("ring.aether");
    let before = std::fs::read(&file).unwrap();
    let other = runs.file("other.db").display().to_string();
    let attach = format!("ATTACH '{other}' AS o");
    let vacuum = format!("VACUUM INTO '{other}'");
    let attached = format!("SELECT 1; ATTACH '{other}' AS o");
    for sql in [
        "DELETE FROM u_ledger",
        "DELETE FROM u_ledger RETURNING tick",
        "INSERT INTO log (seq) VALUES (1)",
        "UPDATE run SET status = 'failed'",
        "DROP TABLE log",
        "CREATE TABLE t (x)",
        "CREATE TEMP TABLE t (x)",
        "DELETE FROM state",
        &attach,
        &vacuum,
        "VACUUM",
        "DETACH main",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT x",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = 1",
        "PRAGMA user_version = 7",
        "PRAGMA wal_checkpoint",
        "PRAGMA optimize",
        "ANALYZE",
        "WITH x AS (SELECT 1) UPDATE run SET status = 'failed'",
        "REINDEX",
    ] {
        runs.refuses(&["sql", "ring", sql], &["only queries are possible"]);
    }
    for (sql, word) in [
        (&*attached, "only queries are possible"),
        (
            "SELECT load_extension('x')",
            "not authorized to use function: load_extension",
        ),
        ("SELECT 1; SELECT 2", "several statements"),
        ("", "the query is empty"),
        (" -- nothing", "the query is empty"),
        ("SELECT ?", "parameters"),
    ] {
        runs.refuses(&["sql", "ring", sql], &[word]);
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert!(!runs.file("other.db").exists());
    for name in ["ring.aether-wal", "ring.aether-shm", "ring.aether-journal"] {
        assert!(!runs.directory().join(name).exists(), "{name}");
    }
    // What only shows something is possible.
    for sql in [
        "PRAGMA table_info(edges)",
        "PRAGMA user_version",
        "EXPLAIN QUERY PLAN SELECT 1",
        "SELECT name FROM pragma_table_info('state')",
        "VALUES (1, 2)",
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 3) SELECT n FROM c;",
        "SELECT name FROM sqlite_schema",
        "SELECT j.value FROM log, json_each(log.json) j",
    ] {
        assert!(!rows(&runs, "ring", sql).is_empty(), "{sql}");
    }
}

#[test]
fn a_mistake_is_shown_with_its_place() {
    let runs = Runs::of(&["gf01"]);
    for (sql, words) in [
        (
            "SELECT valu FROM state",
            &[
                "no such column: valu",
                "--> SQL:1:8",
                "SELECT valu FROM state",
                "^^^^",
            ][..],
        ),
        ("SELECT *\nFROM stat", &["no such table: stat"]),
        (
            "SELECT * FORM state",
            &["syntax error", "--> SQL:1:10", "  |          ^^^^"],
        ),
        ("SELECT 1; SELECT x", &["no such column: x", "--> SQL:1:18"]),
        ("SELECT tick FROM state WHERE (", &["incomplete input"]),
        ("SELECT json_extract('{', '$')", &["malformed JSON"]),
        (
            "SELECT sum(9223372036854775807) FROM state",
            &["integer overflow"],
        ),
    ] {
        runs.refuses(&["sql", "gf01", sql], words);
    }
    runs.refuses(&["sql", "gf09", "SELECT 1"], &["`gf09`"]);
    let args = ["sql", "gf01", "SELECT 1", "--as", "csv", "--format", "json"];
    let ended = runs.aether(&args).with(2).json();
    assert!(
        ended["error"]
            .as_str()
            .unwrap()
            .contains("exclude each other")
    );
}

#[test]
fn rows_are_text_csv_or_json() {
    let runs = Runs::of(&["gf01"]);
    let sql = "SELECT 1 AS n, 'a,\"b' AS t, NULL AS missing, x'00ff' AS b, 1.0 AS r, 9e999 AS big
               UNION ALL SELECT -20, 'ä' || char(10) || 'x', 2, x'', 0.1, -9e999";
    let text = runs.aether(&["sql", "gf01", sql]).with(0).stdout;
    let expected = "  n  t     missing  b       r     big\n\
                    ───  ────  ───────  ────  ───  ──────\n\
                    \x20 1  a,\"b     NULL  00ff  1.0   9e999\n\
                    -20  ä\\nx        2        0.1  -9e999\n";
    assert_eq!(text, expected);
    let csv = runs
        .aether(&["sql", "gf01", sql, "--as", "csv"])
        .with(0)
        .stdout;
    let expected =
        "n,t,missing,b,r,big\n1,\"a,\"\"b\",,00ff,1.0,9e999\n-20,\"ä\nx\",2,,0.1,-9e999\n";
    assert_eq!(csv, expected);
    let json = runs
        .aether(&["sql", "gf01", sql, "--format", "json"])
        .with(0)
        .stdout;
    let expected = "{\"columns\":[\"n\",\"t\",\"missing\",\"b\",\"r\",\"big\"],\"rows\":[\n\
                    [1,\"a,\\\"b\",null,\"00ff\",1.0,9e999],\n\
                    [-20,\"ä\\nx\",2,\"\",0.1,-9e999]\n]}\n";
    assert_eq!(json, expected);
    let as_json = runs
        .aether(&["sql", "gf01", sql, "--as", "json"])
        .with(0)
        .stdout;
    assert_eq!(as_json, json);
    // No rows, and more than the widths are measured by.
    let none = runs
        .aether(&["sql", "gf01", "SELECT tick, C_t FROM p_blocks WHERE 0"])
        .with(0);
    assert_eq!(none.stdout, "tick  c_t\n────  ───\n");
    let none = runs.json(&["sql", "gf01", "SELECT 1 AS x WHERE 0"]);
    assert_eq!(none, json!({ "columns": ["x"], "rows": [] }));
    let many = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1003)
                SELECT n FROM c";
    let text = runs.aether(&["sql", "gf01", many]).with(0).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[2], lines[1004]), (1005, "   1", "1003"));
}

#[test]
fn a_query_can_come_from_standard_input() {
    let runs = Runs::of(&["gf01"]);
    let file = runs.file("query.sql");
    std::fs::write(&file, "SELECT count(*) AS n\nFROM state\nWHERE tick = 8;\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_aether"))
        .args(["sql", "gf01", "-", "--as", "csv", "--runs-dir"])
        .arg(runs.directory())
        .stdin(std::fs::File::open(file).unwrap())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "n\n6\n",
        "{output:?}"
    );
}

#[test]
fn the_run_has_its_stored_name() {
    let runs = Runs::new();
    runs.aether(&["run", "gf01", "--run-id", "trial-7"]).with(0);
    let found = rows(&runs, "trial-7", "SELECT name, run_id, status FROM run");
    assert_eq!(found, [json!(["trial-7", "GF01", "complete"])]);
    let plain = rows(&runs, "trial-7", "SELECT * FROM main.run");
    let with_name = rows(&runs, "trial-7", "SELECT * FROM run");
    assert_eq!(len_of(&plain[0]) + 1, len_of(&with_name[0]));
    // A run is found by its path too.
    let path = runs
        .directory()
        .join("trial-7.aether")
        .display()
        .to_string();
    assert_eq!(
        rows(&runs, &path, "SELECT name FROM run"),
        [json!(["trial-7"])]
    );
}

fn len_of(row: &Value) -> usize {
    super::len(row)
}

#[test]
fn a_failed_run_has_the_ticks_that_it_stored() {
    let runs = Runs::new();
    let ended = runs
        .aether(&["run", "overflow", "--format", "json"])
        .with(2)
        .json();
    let sql = "SELECT max(tick) FROM state";
    assert_eq!(
        rows(&runs, "overflow", sql),
        [json!([ended["ticks_recorded"]])]
    );
}

/// Every query of the page that needs `aether sql` runs and gives rows.
#[test]
fn the_queries_of_the_page_run() {
    let runs = ring(7, 120);
    let page = std::fs::read_to_string(super::root().join("docs/run-file.md")).unwrap();
    let mut count = 0;
    for block in page.split("\n```sql aether\n").skip(1) {
        let (sql, _) = block.split_once("\n```").unwrap();
        assert!(!rows(&runs, "ring", sql).is_empty(), "{sql}");
        count += 1;
    }
    assert!(count >= 3, "{count} queries");
}
