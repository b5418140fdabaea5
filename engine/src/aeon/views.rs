//! The views of the windows of a grammar, which are made at the end of the run.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::Hash;
use crate::config::{AeonWindow, RunPlan};
use crate::error::{Operation, RunError};
use crate::record::{AeonKind, AeonView, Manifest};

/// What the windows of the run that a grammar names amount to.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    /// The ids of the named windows.
    named: BTreeSet<String>,
    /// The hash of the manifest, and the bits of each stream, by `window_id`.
    windows: BTreeMap<String, (Hash, BTreeMap<String, i64>)>,
}

impl Closed {
    /// Collects the windows that the grammar of a plan names.
    pub(crate) fn of(plan: &RunPlan) -> Self {
        let windows = plan.aeon.iter().flat_map(|aeon| aeon.grammar.windows());
        let named = windows.filter_map(|window| window.press);
        Self {
            named: named
                .map(|index| plan.windows[index].window_id.clone())
                .collect(),
            windows: BTreeMap::new(),
        }
    }

    /// Adds a window that has closed.
    pub(crate) fn add(&mut self, manifest: &Manifest, hash: Hash) {
        if !self.named.contains(&manifest.window_id) {
            return;
        }
        let streams = manifest.streams.iter();
        let bits = streams.map(|stream| (stream.stream_id.clone(), stream.total_bits));
        let window = (hash, bits.collect());
        self.windows.insert(manifest.window_id.clone(), window);
    }

    fn window(&self, plan: &RunPlan, index: usize) -> &(Hash, BTreeMap<String, i64>) {
        const CLOSED: &str = "every window of a run has closed at its end";
        self.windows
            .get(&plan.windows[index].window_id)
            .expect(CLOSED)
    }
}

/// The view of a window, at the end of the run.
///
/// # Errors
/// The bits of a stream, each window counted as often as it is covered, do not fit 64 bits.
pub(crate) fn aeon_view(
    plan: &RunPlan,
    window: &AeonWindow,
    closed: &Closed,
) -> Result<AeonView, RunError> {
    let derivation = window.derivation.as_ref();
    Ok(AeonView {
        aggregation: derivation.map(|made| made.aggregation),
        kind: match derivation {
            None => AeonKind::Base,
            Some(_) => AeonKind::Derived,
        },
        total_bits: total_bits(plan, window, closed)?,
        labels: window.labels.clone(),
        manifest_hash: window.press.map(|index| closed.window(plan, index).0),
        parent_id: window.parent_id.clone(),
        press_window_id: window.press_window_id.clone(),
        source_ids: derivation.map_or_else(Vec::new, |made| made.source_ids.clone()),
        spans: window.spans.runs().to_vec(),
        ticks: window.spans.tick_count(),
        window_id: window.window_id.clone(),
    })
}

/// Bits by stream; `None` if no window of the run is named.
fn total_bits(
    plan: &RunPlan,
    window: &AeonWindow,
    closed: &Closed,
) -> Result<Option<BTreeMap<String, i64>>, RunError> {
    const OVERFLOWS: &str = "numbers of bits are below 2^63, and no window is covered 2^63 times";
    let mut total: BTreeMap<String, i128> = BTreeMap::new();
    for (&index, &times) in &window.covered {
        for (stream, bits) in &closed.window(plan, index).1 {
            let bits = i128::from(*bits).checked_mul(i128::from(times));
            let sum = total.entry(stream.clone()).or_insert(0);
            *sum = sum.checked_add(bits.expect(OVERFLOWS)).expect(OVERFLOWS);
        }
    }
    if window.covered.is_empty() {
        return Ok(None);
    }
    let fitting = total.into_iter().map(|(stream, bits)| {
        let bits = i64::try_from(bits).map_err(|_| RunError::Overflow {
            tick: plan.ticks,
            operation: Operation::Bits,
            id: None,
        })?;
        Ok((stream, bits))
    });
    fitting.collect::<Result<_, _>>().map(Some)
}
