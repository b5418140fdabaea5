//! How alike two elements are, wherever in them the equal parts are.
//!
//! ```text
//! ["r0",0,1]   ["r0",9,0,1]     3 of 4 parts are equal
//! ["r0",0,1]   ["r1",9,0,2]     1 of 4
//! ```

use std::collections::BTreeMap;

use aether_json::scan::{self, Kind, kind};

use super::order;

/// How many scalars of an element are looked at.
const LEAVES_MAX: usize = 256;

/// How deep the scalars of an element are looked for.
const DEPTH_MAX: usize = 32;

/// Elements that differ, opened to be compared with several others.
pub(super) enum Shape {
    Scalar,
    Object(Parts),
    Array(Parts),
}

/// The parts of an object or array as hashes, sorted: which they are matters, not where they are.
pub(super) struct Parts {
    /// Its members, each with its key, or its elements.
    children: Vec<u64>,
    /// The scalars in it at any depth, each with the key of the member that it is in.
    leaves: Vec<u64>,
}

impl Shape {
    pub(super) fn of(element: &str) -> Self {
        let mut parts = Parts {
            children: Vec::new(),
            leaves: Vec::new(),
        };
        let kind = kind(element);
        match kind {
            Kind::Object => {
                for (key, value) in scan::members(element).unwrap_or_default() {
                    parts.children.push(hash(key, value));
                }
            }
            Kind::Array => {
                for value in scan::elements(element).unwrap_or_default() {
                    parts.children.push(hash("", value));
                }
            }
            _ => return Self::Scalar,
        }
        leaves(element, "", 0, &mut parts.leaves);
        parts.children.sort_unstable();
        parts.leaves.sort_unstable();
        match kind {
            Kind::Object => Self::Object(parts),
            _ => Self::Array(parts),
        }
    }

    /// From 0, better reported as removed and added, to 2,000, almost the same.
    pub(super) fn likeness(&self, other: &Self) -> u64 {
        let ((Self::Object(a), Self::Object(b)) | (Self::Array(a), Self::Array(b))) = (self, other)
        else {
            // One value in place of another is one change, not two.
            return 1;
        };
        let children = Share::of(&a.children, &b.children);
        let leaves = Share::of(&a.leaves, &b.leaves);
        // A pair that differs in at most two places is never longer to report than what it
        // would be otherwise, one removed and one added.
        if children.all - children.equal <= 2 || children.is_quarter() || leaves.is_quarter() {
            (children.per_mille() + leaves.per_mille()).max(1)
        } else {
            0
        }
    }

    fn leaves(&self) -> &[u64] {
        match self {
            Self::Scalar => &[],
            Self::Object(parts) | Self::Array(parts) => &parts.leaves,
        }
    }
}

/// How many parts of two elements are equal, of how many.
struct Share {
    equal: u64,
    all: u64,
}

impl Share {
    fn of(a: &[u64], b: &[u64]) -> Self {
        let (mut x, mut y, mut equal) = (0, 0, 0);
        while x < a.len() && y < b.len() {
            equal += u64::from(a[x] == b[y]);
            let (skip_a, skip_b) = (a[x] <= b[y], b[y] <= a[x]);
            x += usize::from(skip_a);
            y += usize::from(skip_b);
        }
        Self {
            equal,
            all: a.len().max(b.len()) as u64,
        }
    }

    fn is_quarter(&self) -> bool {
        self.equal * 4 >= self.all
    }

    fn per_mille(&self) -> u64 {
        (self.equal * 1000).checked_div(self.all).unwrap_or(0)
    }
}

fn leaves(value: &str, key: &str, depth: usize, found: &mut Vec<u64>) {
    if found.len() >= LEAVES_MAX {
        return;
    }
    match kind(value) {
        Kind::Object if depth < DEPTH_MAX => {
            for (key, value) in scan::members(value).unwrap_or_default() {
                leaves(value, key, depth + 1, found);
            }
        }
        Kind::Array if depth < DEPTH_MAX => {
            for value in scan::elements(value).unwrap_or_default() {
                leaves(value, key, depth + 1, found);
            }
        }
        _ => found.push(hash(key, value)),
    }
}

/// FNV-1a: a collision makes two elements seem a little more alike than they are, nothing else.
fn hash(key: &str, value: &str) -> u64 {
    let bytes = key.bytes().chain([0]).chain(value.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Pairs of elements, ascending, that share the most scalars which no other element of either array has.
pub(super) fn anchors(a: &[Shape], b: &[Shape]) -> Vec<(usize, usize)> {
    /// Where a scalar occurs: in which element, if in one only.
    #[derive(Default)]
    struct Seen {
        a: Option<usize>,
        b: Option<usize>,
        is_common: bool,
    }
    let mut seen: BTreeMap<u64, Seen> = BTreeMap::new();
    for (shapes, is_before) in [(a, true), (b, false)] {
        for (at, shape) in shapes.iter().enumerate() {
            for &leaf in shape.leaves() {
                let seen = seen.entry(leaf).or_default();
                let side = if is_before { &mut seen.a } else { &mut seen.b };
                seen.is_common |= side.is_some_and(|other| other != at);
                *side = Some(at);
            }
        }
    }
    let mut votes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for seen in seen.into_values().filter(|seen| !seen.is_common) {
        if let (Some(x), Some(y)) = (seen.a, seen.b) {
            *votes.entry((x, y)).or_default() += 1;
        }
    }
    let mut by_votes: Vec<((usize, usize), usize)> = votes.into_iter().collect();
    by_votes.sort_by_key(|&(pair, votes)| (std::cmp::Reverse(votes), pair));
    let mut taken = (vec![false; a.len()], vec![false; b.len()]);
    let mut pairs: Vec<(usize, usize)> = by_votes
        .into_iter()
        .map(|(pair, _)| pair)
        .filter(|&(x, y)| {
            let is_free = !taken.0[x] && !taken.1[y];
            taken.0[x] = true;
            taken.1[y] = true;
            is_free && a[x].likeness(&b[y]) > 0
        })
        .collect();
    pairs.sort_unstable_by_key(|pair| pair.1);
    let kept = order::longest_ascending(pairs.iter().map(|pair| pair.0));
    let kept = pairs.into_iter().zip(kept);
    kept.filter_map(|(pair, kept)| kept.then_some(pair))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(a: &str, b: &str) -> u64 {
        let found = Shape::of(a).likeness(&Shape::of(b));
        assert_eq!(Shape::of(b).likeness(&Shape::of(a)), found, "{a} {b}");
        found
    }

    /// `[[…[value]…]]`
    fn nested(depth: usize, value: &str, [open, close]: [&str; 2]) -> String {
        format!("{}{value}{}", open.repeat(depth), close.repeat(depth))
    }

    #[test]
    fn what_has_more_in_common_is_more_alike() {
        for (a, b, expected) in [
            ("1", "[1]", 1),
            ("[1]", "{\"a\":1}", 1),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, 2_000),
            ("[1,2,3]", "[3,1,2]", 2_000),
            ("{}", "{}", 1),
            ("[1,2,3]", r#"{"a":4,"b":5,"c":6}"#, 1),
            // At most two parts differ.
            (r#"{"a":1,"b":2}"#, r#"{"a":3,"b":4}"#, 1),
            (r#"{"a":1,"b":2,"c":3}"#, r#"{"a":4,"b":5,"c":6}"#, 0),
            // A quarter is the same, or less.
            ("[1,2,3,4,5,6,7,8]", "[1,2,13,14,15,16,17,18]", 500),
            ("[1,2,3,4,5,6,7,8]", "[1,12,13,14,15,16,17,18]", 0),
            // Parts of parts count too.
            ("[[1,2],[3,4],[5,6]]", "[[1,12],[3,14],[5,16]]", 500),
            ("[[1,2],[3,4],[5,6]]", "[[1,12],[13,14],[15,16]]", 0),
            (
                "[[1,2,0,0],[3,4],[5,6]]",
                "[[1,12,10,10],[3,14],[15,16]]",
                250,
            ),
            // One part of four, with many others in it.
            (
                "[1,[2,2,2,2,2],[3,3,3,3,3],[4,4,4,4,4]]",
                "[1,[5,5,5,5,5],[6,6,6,6,6],[7,7,7,7,7]]",
                312,
            ),
        ] {
            assert_eq!(likeness(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn what_is_deep_inside_counts_as_one_part() {
        for (brackets, ends) in [
            (["[", "]"], ["[1,1,1,4]", "[1,1,1,5]"]),
            (
                ["{\"k\":", "}"],
                [
                    r#"{"p":1,"q":1,"r":1,"s":4}"#,
                    r#"{"p":1,"q":1,"r":1,"s":5}"#,
                ],
            ),
        ] {
            for (depth, expected) in [(DEPTH_MAX - 1, 750), (DEPTH_MAX, 0)] {
                let [a, b] = ends.map(|inner| {
                    let deep = nested(depth - 1, inner, brackets);
                    format!("[{deep},{deep},{deep}]")
                });
                assert_eq!(likeness(&a, &b), expected, "{depth}");
            }
        }
    }

    #[test]
    fn anchors_share_what_nothing_else_has() {
        let shapes = |texts: &[&str]| texts.iter().map(|text| Shape::of(text)).collect::<Vec<_>>();
        let check = |a: &[&str], b: &[&str], expected: &[(usize, usize)]| {
            assert_eq!(anchors(&shapes(a), &shapes(b)), expected, "{a:?} {b:?}");
        };
        check(
            &["[1,2]", "[3,4]"],
            &["[9,9]", "[1,5]", "[3,6]"],
            &[(0, 1), (1, 2)],
        );
        // A value of two elements of one side anchors neither, but it may be in one twice.
        check(&["[1]", "[1]"], &["[1]"], &[]);
        check(&["[1]"], &["[1]", "[1]"], &[]);
        check(&["[1,1]"], &["[1]"], &[(0, 0)]);
        // More in common counts more, and no element is in two pairs.
        check(&["[1,2,3]"], &["[1,8,8]", "[2,3,9]"], &[(0, 1)]);
        check(&["[1,2]", "[3,4,5]"], &["[1,3,4,5]"], &[(1, 0)]);
        check(&["[1,8,8]", "[2,3,9]"], &["[1,2,3]"], &[(1, 0)]);
        // Pairs keep their order, and are alike.
        check(&["[1,1]", "[2,2]"], &["[2,7]", "[1,7]"], &[(0, 1)]);
        check(&["[1,2,3,4,5,6,7,8]"], &["[1,12,13,14,15,16,17,18]"], &[]);
    }
}
