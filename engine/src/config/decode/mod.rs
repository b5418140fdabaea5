//! Decodes a tree into typed documents, and reports every problem in it.
//!
//! A type implements [`Decode`] to say what it accepts. Structures are declared once, with
//! [`document!`], which produces the struct, its field list, the decoding and the JSON Schema.

#[macro_use]
mod document;
mod choice;
mod names;
mod scalars;
mod suggest;

pub(crate) use aether_json::nearest;
pub(crate) use choice::{Choice, of_word};
pub(crate) use document::{FIELDS_MAX, Fields, Given, HasPlaces, Unknown};
pub(crate) use names::{Name, PathText, ProfileName, RunId, Text, bad_name};
pub(crate) use scalars::{AnyObject, Anything, Flag, Int, List, Map};
pub(crate) use suggest::list_of;

use super::problem::{Code, Draft, Problems};
use super::tree::{Kind, Value, shortened};

/// A type that a value of a document can be decoded into.
pub(crate) trait Decode: Sized {
    /// What is expected, with an article: "an integer of at least 1".
    fn expected() -> String;

    /// The value; `None` if it has problems, which are reported to `problems`.
    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self>;
}

/// Reports that a value does not have the type `T`.
pub(crate) fn wrong_type<T: Decode>(value: Value<'_>, wanted: Kind, problems: &mut Problems) {
    if value.is_broken() {
        return;
    }
    let found = value.kind();
    let subject = subject(value);
    let draft = if found == Kind::Float && wanted == Kind::Integer {
        let message = format!("{subject} is `{}`, not an integer", shortened(value.text()));
        Draft::on(value, Code::NotAnInteger, message).help_if(whole_number(value.text()))
    } else {
        let message = format!(
            "{subject} is {}, not {}",
            found.with_article(),
            wanted.with_article()
        );
        let help = conversion(value, wanted);
        let help = help.unwrap_or_else(|| format!("write {}", T::expected()));
        Draft::on(value, Code::WrongType, message).help(help)
    };
    problems.add_on(value, draft.expected(T::expected()));
}

/// The name of a value in a message: its key, or its number in a list, from 1.
pub(crate) fn subject(value: Value<'_>) -> String {
    if let Some(key) = value.key() {
        return format!("`{}`", shortened(key));
    }
    let path = value.path();
    let Some((list, index)) = path
        .strip_suffix(']')
        .and_then(|path| path.rsplit_once('['))
    else {
        return "the document".to_owned();
    };
    let index: usize = index.parse().expect("the index of an item is a number");
    let list = if list.is_empty() {
        "the list".to_owned()
    } else {
        format!("`{list}`")
    };
    format!("item {} of {list}", index + 1)
}

/// Help that writes the same value in the expected type, if that is obvious: `"8"` as `8`.
fn conversion(value: Value<'_>, wanted: Kind) -> Option<String> {
    let text = value.text();
    match (value.kind(), wanted) {
        (Kind::String, Kind::Integer) => {
            let number: i64 = text.trim().parse().ok()?;
            Some(format!("write it without quotes: {number}"))
        }
        (Kind::String, Kind::Bool) if matches!(text, "true" | "false") => {
            Some(format!("write it without quotes: {text}"))
        }
        (Kind::Integer, Kind::Bool) if matches!(text, "0" | "1") => {
            Some(format!("write {}", text == "1"))
        }
        (Kind::Integer | Kind::Float | Kind::Bool, Kind::String) => {
            Some(format!("write it in quotes: \"{}\"", shortened(text)))
        }
        (Kind::Integer | Kind::String | Kind::Bool, Kind::List) => {
            let raw = value.document().source().slice(value.span());
            Some(format!("write a list of one: [{}]", shortened(raw)))
        }
        _ => None,
    }
}

/// The integer that a float like `8.0` or `1e3` equals.
fn whole_number(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.')?;
    let is_whole = fraction.bytes().all(|byte| byte == b'0');
    let number: i64 = whole.parse().ok().filter(|_| is_whole)?;
    Some(format!("write {number}"))
}
