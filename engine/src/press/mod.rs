//! Press: description lengths of integer streams over windows of ticks.
//!
//! A [`WindowTally`] takes every tick of its window and then becomes a manifest. It does not keep
//! the streams, only running tallies and hashes, so a window may have any length.

mod capsule;
mod choice;
mod codec;
mod tally;
mod window;

pub use capsule::{Capsule, CapsuleError, Packer, Section, Vectors};
pub(crate) use choice::under;
pub use codec::{Decoder, Encoder, PayloadError};
pub(crate) use tally::{Tally, bit_length};
pub(crate) use window::{CheckConstants, StreamTally, TickView, WindowTally, manifest_check};

use crate::config::Scheme;

impl Scheme {
    /// The name in documents and records.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Identity => "ID",
            Self::RunLength => "R",
            Self::GolombRice => "GR",
        }
    }
}

impl<'de> serde::Deserialize<'de> for Scheme {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let symbol = String::deserialize(deserializer)?;
        [Self::Identity, Self::RunLength, Self::GolombRice]
            .into_iter()
            .find(|scheme| scheme.symbol() == symbol)
            .ok_or_else(|| serde::de::Error::custom(format_args!("unknown scheme `{symbol}`")))
    }
}
