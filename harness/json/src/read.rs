//! The reader under everything else: JSON text in, tokens with their places out.
//!
//! It makes one pass without recursion and without a copy of the text. What it does at a syntax
//! error that leaves no doubt about the meaning is up to its [`OnError`]: [`Strict`] stops, a
//! reader of documents that people write notes the error and reads on.
//!
//! ```text
//! {"a": [1]}   ObjectStart 0..1, Key 1..4, ArrayStart 6..7, Number 7..8, ArrayEnd 8..9, ObjectEnd 9..10
//! ```

use std::borrow::Cow;

use crate::fault::{Container, Expected, Fault, JsonProblem};

/// What a [`Token`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `{`.
    ObjectStart,
    /// `}`.
    ObjectEnd,
    /// `[`.
    ArrayStart,
    /// `]`.
    ArrayEnd,
    /// A key of an object. Its value follows.
    Key,
    /// A string.
    String,
    /// A number without fraction and exponent.
    Integer,
    /// A number with a fraction or an exponent.
    Float,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// Something in the place of a value that JSON does not have. Only a reader that goes on after
    /// an error returns it.
    Unknown,
}

/// A piece of a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte; of a string or key, the quote.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// Whether its content differs from its bytes without quotes: it has escapes, or it is spelled
    /// in a way that JSON does not allow and means something else.
    pub is_rewritten: bool,
    /// Whether the token is a value without a meaning, which was reported as an error.
    pub is_broken: bool,
}

/// What a reader does at a syntax error after which it can go on.
pub trait OnError {
    /// Notes the error and lets the reader go on, or stops it.
    ///
    /// # Errors
    /// The fault with which the reader stops.
    fn on_error(&mut self, fault: Fault) -> Result<(), Fault>;
}

/// Stops at the first error: RFC 8259 and nothing beyond it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Strict;

impl OnError for Strict {
    #[inline]
    fn on_error(&mut self, fault: Fault) -> Result<(), Fault> {
        Err(fault)
    }
}

/// Notes every error and goes on where it can.
impl OnError for Vec<Fault> {
    fn on_error(&mut self, fault: Fault) -> Result<(), Fault> {
        self.push(fault);
        Ok(())
    }
}

/// What the reader looks for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// A value: of the document or of a key.
    Value,
    /// The first item of the innermost container, or its end.
    FirstItem,
    /// What follows an item of the innermost container.
    AfterItem,
    /// Nothing more.
    End,
}

/// Reads a JSON text token by token.
///
/// ```
/// use aether_json::{Reader, Strict, TokenKind};
/// let mut reader = Reader::new(r#"{"a": 1.50}"#, 64, Strict);
/// let mut kinds = Vec::new();
/// while let Some(token) = reader.next_token().expect("valid JSON") {
///     kinds.push((token.kind, reader.content(token).into_owned()));
/// }
/// assert_eq!(kinds[1], (TokenKind::Key, "a".to_owned()));
/// assert_eq!(kinds[2], (TokenKind::Float, "1.50".to_owned()));
/// ```
///
/// A reader that goes on says what a person would say of the text:
///
/// ```
/// use aether_json::{Fault, JsonProblem, Reader};
/// let mut reader = Reader::new("[1, 2,] // done", 64, Vec::<Fault>::new());
/// while reader.next_token().expect("readable").is_some() {}
/// let problems: Vec<_> = reader.into_errors().into_iter().map(|fault| fault.problem).collect();
/// assert_eq!(problems, [JsonProblem::TrailingComma, JsonProblem::Comment]);
/// ```
#[derive(Debug)]
pub struct Reader<'t, E> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth_max: usize,
    next: Next,
    /// The open containers: whether each is an object, and where it starts.
    open: Vec<(bool, usize)>,
    /// The content of the last token that is rewritten.
    rewritten: String,
    errors: E,
}

impl<'t, E: OnError> Reader<'t, E> {
    /// A reader of one document, in which at most `depth_max` containers contain each other.
    pub fn new(text: &'t str, depth_max: usize, errors: E) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            depth_max,
            next: Next::Value,
            open: Vec::new(),
            rewritten: String::new(),
            errors,
        }
    }

    /// The next token; `None` at the end of the document.
    ///
    /// # Errors
    /// A syntax error after which the reader cannot go on, or for which [`OnError`] stops it.
    /// There is nothing more to read then.
    #[inline]
    pub fn next_token(&mut self) -> Result<Option<Token>, Fault> {
        self.space()?;
        match self.next {
            Next::Value => self.value().map(Some),
            Next::AfterItem => self.item(false).map(Some),
            Next::FirstItem => self.item(true).map(Some),
            Next::End => self.end().map(|()| None),
        }
    }

    /// What the last token spells: a key or string without quotes and escapes, a number, a word.
    ///
    /// It belongs to the token that [`next_token`](Self::next_token) returned last, and can be
    /// taken once.
    #[inline]
    pub fn content(&mut self, token: Token) -> Cow<'t, str> {
        if token.is_rewritten {
            return Cow::Owned(std::mem::take(&mut self.rewritten));
        }
        Cow::Borrowed(unquoted(&self.text[token.start..token.end]))
    }

    /// The text that is read.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// What took the errors.
    pub fn into_errors(self) -> E {
        self.errors
    }

    #[inline]
    fn item(&mut self, is_first: bool) -> Result<Token, Fault> {
        let is_object = self.is_in_object();
        match self.peek() {
            Some(b'}') if is_object => return Ok(self.close(TokenKind::ObjectEnd)),
            Some(b']') if !is_object => return Ok(self.close(TokenKind::ArrayEnd)),
            Some(b',') if !is_first => {
                if self.comma(is_object)? {
                    // Whatever closes here may be of the wrong kind.
                    return match (self.peek(), is_object) {
                        (Some(b'}'), true) => Ok(self.close(TokenKind::ObjectEnd)),
                        (Some(b']'), false) => Ok(self.close(TokenKind::ArrayEnd)),
                        _ => Err(self.unexpected(after_item(is_object))),
                    };
                }
            }
            _ if is_first => {}
            _ => self.missing_comma(is_object)?,
        }
        if is_object { self.key() } else { self.value() }
    }

    fn is_in_object(&self) -> bool {
        self.open.last().is_some_and(|(is_object, _)| *is_object)
    }

    /// Steps over the bracket that closes the innermost container.
    fn close(&mut self, kind: TokenKind) -> Token {
        let start = self.at;
        self.at += 1;
        self.open.pop();
        self.next = self.after_value();
        self.token(kind, start)
    }

    fn after_value(&self) -> Next {
        if self.open.is_empty() {
            Next::End
        } else {
            Next::AfterItem
        }
    }

    /// The token from `start` to here, which spells what it means.
    fn token(&self, kind: TokenKind, start: usize) -> Token {
        Token {
            kind,
            start,
            end: self.at,
            is_rewritten: false,
            is_broken: false,
        }
    }

    /// Steps over the comma between two items; whether it was one too many, after which the
    /// container ends.
    #[inline]
    fn comma(&mut self, is_object: bool) -> Result<bool, Fault> {
        let mut comma = self.at;
        self.at += 1;
        self.space()?;
        while self.peek() == Some(b',') {
            let expected = if is_object {
                Expected::Key
            } else {
                Expected::Value
            };
            let fault = self.unexpected(expected);
            self.errors.on_error(fault)?;
            comma = self.at;
            self.at += 1;
            self.space()?;
        }
        let is_last = matches!(self.peek(), Some(b'}' | b']'));
        if is_last {
            let fault = self.fault(comma, comma + 1, JsonProblem::TrailingComma);
            self.errors.on_error(fault)?;
        }
        Ok(is_last)
    }

    /// A key and its colon.
    #[inline]
    fn key(&mut self) -> Result<Token, Fault> {
        let token = if self.peek() == Some(b'"') {
            let token = self.string(TokenKind::Key)?;
            // The content of a key is needed: without it, nobody knows what the value is.
            if token.is_rewritten {
                self.resolve_escapes(token)?;
            }
            token
        } else {
            self.key_without_quotes()?
        };
        self.space()?;
        if self.peek() != Some(b':') {
            let fault = self.unexpected(Expected::Colon);
            if self.peek() != Some(b'=') {
                return Err(fault);
            }
            self.errors.on_error(fault)?;
        }
        self.at += 1;
        self.next = Next::Value;
        Ok(token)
    }

    /// A scalar, or the opening of a container.
    #[inline]
    fn value(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        let token = match self.peek() {
            Some(b'{') => return self.open(true),
            Some(b'[') => return self.open(false),
            Some(b'"') => {
                let mut token = self.string(TokenKind::String)?;
                if token.is_broken {
                    token.is_rewritten = false;
                } else if token.is_rewritten
                    && let Err(fault) = self.resolve_escapes(token)
                {
                    self.errors.on_error(fault)?;
                    token.is_rewritten = false;
                    token.is_broken = true;
                }
                token
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') if self.word("true") => self.token(TokenKind::Bool, start),
            Some(b'f') if self.word("false") => self.token(TokenKind::Bool, start),
            Some(b'n') if self.word("null") => self.token(TokenKind::Null, start),
            _ => self.misspelt_value()?,
        };
        self.next = self.after_value();
        Ok(token)
    }

    fn open(&mut self, is_object: bool) -> Result<Token, Fault> {
        let start = self.at;
        if self.open.len() >= self.depth_max {
            let max = self.depth_max;
            return Err(self.fault(start, start + 1, JsonProblem::TooDeep { max }));
        }
        self.at += 1;
        self.open.push((is_object, start));
        self.next = Next::FirstItem;
        let kind = if is_object {
            TokenKind::ObjectStart
        } else {
            TokenKind::ArrayStart
        };
        Ok(self.token(kind, start))
    }

    /// Checks that only white space is left.
    fn end(&mut self) -> Result<(), Fault> {
        if let Some(found) = self.character() {
            let expected = Expected::End;
            let problem = JsonProblem::Unexpected { expected, found };
            let fault = self.fault(self.at, self.at + 1, problem);
            self.errors.on_error(fault)?;
            self.at = self.bytes.len();
        }
        Ok(())
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The character here. Every token ends on a character boundary, so there is a whole one.
    fn character(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    #[inline]
    fn space(&mut self) -> Result<(), Fault> {
        self.white_space();
        if let Some(b'/' | b'#') = self.peek() {
            self.comments()?;
        }
        Ok(())
    }

    #[inline]
    fn white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let end = self.at + word.len();
        let is_word = self.bytes.get(self.at..end) == Some(word.as_bytes())
            && !self.bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
        if is_word {
            self.at = end;
        }
        is_word
    }

    /// A string or key with its quotes. It counts as rewritten if it has escapes, which are not
    /// resolved yet, and as broken if it has control characters.
    #[inline]
    fn string(&mut self, kind: TokenKind) -> Result<Token, Fault> {
        let start = self.at;
        let (mut is_rewritten, mut is_broken) = (false, false);
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Token {
                        is_rewritten,
                        is_broken,
                        ..self.token(kind, start)
                    });
                }
                Some(b'\\') => {
                    is_rewritten = true;
                    self.at += 2;
                }
                Some(byte) if byte < 0x20 => {
                    self.control_character(start)?;
                    is_broken = true;
                    self.at += 1;
                }
                Some(_) => self.at += 1,
                None => {
                    self.at = self.bytes.len();
                    let expected = Expected::ClosingQuote;
                    let fault = self.fault(self.at, self.at, JsonProblem::Ends { expected });
                    return Err(in_string(fault, start));
                }
            }
        }
    }

    /// Puts the content of a string or key with escapes into `rewritten`.
    fn resolve_escapes(&mut self, token: Token) -> Result<(), Fault> {
        self.rewritten.clear();
        let (mut run, end) = (token.start + 1, token.end - 1);
        while let Some(length) = self.text[run..end].find('\\') {
            let at = run + length;
            self.rewritten.push_str(&self.text[run..at]);
            let rest = &self.text[at..end];
            let Some((character, length)) = unescape(rest.as_bytes()) else {
                let length = match rest.starts_with("\\u") {
                    true => rest.len().min(6),
                    false => rest.chars().take(2).map(char::len_utf8).sum(),
                };
                let fault = Fault::new(at, at + length, JsonProblem::Escape);
                return Err(in_string(fault, token.start));
            };
            self.rewritten.push(character);
            run = at + length;
        }
        self.rewritten.push_str(&self.text[run..end]);
        Ok(())
    }

    #[inline]
    fn number(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        let mut kind = TokenKind::Integer;
        self.at += usize::from(self.peek() == Some(b'-'));
        let has_leading_zero = self.peek() == Some(b'0');
        let digits = self.digits();
        let mut is_valid = digits > 0 && (digits == 1 || !has_leading_zero);
        if self.peek() == Some(b'.') {
            kind = TokenKind::Float;
            self.at += 1;
            is_valid &= self.digits() > 0;
        }
        if let Some(b'e' | b'E') = self.peek() {
            kind = TokenKind::Float;
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            is_valid &= self.digits() > 0;
        }
        let is_whole = !self.bytes.get(self.at).is_some_and(is_of_word);
        if is_valid && is_whole {
            return Ok(self.token(kind, start));
        }
        self.malformed_number(start)
    }

    #[inline]
    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    /// A fault here, in the innermost container.
    fn fault(&self, at: usize, end: usize, problem: JsonProblem) -> Fault {
        let container = |is_object| match is_object {
            true => Container::Object,
            false => Container::Array,
        };
        Fault {
            opened: self
                .open
                .last()
                .map(|(is_object, start)| (container(*is_object), *start)),
            ..Fault::new(at, end, problem)
        }
    }
}

/// The ways of writing JSON that it does not have, and how they are read all the same. All of this
/// is off the path of a valid document.
impl<E: OnError> Reader<'_, E> {
    /// Comments and the space after them.
    #[cold]
    fn comments(&mut self) -> Result<(), Fault> {
        loop {
            let rest = &self.bytes[self.at..];
            let length = match rest {
                [b'#', ..] | [b'/', b'/', ..] => rest.iter().position(|byte| *byte == b'\n'),
                [b'/', b'*', ..] => {
                    let Some(end) = rest.windows(2).skip(2).position(|pair| pair == b"*/") else {
                        return Ok(());
                    };
                    Some(end + 4)
                }
                _ => return Ok(()),
            };
            let end = length.map_or(self.bytes.len(), |length| self.at + length);
            let fault = self.fault(self.at, end, JsonProblem::Comment);
            self.errors.on_error(fault)?;
            self.at = end;
            self.white_space();
        }
    }

    /// A raw control character in a string. A line end means that the string is not closed, and
    /// what follows cannot be read.
    #[cold]
    fn control_character(&mut self, string: usize) -> Result<(), Fault> {
        let found = char::from(self.bytes[self.at]);
        let fault = Fault::new(self.at, self.at + 1, JsonProblem::Control { found });
        let fault = in_string(fault, string);
        if matches!(found, '\n' | '\r') {
            return Err(fault);
        }
        self.errors.on_error(fault)
    }

    /// What follows an item and is neither a comma nor the end of the container.
    #[cold]
    fn missing_comma(&mut self, is_object: bool) -> Result<(), Fault> {
        let is_item = match self.peek() {
            Some(b'"') => true,
            Some(b'{' | b'[' | b'-') => !is_object,
            Some(byte) => !is_object && byte.is_ascii_alphanumeric(),
            None => false,
        };
        let expected = after_item(is_object);
        match self.character() {
            Some(found) if is_item => {
                let problem = JsonProblem::MissingComma { expected, found };
                let fault = self.fault(self.at, self.at + 1, problem);
                self.errors.on_error(fault)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// A key in single quotes or in none.
    #[cold]
    fn key_without_quotes(&mut self) -> Result<Token, Fault> {
        if let Some(token) = self.single_quoted(TokenKind::Key)? {
            return Ok(token);
        }
        let (start, end) = (self.at, self.token_end(self.at));
        let first = self.bytes.get(start);
        let is_word = first.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        let rest = self.text.get(end..).unwrap_or("").trim_start();
        if !is_word || !rest.starts_with([':', '=']) {
            return Err(self.unexpected(Expected::Key));
        }
        let fault = self.fault(start, end, JsonProblem::BareKey);
        self.errors.on_error(fault)?;
        self.at = end;
        Ok(self.token(TokenKind::Key, start))
    }

    /// A string in single quotes, on one line and without escapes.
    fn single_quoted(&mut self, kind: TokenKind) -> Result<Option<Token>, Fault> {
        let Some(rest) = self.bytes[self.at..].strip_prefix(b"'") else {
            return Ok(None);
        };
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b'\'' | b'\\' | b'\n'));
        let Some(length) = end.filter(|at| rest[*at] == b'\'') else {
            return Ok(None);
        };
        let expected = match kind {
            TokenKind::Key => Expected::Key,
            _ => Expected::Value,
        };
        let start = self.at;
        let fault = self.fault(start, start + 1, JsonProblem::SingleQuotes { expected });
        self.errors.on_error(fault)?;
        self.at += length + 2;
        Ok(Some(self.token(kind, start)))
    }

    /// A value that JSON writes in another way, or a word without a meaning.
    #[cold]
    fn misspelt_value(&mut self) -> Result<Token, Fault> {
        if let Some(token) = self.single_quoted(TokenKind::String)? {
            return Ok(token);
        }
        let (start, end) = (self.at, self.token_end(self.at));
        if end == start {
            return Err(self.unexpected(Expected::Value));
        }
        let word = self.text.get(start..end).unwrap_or("").to_ascii_lowercase();
        let meant = match word.as_str() {
            "true" => Some((TokenKind::Bool, "true")),
            "false" => Some((TokenKind::Bool, "false")),
            "null" | "none" | "nil" | "undefined" => Some((TokenKind::Null, "null")),
            _ => None,
        };
        let fault = match meant {
            Some((_, meant)) => self.fault(start, end, JsonProblem::Word { meant }),
            None => self.unexpected(Expected::Value),
        };
        self.errors.on_error(fault)?;
        self.at = end;
        let kind = meant.map_or(TokenKind::Unknown, |(kind, _)| kind);
        Ok(self.rewritten_token(kind, start, meant.map(|(_, meant)| meant.to_owned())))
    }

    /// A number in a spelling that JSON does not have; leading zeros leave no doubt about it.
    #[cold]
    fn malformed_number(&mut self, start: usize) -> Result<Token, Fault> {
        let end = self.token_end(self.at);
        let plain = without_leading_zeros(self.text.get(start..end).unwrap_or(""));
        let (kind, problem) = match plain {
            Some(_) => (TokenKind::Integer, JsonProblem::LeadingZeros),
            None => (TokenKind::Unknown, JsonProblem::Number),
        };
        let fault = self.fault(start, end, problem);
        self.errors.on_error(fault)?;
        self.at = end;
        Ok(self.rewritten_token(kind, start, plain))
    }

    /// A token that means something else than it spells, or that means nothing.
    fn rewritten_token(&mut self, kind: TokenKind, start: usize, meant: Option<String>) -> Token {
        let token = Token {
            is_rewritten: meant.is_some(),
            is_broken: meant.is_none(),
            ..self.token(kind, start)
        };
        self.rewritten = meant.unwrap_or_default();
        token
    }

    /// Where what looks like one word ends.
    fn token_end(&self, from: usize) -> usize {
        let rest = &self.bytes[from.min(self.bytes.len())..];
        from + rest.iter().take_while(|byte| is_of_word(byte)).count()
    }

    /// Something other than what JSON allows here, or the end of the text.
    #[cold]
    fn unexpected(&self, expected: Expected) -> Fault {
        let Some(found) = self.character() else {
            return self.fault(self.at, self.at, JsonProblem::Ends { expected });
        };
        let end = self.token_end(self.at).max(self.at + 1);
        self.fault(self.at, end, JsonProblem::Unexpected { expected, found })
    }
}

/// A fault inside the string that starts at `start`.
fn in_string(fault: Fault, start: usize) -> Fault {
    Fault {
        opened: Some((Container::String, start)),
        ..fault
    }
}

fn after_item(is_object: bool) -> Expected {
    if is_object {
        Expected::CommaOrBrace
    } else {
        Expected::CommaOrBracket
    }
}

/// The text between the quotes, if there are quotes.
#[inline]
fn unquoted(raw: &str) -> &str {
    match raw.as_bytes() {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => &raw[1..raw.len() - 1],
        _ => raw,
    }
}

/// Whether a byte can belong to what looks like one word.
fn is_of_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-') || *byte >= 0x80
}

/// The character of the escape at the start of the bytes, and the escape's length.
fn unescape(bytes: &[u8]) -> Option<(char, usize)> {
    let simple = |character| Some((character, 2));
    match *bytes.get(1)? {
        b'"' => simple('"'),
        b'\\' => simple('\\'),
        b'/' => simple('/'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'u' => {
            let first = four_hex(bytes.get(2..6)?)?;
            if let Some(character) = char::from_u32(first) {
                return Some((character, 6));
            }
            let is_pair = bytes.get(6..8) == Some(b"\\u") && (0xD800..0xDC00).contains(&first);
            let second = four_hex(bytes.get(8..12)?).filter(|low| (0xDC00..0xE000).contains(low));
            let second = second.filter(|_| is_pair)?;
            let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            Some((char::from_u32(code)?, 12))
        }
        _ => None,
    }
}

fn four_hex(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |value, byte| {
        Some(value << 4 | char::from(*byte).to_digit(16)?)
    })
}

/// The integer that a spelling with leading zeros means: `7` for `007`.
fn without_leading_zeros(spelling: &str) -> Option<String> {
    let (sign, digits) = spelling
        .strip_prefix('-')
        .map_or(("", spelling), |rest| ("-", rest));
    let is_decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits.trim_start_matches('0');
    let plain = if plain.is_empty() { "0" } else { plain };
    is_decimal.then(|| format!("{sign}{plain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens of a text as kind and place, and the problems of a reader that goes on.
    fn read(text: &str) -> (String, String) {
        let mut reader = Reader::new(text, 3, Vec::<Fault>::new());
        let mut tokens = Vec::new();
        let fatal = loop {
            match reader.next_token() {
                Ok(Some(token)) => {
                    let content = reader.content(token);
                    let broken = if token.is_broken { " broken" } else { "" };
                    let (kind, start, end) = (token.kind, token.start, token.end);
                    tokens.push(format!("{kind:?} {start}..{end} {content}{broken}"));
                }
                Ok(None) => break None,
                Err(fault) => break Some(fault),
            }
        };
        let faults = reader.into_errors().into_iter().chain(fatal);
        let problems = faults.map(|fault| {
            let opened = fault
                .opened
                .map_or(String::new(), |(what, at)| format!(" in {what:?} {at}"));
            format!("{}..{} {}{opened}", fault.at, fault.end, fault.problem)
        });
        (tokens.join("; "), problems.collect::<Vec<_>>().join("; "))
    }

    fn check(text: &str, tokens: &str, problems: &str) {
        assert_eq!(
            read(text),
            (tokens.to_owned(), problems.to_owned()),
            "{text:?}"
        );
    }

    #[test]
    fn tokens_have_their_places() {
        check(
            r#" {"a\n": ["é", -1.5, 20], "b": {}} "#,
            "ObjectStart 1..2 {; Key 2..7 a\n; ArrayStart 9..10 [; String 10..14 é; \
             Float 16..20 -1.5; Integer 22..24 20; ArrayEnd 24..25 ]; Key 27..30 b; \
             ObjectStart 32..33 {; ObjectEnd 33..34 }; ObjectEnd 34..35 }",
            "",
        );
        check("null", "Null 0..4 null", "");
        check(
            "[[[]]]",
            "ArrayStart 0..1 [; ArrayStart 1..2 [; ArrayStart 2..3 [; ArrayEnd 3..4 ]; \
             ArrayEnd 4..5 ]; ArrayEnd 5..6 ]",
            "",
        );
    }

    #[test]
    fn a_reader_that_goes_on_reads_what_was_meant() {
        check(
            "[007,] # x",
            "ArrayStart 0..1 [; Integer 1..4 7; ArrayEnd 5..6 ]",
            "1..4 not a valid JSON number: it has leading zeros in Array 0; \
             4..5 a comma after the last item in Array 0; 7..10 JSON does not have comments",
        );
        check(
            "[1, /* a */ 2] // x",
            "ArrayStart 0..1 [; Integer 1..2 1; Integer 12..13 2; ArrayEnd 13..14 ]",
            "4..11 JSON does not have comments in Array 0; 15..19 JSON does not have comments",
        );
        check(
            "# x\n1",
            "Integer 4..5 1",
            "0..3 JSON does not have comments",
        );
        check(
            "[True, FALSE, nil]",
            "ArrayStart 0..1 [; Bool 1..5 true; Bool 7..12 false; Null 14..17 null; ArrayEnd 17..18 ]",
            "1..5 expected a value; JSON spells this one `true` in Array 0; \
             7..12 expected a value; JSON spells this one `false` in Array 0; \
             14..17 expected a value; JSON spells this one `null` in Array 0",
        );
        check(
            "{\"a\":1,}",
            "ObjectStart 0..1 {; Key 1..4 a; Integer 5..6 1; ObjectEnd 7..8 }",
            "6..7 a comma after the last item in Object 0",
        );
        check(
            "{a = 'b' \"c\": None}",
            "ObjectStart 0..1 {; Key 1..2 a; String 5..8 b; Key 9..12 c; Null 14..18 null; ObjectEnd 18..19 }",
            "1..2 expected a key in double quotes, found a key without quotes in Object 0; \
             3..4 expected `:`, found '=' in Object 0; \
             5..6 expected a value, found single quotes in Object 0; \
             9..10 expected `,` or `}`, found '\"' in Object 0; \
             14..18 expected a value; JSON spells this one `null` in Object 0",
        );
        check(
            "[1 2,, x, \"\\q\", \"\t\"]",
            "ArrayStart 0..1 [; Integer 1..2 1; Integer 3..4 2; Unknown 7..8 x broken; \
             String 10..14 \\q broken; String 16..19 \t broken; ArrayEnd 19..20 ]",
            "3..4 expected `,` or `]`, found '2' in Array 0; \
             5..6 expected a value, found ',' in Array 0; \
             7..8 expected a value, found 'x' in Array 0; \
             11..13 not a valid escape in a JSON string in String 10; \
             17..18 control character '\\t' in a string must be escaped in String 16",
        );
    }

    #[test]
    fn what_was_meant_is_read_and_its_problem_is_named() {
        for (text, problem) in [
            ("1 2", "2..3 expected the end of the text, found '2'"),
            ("[1 -2]", "3..4 expected `,` or `]`, found '-' in Array 0"),
            ("[1 {}]", "3..4 expected `,` or `]`, found '{' in Array 0"),
            ("[1 []]", "3..4 expected `,` or `]`, found '[' in Array 0"),
            (
                "{_a: 1}",
                "1..3 expected a key in double quotes, found a key without quotes in Object 0",
            ),
            (
                "{'a': 1}",
                "1..2 expected a key in double quotes, found single quotes in Object 0",
            ),
            (
                "['a']",
                "1..2 expected a value, found single quotes in Array 0",
            ),
            ("[-]", "1..2 not a valid JSON number in Array 0"),
            ("[1x]", "1..3 not a valid JSON number in Array 0"),
        ] {
            assert_eq!(read(text).1, problem, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_guessed_ends_the_reading() {
        check(
            "[[[[",
            "ArrayStart 0..1 [; ArrayStart 1..2 [; ArrayStart 2..3 [",
            "3..4 nested more than 3 deep in Array 2",
        );
        check(
            "[\"a\n\"]",
            "ArrayStart 0..1 [",
            "3..4 control character '\\n' in a string must be escaped in String 1",
        );
        check(
            "{\"a\": \"",
            "ObjectStart 0..1 {; Key 1..4 a",
            "7..7 the text ends where the closing quote of a string is expected in String 6",
        );
        check(
            "[1}",
            "ArrayStart 0..1 [; Integer 1..2 1",
            "2..3 expected `,` or `]`, found '}' in Array 0",
        );
        check(
            "{\"a\":1]",
            "ObjectStart 0..1 {; Key 1..4 a; Integer 5..6 1",
            "6..7 expected `,` or `}`, found ']' in Object 0",
        );
        check("", "", "0..0 the text ends where a value is expected");
        for (text, fault) in [
            ("[1 -2}", "5..6 expected `,` or `]`, found '}' in Array 0"),
            ("[1 :", "3..4 expected `,` or `]`, found ':' in Array 0"),
            (
                "{\"a\":1 {}",
                "7..8 expected `,` or `}`, found '{' in Object 0",
            ),
            (
                "{a 1}",
                "1..2 expected a key in double quotes, found 'a' in Object 0",
            ),
            (
                "{1: 2}",
                "1..2 expected a key in double quotes, found '1' in Object 0",
            ),
            (
                "{'a",
                "1..2 expected a key in double quotes, found '\\'' in Object 0",
            ),
        ] {
            let problems = read(text).1;
            assert_eq!(problems.rsplit("; ").next(), Some(fault), "{text}");
        }
    }
}
