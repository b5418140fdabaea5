//! The second pass over a window: makes the records that contain or hash its check.
//!
//! Envelopes and scenes of a tick need nothing of other ticks, so [`Scenes`] makes those of some ticks on any thread. The entries of the
//! hash chain need each other, and the [`Binder`] makes them in order.

use std::collections::BTreeMap;
use std::io;

use super::encoded::{EncodedRecord, encode_in_place};
use super::pending::{PendingTick, WithStates};
use super::recorder::Recorder;
use super::sink::RecordSink;
use crate::canonical::Hash;
use crate::config::RunPlan;
use crate::gate::{EnvelopeHashes, Envelopes};
use crate::record::{
    LedgerEntry, LedgerMeta, Manifest, NapEnvelope, Record, RecordKind, SceneFrame, SceneText,
};

/// A primary window whose check is known.
pub(super) struct ClosedWindow<'w> {
    pub(super) manifest: &'w Manifest,
    pub(super) manifest_hash: Hash,
    pub(super) codex_hash: Option<Hash>,
}

/// Makes the envelopes and scenes of a window.
pub(super) struct Scenes<'p> {
    plan: &'p RunPlan,
    window_id: String,
    check: i64,
    /// The longest texts that are kept.
    envelope_max: usize,
    scene_max: usize,
}

/// A tick with its envelopes and its scene.
pub(super) struct BoundTick {
    tick: PendingTick,
    envelopes: Vec<(NapEnvelope, EncodedRecord)>,
    hashes: EnvelopeHashes,
    scene: (SceneFrame, EncodedRecord),
}

/// Makes the entries of the hash chain, tick by tick.
#[derive(Default)]
pub(super) struct Binder {
    previous_entry: Option<Hash>,
}

impl<'p> Scenes<'p> {
    pub(super) fn new(plan: &'p RunPlan, manifest: &Manifest, sink: &dyn RecordSink) -> Self {
        Self {
            plan,
            window_id: manifest.window_id.clone(),
            check: manifest.manifest_check,
            envelope_max: sink.text_max(RecordKind::Envelopes),
            scene_max: sink.text_max(RecordKind::Scenes),
        }
    }

    /// Makes the envelopes and scenes of some ticks.
    pub(super) fn of(&self, ticks: Vec<WithStates>) -> Vec<BoundTick> {
        let of_run = Envelopes::new(self.plan);
        let bound = ticks.into_iter().map(|ticked| {
            let tick = ticked.tick;
            let envelopes = of_run.of_tick(tick.tick, self.check, tick.c_prev, tick.c_t);
            let envelopes = envelopes
                .into_iter()
                .map(|envelope| (envelope, EncodedRecord::new(self.envelope_max)));
            BoundTick {
                tick,
                envelopes: envelopes.collect(),
                hashes: EnvelopeHashes::default(),
                scene: (self.scene(ticked), EncodedRecord::new(self.scene_max)),
            }
        });
        let mut bound: Vec<_> = bound.collect();
        encode_in_place(bound.iter_mut().flat_map(|bound| {
            let envelopes = bound.envelopes.iter_mut();
            envelopes.map(|(envelope, encoded)| (&*envelope, encoded))
        }));
        for bound in &mut bound {
            for (envelope, encoded) in &bound.envelopes {
                bound.hashes.add(envelope.layer, encoded.hash);
            }
            bound.scene.0.nap_envelope_ref = data(&bound.hashes);
        }
        encode_in_place(bound.iter_mut().map(|bound| {
            let (scene, encoded) = &mut bound.scene;
            (SceneText(scene), encoded)
        }));
        bound
    }

    /// The scene of a tick, without the hash of its envelope.
    fn scene(&self, ticked: WithStates) -> SceneFrame {
        let (plan, tick) = (self.plan, ticked.tick);
        let entries = plan.inputs_before(tick.tick);
        SceneFrame {
            gid: plan.gid.clone(),
            run_id: plan.run_id.clone(),
            tick: tick.tick,
            nid: plan.nap.nid.clone(),
            pre_u: ticked.pre_u,
            post_u: ticked.post_u,
            ledger_ref: tick.ledger_hash,
            c_prev: tick.c_prev,
            c_t: tick.c_t,
            window_id: self.window_id.clone(),
            manifest_check: self.check,
            nap_envelope_ref: Hash::from_bytes([0; 32]),
            pfna_refs: entries
                .iter()
                .map(|entry| entry.pfna_id().to_owned())
                .collect(),
        }
    }
}

fn data(envelopes: &EnvelopeHashes) -> Hash {
    envelopes.data.expect("every tick has a DATA envelope")
}

impl BoundTick {
    pub(super) const fn number(&self) -> u64 {
        self.tick.tick
    }
}

impl Binder {
    /// Records the envelopes and the scene of the next tick, and its entry.
    pub(super) fn bind(
        &mut self,
        bound: BoundTick,
        closed: &ClosedWindow<'_>,
        manifest_hashes: BTreeMap<String, Hash>,
        recorder: &mut Recorder<'_, '_>,
    ) -> io::Result<()> {
        let BoundTick { tick, hashes, .. } = bound;
        let window = closed.manifest.start_tick..=closed.manifest.end_tick;
        assert!(
            window.contains(&tick.tick),
            "a scene's window holds its tick"
        );
        for (envelope, encoded) in &bound.envelopes {
            recorder.envelope(envelope, encoded.encoded())?;
        }
        let (scene, encoded) = bound.scene;
        recorder.put_encoded(&Record::Scene(&scene), encoded.encoded())?;
        let entry = LedgerEntry {
            gid: scene.gid,
            run_id: scene.run_id,
            tick: tick.tick,
            window_id: scene.window_id,
            c_t: tick.c_t,
            manifest_check: scene.manifest_check,
            nap_envelope_hash: data(&hashes),
            umx_ledger_hash: tick.ledger_hash,
            loom_block_hash: tick.p_block_hash,
            apx_manifest_hash: closed.manifest_hash,
            codex_library_hash: closed.codex_hash,
            prev_entry_hash: self.previous_entry,
            meta: LedgerMeta {
                scene_hash: encoded.hash,
                ingress_hash: hashes.ingress,
                i_block_hash: tick.i_block_hash,
                ctrl_hashes: hashes.ctrl,
                egress_hash: hashes.egress,
                manifest_hashes,
            },
        };
        self.previous_entry = Some(recorder.entry(&entry)?);
        Ok(())
    }
}
