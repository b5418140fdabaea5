//! Computes ticks in groups, which several threads encode and hash.
//!
//! Computing a tick is quick and needs the previous one. Its text and hash take most of the time, and need only the tick. So the
//! thread that runs the pipeline computes the ticks of a group one after the other, and puts the group into a queue. Workers take groups
//! from there, and so does the first thread itself whenever the group that comes next is not ready:
//!
//! ```text
//! first thread   compute 1 2 3 │ encode 2        │ take 1 │ compute 4 │ take 2 │ encode 4 …
//! a worker             │ encode 1        │ encode 3            │ …
//! ```
//!
//! With one thread there is one group, which it computes, encodes and takes in turn. Groups are taken in order, and neither their
//! size nor the number of threads affects any byte.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::stepper::{Stepper, Tick};
use super::{RunError, RunOptions};
use crate::canonical::{Encoded, Hash, Writer};
use crate::config::RunPlan;
use crate::record::{EdgeTexts, TickTexts};

/// Ticks whose texts are hashed side by side.
const SIDE_BY_SIDE: usize = 4;
/// Groups for each thread: one that is encoded, and one that waits.
const GROUPS_A_THREAD: usize = 2;
/// Most numbers in the groups of a thread, unless single ticks have more.
const GROUP_NUMBERS: usize = 1 << 20;
/// The numbers of a run that are worth a thread: some milliseconds of work.
const WORTH_A_THREAD: u64 = 1 << 18;

/// The groups of a run, in order.
pub(super) struct Batches<'r> {
    stepper: Stepper<'r>,
    encoders: &'r Encoders,
    /// Groups with nothing in them.
    free: Vec<Group>,
    /// What will become of the groups in the queue and of those being encoded, in order.
    coming: VecDeque<Receiver<Group>>,
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
}

struct EncodedRecord {
    writer: Writer,
    hash: Hash,
}

/// The queue of groups that are to be encoded.
struct Encoders {
    texts: EdgeTexts,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

/// A group, and where it goes when it is encoded.
struct Job {
    group: Group,
    encoded: Sender<Group>,
}

/// Calls a function with the groups of a run, while threads encode them.
pub(super) fn with_batches<R>(
    stepper: Stepper<'_>,
    options: &RunOptions<'_>,
    body: impl FnOnce(&mut Batches<'_>) -> R,
) -> R {
    let threads = threads(stepper.plan(), options);
    let encoders = Encoders {
        texts: EdgeTexts::new(&stepper.new_tick().ledger.edges),
        queue: Mutex::default(),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        // Dropped when the body ends in any way, which ends the workers.
        let mut batches = Batches::new(stepper, &encoders, options, threads);
        for _ in 1..threads {
            scope.spawn(|| encoders.work());
        }
        body(&mut batches)
    })
}

/// The threads that a run is worth.
fn threads(plan: &RunPlan, options: &RunOptions<'_>) -> usize {
    let numbers = plan.ticks.saturating_mul(numbers(plan) as u64);
    let worth = usize::try_from(numbers / WORTH_A_THREAD).unwrap_or(usize::MAX);
    options.threads.min(worth).max(1)
}

/// The numbers of a tick.
fn numbers(plan: &RunPlan) -> usize {
    4 * plan.topology.edges.len() + 2 * plan.topology.node_count
}

impl<'r> Batches<'r> {
    fn new(
        stepper: Stepper<'r>,
        encoders: &'r Encoders,
        options: &RunOptions<'_>,
        threads: usize,
    ) -> Self {
        let plan = stepper.plan();
        let groups = if threads == 1 { 1 } else { threads * GROUPS_A_THREAD };
        let ticks = GROUP_NUMBERS / numbers(plan).max(1);
        let ticks = ticks.clamp(1, SIDE_BY_SIDE);
        let group = || Group {
            slots: (0..ticks).map(|_| Slot::new(stepper.new_tick())).collect(),
            count: 0,
            failure: None,
        };
        let primary = plan.windows.iter().filter(|window| window.primary);
        Self {
            encoders,
            free: (0..groups).map(|_| group()).collect(),
            coming: VecDeque::new(),
            ends: primary.map(|window| *window.ticks.end()).collect(),
            from_checkpoints: options.from_checkpoints,
            stepper,
        }
    }

    /// The next group, encoded; `None` after the last one.
    pub(super) fn next(&mut self) -> Option<Group> {
        self.compute();
        let coming = self.coming.pop_front()?;
        loop {
            match coming.try_recv() {
                Ok(group) => return Some(group),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => panic!("a thread that encodes has panicked"),
            }
            match self.encoders.take_now() {
                Some(job) => self.encoders.encode(job),
                None => return Some(coming.recv().expect("the threads that encode go on")),
            }
        }
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
            let (encoded, coming) = channel();
            self.encoders.put(Job { group, encoded });
            self.coming.push_back(coming);
        }
    }
}

impl Drop for Batches<'_> {
    fn drop(&mut self) {
        self.encoders.queue().closed = true;
        self.encoders.changed.notify_all();
    }
}

impl Encoders {
    /// The work of a thread.
    fn work(&self) {
        while let Some(job) = self.take() {
            self.encode(job);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole at any time, whatever became of a thread that used it.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, job: Job) {
        self.queue().jobs.push_back(job);
        self.changed.notify_one();
    }

    /// The next job; waits for one, and returns `None` after the run.
    fn take(&self) -> Option<Job> {
        let queue = self.changed.wait_while(self.queue(), |queue| {
            queue.jobs.is_empty() && !queue.closed
        });
        let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
        if queue.closed {
            return None;
        }
        queue.jobs.pop_front()
    }

    /// The next job, if there is one.
    fn take_now(&self) -> Option<Job> {
        self.queue().jobs.pop_front()
    }

    fn encode(&self, mut job: Job) {
        job.group.encode(&self.texts);
        // Nobody waits for it after the run was stopped.
        let _ = job.encoded.send(job.group);
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
            if from_checkpoints && let Some(checkpoint) = &slot.tick.i_block {
                *stepper = Stepper::after(stepper.plan(), checkpoint);
            }
        }
    }

    fn encode(&mut self, texts: &EdgeTexts) {
        let slots = &mut self.slots[..self.count];
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

fn encode_side_by_side<const N: usize>(texts: &EdgeTexts, slots: &mut [Slot; N]) {
    let hashes = texts.encode(slots.each_mut().map(|slot| TickTexts {
        ledger: (&slot.tick.ledger, &mut slot.ledger.writer),
        p_block: (&slot.tick.p_block, &mut slot.p_block.writer),
    }));
    for (slot, [ledger, p_block]) in slots.iter_mut().zip(hashes) {
        slot.ledger.hash = ledger;
        slot.p_block.hash = p_block;
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

    fn encoded(&self) -> Encoded<'_> {
        Encoded {
            text: self.writer.bytes_so_far(),
            hash: self.hash,
        }
    }
}
