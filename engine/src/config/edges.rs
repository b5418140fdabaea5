//! [`Edges`]: the edges of a graph in 16 bytes each, laid out for the kernel.
//!
//! Sixteen edges make a group, which holds each of their numbers side by side, so that a processor
//! takes them several at a time:
//!
//! ```text
//! group 0 (edges 1 to 16)                                  group 1 (edges 17 to 32)
//! from from … from │ to to … to │ k k … k │ cap cap … cap  from from …
//! ```
//!
//! Nearly every k fits 32 bits, and nearly every cap 31. Those of one graph that does not fit are
//! kept in a column for all its edges, and the groups have the greatest number that fits in place
//! of each greater one. The kernel needs no more: an edge with a greater k never passes its test
//! unless du is 0, and no flux that passes it reaches a greater cap.

use super::plan::Edge;

/// Edges of a group.
pub(crate) const LANES: usize = 16;

/// The greatest cap in a group.
const CAP_MAX: i64 = i32::MAX as i64;

/// Some edges, in id order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edges {
    groups: Vec<EdgeGroup>,
    len: usize,
    /// k of every edge; empty if all fit 32 bits.
    conductances: Vec<i64>,
    /// cap of every edge; empty if all fit 31 bits.
    caps: Vec<i64>,
    /// c of every edge; empty if all are 0.
    cs: Vec<i64>,
}

/// Sixteen edges. What is left over in the last group joins node 0 to itself with k = 0, and moves
/// nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EdgeGroup {
    pub(crate) from: [u32; LANES],
    pub(crate) to: [u32; LANES],
    /// The least of k and the greatest `u32`.
    pub(crate) conductance: [u32; LANES],
    /// The least of cap and the greatest `i32`.
    pub(crate) cap: [i32; LANES],
}

impl Edges {
    pub(crate) fn with_capacity(edge_count: usize) -> Self {
        Self {
            groups: Vec::with_capacity(edge_count.div_ceil(LANES)),
            ..Self::default()
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The groups; the last may have fewer edges than lanes.
    pub(crate) fn groups(&self) -> &[EdgeGroup] {
        &self.groups
    }

    /// Adds the next edge.
    pub(crate) fn push(&mut self, edge: Edge) {
        let lane = self.len % LANES;
        if lane == 0 {
            self.groups.push(EdgeGroup::default());
        }
        let group = self.groups.last_mut().expect("there is one for this edge");
        group.from[lane] = edge.from;
        group.to[lane] = edge.to;
        group.conductance[lane] = u32::try_from(edge.conductance).unwrap_or(u32::MAX);
        group.cap[lane] = i32::try_from(edge.cap).unwrap_or(i32::MAX);
        self.len += 1;
        let before = self.len - 1;
        let (groups, narrow) = (&self.groups, |index: usize| (index / LANES, index % LANES));
        add(&mut self.conductances, before, edge.conductance, |index| {
            let (group, lane) = narrow(index);
            (groups[group].conductance[lane].into(), u32::MAX.into())
        });
        add(&mut self.caps, before, edge.cap, |index| {
            let (group, lane) = narrow(index);
            (groups[group].cap[lane].into(), CAP_MAX)
        });
        add(&mut self.cs, before, edge.c, |_| (0, 0));
    }

    /// An edge by its index; `None` if there are fewer.
    pub(crate) fn get(&self, index: usize) -> Option<Edge> {
        (index < self.len).then(|| {
            let (group, lane) = (&self.groups[index / LANES], index % LANES);
            let exact = |column: &[i64], narrow| column.get(index).copied().unwrap_or(narrow);
            Edge {
                from: group.from[lane],
                to: group.to[lane],
                conductance: exact(&self.conductances, group.conductance[lane].into()),
                cap: exact(&self.caps, group.cap[lane].into()),
                c: exact(&self.cs, 0),
            }
        })
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = Edge> {
        (0..self.len).map(|index| self.get(index).expect("the index is below the length"))
    }
}

/// Adds a number to a column that is empty as long as no number exceeds the greatest that `narrow`
/// has. `narrow` gives the number of an edge in the groups, and the greatest that may be there.
fn add(column: &mut Vec<i64>, before: usize, number: i64, narrow: impl Fn(usize) -> (i64, i64)) {
    let (kept, greatest) = narrow(before);
    if column.is_empty() {
        if kept == number && number <= greatest {
            return;
        }
        column.extend((0..before).map(|index| narrow(index).0));
    }
    column.push(number);
}

impl Extend<Edge> for Edges {
    fn extend<I: IntoIterator<Item = Edge>>(&mut self, edges: I) {
        edges.into_iter().for_each(|edge| self.push(edge));
    }
}

impl FromIterator<Edge> for Edges {
    fn from_iter<I: IntoIterator<Item = Edge>>(edges: I) -> Self {
        let edges = edges.into_iter();
        let mut all = Self::with_capacity(edges.size_hint().0);
        all.extend(edges);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_come_back_whatever_their_size() {
        let least_wide = i64::from(u32::MAX) + 1;
        for (conductances, caps, cs) in [
            (vec![0, 1, 7], vec![0, 5], vec![0]),
            (vec![3, i64::from(u32::MAX)], vec![CAP_MAX], vec![0]),
            (
                vec![3, least_wide, 9],
                vec![4, CAP_MAX + 1, 2],
                vec![0, 0, -1],
            ),
            (vec![i64::MAX], vec![i64::MAX], vec![i64::MIN, 0, i64::MAX]),
        ] {
            for count in [0, 1, 2, LANES, LANES + 1, 5 * LANES - 1] {
                let edge = |index: usize| Edge {
                    from: u32::try_from(index).unwrap(),
                    to: u32::MAX,
                    conductance: conductances[index % conductances.len()],
                    cap: caps[index % caps.len()],
                    c: cs[index % cs.len()],
                };
                let given: Vec<Edge> = (0..count).map(edge).collect();
                let edges: Edges = given.iter().copied().collect();
                assert_eq!(edges.len(), count);
                assert_eq!(edges.iter().collect::<Vec<_>>(), given);
                assert_eq!(edges.get(count), None);
                assert_eq!(edges.groups().len(), count.div_ceil(LANES));
            }
        }
    }
}
