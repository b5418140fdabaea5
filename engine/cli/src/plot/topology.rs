//! Draws the graph: nodes coloured by their state, edges by their flux.
//!
//! A graph whose edges would cover the picture is drawn as clusters ([`clusters`](super::clusters)),
//! and the picture says so.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use aether_engine::config::Names;
use aether_engine::record::UmxLedger;

use super::clusters;
use super::colours::{FLOWS, Role};
use super::drawing::{Across, Down, TextStyle};
use super::frame::{Area, BAR_WIDTH, Frame, colour_bar, picture};
use super::graph::{Graph, arrow, whole};
use super::labels::Labels;
use super::layout;
use super::scale::{Scale, level_of, short};

/// Most nodes of a drawing.
pub(super) const NODES_MAX: usize = 2_000;
/// Most edges of a drawing; those with the largest flux are kept.
const EDGES_MAX: usize = 4_000;
/// Most edges with which arrows are drawn.
const ARROWS_MAX: usize = 600;
/// Most nodes whose names are always visible; beyond them, names are shown on hover.
const LABELS_MAX: usize = 60;
const HEIGHT: i32 = 560;
const FLAT_HEIGHT: i32 = 220;
/// The radius from which a node has a rim, and from which its number is inside it.
const RIM_FROM: i32 = 3;
const INSIDE_FROM: i32 = 9;

/// The flux of the edges over some ticks, and the state of the nodes after the last of them.
pub(super) struct TopologyPlot<'n> {
    names: &'n Names,
    /// The ticks whose fluxes are summed; `None` if the picture shows tick 0.
    ticks: Option<RangeInclusive<u64>>,
    last: u64,
    state: Vec<i64>,
    edges: Vec<Edge>,
}

/// An edge; nodes are indices.
#[derive(Clone, Copy)]
struct Edge {
    id: u64,
    from: usize,
    to: usize,
    /// Σ abs f_e and Σ f_e.
    moved: u128,
    net: i128,
}

/// A node or a cluster as it is drawn.
pub(super) struct Spot {
    pub(super) place: layout::Place,
    /// The value that colours it.
    pub(super) value: i64,
    pub(super) label: String,
    pub(super) title: String,
    /// How many nodes it stands for.
    pub(super) nodes: usize,
}

/// An edge, or all edges between two clusters; ends are indices of spots.
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Σ abs f_e and Σ f_e.
    pub(super) moved: u128,
    pub(super) net: i128,
    pub(super) title: String,
}

impl<'n> TopologyPlot<'n> {
    /// A graph by the ids of the two nodes of each edge.
    pub(super) fn new(
        names: &'n Names,
        ends: impl Iterator<Item = (u64, u64)>,
        shown: &RangeInclusive<u64>,
    ) -> Self {
        let place = |id: u64| usize::try_from(id - 1).expect("a node of a graph in memory");
        let edges = (1..).zip(ends).map(|(id, (from, to))| Edge {
            id,
            from: place(from),
            to: place(to),
            moved: 0,
            net: 0,
        });
        let last = *shown.end();
        Self {
            names,
            ticks: (last > 0).then(|| (*shown.start()).max(1)..=last),
            last,
            state: Vec::new(),
            edges: edges.collect(),
        }
    }

    /// Adds a tick; the state of the last one is kept.
    pub(super) fn add(&mut self, state: &[i64], ledger: Option<&UmxLedger>) {
        for (sum, edge) in self
            .edges
            .iter_mut()
            .zip(ledger.iter().flat_map(|ledger| &ledger.edges))
        {
            sum.moved += u128::from(edge.f_e.unsigned_abs());
            sum.net += i128::from(edge.f_e);
        }
        self.state.clear();
        self.state.extend_from_slice(state);
    }

    /// Draws the whole graph, or the nodes with these indices and the edges between them.
    pub(super) fn draw(
        self,
        subtitle: String,
        part: Option<&[usize]>,
        mut notes: Vec<String>,
    ) -> String {
        let all: Vec<usize> = (0..self.state.len()).collect();
        let nodes = part.unwrap_or(&all);
        let index: BTreeMap<usize, usize> = nodes.iter().copied().zip(0..).collect();
        let edges: Vec<Edge> = self
            .edges
            .iter()
            .filter_map(|edge| {
                let (from, to) = (*index.get(&edge.from)?, *index.get(&edge.to)?);
                Some(Edge { from, to, ..*edge })
            })
            .collect();
        let ends: Vec<_> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let places = layout::places(nodes.len(), &ends);
        let clusters = clusters::of(&places, &ends);
        let flat = places.iter().all(|(_, y)| *y == 0.0);
        if part.is_some() {
            notes.push(format!(
                "The picture shows {} of {} nodes: those asked for and their neighbours.",
                nodes.len(),
                self.state.len()
            ));
        }
        let mut spots: Vec<Spot> = nodes
            .iter()
            .zip(&places)
            .map(|(node, place)| self.spot(*node, *place))
            .collect();
        let mut links: Vec<Link> = edges.iter().map(|edge| self.link(nodes, edge)).collect();
        let clustered = clusters.is_some();
        if let Some(clusters) = clusters {
            (spots, links) = clusters.merged(&spots, &links);
            notes.push(clusters::note(
                nodes.len(),
                edges.len(),
                spots.len(),
                links.len(),
            ));
        }
        let drawn = most_moving(&links);
        let left_out = links.len() - drawn.len();
        let arrows = drawn.len() <= ARROWS_MAX && links.iter().any(|link| link.net != 0);
        if !links.is_empty() {
            notes.insert(0, self.edge_note(arrows, left_out, clustered));
        }
        let scale = Scale::of(spots.iter().map(|spot| spot.value as f64));
        let frame = Frame {
            id: "topology",
            title: format!("Topology after tick {}", self.last),
            subtitle,
            notes,
            height: if flat { FLAT_HEIGHT } else { HEIGHT },
        };
        picture(&frame, scale.ramp, |area| {
            let (left, right) = area.split_left(area.width() - BAR_WIDTH);
            let places: Vec<_> = spots.iter().map(|spot| spot.place).collect();
            let graph = Graph::new(left, &places, spots.len() <= LABELS_MAX);
            let most = links.iter().map(|link| link.moved).max().unwrap_or(0);
            let widths = Widths::of(drawn.len(), most);
            draw_links(&graph, &links, &drawn, &widths, arrows);
            draw_spots(&graph, &spots, &scale);
            if !links.is_empty() {
                edge_legend(left, &widths, self.tick_count(), area.height() - 14);
            }
            colour_bar(right, &scale, "state of the node");
        })
    }

    fn tick_count(&self) -> u64 {
        self.ticks
            .as_ref()
            .map_or(1, |ticks| ticks.end() - ticks.start() + 1)
    }

    fn edge_note(&self, arrows: bool, left_out: usize, clustered: bool) -> String {
        let what = if clustered {
            "Lines: Σ |f_e| between two clusters,"
        } else {
            "Edges: |f_e|,"
        };
        let mut note = match &self.ticks {
            None => return "Tick 0 is before the first flux.".to_owned(),
            Some(ticks) if ticks.start() == ticks.end() => {
                format!("{what} at tick {}", ticks.start())
            }
            Some(ticks) => {
                format!(
                    "{what} mean per tick of ticks {} to {}",
                    ticks.start(),
                    ticks.end()
                )
            }
        };
        if arrows {
            note.push_str(if self.tick_count() == 1 {
                "; arrows show its direction"
            } else {
                "; arrows show the direction of the sum of f_e"
            });
        }
        note.push('.');
        if left_out > 0 {
            note.push_str(&format!(
                " The {left_out} edges with the smallest flux are left out."
            ));
        }
        note
    }

    fn spot(&self, node: usize, place: layout::Place) -> Spot {
        let id = node as u64 + 1;
        let value = self.state[node];
        let name = self.names.node(id);
        Spot {
            place,
            value,
            label: name.map_or_else(|| id.to_string(), str::to_owned),
            title: format!("node {}: {value}", self.names.show_node(id)),
            nodes: 1,
        }
    }

    fn link(&self, nodes: &[usize], edge: &Edge) -> Link {
        let node = |place: usize| self.names.show_node(nodes[place] as u64 + 1);
        let flux = match &self.ticks {
            None => String::new(),
            Some(ticks) if ticks.start() == ticks.end() => format!(", f_e {}", edge.net),
            Some(_) => {
                let mean = edge.moved as f64 / self.tick_count() as f64;
                format!(
                    ", mean |f_e| {}, sum of f_e {}",
                    short(rounded(mean)),
                    edge.net
                )
            }
        };
        Link {
            from: edge.from,
            to: edge.to,
            moved: edge.moved,
            net: edge.net,
            title: format!(
                "edge {}, from {} to {}{flux}",
                self.names.show_edge(edge.id),
                node(edge.from),
                node(edge.to)
            ),
        }
    }
}

/// The links that are drawn; those with the largest flux come last, on top.
fn most_moving(links: &[Link]) -> Vec<usize> {
    let mut drawn: Vec<usize> = (0..links.len()).collect();
    drawn.sort_by_key(|link| std::cmp::Reverse(links[*link].moved));
    drawn.truncate(EDGES_MAX);
    drawn.reverse();
    drawn
}

/// The widths of edges: the more there are, the thinner they are.
struct Widths {
    least: f64,
    most: f64,
    /// The largest flux.
    moved: u128,
}

impl Widths {
    fn of(drawn: usize, moved: u128) -> Self {
        let (least, most) = match drawn {
            0..=200 => (1.0, 7.0),
            201..=600 => (0.9, 4.0),
            601..=1_500 => (0.8, 2.5),
            _ => (0.7, 2.0),
        };
        Self { least, most, moved }
    }

    fn share(&self, moved: u128) -> f64 {
        if self.moved == 0 {
            return 0.0;
        }
        moved as f64 / self.moved as f64
    }

    /// The colour of an edge. Thin lines need more contrast with the background.
    fn role(&self, share: f64) -> Role {
        let level = level_of(share, FLOWS);
        Role::Flow(if self.least < 1.0 {
            level.max(2)
        } else {
            level
        })
    }

    fn of_share(&self, share: f64) -> f64 {
        let width = self.least + (self.most - self.least) * share;
        (width * 10.0).round() / 10.0
    }
}

fn draw_links(graph: &Graph<'_>, links: &[Link], drawn: &[usize], widths: &Widths, arrows: bool) {
    let lanes = lanes(links);
    let mut heads = Vec::new();
    for &number in drawn {
        let link = &links[number];
        let share = widths.share(link.moved);
        let role = widths.role(share);
        let width = widths.of_share(share);
        let (from, to) = graph.ends(link.from, link.to, lanes[number]);
        let ends = [whole(from), whole(to)];
        graph
            .area
            .titled_line(role, width, &ends, Some(&link.title));
        if arrows && link.net != 0 {
            let (from, to) = if link.net > 0 { (from, to) } else { (to, from) };
            let size = if drawn.len() <= 200 { 6.0 } else { 4.0 } + width;
            heads.push((role, arrow(from, to, size), link));
        }
    }
    // Above all lines, so that none hides them.
    for (role, corners, link) in heads {
        graph
            .area
            .polygon(role, &corners.map(whole), Some(&link.title));
    }
}

/// The offset of each link from the straight line, in lanes: several may join a pair.
fn lanes(links: &[Link]) -> Vec<f64> {
    let pair = |link: &Link| (link.from.min(link.to), link.from.max(link.to));
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for link in links {
        *counts.entry(pair(link)).or_default() += 1;
    }
    let mut seen: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let lanes = links.iter().map(|link| {
        let pair = pair(link);
        let place = seen.entry(pair).or_default();
        let lane = *place as f64 - (counts[&pair] - 1) as f64 / 2.0;
        *place += 1;
        // The side does not depend on the direction of the edge.
        if link.from < link.to { lane } else { -lane }
    });
    lanes.collect()
}

fn draw_spots(graph: &Graph<'_>, spots: &[Spot], scale: &Scale) {
    let largest = spots.iter().map(|spot| spot.nodes).max().unwrap_or(1) as f64;
    let radius = |spot: &Spot| {
        // The area of a cluster follows its number of nodes.
        let share = (spot.nodes as f64 / largest).sqrt();
        (f64::from(graph.radius) * share).round().max(2.0) as i32
    };
    for (spot, place) in spots.iter().zip(&graph.places) {
        let at = whole(*place);
        let level = scale.level(spot.value as f64);
        graph
            .area
            .disc(Role::Level(level), at, radius(spot), Some(&spot.title));
        if graph.radius >= RIM_FROM {
            let role = if graph.radius < INSIDE_FROM {
                Role::Muted
            } else {
                Role::Ink
            };
            graph.area.rim(role, at, radius(spot));
        }
    }
    if spots.len() > LABELS_MAX {
        return;
    }
    let discs = spots
        .iter()
        .zip(&graph.places)
        .map(|(spot, place)| (whole(*place), radius(spot)));
    let mut labels = Labels::new((graph.area.width(), graph.area.height()), discs);
    for (spot, place) in spots.iter().zip(&graph.places) {
        let (at, radius) = (whole(*place), radius(spot));
        let letters = i32::try_from(spot.label.chars().count()).expect("a label is short");
        if radius >= INSIDE_FROM && 7 * letters <= 2 * radius {
            let level = scale.level(spot.value as f64);
            let style = TextStyle::new(Role::OnLevel(level), 11);
            let style = style.at(Across::Middle, Down::Middle);
            graph.area.text(&spot.label, style, at);
        } else {
            let (across, down, at) = labels.place(letters, at, radius);
            let style = TextStyle::new(Role::Ink, 11).at(across, down);
            graph.area.text_over(&spot.label, style, at);
        }
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// The legend of edges: three examples with their flux.
fn edge_legend(area: Area<'_>, widths: &Widths, ticks: u64, y: i32) {
    let style = TextStyle::new(Role::Muted, 12).at(Across::Start, Down::Middle);
    if widths.moved == 0 {
        area.text("no flux on any edge", style, (0, y));
        return;
    }
    let most = widths.moved as f64 / ticks.max(1) as f64;
    let mut x = 0;
    for share in [0.0, 0.5, 1.0] {
        let role = widths.role(share);
        area.line(role, widths.of_share(share), &[(x, y), (x + 40, y)]);
        let label = short(rounded(share * most));
        area.text(&label, style, (x + 48, y));
        x += 64 + 8 * i32::try_from(label.chars().count()).expect("a short number is short");
    }
    let what = if ticks == 1 {
        "flux"
    } else {
        "mean flux per tick"
    };
    area.text(what, style, (x, y));
}
