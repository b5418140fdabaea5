//! The long tables: one row per tick and node, or per tick and edge, as data frames want them.

use std::io::Write;
use std::ops::RangeInclusive;

use aether_engine::canonical::{push_count, push_integer};
use aether_engine::config::Names;
use aether_engine::record::UmxLedger;
use aether_engine::run::Replay;
use aether_engine::store::StoredRun;

use super::cells::Cells;
use super::graph::{Graph, Labels};
use crate::args::ExportForm;
use crate::exit::Failure;

/// The two long tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Long {
    /// `tick,node,label,state`.
    State,
    /// `tick,edge,label,du,raw,f_e`.
    Flux,
}

impl Long {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Flux => "flux",
        }
    }

    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::State => &["tick", "node", "label", "state"],
            Self::Flux => &["tick", "edge", "label", "du", "raw", "f_e"],
        }
    }
}

/// What is written of a run.
pub(super) struct LongExport<'e> {
    pub(super) run: &'e StoredRun,
    pub(super) table: Long,
    pub(super) ticks: &'e RangeInclusive<u64>,
    pub(super) graph: &'e Graph,
    pub(super) form: ExportForm,
    /// Recomputes the ticks that the run reached and did not store, and marks each row.
    pub(super) replayed: bool,
}

/// The column that marks rows of ticks that were recomputed.
const REPLAYED: &str = "replayed";

/// Writes a long table as CSV, as one JSON object, or as one JSON object per line.
///
/// Tick 0 has a state, which follows from the inputs, and no fluxes.
pub(super) fn write(export: &LongExport<'_>, sink: &mut dyn Write) -> Result<(), Failure> {
    let (run, table, ticks) = (export.run, export.table, export.ticks);
    let names = run.names()?;
    let mut rows = Rows::new(export, &names, sink);
    rows.begin()?;
    if ticks.contains(&0) && table == Long::State {
        let plan = run.plan()?;
        let replay =
            Replay::from_start(&plan).map_err(|error| Failure::run(error, plan.names()))?;
        rows.states(0, replay.state())?;
    }
    let stored = run.ticks_recorded().min(*ticks.end());
    for ledger in run.values_of_ticks::<UmxLedger>((*ticks.start()).max(1)..=stored) {
        rows.tick(&ledger?)?;
    }
    if export.replayed && *ticks.end() > stored {
        let plan = run.plan()?;
        let mut replayed = run.replayed(&plan)?;
        rows.mark = "true";
        while let Some(tick) = replayed.next_tick() {
            if tick.ledger.tick > *ticks.end() {
                break;
            }
            if ticks.contains(&tick.ledger.tick) {
                rows.tick(tick.ledger)?;
            }
        }
    }
    rows.end()
}

/// Writes the rows of one table in one form.
struct Rows<'w> {
    table: Long,
    graph: &'w Graph,
    labels: Labels,
    form: ExportForm,
    is_marked: bool,
    /// Whether the rows are of ticks that were recomputed.
    mark: &'static str,
    sink: &'w mut dyn Write,
    cells: Cells,
    line: Vec<u8>,
    first: bool,
}

impl<'w> Rows<'w> {
    fn new(export: &LongExport<'w>, names: &Names, sink: &'w mut dyn Write) -> Self {
        let (table, graph, form) = (export.table, export.graph, export.form);
        let labels = match (table, form) {
            (Long::State, ExportForm::Csv) => Labels::cells(graph.nodes.count, |id| names.node(id)),
            (Long::State, _) => Labels::json(graph.nodes.count, |id| names.node(id)),
            (Long::Flux, ExportForm::Csv) => Labels::cells(graph.edges.count, |id| names.edge(id)),
            (Long::Flux, _) => Labels::json(graph.edges.count, |id| names.edge(id)),
        };
        Self {
            table,
            graph,
            labels,
            form,
            is_marked: export.replayed,
            mark: "false",
            sink,
            cells: Cells::default(),
            line: Vec::new(),
            first: true,
        }
    }

    fn begin(&mut self) -> Result<(), Failure> {
        match self.form {
            ExportForm::Csv => {
                let columns = self.table.columns();
                columns.iter().for_each(|column| self.cells.plain(column));
                if self.is_marked {
                    self.cells.plain(REPLAYED);
                }
                self.cells.end(self.sink)?;
            }
            ExportForm::Json => write!(self.sink, "{{\"{}\":[", self.table.name())?,
            ExportForm::Jsonl => {}
        }
        Ok(())
    }

    fn tick(&mut self, ledger: &UmxLedger) -> Result<(), Failure> {
        match self.table {
            Long::State => self.states(ledger.tick, &ledger.post_u),
            Long::Flux => self.fluxes(ledger),
        }
    }

    fn states(&mut self, tick: u64, states: &[i64]) -> Result<(), Failure> {
        let graph = self.graph;
        for index in graph.nodes.indices() {
            self.row(tick, index, &[states[index]])?;
        }
        Ok(())
    }

    fn fluxes(&mut self, ledger: &UmxLedger) -> Result<(), Failure> {
        let graph = self.graph;
        for index in graph.edges.indices() {
            let edge = &ledger.edges[index];
            self.row(ledger.tick, index, &[edge.du, edge.raw, edge.f_e])?;
        }
        Ok(())
    }

    fn row(&mut self, tick: u64, index: usize, numbers: &[i64]) -> Result<(), Failure> {
        let (id, label) = (index as u64 + 1, self.labels.get(index));
        if self.form == ExportForm::Csv {
            self.cells.id(tick);
            self.cells.id(id);
            self.cells.plain(label);
            numbers.iter().for_each(|&number| self.cells.number(number));
            if self.is_marked {
                self.cells.plain(self.mark);
            }
            self.cells.end(self.sink)?;
            return Ok(());
        }
        let columns = self.table.columns();
        let line = &mut self.line;
        line.clear();
        if self.form == ExportForm::Json && !self.first {
            line.push(b',');
        }
        self.first = false;
        let key = |line: &mut Vec<u8>, open: u8, column: &str| {
            line.extend_from_slice(&[open, b'"']);
            line.extend_from_slice(column.as_bytes());
            line.extend_from_slice(b"\":");
        };
        key(line, b'{', columns[0]);
        push_count(line, tick);
        key(line, b',', columns[1]);
        push_count(line, id);
        key(line, b',', columns[2]);
        line.extend_from_slice(label.as_bytes());
        for (column, &number) in columns[3..].iter().zip(numbers) {
            key(line, b',', column);
            push_integer(line, number);
        }
        if self.is_marked {
            key(line, b',', REPLAYED);
            line.extend_from_slice(self.mark.as_bytes());
        }
        line.push(b'}');
        if self.form == ExportForm::Jsonl {
            line.push(b'\n');
        }
        self.sink.write_all(line)?;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Failure> {
        if self.form == ExportForm::Json {
            self.sink.write_all(b"]}\n")?;
        }
        Ok(())
    }
}
