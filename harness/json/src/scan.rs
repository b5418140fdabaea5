//! Looks into laid-out JSON text without building a tree: a value is the slice that spells it.
//!
//! Equal values of two documents in the same layout are equal slices, so a comparison only ever
//! opens what differs. The functions answer `None` for text that is not JSON; they do not check
//! everything, and whoever shows a slice to people reads it strictly first ([`Json`](crate::Json)).

/// What a value is, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`.
    Object,
    /// `[…]`.
    Array,
    /// `"…"`.
    String,
    /// A digit or `-`.
    Number,
    /// `null`, `true` or `false`; or something that is not a value.
    Word,
}

/// The kind of a value.
pub fn kind(raw: &str) -> Kind {
    match raw.as_bytes().first() {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        Some(b'"') => Kind::String,
        Some(b'-' | b'0'..=b'9') => Kind::Number,
        _ => Kind::Word,
    }
}

/// A member of an object: its key with quotes and escapes as spelled, and its value.
pub type Member<'t> = (&'t str, &'t str);

/// The members of an object, in the order of the text.
pub fn members(raw: &str) -> Option<Vec<Member<'_>>> {
    let mut found = Vec::new();
    each_member(raw, |key, value| {
        found.push((key, value));
        true
    })?;
    Some(found)
}

/// The value of one member of an object, the key given as it is spelled in the text.
///
/// `None` if there is no such member, or `raw` is not an object.
pub fn member<'t>(raw: &'t str, quoted_key: &str) -> Option<&'t str> {
    let mut found = None;
    each_member(raw, |key, value| {
        if key == quoted_key {
            found = Some(value);
        }
        found.is_none()
    })?;
    found
}

/// The elements of an array, in order.
pub fn elements(raw: &str) -> Option<Vec<&str>> {
    let mut items = Items::open(raw, b'[')?;
    let mut found = Vec::new();
    while let Some(start) = items.next(b']')? {
        let end = skip_value(items.bytes, start)?;
        found.push(raw.get(start..end)?);
        items.at = end;
    }
    items.closed().then_some(found)
}

/// Calls `visit` with each member until it answers `false`.
pub fn each_member<'t>(
    raw: &'t str,
    mut visit: impl FnMut(&'t str, &'t str) -> bool,
) -> Option<()> {
    let mut items = Items::open(raw, b'{')?;
    while let Some(start) = items.next(b'}')? {
        if items.bytes[start] != b'"' {
            return None;
        }
        let key_end = skip_string(items.bytes, start)?;
        let colon = skip_white_space(items.bytes, key_end);
        if items.bytes.get(colon) != Some(&b':') {
            return None;
        }
        let value_start = skip_white_space(items.bytes, colon + 1);
        let end = skip_value(items.bytes, value_start)?;
        items.at = end;
        if !visit(raw.get(start..key_end)?, raw.get(value_start..end)?) {
            return Some(());
        }
    }
    items.closed().then_some(())
}

/// The length of the string literal that `text` starts with.
pub fn string_length(text: &str) -> Option<usize> {
    text.starts_with('"')
        .then(|| skip_string(text.as_bytes(), 0))?
}

/// The length of the value that `text` starts with; a number or word ends before any of `ends`.
pub fn value_length(text: &str, ends: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    match kind(text) {
        Kind::Number | Kind::Word => bytes
            .iter()
            .position(|b| ends.contains(b))
            .filter(|&n| n > 0),
        _ => skip_value(bytes, 0),
    }
}

/// Steps through the items of one array or object.
struct Items<'t> {
    bytes: &'t [u8],
    at: usize,
    first: bool,
}

impl<'t> Items<'t> {
    fn open(raw: &'t str, bracket: u8) -> Option<Self> {
        let bytes = raw.as_bytes();
        (bytes.first() == Some(&bracket)).then_some(Self {
            bytes,
            at: 1,
            first: true,
        })
    }

    /// Where the next item starts; `Some(None)` after the last.
    #[expect(
        clippy::option_option,
        reason = "broken text differs from the end of the items"
    )]
    fn next(&mut self, close: u8) -> Option<Option<usize>> {
        self.at = skip_white_space(self.bytes, self.at);
        let byte = *self.bytes.get(self.at)?;
        if byte == close {
            self.at += 1;
            return Some(None);
        }
        if !self.first {
            if byte != b',' {
                return None;
            }
            self.at = skip_white_space(self.bytes, self.at + 1);
        }
        self.first = false;
        (self.at < self.bytes.len()).then_some(Some(self.at))
    }

    /// Whether the text ended with the closing bracket.
    fn closed(&self) -> bool {
        self.at == self.bytes.len()
    }
}

fn skip_white_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// The end of the value that starts at `at`.
fn skip_value(bytes: &[u8], at: usize) -> Option<usize> {
    match *bytes.get(at)? {
        b'"' => skip_string(bytes, at),
        b'{' | b'[' => skip_container(bytes, at),
        b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => Some(skip_atom(bytes, at)),
        _ => None,
    }
}

fn skip_atom(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..]
        .iter()
        .position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' | b':'))
        .unwrap_or(bytes.len() - at)
}

fn skip_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += bytes
            .get(at..)?
            .iter()
            .position(|b| matches!(b, b'"' | b'\\'))?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The bytes at which the end of a container is decided; the others are passed over.
const DECIDES: [bool; 256] = {
    let mut decides = [false; 256];
    let bytes = b"\"{}[]";
    let mut at = 0;
    while at < bytes.len() {
        decides[bytes[at] as usize] = true;
        at += 1;
    }
    decides
};

/// Brackets are counted, not matched: whether each closes its own kind is for the strict reader.
fn skip_container(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    let mut depth = 0_usize;
    loop {
        at += bytes
            .get(at..)?
            .iter()
            .position(|&b| DECIDES[usize::from(b)])?;
        match bytes[at] {
            b'"' => {
                at = skip_string(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            _ => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_elements_are_slices() {
        let raw = r#"{"a":[1,{"b":"]\""}],"c":null,"\"d":-1.0}"#;
        assert_eq!(
            members(raw).unwrap(),
            [
                (r#""a""#, r#"[1,{"b":"]\""}]"#),
                (r#""c""#, "null"),
                (r#""\"d""#, "-1.0")
            ]
        );
        assert_eq!(member(raw, "\"c\""), Some("null"));
        assert_eq!(member(raw, "\"d\""), None);
        assert_eq!(
            elements(r#"[1,{"b":"]\""}, "x" ]"#).unwrap(),
            ["1", r#"{"b":"]\""}"#, r#""x""#]
        );
        assert_eq!(elements("[]").unwrap(), [""; 0]);
        assert_eq!(members("{}").unwrap(), []);
    }

    #[test]
    fn broken_text_gives_none() {
        for raw in [
            "", "[", "[1", "[1 2]", "[1,", "[1]]", "{1}", "1", "[\"", "[\"\\",
        ] {
            assert_eq!(elements(raw), None, "{raw}");
        }
        for raw in [
            "",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1",
            "{\"a\":1}}",
        ] {
            assert_eq!(members(raw), None, "{raw}");
        }
    }
}
