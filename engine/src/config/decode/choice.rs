//! Decodes a field whose value is one of a fixed set of words.

use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Kind, Value, shortened};
use super::{Decode, list_of, nearest, subject, wrong_type};

/// A type whose values are written as words in a document.
pub(crate) trait Choice: Sized + Copy + 'static {
    /// Every word with its value, in the order in which messages list them.
    const WORDS: &'static [(&'static str, Self)];

    /// The code of the problem if the word is unknown.
    const CODE: Code = Code::UnknownChoice;

    /// What the words name, in a message: "scheme".
    const NOUN: &'static str;
}

/// The value that a word stands for.
pub(crate) fn of_word<T: Choice>(word: &str) -> Option<T> {
    let known = T::WORDS.iter().find(|(known, _)| *known == word);
    known.map(|(_, value)| *value)
}

impl<T: Choice> Decode for T {
    fn expected() -> String {
        list_of(T::WORDS.iter().map(|(word, _)| *word), "or")
    }

    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        if value.kind() != Kind::String {
            wrong_type::<Self>(value, Kind::String, problems);
            return None;
        }
        let text = value.text();
        let known = T::WORDS.iter().find(|(word, _)| *word == text);
        if known.is_none() {
            let words = T::WORDS.iter().map(|(word, _)| *word);
            let (subject, shown) = (subject(value), shortened(text));
            let message = format!("{subject}: there is no {} `{shown}`", T::NOUN);
            let help = match (nearest(text, words.clone()), T::WORDS) {
                (Some(word), _) => format!("write \"{word}\""),
                (None, [(word, _)]) => format!("write \"{word}\""),
                (None, _) => format!("the engine knows {}", list_of(words, "and")),
            };
            let draft = Draft::on(value, T::CODE, message)
                .expected(T::expected())
                .help(help);
            problems.add_on(value, draft);
        }
        known.map(|(_, choice)| *choice)
    }
}
