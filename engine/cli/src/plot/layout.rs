//! Chooses the positions of the nodes of a graph.
//!
//! It uses only basic arithmetic, square roots and `libm`, so that every machine gives the same
//! positions.

use std::collections::BTreeSet;

use super::pivots;

/// Least number of nodes whose positions start from pivots; from there on, forces alone would need
/// more rounds than there is time for.
const PIVOTS_FROM: usize = 60;
/// Least number of nodes of a star, in which one node has an edge to every other.
const STAR_FROM: usize = 4;
/// The time limit of the force layout: pairs of nodes times rounds.
const WORK: usize = 60_000_000;

/// A position, y downward.
pub(super) type Place = (f64, f64);

/// The positions of the nodes 0..n that `edges` join; both coordinates start at 0.
///
/// A grid that is numbered row by row is drawn as a grid, a ring as a ring, a line as a line, and
/// a star around its hub. For any other graph, edges pull like springs and all nodes repel each
/// other, until they come to rest.
pub(super) fn places(node_count: usize, edges: &[(usize, usize)]) -> Vec<Place> {
    let pairs: BTreeSet<(usize, usize)> = edges
        .iter()
        .map(|&(from, to)| (from.min(to), from.max(to)))
        .collect();
    let found = small(node_count)
        .or_else(|| line(node_count, &pairs))
        .or_else(|| grid(node_count, &pairs))
        .or_else(|| ring(node_count, &pairs))
        .or_else(|| star(node_count, &pairs));
    let places = found.unwrap_or_else(|| forces(node_count, &pairs));
    from_zero(&places)
}

fn small(node_count: usize) -> Option<Vec<Place>> {
    match node_count {
        0 => Some(Vec::new()),
        1 => Some(vec![(0.0, 0.0)]),
        _ => None,
    }
}

/// The line 1 – 2 – 3 – …; a long one winds through several rows.
fn line(node_count: usize, pairs: &BTreeSet<(usize, usize)>) -> Option<Vec<Place>> {
    const ROW: usize = 12;
    let joined = pairs.len() == node_count - 1 && pairs.iter().all(|(from, to)| to - from == 1);
    joined.then(|| {
        let place = |node: usize| {
            let (row, column) = (node / ROW, node % ROW);
            let column = if row % 2 == 0 {
                column
            } else {
                ROW - 1 - column
            };
            (column as f64, row as f64)
        };
        (0..node_count).map(place).collect()
    })
}

/// Rows of equal length, numbered row by row, each node joined to its neighbours; the ends of rows
/// and columns may be joined too (a torus).
fn grid(node_count: usize, pairs: &BTreeSet<(usize, usize)>) -> Option<Vec<Place>> {
    let columns = pairs
        .iter()
        .map(|(from, to)| to - from)
        .filter(|apart| *apart > 1)
        .min()?;
    // A torus of rows of `columns` also joins nodes that are one less apart.
    [columns, columns + 1].into_iter().find_map(|columns| {
        let rows = node_count / columns;
        let whole = columns >= 2 && rows >= 2 && rows * columns == node_count;
        let in_grid = |&(from, to): &(usize, usize)| {
            let ((from_row, from_column), (to_row, to_column)) = (
                (from / columns, from % columns),
                (to / columns, to % columns),
            );
            let (down, across) = (to_row - from_row, to_column.abs_diff(from_column));
            (down == 0 && (across == 1 || across == columns - 1))
                || (across == 0 && (down == 1 || down == rows - 1))
        };
        let dense = pairs.len() >= node_count;
        (whole && dense && pairs.iter().all(in_grid)).then(|| {
            let place = |node: usize| ((node % columns) as f64, (node / columns) as f64);
            (0..node_count).map(place).collect()
        })
    })
}

/// A ring: consecutive nodes are joined, and the last to the first. Further edges may cross it.
fn ring(node_count: usize, pairs: &BTreeSet<(usize, usize)>) -> Option<Vec<Place>> {
    const CHORDS_A_NODE: usize = 64;
    let around = (0..node_count).all(|node| {
        let next = (node + 1) % node_count;
        pairs.contains(&(node.min(next), node.max(next)))
    });
    (around && pairs.len() <= CHORDS_A_NODE * node_count).then(|| circle(0..node_count, node_count))
}

/// A star: one node is joined to all others, which have no other edges.
fn star(node_count: usize, pairs: &BTreeSet<(usize, usize)>) -> Option<Vec<Place>> {
    if node_count < STAR_FROM || pairs.len() != node_count - 1 {
        return None;
    }
    let hub = [0, node_count - 1]
        .into_iter()
        .chain(1..node_count)
        .find(|hub| pairs.iter().all(|(from, to)| from == hub || to == hub))?;
    let others = (0..node_count).filter(|node| *node != hub);
    let mut places = vec![(0.0, 0.0); node_count];
    for (node, place) in others.zip(circle(0..node_count - 1, node_count - 1)) {
        places[node] = place;
    }
    Some(places)
}

/// Positions evenly spaced on a circle around 0, clockwise from the top.
fn circle(places: impl Iterator<Item = usize>, count: usize) -> Vec<Place> {
    let angle = |place: usize| std::f64::consts::TAU * place as f64 / count.max(1) as f64;
    places
        .map(|place| (libm::sin(angle(place)), -libm::cos(angle(place))))
        .collect()
}

/// The layout of Fruchterman and Reingold: edges attract, all nodes repel each other, and the
/// largest step shrinks from round to round.
fn forces(node_count: usize, pairs: &BTreeSet<(usize, usize)>) -> Vec<Place> {
    let length = 2.0;
    // On a spiral, no two nodes have the same position.
    let spiral = (0..node_count).map(|node| {
        let (radius, angle) = ((node as f64 + 0.5).sqrt(), 2.399_963 * node as f64);
        (radius * libm::cos(angle), radius * libm::sin(angle))
    });
    let mut places: Vec<Place> = if node_count < PIVOTS_FROM {
        spiral.collect()
    } else {
        // Close to the spiral's shape within groups of nodes that the pivots cannot tell apart.
        let near = pivots::places(node_count, pairs, length);
        let moved = |((x, y), (dx, dy)): (Place, Place)| (x + dx * 0.02, y + dy * 0.02);
        near.into_iter().zip(spiral).map(moved).collect()
    };
    let rounds = (WORK / (node_count * node_count).max(1)).clamp(30, 300);
    for round in 0..rounds {
        let mut moves = vec![(0.0, 0.0); node_count];
        for (node, place) in places.iter().enumerate() {
            let (mut x, mut y) = (0.0, 0.0);
            for (other, from) in places.iter().enumerate() {
                let (dx, dy) = (place.0 - from.0, place.1 - from.1);
                let square = dx * dx + dy * dy;
                if other != node && square > 0.0 {
                    let push = length * length / square;
                    x += dx * push;
                    y += dy * push;
                }
            }
            // Pull towards the middle, so that unconnected parts stay in view. With this strength,
            // nodes without edges are less than two lengths apart.
            moves[node] = (x - place.0, y - place.1);
        }
        for &(from, to) in pairs {
            let (dx, dy) = (places[to].0 - places[from].0, places[to].1 - places[from].1);
            let pull = (dx * dx + dy * dy).sqrt() / length;
            for (node, sign) in [(from, 1.0), (to, -1.0)] {
                moves[node].0 += sign * dx * pull;
                moves[node].1 += sign * dy * pull;
            }
        }
        let heat = length * (rounds - round) as f64 / rounds as f64;
        for (place, (x, y)) in places.iter_mut().zip(moves) {
            let far = (x * x + y * y).sqrt();
            if far > 0.0 {
                let step = far.min(heat) / far;
                *place = (place.0 + x * step, place.1 + y * step);
            }
        }
    }
    places
}

/// The same positions, moved so that the smallest coordinates are 0.
fn from_zero(places: &[Place]) -> Vec<Place> {
    let least = |along: fn(&Place) -> f64| places.iter().map(along).fold(f64::INFINITY, f64::min);
    let (left, top) = (least(|place| place.0), least(|place| place.1));
    places.iter().map(|(x, y)| (x - left, y - top)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid_edges(columns: usize, rows: usize) -> Vec<(usize, usize)> {
        let mut edges = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                let node = row * columns + column;
                if column + 1 < columns {
                    edges.push((node, node + 1));
                }
                if row + 1 < rows {
                    edges.push((node, node + columns));
                }
            }
        }
        edges
    }

    #[test]
    fn grids_lie_as_grids() {
        for (columns, rows) in [(2, 2), (4, 3), (3, 4), (32, 32), (2, 5)] {
            let places = places(columns * rows, &grid_edges(columns, rows));
            for (node, (x, y)) in places.iter().enumerate() {
                let expected = ((node % columns) as f64, (node / columns) as f64);
                assert!((x - expected.0).abs() < 1e-9 && (y - expected.1).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn nodes_without_edges_stay_near_the_rest() {
        // A tree of 60 nodes and two nodes without edges.
        let edges: Vec<_> = (1..60).map(|node| (node / 2, node)).collect();
        let places = places(62, &edges);
        let wide = |places: &[Place]| {
            let along = |of: fn(&Place) -> f64| places.iter().map(of);
            let extent = |values: &mut dyn Iterator<Item = f64>| {
                values.fold((f64::INFINITY, 0.0_f64), |(least, most), at| {
                    (least.min(at), most.max(at))
                })
            };
            let (left, right) = extent(&mut along(|place| place.0));
            let (top, bottom) = extent(&mut along(|place| place.1));
            (right - left).max(bottom - top)
        };
        assert!(wide(&places) < 1.5 * wide(&places[..60]), "{places:?}");
    }

    #[test]
    fn no_two_nodes_share_a_place() {
        let complete = |count: usize| {
            let pairs = (0..count).flat_map(|from| (0..from).map(move |to| (to, from)));
            pairs.collect::<Vec<_>>()
        };
        let star: Vec<_> = (1..9).map(|node| (0, node)).collect();
        let graphs = [
            (1, vec![]),
            (2, vec![(0, 1)]),
            (2, vec![]),
            (7, vec![]),
            (5, vec![(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]),
            (9, star),
            (6, complete(6)),
            (30, (1..30).map(|node| (node / 2, node)).collect()),
            (40, (1..40).map(|node| (node - 1, node)).collect()),
        ];
        for (count, edges) in graphs {
            let places = places(count, &edges);
            assert_eq!(places.len(), count);
            for (node, (x, y)) in places.iter().enumerate() {
                assert!(
                    *x >= 0.0 && *y >= 0.0 && x.is_finite() && y.is_finite(),
                    "{edges:?}"
                );
                for (other_x, other_y) in &places[..node] {
                    let apart = (x - other_x).abs() + (y - other_y).abs();
                    assert!(apart > 0.01, "{node} of {edges:?}");
                }
            }
        }
    }
}
