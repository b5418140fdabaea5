//! A strict JSON reader (RFC 8259) that keeps every place.
//!
//! Parsers at hand give no places of keys, or build a map and lose duplicates and the digits of
//! large numbers. This one makes the flat tree in a single pass without recursion, and says of a
//! broken document what a person would: what was opened and not closed, the comma too many, the
//! comment, the single quotes. Its acceptance is tested against `serde_json`.

use super::super::limits::{NESTING_MAX, PROBLEMS_PER_DOCUMENT_MAX};
use super::super::problem::{Code, Draft};
use super::super::source::{Source, Span};
use super::{Document, Kind, Parse, Value, shortened};

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
    };
    if let Err(draft) = reader.document(&mut document) {
        return Err((source, vec![*draft]));
    }
    document.source = source;
    let duplicates = duplicates(&document);
    Ok((document, duplicates))
}

impl Reader<'_> {
    fn document(&mut self, document: &mut Document) -> Parsed<()> {
        self.space();
        // An estimate that never moves a large tree: seven numbers of ten bytes with their keys.
        document.nodes.reserve(self.bytes.len() / 16);
        self.value(document, None)?;
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
                    let comma = self.at;
                    self.at += 1;
                    self.space();
                    if matches!(self.peek(), Some(b'}' | b']')) {
                        let span = Span::new(comma, comma + 1);
                        let message = "a comma after the last item";
                        return Err(Draft::new(Code::TrailingComma, span, message).into());
                    }
                }
                _ if is_first => {}
                _ => {
                    return Err(self.unexpected(if is_object {
                        "`,` or `}`"
                    } else {
                        "`,` or `]`"
                    }));
                }
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
            return Err(Draft::new(Code::TrailingText, span, message).into());
        }
        document.nodes.shrink_to_fit();
        Ok(())
    }

    /// A key and its colon.
    fn key(&mut self, document: &mut Document) -> Parsed<Span> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let (span, plain) = self.string()?;
        if !plain {
            let key = self.unescaped(span)?;
            document.keys.insert(document.len(), key);
        }
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
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
                let (span, plain) = self.string()?;
                let index = document.push(Kind::String, span, key);
                if !plain {
                    let text = self.unescaped(span)?;
                    document.texts.insert(index, text);
                }
            }
            Some(b'-' | b'0'..=b'9') => {
                let kind = self.number()?;
                document.push(kind, Span::new(start, self.at), key);
            }
            Some(b't') if self.word("true") => {
                document.push(Kind::Bool, Span::new(start, self.at), key);
            }
            Some(b'f') if self.word("false") => {
                document.push(Kind::Bool, Span::new(start, self.at), key);
            }
            Some(b'n') if self.word("null") => {
                document.push(Kind::Null, Span::new(start, self.at), key);
            }
            _ => return Err(self.unexpected("a value")),
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
                Some(byte) if byte < 0x20 => {
                    let (message, span) = match byte {
                        b'\n' | b'\r' => ("the text is not closed", Span::new(start, self.at)),
                        _ => ("a raw control character", Span::new(self.at, self.at + 1)),
                    };
                    return Err(Draft::new(Code::BadString, span, message).into());
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

    fn number(&mut self) -> Parsed<Kind> {
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
        let end = self.token_end(self.at);
        if valid && end == self.at {
            return Ok(kind);
        }
        let span = Span::new(start, end.max(start + 1));
        let shown = shortened(self.source.slice(span));
        let draft = Draft::new(
            Code::BadNumber,
            span,
            format!("`{shown}` is no number in JSON"),
        );
        let help = leading_zero_help(&shown);
        Err(draft.help_if(help).into())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    /// Where what looks like one word ends.
    fn token_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or(&[]);
        let is_word = |byte: &u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'.' | b'+' | b'-')
                || *byte >= 0x80
        };
        from + rest.iter().take_while(|byte| is_word(byte)).count()
    }

    /// Something other than what is expected here, or the end.
    fn unexpected(&self, expected: &str) -> Box<Draft> {
        let Some(byte) = self.peek() else {
            return self.ends(expected);
        };
        let end = self.token_end(self.at).max(self.at + 1);
        let span = self.source.clamp(Span::new(self.at, end));
        let found = shortened(self.source.slice(span));
        let rest = self.text.get(self.at..).unwrap_or("");
        let after_item = expected.starts_with("`,`");
        if after_item && (matches!(byte, b'"' | b'{' | b'[' | b'-') || byte.is_ascii_alphanumeric())
        {
            return Box::new(self.missing_comma(expected));
        }
        let is_number = matches!(
            found.as_str(),
            "NaN" | "Infinity" | "+Infinity" | "-Infinity"
        ) || (matches!(byte, b'+' | b'.') && expected == "a value");
        let (code, message) = if is_number {
            (Code::BadNumber, format!("`{found}` is no number in JSON"))
        } else {
            (
                Code::UnexpectedText,
                format!("`{found}` is not expected here"),
            )
        };
        let help = match byte {
            _ if is_number => code.remedy().to_owned(),
            b'/' | b'#' if byte == b'#' || rest.starts_with("//") || rest.starts_with("/*") => {
                "JSON has no comments: remove it, or write the document in TOML".to_owned()
            }
            b'\'' => "write texts and keys in double quotes".to_owned(),
            b',' => "remove the comma, or write what is missing before it".to_owned(),
            b'=' => "JSON writes `\"key\": value`".to_owned(),
            b'}' | b']' if after_item => self.open.last().map_or_else(String::new, |open| {
                let bracket = if open.is_object { '}' } else { ']' };
                format!("what was opened last is closed with `{bracket}`")
            }),
            _ => word_help(&found, expected).unwrap_or_else(|| format!("write {expected} here")),
        };
        let mut draft = Draft::new(code, span, message)
            .expected(expected)
            .help(help);
        if let (Some(open), b'}' | b']') = (self.open.last(), byte) {
            let opened = Span::new(open.start, open.start + 1);
            draft = draft.related_at(self.source, opened, "opened here");
        }
        draft.into()
    }

    /// A comma is missing after the item before.
    fn missing_comma(&self, expected: &str) -> Draft {
        let before = self.text.get(..self.at).unwrap_or("").trim_end().len();
        let message = "a comma is missing after this item";
        let span = Span::new(before.saturating_sub(1), before);
        Draft::new(Code::UnexpectedText, self.source.clamp(span), message)
            .expected(format!("{expected} after it"))
            .help("add a comma")
    }

    /// The document ends where something is expected.
    fn ends(&self, expected: &str) -> Box<Draft> {
        let end = self.text.trim_end().len();
        let draft = match self.open.last() {
            Some(Open {
                start, is_object, ..
            }) => {
                let what = if *is_object { "an object" } else { "a list" };
                let message = format!("the document ends inside {what}");
                Draft::new(Code::Unclosed, Span::new(end, end), message).related_at(
                    self.source,
                    Span::new(*start, *start + 1),
                    "opened here and never closed",
                )
            }
            None => Draft::new(
                Code::Unclosed,
                Span::new(end, end),
                "the document ends here",
            ),
        };
        draft.expected(expected).into()
    }
}

/// Help with a bare word.
fn word_help(found: &str, expected: &str) -> Option<String> {
    let is_word = found.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let lower = found.to_ascii_lowercase();
    match lower.as_str() {
        _ if !is_word => None,
        _ if expected.starts_with("a key") => Some(format!("write it in quotes: \"{found}\"")),
        "true" | "false" | "null" => Some(format!("write `{lower}`")),
        "none" | "nil" | "undefined" => Some("write `null`".to_owned()),
        _ if expected == "a value" => Some(format!("if it is a text, write \"{found}\"")),
        _ => None,
    }
}

fn leading_zero_help(shown: &str) -> Option<String> {
    let (sign, digits) = shown
        .strip_prefix('-')
        .map_or(("", shown), |rest| ("-", rest));
    let is_decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits.trim_start_matches('0');
    let plain = if plain.is_empty() { "0" } else { plain };
    is_decimal.then(|| format!("write `{sign}{plain}`"))
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

/// Tells of every key that stands twice in its object.
fn duplicates(document: &Document) -> Vec<Draft> {
    let mut problems = Vec::new();
    let mut keys: Vec<(&str, Value<'_>)> = Vec::new();
    for index in 0..document.len() {
        // Enough to fill a report, and no more than memory bears.
        if problems.len() > PROBLEMS_PER_DOCUMENT_MAX {
            break;
        }
        let object = Value { document, index };
        if object.kind() != Kind::Object {
            continue;
        }
        keys.clear();
        keys.extend(
            object
                .children()
                .filter_map(|child| Some((child.key()?, child))),
        );
        // Small objects, as nearly all are, are compared pair by pair.
        if keys.len() > 12 {
            keys.sort_by_key(|(key, value)| (*key, value.index));
            for pair in keys.windows(2) {
                if let [(first, earlier), (second, later)] = pair
                    && first == second
                    && problems.len() <= PROBLEMS_PER_DOCUMENT_MAX
                {
                    problems.push(duplicate(*earlier, *later));
                }
            }
        } else {
            for (position, (key, later)) in keys.iter().enumerate() {
                let mut earlier = keys.iter().take(position);
                if let Some((_, earlier)) = earlier.find(|(other, _)| other == key) {
                    problems.push(duplicate(*earlier, *later));
                }
            }
        }
    }
    problems
}

fn duplicate(earlier: Value<'_>, later: Value<'_>) -> Draft {
    let key = shortened(later.key().unwrap_or(""));
    let span = earlier.key_span().unwrap_or_else(|| earlier.span());
    Draft::on_key(
        later,
        Code::DuplicateKey,
        format!("the key `{key}` stands twice"),
    )
    .related_at(later.document().source(), span, "it stands here first")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn accepts(text: &str) -> Result<(), Code> {
        let parsed = parse(Source::new("x.json".into(), text.into()));
        parsed
            .map(|_| ())
            .map_err(|(_, drafts)| drafts.first().map_or(Code::Unexplained, Draft::code))
    }

    /// A value of the tree as `serde_json` has it.
    fn value(value: Value<'_>) -> serde_json::Value {
        match value.kind() {
            Kind::List => value.children().map(self::value).collect(),
            Kind::Object => {
                let keyed = value
                    .children()
                    .filter_map(|child| Some((child.key()?, child)));
                keyed
                    .map(|(key, child)| (key.to_owned(), self::value(child)))
                    .collect()
            }
            Kind::String => value.text().into(),
            _ => serde_json::from_str(value.text()).expect("a scalar"),
        }
    }

    /// `serde_json` is the judge of what JSON is.
    fn check(text: &str) {
        let theirs = serde_json::from_str::<serde_json::Value>(text);
        match (parse(Source::new("x.json".into(), text.into())), theirs) {
            (Ok((document, duplicates)), Ok(theirs)) => {
                // Of duplicates, the two readers keep different ones.
                if duplicates.is_empty() {
                    assert_eq!(value(document.root()), theirs, "{text:?}");
                }
            }
            (Err((_, drafts)), Ok(_)) => {
                let code = drafts.first().map(Draft::code);
                assert_eq!(code, Some(Code::TooDeep), "{text:?}");
            }
            (Ok(_), Err(error)) => panic!("{text:?} is no JSON: {error}"),
            (Err(_), Err(_)) => {}
        }
    }

    #[test]
    fn it_accepts_what_json_is_and_nothing_else() {
        for text in [
            "0",
            "-0",
            "01",
            "-",
            "1.",
            "1.5e3",
            "1e",
            ".5",
            "+1",
            "1E+2",
            "-1e-2",
            "00",
            "-01",
            "\"\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ude00\"",
            "\"\\ud83d\\u0041\"",
            "\"\\u00e9\\n\\/\"",
            "\"\\x\"",
            "\"\u{7f}\"",
            "\"\n\"",
            "\"\\\"",
            "\"\\",
            "\"\\u00",
            "[]",
            "[,]",
            "[1,]",
            "[1 2]",
            "[",
            "]",
            "{}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\":1 \"b\":2}",
            "{\"\":{\"\":[]}}",
            "nul",
            "null1",
            "truefalse",
            "tru",
            " \t\r\n1 ",
            "\u{a0}1",
            "1 1",
            "",
            " ",
            "/**/1",
            "'a'",
            "NaN",
            "-Infinity",
            "{\"a\":1}}",
        ] {
            check(text);
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_serde_json_on_any_text(text in "[\\[\\]{}:,\"\\\\ue0-9a-f.+ tr\\-\n]{0,24}") {
            check(&text);
        }

        #[test]
        fn it_agrees_with_serde_json_on_values(
            keys in proptest::collection::vec(".{0,4}", 1..20), number in any::<i64>(), float in "[1-9]\\.[0-9]{1,3}",
        ) {
            let members: Vec<String> = keys
                .iter()
                .map(|key| format!("{}: [{number}, {float}, {{\"x\": null}}]", serde_json::json!(key)))
                .collect();
            check(&format!("{{{}}}", members.join(",\n")));
        }
    }

    #[test]
    fn what_is_nested_to_the_limit_is_read() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(accepts(&nested(NESTING_MAX)), Ok(()));
        assert_eq!(accepts(&nested(NESTING_MAX + 1)), Err(Code::TooDeep));
    }
}
