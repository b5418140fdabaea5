//! [`Encoder`]: writes the vectors of a stream as a payload.

use super::super::tally::zigzag;
use super::bits::{BitWriter, write_varint};
use crate::config::Scheme;

/// Makes the payload of a stream, vector by vector.
///
/// ```
/// use aether_engine::config::Scheme;
/// use aether_engine::press::{Decoder, Encoder};
///
/// let mut encoder = Encoder::new(Scheme::RunLength, 0, 3);
/// encoder.push(&[0, 0, 7]);
/// encoder.push(&[7, 7, -1 << 40]);
/// let payload = encoder.finish();
///
/// let mut decoder = Decoder::new(&payload, Scheme::RunLength, 0)?;
/// assert_eq!(decoder.next_vector()?, Some(vec![0, 0, 7]));
/// assert_eq!(decoder.next_vector()?, Some(vec![7, 7, -1 << 40]));
/// assert_eq!(decoder.next_vector()?, None);
/// # Ok::<(), aether_engine::press::PayloadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Encoder {
    scheme: Scheme,
    parameter: u32,
    length: usize,
    vectors: u64,
    bits: BitWriter,
    previous: i128,
    open_run: u128,
}

impl Encoder {
    /// An encoder for vectors of `length` numbers; `parameter` is that of Golomb–Rice, 0..=4.
    #[must_use]
    pub fn new(scheme: Scheme, parameter: u32, length: usize) -> Self {
        Self {
            scheme,
            parameter,
            length,
            vectors: 0,
            bits: BitWriter::default(),
            previous: 0,
            open_run: 0,
        }
    }

    /// Numbers in each vector.
    pub(crate) const fn vector_len(&self) -> usize {
        self.length
    }

    /// Appends a vector of the announced length.
    ///
    /// Numbers lie within ±2^65, as every difference of two signed 64-bit integers does.
    pub fn push(&mut self, vector: &[i128]) {
        debug_assert_eq!(
            vector.len(),
            self.length,
            "all vectors of a stream are of one length"
        );
        self.vectors += 1;
        for &value in vector {
            match self.scheme {
                Scheme::Identity => self.bits.gamma(zigzag(value) + 1),
                Scheme::GolombRice => self.bits.golomb_rice(zigzag(value), self.parameter),
                Scheme::RunLength => self.push_delta(value),
            }
        }
    }

    fn push_delta(&mut self, value: i128) {
        let delta = value - self.previous;
        self.previous = value;
        if delta == 0 {
            self.open_run += 1;
        } else {
            self.close_run();
            self.bits.bit(true);
            self.bits.golomb_rice(zigzag(delta), 0);
        }
    }

    fn close_run(&mut self) {
        if self.open_run > 0 {
            self.bits.bit(false);
            self.bits.gamma(self.open_run);
            self.open_run = 0;
        }
    }

    /// The payload.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.close_run();
        let mut payload = Vec::new();
        write_varint(&mut payload, self.vectors);
        write_varint(&mut payload, self.length as u64);
        payload.extend(self.bits.finish());
        payload
    }
}
