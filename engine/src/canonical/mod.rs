//! Canonical JSON, version 1: the one place where a record becomes bytes, and bytes a hash.
//!
//! UTF-8, object keys sorted by code point, no white space, integers in plain decimal, strings
//! escaped only where JSON requires it. A [`Writer`] appends to a text, a hasher, or both, so that
//! a large record is not built in memory only to be hashed. For example, `{ "b": [1, 2], "a": 0 }`
//! has the canonical text `{"a":0,"b":[1,2]}`.
//!
//! The format never changes: every hash of every run depends on it. Nothing else in this crate
//! turns a record into hashed bytes. The caller writes keys in sorted order, which debug builds
//! check.

mod decimal;
mod hash;
pub(crate) mod lanes;
mod writer;

pub(crate) use decimal::{Digits, LARGE};
pub use hash::Hash;
pub use writer::Encoded;
pub(crate) use writer::{
    Canonical, EmptyObject, INTEGER_MAX, INTEGERS, Object, Writer, push_integer as write_integer,
};

/// The canonical text of a record.
pub(crate) fn text<R: Canonical + ?Sized>(record: &R) -> String {
    let mut writer = Writer::text();
    record.write(&mut writer);
    writer.into_text()
}

/// The SHA-256 of the canonical text of a record.
pub(crate) fn hash<R: Canonical + ?Sized>(record: &R) -> Hash {
    let mut writer = Writer::hasher();
    record.write(&mut writer);
    writer.finish()
}

/// The hashes of up to four texts that are canonical, made side by side.
#[cfg(feature = "store")]
pub(crate) fn hashes_of_texts<const N: usize>(texts: [&[u8]; N]) -> [Hash; N] {
    let mut messages = [const { aether_sha_lanes::Sha256::new() }; N];
    aether_sha_lanes::update_lanes(messages.each_mut(), texts);
    aether_sha_lanes::finish_lanes(messages.each_mut()).map(Hash::from_bytes)
}

/// The SHA-256 of a text that is already canonical, such as one that was read from a store.
#[cfg(feature = "store")]
pub(crate) fn hash_of_text(text: &[u8]) -> Hash {
    Hash::from_bytes(<sha2::Sha256 as sha2::Digest>::digest(text).into())
}

/// Appends an integer in plain decimal, as records spell it.
///
/// ```
/// let mut text = Vec::new();
/// aether_engine::canonical::push_integer(&mut text, -120);
/// assert_eq!(text, b"-120");
/// ```
pub fn push_integer(text: &mut Vec<u8>, number: i64) {
    let mut place = [0; INTEGER_MAX];
    let length = write_integer(&mut place, number);
    text.extend_from_slice(&place[..length]);
}

/// Appends an id or a count in plain decimal, as records spell it.
pub fn push_count(text: &mut Vec<u8>, number: u64) {
    let mut place = [0; decimal::LEN_MAX];
    let length = decimal::write(number, &mut place);
    text.extend_from_slice(&place[..length]);
}

/// A JSON value from a document, whose keys are sorted here. Numbers keep their spelling, so that
/// an `attrs` or a `meta` of a document is written as it was read. Records have only integers.
impl Canonical for aether_json::Value {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Null => writer.raw("null"),
            Self::Bool(true) => writer.raw("true"),
            Self::Bool(false) => writer.raw("false"),
            Self::Number(number) => writer.raw(&number.to_string()),
            Self::String(string) => string.as_str().write(writer),
            Self::Array(items) => writer.array(items),
            Self::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by_key(|(key, _)| key.as_str());
                let mut object = Object::begin(writer);
                for (key, value) in sorted {
                    object.member(key, value);
                }
                object.end();
            }
        }
    }
}

#[cfg(test)]
mod tests;
