//! The external inputs of ticks, as tables and JSON show them.

use std::fmt::Write as _;

use aether_engine::config::{AppliedInput, Names, RunPlan};
use aether_harness::counted;
use aether_json::{Value, json};

/// What the inputs of one tick add to a node: each id with its value, if that is not 0.
pub(super) fn of_node(plan: &RunPlan, tick: u64, node: u64) -> Vec<(&str, i64)> {
    let entries = plan.inputs_at(tick).into_iter();
    let added = entries.map(|entry| (entry.pfna_id(), entry.value(node)));
    added.filter(|(_, value)| *value != 0).collect()
}

/// Most nodes of an input that are listed.
const NODES_MAX: usize = 12;

/// What an input adds to which nodes, for people: `1 (source) +40, 4 +2`. Of many nodes, those that get
/// most are listed, and the rest counted.
pub(super) fn added(entry: &AppliedInput<'_>, names: &Names) -> String {
    let mut values: Vec<_> = entry.written().filter(|(_, value)| *value != 0).collect();
    if values.is_empty() {
        return "nothing".to_owned();
    }
    let more = values.len().saturating_sub(NODES_MAX);
    if more > 0 {
        values.sort_by_key(|(node, value)| (std::cmp::Reverse(value.unsigned_abs()), *node));
    }
    let listed = values.iter().take(NODES_MAX);
    let listed = listed.map(|(node, value)| format!("{} {value:+}", names.show_node(*node)));
    let mut text = listed.collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(text, " and {}", counted(more as u64, "more node"));
    }
    text
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
    let entries = plan.inputs_at(tick).into_iter();
    entries.map(|entry| entry.pfna_id()).collect()
}
