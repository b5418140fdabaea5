//! The external inputs of a tick, and the fields of envelopes and scenes.

use super::super::place::{Field, LAYERS, RunPlace, index_of, layer_at};
use super::super::reader::Reader;
use super::super::scalar::Scalar;
use crate::canonical::{self, Hash};
use crate::config::{InputValues, reduced};
use crate::record::{AppliedEntry, EnvelopeMeta, FromText as _, Layer, NapEnvelope, SceneFrame};

impl Reader<'_> {
    /// The entries that are applied at a tick, by id.
    pub(super) fn applied(&self, tick: u64) -> Vec<u64> {
        let likely = self.names.entries_at(tick);
        let is_on = || {
            self.test(Field::EnablePfna.of_run(), |flag| {
                flag == Some(&Scalar::Flag(true))
            })
        };
        if likely.is_empty() || !is_on() {
            return Vec::new();
        }
        let applied = likely.into_iter();
        applied
            .filter(|entry| self.is_applied(*entry, tick))
            .collect()
    }

    /// Those of tick 0 too before tick 1.
    pub(super) fn applied_before(&self, tick: u64) -> Vec<(u64, u64)> {
        let first = if tick == 1 { 0 } else { tick };
        let each = (first..=tick).flat_map(|at| {
            let entries = self.applied(at).into_iter();
            entries.map(move |entry| (at, entry))
        });
        each.collect()
    }

    fn is_applied(&self, entry: u64, tick: u64) -> bool {
        let Some(after) = tick.checked_sub(self.names.entry(entry).0) else {
            return false;
        };
        self.has(Field::EntryTick.of(entry))
            && self.test(Field::EntryEvery.of(entry), |every| match every {
                None => after == 0,
                Some(every) => every
                    .count()
                    .is_some_and(|every| after.is_multiple_of(every)),
            })
            && self.test(Field::EntryUntil.of(entry), |until| {
                until.is_none_or(|until| until.count().is_some_and(|until| tick <= until))
            })
    }

    /// Whether the run has an envelope of a layer at a tick, emitted or not.
    fn forms(&self, layer: Layer, tick: u64) -> bool {
        match layer {
            Layer::Ingress => !self.applied_before(tick).is_empty(),
            Layer::Data | Layer::Ctrl | Layer::Egress => true,
        }
    }

    /// Whether envelopes of a layer are emitted.
    pub(super) fn emits(&self, layer: Layer) -> bool {
        (0..).zip(LAYERS).any(|(place, _)| {
            self.test(Field::Layers.at(0, place), |name| {
                name.and_then(Scalar::text) == Some(layer.name())
            })
        })
    }

    /// The check of the primary window that holds a tick.
    pub(super) fn check_of(&self, tick: u64) -> Option<i64> {
        let (window, _) = self.window_of(tick)?;
        self.integer(Field::ManifestCheck.of(window))
    }

    /// A check of the entries that are applied before a tick, which may be equal for others.
    fn check_of_inputs(&self, tick: u64) -> Option<i64> {
        let node_count = self.count(Field::NodeCount.of_run())?;
        let mut entries = Vec::new();
        for (at, entry) in self.applied_before(tick) {
            let id = self.text(Field::EntryId.of(entry))?;
            let nodes = 1..=u32::try_from(node_count).ok()?;
            let value = |node| self.integer(Field::EntryValue.at(entry, node)).unwrap_or(0);
            entries.push((id, at, InputValues::Dense(nodes.map(value).collect())));
        }
        let applied: Vec<_> = entries
            .iter()
            .map(|(pfna_id, tick, values)| AppliedEntry {
                pfna_id,
                tick: *tick,
                values,
            })
            .collect();
        let head = canonical::hash(&applied).head();
        Some(reduced(i128::from(head), self.of_run(Field::Modulus)?))
    }

    /// The envelope of a layer with a sequence number, as it is hashed, emitted or not.
    fn envelope(&self, layer: Layer, seq: u64) -> Option<NapEnvelope> {
        Some(NapEnvelope {
            v: self.of_run(Field::NapVersion)?,
            tick: self.tick_of_envelope(layer, seq)?,
            gid: self.text(Field::Gid.of_run())?,
            nid: self.text(Field::Nid.of_run())?,
            layer,
            mode: self.text(Field::NapMode.of_run())?,
            payload_ref: self.payload(layer, seq)?,
            seq,
            prev_chain: self.chain_of_envelope(layer, seq)?,
            meta: match (layer, seq) {
                (Layer::Ctrl, 1) => EnvelopeMeta::SessionStart,
                (Layer::Ctrl, _) => EnvelopeMeta::SessionEnd,
                _ => EnvelopeMeta::Empty,
            },
        })
    }

    /// The hash of the envelope of a layer with a sequence number.
    pub(super) fn hash_of_envelope(&self, layer: Layer, seq: u64) -> Option<Hash> {
        Some(self.envelope(layer, seq)?.hash())
    }

    /// The hash of the INGRESS envelope of a tick; `None` if it has none.
    pub(super) fn ingress_hash(&self, tick: u64) -> Option<Hash> {
        let has_one = self.forms(Layer::Ingress, tick);
        has_one
            .then(|| self.hash_of_envelope(Layer::Ingress, tick))
            .flatten()
    }

    fn tick_of_envelope(&self, layer: Layer, seq: u64) -> Option<u64> {
        match (layer, seq) {
            (Layer::Ctrl, 1) => Some(1),
            (Layer::Ctrl, 2) | (Layer::Egress, 1) => self.count(Field::Ticks.of_run()),
            (Layer::Ingress | Layer::Data, tick) => Some(tick),
            _ => None,
        }
    }

    fn payload(&self, layer: Layer, seq: u64) -> Option<i64> {
        match (layer, seq) {
            (Layer::Ctrl, 1) => Some(0),
            (Layer::Ingress, tick) => self.check_of_inputs(tick),
            _ => self.check_of(self.tick_of_envelope(layer, seq)?),
        }
    }

    fn chain_of_envelope(&self, layer: Layer, seq: u64) -> Option<i64> {
        match (layer, seq) {
            (Layer::Ctrl, 1) => self.of_run(Field::ChainStart),
            (Layer::Ingress | Layer::Data, tick) => self.chain_before(tick),
            _ => self.integer(Field::Chain.of(self.tick_of_envelope(layer, seq)?)),
        }
    }

    /// Whether an envelope is recorded.
    fn has_envelope(&self, layer: Layer, seq: u64) -> bool {
        let has_tick = match (layer, seq) {
            (Layer::Ctrl, 1) => self.is_recorded(1),
            (Layer::Ctrl, 2) | (Layer::Egress, 1) => self.is_complete(),
            (Layer::Ingress | Layer::Data, tick) => self.is_recorded(tick),
            _ => false,
        };
        has_tick && self.emits(layer) && self.forms(layer, seq)
    }
}

/// A field of an emitted envelope.
pub(super) fn envelope_field(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let (layer, seq) = (layer_at(place.index), place.at);
    if index_of(layer) != place.index || !reader.has_envelope(layer, seq) {
        return None;
    }
    match place.field {
        Field::EnvelopeLayer => Some(layer.name().into()),
        Field::EnvelopeSeq => Some(seq.into()),
        Field::EnvelopeTick => reader.tick_of_envelope(layer, seq).map(Scalar::from),
        Field::EnvelopeGid => reader.get(Field::Gid.of_run()),
        Field::EnvelopeNid => reader.get(Field::Nid.of_run()),
        Field::EnvelopeMode => reader.get(Field::NapMode.of_run()),
        Field::EnvelopeVersion => reader.get(Field::NapVersion.of_run()),
        Field::EnvelopeEvent => match (layer, seq) {
            (Layer::Ctrl, 1) => Some("SESSION_START".into()),
            (Layer::Ctrl, _) => Some("SESSION_END".into()),
            _ => None,
        },
        Field::EnvelopePayload => reader.payload(layer, seq).map(Scalar::from),
        Field::EnvelopeChain => reader.chain_of_envelope(layer, seq).map(Scalar::from),
        _ => None,
    }
}

pub(super) fn scene_field(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let (tick, index) = (place.at, place.index);
    if !reader.is_recorded(tick) {
        return None;
    }
    match place.field {
        Field::SceneTick => Some(tick.into()),
        Field::SceneGid => reader.get(Field::Gid.of_run()),
        Field::SceneRunId => reader.get(Field::RunId.of_run()),
        Field::SceneNid => reader.get(Field::Nid.of_run()),
        Field::ScenePreU => reader.get(Field::PreU.at(tick, index)),
        Field::ScenePostU => reader.get(Field::PostU.at(tick, index)),
        Field::SceneLedger => super::umx::ledger(tick, reader).map(|ledger| ledger.hash().into()),
        Field::SceneChainBefore => reader.chain_before(tick).map(Scalar::from),
        Field::SceneChain => reader.get(Field::Chain.of(tick)),
        Field::SceneWindow => reader.window_id_of(tick),
        Field::SceneCheck => reader.check_of(tick).map(Scalar::from),
        Field::SceneEnvelope => reader.hash_of_envelope(Layer::Data, tick).map(Scalar::from),
        Field::SceneInput => reader.applied_id(tick, index),
        _ => None,
    }
}

impl Reader<'_> {
    /// The id of one of the entries applied before a tick, by its position from 0.
    pub(super) fn applied_id(&self, tick: u64, position: u32) -> Option<Scalar> {
        let applied = self.applied_before(tick);
        let (_, entry) = applied.get(position as usize)?;
        self.get(Field::EntryId.of(*entry))
    }
}

/// The scene of a tick, from its fields.
pub(super) fn scene(tick: u64, reader: &Reader<'_>) -> Option<SceneFrame> {
    let text = |field: Field| reader.text(field.of(tick));
    let integer = |field: Field| reader.integer(field.of(tick));
    let vector = |field: Field| reader.vector(field, tick, reader.names.nodes());
    let mut pfna_refs = Vec::new();
    for position in 0.. {
        match reader.get(Field::SceneInput.at(tick, position)) {
            Some(id) => pfna_refs.push(id.text()?.to_owned()),
            None => break,
        }
    }
    Some(SceneFrame {
        c_prev: integer(Field::SceneChainBefore)?,
        c_t: integer(Field::SceneChain)?,
        gid: text(Field::SceneGid)?,
        ledger_ref: reader.hash(Field::SceneLedger.of(tick))?,
        manifest_check: integer(Field::SceneCheck)?,
        nap_envelope_ref: reader.hash(Field::SceneEnvelope.of(tick))?,
        nid: text(Field::SceneNid)?,
        pfna_refs,
        post_u: vector(Field::ScenePostU)?,
        pre_u: vector(Field::ScenePreU)?,
        run_id: text(Field::SceneRunId)?,
        tick: reader.count(Field::SceneTick.of(tick))?,
        window_id: text(Field::SceneWindow)?,
    })
}
