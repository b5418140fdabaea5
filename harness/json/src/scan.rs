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
/// `None` if there is no such member, or `raw` is not an object. No key occurs twice.
pub fn member<'t>(raw: &'t str, quoted_key: &str) -> Option<&'t str> {
    if let Some(value) = member_at_end(raw, quoted_key) {
        return Some(value);
    }
    let mut found = None;
    each_member(raw, |key, value| {
        if key == quoted_key {
            found = Some(value);
        }
        found.is_none()
    })?;
    found
}

/// The same, searched for from the end through members that are numbers and words, so that what comes before
/// it, which may be long, is not read.
///
/// A number or word before the last brace is the value of a member: the colon before it is outside of strings, and
/// the quote before that closes the key. A quote after a comma or brace is not escaped, so that it opens the key.
fn member_at_end<'t>(raw: &'t str, quoted_key: &str) -> Option<&'t str> {
    let inside = raw.strip_prefix('{')?.strip_suffix('}')?;
    let bytes = inside.as_bytes();
    let is_atom = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.');
    let mut end = bytes.len();
    loop {
        let colon = bytes[..end].iter().rposition(|b| !is_atom(b))?;
        if bytes[colon] != b':' || colon + 1 == end {
            return None;
        }
        let key_end = bytes[..colon].strip_suffix(b"\"")?.len();
        let open = bytes[..key_end].iter().rposition(|&b| b == b'"')?;
        let before = bytes[..open].last();
        if before.is_some_and(|&b| b != b',') {
            return None;
        }
        if inside.get(open..colon)? == quoted_key {
            return inside.get(colon + 1..end);
        }
        end = open.checked_sub(1)?;
    }
}

/// The elements of an array, in order.
pub fn elements(raw: &str) -> Option<Vec<&str>> {
    let (found, end) = elements_from(raw, 0)?;
    (end == raw.len()).then_some(found)
}

/// The elements of the array that begins at `start`, and where it ends.
fn elements_from(raw: &str, start: usize) -> Option<(Vec<&str>, usize)> {
    let mut items = Items::open(raw, start, b'[')?;
    let mut found = Vec::new();
    while let Some(start) = items.next(b']')? {
        let end = skip_value(items.bytes, start)?;
        found.push(raw.get(start..end)?);
        items.at = end;
    }
    Some((found, items.at))
}

/// A value of one of two objects, and its elements if it is an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'t> {
    /// The value.
    pub text: &'t str,
    /// Its elements; `None` if it is not an array.
    pub elements: Option<Vec<&'t str>>,
}

/// A member of two objects whose values differ: the key, and both values.
pub type Differing<'t> = (&'t str, [Opened<'t>; 2]);

/// The members in which two objects differ, if they have the same keys in the same order; `None` otherwise.
///
/// Both texts are read once, side by side: the elements of arrays are found on the way, and a value that is equal is
/// read on one side alone.
pub fn differing_members<'t>(before: &'t str, after: &'t str) -> Option<Vec<Differing<'t>>> {
    let mut sides = [before, after].map(|raw| Items::open(raw, 0, b'{'));
    let [Some(a), Some(b)] = &mut sides else {
        return None;
    };
    let mut found = Vec::new();
    loop {
        let (Some(key_a), Some(key_b)) = (a.next(b'}')?, b.next(b'}')?) else {
            // If one has more members than the other, that one is not at its end.
            return (a.closed() && b.closed()).then_some(found);
        };
        if a.bytes[key_a] != b'"' {
            return None;
        }
        let key_end = skip_string(a.bytes, key_a)?;
        let key = before.get(key_a..key_end)?;
        if after.get(key_b..key_b + key.len())? != key {
            return None;
        }
        let value_a = after_colon(a.bytes, key_end)?;
        let value_b = after_colon(b.bytes, key_b + key.len())?;
        let (old, end) = opened(before, value_a)?;
        a.at = end;
        if is_at(b.bytes, value_b, old.text) {
            b.at = value_b + old.text.len();
            continue;
        }
        let (new, end) = opened(after, value_b)?;
        b.at = end;
        found.push((key, [old, new]));
    }
}

/// The value that begins at `start`, and where it ends.
fn opened(raw: &str, start: usize) -> Option<(Opened<'_>, usize)> {
    let (elements, end) = if raw.as_bytes().get(start) == Some(&b'[') {
        let (elements, end) = elements_from(raw, start)?;
        (Some(elements), end)
    } else {
        (None, skip_value(raw.as_bytes(), start)?)
    };
    let text = raw.get(start..end)?;
    Some((Opened { text, elements }, end))
}

/// Whether a value is spelled at `start` as in another text, and ends there.
fn is_at(bytes: &[u8], start: usize, value: &str) -> bool {
    let rest = bytes.get(start..).unwrap_or_default();
    let ends = |rest: &[u8]| rest.first().is_none_or(|b| ENDS_ATOM.contains(b));
    rest.strip_prefix(value.as_bytes()).is_some_and(ends)
}

/// Where the value behind a key begins.
fn after_colon(bytes: &[u8], key_end: usize) -> Option<usize> {
    let colon = skip_white_space(bytes, key_end);
    (bytes.get(colon) == Some(&b':')).then(|| skip_white_space(bytes, colon + 1))
}

/// Calls `visit` with each member until it answers `false`.
pub fn each_member<'t>(
    raw: &'t str,
    mut visit: impl FnMut(&'t str, &'t str) -> bool,
) -> Option<()> {
    let mut items = Items::open(raw, 0, b'{')?;
    while let Some(start) = items.next(b'}')? {
        if items.bytes[start] != b'"' {
            return None;
        }
        let key_end = skip_string(items.bytes, start)?;
        let value_start = after_colon(items.bytes, key_end)?;
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
    /// The items of what begins at `start` with a bracket.
    fn open(raw: &'t str, start: usize, bracket: u8) -> Option<Self> {
        let bytes = raw.as_bytes();
        (bytes.get(start) == Some(&bracket)).then_some(Self {
            bytes,
            at: start + 1,
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

/// What may come behind a number or word.
const ENDS_ATOM: [u8; 8] = *b",}] \n\r\t:";

fn skip_atom(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|b| ENDS_ATOM.contains(b))
        .map_or(bytes.len(), |length| at + length)
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
    fn a_kind_is_that_of_the_first_byte() {
        for (raw, expected) in [
            ("{}", Kind::Object),
            ("[]", Kind::Array),
            ("\"a\"", Kind::String),
            ("-1", Kind::Number),
            ("0", Kind::Number),
            ("9", Kind::Number),
            ("null", Kind::Word),
            ("", Kind::Word),
        ] {
            assert_eq!(kind(raw), expected, "{raw}");
        }
    }

    #[test]
    fn the_lengths_of_what_a_text_starts_with() {
        assert_eq!(string_length(r#""a\"b" x"#), Some(6));
        assert_eq!(string_length("\"a"), None);
        assert_eq!(string_length("a\""), None);
        for (text, expected) in [
            ("12,3", Some(2)),
            ("null]", Some(4)),
            (",x", None),
            ("12", None),
            ("[1,2],3", Some(5)),
            ("\"a,\"x", Some(4)),
            ("{\"a\":1}]", Some(7)),
        ] {
            assert_eq!(value_length(text, b",]"), expected, "{text}");
        }
    }

    #[test]
    fn a_member_at_the_end_is_found_without_what_comes_before() {
        // What comes before is not JSON, so only the search from the end finds the last members.
        let raw = r#"{"a":[,"tick":-1.5e+3,"z":null}"#;
        assert_eq!(member(raw, "\"tick\""), Some("-1.5e+3"));
        assert_eq!(member(raw, "\"z\""), Some("null"));
        assert_eq!(member(r#"{"tick":}"#, "\"tick\""), None);
    }

    #[test]
    fn members_are_found_from_the_end_as_from_the_start() {
        for raw in [
            r#"{"a":[{"tick":7}],"sum":-1.5e+3,"tick":12}"#,
            r#"{"tick":12}"#,
            r#"{"tick":1,"x":"a,\"tick\":2","z":3}"#,
            r#"{"x\"":1,"\"tick":2,"y":null}"#,
            r#"{"x":"{\"tick\"","tick":[1],"y":3}"#,
            r#"{"x,":1,",\"tick":5}"#,
            r#"{"x":{"tick":1},"y":{"tick":2}}"#,
            r#"{ "tick" : 1 , "y" : 2 }"#,
            "{}",
        ] {
            let all = members(raw).unwrap();
            for key in [
                "\"tick\"",
                "\"x\"",
                "\"y\"",
                "\"\\\"tick\"",
                "\"x,\"",
                "\",\\\"tick\"",
            ] {
                let expected = all.iter().find(|member| member.0 == key);
                assert_eq!(
                    member(raw, key),
                    expected.map(|member| member.1),
                    "{raw} {key}"
                );
            }
        }
    }

    #[test]
    fn objects_with_the_same_keys_are_read_side_by_side() {
        let value = |text, elements: Option<&[&'static str]>| Opened {
            text,
            elements: elements.map(<[_]>::to_vec),
        };
        let found = differing_members(
            r#"{"a":[1,{"x":2}],"b":1,"c":"y","d":{"e":1}}"#,
            r#"{"a":[1,{"x":3}],"b":12,"c":"y","d":{"e":1}}"#,
        );
        let elements = [&["1", r#"{"x":2}"#][..], &["1", r#"{"x":3}"#]];
        assert_eq!(
            found.unwrap(),
            [
                (
                    "\"a\"",
                    [
                        value(r#"[1,{"x":2}]"#, Some(elements[0])),
                        value(r#"[1,{"x":3}]"#, Some(elements[1]))
                    ]
                ),
                ("\"b\"", [value("1", None), value("12", None)]),
            ]
        );
        for (before, after) in [
            (r#"{"a":1}"#, r#"{"b":1}"#),
            (r#"{"a":1}"#, r#"{"a":1,"b":1}"#),
            (r#"{"a":1,"b":1}"#, r#"{"a":1}"#),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#),
            (r#"{"a":1"#, r#"{"a":2}"#),
            (r#"{"a":1}"#, r#"{"a":1}}"#),
            ("[1]", "[1]"),
        ] {
            assert_eq!(differing_members(before, after), None, "{before} {after}");
        }
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
            "{\"a\":1,",
            "{\"a\":1}}",
        ] {
            assert_eq!(members(raw), None, "{raw}");
            assert_eq!(differing_members(raw, raw), None, "{raw}");
        }
    }
}
