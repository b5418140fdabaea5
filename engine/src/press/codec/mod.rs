//! The lossless codec: the vectors of a stream as bytes, and back.
//!
//! The tally of the paper counts bits without headers; a payload has them, so that it can be
//! decoded. A payload is
//!
//! ```text
//! varint    number of vectors
//! varint    numbers in each vector
//! bits      the numbers end to end, most significant bit first, padded with zeros to a byte
//! ```
//!
//! with the numbers written as the scheme says, y being the zigzag of a number (0, 1, −1, 2, −2 …
//! become 0, 1, 2, 3, 4 …) and γ(n), n ≥ 1, the Elias gamma code (as many zeros as n has binary
//! digits less one, then n in binary):
//!
//! | scheme | bits |
//! | --- | --- |
//! | `ID` | γ(y + 1) |
//! | `GR(p)` | the quotient q = ⌊y / 2^p⌋ as q ones and a zero, below 24; else 24 ones and γ(q − 23); then the p low bits of y |
//! | `R` | of the differences between neighbours: `0` and γ(length) for a run of zeros, `1` and `GR(0)` for any other |
//!
//! A quotient of 2^40 thus costs about a hundred bits, not 2^40. A payload determines its own end:
//! missing or further bytes are an error, and so is a padding bit that is not zero.
//!
//! For example, a vector of 0, 1, −1 under `ID` is the bytes `01 03` (one vector of three numbers)
//! and the bits `1 010 011 0` (the γ codes of 1, 2 and 3, and a bit of padding).

mod bits;
mod decoder;
mod encoder;

pub use bits::PayloadError;
pub use decoder::Decoder;
pub use encoder::Encoder;

/// Quotients from here on are escaped.
const ESCAPE: u32 = 24;

#[cfg(test)]
mod tests;
