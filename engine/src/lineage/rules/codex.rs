//! The observer, and the fields of the library and of proposals.
//!
//! The engine recognises a pattern by a hash of all fluxes. Here a tick is compared with the
//! patterns before it edge by edge, so that only as many fluxes are read as tell them apart:
//!
//! ```text
//! fluxes  tick 1: 5 0 2   tick 2: 5 1 7   tick 3: 5 0 2
//! read    tick 2: 5 1 and of tick 1 the same two;   tick 3: all of it, and all of tick 1
//! ```

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::super::place::{Field, RunPlace};
use super::super::reader::Reader;
use super::super::scalar::Scalar;
use crate::canonical::Hash;
use crate::codex::{self, Codex};
use crate::record::{CodexLibraryEntry, MdlStats, PatternDescriptor, UsageStats};

/// How a motif was used.
#[derive(Clone, Copy)]
struct Uses {
    first: u64,
    created: u64,
    last: u64,
    count: u64,
}

/// The patterns that were seen, as a tree.
enum Tree {
    /// The patterns that equal that of tick `example` before `edge`, by the flux of `edge`.
    Fork {
        example: u64,
        edge: u32,
        branches: BTreeMap<Option<Scalar>, Tree>,
    },
    /// One pattern: the tick of its first use, and its motif.
    Pattern { first: u64, motif: Option<usize> },
}

/// The motifs of the ticks that pass a test, in order. Ends early after `enough` of them.
fn observed(goes_on: impl Fn(u64) -> bool, enough: usize, reader: &Reader<'_>) -> Vec<Uses> {
    let mut motifs: Vec<Uses> = Vec::new();
    if !reader.has_edge(1) || !goes_on(1) {
        return motifs;
    }
    let mut tree = Tree::Pattern {
        first: 1,
        motif: None,
    };
    for tick in 2.. {
        if motifs.len() >= enough || !goes_on(tick) {
            break;
        }
        observe(&mut tree, tick, &mut motifs, reader);
    }
    motifs
}

/// Adds a tick to the patterns.
fn observe(tree: &mut Tree, tick: u64, motifs: &mut Vec<Uses>, reader: &Reader<'_>) {
    let flux = |tick: u64, edge: u32| reader.get(Field::FluxOfEdge.at(tick, edge));
    let last = *reader.names.edges().end();
    let new = || Tree::Pattern {
        first: tick,
        motif: None,
    };
    let (mut tree, mut from) = (tree, 1);
    loop {
        let (example, common) = match tree {
            Tree::Fork { example, edge, .. } => (*example, from..*edge),
            Tree::Pattern { first, .. } => (*first, from..last + 1),
        };
        if let Some(edge) = common
            .clone()
            .find(|edge| flux(example, *edge) != flux(tick, *edge))
        {
            let old = std::mem::replace(tree, new());
            let branches = BTreeMap::from([(flux(example, edge), old), (flux(tick, edge), new())]);
            *tree = Tree::Fork {
                example,
                edge,
                branches,
            };
            return;
        }
        match tree {
            Tree::Fork { edge, branches, .. } => {
                let branch = flux(tick, *edge);
                from = *edge + 1;
                match branches.entry(branch) {
                    Entry::Occupied(known) => tree = known.into_mut(),
                    Entry::Vacant(place) => {
                        place.insert(new());
                        return;
                    }
                }
            }
            Tree::Pattern { first, motif } => {
                use_again(*first, motif, tick, motifs);
                return;
            }
        }
    }
}

fn use_again(first: u64, motif: &mut Option<usize>, tick: u64, motifs: &mut Vec<Uses>) {
    if let Some(motif) = *motif {
        let uses = &mut motifs[motif];
        (uses.count, uses.last) = (uses.count + 1, tick);
        return;
    }
    *motif = Some(motifs.len());
    motifs.push(Uses {
        first,
        created: tick,
        last: tick,
        count: 2,
    });
}

impl Reader<'_> {
    fn is_observed(&self) -> bool {
        self.test(Field::EnableCodex.of_run(), |flag| {
            flag == Some(&Scalar::Flag(true))
        })
    }

    /// The number of motifs in the library of the run.
    pub(super) fn motif_count(&self) -> u64 {
        let has = |number: &u64| self.has(Field::MotifId.of(*number));
        (1..).take_while(has).count() as u64
    }

    /// The number of proposals of the run.
    pub(super) fn proposal_count(&self) -> u64 {
        let has = |number: &u64| self.has(Field::ProposalId.of(*number));
        (1..).take_while(has).count() as u64
    }

    /// The motif that is the proposal with a number, from 1.
    fn proposed(&self, number: u64) -> Option<u64> {
        if !self.is_complete() {
            return None;
        }
        let has = |motif: &u64| self.has(Field::MotifId.of(*motif));
        let motifs = (1..).take_while(has);
        let mut proposed = motifs.filter(|motif| {
            self.test(Field::MotifDelta.of(*motif), |delta| {
                delta
                    .and_then(Scalar::integer)
                    .is_some_and(codex::is_proposed)
            })
        });
        proposed.nth(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// The hash of the library after the last tick of a window; null if nothing is observed.
    pub(super) fn library_hash(&self, end: u64) -> Option<Scalar> {
        if !self.is_observed() {
            return Some(Scalar::Null);
        }
        let motifs = observed(|tick| tick <= end, usize::MAX, self);
        let pointer_bits = codex::pointer_bits(motifs.len());
        let entries = (1..).zip(&motifs);
        let entries = entries.map(|(number, uses)| self.entry(number, uses, pointer_bits));
        let library: Vec<CodexLibraryEntry> = entries.collect::<Option<_>>()?;
        let hash: Hash = Codex::library_hash(&library);
        Some(hash.into())
    }

    /// A motif as it was at some tick.
    fn entry(&self, number: u64, uses: &Uses, pointer_bits: i128) -> Option<CodexLibraryEntry> {
        let edges = || self.names.edges();
        let f_e_signature = self.vector(Field::FluxOfEdge, uses.first, edges())?;
        let bits = codex::pattern_bits(&f_e_signature);
        let run_id = self.text(Field::RunId.of_run())?;
        let window = self.window_id_of(uses.first)?;
        Some(CodexLibraryEntry {
            created_at_tick: uses.created,
            last_updated_tick: uses.last,
            library_id: codex::library_id(&run_id),
            mdl_stats: codex::mdl_stats(bits, uses.count, pointer_bits)?,
            motif_id: codex::motif_id(number),
            pattern_descriptor: PatternDescriptor {
                du_signature: self.vector(Field::DuOfEdge, uses.first, edges())?,
                edge_ids: (1..).take(f_e_signature.len()).collect(),
                f_e_signature,
            },
            profile: self.text(Field::ProfileName.of_run())?,
            source_gid: self.text(Field::Gid.of_run())?,
            source_window_id: window.text()?.to_owned(),
            usage_stats: UsageStats {
                first_tick: uses.first,
                last_tick: uses.last,
                usage_count: uses.count,
            },
        })
    }
}

/// A field of a motif of the library at the end of the run.
pub(super) fn library_field(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let (motif, index) = (place.at, place.index);
    let number = usize::try_from(motif).ok().filter(|number| *number > 0)?;
    if !reader.is_observed() {
        return None;
    }
    let uses = |enough: usize| {
        let motifs = observed(|tick| reader.is_recorded(tick), enough, reader);
        motifs.get(number - 1).copied()
    };
    // What follows from the motif's own fields needs no observer.
    let of = |field: Field| reader.get(field.of(motif));
    let if_there = |field: Field| {
        let is_there = reader.has(Field::MotifId.of(motif));
        is_there.then(|| reader.get(field.of_run())).flatten()
    };
    match place.field {
        Field::MotifId => uses(number).map(|_| codex::motif_id(motif).into()),
        Field::MotifFirst => uses(number).map(|uses| uses.first.into()),
        Field::MotifCreated => uses(number).map(|uses| uses.created.into()),
        Field::MotifLast => uses(usize::MAX).map(|uses| uses.last.into()),
        Field::MotifUses => uses(usize::MAX).map(|uses| uses.count.into()),
        Field::MotifUpdated => of(Field::MotifLast),
        Field::MotifProfile => if_there(Field::ProfileName),
        Field::MotifGid => if_there(Field::Gid),
        Field::MotifLibrary => {
            let run_id = if_there(Field::RunId)?;
            Some(codex::library_id(run_id.text()?).into())
        }
        Field::MotifWindow => reader.window_id_of(of(Field::MotifFirst)?.count()?),
        Field::MotifEdge if reader.has(Field::MotifId.of(motif)) => {
            reader.get(Field::EdgeName.at(0, index.checked_add(1)?))
        }
        Field::MotifFlux => {
            let first = of(Field::MotifFirst)?.count()?;
            reader.get(Field::FluxOfEdge.at(first, index))
        }
        Field::MotifDu => {
            let first = of(Field::MotifFirst)?.count()?;
            reader.get(Field::DuOfEdge.at(first, index))
        }
        _ => bits(place, reader),
    }
}

fn bits(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let motif = place.at;
    let of = |field: Field| reader.integer(field.of(motif));
    let uses = || of(Field::MotifUses).and_then(|uses| u64::try_from(uses).ok());
    let stats = |bits: i64, uses: u64, pointer_bits: i128| -> Option<MdlStats> {
        codex::mdl_stats(bits.into(), uses, pointer_bits)
    };
    match place.field {
        Field::MotifSelfBits => {
            let edges = reader.names.edges();
            let fluxes = reader.vector(Field::MotifFlux, motif, edges)?;
            // Every motif has a flux: there is none in a graph without edges.
            let bits = (!fluxes.is_empty()).then(|| codex::pattern_bits(&fluxes))?;
            i64::try_from(bits).ok().map(Scalar::from)
        }
        Field::MotifUsageBits => {
            let uses = uses()?;
            let count = usize::try_from(reader.motif_count()).ok()?;
            Some(
                stats(0, uses, codex::pointer_bits(count))?
                    .usage_bits
                    .into(),
            )
        }
        Field::MotifTotalBits => {
            let total = of(Field::MotifSelfBits)?.checked_add(of(Field::MotifUsageBits)?)?;
            Some(total.into())
        }
        Field::MotifDelta => {
            let own = i128::from(of(Field::MotifSelfBits)?).checked_mul(uses()?.into())?;
            let delta = i128::from(of(Field::MotifTotalBits)?).checked_sub(own)?;
            i64::try_from(delta).ok().map(Scalar::from)
        }
        _ => None,
    }
}

pub(super) fn proposal_field(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let motif = reader.proposed(place.at)?;
    let of = |field: Field| reader.get(field.of(motif));
    match place.field {
        Field::ProposalId => Some(codex::proposal_id(place.at).into()),
        Field::ProposalLibrary => of(Field::MotifLibrary),
        Field::ProposalMotif => of(Field::MotifId),
        Field::ProposalGid => reader.get(Field::Gid.of_run()),
        Field::ProposalWindow => of(Field::MotifWindow),
        Field::ProposalEdge => reader.get(Field::EdgeName.at(0, place.index.checked_add(1)?)),
        Field::ProposalDelta => of(Field::MotifDelta),
        Field::ProposalTick => reader.get(Field::Ticks.of_run()),
        _ => None,
    }
}
