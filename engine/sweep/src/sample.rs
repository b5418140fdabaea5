//! Seeded integers that are the same forever: SHA-256 of a counter.
//!
//! The draw number `j` (from 0) of an axis is made from the SHA-256 of this text, in UTF-8:
//!
//! ```text
//! aether sweep sample v1␊<seed>␊<path>␊<j>␊<attempt>
//! ```
//!
//! `path` is the first path that the axis sets, so that two axes with one seed differ. The first 8
//! bytes of the hash, as a big-endian number x, give `from + x mod n`, n = to − from + 1. An x at or
//! beyond the largest multiple of n is not used, and `attempt`, which starts at 0, grows by 1.

use sha2::{Digest, Sha256};

/// A draw between `from` and `to`, each equally likely.
pub(crate) fn draw(seed: i64, path: &str, number: u64, (from, to): (i64, i64)) -> i64 {
    let span = u128::from(from.abs_diff(to)) + 1;
    let usable = (1_u128 << 64) / span * span;
    for attempt in 0_u64.. {
        let text = format!("aether sweep sample v1\n{seed}\n{path}\n{number}\n{attempt}");
        let hash = Sha256::digest(text.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hash[..8]);
        let drawn = u128::from(u64::from_be_bytes(first));
        if drawn < usable {
            let value = i128::from(from) + i128::try_from(drawn % span).expect("below 2^64");
            return i64::try_from(value).expect("at most `to`");
        }
    }
    unreachable!("each attempt succeeds with a chance of at least one half")
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn draws_are_those_of_every_version() {
        // Computed with Python's hashlib from the description above.
        let drawn: Vec<i64> = (0..6).map(|j| draw(7, "ticks", j, (1, 100))).collect();
        assert_eq!(drawn, EXPECTED);
        let wide: Vec<i64> = (0..3)
            .map(|j| draw(7, "ticks", j, (i64::MIN, i64::MAX)))
            .collect();
        assert_eq!(wide, WIDE);
    }

    const EXPECTED: [i64; 6] = [4, 94, 31, 9, 90, 5];
    const WIDE: [i64; 3] = [
        -5_317_513_220_087_690_305,
        -6_197_601_018_503_241_815,
        -3_937_977_752_498_023_678,
    ];

    #[test]
    fn draws_stay_inside_and_reach_both_ends() {
        let drawn: Vec<i64> = (0..400).map(|j| draw(1, "k", j, (-2, 2))).collect();
        for value in -2..=2 {
            assert!(drawn.contains(&value), "{value}");
        }
        assert!(drawn.iter().all(|value| (-2..=2).contains(value)));
        assert_eq!(draw(1, "k", 0, (5, 5)), 5);
    }
}
