//! [`RunPlace`]: where one value of a run is, and its path in text.
//!
//! A place is a field with two numbers: `at` says which record or which element of a document (a
//! tick, a number, a name of the [`Vocabulary`]), `index` which element of a list in it (a node, an
//! edge, a position, a name). Every field is declared once, by the path of its values:
//!
//! ```text
//! FluxOfEdge "ledgers[tick=@].edges[e_id=#].f_e"     at: tick, index: edge
//! ledgers[tick=900].edges[e_id=77].f_e               RunPlace { FluxOfEdge, 900, 77 }
//! ```
//!
//! | placeholder | stands for |
//! | --- | --- |
//! | `@`, `#` | `at`, `index` as a number |
//! | `@w`, `#s` | `at` as a window, `index` as a stream |
//! | `@t`, `@i` | `at` as an input entry: its tick, its id |
//! | `@m`, `@p` | `at` as the number of a motif, of a proposal |
//! | `#l` | `index` as a layer of envelopes |
//! | `@a` | `at` as a window of a grammar |
//! | `#h`, `#e` | `index` as a span, and as one of its two ends |
//! | `@f`, `@g`, `@d`, `@q` | `at` as a window and a stream of descriptors, a position among descriptors, and one in a pattern |
//!
//! Nothing here reads or computes a value.

use std::sync::LazyLock;

use super::vocabulary::Vocabulary;
use crate::codex;
use crate::record::{Layer, RecordKind};

/// One value of a run: a number, a text, a hash. It may be absent from the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunPlace {
    pub(crate) field: Field,
    pub(crate) at: u64,
    pub(crate) index: u32,
}

/// Declares fields, each by the path of its values.
macro_rules! fields {
    ($( $name:ident $path:literal )+) => {
        /// What a value is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub(crate) enum Field { $( $name, )+ }

        impl Field {
            /// All fields.
            pub(crate) const ALL: &[Self] = &[$( Self::$name, )+];

            /// The path of its values, with placeholders.
            pub(crate) const fn pattern(self) -> &'static str {
                match self { $( Self::$name => $path, )+ }
            }
        }
    };
}

fields! {
    // Inputs come first: they are causes.
    Gid "inputs.run_config.gid"
    RunId "inputs.run_config.run_id"
    Ticks "inputs.run_config.ticks"
    InitialState "inputs.run_config.initial_state[node=#]"
    EnableCodex "inputs.run_config.enable_codex"
    EnablePfna "inputs.run_config.enable_pfna"
    Spacing "inputs.run_config.loom.W"
    Layers "inputs.run_config.nap.layers[#]"
    Nid "inputs.run_config.nap.nid"
    NapVersion "inputs.run_config.nap.v"
    NapMode "inputs.run_config.nap.mode"
    PrimaryWindow "inputs.run_config.primary_window_id"
    WindowEvery "inputs.run_config.window_every"
    WindowName "inputs.run_config.windows[window_id=@w].window_id"
    WindowApxName "inputs.run_config.windows[window_id=@w].apx_name"
    WindowStart "inputs.run_config.windows[window_id=@w].start_tick"
    WindowEnd "inputs.run_config.windows[window_id=@w].end_tick"
    StreamName "inputs.run_config.windows[window_id=@w].streams[name=#s].name"
    StreamSourceName "inputs.run_config.windows[window_id=@w].streams[name=#s].source"
    StreamHint "inputs.run_config.windows[window_id=@w].streams[name=#s].scheme_hint"
    StreamDescription "inputs.run_config.windows[window_id=@w].streams[name=#s].description"
    ConservationChecked "inputs.run_config.diagnostics.conservation"
    NegativeAllowed "inputs.run_config.diagnostics.allow_negative"
    LimitOfState "inputs.run_config.diagnostics.limit"
    NodeCount "inputs.topology.N"
    Scale "inputs.topology.SC"
    EdgeName "inputs.topology.edges[e_id=#].e_id"
    EdgeFrom "inputs.topology.edges[e_id=#].i"
    EdgeTo "inputs.topology.edges[e_id=#].j"
    Conductance "inputs.topology.edges[e_id=#].k"
    Capacity "inputs.topology.edges[e_id=#].cap"
    EdgeC "inputs.topology.edges[e_id=#].c"
    ProfileName "inputs.profile.name"
    Modulus "inputs.profile.modulus_M"
    ChainStart "inputs.profile.C0"
    ChainA "inputs.profile.chain_rule.constants.a"
    ChainB "inputs.profile.chain_rule.constants.b"
    StMode "inputs.profile.s_t_rule.mode"
    StValue "inputs.profile.s_t_rule.value"
    StOffset "inputs.profile.s_t_rule.offset"
    StScale "inputs.profile.s_t_rule.scale"
    StMaximum "inputs.profile.s_t_rule.max_value"
    Preferred "inputs.profile.press_defaults.preferred_schemes[#]"
    CheckFactor "inputs.profile.press_defaults.manifest_check.b1"
    CheckOffset "inputs.profile.press_defaults.manifest_check.b0"
    EntryTick "inputs.pfna.entries[tick=@t,pfna_id=@i].tick"
    EntryId "inputs.pfna.entries[tick=@t,pfna_id=@i].pfna_id"
    EntryEvery "inputs.pfna.entries[tick=@t,pfna_id=@i].repeat.every"
    EntryUntil "inputs.pfna.entries[tick=@t,pfna_id=@i].repeat.until"
    EntryValue "inputs.pfna.entries[tick=@t,pfna_id=@i].values[node=#]"
    AeonPath "inputs.run_config.aeon_path"
    WindowAeonWindow "inputs.run_config.windows[window_id=@w].aeon_window_id"
    ApxiEnabled "inputs.run_config.apxi.enabled"
    ApxiScheme "inputs.run_config.apxi.residual_scheme"
    ApxiDiscover "inputs.run_config.apxi.discover"
    DescriptorId "inputs.run_config.apxi.descriptors[@d].descriptor_id"
    DescriptorKind "inputs.run_config.apxi.descriptors[@d].descriptor_type"
    DescriptorWindow "inputs.run_config.apxi.descriptors[@d].window_id"
    DescriptorStream "inputs.run_config.apxi.descriptors[@d].stream_id"
    DescriptorLabel "inputs.run_config.apxi.descriptors[@d].labels[#]"
    GivenValue "inputs.run_config.apxi.descriptors[@d].params.value"
    GivenValueOf "inputs.run_config.apxi.descriptors[@d].params.value[#]"
    GivenPattern "inputs.run_config.apxi.descriptors[@d].params.pattern[@q]"
    GivenPatternOf "inputs.run_config.apxi.descriptors[@d].params.pattern[@q][#]"
    GivenRepeats "inputs.run_config.apxi.descriptors[@d].params.repeats"
    GivenIntercept "inputs.run_config.apxi.descriptors[@d].params.intercept"
    GivenInterceptOf "inputs.run_config.apxi.descriptors[@d].params.intercept[#]"
    GivenSlope "inputs.run_config.apxi.descriptors[@d].params.slope"
    GivenSlopeOf "inputs.run_config.apxi.descriptors[@d].params.slope[#]"
    GivenStart "inputs.run_config.apxi.descriptors[@d].params.start_tick"
    BaseId "inputs.aeon.base_windows.@a.window_id"
    BaseStart "inputs.aeon.base_windows.@a.tick_start"
    BaseEnd "inputs.aeon.base_windows.@a.tick_end"
    BaseLabel "inputs.aeon.base_windows.@a.labels[#]"
    BasePress "inputs.aeon.base_windows.@a.press_window_id"
    BaseParent "inputs.aeon.base_windows.@a.parent_id"
    DerivedId "inputs.aeon.derived_windows.@a.window_id"
    DerivedAggregation "inputs.aeon.derived_windows.@a.aggregation"
    DerivedSource "inputs.aeon.derived_windows.@a.source_ids[#]"
    DerivedLabel "inputs.aeon.derived_windows.@a.labels[#]"
    DerivedPress "inputs.aeon.derived_windows.@a.press_window_id"
    DerivedParent "inputs.aeon.derived_windows.@a.parent_id"
    // How far a run came that was stopped, and why: given too.
    StopRecorded "run.ticks_recorded"
    StopComputed "run.ticks_computed"
    ErrorName "run.error.error"
    ErrorTick "run.error.tick"
    ErrorId "run.error.id"
    ErrorOperation "run.error.operation"
    ErrorCheck "run.error.check"
    ErrorValue "run.error.value"

    LedgerTick "ledgers[tick=@].tick"
    PreU "ledgers[tick=@].pre_u[node=#]"
    EdgeOfLedger "ledgers[tick=@].edges[e_id=#].e_id"
    FromOfEdge "ledgers[tick=@].edges[e_id=#].i"
    ToOfEdge "ledgers[tick=@].edges[e_id=#].j"
    CapOfEdge "ledgers[tick=@].edges[e_id=#].cap"
    DuOfEdge "ledgers[tick=@].edges[e_id=#].du"
    RawOfEdge "ledgers[tick=@].edges[e_id=#].raw"
    FluxOfEdge "ledgers[tick=@].edges[e_id=#].f_e"
    PostU "ledgers[tick=@].post_u[node=#]"
    SumPreU "ledgers[tick=@].sum_pre_u"
    SumPostU "ledgers[tick=@].sum_post_u"
    ZCheck "ledgers[tick=@].z_check"

    PBlockTick "p_blocks[tick=@].tick"
    PBlockSeq "p_blocks[tick=@].seq"
    EdgeOfPBlock "p_blocks[tick=@].edge_flux_summary[e_id=#].e_id"
    FluxOfPBlock "p_blocks[tick=@].edge_flux_summary[e_id=#].f_e"
    St "p_blocks[tick=@].s_t"
    Chain "p_blocks[tick=@].C_t"

    IBlockTick "i_blocks[tick=@].tick"
    IBlockSpacing "i_blocks[tick=@].W"
    IBlockChain "i_blocks[tick=@].C_t"
    IBlockProfile "i_blocks[tick=@].profile_version"
    IBlockPostU "i_blocks[tick=@].post_u[node=#]"
    SnapshotEdge "i_blocks[tick=@].topology_snapshot[e_id=#].e_id"
    SnapshotFrom "i_blocks[tick=@].topology_snapshot[e_id=#].i"
    SnapshotTo "i_blocks[tick=@].topology_snapshot[e_id=#].j"
    SnapshotK "i_blocks[tick=@].topology_snapshot[e_id=#].k"
    SnapshotCap "i_blocks[tick=@].topology_snapshot[e_id=#].cap"
    SnapshotScale "i_blocks[tick=@].topology_snapshot[e_id=#].SC"
    SnapshotC "i_blocks[tick=@].topology_snapshot[e_id=#].c"

    ManifestWindow "manifests[window_id=@w].window_id"
    ManifestApxName "manifests[window_id=@w].apx_name"
    ManifestGid "manifests[window_id=@w].gid"
    ManifestProfile "manifests[window_id=@w].profile"
    ManifestStart "manifests[window_id=@w].start_tick"
    ManifestEnd "manifests[window_id=@w].end_tick"
    ManifestCheck "manifests[window_id=@w].manifest_check"
    StreamId "manifests[window_id=@w].streams[stream_id=#s].stream_id"
    StreamText "manifests[window_id=@w].streams[stream_id=#s].description"
    StreamScheme "manifests[window_id=@w].streams[stream_id=#s].scheme"
    StreamParameter "manifests[window_id=@w].streams[stream_id=#s].params"
    ModelBits "manifests[window_id=@w].streams[stream_id=#s].L_model"
    ResidualBits "manifests[window_id=@w].streams[stream_id=#s].L_residual"
    TotalBits "manifests[window_id=@w].streams[stream_id=#s].L_total"

    EnvelopeLayer "envelopes[layer=#l,seq=@].layer"
    EnvelopeSeq "envelopes[layer=#l,seq=@].seq"
    EnvelopeTick "envelopes[layer=#l,seq=@].tick"
    EnvelopeGid "envelopes[layer=#l,seq=@].gid"
    EnvelopeNid "envelopes[layer=#l,seq=@].nid"
    EnvelopeMode "envelopes[layer=#l,seq=@].mode"
    EnvelopeVersion "envelopes[layer=#l,seq=@].v"
    EnvelopeEvent "envelopes[layer=#l,seq=@].meta.event"
    EnvelopePayload "envelopes[layer=#l,seq=@].payload_ref"
    EnvelopeChain "envelopes[layer=#l,seq=@].prev_chain"

    SceneTick "scenes[tick=@].tick"
    SceneGid "scenes[tick=@].gid"
    SceneRunId "scenes[tick=@].run_id"
    SceneNid "scenes[tick=@].nid"
    ScenePreU "scenes[tick=@].pre_u[node=#]"
    ScenePostU "scenes[tick=@].post_u[node=#]"
    SceneLedger "scenes[tick=@].ledger_ref"
    SceneChainBefore "scenes[tick=@].C_prev"
    SceneChain "scenes[tick=@].C_t"
    SceneWindow "scenes[tick=@].window_id"
    SceneCheck "scenes[tick=@].manifest_check"
    SceneEnvelope "scenes[tick=@].nap_envelope_ref"
    SceneInput "scenes[tick=@].pfna_refs[#]"

    MotifId "codex_library[motif_id=@m].motif_id"
    MotifLibrary "codex_library[motif_id=@m].library_id"
    MotifProfile "codex_library[motif_id=@m].profile"
    MotifGid "codex_library[motif_id=@m].source_gid"
    MotifWindow "codex_library[motif_id=@m].source_window_id"
    MotifCreated "codex_library[motif_id=@m].created_at_tick"
    MotifUpdated "codex_library[motif_id=@m].last_updated_tick"
    MotifEdge "codex_library[motif_id=@m].pattern_descriptor.edge_ids[#]"
    MotifFlux "codex_library[motif_id=@m].pattern_descriptor.f_e_signature[edge=#]"
    MotifDu "codex_library[motif_id=@m].pattern_descriptor.du_signature[edge=#]"
    MotifFirst "codex_library[motif_id=@m].usage_stats.first_tick"
    MotifLast "codex_library[motif_id=@m].usage_stats.last_tick"
    MotifUses "codex_library[motif_id=@m].usage_stats.usage_count"
    MotifSelfBits "codex_library[motif_id=@m].mdl_stats.L_self"
    MotifUsageBits "codex_library[motif_id=@m].mdl_stats.L_usage"
    MotifTotalBits "codex_library[motif_id=@m].mdl_stats.L_total"
    MotifDelta "codex_library[motif_id=@m].mdl_stats.delta_vs_baseline"

    ProposalId "codex_proposals[proposal_id=@p].proposal_id"
    ProposalLibrary "codex_proposals[proposal_id=@p].library_id"
    ProposalMotif "codex_proposals[proposal_id=@p].motif_id"
    ProposalGid "codex_proposals[proposal_id=@p].gid"
    ProposalWindow "codex_proposals[proposal_id=@p].target_window_id"
    ProposalEdge "codex_proposals[proposal_id=@p].target_location.edge_ids[#]"
    ProposalDelta "codex_proposals[proposal_id=@p].expected_effect.delta_L_total"
    ProposalTick "codex_proposals[proposal_id=@p].created_at_tick"

    AeonId "aeon_views[window_id=@a].window_id"
    AeonKind "aeon_views[window_id=@a].kind"
    AeonAggregation "aeon_views[window_id=@a].aggregation"
    AeonLabel "aeon_views[window_id=@a].labels[#]"
    AeonParent "aeon_views[window_id=@a].parent_id"
    AeonSource "aeon_views[window_id=@a].source_ids[#]"
    AeonPress "aeon_views[window_id=@a].press_window_id"
    AeonSpan "aeon_views[window_id=@a].spans[span=#h][#e]"
    AeonTicks "aeon_views[window_id=@a].ticks"
    AeonManifest "aeon_views[window_id=@a].manifest_hash"
    AeonNoBits "aeon_views[window_id=@a].l_total"
    AeonBits "aeon_views[window_id=@a].l_total.#s"

    ApxiWindow "apxi_views[window_id=@w].window_id"
    ApxiName "apxi_views[window_id=@w].apx_name"
    ApxiAeonWindow "apxi_views[window_id=@w].aeon_window_id"
    ApxiViewScheme "apxi_views[window_id=@w].residual_scheme"
    // Of a descriptor that was tried. `TriedId` is the first of them, `TriedStart` the last.
    TriedId "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.descriptor_id"
    TriedModelBits "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].L_model"
    TriedResidualBits "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].L_residual"
    TriedTotalBits "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].L_total"
    TriedParameter "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].params"
    TriedScheme "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].residual_scheme"
    TriedKind "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.descriptor_type"
    TriedWindow "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.window_id"
    TriedStream "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.stream_id"
    TriedLabel "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.labels[#]"
    TriedValue "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.params.value"
    TriedValueOf "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.params.value[#]"
    TriedPattern "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.params.pattern[@q]"
    TriedPatternOf "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.params.pattern[@q][#]"
    TriedRepeats "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.params.repeats"
    TriedIntercept "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.params.intercept"
    TriedInterceptOf "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.params.intercept[#]"
    TriedSlope "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.params.slope"
    TriedSlopeOf "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.params.slope[#]"
    TriedStart "apxi_views[window_id=@f].descriptors_by_stream.@g[@d].descriptor.params.start_tick"

    EntryOfTick "u_ledger[tick=@].tick"
    ULedgerGid "u_ledger[tick=@].gid"
    ULedgerRunId "u_ledger[tick=@].run_id"
    ULedgerWindow "u_ledger[tick=@].window_id"
    ULedgerChain "u_ledger[tick=@].C_t"
    ULedgerCheck "u_ledger[tick=@].manifest_check"
    LedgerHash "u_ledger[tick=@].umx_ledger_hash"
    PBlockHash "u_ledger[tick=@].loom_block_hash"
    ManifestHash "u_ledger[tick=@].apx_manifest_hash"
    EnvelopeHash "u_ledger[tick=@].nap_envelope_hash"
    LibraryHash "u_ledger[tick=@].codex_library_hash"
    PreviousHash "u_ledger[tick=@].prev_entry_hash"
    SceneHash "u_ledger[tick=@].meta.scene_hash"
    IBlockHash "u_ledger[tick=@].meta.i_block_hash"
    IngressHash "u_ledger[tick=@].meta.ingress_hash"
    EgressHash "u_ledger[tick=@].meta.egress_hash"
    CtrlHash "u_ledger[tick=@].meta.ctrl_hashes[#]"
    AdditionalHash "u_ledger[tick=@].meta.manifest_hashes.#w"

    MetricsGid "metrics.gid"
    MetricsRunId "metrics.run_id"
    TotalTicks "metrics.total_ticks"
    WindowCount "metrics.window_count"
    ManifestCount "metrics.apx_manifests"
    IBlockCount "metrics.i_blocks"
    EntryCount "metrics.uledger_entries"
    LastHash "metrics.uledger_last_hash"
    MotifCount "metrics.codex_motifs"
    ProposalCount "metrics.codex_proposals"
    CtrlCount "metrics.nap_ctrl"
    IngressCount "metrics.nap_ingress"
    DataCount "metrics.nap_data"
    EgressCount "metrics.nap_egress"
    EnvelopeCount "metrics.nap_total"
    AppliedCount "metrics.pfna_applied"
    AeonViewCount "metrics.aeon_views"
    ApxiViewCount "metrics.apxi_views"
    AllBits "metrics.l_total"
    BitsOfStream "metrics.l_total_by_window.@w.#s"

    LogSeq "log[seq=@].seq"
    LogComponent "log[seq=@].component"
    LogEventName "log[seq=@].event"
    LogGid "log[seq=@].gid"
    LogRunId "log[seq=@].run_id"
    LogTick "log[seq=@].tick"
    LogWindow "log[seq=@].window_id"
    LogEdges "log[seq=@].payload.edges"
    LogNodes "log[seq=@].payload.nodes"
    LogProfile "log[seq=@].payload.profile"
    LogTicks "log[seq=@].payload.ticks"
    LogInput "log[seq=@].payload.pfna_refs[#]"
    LogMoved "log[seq=@].payload.moved_edges"
    LogSum "log[seq=@].payload.sum_post_u"
    LogChain "log[seq=@].payload.C_t"
    LogCheckpoint "log[seq=@].payload.checkpoint"
    LogSt "log[seq=@].payload.s_t"
    LogStart "log[seq=@].payload.start_tick"
    LogEnd "log[seq=@].payload.end_tick"
    LogCheck "log[seq=@].payload.manifest_check"
    LogEntries "log[seq=@].payload.entries"
    LogFirst "log[seq=@].payload.first_tick"
    LogKind "log[seq=@].payload.kind"
    LogMotif "log[seq=@].payload.motif_id"
    LogDelta "log[seq=@].payload.delta_L_total"
    LogProposal "log[seq=@].payload.proposal_id"
    LogError "log[seq=@].payload.error"
    LogErrorTick "log[seq=@].payload.tick"
    LogErrorId "log[seq=@].payload.id"
    LogErrorOperation "log[seq=@].payload.operation"
    LogErrorCheck "log[seq=@].payload.check"
    LogErrorValue "log[seq=@].payload.value"
}

/// What a field's values are part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    /// The documents, and what stopped the run.
    Given,
    Ledgers,
    PBlocks,
    IBlocks,
    Manifests,
    Envelopes,
    Scenes,
    CodexLibrary,
    CodexProposals,
    AeonViews,
    ApxiViews,
    ULedger,
    Metrics,
    Log,
}

impl PlaceKind {
    /// The kind of record; `None` for documents.
    pub(crate) const fn record_kind(self) -> Option<RecordKind> {
        Some(match self {
            Self::Given | Self::Metrics => return None,
            Self::Ledgers => RecordKind::Ledgers,
            Self::PBlocks => RecordKind::PBlocks,
            Self::IBlocks => RecordKind::IBlocks,
            Self::Manifests => RecordKind::Manifests,
            Self::Envelopes => RecordKind::Envelopes,
            Self::Scenes => RecordKind::Scenes,
            Self::CodexLibrary => RecordKind::CodexLibrary,
            Self::CodexProposals => RecordKind::CodexProposals,
            Self::AeonViews => RecordKind::AeonViews,
            Self::ApxiViews => RecordKind::ApxiViews,
            Self::ULedger => RecordKind::ULedger,
            Self::Log => RecordKind::Log,
        })
    }
}

/// The kinds in the order in which fields are declared, each with its last field.
const LAST_FIELDS: [(Field, PlaceKind); 14] = [
    (Field::ErrorValue, PlaceKind::Given),
    (Field::ZCheck, PlaceKind::Ledgers),
    (Field::Chain, PlaceKind::PBlocks),
    (Field::SnapshotC, PlaceKind::IBlocks),
    (Field::TotalBits, PlaceKind::Manifests),
    (Field::EnvelopeChain, PlaceKind::Envelopes),
    (Field::SceneInput, PlaceKind::Scenes),
    (Field::MotifDelta, PlaceKind::CodexLibrary),
    (Field::ProposalTick, PlaceKind::CodexProposals),
    (Field::AeonBits, PlaceKind::AeonViews),
    (Field::TriedStart, PlaceKind::ApxiViews),
    (Field::AdditionalHash, PlaceKind::ULedger),
    (Field::BitsOfStream, PlaceKind::Metrics),
    (Field::LogErrorValue, PlaceKind::Log),
];

/// The kind of each field.
const KINDS: [PlaceKind; Field::ALL.len()] = {
    let mut kinds = [PlaceKind::Given; Field::ALL.len()];
    let (mut field, mut kind) = (0, 0);
    while field < kinds.len() {
        if field > LAST_FIELDS[kind].0 as usize {
            kind += 1;
        }
        kinds[field] = LAST_FIELDS[kind].1;
        field += 1;
    }
    kinds
};

impl Field {
    /// What its values are part of.
    pub(crate) const fn artefact(self) -> PlaceKind {
        KINDS[self as usize]
    }

    /// Whether its values are given, not computed.
    pub(crate) const fn is_given(self) -> bool {
        matches!(self.artefact(), PlaceKind::Given)
    }

    /// Whether its values say how far a run came that was stopped, and why.
    pub(crate) const fn is_of_stop(self) -> bool {
        self as u16 >= Self::StopRecorded as u16 && self as u16 <= Self::ErrorValue as u16
    }

    /// Whether its values are given numbers of a model, which may be lists.
    pub(crate) const fn is_of_model(self) -> bool {
        matches!(
            self,
            Self::GivenValue | Self::GivenPattern | Self::GivenIntercept | Self::GivenSlope
        )
    }

    /// Whether its values are of a descriptor that was tried.
    pub(crate) const fn is_of_trial(self) -> bool {
        self as u16 >= Self::TriedId as u16 && self as u16 <= Self::TriedStart as u16
    }

    /// The rule that computes its values: `ledgers.edges.raw`.
    pub(crate) fn rule(self) -> String {
        let members = self.steps().iter().filter_map(|step| match step {
            Step::Member(name) => Some(*name),
            Step::Named(_) | Step::Keyed(_) | Step::Position(_) => None,
        });
        members.collect::<Vec<_>>().join(".")
    }

    /// The steps of its path.
    pub(crate) fn steps(self) -> &'static [Step] {
        &STEPS[self as usize]
    }

    /// The value that belongs to the run as a whole.
    pub(crate) const fn of_run(self) -> RunPlace {
        self.at(0, 0)
    }

    /// The value of a tick, or of a record with a number.
    pub(crate) const fn of(self, at: u64) -> RunPlace {
        self.at(at, 0)
    }

    /// The value of an element of a record.
    pub(crate) const fn at(self, at: u64, index: u32) -> RunPlace {
        RunPlace {
            field: self,
            at,
            index,
        }
    }
}

/// One step of a field's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A member of an object.
    Member(&'static str),
    /// A member whose name depends on the place.
    Named(Slot),
    /// The element of a list with these keys.
    Keyed(Vec<(&'static str, Slot)>),
    /// The element of a list at a position, from 0.
    Position(Slot),
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    At,
    Index,
    Window,
    IndexedWindow,
    Stream,
    EntryTick,
    EntryId,
    Motif,
    Proposal,
    Layer,
    AeonWindow,
    Span,
    SpanEnd,
    TrialWindow,
    TrialStream,
    Descriptor,
    Pattern,
}

/// A descriptor: one of the RunConfig, or one that was tried on a stream of a window.
///
/// It is the `at` of its places, with a position in a pattern: a run has at most 10^4 descriptors,
/// and of 10^5 windows each has at most 64 streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trial {
    /// The number of window and stream in the vocabulary; 0 for a descriptor of the RunConfig.
    pub(crate) pair: u64,
    /// Among the descriptors of the stream or of the RunConfig, from 0.
    pub(crate) position: u64,
    /// In a pattern, from 0.
    pub(crate) pattern: u64,
}

impl Trial {
    const POSITION_BITS: u32 = 14;
    const PAIR_BITS: u32 = 24;
    const PATTERN_BITS: u32 = u64::BITS - Self::POSITION_BITS - Self::PAIR_BITS;

    pub(crate) const fn of(at: u64) -> Self {
        let position = at & ((1 << Self::POSITION_BITS) - 1);
        let rest = at >> Self::POSITION_BITS;
        Self {
            pair: rest & ((1 << Self::PAIR_BITS) - 1),
            position,
            pattern: rest >> Self::PAIR_BITS,
        }
    }

    /// `None` if a number is larger than any of a run's.
    pub(crate) const fn at(self) -> Option<u64> {
        let is_known = self.position >> Self::POSITION_BITS == 0
            && self.pair >> Self::PAIR_BITS == 0
            && self.pattern >> Self::PATTERN_BITS == 0;
        if !is_known {
            return None;
        }
        let pair = self.pair << Self::POSITION_BITS;
        Some(self.pattern << (Self::POSITION_BITS + Self::PAIR_BITS) | pair | self.position)
    }
}

/// The steps of every field's path.
static STEPS: LazyLock<Vec<Vec<Step>>> = LazyLock::new(|| {
    let all = Field::ALL.iter();
    all.map(|field| steps_of(field.pattern())).collect()
});

fn steps_of(pattern: &'static str) -> Vec<Step> {
    let mut steps = Vec::new();
    for part in pattern.split('.') {
        let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        steps.push(Slot::of(name).map_or(Step::Member(name), Step::Named));
        while let Some(inside) = rest.strip_prefix('[') {
            let (inside, after) = inside.split_once(']').expect("a pattern closes brackets");
            rest = after;
            steps.push(match Slot::of(inside) {
                Some(slot) => Step::Position(slot),
                None => Step::Keyed(inside.split(',').map(keyed).collect()),
            });
        }
    }
    steps
}

fn keyed(text: &'static str) -> (&'static str, Slot) {
    let (key, slot) = text.split_once('=').expect("a key has a placeholder");
    (key, Slot::of(slot).expect("a placeholder"))
}

impl Slot {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "@" => Self::At,
            "#" => Self::Index,
            "@w" => Self::Window,
            "#w" => Self::IndexedWindow,
            "#s" => Self::Stream,
            "@t" => Self::EntryTick,
            "@i" => Self::EntryId,
            "@m" => Self::Motif,
            "@p" => Self::Proposal,
            "#l" => Self::Layer,
            "@a" => Self::AeonWindow,
            "#h" => Self::Span,
            "#e" => Self::SpanEnd,
            "@f" => Self::TrialWindow,
            "@g" => Self::TrialStream,
            "@d" => Self::Descriptor,
            "@q" => Self::Pattern,
            _ => return None,
        })
    }

    /// What the placeholder stands for at a place.
    pub(crate) fn word(self, place: RunPlace, names: &Vocabulary) -> Word {
        let index = u64::from(place.index);
        match self {
            Self::At => Word::Number(place.at),
            Self::Index => Word::Number(index),
            Self::Window => Word::Text(names.window(place.at).to_owned()),
            Self::IndexedWindow => Word::Text(names.window(index).to_owned()),
            Self::Stream => Word::Text(names.stream(place.index).to_owned()),
            Self::EntryTick => Word::Number(names.entry(place.at).0),
            Self::EntryId => Word::Text(names.entry(place.at).1.to_owned()),
            Self::Motif => Word::Text(codex::motif_id(place.at)),
            Self::Proposal => Word::Text(codex::proposal_id(place.at)),
            Self::Layer => Word::Text(layer_at(place.index).name().to_owned()),
            Self::AeonWindow => Word::Text(names.aeon_window(place.at).to_owned()),
            Self::Span => Word::Number(index / 2 + 1),
            Self::SpanEnd => Word::Number(index % 2),
            Self::TrialWindow => {
                let (window, _) = names.described(Trial::of(place.at).pair);
                Word::Text(names.window(window).to_owned())
            }
            Self::TrialStream => {
                let (_, stream) = names.described(Trial::of(place.at).pair);
                Word::Text(names.stream(stream).to_owned())
            }
            Self::Descriptor => Word::Number(Trial::of(place.at).position),
            Self::Pattern => Word::Number(Trial::of(place.at).pattern),
        }
    }

    /// Sets the part of a place that the placeholder stands for; `None` if nothing has that name.
    fn fill(self, place: &mut RunPlace, word: &Word, names: &Vocabulary) -> Option<()> {
        let index = |number: u64| u32::try_from(number).ok();
        let numbered = |prefix: &str, text: &str| -> Option<u64> {
            let digits = text.strip_prefix(prefix)?;
            digits.parse().ok().filter(|number| *number > 0)
        };
        match (self, word) {
            // Of an entry, the id, which follows, says which of the tick's entries it is.
            (Self::At | Self::EntryTick, Word::Number(number)) => place.at = *number,
            (Self::Index, Word::Number(number)) => place.index = index(*number)?,
            // Of a trial, until the stream follows, which says which pair it is.
            (Self::Window | Self::TrialWindow, Word::Text(text)) => {
                place.at = names.window_named(text)?;
            }
            (Self::IndexedWindow, Word::Text(text)) => {
                place.index = index(names.window_named(text)?)?;
            }
            (Self::Stream, Word::Text(text)) => place.index = names.stream_named(text)?,
            (Self::EntryId, Word::Text(id)) => place.at = names.entry_named(place.at, id)?,
            (Self::Motif, Word::Text(text)) => place.at = numbered("MOTIF_", text)?,
            (Self::Proposal, Word::Text(text)) => place.at = numbered("PROPOSAL_", text)?,
            (Self::Layer, Word::Text(text)) => {
                let known = LAYERS.iter().position(|layer| layer.name() == text)?;
                place.index = index(known as u64)?;
            }
            (Self::AeonWindow, Word::Text(id)) => place.at = names.aeon_window_named(id)?,
            (Self::Span, Word::Number(number)) => {
                place.index = index(number.checked_sub(1)?.checked_mul(2)?)?;
            }
            (Self::SpanEnd, Word::Number(end @ 0..=1)) => place.index += index(*end)?,
            (Self::TrialStream, Word::Text(text)) => {
                let pair = names.described_by(place.at, names.stream_named(text)?)?;
                let (position, pattern) = (0, 0);
                place.at = Trial {
                    pair,
                    position,
                    pattern,
                }
                .at()?;
            }
            (Self::Descriptor, Word::Number(position)) => {
                let position = *position;
                place.at = Trial {
                    position,
                    ..Trial::of(place.at)
                }
                .at()?;
            }
            (Self::Pattern, Word::Number(pattern)) => {
                let pattern = *pattern;
                place.at = Trial {
                    pattern,
                    ..Trial::of(place.at)
                }
                .at()?;
            }
            _ => return None,
        }
        Some(())
    }
}

/// The layers, by the index that places use.
pub(crate) const LAYERS: [Layer; 4] = [Layer::Ctrl, Layer::Ingress, Layer::Data, Layer::Egress];

/// The layer of an index.
pub(crate) fn layer_at(index: u32) -> Layer {
    LAYERS[index as usize % LAYERS.len()]
}

/// The index of a layer.
pub(crate) fn index_of(layer: Layer) -> u32 {
    match layer {
        Layer::Ctrl => 0,
        Layer::Ingress => 1,
        Layer::Data => 2,
        Layer::Egress => 3,
    }
}

/// A number or a text in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Number(u64),
    Text(String),
}

impl Word {
    fn push_to(&self, path: &mut String) {
        match self {
            Self::Number(number) => path.push_str(&number.to_string()),
            Self::Text(text) => path.push_str(&quoted(text)),
        }
    }
}

impl Vocabulary {
    /// The path of a place: `ledgers[tick=900].post_u[node=812]`.
    #[must_use]
    pub fn path(&self, place: RunPlace) -> String {
        let mut path = String::new();
        for step in place.field.steps() {
            match step {
                Step::Member(name) => push_member(&mut path, name),
                Step::Named(slot) => match slot.word(place, self) {
                    Word::Text(name) => push_member(&mut path, &name),
                    Word::Number(number) => push_member(&mut path, &number.to_string()),
                },
                Step::Position(slot) => {
                    path.push('[');
                    slot.word(place, self).push_to(&mut path);
                    path.push(']');
                }
                Step::Keyed(keys) => {
                    for (number, (key, slot)) in keys.iter().enumerate() {
                        path.push_str(if number == 0 { "[" } else { "," });
                        path.push_str(key);
                        path.push('=');
                        slot.word(place, self).push_to(&mut path);
                    }
                    path.push(']');
                }
            }
        }
        path
    }

    /// The place of a path; `None` if no value of these runs can be there.
    ///
    /// The path of a record or of an element (`i_blocks[tick=2]`) is that of the value by which it
    /// is identified.
    #[must_use]
    pub fn place(&self, path: &str) -> Option<RunPlace> {
        let words = words_of(path)?;
        let exact = Field::ALL.iter().copied();
        exact
            .filter(|field| field.steps().len() == words.len())
            .find_map(|field| self.matched(field, &words))
            .or_else(|| self.identity(&words))
            .or_else(|| self.first_inside(&words))
    }

    /// The first value of a list or an object of a view, such as a descriptor.
    fn first_inside(&self, words: &[PathStep]) -> Option<RunPlace> {
        let mut fields = Field::ALL.iter().copied().filter(|field| {
            let is_left = |step: &Step| match step {
                Step::Member(_) | Step::Position(_) => true,
                Step::Keyed(keys) => matches!(keys[..], [(_, Slot::Span)]),
                Step::Named(_) => false,
            };
            let is_of_view = matches!(
                field.artefact(),
                PlaceKind::AeonViews | PlaceKind::ApxiViews
            );
            let rest = field.steps().get(words.len()..);
            is_of_view && rest.is_some_and(|rest| rest.iter().all(is_left))
        });
        fields.find_map(|field| self.matched(field, words))
    }

    /// The value that identifies a record or an element.
    fn identity(&self, words: &[PathStep]) -> Option<RunPlace> {
        let PathStep::Keyed(keys) = words.last()? else {
            return None;
        };
        // The last key is the most specific: the seq of a layer, the id of an input.
        let key = PathStep::Member(keys.last()?.0.clone());
        let words: Vec<_> = words.iter().cloned().chain([key]).collect();
        let fields = Field::ALL.iter().copied();
        fields
            .filter(|field| field.steps().len() == words.len())
            .find_map(|field| self.matched(field, &words))
    }

    fn matched(&self, field: Field, words: &[PathStep]) -> Option<RunPlace> {
        let mut place = field.of_run();
        for (step, word) in field.steps().iter().zip(words) {
            match (step, word) {
                (Step::Member(name), PathStep::Member(given)) if name == given => {}
                (Step::Named(slot), PathStep::Member(given)) => {
                    slot.fill(&mut place, &Word::Text(given.clone()), self)?;
                }
                (Step::Position(slot), PathStep::Position(number)) => {
                    slot.fill(&mut place, &Word::Number(*number), self)?;
                }
                (Step::Keyed(keys), PathStep::Keyed(given)) if keys.len() == given.len() => {
                    for ((key, slot), (given, word)) in keys.iter().zip(given) {
                        if key != given {
                            return None;
                        }
                        slot.fill(&mut place, word, self)?;
                    }
                }
                // The values of an entry may be written by the ids of their nodes.
                (Step::Keyed(keys), PathStep::Member(id)) if keys[0].0 == "node" => {
                    slot_of_id(&mut place, id)?;
                }
                _ => return None,
            }
        }
        Some(place)
    }
}

fn slot_of_id(place: &mut RunPlace, id: &str) -> Option<()> {
    place.index = id.parse().ok()?;
    Some(())
}

/// A step of a given path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PathStep {
    Member(String),
    Position(u64),
    Keyed(Vec<(String, Word)>),
}

/// A path as its steps; `None` if it is not a path.
fn words_of(path: &str) -> Option<Vec<PathStep>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (step, after) = bracket(inside)?;
            steps.push(step);
            rest = after;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            if name.is_empty() {
                return None;
            }
            steps.push(PathStep::Member(name.to_owned()));
            rest = after;
        }
    }
    Some(steps)
}

/// What is inside a bracket, and what follows it.
fn bracket(inside: &str) -> Option<(PathStep, &str)> {
    if inside.starts_with('"') {
        let (name, after) = string(inside)?;
        return Some((PathStep::Member(name), after.strip_prefix(']')?));
    }
    let mut keys = Vec::new();
    let mut rest = inside;
    loop {
        let end = rest.find(['=', ']'])?;
        let (key, after) = rest.split_at(end);
        if let Some(after) = after.strip_prefix(']') {
            let is_position = keys.is_empty();
            let position = key.parse().ok().filter(|_| is_position)?;
            return Some((PathStep::Position(position), after));
        }
        let value = &after[1..];
        let (word, after) = if value.starts_with('"') {
            let (text, after) = string(value)?;
            (Word::Text(text), after)
        } else {
            let end = value.find([',', ']'])?;
            let (number, after) = value.split_at(end);
            let word = number.parse().map(Word::Number);
            (word.unwrap_or(Word::Text(number.to_owned())), after)
        };
        keys.push((key.to_owned(), word));
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Some((PathStep::Keyed(keys), after.strip_prefix(']')?)),
        }
    }
}

/// A quoted string at the start of a text, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => {
                let (quoted, after) = text.split_at(at + 1);
                return Some((aether_json::from_str(quoted).ok()?, after));
            }
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

fn quoted(text: &str) -> String {
    crate::canonical::text(text)
}

fn push_member(path: &mut String, name: &str) {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_plain) {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
    } else {
        path.push('[');
        path.push_str(&quoted(name));
        path.push(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_of_the_kind_that_its_path_names() {
        for field in Field::ALL {
            let Some(Step::Member(name)) = field.steps().first() else {
                panic!("{field:?} starts with an artefact");
            };
            let kind = field.artefact();
            let expected = match kind {
                PlaceKind::Given if field.is_of_stop() => "run",
                PlaceKind::Given => "inputs",
                PlaceKind::Metrics => "metrics",
                _ => kind.record_kind().expect("a kind of record").name(),
            };
            assert_eq!(*name, expected, "{field:?}");
        }
    }

    #[test]
    fn paths_lead_to_their_fields() {
        let names = Vocabulary::default();
        for (path, field, at, index) in [
            ("ledgers[tick=3].edges[e_id=5].raw", Field::RawOfEdge, 3, 5),
            ("ledgers[tick=3].edges[e_id=5]", Field::EdgeOfLedger, 3, 5),
            ("i_blocks[tick=8]", Field::IBlockTick, 8, 0),
            (
                r#"envelopes[layer="DATA",seq=2].payload_ref"#,
                Field::EnvelopePayload,
                2,
                2,
            ),
            (r#"envelopes[layer="DATA",seq=2]"#, Field::EnvelopeSeq, 2, 2),
            ("scenes[tick=4].pfna_refs[1]", Field::SceneInput, 4, 1),
            (
                r#"codex_library[motif_id="MOTIF_0012"].mdl_stats.L_self"#,
                Field::MotifSelfBits,
                12,
                0,
            ),
            ("metrics.nap_total", Field::EnvelopeCount, 0, 0),
        ] {
            assert_eq!(names.place(path), Some(field.at(at, index)), "{path}");
        }
        for path in [
            "",
            "ledgers",
            "ledgers[tick=3]x",
            "ledgers[tick=3",
            "ledgers[tick=-1].z_check",
            "ledgers[e_id=3].z_check",
            "ledgers[tick=3].edges[5].raw",
            r#"envelopes[layer="NEWS",seq=2].payload_ref"#,
            r#"manifests[window_id="W"].manifest_check"#,
        ] {
            assert_eq!(names.place(path), None, "{path}");
        }
    }
}
