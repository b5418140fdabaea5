//! Codex: an observer that finds repeated flux patterns and proposes them as motifs. It changes no
//! record of the run.
//!
//! Example: if the fluxes of ticks 3 and 7 are equal, tick 7 adds a motif to the library, with
//! first use 3. A later tick with the same fluxes is one more use of the motif.

use std::collections::BTreeMap;
use std::io;

use sha2::{Digest, Sha256};

use crate::canonical::{self, Hash};
use crate::config::{RunPlan, Window};
use crate::error::{Operation, RunError};
use crate::press::{Tally, TickView};
use crate::record::{
    CodexLibraryEntry, CodexProposal, ExpectedEffect, MdlStats, PatternDescriptor, TargetLocation,
    UsageStats,
};
use crate::varint;

/// A motif whose delta is at most this is proposed.
const PROPOSAL_THRESHOLD_BITS: i64 = -8;

/// Most bytes of patterns that have occurred once and are held in memory. A run in which no pattern is
/// repeated has one of them for each tick; when they are more, they all go to the [`PatternStore`].
const MEMORY_MAX: usize = 4 << 20;

/// What such a pattern takes in memory beside its differences: its key, its tick and its place in the map.
const PATTERN_BYTES: usize = 96;

/// Keeps patterns that have occurred once, when there are too many of them for memory.
pub(crate) trait PatternStore {
    /// Keeps a pattern until the end of the run; `false` if there is no space for any.
    ///
    /// # Errors
    /// The pattern could not be kept.
    fn keep(&mut self, key: &[u8; 32], pattern: &[u8]) -> io::Result<bool>;

    /// The pattern that was kept under a key.
    ///
    /// # Errors
    /// It could not be read.
    fn kept(&mut self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>>;
}

/// The patterns and motifs that were found so far.
pub(crate) struct Codex<'p> {
    plan: &'p RunPlan,
    seen: Seen,
    /// Indices of motifs, by the hash of their fluxes.
    motif_by_key: BTreeMap<[u8; 32], usize>,
    motifs: Vec<Motif>,
    edge_ids: Vec<u64>,
}

/// Patterns that have occurred once, by the hash of their fluxes. A pattern is the tick and the differences
/// of its edges, packed.
struct Seen {
    recent: BTreeMap<[u8; 32], Box<[u8]>>,
    /// What `recent` takes, in bytes.
    bytes: usize,
    /// At how many bytes `recent` goes to the store; without limit once the store has refused it.
    bytes_max: usize,
    /// Whether the store holds any.
    stored: bool,
}

impl Seen {
    fn new(bytes_max: usize) -> Self {
        Self {
            recent: BTreeMap::new(),
            bytes: 0,
            bytes_max,
            stored: false,
        }
    }

    /// Adds a pattern that has not occurred before.
    fn add<S>(&mut self, key: [u8; 32], view: &TickView<'_>, store: &mut S) -> io::Result<()>
    where
        S: PatternStore + ?Sized,
    {
        let pattern = packed(view);
        self.bytes += PATTERN_BYTES + pattern.len();
        self.recent.insert(key, pattern);
        if self.bytes < self.bytes_max {
            return Ok(());
        }
        for (key, pattern) in &self.recent {
            if !store.keep(key, pattern)? {
                self.bytes_max = usize::MAX;
                return Ok(());
            }
            self.stored = true;
        }
        self.recent.clear();
        self.bytes = 0;
        Ok(())
    }

    /// Takes out the pattern with a key: its tick and its differences.
    fn take<S>(&mut self, key: &[u8; 32], store: &mut S) -> io::Result<Option<(u64, Vec<i64>)>>
    where
        S: PatternStore + ?Sized,
    {
        let pattern = match self.recent.remove(key) {
            Some(pattern) => {
                self.bytes -= PATTERN_BYTES + pattern.len();
                Some(pattern.into_vec())
            }
            None if self.stored => store.kept(key)?,
            None => None,
        };
        let Some(pattern) = pattern else {
            return Ok(None);
        };
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a kept pattern is damaged");
        let mut numbers = unpacked(&pattern).into_iter();
        let tick = numbers.next().and_then(|tick| u64::try_from(tick).ok());
        let tick = tick.ok_or_else(damaged)?;
        Ok(Some((tick, numbers.collect())))
    }
}

struct Motif {
    window_id: String,
    fluxes: Vec<i64>,
    du: Vec<i64>,
    bits: i128,
    uses: u64,
    first_tick: u64,
    created_tick: u64,
    last_tick: u64,
}

/// A pattern that has just occurred for the second time.
pub(crate) struct NewMotif {
    pub(crate) motif_id: String,
    pub(crate) first_tick: u64,
}

impl<'p> Codex<'p> {
    pub(crate) fn new(plan: &'p RunPlan) -> Self {
        let edge_ids = (1..).take(plan.topology.edges.len()).collect();
        Self {
            plan,
            seen: Seen::new(MEMORY_MAX),
            motif_by_key: BTreeMap::new(),
            motifs: Vec::new(),
            edge_ids,
        }
    }

    /// Observes one tick. Returns the motif if the tick's pattern has occurred for the second time.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn observe<S>(
        &mut self,
        view: &TickView<'_>,
        store: &mut S,
    ) -> io::Result<Option<NewMotif>>
    where
        S: PatternStore + ?Sized,
    {
        if view.edge_count() == 0 {
            return Ok(None);
        }
        let key = pattern_key(view);
        if let Some(&motif) = self.motif_by_key.get(&key) {
            let motif = &mut self.motifs[motif];
            motif.uses += 1;
            motif.last_tick = view.tick;
            return Ok(None);
        }
        let Some((first_tick, du)) = self.seen.take(&key, store)? else {
            self.seen.add(key, view, store)?;
            return Ok(None);
        };
        let mut fluxes = Vec::with_capacity(view.edge_count());
        view.fluxes(|edges| fluxes.extend(edges.iter().map(|edge| edge.f_e)));
        let index = self.motifs.len();
        self.motif_by_key.insert(key, index);
        self.motifs.push(Motif {
            window_id: window_of(self.plan, first_tick),
            du,
            bits: pattern_bits(&fluxes),
            fluxes,
            uses: 2,
            first_tick,
            created_tick: view.tick,
            last_tick: view.tick,
        });
        Ok(Some(NewMotif {
            motif_id: motif_id(index as u64 + 1),
            first_tick,
        }))
    }

    /// The current library, with its numbers as of `tick`.
    pub(crate) fn library(&self, tick: u64) -> Result<Vec<CodexLibraryEntry>, RunError> {
        let pointer_bits = pointer_bits(self.motifs.len());
        let entries = self.motifs.iter().enumerate().map(|(index, motif)| {
            let mdl_stats = mdl_stats(motif.bits, motif.uses, pointer_bits);
            let mdl_stats = mdl_stats.ok_or(RunError::Overflow {
                tick,
                operation: Operation::Bits,
                id: None,
            })?;
            Ok(CodexLibraryEntry {
                library_id: library_id(&self.plan.run_id),
                motif_id: motif_id(index as u64 + 1),
                profile: self.plan.profile.name.clone(),
                source_gid: self.plan.gid.clone(),
                source_window_id: motif.window_id.clone(),
                pattern_descriptor: PatternDescriptor {
                    edge_ids: self.edge_ids.clone(),
                    f_e_signature: motif.fluxes.clone(),
                    du_signature: motif.du.clone(),
                },
                mdl_stats,
                usage_stats: UsageStats {
                    usage_count: motif.uses,
                    first_tick: motif.first_tick,
                    last_tick: motif.last_tick,
                },
                created_at_tick: motif.created_tick,
                last_updated_tick: motif.last_tick,
            })
        });
        entries.collect()
    }

    /// The hash of a library, as the U-ledger binds it.
    pub(crate) fn library_hash(library: &[CodexLibraryEntry]) -> Hash {
        canonical::hash(library)
    }

    /// The proposals at the end of the run: the motifs that save enough bits.
    pub(crate) fn proposals(&self, library: &[CodexLibraryEntry]) -> Vec<CodexProposal> {
        let worthy = library
            .iter()
            .filter(|entry| is_proposed(entry.mdl_stats.delta_vs_baseline_bits));
        let proposals = worthy.zip(1_u64..).map(|(entry, number)| CodexProposal {
            proposal_id: proposal_id(number),
            library_id: entry.library_id.clone(),
            motif_id: entry.motif_id.clone(),
            gid: self.plan.gid.clone(),
            target_window_id: entry.source_window_id.clone(),
            target: TargetLocation {
                edge_ids: self.edge_ids.clone(),
            },
            expected_effect: ExpectedEffect {
                delta_total_bits: entry.mdl_stats.delta_vs_baseline_bits,
            },
            created_at_tick: self.plan.ticks,
        });
        proposals.collect()
    }
}

/// The description lengths of a motif whose pattern takes `bits`; `None` if a number does not fit
/// 64 bits.
pub(crate) fn mdl_stats(bits: i128, uses: u64, pointer_bits: i128) -> Option<MdlStats> {
    let uses = i128::from(uses);
    let usage = uses.checked_mul(pointer_bits)?;
    let total = bits.checked_add(usage)?;
    let delta = total.checked_sub(uses.checked_mul(bits)?)?;
    Some(MdlStats {
        self_bits: i64::try_from(bits).ok()?,
        usage_bits: i64::try_from(usage).ok()?,
        total_bits: i64::try_from(total).ok()?,
        delta_vs_baseline_bits: i64::try_from(delta).ok()?,
    })
}

/// Whether a motif with this delta is proposed.
pub(crate) const fn is_proposed(delta_bits: i64) -> bool {
    delta_bits <= PROPOSAL_THRESHOLD_BITS
}

/// The bits of a pattern of fluxes or differences.
pub(crate) fn pattern_bits(fluxes: &[i64]) -> i128 {
    i128::try_from(Tally::of(fluxes).least()).expect("the bits of one vector are far below 2^127")
}

/// The id of a run's library.
pub(crate) fn library_id(run_id: &str) -> String {
    format!("{run_id}_LIB")
}

/// The tick and the differences of its edges, packed into as few bytes as they need; the inverse of [`unpacked`].
fn packed(view: &TickView<'_>) -> Box<[u8]> {
    let mut bytes = Vec::new();
    let tick = i64::try_from(view.tick).expect("a run has at most 2^63 - 1 ticks");
    varint::push(&mut bytes, tick);
    view.fluxes(|edges| {
        edges
            .iter()
            .for_each(|edge| varint::push(&mut bytes, edge.du));
    });
    bytes.into()
}

fn unpacked(mut bytes: &[u8]) -> Vec<i64> {
    std::iter::from_fn(|| varint::pop(&mut bytes)).collect()
}

/// The id of the primary window that contains a tick.
fn window_of(plan: &RunPlan, tick: u64) -> String {
    // Primary windows come first, in order.
    let passed = |window: &Window| window.primary && *window.ticks.end() < tick;
    let window = &plan.windows[plan.windows.partition_point(passed)];
    assert!(
        window.primary && window.ticks.contains(&tick),
        "primary windows tile the run"
    );
    window.window_id.clone()
}

/// The id of a motif, by its number from 1.
pub(crate) fn motif_id(number: u64) -> String {
    format!("MOTIF_{number:04}")
}

/// The id of a proposal, by its number from 1.
pub(crate) fn proposal_id(number: u64) -> String {
    format!("PROPOSAL_{number:04}")
}

/// ⌈log2(n + 1)⌉: the bits of a pointer into a library of n motifs.
pub(crate) fn pointer_bits(count: usize) -> i128 {
    (usize::BITS - count.leading_zeros()).into()
}

/// The hash that identifies a flux vector within a run. All flux vectors of a run have the same
/// length, so their concatenated bytes are unambiguous.
fn pattern_key(view: &TickView<'_>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    view.fluxes(|edges| {
        edges
            .iter()
            .for_each(|edge| hasher.update(edge.f_e.to_le_bytes()));
    });
    hasher.finalize().into()
}

#[cfg(test)]
mod tests;
