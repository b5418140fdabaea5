use serde::Deserialize;

use crate::canonical::{Canonical, EmptyObject, Object, Writer};

/// `CodexLibraryEntry_v1`: a flux pattern that occurred at two ticks or more.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CodexLibraryEntry {
    /// `<run_id>_LIB`.
    pub library_id: String,
    /// `MOTIF_0001`…, in the order of second occurrences.
    pub motif_id: String,
    /// The profile's name.
    pub profile: String,
    /// The run's gid.
    pub source_gid: String,
    /// The primary window of the first use.
    pub source_window_id: String,
    /// What repeats.
    pub pattern_descriptor: PatternDescriptor,
    /// What it is worth.
    pub mdl_stats: MdlStats,
    /// How often it was used.
    pub usage_stats: UsageStats,
    /// Tick of the second occurrence.
    pub created_at_tick: u64,
    /// Tick of the last use.
    pub last_updated_tick: u64,
}

/// The repeated pattern itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PatternDescriptor {
    /// All edges, 1..E.
    pub edge_ids: Vec<u64>,
    /// f_e of every edge.
    pub f_e_signature: Vec<i64>,
    /// du of every edge at the first use.
    pub du_signature: Vec<i64>,
}

/// Description lengths of a motif, in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct MdlStats {
    /// The pattern, once.
    #[serde(rename = "L_self")]
    pub self_bits: i64,
    /// A pointer per use.
    #[serde(rename = "L_usage")]
    pub usage_bits: i64,
    /// Both together.
    #[serde(rename = "L_total")]
    pub total_bits: i64,
    /// What it costs beyond writing the pattern out at every use; negative where it saves.
    #[serde(rename = "delta_vs_baseline")]
    pub delta_vs_baseline_bits: i64,
}

/// How often and when a motif was used; the first use counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct UsageStats {
    /// Number of uses, ≥ 2.
    pub usage_count: u64,
    /// Tick of the first use.
    pub first_tick: u64,
    /// Tick of the last use.
    pub last_tick: u64,
}

/// `CodexProposal_v1`: a motif that is worth keeping.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CodexProposal {
    /// `PROPOSAL_0001`…
    pub proposal_id: String,
    /// `<run_id>_LIB`.
    pub library_id: String,
    /// The motif.
    pub motif_id: String,
    /// The run's gid.
    pub gid: String,
    /// The motif's source window.
    pub target_window_id: String,
    /// All edges, 1..E.
    #[serde(rename = "target_location")]
    pub target: TargetLocation,
    /// What placing the motif saves.
    pub expected_effect: ExpectedEffect,
    /// T.
    pub created_at_tick: u64,
}

/// Where a proposal applies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TargetLocation {
    /// All edges, 1..E.
    pub edge_ids: Vec<u64>,
}

/// What a proposal would change, in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct ExpectedEffect {
    /// The motif's `delta_vs_baseline`.
    #[serde(rename = "delta_L_total")]
    pub delta_total_bits: i64,
}

impl Canonical for CodexLibraryEntry {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("created_at_tick", &self.created_at_tick);
        object.field("last_updated_tick", &self.last_updated_tick);
        object.field("library_id", &self.library_id);
        object.field("mdl_stats", &self.mdl_stats);
        object.field("meta", &EmptyObject);
        object.field("motif_id", &self.motif_id);
        object.field("pattern_descriptor", &self.pattern_descriptor);
        object.field("profile", &self.profile);
        object.field("source_gid", &self.source_gid);
        object.field("source_window_id", &self.source_window_id);
        object.field("usage_stats", &self.usage_stats);
        object.end();
    }
}

impl Canonical for PatternDescriptor {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("du_signature", &self.du_signature);
        object.field("edge_ids", &self.edge_ids);
        object.field("f_e_signature", &self.f_e_signature);
        object.field("type", "edge_flux_pattern_v1");
        object.end();
    }
}

impl Canonical for MdlStats {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("L_self", &self.self_bits);
        object.field("L_total", &self.total_bits);
        object.field("L_usage", &self.usage_bits);
        object.field("delta_vs_baseline", &self.delta_vs_baseline_bits);
        object.end();
    }
}

impl Canonical for UsageStats {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("first_tick", &self.first_tick);
        object.field("last_tick", &self.last_tick);
        object.field("usage_count", &self.usage_count);
        object.end();
    }
}

impl Canonical for CodexProposal {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("action", "PLACE");
        object.field("budget_effect", &EmptyObject);
        object.field("created_at_tick", &self.created_at_tick);
        object.field("expected_effect", &self.expected_effect);
        object.field("gid", &self.gid);
        object.field("governance_notes", &EmptyObject);
        object.field("library_id", &self.library_id);
        object.field("motif_id", &self.motif_id);
        object.field("proposal_id", &self.proposal_id);
        object.field("status", "PENDING");
        object.field("target_location", &self.target);
        object.field("target_window_id", &self.target_window_id);
        object.end();
    }
}

impl Canonical for ExpectedEffect {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("delta_L_total", &self.delta_total_bits);
        object.end();
    }
}

impl Canonical for TargetLocation {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("edge_ids", &self.edge_ids);
        object.end();
    }
}
