//! Draws the graph: nodes coloured by their state, edges by their flux.

use std::collections::BTreeMap;

use aether_engine::record::UmxLedger;

use super::colours::{FLOWS, Role};
use super::drawing::{Across, Down, TextStyle};
use super::frame::{Area, BAR_WIDTH, Frame, colour_bar, picture};
use super::layout;
use super::scale::{Scale, level_of, short};

/// Most nodes of a drawing.
pub(super) const NODES_MAX: usize = 2_000;
/// Most edges of a drawing; those with the largest flux are kept.
const EDGES_MAX: usize = 4_000;
/// Most edges with which arrows are drawn.
const ARROWS_MAX: usize = 200;
/// The width of edges, in pixels.
const WIDTH_MAX: f64 = 7.0;
const HEIGHT: i32 = 560;
const FLAT_HEIGHT: i32 = 220;
/// The radius from which a node has a rim, and the radius from which it shows its number.
const RIM_FROM: i32 = 6;
const LABEL_FROM: i32 = 9;
/// Distance between edges that join the same pair of nodes, in pixels.
const APART: f64 = 9.0;

/// The total flux of the edges, and the final state of the nodes.
#[derive(Default)]
pub(super) struct TopologyPlot {
    ticks: u64,
    state: Vec<i64>,
    edges: Vec<Edge>,
}

#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    /// Σ abs f_e and Σ f_e.
    moved: u128,
    net: i128,
}

impl TopologyPlot {
    pub(super) fn add(&mut self, ledger: &UmxLedger) {
        let place = |id: u64| usize::try_from(id - 1).expect("a drawn graph has few nodes");
        if self.edges.is_empty() {
            let edges = ledger.edges.iter().map(|edge| Edge {
                from: place(edge.i),
                to: place(edge.j),
                moved: 0,
                net: 0,
            });
            self.edges = edges.collect();
        }
        for (sum, edge) in self.edges.iter_mut().zip(&ledger.edges) {
            sum.moved += u128::from(edge.f_e.unsigned_abs());
            sum.net += i128::from(edge.f_e);
        }
        self.state.clone_from(&ledger.post_u);
        self.ticks += 1;
    }

    pub(super) fn draw(self, subtitle: String) -> String {
        let ends: Vec<_> = self.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let places = layout::places(self.state.len(), &ends);
        let scale = Scale::of(self.state.iter().map(|value| *value as f64));
        let mut drawn: Vec<usize> = (0..self.edges.len()).collect();
        drawn.sort_by_key(|edge| std::cmp::Reverse(self.edges[*edge].moved));
        drawn.truncate(EDGES_MAX);
        // The edges with the largest flux are drawn last, on top.
        drawn.reverse();
        let left_out = self.edges.len() - drawn.len();
        let mut note =
            "Edges: mean of |f_e| per tick; arrows show the direction of the sum of f_e."
                .to_owned();
        if left_out > 0 {
            note = format!("{note} The {left_out} edges with the smallest flux are left out.");
        }
        let flat = places.iter().all(|(_, y)| *y == 0.0);
        let frame = Frame {
            title: format!("Topology after tick {}", self.ticks),
            subtitle,
            note: Some(note),
            height: if flat { FLAT_HEIGHT } else { HEIGHT },
        };
        picture(&frame, scale.ramp, |area| {
            let (left, right) = area.split_left(area.width() - BAR_WIDTH);
            let graph = Graph::new(left, &places);
            let most = self.edges.iter().map(|edge| edge.moved).max().unwrap_or(0);
            self.draw_edges(&graph, &drawn, most);
            self.draw_nodes(&graph, &scale);
            if !self.edges.is_empty() {
                let mean = most as f64 / self.ticks.max(1) as f64;
                edge_legend(left, mean, area.height() - 14);
            }
            colour_bar(right, &scale, "state of the node");
        })
    }

    fn draw_edges(&self, graph: &Graph<'_>, drawn: &[usize], most: u128) {
        let lanes = self.lanes();
        for &number in drawn {
            let edge = &self.edges[number];
            let share = if most == 0 {
                0.0
            } else {
                edge.moved as f64 / most as f64
            };
            let role = Role::Flow(level_of(share, FLOWS));
            let width = (share * WIDTH_MAX).round().max(1.0);
            let (from, to) = graph.ends(edge.from, edge.to, lanes[number]);
            let ends = [whole(from), whole(to)];
            graph.area.line(role, width as u32, &ends);
            if drawn.len() <= ARROWS_MAX && edge.net != 0 {
                let (from, to) = if edge.net > 0 { (from, to) } else { (to, from) };
                let arrow = arrow(from, to, 6.0 + width);
                graph.area.polygon(role, &arrow.map(whole));
            }
        }
    }

    /// The offset of each edge from the straight line, in lanes: several edges may join a pair.
    fn lanes(&self) -> Vec<f64> {
        let pair = |edge: &Edge| (edge.from.min(edge.to), edge.from.max(edge.to));
        let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for edge in &self.edges {
            *counts.entry(pair(edge)).or_default() += 1;
        }
        let mut seen: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let lanes = self.edges.iter().map(|edge| {
            let pair = pair(edge);
            let place = seen.entry(pair).or_default();
            let lane = *place as f64 - (counts[&pair] - 1) as f64 / 2.0;
            *place += 1;
            // The side does not depend on the direction of the edge.
            if edge.from < edge.to { lane } else { -lane }
        });
        lanes.collect()
    }

    fn draw_nodes(&self, graph: &Graph<'_>, scale: &Scale) {
        for (node, value) in self.state.iter().enumerate() {
            let level = scale.level(*value as f64);
            let at = whole(graph.places[node]);
            graph.area.disc(Role::Level(level), at, graph.radius);
            if graph.radius >= RIM_FROM {
                graph.area.rim(Role::Ink, at, graph.radius);
            }
            if graph.radius >= LABEL_FROM {
                let style = TextStyle::new(Role::OnLevel(level), 11);
                let style = style.at(Across::Middle, Down::Middle);
                graph.area.text(&(node + 1).to_string(), style, at);
            }
        }
    }
}

/// The area of a graph, with the positions of its nodes in pixels.
struct Graph<'d> {
    area: Area<'d>,
    places: Vec<(f64, f64)>,
    radius: i32,
}

impl<'d> Graph<'d> {
    fn new(area: Area<'d>, places: &[layout::Place]) -> Self {
        let (width, height) = (f64::from(area.width()), f64::from(area.height()) - 36.0);
        let count = places.len().max(1) as f64;
        let radius = ((width * height / count).sqrt() * 0.22)
            .clamp(2.0, 17.0)
            .floor();
        let edge = radius + 8.0;
        let most = |along: fn(&layout::Place) -> f64| places.iter().map(along).fold(0.0, f64::max);
        let (wide, high) = (most(|place| place.0), most(|place| place.1));
        // As large as the area allows, centred, not stretched.
        let fits = |room: f64, extent: f64| (room - 2.0 * edge) / extent.max(1e-9);
        let stretch = fits(width, wide).min(fits(height, high));
        let stretch = if wide.max(high) > 0.0 { stretch } else { 0.0 };
        let (left, top) = (
            (width - wide * stretch) / 2.0,
            (height - high * stretch) / 2.0,
        );
        let in_pixels = |(x, y): &layout::Place| (left + x * stretch, top + y * stretch);
        let places: Vec<_> = places.iter().map(in_pixels).collect();
        // Nodes that are close together are drawn small, so that they do not overlap.
        let room = (room(&places) * 0.5).max(3.0);
        Self {
            area,
            places,
            // The value is whole here.
            radius: radius.min(room).floor() as i32,
        }
    }

    /// The ends of an edge, moved aside by its lane.
    fn ends(&self, from: usize, to: usize, lane: f64) -> ((f64, f64), (f64, f64)) {
        let (from, to) = (self.places[from], self.places[to]);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = (dx * dx + dy * dy).sqrt();
        if length == 0.0 {
            return (from, to);
        }
        let aside = (-dy / length * lane * APART, dx / length * lane * APART);
        let moved = |(x, y): (f64, f64)| (x + aside.0, y + aside.1);
        (moved(from), moved(to))
    }
}

/// A distance that all but a tenth of the nodes have to their nearest neighbour.
fn room(places: &[(f64, f64)]) -> f64 {
    let nearest = places.iter().enumerate().map(|(node, (x, y))| {
        let others = places
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != node);
        let squares = others.map(|(_, (to_x, to_y))| (to_x - x).powi(2) + (to_y - y).powi(2));
        squares.fold(f64::INFINITY, f64::min)
    });
    let mut nearest: Vec<f64> = nearest.collect();
    nearest.sort_by(f64::total_cmp);
    nearest
        .get(nearest.len() / 10)
        .map_or(f64::INFINITY, |square| square.sqrt())
}

/// A triangle in the middle of a line, pointing along it.
fn arrow(from: (f64, f64), to: (f64, f64), size: f64) -> [(f64, f64); 3] {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt().max(1e-9);
    let (dx, dy) = (dx / length, dy / length);
    let middle = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
    let at = |along: f64, aside: f64| {
        (
            middle.0 + (dx * along - dy * aside) * size,
            middle.1 + (dy * along + dx * aside) * size,
        )
    };
    [at(0.7, 0.0), at(-0.5, 0.55), at(-0.5, -0.55)]
}

/// The nearest pixel.
fn whole((x, y): (f64, f64)) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}

/// The legend of edges: three examples with their flux.
fn edge_legend(area: Area<'_>, most: f64, y: i32) {
    let style = TextStyle::new(Role::Muted, 12).at(Across::Start, Down::Middle);
    if most == 0.0 {
        area.text("no flux on any edge", style, (0, y));
        return;
    }
    let mut x = 0;
    for share in [0.0, 0.5, 1.0] {
        let width = (share * WIDTH_MAX).round().max(1.0) as u32;
        let role = Role::Flow(level_of(share, FLOWS));
        area.line(role, width, &[(x, y), (x + 40, y)]);
        let label = short((share * most * 100.0).round() / 100.0);
        area.text(&label, style, (x + 48, y));
        x += 64 + 8 * i32::try_from(label.chars().count()).expect("a short number is short");
    }
    area.text("mean flux per tick", style, (x, y));
}
