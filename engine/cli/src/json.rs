//! [`JsonText`]: the JSON that commands print. A record is part of it as its canonical text, which
//! is JSON already.

use std::collections::BTreeMap;
use std::io::{self, Write};

use aether_engine::record::FromText;
use aether_json::layout::quoted;
use aether_json::{Json, Value};

/// A piece that is longer than this is not joined with another.
const PIECE_SIZE: usize = 1 << 16;

/// A value as JSON text without white space, the keys of each object in order; in pieces, so that
/// a large record is never copied.
#[derive(Default)]
pub(crate) struct JsonText(Vec<String>);

impl JsonText {
    /// A record.
    pub(crate) fn of(record: &impl FromText) -> Self {
        Self::canonical(record.to_text())
    }

    /// Text that this program wrote as canonical JSON.
    pub(crate) fn canonical(text: impl Into<String>) -> Self {
        Self(vec![text.into()])
    }

    /// Text from a file, which may be damaged. If it is not JSON, it becomes a string, so that a
    /// result never shows less than the file holds.
    pub(crate) fn found(text: &str) -> Self {
        let json = Json::from_raw(text);
        Self::canonical(json.as_str())
    }

    /// An object with more members.
    pub(crate) fn with<'m>(
        object: Value,
        members: impl IntoIterator<Item = (&'m str, Self)>,
    ) -> Self {
        let Value::Object(object) = object else {
            unreachable!("members are added to objects");
        };
        let values = object.into_iter().map(|(key, value)| (key, value.into()));
        let members = members.into_iter();
        let members = members.map(|(key, text)| (key.to_owned(), text));
        values.chain(members).collect::<BTreeMap<_, _>>().into()
    }

    fn push(&mut self, piece: String) {
        match self.0.last_mut() {
            Some(last) if last.len() + piece.len() <= PIECE_SIZE => last.push_str(&piece),
            _ => self.0.push(piece),
        }
    }

    fn append(&mut self, text: Self) {
        for piece in text.0 {
            self.push(piece);
        }
    }

    /// Writes the text over several lines, indented by two spaces.
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
    pub(crate) fn write_pretty(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut layout = Layout::default();
        let mut lines = Vec::with_capacity(PIECE_SIZE);
        for piece in &self.0 {
            for bytes in piece.as_bytes().chunks(PIECE_SIZE / 4) {
                layout.write(bytes, &mut lines);
                out.write_all(&lines)?;
                lines.clear();
            }
        }
        Ok(())
    }
}

/// Where in a text its layout is.
#[derive(Default)]
struct Layout {
    level: usize,
    /// Whether the last byte opened an object or an array.
    opened: bool,
    in_string: bool,
    escaped: bool,
}

impl Layout {
    fn write(&mut self, text: &[u8], lines: &mut Vec<u8>) {
        for &byte in text {
            if self.in_string {
                lines.push(byte);
                self.in_string = self.escaped || byte != b'"';
                self.escaped = !self.escaped && byte == b'\\';
                continue;
            }
            let closes = matches!(byte, b'}' | b']');
            match std::mem::take(&mut self.opened) {
                true if closes => {
                    lines.push(byte);
                    continue;
                }
                true => {
                    self.level += 1;
                    self.line(lines);
                }
                false if closes => {
                    self.level -= 1;
                    self.line(lines);
                }
                false => {}
            }
            lines.push(byte);
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.opened = true,
                b',' => self.line(lines),
                b':' => lines.push(b' '),
                _ => {}
            }
        }
    }

    fn line(&self, lines: &mut Vec<u8>) {
        lines.push(b'\n');
        lines.extend(std::iter::repeat_n(b' ', 2 * self.level));
    }
}

impl From<Value> for JsonText {
    fn from(value: Value) -> Self {
        Self::canonical(value.to_string())
    }
}

impl From<BTreeMap<String, Self>> for JsonText {
    fn from(members: BTreeMap<String, Self>) -> Self {
        let mut object = Self::default();
        for (key, text) in members {
            let before = if object.0.is_empty() { '{' } else { ',' };
            object.push(format!("{before}{}:", quoted(&key)));
            object.append(text);
        }
        let end = if object.0.is_empty() { "{}" } else { "}" };
        object.push(end.to_owned());
        object
    }
}

/// An array.
impl FromIterator<Self> for JsonText {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        let mut array = Self::default();
        for item in items {
            let before = if array.0.is_empty() { "[" } else { "," };
            array.push(before.to_owned());
            array.append(item);
        }
        let end = if array.0.is_empty() { "[]" } else { "]" };
        array.push(end.to_owned());
        array
    }
}

#[cfg(test)]
mod tests {
    use aether_json::json;

    use super::*;

    fn pretty(text: &JsonText) -> String {
        let mut lines = Vec::new();
        text.write_pretty(&mut lines).unwrap();
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn the_layout_is_that_of_a_value() {
        let long = "é\"\\".repeat(PIECE_SIZE);
        for value in [
            json!({}),
            json!([]),
            json!(-1.5),
            json!({ "a": [1, [], {}, [[null]]], "b\"\\:,{": "{\"x\": [1, 2]}\\", "c": { "d": "é\n" } }),
            json!([long, { "a": long }, []]),
        ] {
            assert_eq!(pretty(&value.clone().into()), format!("{value:#}"));
        }
    }

    #[test]
    fn members_and_items_are_joined_in_order() {
        let long = "x".repeat(PIECE_SIZE);
        let items = [json!(1), json!(long), json!(2)];
        let array: JsonText = items.iter().cloned().map(JsonText::from).collect();
        assert_eq!(array.0.len(), 3, "the long item is a piece of its own");
        let object = JsonText::with(json!({ "a": 1, "c": 2 }), [("b", array)]);
        let expected = json!({ "a": 1, "b": items, "c": 2 });
        assert_eq!(object.0.concat(), expected.to_string());
        let none: JsonText = BTreeMap::new().into();
        assert_eq!(pretty(&none), "{}");
        assert_eq!(pretty(&[].into_iter().collect()), "[]");
    }

    #[test]
    fn damaged_text_is_shown() {
        let shown = |text: &str| JsonText::found(text).0.concat();
        assert_eq!(shown(r#"{"a":1}"#), r#"{"a":1}"#);
        assert_eq!(shown(r#"{"a":1"#), r#""{\"a\":1""#);
    }
}
