//! The external inputs of ticks, as tables and JSON show them.

use aether_engine::config::{InputEntry, RunPlan};
use aether_json::{Value, json};

/// What the inputs of one tick add to a node: each id with its value, if that is not 0.
pub(super) fn of_node(plan: &RunPlan, tick: u64, node: u64) -> Vec<(&str, i64)> {
    let entries = plan.inputs_at(tick).iter();
    let added = entries.map(|entry| (entry.pfna_id(), value(entry, node)));
    added.filter(|(_, value)| *value != 0).collect()
}

fn value(entry: &InputEntry, node: u64) -> i64 {
    let index = usize::try_from(node - 1).expect("the nodes of a run fit memory");
    entry.values()[index]
}

/// The sum that the inputs of one tick add to a node, for people: `+12`; empty if there are none.
pub(super) fn cell(added: &[(&str, i64)]) -> String {
    let sum: i128 = added.iter().map(|(_, value)| i128::from(*value)).sum();
    if added.is_empty() {
        String::new()
    } else {
        format!("{sum:+}")
    }
}

/// As JSON: an array of {`pfna_id`, `value`}.
pub(super) fn json(added: &[(&str, i64)]) -> Value {
    let entries = added.iter();
    entries
        .map(|(pfna_id, value)| json!({ "pfna_id": pfna_id, "value": value }))
        .collect()
}

/// The ids of the inputs of one tick.
pub(super) fn ids(plan: &RunPlan, tick: u64) -> Vec<&str> {
    let entries = plan.inputs_at(tick).iter();
    entries.map(InputEntry::pfna_id).collect()
}
