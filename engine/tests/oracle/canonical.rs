//! The oracle's canonical JSON, version 1, and its SHA-256.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::Int;

/// A JSON value without floats. Object keys sort by code point, as `String` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Int),
    Text(String),
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

/// An object of the given members.
pub(crate) fn object<const LEN: usize>(members: [(&str, Json); LEN]) -> Json {
    let map: BTreeMap<_, _> = members
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    assert_eq!(map.len(), LEN, "duplicate key");
    Json::Object(map)
}

/// An integer of any width.
pub(crate) fn int(value: impl Into<Int>) -> Json {
    Json::Number(value.into())
}

/// A string.
pub(crate) fn text(value: impl Into<String>) -> Json {
    Json::Text(value.into())
}

/// A list of integers.
pub(crate) fn ints(values: &[Int]) -> Json {
    Json::List(values.iter().cloned().map(Json::Number).collect())
}

impl Json {
    /// Reads JSON that consists of integers, strings, lists and objects.
    pub(crate) fn parse(text: &str) -> Self {
        let value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        Self::from_value(value)
    }

    /// Converts a value of a different parser.
    fn from_value(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => {
                let spelling = number.to_string();
                let number = spelling
                    .parse()
                    .unwrap_or_else(|_| panic!("{spelling} in JSON"));
                Self::Number(number)
            }
            Value::String(text) => Self::Text(text),
            Value::Array(list) => Self::List(list.into_iter().map(Self::from_value).collect()),
            Value::Object(map) => Self::Object(
                map.into_iter()
                    .map(|(key, value)| (key, Self::from_value(value)))
                    .collect(),
            ),
        }
    }

    /// Adds or replaces a member of an object.
    pub(crate) fn insert(&mut self, key: &str, value: Self) {
        match self {
            Self::Object(map) => drop(map.insert(key.to_owned(), value)),
            other => panic!("{key:?} put into {other:?}, which is not an object"),
        }
    }

    /// Removes a member of an object.
    pub(crate) fn remove(&mut self, key: &str) {
        match self {
            Self::Object(map) => drop(map.remove(key)),
            other => panic!("{key:?} taken from {other:?}, which is not an object"),
        }
    }

    /// A member of an object, which must exist.
    pub(crate) fn member(&self, key: &str) -> &Self {
        match self {
            Self::Object(map) => map.get(key).unwrap_or_else(|| panic!("no member {key:?}")),
            other => panic!("{key:?} asked of {other:?}, which is not an object"),
        }
    }

    /// A member of an object; `None` if it does not exist.
    pub(crate) fn optional(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(map) => map.get(key),
            _ => None,
        }
    }

    /// The elements of a list.
    pub(crate) fn list(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            other => panic!("{other:?} is not a list"),
        }
    }

    /// The number as an i64; every recorded number fits.
    pub(crate) fn number(&self) -> i64 {
        match self {
            Self::Number(number) => {
                i64::try_from(number).unwrap_or_else(|_| panic!("{number} is beyond i64"))
            }
            other => panic!("{other:?} is not a number"),
        }
    }

    /// The text of a string.
    pub(crate) fn str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            other => panic!("{other:?} is not a string"),
        }
    }

    /// The canonical text.
    pub(crate) fn canonical(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => quoted(text),
            Self::List(list) => {
                format!(
                    "[{}]",
                    list.iter()
                        .map(Self::canonical)
                        .collect::<Vec<_>>()
                        .join(",")
                )
            }
            Self::Object(map) => {
                let members = map
                    .iter()
                    .map(|(key, value)| format!("{}:{}", quoted(key), value.canonical()))
                    .collect::<Vec<_>>();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    /// The lower-case hex SHA-256 of the canonical text.
    pub(crate) fn sha256(&self) -> String {
        hex(&sha256(self.canonical().as_bytes()))
    }

    /// The first eight bytes of that SHA-256, big-endian.
    pub(crate) fn sha256_head(&self) -> Int {
        let digest = sha256(self.canonical().as_bytes());
        digest[..8]
            .iter()
            .fold(Int::from(0), |head, byte| head * 256 + *byte)
    }
}

/// A JSON string: quotes, backslashes and control characters are escaped, and nothing else.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn sha256_gives_the_published_digests() {
    let million = "a".repeat(1_000_000);
    for (message, digest) in [
        (
            "",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (
            &million,
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        ),
    ] {
        let shown = &message[..message.len().min(20)];
        assert_eq!(
            hex(&sha256(message.as_bytes())),
            digest,
            "SHA-256 of {shown:?}…"
        );
    }
}

#[test]
fn canonical_json_gives_the_texts_of_the_rule() {
    // The first string is from RFC 8785, section 3.2.2.
    for (value, expected) in [
        (
            text("\u{20ac}$\u{f}\nA'B\"\\\\\"/"),
            r#""€$\u000f\nA'B\"\\\\\"/""#,
        ),
        (
            text("\u{0}\u{8}\t\n\u{c}\r\u{1f} \u{7f}é"),
            "\"\\u0000\\b\\t\\n\\f\\r\\u001f \u{7f}é\"",
        ),
        (object([]), "{}"),
        (Json::List(Vec::new()), "[]"),
        (
            object([
                ("b", int(i64::MIN)),
                ("a", Json::Null),
                ("C_t", Json::Bool(true)),
            ]),
            r#"{"C_t":true,"a":null,"b":-9223372036854775808}"#,
        ),
        (int(Int::from(i64::MAX) * 4), "36893488147419103228"),
    ] {
        assert_eq!(value.canonical(), expected);
    }
}
