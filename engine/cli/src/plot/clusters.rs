//! Draws a graph whose edges would cover the picture as few clusters of nodes that lie close
//! together.

use std::collections::BTreeMap;

use super::layout::Place;
use super::median::Median;
use super::topology::{Link, Spot};

/// Smaller graphs are drawn edge by edge.
const NODES_FROM: usize = 150;
/// The length of all edges, in units of the area's side times the number of lines of one pixel that
/// would fill it, from which a drawing is a hairball.
const INK_MAX: f64 = 1.2;
/// The side of the drawing, in pixels.
const SIDE: f64 = 500.0;
/// Most clusters, and most pairs of them that are joined.
const CLUSTERS_MAX: usize = 32;
const LINKS_MAX: usize = 64;

/// The cluster of each node.
pub(super) struct Clusters {
    of_node: Vec<usize>,
    count: usize,
}

/// The clusters of a graph, by the positions of its nodes; `None` if its edges can be drawn.
pub(super) fn of(places: &[Place], edges: &[(usize, usize)]) -> Option<Clusters> {
    if places.len() < NODES_FROM || ink(places, edges) <= INK_MAX {
        return None;
    }
    let mut of_node = vec![0; places.len()];
    let mut parts = vec![(0..places.len()).collect::<Vec<usize>>()];
    while parts.len() < CLUSTERS_MAX {
        let mut halves = Vec::with_capacity(2 * parts.len());
        for part in parts {
            let (first, second) = halved(part, places);
            halves.extend([first, second].into_iter().filter(|half| !half.is_empty()));
        }
        parts = halves;
    }
    for (number, part) in parts.iter().enumerate() {
        for node in part {
            of_node[*node] = number;
        }
    }
    let count = parts.len();
    Some(Clusters { of_node, count })
}

/// How densely lines of one pixel would cover the drawing.
fn ink(places: &[Place], edges: &[(usize, usize)]) -> f64 {
    let most = |along: fn(&Place) -> f64| places.iter().map(along).fold(0.0, f64::max);
    let side = most(|place| place.0).max(most(|place| place.1)).max(1e-9);
    let length: f64 = edges
        .iter()
        .map(|&(from, to)| {
            let (dx, dy) = (places[to].0 - places[from].0, places[to].1 - places[from].1);
            (dx * dx + dy * dy).sqrt() / side
        })
        .sum();
    length / SIDE
}

/// Nodes in two halves, along the longer side of the rectangle around them.
fn halved(mut nodes: Vec<usize>, places: &[Place]) -> (Vec<usize>, Vec<usize>) {
    let extent = |along: fn(&Place) -> f64| {
        let values = nodes.iter().map(|node| along(&places[*node]));
        let (least, most) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), at| {
            (least.min(at), most.max(at))
        });
        most - least
    };
    let wide = extent(|place| place.0) >= extent(|place| place.1);
    let along = |node: &usize| {
        if wide {
            places[*node].0
        } else {
            places[*node].1
        }
    };
    nodes.sort_by(|a, b| along(a).total_cmp(&along(b)).then(a.cmp(b)));
    let second = nodes.split_off(nodes.len().div_ceil(2));
    (nodes, second)
}

impl Clusters {
    /// The clusters and the pairs of them with the largest flux, of the nodes and the edges.
    pub(super) fn merged(&self, nodes: &[Spot], edges: &[Link]) -> (Vec<Spot>, Vec<Link>) {
        let mut median = Median::default();
        for node in nodes {
            median.add(node.value);
        }
        let mut members: Vec<Vec<&Spot>> = vec![Vec::new(); self.count];
        for (node, cluster) in nodes.iter().zip(&self.of_node) {
            members[*cluster].push(node);
        }
        let spots = members
            .iter()
            .map(|members| merged_spot(members, median.value()));
        let spots: Vec<Spot> = spots.collect();
        let mut pairs: BTreeMap<(usize, usize), (u64, u128, i128)> = BTreeMap::new();
        for edge in edges {
            let (from, to) = (self.of_node[edge.from], self.of_node[edge.to]);
            if from == to {
                continue;
            }
            let (count, moved, net) = pairs.entry((from.min(to), from.max(to))).or_default();
            *count += 1;
            *moved += edge.moved;
            *net += if from < to { edge.net } else { -edge.net };
        }
        let links = pairs.into_iter().map(|((from, to), (count, moved, net))| Link {
            from,
            to,
            moved,
            net,
            title: format!(
                "{count} edges between a cluster of {} nodes and one of {}, sum of |f_e| {moved}",
                spots[from].nodes, spots[to].nodes
            ),
        });
        let mut links: Vec<Link> = links.collect();
        links.sort_by_key(|link| std::cmp::Reverse(link.moved));
        links.truncate(LINKS_MAX);
        (spots, links)
    }
}

fn merged_spot(members: &[&Spot], median: i64) -> Spot {
    let count = members.len();
    let mean = |along: fn(&Place) -> f64| {
        members.iter().map(|spot| along(&spot.place)).sum::<f64>() / count.max(1) as f64
    };
    let by_value = |spot: &&&Spot| spot.value;
    let least = members
        .iter()
        .min_by_key(by_value)
        .expect("a cluster has nodes");
    let greatest = members
        .iter()
        .max_by_key(by_value)
        .expect("a cluster has nodes");
    let below = least.value.abs_diff(median) > greatest.value.abs_diff(median);
    Spot {
        place: (mean(|place| place.0), mean(|place| place.1)),
        value: if below { least.value } else { greatest.value },
        label: count.to_string(),
        title: format!(
            "{count} nodes; least: {}; greatest: {}",
            least.title, greatest.title
        ),
        nodes: count,
    }
}

/// What a picture of clusters says.
pub(super) fn note(nodes: usize, edges: usize, clusters: usize, links: usize) -> String {
    format!(
        "{edges} edges between {nodes} nodes would cover each other, so the picture shows {clusters} \
         clusters of nodes that lie close together, each with its number of nodes, coloured by its \
         state farthest from the median; and the {links} pairs of clusters with the largest flux. \
         --node draws a part of the graph."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square grid of 45 × 45 nodes, one apart.
    fn grid() -> (Vec<Place>, Vec<(usize, usize)>) {
        let places: Vec<Place> = (0..2_025)
            .map(|node| (f64::from(node % 45), f64::from(node / 45)))
            .collect();
        let across = (0..2_025)
            .filter(|node| node % 45 < 44)
            .map(|node| (node, node + 1));
        let down = (0..1_980).map(|node| (node, node + 45));
        let edges = across.chain(down).collect();
        (places, edges)
    }

    #[test]
    fn a_grid_is_drawn_edge_by_edge_and_random_edges_are_not() {
        let (places, edges) = grid();
        assert!(of(&places, &edges).is_none());
        let random: Vec<_> = (0..4_000)
            .map(|edge| (edge * 37 % 2_025, edge * 911 % 2_025))
            .collect();
        let clusters = of(&places, &random).unwrap();
        assert_eq!(clusters.count, CLUSTERS_MAX);
        let mut sizes = vec![0; clusters.count];
        for cluster in &clusters.of_node {
            sizes[*cluster] += 1;
        }
        assert!(
            sizes.iter().all(|size| (60..=67).contains(size)),
            "{sizes:?}"
        );
    }

    #[test]
    fn a_cluster_shows_its_value_farthest_from_the_median() {
        let spot = |value: i64| Spot {
            place: (0.0, 0.0),
            value,
            label: String::new(),
            title: format!("node: {value}"),
            nodes: 1,
        };
        let members = [spot(10), spot(-1_504), spot(300)];
        let merged = merged_spot(&members.iter().collect::<Vec<_>>(), 10);
        assert_eq!(merged.value, -1_504);
        assert_eq!(
            merged.title,
            "3 nodes; least: node: -1504; greatest: node: 300"
        );
    }
}
