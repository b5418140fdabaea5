//! The second pass over a window: makes the records that contain or hash its check.

use std::collections::BTreeMap;
use std::io;

use super::pending::PendingTick;
use super::recorder::Recorder;
use crate::canonical::Hash;
use crate::config::RunPlan;
use crate::gate::{EnvelopeHashes, Envelopes};
use crate::record::{LedgerEntry, LedgerMeta, Manifest, Record, SceneFrame};

/// A primary window whose check is known.
pub(super) struct ClosedWindow<'w> {
    pub(super) manifest: &'w Manifest,
    pub(super) manifest_hash: Hash,
    pub(super) codex_hash: Option<Hash>,
}

/// Makes the envelopes, scenes and entries of the hash chain, tick by tick.
pub(super) struct Binder<'p> {
    plan: &'p RunPlan,
    envelopes: Envelopes<'p>,
    previous_entry: Option<Hash>,
}

impl<'p> Binder<'p> {
    pub(super) fn new(plan: &'p RunPlan) -> Self {
        Self {
            plan,
            envelopes: Envelopes::new(plan),
            previous_entry: None,
        }
    }

    /// Makes the envelopes, the scene and the entry of the next tick from the states before and
    /// after it.
    pub(super) fn bind(
        &mut self,
        tick: &PendingTick,
        (pre_u, post_u): (&[i64], &[i64]),
        closed: &ClosedWindow<'_>,
        manifest_hashes: BTreeMap<String, Hash>,
        recorder: &mut Recorder<'_, '_>,
    ) -> io::Result<()> {
        let plan = self.plan;
        let window = closed.manifest.start_tick..=closed.manifest.end_tick;
        assert!(
            window.contains(&tick.tick),
            "a scene's window holds its tick"
        );
        let check = closed.manifest.manifest_check;
        let envelopes = self.envelopes(tick, check, recorder)?;
        let data = envelopes.data.expect("every tick has a DATA envelope");
        let entries = plan.inputs_before(tick.tick);
        let scene = SceneFrame {
            gid: plan.gid.clone(),
            run_id: plan.run_id.clone(),
            tick: tick.tick,
            nid: plan.nap.nid.clone(),
            pre_u: pre_u.to_vec(),
            post_u: post_u.to_vec(),
            ledger_ref: tick.ledger_hash,
            c_prev: tick.c_prev,
            c_t: tick.c_t,
            window_id: closed.manifest.window_id.clone(),
            manifest_check: check,
            nap_envelope_ref: data,
            pfna_refs: entries
                .iter()
                .map(|entry| entry.pfna_id().to_owned())
                .collect(),
        };
        let scene_hash = recorder.put(&Record::Scene(&scene))?;
        let entry = LedgerEntry {
            gid: scene.gid,
            run_id: scene.run_id,
            tick: tick.tick,
            window_id: scene.window_id,
            c_t: tick.c_t,
            manifest_check: check,
            nap_envelope_hash: data,
            umx_ledger_hash: tick.ledger_hash,
            loom_block_hash: tick.p_block_hash,
            apx_manifest_hash: closed.manifest_hash,
            codex_library_hash: closed.codex_hash,
            prev_entry_hash: self.previous_entry,
            meta: LedgerMeta {
                scene_hash,
                ingress_hash: envelopes.ingress,
                i_block_hash: tick.i_block_hash,
                ctrl_hashes: envelopes.ctrl,
                egress_hash: envelopes.egress,
                manifest_hashes,
            },
        };
        self.previous_entry = Some(recorder.entry(&entry)?);
        Ok(())
    }

    /// Records the envelopes of a tick and returns their hashes.
    fn envelopes(
        &self,
        tick: &PendingTick,
        check: i64,
        recorder: &mut Recorder<'_, '_>,
    ) -> io::Result<EnvelopeHashes> {
        let mut hashes = EnvelopeHashes::default();
        let envelopes = self
            .envelopes
            .of_tick(tick.tick, check, tick.c_prev, tick.c_t);
        for envelope in &envelopes {
            let hash = recorder.envelope(envelope)?;
            hashes.add(envelope.layer, hash);
        }
        Ok(hashes)
    }
}
