//! The problems of documents. Checks collect all of them, as data that is rendered as text later.
//!
//! A check makes a [`Draft`]; [`Problems`] gives it line, column and excerpt and turns it into a
//! [`Problem`]; a [`Report`] is all of them in order. Nothing here depends on anything but the
//! documents' bytes and the paths they were named by.

mod code;
mod collect;
#[cfg(feature = "render")]
mod render;

use std::fmt;

use serde::Serialize;

use super::source::{Source, Span};
use super::tree::Value;

pub use code::Code;
pub(crate) use collect::Problems;

/// Everything that is wrong with the documents of a run, sorted by file and place. Warnings are among
/// the problems; if there are only warnings, the documents are valid.
///
/// The same documents give the same report, byte for byte. It serializes as
/// `{"problems": [...], "unchecked": [...]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Report {
    problems: Vec<Problem>,
    unchecked: Vec<String>,
}

impl Report {
    /// The problems, by file and place; never empty.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What could not be checked because of the problems, and may hold more of them.
    #[must_use]
    pub fn unchecked(&self) -> &[String] {
        &self.unchecked
    }

    /// All problems of several reports, each once, in order.
    #[must_use]
    pub fn merged(reports: impl IntoIterator<Item = Report>) -> Option<Report> {
        let (mut problems, mut unchecked) = (Vec::new(), Vec::new());
        for report in reports {
            problems.extend(report.problems);
            unchecked.extend(report.unchecked);
        }
        Some(Self::of(problems)?.with_unchecked(unchecked))
    }

    /// The report with each problem changed.
    pub(crate) fn map(self, change: impl FnMut(Problem) -> Problem) -> Self {
        let problems = self.problems.into_iter().map(change).collect();
        Self::of(problems)
            .expect("a report has a problem")
            .with_unchecked(self.unchecked)
    }

    /// Whether the documents are valid: all problems are warnings.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.problems
            .iter()
            .all(|problem| problem.severity == Severity::Warning)
    }

    fn with_unchecked(self, mut unchecked: Vec<String>) -> Self {
        unchecked.sort();
        unchecked.dedup();
        Self { unchecked, ..self }
    }

    /// The report of a check that failed without a problem. That is a bug in this engine, which
    /// must not look like success.
    pub(crate) fn unexplained(path: &str) -> Self {
        let message = "the document was refused, and the check that did so says nothing";
        let draft = Draft::new(Code::Unexplained, Span::new(0, 0), message);
        Self {
            problems: vec![draft.finish(Place::file(path), Severity::Error)],
            unchecked: Vec::new(),
        }
    }

    /// The report of these problems, each once, in order; `None` if there are none.
    #[must_use]
    pub fn of(mut problems: Vec<Problem>) -> Option<Self> {
        problems.sort_by(|a, b| a.order().cmp(&b.order()));
        problems.dedup();
        (!problems.is_empty()).then_some(Self {
            problems,
            unchecked: Vec::new(),
        })
    }
}

/// One line per problem: `path:line:column: AE0001: message`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong, where it is, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// Whether it keeps the document from being valid.
    #[serde(skip_serializing_if = "Severity::is_error")]
    pub severity: Severity,
    /// The kind of problem.
    pub code: Code,
    /// What is wrong, in one line.
    pub message: String,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// Where in the document's structure, as `edges[2].i`; empty for the document as a whole.
    pub at: String,
    /// What was expected, if one phrase says it.
    pub expected: Option<String>,
    /// What to do, best advice first; never empty.
    pub help: Vec<String>,
    /// Other places that explain this one.
    pub related: Vec<Related>,
    /// How often it occurs in its document, ≥ 1.
    #[serde(skip_serializing_if = "is_one")]
    pub count: usize,
    /// Of a problem that occurs more than once, the places after the first that are shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Place>,
}

/// How serious a problem is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// The document is refused.
    #[default]
    Error,
    /// The document is valid, and probably does not say what was meant.
    Warning,
}

impl Severity {
    fn is_error(&self) -> bool {
        *self == Self::Error
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_one(count: &usize) -> bool {
    *count == 1
}

impl Problem {
    /// A problem, with what to do about it.
    #[must_use]
    pub fn new(
        code: Code,
        message: impl Into<String>,
        place: Place,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            place,
            at: String::new(),
            expected: None,
            help: vec![help.into()],
            related: Vec::new(),
            count: 1,
            also: Vec::new(),
        }
    }

    fn order(&self) -> (&str, usize, usize, Code, &str) {
        (
            &self.place.path,
            self.place.line,
            self.place.column,
            self.code,
            &self.message,
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            path, line, column, ..
        } = &self.place;
        write!(f, "{path}:{line}:{column}: {}: {}", self.code, self.message)?;
        match self.count {
            1 => Ok(()),
            count => write!(f, " ({count} times)"),
        }
    }
}

/// A place in a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// The document, relative to the base, with `/` between its parts.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The text there; `None` if the document could not be read.
    pub excerpt: Option<Excerpt>,
}

/// The line of a place, cut to a readable length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Excerpt {
    /// The line; `…` marks where it was cut.
    pub text: String,
    /// Byte in `text` at which the underline starts.
    pub start: usize,
    /// Byte in `text` at which it ends; equal to `start` for a place between characters.
    pub end: usize,
    /// Whether the line starts further left than `text`.
    pub cut: bool,
}

/// A second place, with its relation to the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Related {
    /// What is there.
    pub message: String,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
}

impl Place {
    /// A line and a column, both from 1, of a document whose text is not shown.
    #[must_use]
    pub fn at(path: impl Into<String>, line: usize, column: usize) -> Self {
        Self {
            path: path.into(),
            line,
            column,
            excerpt: None,
        }
    }

    /// A document as a whole, of which no text is known.
    pub(crate) fn file(path: impl Into<String>) -> Self {
        Self::at(path, 1, 1)
    }

    pub(crate) fn new(source: &Source, span: Span) -> Self {
        let span = source.clamp(span);
        let position = source.position(span.start());
        let excerpt = Some(Excerpt::new(source, span, position.line));
        let (line, column) = (position.line, position.column);
        Self {
            path: source.path().to_owned(),
            line,
            column,
            excerpt,
        }
    }
}

impl Excerpt {
    /// How much of a long line is shown on each side of the underline, and underlined, in bytes.
    const MARGIN: usize = 48;
    const UNDERLINE_MAX: usize = 64;
    const LINE_MAX: usize = 160;

    fn new(source: &Source, span: Span, line: usize) -> Self {
        let text = source.text();
        let range = source.line_range(line);
        let (mut first, mut last) = (range.start, range.end);
        let start = span.start().clamp(first, last);
        let mut end = span.end().clamp(start, last);
        if last - first > Self::LINE_MAX {
            end = text.ceil_char_boundary(end.min(start + Self::UNDERLINE_MAX));
            first = text
                .floor_char_boundary(start.saturating_sub(Self::MARGIN))
                .max(first);
            last = text.ceil_char_boundary((end + Self::MARGIN).min(last));
        }
        let cut = first > range.start;
        let before = if cut { "…" } else { "" };
        let after = if last < range.end { "…" } else { "" };
        let shown = &text[first..last];
        let shift = |offset: usize| offset - first + before.len();
        let (start, end) = (shift(start), shift(end));
        Self {
            text: format!("{before}{shown}{after}"),
            start,
            end,
            cut,
        }
    }
}

/// A problem as a check states it, before its line, column and excerpt are known.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    code: Code,
    span: Span,
    at: String,
    message: String,
    expected: Option<String>,
    help: Vec<String>,
    related: Vec<Related>,
}

impl Draft {
    pub(crate) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        let (at, message) = (String::new(), message.into());
        Self {
            code,
            span,
            at,
            message,
            expected: None,
            help: Vec::new(),
            related: Vec::new(),
        }
    }

    /// A problem with a value.
    pub(crate) fn on(value: Value<'_>, code: Code, message: impl Into<String>) -> Self {
        let draft = Self::new(code, value.span(), message);
        Self {
            at: value.path(),
            ..draft
        }
    }

    /// A problem with a value's key.
    pub(crate) fn on_key(value: Value<'_>, code: Code, message: impl Into<String>) -> Self {
        let span = value.key_span().unwrap_or_else(|| value.span());
        Self {
            span,
            ..Self::on(value, code, message)
        }
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// The problem at a different span.
    pub(crate) fn moved_to(self, span: Span) -> Self {
        Self { span, ..self }
    }

    pub(crate) fn at(self, at: String) -> Self {
        Self { at, ..self }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    pub(crate) fn help_if(mut self, help: Option<String>) -> Self {
        self.help.extend(help);
        self
    }

    pub(crate) fn related(self, value: Value<'_>, message: impl Into<String>) -> Self {
        self.related_at(value.document().source(), value.span(), message)
    }

    pub(crate) fn related_at(
        mut self,
        source: &Source,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        self.related.push(Related {
            message: message.into(),
            place: Place::new(source, span),
        });
        self
    }

    fn finish(mut self, place: Place, severity: Severity) -> Problem {
        if self.help.is_empty() {
            self.help.push(self.code.remedy().to_owned());
        }
        let Self {
            code,
            at,
            message,
            expected,
            help,
            related,
            ..
        } = self;
        Problem {
            severity,
            code,
            message,
            place,
            at,
            expected,
            help,
            related,
            count: 1,
            also: Vec::new(),
        }
    }
}
