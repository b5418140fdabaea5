//! Gate: the boundary of the engine. External inputs come in as [`AppliedInput`]; scenes and NAP
//! envelopes go out.

use crate::canonical::{self, Hash};
use crate::config::{AppliedInput, LayerSet, RunPlan};
use crate::record::{AppliedEntry, EnvelopeMeta, Layer, NapEnvelope};

impl LayerSet {
    /// Whether envelopes of the layer are emitted.
    pub(crate) const fn emits(self, layer: Layer) -> bool {
        match layer {
            Layer::Ctrl => self.ctrl,
            Layer::Ingress => self.ingress,
            Layer::Data => self.data,
            Layer::Egress => self.egress,
        }
    }
}

/// Makes a run's envelopes.
pub(crate) struct Envelopes<'p> {
    plan: &'p RunPlan,
}

impl<'p> Envelopes<'p> {
    pub(crate) const fn new(plan: &'p RunPlan) -> Self {
        Self { plan }
    }

    /// All envelopes of a tick, emitted or not, in run order; `check` is that of its primary
    /// window.
    pub(crate) fn of_tick(&self, tick: u64, check: i64, c_prev: i64, c_t: i64) -> Vec<NapEnvelope> {
        let mut envelopes = Vec::new();
        if tick == 1 {
            envelopes.push(self.session_start());
        }
        let entries = self.plan.inputs_before(tick);
        if !entries.is_empty() {
            envelopes.push(self.ingress(tick, &entries, c_prev));
        }
        envelopes.push(self.data(tick, check, c_prev));
        if tick == self.plan.ticks {
            envelopes.push(self.session_end(check, c_t));
            envelopes.push(self.egress(check, c_t));
        }
        envelopes
    }

    fn session_start(&self) -> NapEnvelope {
        let envelope = self.envelope(Layer::Ctrl, 1, 1, 0, self.plan.profile.chain_start);
        NapEnvelope {
            meta: EnvelopeMeta::SessionStart,
            ..envelope
        }
    }

    /// The envelope after the last tick, with the last primary check and C_T.
    fn session_end(&self, check: i64, c_t: i64) -> NapEnvelope {
        let envelope = self.envelope(Layer::Ctrl, self.plan.ticks, 2, check, c_t);
        NapEnvelope {
            meta: EnvelopeMeta::SessionEnd,
            ..envelope
        }
    }

    /// The envelope of a tick before which entries were applied.
    fn ingress(&self, tick: u64, entries: &[AppliedInput<'_>], c_prev: i64) -> NapEnvelope {
        self.envelope(
            Layer::Ingress,
            tick,
            tick,
            self.payload_ref(entries),
            c_prev,
        )
    }

    /// The envelope of every tick, with the check of the primary window that contains it.
    fn data(&self, tick: u64, check: i64, c_prev: i64) -> NapEnvelope {
        self.envelope(Layer::Data, tick, tick, check, c_prev)
    }

    /// The envelope after the last tick, with the last primary check and C_T.
    fn egress(&self, check: i64, c_t: i64) -> NapEnvelope {
        self.envelope(Layer::Egress, self.plan.ticks, 1, check, c_t)
    }

    fn envelope(
        &self,
        layer: Layer,
        tick: u64,
        seq: u64,
        payload_ref: i64,
        prev_chain: i64,
    ) -> NapEnvelope {
        let nap = &self.plan.nap;
        NapEnvelope {
            v: nap.v,
            tick,
            gid: self.plan.gid.clone(),
            nid: nap.nid.clone(),
            layer,
            mode: nap.mode.clone(),
            payload_ref,
            seq,
            prev_chain,
            meta: EnvelopeMeta::Empty,
        }
    }

    fn payload_ref(&self, entries: &[AppliedInput<'_>]) -> i64 {
        let applied: Vec<_> = entries
            .iter()
            .map(|entry| AppliedEntry {
                pfna_id: entry.pfna_id(),
                tick: entry.tick(),
                values: entry.input_values(),
            })
            .collect();
        let digest: Hash = canonical::hash(&applied);
        self.plan.profile.reduce(i128::from(digest.head()))
    }
}

/// Hashes of the envelopes of one tick, as its U-ledger entry binds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EnvelopeHashes {
    pub(crate) ctrl: Vec<Hash>,
    pub(crate) ingress: Option<Hash>,
    /// `None` only until it is added: every tick has one.
    pub(crate) data: Option<Hash>,
    pub(crate) egress: Option<Hash>,
}

impl EnvelopeHashes {
    pub(crate) fn add(&mut self, layer: Layer, hash: Hash) {
        match layer {
            Layer::Ctrl => self.ctrl.push(hash),
            Layer::Ingress => self.ingress = Some(hash),
            Layer::Data => self.data = Some(hash),
            Layer::Egress => self.egress = Some(hash),
        }
    }
}
