//! Outputs that are no documents: kept as size and digest, and up to a size as the bytes themselves, so that
//! a report can show where they first differ.
//!
//! ```text
//! first differing byte of o: offset 9
//!   before  1  65 6c 6c 6f 20 77 6f 72 6c 64     ello world
//!   after   1  65 6c 6c 6f 20 77 6f 52 6c 64     ello woRld
//! ```

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Artefact, ArtefactError};
use aether_json::Value;

/// Bytes up to this many are kept themselves.
pub const BYTES_KEPT_MAX: usize = 1 << 20;

/// How many bytes around a difference are shown.
const SHOWN: usize = 16;

/// How many of them come before it.
const SHOWN_BEFORE: usize = 8;

impl Artefact {
    /// An artefact from bytes that are no document: `{"sha256": …, "size": …}`. Up to 1 MiB, it
    /// [has the bytes](Artefact::bytes) too.
    ///
    /// ```
    /// use aether_diff::Artefact;
    /// let picture = Artefact::from_bytes("picture", &[0xff, 0xd8]);
    /// assert!(picture.text().ends_with(b"\"size\":2\n}\n"));
    /// assert_eq!(picture.bytes(), Some(&[0xff, 0xd8][..]));
    /// ```
    pub fn from_bytes(name: impl Into<String>, bytes: &[u8]) -> Self {
        let (digest, size) = (hex(&Sha256::digest(bytes)), bytes.len());
        let text = format!("{{\n\"sha256\":\"{digest}\",\n\"size\":{size}\n}}\n");
        let mut artefact = Self::laid_out_already(&name.into(), text.into_bytes());
        if size <= BYTES_KEPT_MAX {
            artefact.attach(bytes);
        }
        artefact
    }

    /// The artefact with the bytes that it has the digest of, as they were stored.
    ///
    /// # Errors
    /// [`ArtefactError::OtherBytes`] if it has not.
    pub fn with_bytes(mut self, bytes: &[u8]) -> Result<Self, ArtefactError> {
        let digest = Value::from(hex(&Sha256::digest(bytes)));
        let stated = self.to_value()?;
        if stated.get("sha256") != Some(&digest) {
            return Err(ArtefactError::OtherBytes {
                name: self.name().to_owned(),
            });
        }
        self.attach(bytes);
        Ok(self)
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Where the bytes of two artefacts first differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BytesDifference {
    /// The artefact.
    pub artefact: String,
    /// The offset of the first byte that differs; the length of one side if it is the beginning of the other.
    pub offset: u64,
    /// The offset of the first byte that is shown.
    pub from: u64,
    /// The old bytes from there on, at most 16, in hexadecimal: `65 6c 6c 6f`.
    pub before: String,
    /// The new ones.
    pub after: String,
}

impl BytesDifference {
    /// The difference of two artefacts that have bytes; `None` if one has none, or nothing differs.
    pub(crate) fn of(before: &Artefact, after: &Artefact) -> Option<Self> {
        let (old, new) = (before.bytes()?, after.bytes()?);
        if old == new {
            return None;
        }
        let offset = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let from = offset.saturating_sub(SHOWN_BEFORE);
        let shown = |bytes: &[u8]| {
            let end = bytes.len().min(from + SHOWN);
            let pairs = bytes[from.min(end)..end]
                .iter()
                .map(|byte| format!("{byte:02x}"));
            pairs.collect::<Vec<_>>().join(" ")
        };
        Some(Self {
            artefact: after.name().to_owned(),
            offset: offset as u64,
            from: from as u64,
            before: shown(old),
            after: shown(new),
        })
    }

    /// What differs where, in one line.
    pub fn lead(&self) -> String {
        format!(
            "first differing byte of {}: offset {}",
            self.artefact, self.offset
        )
    }

    /// The old bytes and the new ones as a line each: offset, hexadecimal digits, and characters.
    pub fn lines(&self) -> [String; 2] {
        [&self.before, &self.after].map(|bytes| {
            let characters: String = bytes.split_whitespace().map(character).collect();
            let width = 3 * SHOWN - 1;
            format!("{}  {bytes:<width$}  {characters}", self.from)
                .trim_end()
                .to_owned()
        })
    }
}

/// A byte in hexadecimal as a character, if it is one that can be seen.
fn character(byte: &str) -> char {
    let byte = u8::from_str_radix(byte, 16).unwrap_or(0);
    if matches!(byte, b' '..=b'~') {
        char::from(byte)
    } else {
        '.'
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DiffOptions, Schema, diff};

    fn difference(before: &[u8], after: &[u8]) -> Option<(u64, u64, String, String)> {
        let [old, new] = [before, after].map(|bytes| [Artefact::from_bytes("o", bytes)]);
        let diff = diff(&old, &new, &Schema::default(), &DiffOptions::default());
        assert_eq!(diff.is_equal(), before == after);
        let found = diff.bytes.into_iter().next()?;
        Some((found.offset, found.from, found.before, found.after))
    }

    #[test]
    fn the_first_byte_that_differs_is_found() {
        let text = |text: &str| text.to_owned();
        assert_eq!(difference(b"abc", b"abc"), None);
        assert_eq!(
            difference(b"abc", b"abd"),
            Some((2, 0, text("61 62 63"), text("61 62 64")))
        );
        assert_eq!(difference(b"", b"a"), Some((0, 0, text(""), text("61"))));
        assert_eq!(
            difference(b"ab", b"a"),
            Some((1, 0, text("61 62"), text("61")))
        );
        let (mut old, mut new) = (vec![0; 40], vec![0; 40]);
        (old[20], new[20]) = (1, 2);
        let (offset, from, before, after) = difference(&old, &new).unwrap();
        assert_eq!((offset, from), (20, 12));
        assert_eq!(
            before,
            format!("{}01 {}", "00 ".repeat(8), ["00"; 7].join(" "))
        );
        assert_eq!(after, before.replace("01", "02"));
        // Above the limit there are only size and digest.
        let large = vec![7; BYTES_KEPT_MAX + 1];
        assert_eq!(Artefact::from_bytes("o", &large).bytes(), None);
        assert!(Artefact::from_bytes("o", &large[1..]).bytes().is_some());
        assert_eq!(difference(&large, b"x"), None);
    }

    #[test]
    fn bytes_are_shown_beside_their_characters() {
        let difference = BytesDifference {
            artefact: "o".to_owned(),
            offset: 9,
            from: 1,
            before: "65 1b 20".to_owned(),
            after: String::new(),
        };
        assert_eq!(difference.lead(), "first differing byte of o: offset 9");
        let blanks = " ".repeat(47 - 8);
        assert_eq!(
            difference.lines(),
            [format!("1  65 1b 20{blanks}  e."), "1".to_owned()]
        );
    }

    #[test]
    fn stored_bytes_must_be_those_of_the_digest() {
        let stored = Artefact::from_golden("o", Artefact::from_bytes("o", b"abc").text()).unwrap();
        assert_eq!(stored.bytes(), None);
        assert_eq!(
            stored.clone().with_bytes(b"abc").unwrap().bytes(),
            Some(&b"abc"[..])
        );
        let error = stored.with_bytes(b"abd").unwrap_err();
        assert_eq!(
            error.to_string(),
            "o: its bytes are not those that its digest is of"
        );
    }
}
