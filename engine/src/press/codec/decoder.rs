//! [`Decoder`]: reads the vectors of a stream from a payload.

use super::bits::{BitReader, PayloadError, read_varint};
use crate::config::{Scheme, limits};

/// Largest number of a stream: the difference of two signed 64-bit integers is below 2^64.
const VALUE_MAX: u128 = 1 << 64;

/// Reads the payload of a stream, vector by vector; see [`Encoder`](super::Encoder).
#[derive(Clone, Debug)]
pub struct Decoder<'b> {
    scheme: Scheme,
    parameter: u32,
    length: u64,
    /// Vectors not yet read.
    left: u64,
    bits: BitReader<'b>,
    previous: i128,
    /// Zeros of the current run not yet read.
    open_run: u128,
    /// Whether the last code was a run: runs are maximal, so another cannot follow.
    after_run: bool,
}

impl<'b> Decoder<'b> {
    /// A decoder of a payload that was written under that scheme and parameter.
    ///
    /// # Errors
    /// The payload's head is not that of a stream.
    pub fn new(payload: &'b [u8], scheme: Scheme, parameter: u32) -> Result<Self, PayloadError> {
        let (vectors, next) = read_varint(payload, 0)?;
        let (length, next) = read_varint(payload, next)?;
        let limit = limits::NODES_MAX.max(limits::EDGES_MAX);
        if length > limit {
            return Err(PayloadError::Length { length, limit });
        }
        let bits = BitReader::new(payload, next);
        Ok(Self {
            scheme,
            parameter,
            length,
            left: vectors,
            bits,
            previous: 0,
            open_run: 0,
            after_run: false,
        })
    }

    /// Number of vectors that were not read yet.
    pub const fn vectors_left(&self) -> u64 {
        self.left
    }

    /// Numbers in each vector.
    pub const fn vector_len(&self) -> u64 {
        self.length
    }

    /// The next vector; `None` after the last, when the payload has been read to its end.
    ///
    /// # Errors
    /// The bytes are not a vector of such a stream. Only vectors that an encoder wrote are
    /// returned.
    pub fn next_vector(&mut self) -> Result<Option<Vec<i128>>, PayloadError> {
        if self.left == 0 {
            if self.open_run > 0 {
                return Err(PayloadError::Run { at: self.bits.at() });
            }
            self.bits.clone().finish()?;
            return Ok(None);
        }
        let mut vector = Vec::new();
        for _ in 0..self.length {
            vector.push(self.value()?);
        }
        self.left -= 1;
        Ok(Some(vector))
    }

    fn value(&mut self) -> Result<i128, PayloadError> {
        match self.scheme {
            Scheme::Identity => {
                let folded = self.bits.gamma()? - 1;
                self.in_range(unfold(folded))
            }
            Scheme::GolombRice => {
                let folded = self.bits.golomb_rice(self.parameter)?;
                self.in_range(unfold(folded))
            }
            Scheme::RunLength => self.next_of_run(),
        }
    }

    fn next_of_run(&mut self) -> Result<i128, PayloadError> {
        if self.open_run == 0 {
            let start = self.bits.at();
            if self.bits.bit()? {
                self.after_run = false;
                let delta = unfold(self.bits.golomb_rice(0)?);
                if delta == 0 {
                    // A zero is part of a run; the encoder never writes it in any other way.
                    return Err(PayloadError::Range { at: self.bits.at() });
                }
                self.previous = self.in_range(self.previous + delta)?;
                return Ok(self.previous);
            }
            if self.after_run {
                return Err(PayloadError::Code { at: start });
            }
            self.open_run = self.bits.gamma()?;
            self.after_run = true;
        }
        self.open_run -= 1;
        Ok(self.previous)
    }

    fn in_range(&self, value: i128) -> Result<i128, PayloadError> {
        if value.unsigned_abs() <= VALUE_MAX {
            Ok(value)
        } else {
            Err(PayloadError::Range { at: self.bits.at() })
        }
    }
}

/// The inverse of the zigzag. Codes have at most 72 + 4 digits, so nothing is cut.
fn unfold(folded: u128) -> i128 {
    let half = (folded / 2).cast_signed();
    if folded % 2 == 1 { half + 1 } else { -half }
}
