//! Reads a value as people write it on a command line or in a cell of a table.

use super::super::source::Source;
use super::super::tree::Document;
use crate::canonical;

/// The canonical JSON of a value that is written as JSON, as TOML, or as a single word, which is
/// a string.
///
/// | text | value |
/// | --- | --- |
/// | `13`, `0x0d`, `1_000` | an integer |
/// | `"a b"`, `'a b'`, `CMP-0` | a string |
/// | `[1, 2]`, `{"a": 1}`, `{a = 1}` | a list, an object |
/// | `true`, `null` | itself |
///
/// # Errors
/// Advice, if the text is none of these.
pub(crate) fn literal(text: &str) -> Result<String, String> {
    let text = text.trim();
    let json = Document::parse_json(Source::new(String::new(), text.to_owned()));
    if let Ok((document, drafts)) = json
        && drafts.is_empty()
    {
        return Ok(canonical::text(&document.root()));
    }
    let toml = Source::new(String::new(), format!("v = {text}"));
    if let Ok((document, drafts)) = Document::parse_toml(toml)
        && drafts.is_empty()
        && document.root().children().count() == 1
        && let Some(value) = document.root().field("v")
        && !value.is_broken()
    {
        return Ok(canonical::text(&value));
    }
    if is_word(text) {
        return Ok(canonical::text(text));
    }
    Err(if text.is_empty() {
        "write a value after `=`; the empty string is `\"\"`".to_owned()
    } else {
        "write an integer, true, false, a list in `[…]`, or a string in quotes".to_owned()
    })
}

/// Whether a text without quotes is clearly meant as a string.
fn is_word(text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '+');
    let first = |c: char| c.is_alphabetic() || matches!(c, '.' | '_' | '/');
    text.starts_with(first) && text.chars().all(inner)
}
