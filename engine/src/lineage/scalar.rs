//! [`Scalar`]: one value of a record or of a document.

use std::fmt;
use std::sync::Arc;

use aether_json::Value;

use crate::canonical::{self, Hash};

/// A number, a text, true, false or null. Hashes are texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// null.
    Null,
    /// true or false.
    Flag(bool),
    /// An integer.
    Integer(i64),
    /// A text.
    Text(Arc<str>),
}

impl Scalar {
    /// The integer; `None` if it is anything else.
    #[must_use]
    pub const fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Null | Self::Flag(_) | Self::Text(_) => None,
        }
    }

    /// The tick or count; `None` if it is anything else.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        self.integer().and_then(|number| number.try_into().ok())
    }

    /// The text; `None` if it is anything else.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Flag(_) | Self::Integer(_) => None,
        }
    }

    /// The value of JSON; `None` for a list or an object, and for a number that is not one of a
    /// record.
    pub(crate) fn of_json(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Flag(*flag),
            Value::Number(number) => Self::Integer(number.as_i64()?),
            Value::String(text) => Self::Text(text.as_str().into()),
            Value::Array(_) | Value::Object(_) => return None,
        })
    }
}

/// As JSON.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => flag.fmt(f),
            Self::Integer(number) => number.fmt(f),
            Self::Text(text) => f.write_str(&canonical::text(&**text)),
        }
    }
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u64> for Scalar {
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).expect("ticks and counts of a run are below 2^63"))
    }
}

impl From<bool> for Scalar {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Hash> for Scalar {
    fn from(hash: Hash) -> Self {
        hash.to_string().into()
    }
}
