//! The ticks of the open window, with what the second pass over them will need.
//!
//! A window may be as long as the run, so only one page of its ticks stays in memory. Full pages
//! are spilled to the sink, if it supports that, and read back in order. States are kept as what they differ by, in as few bytes as that takes:
//!
//! ```text
//! values    tick 1   9 4 → 7 6    tick 2   7 6 → 6 7    tick 3, after an input   8 7 → 8 7
//! bytes              9 4  −2 2                   −1 1                            8 7   0 0
//! ```

use std::collections::BTreeMap;
use std::io;

use super::sink::RecordSink;
use crate::canonical::Hash;
use crate::record::Tick;
use crate::varint;

/// Most bytes in a page, unless a single tick has more.
const PAGE_BYTES: usize = 2 << 20;

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
    /// For each tick, the state before it if that is not the state after the tick before, and what it changed.
    states: Vec<u8>,
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
    /// Whether the state before is the state after the tick before, of the same window.
    pub(super) continues: bool,
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
        self.open.push(tick, pending);
        if self.open.size() < PAGE_BYTES {
            return Ok(());
        }
        let kept = if sink.spill(&self.open.to_bytes())? {
            self.open.clear();
            None
        } else {
            let mut page = std::mem::take(&mut self.open);
            page.states.shrink_to_fit();
            Some(page)
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
                Page::from_bytes(&bytes).ok_or_else(damaged)
            }
            None => Ok(std::mem::take(&mut self.open)),
        }
    }

    /// Removes and returns the manifests of additional windows that closed at a tick.
    pub(super) fn take_manifest_hashes(&mut self, tick: u64) -> BTreeMap<String, Hash> {
        self.manifest_hashes.remove(&tick).unwrap_or_default()
    }

    /// Reuses the memory of a page that was taken out, before the first tick of a new window.
    pub(super) fn reuse(&mut self, mut page: Page) {
        page.clear();
        self.open = page;
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a page is damaged")
}

impl Page {
    fn push(&mut self, tick: &Tick, pending: PendingTick) {
        if !pending.continues {
            let values = tick.pre_u.iter();
            values.for_each(|&value| varint::push(&mut self.states, value));
        }
        for (post, pre) in tick.post_u.iter().zip(&tick.pre_u) {
            varint::push(&mut self.states, post.wrapping_sub(*pre));
        }
        self.ticks.push(pending);
    }

    const fn size(&self) -> usize {
        self.states.len() + self.ticks.len() * PendingTick::SIZE
    }

    /// The ticks with their states, some at a time. `state` is the state after the last tick of the page before, and then
    /// that after the last tick that was returned.
    pub(super) fn groups(
        &self,
        size: usize,
        state: &mut [i64],
    ) -> impl Iterator<Item = io::Result<Vec<WithStates>>> {
        let mut bytes = self.states.as_slice();
        let groups = self.ticks.chunks(size);
        groups.map(move |ticks| {
            let with_states = |tick: &PendingTick| {
                if !tick.continues {
                    let values = state.iter_mut();
                    read(values, &mut bytes, |_, value| value)?;
                }
                let pre_u = state.to_vec();
                let values = state.iter_mut();
                read(values, &mut bytes, i64::wrapping_add)?;
                Some(WithStates {
                    tick: *tick,
                    pre_u,
                    post_u: state.to_vec(),
                })
            };
            let ticks: Option<_> = ticks.iter().map(with_states).collect();
            ticks.ok_or_else(damaged)
        })
    }

    fn clear(&mut self) {
        self.ticks.clear();
        self.states.clear();
    }

    /// The page as bytes for a sink: the number of ticks, little-endian, the ticks, the states.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.size());
        bytes.extend_from_slice(&(self.ticks.len() as u64).to_le_bytes());
        for tick in &self.ticks {
            tick.append_to(&mut bytes);
        }
        bytes.extend_from_slice(&self.states);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk()?;
        let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
        let (ticks, states) = rest.split_at_checked(count.checked_mul(PendingTick::SIZE)?)?;
        let ticks = ticks.chunks_exact(PendingTick::SIZE);
        Some(Self {
            ticks: ticks.map(PendingTick::from_bytes).collect::<Option<_>>()?,
            states: states.to_vec(),
        })
    }
}

/// Reads a number for each value, from which and the value the new value follows.
fn read<'v>(
    values: impl Iterator<Item = &'v mut i64>,
    bytes: &mut &[u8],
    new: impl Fn(i64, i64) -> i64,
) -> Option<()> {
    for value in values {
        *value = new(*value, varint::pop(bytes)?);
    }
    Some(())
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
        bytes.push(u8::from(self.i_block_hash.is_some()) | u8::from(self.continues) << 1);
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tick, rest) = bytes.split_first_chunk()?;
        let (c_prev, rest) = rest.split_first_chunk()?;
        let (c_t, rest) = rest.split_first_chunk()?;
        let (ledger_hash, rest) = rest.split_first_chunk()?;
        let (p_block_hash, rest) = rest.split_first_chunk()?;
        let (i_block_hash, rest) = rest.split_first_chunk()?;
        let (&[flags], []) = rest.split_first_chunk()? else {
            return None;
        };
        Some(Self {
            tick: u64::from_le_bytes(*tick),
            c_prev: i64::from_le_bytes(*c_prev),
            c_t: i64::from_le_bytes(*c_t),
            ledger_hash: Hash::from_bytes(*ledger_hash),
            p_block_hash: Hash::from_bytes(*p_block_hash),
            i_block_hash: (flags & 1 == 1).then_some(Hash::from_bytes(*i_block_hash)),
            continues: flags & 2 == 2,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Fluxes;

    fn tick(number: u64, pre_u: [i64; 2], post_u: [i64; 2]) -> Tick {
        Tick {
            tick: number,
            pre_u: pre_u.to_vec(),
            post_u: post_u.to_vec(),
            sum: 0,
            fluxes: Fluxes::of(&[]),
            s_t: 0,
            c_prev: -1,
            c_t: i64::MAX,
        }
    }

    fn pending(tick: &Tick, i_block_hash: Option<Hash>, continues: bool) -> PendingTick {
        PendingTick {
            tick: tick.tick,
            c_prev: tick.c_prev,
            c_t: tick.c_t,
            ledger_hash: Hash::from_bytes([1; 32]),
            p_block_hash: Hash::from_bytes([2; 32]),
            i_block_hash,
            continues,
        }
    }

    /// States come back from pages that were spilled, whatever their size, and a page that is cut is refused.
    #[test]
    fn pages_come_back_from_bytes() {
        let extremes = [i64::MIN, i64::MAX];
        let ticks = [
            tick(7, [3, 4], [4, 3]),
            tick(8, [4, 3], extremes),
            tick(9, extremes, [i64::MAX, i64::MIN]),
            tick(10, [0, 0], [0, 0]),
        ];
        let hash = Some(Hash::from_bytes([3; 32]));
        let made = [(None, false), (hash, true), (hash, true), (None, false)];
        let pending = ticks
            .iter()
            .zip(made)
            .map(|(tick, (hash, continues))| pending(tick, hash, continues));
        let pending: Vec<_> = pending.collect();
        for page_ticks in 1..=4 {
            let mut state = vec![0; 2];
            let mut back = Vec::new();
            let pages = ticks.chunks(page_ticks).zip(pending.chunks(page_ticks));
            for (ticks, pending) in pages {
                let mut page = Page::default();
                for (tick, pending) in ticks.iter().zip(pending) {
                    page.push(tick, *pending);
                }
                let bytes = page.to_bytes();
                for size in 0..bytes.len() {
                    let cut = Page::from_bytes(&bytes[..size]);
                    let read = |page: Page| {
                        let groups: Result<Vec<_>, _> = page.groups(2, &mut [0; 2]).collect();
                        groups.is_ok()
                    };
                    assert!(!cut.is_some_and(read), "{size} bytes");
                }
                let page = Page::from_bytes(&bytes).expect("it is whole");
                for group in page.groups(3, &mut state) {
                    back.extend(group.expect("it is whole"));
                }
            }
            assert_eq!(back.len(), ticks.len());
            for ((back, tick), pending) in back.iter().zip(&ticks).zip(&pending) {
                assert_eq!(back.tick, *pending);
                assert_eq!((&back.pre_u, &back.post_u), (&tick.pre_u, &tick.post_u));
            }
        }
    }
}
