//! All records of a run in causal order, and the search for the first that differs from another run's.
//!
//! Two machines compare digests of ranges of that order, and halve the range that differs. `n` records take
//! `⌈log2 n⌉` halvings, whatever the shape of the run.

use super::level::Hash;
use super::node::{Address, LeafAt, When};
use super::tree::Leaf;
use super::{DigestTree, Part};
use crate::tick::Tick;

/// A record of a run, or the part of it that is known late.
pub struct RecordPlace {
    /// Its address in the tree, as [`Address`] reads it.
    pub at: Address,
    /// The whole record.
    pub text: String,
}

/// The records of a run in causal order: by tick, stage and artefact, and as the artefact has them. What has no
/// tick comes last.
pub(super) struct Order<'t> {
    items: Vec<Item<'t>>,
}

struct Item<'t> {
    tick: Option<&'t Tick>,
    branch: usize,
    part: Part,
    index: usize,
    leaf: Option<&'t Leaf>,
    digest: Hash,
}

impl<'t> Order<'t> {
    /// The records of a tree; `None` if not all of them are known.
    pub(super) fn of(tree: &'t DigestTree) -> Option<Self> {
        let mut items = Vec::new();
        for (branch, of) in tree.branches.iter().enumerate() {
            for (&part, limb) in &of.limbs {
                let mut add =
                    |tick: Option<&'t Tick>, index: usize, leaf: Option<&'t Leaf>, own: Hash| {
                        let at = address(tick, &of.name, part, index).to_string();
                        items.push(Item {
                            tick,
                            branch,
                            part,
                            index,
                            leaf,
                            digest: Hash::of("place", [at.as_bytes(), b"\n", own.bytes()]),
                        });
                    };
                if part == Part::Order {
                    add(None, 0, None, limb.untimed?.1);
                    continue;
                }
                let leaves = limb.leaves.as_ref()?;
                let ticks = limb.level.entries.iter().map(|entry| Some(&entry.first));
                let timed = ticks.zip(&leaves.of_ticks);
                for (tick, leaves) in timed.chain([(None, &leaves.untimed)]) {
                    for (index, leaf) in leaves.iter().enumerate() {
                        add(tick, index, Some(leaf), leaf.digest);
                    }
                }
            }
        }
        items.sort_by_key(|item| {
            let branch = &tree.branches[item.branch];
            (
                item.tick.is_none(),
                item.tick,
                branch.rank,
                item.branch,
                item.part,
                item.index,
            )
        });
        Some(Self { items })
    }

    fn digest(&self, from: usize, to: usize) -> Hash {
        let to = to.min(self.items.len());
        let items = self.items.get(from..to).unwrap_or_default();
        Hash::of("range", items.iter().map(|item| item.digest.bytes()))
    }
}

fn address(tick: Option<&Tick>, artefact: &str, part: Part, index: usize) -> Address {
    Address {
        when: Some(tick.map_or(When::Never, |tick| When::Tick(tick.clone()))),
        artefact: Some((artefact.to_owned(), part)),
        leaf: (part != Part::Order).then_some(LeafAt::Record(index)),
    }
}

/// One side of a search for the first record that differs.
pub struct Searched<'t> {
    tree: &'t DigestTree,
    order: Order<'t>,
}

impl<'t> Searched<'t> {
    /// The records of a tree; `None` if only digests of them are known.
    pub fn of(tree: &'t DigestTree) -> Option<Self> {
        let order = Order::of(tree)?;
        Some(Self { tree, order })
    }

    /// How many records there are. What is known late counts by itself.
    pub fn records(&self) -> usize {
        self.order.items.len()
    }

    /// The digest of a range of records, which may end after the last.
    pub fn digest(&self, from: usize, to: usize) -> String {
        self.order.digest(from, to).hex()
    }

    /// A record by its number; `None` after the last.
    pub fn record(&self, number: usize) -> Option<RecordPlace> {
        let item = self.order.items.get(number)?;
        let branch = &self.tree.branches[item.branch];
        Some(RecordPlace {
            at: address(item.tick, &branch.name, item.part, item.index),
            text: item.leaf.map_or_else(String::new, |leaf| branch.text(leaf)),
        })
    }
}

/// The next step of a search for the first record in which two runs differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The digests of the records from the first number up to the second, exclusive, are wanted of both runs.
    Compare(usize, usize),
    /// The first record that differs has this number.
    Found(usize),
    /// All records are equal.
    Equal,
}

/// A search for the first record in which two runs differ: it halves the range that the record is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    from: usize,
    to: usize,
    step: Search,
}

impl Narrowing {
    /// A search in runs of so many records. It begins with all of them.
    pub fn new(records: [usize; 2]) -> Self {
        let to = records[0].max(records[1]);
        Self {
            from: 0,
            to,
            step: Search::Compare(0, to),
        }
    }

    /// What is to be done now.
    pub fn step(&self) -> Search {
        self.step
    }

    /// Goes on after the digests of the compared range were found to be equal, or not.
    pub fn compared(&mut self, is_equal: bool) {
        let Search::Compare(_, middle) = self.step else {
            return;
        };
        let is_all = middle == self.to;
        if is_all && is_equal {
            self.step = Search::Equal;
            return;
        }
        if is_equal {
            self.from = middle;
        } else {
            self.to = middle;
        }
        self.step = match self.to - self.from {
            0 | 1 => Search::Found(self.from),
            length => Search::Compare(self.from, self.from + length / 2),
        };
    }
}
