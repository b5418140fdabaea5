//! Matches the elements of two short arrays of scalars so that the fewest edits explain the change.
//!
//! An edit removes, inserts, changes or moves one element. Some pairs keep their order; of the other
//! elements, equal ones are moves, and the rest are removed or inserted:
//!
//! ```text
//! before   1 2 3 1 4          kept     2, 3 and 4 → 5
//! after    2 3 5 1            moved    1          removed  1          3 edits
//! ```
//!
//! With `e` kept pairs that are equal and `s` that changed, arrays of `n` and `m` elements need
//! `n + m - e - s - Σ min(a_v - sa_v, b_v - sb_v)` edits, where `a_v` and `b_v` count the value `v` in
//! each array, and `sa_v` and `sb_v` those of them that changed. The minimum is replaced by a share
//! `λ_v` of one count and the rest of the other. For any shares, the best alignment is then found by
//! dynamic programming, and what it needs is a lower bound. Shares are adjusted a few times. If bound
//! and alignment still differ, a best-first search within fixed bounds closes the gap.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::Pair;

/// Arrays whose lengths multiply to more than this are not matched here.
const CELLS_MAX: usize = 1_000_000;

/// A weight of one edit; shares are whole parts of it.
const ONE: i32 = 16;

/// How many cells all tables of one matching have together, unless the first has more.
const CELLS_OF_ALL: usize = 4_000_000;

/// How many tables are made at most.
const TABLES_MAX: usize = 24;

/// How many states the search looks at.
const STATES_MAX: usize = 5_000;

/// Whether arrays of these lengths are short enough.
pub(super) fn is_short(before: usize, after: usize) -> bool {
    before
        .checked_mul(after)
        .is_some_and(|cells| cells <= CELLS_MAX)
}

/// The pairs of elements, given as numbers of their values: those that keep their order, then those
/// that move.
pub(super) fn pairs(before: &[u32], after: &[u32]) -> Vec<Pair> {
    let counts = Counts::of(before, after);
    let bound = counts.bound();
    let mut best = Found::nothing_kept(&counts);
    if before.len() == after.len() {
        best.improve(&counts, (0..before.len()).map(|at| (at, at)).collect());
    }
    let cells = ((before.len() + 1) * (after.len() + 1)).max(1);
    let mut shares = counts.first_shares();
    let mut tightest: Option<(usize, Table)> = None;
    for turn in 0..(CELLS_OF_ALL / cells).clamp(1, TABLES_MAX) {
        if best.edits <= bound.max(tightest.as_ref().map_or(0, |(bound, _)| *bound)) {
            break;
        }
        let table = Table::of(&counts, shares.clone());
        let kept = table.kept(&counts);
        counts.adjust(&mut shares, &kept, turn);
        best.improve(&counts, kept);
        let bound = table.bound(&counts);
        if tightest.as_ref().is_none_or(|(known, _)| bound > *known) {
            tightest = Some((bound, table));
        }
    }
    if let Some((tight, table)) = &tightest
        && best.edits > bound.max(*tight)
        && let Some(kept) = search(&counts, table, best.edits)
    {
        best.improve(&counts, kept);
    }
    best.pairs(&counts)
}

/// Two arrays of numbered values, and how often each value is in them.
struct Counts<'a> {
    a: &'a [u32],
    b: &'a [u32],
    in_a: Vec<i32>,
    in_b: Vec<i32>,
}

impl<'a> Counts<'a> {
    fn of(a: &'a [u32], b: &'a [u32]) -> Self {
        let values = a.iter().chain(b).max().map_or(0, |&most| most as usize + 1);
        let count = |of: &[u32]| {
            let mut counts = vec![0; values];
            for &value in of {
                counts[value as usize] += 1;
            }
            counts
        };
        Self {
            a,
            b,
            in_a: count(a),
            in_b: count(b),
        }
    }

    fn values(&self) -> impl Iterator<Item = (usize, i32, i32)> {
        let both = self.in_a.iter().zip(&self.in_b);
        both.enumerate().map(|(value, (&a, &b))| (value, a, b))
    }

    /// Each edit takes away at most one value that is too often in the one array, and one in the other.
    fn bound(&self) -> usize {
        let surplus = |more: &[i32], fewer: &[i32]| -> i32 {
            let both = more.iter().zip(fewer);
            both.map(|(more, fewer)| (more - fewer).max(0)).sum()
        };
        let most = surplus(&self.in_a, &self.in_b).max(surplus(&self.in_b, &self.in_a));
        most.unsigned_abs() as usize
    }

    fn first_shares(&self) -> Vec<i32> {
        let share = |(_, a, b): (usize, i32, i32)| match a.cmp(&b) {
            std::cmp::Ordering::Less => ONE,
            std::cmp::Ordering::Equal => ONE / 2,
            std::cmp::Ordering::Greater => 0,
        };
        self.values().map(share).collect()
    }

    /// The elements of each value that are left if kept pairs that changed are taken out.
    fn unchanged(&self, kept: &[(usize, usize)]) -> (Vec<i32>, Vec<i32>) {
        let (mut in_a, mut in_b) = (self.in_a.clone(), self.in_b.clone());
        for (x, y) in self.changed(kept) {
            in_a[x] -= 1;
            in_b[y] -= 1;
        }
        (in_a, in_b)
    }

    /// The old and new values of kept pairs that changed.
    fn changed(&self, kept: &[(usize, usize)]) -> impl Iterator<Item = (usize, usize)> {
        let values = kept.iter().map(|&(i, j)| (self.a[i], self.b[j]));
        values
            .filter(|(x, y)| x != y)
            .map(|(x, y)| (x as usize, y as usize))
    }

    /// How many edits there are if these pairs are kept in order.
    fn edits(&self, kept: &[(usize, usize)]) -> usize {
        let (in_a, in_b) = self.unchanged(kept);
        let same: i32 = in_a.iter().zip(&in_b).map(|(a, b)| a.min(b)).sum();
        self.a.len() + self.b.len() - kept.len() - same.unsigned_abs() as usize
    }

    /// Gives each value a larger share of the count that is smaller than it seemed.
    fn adjust(&self, shares: &mut [i32], kept: &[(usize, usize)], turn: usize) {
        let step = ((ONE / 2) >> (turn / 4)).max(1);
        let (in_a, in_b) = self.unchanged(kept);
        for (value, share) in shares.iter_mut().enumerate() {
            let direction = (in_b[value] - in_a[value]).signum();
            *share = (*share + direction * step).clamp(0, ONE);
        }
    }
}

/// The best matching so far, by the pairs that keep their order.
struct Found {
    kept: Vec<(usize, usize)>,
    edits: usize,
}

impl Found {
    fn nothing_kept(counts: &Counts<'_>) -> Self {
        Self {
            kept: Vec::new(),
            edits: counts.edits(&[]),
        }
    }

    fn improve(&mut self, counts: &Counts<'_>, mut kept: Vec<(usize, usize)>) {
        // A changed pair both of whose elements would be moves costs more than it saves.
        let (mut in_a, mut in_b) = counts.unchanged(&kept);
        kept.retain(|&(i, j)| {
            let (x, y) = (counts.a[i] as usize, counts.b[j] as usize);
            let is_dear = x != y && in_a[x] < in_b[x] && in_b[y] < in_a[y];
            if is_dear {
                in_a[x] += 1;
                in_b[y] += 1;
            }
            !is_dear
        });
        let edits = counts.edits(&kept);
        if edits < self.edits {
            *self = Self { kept, edits };
        }
    }

    fn pairs(self, counts: &Counts<'_>) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = Vec::with_capacity(self.kept.len());
        let mut is_free_a = vec![true; counts.a.len()];
        let mut is_free_b = vec![true; counts.b.len()];
        for (i, j) in self.kept {
            pairs.push(Pair::new(i, j));
            is_free_a[i] = false;
            is_free_b[j] = false;
        }
        let mut free: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for i in (0..counts.a.len()).rev().filter(|&i| is_free_a[i]) {
            free.entry(counts.a[i]).or_default().push(i);
        }
        for j in (0..counts.b.len()).filter(|&j| is_free_b[j]) {
            if let Some(i) = free.get_mut(&counts.b[j]).and_then(Vec::pop) {
                pairs.push(Pair::new(i, j));
            }
        }
        pairs
    }
}

/// For given shares, how much the rest of both arrays is worth from each place on.
struct Table {
    shares: Vec<i32>,
    worth: Vec<i32>,
    width: usize,
}

impl Table {
    fn of(counts: &Counts<'_>, shares: Vec<i32>) -> Self {
        let (a, b) = (counts.a, counts.b);
        let width = b.len() + 1;
        let mut worth = vec![0; (a.len() + 1) * width];
        for i in (0..a.len()).rev() {
            let (rows, below) = worth.split_at_mut((i + 1) * width);
            let row = &mut rows[i * width..];
            let x = a[i];
            let share = shares[x as usize];
            for j in (0..b.len()).rev() {
                let y = b[j];
                // Equal elements in front are kept in one of the best alignments.
                row[j] = if x == y {
                    ONE + below[j + 1]
                } else {
                    let paired = shares[y as usize] - share + below[j + 1];
                    paired.max(below[j]).max(row[j + 1])
                };
            }
        }
        Self {
            shares,
            worth,
            width,
        }
    }

    fn at(&self, i: usize, j: usize) -> i32 {
        self.worth[i * self.width + j]
    }

    /// What all values are worth, whichever pairs are kept.
    fn base(&self, counts: &Counts<'_>) -> i32 {
        counts
            .values()
            .map(|(value, a, b)| self.shares[value] * a + (ONE - self.shares[value]) * b)
            .sum()
    }

    /// The fewest edits that there can be.
    fn bound(&self, counts: &Counts<'_>) -> usize {
        edits_at_least(counts, self.base(counts) + self.at(0, 0))
    }

    /// The pairs that one of the best alignments keeps.
    fn kept(&self, counts: &Counts<'_>) -> Vec<(usize, usize)> {
        let (a, b) = (counts.a, counts.b);
        let mut kept = Vec::new();
        let (mut i, mut j) = (0, 0);
        while i < a.len() && j < b.len() {
            let paired = self.shares[b[j] as usize] - self.shares[a[i] as usize];
            let is_pair = paired > 0 && self.at(i, j) == paired + self.at(i + 1, j + 1);
            if a[i] == b[j] || is_pair {
                kept.push((i, j));
                i += 1;
                j += 1;
            } else if self.at(i, j) == self.at(i + 1, j) {
                i += 1;
            } else {
                j += 1;
            }
        }
        kept
    }
}

/// The fewest edits of a matching that is worth at most this.
fn edits_at_least(counts: &Counts<'_>, worth: i32) -> usize {
    let all = counts.a.len() + counts.b.len();
    all.saturating_sub(worth.div_euclid(ONE).unsigned_abs() as usize)
}

/// Where a search is: positions in both arrays, and by value how many more elements were removed than
/// inserted, without zeros.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    i: usize,
    j: usize,
    pending: Vec<(u32, i32)>,
}

impl State {
    fn add(&mut self, value: u32, by: i32) {
        match self.pending.binary_search_by_key(&value, |entry| entry.0) {
            Ok(at) if self.pending[at].1 + by == 0 => drop(self.pending.remove(at)),
            Ok(at) => self.pending[at].1 += by,
            Err(at) => self.pending.insert(at, (value, by)),
        }
    }

    fn of(&self, value: u32) -> i32 {
        let found = self.pending.binary_search_by_key(&value, |entry| entry.0);
        found.map_or(0, |at| self.pending[at].1)
    }
}

/// A state that was reached: with how many edits, how much is kept and changed so far, and from where.
struct Reached {
    edits: usize,
    worth: i32,
    from: Option<usize>,
}

/// Looks for a matching of fewer than `edits_max` edits; `None` if there is none or the bounds end the
/// search.
fn search(counts: &Counts<'_>, table: &Table, edits_max: usize) -> Option<Vec<(usize, usize)>> {
    let (a, b) = (counts.a, counts.b);
    let base = table.base(counts);
    let mut states: Vec<(State, Reached)> = Vec::new();
    let mut known: BTreeMap<State, usize> = BTreeMap::new();
    let mut open = BinaryHeap::new();
    let start = State {
        i: 0,
        j: 0,
        pending: Vec::new(),
    };
    let reached = Reached {
        edits: 0,
        worth: 0,
        from: None,
    };
    known.insert(start.clone(), 0);
    states.push((start, reached));
    open.push((Reverse(0), 0_usize, Reverse(0)));
    while let Some((_, _, Reverse(at))) = open.pop() {
        let (state, reached) = &states[at];
        let (i, j) = (state.i, state.j);
        if known.get(state).is_some_and(|&least| least < reached.edits) {
            continue;
        }
        if i == a.len() && j == b.len() {
            return Some(way(&states, at));
        }
        if states.len() > STATES_MAX {
            return None;
        }
        let mut nexts: Vec<(State, usize, i32)> = Vec::with_capacity(3);
        let step = |i: usize, j: usize| State {
            i,
            j,
            pending: state.pending.clone(),
        };
        let (edits, worth) = (reached.edits, reached.worth);
        let (x, y) = (a.get(i), b.get(j));
        if let (Some(&x), Some(&y)) = (x, y) {
            let is_same = x == y;
            let paired = if is_same {
                ONE
            } else {
                table.shares[y as usize] - table.shares[x as usize]
            };
            let edits = edits + usize::from(!is_same);
            nexts.push((step(i + 1, j + 1), edits, worth + paired));
        }
        if x.is_none() || x != y {
            if let Some(&x) = x {
                let edits = edits + usize::from(state.of(x) >= 0);
                let mut next = step(i + 1, j);
                next.add(x, 1);
                nexts.push((next, edits, worth));
            }
            if let Some(&y) = y {
                let edits = edits + usize::from(state.of(y) <= 0);
                let mut next = step(i, j + 1);
                next.add(y, -1);
                nexts.push((next, edits, worth));
            }
        }
        for (next, edits, worth) in nexts {
            let rest = table.at(next.i, next.j);
            let least = edits_at_least(counts, base + worth + rest).max(edits);
            let is_known = known.get(&next).is_some_and(|&known| known <= edits);
            if least >= edits_max || is_known {
                continue;
            }
            known.insert(next.clone(), edits);
            // Of states that promise the same, the one that is further on comes first.
            open.push((Reverse(least), next.i + next.j, Reverse(states.len())));
            let reached = Reached {
                edits,
                worth,
                from: Some(at),
            };
            states.push((next, reached));
        }
    }
    None
}

/// The pairs that were kept on the way to a state.
fn way(states: &[(State, Reached)], mut at: usize) -> Vec<(usize, usize)> {
    let mut kept = Vec::new();
    while let Some(from) = states[at].1.from {
        let (old, new) = (&states[from].0, &states[at].0);
        if new.i > old.i && new.j > old.j {
            kept.push((old.i, old.j));
        }
        at = from;
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matching::tests::fewest_edits;

    /// Two arrays of few values, and a share of each value.
    fn two_arrays() -> impl Strategy<Value = (Vec<u32>, Vec<u32>, Vec<i32>)> {
        let values = || prop::collection::vec(0..4_u32, 0..7);
        (values(), values(), prop::collection::vec(0..=ONE, 4))
    }

    /// All lists of pairs that keep their order.
    fn all_kept(a: usize, b: usize) -> Vec<Vec<(usize, usize)>> {
        let mut all = vec![Vec::new()];
        let mut at = 0;
        while at < all.len() {
            let kept: Vec<(usize, usize)> = all[at].clone();
            let (i, j) = kept.last().map_or((0, 0), |&(i, j)| (i + 1, j + 1));
            for i in i..a {
                for j in j..b {
                    let mut longer = kept.clone();
                    longer.push((i, j));
                    all.push(longer);
                }
            }
            at += 1;
        }
        all
    }

    /// What pairs are worth: a whole one if they are equal, else what their shares say.
    fn worth(counts: &Counts<'_>, shares: &[i32], kept: &[(usize, usize)]) -> i32 {
        let of = |&(i, j): &(usize, usize)| match (counts.a[i], counts.b[j]) {
            (x, y) if x == y => ONE,
            (x, y) => shares[y as usize] - shares[x as usize],
        };
        kept.iter().map(of).sum()
    }

    fn bytes(values: &[u32]) -> Vec<u8> {
        values.iter().map(|&value| value as u8).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn the_best_alignment_is_kept((a, b, shares) in two_arrays()) {
            let counts = Counts::of(&a, &b);
            let table = Table::of(&counts, shares.clone());
            let all = all_kept(a.len(), b.len());
            let best = all.iter().map(|kept| worth(&counts, &shares, kept)).max();
            prop_assert_eq!(Some(table.at(0, 0)), best);
            let kept = table.kept(&counts);
            prop_assert_eq!(Some(worth(&counts, &shares, &kept)), best);
            prop_assert!(all.contains(&kept));
        }

        /// Whatever the shares are, which only say how soon.
        #[test]
        fn the_search_finds_the_fewest_edits_or_that_there_are_no_fewer((a, b, shares) in two_arrays()) {
            let counts = Counts::of(&a, &b);
            let table = Table::of(&counts, shares);
            let fewest = fewest_edits(&bytes(&a), &bytes(&b));
            prop_assert!(table.bound(&counts) <= fewest);
            if fewest > 0 {
                prop_assert_eq!(search(&counts, &table, fewest), None);
            }
            for more in 1..4 {
                let found = search(&counts, &table, fewest + more);
                prop_assert_eq!(found.map(|kept| counts.edits(&kept)), Some(fewest));
            }
        }

        #[test]
        fn pairs_that_cost_more_than_they_save_are_not_kept(
            (a, b, _) in two_arrays(),
            which in any::<prop::sample::Index>(),
        ) {
            let counts = Counts::of(&a, &b);
            let all = all_kept(a.len(), b.len());
            let mut expected = all[which.index(all.len())].clone();
            let mut found = Found { kept: Vec::new(), edits: usize::MAX };
            found.improve(&counts, expected.clone());
            let mut at = 0;
            while at < expected.len() {
                let mut fewer = expected.clone();
                fewer.remove(at);
                if counts.edits(&fewer) < counts.edits(&expected) {
                    expected = fewer;
                } else {
                    at += 1;
                }
            }
            prop_assert_eq!(found.edits, counts.edits(&expected));
            prop_assert_eq!(found.kept, expected);
        }

        #[test]
        fn a_state_counts_what_is_pending_without_zeros(
            steps in prop::collection::vec((0..4_u32, prop::sample::select(vec![-1, 1])), 0..20),
        ) {
            let mut state = State { i: 0, j: 0, pending: Vec::new() };
            let mut expected: BTreeMap<u32, i32> = BTreeMap::new();
            for (value, by) in steps {
                state.add(value, by);
                *expected.entry(value).or_default() += by;
                expected.retain(|_, sum| *sum != 0);
                prop_assert_eq!(&state.pending, &expected.clone().into_iter().collect::<Vec<_>>());
                prop_assert_eq!(state.of(value), expected.get(&value).copied().unwrap_or_default());
            }
        }
    }

    #[test]
    fn of_two_matchings_with_as_many_edits_the_first_is_kept() {
        let counts = Counts::of(&[0, 0], &[0]);
        let mut found = Found::nothing_kept(&counts);
        assert_eq!((found.kept.len(), found.edits), (0, 2));
        let mut found_later = Found {
            kept: vec![(0, 0)],
            edits: counts.edits(&[(0, 0)]),
        };
        found_later.improve(&counts, vec![(1, 0)]);
        assert_eq!(found_later.kept, [(0, 0)]);
        found.improve(&counts, vec![(1, 0)]);
        assert_eq!((found.kept, found.edits), (vec![(1, 0)], 1));
    }

    #[test]
    fn only_as_many_pairs_are_given_up_as_leave_two_moves() {
        for (a, b) in [
            (&[0, 0, 1][..], &[1, 1, 0][..]),
            (&[0, 0, 1, 1], &[1, 1, 0]),
            (&[0, 0, 1], &[1, 1, 0, 0]),
        ] {
            let counts = Counts::of(a, b);
            let mut found = Found {
                kept: Vec::new(),
                edits: usize::MAX,
            };
            found.improve(&counts, vec![(0, 0), (1, 1)]);
            assert_eq!(found.kept, [(1, 1)], "{a:?} {b:?}");
        }
    }

    #[test]
    fn all_values_are_worth_their_shares() {
        let counts = Counts::of(&[0, 0], &[1]);
        let table = Table::of(&counts, vec![5, 7]);
        assert_eq!(table.base(&counts), 5 * 2 + (ONE - 7));
    }
}
