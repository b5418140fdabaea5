//! [`RunId`]: the name of a stored run.

use std::fmt;
use std::str::FromStr;

/// Most characters that a run id may have.
const LENGTH_MAX: usize = 128;

/// A run id that can name a file: 1–128 ASCII letters, digits, `.`, `_` and `-`, not starting with
/// a dot.
///
/// ```
/// use aether_engine::store::RunId;
///
/// let id: RunId = "GF01-2".parse()?;
/// assert_eq!(id.as_str(), "GF01-2");
/// assert!("../GF01".parse::<RunId>().is_err());
/// # Ok::<(), aether_engine::store::RunIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(String);

/// Why a string is not a run id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunIdError {
    /// It is empty.
    #[error("a run id must not be empty")]
    Empty,
    /// It is too long.
    #[error("a run id has at most {LENGTH_MAX} characters, but this one has {length}")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// It starts with a dot.
    #[error("run id `{text}` starts with a dot")]
    LeadingDot {
        /// The string.
        text: String,
    },
    /// It contains a character that is not allowed in a run id.
    #[error("run id `{text}` contains {character:?}; use ASCII letters, digits, `.`, `_` and `-`")]
    Character {
        /// The string.
        text: String,
        /// The first such character.
        character: char,
    },
}

impl RunId {
    /// The id as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id in lower case, which is unique among the runs of a store.
    pub(super) fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for RunId {
    type Err = RunIdError;

    fn from_str(text: &str) -> Result<Self, RunIdError> {
        let length = text.chars().count();
        if length == 0 {
            return Err(RunIdError::Empty);
        }
        if length > LENGTH_MAX {
            return Err(RunIdError::TooLong { length });
        }
        let text = text.to_owned();
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if let Some(character) = text.chars().find(|&c| !legal(c)) {
            return Err(RunIdError::Character { text, character });
        }
        if text.starts_with('.') {
            return Err(RunIdError::LeadingDot { text });
        }
        Ok(Self(text))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_ids() {
        let longest = "x".repeat(128);
        for id in ["a", "GF01", "9.run_2-b", "-", "a..b", &longest] {
            assert_eq!(id.parse::<RunId>().unwrap().as_str(), id);
        }
    }

    #[test]
    fn illegal_ids() {
        let too_long = "x".repeat(129);
        for id in [
            "", ".a", "..", "a/b", "a\\b", "a b", "ä", "a\0", "a:b", &too_long,
        ] {
            assert!(id.parse::<RunId>().is_err(), "{id:?}");
        }
    }
}
