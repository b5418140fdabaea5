//! Writes the export object of a stored run while reading it.

use std::borrow::Cow;
use std::io::{self, Write};

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

impl Exported for StoredRun {
    type Error = ExportError;

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
