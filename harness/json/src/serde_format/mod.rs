//! Serde's data model as JSON text and back.
//!
//! `write` and `read` are the two directions, `exact` lets [`Json`](crate::Json) and
//! [`Value`] through with every number as spelled, and `float` spells floats.

mod exact;
pub(crate) mod float;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;
use std::io;

use serde_core::de::{Deserialize, DeserializeOwned};
use serde_core::ser::Serialize;

use crate::{Fault, JsonProblem, Value};

/// Why a value could not be written as JSON or read from it.
#[derive(Debug)]
pub struct Error(Box<Reason>);

/// What an [`Error`] says, and where in the text.
#[derive(Debug)]
struct Reason {
    what: What,
    /// Line and column from 1; `None` if the text is still to be written.
    position: Option<(usize, usize)>,
}

#[derive(Debug)]
enum What {
    Json(JsonProblem),
    /// What a type says of a value that it does not accept.
    Data(String),
    OutOfRange,
    KeyNotString,
    Io(io::Error),
}

impl Error {
    fn new(what: What) -> Self {
        let position = None;
        Self(Box::new(Reason { what, position }))
    }

    /// A fault of a text.
    fn of_fault(fault: Fault, text: &[u8]) -> Self {
        let position = Some(fault.position(text));
        let what = What::Json(fault.problem);
        Self(Box::new(Reason { what, position }))
    }

    /// The same error, at a byte of a text unless its place is known.
    fn at(mut self, at: usize, text: &str) -> Self {
        if self.0.position.is_none() {
            let fault = Fault::new(at, at, JsonProblem::NotUtf8);
            self.0.position = Some(fault.position(text.as_bytes()));
        }
        self
    }

    /// Line and column of the problem in the text that was read, both from 1; `None` if a value
    /// could not be written.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        self.0.position
    }

    /// The problem, if the text is not JSON.
    #[must_use]
    pub fn json_problem(&self) -> Option<&JsonProblem> {
        match &self.0.what {
            What::Json(problem) => Some(problem),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.what {
            What::Json(problem) => write!(f, "{problem}")?,
            What::Data(message) => f.write_str(message)?,
            What::OutOfRange => f.write_str("number out of range")?,
            What::KeyNotString => f.write_str("key must be a string")?,
            What::Io(error) => write!(f, "{error}")?,
        }
        match self.0.position {
            Some((line, column)) => write!(f, " at line {line} column {column}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.what {
            What::Json(problem) => Some(problem),
            What::Io(error) => Some(error),
            What::Data(_) | What::OutOfRange | What::KeyNotString => None,
        }
    }
}

impl serde_core::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(What::Data(message.to_string()))
    }
}

impl serde_core::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(What::Data(message.to_string()))
    }
}

/// An error of a writer is that error; anything else is invalid data.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match *error.0 {
            Reason {
                what: What::Io(error),
                ..
            } => error,
            _ => Self::new(io::ErrorKind::InvalidData, error),
        }
    }
}

/// A value as compact JSON.
///
/// # Errors
/// A map has a key that is not a string, a number, a boolean or the like; or the type's own.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    to_vec(value).map(into_string)
}

/// A value as JSON over several lines, indented by two spaces.
///
/// ```
/// let text = aether_json::to_string_pretty(&[Some(1.0), None]).expect("it is JSON");
/// assert_eq!(text, "[\n  1.0,\n  null\n]");
/// ```
///
/// # Errors
/// As [`to_string`].
pub fn to_string_pretty<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    to_vec_pretty(value).map(into_string)
}

/// As [`to_string`], as bytes.
///
/// # Errors
/// As [`to_string`].
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    value.serialize(&mut write::Writer::compact(&mut out))?;
    Ok(out)
}

/// As [`to_string_pretty`], as bytes.
///
/// # Errors
/// As [`to_string`].
pub fn to_vec_pretty<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    value.serialize(&mut write::Writer::pretty(&mut out))?;
    Ok(out)
}

/// Writes a value as compact JSON, in one piece.
///
/// # Errors
/// As [`to_string`], and those of the writer.
pub fn to_writer<W: io::Write, T: Serialize + ?Sized>(
    mut writer: W,
    value: &T,
) -> Result<(), Error> {
    let text = to_vec(value)?;
    let written = writer.write_all(&text);
    written.map_err(|error| Error::new(What::Io(error)))
}

/// Writes a value as JSON over several lines, in one piece.
///
/// # Errors
/// As [`to_writer`].
pub fn to_writer_pretty<W: io::Write, T: Serialize + ?Sized>(
    mut writer: W,
    value: &T,
) -> Result<(), Error> {
    let text = to_vec_pretty(value)?;
    let written = writer.write_all(&text);
    written.map_err(|error| Error::new(What::Io(error)))
}

/// Reads a value from JSON text.
///
/// ```
/// let pairs: Vec<(u8, String)> = aether_json::from_str(r#"[[1, "a"]]"#).expect("it is valid");
/// assert_eq!(pairs, [(1, "a".to_owned())]);
/// let error = aether_json::from_str::<Vec<u8>>("[1,\n 300]").expect_err("300 is too large");
/// assert_eq!(error.position(), Some((2, 2)));
/// ```
///
/// # Errors
/// The text is not exactly one valid value, or not one that the type accepts.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    let mut deserializer = read::Deserializer::new(text);
    let value = T::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// As [`from_str`], from bytes.
///
/// # Errors
/// As [`from_str`]; and the bytes are not UTF-8.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Error::of_fault(Fault::new(at, at, JsonProblem::NotUtf8), bytes)
    })?;
    from_str(text)
}

/// A value as a tree.
///
/// # Errors
/// As [`to_string`].
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    from_str(&to_string(value)?)
}

/// Reads a value from a tree.
///
/// # Errors
/// The type does not accept the value.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    from_str(&value.to_string())
}

fn into_string(text: Vec<u8>) -> String {
    String::from_utf8(text).expect("the writer joins strings and ASCII")
}
