//! Reads records from their canonical texts.

use serde::de::DeserializeOwned;

use crate::canonical::{self, Canonical, Hash};

/// Why a text is not a record of the expected kind in canonical form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text is not JSON, or not of the record's shape.
    #[error("not a record of this kind: {0}")]
    Shape(#[from] aether_json::Error),
    /// The text has different bytes than the canonical form of its record.
    #[error("not in canonical form")]
    NotCanonical,
}

/// A record that can be read from its canonical text.
#[expect(private_bounds, reason = "only this crate's records are records")]
pub trait FromText: Sized + Canonical + DeserializeOwned {
    /// Reads a record. The text must be canonical and contain only the record, so that what is read
    /// is exactly what was hashed.
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
