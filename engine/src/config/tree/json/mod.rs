//! A strict JSON reader (RFC 8259) that keeps every place.
//!
//! Parsers at hand give no places of keys, or build a map and lose duplicates and the digits of
//! large numbers. This one makes the flat tree in a single pass without recursion, and says of a
//! broken document what a person would: what was opened and not closed, the comma too many, the
//! comment, the single quotes. What is meant in spite of a slip is read on from there, so that one
//! report tells all of them. Its acceptance is tested against `serde_json`.

mod duplicates;
mod slips;
#[cfg(test)]
mod tests;

use super::super::limits::NESTING_MAX;
use super::super::problem::{Code, Draft};
use super::super::source::{Source, Span};
use super::{Document, Kind, Parse, shortened};
use duplicates::duplicates;
use slips::Slips;

/// An object or list that is open.
struct Open {
    index: u32,
    start: usize,
    is_object: bool,
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    source: &'a Source,
    open: Vec<Open>,
    slips: Slips,
}

type Parsed<T> = Result<T, Box<Draft>>;

pub(super) fn parse(source: Source) -> Parse {
    let mut document = Document::new(Source::new(String::new(), String::new()));
    let (text, bytes) = (source.text(), source.text().as_bytes());
    let mut reader = Reader {
        text,
        bytes,
        at: 0,
        source: &source,
        open: Vec::new(),
        slips: Slips::default(),
    };
    let read = reader.document(&mut document);
    let mut told = reader.slips.into_drafts();
    if let Err(draft) = read {
        told.push(*draft);
        return Err((source, told));
    }
    document.source = source;
    told.extend(duplicates(&document));
    Ok((document, told))
}

impl Reader<'_> {
    fn document(&mut self, document: &mut Document) -> Parsed<()> {
        self.space();
        // An estimate that never moves a large tree: seven numbers of ten bytes with their keys.
        document.nodes.reserve(self.bytes.len() / 16);
        self.value(document, None)?;
        if !document.broken.is_empty() {
            return self.slips.pop().map_or(Ok(()), Err);
        }
        while let Some(open) = self.open.last() {
            let (index, is_object) = (open.index, open.is_object);
            let is_first = document.len() == index + 1;
            self.space();
            match (self.peek(), is_object) {
                (Some(b'}'), true) | (Some(b']'), false) => {
                    self.at += 1;
                    document.close(index);
                    self.open.pop();
                    continue;
                }
                (Some(b','), _) if !is_first => {
                    if self.comma(is_object)? {
                        continue;
                    }
                }
                _ if is_first => {}
                _ if self.is_item(is_object) => {
                    let draft = self.missing_comma(is_object);
                    self.slips.tell(draft)?;
                }
                _ => return Err(self.unexpected(after_item(is_object))),
            }
            let key = if is_object {
                Some(self.key(document)?)
            } else {
                None
            };
            self.value(document, key)?;
        }
        self.space();
        if self.at < self.bytes.len() {
            let span = Span::new(self.at, self.at + 1);
            let message = "text follows the end of the document";
            self.slips
                .tell(Draft::new(Code::TrailingText, span, message))?;
        }
        document.nodes.shrink_to_fit();
        Ok(())
    }

    /// A comma between two items; whether it was one too many, after which nothing follows.
    fn comma(&mut self, is_object: bool) -> Parsed<bool> {
        let mut comma = self.at;
        self.at += 1;
        self.space();
        while self.peek() == Some(b',') {
            let expected = if is_object { A_KEY } else { A_VALUE };
            let draft = self.unexpected(expected);
            self.slips.tell(*draft)?;
            comma = self.at;
            self.at += 1;
            self.space();
        }
        let is_last = matches!(self.peek(), Some(b'}' | b']'));
        if is_last {
            let span = Span::new(comma, comma + 1);
            let message = "a comma after the last item";
            self.slips
                .tell(Draft::new(Code::TrailingComma, span, message))?;
        }
        Ok(is_last)
    }

    /// A key and its colon.
    fn key(&mut self, document: &mut Document) -> Parsed<Span> {
        let span = if self.peek() == Some(b'"') {
            let (span, plain) = self.string()?;
            if !plain {
                let key = self.unescaped(span)?;
                document.keys.insert(document.len(), key);
            }
            span
        } else {
            self.key_without_quotes()?
        };
        self.space();
        match self.peek() {
            Some(b':') => {}
            Some(b'=') => {
                let draft = self.unexpected("`:`");
                self.slips.tell(*draft)?;
            }
            _ => return Err(self.unexpected("`:`")),
        }
        self.at += 1;
        self.space();
        Ok(span)
    }

    /// A scalar, or the opening of a container.
    fn value(&mut self, document: &mut Document, key: Option<Span>) -> Parsed<()> {
        let start = self.at;
        match self.peek() {
            Some(bracket @ (b'{' | b'[')) => {
                if self.open.len() >= NESTING_MAX {
                    let message = format!("nested more than {NESTING_MAX} deep");
                    let span = Span::new(start, start + 1);
                    return Err(Draft::new(Code::TooDeep, span, message).into());
                }
                self.at += 1;
                let is_object = bracket == b'{';
                let kind = if is_object { Kind::Object } else { Kind::List };
                let index = document.push(kind, Span::new(start, 0), key);
                self.open.push(Open {
                    index,
                    start,
                    is_object,
                });
            }
            Some(b'"') => {
                let controls = self.slips.controls;
                let (span, plain) = self.string()?;
                let index = document.push(Kind::String, span, key);
                if self.slips.controls > controls {
                    document.broken.insert(index);
                } else if !plain {
                    match self.unescaped(span) {
                        Ok(text) => {
                            document.texts.insert(index, text);
                        }
                        Err(draft) => {
                            self.slips.tell(*draft)?;
                            document.broken.insert(index);
                        }
                    }
                }
            }
            Some(b'-' | b'0'..=b'9') => self.number(document, key)?,
            Some(b't') if self.word("true") => {
                document.push(Kind::Bool, Span::new(start, self.at), key);
            }
            Some(b'f') if self.word("false") => {
                document.push(Kind::Bool, Span::new(start, self.at), key);
            }
            Some(b'n') if self.word("null") => {
                document.push(Kind::Null, Span::new(start, self.at), key);
            }
            _ => self.misspelt_value(document, key)?,
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
        if let Some(b'/' | b'#') = self.peek() {
            self.comments();
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let end = self.at + word.len();
        let is_word = self.bytes.get(self.at..end) == Some(word.as_bytes())
            && !self
                .bytes
                .get(end)
                .is_some_and(|byte| byte.is_ascii_alphanumeric());
        if is_word {
            self.at = end;
        }
        is_word
    }

    /// A text with its quotes, and whether what is between them is its content.
    fn string(&mut self) -> Parsed<(Span, bool)> {
        let start = self.at;
        let mut plain = true;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok((Span::new(start, self.at), plain));
                }
                Some(b'\\') => {
                    plain = false;
                    self.at += 2;
                }
                Some(b'\n' | b'\r') => {
                    let span = Span::new(start, self.at);
                    let message = "the text is not closed";
                    return Err(Draft::new(Code::BadString, span, message).into());
                }
                Some(byte) if byte < 0x20 => {
                    self.control_character();
                    self.at += 1;
                }
                Some(_) => self.at += 1,
                None => {
                    self.at = self.bytes.len();
                    let span = Span::new(start, start + 1);
                    let message = "the document ends in the middle of a text";
                    let draft = Draft::new(Code::Unclosed, span, message);
                    return Err(draft.expected("a closing \"").into());
                }
            }
        }
    }

    /// The content of a text with escapes.
    fn unescaped(&self, span: Span) -> Parsed<Box<str>> {
        let mut content = String::new();
        let mut rest = self
            .text
            .get(span.start() + 1..span.end() - 1)
            .unwrap_or("");
        while let Some(at) = rest.find('\\') {
            content.push_str(rest.get(..at).unwrap_or(""));
            rest = rest.get(at..).unwrap_or("");
            let Some((character, len)) = unescape(rest.as_bytes()) else {
                let start = span.end() - 1 - rest.len();
                let len = rest.chars().take(2).map(char::len_utf8).sum::<usize>();
                let len = if rest.starts_with("\\u") {
                    rest.len().min(6)
                } else {
                    len
                };
                let shown = shortened(rest.get(..len).unwrap_or("\\u"));
                let message = format!("`{shown}` is no escape of a character");
                let span = Span::new(start, start + len);
                return Err(Draft::new(Code::BadEscape, span, message).into());
            };
            content.push(character);
            rest = rest.get(len..).unwrap_or("");
        }
        content.push_str(rest);
        Ok(content.into())
    }

    fn number(&mut self, document: &mut Document, key: Option<Span>) -> Parsed<()> {
        let start = self.at;
        let mut kind = Kind::Integer;
        self.at += usize::from(self.peek() == Some(b'-'));
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits();
        let mut valid = digits == 1 || (digits > 1 && !leading_zero);
        if self.peek() == Some(b'.') {
            kind = Kind::Float;
            self.at += 1;
            valid &= self.digits() > 0;
        }
        if let Some(b'e' | b'E') = self.peek() {
            kind = Kind::Float;
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            valid &= self.digits() > 0;
        }
        let is_whole = !self.bytes.get(self.at).is_some_and(is_of_word);
        if valid && is_whole {
            document.push(kind, Span::new(start, self.at), key);
            return Ok(());
        }
        self.malformed_number(start, document, key)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }
}

/// The character of an escape at the start of the bytes, and the escape's length.
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
            let first = hex4(bytes.get(2..6)?)?;
            if let Some(character) = char::from_u32(first) {
                return Some((character, 6));
            }
            let is_pair = bytes.get(6..8) == Some(b"\\u") && (0xd800..0xdc00).contains(&first);
            let second = hex4(bytes.get(8..12)?).filter(|low| (0xdc00..0xe000).contains(low));
            let second = second.filter(|_| is_pair)?;
            let scalar = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            Some((char::from_u32(scalar)?, 12))
        }
        _ => None,
    }
}

fn hex4(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |value, byte| {
        Some(value << 4 | char::from(*byte).to_digit(16)?)
    })
}

/// Whether a byte goes on with what looks like one word.
fn is_of_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-') || *byte >= 0x80
}

const A_KEY: &str = "a key in double quotes";
const A_VALUE: &str = "a value";

/// What stands between an item and what follows it.
fn after_item(is_object: bool) -> &'static str {
    if is_object {
        "`,` or `}`"
    } else {
        "`,` or `]`"
    }
}
