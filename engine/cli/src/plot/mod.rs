//! Pictures of a run, as SVG.
//!
//! A picture is made in one pass over the records; the memory it needs depends on the size of the
//! picture and of one tick, not on that of the run. The same run gives the same bytes. Colours are
//! classes with a light and a dark value ([`colours`]); [`frame`] places titles, axes and labels,
//! and [`drawing`] writes the file.

mod activity;
mod bins;
mod clusters;
mod colours;
mod drawing;
mod envelope;
mod frame;
mod graph;
mod heat_map;
mod labels;
mod layout;
mod median;
mod pivots;
mod press;
mod rows;
mod scale;
mod series;
mod ticks;
mod topology;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use aether_engine::config::RunPlan;
use aether_engine::record::{ApxiView, Manifest};
use aether_engine::store::StoredRun;
use aether_harness::counted;
use aether_json::{Value, json};

use activity::ActivityPlot;
use bins::Bins;
use heat_map::HeatMap;
use press::{Described, PressPlot};
use rows::Rows;
pub(crate) use series::LINES_MAX;
use series::SeriesPlot;
use ticks::Ticks;
use topology::{NODES_MAX, TopologyPlot};

use crate::args::PlotWhat;
use crate::exit::Failure;
use crate::registry::{id_of, shown_name};
use crate::selection::Selection;

/// A finished picture.
pub(crate) struct Picture {
    pub(crate) svg: String,
    /// How many values share a cell or bar, for programs; null if none do.
    pub(crate) bins: Value,
}

/// Nodes that a report draws as lines if none were asked for.
const CHANGING: usize = 4;

/// Whether the graph of a run is small enough to be drawn as a whole.
pub(crate) fn fits_topology(run: &StoredRun) -> bool {
    run.header().node_count <= NODES_MAX
}

/// The nodes whose states differ most between their least and their greatest value, in order of id;
/// `None` if no state was reached.
pub(crate) fn most_changing(
    run: &StoredRun,
    ticks: Option<&RangeInclusive<u64>>,
) -> Result<Option<Vec<u64>>, Failure> {
    let plan = run.plan()?;
    let ticks = Ticks::new(run, &plan, ticks, 0)?;
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    ticks.each(|moment| {
        if ranges.is_empty() {
            ranges = moment.state.iter().map(|value| (*value, *value)).collect();
        }
        for (range, value) in ranges.iter_mut().zip(moment.state) {
            *range = (range.0.min(*value), range.1.max(*value));
        }
        Ok(())
    })?;
    let mut nodes: Vec<u64> = (1..=ranges.len() as u64).collect();
    let range = |node: &u64| {
        let (least, most) = ranges[usize::try_from(node - 1).expect("the node is in memory")];
        most.abs_diff(least)
    };
    nodes.sort_by_key(|node| (std::cmp::Reverse(range(node)), *node));
    nodes.truncate(CHANGING);
    nodes.sort_unstable();
    Ok((!nodes.is_empty()).then_some(nodes))
}

/// Draws a run, or the selected part of it.
pub(crate) fn draw(
    run: &StoredRun,
    what: PlotWhat,
    selection: &Selection,
) -> Result<Picture, Failure> {
    let plan = run.plan()?;
    let subject = Subject {
        run,
        plan: &plan,
        selection,
    };
    match what {
        PlotWhat::State => subject.state(),
        PlotWhat::Flux => subject.flux(),
        PlotWhat::Activity => subject.activity(),
        PlotWhat::Press => subject.press(),
        PlotWhat::Topology => subject.topology(),
        PlotWhat::Series => subject.series(),
    }
}

/// What is drawn.
struct Subject<'r> {
    run: &'r StoredRun,
    plan: &'r RunPlan,
    selection: &'r Selection,
}

impl Subject<'_> {
    /// The ticks of the picture, from `first` on unless others were asked for.
    fn ticks(&self, first: u64) -> Result<Ticks<'_>, Failure> {
        Ticks::new(self.run, self.plan, self.selection.ticks.as_ref(), first)
    }

    fn nodes(&self) -> Rows<'_> {
        let count = self.run.header().node_count as u64;
        Rows::nodes(count, self.selection.nodes.as_deref(), self.plan.names())
    }

    /// Refuses options that the picture has no use for.
    fn refuse(&self, what: &str, nodes: bool, edges: bool) -> Result<(), Failure> {
        let given = [
            ("--node", nodes && self.selection.nodes.is_some()),
            ("--edge", edges && self.selection.edges.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(Failure::Input(format!(
                "`{option}` does not apply to `--what {what}`; leave it out"
            ))),
            None => Ok(()),
        }
    }

    fn state(&self) -> Result<Picture, Failure> {
        self.refuse("state", false, true)?;
        let ticks = self.ticks(0)?;
        let rows = self.nodes();
        let mut bins = Bins::new(ticks.range(), rows.count());
        ticks.each(|moment| {
            bins.add(moment.tick, rows.pick(moment.state));
            Ok(())
        })?;
        let title = "State over ticks";
        Ok(self.heat_map(
            &bins,
            &rows,
            &ticks,
            ("state", title, "state after the tick"),
        ))
    }

    fn flux(&self) -> Result<Picture, Failure> {
        self.refuse("flux", true, false)?;
        let count = self.run.header().edge_count as u64;
        if count == 0 {
            return Err(self.without_edges("no flux to draw"));
        }
        let ticks = self.ticks(1)?;
        let rows = Rows::edges(count, self.selection.edges.as_deref(), self.plan.names());
        let mut bins = Bins::new(ticks.range(), rows.count());
        let mut fluxes: Vec<i64> = Vec::new();
        ticks.each(|moment| {
            let edges = moment.ledger.iter().flat_map(|ledger| &ledger.edges);
            fluxes.clear();
            fluxes.extend(edges.map(|edge| edge.f_e));
            bins.add(moment.tick, rows.pick(&fluxes));
            Ok(())
        })?;
        let title = "Flux over ticks";
        Ok(self.heat_map(&bins, &rows, &ticks, ("flux", title, "flux f_e per tick")))
    }

    fn heat_map(
        &self,
        bins: &Bins,
        rows: &Rows<'_>,
        ticks: &Ticks<'_>,
        (id, title, value): (&'static str, &str, &'static str),
    ) -> Picture {
        let map = HeatMap {
            bins,
            rows,
            id,
            title: title.to_owned(),
            subtitle: self.subtitle(),
            value,
            replayed: ticks.replayed(),
        };
        let lines = bins.rows().div_ceil(bins.rows_a_cell());
        Picture {
            svg: map.draw(),
            bins: json!({
                "columns": bins.columns(),
                "rows": lines,
                "ticks_a_cell": bins.ticks_a_cell(),
                "rows_a_cell": bins.rows_a_cell(),
            }),
        }
    }

    fn activity(&self) -> Result<Picture, Failure> {
        self.refuse("activity", true, true)?;
        let ticks = self.ticks(1)?;
        let mut plot = ActivityPlot::new(ticks.range(), self.run.header().edge_count as u64);
        ticks.each(|moment| {
            if let Some(ledger) = moment.ledger {
                plot.add(ledger);
            }
            Ok(())
        })?;
        Ok(Picture {
            svg: plot.draw(self.subtitle(), ticks.replayed().as_ref()),
            bins: Value::Null,
        })
    }

    fn series(&self) -> Result<Picture, Failure> {
        self.refuse("series", false, true)?;
        let rows = self.nodes();
        if rows.count() > LINES_MAX as u64 {
            return Err(Failure::Input(format!(
                "a line chart shows at most {LINES_MAX} nodes, not {}; choose some with --node",
                rows.count()
            )));
        }
        let ticks = self.ticks(0)?;
        let mut plot = SeriesPlot::new(ticks.range(), &rows);
        ticks.each(|moment| {
            plot.add(moment.tick, moment.state);
            for entry in self.plan.inputs_at(moment.tick) {
                plot.add_input(moment.tick, entry.pfna_id(), entry.written(), moment.state);
            }
            Ok(())
        })?;
        Ok(Picture {
            svg: plot.draw(self.subtitle(), ticks.replayed().as_ref()),
            bins: Value::Null,
        })
    }

    fn press(&self) -> Result<Picture, Failure> {
        self.refuse("press", true, true)?;
        // Checks that there is something to draw.
        let ticks = self.ticks(1)?;
        let mut plot = PressPlot::default();
        let described = self.described()?;
        for manifest in self.run.values::<Manifest>() {
            let manifest = manifest?;
            let (from, to) = (*ticks.range().start(), *ticks.range().end());
            if manifest.end_tick < from || manifest.start_tick > to {
                continue;
            }
            let mut windows = self.plan.windows().iter();
            let window = windows.find(|window| window.window_id() == manifest.window_id);
            let primary = window.is_some_and(|window| window.is_primary());
            plot.add(&manifest, primary, &described);
        }
        if plot.window_count() == 0 {
            let name = id_of(self.run);
            return Err(Failure::Input(format!(
                "run `{name}` has no committed window in these ticks, so there is nothing to draw"
            )));
        }
        let shared = plot.windows_a_bar();
        let bins = match shared {
            1 => Value::Null,
            _ => json!({ "windows": plot.window_count(), "windows_a_bar": shared }),
        };
        Ok(Picture {
            svg: plot.draw(self.subtitle()),
            bins,
        })
    }

    /// What descriptors need for the streams of windows. Only those over exactly the ticks of the
    /// window can be compared with the stream itself.
    fn described(&self) -> Result<Described, Failure> {
        let mut described = Described::new();
        for view in self.run.values::<ApxiView>() {
            let view = view?;
            if !self.plan.is_described_as_tallied(&view.window_id) {
                continue;
            }
            let best = view.best();
            let bits = best.map(|(stream, best)| (stream.to_owned(), best.total_bits));
            described.insert(view.window_id.clone(), bits.collect());
        }
        Ok(described)
    }

    fn topology(&self) -> Result<Picture, Failure> {
        let part = self.part();
        let nodes = part.as_ref().map_or(self.run.header().node_count, Vec::len);
        if nodes > NODES_MAX {
            return Err(Failure::Input(format!(
                "the topology of run `{}` has {nodes} nodes, and drawings of a graph have at most \
                 {NODES_MAX}: `--node` draws a part of it, and `--what state` and `--what flux` show \
                 graphs of any size",
                id_of(self.run)
            )));
        }
        // Tick 0 is drawn only if it is asked for: it has no flux.
        let first = self.selection.ticks.as_ref().map_or(1, |_| 0);
        let ticks = self.ticks(first)?;
        let mut plot = TopologyPlot::new(self.plan.names(), self.plan.edge_ends(), ticks.range());
        ticks.each(|moment| {
            plot.add(moment.state, moment.ledger);
            Ok(())
        })?;
        let notes = ticks.note().into_iter().collect();
        Ok(Picture {
            svg: plot.draw(self.subtitle(), part.as_deref(), notes),
            bins: Value::Null,
        })
    }

    /// The indices of the selected nodes, of the ends of the selected edges, and of the neighbours of
    /// both; `None` if nothing is selected.
    fn part(&self) -> Option<Vec<usize>> {
        let (nodes, edges) = (&self.selection.nodes, &self.selection.edges);
        if nodes.is_none() && edges.is_none() {
            return None;
        }
        let mut chosen: BTreeSet<u64> = nodes.iter().flatten().copied().collect();
        let ends: Vec<(u64, u64)> = self.plan.edge_ends().collect();
        for edge in edges.iter().flatten() {
            let (from, to) = ends[usize::try_from(edge - 1).expect("the edge is in memory")];
            chosen.extend([from, to]);
        }
        let mut part = chosen.clone();
        for (from, to) in ends {
            if chosen.contains(&from) || chosen.contains(&to) {
                part.extend([from, to]);
            }
        }
        let index = |id: u64| usize::try_from(id - 1).expect("the node is in memory");
        Some(part.into_iter().map(index).collect())
    }

    fn without_edges(&self, what: &str) -> Failure {
        let name = id_of(self.run);
        Failure::Input(format!("run `{name}` has no edges, so there is {what}"))
    }

    /// The subtitle: the run and its size.
    fn subtitle(&self) -> String {
        let header = self.run.header();
        let mut text = format!(
            "run {} · {} · {} · {} · profile {}",
            shown_name(self.run),
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
}
