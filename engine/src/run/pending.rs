//! The ticks of the open window, with what the second pass over them will need.
//!
//! A window may be as long as the run, so only one page of its ticks stays in memory. Full pages
//! are spilled to the sink, if it supports that, and read back in order.

use std::collections::BTreeMap;
use std::io;

use super::sink::RecordSink;
use super::stepper::Tick;
use crate::canonical::Hash;

/// Most numbers in a page: 2 MiB.
const PAGE_NUMBERS: usize = 1 << 18;
/// How many numbers a tick counts for, beside its states.
const TICK_NUMBERS: usize = 16;

/// The ticks of the open primary window, in order.
#[derive(Default)]
pub(super) struct PendingTicks {
    /// Full pages; `None` for one that was spilled to the sink.
    full: Vec<Option<Page>>,
    open: Page,
    /// Manifests of additional windows, by the tick at which they closed.
    manifest_hashes: BTreeMap<u64, BTreeMap<String, Hash>>,
}

/// Consecutive ticks with their states.
#[derive(Default)]
pub(super) struct Page {
    ticks: Vec<PendingTick>,
    /// pre_u and post_u of every tick, end to end.
    states: Vec<i64>,
}

/// One tick that waits for its window's check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PendingTick {
    pub(super) tick: u64,
    pub(super) c_prev: i64,
    pub(super) c_t: i64,
    pub(super) ledger_hash: Hash,
    pub(super) p_block_hash: Hash,
    pub(super) i_block_hash: Option<Hash>,
}

/// A tick with its states before and after.
pub(super) struct WithStates {
    pub(super) tick: PendingTick,
    pub(super) pre_u: Vec<i64>,
    pub(super) post_u: Vec<i64>,
}

impl PendingTicks {
    pub(super) fn push(
        &mut self,
        tick: &Tick,
        pending: PendingTick,
        manifest_hashes: BTreeMap<String, Hash>,
        sink: &mut dyn RecordSink,
    ) -> io::Result<()> {
        if !manifest_hashes.is_empty() {
            self.manifest_hashes.insert(pending.tick, manifest_hashes);
        }
        self.open.states.extend_from_slice(&tick.ledger.pre_u);
        self.open.states.extend_from_slice(&tick.ledger.post_u);
        self.open.ticks.push(pending);
        if self.open.states.len() + self.open.ticks.len() * TICK_NUMBERS < PAGE_NUMBERS {
            return Ok(());
        }
        let kept = if sink.spill(&self.open.to_bytes())? {
            self.open.clear();
            None
        } else {
            Some(std::mem::take(&mut self.open))
        };
        self.full.push(kept);
        Ok(())
    }

    /// Number of pages.
    pub(super) const fn page_count(&self) -> usize {
        self.full.len() + 1
    }

    /// Removes a page and returns it; pages are numbered from 0.
    pub(super) fn take_page(
        &mut self,
        number: usize,
        sink: &mut dyn RecordSink,
    ) -> io::Result<Page> {
        match self.full.get_mut(number) {
            Some(Some(page)) => Ok(std::mem::take(page)),
            Some(None) => {
                // The sink numbers only the pages that were spilled to it.
                let kept = self.full[..number].iter().filter(|page| page.is_some());
                let bytes = sink.read_spilled(number - kept.count())?;
                let invalid = || io::Error::new(io::ErrorKind::InvalidData, "a page is damaged");
                Page::from_bytes(&bytes).ok_or_else(invalid)
            }
            None => Ok(std::mem::take(&mut self.open)),
        }
    }

    /// Removes and returns the manifests of additional windows that closed at a tick.
    pub(super) fn take_manifest_hashes(&mut self, tick: u64) -> BTreeMap<String, Hash> {
        self.manifest_hashes.remove(&tick).unwrap_or_default()
    }

    /// Starts a new window, and reuses the memory of a page that was taken out.
    pub(super) fn reuse(&mut self, mut page: Page) {
        page.clear();
        self.full.clear();
        self.manifest_hashes.clear();
        self.open = page;
    }
}

impl Page {
    /// The ticks with their states, some at a time.
    pub(super) fn groups(&self, size: usize) -> impl Iterator<Item = Vec<WithStates>> {
        let node_count = self.states.len() / (2 * self.ticks.len().max(1));
        let groups = self.ticks.chunks(size).enumerate();
        groups.map(move |(group, ticks)| {
            let first = group * size;
            let ticks = ticks.iter().zip(first..).map(|(tick, at)| {
                let states = &self.states[2 * node_count * at..2 * node_count * (at + 1)];
                let (pre_u, post_u) = states.split_at(node_count);
                WithStates {
                    tick: *tick,
                    pre_u: pre_u.to_vec(),
                    post_u: post_u.to_vec(),
                }
            });
            ticks.collect()
        })
    }

    fn clear(&mut self) {
        self.ticks.clear();
        self.states.clear();
    }

    /// The page as bytes for a sink: the number of ticks, the ticks, the states; little-endian.
    fn to_bytes(&self) -> Vec<u8> {
        let size = 8 + self.ticks.len() * PendingTick::SIZE + self.states.len() * 8;
        let mut bytes = Vec::with_capacity(size);
        bytes.extend_from_slice(&(self.ticks.len() as u64).to_le_bytes());
        for tick in &self.ticks {
            tick.append_to(&mut bytes);
        }
        for value in &self.states {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk()?;
        let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
        let (ticks, states) = rest.split_at_checked(count.checked_mul(PendingTick::SIZE)?)?;
        let ticks = ticks.chunks_exact(PendingTick::SIZE);
        let (states, rest) = states.as_chunks();
        rest.is_empty().then_some(())?;
        Some(Self {
            ticks: ticks.map(PendingTick::from_bytes).collect::<Option<_>>()?,
            states: states
                .iter()
                .map(|&value| i64::from_le_bytes(value))
                .collect(),
        })
    }
}

impl PendingTick {
    /// Bytes of a tick in a page.
    const SIZE: usize = 3 * 8 + 3 * 32 + 1;

    fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.tick.to_le_bytes());
        bytes.extend_from_slice(&self.c_prev.to_le_bytes());
        bytes.extend_from_slice(&self.c_t.to_le_bytes());
        bytes.extend_from_slice(self.ledger_hash.as_bytes());
        bytes.extend_from_slice(self.p_block_hash.as_bytes());
        let none = Hash::from_bytes([0; 32]);
        bytes.extend_from_slice(self.i_block_hash.unwrap_or(none).as_bytes());
        bytes.push(u8::from(self.i_block_hash.is_some()));
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tick, rest) = bytes.split_first_chunk()?;
        let (c_prev, rest) = rest.split_first_chunk()?;
        let (c_t, rest) = rest.split_first_chunk()?;
        let (ledger_hash, rest) = rest.split_first_chunk()?;
        let (p_block_hash, rest) = rest.split_first_chunk()?;
        let (i_block_hash, rest) = rest.split_first_chunk()?;
        Some(Self {
            tick: u64::from_le_bytes(*tick),
            c_prev: i64::from_le_bytes(*c_prev),
            c_t: i64::from_le_bytes(*c_t),
            ledger_hash: Hash::from_bytes(*ledger_hash),
            p_block_hash: Hash::from_bytes(*p_block_hash),
            i_block_hash: (rest == [1]).then_some(Hash::from_bytes(*i_block_hash)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_back_from_bytes() {
        let tick = |tick, i_block_hash| PendingTick {
            tick,
            c_prev: -1,
            c_t: i64::MAX,
            ledger_hash: Hash::from_bytes([1; 32]),
            p_block_hash: Hash::from_bytes([2; 32]),
            i_block_hash,
        };
        let page = Page {
            ticks: vec![tick(7, None), tick(8, Some(Hash::from_bytes([3; 32])))],
            states: vec![i64::MIN, 0, 1, i64::MAX],
        };
        let bytes = page.to_bytes();
        let back = Page::from_bytes(&bytes).unwrap();
        assert_eq!((&back.ticks, &back.states), (&page.ticks, &page.states));
        for size in 0..bytes.len() - 4 * 8 {
            assert!(Page::from_bytes(&bytes[..size]).is_none(), "{size} bytes");
        }
    }
}
