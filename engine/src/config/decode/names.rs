//! Decodes strings: ids, names, run ids and paths.

use super::super::limits::NAME_CHARS_MAX;
use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Kind, Value};
use super::{Decode, subject, wrong_type};

/// Declares a type of string: its name, what is expected, the code of a problem, and its check,
/// which returns what is wrong.
macro_rules! text {
    ($(#[$meta:meta])* $name:ident, $expected:literal, $code:ident, $check:expr, $pattern:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) String);

        impl Decode for $name {
            fn expected() -> String {
                $expected.to_owned()
            }

            fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
                if value.kind() != Kind::String {
                    wrong_type::<Self>(value, Kind::String, problems);
                    return None;
                }
                let check: fn(&str) -> Option<(Code, String)> = $check;
                let text = value.text();
                let Some((code, wrong)) = check(text) else { return Some(Self(text.to_owned())) };
                let message = format!("{} {wrong}", subject(value));
                let draft = Draft::on(value, code, message).expected($expected);
                problems.add_on(value, draft);
                None
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let pattern: Option<&str> = $pattern;
                match pattern {
                    Some(pattern) => schemars::json_schema!({"type": "string", "pattern": pattern}),
                    None => schemars::json_schema!({"type": "string"}),
                }
            }
        }
    };
}

text! {
    /// An id or name: 1–128 printable ASCII characters without quotes, backslash and slash.
    Name, "1 to 128 printable ASCII characters without quotes, backslash and slash", BadName,
    |text| bad_name(text).map(|wrong| (Code::BadName, wrong)),
    Some(r#"^[ !#-&(-.0-\[\]-~]{1,128}$"#)
}

text! {
    /// A profile's name: a [`Name`] that starts with `CMP-`.
    ProfileName, "a name that starts with `CMP-`", BadName,
    |text| match bad_name(text) {
        Some(wrong) => Some((Code::BadName, wrong)),
        None if text == "CMP-" => Some((Code::ProfileName, "is nothing but `CMP-`".to_owned())),
        None if text.starts_with("CMP-") => None,
        None => Some((Code::ProfileName, format!("is `{text}`, which does not start with `CMP-`"))),
    },
    Some(r#"^CMP-[ !#-&(-.0-\[\]-~]{1,124}$"#)
}

text! {
    /// A run id, which names a file on any system.
    RunId, "1 to 128 of the characters A–Z a–z 0–9 `.` `_` `-`, not starting with a dot", BadRunId,
    |text| bad_run_id(text).map(|wrong| (Code::BadRunId, wrong)),
    Some("^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$")
}

text! {
    /// A path of another document, from the directory of the document that names it.
    PathText, "the path of a document", EmptyText,
    |text| match text {
        "" => Some((Code::EmptyText, "is empty".to_owned())),
        _ if text.contains('\0') => Some((Code::BadName, "holds a NUL character".to_owned())),
        _ => None,
    },
    Some("^[^\\u0000]+$")
}

text! {
    /// Any text.
    Text, "a string", EmptyText, |_| None, None
}

/// What is wrong with an id or name.
pub(crate) fn bad_name(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("is empty".to_owned());
    }
    let is_bad = |c: &char| !matches!(c, ' '..='~') || matches!(c, '"' | '\'' | '\\' | '/');
    if let Some(bad) = text.chars().find(is_bad) {
        return Some(format!("holds {}", character(bad)));
    }
    let count = text.chars().count();
    (count > NAME_CHARS_MAX).then(|| format!("is {count} characters long"))
}

/// What is wrong with a run id.
pub(crate) fn bad_run_id(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("is empty".to_owned());
    }
    if text.starts_with('.') {
        return Some("starts with a dot".to_owned());
    }
    let is_good = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if let Some(bad) = text.chars().find(|c| !is_good(c)) {
        return Some(format!("holds {}", character(bad)));
    }
    let count = text.chars().count();
    (count > NAME_CHARS_MAX).then(|| format!("is {count} characters long"))
}

/// A character in a message, with its code point if it is invisible.
fn character(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        '!'..='~' => format!("the character {character}"),
        other => format!(
            "the character {} (U+{:04X})",
            other.escape_debug(),
            u32::from(other)
        ),
    }
}
