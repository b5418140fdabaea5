//! Computes ticks in groups, which several threads encode and hash.
//!
//! Computing a tick is quick and needs the previous one. Its text and hash take most of the time, and need only the tick. So
//! the ticks of a group are computed one after the other, and the group then goes to the [`Workers`]. With one thread there is one
//! group, which is computed, encoded and taken in turn. Groups are taken in order, and neither their size nor the number of
//! threads affects any byte.

use std::collections::VecDeque;

use super::encoded::{EncodedRecord, encode_in_place};
use super::sink::RecordSink;
use super::stepper::Stepper;
use super::workers::{Coming, Workers};
use super::{RunError, RunOptions};
use crate::canonical::Encoded;
use crate::config::RunPlan;
use crate::record::{EdgeTexts, RecordKind, Tick, TickTexts};

/// Ticks whose texts are hashed side by side.
const SIDE_BY_SIDE: usize = 4;
/// Groups for each thread: one that is encoded, and one that waits.
const GROUPS_A_THREAD: usize = 2;
/// Most numbers in a group, unless a single tick has more.
const GROUP_NUMBERS_MAX: usize = 1 << 20;
/// Numbers in a group, if as many ticks as that are not too many: so many that its checkpoints, too, are hashed side by side.
const GROUP_NUMBERS: usize = 1 << 16;
/// The same with several threads: few enough that the groups of all stay in the second cache.
const GROUP_NUMBERS_SHARED: usize = 1 << 13;
const TICKS_MAX: usize = 64;
/// The numbers of a run that are worth a thread: some milliseconds of work.
const WORTH_A_THREAD: u64 = 1 << 18;

/// The groups of a run, in order.
pub(super) struct Batches<'r, 'w> {
    stepper: Stepper<'w>,
    texts: &'w EdgeTexts<'w>,
    workers: &'r Workers<'w>,
    /// Groups with nothing in them.
    free: Vec<Group>,
    /// The groups that are being encoded, in order.
    coming: VecDeque<Coming<Group>>,
    /// The last ticks of the primary windows that are not yet computed. No group is in two windows.
    ends: VecDeque<u64>,
    from_checkpoints: bool,
}

/// Consecutive ticks, with buffers that are used again.
pub(super) struct Group {
    slots: Vec<Slot>,
    /// How many ticks were computed.
    count: usize,
    /// Why the next tick could not be computed, if it could not.
    failure: Option<RunError>,
}

/// A tick and its encoded records.
pub(super) struct Slot {
    pub(super) tick: Tick,
    ledger: EncodedRecord,
    p_block: EncodedRecord,
    has_i_block: bool,
    i_block: EncodedRecord,
}

/// The threads that a run is worth.
pub(super) fn threads(plan: &RunPlan, options: &RunOptions<'_>) -> usize {
    let numbers = plan.ticks.saturating_mul(numbers(plan) as u64);
    let worth = usize::try_from(numbers / WORTH_A_THREAD).unwrap_or(usize::MAX);
    options.threads.min(worth).max(1)
}

/// The nearest smaller number of ticks that are written side by side without a rest; at least one.
pub(super) const fn side_by_side(ticks: usize) -> usize {
    match ticks {
        0 => 1,
        1..SIDE_BY_SIDE => ticks,
        _ => ticks - ticks % SIDE_BY_SIDE,
    }
}

/// The numbers of a tick: at least two, for a topology has a node.
fn numbers(plan: &RunPlan) -> usize {
    4 * plan.topology.edges.len() + 2 * plan.topology.node_count
}

impl<'r, 'w> Batches<'r, 'w> {
    pub(super) fn new(
        stepper: Stepper<'w>,
        texts: &'w EdgeTexts<'w>,
        workers: &'r Workers<'w>,
        options: &RunOptions<'_>,
        sink: &dyn RecordSink,
    ) -> Self {
        let plan = stepper.plan();
        let (groups, group_numbers) = match threads(plan, options) {
            1 => (1, GROUP_NUMBERS),
            threads => (threads * GROUPS_A_THREAD, GROUP_NUMBERS_SHARED),
        };
        let ticks = (group_numbers / numbers(plan)).clamp(SIDE_BY_SIDE, TICKS_MAX);
        let ticks = side_by_side(ticks.min(GROUP_NUMBERS_MAX / numbers(plan)));
        let group = || Group {
            slots: (0..ticks)
                .map(|_| Slot::new(stepper.new_tick(), sink))
                .collect(),
            count: 0,
            failure: None,
        };
        let primary = plan.primary_windows();
        Self {
            free: (0..groups).map(|_| group()).collect(),
            coming: VecDeque::new(),
            ends: primary.map(|window| *window.ticks.end()).collect(),
            from_checkpoints: options.from_checkpoints,
            stepper,
            texts,
            workers,
        }
    }

    /// The next group, encoded; `None` after the last one.
    pub(super) fn next(&mut self) -> Option<Group> {
        self.compute();
        let coming = self.coming.pop_front()?;
        Some(self.workers.wait(coming))
    }

    /// Returns a group whose ticks were taken.
    pub(super) fn reuse(&mut self, group: Group) {
        self.free.push(group);
    }

    /// Computes as many groups as there is room for.
    fn compute(&mut self) {
        while let Some(&end) = self.ends.front()
            && let Some(mut group) = self.free.pop()
        {
            group.compute(&mut self.stepper, end, self.from_checkpoints);
            if group.failure.is_some() {
                self.ends.clear();
            } else if self.stepper.next_tick() > end {
                self.ends.pop_front();
            }
            let texts = self.texts;
            let coming = self.workers.put(move || {
                group.encode(texts);
                group
            });
            self.coming.push_back(coming);
        }
    }
}

impl Group {
    /// The ticks that were computed.
    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots[..self.count]
    }

    /// Why the tick after them could not be computed, if it could not.
    pub(super) const fn failure(&self) -> Option<RunError> {
        self.failure
    }

    /// Computes ticks, at most up to `end`.
    fn compute(&mut self, stepper: &mut Stepper<'_>, end: u64, from_checkpoints: bool) {
        self.count = 0;
        for slot in &mut self.slots {
            if stepper.next_tick() > end {
                break;
            }
            if let Err(failure) = stepper.step(&mut slot.tick) {
                self.failure = Some(failure);
                break;
            }
            self.count += 1;
            let plan = stepper.plan();
            if from_checkpoints && let Some(checkpoint) = slot.tick.i_block(plan) {
                *stepper = Stepper::after(plan, &checkpoint);
            }
        }
    }

    fn encode(&mut self, texts: &EdgeTexts<'_>) {
        let slots = &mut self.slots[..self.count];
        let checkpoints = slots.iter_mut().filter_map(|slot| {
            slot.has_i_block = texts.plan().has_checkpoint(slot.tick.tick);
            let checkpoint = texts.checkpoint(&slot.tick);
            slot.has_i_block.then_some((checkpoint, &mut slot.i_block))
        });
        encode_in_place(checkpoints);
        let (groups, rest) = slots.as_chunks_mut::<SIDE_BY_SIDE>();
        for group in groups {
            encode_side_by_side(texts, group);
        }
        let (pairs, rest) = rest.as_chunks_mut::<2>();
        for pair in pairs {
            encode_side_by_side(texts, pair);
        }
        for slot in rest {
            encode_side_by_side(texts, std::array::from_mut(slot));
        }
    }
}

fn encode_side_by_side<const N: usize>(texts: &EdgeTexts<'_>, slots: &mut [Slot; N]) {
    let hashes = texts.encode(slots.each_mut().map(|slot| TickTexts {
        tick: &slot.tick,
        ledger: &mut slot.ledger.writer,
        p_block: &mut slot.p_block.writer,
    }));
    for (slot, [ledger, p_block]) in slots.iter_mut().zip(hashes) {
        slot.ledger.hash = ledger;
        slot.p_block.hash = p_block;
    }
}

impl Slot {
    fn new(tick: Tick, sink: &dyn RecordSink) -> Self {
        let encoded = |kind| EncodedRecord::new(sink.text_max(kind));
        Self {
            tick,
            ledger: encoded(RecordKind::Ledgers),
            p_block: encoded(RecordKind::PBlocks),
            has_i_block: false,
            i_block: encoded(RecordKind::IBlocks),
        }
    }

    pub(super) fn ledger(&self) -> Encoded<'_> {
        self.ledger.encoded()
    }

    pub(super) fn p_block(&self) -> Encoded<'_> {
        self.p_block.encoded()
    }

    /// The checkpoint after the tick, if it has one.
    pub(super) fn i_block(&self) -> Option<Encoded<'_>> {
        self.has_i_block.then(|| self.i_block.encoded())
    }
}
