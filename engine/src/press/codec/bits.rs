//! Writes and reads bits, most significant first, and the codes that consist of them.

use super::ESCAPE;

/// Why a payload does not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The payload ends in the middle of something.
    #[error("truncated: the payload ends at byte {at}, in the middle of a number")]
    Truncated {
        /// Length of the payload in bytes.
        at: usize,
    },
    /// A code has more digits than any number of a stream.
    #[error("corrupt: the code at bit {at} is not a number that a run can have")]
    Code {
        /// Bit at which the code starts.
        at: u64,
    },
    /// A number is beyond what a stream can hold.
    #[error("corrupt: the number before bit {at} is out of range")]
    Range {
        /// Bit after the number.
        at: u64,
    },
    /// A run of zeros is longer than the rest of the stream.
    #[error("corrupt: a run before bit {at} is longer than the stream")]
    Run {
        /// Bit after the run.
        at: u64,
    },
    /// The padding is not zero, or something follows the payload.
    #[error("corrupt: the payload continues after its last number, at byte {at}")]
    Trailing {
        /// The first byte that does not belong.
        at: usize,
    },
    /// A vector is longer than any graph allows.
    #[error("corrupt: vectors of {length} numbers, the limit is {limit}")]
    Length {
        /// The length it claims.
        length: u64,
        /// The longest allowed.
        limit: u64,
    },
}

/// Writes bits.
#[derive(Clone, Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits not yet in `bytes`, in the low end.
    partial: u8,
    partial_len: u32,
}

impl BitWriter {
    pub(super) fn bit(&mut self, bit: bool) {
        self.partial = (self.partial << 1) | u8::from(bit);
        self.partial_len += 1;
        if self.partial_len == 8 {
            self.bytes.push(self.partial);
            self.partial = 0;
            self.partial_len = 0;
        }
    }

    /// Writes the `count` low bits of a number, the highest of them first.
    pub(super) fn low_bits(&mut self, number: u128, count: u32) {
        for shift in (0..count).rev() {
            self.bit((number >> shift) & 1 == 1);
        }
    }

    /// Writes γ(number), for numbers ≥ 1: 5 becomes `00101`.
    pub(super) fn gamma(&mut self, number: u128) {
        let digits = u128::BITS - number.leading_zeros();
        self.low_bits(0, digits - 1);
        self.low_bits(number, digits);
    }

    pub(super) fn golomb_rice(&mut self, folded: u128, parameter: u32) {
        let quotient = folded >> parameter;
        let ones = u32::try_from(quotient.min(ESCAPE.into())).expect("at most ESCAPE");
        (0..ones).for_each(|_| self.bit(true));
        if ones < ESCAPE {
            self.bit(false);
        } else {
            self.gamma(quotient - u128::from(ESCAPE) + 1);
        }
        self.low_bits(folded, parameter);
    }

    /// All bits, padded with zeros to whole bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        while self.partial_len != 0 {
            self.bit(false);
        }
        self.bytes
    }
}

/// Reads bits.
#[derive(Clone, Debug)]
pub(super) struct BitReader<'b> {
    bytes: &'b [u8],
    /// Position in bits.
    at: u64,
}

impl<'b> BitReader<'b> {
    /// A reader that starts at a byte.
    pub(super) const fn new(bytes: &'b [u8], byte: usize) -> Self {
        Self {
            bytes,
            at: byte as u64 * 8,
        }
    }

    pub(super) const fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn bit(&mut self) -> Result<bool, PayloadError> {
        let byte = self.bytes.get(self.byte());
        let byte = byte.ok_or(PayloadError::Truncated {
            at: self.bytes.len(),
        })?;
        let bit = (byte >> (7 - self.at % 8)) & 1 == 1;
        self.at += 1;
        Ok(bit)
    }

    /// The index of the byte that contains the next bit.
    fn byte(&self) -> usize {
        usize::try_from(self.at / 8).expect("a position within the payload, or just after it")
    }

    pub(super) fn low_bits(&mut self, count: u32) -> Result<u128, PayloadError> {
        (0..count).try_fold(0, |number, _| Ok((number << 1) | u128::from(self.bit()?)))
    }

    /// Reads a γ code of a number of at most 72 binary digits, which is more than any zigzag has.
    pub(super) fn gamma(&mut self) -> Result<u128, PayloadError> {
        const DIGITS_MAX: u32 = 72;
        let start = self.at;
        let mut digits = 1;
        while !self.bit()? {
            digits += 1;
            if digits > DIGITS_MAX {
                return Err(PayloadError::Code { at: start });
            }
        }
        Ok((1 << (digits - 1)) | self.low_bits(digits - 1)?)
    }

    pub(super) fn golomb_rice(&mut self, parameter: u32) -> Result<u128, PayloadError> {
        let mut quotient = 0;
        while quotient < ESCAPE && self.bit()? {
            quotient += 1;
        }
        let quotient = match quotient {
            ESCAPE => u128::from(ESCAPE) + self.gamma()? - 1,
            small => u128::from(small),
        };
        Ok((quotient << parameter) | self.low_bits(parameter)?)
    }

    /// Checks that the rest of this byte is zeros, and that no byte follows.
    pub(super) fn finish(mut self) -> Result<(), PayloadError> {
        while !self.at.is_multiple_of(8) {
            let at = self.byte();
            if self.bit()? {
                return Err(PayloadError::Trailing { at });
            }
        }
        let end = self.byte();
        if end == self.bytes.len() {
            Ok(())
        } else {
            Err(PayloadError::Trailing { at: end })
        }
    }
}

/// Writes a number in groups of seven bits, the lowest first, with the high bit set on all but the
/// last: 300 becomes `ac 02`.
pub(super) fn write_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a number; returns it with the index of the byte after it. Only the shortest form is valid.
pub(super) fn read_varint(bytes: &[u8], start: usize) -> Result<(u64, usize), PayloadError> {
    let mut number = 0_u64;
    for (index, shift) in (start..).zip((0..64).step_by(7)) {
        let byte = *bytes
            .get(index)
            .ok_or(PayloadError::Truncated { at: bytes.len() })?;
        let group = u64::from(byte & 0x7f);
        let shortest = byte != 0 || index == start;
        if !shortest || (group << shift) >> shift != group {
            break;
        }
        number |= group << shift;
        if byte < 0x80 {
            return Ok((number, index + 1));
        }
    }
    Err(PayloadError::Code {
        at: start as u64 * 8,
    })
}
