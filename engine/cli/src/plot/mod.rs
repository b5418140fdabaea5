//! Pictures of a run, as SVG.
//!
//! A picture is made in one pass over the records; the memory it needs depends on the size of the
//! picture, not on that of the run. The same run gives the same bytes. Colours are classes with a
//! light and a dark value ([`colours`]); [`frame`] places titles, axes and labels, and [`drawing`]
//! writes the file.

mod bins;
mod chain;
mod colours;
mod drawing;
mod frame;
mod heat_map;
mod layout;
mod press;
mod scale;
mod topology;

use aether_engine::record::{LedgerEntry, Manifest, UmxLedger};
use aether_engine::store::StoredRun;
use aether_json::{Value, json};

use bins::{Bins, Statistic};
use chain::ChainPlot;
use heat_map::HeatMap;
use press::PressPlot;
use topology::{NODES_MAX, TopologyPlot};

use crate::args::PlotWhat;
use crate::exit::Failure;
use crate::registry::id_of;

/// A finished picture.
pub(crate) struct Picture {
    pub(crate) svg: String,
    /// How many values share a cell or bar, for programs; null if none do.
    pub(crate) bins: Value,
}

/// Draws a run.
pub(crate) fn draw(run: &StoredRun, what: PlotWhat) -> Result<Picture, Failure> {
    let ticks = run.ticks_recorded();
    if ticks == 0 {
        return Err(Failure::Input(format!(
            "run `{}` has no committed window yet, so there is nothing to draw",
            id_of(run)
        )));
    }
    match what {
        PlotWhat::State => state(run, ticks),
        PlotWhat::Flux => flux(run, ticks),
        PlotWhat::Chain => chain(run, ticks),
        PlotWhat::Press => press(run),
        PlotWhat::Topology => topology(run, ticks),
    }
}

fn state(run: &StoredRun, ticks: u64) -> Result<Picture, Failure> {
    let nodes = run.header().node_count as u64;
    let mut bins = Bins::new(Statistic::Mean, ticks, nodes);
    for ledger in run.values_of_ticks::<UmxLedger>(1..=ticks) {
        let ledger = ledger?;
        whole(run, ledger.tick, "node", nodes, ledger.post_u.len())?;
        bins.add(ledger.tick, ledger.post_u.iter().copied());
    }
    let map = HeatMap {
        bins: &bins,
        title: "State over ticks".to_owned(),
        subtitle: subtitle(run),
        row: "node",
        value: "state after the tick",
    };
    Ok(Picture {
        svg: map.draw(),
        bins: cells(&bins),
    })
}

fn flux(run: &StoredRun, ticks: u64) -> Result<Picture, Failure> {
    let edges = run.header().edge_count as u64;
    if edges == 0 {
        return Err(Failure::Input(format!(
            "run `{}` has no edges, so there is no flux to draw",
            id_of(run)
        )));
    }
    let mut bins = Bins::new(Statistic::Farthest, ticks, edges);
    for ledger in run.values_of_ticks::<UmxLedger>(1..=ticks) {
        let ledger = ledger?;
        whole(run, ledger.tick, "edge", edges, ledger.edges.len())?;
        bins.add(ledger.tick, ledger.edges.iter().map(|edge| edge.f_e));
    }
    let map = HeatMap {
        bins: &bins,
        title: "Flux over ticks".to_owned(),
        subtitle: subtitle(run),
        row: "edge",
        value: "flux f_e per tick",
    };
    Ok(Picture {
        svg: map.draw(),
        bins: cells(&bins),
    })
}

/// Refuses a ledger that does not have as many nodes or edges as the run.
fn whole(
    run: &StoredRun,
    tick: u64,
    what: &str,
    expected: u64,
    found: usize,
) -> Result<(), Failure> {
    if found as u64 == expected {
        return Ok(());
    }
    Err(Failure::Damaged(format!(
        "{} is damaged: the run has {expected} {what}s, but the ledger of tick {tick} has {found}",
        run.path().display()
    )))
}

fn chain(run: &StoredRun, ticks: u64) -> Result<Picture, Failure> {
    let modulus = run.plan()?.modulus();
    let mut plot = ChainPlot::new(ticks, modulus);
    for (entry, tick) in run.values_of_ticks::<LedgerEntry>(1..=ticks).zip(1..) {
        let value = entry?.c_t;
        if !(0..modulus).contains(&value) {
            return Err(Failure::Damaged(format!(
                "{} is damaged: the chain value of tick {tick} is {value}, which is not from 0 to \
                 {}",
                run.path().display(),
                modulus - 1
            )));
        }
        plot.add(tick, value);
    }
    let bins = plot.bins().map_or(Value::Null, cells);
    Ok(Picture {
        svg: plot.draw(subtitle(run), ticks),
        bins,
    })
}

fn press(run: &StoredRun) -> Result<Picture, Failure> {
    let plan = run.plan()?;
    let mut plot = PressPlot::default();
    for manifest in run.values::<Manifest>() {
        let manifest = manifest?;
        let window = plan
            .windows()
            .iter()
            .find(|window| window.window_id() == manifest.window_id);
        plot.add(&manifest, window.is_some_and(|window| window.is_primary()));
    }
    let shared = plot.windows_a_bar();
    let bins = match shared {
        1 => Value::Null,
        _ => json!({ "windows": plot.window_count(), "windows_a_bar": shared }),
    };
    Ok(Picture {
        svg: plot.draw(subtitle(run)),
        bins,
    })
}

fn topology(run: &StoredRun, ticks: u64) -> Result<Picture, Failure> {
    let nodes = run.header().node_count;
    if nodes > NODES_MAX {
        return Err(Failure::Input(format!(
            "the topology of run `{}` has {nodes} nodes, and drawings of a graph have at most \
             {NODES_MAX}: `--what state` and `--what flux` show graphs of any size",
            id_of(run)
        )));
    }
    let mut plot = TopologyPlot::default();
    for ledger in run.values_of_ticks::<UmxLedger>(1..=ticks) {
        plot.add(&ledger?);
    }
    Ok(Picture {
        svg: plot.draw(subtitle(run)),
        bins: Value::Null,
    })
}

/// The subtitle: the run and its size.
fn subtitle(run: &StoredRun) -> String {
    let header = run.header();
    let counted = |count: u64, what: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {what}{plural}")
    };
    let mut text = format!(
        "run {} · {} · {} · {} · profile {}",
        header.run_id,
        counted(header.node_count as u64, "node"),
        counted(header.edge_count as u64, "edge"),
        counted(header.ticks, "tick"),
        header.profile
    );
    if header.status.name() != "complete" {
        text = format!("{text} · {}", header.status.name());
    }
    text
}

fn cells(bins: &Bins) -> Value {
    json!({
        "columns": bins.columns(),
        "rows": bins.rows().div_ceil(bins.rows_a_cell()),
        "ticks_a_cell": bins.ticks_a_cell(),
        "rows_a_cell": bins.rows_a_cell(),
    })
}
