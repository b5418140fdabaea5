//! What a slice leaves behind: a block for each layer, to be read again in the opposite direction.
//!
//! ```text
//! a record   slot, number of values that it was computed from · 8 + 4 if it is a cause + 2 if it is an input
//!            + 1 if it has a parent, the cause, the parent, and each value that it was computed from
//! a slot     as the difference from the slot of the record before
//! a value    slot · 2, as the difference from the slot of the record; + 1 if it is in another layer, and then
//!            how many layers lower it is (for a parent, higher)
//! ```
//!
//! All numbers are LEB128, and differences may be negative, so that the trail takes a few bytes for each step.

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
    /// The value through which it is nearest.
    pub(crate) parent: Option<Key>,
    /// The cause that it is.
    pub(crate) cause: Option<usize>,
    pub(crate) is_input: bool,
    /// Which of the block's values it was computed from, in the order of places.
    on: Range<usize>,
}

/// The values of a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) layer: u64,
    pub(crate) records: Vec<Record>,
    on: Vec<Key>,
    /// As it was written.
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
    length: usize,
}

/// The blocks of a trail.
pub(crate) struct Blocks<'t> {
    trail: &'t mut dyn Trail,
    written: Vec<Written>,
    /// The block that is being written, and the slot of its last record.
    open: Vec<u8>,
    last_slot: u32,
    end: u64,
    /// How many records are of values that were computed.
    computed: u64,
    /// Whether all of them were computed from places of a lower layer or [rank](rank), so that there is no circle.
    is_without_circle: bool,
}

impl<'t> Blocks<'t> {
    pub(crate) fn new(trail: &'t mut dyn Trail) -> Self {
        Self {
            trail,
            written: Vec::new(),
            open: Vec::new(),
            last_slot: 0,
            end: 0,
            computed: 0,
            is_without_circle: true,
        }
    }

    /// Adds a record to the block of a layer.
    #[inline]
    pub(crate) fn push(
        &mut self,
        value: Key,
        parent: Option<Key>,
        cause: Option<usize>,
        is_input: bool,
        on: &[Key],
    ) {
        let out = &mut self.open;
        write_number(zigzag(value.slot, self.last_slot), out);
        self.last_slot = value.slot;
        let flags = u64::from(cause.is_some()) << 2
            | u64::from(is_input) << 1
            | u64::from(parent.is_some());
        write_number((on.len() as u64) << 3 | flags, out);
        if let Some(cause) = cause {
            write_number(cause as u64, out);
        }
        if let Some(parent) = parent {
            write_key(value, parent, parent.layer - value.layer, out);
        }
        for on in on {
            write_key(value, *on, value.layer - on.layer, out);
            self.is_without_circle &= on.layer < value.layer || rank(on.slot) < rank(value.slot);
        }
        self.computed += u64::from(!is_input);
    }

    /// Ends the block of a layer, whose first place was named in another one.
    pub(crate) fn close(&mut self, layer: u64, named_in: u64) -> io::Result<()> {
        self.trail.seek(SeekFrom::Start(self.end))?;
        self.trail.write_all(&self.open)?;
        self.written.push(Written {
            layer,
            named_in,
            start: self.end,
            length: self.open.len(),
        });
        self.end += self.open.len() as u64;
        self.open.clear();
        self.last_slot = 0;
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
        let written = &self.written[number];
        self.trail.seek(SeekFrom::Start(written.start))?;
        let mut bytes = std::mem::take(&mut block.bytes);
        bytes.resize(written.length, 0);
        self.trail.read_exact(&mut bytes)?;
        block.layer = written.layer;
        block.records.clear();
        block.on.clear();
        let (mut slot, mut rest) = (0, &bytes[..]);
        while !rest.is_empty() {
            slot = block
                .read_record(slot, &mut rest)
                .ok_or(io::ErrorKind::InvalidData)?;
        }
        block.bytes = bytes;
        Ok(())
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
    /// Reads the record after the one with `last_slot`; returns its slot.
    fn read_record(&mut self, last_slot: u32, rest: &mut &[u8]) -> Option<u32> {
        let slot = unzigzag(read_number(rest)?, last_slot)?;
        let value = Key {
            layer: self.layer,
            slot,
        };
        let head = read_number(rest)?;
        let cause = match head & 4 {
            0 => None,
            _ => Some(usize::try_from(read_number(rest)?).ok()?),
        };
        let parent = match head & 1 {
            0 => None,
            _ => {
                let (slot, layers) = read_key(value, rest)?;
                let layer = value.layer.checked_add(layers)?;
                Some(Key { layer, slot })
            }
        };
        let start = self.on.len();
        for _ in 0..head >> 3 {
            let (slot, layers) = read_key(value, rest)?;
            let layer = value.layer.checked_sub(layers)?;
            self.on.push(Key { layer, slot });
        }
        self.records.push(Record {
            slot,
            parent,
            cause,
            is_input: head & 2 != 0,
            on: start..self.on.len(),
        });
        Some(slot)
    }
}

/// Writes a key that is so many layers away from a value.
#[inline]
fn write_key(value: Key, key: Key, layers: u64, out: &mut Vec<u8>) {
    let difference = zigzag(key.slot, value.slot) << 1;
    write_number(difference | u64::from(layers > 0), out);
    if layers > 0 {
        write_number(layers, out);
    }
}

/// A slot, and how many layers away it is.
fn read_key(value: Key, rest: &mut &[u8]) -> Option<(u32, u64)> {
    let number = read_number(rest)?;
    let slot = unzigzag(number >> 1, value.slot)?;
    let layers = match number & 1 {
        0 => 0,
        _ => read_number(rest)?,
    };
    Some((slot, layers))
}

/// A slot as its difference from another: small numbers of either sign as small numbers.
#[inline]
fn zigzag(slot: u32, from: u32) -> u64 {
    let difference = i64::from(slot) - i64::from(from);
    (difference << 1 ^ difference >> 63).cast_unsigned()
}

#[inline]
fn unzigzag(number: u64, from: u32) -> Option<u32> {
    let difference = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
    u32::try_from(i64::from(from).checked_add(difference)?).ok()
}

#[inline]
fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
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
        let first = (key(1 << 40, u32::MAX), None, None, false);
        let first_on = [key(1 << 40, 0), key(7, 1), key(7, u32::MAX)];
        let second = (key(7, 1), Some(first.0), Some(300), true);
        let third = (key(7, u32::MAX), Some(key(7, 1)), Some(0), false);
        let third_on = [key(7, 1)];
        let mut trail = io::Cursor::new(Vec::new());
        let mut blocks = Blocks::new(&mut trail);
        for (records, named_in) in [
            (&[(first, &first_on[..])][..], 1 << 40),
            (&[(second, &[]), (third, &third_on)], 1 << 40),
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
            [(second, Vec::new()), (third, third_on.to_vec())]
        );
        blocks.read(0, &mut high).unwrap();
        assert_eq!(shown(&high), [(first, first_on.to_vec())]);
    }
}
