//! The second pass over a window: what carries or hashes its check.

use std::collections::BTreeMap;
use std::io;

use super::pending::PendingTick;
use super::recorder::Recorder;
use crate::canonical::Hash;
use crate::config::RunPlan;
use crate::gate::{self, Envelopes};
use crate::record::{LedgerEntry, LedgerMeta, Manifest, Record, SceneFrame};

/// A primary window whose check is known.
pub(super) struct ClosedWindow<'w> {
    pub(super) manifest: &'w Manifest,
    pub(super) manifest_hash: Hash,
    pub(super) codex_hash: Option<Hash>,
}

/// Makes envelopes, scenes and the hash chain, tick after tick.
pub(super) struct Binder<'p> {
    plan: &'p RunPlan,
    envelopes: Envelopes<'p>,
    previous_entry: Option<Hash>,
}

/// Hashes of the envelopes of one tick.
struct EnvelopeHashes {
    data: Hash,
    ingress: Option<Hash>,
    ctrl: Vec<Hash>,
    egress: Option<Hash>,
}

impl<'p> Binder<'p> {
    pub(super) fn new(plan: &'p RunPlan) -> Self {
        Self {
            plan,
            envelopes: Envelopes::new(plan),
            previous_entry: None,
        }
    }

    /// The envelopes, the scene and the entry of the next tick, its states before and after it given.
    pub(super) fn bind(
        &mut self,
        tick: &PendingTick,
        (pre_u, post_u): (&[i64], &[i64]),
        closed: &ClosedWindow<'_>,
        manifest_hashes: BTreeMap<String, Hash>,
        recorder: &mut Recorder<'_, '_>,
    ) -> io::Result<()> {
        let plan = self.plan;
        let check = closed.manifest.manifest_check;
        let envelopes = self.envelopes(tick, check, recorder)?;
        let entries = gate::applied_before(plan, tick.tick);
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
            nap_envelope_ref: envelopes.data,
            pfna_refs: entries.iter().map(|entry| entry.pfna_id.clone()).collect(),
        };
        let scene_hash = recorder.put(&Record::Scene(&scene))?;
        let entry = LedgerEntry {
            gid: scene.gid,
            run_id: scene.run_id,
            tick: tick.tick,
            window_id: scene.window_id,
            c_t: tick.c_t,
            manifest_check: check,
            nap_envelope_hash: envelopes.data,
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
        let hash = recorder.put(&Record::LedgerEntry(&entry))?;
        self.previous_entry = Some(hash);
        let metrics = recorder.metrics();
        metrics.uledger_entries += 1;
        metrics.uledger_last_hash = Some(hash);
        Ok(())
    }

    fn envelopes(
        &self,
        tick: &PendingTick,
        check: i64,
        recorder: &mut Recorder<'_, '_>,
    ) -> io::Result<EnvelopeHashes> {
        let mut ctrl = Vec::new();
        if tick.tick == 1 {
            ctrl.push(recorder.envelope(&self.envelopes.session_start())?);
        }
        let entries = gate::applied_before(self.plan, tick.tick);
        let mut ingress = None;
        if !entries.is_empty() {
            let envelope = self.envelopes.ingress(tick.tick, entries, tick.c_prev);
            ingress = Some(recorder.envelope(&envelope)?);
        }
        let data = self.envelopes.data(tick.tick, check, tick.c_prev);
        let data = recorder.envelope(&data)?;
        let mut egress = None;
        if tick.tick == self.plan.ticks {
            let end = self.envelopes.session_end(check, tick.c_t);
            ctrl.push(recorder.envelope(&end)?);
            let envelope = self.envelopes.egress(check, tick.c_t);
            egress = Some(recorder.envelope(&envelope)?);
        }
        Ok(EnvelopeHashes {
            data,
            ingress,
            ctrl,
            egress,
        })
    }
}
