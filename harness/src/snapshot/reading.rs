//! Reads the files of goldens four at a time: their digests are made side by side, and each file is compared on the
//! way with what a run produced.
//!
//! ```text
//! lane 1   ledgers.json    ████████████████████     longest first; who is done takes the next file
//! lane 2   p_blocks.json   ████████ log.json ██
//! lane 3   u_ledger.json   ███████ scenes.json ██
//! ```
//!
//! Equal bytes have equal digests, so that only one of a file and what the run produced is hashed. It is the latter: the
//! processor fetches it from memory while it hashes, and the comparison after that finds both in a cache. A piece that
//! differs is taken back, and hashed as the file has it.
//!
//! Lanes go through the processor in step. A file that is longer than the lanes' share of all bytes would be alone at the end,
//! so that there are no more lanes than files of its length would fill.

use std::cmp::Reverse;
use std::io::{self, Read};
use std::path::Path;

use aether_disk::File;
use aether_sha_lanes::{LANES_MAX, Sha256, update_lanes};

use crate::atomic::regular_size;
use crate::sha256::hex;

/// The most bytes that a lane takes at once: those of all lanes stay in a cache near the processor.
const PIECE: usize = 32 * 1024;

/// A file to read.
pub(super) struct Wanted<'w> {
    pub(super) name: &'w str,
    /// Whether the directory lists it as a regular file, so that the system need not be asked again.
    pub(super) is_regular: bool,
    /// What a run produced in its place, if it did.
    pub(super) produced: Option<&'w [u8]>,
}

/// What was found in a file.
pub(super) struct Found {
    /// The digest of its bytes.
    pub(super) digest: String,
    /// Whether they are those that the run produced.
    pub(super) is_as_produced: bool,
}

/// Reads files in `dir`. Each is there by itself in what is returned, since one that cannot be read says nothing of
/// the others.
pub(super) fn read(dir: &Path, wanted: &[Wanted<'_>]) -> Vec<io::Result<Found>> {
    let sizes: Vec<io::Result<u64>> = wanted.iter().map(|wanted| wanted.size(dir)).collect();
    let size = |at: usize| sizes[at].as_ref().map_or(0, |size| *size);
    let mut order: Vec<usize> = (0..wanted.len()).filter(|&at| sizes[at].is_ok()).collect();
    order.sort_by_key(|&at| Reverse(size(at)));
    let longest = order.first().map_or(0, |&at| size(at));
    // One more than a short file has: the read that fetches it then meets its end.
    let piece = usize::try_from(longest).map_or(PIECE, |longest| longest.min(PIECE - 1) + 1);
    let all = order
        .iter()
        .map(|&at| size(at))
        .fold(0, u64::saturating_add);
    let count = usize::try_from(all.div_ceil(longest.max(1)))
        .map_or(LANES_MAX, |count| count.clamp(1, LANES_MAX));

    let mut found: Vec<Option<io::Result<Found>>> = wanted.iter().map(|_| None).collect();
    let mut messages: [Sha256; LANES_MAX] = std::array::from_fn(|_| Sha256::new());
    let mut lanes: [Lane<'_>; LANES_MAX] = std::array::from_fn(|_| Lane::new(piece));
    let mut waiting = order.into_iter();
    loop {
        for (lane, message) in lanes.iter_mut().zip(&mut messages).take(count) {
            while lane.fill() {
                if let Some((at, read)) = lane.end() {
                    let digest = hex(&message.finish());
                    found[at] = Some(read.map(|is_as_produced| Found {
                        digest,
                        is_as_produced,
                    }));
                }
                let Some(at) = waiting.next() else {
                    break;
                };
                lane.begin(at, dir, &wanted[at]);
            }
        }
        if lanes.iter().all(|lane| lane.filled == 0) {
            break;
        }
        let before = messages.clone();
        update_lanes(messages.each_mut(), lanes.each_ref().map(Lane::expected));
        for ((lane, message), before) in lanes.iter_mut().zip(&mut messages).zip(before) {
            lane.compare(message, before);
        }
    }
    let each = found.into_iter().zip(sizes);
    each.map(|(found, size)| {
        size.and_then(|_| found.expect("each file of a known size had its turn in a lane"))
    })
    .collect()
}

impl Wanted<'_> {
    /// Its size, or what is likely to be: it decides in which order files are read, and not how far.
    ///
    /// # Errors
    /// It is not a regular file, or not there.
    fn size(&self, dir: &Path) -> io::Result<u64> {
        match self.produced {
            Some(produced) if self.is_regular => Ok(produced.len() as u64),
            _ => regular_size(&dir.join(self.name)),
        }
    }
}

/// A file on its way through a lane.
struct Lane<'w> {
    buffer: Vec<u8>,
    /// How much of the buffer is the next piece.
    filled: usize,
    file: Option<Open<'w>>,
}

struct Open<'w> {
    at: usize,
    file: io::Result<File>,
    /// Whether there is nothing after the piece.
    has_ended: bool,
    /// What is still to come if the file is as the run produced it; `None` if it is known not to be.
    expected: Option<&'w [u8]>,
}

impl<'w> Lane<'w> {
    fn new(piece: usize) -> Self {
        Self {
            buffer: vec![0; piece],
            filled: 0,
            file: None,
        }
    }

    fn begin(&mut self, at: usize, dir: &Path, wanted: &Wanted<'w>) {
        self.file = Some(Open {
            at,
            file: File::open(dir.join(wanted.name)),
            has_ended: false,
            expected: wanted.produced,
        });
    }

    /// Reads the next piece; whether there is none, because the file is at its end or there is no file.
    fn fill(&mut self) -> bool {
        self.filled = 0;
        let Some(open) = &mut self.file else {
            return true;
        };
        match &mut open.file {
            Ok(file) if !open.has_ended => match read_piece(file, &mut self.buffer) {
                Ok(length) => self.filled = length,
                Err(error) => open.file = Err(error),
            },
            _ => return true,
        }
        open.has_ended = self.filled < self.buffer.len();
        open.expected = open.expected.filter(|rest| rest.len() >= self.filled);
        self.filled == 0
    }

    /// The file that was read to its end, and whether it is as the run produced it.
    fn end(&mut self) -> Option<(usize, io::Result<bool>)> {
        let open = self.file.take()?;
        let is_as_produced = open.expected.is_some_and(<[u8]>::is_empty);
        Some((open.at, open.file.map(|_| is_as_produced)))
    }

    /// The next piece as the run produced it, or else as the file has it.
    fn expected(&self) -> &[u8] {
        let rest = self.file.as_ref().and_then(|open| open.expected);
        &rest.unwrap_or(&self.buffer)[..self.filled]
    }

    /// Compares the piece with what went into its message. If they differ, the message goes on from `before` with the
    /// piece.
    fn compare(&mut self, message: &mut Sha256, before: Sha256) {
        let piece = &self.buffer[..self.filled];
        let Some(open) = &mut self.file else {
            return;
        };
        let Some(rest) = open.expected else {
            return;
        };
        open.expected = rest.strip_prefix(piece);
        if open.expected.is_none() {
            *message = before;
            message.update(piece);
        }
    }
}

/// Fills a buffer, unless the file ends before.
fn read_piece(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256::sha256_hex;

    /// What a run produces in place of the bytes of a golden.
    type Change = fn(&[u8]) -> Option<Vec<u8>>;

    #[test]
    fn files_of_all_lengths_are_hashed_and_compared() {
        let dir = tempfile::tempdir().unwrap();
        let lengths = [
            0,
            1,
            55,
            64,
            1_000,
            PIECE - 1,
            PIECE,
            PIECE + 1,
            3 * PIECE + 7,
        ];
        let files: Vec<(String, Vec<u8>)> = lengths
            .into_iter()
            .map(|length| {
                let bytes = (0..length).map(|at| (at * 31 % 251) as u8).collect();
                (format!("{length}.json"), bytes)
            })
            .collect();
        for (name, bytes) in &files {
            std::fs::write(dir.path().join(name), bytes).unwrap();
        }
        // As it is, with one byte changed at either end, cut, longer, and not produced at all.
        let changes: [Change; 6] = [
            |bytes| Some(bytes.to_vec()),
            |bytes| {
                let mut changed = bytes.to_vec();
                *changed.last_mut()? ^= 1;
                Some(changed)
            },
            |bytes| {
                let mut changed = bytes.to_vec();
                *changed.first_mut()? ^= 1;
                Some(changed)
            },
            |bytes| Some(bytes.split_last()?.1.to_vec()),
            |bytes| Some([bytes, b"x"].concat()),
            |_| None,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let produced: Vec<_> = files.iter().map(|(_, bytes)| change(bytes)).collect();
            let wanted: Vec<_> = files
                .iter()
                .zip(&produced)
                .map(|((name, _), produced)| Wanted {
                    name,
                    is_regular: true,
                    produced: produced.as_deref(),
                })
                .collect();
            for ((_, bytes), found) in files.iter().zip(read(dir.path(), &wanted)) {
                let found = found.unwrap();
                assert_eq!(found.digest, sha256_hex(bytes), "{}", bytes.len());
                assert_eq!(
                    found.is_as_produced,
                    number == 0,
                    "{number} {}",
                    bytes.len()
                );
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_leaves_the_others() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "a").unwrap();
        std::fs::create_dir(dir.path().join("c")).unwrap();
        let wanted = ["b", "a", "c"].map(|name| Wanted {
            name,
            is_regular: false,
            produced: None,
        });
        let found = read(dir.path(), &wanted);
        let kinds: Vec<_> = found
            .iter()
            .map(|found| found.as_ref().err().map(io::Error::kind))
            .collect();
        assert_eq!(
            kinds,
            [
                Some(io::ErrorKind::NotFound),
                None,
                Some(io::ErrorKind::InvalidInput)
            ]
        );
        assert!(read(dir.path(), &[]).is_empty());
    }
}
