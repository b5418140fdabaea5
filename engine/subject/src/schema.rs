//! What identifies a record, where it stands in the causal order, and how it is read.

use aether_harness::{ArtefactSchema, KeyRule, Schema};

use aether_engine::config::RunPlan;

/// The stages, in causal order.
const STAGES: [&str; 9] = [
    "UMX",
    "Loom",
    "Press",
    "Envelopes",
    "Scenes",
    "Codex",
    "U-ledger",
    "Metrics",
    "Log",
];

/// The identity of a vector's elements: their positions.
const VECTOR: &[&str] = &[];

/// How one artefact is read: its name, its stage, the field that holds its tick, and the rest.
struct Reading {
    name: &'static str,
    stage: &'static str,
    tick: Option<&'static str>,
    /// Path, identifying fields, and what an element is called.
    keys: &'static [(&'static str, &'static [&'static str], &'static str)],
    field_order: &'static [&'static str],
    /// Fields that carry or hash the check of the primary window, known only when it closes.
    late_fields: &'static [&'static str],
}

const READINGS: [Reading; 12] = [
    Reading {
        name: "ledgers",
        stage: "UMX",
        tick: Some("tick"),
        keys: &[
            ("", &["tick"], "ledger"),
            ("edges", &["e_id"], "edge"),
            ("pre_u", VECTOR, ""),
            ("post_u", VECTOR, ""),
        ],
        field_order: &[
            "pre_u",
            "edges",
            "edges.du",
            "edges.raw",
            "edges.cap",
            "edges.f_e",
            "post_u",
            "sum_pre_u",
            "sum_post_u",
            "z_check",
        ],
        late_fields: &[],
    },
    Reading {
        name: "p_blocks",
        stage: "Loom",
        tick: Some("tick"),
        keys: &[
            ("", &["tick"], "P-block"),
            ("edge_flux_summary", &["e_id"], "edge"),
        ],
        field_order: &[
            "edge_flux_summary",
            "edge_flux_summary.f_e",
            "s_t",
            "seq",
            "C_t",
        ],
        late_fields: &[],
    },
    Reading {
        name: "i_blocks",
        stage: "Loom",
        tick: Some("tick"),
        keys: &[
            ("", &["tick"], "I-block"),
            ("topology_snapshot", &["e_id"], "edge"),
            ("post_u", VECTOR, ""),
        ],
        field_order: &["W", "topology_snapshot", "post_u", "C_t"],
        late_fields: &[],
    },
    Reading {
        name: "manifests",
        stage: "Press",
        tick: Some("end_tick"),
        keys: &[
            ("", &["window_id"], "window"),
            ("streams", &["stream_id"], "stream"),
        ],
        field_order: &[
            "start_tick",
            "end_tick",
            "streams",
            "streams.scheme",
            "streams.params",
            "streams.L_residual",
            "streams.L_total",
            "manifest_check",
        ],
        late_fields: &[],
    },
    Reading {
        name: "envelopes",
        stage: "Envelopes",
        tick: Some("tick"),
        keys: &[("", &["layer", "seq"], "envelope")],
        field_order: &["prev_chain", "payload_ref"],
        late_fields: &["payload_ref"],
    },
    Reading {
        name: "scenes",
        stage: "Scenes",
        tick: Some("tick"),
        keys: &[
            ("", &["tick"], "scene"),
            ("pre_u", VECTOR, ""),
            ("post_u", VECTOR, ""),
        ],
        field_order: &[
            "pfna_refs",
            "pre_u",
            "post_u",
            "C_prev",
            "C_t",
            "ledger_ref",
            "window_id",
            "manifest_check",
            "nap_envelope_ref",
        ],
        late_fields: &["manifest_check", "nap_envelope_ref"],
    },
    Reading {
        name: "codex_library",
        stage: "Codex",
        tick: None,
        keys: &[
            ("", &["motif_id"], "motif"),
            ("pattern_descriptor.f_e_signature", VECTOR, ""),
            ("pattern_descriptor.du_signature", VECTOR, ""),
        ],
        field_order: &["pattern_descriptor", "usage_stats", "mdl_stats"],
        late_fields: &[],
    },
    Reading {
        name: "codex_proposals",
        stage: "Codex",
        tick: None,
        keys: &[("", &["proposal_id"], "proposal")],
        field_order: &["motif_id", "expected_effect"],
        late_fields: &[],
    },
    Reading {
        name: "u_ledger",
        stage: "U-ledger",
        tick: Some("tick"),
        keys: &[("", &["tick"], "entry")],
        field_order: &[
            "umx_ledger_hash",
            "C_t",
            "loom_block_hash",
            "window_id",
            "manifest_check",
            "apx_manifest_hash",
            "nap_envelope_hash",
            "codex_library_hash",
            "meta",
            "prev_entry_hash",
        ],
        late_fields: &[
            "manifest_check",
            "apx_manifest_hash",
            "nap_envelope_hash",
            "codex_library_hash",
            "prev_entry_hash",
            "meta.scene_hash",
            "meta.ctrl_hashes",
            "meta.egress_hash",
        ],
    },
    Reading {
        name: "metrics",
        stage: "Metrics",
        tick: None,
        keys: &[],
        field_order: &[],
        late_fields: &[],
    },
    Reading {
        name: "log",
        stage: "Log",
        tick: Some("tick"),
        keys: &[("", &["seq"], "event")],
        field_order: &["event", "component", "payload"],
        late_fields: &[],
    },
    // The documents: arrays in them are matched by what identifies their elements too.
    Reading {
        name: "inputs",
        stage: "",
        tick: None,
        keys: &[
            ("topology.edges", &["e_id"], "edge"),
            ("topology.nodes", &["node_id"], "node"),
            ("pfna.entries", &["tick", "pfna_id"], "entry"),
            ("pfna.entries.values", VECTOR, ""),
            ("run_config.initial_state", VECTOR, ""),
            ("run_config.windows", &["window_id"], "window"),
            ("run_config.windows.streams", &["name"], "stream"),
        ],
        field_order: &[],
        late_fields: &[],
    },
];

/// The schema of a run of `plan`.
pub fn of(plan: &RunPlan) -> Schema {
    let primary = plan.windows().iter().filter(|window| window.is_primary());
    Schema {
        stages: STAGES.map(str::to_owned).to_vec(),
        artefacts: READINGS.iter().map(Reading::schema).collect(),
        spans: primary.map(|window| window.ticks().clone()).collect(),
    }
}

impl Reading {
    fn schema(&self) -> ArtefactSchema {
        let owned = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        let keys = self.keys.iter().map(|&(path, fields, label)| KeyRule {
            path: path.to_owned(),
            fields: owned(fields),
            label: label.to_owned(),
        });
        ArtefactSchema {
            name: self.name.to_owned(),
            stage: self.stage.to_owned(),
            tick: self.tick.map(str::to_owned),
            keys: keys.collect(),
            field_order: owned(self.field_order),
            late_fields: owned(self.late_fields),
        }
    }
}
