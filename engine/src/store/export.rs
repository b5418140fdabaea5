//! The export object of a stored run, written as it is read.

use std::io::{self, Write};

use super::StoreError;
use super::stored::StoredRun;
use crate::canonical::{self, Canonical, Object, Writer};
use crate::run::RecordKind;

/// Format version of the export object.
const EXPORT_VERSION: u64 = 1;

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
        self.write_records(output, b"{\"codex_library\":", RecordKind::CodexLibrary)?;
        self.write_records(output, b",\"codex_proposals\":", RecordKind::CodexProposals)?;
        self.write_records(output, b",\"envelopes\":", RecordKind::Envelopes)?;
        write!(output, ",\"export_version\":{EXPORT_VERSION}")?;
        self.write_records(output, b",\"i_blocks\":", RecordKind::IBlocks)?;
        let inputs = canonical::text(&self.documents()?);
        write!(output, ",\"inputs\":{inputs}")?;
        self.write_records(output, b",\"ledgers\":", RecordKind::Ledgers)?;
        self.write_records(output, b",\"log\":", RecordKind::Log)?;
        self.write_records(output, b",\"manifests\":", RecordKind::Manifests)?;
        write!(output, ",\"metrics\":{}", self.metrics()?)?;
        self.write_records(output, b",\"p_blocks\":", RecordKind::PBlocks)?;
        write!(output, ",\"run\":{}", self.export_header())?;
        self.write_records(output, b",\"scenes\":", RecordKind::Scenes)?;
        self.write_records(output, b",\"u_ledger\":", RecordKind::ULedger)?;
        output.write_all(b"}")?;
        Ok(())
    }

    /// The `run` member of the export object, as canonical JSON.
    pub fn export_header(&self) -> String {
        canonical::text(&ExportHeader(self))
    }

    fn write_records(
        &self,
        output: &mut dyn Write,
        key: &[u8],
        kind: RecordKind,
    ) -> Result<(), ExportError> {
        output.write_all(key)?;
        let mut separator = b"[";
        for record in self.records(kind) {
            output.write_all(separator)?;
            output.write_all(&record?.text)?;
            separator = b",";
        }
        output.write_all(if separator == b"[" { b"[]" } else { b"]" })?;
        Ok(())
    }
}

struct ExportHeader<'r>(&'r StoredRun);

impl Canonical for ExportHeader<'_> {
    fn write(&self, writer: &mut Writer) {
        let header = self.0.header();
        let error = header.status.error().map(Text);
        let mut object = Object::begin(writer);
        object.field("engine_version", &header.engine_version);
        object.optional("error", error.as_ref());
        object.field("gid", &header.gid);
        object.field("last_entry_hash", &header.last_entry_hash);
        object.field("run_id", &header.run_id);
        object.field("status", header.status.name());
        object.field("ticks", &header.ticks);
        object.end();
    }
}

/// A text that is canonical already.
struct Text<'t>(&'t str);

impl Canonical for Text<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.raw(self.0);
    }
}
