//! The ticks that concern some nodes and edges: those in which a node's value changes or an edge
//! has a flux. `log` and `show-ledger` show only these if nodes or edges are given.

use std::collections::BTreeSet;

use aether_engine::record::UmxLedger;
use aether_engine::run::{Operation, Replay, RunError};
use aether_engine::store::StoredRun;

use crate::exit::Failure;
use crate::selection::Selection;

/// The stored ticks that concern the selected nodes and edges; `None` if none are selected.
pub(super) fn ticks(
    run: &StoredRun,
    selection: &Selection,
) -> Result<Option<BTreeSet<u64>>, Failure> {
    if selection.nodes.is_none() && selection.edges.is_none() {
        return Ok(None);
    }
    let index = |id: &u64| usize::try_from(id - 1).expect("the nodes of a run fit memory");
    let nodes: Vec<usize> = selection.nodes.iter().flatten().map(index).collect();
    let edges: Vec<usize> = selection.edges.iter().flatten().map(index).collect();
    let last = run.ticks_recorded()?;
    let asked = selection.ticks.clone().unwrap_or(1..=last);
    let (first, last) = ((*asked.start()).max(1), last.min(*asked.end()));
    let mut touched = BTreeSet::new();
    if first > last {
        return Ok(Some(touched));
    }
    let values = |state: &[i64]| -> Vec<i64> { nodes.iter().map(|&node| state[node]).collect() };
    let mut before = match (first, nodes.is_empty()) {
        (_, true) => Vec::new(),
        (1, false) => {
            let plan = run.plan()?;
            let start = Replay::from_start(&plan).map_err(Failure::Run)?;
            values(start.state())
        }
        (first, false) => {
            let tick = first - 1;
            let ledger = run.values_of_ticks::<UmxLedger>(tick..=tick).next();
            values(
                &ledger
                    .expect("a range of one tick has a ledger or an error")?
                    .post_u,
            )
        }
    };
    for ledger in run.values_of_ticks::<UmxLedger>(first..=last) {
        let ledger = ledger?;
        let after = values(&ledger.post_u);
        let changes = values(&ledger.pre_u) != before || after != before;
        if changes || edges.iter().any(|&edge| ledger.edges[edge].f_e != 0) {
            touched.insert(ledger.tick);
        }
        before = after;
    }
    Ok(Some(touched))
}

/// Whether an error is about one of the selected nodes or edges.
pub(super) fn is_about(error: &RunError, selection: &Selection) -> bool {
    let (ids, id) = match error {
        RunError::Overflow {
            operation: Operation::Du | Operation::Raw,
            id,
            ..
        } => (&selection.edges, id),
        RunError::Overflow { id, .. } | RunError::Diagnostic { id, .. } => (&selection.nodes, id),
        _ => return false,
    };
    let ids = ids.as_deref().unwrap_or_default();
    id.is_some_and(|id| ids.binary_search(&id).is_ok())
}
