//! The digests of one part of an artefact, at one width of its spans of ticks.
//!
//! ```text
//! every tick       1  2  3 … 63 | 64 65 … 127 | 128 …
//! every 64 ticks   [0, 63]        [64, 127]     [128, 191] …
//! every 128 ticks  [0, 127]                     [128, 255] …
//! ```
//!
//! A span holds the ticks whose whole number (for dates and times: second since 1970) is in it, whatever other
//! ticks there are: a tick more or less changes only the spans that it is in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::tick::Tick;

/// How many things a node of the lower levels has at most: records of a block, and whole numbers of a span.
pub(super) const FANOUT: usize = 64;

/// The width of the narrowest spans.
const NARROWEST: i128 = FANOUT as i128;

/// The digest of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hash([u8; 32]);

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

impl Hash {
    /// Of what is not there, beside a half that is.
    const NOTHING: Self = Self([0; 32]);

    /// The digest of a node: of its kind and these bytes.
    pub(super) fn of<B: AsRef<[u8]>>(kind: &str, parts: impl IntoIterator<Item = B>) -> Self {
        let mut hasher = Sha256::new_with_prefix(kind);
        hasher.update(b"\n");
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// In lower-case hexadecimal digits.
    pub(super) fn hex(&self) -> String {
        let mut hex = String::with_capacity(64);
        for byte in self.0 {
            write!(hex, "{byte:02x}").expect("writing to a string does not fail");
        }
        hex
    }

    /// As JSON text.
    pub(super) fn json(&self) -> String {
        format!("\"{}\"", self.hex())
    }

    /// Reads what [`Hash::hex`] writes.
    pub(super) fn parse(hex: &str) -> Option<Self> {
        let is_lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if hex.len() != 64 || !hex.bytes().all(is_lower) {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// A tick, or the span of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The first and the last tick that it holds.
    pub(super) first: Tick,
    pub(super) last: Tick,
    pub(super) records: u64,
    pub(super) digest: Hash,
}

/// The digests of all ticks, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// How many whole numbers each span has; 1 if each tick is by itself.
    pub(super) every: i128,
    pub(super) entries: Vec<Entry>,
}

impl Level {
    /// The number of the span that a tick is in.
    pub(super) fn index(&self, tick: &Tick) -> i128 {
        tick.whole().div_euclid(self.every)
    }

    /// Whether wider spans would not be fewer: at most one is below 0, and one from it on.
    pub(super) fn is_top(&self) -> bool {
        let indices = self.entries.iter().map(|entry| self.index(&entry.first));
        self.every > 1 && indices.into_iter().all(|index| matches!(index, -1 | 0))
    }

    /// With the next wider spans.
    pub(super) fn wider(&self) -> Self {
        let every = if self.every == 1 {
            NARROWEST
        } else {
            self.every * 2
        };
        let index = |entry: &Entry| entry.first.whole().div_euclid(every);
        let groups = self.entries.chunk_by(|a, b| index(a) == index(b));
        let entries = groups.map(|group| {
            let digest = if self.every == 1 {
                of_ticks(group)
            } else {
                self.of_halves(group)
            };
            let [first, .., last] = [&group[0], &group[group.len() - 1]];
            Entry {
                first: first.first.clone(),
                last: last.last.clone(),
                records: group.iter().map(|entry| entry.records).sum(),
                digest,
            }
        });
        Self {
            every,
            entries: entries.collect(),
        }
    }

    /// With spans of this width; `None` if these are wider already.
    pub(super) fn at_width(&self, every: i128) -> Option<Self> {
        let mut level = self.clone();
        while level.every < every {
            level = level.wider();
        }
        (level.every == every).then_some(level)
    }

    /// With the widest spans.
    pub(super) fn top(&self) -> Self {
        let mut level = self.clone();
        while !level.is_top() {
            level = level.wider();
        }
        level
    }

    fn of_halves(&self, group: &[Entry]) -> Hash {
        let half = |which: i128| {
            let mut found = group.iter();
            let is_it = |entry: &&Entry| self.index(&entry.first).rem_euclid(2) == which;
            found
                .find(is_it)
                .map_or(Hash::NOTHING, |entry| entry.digest)
        };
        Hash::of("halves", [half(0), half(1)].map(|half| half.0))
    }

    /// By the number of its span; by the tick if each is by itself.
    pub(super) fn by_place(&self) -> BTreeMap<(i128, Option<&Tick>), &Entry> {
        let entries = self.entries.iter();
        entries
            .map(|entry| {
                let tick = (self.every == 1).then_some(&entry.first);
                ((self.index(&entry.first), tick), entry)
            })
            .collect()
    }
}

/// The digest of a span of ticks that are each by themselves.
fn of_ticks(ticks: &[Entry]) -> Hash {
    let parts = ticks.iter().flat_map(|entry| {
        let tick = entry.first.as_json().as_bytes();
        [tick, b"\n", entry.digest.bytes()]
    });
    Hash::of("ticks", parts)
}
