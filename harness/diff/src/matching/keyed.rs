//! Matches elements of arrays by identity.

use std::cmp::Ordering;

use super::identity::{Identity, sorted_positions};
use super::{Matching, Pair, aligned};

/// Matches elements with the same identity.
pub(super) fn keyed(
    before: &[&str],
    after: &[&str],
    before_ids: &[Identity<'_>],
    after_ids: &[Identity<'_>],
) -> Matching {
    let sorted_before = sorted_positions(before_ids);
    let sorted_after = sorted_positions(after_ids);
    let mut matching = Matching::default();
    let (mut left, mut right) = (&*sorted_before, &*sorted_after);
    loop {
        let order = match (left.first(), right.first()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(&a), Some(&b)) => before_ids[a].cmp(&after_ids[b]),
        };
        let group_before = group(&mut left, before_ids, order != Ordering::Greater);
        let group_after = group(&mut right, after_ids, order != Ordering::Less);
        match (group_before, group_after) {
            (&[a], &[b]) if before_ids[a] != Identity::Missing => {
                matching.pairs.push(Pair::new(a, b));
            }
            (_, []) => matching.removed.extend(group_before),
            ([], _) => matching.added.extend(group_after),
            _ => absorb_group(&mut matching, before, after, group_before, group_after),
        }
    }
    matching.sorted()
}

/// Elements that share an identity, or have none, are matched by value.
fn absorb_group(
    matching: &mut Matching,
    before: &[&str],
    after: &[&str],
    group_before: &[usize],
    group_after: &[usize],
) {
    let texts_before: Vec<&str> = group_before.iter().map(|&at| before[at]).collect();
    let texts_after: Vec<&str> = group_after.iter().map(|&at| after[at]).collect();
    let part = aligned::aligned(&texts_before, &texts_after);
    matching.absorb(&part, group_before, group_after);
}

/// Takes the positions with the first identity off a sorted list.
fn group<'p>(
    positions: &mut &'p [usize],
    identities: &[Identity<'_>],
    wanted: bool,
) -> &'p [usize] {
    let length = match positions.first() {
        Some(&first) if wanted => positions
            .iter()
            .take_while(|&&at| identities[at] == identities[first])
            .count(),
        _ => 0,
    };
    let (group, rest) = positions.split_at(length);
    *positions = rest;
    group
}

/// Matches elements with the same identity, if all are numbers that ascend: one pass, and nothing can have moved.
pub(super) fn merged(before: &[u64], after: &[u64]) -> Matching {
    let mut matching = Matching::default();
    let (mut a, mut b) = (0, 0);
    loop {
        let order = match (before.get(a), after.get(b)) {
            (None, None) => return matching,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(x), Some(y)) => x.cmp(y),
        };
        match order {
            Ordering::Equal => matching.pairs.push(Pair::new(a, b)),
            Ordering::Less => matching.removed.push(a),
            Ordering::Greater => matching.added.push(b),
        }
        a += usize::from(order != Ordering::Greater);
        b += usize::from(order != Ordering::Less);
    }
}
