//! The table of one kind of record: one row per record, vectors as numbered columns.
//!
//! A row is made from the slices of the record's canonical text, in one pass: what is written and
//! how long it takes grow with that text.

use std::io::Write;
use std::ops::RangeInclusive;

use aether_engine::config::Names;
use aether_engine::record::{PBlock, UmxLedger};
use aether_engine::run::RecordKind;
use aether_engine::store::{StoredRecord, StoredRun};
use aether_json::scan;

use super::cells::Cells;
use super::graph::{Graph, Ids};
use super::layout::{Layout, Member, Part};
use super::part::edge_list;
use super::work::looks_at;
use crate::exit::Failure;

/// What is written of a run.
pub(super) struct Wide<'e> {
    pub(super) run: &'e StoredRun,
    /// The ticks that were asked for; `None` for all.
    pub(super) asked: Option<&'e RangeInclusive<u64>>,
    /// The ticks that have ledgers, as far as they are written.
    pub(super) ticks: &'e RangeInclusive<u64>,
    pub(super) graph: &'e Graph,
    /// The names for the header.
    pub(super) names: Option<&'e Names>,
}

/// The columns of the table of edges.
const EDGE_COLUMNS: [&str; 8] = ["tick", "e_id", "i", "j", "du", "raw", "cap", "f_e"];

/// P-blocks of more edges than this are not stored as text, so that there is none to copy.
const REBUILT_EDGES: usize = 200;

impl Wide<'_> {
    /// Writes the table of one kind. The `edges` of ledgers are left to [`Wide::write_edges`].
    pub(super) fn write_records(
        &self,
        layout: &Layout,
        sink: &mut dyn Write,
    ) -> Result<(), Failure> {
        let mut cells = Cells::default();
        self.header(layout, &layout.members, &mut cells);
        // A table whose first record cannot be read is not begun.
        let mut header = Vec::new();
        cells.end(&mut header)?;
        if layout.kind == RecordKind::PBlocks && self.graph.edges.count > REBUILT_EDGES {
            sink.write_all(&header)?;
            return self.write_p_blocks(cells, sink);
        }
        for record in self.run.records_of_ticks(layout.kind, self.asked)? {
            let record = record?;
            let text = std::str::from_utf8(&record.text).ok();
            text.and_then(|text| self.object(layout, &layout.members, text, &mut cells))
                .ok_or_else(|| self.unreadable(layout, &record))?;
            sink.write_all(&header)?;
            header.clear();
            cells.end(sink)?;
        }
        Ok(sink.write_all(&header)?)
    }

    /// Writes the rows of P-blocks of a large graph. Such a record is one long list of fluxes, which is
    /// spelled from its numbers instead of from its text.
    fn write_p_blocks(&self, mut cells: Cells, sink: &mut dyn Write) -> Result<(), Failure> {
        for block in self.run.values_of_ticks::<PBlock>(self.ticks.clone()) {
            let block = block?;
            cells.id(block.tick);
            cells.number(block.c_t);
            let (edges, fluxes) = (&self.graph.edges, &block.edge_flux_summary);
            if edges.is_all() {
                cells.fluxes(fluxes.iter().copied());
            } else {
                cells.fluxes(edges.indices().map(|index| fluxes[index]));
            }
            cells.number(block.s_t);
            cells.id(block.seq);
            cells.end(sink)?;
        }
        Ok(())
    }

    /// Writes the edges of all ledgers, one row per tick and edge.
    pub(super) fn write_edges(&self, sink: &mut dyn Write) -> Result<(), Failure> {
        let mut cells = Cells::default();
        EDGE_COLUMNS.iter().for_each(|column| cells.plain(column));
        cells.end(sink)?;
        for ledger in self.run.values_of_ticks::<UmxLedger>(self.ticks.clone()) {
            let ledger = ledger?;
            for index in self.graph.edges.indices() {
                let edge = &ledger.edges[index];
                cells.id(ledger.tick);
                for id in [edge.e_id, edge.i, edge.j] {
                    cells.id(id);
                }
                for number in [edge.du, edge.raw, edge.cap, edge.f_e] {
                    cells.number(number);
                }
                cells.end(sink)?;
            }
        }
        Ok(())
    }

    fn header(&self, layout: &Layout, members: &[Member], cells: &mut Cells) {
        for member in members {
            let path = &member.path;
            match &member.part {
                Part::Object(members) => self.header(layout, members, cells),
                Part::OfNodes => {
                    for id in self.graph.nodes.indices().map(|index| index as u64 + 1) {
                        match self.names {
                            Some(names) => cells.text(&format!("{path}_{}", names.show_node(id))),
                            None => cells.plain(&format!("{path}_{id}")),
                        }
                    }
                }
                Part::OfEdges => {
                    for id in self.graph.edges.indices().map(|index| index as u64 + 1) {
                        match self.names {
                            Some(names) => cells.text(&format!("{path}_{}", names.show_edge(id))),
                            None => cells.plain(&format!("{path}_{id}")),
                        }
                    }
                }
                Part::EdgeList if has_own_table(layout, member) => {}
                Part::EdgeList | Part::Value => cells.text(path),
            }
        }
    }

    /// Adds the cells of an object; `None` if it is not one that the layout describes.
    fn object(
        &self,
        layout: &Layout,
        members: &[Member],
        raw: &str,
        cells: &mut Cells,
    ) -> Option<()> {
        looks_at(raw.len());
        let found = scan::members(raw)?;
        let mut matched = 0;
        for member in members {
            let value = member.of(&found);
            matched += usize::from(value.is_some());
            match (&member.part, value) {
                (Part::Object(members), Some(value)) => {
                    self.object(layout, members, value, cells)?;
                }
                (Part::Object(members), None) => cells.empty(self.width(layout, members)),
                (Part::OfNodes, Some(value)) => vector(value, &self.graph.nodes, cells)?,
                (Part::OfEdges, Some(value)) => vector(value, &self.graph.edges, cells)?,
                (Part::EdgeList, _) if has_own_table(layout, member) => {}
                (Part::EdgeList, Some(value)) if !self.graph.edges.is_all() => {
                    let mut list = Vec::new();
                    edge_list(value, &self.graph.edges, &mut list)?;
                    cells.text(std::str::from_utf8(&list).ok()?);
                }
                (Part::EdgeList, Some(value)) => cells.text(value),
                (Part::Value, Some(value)) => scalar(value, cells)?,
                (part, None) => cells.empty(self.width_of(layout, member, part)),
            }
        }
        (matched == found.len()).then_some(())
    }

    /// The number of columns of an object.
    fn width(&self, layout: &Layout, members: &[Member]) -> usize {
        let widths = members.iter();
        widths
            .map(|member| self.width_of(layout, member, &member.part))
            .sum()
    }

    fn width_of(&self, layout: &Layout, member: &Member, part: &Part) -> usize {
        match part {
            Part::Object(members) => self.width(layout, members),
            Part::OfNodes => self.graph.nodes.len(),
            Part::OfEdges => self.graph.edges.len(),
            Part::EdgeList if has_own_table(layout, member) => 0,
            Part::EdgeList | Part::Value => 1,
        }
    }

    fn unreadable(&self, layout: &Layout, record: &StoredRecord) -> Failure {
        unreadable(self.run, layout.kind.name(), record.position)
    }
}

/// A record with its stored hash that is not a record of its kind.
pub(super) fn unreadable(run: &StoredRun, kind: &str, position: u64) -> Failure {
    Failure::Damaged(format!(
        "{} is damaged: `{kind}` {position} cannot be read: it does not have the members of its kind",
        run.path().display()
    ))
}

/// Whether a list of edges has a table of its own, [`Wide::write_edges`].
fn has_own_table(layout: &Layout, member: &Member) -> bool {
    layout.kind.name() == "ledgers" && member.path == "edges"
}

/// Adds the chosen numbers of a vector.
fn vector(raw: &str, ids: &Ids, cells: &mut Cells) -> Option<()> {
    looks_at(raw.len());
    let inner = raw.strip_prefix('[')?.strip_suffix(']')?;
    let is_numbers = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b',');
    let commas = inner.bytes().filter(|&byte| byte == b',').count();
    let count = if inner.is_empty() { 0 } else { commas + 1 };
    if count != ids.count || !inner.bytes().all(is_numbers) {
        return None;
    }
    if ids.is_all() {
        if count > 0 {
            cells.plain(inner);
        }
        return Some(());
    }
    let mut numbers = inner.split(',');
    let mut next = 0;
    for index in ids.indices() {
        cells.plain(numbers.nth(index - next)?);
        next = index + 1;
    }
    Some(())
}

/// Adds a value as one cell: a string as its text, null as nothing, anything else as JSON.
fn scalar(raw: &str, cells: &mut Cells) -> Option<()> {
    match scan::kind(raw) {
        scan::Kind::String if raw.contains('\\') => {
            cells.text(&aether_json::from_str::<String>(raw).ok()?);
        }
        scan::Kind::String => cells.text(raw.strip_prefix('"')?.strip_suffix('"')?),
        scan::Kind::Word if raw == "null" => cells.empty(1),
        scan::Kind::Word | scan::Kind::Number => cells.plain(raw),
        scan::Kind::Array | scan::Kind::Object => cells.text(raw),
    }
    Some(())
}
