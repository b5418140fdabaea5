//! Formats integers in plain decimal directly into a buffer: 1234 becomes the bytes `1234`.

/// The longest decimal of 64 bits: a sign and 19 digits, or 20 digits.
pub(super) const LEN_MAX: usize = 20;

/// 00, 01, … 99.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0_u8;
    while number < 100 {
        pairs[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    pairs
};

/// Writes the digits at the start of `place`, which has room for [`LEN_MAX`] bytes, and returns
/// their number.
#[inline]
pub(super) fn write(number: u64, place: &mut [u8]) -> usize {
    if number < 10 {
        place[0] = b'0' + number as u8;
        return 1;
    }
    let length = digits(number);
    let place = &mut place[..length];
    let (mut rest, mut end) = (number, length);
    while rest >= 100 {
        end -= 2;
        place[end..end + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if rest >= 10 {
        place[..2].copy_from_slice(&PAIRS[rest as usize]);
    } else {
        place[0] = b'0' + rest as u8;
    }
    length
}

/// How many decimal digits a number has.
#[inline]
const fn digits(number: u64) -> usize {
    match number.checked_ilog10() {
        Some(log) => log as usize + 1,
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_its_neighbours() {
        let mut power = 1_u64;
        let mut numbers = vec![
            0,
            u64::MAX,
            i64::MAX.unsigned_abs(),
            i64::MIN.unsigned_abs(),
        ];
        for _ in 0..20 {
            numbers.extend([
                power - 1,
                power,
                power.saturating_add(1),
                power.saturating_mul(7),
            ]);
            power = power.saturating_mul(10);
        }
        numbers.extend(0..2_000);
        for number in numbers {
            let mut place = [b'x'; LEN_MAX];
            let length = write(number, &mut place);
            assert_eq!(place[..length], *number.to_string().as_bytes());
        }
    }
}
