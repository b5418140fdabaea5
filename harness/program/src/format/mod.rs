//! What programs write, as JSON.

pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod table;
pub(crate) mod yaml;

use aether_json::{Number, Value};

/// A cell or group: a number if it is spelled as JSON spells numbers, else a string.
pub(crate) fn spelled(text: &str) -> Value {
    Number::parse(text).map_or_else(|| Value::from(text), Value::from)
}
