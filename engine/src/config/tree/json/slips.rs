//! What is said of a place that is no JSON, and how it is read in spite of it.
//!
//! A slip that leaves no doubt about what was meant is told and read as that, so that the rest of
//! the document is still read and checked. A value that means nothing is told and kept as a broken
//! one, of which nobody says more.

use super::super::super::limits::PROBLEMS_PER_DOCUMENT_MAX;
use super::super::super::problem::{Code, Draft};
use super::super::super::source::Span;
use super::super::{Document, Kind, shortened};
use super::{A_KEY, A_VALUE, Open, Parsed, Reader, after_item, is_of_word};

/// Slips that come in numbers: the first is told, the others are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    Comment,
    SingleQuotes,
    BareKey,
    Word,
    ControlCharacter,
}

/// The slips of a document so far.
#[derive(Default)]
pub(super) struct Slips {
    told: Vec<Draft>,
    /// Each habit with its place in `told`, and how often it came again.
    habits: Vec<(Habit, usize, usize)>,
    /// How many raw control characters there were.
    pub(super) controls: usize,
}

impl Slips {
    /// Adds a slip; one too many for a report ends the reading.
    pub(super) fn tell(&mut self, draft: Draft) -> Parsed<()> {
        if self.told.len() >= PROBLEMS_PER_DOCUMENT_MAX {
            return Err(draft.into());
        }
        self.told.push(draft);
        Ok(())
    }

    /// Adds the first slip of a habit and counts the others.
    fn tell_first(&mut self, habit: Habit, draft: impl FnOnce() -> Box<Draft>) {
        if let Some((_, _, more)) = self.habits.iter_mut().find(|(known, ..)| *known == habit) {
            *more += 1;
            return;
        }
        self.habits.push((habit, self.told.len(), 0));
        self.told.push(*draft());
    }

    pub(super) fn pop(&mut self) -> Option<Box<Draft>> {
        self.told.pop().map(Box::new)
    }

    pub(super) fn into_drafts(mut self) -> Vec<Draft> {
        for (_, at, more) in self.habits.into_iter().filter(|(.., more)| *more > 0) {
            if at < self.told.len() {
                let places = if more == 1 { "place" } else { "places" };
                let draft = self.told.remove(at);
                let draft = draft.help(format!("the same in {more} more {places}"));
                self.told.insert(at, draft);
            }
        }
        self.told
    }
}

impl Reader<'_> {
    /// Whether an item starts here, though nothing separates it from the one before.
    pub(super) fn is_item(&self, is_object: bool) -> bool {
        match self.peek() {
            Some(b'"') => true,
            Some(b'{' | b'[' | b'-') => !is_object,
            Some(byte) => !is_object && byte.is_ascii_alphanumeric(),
            None => false,
        }
    }

    /// Comments and the space after them.
    #[cold]
    pub(super) fn comments(&mut self) {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or(&[]);
            let length = match rest {
                [b'#', ..] | [b'/', b'/', ..] => rest.iter().position(|byte| *byte == b'\n'),
                [b'/', b'*', ..] => {
                    let Some(end) = rest.windows(2).skip(2).position(|pair| pair == b"*/") else {
                        return;
                    };
                    Some(end + 4)
                }
                _ => return,
            };
            let end = length.map_or(self.bytes.len(), |length| self.at + length);
            let span = Span::new(self.at, end);
            self.slips.tell_first(Habit::Comment, || {
                let message = "a comment, which JSON does not have";
                let draft = Draft::new(Code::UnexpectedText, span, message);
                draft
                    .help("remove it, or write the document in TOML")
                    .into()
            });
            self.at = end;
            while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
                self.at += 1;
            }
        }
    }

    /// A raw control character in a text.
    #[cold]
    pub(super) fn control_character(&mut self) {
        let span = Span::new(self.at, self.at + 1);
        self.slips.controls += 1;
        self.slips.tell_first(Habit::ControlCharacter, || {
            Draft::new(Code::BadString, span, "a raw control character").into()
        });
    }

    /// A key in single quotes or in none.
    #[cold]
    pub(super) fn key_without_quotes(&mut self) -> Parsed<Span> {
        if let Some(span) = self.single_quoted(A_KEY) {
            return Ok(span);
        }
        let (start, end) = (self.at, self.token_end(self.at));
        let first = self.bytes.get(start);
        let is_word = first.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        let rest = self.text.get(end..).unwrap_or("").trim_start();
        if !is_word || !rest.starts_with([':', '=']) {
            return Err(self.unexpected(A_KEY));
        }
        let draft = self.unexpected(A_KEY);
        self.slips.tell_first(Habit::BareKey, || draft);
        self.at = end;
        Ok(Span::new(start, end))
    }

    /// A text in single quotes, on one line and without escapes.
    fn single_quoted(&mut self, expected: &str) -> Option<Span> {
        let rest = self.bytes.get(self.at..)?.strip_prefix(b"'")?;
        let length = rest
            .iter()
            .position(|byte| matches!(byte, b'\'' | b'\\' | b'\n'))?;
        (rest.get(length) == Some(&b'\'')).then_some(())?;
        let draft = self.unexpected(expected);
        self.slips.tell_first(Habit::SingleQuotes, || draft);
        let start = self.at;
        self.at += length + 2;
        Some(Span::new(start, self.at))
    }

    /// A value that JSON writes another way, or a word that is no value.
    #[cold]
    pub(super) fn misspelt_value(
        &mut self,
        document: &mut Document,
        key: Option<Span>,
    ) -> Parsed<()> {
        if let Some(span) = self.single_quoted(A_VALUE) {
            document.push(Kind::String, span, key);
            return Ok(());
        }
        let (start, end) = (self.at, self.token_end(self.at));
        if end == start {
            return Err(self.unexpected(A_VALUE));
        }
        let span = Span::new(start, end);
        let word = self.source.slice(span).to_ascii_lowercase();
        let meant = match word.as_str() {
            "true" => Some((Kind::Bool, "true")),
            "false" => Some((Kind::Bool, "false")),
            "null" | "none" | "nil" | "undefined" => Some((Kind::Null, "null")),
            _ => None,
        };
        let draft = self.unexpected(A_VALUE);
        let kind = meant.map_or(Kind::Date, |(kind, _)| kind);
        let index = document.push(kind, span, key);
        if let Some((_, text)) = meant {
            self.slips.tell_first(Habit::Word, || draft);
            document.texts.insert(index, text.into());
        } else {
            self.slips.tell(*draft)?;
            document.broken.insert(index);
        }
        self.at = end;
        Ok(())
    }

    /// A number that JSON does not write so; leading zeros leave no doubt about it.
    #[cold]
    pub(super) fn malformed_number(
        &mut self,
        start: usize,
        document: &mut Document,
        key: Option<Span>,
    ) -> Parsed<()> {
        let end = self.token_end(self.at).max(start + 1);
        let span = self.source.clamp(Span::new(start, end));
        let shown = shortened(self.source.slice(span));
        let message = format!("`{shown}` is no number in JSON");
        let plain = without_leading_zeros(self.source.slice(span));
        let help = plain.as_ref().map(|plain| format!("write `{plain}`"));
        self.slips
            .tell(Draft::new(Code::BadNumber, span, message).help_if(help))?;
        self.at = end;
        let kind = if plain.is_some() {
            Kind::Integer
        } else {
            Kind::Date
        };
        let index = document.push(kind, span, key);
        match plain {
            Some(plain) => {
                document.texts.insert(index, plain.into());
            }
            None => {
                document.broken.insert(index);
            }
        }
        Ok(())
    }

    /// Where what looks like one word ends.
    fn token_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or(&[]);
        from + rest.iter().take_while(|byte| is_of_word(byte)).count()
    }

    /// Something other than what is expected here, or the end.
    pub(super) fn unexpected(&self, expected: &str) -> Box<Draft> {
        let Some(byte) = self.peek() else {
            return self.ends(expected);
        };
        let end = self.token_end(self.at).max(self.at + 1);
        let span = self.source.clamp(Span::new(self.at, end));
        let found = shortened(self.source.slice(span));
        let rest = self.text.get(self.at..).unwrap_or("");
        let is_after_item = expected.starts_with("`,`");
        let is_number = matches!(
            found.as_str(),
            "NaN" | "Infinity" | "+Infinity" | "-Infinity"
        ) || (matches!(byte, b'+' | b'.') && expected == A_VALUE);
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
            b'/' if rest.starts_with("/*") => {
                "JSON has no comments, and this one is not closed: remove it".to_owned()
            }
            b'\'' => "write texts and keys in double quotes".to_owned(),
            b',' => "remove the comma, or write what is missing before it".to_owned(),
            b'=' => "JSON writes `\"key\": value`".to_owned(),
            b'}' | b']' if is_after_item => self.open.last().map_or_else(String::new, |open| {
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
    pub(super) fn missing_comma(&self, is_object: bool) -> Draft {
        let before = self.text.get(..self.at).unwrap_or("").trim_end().len();
        let message = "a comma is missing after this item";
        let span = Span::new(before.saturating_sub(1), before);
        Draft::new(Code::UnexpectedText, self.source.clamp(span), message)
            .expected(format!("{} after it", after_item(is_object)))
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
        _ if expected == A_KEY => Some(format!("write it in quotes: \"{found}\"")),
        "true" | "false" | "null" => Some(format!("write `{lower}`")),
        "none" | "nil" | "undefined" => Some("write `null`".to_owned()),
        _ if expected == A_VALUE => Some(format!("if it is a text, write \"{found}\"")),
        _ => None,
    }
}

/// The number that a spelling with leading zeros stands for.
fn without_leading_zeros(shown: &str) -> Option<String> {
    let (sign, digits) = shown
        .strip_prefix('-')
        .map_or(("", shown), |rest| ("-", rest));
    let is_decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits.trim_start_matches('0');
    let plain = if plain.is_empty() { "0" } else { plain };
    is_decimal.then(|| format!("{sign}{plain}"))
}
