//! Matches the elements of two arrays: which element of the old array is which of the new one.

mod aligned;
mod fewest;
mod identity;
mod keyed;
mod likeness;
mod order;

pub(crate) use identity::{Identities, Identity, Side};

use crate::reading::Key;
use aether_json::scan::{Kind, kind};

/// Two arrays side by side. Every element of either is in it exactly once, except for equal
/// elements that both arrays begin or end with: they neither differ nor move, and are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matching {
    /// How many equal elements both arrays begin with.
    pub(crate) start: usize,
    /// Elements that are the same one, in the order of the new array.
    pub(crate) pairs: Vec<Pair>,
    /// Positions in the old array, ascending.
    pub(crate) removed: Vec<usize>,
    /// Positions in the new array, ascending.
    pub(crate) added: Vec<usize>,
}

/// An element of both arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) before: usize,
    pub(crate) after: usize,
    /// Whether it changed its place among the elements that kept theirs.
    pub(crate) moved: bool,
}

impl Pair {
    fn new(before: usize, after: usize) -> Self {
        Self {
            before,
            after,
            moved: false,
        }
    }
}

impl Matching {
    /// Elements matched by position, the rest removed or added.
    fn by_position(before: usize, after: usize) -> Self {
        let both = before.min(after);
        Self {
            pairs: (0..both).map(|at| Pair::new(at, at)).collect(),
            removed: (both..before).collect(),
            added: (both..after).collect(),
            ..Self::default()
        }
    }

    /// Puts everything in order and reports moves, the fewest that explain the new order.
    fn sorted(mut self) -> Self {
        self.pairs.sort_unstable_by_key(|pair| pair.after);
        self.removed.sort_unstable();
        self.added.sort_unstable();
        let kept = order::longest_ascending(self.pairs.iter().map(|pair| pair.before));
        for (pair, kept) in self.pairs.iter_mut().zip(kept) {
            pair.moved = !kept;
        }
        self
    }

    /// Every element that is in no pair was removed or added.
    fn add_unpaired(&mut self, before: usize, after: usize) {
        let mut paired = (vec![false; before], vec![false; after]);
        for pair in &self.pairs {
            paired.0[pair.before] = true;
            paired.1[pair.after] = true;
        }
        self.removed.extend((0..before).filter(|&at| !paired.0[at]));
        self.added.extend((0..after).filter(|&at| !paired.1[at]));
    }

    /// How many edits this explains the new array with.
    fn edits(&self, before: &[&str], after: &[&str]) -> usize {
        let pairs = self.pairs.iter();
        let of_pair = |pair: &Pair| {
            usize::from(pair.moved) + usize::from(before[pair.before] != after[pair.after])
        };
        self.removed.len() + self.added.len() + pairs.map(of_pair).sum::<usize>()
    }

    /// Takes in a matching of some elements, whose positions are given.
    fn absorb(&mut self, part: &Self, before: &[usize], after: &[usize]) {
        self.pairs.extend(
            part.pairs
                .iter()
                .map(|pair| Pair::new(before[pair.before], after[pair.after])),
        );
        self.removed
            .extend(part.removed.iter().map(|&at| before[at]));
        self.added.extend(part.added.iter().map(|&at| after[at]));
    }

    /// Moves every position on, for arrays whose first elements were left out.
    fn shift(&mut self, by: usize) {
        for pair in &mut self.pairs {
            pair.before += by;
            pair.after += by;
        }
        for at in self.removed.iter_mut().chain(&mut self.added) {
            *at += by;
        }
    }

    /// The positions of all elements in the order in which a report goes through them: that of the
    /// new array, with what was removed where it was.
    pub(crate) fn walk(&self) -> impl Iterator<Item = Met> {
        let mut removed = self.removed.iter().copied().peekable();
        let mut added = self.added.iter().copied().peekable();
        let mut pairs = self.pairs.iter().copied().peekable();
        std::iter::from_fn(move || {
            let pair = pairs.peek().copied();
            // A moved element says nothing about its neighbours.
            let before_pair =
                |gone: &usize| pair.is_none_or(|pair| !pair.moved && *gone < pair.before);
            if let Some(gone) = removed.next_if(before_pair) {
                return Some(Met::Removed(gone));
            }
            match added.next_if(|&new| pair.is_none_or(|pair| new < pair.after)) {
                Some(new) => Some(Met::Added(new)),
                None => pairs.next().map(Met::Pair),
            }
        })
    }
}

/// What a walk through a [`Matching`] meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    Pair(Pair),
    Removed(usize),
    Added(usize),
}

/// Matches the elements of two arrays, given as their texts: by identity if a key is declared,
/// otherwise by value.
///
/// ```text
/// key id     old  id=1  id=2  id=3
///            new  id=2  id=4  id=3
/// matching   1 removed, 2 pairs with 2, 4 added, 3 pairs with 3
/// ```
///
/// With a key, elements with the same identity are the same; if several share one, equal ones
/// are matched first and the rest in order, and those that lack a field of the key are matched
/// like elements without a key. Without one, short arrays of scalars are matched with the fewest
/// edits. Of others, elements that are unique on both sides match, what is between them is aligned
/// within fixed bounds, equal elements that are left have moved, and the rest is removed or added.
/// Nothing here depends on time or on the budget.
pub(crate) fn match_elements(
    before: &[&str],
    after: &[&str],
    key: Option<&Key>,
    identities: &Identities<'_>,
) -> Matching {
    let (prefix, suffix) = equal_ends(before, after);
    let middle_before = &before[prefix..before.len() - suffix];
    let middle_after = &after[prefix..after.len() - suffix];
    let mut matching = match key {
        Some(key) if key.fields.is_empty() => {
            Matching::by_position(middle_before.len(), middle_after.len())
        }
        Some(_) => match &identities.ascending {
            Some([before_ids, after_ids]) => keyed::merged(
                &before_ids[prefix..before.len() - suffix],
                &after_ids[prefix..after.len() - suffix],
            ),
            None => keyed::keyed(
                middle_before,
                middle_after,
                &identities.before[prefix..before.len() - suffix],
                &identities.after[prefix..after.len() - suffix],
            ),
        },
        None => vector(middle_before, middle_after)
            .unwrap_or_else(|| aligned::aligned(middle_before, middle_after)),
    };
    matching.shift(prefix);
    matching.start = prefix;
    matching
}

/// Matches the elements of two arrays whose order does not matter: with a key as [`match_elements`] does,
/// without one equal elements wherever they are, then those that are alike. Nothing has moved.
pub(crate) fn match_unordered(
    before: &[&str],
    after: &[&str],
    key: Option<&Key>,
    identities: &Identities<'_>,
) -> Matching {
    let mut matching = match key {
        None => aligned::unordered(before, after),
        Some(_) => match_elements(before, after, key, identities),
    };
    for pair in &mut matching.pairs {
        pair.moved = false;
    }
    matching
}

/// How many elements both arrays begin and, beyond these, end with.
fn equal_ends(before: &[&str], after: &[&str]) -> (usize, usize) {
    let prefix = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let suffix = before[prefix..]
        .iter()
        .rev()
        .zip(after[prefix..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    (prefix, suffix)
}

/// This many differences between two long vectors are reported by position in any case.
const VECTOR_CHANGES: usize = 16;

/// How many differences by position are easier to read than one of an alignment of long vectors.
const VECTOR_FACTOR: usize = 8;

/// Arrays of as many numbers are vectors, whose positions mean something, unless an alignment explains
/// them with fewer differences. Long vectors are aligned only if there are far fewer.
fn vector(before: &[&str], after: &[&str]) -> Option<Matching> {
    let numbers = |elements: &[&str]| elements.iter().all(|e| kind(e) == Kind::Number);
    if before.len() != after.len() || !numbers(before) || !numbers(after) {
        return None;
    }
    let differing = before.iter().zip(after).filter(|(a, b)| a != b).count();
    let by_position = || Matching::by_position(before.len(), after.len());
    let is_short = fewest::is_short(before.len(), after.len());
    if differing <= 1 || (!is_short && differing <= VECTOR_CHANGES) {
        return Some(by_position());
    }
    let aligned = aligned::aligned(before, after);
    let factor = if is_short { 1 } else { VECTOR_FACTOR };
    let is_vector = differing <= factor * aligned.edits(before, after);
    Some(if is_vector { by_position() } else { aligned })
}

#[cfg(test)]
mod tests;
