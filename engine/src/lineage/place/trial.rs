//! A descriptor as the `at` of its places.

/// A descriptor: one of the RunConfig, or one that was tried on a stream of a window.
///
/// It is the `at` of its places, with a position in a pattern: a run has at most 10^4 descriptors,
/// and of 10^5 windows each has at most 64 streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trial {
    /// The number of window and stream in the vocabulary; 0 for a descriptor of the RunConfig.
    pub(crate) pair: u64,
    /// Among the descriptors of the stream or of the RunConfig, from 0.
    pub(crate) position: u64,
    /// In a pattern, from 0.
    pub(crate) pattern: u64,
}

impl Trial {
    const POSITION_BITS: u32 = 14;
    const PAIR_BITS: u32 = 24;
    const PATTERN_BITS: u32 = u64::BITS - Self::POSITION_BITS - Self::PAIR_BITS;

    pub(crate) const fn of(at: u64) -> Self {
        let position = at & ((1 << Self::POSITION_BITS) - 1);
        let rest = at >> Self::POSITION_BITS;
        Self {
            pair: rest & ((1 << Self::PAIR_BITS) - 1),
            position,
            pattern: rest >> Self::PAIR_BITS,
        }
    }

    /// `None` if a number is larger than any of a run's.
    pub(crate) const fn at(self) -> Option<u64> {
        let is_known = self.position >> Self::POSITION_BITS == 0
            && self.pair >> Self::PAIR_BITS == 0
            && self.pattern >> Self::PATTERN_BITS == 0;
        if !is_known {
            return None;
        }
        let pair = self.pair << Self::POSITION_BITS;
        Some(self.pattern << (Self::POSITION_BITS + Self::PAIR_BITS) | pair | self.position)
    }
}
