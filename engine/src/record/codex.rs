//! The records of the Codex: repeated flux patterns.

use super::kind::{Cell, Column, KeyRule, KindInfo, Position, RecordKind, RecordType, Stage};
use crate::canonical::EmptyObject;

record! {
    /// `CodexLibraryEntry_v1`: a motif, that is a flux pattern that occurred at two ticks or more.
    pub struct CodexLibraryEntry {
        /// Tick of the second occurrence.
        created_at_tick: u64 => "created_at_tick" in "2..T" unit "tick",
        /// Tick of the last use.
        last_updated_tick: u64 => "last_updated_tick" in "2..T" unit "tick",
        /// `<run_id>_LIB`.
        library_id: String => "library_id",
        /// What it is worth.
        mdl_stats: MdlStats => "mdl_stats",
        constant "meta" => EmptyObject,
        /// `MOTIF_0001`…, in the order of second occurrences.
        motif_id: String => "motif_id",
        /// What repeats.
        pattern_descriptor: PatternDescriptor => "pattern_descriptor",
        /// The profile's name.
        profile: String => "profile",
        /// The run's gid.
        source_gid: String => "source_gid",
        /// The primary window of the first use.
        source_window_id: String => "source_window_id",
        /// How often it was used.
        usage_stats: UsageStats => "usage_stats",
    }
}

record! {
    /// The repeated pattern itself.
    pub struct PatternDescriptor {
        /// du of every edge at the first use.
        du_signature: Vec<i64> => "du_signature" unit "amount",
        /// All edges, 1..E.
        edge_ids: Vec<u64> => "edge_ids" in "1..E" unit "edge id",
        /// f_e of every edge.
        f_e_signature: Vec<i64> => "f_e_signature" unit "amount per tick",
        constant "type" => "edge_flux_pattern_v1",
    }
}

record! {
    /// Description lengths of a motif, in bits.
    #[derive(Copy)]
    pub struct MdlStats {
        /// The pattern, once.
        self_bits: i64 => "L_self" in "0.." unit "bits",
        /// Both together.
        total_bits: i64 => "L_total" in "0.." unit "bits",
        /// A pointer per use.
        usage_bits: i64 => "L_usage" in "0.." unit "bits",
        /// What it costs beyond writing the pattern out at every use; negative if it saves.
        delta_vs_baseline_bits: i64 => "delta_vs_baseline" unit "bits",
    }
}

record! {
    /// How often and when a motif was used; the first use counts.
    #[derive(Copy)]
    pub struct UsageStats {
        /// Tick of the first use.
        first_tick: u64 => "first_tick" in "1..T" unit "tick",
        /// Tick of the last use.
        last_tick: u64 => "last_tick" in "2..T" unit "tick",
        /// Number of uses.
        usage_count: u64 => "usage_count" in "2..T" unit "uses",
    }
}

record! {
    /// `CodexProposal_v1`: a motif that is worth keeping. It saves 8 bits or more at the end of the
    /// run.
    pub struct CodexProposal {
        constant "action" => "PLACE",
        constant "budget_effect" => EmptyObject,
        /// T.
        created_at_tick: u64 => "created_at_tick" in "1..T" unit "tick",
        /// What placing the motif saves.
        expected_effect: ExpectedEffect => "expected_effect",
        /// The run's gid.
        gid: String => "gid",
        constant "governance_notes" => EmptyObject,
        /// `<run_id>_LIB`.
        library_id: String => "library_id",
        /// The motif.
        motif_id: String => "motif_id",
        /// `PROPOSAL_0001`…
        proposal_id: String => "proposal_id",
        constant "status" => "PENDING",
        /// All edges, 1..E.
        target: TargetLocation => "target_location",
        /// The motif's source window.
        target_window_id: String => "target_window_id",
    }
}

record! {
    /// Where a proposal applies.
    pub struct TargetLocation {
        /// All edges, 1..E.
        edge_ids: Vec<u64> => "edge_ids" in "1..E" unit "edge id",
    }
}

record! {
    /// What a proposal would change, in bits.
    #[derive(Copy)]
    pub struct ExpectedEffect {
        /// The motif's `delta_vs_baseline`.
        delta_total_bits: i64 => "delta_L_total" in "..−8" unit "bits",
    }
}

impl RecordType for CodexLibraryEntry {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::CodexLibrary,
        name: "codex_library",
        stage: Stage::Codex,
        occurs: "one per motif, at the end of the run",
        position: Position::Number,
        tick: None,
        keys: &[
            KeyRule::record(&["motif_id"], "motif"),
            KeyRule::vector("pattern_descriptor.f_e_signature", "edge"),
            KeyRule::vector("pattern_descriptor.du_signature", "edge"),
        ],
        reading_order: &["pattern_descriptor", "usage_stats", "mdl_stats"],
        late_fields: &[],
        needs_grammar: false,
    };

    type Made = Self;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::NUMBER,
        Column::new("motif_id", "TEXT NOT NULL", |entry, _| {
            Cell::Text(&entry.motif_id)
        }),
        Column::JSON,
        Column::SHA256,
    ];
}

impl RecordType for CodexProposal {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::CodexProposals,
        name: "codex_proposals",
        stage: Stage::Codex,
        occurs: "one per motif that is worth keeping, at the end of the run",
        position: Position::Number,
        tick: None,
        keys: &[KeyRule::record(&["proposal_id"], "proposal")],
        reading_order: &["motif_id", "expected_effect"],
        late_fields: &[],
        needs_grammar: false,
    };

    type Made = Self;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::NUMBER,
        Column::new("proposal_id", "TEXT NOT NULL", |proposal, _| {
            Cell::Text(&proposal.proposal_id)
        }),
        Column::JSON,
        Column::SHA256,
    ];
}
