//! JSON as other programs write it: what they get wrong is named, with its remedy.

use std::borrow::Cow;

use aether_harness::{Artefact, ArtefactError};

/// Words for numbers that JSON does not have, the longer first.
const NOT_FINITE: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// How JSON is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json {
    /// One document per line.
    pub(crate) has_lines: bool,
    /// Whether NaN and Infinity become strings.
    pub(crate) keeps_nonfinite: bool,
}

/// The artefact `name`.
///
/// # Errors
/// What is wrong, with its place and the remedy.
pub(crate) fn read(name: &str, bytes: &[u8], json: Json) -> Result<Artefact, String> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(
            "starts with a byte order mark, which JSON does not allow: write plain UTF-8 (in Python \
             encoding=\"utf-8\", not \"utf-8-sig\")"
                .to_owned(),
        );
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("is UTF-16, as its byte order mark says: write UTF-8".to_owned());
    }
    if !json.has_lines && bytes.trim_ascii().is_empty() {
        return Err("is empty: JSON is at least one value, such as null or []".to_owned());
    }
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let word = nonfinite(text).next();
    let bytes = match word {
        None => Cow::Borrowed(bytes),
        Some(_) if json.keeps_nonfinite => Cow::Owned(with_strings(text).into_bytes()),
        Some((place, word)) => {
            let (line, column) = position(text, place);
            return Err(format!(
                "is not JSON: {name}:{line}:{column}: {word} is not a number that JSON has; write null or a \
                 string, or set nonfinite = \"text\" to keep it as the string \"{word}\""
            ));
        }
    };
    let read = if json.has_lines {
        Artefact::from_json_lines(name, &bytes)
    } else {
        Artefact::from_json(name, &bytes)
    };
    read.map_err(|error| {
        let hint = if let Some(half) = unpaired_surrogate(&bytes, &error) {
            format!(
                ": {half} is half of a surrogate pair, which is not a character; write whole \
                 characters (in Python, errors=\"replace\" when decoding)"
            )
        } else if !json.has_lines && Artefact::from_json_lines("lines", &bytes).is_ok() {
            "; for one document per line use format = \"jsonl\"".to_owned()
        } else {
            String::new()
        };
        format!("is not JSON: {error}{hint}")
    })
}

/// The words for numbers that are not finite, outside of strings, with their places.
fn nonfinite(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let bytes = text.as_bytes();
    let may_have = text.contains("NaN") || text.contains("Infinity");
    let mut at = if may_have { 0 } else { bytes.len() };
    let mut in_string = false;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            match (in_string, bytes[at]) {
                (true, b'\\') => at += 1,
                (_, b'"') => in_string = !in_string,
                (false, b'-' | b'I' | b'N') => {
                    let rest = &bytes[at..];
                    let word = NOT_FINITE
                        .into_iter()
                        .find(|word| rest.starts_with(word.as_bytes()));
                    if let Some(word) = word {
                        let place = at;
                        at += word.len();
                        return Some((place, word));
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    })
}

fn with_strings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (place, word) in nonfinite(text) {
        out.push_str(&text[from..place]);
        out.push('"');
        out.push_str(word);
        out.push('"');
        from = place + word.len();
    }
    out.push_str(&text[from..]);
    out
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// The escape at the place of an error, if it is half of a surrogate pair.
fn unpaired_surrogate(bytes: &[u8], error: &ArtefactError) -> Option<String> {
    let ArtefactError::Json {
        line,
        column,
        problem,
        ..
    } = error
    else {
        return None;
    };
    if *problem != aether_json::JsonProblem::Escape {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let line = text.lines().nth(line - 1)?;
    let rest: String = line
        .chars()
        .skip(column.saturating_sub(1))
        .take(6)
        .collect();
    let digits = rest
        .strip_prefix("\\u")
        .or_else(|| rest.strip_prefix('u'))?;
    let code = u32::from_str_radix(digits.get(..4)?, 16).ok()?;
    (0xd800..0xe000)
        .contains(&code)
        .then(|| format!("\\u{}", &digits[..4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Json = Json {
        has_lines: false,
        keeps_nonfinite: false,
    };

    #[track_caller]
    fn refused(bytes: &[u8], expected: &str) {
        let error = read("a", bytes, ONE).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn what_other_programs_get_wrong_is_named() {
        refused(b"\xef\xbb\xbf{}", "byte order mark");
        refused(b"\xff\xfe{\0", "is UTF-16");
        refused(b" \n", "is empty");
        refused(b"{\"a\":\n [1, NaN]}", "2:6: NaN is not a number");
        refused(b"-Infinity", "1:1: -Infinity is not a number");
        refused(b"[\"\\ud800\"]", "\\ud800 is half of a surrogate pair");
        refused(b"[\"a\\udc00b\"]", "\\udc00 is half of a surrogate pair");
        refused(b"{}\n{}\n", "format = \"jsonl\"");
    }

    #[test]
    fn numbers_that_are_not_finite_can_be_text() {
        let json = Json {
            keeps_nonfinite: true,
            ..ONE
        };
        let text = br#"["NaN", NaN, -Infinity, Infinity, "\"NaN", "Infinity"]"#;
        let artefact = read("a", text, json).unwrap();
        assert_eq!(
            String::from_utf8_lossy(artefact.text()).replace('\n', ""),
            r#"["NaN","NaN","-Infinity","Infinity","\"NaN","Infinity"]"#
        );
    }
}
