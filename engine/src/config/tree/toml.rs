//! Reads TOML into the same tree: the `toml` crate parses, and its values become flat nodes.

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::super::limits::{NESTING_MAX, PROBLEMS_PER_DOCUMENT_MAX};
use super::super::problem::{Code, Draft};
use super::super::source::{Source, Span};
use super::{Document, Kind, Parse, shortened, toml_number};

pub(super) fn parse(source: Source) -> Parse {
    let (table, errors) = DeTable::parse_recoverable(source.text());
    if !errors.is_empty() {
        let drafts = syntax_problems(&source, &errors);
        drop(table);
        return Err((source, drafts));
    }
    let mut document = Document::new(Source::new(String::new(), String::new()));
    let mut layout = Layout {
        document: &mut document,
        source: &source,
        too_deep: None,
        drafts: Vec::new(),
    };
    layout.table(table.get_ref(), 0, None, 0);
    let (too_deep, drafts) = (layout.too_deep, layout.drafts);
    drop(table);
    if let Some(span) = too_deep {
        let message = format!("nested more than {NESTING_MAX} deep");
        return Err((source, vec![Draft::new(Code::TooDeep, span, message)]));
    }
    document.source = source;
    Ok((document, drafts))
}

const INTEGERS: &str =
    "write decimal digits, or 0x, 0o or 0b with digits behind it; `_` stands between two digits";
const FLOATS: &str = "write digits before and behind the point; `_` stands between two digits";

struct Layout<'a> {
    document: &'a mut Document,
    source: &'a Source,
    too_deep: Option<Span>,
    /// Numbers that the parser accepts and TOML does not.
    drafts: Vec<Draft>,
}

impl Layout<'_> {
    fn table(&mut self, table: &DeTable<'_>, start: usize, key: Option<Span>, depth: usize) {
        let index = self
            .document
            .push(Kind::Object, Span::new(start, start), key);
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let span = Span::new(key.span().start, key.span().end);
            let plain = super::unquoted(self.source.slice(span));
            if plain != key.get_ref() {
                let key = key.get_ref().as_ref().into();
                self.document.keys.insert(self.document.len(), key);
            }
            self.value(value, Some(span), depth + 1);
        }
        self.document.close(index);
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, key: Option<Span>, depth: usize) {
        let span = Span::new(value.span().start, value.span().end);
        if depth > NESTING_MAX {
            self.too_deep.get_or_insert(span);
            return;
        }
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, span.start(), key, depth),
            DeValue::Array(items) => {
                let index = self.document.push(Kind::List, span, key);
                for item in items {
                    self.value(item, None, depth + 1);
                }
                self.document.close(index);
            }
            DeValue::String(text) => {
                self.scalar(Kind::String, span, key, super::unquoted, text);
            }
            DeValue::Integer(integer) => {
                let raw = self.source.slice(span);
                let digits = integer.as_str();
                let value = i64::from_str_radix(digits, integer.radix()).ok();
                let decimal = value.map_or_else(|| digits.to_owned(), |value| value.to_string());
                if !toml_number::is_integer(raw) {
                    let message = format!("`{}` is not an integer", shortened(raw));
                    self.invalid(Code::TomlSyntax, span, message, INTEGERS);
                } else if value.is_none() && integer.radix() != 10 {
                    // In decimal, whoever reads the number decides whether it is too large.
                    let message = format!("`{}` is beyond 64 bits", shortened(raw));
                    let help = Code::IntegerTooLarge.remedy();
                    self.invalid(Code::IntegerTooLarge, span, message, help);
                }
                self.scalar(Kind::Integer, span, key, |raw| raw, &decimal);
            }
            DeValue::Float(float) => {
                let raw = self.source.slice(span);
                if !toml_number::is_float(raw) {
                    let message = format!("`{}` is not a number", shortened(raw));
                    self.invalid(Code::TomlSyntax, span, message, FLOATS);
                }
                let text = float.as_str().trim_start_matches('+');
                self.scalar(Kind::Float, span, key, |raw| raw, text);
            }
            DeValue::Boolean(_) => {
                self.document.push(Kind::Bool, span, key);
            }
            DeValue::Datetime(_) => {
                self.document.push(Kind::Date, span, key);
            }
        }
    }

    /// Reports the value that comes next.
    fn invalid(&mut self, code: Code, span: Span, message: String, help: &str) {
        self.document.broken.insert(self.document.len());
        self.drafts.push(Draft::new(code, span, message).help(help));
    }

    /// Adds a scalar; its text is kept if the document spells it differently.
    fn scalar(
        &mut self,
        kind: Kind,
        span: Span,
        key: Option<Span>,
        spelt: impl Fn(&str) -> &str,
        text: &str,
    ) {
        let index = self.document.push(kind, span, key);
        if spelt(self.source.slice(span)) != text {
            self.document.texts.insert(index, text.into());
        }
    }
}

/// The first problem of each line; later ones on the line are usually its consequences.
fn syntax_problems(source: &Source, errors: &[Error]) -> Vec<Draft> {
    let start = |error: &Error| error.span().map_or(0, |span| span.start);
    let unclosed = errors
        .iter()
        .find(|error| error.message().starts_with("unclosed"));
    let mut errors: Vec<&Error> = errors.iter().collect();
    errors.sort_by_key(|error| start(error));
    let mut drafts = Vec::new();
    let mut last_line = 0;
    for error in errors {
        let line = source.position(start(error)).line;
        if line != last_line && drafts.len() <= PROBLEMS_PER_DOCUMENT_MAX {
            drafts.push(syntax_problem(source, error, unclosed));
        }
        last_line = line;
    }
    drafts
}

fn syntax_problem(source: &Source, error: &Error, unclosed: Option<&Error>) -> Draft {
    let range = error.span().unwrap_or(0..0);
    let span = source.clamp(Span::new(range.start, range.end));
    let message = error.message();
    let found = shortened(source.slice(span).lines().next().unwrap_or(""));
    if message.starts_with("duplicate key") {
        return Draft::new(Code::DuplicateKey, span, format!("duplicate key `{found}`"));
    }
    // The parser's message is `<what>, expected <something>`.
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let toml = |message: &str, help: &str| {
        Draft::new(Code::TomlSyntax, span, message.to_owned()).help(help)
    };
    let word = found.to_ascii_lowercase();
    match word.as_str() {
        "null" | "none" | "nil" => {
            return toml("TOML has no null", "leave the field out");
        }
        "true" | "false" => {
            return toml(
                "booleans are written in small letters",
                &format!("write `{word}`"),
            );
        }
        _ => {}
    }
    if what == "string values must be quoted" {
        return match (found.is_empty(), found.find("//")) {
            (true, _) => toml("there is no value", "write a value after `=`"),
            (_, Some(_)) => toml("`//` starts no comment", "TOML comments start with `#`"),
            _ => toml(
                "a string without quotes",
                &format!("write it in quotes: \"{found}\""),
            ),
        };
    }
    if source
        .text()
        .get(span.start()..)
        .is_some_and(|rest| rest.starts_with(':'))
    {
        return toml("`:` between key and value", "TOML writes `key = value`");
    }
    let mut draft = Draft::new(Code::TomlSyntax, span, what);
    if expected == "nothing" {
        draft = draft.help("remove it");
    } else if !expected.is_empty() {
        draft = draft
            .expected(expected)
            .help(format!("write {expected} here"));
    }
    // An unclosed bracket is found at the end, far from the place where it was forgotten.
    let other = unclosed
        .map(Error::message)
        .filter(|unclosed| *unclosed != message);
    draft.help_if(other.and_then(|unclosed| {
        let (what, bracket) = unclosed.split_once(", expected ")?;
        Some(format!(
            "or close what was opened: there is an {what}, which wants {bracket}"
        ))
    }))
}
