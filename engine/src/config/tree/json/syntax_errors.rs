//! Turns the syntax errors of a JSON document into problems.
//!
//! The reader reports each error as data. Errors that are often repeated (comments, single quotes,
//! …) are shown once, with the number of the others.

use std::mem::{Discriminant, discriminant};

use aether_json::{Container, Expected, Fault, JsonProblem, OnError};

use super::super::super::limits::PROBLEMS_PER_DOCUMENT_MAX;
use super::super::super::problem::{Code, Draft};
use super::super::super::source::{Source, Span};
use super::super::shortened;

/// The errors after which the reader continued, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct SyntaxErrors {
    faults: Vec<Fault>,
    /// For each kind of repeated error, its index in `faults` and the number of repetitions.
    habits: Vec<(Discriminant<JsonProblem>, usize, usize)>,
}

impl OnError for SyntaxErrors {
    /// Keeps the first error of a repeated kind and counts the others. One error more than a report
    /// holds ends the reading.
    fn on_error(&mut self, fault: Fault) -> Result<(), Fault> {
        if is_habit(&fault.problem) {
            let habit = discriminant(&fault.problem);
            if let Some((_, _, more)) = self.habits.iter_mut().find(|(known, ..)| *known == habit) {
                *more += 1;
                return Ok(());
            }
            self.habits.push((habit, self.faults.len(), 0));
        } else if self.faults.len() >= PROBLEMS_PER_DOCUMENT_MAX {
            return Err(fault);
        }
        self.faults.push(fault);
        Ok(())
    }
}

impl SyntaxErrors {
    /// All errors as problems of the document; the one that ended the reading is last.
    pub(super) fn into_drafts(self, source: &Source, fatal: Option<Fault>) -> Vec<Draft> {
        let faults = self.faults.into_iter().chain(fatal);
        let mut drafts: Vec<Draft> = faults.map(|fault| draft(&fault, source)).collect();
        for (_, at, more) in self.habits.into_iter().filter(|(.., more)| *more > 0) {
            let places = if more == 1 { "place" } else { "places" };
            let first = drafts.remove(at);
            drafts.insert(at, first.help(format!("the same in {more} more {places}")));
        }
        drafts
    }
}

/// Whether a document that has the error once usually has it in many places.
fn is_habit(problem: &JsonProblem) -> bool {
    matches!(
        problem,
        JsonProblem::Comment
            | JsonProblem::SingleQuotes { .. }
            | JsonProblem::BareKey
            | JsonProblem::Word { .. }
            | JsonProblem::Control { .. }
    )
}

fn draft(fault: &Fault, source: &Source) -> Draft {
    let span = source.clamp(Span::new(fault.at, fault.end));
    let shown = || shortened(source.slice(span));
    match fault.problem {
        JsonProblem::Comment => {
            let message = "a comment, which JSON does not have";
            Draft::new(Code::UnexpectedText, span, message)
                .help("remove it, or write the document in TOML")
        }
        JsonProblem::Control { found: '\n' | '\r' } => {
            let start = fault.opened.map_or(fault.at, |(_, start)| start);
            let span = Span::new(start, fault.at);
            Draft::new(Code::BadString, span, "the string is not closed")
        }
        JsonProblem::Control { .. } => Draft::new(Code::BadString, span, "a raw control character"),
        JsonProblem::Escape => {
            let message = format!("`{}` is not a valid escape", shown());
            Draft::new(Code::BadEscape, span, message)
        }
        JsonProblem::Number => {
            let message = format!("`{}` is not a valid JSON number", shown());
            Draft::new(Code::BadNumber, span, message)
        }
        JsonProblem::LeadingZeros => {
            let message = format!("`{}` is not a valid JSON number", shown());
            let plain = without_leading_zeros(source.slice(span));
            Draft::new(Code::BadNumber, span, message).help(format!("write `{plain}`"))
        }
        JsonProblem::TooDeep { max } => {
            let message = format!("nested more than {max} deep");
            Draft::new(Code::TooDeep, span, message)
        }
        JsonProblem::TrailingComma => {
            let message = "a comma after the last item";
            Draft::new(Code::TrailingComma, span, message)
        }
        JsonProblem::MissingComma { expected, .. } => missing_comma(fault, expected, source),
        JsonProblem::Unexpected {
            expected: Expected::End,
            ..
        } => {
            let message = "text follows the end of the document";
            Draft::new(Code::TrailingText, span, message)
        }
        JsonProblem::Ends { expected } => ends(fault, expected, source),
        JsonProblem::Unexpected { expected, .. } | JsonProblem::SingleQuotes { expected } => {
            unexpected(fault, expected, source)
        }
        JsonProblem::BareKey => unexpected(fault, Expected::Key, source),
        JsonProblem::Word { .. } => unexpected(fault, Expected::Value, source),
        ref other => unreachable!("the reader of a text does not report {other:?}"),
    }
}

/// The problem for text that is not what is expected.
fn unexpected(fault: &Fault, expected: Expected, source: &Source) -> Draft {
    let span = source.clamp(Span::new(fault.at, fault.end));
    let found = shortened(source.slice(span));
    let rest = &source.text()[span.start()..];
    let first = rest.bytes().next();
    let is_after_item = matches!(expected, Expected::CommaOrBrace | Expected::CommaOrBracket);
    let is_number = matches!(
        found.as_str(),
        "NaN" | "Infinity" | "+Infinity" | "-Infinity"
    ) || (matches!(first, Some(b'+' | b'.')) && expected == Expected::Value);
    let (code, message) = if is_number {
        (
            Code::BadNumber,
            format!("`{found}` is not a valid JSON number"),
        )
    } else {
        (
            Code::UnexpectedText,
            format!("`{found}` is not expected here"),
        )
    };
    let help = match (first, fault.opened) {
        _ if is_number => code.remedy().to_owned(),
        (Some(b'/'), _) if rest.starts_with("/*") => {
            "JSON has no comments, and this one is not closed: remove it".to_owned()
        }
        (Some(b'\''), _) => "write strings and keys in double quotes".to_owned(),
        (Some(b','), _) => "remove the comma, or write what is missing before it".to_owned(),
        (Some(b'='), _) => "JSON writes `\"key\": value`".to_owned(),
        (Some(b'}' | b']'), Some((container, _))) if is_after_item => {
            let bracket = match container {
                Container::Object => '}',
                _ => ']',
            };
            format!("what was opened last is closed with `{bracket}`")
        }
        _ => word_help(&found, expected).unwrap_or_else(|| format!("write {expected} here")),
    };
    let draft = Draft::new(code, span, message)
        .expected(expected.as_str())
        .help(help);
    match (fault.opened, first) {
        (Some((_, start)), Some(b'}' | b']')) => {
            let opened = Span::new(start, start + 1);
            draft.related_at(source, opened, "opened here")
        }
        _ => draft,
    }
}

/// The problem for a missing comma after the previous item.
fn missing_comma(fault: &Fault, expected: Expected, source: &Source) -> Draft {
    let before = source.text()[..fault.at].trim_end().len();
    let message = "a comma is missing after this item";
    let span = Span::new(before - 1, before);
    Draft::new(Code::UnexpectedText, source.clamp(span), message)
        .expected(format!("{expected} after it"))
        .help("add a comma")
}

/// The problem for a document that ends too early.
fn ends(fault: &Fault, expected: Expected, source: &Source) -> Draft {
    let end = source.text().trim_end().len();
    let end = Span::new(end, end);
    let (what, start) = match fault.opened {
        Some((Container::String, start)) => {
            let message = "the document ends in the middle of a string";
            let draft = Draft::new(Code::Unclosed, Span::new(start, start + 1), message);
            return draft.expected("a closing \"");
        }
        Some((Container::Object, start)) => ("an object", start),
        Some((Container::Array, start)) => ("a list", start),
        None => {
            let draft = Draft::new(Code::Unclosed, end, "the document ends here");
            return draft.expected(expected.as_str());
        }
    };
    let message = format!("the document ends inside {what}");
    let opened = Span::new(start, start + 1);
    Draft::new(Code::Unclosed, end, message)
        .related_at(source, opened, "opened here and never closed")
        .expected(expected.as_str())
}

/// Help with a bare word.
fn word_help(found: &str, expected: Expected) -> Option<String> {
    let is_word = found.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let lower = found.to_ascii_lowercase();
    match lower.as_str() {
        _ if !is_word => None,
        _ if expected == Expected::Key => Some(format!("write it in quotes: \"{found}\"")),
        "true" | "false" | "null" => Some(format!("write `{lower}`")),
        "none" | "nil" | "undefined" => Some("write `null`".to_owned()),
        _ if expected == Expected::Value => Some(format!("if it is a string, write \"{found}\"")),
        _ => None,
    }
}

/// The integer that a number with leading zeros means: `7` for `007`.
fn without_leading_zeros(spelling: &str) -> String {
    let (sign, digits) = match spelling.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", spelling),
    };
    let plain = digits.trim_start_matches('0');
    let plain = if plain.is_empty() { "0" } else { plain };
    format!("{sign}{plain}")
}
