//! [`Graph`]: where the nodes and edges of a graph are in a picture, in pixels.

use super::frame::Area;
use super::layout;

/// Distance between edges that join the same pair of nodes, in pixels.
const APART: f64 = 9.0;

/// The area of a graph, with the positions of its nodes in pixels.
pub(super) struct Graph<'d> {
    pub(super) area: Area<'d>,
    pub(super) places: Vec<(f64, f64)>,
    /// The radius of the largest node.
    pub(super) radius: i32,
}

impl<'d> Graph<'d> {
    /// Scales the positions of a layout to an area. `labelled` leaves room for labels at its sides.
    pub(super) fn new(area: Area<'d>, places: &[layout::Place], labelled: bool) -> Self {
        let (width, height) = (f64::from(area.width()), f64::from(area.height()) - 36.0);
        let count = places.len().max(1) as f64;
        let radius = ((width * height / count).sqrt() * 0.22)
            .clamp(2.0, 17.0)
            .floor();
        // Room for labels beside the outermost nodes.
        let aside = if labelled { 28.0 } else { 8.0 };
        let (edge_x, edge_y) = (radius + aside, radius + 14.0);
        let most = |along: fn(&layout::Place) -> f64| places.iter().map(along).fold(0.0, f64::max);
        let (wide, high) = (most(|place| place.0), most(|place| place.1));
        // As large as the area allows, centred, not stretched.
        let fits = |room: f64, edge: f64, extent: f64| (room - 2.0 * edge) / extent.max(1e-9);
        let stretch = fits(width, edge_x, wide).min(fits(height, edge_y, high));
        let stretch = if wide.max(high) > 0.0 { stretch } else { 0.0 };
        let (left, top) = (
            (width - wide * stretch) / 2.0,
            (height - high * stretch) / 2.0,
        );
        let in_pixels = |(x, y): &layout::Place| (left + x * stretch, top + y * stretch);
        let places: Vec<_> = places.iter().map(in_pixels).collect();
        // Nodes that are close together are drawn small, so that they do not hide the edges.
        let room = if labelled {
            (room(&places) * 0.5).max(3.0)
        } else {
            (room(&places) * 0.3).max(2.0)
        };
        Self {
            area,
            places,
            // The value is whole here.
            radius: radius.min(room).floor() as i32,
        }
    }

    /// The ends of an edge, moved aside by its lane.
    pub(super) fn ends(&self, from: usize, to: usize, lane: f64) -> ((f64, f64), (f64, f64)) {
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
pub(super) fn arrow(from: (f64, f64), to: (f64, f64), size: f64) -> [(f64, f64); 3] {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt().max(1e-9);
    let (dx, dy) = (dx / length, dy / length);
    // Short edges have small arrows.
    let size = size.min(length * 0.6).max(3.0);
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
pub(super) fn whole((x, y): (f64, f64)) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}
