//! The median of a long stream of integers, in bounded memory.

use std::collections::BTreeMap;

/// Most buckets that are kept; beyond them, buckets become twice as wide.
const BUCKETS_MAX: usize = 4_096;

/// Counts values in buckets of 2^shift. The median is exact as long as the buckets have a width of
/// one, that is up to 4,096 different values.
#[derive(Clone, Debug, Default)]
pub(super) struct Median {
    shift: u32,
    counts: BTreeMap<i64, u64>,
    total: u64,
}

impl Median {
    pub(super) fn add(&mut self, value: i64) {
        self.total += 1;
        *self.counts.entry(value >> self.shift).or_default() += 1;
        while self.counts.len() > BUCKETS_MAX {
            self.shift += 1;
            let mut wider: BTreeMap<i64, u64> = BTreeMap::new();
            for (bucket, count) in std::mem::take(&mut self.counts) {
                *wider.entry(bucket >> 1).or_default() += count;
            }
            self.counts = wider;
        }
    }

    /// The lower median, or the middle of its bucket; 0 if there are no values.
    pub(super) fn value(&self) -> i64 {
        let mut before = 0;
        for (bucket, count) in &self.counts {
            before += count;
            if 2 * before >= self.total {
                let half = if self.shift == 0 {
                    0
                } else {
                    1_i64 << (self.shift - 1)
                };
                return (bucket << self.shift) | half;
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(values: impl IntoIterator<Item = i64>) -> Median {
        let mut median = Median::default();
        for value in values {
            median.add(value);
        }
        median
    }

    #[test]
    fn few_different_values_have_an_exact_median() {
        for (values, expected) in [
            (vec![], 0),
            (vec![7], 7),
            (vec![3, -5, 100], 3),
            (vec![1, 2, 3, 4], 2),
            (vec![i64::MIN, i64::MAX, -1], -1),
        ] {
            assert_eq!(median(values.clone()).value(), expected, "{values:?}");
        }
    }

    #[test]
    fn many_different_values_have_a_median_within_a_bucket() {
        let median = median((-50_000..=50_000).map(|value| value * 1_000));
        assert!(median.counts.len() <= BUCKETS_MAX);
        assert!(
            median.value().abs() <= 1 << median.shift,
            "{}",
            median.value()
        );
        // The buckets are narrow next to the range.
        assert!(median.shift <= 16, "{}", median.shift);
    }
}
