//! Every query gives the rows that the same query gives over an ordinary table with the same rows,
//! and asks for no more keys than its conditions allow.

use std::sync::{Arc, Mutex};

use super::*;

const FIRSTS: i64 = 12;
const SECONDS: i64 = 7;

/// Rows (a, b, name of b, a · 10 + b); remembers what it was asked for.
struct Grid(Arc<Mutex<Vec<Ranges>>>);

struct Cursor {
    asked: Arc<Mutex<Vec<Ranges>>>,
    ranges: Ranges,
    keys: Option<[i64; 2]>,
    name: Option<String>,
}

/// The second key 3 has no name.
fn name(b: i64) -> Option<String> {
    (b != 3).then(|| format!("n{b}"))
}

impl Table for Grid {
    type Rows = Cursor;

    fn columns(&self) -> &[Column] {
        &[
            ("a", "INTEGER"),
            ("b", "INTEGER"),
            ("name", "TEXT"),
            ("v", "INTEGER"),
        ]
    }

    fn counts(&self) -> [u64; 2] {
        [FIRSTS as u64, SECONDS as u64]
    }

    fn rows(&self) -> Cursor {
        Cursor {
            asked: Arc::clone(&self.0),
            ranges: Ranges::default(),
            keys: None,
            name: None,
        }
    }

    fn name_column(&self) -> Option<usize> {
        Some(2)
    }

    fn named(&self, text: &str) -> Option<i64> {
        (1..=SECONDS).find(|&b| name(b).as_deref() == Some(text))
    }
}

impl Rows for Cursor {
    fn seek(&mut self, ranges: Ranges) -> Result<(), String> {
        self.asked.lock().unwrap().push(ranges.clone());
        self.ranges = ranges.within([0..=FIRSTS - 1, 1..=SECONDS]);
        self.keys = self.ranges.first();
        self.name = self.keys.and_then(|[_, b]| name(b));
        Ok(())
    }

    fn advance(&mut self) -> Result<(), String> {
        self.keys = self.keys.and_then(|keys| self.ranges.after(keys));
        self.name = self.keys.and_then(|[_, b]| name(b));
        match self.keys {
            Some([11, 7]) => Err("the last row is broken".to_owned()),
            _ => Ok(()),
        }
    }

    fn keys(&self) -> Option<[i64; 2]> {
        self.keys
    }

    fn value(&self, column: usize) -> Value<'_> {
        let [a, b] = self.keys.unwrap();
        match column {
            2 => self.name.as_deref().map_or(Value::Null, Value::Text),
            3 => Value::Integer(a * 10 + b),
            _ => unreachable!("not a column"),
        }
    }
}

type Asked = Arc<Mutex<Vec<Ranges>>>;

/// A connection with the table as `grid`, and the same rows as an ordinary table `plain`, without the
/// broken row.
fn both() -> (Connection, Asked) {
    let connection = Connection::open_in_memory().unwrap();
    let asked = Asked::default();
    attach(&connection, "grid", Grid(Arc::clone(&asked))).unwrap();
    let sql = "CREATE TABLE plain (a INTEGER, b INTEGER, name TEXT, v INTEGER)";
    connection.execute_batch(sql).unwrap();
    let mut insert = connection
        .prepare("INSERT INTO plain VALUES (?, ?, ?, ?)")
        .unwrap();
    for a in 0..FIRSTS {
        for b in 1..=SECONDS {
            insert.execute((a, b, name(b), a * 10 + b)).unwrap();
        }
    }
    drop(insert);
    (connection, asked)
}

fn rows(connection: &Connection, sql: &str) -> Vec<String> {
    let mut select = connection.prepare(sql).unwrap();
    let columns = select.column_count();
    let rows = select.query_map([], |row| {
        let values = (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at).unwrap());
        Ok(format!("{:?}", values.collect::<Vec<_>>()))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Conditions on the keys, most of which are not about integers.
const CONDITIONS: [&str; 44] = [
    "a = 3",
    "a > 3",
    "a >= 3",
    "a < 3",
    "a <= 3",
    "a <> 3",
    "a IS 3",
    "a IS NOT 3",
    "a = 3.0",
    "a = 3.5",
    "a > 3.5",
    "a >= 3.5",
    "a < 3.5",
    "a <= 3.5",
    "a > -1e300",
    "a < 1e300",
    "a > 1e300",
    "a < -1e300",
    "a = 1e300",
    "a > 9223372036854775807",
    "a < -9223372036854775808",
    "a >= 9223372036854775807",
    "a = '3'",
    "a > '3'",
    "a < '3'",
    "a < 'x'",
    "a > 'x'",
    "a = x'33'",
    "a < x'33'",
    "a = NULL",
    "a > NULL",
    "a IS NULL",
    "a IN (9, 2, 2, NULL)",
    "a BETWEEN 2 AND 4",
    "a = 2 OR a = 9",
    "+a = 3",
    "a = 3 AND a = 4",
    "a > 2 AND a > 5 AND a < 8",
    "NOT a > 3",
    "a + 0 = 3",
    "a = (SELECT max(a) FROM plain) - 2",
    "a = b",
    "a = v % 10",
    "a LIKE '1%'",
];

#[test]
fn a_query_gives_the_rows_of_an_ordinary_table() {
    let (connection, _) = both();
    let of_name = [
        "name = 'n5'",
        "name = 'n3'",
        "name = 'N5'",
        "name = 'N5' COLLATE NOCASE",
        "name = NULL",
        "name IS NULL",
        "name > 'n5'",
        "name = 5",
        "name = x'6e35'",
        "name IN ('n1', 'n6', 'x')",
    ];
    let of_a = CONDITIONS.map(str::to_owned);
    let of_b = CONDITIONS.map(|condition| {
        condition
            .replace("(SELECT max(a)", "(SELECT max(b)")
            .replace("a ", "b ")
            .replace("a = b", "b = a")
    });
    let all: Vec<String> = of_a
        .into_iter()
        .chain(of_b)
        .chain(of_name.map(str::to_owned))
        .collect();
    let orders = [
        "a, b",
        "a",
        "a DESC, b",
        "b, a",
        "a, b DESC",
        "a, b, v DESC",
        "v DESC",
        "b",
    ];
    for (place, condition) in all.iter().enumerate() {
        // The broken row is not reached.
        let other = &all[(place * 7 + 3) % all.len()];
        for condition in [condition.clone(), format!("({condition}) AND ({other})")] {
            let order = orders[place % orders.len()];
            let query = |table: &str| {
                format!(
                    "SELECT * FROM {table} WHERE ({condition}) AND a < 11 ORDER BY {order}, a, b"
                )
            };
            let found = rows(&connection, &query("grid"));
            assert_eq!(found, rows(&connection, &query("plain")), "{condition}");
        }
    }
}

#[test]
fn joins_groups_and_limits_are_those_of_an_ordinary_table() {
    let (connection, _) = both();
    for sql in [
        "SELECT a, sum(v), count(name) FROM T WHERE a < 11 GROUP BY a",
        "SELECT b, max(v) FROM T WHERE a < 11 GROUP BY b HAVING max(v) > 104",
        "SELECT x.a, x.v, y.v FROM T x JOIN T y ON y.a = x.a - 1 AND y.b = x.b WHERE x.a < 11",
        "SELECT x.a, y.a FROM T x LEFT JOIN T y ON y.a = x.a + 9 AND y.b = 1 WHERE x.b = 1 AND x.a < 2",
        "SELECT DISTINCT b FROM T WHERE a BETWEEN 3 AND 5 ORDER BY b",
        "SELECT v FROM T WHERE a = 4 ORDER BY b LIMIT 3 OFFSET 2",
        "SELECT v FROM T LIMIT 5",
        "SELECT v FROM T WHERE a IN (5, 2) ORDER BY a, b",
        "SELECT v FROM T WHERE a = 5 AND b IN (4, 2) ORDER BY b",
        "SELECT v FROM T WHERE a IN (SELECT value FROM json_each('[7, 1]')) AND name = 'n2' ORDER BY a",
        "SELECT count(*) FROM T x, T y WHERE x.a = y.b AND x.b = y.a AND x.a < 9 AND y.a < 9",
    ] {
        let query = |table: &str| sql.replace(" T ", &format!(" {table} "));
        let query = |table: &str| {
            query(table)
                .replace(" T\n", table)
                .replace(" T,", &format!(" {table},"))
        };
        let found = rows(&connection, &query("grid"));
        assert_eq!(found, rows(&connection, &query("plain")), "{sql}");
    }
}

#[track_caller]
fn asks(sql: &str, expected: &[[RangeInclusive<i64>; 2]]) {
    let (connection, asked) = both();
    rows(&connection, sql);
    let asked: Vec<_> = asked
        .lock()
        .unwrap()
        .iter()
        .map(|ranges| ranges.0.clone())
        .collect();
    assert_eq!(asked, expected, "{sql}");
}

#[test]
fn only_what_a_condition_allows_is_asked_for() {
    const ALL: RangeInclusive<i64> = i64::MIN..=i64::MAX;
    asks("SELECT v FROM grid WHERE a = 5", &[[5..=5, ALL]]);
    asks(
        "SELECT v FROM grid WHERE a BETWEEN 3 AND 4",
        &[[3..=4, ALL]],
    );
    asks(
        "SELECT v FROM grid WHERE a > 3 AND a < 5 AND b = 2",
        &[[4..=4, 2..=2]],
    );
    asks(
        "SELECT v FROM grid WHERE a > 2.5 AND a <= 4",
        &[[2..=4, ALL]],
    );
    asks(
        "SELECT v FROM grid WHERE a < 3 AND name = 'n5'",
        &[[i64::MIN..=2, 5..=5]],
    );
    asks(
        "SELECT v FROM grid WHERE a IN (3, 8)",
        &[[3..=3, ALL], [8..=8, ALL]],
    );
    asks(
        "SELECT v FROM grid WHERE a = 2 OR a = 9",
        &[[2..=2, ALL], [9..=9, ALL]],
    );
    asks(
        "SELECT v FROM grid WHERE a = 4 ORDER BY b LIMIT 1",
        &[[4..=4, ALL]],
    );
}

#[test]
fn a_row_that_cannot_be_computed_ends_the_query() {
    let (connection, _) = both();
    let sum: rusqlite::Result<i64> =
        connection.query_row("SELECT sum(v) FROM grid", [], |row| row.get(0));
    let error = sum.unwrap_err().to_string();
    assert!(error.contains("the last row is broken"), "{error}");
}

#[test]
fn a_table_is_read_only() {
    let (connection, _) = both();
    for sql in [
        "DELETE FROM grid",
        "INSERT INTO grid VALUES (1, 1, 'x', 1)",
        "DROP TABLE grid",
    ] {
        assert!(connection.execute_batch(sql).is_err(), "{sql}");
    }
}
