//! The second look at a slice, from the causes up: how many values each cause explains, and the way from the
//! start to the nearest one.
//!
//! The trail is read from its end. A value leads to the causes that those lead to which it was computed from;
//! they are lower, and so they were read before, or they are in the same layer. What a place leads to is
//! forgotten once the record is read that named it first: no value above that was computed from it.

use std::io;

use crate::slice::Places;
use crate::trail::{Blocks, Record};

/// What the second look finds.
pub(crate) struct Explained {
    /// By cause, how many computed values lead to it.
    pub(crate) counts: Vec<u64>,
    /// For each step of the shortest path, its position among what the value above it was computed from.
    pub(crate) way: Vec<usize>,
}

/// Reads the trail of a walk that met `causes` causes, the nearest of which is the place with the token `ends`.
/// It is read once for each `words` · 64 causes.
pub(crate) fn explain(
    blocks: &mut Blocks<'_>,
    causes: usize,
    ends: Option<u64>,
    words: usize,
) -> io::Result<Explained> {
    let mut counts = Vec::with_capacity(causes);
    let mut way = Way::new(ends);
    let words = words.clamp(1, causes.div_ceil(64).max(1));
    let mut first = 0;
    loop {
        let mut look = Look {
            words,
            first,
            sets: Sets::new(words),
            counts: vec![0; (causes - first).min(words * 64)],
        };
        for block in (0..blocks.count()).rev() {
            let records = blocks.read(block)?;
            look.block(&records);
            if first == 0 {
                way.block(&records);
            }
        }
        counts.append(&mut look.counts);
        first += words * 64;
        if first >= causes {
            break;
        }
    }
    way.steps.reverse();
    Ok(Explained {
        counts,
        way: way.steps,
    })
}

/// One reading of the trail, for as many causes as `words` hold, beginning with `first`.
struct Look {
    words: usize,
    first: usize,
    sets: Sets,
    counts: Vec<u64>,
}

impl Look {
    fn block(&mut self, records: &[Record]) {
        let mut local: Vec<u64> = vec![0; records.len() * self.words];
        let positions = positions(records);
        let below = |at: usize| -> Vec<usize> {
            let on = records[at].on.iter();
            on.filter_map(|named| positions.get(&named.token).copied())
                .collect()
        };
        let order = lowest_first(records.len(), below);
        // Once is enough unless values depend on each other in a circle.
        loop {
            let mut has_changed = false;
            for &at in &order {
                let gathered = self.gather(&records[at], &positions, &local);
                let own = &mut local[at * self.words..][..self.words];
                has_changed |= own != gathered;
                own.copy_from_slice(&gathered);
            }
            if !has_changed {
                break;
            }
        }
        for (record, set) in records.iter().zip(local.chunks(self.words)) {
            self.count(record, set);
            self.sets.insert(record.token, set);
        }
        for named in records.iter().flat_map(|record| &record.on) {
            if named.is_new {
                self.sets.forget(named.token);
            }
        }
    }

    /// The causes that a value leads to, as far as they are known.
    fn gather(&self, record: &Record, positions: &Places<u64, usize>, local: &[u64]) -> Vec<u64> {
        let mut set = vec![0; self.words];
        for named in &record.on {
            let lower = match positions.get(&named.token) {
                Some(&at) => &local[at * self.words..][..self.words],
                None => self.sets.get(named.token),
            };
            for (word, lower) in set.iter_mut().zip(lower) {
                *word |= lower;
            }
        }
        let own = record.cause.and_then(|cause| cause.checked_sub(self.first));
        if let Some(own) = own.filter(|own| *own < self.words * 64) {
            set[own / 64] |= 1 << (own % 64);
        }
        set
    }

    fn count(&mut self, record: &Record, set: &[u64]) {
        // An input is what explains, and is not explained.
        if record.is_input {
            return;
        }
        for (at, &word) in set.iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                let bit = rest.trailing_zeros() as usize;
                self.counts[at * 64 + bit] += 1;
                rest &= rest - 1;
            }
        }
    }
}

/// Where each record of a block is.
fn positions(records: &[Record]) -> Places<u64, usize> {
    let tokens = records.iter().map(|record| record.token);
    tokens.zip(0..).collect()
}

/// Positions in an order in which a value comes after those of the block that it was computed from, unless they
/// depend on each other.
fn lowest_first(count: usize, below: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let mut order = Vec::with_capacity(count);
    let mut is_seen = vec![false; count];
    for root in 0..count {
        if std::mem::replace(&mut is_seen[root], true) {
            continue;
        }
        // A stack of its own: values may depend on each other a million deep.
        let mut stack = vec![(root, below(root).into_iter())];
        while let Some((at, rest)) = stack.last_mut() {
            match rest.find(|&lower| !is_seen[lower]) {
                Some(lower) => {
                    is_seen[lower] = true;
                    stack.push((lower, below(lower).into_iter()));
                }
                None => {
                    order.push(*at);
                    stack.pop();
                }
            }
        }
    }
    order
}

/// The sets of causes of the places that are still to be asked for.
struct Sets {
    words: usize,
    slots: Places<u64, usize>,
    sets: Vec<u64>,
    free: Vec<usize>,
}

impl Sets {
    fn new(words: usize) -> Self {
        Self {
            words,
            slots: Places::default(),
            sets: Vec::new(),
            free: Vec::new(),
        }
    }

    fn get(&self, token: u64) -> &[u64] {
        let slot = self.slots[&token];
        &self.sets[slot * self.words..][..self.words]
    }

    fn insert(&mut self, token: u64, set: &[u64]) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.sets.resize(self.sets.len() + self.words, 0);
            self.sets.len() / self.words - 1
        });
        self.slots.insert(token, slot);
        self.sets[slot * self.words..][..self.words].copy_from_slice(set);
    }

    fn forget(&mut self, token: u64) {
        let slot = self.slots.remove(&token);
        self.free.extend(slot);
    }
}

/// The way from the start to a cause, found from its end.
struct Way {
    /// What is looked for: the end of the way before anything is found, then the value above the last step, with
    /// the token of the lower one.
    wanted: Option<(u64, Option<u64>)>,
    /// The positions found so far, the last step first.
    steps: Vec<usize>,
}

impl Way {
    fn new(ends: Option<u64>) -> Self {
        Self {
            wanted: ends.map(|token| (token, None)),
            steps: Vec::new(),
        }
    }

    fn block(&mut self, records: &[Record]) {
        let positions = positions(records);
        while let Some((token, lower)) = self.wanted
            && let Some(&at) = positions.get(&token)
        {
            let record = &records[at];
            if let Some(lower) = lower {
                let step = record.on.iter().position(|named| named.token == lower);
                self.steps
                    .push(step.expect("a value names those through which it is nearest"));
            }
            self.wanted = record.parent.map(|parent| (parent, Some(token)));
        }
    }
}
