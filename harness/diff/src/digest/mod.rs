//! Artefacts kept as digests instead of records: as a tree, or one per tick as in goldens before format 3.
//!
//! | module | what it does |
//! | --- | --- |
//! | `leaves` | what is digested of a record, and when it is known |
//! | `level` | the digests of one part of an artefact at one width of its spans of ticks |
//! | `tree` | all artefacts of a run as one tree |
//! | `file` | the digests of an artefact as its golden has them |
//! | `node` | any node of the tree, by its address |
//! | `order` | all records of a run in one order, for two machines that look for the first that differs |

mod file;
mod leaves;
mod level;
mod node;
mod order;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::change::is_hash_text;
use crate::records;
use crate::tick::{Stamp, Tick};
use crate::walk::Walk;
use crate::{Artefact, Schema};
use aether_json::scan;

pub use node::{Address, AddressError, Child, NoNode, Node};
pub use order::{Narrowing, RecordPlace, Search, Searched};
pub use tree::{DIGESTS_MAX, DifferingTicks, DigestTree, only_at};

/// Turns an artefact into its digests as goldens before format 3 have them: an array with one record `{"digest":…,"tick":…}` per tick,
/// in ascending order.
///
/// A digest is the lower-case hexadecimal SHA-256 of the compact records of that tick, in the
/// order of the artefact, joined by line feeds. Records without a tick, and an artefact without
/// ticks as a whole, have one digest, whose tick is null. The
/// [late fields](crate::ArtefactSchema::late_fields) of the records are taken out of these and
/// digested by themselves, as objects of only the late fields, at the tick at which they are
/// known: such a record of digests says `"late":true`. Otherwise a window's check would make every
/// tick of the window differ, and hide where a difference began.
///
/// Records in the order of their ticks, those without a tick first, need nothing else. If
/// they do not, one more record, `{"digest":…,"order":true,"tick":null}`, digests the ticks in the
/// order in which they come, so that records which change places with those of other ticks are
/// noticed too. A tick comes once for all its records in a row, but for each of them if it has several rows that are not
/// all of one record.
///
/// ```
/// use aether_diff::{Artefact, Schema, digest};
/// # fn main() -> Result<(), aether_diff::ArtefactError> {
/// let metrics = Artefact::from_json("metrics", b"{}")?;
/// assert_eq!(
///     digest(&metrics, &Schema::default()).text(),
///     br#"[
/// {"digest":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","tick":null}
/// ]
/// "#
/// );
/// # Ok(())
/// # }
/// ```
pub fn digest(artefact: &Artefact, schema: &Schema) -> Artefact {
    let mut digests = Digests::default();
    leaves::each(artefact, schema, &mut |leaf| {
        if leaf.part == Part::Records {
            digests.sequence.push(leaf.record_tick);
        }
        digests.add(leaf.tick.cloned(), leaf.part, leaf.text);
    });
    digests.finish(artefact.name())
}

/// What an artefact holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Document,
    /// A digest for each tick.
    ByTick,
    /// Nodes of a tree of digests.
    Tree,
}

/// What an artefact of digests begins with: keys are sorted, and no key of a record of digests is before this.
const DIGESTS: &[u8] = b"[\n{\"digest\":";

impl Form {
    pub(crate) fn of(artefact: &Artefact) -> Self {
        // Most documents are known not to be digests without being read.
        if !artefact.text().starts_with(DIGESTS) {
            Self::Document
        } else if file::read(artefact).is_some() {
            Self::Tree
        } else if read(artefact).is_some_and(|digests| !digests.is_empty()) {
            Self::ByTick
        } else {
            Self::Document
        }
    }
}

/// Whether an artefact consists of digests.
pub(super) fn is_digest(artefact: &Artefact) -> bool {
    Form::of(artefact) != Form::Document
}

impl Walk<'_, '_> {
    /// Compares two artefacts of digests.
    pub(super) fn digests(&mut self, before: &Artefact, after: &Artefact) {
        let (before, after) = (
            read(before).unwrap_or_default(),
            read(after).unwrap_or_default(),
        );
        let mut keys: Vec<&Turn> = before.keys().chain(after.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        for turn in keys {
            let [old, new] = [&before, &after].map(|digests| digests.get(turn).copied());
            if old != new {
                self.digest(turn.tick.as_ref(), None, turn.part, [old, new]);
            }
        }
    }

    /// Compares an artefact of digests of a tree with a document or with digests of a tree. Whether both have spans
    /// of one width.
    pub(super) fn trees(&mut self, before: &Artefact, after: &Artefact, schema: &Schema) -> bool {
        let [before, after] = [before, after].map(|artefact| {
            file::read(artefact).unwrap_or_else(|| tree::Branch::of(artefact, schema))
        });
        for difference in before.differences(&after) {
            let digests = difference.digests.map(|digest| digest.map(|it| it.json()));
            let [old, new] = [&digests[0], &digests[1]].map(Option::as_deref);
            let span = difference.span.as_ref();
            self.digest(difference.tick.as_ref(), span, difference.part, [old, new]);
        }
        before.every() == after.every()
    }
}

/// What one digest is of; no tick comes last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    has_no_tick: bool,
    tick: Option<Tick>,
    part: Part,
}

/// What of a tick a digest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Its records, without their late fields.
    Records,
    /// The late fields that are known then.
    Late,
    /// The order in which ticks appear, if they are not sorted.
    Order,
}

impl Part {
    /// What it is called in addresses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Late => "late",
            Self::Order => "order",
        }
    }

    /// The member that says so, before that of the tick.
    pub(super) const fn member(self) -> &'static str {
        match self {
            Self::Records => "",
            Self::Late => "late",
            Self::Order => "order",
        }
    }
}

impl Turn {
    fn new(tick: Option<Tick>, part: Part) -> Self {
        Self {
            has_no_tick: tick.is_none(),
            tick,
            part,
        }
    }
}

/// The ticks of records as they come, each with how many records in a row have it.
#[derive(Default)]
struct Sequence(Vec<(Option<Tick>, usize)>);

impl Sequence {
    fn push(&mut self, tick: Option<&Tick>) {
        match self.0.last_mut() {
            Some((last, records)) if last.as_ref() == tick => *records += 1,
            _ => self.0.push((tick.cloned(), 1)),
        }
    }

    /// The ticks as they come, each with a comma; `None` if they are sorted. A tick comes once for each of its rows; but
    /// for each of its records if its rows are several and not all of one record, since nothing else says how long each is.
    fn order(&self) -> Option<String> {
        // No tick sorts first.
        if self.0.is_sorted_by(|(a, _), (b, _)| a <= b) {
            return None;
        }
        let mut counts: BTreeMap<Option<&Tick>, (usize, usize)> = BTreeMap::new();
        for (tick, records) in &self.0 {
            let (rows, all) = counts.entry(tick.as_ref()).or_default();
            *rows += 1;
            *all += records;
        }
        let mut order = String::new();
        for (tick, records) in &self.0 {
            let (rows, all) = counts[&tick.as_ref()];
            let is_unclear = rows > 1 && all > rows;
            for _ in 0..if is_unclear { *records } else { 1 } {
                order.push_str(tick.as_ref().map_or("null", Tick::as_json));
                order.push(',');
            }
        }
        Some(order)
    }
}

#[derive(Default)]
struct Digests {
    by_turn: BTreeMap<Turn, Sha256>,
    sequence: Sequence,
}

impl Digests {
    fn add(&mut self, tick: Option<Tick>, part: Part, record: &[u8]) {
        match self.by_turn.entry(Turn::new(tick, part)) {
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                entry.get_mut().update(b"\n");
                entry.get_mut().update(record);
            }
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(Sha256::new_with_prefix(record));
            }
        }
    }

    fn finish(mut self, name: &str) -> Artefact {
        if let Some(order) = self.sequence.order() {
            let turn = Turn::new(None, Part::Order);
            self.by_turn.insert(turn, Sha256::new_with_prefix(order));
        }
        let records = self.by_turn.into_iter().map(|(turn, hasher)| {
            let mut record = String::from("{\"digest\":\"");
            for byte in hasher.finalize() {
                // Writing to a string cannot fail.
                let _ = write!(record, "{byte:02x}");
            }
            record.push('"');
            let member = turn.part.member();
            if !member.is_empty() {
                record.push_str(&format!(",\"{member}\":true"));
            }
            record.push_str(",\"tick\":");
            record.push_str(turn.tick.as_ref().map_or("null", Tick::as_json));
            record.push('}');
            record
        });
        Artefact::from_canonical_records(name, records)
    }
}

/// The digests of an artefact; `None` if it does not consist of digests.
fn read(artefact: &Artefact) -> Option<BTreeMap<Turn, &str>> {
    let text = std::str::from_utf8(artefact.text()).ok()?;
    let mut digests = BTreeMap::new();
    for record in records::all(text)? {
        let (mut value, mut tick, mut part) = (None, None, Part::Records);
        for (key, member) in scan::members(record)? {
            match key {
                "\"digest\"" if is_hash_text(member) => value = Some(member),
                "\"tick\"" if member == "null" => tick = Some(None),
                "\"tick\"" => tick = Some(Some(Stamp::read(member)?.tick()?)),
                "\"late\"" if member == "true" => part = Part::Late,
                "\"order\"" if member == "true" => part = Part::Order,
                _ => return None,
            }
        }
        digests.insert(Turn::new(tick?, part), value?);
    }
    Some(digests)
}
