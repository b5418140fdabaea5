//! Matches elements by value, for arrays whose elements have no identity.

use std::collections::BTreeMap;

use similar::{Algorithm, DiffOp};

use super::likeness::{self, Shape};
use super::{Matching, Pair, equal_ends, fewest, order};
use aether_json::scan::{Kind, kind};

/// Runs of removed and added elements whose numbers multiply to more than this are not compared each
/// with each.
const LIKENESS_PAIRS_MAX: usize = 400;

/// Matches elements by value: those that are unique on both sides wherever they are, then those
/// between them in order, then what is left, as changed, if it is similar enough.
pub(super) fn aligned(before: &[&str], after: &[&str]) -> Matching {
    let (prefix, suffix) = equal_ends(before, after);
    let a = &before[prefix..before.len() - suffix];
    let b = &after[prefix..after.len() - suffix];
    let mut matching = between(a, b);
    matching.shift(prefix);
    let ends = (0..prefix)
        .map(|at| (at, at))
        .chain((0..suffix).map(|back| (before.len() - 1 - back, after.len() - 1 - back)));
    matching
        .pairs
        .extend(ends.map(|(before, after)| Pair::new(before, after)));
    matching.sorted()
}

fn between(before: &[&str], after: &[&str]) -> Matching {
    let mut matching = Matching::default();
    if before.is_empty() || after.is_empty() {
        matching.removed.extend(0..before.len());
        matching.added.extend(0..after.len());
        return matching;
    }
    let (ids_before, ids_after, unique) = number_values(before, after);
    if fewest::is_short(before.len(), after.len()) && are_scalars(before) && are_scalars(after) {
        matching.pairs = fewest::pairs(&ids_before, &ids_after);
        matching.add_unpaired(before.len(), after.len());
        return matching;
    }
    // Unique values, in the order of the new array. Those that kept their order are anchors.
    let kept = order::longest_ascending(unique.iter().map(|pair| pair.before));
    let mut taken_before = vec![false; before.len()];
    let mut taken_after = vec![false; after.len()];
    for pair in &unique {
        taken_before[pair.before] = true;
        taken_after[pair.after] = true;
    }
    let anchors = unique
        .iter()
        .zip(kept)
        .filter_map(|(pair, kept)| kept.then_some(*pair));
    let end = Pair::new(before.len(), after.len());
    let mut from = (0, 0);
    for anchor in anchors.chain([end]) {
        let gap_before: Vec<usize> = (from.0..anchor.before)
            .filter(|&at| !taken_before[at])
            .collect();
        let gap_after: Vec<usize> = (from.1..anchor.after)
            .filter(|&at| !taken_after[at])
            .collect();
        let texts = Texts { before, after };
        gap(
            &mut matching,
            &texts,
            (&gap_before, &gap_after),
            (&ids_before, &ids_after),
        );
        from = (anchor.before + 1, anchor.after + 1);
    }
    matching.pairs.extend(unique);
    move_equal(&mut matching, &ids_before, &ids_after);
    matching
}

/// Matches equal elements wherever they are, then what is left, as changed, if it is alike.
pub(super) fn unordered(before: &[&str], after: &[&str]) -> Matching {
    let (ids_before, ids_after, _) = number_values(before, after);
    let mut matching = Matching {
        removed: (0..before.len()).collect(),
        added: (0..after.len()).collect(),
        ..Matching::default()
    };
    move_equal(&mut matching, &ids_before, &ids_after);
    let mut removed = std::mem::take(&mut matching.removed);
    removed.sort_unstable();
    let added = std::mem::take(&mut matching.added);
    replaced(&mut matching, &Texts { before, after }, &removed, &added);
    matching.sorted()
}

/// Pairs elements that were removed at one place and added at another.
fn move_equal(matching: &mut Matching, ids_before: &[u32], ids_after: &[u32]) {
    if matching.removed.is_empty() || matching.added.is_empty() {
        return;
    }
    matching.removed.sort_unstable();
    matching.added.sort_unstable();
    let mut removed: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for &at in matching.removed.iter().rev() {
        removed.entry(ids_before[at]).or_default().push(at);
    }
    let pairs = &mut matching.pairs;
    let known = pairs.len();
    matching.added.retain(|&new| {
        let old = removed.get_mut(&ids_after[new]).and_then(Vec::pop);
        pairs.extend(old.map(|old| Pair::new(old, new)));
        old.is_none()
    });
    if matching.pairs.len() > known {
        matching.removed = removed.into_values().flatten().collect();
    }
}

struct Texts<'a, 't> {
    before: &'a [&'t str],
    after: &'a [&'t str],
}

/// Numbers the distinct values of both arrays, and pairs those that occur once in each.
fn number_values(before: &[&str], after: &[&str]) -> (Vec<u32>, Vec<u32>, Vec<Pair>) {
    struct Seen {
        id: u32,
        before: (usize, usize),
        after: (usize, usize),
    }
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    let mut number = |text, at, is_before: bool| {
        // Distinct values are fewer than bytes of memory can hold, far below the limit.
        let next = u32::try_from(seen.len()).unwrap_or(u32::MAX);
        let value = seen.entry(text).or_insert(Seen {
            id: next,
            before: (0, 0),
            after: (0, 0),
        });
        let side = if is_before {
            &mut value.before
        } else {
            &mut value.after
        };
        *side = (side.0 + 1, at);
        value.id
    };
    let ids_before = before
        .iter()
        .enumerate()
        .map(|(at, text)| number(*text, at, true))
        .collect();
    let ids_after = after
        .iter()
        .enumerate()
        .map(|(at, text)| number(*text, at, false))
        .collect();
    let mut unique: Vec<Pair> = seen
        .values()
        .filter(|value| value.before.0 == 1 && value.after.0 == 1)
        .map(|value| Pair::new(value.before.1, value.after.1))
        .collect();
    unique.sort_unstable_by_key(|pair| pair.after);
    (ids_before, ids_after, unique)
}

/// Aligns the elements between two anchors.
fn gap(
    matching: &mut Matching,
    texts: &Texts<'_, '_>,
    (before, after): (&[usize], &[usize]),
    (ids_before, ids_after): (&[u32], &[u32]),
) {
    if before.is_empty() || after.is_empty() {
        matching.removed.extend(before);
        matching.added.extend(after);
        return;
    }
    let a: Vec<u32> = before.iter().map(|&at| ids_before[at]).collect();
    let b: Vec<u32> = after.iter().map(|&at| ids_after[at]).collect();
    // Without a deadline, how far this searches depends only on the sizes.
    for op in similar::capture_diff_slices(Algorithm::Myers, &a, &b) {
        match op {
            DiffOp::Equal {
                old_index,
                new_index,
                len,
            } => matching
                .pairs
                .extend((0..len).map(|n| Pair::new(before[old_index + n], after[new_index + n]))),
            DiffOp::Delete {
                old_index, old_len, ..
            } => {
                matching
                    .removed
                    .extend(&before[old_index..old_index + old_len]);
            }
            DiffOp::Insert {
                new_index, new_len, ..
            } => {
                matching
                    .added
                    .extend(&after[new_index..new_index + new_len]);
            }
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } => replaced(
                matching,
                texts,
                &before[old_index..old_index + old_len],
                &after[new_index..new_index + new_len],
            ),
        }
    }
}

/// Pairs elements that replaced others, in order, if they are alike.
fn replaced(matching: &mut Matching, texts: &Texts<'_, '_>, before: &[usize], after: &[usize]) {
    let a: Vec<Shape> = before
        .iter()
        .map(|&at| Shape::of(texts.before[at]))
        .collect();
    let b: Vec<Shape> = after.iter().map(|&at| Shape::of(texts.after[at])).collect();
    let mut next = (0, 0);
    for (x, y) in alike(&a, &b).into_iter().chain([(a.len(), b.len())]) {
        matching.removed.extend(&before[next.0..x]);
        matching.added.extend(&after[next.1..y]);
        if x < a.len() {
            matching.pairs.push(Pair::new(before[x], after[y]));
        }
        next = (x + 1, y + 1);
    }
}

/// The pairs of elements that are alike, in order. Of many elements, those that share what no other
/// has are paired first, and only what is between them is compared with each other.
fn alike(a: &[Shape], b: &[Shape]) -> Vec<(usize, usize)> {
    if a.len() * b.len() <= LIKENESS_PAIRS_MAX {
        return most_alike(a, b);
    }
    let mut pairs = Vec::new();
    let mut from = (0, 0);
    for anchor in likeness::anchors(a, b)
        .into_iter()
        .chain([(a.len(), b.len())])
    {
        let (x, y) = (&a[from.0..anchor.0], &b[from.1..anchor.1]);
        let between = if x.len() * y.len() <= LIKENESS_PAIRS_MAX {
            most_alike(x, y)
        } else {
            (0..x.len().min(y.len()))
                .filter(|&at| x[at].likeness(&y[at]) > 0)
                .map(|at| (at, at))
                .collect()
        };
        pairs.extend(between.into_iter().map(|(x, y)| (from.0 + x, from.1 + y)));
        if anchor.0 < a.len() {
            pairs.push(anchor);
        }
        from = (anchor.0 + 1, anchor.1 + 1);
    }
    pairs
}

/// The pairs, in order, whose likenesses add up to the most.
fn most_alike(a: &[Shape], b: &[Shape]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut best = vec![0_u64; (a.len() + 1) * width];
    let mut likeness = vec![0; a.len() * b.len()];
    for x in (0..a.len()).rev() {
        for y in (0..b.len()).rev() {
            let alike = a[x].likeness(&b[y]);
            likeness[x * b.len() + y] = alike;
            let paired = if alike > 0 {
                alike + best[(x + 1) * width + y + 1]
            } else {
                0
            };
            best[x * width + y] = paired
                .max(best[(x + 1) * width + y])
                .max(best[x * width + y + 1]);
        }
    }
    let mut pairs = Vec::new();
    let (mut x, mut y) = (0, 0);
    while x < a.len() && y < b.len() {
        let alike = likeness[x * b.len() + y];
        let here = best[x * width + y];
        if alike > 0 && here == alike + best[(x + 1) * width + y + 1] {
            pairs.push((x, y));
            x += 1;
            y += 1;
        } else if here == best[(x + 1) * width + y] {
            x += 1;
        } else {
            y += 1;
        }
    }
    pairs
}

fn are_scalars(elements: &[&str]) -> bool {
    let is_scalar = |element: &&str| !matches!(kind(element), Kind::Object | Kind::Array);
    elements.iter().all(is_scalar)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shapes(texts: &[String]) -> Vec<Shape> {
        texts.iter().map(|text| Shape::of(text)).collect()
    }

    /// The most that likenesses of pairs in order add up to, found by trying all.
    fn most(a: &[Shape], b: &[Shape]) -> u64 {
        let (Some((x, rest_a)), Some((y, rest_b))) = (a.split_first(), b.split_first()) else {
            return 0;
        };
        let left_out = most(rest_a, b).max(most(a, rest_b));
        match x.likeness(y) {
            0 => left_out,
            alike => left_out.max(alike + most(rest_a, rest_b)),
        }
    }

    proptest! {
        #[test]
        fn no_other_pairs_in_order_are_more_alike(
            a in prop::collection::vec("\\[[0-3],[0-3],[0-3],[0-3],[0-3]\\]", 0..6),
            b in prop::collection::vec("\\[[0-3],[0-3],[0-3],[0-3],[0-3]\\]", 0..6),
        ) {
            let (a, b) = (shapes(&a), shapes(&b));
            let pairs = most_alike(&a, &b);
            prop_assert!(pairs.is_sorted_by(|one, next| one.0 < next.0 && one.1 < next.1));
            let each = pairs.iter().map(|&(x, y)| a[x].likeness(&b[y]));
            prop_assert!(each.clone().all(|alike| alike > 0));
            prop_assert_eq!(each.sum::<u64>(), most(&a, &b));
        }
    }

    #[test]
    fn what_both_begin_and_end_with_is_paired() {
        let matching = aligned(&["1", "{}", "7", "8"], &["1", "[]", "[]", "7", "8"]);
        let pairs: Vec<(usize, usize)> = matching
            .pairs
            .iter()
            .map(|pair| (pair.before, pair.after))
            .collect();
        assert_eq!(pairs, [(0, 0), (1, 1), (2, 3), (3, 4)]);
        assert_eq!((&*matching.removed, &*matching.added), (&[][..], &[2][..]));
    }

    #[test]
    fn many_elements_are_paired_by_what_only_they_share_and_between_by_likeness() {
        // Elements that share a number of their own, at two places, and two that share less between them.
        let one = |n: usize| format!("[{n},0,0,0,0]");
        let other = |n: usize| format!("[{n},0,0,5,6]");
        let a: Vec<String> = (100..130).map(one).collect();
        let mut b: Vec<String> = (100..130).map(other).collect();
        b.insert(0, "[1,2,3,4,7,8,9]".to_owned());
        b[12] = "[0,0,0,6,5]".to_owned();
        let expected: Vec<(usize, usize)> = (0..30).map(|at| (at, at + 1)).collect();
        assert_eq!(alike(&shapes(&a), &shapes(&b)), expected);
        // Without one that both have, many are paired by position, where they are alike.
        let a = vec!["[0,0,0,1,1]".to_owned(); 25];
        let mut b = vec!["[0,0,0,2,2]".to_owned(); 20];
        b[3] = "[7,7,7,7,7]".to_owned();
        let expected: Vec<(usize, usize)> =
            (0..20).filter(|&at| at != 3).map(|at| (at, at)).collect();
        assert_eq!(alike(&shapes(&a), &shapes(&b)), expected);
        // Few are compared each with each.
        let mut a = a;
        a[0] = "[8,8,8,8,8]".to_owned();
        assert_eq!(alike(&shapes(&a), &shapes(&b)).len(), 18);
        assert_eq!(alike(&shapes(&a[..20]), &shapes(&b)).len(), 19);
        assert_eq!(alike(&shapes(&a[..21]), &shapes(&b)).len(), 18);
        // After an anchor, positions count from it.
        let mut a = vec!["[0,0,0,1,1]".to_owned(); 50];
        let mut b = vec!["[0,0,0,2,2]".to_owned(); 50];
        a[24] = "[9,0,0,0,0]".to_owned();
        b[25] = "[9,0,0,3,3]".to_owned();
        let mut expected: Vec<(usize, usize)> = (0..24).map(|at| (at, at)).collect();
        expected.push((24, 25));
        expected.extend((25..49).map(|at| (at, at + 1)));
        assert_eq!(alike(&shapes(&a), &shapes(&b)), expected);
    }
}
