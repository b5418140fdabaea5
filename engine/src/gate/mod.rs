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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{InputEntry, InputValues, Inputs};
    use crate::run::tests::gf01;

    #[test]
    fn an_ingress_envelope_refers_to_the_hash_of_what_was_applied() {
        let entry = |pfna_id: &str, tick, first| InputEntry {
            pfna_id: pfna_id.to_owned(),
            tick,
            values: InputValues::Dense(vec![first, 0, 0, 0, 0, -1]),
            repeat: None,
        };
        let mut plan = gf01();
        plan.inputs = Inputs::new(vec![entry("b", 1, 7), entry("a", 0, 5), entry("c", 3, 9)]);
        // Entries of tick 0 are reported with those of tick 1.
        for (tick, applied) in [
            (
                1,
                r#"[{"pfna_id":"a","tick":0,"values":[5,0,0,0,0,-1]},{"pfna_id":"b","tick":1,"values":[7,0,0,0,0,-1]}]"#,
            ),
            (3, r#"[{"pfna_id":"c","tick":3,"values":[9,0,0,0,0,-1]}]"#),
        ] {
            let hash: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(applied).into();
            let head = u64::from_be_bytes(hash[..8].try_into().unwrap());
            let envelopes = Envelopes::new(&plan).of_tick(tick, 11, 12, 13);
            let ingress = envelopes
                .iter()
                .find(|e| e.layer == Layer::Ingress)
                .unwrap();
            assert_eq!(ingress.payload_ref.cast_unsigned(), head % 1_000_000_007);
            assert_eq!((ingress.seq, ingress.prev_chain), (tick, 12));
        }
        let none = Envelopes::new(&plan).of_tick(2, 11, 12, 13);
        assert!(none.iter().all(|e| e.layer == Layer::Data));
    }
}
