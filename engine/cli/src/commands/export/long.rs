//! The long tables: one row per tick and node, or per tick and edge, as data frames want them.

use std::io::Write;
use std::ops::RangeInclusive;

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

/// Writes a long table as CSV, as one JSON object, or as one JSON object per line.
///
/// Tick 0 has a state, which follows from the inputs, and no fluxes.
pub(super) fn write(
    run: &StoredRun,
    table: Long,
    ticks: &RangeInclusive<u64>,
    graph: &Graph,
    form: ExportForm,
    sink: &mut dyn Write,
) -> Result<(), Failure> {
    let names = run.names()?;
    let mut rows = Rows::new(table, graph, &names, form, sink);
    rows.begin()?;
    if ticks.contains(&0) && table == Long::State {
        let plan = run.plan()?;
        let replay = Replay::from_start(&plan).map_err(Failure::Run)?;
        rows.states(0, replay.state())?;
    }
    let recorded = (*ticks.start()).max(1)..=*ticks.end();
    for ledger in run.values_of_ticks::<UmxLedger>(recorded) {
        let ledger = ledger?;
        match table {
            Long::State => rows.states(ledger.tick, &ledger.post_u)?,
            Long::Flux => rows.fluxes(&ledger)?,
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
    sink: &'w mut dyn Write,
    cells: Cells,
    line: Vec<u8>,
    first: bool,
}

impl<'w> Rows<'w> {
    fn new(
        table: Long,
        graph: &'w Graph,
        names: &Names,
        form: ExportForm,
        sink: &'w mut dyn Write,
    ) -> Self {
        let labels = match (table, form) {
            (Long::State, ExportForm::Csv) => {
                Labels::cells(graph.nodes.count, |id| names.node(id))
            }
            (Long::State, _) => Labels::json(graph.nodes.count, |id| names.node(id)),
            (Long::Flux, ExportForm::Csv) => Labels::cells(graph.edges.count, |id| names.edge(id)),
            (Long::Flux, _) => Labels::json(graph.edges.count, |id| names.edge(id)),
        };
        Self {
            table,
            graph,
            labels,
            form,
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
                self.cells.end(self.sink)?;
            }
            ExportForm::Json => write!(self.sink, "{{\"{}\":[", self.table.name())?,
            ExportForm::Jsonl => {}
        }
        Ok(())
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
            self.cells.end(self.sink)?;
            return Ok(());
        }
        let mut digits = itoa::Buffer::new();
        let columns = self.table.columns();
        let line = &mut self.line;
        line.clear();
        if self.form == ExportForm::Json && !self.first {
            line.push(b',');
        }
        self.first = false;
        let member = |line: &mut Vec<u8>, open: &str, column: &str, value: &str| {
            for piece in [open, "\"", column, "\":", value] {
                line.extend_from_slice(piece.as_bytes());
            }
        };
        member(line, "{", columns[0], digits.format(tick));
        member(line, ",", columns[1], digits.format(id));
        member(line, ",", columns[2], label);
        for (column, &number) in columns[3..].iter().zip(numbers) {
            member(line, ",", column, digits.format(number));
        }
        line.extend_from_slice(if self.form == ExportForm::Json { b"}" } else { b"}\n" });
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
