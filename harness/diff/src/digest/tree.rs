//! All artefacts of a run as one tree of digests.
//!
//! | node | its digest is that of |
//! | --- | --- |
//! | the run | its artefacts |
//! | an artefact | its widest spans, and what has no tick |
//! | a span | its two halves; the narrowest: its ticks |
//! | a tick | its blocks |
//! | a block | up to 64 records |

use std::collections::BTreeMap;
use std::ops::Range;

use super::level::{Entry, FANOUT, Hash, Level};
use super::{Part, Sequence, file, leaves};
use crate::compare::{Pair, in_causal_order};
use crate::tick::Tick;
use crate::{Artefact, INPUTS, Schema};

/// The most bytes that all digests of one run take as goldens: less than 64 KiB, so that a `snapshot.toml` and
/// small inputs find room beside them.
pub const DIGESTS_MAX: usize = 48 << 10;

/// A record of a tick, or a part of it.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) digest: Hash,
    /// Where the whole record is in the text of its artefact; all of it if that is not an array.
    pub(super) record: Option<Range<usize>>,
}

/// Leaves with the tick that they have in common.
type ByTick = Vec<(Option<Tick>, Vec<Leaf>)>;

/// The leaves of one part of an artefact.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaves {
    /// Those of each entry of the narrowest level.
    pub(super) of_ticks: Vec<Vec<Leaf>>,
    /// Those without a tick.
    pub(super) untimed: Vec<Leaf>,
}

/// One part of an artefact.
#[derive(Clone, Debug)]
pub(super) struct Limb {
    /// The digests of its ticks, as narrow as they are known.
    pub(super) level: Level,
    /// How many records have no tick, and their digest.
    pub(super) untimed: Option<(u64, Hash)>,
    /// `None` if only digests are known.
    pub(super) leaves: Option<Leaves>,
}

/// One artefact.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(super) name: String,
    /// Its place in the causal order.
    pub(super) rank: (usize, usize),
    pub(super) limbs: BTreeMap<Part, Limb>,
    /// `None` if only digests are known.
    pub(super) artefact: Option<Artefact>,
}

/// A place at which two artefacts have different digests.
pub(super) struct Difference {
    /// The first tick of it; `None` for what has none.
    pub(super) tick: Option<Tick>,
    /// The whole numbers that a span holds.
    pub(super) span: Option<(i128, i128)>,
    pub(super) part: Part,
    pub(super) digests: [Option<Hash>; 2],
}

/// The digest of up to 64 records each, and of all of them.
pub(super) fn of_leaves(leaves: &[Leaf]) -> Hash {
    let blocks = leaves.chunks(FANOUT).map(of_block);
    Hash::of("tick", blocks.map(|block| block.bytes().to_vec()))
}

/// The digest of a block of records.
pub(super) fn of_block(leaves: &[Leaf]) -> Hash {
    Hash::of("block", leaves.iter().map(|leaf| leaf.digest.bytes()))
}

impl Branch {
    /// The digests of an artefact, down to its records.
    pub(crate) fn of(artefact: &Artefact, schema: &Schema) -> Self {
        let mut found: BTreeMap<Part, ByTick> = BTreeMap::new();
        let mut sequence = Sequence::default();
        leaves::each(artefact, schema, &mut |leaf| {
            if leaf.part == Part::Records {
                sequence.push(leaf.record_tick);
            }
            let kind = match leaf.record {
                Some(_) => "record",
                None => "document",
            };
            let new = Leaf {
                digest: Hash::of(kind, [leaf.text]),
                record: leaf.record,
            };
            let of_part = found.entry(leaf.part).or_default();
            match of_part.last_mut() {
                Some((tick, leaves)) if tick.as_ref() == leaf.tick => leaves.push(new),
                _ => of_part.push((leaf.tick.cloned(), vec![new])),
            }
        });
        let mut limbs: BTreeMap<Part, Limb> = BTreeMap::new();
        for (part, groups) in found {
            limbs.insert(part, Limb::of(in_order(groups)));
        }
        if let Some(order) = sequence.order() {
            let digest = Hash::of("order", [order]);
            limbs.insert(Part::Order, Limb::order(digest));
        }
        let pair = Pair::new(artefact.name(), schema);
        Self {
            rank: in_causal_order(&pair, schema),
            name: artefact.name().to_owned(),
            limbs,
            artefact: Some(artefact.clone()),
        }
    }

    /// The width of the spans that its golden has.
    pub(super) fn every(&self) -> i128 {
        let widths = self.limbs.values().map(|limb| limb.level.every);
        widths.max().unwrap_or(1)
    }

    /// With spans of at least this width.
    pub(super) fn at_width(&self, every: i128) -> Self {
        let limbs = self.limbs.iter().map(|(part, limb)| {
            let level = limb.level.at_width(every);
            let limb = Limb {
                level: level.unwrap_or_else(|| limb.level.clone()),
                untimed: limb.untimed,
                leaves: None,
            };
            (*part, limb)
        });
        Self {
            name: self.name.clone(),
            rank: self.rank,
            limbs: limbs.collect(),
            artefact: None,
        }
    }

    /// The digest of all of it.
    pub(super) fn digest(&self) -> Hash {
        let mut bytes = Vec::new();
        for (part, limb) in &self.limbs {
            let part = part.name();
            let top = limb.level.top();
            for entry in &top.entries {
                let place = format!("{part} {} {}\n", top.every, top.index(&entry.first));
                bytes.extend(place.into_bytes());
                bytes.extend(entry.digest.bytes());
            }
            if let Some((_, digest)) = limb.untimed {
                bytes.extend(format!("{part} null\n").into_bytes());
                bytes.extend(digest.bytes());
            }
        }
        Hash::of("artefact", [bytes])
    }

    /// How many records it has.
    pub(super) fn records(&self) -> u64 {
        let limb = self.limbs.get(&Part::Records);
        limb.map_or(0, |limb| {
            let timed: u64 = limb.level.entries.iter().map(|entry| entry.records).sum();
            timed + limb.untimed.map_or(0, |(records, _)| records)
        })
    }

    /// Where two artefacts of one name differ, in the order of ticks; as exactly as both are known.
    pub(super) fn differences(&self, other: &Self) -> Vec<Difference> {
        let every = self.every().max(other.every());
        let sides = [self.at_width(every), other.at_width(every)];
        let mut parts: Vec<Part> = sides
            .iter()
            .flat_map(|side| side.limbs.keys().copied())
            .collect();
        parts.sort_unstable();
        parts.dedup();
        let mut found = Vec::new();
        for part in parts {
            let limbs = sides.each_ref().map(|side| side.limbs.get(&part));
            let levels =
                limbs.map(|limb| limb.map(|limb| limb.level.by_place()).unwrap_or_default());
            let mut places: Vec<_> = levels
                .iter()
                .flat_map(|level| level.keys().copied())
                .collect();
            places.sort_unstable();
            places.dedup();
            for place in places {
                let entries = levels.each_ref().map(|level| level.get(&place).copied());
                let digests = entries.map(|entry| entry.map(|entry| entry.digest));
                if digests[0] == digests[1] {
                    continue;
                }
                let firsts = entries.iter().flatten().map(|entry| &entry.first);
                let start = place.0 * every;
                found.push(Difference {
                    tick: firsts.min().cloned(),
                    span: (every > 1).then_some((start, start + every - 1)),
                    part,
                    digests,
                });
            }
            let digests = limbs.map(|limb| Some(limb?.untimed?.1));
            if digests[0] != digests[1] {
                found.push(Difference {
                    tick: None,
                    span: None,
                    part,
                    digests,
                });
            }
        }
        found.sort_by(|a, b| {
            let key = |it: &Difference| (it.tick.is_none(), it.tick.clone(), it.part);
            key(a).cmp(&key(b))
        });
        found
    }
}

impl Limb {
    /// Of leaves by tick, in ascending order.
    fn of(by_tick: ByTick) -> Self {
        let (mut entries, mut leaves) = (Vec::with_capacity(by_tick.len()), Leaves::default());
        let mut untimed = None;
        for (tick, of_tick) in by_tick {
            let (records, digest) = (of_tick.len() as u64, of_leaves(&of_tick));
            match tick {
                None => {
                    untimed = Some((records, digest));
                    leaves.untimed = of_tick;
                }
                Some(tick) => {
                    entries.push(Entry {
                        first: tick.clone(),
                        last: tick,
                        records,
                        digest,
                    });
                    leaves.of_ticks.push(of_tick);
                }
            }
        }
        Self {
            level: Level { every: 1, entries },
            untimed,
            leaves: Some(leaves),
        }
    }

    /// The order of ticks, which is a digest by itself.
    fn order(digest: Hash) -> Self {
        Self {
            level: Level {
                every: 1,
                entries: Vec::new(),
            },
            untimed: Some((1, digest)),
            leaves: None,
        }
    }
}

/// The records of an artefact at certain ticks, those of which a late part is known then with them. An artefact
/// stays as it is if it is not an array, or if its records have no identity and paths count them.
pub fn only_at(artefact: &Artefact, schema: &Schema, ticks: &DifferingTicks) -> Artefact {
    let listed = schema.artefact(artefact.name());
    let is_counted = listed.is_none_or(|listed| {
        let mut rules = listed.keys.iter();
        listed.tick.is_none() || !rules.any(|rule| rule.path.is_empty() && !rule.fields.is_empty())
    });
    if is_counted {
        return artefact.clone();
    }
    let mut kept: Vec<Range<usize>> = Vec::new();
    leaves::each(artefact, schema, &mut |leaf| {
        if let Some(record) = leaf.record
            && ticks.has(leaf.tick)
            && kept.last() != Some(&record)
        {
            kept.push(record);
        }
    });
    let records = kept.into_iter().map(|range| &artefact.text()[range]);
    Artefact::from_canonical_records(artefact.name(), records)
}

/// Leaves as they come, with those of each tick together and in ascending order.
fn in_order(mut groups: ByTick) -> ByTick {
    if groups.is_sorted_by(|a, b| a.0 < b.0) {
        return groups;
    }
    // The sort is stable: the leaves of a tick stay in their order.
    groups.sort_by(|a, b| a.0.cmp(&b.0));
    let mut merged = ByTick::new();
    for (tick, leaves) in groups {
        match merged.last_mut() {
            Some((last, all)) if *last == tick => all.extend(leaves),
            _ => merged.push((tick, leaves)),
        }
    }
    merged
}

/// The digests of a run: of all artefacts but the inputs.
#[derive(Clone, Debug)]
pub struct DigestTree {
    pub(super) branches: Vec<Branch>,
}

/// The ticks at which an artefact differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DifferingTicks {
    /// The first and last whole number of each span, in ascending order.
    pub spans: Vec<(i128, i128)>,
    /// Whether what has no tick differs too.
    pub untimed: bool,
}

impl DifferingTicks {
    /// Whether a tick is among them; `None` is no tick.
    pub fn has(&self, tick: Option<&Tick>) -> bool {
        let Some(tick) = tick else {
            return self.untimed;
        };
        let whole = tick.whole();
        let next = self.spans.partition_point(|(_, last)| *last < whole);
        self.spans
            .get(next)
            .is_some_and(|(first, _)| *first <= whole)
    }
}

impl DigestTree {
    /// The digests of artefacts, down to their records. Inputs are left out.
    pub fn of(artefacts: &[Artefact], schema: &Schema) -> Self {
        let artefacts = artefacts
            .iter()
            .filter(|artefact| artefact.name() != INPUTS);
        Self::with(
            artefacts
                .map(|artefact| Branch::of(artefact, schema))
                .collect(),
        )
    }

    /// The digests that goldens hold; `None` if one of them is not the digests of a tree. Inputs are left out.
    pub fn stored(goldens: &[Artefact]) -> Option<Self> {
        let goldens = goldens.iter().filter(|golden| golden.name() != INPUTS);
        let branches = goldens.map(|golden| match golden.text() {
            // No records have no digests.
            b"[]\n" => Some(Branch::of(golden, &Schema::default())),
            _ => file::read(golden),
        });
        Some(Self::with(branches.collect::<Option<_>>()?))
    }

    fn with(mut branches: Vec<Branch>) -> Self {
        branches.sort_by(|a, b| a.name.cmp(&b.name));
        Self { branches }
    }

    /// The digests as goldens hold them, an artefact each: as narrow as [`DIGESTS_MAX`] allows. How wide the
    /// spans are depends on the records alone.
    pub fn goldens(&self) -> Vec<Artefact> {
        let mut branches: Vec<Branch> = self
            .branches
            .iter()
            .map(|branch| branch.at_width(1))
            .collect();
        loop {
            let mut limbs = branches.iter().flat_map(|branch| branch.limbs.values());
            let is_top = limbs.clone().all(|limb| limb.level.is_top());
            let fewest: usize = limbs.by_ref().map(|limb| limb.level.entries.len()).sum();
            // What cannot fit is not written.
            let bytes_min = fewest * file::LINE_BYTES_MIN;
            if bytes_min <= DIGESTS_MAX || is_top {
                let goldens: Vec<Artefact> = branches.iter().map(file::write).collect();
                let bytes: usize = goldens.iter().map(|golden| golden.text().len()).sum();
                if bytes <= DIGESTS_MAX || is_top {
                    return goldens;
                }
            }
            let every = branches.iter().map(Branch::every).max().unwrap_or(1);
            let next = if every == 1 {
                FANOUT as i128
            } else {
                every * 2
            };
            branches = branches
                .iter()
                .map(|branch| branch.at_width(next))
                .collect();
        }
    }

    /// Where each artefact differs from that of another run, as exactly as both are known.
    pub fn differing(&self, other: &Self) -> BTreeMap<String, DifferingTicks> {
        let mut names: Vec<&str> = (self.branches.iter().chain(&other.branches))
            .map(|branch| branch.name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        let mut found = BTreeMap::new();
        for name in names {
            let empty = Branch {
                name: name.to_owned(),
                rank: (0, 0),
                limbs: BTreeMap::new(),
                artefact: None,
            };
            let [before, after] = [self, other].map(|tree| tree.branch(name).unwrap_or(&empty));
            let mut ticks = DifferingTicks::default();
            for difference in before.differences(after) {
                match (difference.span, &difference.tick) {
                    (Some(span), _) => ticks.spans.push(span),
                    (None, Some(tick)) => ticks.spans.push((tick.whole(), tick.whole())),
                    (None, None) => ticks.untimed = true,
                }
            }
            ticks.spans.sort_unstable();
            ticks.spans.dedup();
            if ticks != DifferingTicks::default() {
                found.insert(name.to_owned(), ticks);
            }
        }
        found
    }

    pub(super) fn branch(&self, name: &str) -> Option<&Branch> {
        let mut branches = self.branches.iter();
        branches.find(|branch| branch.name == name)
    }
}
