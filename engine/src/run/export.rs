//! The export object: one run as one JSON document for outside programs.

use super::memory::Run;
use super::pipeline::RunStatus;
use super::sink::RecordKind;
use crate::canonical::{Canonical, Object, Writer};
use crate::config::{ResolvedDocuments, RunPlan};

/// Format version of the export object.
const EXPORT_VERSION: u64 = 1;

/// The whole run as canonical JSON: `run`, `inputs`, an array a kind of record, and `metrics`.
pub(crate) fn export(plan: &RunPlan, run: &Run) -> String {
    crate::canonical::text(&Export { plan, run })
}

impl Run {
    /// The export object of this run of `plan`, as canonical JSON.
    pub fn export(&self, plan: &RunPlan) -> String {
        export(plan, self)
    }
}

struct Export<'e> {
    plan: &'e RunPlan,
    run: &'e Run,
}

impl Canonical for Export<'_> {
    fn write(&self, writer: &mut Writer) {
        let kind = |kind| Records {
            run: self.run,
            kind,
        };
        let mut object = Object::begin(writer);
        object.field("codex_library", &kind(RecordKind::CodexLibrary));
        object.field("codex_proposals", &kind(RecordKind::CodexProposals));
        object.field("envelopes", &kind(RecordKind::Envelopes));
        object.field("export_version", &EXPORT_VERSION);
        object.field("i_blocks", &kind(RecordKind::IBlocks));
        object.field("inputs", &self.plan.documents);
        object.field("ledgers", &kind(RecordKind::Ledgers));
        object.field("log", &kind(RecordKind::Log));
        object.field("manifests", &kind(RecordKind::Manifests));
        object.field("metrics", self.run.metrics());
        object.field("p_blocks", &kind(RecordKind::PBlocks));
        object.field(
            "run",
            &Header {
                plan: self.plan,
                run: self.run,
            },
        );
        object.field("scenes", &kind(RecordKind::Scenes));
        object.field("u_ledger", &kind(RecordKind::ULedger));
        object.end();
    }
}

struct Header<'e> {
    plan: &'e RunPlan,
    run: &'e Run,
}

impl Canonical for Header<'_> {
    fn write(&self, writer: &mut Writer) {
        let status = self.run.status();
        let error = match &status {
            RunStatus::Failed(error) => Some(error),
            RunStatus::Complete | RunStatus::Incomplete => None,
        };
        let mut object = Object::begin(writer);
        object.field("engine_version", crate::VERSION);
        object.optional("error", error);
        object.field("gid", &self.plan.gid);
        object.field("last_entry_hash", &self.run.last_entry_hash());
        object.field("run_id", &self.plan.run_id);
        object.field("status", status.name());
        object.field("ticks", &self.plan.ticks);
        object.end();
    }
}

/// All records of one kind.
struct Records<'e> {
    run: &'e Run,
    kind: RecordKind,
}

impl Canonical for Records<'_> {
    fn write(&self, writer: &mut Writer) {
        let texts: Vec<_> = self.run.records(self.kind).map(CanonicalText).collect();
        writer.array(&texts);
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
