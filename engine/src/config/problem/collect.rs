//! [`Problems`]: what checks have found so far, with a problem that recurs kept once.
//!
//! Problems recur if they have the same code, are at the same kind of place, expect the same, and have
//! messages that differ only in numbers and in what is quoted. Up to [`SHOWN_ALONE`] of them are problems of their
//! own; of more, the first is kept with their number and the next places:
//!
//! ```text
//! `edges[0].k` is `0.5`, …    `edges[1].k` is `0.7`, …    534 in all    =>    the first, 534 times
//! ```

use std::collections::BTreeMap;

use super::super::limits::{PROBLEMS_COUNTED_MAX, PROBLEMS_PER_DOCUMENT_MAX};
use super::super::source::{Source, Span};
use super::super::tree::Value;
use super::{Code, Draft, Place, Problem, Report, Severity};

/// How often a problem may occur and still be shown each time, and how many places are shown of one
/// that occurs more often.
const SHOWN_ALONE: usize = 3;

/// The problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: BTreeMap<Recurring, Occurrences>,
    documents: BTreeMap<String, Counts>,
    /// Number of errors.
    errors: usize,
    unchecked: Vec<String>,
}

/// What recurring problems have in common.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Recurring {
    path: String,
    code: Code,
    /// The path in the document without indices.
    at: String,
    /// The message without numbers and quoted words.
    message: String,
    /// What was expected without numbers. It names the field that is missing.
    expected: Option<String>,
}

#[derive(Debug, Default)]
struct Occurrences {
    count: usize,
    /// The first [`SHOWN_ALONE`].
    first: Vec<Problem>,
}

/// The problems of one document.
#[derive(Debug, Default)]
struct Counts {
    all: usize,
    /// Number of problems that have a place and a message.
    kept: usize,
    /// Number of problems that are not shown and not counted in any other.
    beyond: usize,
}

impl Problems {
    /// Adds a problem with a document that was read.
    pub(crate) fn add(&mut self, source: &Source, draft: Draft) {
        self.record(source.path(), draft, Severity::Error, |span| {
            Place::new(source, span)
        });
    }

    /// Adds a problem with a value.
    pub(crate) fn add_on(&mut self, value: Value<'_>, draft: Draft) {
        self.add(value.document().source(), draft);
    }

    /// Adds a problem at a place that was made by hand.
    pub(crate) fn add_at(&mut self, place: Place, draft: Draft) {
        let path = place.path.clone();
        self.record(&path, draft, Severity::Error, |_| place);
    }

    /// Adds a warning about a value: the document is valid, and is probably not what was meant.
    pub(crate) fn warn_on(&mut self, value: Value<'_>, draft: Draft) {
        let source = value.document().source();
        self.record(source.path(), draft, Severity::Warning, |span| {
            Place::new(source, span)
        });
    }

    /// Reports what could not be checked because of a problem, and why.
    pub(crate) fn unchecked(&mut self, what: &str, why: &str) {
        self.unchecked.push(format!("{what}, since {why}"));
    }

    /// Whether the document has so many problems that more are only counted.
    pub(crate) fn is_full(&self, source: &Source) -> bool {
        self.documents
            .get(source.path())
            .is_some_and(|counts| counts.is_full() || counts.all >= PROBLEMS_COUNTED_MAX)
    }

    /// Counts a problem without making it, because [`Problems::is_full`].
    pub(crate) fn count(&mut self, source: &Source) {
        self.errors += 1;
        let counts = self.documents.entry(source.path().to_owned()).or_default();
        counts.all += 1;
        counts.beyond += 1;
    }

    /// Number of errors; warnings do not count.
    pub(crate) fn len(&self) -> usize {
        self.errors
    }

    /// The report; `None` if there are neither problems nor warnings.
    pub(crate) fn into_report(self) -> Option<Report> {
        let mut all = Vec::new();
        for occurrences in self.found.into_values() {
            occurrences.add_to(&mut all);
        }
        for (path, counts) in &self.documents {
            if counts.beyond > 0 {
                let more = counts.beyond;
                let problems = if more == 1 {
                    "problem with this document is"
                } else {
                    "problems with this document are"
                };
                let message = format!("at least {more} more {problems} not shown");
                let draft = Draft::new(Code::TooManyProblems, Span::new(0, 0), message);
                // Sorts after the problems that are shown.
                let place = Place {
                    line: usize::MAX,
                    ..Place::file(path.as_str())
                };
                all.push(draft.finish(place, Severity::Error));
            }
        }
        let mut report = Report::of(all)?;
        for problem in &mut report.problems {
            if problem.place.line == usize::MAX {
                problem.place.line = 1;
            }
        }
        Some(report.with_unchecked(self.unchecked))
    }

    fn record(
        &mut self,
        path: &str,
        draft: Draft,
        severity: Severity,
        place: impl FnOnce(Span) -> Place,
    ) {
        self.errors += usize::from(severity == Severity::Error);
        let counts = self.documents.entry(path.to_owned()).or_default();
        counts.all += 1;
        if counts.all > PROBLEMS_COUNTED_MAX {
            counts.beyond += 1;
            return;
        }
        let key = Recurring {
            path: path.to_owned(),
            code: draft.code,
            at: without_indices(&draft.at),
            message: without_details(&draft.message),
            expected: draft.expected.as_deref().map(without_numbers),
        };
        if counts.is_full() {
            match self.found.get_mut(&key) {
                Some(occurrences) => occurrences.count += 1,
                None => counts.beyond += 1,
            }
            return;
        }
        let occurrences = self.found.entry(key).or_default();
        occurrences.count += 1;
        if occurrences.first.len() < SHOWN_ALONE {
            counts.kept += 1;
            let place = place(draft.span);
            occurrences.first.push(draft.finish(place, severity));
        }
    }
}

impl Counts {
    fn is_full(&self) -> bool {
        self.kept >= PROBLEMS_PER_DOCUMENT_MAX
    }
}

impl Occurrences {
    fn add_to(mut self, all: &mut Vec<Problem>) {
        if self.count <= SHOWN_ALONE {
            all.append(&mut self.first);
            return;
        }
        self.first.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut first = self.first.into_iter();
        let mut problem = first.next().expect("a problem that occurs has a place");
        problem.count = self.count;
        problem.also = first.map(|problem| problem.place).collect();
        all.push(problem);
    }
}

/// The path of a value without the indices of lists: `edges[2].k` as `edges[].k`.
fn without_indices(path: &str) -> String {
    let mut short = String::with_capacity(path.len());
    let mut is_index = false;
    for character in path.chars() {
        is_index &= character != ']';
        if !is_index {
            short.push(character);
        }
        is_index |= character == '[';
    }
    short
}

fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// A message without what is in back quotes, and without numbers.
fn without_details(message: &str) -> String {
    let mut short = String::with_capacity(message.len());
    let mut is_quoted = false;
    for character in message.chars() {
        if character == '`' {
            is_quoted = !is_quoted;
        } else if is_quoted || character.is_ascii_digit() {
            continue;
        }
        short.push(character);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source::new("a.json".to_owned(), "0123456789\n".repeat(400))
    }

    fn draft(code: Code, start: usize, at: &str, message: &str) -> Draft {
        Draft::new(code, Span::new(start, start + 1), message).at(at.to_owned())
    }

    #[test]
    fn a_problem_that_recurs_is_one_with_its_number_and_first_places() {
        for (count, shown) in [(1, 1), (3, 3), (4, 1), (534, 1)] {
            let (mut problems, source) = (Problems::default(), source());
            for index in (0..count).rev() {
                let (at, message) = (format!("edges[{index}].k"), format!("`{index}` is {index}"));
                problems.add(
                    &source,
                    draft(Code::NotAnInteger, 11 * (index % 300), &at, &message),
                );
            }
            assert_eq!(problems.len(), count);
            let report = problems.into_report().expect("problems");
            assert_eq!(report.problems().len(), shown, "{count}");
            let occurring: usize = report.problems().iter().map(|problem| problem.count).sum();
            assert_eq!(occurring, count);
            let first = &report.problems()[0];
            assert_eq!(
                first.also.len(),
                if shown == 1 && count > 1 { 2 } else { 0 }
            );
            assert!(first.also.iter().all(|place| place.line > first.place.line));
        }
    }

    #[test]
    fn problems_of_other_codes_places_messages_and_files_are_not_the_same() {
        let (mut problems, source) = (Problems::default(), source());
        let other = Source::new("b.json".to_owned(), "0123456789\n".repeat(400));
        for index in 0..4 {
            let at = format!("edges[{index}].k");
            let start = 11 * index;
            problems.add(&source, draft(Code::NotAnInteger, start, &at, "`a` is 1"));
            problems.add(&source, draft(Code::OutOfRange, start, &at, "`a` is 1"));
            problems.add(&source, draft(Code::NotAnInteger, start, &at, "`a` was 1"));
            let at = format!("edges[{index}].cap");
            problems.add(&source, draft(Code::NotAnInteger, start, &at, "`a` is 1"));
            problems.add(&other, draft(Code::NotAnInteger, start, &at, "`a` is 1"));
        }
        let report = problems.into_report().expect("problems");
        assert_eq!(report.problems().len(), 5);
        assert!(report.problems().iter().all(|problem| problem.count == 4));
    }

    #[test]
    fn beyond_the_limit_new_problems_are_counted_and_known_ones_go_on() {
        let (mut problems, source) = (Problems::default(), source());
        for index in 0..4 {
            problems.add(&source, draft(Code::NotAnInteger, index, "", "the first"));
        }
        // Letters, since numbers make no difference.
        let word = |mut number: usize| {
            let mut word = String::new();
            for _ in 0..4 {
                word.push(char::from(
                    b'a' + u8::try_from(number % 26).expect("a letter"),
                ));
                number /= 26;
            }
            word
        };
        for index in 0..PROBLEMS_PER_DOCUMENT_MAX + 10 {
            problems.add(
                &source,
                draft(Code::UnknownField, index, &word(index), "no field"),
            );
        }
        assert!(problems.is_full(&source));
        problems.add(&source, draft(Code::NotAnInteger, 9, "", "the first"));
        let report = problems.into_report().expect("problems");
        let all = report.problems();
        let known = all
            .iter()
            .find(|problem| problem.code == Code::NotAnInteger);
        let known = known.expect("the first");
        assert_eq!((known.count, known.also.len()), (5, 2));
        let last = all.last().expect("the last");
        assert_eq!(last.code, Code::TooManyProblems);
        assert!(
            last.message.starts_with("at least 13 more"),
            "{}",
            last.message
        );
    }
}
