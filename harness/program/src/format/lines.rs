//! Text: one string per line, or one record per line that a regular expression matches.

use std::collections::BTreeMap;

use aether_json::{Value, json};
use regex::Regex;

use super::spelled;

/// The lines of a text. A carriage return is part of its line. A last line without a line feed is
/// followed by a record that says so.
pub(crate) fn read(text: &str, record: Option<&Regex>) -> Value {
    let mut values: Vec<Value> = Vec::new();
    for line in text.split_inclusive('\n') {
        let bare = line.strip_suffix('\n');
        values.push(value_of(bare.unwrap_or(line), record));
        if bare.is_none() {
            values.push(json!({ "no_final_newline": true }));
        }
    }
    Value::Array(values)
}

/// A regular expression for whole lines: what it leaves out would go unnoticed.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn record(pattern: &str) -> Result<Regex, String> {
    // By itself first, so that the message shows what was written.
    Regex::new(pattern).map_err(|error| error.to_string())?;
    let whole = Regex::new(&format!("^(?:{pattern})$")).map_err(|error| error.to_string())?;
    if whole.capture_names().flatten().next().is_none() {
        return Err(
            "record needs groups with names, such as (?P<name>\\S+): they become the members"
                .to_owned(),
        );
    }
    Ok(whole)
}

fn value_of(line: &str, record: Option<&Regex>) -> Value {
    let Some((record, groups)) = record.and_then(|record| Some((record, record.captures(line)?)))
    else {
        return Value::from(line);
    };
    let members: BTreeMap<String, Value> = record
        .capture_names()
        .flatten()
        .map(|name| {
            let value = groups.name(name);
            let value = value.map_or(Value::Null, |group| spelled(group.as_str()));
            (name.to_owned(), value)
        })
        .collect();
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_string_with_all_its_characters() {
        assert_eq!(read("a\r\n\n b \n", None), json!(["a\r", "", " b "]));
        assert_eq!(
            read("a\nb", None),
            json!(["a", "b", {"no_final_newline": true}])
        );
        assert_eq!(read("", None), json!([]));
    }

    #[test]
    fn lines_that_match_are_records() {
        let record = record(r"(?P<t>\d+) (?P<name>\S+)( (?P<v>.*))?").unwrap();
        assert_eq!(
            read("start\n1 a 2.50\n02 b\n3 c", Some(&record)),
            json!([
                "start",
                {"t": 1, "name": "a", "v": spelled("2.50")},
                {"t": "02", "name": "b", "v": null},
                {"t": 3, "name": "c", "v": null},
                {"no_final_newline": true}
            ])
        );
    }

    #[test]
    fn a_record_covers_its_whole_line() {
        let record = record(r"a=(?P<a>\d+)").unwrap();
        assert_eq!(read("a=1 b=2\n", Some(&record)), json!(["a=1 b=2"]));
        assert!(super::record("(").unwrap_err().contains("unclosed group"));
        assert!(
            super::record("a")
                .unwrap_err()
                .contains("groups with names")
        );
    }
}
