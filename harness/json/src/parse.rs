//! A strict JSON reader: RFC 8259 and nothing beyond it.

use std::borrow::Cow;

/// How deep arrays and objects may be nested in each other.
pub const DEPTH_MAX: usize = 128;

/// What is wrong with a text that should be JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonProblem {
    /// The text is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The text ends inside a value, or before any.
    #[error("the text ends where {expected} is expected")]
    Ends {
        /// What would have to follow.
        expected: &'static str,
    },
    /// Another character than any that may stand here.
    #[error("expected {expected}, found {found:?}")]
    Unexpected {
        /// What may stand here.
        expected: &'static str,
        /// What stands here.
        found: char,
    },
    /// A number that JSON does not allow, such as `01`, `1.` or `.5`.
    #[error("not a JSON number")]
    Number,
    /// An escape that JSON does not know, or half of a surrogate pair.
    #[error("not an escape of a JSON string")]
    Escape,
    /// A control character inside a string that should have been escaped.
    #[error("control character {found:?} in a string must be escaped")]
    Control {
        /// The character.
        found: char,
    },
    /// The same key twice in one object: whichever were kept, the other would be lost.
    #[error("key {key:?} stands twice in one object")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// Arrays and objects nested too deeply.
    #[error("nested more than {DEPTH_MAX} deep")]
    TooDeep,
}

/// A problem and the byte at which it was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: usize,
    pub problem: JsonProblem,
}

impl Fault {
    /// Line and column of the fault in its text, both from 1, columns in characters.
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

/// A JSON value whose numbers are still the text that they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree<'t> {
    /// `null`, `true`, `false` or a number, as spelled.
    Atom(&'t str),
    /// A string, its escapes resolved.
    String(Cow<'t, str>),
    /// An array.
    Array(Vec<Tree<'t>>),
    /// An object; keys are unique and sorted by code point.
    Object(Vec<(Cow<'t, str>, Tree<'t>)>),
}

impl Tree<'_> {
    /// Whether the value is neither array nor object.
    pub fn is_scalar(&self) -> bool {
        matches!(self, Self::Atom(_) | Self::String(_))
    }
}

/// Reads values from a text, one after the other.
#[derive(Debug)]
pub struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// The one value of a text.
    pub fn document(text: &'t str) -> Result<Tree<'t>, Fault> {
        let mut parser = Self::new(text);
        let tree = parser.value()?;
        parser.end()?;
        Ok(tree)
    }

    /// The next value, with the white space around it.
    pub fn value(&mut self) -> Result<Tree<'t>, Fault> {
        self.white_space();
        let tree = match self.peek() {
            None => return Err(self.ends("a value")),
            Some(b'{') => self.object()?,
            Some(b'[') => {
                self.open()?;
                let mut elements = Vec::new();
                while self.next_element(elements.is_empty())? {
                    elements.push(self.value()?);
                }
                self.depth -= 1;
                Tree::Array(elements)
            }
            Some(b'"') => Tree::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Tree::Atom(self.number()?),
            Some(b't') => Tree::Atom(self.word("true")?),
            Some(b'f') => Tree::Atom(self.word("false")?),
            Some(b'n') => Tree::Atom(self.word("null")?),
            Some(_) => return Err(self.unexpected("a value")),
        };
        self.white_space();
        Ok(tree)
    }

    /// Whether the text from here on is an array; if so, steps inside it.
    pub fn enter_array(&mut self) -> Result<bool, Fault> {
        self.white_space();
        if self.peek() != Some(b'[') {
            return Ok(false);
        }
        self.open()?;
        Ok(true)
    }

    /// Steps to the next element of the array that the parser is in, or out of the array.
    pub fn next_element(&mut self, first: bool) -> Result<bool, Fault> {
        self.next_item(b']', first, "`,` or `]`")
    }

    /// Checks that nothing but white space is left.
    pub fn end(&mut self) -> Result<(), Fault> {
        self.white_space();
        if self.at < self.text.len() {
            return Err(self.unexpected("the end of the text"));
        }
        Ok(())
    }

    fn object(&mut self) -> Result<Tree<'t>, Fault> {
        self.open()?;
        let mut members: Vec<(Cow<'t, str>, Tree<'t>)> = Vec::new();
        let mut positions = Vec::new();
        let mut sorted = true;
        while self.next_item(b'}', members.is_empty(), "`,` or `}`")? {
            self.white_space();
            let at = self.at;
            if self.peek() != Some(b'"') {
                return Err(match self.peek() {
                    None => self.ends("a key"),
                    Some(_) => self.unexpected("a key in double quotes"),
                });
            }
            let key = self.string()?;
            self.white_space();
            match self.peek() {
                Some(b':') => self.at += 1,
                None => return Err(self.ends("`:`")),
                Some(_) => return Err(self.unexpected("`:`")),
            }
            sorted &= members.last().is_none_or(|(last, _)| *last < key);
            positions.push(at);
            members.push((key, self.value()?));
        }
        self.depth -= 1;
        if !sorted {
            members = sort_members(members, &positions)?;
        }
        Ok(Tree::Object(members))
    }

    /// Steps over the separator before the next item of an array or object, or over its end.
    fn next_item(&mut self, close: u8, first: bool, expected: &'static str) -> Result<bool, Fault> {
        self.white_space();
        match self.peek() {
            None => Err(self.ends(expected)),
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if first => Ok(true),
            Some(b',') => {
                self.at += 1;
                self.white_space();
                // A comma before the end is not followed by an item.
                if self.peek() == Some(close) {
                    return Err(self.unexpected("another item after `,`"));
                }
                Ok(true)
            }
            Some(_) => Err(self.unexpected(expected)),
        }
    }

    fn string(&mut self) -> Result<Cow<'t, str>, Fault> {
        self.at += 1;
        let start = self.at;
        let mut resolved: Option<String> = None;
        let mut run = start;
        loop {
            match self.peek() {
                None => return Err(self.ends("the closing quote of a string")),
                Some(b'"') => {
                    let rest = &self.text[run..self.at];
                    self.at += 1;
                    return Ok(match resolved {
                        None => Cow::Borrowed(rest),
                        Some(text) => Cow::Owned(text + rest),
                    });
                }
                Some(b'\\') => {
                    let text = resolved.get_or_insert_default();
                    text.push_str(&self.text[run..self.at]);
                    let character = self.escape()?;
                    text.push(character);
                    run = self.at;
                }
                Some(byte) if byte < 0x20 => {
                    return Err(self.fault(JsonProblem::Control {
                        found: char::from(byte),
                    }));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let fault = self.fault(JsonProblem::Escape);
        self.at += 1;
        let Some(byte) = self.peek() else {
            return Err(self.ends("an escape"));
        };
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.four_hex().ok_or_else(|| fault.clone())?;
                let code = if (0xD800..0xDC00).contains(&unit) {
                    let low = self
                        .text
                        .as_bytes()
                        .get(self.at..self.at + 2)
                        .filter(|bytes| bytes == b"\\u")
                        .and_then(|_| {
                            self.at += 2;
                            self.four_hex()
                        })
                        .filter(|low| (0xDC00..0xE000).contains(low))
                        .ok_or_else(|| fault.clone())?;
                    0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
                } else {
                    unit
                };
                char::from_u32(code).ok_or(fault)?
            }
            _ => return Err(fault),
        })
    }

    fn four_hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        // `from_str_radix` would take a sign.
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Result<&'t str, Fault> {
        let start = self.at;
        let fault = self.fault(JsonProblem::Number);
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits();
        if digits == 0 || (leading_zero && digits > 1) {
            return Err(fault);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(fault);
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(fault);
            }
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self, word: &'static str) -> Result<&'t str, Fault> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.unexpected("a value"));
        }
        self.at += word.len();
        Ok(word)
    }

    fn open(&mut self) -> Result<(), Fault> {
        if self.depth == DEPTH_MAX {
            return Err(self.fault(JsonProblem::TooDeep));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    fn white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault(&self, problem: JsonProblem) -> Fault {
        Fault {
            at: self.at,
            problem,
        }
    }

    fn ends(&self, expected: &'static str) -> Fault {
        self.fault(JsonProblem::Ends { expected })
    }

    fn unexpected(&self, expected: &'static str) -> Fault {
        // Every token ends on a character boundary, so there is a whole character here.
        let found = self.text[self.at..].chars().next().unwrap_or('\0');
        self.fault(JsonProblem::Unexpected { expected, found })
    }
}

/// Sorts members by key, or names the second of two with the same key.
fn sort_members<'t>(
    members: Vec<(Cow<'t, str>, Tree<'t>)>,
    positions: &[usize],
) -> Result<Vec<(Cow<'t, str>, Tree<'t>)>, Fault> {
    let mut placed: Vec<_> = members.into_iter().zip(positions).collect();
    placed.sort_by(|a, b| a.0.0.cmp(&b.0.0));
    for pair in placed.windows(2) {
        if pair[0].0.0 == pair[1].0.0 {
            return Err(Fault {
                at: *pair[1].1,
                problem: JsonProblem::DuplicateKey {
                    key: pair[1].0.0.to_string(),
                },
            });
        }
    }
    Ok(placed.into_iter().map(|(member, _)| member).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        let found = match Parser::document(text) {
            Ok(tree) => {
                let mut out = Vec::new();
                crate::layout::write_compact(&tree, &mut out);
                String::from_utf8(out).unwrap()
            }
            Err(fault) => {
                let (line, column) = fault.position(text.as_bytes());
                format!("{line}:{column}: {}", fault.problem)
            }
        };
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn values_keep_their_spelling() {
        check("1", "1");
        check("-0", "-0");
        check("1e5", "1e5");
        check("1E+05", "1E+05");
        check("1.0", "1.0");
        check(
            "123456789012345678901234567890",
            "123456789012345678901234567890",
        );
        check(" [ 1 , 2 ] ", "[1,2]");
        check("{\"b\":1,\"a\":{}}", r#"{"a":{},"b":1}"#);
        check(r#""\u0041\/\u000a\u001F""#, "\"A/\\n\\u001f\"");
        check(r#""\ud83d\ude00\u00e9""#, "\"😀é\"");
        check(
            r#"{"$serde_json::private::Number":"1"}"#,
            r#"{"$serde_json::private::Number":"1"}"#,
        );
    }

    #[test]
    fn broken_texts_are_told_with_their_place() {
        check("", "1:1: the text ends where a value is expected");
        check("[1,\n 2", "2:3: the text ends where `,` or `]` is expected");
        check("[1,]", "1:4: expected another item after `,`, found ']'");
        check("[,1]", "1:2: expected a value, found ','");
        check("é", "1:1: expected a value, found 'é'");
        check("\u{feff}1", "1:1: expected a value, found '\\u{feff}'");
        check("{a:1}", "1:2: expected a key in double quotes, found 'a'");
        check("{\"é\" 1}", "1:6: expected `:`, found '1'");
        check("1 2", "1:3: expected the end of the text, found '2'");
        check("01", "1:1: not a JSON number");
        check("-", "1:1: not a JSON number");
        check("1.", "1:1: not a JSON number");
        check("1e", "1:1: not a JSON number");
        check("nul", "1:1: expected a value, found 'n'");
        check(
            "\"a\nb\"",
            "1:3: control character '\\n' in a string must be escaped",
        );
        check(r#""\ud800""#, "1:2: not an escape of a JSON string");
        check(r#""\u+041""#, "1:2: not an escape of a JSON string");
        check(r#""\ud800\u0041""#, "1:2: not an escape of a JSON string");
        check(r#""\x""#, "1:2: not an escape of a JSON string");
        check(
            r#"[{"b":{"a":1,"\u0061":2}}]"#,
            "1:14: key \"a\" stands twice in one object",
        );
        check(&"[".repeat(129), "1:129: nested more than 128 deep");
        check(
            &format!("{}1{}", "[".repeat(128), "]".repeat(128)),
            &format!("{}1{}", "[".repeat(128), "]".repeat(128)),
        );
    }

    proptest! {
        /// What serde_json takes or refuses, this parser takes or refuses.
        #[test]
        fn agrees_with_serde_json(text in "[\\[\\]{},:\"\\\\ \ntrue\\-+.0-9eEufalsn]{0,12}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match Parser::document(&text) {
                Ok(_) => prop_assert!(theirs.is_ok(), "{theirs:?}"),
                Err(Fault { problem: JsonProblem::DuplicateKey { .. }, .. }) => {}
                Err(fault) => prop_assert!(theirs.is_err(), "{fault:?}"),
            }
        }
    }
}
