//! Any node of the tree, by its address.
//!
//! | address | node |
//! | --- | --- |
//! | *(nothing)* | the run |
//! | `ledgers`, `ledgers:late` | an artefact; what of it is known late |
//! | `tick=5`, `tick=null` | all artefacts at a tick; what has no tick |
//! | `ticks=64..127` | all artefacts in a span |
//! | `tick=5/ledgers` | an artefact at a tick; the same after a span |
//! | `tick=5/ledgers/block=2` | the third block of 64 records there |
//! | `tick=5/ledgers/record=130` | a record there, from 0 |

use std::fmt;
use std::str::FromStr;

use super::level::{Entry, FANOUT, Hash, Level};
use super::tree::{Branch, Leaf, Limb, of_block};
use super::{DigestTree, Part};
use crate::tick::Tick;
use aether_json::Json;

/// The place of a node in the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub(super) when: Option<When>,
    pub(super) artefact: Option<(String, Part)>,
    pub(super) leaf: Option<LeafAt>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    Tick(Tick),
    Never,
    /// The first and last whole number of a span.
    Span(i128, i128),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeafAt {
    Block(usize),
    Record(usize),
}

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A part of it is not one.
    #[error(
        "`{part}` is not part of an address: expected tick=T or ticks=A..B, then an artefact, then block=N or \
         record=N, with `/` between them"
    )]
    Part {
        /// The part.
        part: String,
    },
    /// No span has these bounds.
    #[error(
        "`{part}` is not a span: spans have 64, 128, 256, … ticks, and start at a multiple of that"
    )]
    Span {
        /// The part.
        part: String,
    },
}

impl Address {
    /// The artefact that it leads to; `None` if it leads to several.
    pub fn artefact(&self) -> Option<&str> {
        self.artefact.as_ref().map(|(name, _)| name.as_str())
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut address = Self::default();
        let parts = text.split('/').filter(|_| !text.is_empty());
        for part in parts {
            let unknown = || AddressError::Part {
                part: part.to_owned(),
            };
            let place = (&address.when, &address.artefact, &address.leaf);
            match (part.split_once('='), place) {
                (Some(("tick", tick)), (None, None, None)) => {
                    address.when = Some(tick_of(tick).ok_or_else(unknown)?);
                }
                (Some(("ticks", span)), (None, None, None)) => {
                    let (first, last) = span.split_once("..").ok_or_else(unknown)?;
                    let bounds = first.parse().ok().zip(last.parse().ok());
                    let (first, last): (i128, i128) = bounds.ok_or_else(unknown)?;
                    let is_span = last.checked_sub(first).and_then(|less| less.checked_add(1));
                    let is_span = is_span.is_some_and(|every| {
                        every >= 64 && (every & (every - 1)) == 0 && first % every == 0
                    });
                    if !is_span {
                        return Err(AddressError::Span {
                            part: part.to_owned(),
                        });
                    }
                    address.when = Some(When::Span(first, last));
                }
                (None, (_, None, None)) if !part.is_empty() => {
                    let (name, which) = part.split_once(':').unwrap_or((part, "records"));
                    let known = [Part::Records, Part::Late, Part::Order];
                    let which = known.into_iter().find(|known| known.name() == which);
                    address.artefact = Some((name.to_owned(), which.ok_or_else(unknown)?));
                }
                (Some(("block", number)), (Some(_), Some(_), None)) => {
                    address.leaf = Some(LeafAt::Block(number.parse().map_err(|_| unknown())?));
                }
                (Some(("record", number)), (Some(_), Some(_), None)) => {
                    address.leaf = Some(LeafAt::Record(number.parse().map_err(|_| unknown())?));
                }
                _ => return Err(unknown()),
            }
        }
        Ok(address)
    }
}

fn tick_of(text: &str) -> Option<When> {
    if text == "null" {
        return Some(When::Never);
    }
    let read = |json: &str| Tick::new(&Json::parse(json).ok()?);
    let tick = read(text).or_else(|| read(&aether_json::layout::quoted(text)))?;
    Some(When::Tick(tick))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.when.as_ref().map(|when| match when {
            When::Tick(tick) => format!("tick={tick}"),
            When::Never => "tick=null".to_owned(),
            When::Span(first, last) => format!("ticks={first}..{last}"),
        }));
        parts.extend(self.artefact.as_ref().map(|(name, part)| match part {
            Part::Records => name.clone(),
            part => format!("{name}:{}", part.name()),
        }));
        parts.extend(self.leaf.map(|leaf| match leaf {
            LeafAt::Block(number) => format!("block={number}"),
            LeafAt::Record(number) => format!("record={number}"),
        }));
        f.write_str(&parts.join("/"))
    }
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its digest, 64 lower-case hexadecimal digits.
    pub digest: String,
    /// How many records are in it.
    pub records: u64,
    /// What its digest is that of; empty for a record.
    pub children: Vec<Child>,
    /// The record, if it is one.
    pub record: Option<String>,
}

/// A node below another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Its address.
    pub at: Address,
    /// Its digest.
    pub digest: String,
}

/// Why there is no node at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoNode {
    /// Only digests of wider spans are known.
    NotKept,
    /// The run has nothing there.
    Nothing,
}

impl DigestTree {
    /// The node at an address.
    ///
    /// # Errors
    /// There is nothing, or it is not known.
    pub fn node(&self, at: &Address) -> Result<Node, NoNode> {
        match (&at.when, &at.artefact) {
            (None, None) => Ok(self.run()),
            (None, Some((name, part))) => self.whole(name, *part),
            (Some(when), None) => self.across(when),
            (Some(when), Some((name, part))) => {
                let branch = self.branch(name).ok_or(NoNode::Nothing)?;
                let limb = branch.limbs.get(part).ok_or(NoNode::Nothing)?;
                limb.node(branch, *part, when, at.leaf)
            }
        }
    }

    fn run(&self) -> Node {
        let children: Vec<(Child, Hash)> = self
            .branches
            .iter()
            .map(|branch| {
                let at = Address {
                    artefact: Some((branch.name.clone(), Part::Records)),
                    ..Address::default()
                };
                child(at, branch.digest())
            })
            .collect();
        let parts = children.iter().flat_map(|(child, digest)| {
            [
                child.at.to_string().into_bytes(),
                b"\n".to_vec(),
                digest.bytes().to_vec(),
            ]
        });
        Node::of(
            Hash::of("run", parts),
            self.branches.iter().map(Branch::records).sum(),
            children,
        )
    }

    /// An artefact, whose children are its widest spans and what has no tick, of every part.
    fn whole(&self, name: &str, part: Part) -> Result<Node, NoNode> {
        let branch = self.branch(name).ok_or(NoNode::Nothing)?;
        if part != Part::Records {
            return Err(NoNode::Nothing);
        }
        let mut children = Vec::new();
        for (&part, limb) in &branch.limbs {
            let top = limb.level.top();
            children.extend(top.entries.iter().map(|entry| {
                let start = top.index(&entry.first) * top.every;
                let when = When::Span(start, start + top.every - 1);
                child(place(when, name, part), entry.digest)
            }));
            let untimed = limb
                .untimed
                .map(|(_, digest)| child(place(When::Never, name, part), digest));
            children.extend(untimed);
        }
        Ok(Node::of(branch.digest(), branch.records(), children))
    }

    /// All artefacts at a tick or in a span.
    fn across(&self, when: &When) -> Result<Node, NoNode> {
        let (mut children, mut records) = (Vec::new(), 0);
        for branch in &self.branches {
            for (&part, limb) in &branch.limbs {
                match limb.digest(when) {
                    Ok((of_limb, digest)) => {
                        if part == Part::Records {
                            records += of_limb;
                        }
                        children.push(child(place(when.clone(), &branch.name, part), digest));
                    }
                    Err(NoNode::Nothing) => {}
                    Err(NoNode::NotKept) => return Err(NoNode::NotKept),
                }
            }
        }
        if children.is_empty() {
            return Err(NoNode::Nothing);
        }
        let parts = children.iter().flat_map(|(child, digest)| {
            [
                child.at.to_string().into_bytes(),
                b"\n".to_vec(),
                digest.bytes().to_vec(),
            ]
        });
        Ok(Node::of(Hash::of("across", parts), records, children))
    }
}

fn place(when: When, name: &str, part: Part) -> Address {
    Address {
        when: Some(when),
        artefact: Some((name.to_owned(), part)),
        leaf: None,
    }
}

fn child(at: Address, digest: Hash) -> (Child, Hash) {
    let of = Child {
        at,
        digest: digest.hex(),
    };
    (of, digest)
}

impl Node {
    fn of(digest: Hash, records: u64, children: Vec<(Child, Hash)>) -> Self {
        Self {
            digest: digest.hex(),
            records,
            children: children.into_iter().map(|(child, _)| child).collect(),
            record: None,
        }
    }
}

impl Limb {
    /// How many records are at a tick or in a span, and their digest.
    fn digest(&self, when: &When) -> Result<(u64, Hash), NoNode> {
        match when {
            When::Never => self.untimed.ok_or(NoNode::Nothing),
            When::Tick(tick) => {
                let entry = self.at_tick(tick)?;
                Ok((entry.1.records, entry.1.digest))
            }
            When::Span(first, last) => {
                let level = self.at_span(*first, *last)?;
                let found = level
                    .entries
                    .iter()
                    .find(|entry| level.index(&entry.first) == first.div_euclid(level.every));
                let entry = found.ok_or(NoNode::Nothing)?;
                Ok((entry.records, entry.digest))
            }
        }
    }

    fn at_tick(&self, tick: &Tick) -> Result<(usize, &Entry), NoNode> {
        let entries = &self.level.entries;
        if self.level.every != 1 {
            let is_in = |entry: &Entry| self.level.index(&entry.first) == self.level.index(tick);
            let is_kept = entries.iter().any(is_in);
            return Err(if is_kept {
                NoNode::NotKept
            } else {
                NoNode::Nothing
            });
        }
        let found = entries.binary_search_by(|entry| entry.first.cmp(tick));
        let index = found.map_err(|_| NoNode::Nothing)?;
        Ok((index, &entries[index]))
    }

    /// The level whose spans have these bounds, with the entries in these bounds alone.
    fn at_span(&self, first: i128, last: i128) -> Result<Level, NoNode> {
        let is_in = |entry: &&Entry| (first..=last).contains(&entry.first.whole());
        let inside = Level {
            every: self.level.every,
            entries: self.level.entries.iter().filter(is_in).cloned().collect(),
        };
        if inside.entries.is_empty() {
            // No narrower span holds the first of these ticks, or its entry would be in these bounds.
            let index = first.div_euclid(self.level.every);
            let holds = |entry: &Entry| self.level.index(&entry.first) == index;
            return Err(if self.level.entries.iter().any(holds) {
                NoNode::NotKept
            } else {
                NoNode::Nothing
            });
        }
        inside.at_width(last - first + 1).ok_or(NoNode::NotKept)
    }

    fn node(
        &self,
        branch: &Branch,
        part: Part,
        when: &When,
        leaf: Option<LeafAt>,
    ) -> Result<Node, NoNode> {
        let (records, digest) = self.digest(when)?;
        let at = |when: When| place(when, &branch.name, part);
        let leaves = match when {
            When::Span(first, last) if leaf.is_none() => {
                let children = self.inside(*first, *last);
                let children = children
                    .into_iter()
                    .map(|(when, digest)| child(at(when), digest));
                return Ok(Node::of(digest, records, children.collect()));
            }
            When::Span(..) => return Err(NoNode::Nothing),
            When::Never => self.leaves.as_ref().map(|leaves| &leaves.untimed),
            When::Tick(tick) => {
                let (index, _) = self.at_tick(tick)?;
                let leaves = self.leaves.as_ref();
                leaves.and_then(|leaves| leaves.of_ticks.get(index))
            }
        };
        let below = |leaf: LeafAt| Address {
            leaf: Some(leaf),
            ..at(when.clone())
        };
        let Some(leaves) = leaves else {
            return match leaf {
                // The order of ticks has nothing below it, and what is stored ends here.
                None => Ok(Node::of(digest, records, Vec::new())),
                Some(_) => Err(NoNode::NotKept),
            };
        };
        match leaf {
            None => {
                let blocks = leaves.chunks(FANOUT).enumerate();
                let children = blocks
                    .map(|(number, block)| child(below(LeafAt::Block(number)), of_block(block)));
                Ok(Node::of(digest, records, children.collect()))
            }
            Some(LeafAt::Block(number)) => {
                let block = leaves.chunks(FANOUT).nth(number).ok_or(NoNode::Nothing)?;
                let records = (number * FANOUT..).zip(block);
                let children =
                    records.map(|(number, leaf)| child(below(LeafAt::Record(number)), leaf.digest));
                Ok(Node::of(
                    of_block(block),
                    block.len() as u64,
                    children.collect(),
                ))
            }
            Some(LeafAt::Record(number)) => {
                let leaf = leaves.get(number).ok_or(NoNode::Nothing)?;
                Ok(Node {
                    record: Some(branch.text(leaf)),
                    ..Node::of(leaf.digest, 1, Vec::new())
                })
            }
        }
    }

    /// What is directly below a span, as far as it is known.
    fn inside(&self, first: i128, last: i128) -> Vec<(When, Hash)> {
        let every = last - first + 1;
        let narrower = if every == FANOUT as i128 {
            1
        } else {
            every / 2
        };
        let is_in = |entry: &&Entry| (first..=last).contains(&entry.first.whole());
        let inside = Level {
            every: self.level.every,
            entries: self.level.entries.iter().filter(is_in).cloned().collect(),
        };
        let Some(level) = inside.at_width(narrower) else {
            return Vec::new();
        };
        let when = |entry: &Entry| match narrower {
            1 => When::Tick(entry.first.clone()),
            _ => {
                let start = level.index(&entry.first) * narrower;
                When::Span(start, start + narrower - 1)
            }
        };
        level
            .entries
            .iter()
            .map(|entry| (when(entry), entry.digest))
            .collect()
    }
}

impl Branch {
    /// The whole record that a leaf is of; empty if only digests are known.
    pub(super) fn text(&self, leaf: &Leaf) -> String {
        let text = self
            .artefact
            .as_ref()
            .map_or(&[][..], |artefact| artefact.text());
        let record = match &leaf.record {
            Some(range) => text.get(range.clone()).unwrap_or_default(),
            None => text.trim_ascii(),
        };
        String::from_utf8_lossy(record).into_owned()
    }
}
