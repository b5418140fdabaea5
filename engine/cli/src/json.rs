//! [`JsonText`]: the JSON that commands print. A record is part of it as its canonical text, which
//! is JSON already.

use std::collections::BTreeMap;

use aether_engine::record::FromText;
use aether_json::layout::quoted;
use aether_json::{Json, Value};

/// A value as JSON text without white space, the keys of each object in order.
pub(crate) struct JsonText(String);

impl JsonText {
    /// A record.
    pub(crate) fn of(record: &impl FromText) -> Self {
        Self(record.to_text())
    }

    /// Text that this program wrote as canonical JSON.
    pub(crate) fn canonical(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Text from a file, which may be damaged. If it is not JSON, it becomes a string, so that a
    /// result never shows less than the file holds.
    pub(crate) fn found(text: &[u8]) -> Self {
        let json = Json::from_raw(&String::from_utf8_lossy(text));
        Self(json.as_str().to_owned())
    }

    /// An object with more members.
    pub(crate) fn with<const N: usize>(object: Value, members: [(&str, Self); N]) -> Self {
        let Value::Object(object) = object else {
            unreachable!("members are added to objects");
        };
        let values = object.into_iter().map(|(key, value)| (key, value.into()));
        let members = members.map(|(key, text)| (key.to_owned(), text));
        values.chain(members).collect::<BTreeMap<_, _>>().into()
    }

    /// The text over several lines, indented by two spaces.
    ///
    /// ```text
    /// {"a":[1,2],"b":{}}   becomes   {
    ///                                  "a": [
    ///                                    1,
    ///                                    2
    ///                                  ],
    ///                                  "b": {}
    ///                                }
    /// ```
    pub(crate) fn pretty(&self) -> String {
        let mut pretty = String::with_capacity(2 * self.0.len());
        let mut level = 0;
        let mut characters = self.0.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' => {
                    pretty.push('"');
                    while let Some(inside) = characters.next() {
                        pretty.push(inside);
                        match inside {
                            '\\' => pretty.extend(characters.next()),
                            '"' => break,
                            _ => {}
                        }
                    }
                }
                '{' | '[' => {
                    pretty.push(character);
                    match characters.next_if(|next| matches!(next, '}' | ']')) {
                        Some(close) => pretty.push(close),
                        None => {
                            level += 1;
                            line(&mut pretty, level);
                        }
                    }
                }
                '}' | ']' => {
                    level -= 1;
                    line(&mut pretty, level);
                    pretty.push(character);
                }
                ',' => {
                    pretty.push(',');
                    line(&mut pretty, level);
                }
                ':' => pretty.push_str(": "),
                other => pretty.push(other),
            }
        }
        pretty
    }
}

fn line(text: &mut String, level: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", level));
}

impl From<Value> for JsonText {
    fn from(value: Value) -> Self {
        Self(value.to_string())
    }
}

impl From<BTreeMap<String, Self>> for JsonText {
    fn from(members: BTreeMap<String, Self>) -> Self {
        let members = members.iter();
        let members = members.map(|(key, text)| format!("{}:{}", quoted(key), text.0));
        Self(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
    }
}

/// An array.
impl FromIterator<Self> for JsonText {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        let items: Vec<String> = items.into_iter().map(|item| item.0).collect();
        Self(format!("[{}]", items.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use aether_json::json;

    use super::*;

    #[test]
    fn the_layout_is_that_of_a_value() {
        for value in [
            json!({}),
            json!([]),
            json!(-1.5),
            json!({ "a": [1, [], {}, [[null]]], "b\"\\:,{": "{\"x\": [1, 2]}\\", "c": { "d": "é\n" } }),
        ] {
            assert_eq!(JsonText::from(value.clone()).pretty(), format!("{value:#}"));
        }
    }

    #[test]
    fn members_are_added_in_order() {
        let array: JsonText = [1, 2]
            .map(|number| json!(number).into())
            .into_iter()
            .collect();
        let object = JsonText::with(json!({ "a": 1, "c": 2 }), [("b", array)]);
        assert_eq!(object.0, r#"{"a":1,"b":[1,2],"c":2}"#);
    }

    #[test]
    fn damaged_text_is_shown() {
        let shown = |text: &[u8]| JsonText::found(text).0;
        assert_eq!(shown(br#"{"a":1}"#), r#"{"a":1}"#);
        assert_eq!(shown(br#"{"a":1"#), r#""{\"a\":1""#);
        assert_eq!(shown(b"\xff"), "\"\u{fffd}\"");
    }
}
