//! CSV and TSV: one record per row.

use std::collections::{BTreeMap, BTreeSet};

use aether_json::Value;

use super::spelled;

/// How a table is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) delimiter: u8,
    /// Whether the first row has the names of the columns; else they are `c1`, `c2` and so on.
    pub(crate) has_header: bool,
}

/// The rows as objects. Cells keep their spelling; those spelled as JSON numbers are numbers.
///
/// # Errors
/// What is wrong, with the row.
pub(crate) fn read(text: &str, table: Table) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(table.delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut names: Option<Vec<String>> = None;
    let mut records = Vec::new();
    for (row, cells) in (1..).zip(reader.records()) {
        let cells = cells.map_err(|error| format!("row {row}: {error}"))?;
        let Some(names) = &names else {
            if table.has_header {
                let header: Vec<String> = cells.iter().map(str::to_owned).collect();
                refuse_header(&header)?;
                names = Some(header);
                continue;
            }
            let columns: Vec<String> = (1..=cells.len()).map(|n| format!("c{n}")).collect();
            records.push(record(&columns, &cells));
            names = Some(columns);
            continue;
        };
        if cells.len() != names.len() {
            return Err(format!(
                "row {row} has {} cells, but the first row has {}",
                cells.len(),
                names.len()
            ));
        }
        records.push(record(names, &cells));
    }
    Ok(Value::Array(records))
}

fn record(names: &[String], cells: &csv::StringRecord) -> Value {
    let members: BTreeMap<String, Value> = names
        .iter()
        .zip(cells)
        .map(|(name, cell)| (name.clone(), spelled(cell)))
        .collect();
    Value::Object(members)
}

fn refuse_header(header: &[String]) -> Result<(), String> {
    const REMEDY: &str = "name each column once, or set header = false";
    let mut seen = BTreeSet::new();
    for (column, name) in (1..).zip(header) {
        if name.is_empty() {
            return Err(format!("row 1: column {column} has no name; {REMEDY}"));
        }
        if !seen.insert(name) {
            return Err(format!(
                "row 1: two columns have the name {name:?}; {REMEDY}"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aether_json::json;

    const CSV: Table = Table {
        delimiter: b',',
        has_header: true,
    };

    #[test]
    fn rows_are_records_and_cells_keep_their_spelling() {
        let text = "\u{feff}id,name,x\n1,\"a, b\",1.50\n007,\"say \"\"x\"\"\",\n";
        assert_eq!(
            read(text, CSV).unwrap(),
            json!([
                {"id": 1, "name": "a, b", "x": spelled("1.50")},
                {"id": "007", "name": "say \"x\"", "x": ""}
            ])
        );
        assert_eq!(read("a,b\n", CSV).unwrap(), json!([]));
        assert_eq!(read("", CSV).unwrap(), json!([]));
        let bare = Table {
            delimiter: b'\t',
            has_header: false,
        };
        assert_eq!(
            read("1\tx\r\n", bare).unwrap(),
            json!([{"c1": 1, "c2": "x"}])
        );
    }

    #[test]
    fn problems_name_the_row() {
        let check = |text: &str, expected: &str| {
            let error = read(text, CSV).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        };
        check(
            "a,b\n1,2\n3\n",
            "row 3 has 1 cells, but the first row has 2",
        );
        check("a,a\n", "row 1: two columns have the name \"a\"");
        check("a,\n1,2\n", "row 1: column 2 has no name");
    }
}
