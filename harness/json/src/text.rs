//! One JSON value as text.

use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Number, Value};

use super::layout::{quoted, write_compact};
use super::{Parser, Tree};

/// One JSON value, held as compact text with sorted keys and numbers as they were spelled.
///
/// ```
/// use aether_json::Json;
/// let value = Json::parse(r#"{ "b": 1.0, "a": 1e5 }"#).expect("valid");
/// assert_eq!(value.as_str(), r#"{"a":1e5,"b":1.0}"#);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Json(Box<str>);

impl Json {
    /// Reads a value from JSON text; `None` where the text is not one JSON value.
    pub fn parse(text: &str) -> Option<Self> {
        let tree = Parser::document(text).ok()?;
        Some(Self::from_tree(&tree))
    }

    /// A string value.
    pub fn string(text: &str) -> Self {
        Self(quoted(text).into())
    }

    /// The value's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value as `serde_json` has it, its numbers still as spelled.
    pub fn to_value(&self) -> Value {
        Parser::document(&self.0).map_or(Value::Null, |tree| tree_to_value(&tree))
    }

    /// A slice of a document. What is not JSON after all is kept as a string of its text, so that
    /// a report never shows less than there was.
    pub fn from_raw(raw: &str) -> Self {
        Self::parse(raw).unwrap_or_else(|| Self::string(raw))
    }

    /// A count or a position.
    pub fn count(count: usize) -> Self {
        Self(count.to_string().into())
    }

    fn from_tree(tree: &Tree<'_>) -> Self {
        let mut out = Vec::new();
        write_compact(tree, &mut out);
        // The writer only joins strings and ASCII.
        Self(String::from_utf8_lossy(&out).into())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self::from_raw(&value.to_string()))
    }
}

/// The `serde_json` value of a tree.
pub fn tree_to_value(tree: &Tree<'_>) -> Value {
    match tree {
        Tree::Atom("null") => Value::Null,
        Tree::Atom("true") => Value::Bool(true),
        Tree::Atom("false") => Value::Bool(false),
        Tree::Atom(number) => Value::Number(Number::from_string_unchecked((*number).to_owned())),
        Tree::String(text) => Value::String(text.clone().into_owned()),
        Tree::Array(elements) => Value::Array(elements.iter().map(tree_to_value).collect()),
        Tree::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| (key.clone().into_owned(), tree_to_value(value)))
                .collect::<Map<_, _>>(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_serde_as_spelled() {
        for text in [
            "null",
            "1e5",
            "-0",
            "1.0",
            r#"{"a":[1,"é\n",true],"b":{}}"#,
            r#"{"$serde_json::private::Number":"1"}"#,
        ] {
            let json = Json::parse(text).unwrap();
            assert_eq!(serde_json::to_string(&json).unwrap(), text);
        }
        let text = r#"{"a":[1,1.0]}"#;
        assert_eq!(serde_json::from_str::<Json>(text).unwrap().as_str(), text);
    }

    #[test]
    fn what_is_not_json_becomes_its_text() {
        assert_eq!(Json::from_raw("{1").as_str(), "\"{1\"");
    }
}
