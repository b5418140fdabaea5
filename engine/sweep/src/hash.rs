//! [`ValueHash`]: the hash of values of a file, as `docs/sweeps.md` describes it.

use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

/// The SHA-256 of values: of each, a letter for its type, and 8 bytes that are its number or its length; then its bytes.
#[derive(Clone, Default)]
pub(crate) struct ValueHash(Sha256);

impl ValueHash {
    pub(crate) fn add(&mut self, value: ValueRef<'_>) {
        let (letter, number, bytes) = match value {
            ValueRef::Null => (b'n', 0, &[][..]),
            ValueRef::Integer(number) => (b'i', number, &[][..]),
            ValueRef::Text(text) => (b't', signed(text.len() as u64), text),
            ValueRef::Blob(bytes) => (b'b', signed(bytes.len() as u64), bytes),
            ValueRef::Real(_) => unreachable!("no column of these strict tables has reals"),
        };
        self.0.update([letter]);
        self.0.update(number.to_be_bytes());
        self.0.update(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.add(ValueRef::Text(text.as_bytes()));
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// A count, a number of a point or a length for SQLite.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).expect("numbers of points are below 2^32, and bytes in memory below 2^63")
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
