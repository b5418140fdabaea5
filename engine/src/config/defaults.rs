//! The default values of all documents, in one place.

use super::plan::{Diagnostics, LayerSet, LogDestination, Logging, PressDefaults, Scheme};
use super::plan::{StreamPlan, StreamSource};

/// Version of a RunConfig.
pub(crate) const RUN_CONFIG_VERSION: i64 = 1;
/// Version of a PFNA document.
pub(crate) const PFNA_VERSION: i64 = 0;

/// c of an edge.
pub(crate) const EDGE_C: i64 = 0;
/// Constant a of the chain rule.
pub(crate) const CHAIN_A: i64 = 17;
/// Constant b of the chain rule.
pub(crate) const CHAIN_B: i64 = 23;
/// Offset of `sum_abs_flux`.
pub(crate) const SUM_OFFSET: i64 = 0;
/// Scale of `sum_abs_flux`.
pub(crate) const SUM_SCALE: i64 = 1;

/// The press defaults of CMP-0, whose check constants are solved from the paper's two figures.
pub(crate) const PRESS: PressDefaults = PressDefaults {
    preference: [Scheme::RunLength, Scheme::GolombRice, Scheme::Identity],
    check_factor: 240_787_124,
    check_offset: 571_912_118,
};

/// Version in envelopes.
pub(crate) const NAP_V: i64 = 1;
/// Mode in envelopes.
pub(crate) const NAP_MODE: &str = "P";
/// Node id in envelopes and scenes.
pub(crate) const NAP_NID: &str = "N/A";
/// The emitted layers.
pub(crate) const LAYERS: LayerSet = LayerSet {
    ctrl: true,
    ingress: true,
    data: true,
    egress: true,
};

pub(crate) const CODEX: bool = false;
pub(crate) const PFNA: bool = false;
pub(crate) const METRICS: bool = true;
/// Whether views of descriptors are made, where `apxi` is given.
pub(crate) const APXI: bool = true;
pub(crate) const APXI_DISCOVER: bool = false;
/// The scheme that describes what a model leaves over.
pub(crate) const RESIDUAL_SCHEME: Scheme = Scheme::RunLength;

pub(crate) const DIAGNOSTICS: Diagnostics = Diagnostics {
    conservation: false,
    allow_negative: true,
    limit: None,
};

pub(crate) const LOGGING: Logging = Logging {
    enabled: true,
    destination: LogDestination::Memory,
    include_ticks: true,
    include_windows: true,
    clock: false,
};

/// The streams of a window that lists none.
pub(crate) fn streams() -> Vec<StreamPlan> {
    let stream = |name: &str, source| StreamPlan {
        name: name.to_owned(),
        source,
        hint: None,
        description: String::new(),
    };
    vec![
        stream("S1_post_u_deltas", StreamSource::PostUDeltas),
        stream("S2_fluxes", StreamSource::Fluxes),
    ]
}
