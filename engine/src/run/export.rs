//! The export object: one run as one JSON document for outside programs.
//!
//! [`write_export`] alone knows its members and their order; a run in memory and a run in a file are
//! both [`Exported`].

use std::borrow::Cow;
use std::io::{self, Write};

use super::memory::Run;
use super::pipeline::RunStatus;
use super::sink::RecordKind;
use crate::canonical::{self, Canonical, Hash, Object, Writer};
use crate::config::{ResolvedDocuments, RunPlan};
use crate::record::Metrics;

/// Format version of the export object.
const EXPORT_VERSION: u64 = 1;

/// A run that an export object can be made of.
pub(crate) trait Exported {
    /// What can go wrong beside the writing.
    type Error: From<io::Error>;

    fn header(&self) -> ExportHeader<'_>;

    /// The resolved documents as canonical JSON.
    fn inputs(&self) -> Result<Cow<'_, str>, Self::Error>;

    /// The metrics as canonical JSON.
    fn metrics(&self) -> Result<Cow<'_, str>, Self::Error>;

    /// Hands on the canonical text of every record of a kind, in run order.
    fn texts(
        &self,
        kind: RecordKind,
        each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), Self::Error>;
}

/// Writes the export object as canonical JSON, a record at a time.
pub(crate) fn write_export<R: Exported>(run: &R, output: &mut dyn Write) -> Result<(), R::Error> {
    write_records(run, output, '{', RecordKind::CodexLibrary)?;
    write_records(run, output, ',', RecordKind::CodexProposals)?;
    write_records(run, output, ',', RecordKind::Envelopes)?;
    write!(output, ",\"export_version\":{EXPORT_VERSION}")?;
    write_records(run, output, ',', RecordKind::IBlocks)?;
    write!(output, ",\"inputs\":{}", run.inputs()?)?;
    write_records(run, output, ',', RecordKind::Ledgers)?;
    write_records(run, output, ',', RecordKind::Log)?;
    write_records(run, output, ',', RecordKind::Manifests)?;
    write!(output, ",\"metrics\":{}", run.metrics()?)?;
    write_records(run, output, ',', RecordKind::PBlocks)?;
    write!(output, ",\"run\":{}", canonical::text(&run.header()))?;
    write_records(run, output, ',', RecordKind::Scenes)?;
    write_records(run, output, ',', RecordKind::ULedger)?;
    output.write_all(b"}")?;
    Ok(())
}

fn write_records<R: Exported>(
    run: &R,
    output: &mut dyn Write,
    before: char,
    kind: RecordKind,
) -> Result<(), R::Error> {
    write!(output, "{before}\"{}\":[", kind.name())?;
    let mut separator: &[u8] = b"";
    run.texts(kind, &mut |text| {
        output.write_all(separator)?;
        separator = b",";
        output.write_all(text)
    })?;
    output.write_all(b"]")?;
    Ok(())
}

/// The `run` member of the export object.
pub(crate) struct ExportHeader<'e> {
    pub(crate) engine_version: &'e str,
    /// The error record of a failed run, as canonical JSON.
    pub(crate) error: Option<Cow<'e, str>>,
    pub(crate) gid: &'e str,
    pub(crate) last_entry_hash: Option<Hash>,
    pub(crate) run_id: &'e str,
    pub(crate) status: &'static str,
    pub(crate) ticks: u64,
}

impl Canonical for ExportHeader<'_> {
    fn write(&self, writer: &mut Writer) {
        let error = self.error.as_ref();
        let error = error.map(|error| CanonicalText(error.as_bytes()));
        let mut object = Object::begin(writer);
        object.field("engine_version", self.engine_version);
        object.optional("error", error.as_ref());
        object.field("gid", self.gid);
        object.field("last_entry_hash", &self.last_entry_hash);
        object.field("run_id", self.run_id);
        object.field("status", self.status);
        object.field("ticks", &self.ticks);
        object.end();
    }
}

impl Run {
    /// The export object of this run of `plan`, as canonical JSON.
    pub fn export(&self, plan: &RunPlan) -> String {
        let mut bytes = Vec::new();
        // Neither memory nor a vector fails; canonical text is UTF-8.
        let _ = write_export(&InMemory { plan, run: self }, &mut bytes);
        String::from_utf8(bytes).unwrap_or_default()
    }
}

struct InMemory<'e> {
    plan: &'e RunPlan,
    run: &'e Run,
}

impl Exported for InMemory<'_> {
    type Error = io::Error;

    fn header(&self) -> ExportHeader<'_> {
        let status = self.run.status();
        let error = match &status {
            RunStatus::Failed(error) => Some(canonical::text(error).into()),
            RunStatus::Complete | RunStatus::Incomplete => None,
        };
        ExportHeader {
            engine_version: crate::VERSION,
            error,
            gid: &self.plan.gid,
            last_entry_hash: self.run.last_entry_hash(),
            run_id: &self.plan.run_id,
            status: status.name(),
            ticks: self.plan.ticks,
        }
    }

    fn inputs(&self) -> io::Result<Cow<'_, str>> {
        Ok(canonical::text(&self.plan.documents).into())
    }

    fn metrics(&self) -> io::Result<Cow<'_, str>> {
        Ok(canonical::text(self.run.metrics()).into())
    }

    fn texts(
        &self,
        kind: RecordKind,
        each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        self.run.records(kind).try_for_each(each)
    }
}

/// A text that is canonical already.
struct CanonicalText<'t>(&'t [u8]);

impl Canonical for CanonicalText<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.bytes(self.0);
    }
}

impl ResolvedDocuments {
    /// The `inputs` member of the export object, as canonical JSON.
    pub fn to_json(&self) -> String {
        crate::canonical::text(self)
    }
}

impl Metrics {
    /// The metrics as canonical JSON, as exports and goldens have them.
    pub fn to_json(&self) -> String {
        crate::canonical::text(self)
    }
}

impl Canonical for ResolvedDocuments {
    fn write(&self, writer: &mut Writer) {
        let pfna = self
            .pfna
            .as_ref()
            .map(|pfna| CanonicalText(pfna.as_bytes()));
        let mut object = Object::begin(writer);
        object.field("files", &self.files);
        object.field("pfna", &pfna);
        object.field("profile", &CanonicalText(self.profile.as_bytes()));
        object.field("run_config", &CanonicalText(self.run_config.as_bytes()));
        object.field("topology", &CanonicalText(self.topology.as_bytes()));
        object.end();
    }
}
