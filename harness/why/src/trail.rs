//! What a slice leaves behind: a block for each layer, to be read again in the opposite direction.
//!
//! ```text
//! a head     slot · 2, + 1 if it is a cause, and then the cause · 2, + 1 if it is an input; the value through which it
//!            is nearest, or itself at the start of the walk; and without a number, its position among what that
//!            value was computed from
//! the rest   how many values it was computed from, and each of them
//! a slot     as the difference from the slot of the record before
//! a value    step · 2, + 1 if it is not as many layers away from the record as the value in its position was from the record
//!            before, and then how many
//! a step     how much more its slot differs from the slot of the record than it did there
//! ```
//!
//! All numbers are LEB128, and steps may be negative. Values of one kind depend on others in much the same way, so that most take
//! one byte. The heads of a block come first: the way to a cause needs nothing else.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use crate::places::{Key, number_of};

/// Where a trail is kept: a file for a long walk, or a [`Cursor`](io::Cursor) of bytes.
pub trait Trail: Read + Write + Seek {}

impl<T: Read + Write + Seek + ?Sized> Trail for T {}

/// One value of the slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) slot: u32,
    /// How it is reached; `None` at the start of the walk.
    pub(crate) parent: Option<Parent>,
    /// The cause that it is.
    pub(crate) cause: Option<usize>,
    pub(crate) is_input: bool,
    /// Which of the block's values it was computed from, in the order of places.
    on: Range<usize>,
}

/// The value through which a place is nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    pub(crate) key: Key,
    /// The position of the place among what the value was computed from; 0 if the place has a number, by which it is found.
    pub(crate) position: usize,
}

/// The values of a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) layer: u64,
    pub(crate) records: Vec<Record>,
    on: Vec<Key>,
    /// As they were written.
    bytes: Vec<u8>,
}

impl Block {
    /// What a record's value was computed from.
    pub(crate) fn on(&self, record: &Record) -> &[Key] {
        &self.on[record.on.clone()]
    }

    /// The place of a record.
    pub(crate) const fn key(&self, record: &Record) -> Key {
        Key {
            layer: self.layer,
            slot: record.slot,
        }
    }
}

/// A block that was written.
struct Written {
    layer: u64,
    /// The first layer in which one of its places was named.
    named_in: u64,
    start: u64,
    /// How many bytes its heads take, and the rest.
    heads: usize,
    rest: usize,
}

/// The blocks of a trail.
pub(crate) struct Blocks<'t> {
    trail: &'t mut dyn Trail,
    written: Vec<Written>,
    /// Whether it is kept what values were computed from, and not only the heads.
    keeps_rest: bool,
    /// The block that is being written: heads and the rest, and the slot of its last record.
    heads: Vec<u8>,
    rest: Vec<u8>,
    last_slot: u32,
    last_parent: Distance,
    last_on: Vec<Distance>,
    end: u64,
    /// How many records are of values that were computed.
    computed: u64,
    /// Whether each was computed only from lower places (of a lower layer, or of the same layer and a lower [rank](rank)). If
    /// so, no value depends on itself.
    is_without_circle: bool,
}

impl<'t> Blocks<'t> {
    pub(crate) fn new(trail: &'t mut dyn Trail, keeps_rest: bool) -> Self {
        Self {
            trail,
            written: Vec::new(),
            keeps_rest,
            heads: Vec::new(),
            rest: Vec::new(),
            last_slot: 0,
            last_parent: Distance::default(),
            last_on: Vec::new(),
            end: 0,
            computed: 0,
            is_without_circle: true,
        }
    }

    /// Adds a record to the block of a layer. An input is a cause.
    #[inline]
    pub(crate) fn push(
        &mut self,
        value: Key,
        parent: Option<Parent>,
        cause: Option<usize>,
        is_input: bool,
        on: &[Key],
    ) {
        let out = &mut self.heads;
        let slot = zigzag(difference(value.slot, self.last_slot));
        self.last_slot = value.slot;
        write_number(slot << 1 | u64::from(cause.is_some()), out);
        if let Some(cause) = cause {
            write_number((cause as u64) << 1 | u64::from(is_input), out);
        }
        let (key, position) = parent.map_or((value, 0), |parent| (parent.key, parent.position));
        let layers = key.layer - value.layer;
        self.last_parent.write_next(value, key, layers, out);
        if number_of(value.slot).is_none() {
            write_number(position as u64, out);
        }
        self.computed += u64::from(!is_input);
        if !self.keeps_rest {
            return;
        }
        let out = &mut self.rest;
        write_number(on.len() as u64, out);
        if self.last_on.len() < on.len() {
            self.last_on.resize(on.len(), Distance::default());
        }
        for (on, last) in on.iter().zip(&mut self.last_on) {
            last.write_next(value, *on, value.layer - on.layer, out);
            self.is_without_circle &= on.layer < value.layer || rank(on.slot) < rank(value.slot);
        }
    }

    /// Ends the block of a layer, whose first place was named in another one.
    pub(crate) fn close(&mut self, layer: u64, named_in: u64) -> io::Result<()> {
        self.trail.seek(SeekFrom::Start(self.end))?;
        self.trail.write_all(&self.heads)?;
        self.trail.write_all(&self.rest)?;
        self.written.push(Written {
            layer,
            named_in,
            start: self.end,
            heads: self.heads.len(),
            rest: self.rest.len(),
        });
        self.end += (self.heads.len() + self.rest.len()) as u64;
        self.heads.clear();
        self.rest.clear();
        self.last_slot = 0;
        self.last_parent = Distance::default();
        self.last_on.clear();
        Ok(())
    }

    /// How many records are of values that were computed.
    pub(crate) const fn computed(&self) -> u64 {
        self.computed
    }

    /// Whether it is known that no values depend on each other in a circle.
    pub(crate) const fn is_without_circle(&self) -> bool {
        self.is_without_circle
    }

    /// The layer of a block.
    pub(crate) fn layer(&self, block: usize) -> u64 {
        self.written[block].layer
    }

    pub(crate) fn count(&self) -> usize {
        self.written.len()
    }

    /// By layer, the layers whose first place was named in it.
    pub(crate) fn named_in(&self) -> BTreeMap<u64, Vec<u64>> {
        let mut named: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for block in &self.written {
            named.entry(block.named_in).or_default().push(block.layer);
        }
        named
    }

    /// Reads a block in place of another, with its records in the order in which they were written.
    pub(crate) fn read(&mut self, number: usize, block: &mut Block) -> io::Result<()> {
        self.read_heads(number, block)?;
        let bytes = self.next_bytes(self.written[number].rest, block)?;
        let read = block.read_rest(&mut &bytes[..]);
        block.bytes = bytes;
        Ok(read.ok_or(io::ErrorKind::InvalidData)?)
    }

    /// The same without what the values were computed from.
    pub(crate) fn read_heads(&mut self, number: usize, block: &mut Block) -> io::Result<()> {
        let written = &self.written[number];
        self.trail.seek(SeekFrom::Start(written.start))?;
        block.layer = written.layer;
        block.records.clear();
        block.on.clear();
        let bytes = self.next_bytes(self.written[number].heads, block)?;
        let (mut slot, mut parent, mut rest) = (0, Distance::default(), &bytes[..]);
        while !rest.is_empty() {
            slot = block
                .read_head(slot, &mut parent, &mut rest)
                .ok_or(io::ErrorKind::InvalidData)?;
        }
        block.bytes = bytes;
        Ok(())
    }

    /// The next bytes of the trail, in the room that a block has for them.
    fn next_bytes(&mut self, length: usize, block: &mut Block) -> io::Result<Vec<u8>> {
        let mut bytes = std::mem::take(&mut block.bytes);
        bytes.resize(length, 0);
        self.trail.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// Where a slot is in an order in which most values come after those of their layer that they were computed from:
/// that of numbers, and above them the other places, the last named first.
#[inline]
const fn rank(slot: u32) -> u32 {
    match number_of(slot) {
        Some(number) => number,
        None => u32::MAX - (slot >> 1),
    }
}

impl Block {
    /// Reads the head after the one with `last_slot`, whose parent is `last_parent` away; returns its slot.
    #[inline]
    fn read_head(
        &mut self,
        last_slot: u32,
        last_parent: &mut Distance,
        bytes: &mut &[u8],
    ) -> Option<u32> {
        let head = read_number(bytes)?;
        let slot = slot_at(last_slot, unzigzag(head >> 1))?;
        let value = Key {
            layer: self.layer,
            slot,
        };
        let cause = match head & 1 {
            0 => None,
            _ => Some(read_number(bytes)?),
        };
        let (parent, layers) = last_parent.read_next(value, bytes)?;
        let key = Key {
            layer: value.layer.checked_add(layers)?,
            slot: parent,
        };
        let position = match number_of(slot) {
            Some(_) => 0,
            None => read_number(bytes)?.try_into().ok()?,
        };
        self.records.push(Record {
            slot,
            parent: (key != value).then_some(Parent { key, position }),
            cause: cause.map(|cause| (cause >> 1) as usize),
            is_input: cause.is_some_and(|cause| cause & 1 != 0),
            on: 0..0,
        });
        Some(slot)
    }

    /// Reads what the values were computed from.
    fn read_rest(&mut self, bytes: &mut &[u8]) -> Option<()> {
        let mut last: Vec<Distance> = Vec::new();
        for record in &mut self.records {
            let value = Key {
                layer: self.layer,
                slot: record.slot,
            };
            let start = self.on.len();
            for at in 0..usize::try_from(read_number(bytes)?).ok()? {
                if at == last.len() {
                    last.push(Distance::default());
                }
                let (slot, layers) = last[at].read_next(value, bytes)?;
                let layer = value.layer.checked_sub(layers)?;
                self.on.push(Key { layer, slot });
            }
            record.on = start..self.on.len();
        }
        Some(())
    }
}

/// How far a value is from a record: the difference of their slots, and the layers between them.
#[derive(Clone, Copy, Default)]
struct Distance {
    slots: i64,
    layers: u64,
}

impl Distance {
    /// Writes a key that is so many layers away from a value; this is the distance in its position before.
    #[inline]
    fn write_next(&mut self, value: Key, key: Key, layers: u64, out: &mut Vec<u8>) {
        let slots = difference(key.slot, value.slot);
        let has_other = layers != self.layers;
        write_number(zigzag(slots - self.slots) << 1 | u64::from(has_other), out);
        if has_other {
            write_number(layers, out);
        }
        *self = Self { slots, layers };
    }

    /// A slot, and how many layers away it is.
    #[inline]
    fn read_next(&mut self, value: Key, rest: &mut &[u8]) -> Option<(u32, u64)> {
        let number = read_number(rest)?;
        self.slots = self.slots.checked_add(unzigzag(number >> 1))?;
        if number & 1 != 0 {
            self.layers = read_number(rest)?;
        }
        Some((slot_at(value.slot, self.slots)?, self.layers))
    }
}

const fn difference(slot: u32, from: u32) -> i64 {
    slot as i64 - from as i64
}

fn slot_at(from: u32, difference: i64) -> Option<u32> {
    u32::try_from(i64::from(from).checked_add(difference)?).ok()
}

/// Small numbers of either sign as small numbers.
#[inline]
const fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

#[inline]
const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[inline]
fn write_number(mut number: u64, out: &mut Vec<u8>) {
    // Nearly all numbers take one to three bytes.
    let [low, middle, high] = [number, number >> 7, number >> 14].map(|group| (group & 0x7f) as u8);
    match number {
        0..0x80 => out.push(low),
        0x80..0x4000 => out.extend_from_slice(&[low | 0x80, middle]),
        0x4000..0x20_0000 => out.extend_from_slice(&[low | 0x80, middle | 0x80, high]),
        _ => {
            while number >= 0x80 {
                out.push((number & 0x7f) as u8 | 0x80);
                number >>= 7;
            }
            out.push(number as u8);
        }
    }
}

#[inline]
fn read_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_as_they_were_written() {
        let key = |layer, slot| Key { layer, slot };
        let parent = |key, position| Some(Parent { key, position });
        let first = (key(1 << 40, u32::MAX), None, None, false);
        let first_on = [key(1 << 40, 0), key(7, 1), key(7, u32::MAX)];
        let second = (key(7, 1), parent(first.0, 1), Some(300), true);
        let third = (key(7, u32::MAX), parent(key(7, 1), 1 << 20), Some(0), false);
        let fourth = (key(7, 40_000), parent(third.0, 0), None, false);
        let third_on = [key(7, 1)];
        let mut trail = io::Cursor::new(Vec::new());
        let mut blocks = Blocks::new(&mut trail, true);
        for (records, named_in) in [
            (&[(first, &first_on[..])][..], 1 << 40),
            (&[(second, &[]), (third, &third_on), (fourth, &[])], 1 << 40),
        ] {
            for ((value, parent, cause, is_input), on) in records {
                blocks.push(*value, *parent, *cause, *is_input, on);
            }
            blocks.close(records[0].0.0.layer, named_in).unwrap();
        }
        assert_eq!(blocks.count(), 2);
        assert_eq!(
            blocks.named_in(),
            BTreeMap::from([(1 << 40, vec![1 << 40, 7])])
        );
        let shown = |block: &Block| -> Vec<_> {
            let records = block.records.iter();
            let shown = records.map(|record| {
                let value = key(block.layer, record.slot);
                let on = block.on(record).to_vec();
                ((value, record.parent, record.cause, record.is_input), on)
            });
            shown.collect()
        };
        let (mut low, mut high) = (Block::default(), Block::default());
        blocks.read(1, &mut low).unwrap();
        assert_eq!(
            shown(&low),
            [
                (second, Vec::new()),
                (third, third_on.to_vec()),
                (fourth, Vec::new())
            ]
        );
        blocks.read(0, &mut high).unwrap();
        assert_eq!(shown(&high), [(first, first_on.to_vec())]);
    }
}
