//! Records as CSV tables: one row per record, vectors as numbered columns.

use std::collections::BTreeMap;

use std::collections::BTreeSet;
use std::io::Write;

use aether_engine::record::UmxLedger;
use aether_engine::run::RecordKind;
use aether_engine::store::{StoreError, StoredRecord, StoredRun};
use aether_json::Value;

use crate::exit::Failure;

/// Writes the table of one kind. The `edges` of ledgers are left to [`write_edges`]; any other list
/// of objects is one cell of JSON.
pub(super) fn write_records(
    run: &StoredRun,
    kind: RecordKind,
    sink: &mut dyn Write,
) -> Result<(), Failure> {
    let mut columns = Columns::default();
    for record in run.records(kind) {
        columns.see(&row(run, kind, record)?);
    }
    let mut table = csv::Writer::from_writer(sink);
    table.write_record(&columns.order).map_err(failed)?;
    for record in run.records(kind) {
        let row = row(run, kind, record)?;
        let cells = columns.order.iter().map(|column| {
            row.iter()
                .find(|(name, _)| name == column)
                .map_or("", |(_, cell)| cell.as_str())
        });
        table.write_record(cells).map_err(failed)?;
    }
    Ok(table.flush()?)
}

/// Writes the edges of all ledgers, one row per tick and edge.
pub(super) fn write_edges(run: &StoredRun, sink: &mut dyn Write) -> Result<(), Failure> {
    let mut table = csv::Writer::from_writer(sink);
    let columns = ["tick", "e_id", "i", "j", "du", "raw", "cap", "f_e"];
    table.write_record(columns).map_err(failed)?;
    for ledger in run.values::<UmxLedger>() {
        let ledger = ledger?;
        for edge in &ledger.edges {
            let row = [
                ledger.tick.to_string(),
                edge.e_id.to_string(),
                edge.i.to_string(),
                edge.j.to_string(),
                edge.du.to_string(),
                edge.raw.to_string(),
                edge.cap.to_string(),
                edge.f_e.to_string(),
            ];
            table.write_record(row).map_err(failed)?;
        }
    }
    Ok(table.flush()?)
}

/// The columns of a table, in the order of their first appearance.
#[derive(Default)]
struct Columns {
    order: Vec<String>,
    seen: BTreeSet<String>,
}

impl Columns {
    fn see(&mut self, row: &[(String, String)]) {
        for (column, _) in row {
            if !self.seen.contains(column) {
                self.seen.insert(column.clone());
                self.order.push(column.clone());
            }
        }
    }
}

/// The cells of a record, each with its column: `{"tick":1,"post_u":[4,2]}` becomes `tick` 1,
/// `post_u_1` 4, `post_u_2` 2.
fn row(
    run: &StoredRun,
    kind: RecordKind,
    record: Result<StoredRecord, StoreError>,
) -> Result<Vec<(String, String)>, Failure> {
    let record = record?;
    let mut members: BTreeMap<String, Value> =
        aether_json::from_slice(&record.text).map_err(|error| {
            let (path, kind, position) = (run.path().display(), kind.name(), record.position);
            Failure::Damaged(format!(
                "{path} is damaged: `{kind}` {position} cannot be read: {error}"
            ))
        })?;
    members.remove("edges");
    let mut cells = Vec::new();
    flatten("", &members, &mut cells);
    Ok(cells)
}

fn flatten(prefix: &str, members: &BTreeMap<String, Value>, cells: &mut Vec<(String, String)>) {
    for (key, value) in members {
        let column = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            Value::Object(members) => flatten(&column, members, cells),
            Value::Array(items) if items.iter().all(|item| item.as_object().is_none()) => {
                let numbered = (1..).zip(items);
                cells.extend(numbered.map(|(n, item)| (format!("{column}_{n}"), cell(item))));
            }
            _ => cells.push((column, cell(value))),
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn failed(error: csv::Error) -> Failure {
    Failure::Io("the table could not be written".to_owned(), error.into())
}
