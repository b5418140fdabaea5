//! Varints: signed 64-bit integers in as few bytes as they need. 0 takes one byte, −65 two.

/// Appends `value` in groups of seven bits, the lowest first, after folding its sign into the
/// lowest bit: 0, −1, 1, −2 … become 0, 1, 2, 3 …
#[inline]
pub(crate) fn push(bytes: &mut Vec<u8>, value: i64) {
    let mut folded = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while folded >= 0x80 {
        bytes.push((folded & 0x7f) as u8 | 0x80);
        folded >>= 7;
    }
    bytes.push(folded as u8);
}

/// Removes one number from the front; `None` if the bytes end within it or it exceeds 64 bits.
#[inline]
pub(crate) fn pop(bytes: &mut &[u8]) -> Option<i64> {
    // Nearly all numbers take one byte.
    if let Some((&byte, rest)) = bytes.split_first()
        && byte < 0x80
    {
        *bytes = rest;
        return Some(unfolded(byte.into()));
    }
    pop_long(bytes)
}

#[inline(never)]
fn pop_long(bytes: &mut &[u8]) -> Option<i64> {
    let mut folded = 0_u64;
    let mut shift = 0;
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let group = u64::from(byte & 0x7f);
        if shift == 63 && group > 1 {
            return None;
        }
        folded |= group << shift;
        if byte < 0x80 {
            return Some(unfolded(folded));
        }
        shift += 7;
        if shift > 63 {
            return None;
        }
    }
}

#[inline]
const fn unfolded(folded: u64) -> i64 {
    (folded >> 1).cast_signed() ^ (folded & 1).cast_signed().wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let edge = [0, 1, -1, 63, -64, 64, -65, 8191, -8192, i64::MAX, i64::MIN];
        let mut bytes = Vec::new();
        edge.iter().for_each(|&value| push(&mut bytes, value));
        let mut rest = bytes.as_slice();
        for value in edge {
            assert_eq!(pop(&mut rest), Some(value));
        }
        assert_eq!(pop(&mut rest), None);
    }

    #[test]
    fn sizes() {
        for (value, size) in [
            (0, 1),
            (-64, 1),
            (63, 1),
            (64, 2),
            (-8192, 2),
            (i64::MIN, 10),
        ] {
            let mut bytes = Vec::new();
            push(&mut bytes, value);
            assert_eq!(bytes.len(), size, "{value}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bytes in [
            &[][..],
            &[0x80],
            &[0xff; 10],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
        ] {
            assert_eq!(pop(&mut &*bytes), None, "{bytes:?}");
        }
    }
}
