//! Records read back from their canonical texts.

use serde::de::DeserializeOwned;

use crate::canonical::{self, Canonical, Hash};

/// A text that is not a record of the expected kind in canonical form.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The text is not JSON, or not of the record's shape.
    #[error("not a record of this kind: {0}")]
    Shape(#[from] aether_json::Error),
    /// The text says the same in other bytes, or says more.
    #[error("not in canonical form")]
    NotCanonical,
}

/// A record of any kind that can be read back.
#[expect(private_bounds, reason = "only this crate's records are records")]
pub trait FromText: Sized + Canonical + DeserializeOwned {
    /// Reads a record back: the text must be canonical and hold nothing but the record, so that
    /// what is read is what was hashed.
    ///
    /// # Errors
    /// The text is not exactly a record of this kind.
    fn from_text(text: &[u8]) -> Result<Self, DecodeError> {
        let record: Self = aether_json::from_slice(text)?;
        if canonical::text(&record).as_bytes() == text {
            Ok(record)
        } else {
            Err(DecodeError::NotCanonical)
        }
    }

    /// The canonical text: what is hashed, stored and exported.
    fn to_text(&self) -> String {
        canonical::text(self)
    }

    /// The SHA-256 of the canonical text.
    fn hash(&self) -> Hash {
        canonical::hash(self)
    }
}

impl<R: Canonical + DeserializeOwned> FromText for R {}
