//! Writes the export object of a stored run while reading it.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::RangeInclusive;

use super::StoreError;
use super::stored::StoredRun;
use crate::canonical;
use crate::record::{RecordKind, RunSummary};
use crate::run::{Exported, write_export};

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The run could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The export could not be written.
    #[error("the export could not be written: {0}")]
    Write(#[from] io::Error),
}

impl StoredRun {
    /// Writes the export object: the bytes of [`Run::export`](crate::run::Run::export) of the same
    /// run in memory, without holding it.
    ///
    /// # Errors
    /// The run cannot be read, or the bytes cannot be written. The object is then incomplete.
    pub fn write_export(&self, output: &mut dyn Write) -> Result<(), ExportError> {
        write_export(self, output)
    }

    /// Writes the export object with each record in the form that `write` gives it, and if ticks
    /// are given with their records only. Records that belong to the run and not to a tick are all
    /// there.
    ///
    /// # Errors
    /// As for [`StoredRun::write_export`].
    pub fn write_export_of(
        &self,
        ticks: Option<&RangeInclusive<u64>>,
        write: &WriteRecord<'_>,
        output: &mut dyn Write,
    ) -> Result<(), ExportError> {
        let part = Part {
            run: self,
            ticks,
            write,
        };
        write_export(&part, output)
    }

    /// The summary of the run: the `run` member of the export object.
    pub fn summary(&self) -> RunSummary {
        let header = self.header();
        RunSummary {
            engine_version: header.engine_version.clone(),
            error: header.status.error(),
            gid: header.gid.clone(),
            last_entry_hash: header.last_entry_hash,
            run_id: header.run_id.clone(),
            status: header.status.as_name(),
            ticks: header.ticks,
        }
    }
}

/// Appends a record of a kind, given as canonical text, in the form in which it is exported.
pub type WriteRecord<'w> = dyn Fn(RecordKind, &[u8], &mut Vec<u8>) -> Result<(), io::Error> + 'w;

/// Some ticks of a run.
struct Part<'p> {
    run: &'p StoredRun,
    ticks: Option<&'p RangeInclusive<u64>>,
    write: &'p WriteRecord<'p>,
}

impl Exported for Part<'_> {
    type Error = ExportError;

    fn has(&self, kind: RecordKind) -> bool {
        self.run.has(kind)
    }

    fn summary(&self) -> RunSummary {
        self.run.summary()
    }

    fn inputs(&self) -> Result<Cow<'_, str>, ExportError> {
        Exported::inputs(self.run)
    }

    fn metrics(&self) -> Result<Cow<'_, str>, ExportError> {
        Exported::metrics(self.run)
    }

    fn texts(
        &self,
        kind: RecordKind,
        each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        let mut text = Vec::new();
        for record in self.run.records_of_ticks(kind, self.ticks)? {
            text.clear();
            (self.write)(kind, &record?.text, &mut text)?;
            each(&text)?;
        }
        Ok(())
    }
}

impl Exported for StoredRun {
    type Error = ExportError;

    fn has(&self, kind: RecordKind) -> bool {
        Self::has(self, kind)
    }

    fn summary(&self) -> RunSummary {
        Self::summary(self)
    }

    fn inputs(&self) -> Result<Cow<'_, str>, ExportError> {
        Ok(canonical::text(&self.documents()?).into())
    }

    fn metrics(&self) -> Result<Cow<'_, str>, ExportError> {
        Ok(self.metrics_text()?)
    }

    fn texts(
        &self,
        kind: RecordKind,
        each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        for record in self.records(kind) {
            each(&record?.text)?;
        }
        Ok(())
    }
}
