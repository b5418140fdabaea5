//! Chooses random pairs of nodes from a seed; the choice for a seed never changes.
//!
//! The generator is implemented here rather than in a dependency, because a seed must give the same
//! topology in every later version too.

/// The name of this method, as `meta` records it.
pub(super) const METHOD: &str = "splitmix64-pairs-1";

/// SplitMix64: a counter whose values are scrambled.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A random number below `bound`; all are equally likely.
    fn below(&mut self, bound: u64) -> u64 {
        let fair = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.next();
            if drawn < fair {
                return drawn % bound;
            }
        }
    }
}

/// Number of pairs of different nodes. It stops at the greatest `u64`; a graph of that size is over
/// the limits.
pub(super) fn pair_count(nodes: u64) -> u64 {
    let pairs = u128::from(nodes) * u128::from(nodes.saturating_sub(1)) / 2;
    pairs.min(u128::from(u64::MAX)) as u64
}

/// Calls a function with `count` different pairs of nodes, numbered from 0, in ascending order.
pub(super) fn pairs(nodes: u64, count: u64, seed: u64, mut join: impl FnMut(u64, u64)) {
    let all = pair_count(nodes);
    let is_dense = count > all / 2;
    let drawn = choose(all, if is_dense { all - count } else { count }, seed);
    let mut walk = Walk {
        nodes,
        row: 0,
        first: 0,
    };
    if is_dense {
        let mut left_out = drawn.into_iter().peekable();
        for pair in 0..all {
            if left_out.next_if_eq(&pair).is_none() {
                let (from, to) = walk.ends(pair);
                join(from, to);
            }
        }
    } else {
        for pair in drawn {
            let (from, to) = walk.ends(pair);
            join(from, to);
        }
    }
}

/// `count` different random numbers below `bound`, in ascending order.
fn choose(bound: u64, count: u64, seed: u64) -> Vec<u64> {
    let mut generator = SplitMix64(seed);
    let mut chosen: Vec<u64> = Vec::new();
    // Each round draws as many numbers as are missing, so the result is the same as if each number
    // were drawn and looked up by itself.
    while (chosen.len() as u64) < count {
        let missing = count - chosen.len() as u64;
        chosen.extend((0..missing).map(|_| generator.below(bound)));
        chosen.sort_unstable();
        chosen.dedup();
    }
    chosen
}

/// Converts ascending pair numbers to pairs: for 4 nodes, 0 is (0, 1), 2 is (0, 3), 3 is (1, 2).
struct Walk {
    nodes: u64,
    row: u64,
    /// The number of the row's first pair.
    first: u64,
}

impl Walk {
    fn ends(&mut self, pair: u64) -> (u64, u64) {
        while pair - self.first >= self.nodes - 1 - self.row {
            self.first += self.nodes - 1 - self.row;
            self.row += 1;
        }
        (self.row, self.row + 1 + pair - self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_the_published_numbers() {
        let mut generator = SplitMix64(1_234_567);
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(published.map(|_| generator.next()), published);
    }

    #[test]
    fn pairs_are_different_in_order_and_as_many_as_asked() {
        for (nodes, count) in [(2, 1), (5, 3), (5, 5), (5, 6), (5, 10), (300, 40_000)] {
            for seed in 0..5 {
                let mut found = Vec::new();
                pairs(nodes, count, seed, |from, to| found.push((from, to)));
                assert_eq!(found.len() as u64, count);
                assert!(found.is_sorted_by(|a, b| a < b), "{found:?}");
                assert!(found.iter().all(|(from, to)| from < to && *to < nodes));
            }
        }
    }

    /// Over many seeds, every pair is chosen about equally often.
    #[test]
    fn no_pair_is_preferred() {
        let mut counts = [0_u32; 10];
        for seed in 0..4_000 {
            for pair in choose(10, 3, seed) {
                counts[usize::try_from(pair).expect("small")] += 1;
            }
        }
        // 1200 each is expected; 6 standard deviations are 174.
        assert!(
            counts.iter().all(|count| count.abs_diff(1200) < 174),
            "{counts:?}"
        );
    }
}
