//! The `.apx` capsule: a window's manifest and the payloads of its streams, in one file.
//!
//! ```text
//! 8 bytes   "AETHAPX" and the format version, 1
//! 4 bytes   length of the manifest, little-endian
//!           the manifest, canonical JSON
//! 32 bytes  SHA-256 of the manifest
//! and for each stream of the manifest, in its order:
//! 8 bytes   length of the payload, little-endian
//!           the payload
//! 32 bytes  SHA-256 of the payload
//! ```
//!
//! A capsule decodes to the exact vectors, or to an error that says which section is damaged, and
//! how.

use sha2::{Digest, Sha256};

use super::codec::{Decoder, Encoder, PayloadError};
use super::tally::PARAMETERS;
use super::{Tally, TickView};
use crate::canonical;
use crate::config::{RunPlan, Scheme, StreamPlan, StreamSource, limits};
use crate::record::{DecodeError, FromText as _, Manifest, StreamEntry, UmxLedger};

const MAGIC: &[u8; 8] = b"AETHAPX\x01";
const HASH_LEN: usize = 32;

/// A window's manifest with the payloads of its streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capsule {
    manifest: Manifest,
    /// In the manifest's order.
    payloads: Vec<Vec<u8>>,
}

/// Why bytes cannot be read as a capsule.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CapsuleError {
    /// The file begins differently.
    #[error("not an .apx capsule: expected it to begin with `AETHAPX` and version 1")]
    NotACapsule,
    /// The file ends too early.
    #[error("truncated at byte {at}, in {section}")]
    Truncated {
        /// The section that is cut.
        section: Section,
        /// Length of the file.
        at: usize,
    },
    /// The content of a section does not have its hash.
    #[error("corrupt: {section}, from byte {at}, does not match its SHA-256")]
    Hash {
        /// The section.
        section: Section,
        /// Where it starts.
        at: usize,
    },
    /// The manifest cannot be read.
    #[error("the manifest cannot be read: {0}")]
    Manifest(#[from] DecodeError),
    /// Something follows the last payload.
    #[error("corrupt: bytes follow the last payload, from byte {at}")]
    Trailing {
        /// The first byte that does not belong.
        at: usize,
    },
    /// A payload does not decode.
    #[error("{section}: {error}")]
    Payload {
        /// The stream.
        section: Section,
        /// What is wrong with it.
        error: PayloadError,
    },
    /// The manifest's window is not a range of ticks.
    #[error("the manifest's window, ticks {start} to {end}, is not a range of ticks")]
    Ticks {
        /// The first tick.
        start: u64,
        /// The last tick.
        end: u64,
    },
    /// A Golomb–Rice stream has a parameter that this engine does not use.
    #[error("{section} has the parameter {found}, and parameters are at most {}", PARAMETERS - 1)]
    Parameter {
        /// The stream.
        section: Section,
        /// The parameter.
        found: u64,
    },
    /// A stream does not have one vector per tick of its window.
    #[error("{section} has {found} vectors, and its window has {expected} ticks")]
    Count {
        /// The stream.
        section: Section,
        /// Ticks of the window.
        expected: u64,
        /// Vectors of the payload.
        found: u64,
    },
    /// A stream has more numbers than a capsule may hold.
    #[error(
        "{section} has {numbers} numbers, and a stream has at most {}",
        limits::CAPSULE_NUMBERS_MAX
    )]
    Numbers {
        /// The stream.
        section: Section,
        /// Its numbers, of all ticks together.
        numbers: u128,
    },
    /// A stream's values do not have the length that the manifest states.
    #[error("{section} has {found} bits, and the manifest says {stated}")]
    Bits {
        /// The stream.
        section: Section,
        /// What the manifest says.
        stated: i64,
        /// The length of its values.
        found: u128,
    },
    /// The capsule has no stream of that name.
    #[error("no stream `{0}` in this capsule")]
    NoStream(String),
}

/// A part of a capsule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Section {
    /// The manifest.
    Manifest,
    /// The payload of a stream.
    Stream(String),
}

impl std::fmt::Display for Section {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Manifest => formatter.write_str("the manifest"),
            Self::Stream(name) => write!(formatter, "stream `{name}`"),
        }
    }
}

impl Capsule {
    /// The manifest.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The streams with their payloads, in the manifest's order.
    pub fn streams(&self) -> impl Iterator<Item = (&StreamEntry, &[u8])> {
        self.manifest
            .streams
            .iter()
            .zip(self.payloads.iter().map(Vec::as_slice))
    }

    /// The vectors of a stream, one per tick. Their number is checked against the manifest at once,
    /// and their bits after the last of them.
    ///
    /// # Errors
    /// The capsule has no such stream, or its payload is not what the manifest describes.
    pub fn vectors(&self, stream_id: &str) -> Result<Vectors<'_>, CapsuleError> {
        let mut streams = self.streams();
        let (entry, payload) = streams
            .find(|(entry, _)| entry.stream_id == stream_id)
            .ok_or_else(|| CapsuleError::NoStream(stream_id.to_owned()))?;
        let section = || Section::Stream(stream_id.to_owned());
        let parameter = parameter(entry).ok_or_else(|| CapsuleError::Parameter {
            section: section(),
            found: entry.params,
        })?;
        let decoder = Decoder::new(payload, entry.scheme, parameter);
        let decoder = decoder.map_err(|error| CapsuleError::Payload {
            section: section(),
            error,
        })?;
        let (start, end) = (self.manifest.start_tick, self.manifest.end_tick);
        let ticks = end
            .checked_sub(start)
            .and_then(|ticks| ticks.checked_add(1));
        let expected = ticks.ok_or(CapsuleError::Ticks { start, end })?;
        let found = decoder.vectors_left();
        if found != expected {
            return Err(CapsuleError::Count {
                section: section(),
                expected,
                found,
            });
        }
        let numbers = u128::from(found) * u128::from(decoder.vector_len());
        if numbers > u128::from(limits::CAPSULE_NUMBERS_MAX) {
            let section = section();
            return Err(CapsuleError::Numbers { section, numbers });
        }
        Ok(Vectors {
            entry,
            parameter,
            decoder,
            tally: Tally::default(),
            is_over: false,
        })
    }

    /// The capsule as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let manifest = canonical::text(&self.manifest);
        let mut bytes = MAGIC.to_vec();
        bytes.extend(
            u32::try_from(manifest.len())
                .expect("a manifest says less than the documents of its run, which are below 4 GiB")
                .to_le_bytes(),
        );
        push_section(&mut bytes, manifest.as_bytes());
        for payload in &self.payloads {
            bytes.extend((payload.len() as u64).to_le_bytes());
            push_section(&mut bytes, payload);
        }
        bytes
    }

    /// A capsule from bytes; every hash is checked.
    ///
    /// # Errors
    /// The bytes are not a capsule, or are only a part of one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CapsuleError> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return Err(CapsuleError::NotACapsule);
        };
        let mut reader = Reader {
            bytes,
            at: bytes.len() - rest.len(),
        };
        let length = reader.number(&Section::Manifest, 4)?;
        let manifest = Manifest::from_text(reader.section(Section::Manifest, length)?)?;
        let mut payloads = Vec::new();
        for entry in &manifest.streams {
            let section = Section::Stream(entry.stream_id.clone());
            let length = reader.number(&section, 8)?;
            payloads.push(reader.section(section, length)?.to_vec());
        }
        if reader.at < bytes.len() {
            return Err(CapsuleError::Trailing { at: reader.at });
        }
        Ok(Self { manifest, payloads })
    }
}

/// The vectors of a stream, decoded one by one; made by [`Capsule::vectors`]. The first error ends
/// them.
pub struct Vectors<'c> {
    entry: &'c StreamEntry,
    parameter: u32,
    decoder: Decoder<'c>,
    tally: Tally,
    is_over: bool,
}

impl Vectors<'_> {
    fn next_vector(&mut self) -> Result<Option<Vec<i128>>, CapsuleError> {
        let section = || Section::Stream(self.entry.stream_id.clone());
        let vector = self.decoder.next_vector();
        let vector = vector.map_err(|error| CapsuleError::Payload {
            section: section(),
            error,
        })?;
        if let Some(vector) = vector {
            vector.iter().for_each(|&value| self.tally.push(value));
            return Ok(Some(vector));
        }
        let found = match self.entry.scheme {
            Scheme::Identity => self.tally.identity(),
            Scheme::RunLength => self.tally.run_length(),
            Scheme::GolombRice => self.tally.golomb_rice()[self.parameter as usize],
        };
        if i128::try_from(found) == Ok(i128::from(self.entry.residual_bits)) {
            return Ok(None);
        }
        Err(CapsuleError::Bits {
            section: section(),
            stated: self.entry.residual_bits,
            found,
        })
    }
}

impl Iterator for Vectors<'_> {
    type Item = Result<Vec<i128>, CapsuleError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let vector = self.next_vector().transpose();
        self.is_over = !matches!(vector, Some(Ok(_)));
        vector
    }
}

fn push_section(bytes: &mut Vec<u8>, section: &[u8]) {
    bytes.extend(section);
    bytes.extend(Sha256::digest(section));
}

/// The parameter of a stream; `None` if this engine has no such code.
fn parameter(entry: &StreamEntry) -> Option<u32> {
    let mut known = (0..).take(PARAMETERS);
    known.find(|parameter| u64::from(*parameter) == entry.params)
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, section: &Section, length: u64) -> Result<&'b [u8], CapsuleError> {
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| self.at.checked_add(length));
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let truncated = || CapsuleError::Truncated {
            section: section.clone(),
            at: self.bytes.len(),
        };
        let taken = taken.ok_or_else(truncated)?;
        self.at += taken.len();
        Ok(taken)
    }

    /// A little-endian number of so many bytes, at most eight.
    fn number(&mut self, section: &Section, length: u64) -> Result<u64, CapsuleError> {
        let taken = self.take(section, length)?;
        let mut bytes = [0; 8];
        bytes[..taken.len()].copy_from_slice(taken);
        Ok(u64::from_le_bytes(bytes))
    }

    /// A section and its hash.
    fn section(&mut self, section: Section, length: u64) -> Result<&'b [u8], CapsuleError> {
        let at = self.at;
        let taken = self.take(&section, length)?;
        let hash = self.take(&section, HASH_LEN as u64)?;
        if Sha256::digest(taken).as_slice() == hash {
            Ok(taken)
        } else {
            Err(CapsuleError::Hash { section, at })
        }
    }
}

/// Makes a capsule of a window, tick by tick.
pub struct Packer<'p> {
    manifest: Manifest,
    streams: Vec<(&'p StreamPlan, Encoder)>,
    /// The vector that was packed last.
    vector: Vec<i128>,
}

impl<'p> Packer<'p> {
    /// A packer for the window of `manifest`; `None` if it is not a manifest of the plan.
    pub fn new(plan: &'p RunPlan, manifest: Manifest) -> Option<Self> {
        let windows = &mut plan.windows.iter();
        let window = windows.find(|window| window.window_id == manifest.window_id)?;
        let names = window.streams.iter().map(|stream| &stream.name);
        let listed = manifest.streams.iter().map(|entry| &entry.stream_id);
        let ticks = manifest.start_tick..=manifest.end_tick;
        if ticks != window.ticks || !names.eq(listed) {
            return None;
        }
        let streams = window
            .streams
            .iter()
            .zip(&manifest.streams)
            .map(|(stream, entry)| {
                let length = stream.source.vector_len(plan);
                let encoder = Encoder::new(entry.scheme, parameter(entry)?, length);
                Some((stream, encoder))
            });
        Some(Self {
            streams: streams.collect::<Option<_>>()?,
            vector: Vec::new(),
            manifest,
        })
    }

    /// A stream that would have more numbers than a capsule may hold, and how many.
    pub fn too_long(&self) -> Option<(&str, u128)> {
        let ticks = u128::from(self.manifest.end_tick - self.manifest.start_tick) + 1;
        let numbers = self.streams.iter().map(|(stream, encoder)| {
            let numbers = ticks * encoder.vector_len() as u128;
            (stream.name.as_str(), numbers)
        });
        let limit = u128::from(limits::CAPSULE_NUMBERS_MAX);
        numbers.into_iter().find(|(_, numbers)| *numbers > limit)
    }

    /// The ticks that must be added.
    pub const fn ticks(&self) -> std::ops::RangeInclusive<u64> {
        self.manifest.start_tick..=self.manifest.end_tick
    }

    /// Adds the next tick; `c_prev` is C_{t−1}.
    pub fn add(&mut self, ledger: &UmxLedger, c_prev: i64) {
        let tick = TickView::of_ledger(ledger, c_prev);
        for (stream, encoder) in &mut self.streams {
            tick.vector(stream.source, &mut self.vector);
            encoder.push(&self.vector);
        }
    }

    /// The capsule, after every tick has been added.
    #[must_use]
    pub fn finish(self) -> Capsule {
        let payloads = self
            .streams
            .into_iter()
            .map(|(_, encoder)| encoder.finish());
        Capsule {
            payloads: payloads.collect(),
            manifest: self.manifest,
        }
    }
}

impl StreamSource {
    /// Numbers per tick.
    fn vector_len(self, plan: &RunPlan) -> usize {
        match self {
            Self::PostUDeltas | Self::PreU | Self::PostU => plan.topology.node_count,
            Self::Fluxes => plan.topology.edges.len(),
            Self::PrevChain => 1,
        }
    }
}

#[cfg(test)]
mod tests;
