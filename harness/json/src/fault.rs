//! What can be wrong with a JSON text, as data: the problem, its bytes, and what was open there.

use std::fmt;

/// What JSON requires at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// Any value.
    Value,
    /// A key of an object.
    Key,
    /// The colon after a key.
    Colon,
    /// A comma or the end of the innermost object.
    CommaOrBrace,
    /// A comma or the end of the innermost array.
    CommaOrBracket,
    /// The closing quote of a string.
    ClosingQuote,
    /// The end of the text.
    End,
}

impl Expected {
    /// The phrase that names it in a message: "a value".
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Value => "a value",
            Self::Key => "a key in double quotes",
            Self::Colon => "`:`",
            Self::CommaOrBrace => "`,` or `}`",
            Self::CommaOrBracket => "`,` or `]`",
            Self::ClosingQuote => "the closing quote of a string",
            Self::End => "the end of the text",
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a text that should be JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonProblem {
    /// The text is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The text ends inside a value, or before any.
    #[error("the text ends where {expected} is expected")]
    Ends {
        /// What should follow.
        expected: Expected,
    },
    /// A character that JSON does not allow here.
    #[error("expected {expected}, found {found:?}")]
    Unexpected {
        /// What JSON allows here.
        expected: Expected,
        /// The character that is here.
        found: char,
    },
    /// A number that JSON does not allow, such as `-`, `1.` or `0x10`.
    #[error("not a valid JSON number")]
    Number,
    /// An integer with leading zeros, such as `007`.
    #[error("not a valid JSON number: it has leading zeros")]
    LeadingZeros,
    /// An escape that JSON does not have, or half of a surrogate pair.
    #[error("not a valid escape in a JSON string")]
    Escape,
    /// A control character inside a string that should have been escaped.
    #[error("control character {found:?} in a string must be escaped")]
    Control {
        /// The character.
        found: char,
    },
    /// The same key twice in one object: whichever were kept, the other would be lost.
    #[error("duplicate key {key:?}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The byte at which the object has the key first.
        first: usize,
    },
    /// Arrays and objects nested too deeply.
    #[error("nested more than {max} deep")]
    TooDeep {
        /// The deepest nesting that the reader accepts.
        max: usize,
    },
    /// A comment.
    #[error("JSON does not have comments")]
    Comment,
    /// A string or key in single quotes.
    #[error("expected {expected}, found single quotes")]
    SingleQuotes {
        /// [`Expected::Key`] or [`Expected::Value`].
        expected: Expected,
    },
    /// A key without quotes.
    #[error("expected a key in double quotes, found a key without quotes")]
    BareKey,
    /// A word for `true`, `false` or `null` in a spelling that JSON does not have, such as `None`.
    #[error("expected a value; JSON spells this one `{meant}`")]
    Word {
        /// The spelling of JSON.
        meant: &'static str,
    },
    /// An item follows another without a comma between them.
    #[error("expected {expected}, found {found:?}")]
    MissingComma {
        /// [`Expected::CommaOrBrace`] or [`Expected::CommaOrBracket`].
        expected: Expected,
        /// The first character of the later item.
        found: char,
    },
    /// A comma after the last item.
    #[error("a comma after the last item")]
    TrailingComma,
}

/// What kind of value is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// `{`.
    Object,
    /// `[`.
    Array,
    /// `"`.
    String,
}

/// A problem, the bytes that it is about, and the innermost value that was open there.
///
/// ```
/// let fault = aether_json::Parser::document("[1,\n 01]").unwrap_err();
/// assert_eq!(fault.position(b"[1,\n 01]"), (2, 2));
/// assert_eq!(fault.problem, aether_json::JsonProblem::LeadingZeros);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The first byte; the length of the text if it ends too early.
    pub at: usize,
    /// The byte after the last. It can lie inside a character.
    pub end: usize,
    /// What is wrong.
    pub problem: JsonProblem,
    /// The innermost value that was open, with the byte at which it starts.
    pub opened: Option<(Container, usize)>,
}

impl Fault {
    /// A problem at some bytes, with nothing open around it.
    #[must_use]
    pub fn new(at: usize, end: usize, problem: JsonProblem) -> Self {
        Self {
            at,
            end,
            problem,
            opened: None,
        }
    }

    /// The same fault in a text that has `offset` more bytes before this one.
    #[must_use]
    pub fn shifted(self, offset: usize) -> Self {
        Self {
            at: self.at + offset,
            end: self.end + offset,
            opened: self.opened.map(|(what, at)| (what, at + offset)),
            problem: match self.problem {
                JsonProblem::DuplicateKey { key, first } => JsonProblem::DuplicateKey {
                    key,
                    first: first + offset,
                },
                problem => problem,
            },
        }
    }

    /// Line and column of the fault in its text, both from 1, columns in characters.
    #[must_use]
    pub fn position(&self, text: &[u8]) -> (usize, usize) {
        let before = &text[..self.at.min(text.len())];
        let line_start = before
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |i| i + 1);
        let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
        // Continuation bytes are not characters of their own.
        let column = before[line_start..]
            .iter()
            .filter(|&&b| b & 0xC0 != 0x80)
            .count()
            + 1;
        (line, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_moves_with_its_text() {
        let fault = Fault {
            opened: Some((Container::Array, 3)),
            ..Fault::new(5, 7, JsonProblem::BareKey)
        };
        let moved = Fault {
            opened: Some((Container::Array, 13)),
            ..Fault::new(15, 17, JsonProblem::BareKey)
        };
        assert_eq!(fault.shifted(10), moved);
        let duplicate = |first| JsonProblem::DuplicateKey {
            key: "a".to_owned(),
            first,
        };
        let fault = Fault::new(5, 7, duplicate(2));
        assert_eq!(fault.shifted(10), Fault::new(15, 17, duplicate(12)));
    }
}
