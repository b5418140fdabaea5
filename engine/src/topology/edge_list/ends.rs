//! [`Ends`]: the names of nodes as they are in a file, and the ids that follow from them.
//!
//! If every name is an integer, nodes have the order of their numbers, and 7 and 007 are the same.
//! Otherwise each spelling is a name, and nodes have the order in which they appear:
//!
//! ```text
//! 10 30, 30 20      the nodes 10, 20, 30 become 1, 2, 3
//! 10 J-30, J-30 20  the nodes 10, J-30, 20 become 1, 2, 3
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Code, Draft, Span};
use crate::config::shortened;

/// A node as a file names it: an integer from 0 as it is; `-1 - n` is the word with the number n.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct End(i64);

/// The words among the names of nodes.
#[derive(Debug, Default)]
pub(super) struct Ends {
    words: Vec<Box<str>>,
    by_word: BTreeMap<Box<str>, usize>,
    /// The first word that is not an integer, with its place in the edge list.
    first_word: Option<(usize, Span)>,
    /// The integers below 0 and beyond 64 bits, with the places at which they occur.
    refused: Vec<(usize, Span)>,
}

impl Ends {
    /// Reads a name, which is not empty.
    pub(super) fn read(&mut self, cell: &str, place: Span) -> End {
        if let Some(number) = canonical(cell) {
            return End(number);
        }
        let number = self.by_word.get(cell).copied().unwrap_or_else(|| {
            self.words.push(cell.into());
            self.by_word.insert(cell.into(), self.words.len() - 1);
            self.words.len() - 1
        });
        match integer(cell) {
            Integer::None if self.first_word.is_none() => self.first_word = Some((number, place)),
            Integer::None | Integer::Good(_) => {}
            Integer::Refused => self.refused.push((number, place)),
        }
        End(-1 - i64::try_from(number).expect("each word takes bytes of the text"))
    }

    /// The first name that is not an integer, with its place; `None` if all are integers.
    pub(super) fn first_word(&self) -> Option<(&str, Span)> {
        self.first_word
            .map(|(word, place)| (&*self.words[word], place))
    }

    /// Whether a name is not an integer.
    pub(super) fn is_word(&self, end: End) -> bool {
        let integer = self.word(end).map(integer);
        matches!(integer, Some(Integer::None))
    }

    /// Says that the words were those of a header.
    pub(super) fn no_words(&mut self) {
        self.first_word = None;
    }

    /// The names as numbers, if all of them are integers: 007 becomes 7.
    pub(super) fn number(&self, end: End) -> End {
        match self.word(end).map(integer) {
            Some(Integer::Good(number)) => End(number),
            _ => end,
        }
    }

    /// The problems of integers that are not numbers of nodes, if all names are integers.
    pub(super) fn refused(&self) -> impl Iterator<Item = Draft> {
        self.refused.iter().map(|(word, place)| {
            let word = &self.words[*word];
            let message = if word.starts_with('-') {
                format!("a node id is {}, less than 0", shortened(word))
            } else {
                format!(
                    "a node id is `{}`, not an integer of 64 bits",
                    shortened(word)
                )
            };
            Draft::new(Code::EdgeLine, *place, message).expected("an integer of at least 0")
        })
    }

    /// The name of a node.
    pub(super) fn name(&self, end: End) -> Cow<'_, str> {
        match self.word(end) {
            Some(word) => word.into(),
            None => end.0.to_string().into(),
        }
    }

    fn word(&self, end: End) -> Option<&str> {
        let number = usize::try_from(-1 - end.0).ok()?;
        Some(&self.words[number])
    }
}

impl End {
    pub(super) const fn of_number(number: i64) -> Self {
        Self(number)
    }

    /// The number; of a word, less than 0.
    pub(super) const fn as_number(self) -> i64 {
        self.0
    }
}

enum Integer {
    Good(i64),
    Refused,
    None,
}

fn integer(cell: &str) -> Integer {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Integer::None;
    }
    let is_signed = digits.len() < cell.len();
    match cell.parse() {
        Ok(number) if !is_signed => Integer::Good(number),
        _ => Integer::Refused,
    }
}

/// The integer from 0 that a cell is, spelled in the only way.
fn canonical(cell: &str) -> Option<i64> {
    let is_plain = cell == "0" || !cell.starts_with(['0', '+', '-']);
    cell.parse().ok().filter(|_| is_plain)
}
