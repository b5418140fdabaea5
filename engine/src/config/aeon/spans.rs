//! [`Spans`]: ticks in an order, as maximal runs of consecutive ones.

use crate::canonical::{Canonical, Writer};

/// Ticks in an order, as maximal runs: `[[1, 3], [2, 2]]` has the ticks 1, 2, 3, 2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spans(Vec<[u64; 2]>);

impl Spans {
    /// The ticks from a first to a last.
    pub(crate) fn range(first: u64, last: u64) -> Self {
        Self(vec![[first, last]])
    }

    /// The set of the ticks of some sources, in ascending order.
    pub(crate) fn union<'s>(sources: impl Iterator<Item = &'s Self>) -> Self {
        let mut all: Vec<[u64; 2]> = sources.flat_map(|source| &source.0).copied().collect();
        all.sort_unstable();
        let mut union = Self::default();
        for [first, last] in all {
            match union.0.last_mut() {
                Some([_, end]) if first <= *end + 1 => *end = last.max(*end),
                _ => union.0.push([first, last]),
            }
        }
        union
    }

    /// The ticks of one source after the other, with repeats.
    pub(crate) fn concat<'s>(sources: impl Iterator<Item = &'s Self>) -> Self {
        let mut concat = Self::default();
        for &[first, last] in sources.flat_map(|source| &source.0) {
            match concat.0.last_mut() {
                Some([_, end]) if first == *end + 1 => *end = last,
                _ => concat.0.push([first, last]),
            }
        }
        concat
    }

    /// The runs, each with its first and its last tick.
    pub(crate) fn runs(&self) -> &[[u64; 2]] {
        &self.0
    }

    /// Number of ticks, repeats counted.
    pub(crate) fn tick_count(&self) -> u64 {
        self.0.iter().map(|[first, last]| last - first + 1).sum()
    }

    /// The ticks in their order.
    pub(crate) fn ticks(&self) -> impl Iterator<Item = u64> {
        self.0.iter().flat_map(|&[first, last]| first..=last)
    }

    /// The first tick in their order.
    pub(crate) fn first(&self) -> u64 {
        self.0.first().expect("no window is empty")[0]
    }

    /// A tick that is outside of a range: the least, or else the greatest.
    pub(crate) fn tick_outside(&self, range: &std::ops::RangeInclusive<u64>) -> Option<u64> {
        let least = self.0.iter().map(|run| run[0]).min();
        let greatest = self.0.iter().map(|run| run[1]).max();
        let mut ends = least.into_iter().chain(greatest);
        ends.find(|tick| !range.contains(tick))
    }
}

impl Canonical for Spans {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every list of up to three small spans.
    fn sources() -> Vec<Vec<Spans>> {
        let spans: Vec<Spans> = (1..=4)
            .flat_map(|first| (first..=4).map(move |last| Spans::range(first, last)))
            .collect();
        let mut lists = vec![vec![]];
        for _ in 0..3 {
            let longer = lists.iter().flat_map(|list: &Vec<Spans>| {
                spans
                    .iter()
                    .map(|span| [&list[..], std::slice::from_ref(span)].concat())
            });
            lists = longer.chain([vec![]]).collect();
        }
        lists
    }

    fn is_maximal(spans: &Spans) -> bool {
        spans.0.windows(2).all(|pair| pair[0][1] + 1 != pair[1][0])
    }

    #[test]
    fn a_union_is_the_set_of_ticks() {
        for list in sources() {
            let union = Spans::union(list.iter());
            let set: BTreeSet<u64> = list.iter().flat_map(Spans::ticks).collect();
            assert!(union.ticks().eq(set.iter().copied()), "{list:?}");
            assert!(is_maximal(&union), "{list:?}");
            assert_eq!(union.tick_count(), set.len() as u64);
            // A union of unions is a union of all.
            let nested = [
                Spans::union(list.iter()),
                Spans::union(list[..list.len() / 2].iter()),
            ];
            assert_eq!(Spans::union(nested.iter()), union);
        }
    }

    #[test]
    fn a_concatenation_keeps_order_and_repeats() {
        for list in sources() {
            let concat = Spans::concat(list.iter());
            let all: Vec<u64> = list.iter().flat_map(Spans::ticks).collect();
            assert!(concat.ticks().eq(all.iter().copied()), "{list:?}");
            assert!(is_maximal(&concat), "{list:?}");
            assert_eq!(concat.tick_count(), all.len() as u64);
        }
    }

    #[test]
    fn ticks_outside_of_a_range_are_found() {
        let spans = Spans::concat([Spans::range(5, 6), Spans::range(2, 3)].iter());
        assert_eq!(spans.first(), 5);
        assert_eq!(spans.tick_outside(&(2..=6)), None);
        assert_eq!(spans.tick_outside(&(3..=6)), Some(2));
        assert_eq!(spans.tick_outside(&(2..=5)), Some(6));
    }
}
