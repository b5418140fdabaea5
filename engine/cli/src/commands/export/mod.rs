//! `aether export`: writes the records of a stored run, or tables of them, for other programs.
//!
//! | what | module |
//! | --- | --- |
//! | records as JSON, whole or restricted to nodes and edges | here, `part` |
//! | the table of a kind | `wide`, with the columns of `layout` |
//! | the long tables of states and fluxes | `long` |
//!
//! Everything is written while it is read: no form holds more than a few ticks in memory.

mod cells;
mod graph;
mod layout;
mod long;
mod part;
mod wide;
mod work;

use std::cell::RefCell;
use std::io::{self, IsTerminal as _, Write};
use std::ops::RangeInclusive;

use aether_engine::run::{RecordKind, RunStatus};
use aether_engine::store::{StoredRecord, StoredRun};

use crate::CommandResult;
use crate::args::{ExportCommand, ExportForm};
use crate::choice::unknown;
use crate::destination::{Destination, FileKind, Protected};
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;
use crate::selection::{self, Selection};
use graph::Graph;
use layout::Layout;
use long::{Long, LongExport};
use wide::Wide;

/// What is exported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Everything,
    Records(RecordKind),
    Metrics,
    Inputs,
    /// The edges of the ledgers, which have a table of their own.
    Edges,
    Long(Long),
}

pub(crate) fn export(command: &ExportCommand, output: &Output) -> CommandResult {
    let what = what(command)?;
    let run = registry::open_run(&command.runs, &command.run_id)?;
    let selection = command.selection.of_run(&run)?;
    let export = Export {
        run: &run,
        what,
        form: command.form,
        labels: command.labels,
        replayed: command.replayed,
        ticks: ticks(&run, what, command.replayed, &selection)?,
        graph: Graph::of(&run, &selection),
        asked: selection.ticks.clone(),
    };
    export.check(&selection)?;
    match &command.out {
        Some(path) => {
            let kind = match command.form {
                ExportForm::Json => FileKind::Json,
                ExportForm::Jsonl => FileKind::JsonLines,
                ExportForm::Csv => FileKind::Csv,
            };
            let reads = Protected::of_run(&run)?;
            let out = Destination::new(path, command.force, kind, &reads)?;
            let _progress = Progress::spinner("exporting");
            out.write(|sink| export.write(sink))?;
            output.note(&format!("wrote {}", path.display()));
        }
        None => {
            // A terminal shows the records themselves.
            let hidden = io::stdout().is_terminal();
            let _progress = (!hidden).then(|| Progress::spinner("exporting"));
            output.stream(|sink| export.write(sink))?;
        }
    }
    Ok(Status::Done)
}

fn what(command: &ExportCommand) -> Result<What, Failure> {
    let csv = command.form == ExportForm::Csv;
    let kind = command.kind.as_deref();
    if command.long {
        return long(command).map(What::Long);
    }
    if command.replayed {
        let why = "a tick that was not stored has no records, only states and fluxes: add --long";
        return Err(Failure::Input(why.to_owned()));
    }
    let what = match kind {
        None if csv => {
            let why = "a table holds one kind of record: add --kind, such as `--kind p_blocks`, or --long";
            return Err(Failure::Input(why.to_owned()));
        }
        None => What::Everything,
        Some("metrics") => What::Metrics,
        Some("inputs") => What::Inputs,
        Some("edges") if csv => What::Edges,
        Some("edges") => {
            let why = "edges are part of `ledgers`; as records of their own they are a table: \
                       add `--as csv` or --long";
            return Err(Failure::Input(why.to_owned()));
        }
        Some(name) => What::Records(RecordKind::from_name(name).ok_or_else(|| {
            let mut known = RecordKind::ALL.map(RecordKind::name).to_vec();
            known.extend(["metrics", "inputs"]);
            // The edges are a table only.
            known.extend(csv.then_some("edges"));
            unknown("kind", name, &known)
        })?),
    };
    if csv && matches!(what, What::Metrics | What::Inputs) {
        let why = "metrics and inputs are not tables: leave out `--as csv`";
        return Err(Failure::Input(why.to_owned()));
    }
    if command.labels && !csv {
        let why = "--labels is about the header of a table: add `--as csv`";
        return Err(Failure::Input(why.to_owned()));
    }
    Ok(what)
}

/// The long table that is meant; without `--kind`, that of the nodes or edges that are selected.
fn long(command: &ExportCommand) -> Result<Long, Failure> {
    let asked = &command.selection;
    match command.kind.as_deref() {
        Some("ledgers") => Ok(Long::State),
        Some("edges") => Ok(Long::Flux),
        Some(kind) => Err(Failure::Input(format!(
            "`{kind}` has no long table: `--kind ledgers` is that of states, `--kind edges` that of fluxes"
        ))),
        None if asked.edge.is_empty() => Ok(Long::State),
        None if asked.node.is_empty() => Ok(Long::Flux),
        None => {
            let why =
                "nodes and edges have a long table each: add `--kind ledgers` or `--kind edges`";
            Err(Failure::Input(why.to_owned()))
        }
    }
}

/// The ticks that are exported; all that there are unless some are selected.
fn ticks(
    run: &StoredRun,
    what: What,
    replayed: bool,
    selection: &Selection,
) -> Result<RangeInclusive<u64>, Failure> {
    let recorded = 1..=if replayed {
        last_reached(run)?
    } else {
        run.ticks_recorded()
    };
    let Some(asked) = &selection.ticks else {
        return Ok(recorded);
    };
    let belongs = match what {
        What::Records(kind) => kind.info().tick.is_some(),
        What::Metrics | What::Inputs => false,
        What::Everything | What::Edges | What::Long(_) => true,
    };
    if !belongs {
        let why = "this kind belongs to the run and not to a tick: leave out --tick";
        return Err(Failure::Input(why.to_owned()));
    }
    if what == What::Long(Long::State) {
        return selection::among(Some(asked), &(0..=*recorded.end()));
    }
    if *asked.start() == 0 {
        let why = "tick 0 has a state and no records: export it with --long and without edges";
        return Err(Failure::Input(why.to_owned()));
    }
    selection::among(Some(asked), &recorded)
}

/// The last tick that has a state: the one before the failing one, or the last of the window in
/// which the run was cut off.
fn last_reached(run: &StoredRun) -> Result<u64, Failure> {
    let missing = run.missing_ticks(&run.plan()?)?;
    Ok(match run.header().status {
        RunStatus::Failed(_) => missing.end().saturating_sub(1),
        _ => *missing.end(),
    })
}

/// One export.
struct Export<'e> {
    run: &'e StoredRun,
    what: What,
    form: ExportForm,
    labels: bool,
    replayed: bool,
    /// The ticks that were asked for; `None` for all, and then events before the first tick too.
    asked: Option<RangeInclusive<u64>>,
    /// The ticks that are written.
    ticks: RangeInclusive<u64>,
    graph: Graph,
}

impl Export<'_> {
    /// Refuses records that the run does not make, and nodes or edges of a kind that has none: what
    /// was asked for would be missing.
    fn check(&self, selection: &Selection) -> Result<(), Failure> {
        if let What::Records(kind) = self.what
            && !self.run.has(kind)
        {
            let (run, kind) = (registry::id_of(self.run), kind.name());
            let why = format!("run `{run}` has no grammar of AEON windows, and so no `{kind}`");
            return Err(Failure::Input(why));
        }
        let (nodes, edges) = match self.what {
            What::Everything => return Ok(()),
            What::Records(kind) => {
                let layout = Layout::of(kind);
                let is_table = self.form == ExportForm::Csv && kind == RecordKind::Ledgers;
                (layout.has_nodes(), layout.has_edges() && !is_table)
            }
            What::Metrics | What::Inputs => (false, false),
            What::Edges | What::Long(Long::Flux) => (false, true),
            What::Long(Long::State) => (true, false),
        };
        let refuse = |option: &str, tables: &str| {
            let why = format!("{option} has no part in this: {tables}");
            Err(Failure::Input(why))
        };
        if selection.nodes.is_some() && !nodes {
            return refuse(
                "--node",
                "nodes are in ledgers, scenes, i_blocks and `--long`",
            );
        }
        if selection.edges.is_some() && !edges {
            let tables = "edges are in edges (a table), ledgers (as JSON), p_blocks, i_blocks, \
                          codex_library and `--long --kind edges`";
            return refuse("--edge", tables);
        }
        Ok(())
    }

    fn write(&self, sink: &mut dyn Write) -> Result<(), Failure> {
        match (self.what, self.form) {
            (What::Long(table), form) => {
                let export = LongExport {
                    run: self.run,
                    table,
                    ticks: &self.ticks,
                    graph: &self.graph,
                    form,
                    replayed: self.replayed,
                };
                long::write(&export, sink)
            }
            (What::Records(kind), ExportForm::Csv) => {
                self.wide(|wide| wide.write_records(&Layout::of(kind), sink))
            }
            (What::Edges, _) => self.wide(|wide| wide.write_edges(sink)),
            (What::Records(kind), ExportForm::Jsonl) => self.each(kind, |text| {
                sink.write_all(text)?;
                sink.write_all(b"\n")
            }),
            (What::Everything, ExportForm::Jsonl) => {
                for kind in RecordKind::ALL
                    .into_iter()
                    .filter(|kind| self.run.has(*kind))
                {
                    self.each(kind, |text| {
                        write!(sink, "{{\"kind\":\"{}\",\"record\":", kind.name())?;
                        sink.write_all(text)?;
                        sink.write_all(b"}\n")
                    })?;
                }
                let metrics = self.run.metrics_text()?;
                Ok(writeln!(
                    sink,
                    "{{\"kind\":\"metrics\",\"record\":{metrics}}}"
                )?)
            }
            (What::Everything, _) => {
                self.object(sink)?;
                Ok(sink.write_all(b"\n")?)
            }
            (What::Records(kind), ExportForm::Json) => {
                write!(sink, "{{\"{}\":", kind.name())?;
                let mut separator: &[u8] = b"[";
                self.each(kind, |text| {
                    sink.write_all(separator)?;
                    separator = b",";
                    sink.write_all(text)
                })?;
                let end: &[u8] = if separator == b"[" { b"[]}\n" } else { b"]}\n" };
                Ok(sink.write_all(end)?)
            }
            (What::Metrics, _) => Ok(writeln!(
                sink,
                "{{\"metrics\":{}}}",
                self.run.metrics_text()?
            )?),
            (What::Inputs, _) => Ok(writeln!(
                sink,
                "{{\"inputs\":{}}}",
                self.run.documents()?.to_json()
            )?),
        }
    }

    /// Calls a function with a writer of tables.
    fn wide(&self, write: impl FnOnce(&Wide<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
        let names = if self.labels {
            Some(self.run.names()?)
        } else {
            None
        };
        write(&Wide {
            run: self.run,
            asked: self.asked.as_ref(),
            ticks: &self.ticks,
            graph: &self.graph,
            names: names.as_ref(),
        })
    }

    fn is_whole(&self) -> bool {
        self.graph.nodes.is_all() && self.graph.edges.is_all()
    }

    /// Calls a function with each record of a kind, as it is exported.
    fn each(
        &self,
        kind: RecordKind,
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let layout = (!self.is_whole()).then(|| Layout::of(kind));
        let mut part = Vec::new();
        for record in self.run.records_of_ticks(kind, self.asked.as_ref())? {
            let StoredRecord { position, text, .. } = record?;
            let Some(layout) = &layout else {
                write(&text)?;
                continue;
            };
            part.clear();
            part::write(layout, &self.graph, &text, &mut part)
                .ok_or_else(|| wide::unreadable(self.run, kind.name(), position))?;
            write(&part)?;
        }
        Ok(())
    }

    /// Writes the export object.
    fn object(&self, sink: &mut dyn Write) -> Result<(), Failure> {
        let layouts = match self.is_whole() {
            true => Vec::new(),
            false => RecordKind::ALL.map(Layout::of).into(),
        };
        let failed = RefCell::new(None);
        let write = |kind: RecordKind, text: &[u8], out: &mut Vec<u8>| {
            match layouts.iter().find(|layout: &&Layout| layout.kind == kind) {
                None => out.extend_from_slice(text),
                Some(layout) => {
                    part::write(layout, &self.graph, text, out).ok_or_else(|| {
                        *failed.borrow_mut() = Some(kind);
                        io::ErrorKind::InvalidData
                    })?;
                }
            }
            Ok(())
        };
        let written = self.run.write_export_of(self.asked.as_ref(), &write, sink);
        match failed.take() {
            Some(kind) => Err(Failure::Damaged(format!(
                "{} is damaged: one of `{}` cannot be read: it does not have the members of its kind",
                self.run.path().display(),
                kind.name()
            ))),
            None => Ok(written?),
        }
    }
}

#[cfg(test)]
mod tests;
