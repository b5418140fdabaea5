//! Rows and columns.
//!
//! ```text
//! asked for
//!    │   ╲
//! step    other
//!    │   ╱     ╲
//! step    other  other
//!    │
//! cause   cause
//! ```
//!
//! A value is below all that were computed from it. A row with more values than fit takes several lines.

use std::collections::{BTreeMap, BTreeSet};

use super::chosen::Chosen;
use crate::found::Why;

/// Values beside the shortest path that fit on a line.
const COLUMNS: usize = 4;

/// Where each value is drawn.
pub(crate) struct Layout {
    /// By id, its line and column.
    pub(crate) cells: BTreeMap<usize, (usize, usize)>,
    pub(crate) lines: usize,
    pub(crate) columns: usize,
    /// The steps between drawn values.
    pub(crate) edges: Vec<[usize; 2]>,
}

impl Layout {
    pub(crate) fn of(why: &Why, chosen: &Chosen) -> Self {
        let is_drawn = |edge: &&[usize; 2]| edge.iter().all(|id| chosen.nodes.contains(id));
        let edges: Vec<[usize; 2]> = why.edges.iter().filter(is_drawn).copied().collect();
        let mut below: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for [upper, lower] in &edges {
            below.entry(*upper).or_default().push(*lower);
        }
        if let Some((last, _)) = chosen.gap {
            // The steps that are left out hold the two ends of the path together.
            let next = chosen.path.iter().skip_while(|id| **id != last).nth(1);
            below.entry(last).or_default().extend(next);
        }
        let rows = rows(chosen, &below);
        let spine: BTreeSet<usize> = chosen.path.iter().copied().collect();
        let mut cells = BTreeMap::new();
        let (mut lines, mut columns) = (0, 1);
        for row in &rows {
            let on_path = row.iter().find(|id| spine.contains(id));
            let mut others: Vec<usize> = row
                .iter()
                .copied()
                .filter(|id| Some(id) != on_path)
                .collect();
            others.sort_by_cached_key(|id| (place_above(*id, &edges, &cells), *id));
            if let Some(&id) = on_path {
                cells.insert(id, (lines, 0));
            }
            for (at, &id) in others.iter().enumerate() {
                let column = 1 + at % COLUMNS;
                columns = columns.max(column + 1);
                cells.insert(id, (lines + at / COLUMNS, column));
            }
            lines += others.len().div_ceil(COLUMNS).max(1);
            if on_path.is_some_and(|id| chosen.gap.is_some_and(|(last, _)| last == *id)) {
                lines += 1;
            }
        }
        Self {
            cells,
            lines,
            columns,
            edges,
        }
    }
}

/// The values of each row, from the top.
fn rows(chosen: &Chosen, below: &BTreeMap<usize, Vec<usize>>) -> Vec<Vec<usize>> {
    let lower = |id: usize| below.get(&id).map(Vec::as_slice).unwrap_or_default();
    let order = upper_first(&chosen.nodes, lower);
    let turns: BTreeMap<usize, usize> = order.iter().copied().zip(0..).collect();
    let mut row: BTreeMap<usize, usize> = BTreeMap::new();
    for &id in &order {
        let own = *row.entry(id).or_default();
        for &lower in lower(id) {
            // Only values in a circle are before those that were computed from them.
            if turns[&lower] > turns[&id] {
                let row = row.entry(lower).or_default();
                *row = (*row).max(own + 1);
            }
        }
    }
    let last = row.values().copied().max().unwrap_or_default();
    let mut rows = vec![Vec::new(); last + 1];
    for &id in &chosen.nodes {
        let is_end = lower(id).is_empty() && row[&id] > 0;
        // What was computed from nothing that differs is where the difference came in.
        rows[if is_end { last } else { row[&id] }].push(id);
    }
    rows
}

/// The values in an order in which each is before those that it was computed from, but for circles.
fn upper_first<'b>(nodes: &BTreeSet<usize>, lower: impl Fn(usize) -> &'b [usize]) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for &root in nodes {
        if !seen.insert(root) {
            continue;
        }
        let mut stack = vec![(root, lower(root).iter())];
        while let Some((id, rest)) = stack.last_mut() {
            match rest.find(|id| !seen.contains(id)) {
                Some(&next) => {
                    seen.insert(next);
                    stack.push((next, lower(next).iter()));
                }
                None => {
                    order.push(*id);
                    stack.pop();
                }
            }
        }
    }
    order.reverse();
    order
}

/// Where the values above one are, in the middle, in thousandths of a column.
fn place_above(id: usize, edges: &[[usize; 2]], cells: &BTreeMap<usize, (usize, usize)>) -> usize {
    let above = edges.iter().filter(|[_, lower]| *lower == id);
    let columns = above.filter_map(|[upper, _]| Some(cells.get(upper)?.1));
    let columns: Vec<usize> = columns.collect();
    columns.iter().sum::<usize>() * 1000 / columns.len().max(1)
}
