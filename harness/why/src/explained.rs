//! The second look at a slice, from the causes up: how many values each cause explains, and the way from the
//! start to the nearest one.
//!
//! The trail is read from its end. A value leads to the causes that those lead to which it was computed from;
//! they are lower, and so they were read before, or they are in the same layer. What the places of a layer lead to
//! is forgotten once the block is read in which the first of them was named: no value above was computed from them.

use std::collections::BTreeMap;
use std::io;

use crate::places::Key;
use crate::trail::{Block, Blocks, Record};

/// What the second look finds.
pub(crate) struct Explained {
    /// By cause, how many computed values lead to it.
    pub(crate) counts: Vec<u64>,
    /// The shortest path without its start.
    pub(crate) way: Vec<Step>,
}

/// A place on a way.
pub(crate) struct Step {
    pub(crate) key: Key,
    /// Its position among what the value above it was computed from, if it has no number.
    pub(crate) position: usize,
}

/// Reads the trail of a walk that met `causes` causes, the nearest of which is the place `ends`.
/// It is read once for the way, and once for each `words` · 64 causes that are to be told apart.
pub(crate) fn explain(
    blocks: &mut Blocks<'_>,
    causes: usize,
    ends: Option<Key>,
    words: usize,
) -> io::Result<Explained> {
    Ok(Explained {
        counts: counts(blocks, causes, words)?,
        way: way(blocks, ends)?,
    })
}

fn counts(blocks: &mut Blocks<'_>, causes: usize, words: usize) -> io::Result<Vec<u64>> {
    if causes == 1 && blocks.is_without_circle() {
        // Every value leads to a cause then.
        return Ok(vec![blocks.computed()]);
    }
    let mut counts = Vec::with_capacity(causes);
    let words = words.clamp(1, causes.div_ceil(64).max(1));
    let named_in = blocks.named_in();
    let mut block = Block::default();
    for first in (0..causes).step_by(words * 64) {
        let mut look = Look {
            words,
            first,
            layers: BTreeMap::new(),
            counts: vec![0; (causes - first).min(words * 64)],
        };
        for number in (0..blocks.count()).rev() {
            blocks.read(number, &mut block)?;
            look.block(&block);
            for layer in named_in.get(&block.layer).into_iter().flatten() {
                look.layers.remove(layer);
            }
        }
        counts.append(&mut look.counts);
    }
    Ok(counts)
}

/// The way from the start to a cause, found from its end.
fn way(blocks: &mut Blocks<'_>, ends: Option<Key>) -> io::Result<Vec<Step>> {
    let mut wanted = ends;
    let mut steps = Vec::new();
    let mut block = Block::default();
    for number in (0..blocks.count()).rev() {
        if wanted.is_none_or(|wanted| wanted.layer != blocks.layer(number)) {
            continue;
        }
        blocks.read_heads(number, &mut block)?;
        // Within a layer, a value comes after the one through which it is nearest.
        for record in block.records.iter().rev() {
            let Some(key) = wanted.filter(|wanted| *wanted == block.key(record)) else {
                continue;
            };
            wanted = record.parent.map(|parent| {
                let position = parent.position;
                steps.push(Step { key, position });
                parent.key
            });
        }
    }
    assert_eq!(wanted, None, "a value on the way has a record");
    steps.reverse();
    Ok(steps)
}

/// Where the record of each slot of a layer is.
struct Slots {
    /// By whether the place has no number, and by slot; one more than the position of the record, or 0.
    positions: [Vec<u32>; 2],
}

impl Slots {
    fn of(records: &[Record]) -> Self {
        let mut positions = [Vec::new(), Vec::new()];
        for (record, position) in records.iter().zip(1..) {
            let positions = &mut positions[(record.slot & 1) as usize];
            let at = (record.slot >> 1) as usize;
            if at >= positions.len() {
                positions.resize(at + 1, 0);
            }
            positions[at] = position;
        }
        Self { positions }
    }

    fn position(&self, slot: u32) -> Option<usize> {
        let positions = &self.positions[(slot & 1) as usize];
        let position = *positions.get((slot >> 1) as usize)?;
        (position as usize).checked_sub(1)
    }
}

/// The sets of causes that the places of a layer lead to.
struct Layer {
    slots: Slots,
    /// So many words for each record.
    sets: Vec<u64>,
}

/// One reading of the trail, for as many causes as `words` hold, beginning with `first`.
struct Look {
    words: usize,
    first: usize,
    layers: BTreeMap<u64, Layer>,
    counts: Vec<u64>,
}

impl Look {
    fn block(&mut self, block: &Block) {
        let slots = Slots::of(&block.records);
        let words = self.words;
        let mut sets: Vec<u64> = vec![0; block.records.len() * words];
        let order = lowest_first(block, &slots);
        let mut gathered = vec![0; words];
        loop {
            let mut has_changed = false;
            for &at in &order.positions {
                let record = &block.records[at];
                gathered.fill(0);
                self.gather(block, record, &slots, &sets, &mut gathered);
                let own = &mut sets[at * words..][..words];
                has_changed |= *own != gathered;
                own.copy_from_slice(&gathered);
            }
            // Once is enough unless values depend on each other in a circle.
            if !order.has_circle || !has_changed {
                break;
            }
        }
        for (record, set) in block.records.iter().zip(sets.chunks(words)) {
            self.count(record, set);
        }
        self.layers.insert(block.layer, Layer { slots, sets });
    }

    /// The causes that a value leads to, as far as they are known.
    fn gather(
        &self,
        block: &Block,
        record: &Record,
        slots: &Slots,
        sets: &[u64],
        gathered: &mut [u64],
    ) {
        const READ: &str = "a value was computed from others of its layer, or of lower ones";
        let mut lower: Option<(u64, &Layer)> = None;
        for on in block.on(record) {
            let (slots, sets) = if on.layer == block.layer {
                (slots, sets)
            } else {
                let layer = match lower {
                    Some((number, layer)) if number == on.layer => layer,
                    _ => self.layers.get(&on.layer).expect(READ),
                };
                lower = Some((on.layer, layer));
                (&layer.slots, &layer.sets[..])
            };
            let at = slots.position(on.slot).expect(READ) * self.words;
            for (word, lower) in gathered.iter_mut().zip(&sets[at..]) {
                *word |= lower;
            }
        }
        let own = record.cause.and_then(|cause| cause.checked_sub(self.first));
        if let Some(own) = own.filter(|own| *own < self.words * 64) {
            gathered[own / 64] |= 1 << (own % 64);
        }
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

/// An order of the records of a block.
struct Order {
    /// A value comes after those of the block that it was computed from, unless they depend on each other.
    positions: Vec<usize>,
    has_circle: bool,
}

fn lowest_first(block: &Block, slots: &Slots) -> Order {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Turn {
        New,
        Open,
        Done,
    }
    let mut turns = vec![Turn::New; block.records.len()];
    let mut order = Order {
        positions: Vec::with_capacity(turns.len()),
        has_circle: false,
    };
    // A stack of its own: values may depend on each other a million deep.
    let mut stack: Vec<(usize, usize)> = Vec::new();
    for root in 0..turns.len() {
        if turns[root] != Turn::New {
            continue;
        }
        turns[root] = Turn::Open;
        stack.push((root, 0));
        while let Some((at, next)) = stack.last_mut() {
            let on = block.on(&block.records[*at]);
            let Some(on) = on.get(*next) else {
                turns[*at] = Turn::Done;
                order.positions.push(*at);
                stack.pop();
                continue;
            };
            *next += 1;
            if on.layer != block.layer {
                continue;
            }
            let lower = slots.position(on.slot);
            let lower = lower.expect("every place of a layer that was named has a record");
            match turns[lower] {
                Turn::New => {
                    turns[lower] = Turn::Open;
                    stack.push((lower, 0));
                }
                Turn::Open => order.has_circle = true,
                Turn::Done => {}
            }
        }
    }
    order
}
