//! Computes ticks in batches, so that several threads can encode and hash them.
//!
//! Computing a tick is quick and needs the previous one. Its text and hash take most of the time,
//! and need only the tick. So a batch computes its ticks one after the other, then encodes them in
//! parallel. The texts of a few ticks are hashed side by side, which takes little longer than to hash
//! one of them. The size of a batch does not affect any byte.

use super::stepper::{Stepper, Tick};
use super::{RunError, RunOptions};
use crate::canonical::{self, Canonical, Encoded, Hash, Writer};

/// Most numbers in a batch, unless a single tick has more.
const BATCH_NUMBERS: usize = 1 << 20;
/// Ticks for each thread of a batch; enough to be worth starting the thread.
const TICKS_A_THREAD: usize = 32;
/// Ticks whose texts are hashed side by side.
const SIDE_BY_SIDE: usize = 4;

/// The buffers for the ticks of one batch, reused from batch to batch.
pub(super) struct Batch {
    slots: Vec<Slot>,
    threads: usize,
    from_checkpoints: bool,
}

/// A tick and its encoded records.
pub(super) struct Slot {
    pub(super) tick: Tick,
    ledger: EncodedRecord,
    p_block: EncodedRecord,
}

struct EncodedRecord {
    writer: Writer,
    hash: Hash,
}

/// The result of filling a batch.
pub(super) struct Filled {
    /// Number of ticks that were computed.
    pub(super) count: usize,
    /// Why the next tick could not be computed, if it could not.
    pub(super) failure: Result<(), RunError>,
}

impl Batch {
    pub(super) fn new(stepper: &Stepper<'_>, options: &RunOptions<'_>) -> Self {
        let threads = options.threads.max(1);
        let topology = &stepper.plan().topology;
        let numbers = 4 * topology.edges.len() + 2 * topology.node_count;
        let size = match (BATCH_NUMBERS / numbers.max(1), threads) {
            // What is too large for memory is hashed while it is written.
            (0..SIDE_BY_SIDE, 1) => 1,
            (_, 1) => SIDE_BY_SIDE,
            (most, _) => most.clamp(threads, threads * TICKS_A_THREAD),
        };
        let slots = (0..size).map(|_| Slot::new(stepper.new_tick())).collect();
        Self {
            slots,
            threads,
            from_checkpoints: options.from_checkpoints,
        }
    }

    /// Computes and encodes up to `limit` ticks.
    pub(super) fn fill(&mut self, stepper: &mut Stepper<'_>, limit: u64) -> Filled {
        let limit = limit.min(self.slots.len() as u64) as usize;
        let mut filled = Filled {
            count: 0,
            failure: Ok(()),
        };
        for slot in self.slots.iter_mut().take(limit) {
            filled.failure = stepper.step(&mut slot.tick);
            if filled.failure.is_err() {
                break;
            }
            filled.count += 1;
            if self.from_checkpoints
                && let Some(checkpoint) = &slot.tick.i_block
            {
                *stepper = Stepper::after(stepper.plan(), checkpoint);
            }
        }
        self.encode(filled.count);
        filled
    }

    /// The first `count` ticks.
    pub(super) fn slots(&self, count: usize) -> &[Slot] {
        &self.slots[..count]
    }

    fn encode(&mut self, count: usize) {
        let made = &mut self.slots[..count];
        let share = count.div_ceil(self.threads).max(1);
        if count <= share {
            encode(made);
            return;
        }
        std::thread::scope(|scope| {
            for part in made.chunks_mut(share) {
                scope.spawn(move || encode(part));
            }
        });
    }
}

/// Encodes the records of some ticks.
fn encode(slots: &mut [Slot]) {
    let (groups, rest) = slots.as_chunks_mut::<SIDE_BY_SIDE>();
    for group in groups {
        encode_side_by_side(
            group
                .each_mut()
                .map(|slot| (&slot.tick.ledger, &mut slot.ledger)),
        );
        encode_side_by_side(
            group
                .each_mut()
                .map(|slot| (&slot.tick.p_block, &mut slot.p_block)),
        );
    }
    for slot in rest {
        slot.ledger.encode(&slot.tick.ledger);
        slot.p_block.encode(&slot.tick.p_block);
    }
}

fn encode_side_by_side<R: Canonical, const N: usize>(records: [(&R, &mut EncodedRecord); N]) {
    let encoded = records.map(|(record, encoded)| {
        encoded.writer.write(record);
        encoded
    });
    let hashes = canonical::hashes(
        encoded
            .each_ref()
            .map(|encoded| encoded.writer.bytes_so_far()),
    );
    for (encoded, hash) in encoded.into_iter().zip(hashes) {
        encoded.hash = hash;
    }
}

impl Slot {
    fn new(tick: Tick) -> Self {
        Self {
            tick,
            ledger: EncodedRecord::new(),
            p_block: EncodedRecord::new(),
        }
    }

    pub(super) fn ledger(&self) -> Encoded<'_> {
        self.ledger.encoded()
    }

    pub(super) fn p_block(&self) -> Encoded<'_> {
        self.p_block.encoded()
    }
}

impl EncodedRecord {
    fn new() -> Self {
        Self {
            writer: Writer::encoder(),
            hash: Hash::from_bytes([0; 32]),
        }
    }

    fn encode<R: Canonical>(&mut self, record: &R) {
        self.hash = self.writer.encode(record).hash;
    }

    fn encoded(&self) -> Encoded<'_> {
        Encoded {
            text: self.writer.bytes_so_far(),
            hash: self.hash,
        }
    }
}
