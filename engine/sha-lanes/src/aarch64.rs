//! The rounds in the SHA-2 instructions of AArch64.
//!
//! A state is in two vectors, `abcd` and `efgh`. Two instructions make four rounds, a group: each takes both
//! vectors and four words of the schedule with their constants added, and gives one of the
//! new vectors. Each group makes the four words of the schedule that are needed four groups later.
//!
//! Within a group, each step is made for all lanes before the next step begins: no instruction waits for the one before it.

use std::arch::aarch64::*;
use std::arch::is_aarch64_feature_detected;

use crate::{Block, ROUND_CONSTANTS, State};

/// Whether this processor has the instructions.
pub(crate) fn is_there() -> bool {
    // The answer is cached by the standard library.
    is_aarch64_feature_detected!("sha2")
}

/// Takes as many blocks of each lane into its state.
pub(crate) fn compress<const N: usize>(states: &mut [&mut State; N], blocks: [&[Block]; N]) {
    assert!(is_there(), "the caller has asked");
    let count = blocks.first().map_or(0, |blocks| blocks.len());
    let even = blocks.iter().all(|blocks| blocks.len() == count);
    assert!(even, "lanes that are side by side have as many blocks");
    #[expect(
        unsafe_code,
        reason = "the function needs instructions that not all processors have"
    )]
    // SAFETY: this processor has them.
    unsafe {
        rounds(states, &blocks, count);
    }
}

/// The state of a lane as the instructions take it.
#[derive(Clone, Copy)]
struct Lane {
    abcd: uint32x4_t,
    efgh: uint32x4_t,
}

#[target_feature(enable = "sha2")]
fn rounds<const N: usize>(states: &mut [&mut State; N], blocks: &[&[Block]; N], count: usize) {
    let mut lanes = [Lane {
        abcd: vdupq_n_u32(0),
        efgh: vdupq_n_u32(0),
    }; N];
    for (lane, state) in lanes.iter_mut().zip(states.iter()) {
        let (halves, _) = state.as_chunks::<4>();
        lane.abcd = vector(&halves[0]);
        lane.efgh = vector(&halves[1]);
    }
    for index in 0..count {
        let before = lanes;
        let mut words = [[vdupq_n_u32(0); 4]; N];
        for (words, blocks) in words.iter_mut().zip(blocks) {
            *words = first_words(&blocks[index]);
        }
        macro_rules! groups {
            ($($group:literal)*) => {$(
                group::<$group, N>(&mut lanes, &mut words);
            )*};
        }
        groups!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        for (lane, before) in lanes.iter_mut().zip(before) {
            lane.abcd = vaddq_u32(lane.abcd, before.abcd);
            lane.efgh = vaddq_u32(lane.efgh, before.efgh);
        }
    }
    for (lane, state) in lanes.iter().zip(states.iter_mut()) {
        let (halves, _) = state.as_chunks_mut::<4>();
        store(lane.abcd, &mut halves[0]);
        store(lane.efgh, &mut halves[1]);
    }
}

/// Four rounds of each lane, and four words of its schedule for four groups later.
#[inline]
#[target_feature(enable = "sha2")]
fn group<const GROUP: usize, const N: usize>(
    lanes: &mut [Lane; N],
    words: &mut [[uint32x4_t; 4]; N],
) {
    let constants = vector(&ROUND_CONSTANTS[GROUP]);
    let mut sums = [constants; N];
    for (sum, words) in sums.iter_mut().zip(words.iter()) {
        *sum = vaddq_u32(words[GROUP % 4], constants);
    }
    for (lane, sum) in lanes.iter_mut().zip(sums) {
        let Lane { abcd, efgh } = *lane;
        lane.abcd = vsha256hq_u32(abcd, efgh, sum);
        lane.efgh = vsha256h2q_u32(efgh, abcd, sum);
    }
    if GROUP < 12 {
        for words in words.iter_mut() {
            let started = vsha256su0q_u32(words[GROUP % 4], words[(GROUP + 1) % 4]);
            let (w8, w12) = (words[(GROUP + 2) % 4], words[(GROUP + 3) % 4]);
            words[GROUP % 4] = vsha256su1q_u32(started, w8, w12);
        }
    }
}

/// The words of a block, which are big-endian.
#[inline]
#[target_feature(enable = "sha2")]
fn first_words(block: &Block) -> [uint32x4_t; 4] {
    let (vectors, _) = block.as_chunks::<16>();
    let mut words = [vdupq_n_u32(0); 4];
    for (words, bytes) in words.iter_mut().zip(vectors) {
        #[expect(unsafe_code, reason = "a vector is loaded through a pointer")]
        // SAFETY: there are 16 bytes behind the pointer, and bytes need no alignment.
        let loaded = unsafe { vld1q_u8(bytes.as_ptr()) };
        *words = vreinterpretq_u32_u8(vrev32q_u8(loaded));
    }
    words
}

/// Four words as a vector.
#[inline]
#[target_feature(enable = "neon")]
fn vector(words: &[u32; 4]) -> uint32x4_t {
    #[expect(unsafe_code, reason = "a vector is loaded through a pointer")]
    // SAFETY: there are four words behind the pointer.
    unsafe {
        vld1q_u32(words.as_ptr())
    }
}

/// The inverse of [`vector`].
#[inline]
#[target_feature(enable = "neon")]
fn store(vector: uint32x4_t, words: &mut [u32; 4]) {
    #[expect(unsafe_code, reason = "a vector is stored through a pointer")]
    // SAFETY: there is room for four words behind the pointer.
    unsafe {
        vst1q_u32(words.as_mut_ptr(), vector);
    }
}
