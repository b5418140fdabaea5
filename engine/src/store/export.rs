//! The export object of a stored run, written as it is read.

use std::borrow::Cow;
use std::io::{self, Write};

use super::StoreError;
use super::stored::StoredRun;
use crate::canonical;
use crate::run::{ExportHeader, Exported, RecordKind, write_export};

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The run could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was read could not be written.
    #[error("the export could not be written: {0}")]
    Write(#[from] io::Error),
}

impl StoredRun {
    /// Writes the export object: the bytes of [`Run::export`](crate::run::Run::export) of the same
    /// run in memory, without holding it.
    ///
    /// # Errors
    /// The run cannot be read, or the bytes not be written. What was written by then is no whole
    /// object.
    pub fn write_export(&self, output: &mut dyn Write) -> Result<(), ExportError> {
        write_export(self, output)
    }

    /// The `run` member of the export object, as canonical JSON.
    pub fn export_header(&self) -> String {
        canonical::text(&Exported::header(self))
    }
}

impl Exported for StoredRun {
    type Error = ExportError;

    fn header(&self) -> ExportHeader<'_> {
        let header = Self::header(self);
        ExportHeader {
            engine_version: &header.engine_version,
            error: header.status.error().map(Cow::Borrowed),
            gid: &header.gid,
            last_entry_hash: header.last_entry_hash,
            run_id: &header.run_id,
            status: header.status.name(),
            ticks: header.ticks,
        }
    }

    fn inputs(&self) -> Result<Cow<'_, str>, ExportError> {
        Ok(canonical::text(&self.documents()?).into())
    }

    fn metrics(&self) -> Result<Cow<'_, str>, ExportError> {
        Ok(Self::metrics(self)?.into())
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
