//! The forms of volatile values: what such a value may look like, and what stands for it in a golden.

use std::str::FromStr;

use aether_harness::nearest;
use aether_harness::varying::Looks;
use aether_json::Value;
use regex::Regex;

/// The form of a value that differs from run to run.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// One of [`NAMES`].
    Named(Named),
    /// `/regex/`, for the whole of a string, or of a number as spelled.
    Matches(Regex),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Timestamp,
    Uuid,
    Duration,
    Path,
    Hex,
    Number,
    Text,
}

const NAMES: [(&str, Named); 7] = [
    ("timestamp", Named::Timestamp),
    ("uuid", Named::Uuid),
    ("duration", Named::Duration),
    ("path", Named::Path),
    ("hex", Named::Hex),
    ("number", Named::Number),
    ("text", Named::Text),
];

/// A text that is not a form.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormError {
    #[error("there is no form `{form}`; {hint}")]
    Unknown { form: String, hint: String },
    #[error("{0}")]
    Regex(#[from] Box<regex::Error>),
}

impl FromStr for Form {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if let Some(pattern) = text
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'))
        {
            Regex::new(pattern).map_err(Box::new)?;
            let whole = Regex::new(&format!("^(?:{pattern})$")).map_err(Box::new)?;
            return Ok(Self::Matches(whole));
        }
        if let Some((_, form)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(Self::Named(*form));
        }
        let names = NAMES.map(|(name, _)| name);
        Err(FormError::Unknown {
            form: text.to_owned(),
            hint: match nearest(text, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the forms are {} and /regex/", names.join(", ")),
            },
        })
    }
}

impl Form {
    /// What stands for the value in goldens.
    pub(crate) fn placeholder(&self) -> String {
        let name = match self {
            Self::Named(form) => NAMES
                .iter()
                .find(|(_, named)| named == form)
                .map_or("", |(name, _)| name),
            Self::Matches(_) => "text",
        };
        format!("‹{name}›")
    }

    /// Whether a value has this form.
    pub(crate) fn fits(&self, value: &Value) -> bool {
        let text = match value {
            Value::String(text) => text.as_str(),
            Value::Number(number) => number.as_str(),
            _ => return false,
        };
        let is_number = matches!(value, Value::Number(_));
        match self {
            Self::Matches(regex) => regex.is_match(text),
            Self::Named(Named::Text) => !is_number,
            Self::Named(Named::Number) => is_number,
            Self::Named(Named::Timestamp) if is_number => is_epoch(text),
            Self::Named(Named::Timestamp) => is_timestamp(text),
            Self::Named(Named::Duration) => is_duration(text),
            Self::Named(Named::Uuid) => !is_number && is_uuid(text),
            Self::Named(Named::Path) => !is_number && text.contains(['/', '\\']),
            Self::Named(Named::Hex) => {
                let digits = text.strip_prefix("0x").unwrap_or(text);
                !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit())
            }
        }
    }
}

/// Seconds to nanoseconds since 1970, of a year that clocks show.
fn is_epoch(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or_default();
    (9..=19).contains(&whole.len()) && whole.chars().all(|c| c.is_ascii_digit())
}

/// A date as ISO 8601 or RFC 2822 writes it, with or without a time, or a time of day; or seconds since
/// 1970 in digits.
fn is_timestamp(text: &str) -> bool {
    let has = |pattern: &str| Regex::new(pattern).is_ok_and(|regex| regex.is_match(text));
    const TIME: &str = r"\d{2}:\d{2}(:\d{2}([.,]\d+)?)?";
    const ZONE: &str = r"( ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?";
    is_epoch(text)
        || has(&format!(
            r"^\d{{4}}[-/]\d{{2}}[-/]\d{{2}}([T ]{TIME}{ZONE})?$"
        ))
        || has(&format!("^{TIME}{ZONE}$"))
        || has(r"^\d{8}T\d{6}Z?$")
        || has(&format!(
            r"^([A-Z][a-z]{{2}},? )?(\d{{1,2}} [A-Z][a-z]{{2}} \d{{4}} {TIME}|[A-Z][a-z]{{2}} +\d{{1,2}} {TIME}( [A-Z]+)? \d{{4}}){ZONE}$"
        ))
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let is_hex = |part: &&str| part.chars().all(|c| c.is_ascii_hexdigit());
    parts.iter().all(is_hex) && (lengths == [8, 4, 4, 4, 12] || lengths == [32])
}

/// A number that is not negative, alone or with a unit, or `h:mm:ss`, or ISO 8601's `PT1.5S`.
fn is_duration(text: &str) -> bool {
    let pattern = r"^(\d+(\.\d+)?([eE][+-]?\d+)?( ?(ns|us|µs|ms|s|sec|secs|seconds?|m|min|minutes?|h|hours?|d|days?))?|(\d+:)?\d{1,2}:\d{2}(\.\d+)?|P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?|(\d+(\.\d+)?(h|m|s|ms) ?)+)$";
    Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
}

/// The name of the form that values have which look like this; `None` if no form fits them all.
pub(crate) fn of_values(values: &[&Value], looks: Looks) -> Option<&'static str> {
    let order = match looks {
        Looks::Duration => ["duration", "number", "text"].as_slice(),
        Looks::Address | Looks::Hex => &["hex", "text", "number"],
        Looks::Clock | Looks::Time => &["timestamp", "number", "text"],
        Looks::ProcessId | Looks::Counter | Looks::Number => &["number", "text"],
        // What a path is called may be anything, and a name may hold a slash.
        Looks::Home | Looks::Path => &["path", "text", "number"],
        _ => &["uuid", "timestamp", "number", "text"],
    };
    let fits = |name: &&&str| {
        let form: Form = name.parse().expect("it is one of the names");
        values.iter().all(|value| form.fits(value))
    };
    order.iter().find(fits).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::spelled;

    #[test]
    fn each_form_fits_its_values_and_no_others() {
        for (form, fits, others) in [
            (
                "timestamp",
                &[
                    "2026-11-26",
                    "2026-11-26T15:40:00Z",
                    "2026-11-26 15:40:00.123 +0100",
                    "Thu, 26 Nov 2026 15:40:00 GMT",
                    "Thu Nov 26 15:40:00 UTC 2026",
                    "15:40",
                    "1795707600",
                    "1795707600.25",
                ][..],
                &["yesterday", "2026", "12", "-5"][..],
            ),
            (
                "uuid",
                &["6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
                &["6ba7b810", "6ba7b810-9dad-11d1-80b4-00c04fd430cg"],
            ),
            (
                "duration",
                &["1.5", "12 ms", "0:01:02.5", "1h2m3s"],
                &["-1", "soon"],
            ),
            ("path", &["/tmp/x", "C:\\x"], &["x", "1"]),
            ("hex", &["0x7ffe", "deadBEEF", "12"], &["0x", "xyz", "1.5"]),
            ("number", &["1", "-1e9"], &["one", "007"]),
            ("text", &["one", ""], &["1"]),
            ("/pid [0-9]+/", &["pid 12"], &["a pid 12", "pid 12 "]),
        ] {
            let form: Form = form.parse().unwrap();
            for text in fits {
                assert!(form.fits(&spelled(text)), "{form:?} {text}");
            }
            for text in others {
                assert!(!form.fits(&spelled(text)), "{form:?} {text}");
            }
            assert!(!form.fits(&Value::Null));
        }
    }

    #[test]
    fn an_unknown_form_names_the_nearest() {
        let error = "timestmap".parse::<Form>().unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no form `timestmap`; did you mean `timestamp`?"
        );
        assert!("/(/".parse::<Form>().is_err());
        assert_eq!("uuid".parse::<Form>().unwrap().placeholder(), "‹uuid›");
    }
}
