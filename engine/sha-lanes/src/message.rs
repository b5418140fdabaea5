//! One message: its state, the bytes of its open block, its padding.

use std::fmt;

use crate::blocks::compress;
use crate::{BLOCK, Block, LANES_MAX, State};

/// The state before the first block: the first 32 bits of the fractional parts of the square roots of the
/// first 8 primes (FIPS 180-4, section 5.3.3).
const START: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Where the length of the message is in its last block.
const LENGTH_AT: usize = BLOCK - 8;

/// The SHA-256 of one message that arrives in pieces.
///
/// ```
/// use aether_sha_lanes::Sha256;
///
/// let mut message = Sha256::new();
/// message.update(b"ab");
/// message.update(b"c");
/// assert_eq!(message.finish()[..4], [0xba, 0x78, 0x16, 0xbf]);
/// ```
#[derive(Clone)]
pub struct Sha256 {
    state: State,
    /// The bytes since the last full block; the first `length % 64` are written.
    open: Block,
    /// Bytes of the message so far.
    length: u64,
}

impl Sha256 {
    /// A message without bytes.
    pub const fn new() -> Self {
        Self {
            state: START,
            open: [0; BLOCK],
            length: 0,
        }
    }

    /// Adds a piece.
    ///
    /// # Panics
    /// The message becomes longer than SHA-256 allows, 2^61 − 1 bytes.
    pub fn update(&mut self, piece: &[u8]) {
        update_lanes([self], [piece]);
    }

    /// The hash of all pieces. The message then has no bytes again.
    pub fn finish(&mut self) -> [u8; 32] {
        let [hash] = finish_lanes([self]);
        hash
    }

    /// The last blocks: the open one with the padding, and one more if the length has no room in it. Returns how many they
    /// are.
    fn last_blocks(&self) -> ([Block; 2], usize) {
        let at = self.filled();
        let mut blocks = [self.open, [0; BLOCK]];
        blocks[0][at] = 0x80;
        blocks[0][at + 1..].fill(0);
        let count = if at + 1 > LENGTH_AT { 2 } else { 1 };
        blocks[count - 1][LENGTH_AT..].copy_from_slice(&(self.length * 8).to_be_bytes());
        (blocks, count)
    }

    /// The state as bytes. The message then has no bytes again.
    fn take_hash(&mut self) -> [u8; 32] {
        let mut hash = [0; 32];
        for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        *self = Self::new();
        hash
    }

    /// Bytes of the open block.
    const fn filled(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }

    /// Takes from a piece what the open block lacks, and counts the whole piece. Returns the full blocks that
    /// follow and the rest, which is shorter than a block.
    fn begin<'p>(&mut self, piece: &'p [u8]) -> (&'p [Block], &'p [u8]) {
        let filled = self.filled();
        let length = (self.length).checked_add(piece.len() as u64);
        self.length = length
            .filter(|length| *length < 1 << 61)
            .expect("a message has less than 2^64 bits");
        if filled == 0 {
            return piece.as_chunks();
        }
        let taken = piece.len().min(BLOCK - filled);
        let (head, tail) = piece.split_at(taken);
        self.open[filled..filled + taken].copy_from_slice(head);
        if filled + taken < BLOCK {
            return (&[], &[]);
        }
        compress([&mut self.state], [&[self.open]]);
        tail.as_chunks()
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sha256")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// Adds a piece to each message. The pieces may differ in length.
///
/// ```
/// use aether_sha_lanes::{Sha256, update_lanes};
///
/// let mut messages = [Sha256::new(), Sha256::new()];
/// update_lanes(messages.each_mut(), [b"a", &[0; 1000]]);
/// ```
///
/// # Panics
/// A message becomes longer than SHA-256 allows, 2^61 − 1 bytes.
pub fn update_lanes<const N: usize>(messages: [&mut Sha256; N], pieces: [&[u8]; N]) {
    const { assert!(N <= LANES_MAX, "at most four messages are side by side") };
    let mut blocks: [&[Block]; N] = [&[]; N];
    let mut rests: [&[u8]; N] = [&[]; N];
    let mut messages = messages;
    for (lane, message) in messages.iter_mut().enumerate() {
        (blocks[lane], rests[lane]) = message.begin(pieces[lane]);
    }
    for (message, rest) in messages.iter_mut().zip(rests) {
        // What `begin` put into the open block is full or all there is.
        if !rest.is_empty() {
            message.open[..rest.len()].copy_from_slice(rest);
        }
    }
    compress(messages.map(|message| &mut message.state), blocks);
}

/// The hashes of messages, whose last blocks go through the processor side by side. Each message then has no bytes again.
///
/// ```
/// use aether_sha_lanes::{Sha256, finish_lanes};
///
/// let mut messages = [Sha256::new(), Sha256::new()];
/// messages[1].update(b"abc");
/// let hashes = finish_lanes(messages.each_mut());
/// assert_eq!(hashes.map(|hash| hash[0]), [0xe3, 0xba]);
/// ```
pub fn finish_lanes<const N: usize>(messages: [&mut Sha256; N]) -> [[u8; 32]; N] {
    const { assert!(N <= LANES_MAX, "at most four messages are side by side") };
    let mut messages = messages;
    let last = messages.each_ref().map(|message| message.last_blocks());
    compress(
        messages.each_mut().map(|message| &mut message.state),
        last.each_ref().map(|(blocks, count)| &blocks[..*count]),
    );
    messages.map(Sha256::take_hash)
}
