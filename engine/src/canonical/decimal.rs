//! Formats integers in plain decimal directly into a buffer: 1234 becomes the bytes `1234`.
//!
//! Eight digits are made at once, in the lanes of one 64-bit number: it is split in halves three times, by 10^4, by 100 and by
//! 10, and each division is a multiplication for all lanes together. A number with fewer digits has zeros in front, which are
//! shifted out. So numbers of one to eight digits take the same instructions and no jump depends on their length:
//!
//! ```text
//! 1234                        00001234
//! by 10^4           0000                1234
//! by 100       00        00        12        34
//! by 10      0    0    0    0    1    2    3    4
//! shifted    1    2    3    4    ·    ·    ·    ·
//! ```
//!
//! Where there are many numbers, sixteen are split side by side, in the vectors of the processor ([`Digits::of_group`]): nothing of it depends on
//! how long they are.

/// The longest decimal of 64 bits: 20 digits. A sign is not part of it.
pub(super) const LEN_MAX: usize = 20;

/// The first number with more than eight digits.
pub(crate) const LARGE: u64 = 100_000_000;

/// Numbers whose digits are made at once.
pub(crate) const GROUP: usize = 16;

/// The digit 0 in each of eight bytes.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The digits of a number with at most eight of them.
#[derive(Clone, Copy)]
pub(crate) struct Digits {
    /// The digits, and what happens to be behind them.
    pub(crate) bytes: [u8; 8],
    /// How many they are, 1 to 8.
    pub(crate) length: u8,
}

impl Digits {
    /// The digits of a number below [`LARGE`].
    #[inline]
    pub(crate) const fn of(number: u64) -> Self {
        Self::without_zeros(eight_digits(number))
    }

    /// Of numbers below [`LARGE`], all eight digits; of others, anything.
    #[inline(always)]
    pub(crate) fn of_group(numbers: &[u32; GROUP]) -> [u64; GROUP] {
        let mut fours = [0_u32; 2 * GROUP];
        for (fours, &number) in fours.as_chunks_mut::<2>().0.iter_mut().zip(numbers) {
            // `number / 10_000`: the product fits 64 bits, and the shift is exact for every number of 32.
            let upper = (u64::from(number).wrapping_mul(3_518_437_209) >> 45) as u32;
            *fours = [upper, number.wrapping_sub(upper.wrapping_mul(10_000))];
        }
        let mut pairs = [0_u16; 4 * GROUP];
        for (pairs, four) in pairs.as_chunks_mut::<2>().0.iter_mut().zip(fours) {
            let upper = four.wrapping_mul(10_486) >> 20;
            let both = upper | (four.wrapping_sub(upper.wrapping_mul(100)) << 16);
            *pairs = [both as u16, (both >> 16) as u16];
        }
        let digits = pairs.map(|pair| {
            let upper = pair.wrapping_mul(103) >> 10;
            upper | (pair.wrapping_sub(upper.wrapping_mul(10)) << 8)
        });
        let numbers = digits.as_chunks::<4>().0.iter();
        let mut eights = [0; GROUP];
        for (eight, digits) in eights.iter_mut().zip(numbers) {
            let [a, b, c, d] = digits.map(u64::from);
            *eight = a | b << 16 | c << 32 | d << 48;
        }
        eights
    }

    /// Eight digits without the zeros in front.
    #[inline(always)]
    pub(crate) const fn without_zeros(digits: u64) -> Self {
        // The last digit stays, even if it is 0.
        let zeros = (digits | 1 << 56).trailing_zeros() / 8;
        Self {
            bytes: (ascii(digits) >> (8 * zeros)).to_le_bytes(),
            length: 8 - zeros as u8,
        }
    }
}

/// Writes the digits at the start of `place`, which has room for [`LEN_MAX`] bytes, and returns their number. The
/// bytes of the room that follow them are then undefined.
#[inline]
pub(super) fn write(number: u64, place: &mut [u8]) -> usize {
    if number >= LARGE {
        return write_large(number, place);
    }
    let digits = Digits::of(number);
    place[..8].copy_from_slice(&digits.bytes);
    usize::from(digits.length)
}

/// The same for a number of more than eight digits: those before the last eight, and the last eight.
#[inline(never)]
fn write_large(number: u64, place: &mut [u8]) -> usize {
    let length = write(number / LARGE, place);
    let last = ascii(eight_digits(number % LARGE)).to_le_bytes();
    place[length..length + 8].copy_from_slice(&last);
    length + 8
}

/// Eight digits as text.
#[inline]
const fn ascii(digits: u64) -> u64 {
    digits | ZEROS
}

/// The digits of a number below 10^8, one per byte, the first one in the lowest byte.
#[inline]
const fn eight_digits(number: u64) -> u64 {
    // No product and no difference leaves its lane: 9,999 · 10,486 < 2^32 and 99 · 103 < 2^16. So nothing wraps; the wrapping
    // operations only avoid the checks. A test tries every quotient of each lane.
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let upper = (fours.wrapping_mul(10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = upper | (fours.wrapping_sub(upper.wrapping_mul(100)) << 16);
    let upper = (pairs.wrapping_mul(103) >> 10) & 0x000f_000f_000f_000f;
    upper | (pairs.wrapping_sub(upper.wrapping_mul(10)) << 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(number: u64) {
        let mut place = [b'x'; LEN_MAX];
        let length = write(number, &mut place);
        assert_eq!(place[..length], *number.to_string().as_bytes());
    }

    #[test]
    fn every_length_and_its_neighbours() {
        let mut power = 1_u64;
        for _ in 0..20 {
            check(power - 1);
            check(power);
            check(power.saturating_add(1));
            check(power.saturating_mul(7));
            power = power.saturating_mul(10);
        }
        check(u64::MAX);
        check(i64::MAX.unsigned_abs());
        check(i64::MIN.unsigned_abs());
    }

    /// Every quotient of each lane.
    #[test]
    fn every_half_of_eight_digits() {
        for half in 0..10_000 {
            let number = half * 10_000 + 9_999 - half;
            check(half);
            check(number);
            let group = Digits::of_group(
                &[half as u32, number as u32]
                    .repeat(GROUP / 2)
                    .try_into()
                    .unwrap(),
            );
            assert_eq!(group[..2], [half, number].map(eight_digits));
            assert_eq!(group[GROUP - 2..], group[..2]);
        }
    }

    #[test]
    fn places_of_a_group() {
        let numbers = std::array::from_fn(|place| 98_765_432 >> place);
        let expected = numbers.map(|number| eight_digits(number.into()));
        assert_eq!(Digits::of_group(&numbers), expected);
    }

    proptest::proptest! {
        #[test]
        fn any_number(number in proptest::prelude::any::<u64>(), bits in 0_u32..64) {
            check(number >> bits);
        }
    }
}
