//! One JSON value as text.

use std::fmt;

use crate::layout::{quoted, write_compact};
use crate::{Fault, Parser, Tree, Value};

/// One JSON value, held as compact text with sorted keys and numbers as they were spelled.
///
/// ```
/// use aether_json::Json;
/// let value = Json::parse(r#"{ "b": 1.0, "a": 1e5 }"#).expect("valid JSON");
/// assert_eq!(value.as_str(), r#"{"a":1e5,"b":1.0}"#);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Json(Box<str>);

impl Json {
    /// Reads a value from JSON text.
    ///
    /// # Errors
    /// The first problem of a text that is not exactly one valid value.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Parser::document(text).map(|tree| Self::from(&tree))
    }

    /// A string value.
    #[must_use]
    pub fn string(text: &str) -> Self {
        Self(quoted(text).into())
    }

    /// A part of a document. If it is not JSON after all, its text as a string, so that a report
    /// never shows less than there was.
    #[must_use]
    pub fn from_raw(raw: &str) -> Self {
        Self::parse(raw).unwrap_or_else(|_| Self::string(raw))
    }

    /// The value's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value as a tree.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let tree = Parser::document(&self.0).expect("a `Json` holds the text of a valid value");
        Value::from(&tree)
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        /// A number, spelled in full.
        impl From<$integer> for Json {
            fn from(number: $integer) -> Self {
                Self(number.to_string().into())
            }
        }
    )*};
}
from_integers!(i32 i64 u32 u64 usize);

impl From<&Tree<'_>> for Json {
    fn from(tree: &Tree<'_>) -> Self {
        let mut out = Vec::new();
        write_compact(tree, &mut out);
        let text = String::from_utf8(out).expect("the writer joins strings and ASCII");
        Self(text.into())
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        Self(value.to_string().into())
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
            r#"{"$aether_json::exact":"1"}"#,
        ] {
            let json = Json::parse(text).unwrap();
            assert_eq!(crate::to_string(&json).unwrap(), text);
            assert_eq!(crate::from_str::<Json>(text).unwrap(), json);
        }
    }

    #[test]
    fn what_is_not_json_becomes_its_text() {
        let json = Json::from_raw("{1");
        assert_eq!(json.as_str(), "\"{1\"");
        assert_eq!(format!("{json} {json:?}"), "\"{1\" \"{1\"");
    }
}
