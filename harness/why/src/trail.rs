//! What a slice leaves behind: a block for each layer, to be read again in the opposite direction.
//!
//! ```text
//! a record   token, parent's token + 1 or 0, (cause + 1 or 0) · 2, + 1 if it is an input, number of values
//!            it was computed from, and for each of these its token · 2, + 1 if nobody named it before
//! ```
//!
//! A token is the number of a place, counted as places are named. All numbers are LEB128, those of tokens as
//! the difference to the record's own token, so that the trail takes a few bytes for each step.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// Where a trail is kept: a file for a long walk, or a [`Cursor`](io::Cursor) of bytes.
pub trait Trail: Read + Write + Seek {}

impl<T: Read + Write + Seek + ?Sized> Trail for T {}

/// One value of the slice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) token: u64,
    /// The token of the value through which it is nearest.
    pub(crate) parent: Option<u64>,
    /// The cause that it is.
    pub(crate) cause: Option<usize>,
    pub(crate) is_input: bool,
    /// What it was computed from, in the order of places.
    pub(crate) on: Vec<Named>,
}

/// A place by its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) token: u64,
    /// Whether no record before this one names it.
    pub(crate) is_new: bool,
}

/// The blocks of a trail.
pub(crate) struct Blocks<'t> {
    trail: &'t mut dyn Trail,
    /// Where each block starts and how long it is.
    index: Vec<(u64, usize)>,
    /// The block that is being written.
    open: Vec<u8>,
    end: u64,
}

impl<'t> Blocks<'t> {
    pub(crate) fn new(trail: &'t mut dyn Trail) -> Self {
        Self {
            trail,
            index: Vec::new(),
            open: Vec::new(),
            end: 0,
        }
    }

    pub(crate) fn push(&mut self, record: &Record) {
        let out = &mut self.open;
        write_number(record.token, out);
        write_number(record.parent.map_or(0, |parent| parent + 1), out);
        let cause = record.cause.map_or(0, |cause| cause as u64 + 1);
        write_number(cause << 1 | u64::from(record.is_input), out);
        write_number(record.on.len() as u64, out);
        for named in &record.on {
            let difference = zigzag(named.token.wrapping_sub(record.token).cast_signed());
            write_number(difference << 1 | u64::from(named.is_new), out);
        }
    }

    /// Ends the block of a layer.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        self.trail.seek(SeekFrom::Start(self.end))?;
        self.trail.write_all(&self.open)?;
        self.index.push((self.end, self.open.len()));
        self.end += self.open.len() as u64;
        self.open.clear();
        Ok(())
    }

    pub(crate) fn count(&self) -> usize {
        self.index.len()
    }

    /// The records of a block, in the order in which they were written.
    pub(crate) fn read(&mut self, block: usize) -> io::Result<Vec<Record>> {
        let (start, length) = self.index[block];
        self.trail.seek(SeekFrom::Start(start))?;
        let mut bytes = vec![0; length];
        self.trail.read_exact(&mut bytes)?;
        let mut rest = &bytes[..];
        let mut records = Vec::new();
        while !rest.is_empty() {
            records.push(record(&mut rest).ok_or(io::ErrorKind::InvalidData)?);
        }
        Ok(records)
    }
}

fn record(rest: &mut &[u8]) -> Option<Record> {
    let token = read_number(rest)?;
    let parent = read_number(rest)?.checked_sub(1);
    let cause = read_number(rest)?;
    let (cause, is_input) = ((cause >> 1).checked_sub(1), cause & 1 == 1);
    let count = read_number(rest)?;
    let mut on = Vec::new();
    for _ in 0..count {
        let number = read_number(rest)?;
        on.push(Named {
            token: token.wrapping_add(unzigzag(number >> 1).cast_unsigned()),
            is_new: number & 1 == 1,
        });
    }
    let cause = match cause {
        Some(cause) => Some(usize::try_from(cause).ok()?),
        None => None,
    };
    Some(Record {
        token,
        parent,
        cause,
        is_input,
        on,
    })
}

/// Small numbers of either sign as small numbers; of the 63 bits that a difference of tokens may have.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

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
        let named = |token, is_new| Named { token, is_new };
        let records = [
            Record {
                token: 0,
                parent: None,
                cause: None,
                is_input: false,
                on: vec![named(1, true), named(1 << 40, true)],
            },
            Record {
                token: 1 << 40,
                parent: Some(0),
                cause: Some(3),
                is_input: true,
                on: vec![named(1, false)],
            },
        ];
        let mut trail = io::Cursor::new(Vec::new());
        let mut blocks = Blocks::new(&mut trail);
        blocks.push(&records[0]);
        blocks.close().unwrap();
        blocks.push(&records[1]);
        blocks.push(&records[0]);
        blocks.close().unwrap();
        assert_eq!(blocks.count(), 2);
        assert_eq!(
            blocks.read(1).unwrap(),
            [records[1].clone(), records[0].clone()]
        );
        assert_eq!(blocks.read(0).unwrap(), [records[0].clone()]);
    }
}
