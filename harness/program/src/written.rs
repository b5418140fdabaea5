//! Writes a changed document in its format.

use std::path::Path;

use aether_harness::{Failure, Stored};
use aether_json::Value;

use crate::inputs::stored::{self, Structure};

/// Why a changed document is refused.
pub(crate) fn not_written(name: &str) -> Failure {
    Failure::invalid(format!("{name} cannot be written with a value changed"))
}

/// A document as its format writes it, in place of these bytes; `None` if the value cannot be written so.
pub(crate) fn text_of(path: &Path, before: &[u8], value: &Value, format: u32) -> Option<String> {
    if format == 1 {
        return match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Some(value.to_string()),
            Some("toml") => toml::to_string(&in_toml(value)?).ok(),
            _ => value.as_str().map(str::to_owned),
        };
    }
    match stored::of_bytes(path, before).stored {
        Stored::Digest => None,
        Stored::Lines => lines(value),
        Stored::Structure => match Structure::of(path)? {
            Structure::Json => Some(value.to_string()),
            Structure::JsonLines => {
                let records = value.as_array()?.iter();
                Some(records.map(|record| format!("{record}\n")).collect())
            }
            Structure::Toml => toml::to_string(&in_toml(value)?).ok(),
            // JSON is YAML, but for the values that JSON does not have.
            Structure::Yaml => (!has_member(value, "yaml")).then(|| value.to_string()),
            Structure::Table { delimiter } => table(before, value, delimiter),
        },
    }
}

fn has_member(value: &Value, name: &str) -> bool {
    match value {
        Value::Array(values) => values.iter().any(|value| has_member(value, name)),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| key == name || has_member(value, name)),
        _ => false,
    }
}

/// The text of lines as `format::lines` reads them.
fn lines(value: &Value) -> Option<String> {
    let mut text = String::new();
    for line in value.as_array()? {
        match line.as_str() {
            Some(line) => {
                text.push_str(line);
                text.push('\n');
            }
            // The last line has no end.
            None => {
                text.pop();
            }
        }
    }
    Some(text)
}

/// The rows in the order of the columns that the file has, but for columns that no row has any more.
fn table(before: &[u8], value: &Value, delimiter: u8) -> Option<String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(before);
    let names = reader.headers().ok()?.clone();
    let member = |name: &str| name.trim_start_matches('\u{feff}').to_owned();
    let rows = value.as_array()?;
    let has =
        |name: &&str| rows.is_empty() || rows.iter().any(|row| row.get(&member(name)).is_some());
    let names: Vec<&str> = names.iter().filter(has).collect();
    if names.is_empty() {
        return None;
    }
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(Vec::new());
    writer.write_record(&names).ok()?;
    for row in rows {
        let cells = names.iter().map(|name| {
            let cell = row.get(&member(name))?;
            let text = cell.as_str().map(str::to_owned);
            text.or_else(|| cell.as_number().map(ToString::to_string))
                .or_else(|| cell.as_bool().map(|cell| cell.to_string()))
        });
        writer
            .write_record(cells.collect::<Option<Vec<_>>>()?)
            .ok()?;
    }
    String::from_utf8(writer.into_inner().ok()?).ok()
}

/// The value in TOML; `None` if it has no such spelling.
fn in_toml(value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => toml::Value::Boolean(*value),
        Value::String(text) => toml::Value::String(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => toml::Value::Integer(whole),
            None => toml::Value::Float(number.as_f64()?),
        },
        Value::Array(values) => {
            toml::Value::Array(values.iter().map(in_toml).collect::<Option<_>>()?)
        }
        Value::Object(members) => {
            if let (1, Some(Value::String(spelled))) = (members.len(), members.get("toml")) {
                let table: toml::Table = format!("value = {spelled}").parse().ok()?;
                return table.get("value").cloned();
            }
            let members = members
                .iter()
                .map(|(name, value)| Some((name.clone(), in_toml(value)?)));
            toml::Value::Table(members.collect::<Option<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use aether_json::json;

    use super::*;

    #[test]
    fn a_changed_document_is_written_as_its_format_has_it() {
        let check = |name: &str, text: &str, expected: &str| {
            let path = Path::new(name);
            let value = stored::of_bytes(path, text.as_bytes()).value;
            assert_eq!(
                text_of(path, text.as_bytes(), &value, 2).as_deref(),
                Some(expected),
                "{name}"
            );
        };
        check("a.csv", "b,a\n1.50,\"x,y\"\n", "b,a\n1.50,\"x,y\"\n");
        check("a.jsonl", "{\"b\": 1}\n\n2\n", "{\"b\":1}\n2\n");
        check(
            "a.toml",
            "a = 1979-05-27\nb = inf\n",
            "a = 1979-05-27\nb = inf\n",
        );
        check("a.yaml", "a: [1]\n", "{\"a\":[1]}");
        check("a.txt", "one\r\n\ntwo", "one\r\n\ntwo");
    }

    #[test]
    fn a_table_may_lose_rows_and_columns() {
        let check = |rows: Value, expected: Option<&str>| {
            let before = b"b,a\n1,2\n3,4\n";
            let text = text_of(Path::new("a.csv"), before, &rows, 2);
            assert_eq!(text.as_deref(), expected, "{rows}");
        };
        check(json!([{"a": 4, "b": 3}]), Some("b,a\n3,4\n"));
        check(json!([{"a": 2}, {"a": 4}]), Some("a\n2\n4\n"));
        check(json!([]), Some("b,a\n"));
        // A cell cannot be missing, and a row cannot be without cells.
        check(json!([{"a": 2}, {"a": 4, "b": 3}]), None);
        check(json!([{}, {}]), None);
    }
}
