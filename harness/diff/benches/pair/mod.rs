//! Pairs of documents of 100 MB, and the three ways to compare them.

use std::hint::black_box;
use std::sync::LazyLock;

use aether_diff::{Artefact, ArtefactSchema, DiffOptions, KeyRule, Schema, diff, patches};

/// What the documents are to measure.
const BYTES: usize = 100_000_000;

/// Edges of a ledger, so that a record has about 1.7 KB as in the runs of the engine.
const EDGES: u64 = 24;

/// A pair of documents, by what was done to the second.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    None,
    Leaf,
    InsertInFront,
    EveryTick,
}

fn record(tick: u64, flux: u64) -> String {
    let edges: Vec<String> = (1..=EDGES)
        .map(|edge| {
            let du = (tick * 31 + edge * 17) % 1000;
            format!(
                r#"{{"cap":2147483647,"du":{du},"e_id":{edge},"f_e":{},"i":{edge},"j":{}}}"#,
                du / 32 + flux,
                edge + 1
            )
        })
        .collect();
    let state: Vec<String> = (0..EDGES)
        .map(|node| (tick * 7 % (node + 3)).to_string())
        .collect();
    let (edges, state) = (edges.join(","), state.join(","));
    format!(r#"{{"edges":[{edges}],"post_u":[{state}],"pre_u":[{state}],"sum":4,"tick":{tick}}}"#)
}

pub(crate) fn document(bytes: usize, edit: Option<Edit>) -> Artefact {
    let count = bytes / record(1000, 0).len();
    let mut records: Vec<String> = (1..=count as u64)
        .map(|tick| match edit {
            Some(Edit::EveryTick) => record(tick, 1),
            _ => record(tick, 0),
        })
        .collect();
    match edit {
        Some(Edit::Leaf) => {
            let tick = count as u64 / 2 + 1;
            records[count / 2] = record(tick, 0).replacen("\"sum\":4", "\"sum\":5", 1);
        }
        Some(Edit::InsertInFront) => records.insert(0, record(0, 0)),
        _ => {}
    }
    Artefact::from_canonical_records("ledgers", records)
}

/// The first document of every pair.
pub(crate) static BEFORE: LazyLock<Artefact> = LazyLock::new(|| document(BYTES, None));
static AFTER: [LazyLock<Artefact>; 4] = [
    LazyLock::new(|| document(BYTES, Some(Edit::None))),
    LazyLock::new(|| document(BYTES, Some(Edit::Leaf))),
    LazyLock::new(|| document(BYTES, Some(Edit::InsertInFront))),
    LazyLock::new(|| document(BYTES, Some(Edit::EveryTick))),
];

pub(crate) fn pair(edit: Edit) -> Pair<'static> {
    [&*BEFORE, &*AFTER[edit as usize]].map(std::slice::from_ref)
}

fn schema() -> Schema {
    let key = |path: &str, fields: &[&str]| KeyRule {
        path: path.into(),
        fields: fields.iter().map(|&field| field.into()).collect(),
        label: String::new(),
    };
    Schema {
        stages: vec!["UMX".into()],
        artefacts: vec![ArtefactSchema {
            name: "ledgers".into(),
            stage: "UMX".into(),
            tick: Some("tick".into()),
            keys: vec![
                key("", &["tick"]),
                key("edges", &["e_id"]),
                key("pre_u", &[]),
            ],
            ..ArtefactSchema::default()
        }],
        spans: Vec::new(),
    }
}

/// Two documents to compare.
pub(crate) type Pair<'a> = [&'a [Artefact]; 2];

/// The keyed diff, with the first divergence, the counts and the first 10,000 changes.
pub(crate) fn keyed_diff(pair: Pair<'_>) {
    keyed_diff_within(pair, &DiffOptions::default());
}

/// The same within another budget.
pub(crate) fn keyed_diff_within([before, after]: Pair<'_>, options: &DiffOptions) {
    black_box(diff(before, after, &schema(), options));
}

/// The keyed difference as JSON Patch.
pub(crate) fn keyed_patch([before, after]: Pair<'_>) {
    let _ = black_box(patches(before, after, &schema()));
}

/// `json_patch::diff`, with the reading of both texts, which it needs and the keyed diff does not.
pub(crate) fn json_patch_diff(pair: Pair<'_>) {
    let [old, new] = pair.map(|documents| {
        serde_json::from_slice::<serde_json::Value>(documents[0].text()).unwrap_or_default()
    });
    black_box(json_patch::diff(&old, &new));
}
