//! The oracle's scenes and envelopes.

use super::{Case, Int, Json, Layer, Tick, int, ints, modulo, object, text};

/// The envelopes of one tick, all four layers, emitted or not.
pub(super) struct Envelopes {
    pub(super) ctrl_start: Option<Json>,
    pub(super) ingress: Option<Json>,
    pub(super) data: Json,
    pub(super) ctrl_end: Option<Json>,
    pub(super) egress: Option<Json>,
}

impl Envelopes {
    /// Makes the envelopes. `check` is that of the primary window that contains the tick.
    pub(super) fn form(case: &Case, tick: &Tick<'_>, check: &Int) -> Self {
        let envelope = |layer: Layer, seq: u64, payload_ref: &Int, chain: &Int| {
            envelope(case, layer, tick.tick, seq, payload_ref, chain)
        };
        let ctrl = |event: &str, seq, payload_ref: &Int, chain: &Int| {
            let mut ctrl = envelope(Layer::Ctrl, seq, payload_ref, chain);
            ctrl.insert("meta", object([("event", text(event))]));
            ctrl
        };
        let (first, last) = (tick.tick == 1, tick.tick == case.run.ticks);
        let c0 = Int::from(case.profile.c0);
        Self {
            ctrl_start: first.then(|| ctrl("SESSION_START", 1, &Int::from(0), &c0)),
            ingress: (!tick.entries.is_empty()).then(|| {
                let payload_ref = ingress_ref(case, tick);
                envelope(Layer::Ingress, tick.tick, &payload_ref, &tick.prev_chain)
            }),
            data: envelope(
                Layer::Data,
                (case.rules.data_seq)(tick.tick),
                check,
                &tick.prev_chain,
            ),
            ctrl_end: last.then(|| ctrl("SESSION_END", 2, check, &tick.chain)),
            egress: last.then(|| envelope(Layer::Egress, 1, check, &tick.chain)),
        }
    }

    /// The envelopes that the run emits, in run order.
    pub(super) fn emitted(&self, case: &Case) -> Vec<Json> {
        [
            (Layer::Ctrl, self.ctrl_start.as_ref()),
            (Layer::Ingress, self.ingress.as_ref()),
            (Layer::Data, Some(&self.data)),
            (Layer::Ctrl, self.ctrl_end.as_ref()),
            (Layer::Egress, self.egress.as_ref()),
        ]
        .into_iter()
        .filter(|(layer, _)| emits(case, *layer))
        .filter_map(|(_, envelope)| envelope.cloned())
        .collect()
    }
}

fn emits(case: &Case, layer: Layer) -> bool {
    let layers = case.run.nap.as_ref().and_then(|nap| nap.layers.as_ref());
    layers.is_none_or(|layers| layers.contains(&layer))
}

fn envelope(case: &Case, layer: Layer, tick: u64, seq: u64, payload: &Int, chain: &Int) -> Json {
    let own = case.run.nap.clone().unwrap_or_default();
    let (v, mode) = case.profile.nap.clone().unwrap_or((1, "P".to_owned()));
    object([
        ("v", int(own.v.unwrap_or(v))),
        ("tick", int(tick)),
        ("gid", text(&case.topology.gid)),
        ("nid", text(nid(case))),
        ("layer", text(layer.name())),
        ("mode", text(own.mode.unwrap_or(mode))),
        ("payload_ref", int(payload.clone())),
        ("seq", int(seq)),
        ("prev_chain", int(chain.clone())),
        ("sig", text("")),
        ("meta", object([])),
    ])
}

fn nid(case: &Case) -> String {
    let own = case.run.nap.as_ref().and_then(|nap| nap.nid.clone());
    own.unwrap_or_else(|| "N/A".to_owned())
}

fn ingress_ref(case: &Case, tick: &Tick<'_>) -> Int {
    let applied = tick.entries.iter().map(|entry| {
        object([
            ("pfna_id", text(&entry.pfna_id)),
            ("tick", int(entry.tick)),
            (
                "values",
                Json::List(entry.values.iter().map(|value| int(*value)).collect()),
            ),
        ])
    });
    modulo(
        &Json::List(applied.collect()).sha256_head(),
        case.profile.modulus,
    )
}

/// `SceneFrame_v1`.
pub(super) fn scene(
    case: &Case,
    tick: &Tick<'_>,
    window_id: &str,
    check: &Int,
    ledger: &Json,
    data: &Json,
) -> Json {
    let refs = tick.entries.iter().map(|entry| text(&entry.pfna_id));
    object([
        ("gid", text(&case.topology.gid)),
        ("run_id", text(&case.run.run_id)),
        ("tick", int(tick.tick)),
        ("nid", text(nid(case))),
        ("pre_u", ints(&tick.pre_u)),
        ("post_u", ints(&tick.post_u)),
        ("ledger_ref", text(ledger.sha256())),
        ("C_prev", int(tick.prev_chain.clone())),
        ("C_t", int(tick.chain.clone())),
        ("window_id", text(window_id)),
        ("manifest_check", int(check.clone())),
        ("nap_envelope_ref", text(data.sha256())),
        ("pfna_refs", Json::List(refs.collect())),
        ("meta", object([])),
    ])
}
