//! Describes the artefacts for the harness: what identifies a record, its place in the causal
//! order, and how it is read. All of it follows from the engine's description of its kinds
//! ([`KINDS`]).

use aether_engine::config::RunPlan;
use aether_engine::record::{self, KINDS, KindInfo, Stage};
use aether_harness::{ArtefactSchema, KeyRule, Schema};

/// The lists of the resolved documents, with the keys and the names of their elements. The elements
/// of a vector are counted from 1.
const INPUTS: [(&str, &[&str], &str); 7] = [
    ("topology.edges", &["e_id"], "edge"),
    ("topology.nodes", &["node_id"], "node"),
    ("pfna.entries", &["tick", "pfna_id"], "entry"),
    ("pfna.entries.values", &[], "node"),
    ("run_config.initial_state", &[], "node"),
    ("run_config.windows", &["window_id"], "window"),
    ("run_config.windows.streams", &["name"], "stream"),
];

/// The schema of a run of `plan`.
pub fn of(plan: &RunPlan) -> Schema {
    let (before, after): (Vec<_>, Vec<_>) =
        KINDS.iter().partition(|kind| kind.stage < Stage::Metrics);
    let mut artefacts: Vec<ArtefactSchema> = before.into_iter().map(of_kind).collect();
    artefacts.push(document("metrics", Stage::Metrics.name(), Vec::new()));
    artefacts.extend(after.into_iter().map(of_kind));
    let of_inputs = INPUTS.map(|(path, fields, label)| key_rule(path, fields, label));
    artefacts.push(document("inputs", "", of_inputs.to_vec()));
    let primary = plan.windows().iter().filter(|window| window.is_primary());
    Schema {
        stages: Stage::ALL.map(|stage| stage.name().to_owned()).to_vec(),
        artefacts,
        spans: primary.map(|window| window.ticks().clone()).collect(),
    }
}

fn of_kind(kind: &KindInfo) -> ArtefactSchema {
    let rule = |rule: &record::KeyRule| key_rule(rule.path, rule.fields, rule.label);
    ArtefactSchema {
        name: kind.name.to_owned(),
        stage: kind.stage.name().to_owned(),
        tick: kind.tick.map(str::to_owned),
        keys: kind.keys.iter().map(rule).collect(),
        field_order: owned(kind.reading_order),
        late_fields: owned(kind.late_fields),
        ..ArtefactSchema::default()
    }
}

/// An artefact that is one document.
fn document(name: &str, stage: &str, keys: Vec<KeyRule>) -> ArtefactSchema {
    ArtefactSchema {
        name: name.to_owned(),
        stage: stage.to_owned(),
        keys,
        ..ArtefactSchema::default()
    }
}

fn key_rule(path: &str, fields: &[&str], label: &str) -> KeyRule {
    KeyRule {
        path: path.to_owned(),
        fields: owned(fields),
        label: label.to_owned(),
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
