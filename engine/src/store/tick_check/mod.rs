//! Checks whether the records of one tick follow from the tick before and the inputs.
//!
//! [`StoredRun::verify`] recomputes the whole run; here only one tick is recomputed, from the
//! nearest checkpoint. Every record is compared with what it should be, and every hash and
//! reference in the scene and the entry with the record that it refers to, including the manifests
//! of additional windows, the Codex library, and the envelopes that are not emitted.

mod problem;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::stored::{FoundRecord, StoredRun};
use crate::canonical::{self, Hash};
use crate::codex::Codex;
use crate::config::{RunPlan, Window};
use crate::gate::{EnvelopeHashes, Envelopes};
use crate::press::TickView;
use crate::record::{
    IBlock, LedgerEntry, Manifest, NapEnvelope, PBlock, RecordKind, RecordType, SceneFrame,
    UmxLedger,
};
use crate::run::{Replay, RunError};
use crate::store::spill::Notes;
use crate::store::{Damage, StoreError};

pub use problem::{FailedCheck, TickProblem};
use problem::{
    block_difference, differs, envelope_difference, ledger_difference, unreadable,
    vector_difference,
};

/// The member of an entry that names the Codex library.
const LIBRARY_HASH: &str = "codex_library_hash";

/// The records of a tick as they are in the file, and the checks that they fail.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckedTick {
    tick: u64,
    /// State and fluxes.
    pub ledger: Option<FoundRecord>,
    /// The tick on the chain.
    pub p_block: Option<FoundRecord>,
    /// The checkpoint, if the tick has one.
    pub i_block: Option<FoundRecord>,
    /// The scene.
    pub scene: Option<FoundRecord>,
    /// The entry of the U-ledger.
    pub entry: Option<FoundRecord>,
    /// The emitted envelopes, in order.
    pub envelopes: Vec<FoundRecord>,
    /// The failed checks, in the order in which they were found.
    pub failed: Vec<FailedCheck>,
    /// Why the tick could not be recomputed: the inputs cannot be read.
    pub unusable_inputs: Option<String>,
}

impl StoredRun {
    /// Checks the records of one tick; a damaged file is a failed check, not an error.
    ///
    /// # Errors
    /// The file cannot be read for a reason that is not in the file.
    pub fn check_tick(&self, tick: u64) -> Result<CheckedTick, StoreError> {
        let mut checked = CheckedTick::read(self, tick)?;
        match self.plan() {
            Ok(plan) => checked.check(self, &plan)?,
            Err(StoreError::Damaged { damage, .. }) => {
                checked.unusable_inputs = Some(damage.to_string());
            }
            Err(error @ StoreError::Inputs { .. }) => {
                checked.unusable_inputs = Some(error.to_string());
            }
            Err(error) => return Err(error),
        }
        Ok(checked)
    }
}

impl CheckedTick {
    /// Whether all checks passed.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.failed.is_empty() && self.unusable_inputs.is_none()
    }

    /// Whether a check of a kind of record failed.
    #[must_use]
    pub fn fails(&self, kind: RecordKind) -> bool {
        self.failed.iter().any(|check| check.kind == kind)
    }

    /// Whether a hash in the entry differs from that of its record.
    #[must_use]
    pub fn is_broken_link(&self, name: &str) -> bool {
        self.failed.iter().any(|check| {
            check.kind == RecordKind::ULedger
                && matches!(check.problem, TickProblem::Link { member } if member == name)
        })
    }

    fn read(run: &StoredRun, tick: u64) -> Result<Self, StoreError> {
        let mut checked = Self {
            tick,
            ledger: None,
            p_block: None,
            i_block: None,
            scene: None,
            entry: None,
            envelopes: Vec::new(),
            failed: Vec::new(),
            unusable_inputs: None,
        };
        checked.ledger = checked.find(run, RecordKind::Ledgers, tick)?;
        checked.p_block = checked.find(run, RecordKind::PBlocks, tick)?;
        checked.i_block = checked.find(run, RecordKind::IBlocks, tick)?;
        checked.scene = checked.find(run, RecordKind::Scenes, tick)?;
        checked.entry = checked.find(run, RecordKind::ULedger, tick)?;
        checked.envelopes = checked.find_all(run, RecordKind::Envelopes, tick)?;
        Ok(checked)
    }

    /// Reads the stored records; one that cannot be read is a failed check.
    fn find(
        &mut self,
        run: &StoredRun,
        kind: RecordKind,
        position: u64,
    ) -> Result<Option<FoundRecord>, StoreError> {
        let found = unless_damaged(run.record_as_found(kind, position))?;
        let found = found.unwrap_or_else(|damage| {
            self.fail(kind, TickProblem::Damaged(damage));
            None
        });
        if found.as_ref().is_some_and(|found| !found.is_whole()) {
            self.fail(kind, TickProblem::Hash);
        }
        Ok(found)
    }

    /// The records of a kind that belong to a tick.
    fn find_all(
        &mut self,
        run: &StoredRun,
        kind: RecordKind,
        tick: u64,
    ) -> Result<Vec<FoundRecord>, StoreError> {
        let mut all = Vec::new();
        for place in run
            .places_of_ticks(kind, &(tick..=tick))?
            .into_iter()
            .flatten()
        {
            all.extend(self.find(run, kind, place)?);
        }
        Ok(all)
    }

    fn fail(&mut self, kind: RecordKind, problem: TickProblem) {
        self.failed.push(FailedCheck { kind, problem });
    }

    fn check(&mut self, run: &StoredRun, plan: &RunPlan) -> Result<(), StoreError> {
        let Some(chain) = self.check_rules(run, plan)? else {
            return Ok(());
        };
        let manifests = self.manifests(run, plan)?;
        let window = manifests.primary.as_ref().map(|(manifest, _)| manifest);
        let Some(check) = window.map(|manifest| manifest.manifest_check) else {
            return Ok(());
        };
        let (c_prev, c_t) = chain;
        let expected = Envelopes::new(plan).of_tick(self.tick, check, c_prev, c_t);
        let envelopes = self.check_envelopes(plan, &expected);
        self.check_scene(plan, &manifests, &envelopes, chain);
        self.check_entry(run, plan, &manifests, &envelopes)
    }

    /// Recomputes the tick and compares it; returns the chain values before and after it.
    fn check_rules(
        &mut self,
        run: &StoredRun,
        plan: &RunPlan,
    ) -> Result<Option<(i64, i64)>, StoreError> {
        // A damaged checkpoint is skipped.
        let checkpoint = unless_damaged(run.checkpoint_before(self.tick))?.unwrap_or(None);
        let mut replay = match replay_up_to(checkpoint, plan, self.tick) {
            Ok(replay) => replay,
            Err(error) => {
                self.fail(RecordKind::Ledgers, TickProblem::Before(error));
                return Ok(None);
            }
        };
        let c_prev = replay.chain_value();
        let made = match replay.advance() {
            Ok(Some(made)) => made,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.fail(RecordKind::Ledgers, TickProblem::Fails(error));
                return Ok(None);
            }
        };
        let chain = (c_prev, made.p_block.c_t);
        let ledger = differs(self.ledger.as_ref(), Some(made.ledger), ledger_difference);
        let p_block = differs(self.p_block.as_ref(), Some(made.p_block), block_difference);
        let i_block = differs(self.i_block.as_ref(), made.i_block, |_, _| {
            TickProblem::Differs
        });
        for (kind, problem) in [
            (RecordKind::Ledgers, ledger),
            (RecordKind::PBlocks, p_block),
            (RecordKind::IBlocks, i_block),
        ] {
            self.fail_once(kind, problem);
        }
        Ok(Some(chain))
    }

    /// Adds a failed check, unless it reports a record as missing that could not be read.
    fn fail_once(&mut self, kind: RecordKind, problem: Option<TickProblem>) {
        if let Some(problem) = problem
            && !(problem == TickProblem::Missing && self.fails(kind))
        {
            self.fail(kind, problem);
        }
    }

    /// The manifests that the tick refers to.
    fn manifests(&mut self, run: &StoredRun, plan: &RunPlan) -> Result<Manifests, StoreError> {
        let mut manifests = Manifests::default();
        let Some(window) = self.primary_window(plan) else {
            return Ok(manifests);
        };
        let end = *window.ticks.end();
        let at_end = self.find_all(run, RecordKind::Manifests, end)?;
        let here = if end == self.tick {
            at_end.clone()
        } else {
            self.find_all(run, RecordKind::Manifests, self.tick)?
        };
        for found in at_end {
            match found.value::<Manifest>() {
                Ok(manifest) if manifest.window_id == window.window_id => {
                    manifests.primary = Some((manifest.into_owned(), found.hash));
                }
                Ok(_) => {}
                Err(error) => self.fail(RecordKind::Manifests, unreadable(&error)),
            }
        }
        if manifests.primary.is_none() {
            self.fail_once(RecordKind::Manifests, Some(TickProblem::Missing));
        }
        for found in here {
            if let Ok(manifest) = found.value::<Manifest>()
                && manifest.window_id != window.window_id
            {
                let window_id = manifest.window_id.clone();
                manifests.closing.insert(window_id, found.hash);
            }
        }
        Ok(manifests)
    }

    /// Compares the emitted envelopes, and returns the hashes of all, including those that are not
    /// emitted.
    fn check_envelopes(&mut self, plan: &RunPlan, expected: &[NapEnvelope]) -> EnvelopeHashes {
        let mut hashes = EnvelopeHashes::default();
        let mut stored = std::mem::take(&mut self.envelopes).into_iter();
        let mut seen = Vec::new();
        for envelope in expected {
            if !plan.nap.layers.emits(envelope.layer) {
                hashes.add(envelope.layer, canonical::hash(envelope));
                continue;
            }
            let found = stored.next();
            let problem = differs(found.as_ref(), Some(envelope), envelope_difference);
            self.fail_once(RecordKind::Envelopes, problem);
            if let Some(found) = found {
                hashes.add(envelope.layer, found.hash);
                seen.push(found);
            }
        }
        for found in stored {
            self.fail(RecordKind::Envelopes, TickProblem::Unexpected);
            seen.push(found);
        }
        self.envelopes = seen;
        hashes
    }

    /// Compares the scene with the records that it refers to.
    fn check_scene(
        &mut self,
        plan: &RunPlan,
        manifests: &Manifests,
        envelopes: &EnvelopeHashes,
        (c_prev, c_t): (i64, i64),
    ) {
        let Some(scene) = self.decoded::<SceneFrame>(RecordKind::Scenes, |tick| &tick.scene) else {
            return;
        };
        self.link(
            RecordKind::Scenes,
            "ledger_ref",
            scene.ledger_ref,
            &hash_of(&self.ledger),
        );
        self.link(
            RecordKind::Scenes,
            "nap_envelope_ref",
            scene.nap_envelope_ref,
            &envelopes.data,
        );
        let refs = plan.inputs_before(self.tick);
        let refs: Vec<&str> = refs.iter().map(|entry| entry.pfna_id()).collect();
        let mut values = vec![
            ("C_prev", scene.c_prev.to_string(), c_prev.to_string()),
            ("C_t", scene.c_t.to_string(), c_t.to_string()),
            (
                "pfna_refs",
                format!("{:?}", scene.pfna_refs),
                format!("{refs:?}"),
            ),
        ];
        if let Some((manifest, _)) = &manifests.primary {
            values.push(manifest_check(scene.manifest_check, manifest));
            values.push(("window_id", scene.window_id, manifest.window_id.clone()));
        }
        self.values(RecordKind::Scenes, values);
        let ledger = self.ledger.as_ref();
        let problem = match ledger.map(FoundRecord::value::<UmxLedger>) {
            Some(Ok(ledger)) => vector_difference([
                ("pre_u", &scene.pre_u, &ledger.pre_u),
                ("post_u", &scene.post_u, &ledger.post_u),
            ]),
            _ => None,
        };
        if let Some(problem) = problem {
            self.fail(RecordKind::Scenes, problem);
        }
    }

    /// Compares every hash of the entry with that of its record.
    fn check_entry(
        &mut self,
        run: &StoredRun,
        plan: &RunPlan,
        manifests: &Manifests,
        envelopes: &EnvelopeHashes,
    ) -> Result<(), StoreError> {
        const KIND: RecordKind = RecordKind::ULedger;
        let Some(entry) = self.decoded::<LedgerEntry>(KIND, |tick| &tick.entry) else {
            return Ok(());
        };
        let previous = match self.tick {
            1 => None,
            // If it cannot be read, it does not have the hash that this entry names.
            tick => unless_damaged(run.record_as_found(KIND, tick - 1))?.unwrap_or(None),
        };
        let meta = &entry.meta;
        for (member, stated, is) in [
            (
                "umx_ledger_hash",
                Some(entry.umx_ledger_hash),
                hash_of(&self.ledger),
            ),
            (
                "loom_block_hash",
                Some(entry.loom_block_hash),
                hash_of(&self.p_block),
            ),
            (
                "meta.i_block_hash",
                meta.i_block_hash,
                hash_of(&self.i_block),
            ),
            (
                "meta.scene_hash",
                Some(meta.scene_hash),
                hash_of(&self.scene),
            ),
            (
                "apx_manifest_hash",
                Some(entry.apx_manifest_hash),
                manifests.primary_hash(),
            ),
            ("prev_entry_hash", entry.prev_entry_hash, hash_of(&previous)),
            (
                "nap_envelope_hash",
                Some(entry.nap_envelope_hash),
                envelopes.data,
            ),
            ("meta.ingress_hash", meta.ingress_hash, envelopes.ingress),
            ("meta.egress_hash", meta.egress_hash, envelopes.egress),
        ] {
            self.link(KIND, member, stated, &is);
        }
        match self.library_hash(run, plan)? {
            Ok(is) => self.link(KIND, LIBRARY_HASH, entry.codex_library_hash, &is),
            Err(problem) => self.fail(KIND, problem),
        }
        self.link(
            KIND,
            "meta.ctrl_hashes",
            meta.ctrl_hashes.clone(),
            &envelopes.ctrl,
        );
        self.link(
            KIND,
            "meta.manifest_hashes",
            meta.manifest_hashes.clone(),
            &manifests.closing,
        );
        let p_block = self.p_block.as_ref();
        let block = p_block.and_then(|found| found.value::<PBlock>().ok());
        let mut values = Vec::new();
        if let Some(block) = block {
            values.push(("C_t", entry.c_t.to_string(), block.c_t.to_string()));
        }
        if let Some((manifest, _)) = &manifests.primary {
            values.push(manifest_check(entry.manifest_check, manifest));
            values.push(("window_id", entry.window_id, manifest.window_id.clone()));
        }
        self.values(KIND, values);
        let is_last = self.tick == run.ticks_recorded();
        if is_last && run.header().last_entry_hash != hash_of(&self.entry) {
            self.fail(KIND, TickProblem::NotTheLast);
        }
        Ok(())
    }

    /// The hash of the Codex library at the end of the tick's window, computed from the stored
    /// ledgers, or why it cannot be computed.
    fn library_hash(
        &self,
        run: &StoredRun,
        plan: &RunPlan,
    ) -> Result<Result<Option<Hash>, TickProblem>, StoreError> {
        let Some(window) = self.primary_window(plan).filter(|_| plan.codex) else {
            return Ok(Ok(None));
        };
        let end = *window.ticks.end();
        let mut codex = Codex::new(plan);
        let connection = run.connection();
        let mut notes =
            Notes::new(connection).map_err(|error| StoreError::database(run.path(), error))?;
        for ledger in run.values_of_ticks::<UmxLedger>(1..=end) {
            match unless_damaged(ledger)? {
                Ok(ledger) => {
                    codex
                        .observe(&TickView::of_ledger(&ledger, 0), &mut notes)
                        .map_err(|error| StoreError::io(run.path(), error))?;
                }
                Err(damage) => {
                    let member = LIBRARY_HASH;
                    return Ok(Err(TickProblem::Unchecked { member, damage }));
                }
            }
        }
        let library = codex.library(end).map_err(TickProblem::Fails);
        Ok(library.map(|library| Some(Codex::library_hash(&library))))
    }

    /// The primary window that contains the tick.
    fn primary_window<'p>(&self, plan: &'p RunPlan) -> Option<&'p Window> {
        let mut primary = plan.primary_windows();
        primary.find(|window| window.ticks.contains(&self.tick))
    }

    /// A record of the tick as a value; one that is missing or cannot be read fails.
    fn decoded<R: RecordType + Clone>(
        &mut self,
        kind: RecordKind,
        of: impl Fn(&Self) -> &Option<FoundRecord>,
    ) -> Option<R> {
        let Some(found) = of(self) else {
            self.fail_once(kind, Some(TickProblem::Missing));
            return None;
        };
        let decoded = found.value::<R>().map(Cow::into_owned);
        match decoded {
            Ok(record) => Some(record),
            Err(error) => {
                self.fail(kind, unreadable(&error));
                None
            }
        }
    }

    /// Checks two hashes that must be equal.
    fn link<S, T>(&mut self, kind: RecordKind, member: &'static str, stated: S, is: &T)
    where
        T: From<S> + PartialEq,
    {
        if T::from(stated) != *is {
            self.fail(kind, TickProblem::Link { member });
        }
    }

    /// Checks values that must be equal.
    fn values(&mut self, kind: RecordKind, values: Vec<(&str, String, String)>) {
        for (member, found, expected) in values {
            if found != expected {
                let what = format!("`{member}`");
                self.fail(
                    kind,
                    TickProblem::Value {
                        what,
                        found,
                        expected,
                    },
                );
            }
        }
    }
}

/// The manifests that a tick refers to.
#[derive(Default)]
struct Manifests {
    /// That of the primary window that contains the tick, with its hash.
    primary: Option<(Manifest, Hash)>,
    /// The hashes of those of the additional windows that close at the tick, by window id.
    closing: BTreeMap<String, Hash>,
}

impl Manifests {
    fn primary_hash(&self) -> Option<Hash> {
        self.primary.as_ref().map(|(_, hash)| *hash)
    }
}

fn manifest_check(found: i64, manifest: &Manifest) -> (&'static str, String, String) {
    let expected = manifest.manifest_check.to_string();
    ("manifest_check", found.to_string(), expected)
}

/// Recomputes the run up to the tick before, from a checkpoint or from the start.
fn replay_up_to(
    checkpoint: Option<IBlock>,
    plan: &RunPlan,
    tick: u64,
) -> Result<Replay<'_>, RunError> {
    let mut replay = match &checkpoint {
        Some(checkpoint) => Replay::from_checkpoint(plan, checkpoint),
        None => Replay::from_start(plan)?,
    };
    // A checkpoint of a large graph takes as much memory as a tick.
    drop(checkpoint);
    replay.pass(tick)?;
    Ok(replay)
}

/// What was read, or the damage that kept it from being read. Other errors are not of the file.
fn unless_damaged<T>(read: Result<T, StoreError>) -> Result<Result<T, Damage>, StoreError> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(StoreError::Damaged { damage, .. }) => Ok(Err(damage)),
        Err(error) => Err(error),
    }
}

fn hash_of(found: &Option<FoundRecord>) -> Option<Hash> {
    found.as_ref().map(|found| found.hash)
}
