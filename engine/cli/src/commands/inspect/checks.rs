//! Whether the records of one tick are what the tick before and the inputs make of it.
//!
//! `aether verify` makes the whole run again; here one tick is, from the nearest checkpoint, and its
//! hashes are held against the records that they are of.

use aether_engine::canonical::Hash;
use aether_engine::config::RunPlan;
use aether_engine::record::{FromText, IBlock, Layer, LedgerEntry, NapEnvelope, UmxLedger};
use aether_engine::run::{RecordKind, Replay, RunError};
use aether_engine::store::{FoundRecord, StoreError, StoredRun};

use crate::exit::Failure;

const MISSING: &str = "is missing";

/// The records of a tick, as they stand in the file.
pub(super) struct TickRecords {
    tick: u64,
    pub(super) ledger: Option<FoundRecord>,
    pub(super) p_block: Option<FoundRecord>,
    pub(super) i_block: Option<FoundRecord>,
    pub(super) scene: Option<FoundRecord>,
    pub(super) entry: Option<FoundRecord>,
    pub(super) envelopes: Vec<FoundRecord>,
    /// The manifest of the primary window that holds the tick.
    pub(super) manifest: Option<FoundRecord>,
    /// What is wrong.
    pub(super) failed: Vec<FailedCheck>,
}

/// Something that is not as it should be.
pub(super) struct FailedCheck {
    pub(super) kind: RecordKind,
    pub(super) problem: String,
}

impl TickRecords {
    pub(super) fn read(run: &StoredRun, tick: u64) -> Result<Self, Failure> {
        let mut records = Self {
            tick,
            ledger: None,
            p_block: None,
            i_block: None,
            scene: None,
            entry: None,
            envelopes: Vec::new(),
            manifest: None,
            failed: Vec::new(),
        };
        records.ledger = records.find(run, RecordKind::Ledgers, tick)?;
        records.p_block = records.find(run, RecordKind::PBlocks, tick)?;
        records.i_block = records.find(run, RecordKind::IBlocks, tick)?;
        records.scene = records.find(run, RecordKind::Scenes, tick)?;
        records.entry = records.find(run, RecordKind::ULedger, tick)?;
        let places = run.places_of_ticks(RecordKind::Envelopes, &(tick..=tick))?;
        for place in places.into_iter().flatten() {
            let envelope = records.find(run, RecordKind::Envelopes, place)?;
            records.envelopes.extend(envelope);
        }
        Ok(records)
    }

    /// What is there; what cannot be read is a failed check.
    fn find(
        &mut self,
        run: &StoredRun,
        kind: RecordKind,
        position: u64,
    ) -> Result<Option<FoundRecord>, Failure> {
        match run.record_as_found(kind, position) {
            Ok(found) => {
                if found.as_ref().is_some_and(|found| !found.is_whole()) {
                    self.fail(kind, "does not have its stored hash");
                }
                Ok(found)
            }
            Err(StoreError::Damaged { damage, .. }) => {
                self.fail(kind, damage.to_string());
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn fail(&mut self, kind: RecordKind, problem: impl Into<String>) {
        let problem = problem.into();
        self.failed.push(FailedCheck { kind, problem });
    }

    /// Whether anything of a kind failed.
    pub(super) fn fails(&self, kind: RecordKind) -> bool {
        self.failed.iter().any(|check| check.kind == kind)
    }

    /// Makes the tick again, and compares.
    pub(super) fn check_rules(&mut self, run: &StoredRun, plan: &RunPlan) {
        // A checkpoint that is damaged is none to start from.
        let start = run.checkpoint_tick(self.tick - 1).ok().flatten();
        let start = start.and_then(|tick| run.record(RecordKind::IBlocks, tick).ok()?);
        let start = start.and_then(|record| IBlock::from_text(&record.text).ok());
        let replay = match &start {
            Some(checkpoint) => Ok(Replay::from_checkpoint(plan, checkpoint)),
            None => Replay::from_start(plan),
        };
        let mut replay = match replay.and_then(|replay| up_to(replay, self.tick)) {
            Ok(replay) => replay,
            Err(error) => {
                let problem = format!("the ticks before do not lead here: {error}");
                self.fail(RecordKind::Ledgers, problem);
                return;
            }
        };
        let made = match replay.advance() {
            Ok(Some(made)) => made,
            Ok(None) => return,
            Err(error) => {
                self.fail(RecordKind::Ledgers, format!("the tick fails: {error}"));
                return;
            }
        };
        let expected_ledger = differs(self.ledger.as_ref(), Some(made.ledger), first_difference);
        let expected_p_block = differs(self.p_block.as_ref(), Some(made.p_block), |found, made| {
            format!(
                "C_t {} and s_t {}, the tick gives {} and {}",
                found.c_t, found.s_t, made.c_t, made.s_t
            )
        });
        let expected_i_block = differs(self.i_block.as_ref(), made.i_block, |_, _| {
            "not the state and chain after the tick".to_owned()
        });
        for (kind, problem) in [
            (RecordKind::Ledgers, expected_ledger),
            (RecordKind::PBlocks, expected_p_block),
            (RecordKind::IBlocks, expected_i_block),
        ] {
            // What cannot be read was told already.
            if let Some(problem) = problem
                && !(problem == MISSING && self.fails(kind))
            {
                self.fail(kind, problem);
            }
        }
    }

    /// Holds every hash of the entry against what it is of.
    pub(super) fn check_hashes(&mut self, run: &StoredRun, plan: &RunPlan) -> Result<(), Failure> {
        self.manifest = self.find_manifest(run, plan)?;
        let entry = self
            .entry
            .as_ref()
            .map(|found| LedgerEntry::from_text(&found.text));
        let entry = match entry {
            Some(Ok(entry)) => entry,
            Some(Err(error)) => {
                self.fail(RecordKind::ULedger, error.to_string());
                return Ok(());
            }
            None => return Ok(()),
        };
        let previous = match self.tick {
            1 => None,
            tick => run
                .record_as_found(RecordKind::ULedger, tick - 1)
                .ok()
                .flatten(),
        };
        let hash = |found: &Option<FoundRecord>| found.as_ref().map(|found| found.hash);
        let envelope = |layer| self.envelope_hash(layer);
        let links = [
            (
                "umx_ledger_hash",
                Some(entry.umx_ledger_hash),
                hash(&self.ledger),
            ),
            (
                "loom_block_hash",
                Some(entry.loom_block_hash),
                hash(&self.p_block),
            ),
            (
                "meta.i_block_hash",
                entry.meta.i_block_hash,
                hash(&self.i_block),
            ),
            (
                "meta.scene_hash",
                Some(entry.meta.scene_hash),
                hash(&self.scene),
            ),
            (
                "apx_manifest_hash",
                Some(entry.apx_manifest_hash),
                hash(&self.manifest),
            ),
            ("prev_entry_hash", entry.prev_entry_hash, hash(&previous)),
            (
                "nap_envelope_hash",
                Some(entry.nap_envelope_hash),
                envelope(Layer::Data),
            ),
            (
                "meta.ingress_hash",
                entry.meta.ingress_hash,
                envelope(Layer::Ingress),
            ),
            (
                "meta.egress_hash",
                entry.meta.egress_hash,
                envelope(Layer::Egress),
            ),
        ];
        // An envelope that is not emitted is not stored, so that nothing is held against it.
        let kept = |name: &str| name.starts_with("nap_") || name.ends_with("gress_hash");
        let broken: Vec<_> = links
            .into_iter()
            .filter(|(name, said, is)| said != is && !(is.is_none() && kept(name)))
            .map(|(name, ..)| name)
            .collect();
        for name in broken {
            self.fail(
                RecordKind::ULedger,
                format!("`{name}` is not the hash of that record"),
            );
        }
        let is_last = self.tick == run.ticks_recorded()?;
        let hash = self.entry.as_ref().map(|found| found.hash);
        if is_last && run.header().last_entry_hash != hash {
            self.fail(
                RecordKind::ULedger,
                "is not the last entry that the run names",
            );
        }
        Ok(())
    }

    fn envelope_hash(&self, layer: Layer) -> Option<Hash> {
        let of_layer = |found: &&FoundRecord| {
            NapEnvelope::from_text(&found.text).is_ok_and(|envelope| envelope.layer == layer)
        };
        self.envelopes.iter().find(of_layer).map(|found| found.hash)
    }

    fn find_manifest(
        &mut self,
        run: &StoredRun,
        plan: &RunPlan,
    ) -> Result<Option<FoundRecord>, Failure> {
        let windows = plan.windows().iter();
        let mut primary = windows.filter(|window| window.is_primary());
        let window = primary.find(|window| window.ticks().contains(&self.tick));
        let Some(window) = window else {
            return Ok(None);
        };
        let end = *window.ticks().end();
        let places = run.places_of_ticks(RecordKind::Manifests, &(end..=end))?;
        // The primary one comes first.
        let first = places.map(|places| *places.start());
        first.map_or(Ok(None), |first| {
            self.find(run, RecordKind::Manifests, first)
        })
    }
}

/// The replay, with the ticks before one made.
fn up_to(mut replay: Replay<'_>, tick: u64) -> Result<Replay<'_>, RunError> {
    while replay.next_tick() < tick {
        replay.advance()?;
    }
    Ok(replay)
}

/// What tells a stored record from the one that was made; none where nothing does.
fn differs<R: FromText + PartialEq>(
    found: Option<&FoundRecord>,
    made: Option<&R>,
    how: impl Fn(&R, &R) -> String,
) -> Option<String> {
    let stored = found.map(|found| R::from_text(&found.text));
    match (stored, made) {
        (Some(Err(error)), _) => Some(error.to_string()),
        (Some(Ok(stored)), Some(made)) => (stored != *made).then(|| how(&stored, made)),
        (Some(Ok(_)), None) => Some("there should be none".to_owned()),
        (None, Some(_)) => Some(MISSING.to_owned()),
        (None, None) => None,
    }
}

/// Where a ledger first leaves the one that was made.
fn first_difference(found: &UmxLedger, made: &UmxLedger) -> String {
    let vectors = [
        ("pre_u", &found.pre_u, &made.pre_u),
        ("post_u", &found.post_u, &made.post_u),
    ];
    for (name, found, made) in vectors {
        let mut nodes = found.iter().zip(made).zip(1..);
        if let Some(((found, made), node)) = nodes.find(|((found, made), _)| found != made) {
            return format!("`{name}` of node {node} is {found}, the tick gives {made}");
        }
    }
    let mut edges = found.edges.iter().zip(&made.edges);
    match edges.find(|(found, made)| found != made) {
        Some((found, made)) => format!(
            "edge {} moves {}, the tick gives {}",
            made.e_id, found.f_e, made.f_e
        ),
        None => "is not what the tick gives".to_owned(),
    }
}
