//! [`Run`]: a run that is kept in memory.

use std::io;

use super::pipeline::{Outcome, RunOptions, RunStatus, execute};
use super::sink::RecordSink;
use crate::canonical::{Encoded, Hash};
use crate::config::RunPlan;
use crate::record::{Metrics, Record, RecordKind, RecordType};

/// A finished run: every committed record as its canonical text, in run order.
#[derive(Clone, Debug)]
pub struct Run {
    outcome: Outcome,
    records: Vec<Texts>,
}

/// The texts of one kind of record, end to end.
#[derive(Clone, Debug, Default)]
struct Texts {
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<usize>,
    /// How many texts are committed.
    committed: usize,
}

impl Run {
    pub(super) fn execute(plan: &RunPlan, options: &RunOptions<'_>) -> Self {
        let mut sink = MemorySink {
            records: vec![Texts::default(); RecordKind::ALL.len()],
        };
        let outcome = execute(plan, options, &mut sink).expect("memory takes every record");
        Self {
            outcome,
            records: sink.records,
        }
    }

    /// How the run ended.
    pub const fn status(&self) -> RunStatus {
        self.outcome.status
    }

    /// The run in numbers.
    pub const fn metrics(&self) -> &Metrics {
        &self.outcome.metrics
    }

    /// The hash of the last entry of the U-ledger, which identifies the run; `None` if nothing was
    /// committed.
    pub const fn last_entry_hash(&self) -> Option<Hash> {
        self.outcome.metrics.uledger_last_hash
    }

    /// All records of a type, in run order, as values.
    pub fn values<R: RecordType>(&self) -> impl Iterator<Item = R> {
        self.records(R::INFO.kind)
            .map(|text| R::from_text(text).expect("a run's own records read back"))
    }

    /// The canonical texts of all records of a kind, in run order.
    pub fn records(&self, kind: RecordKind) -> impl Iterator<Item = &[u8]> {
        let texts = &self.records[kind as usize];
        let starts = std::iter::once(0).chain(texts.ends.iter().copied());
        starts
            .zip(&texts.ends)
            .map(|(start, &end)| &texts.bytes[start..end])
    }
}

struct MemorySink {
    records: Vec<Texts>,
}

impl RecordSink for MemorySink {
    fn put(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()> {
        let texts = &mut self.records[record.kind() as usize];
        let text = encoded.text.expect("memory asks for every text");
        texts.bytes.extend_from_slice(text);
        texts.ends.push(texts.bytes.len());
        Ok(())
    }

    fn commit(&mut self) -> io::Result<()> {
        for texts in &mut self.records {
            texts.committed = texts.ends.len();
        }
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        for texts in &mut self.records {
            texts.ends.truncate(texts.committed);
            let end = texts.ends.last().map_or(0, |&end| end);
            texts.bytes.truncate(end);
        }
        Ok(())
    }
}
