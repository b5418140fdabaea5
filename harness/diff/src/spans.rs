//! The spans of ticks at whose ends late values are known.

use std::ops::RangeInclusive;

/// The spans of a schema, sorted.
#[derive(Clone, Debug)]
pub(super) struct Spans(Vec<(u64, u64)>);

impl Spans {
    pub(super) fn of(spans: &[RangeInclusive<u64>]) -> Self {
        let mut sorted: Vec<_> = spans.iter().map(|s| (*s.start(), *s.end())).collect();
        sorted.sort_unstable();
        Self(sorted)
    }

    /// The end of the span that holds a tick, of several the one that starts last; the tick itself
    /// if none does.
    pub(super) fn end_of(&self, tick: u64) -> u64 {
        let started = self.0.partition_point(|(start, _)| *start <= tick);
        self.0[..started]
            .iter()
            .rev()
            .find(|(_, end)| *end >= tick)
            .map_or(tick, |(_, end)| *end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_known_late_at_the_end_of_its_span() {
        let spans = Spans::of(&[9..=16, 1..=8, 20..=30, 22..=24]);
        for (tick, end) in [
            (0, 0),
            (1, 8),
            (8, 8),
            (9, 16),
            (18, 18),
            (21, 30),
            (23, 24),
            (25, 30),
            (31, 31),
        ] {
            assert_eq!(spans.end_of(tick), end, "{tick}");
        }
    }
}
