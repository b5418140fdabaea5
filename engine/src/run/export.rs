//! The export object: one run as one JSON document for outside programs.
//!
//! Only [`write_export`] knows its members; a run in memory and a run in a file both implement
//! [`Exported`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::memory::Run;
use crate::canonical::{self, Canonical, Hash, Object, Writer};
use crate::config::{ResolvedDocuments, RunPlan};
use crate::record::{RecordKind, RunSummary};

/// Format version of the export object.
pub(crate) const EXPORT_VERSION: u64 = 1;

/// A run from which an export object can be made.
pub(crate) trait Exported {
    /// The errors of reading the run.
    type Error: From<io::Error>;

    /// Whether the run makes records of a kind, so that the object has an array of them.
    fn has(&self, kind: RecordKind) -> bool;

    /// The `run` member.
    fn summary(&self) -> RunSummary;

    /// The resolved documents as canonical JSON.
    fn inputs(&self) -> Result<Cow<'_, str>, Self::Error>;

    /// The metrics as canonical JSON.
    fn metrics(&self) -> Result<Cow<'_, str>, Self::Error>;

    /// Calls a function with the canonical text of every record of a kind, in run order.
    fn texts(
        &self,
        kind: RecordKind,
        each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), Self::Error>;
}

/// A member of the export object.
enum Member {
    Records(RecordKind),
    ExportVersion,
    Inputs,
    Metrics,
    Run,
}

/// All members of a run by name, which is their canonical order.
fn members<R: Exported>(run: &R) -> BTreeMap<&'static str, Member> {
    let kinds = RecordKind::ALL
        .into_iter()
        .filter(|kind| run.has(*kind))
        .map(|kind| (kind.name(), Member::Records(kind)));
    let others = [
        ("export_version", Member::ExportVersion),
        ("inputs", Member::Inputs),
        ("metrics", Member::Metrics),
        ("run", Member::Run),
    ];
    kinds.chain(others).collect()
}

/// Writes the export object as canonical JSON, a record at a time.
pub(crate) fn write_export<R: Exported>(run: &R, output: &mut dyn Write) -> Result<(), R::Error> {
    let mut separator = '{';
    for (name, member) in members(run) {
        write!(output, "{separator}\"{name}\":")?;
        separator = ',';
        match member {
            Member::Records(kind) => write_records(run, output, kind)?,
            Member::ExportVersion => write!(output, "{EXPORT_VERSION}")?,
            Member::Inputs => output.write_all(run.inputs()?.as_bytes())?,
            Member::Metrics => output.write_all(run.metrics()?.as_bytes())?,
            Member::Run => output.write_all(canonical::text(&run.summary()).as_bytes())?,
        }
    }
    output.write_all(b"}")?;
    Ok(())
}

fn write_records<R: Exported>(
    run: &R,
    output: &mut dyn Write,
    kind: RecordKind,
) -> Result<(), R::Error> {
    output.write_all(b"[")?;
    let mut separator: &[u8] = b"";
    run.texts(kind, &mut |text| {
        output.write_all(separator)?;
        separator = b",";
        output.write_all(text)
    })?;
    output.write_all(b"]")?;
    Ok(())
}

impl Run {
    /// The export object of this run of `plan`, as canonical JSON.
    pub fn export(&self, plan: &RunPlan) -> String {
        let mut bytes = Vec::new();
        write_export(&InMemory { plan, run: self }, &mut bytes)
            .expect("a run in memory is read, and a vector written, without I/O");
        String::from_utf8(bytes).expect("canonical text is UTF-8")
    }
}

struct InMemory<'e> {
    plan: &'e RunPlan,
    run: &'e Run,
}

impl Exported for InMemory<'_> {
    type Error = io::Error;

    fn has(&self, kind: RecordKind) -> bool {
        self.plan.has(kind)
    }

    fn summary(&self) -> RunSummary {
        let status = self.run.status();
        RunSummary {
            engine_version: crate::VERSION.to_owned(),
            error: status.error(),
            gid: self.plan.gid.clone(),
            last_entry_hash: self.run.last_entry_hash(),
            run_id: self.plan.run_id.clone(),
            status: status.as_name(),
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

/// A text that is already canonical.
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

    /// What identifies these inputs, wherever they came from: the SHA-256 of the canonical object
    /// of `aeon` (if there is a grammar), `pfna` (null if there is none), `profile`, `run_config`
    /// and `topology`.
    pub fn id(&self) -> Hash {
        canonical::hash(&Inputs(self))
    }
}

impl Canonical for ResolvedDocuments {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        self.write_grammar(&mut object);
        object.field("files", &self.files);
        self.write_texts(&mut object);
        object.end();
    }
}

impl ResolvedDocuments {
    fn write_grammar(&self, object: &mut Object<'_>) {
        let aeon = self
            .aeon
            .as_ref()
            .map(|aeon| CanonicalText(aeon.as_bytes()));
        object.optional("aeon", aeon.as_ref());
    }

    fn write_texts(&self, object: &mut Object<'_>) {
        let pfna = self
            .pfna
            .as_ref()
            .map(|pfna| CanonicalText(pfna.as_bytes()));
        object.field("pfna", &pfna);
        object.field("profile", &CanonicalText(self.profile.as_bytes()));
        object.field("run_config", &CanonicalText(self.run_config.as_bytes()));
        object.field("topology", &CanonicalText(self.topology.as_bytes()));
    }
}

/// The documents without the files that they came from.
struct Inputs<'d>(&'d ResolvedDocuments);

impl Canonical for Inputs<'_> {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        self.0.write_grammar(&mut object);
        self.0.write_texts(&mut object);
        object.end();
    }
}
