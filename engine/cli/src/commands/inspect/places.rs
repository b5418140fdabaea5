//! `aether inspect --node` and `--edge`: the state, inputs and fluxes of nodes, and the fluxes of
//! edges, tick by tick.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use aether_engine::config::Names;
use aether_engine::record::{EdgeFlux, TopologySnapshotEdge};
use aether_engine::run::RunError;
use aether_harness::counted;
use aether_json::{Value, json};
use comfy_table::{CellAlignment, Table, presets};

use super::moments::{Moment, Moments};
use super::ticks::{REPLAYED, replayed_note};
use super::{Shown, inputs};
use crate::exit::Failure;
use crate::selection::Selection;

/// Most edges of a node that have a column each.
const COLUMNS_MAX: usize = 12;

/// A node with its edges, and what was seen of it.
struct Node<'p> {
    id: u64,
    edges: Vec<TopologySnapshotEdge>,
    seen: Vec<Seen<'p>>,
}

/// An edge, and what was seen of it.
struct Edge {
    edge: TopologySnapshotEdge,
    seen: Vec<(u64, bool, EdgeFlux)>,
}

/// A node at one tick.
struct Seen<'p> {
    tick: u64,
    replayed: bool,
    /// What inputs added: each id with its value.
    inputs: Vec<(&'p str, i64)>,
    /// `None` at tick 0.
    pre_u: Option<i64>,
    post_u: i64,
    /// Those of the node's edges, in their order; empty at tick 0.
    fluxes: Vec<i64>,
}

/// Adds nodes and edges to what is shown.
pub(super) fn show(
    moments: &Moments<'_>,
    names: &Names,
    selection: &Selection,
    ticks: &RangeInclusive<u64>,
    shown: &mut Shown,
) -> Result<(), Failure> {
    let (mut nodes, mut edges) = selected(moments, selection);
    let plan = match nodes.is_empty() {
        true => None,
        false => moments.plan_with_inputs()?,
    };
    let inputs = |tick, node| plan.map_or(Vec::new(), |plan| inputs::of_node(plan, tick, node));
    let mut failure = None;
    moments.each(ticks, false, |tick, moment| {
        match moment {
            Moment::Start(state) => {
                for node in &mut nodes {
                    node.seen.push(Seen {
                        tick,
                        replayed: false,
                        inputs: inputs(tick, node.id),
                        pre_u: None,
                        post_u: state[index(node.id)],
                        fluxes: Vec::new(),
                    });
                }
            }
            Moment::Made {
                ledger, replayed, ..
            } => {
                for node in &mut nodes {
                    let fluxes = node.edges.iter();
                    let fluxes = fluxes.map(|edge| ledger.edges[index(edge.e_id)].f_e);
                    node.seen.push(Seen {
                        tick,
                        replayed,
                        inputs: inputs(tick, node.id),
                        pre_u: Some(ledger.pre_u[index(node.id)]),
                        post_u: ledger.post_u[index(node.id)],
                        fluxes: fluxes.collect(),
                    });
                }
                for edge in &mut edges {
                    let flux = ledger.edges[index(edge.edge.e_id)];
                    edge.seen.push((tick, replayed, flux));
                }
            }
            Moment::Fails(error) => failure = Some(error),
        }
        Ok(())
    })?;
    if shown.json {
        members(names, (nodes, edges), failure, shown);
        return Ok(());
    }
    let text = &mut shown.text;
    for node in &nodes {
        node_text(names, node, text);
    }
    for edge in &edges {
        edge_text(names, edge, text);
    }
    if let Some(error) = failure {
        let error = error.with_names(names);
        let _ = writeln!(text, "\nthe run failed: {error}");
    }
    replayed_note(moments, ticks, text);
    Ok(())
}

/// The place of an id in a vector of a record.
fn index(id: u64) -> usize {
    usize::try_from(id - 1).expect("the nodes and edges of a run fit memory")
}

fn selected<'p>(moments: &Moments<'_>, selection: &Selection) -> (Vec<Node<'p>>, Vec<Edge>) {
    let ids = selection.nodes.iter().flatten();
    let node = |&id| Node {
        id,
        edges: Vec::new(),
        seen: Vec::new(),
    };
    let mut nodes: Vec<Node<'_>> = ids.map(node).collect();
    let wanted: &[u64] = selection.edges.as_deref().unwrap_or_default();
    let mut edges = Vec::new();
    for edge in moments.run.edges() {
        for end in [edge.i, edge.j] {
            if let Ok(at) = nodes.binary_search_by_key(&end, |node| node.id) {
                nodes[at].edges.push(edge);
            }
        }
        if wanted.binary_search(&edge.e_id).is_ok() {
            let seen = Vec::new();
            edges.push(Edge { edge, seen });
        }
    }
    (nodes, edges)
}

/// `edge 5 (P5): 2 (east) → 3, k 12, cap 900`
fn heading(names: &Names, edge: &TopologySnapshotEdge) -> String {
    format!(
        "edge {}: {} → {}, k {}, cap {}",
        names.show_edge(edge.e_id),
        names.show_node(edge.i),
        names.show_node(edge.j),
        edge.k,
        edge.cap
    )
}

fn node_text(names: &Names, node: &Node<'_>, text: &mut String) {
    separate(text);
    let _ = writeln!(text, "node {}", names.show_node(node.id));
    let columns = &node.edges[..node.edges.len().min(COLUMNS_MAX)];
    for edge in columns {
        let _ = writeln!(text, "  {}", heading(names, edge));
    }
    let more = node.edges.len() - columns.len();
    if more > 0 {
        let _ = writeln!(
            text,
            "  and {}, in one column; --edge shows any, --format json has all",
            counted(more as u64, "more edge")
        );
    }
    let mut header = vec!["tick".to_owned(), "inputs".to_owned()];
    header.extend(["before".to_owned(), "after".to_owned()]);
    let of_edges = columns.iter().map(|edge| format!("edge {}", edge.e_id));
    header.extend(of_edges);
    if more > 0 {
        header.push("other edges".to_owned());
    }
    header.push(String::new());
    let mut table = table(header);
    for seen in &node.seen {
        let mut row = vec![seen.tick.to_string(), inputs::cell(&seen.inputs)];
        row.push(seen.pre_u.map_or(String::new(), |value| value.to_string()));
        row.push(seen.post_u.to_string());
        let fluxes = (0..columns.len()).map(|at| {
            let flux = seen.fluxes.get(at);
            flux.map_or(String::new(), i64::to_string)
        });
        row.extend(fluxes);
        if more > 0 {
            let others = seen.fluxes.iter().zip(&node.edges).skip(columns.len());
            // What flows into the node over the edges without a column.
            let inflow: i128 = others
                .map(|(flux, edge)| inflow(*flux, edge, node.id))
                .sum();
            row.push(format!("{inflow:+} in"));
        }
        row.push(mark(seen.replayed));
        table.add_row(row);
    }
    let _ = writeln!(text, "\n{}", table.trim_fmt());
}

fn inflow(flux: i64, edge: &TopologySnapshotEdge, node: u64) -> i128 {
    if edge.j == node {
        i128::from(flux)
    } else {
        -i128::from(flux)
    }
}

fn edge_text(names: &Names, edge: &Edge, text: &mut String) {
    separate(text);
    let _ = writeln!(text, "{}", heading(names, &edge.edge));
    let header = ["tick", "du", "raw", "flux", ""];
    let mut table = table(header.map(str::to_owned).to_vec());
    for (tick, replayed, flux) in &edge.seen {
        table.add_row([
            tick.to_string(),
            flux.du.to_string(),
            flux.raw.to_string(),
            flux.f_e.to_string(),
            mark(*replayed),
        ]);
    }
    let _ = writeln!(text, "\n{}", table.trim_fmt());
}

fn separate(text: &mut String) {
    if !text.is_empty() {
        text.push('\n');
    }
}

fn mark(replayed: bool) -> String {
    if replayed { REPLAYED } else { "" }.to_owned()
}

fn table(header: Vec<String>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn members(
    names: &Names,
    (nodes, edges): (Vec<Node<'_>>, Vec<Edge>),
    failure: Option<RunError>,
    shown: &mut Shown,
) {
    let nodes = nodes.iter().map(|node| {
        let ticks = node.seen.iter().map(|seen| {
            let fluxes = node.edges.iter().zip(&seen.fluxes);
            let fluxes = fluxes.map(|(edge, f_e)| json!({ "e_id": edge.e_id, "f_e": f_e }));
            json!({
                "tick": seen.tick,
                "replayed": seen.replayed,
                "inputs": inputs::json(&seen.inputs),
                "pre_u": seen.pre_u,
                "post_u": seen.post_u,
                "edges": fluxes.collect::<Value>(),
            })
        });
        json!({
            "node": node.id,
            "label": names.node(node.id),
            "edges": node.edges.iter().map(|edge| about(names, edge)).collect::<Value>(),
            "ticks": ticks.collect::<Value>(),
        })
    });
    let edges = edges.iter().map(|edge| {
        let ticks = edge.seen.iter().map(|(tick, replayed, flux)| {
            json!({
                "tick": tick,
                "replayed": replayed,
                "du": flux.du,
                "raw": flux.raw,
                "f_e": flux.f_e,
            })
        });
        let mut about = about(names, &edge.edge);
        about["ticks"] = ticks.collect();
        about
    });
    let mut all = vec![
        ("nodes", nodes.collect::<Value>()),
        ("edges", edges.collect()),
    ];
    if let Some(error) = failure {
        let error = aether_json::from_str(&error.to_json()).expect("canonical text is JSON");
        all.push(("error", error));
    }
    let all = all.into_iter();
    let all = all.map(|(name, value)| (name.to_owned(), value.into()));
    shown.members.extend(all);
}

/// What does not change about an edge.
fn about(names: &Names, edge: &TopologySnapshotEdge) -> Value {
    json!({
        "e_id": edge.e_id,
        "label": names.edge(edge.e_id),
        "i": edge.i,
        "j": edge.j,
        "k": edge.k,
        "cap": edge.cap,
    })
}
