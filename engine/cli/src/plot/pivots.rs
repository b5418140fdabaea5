//! A first layout of a large graph, from distances to a few pivots ("PivotMDS": Brandes and Pich,
//! *Eigensolver methods for progressive multidimensional scaling of large data*, 2006).
//!
//! Nodes that are many edges apart lie far apart, so that forces only have to even out what is
//! near. Like the layout that it begins, it uses only basic arithmetic and square roots.

use std::collections::{BTreeSet, VecDeque};

use super::layout::Place;

/// Number of pivots.
const PIVOTS: usize = 32;
/// Rounds of the power iteration.
const ROUNDS: usize = 60;

/// Positions of the nodes 0..n, in which a typical edge has the given length.
pub(super) fn places(
    node_count: usize,
    pairs: &BTreeSet<(usize, usize)>,
    length: f64,
) -> Vec<Place> {
    let neighbours = neighbours(node_count, pairs);
    let rows = centred(&distances(node_count, &neighbours));
    let first = axis(&rows, None);
    let second = axis(&rows, Some(&first));
    let along = |row: &[f64], axis: &[f64]| row.iter().zip(axis).map(|(a, b)| a * b).sum::<f64>();
    let places: Vec<Place> = rows
        .iter()
        .map(|row| (along(row, &first), along(row, &second)))
        .collect();
    scaled(places, pairs, length)
}

fn neighbours(node_count: usize, pairs: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let mut neighbours = vec![Vec::new(); node_count];
    for &(from, to) in pairs {
        neighbours[from].push(to);
        neighbours[to].push(from);
    }
    neighbours
}

/// The distance of each node to each pivot, in edges. Each pivot is as far as possible from the
/// pivots before it.
fn distances(node_count: usize, neighbours: &[Vec<usize>]) -> Vec<Vec<f64>> {
    let mut rows = vec![Vec::with_capacity(PIVOTS); node_count];
    let mut nearest = vec![usize::MAX; node_count];
    let mut pivot = 0;
    for _ in 0..PIVOTS.min(node_count) {
        let reached = breadth_first(pivot, neighbours);
        let farthest = reached.iter().copied().flatten().max().unwrap_or(0);
        for (node, row) in rows.iter_mut().enumerate() {
            // Parts that are not joined are a little farther away than all that is.
            let distance = reached[node].unwrap_or(farthest + 2);
            row.push(distance as f64);
            nearest[node] = nearest[node].min(distance);
        }
        let next = (0..node_count).max_by_key(|node| (nearest[*node], std::cmp::Reverse(*node)));
        pivot = next.expect("a graph with pivots has nodes");
    }
    rows
}

fn breadth_first(from: usize, neighbours: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut reached = vec![None; neighbours.len()];
    reached[from] = Some(0);
    let mut waiting = VecDeque::from([(from, 0)]);
    while let Some((node, distance)) = waiting.pop_front() {
        for &next in &neighbours[node] {
            if reached[next].is_none() {
                reached[next] = Some(distance + 1);
                waiting.push_back((next, distance + 1));
            }
        }
    }
    reached
}

/// The squared distances with the means of rows and columns taken away.
fn centred(distances: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = distances
        .iter()
        .map(|row| row.iter().map(|distance| distance * distance).collect())
        .collect();
    let (count, pivots) = (rows.len() as f64, rows.first().map_or(0, Vec::len));
    let mut columns = vec![0.0; pivots];
    for row in &rows {
        for (sum, value) in columns.iter_mut().zip(row) {
            *sum += value / count;
        }
    }
    let all = columns.iter().sum::<f64>() / pivots.max(1) as f64;
    for row in &mut rows {
        let mean = row.iter().sum::<f64>() / pivots.max(1) as f64;
        for (value, column) in row.iter_mut().zip(&columns) {
            *value = -0.5 * (*value - mean - column + all);
        }
    }
    rows
}

/// The direction in which the rows vary most, at right angles to another.
fn axis(rows: &[Vec<f64>], other: Option<&[f64]>) -> Vec<f64> {
    let pivots = rows.first().map_or(0, Vec::len);
    // Any start that is not at right angles to the result.
    let mut axis: Vec<f64> = (0..pivots)
        .map(|place| 1.0 + (place * 7 % 5) as f64)
        .collect();
    for _ in 0..ROUNDS {
        if let Some(other) = other {
            let shared: f64 = axis.iter().zip(other).map(|(a, b)| a * b).sum();
            for (value, other) in axis.iter_mut().zip(other) {
                *value -= shared * other;
            }
        }
        let mut next = vec![0.0; pivots];
        for row in rows {
            let along: f64 = row.iter().zip(&axis).map(|(a, b)| a * b).sum();
            for (sum, value) in next.iter_mut().zip(row) {
                *sum += along * value;
            }
        }
        let norm = next.iter().map(|value| value * value).sum::<f64>().sqrt();
        if norm == 0.0 {
            break;
        }
        axis = next.into_iter().map(|value| value / norm).collect();
    }
    if let Some(other) = other {
        let shared: f64 = axis.iter().zip(other).map(|(a, b)| a * b).sum();
        for (value, other) in axis.iter_mut().zip(other) {
            *value -= shared * other;
        }
    }
    axis
}

/// The same positions, larger or smaller, so that the mean edge has a length.
fn scaled(places: Vec<Place>, pairs: &BTreeSet<(usize, usize)>, length: f64) -> Vec<Place> {
    let of = |&(from, to): &(usize, usize)| {
        let (dx, dy) = (places[to].0 - places[from].0, places[to].1 - places[from].1);
        (dx * dx + dy * dy).sqrt()
    };
    let mean = pairs.iter().map(of).sum::<f64>() / pairs.len().max(1) as f64;
    let times = if mean > 0.0 { length / mean } else { 1.0 };
    places
        .into_iter()
        .map(|(x, y)| (x * times, y * times))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_far_apart_in_the_graph_lie_far_apart() {
        // A band of 3 × 60 nodes, numbered in an order that no other layout knows.
        let node = |row: usize, column: usize| (column * 3 + row) * 77 % 180;
        let mut pairs = BTreeSet::new();
        for column in 0..60 {
            for row in 0..3 {
                let mut join = |a: usize, b: usize| pairs.insert((a.min(b), a.max(b)));
                if column < 59 {
                    join(node(row, column), node(row, column + 1));
                }
                if row < 2 {
                    join(node(row, column), node(row + 1, column));
                }
            }
        }
        let places = places(180, &pairs, 2.0);
        let apart = |a: usize, b: usize| {
            ((places[a].0 - places[b].0).powi(2) + (places[a].1 - places[b].1).powi(2)).sqrt()
        };
        let ends = apart(node(0, 0), node(0, 59));
        for column in (0..60).step_by(10) {
            let near = apart(node(0, column), node(2, column));
            assert!(near * 10.0 < ends, "column {column}: {near} and {ends}");
        }
        let half = apart(node(1, 0), node(1, 30));
        assert!((0.3..0.7).contains(&(half / ends)), "{half} of {ends}");
    }
}
