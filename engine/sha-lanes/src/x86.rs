//! The rounds in SHA-NI, the SHA instructions of x86-64.
//!
//! A state is in two vectors, `abef` and `cdgh`. One instruction makes two rounds: it takes both vectors and two
//! words of the schedule with their constants added, and gives the new `abef`; the old one is
//! the new `cdgh`. So two of them make four rounds, a group. Each group uses four words of the schedule, and
//! makes the four that are needed four groups later:
//!
//! ```text
//! group     0        1        2        3        4           …
//! words     w0–w3    w4–w7    w8–w11   w12–w15  w16–w19     of w0–w15 alone
//! ```
//!
//! The lanes take turns after each group. A processor looks some hundred instructions ahead, and so finds the rounds of the other
//! lanes while one waits. (Turns after each instruction were 5 to 10 % slower on Zen 5, and so was the schedule
//! in which its two instructions are in different groups.)

use std::arch::x86_64::*;

use crate::{Block, ROUND_CONSTANTS, State};

/// Whether this processor has the instructions.
pub(crate) fn is_there() -> bool {
    // The answer is cached by the standard library.
    is_x86_feature_detected!("sha")
        && is_x86_feature_detected!("sse4.1")
        && is_x86_feature_detected!("ssse3")
}

/// Takes as many blocks of each lane into its state.
pub(crate) fn compress<const N: usize>(states: &mut [&mut State; N], blocks: [&[Block]; N]) {
    assert!(is_there(), "the caller has asked");
    let count = blocks.first().map_or(0, |blocks| blocks.len());
    let even = blocks.iter().all(|blocks| blocks.len() == count);
    assert!(even, "lanes that are side by side have as many blocks");
    #[expect(
        unsafe_code,
        reason = "the functions need instructions that not all processors have"
    )]
    // SAFETY: this processor has them.
    unsafe {
        match N {
            2 => two(states, &blocks, count),
            3 => three(states, &blocks, count),
            4 => four(states, &blocks, count),
            _ => unreachable!("two to four lanes are side by side"),
        }
    }
}

/// A lane while its blocks are taken in. Everything is in registers.
struct Lane {
    abef: __m128i,
    cdgh: __m128i,
    /// The state before the block.
    before: [__m128i; 2],
    /// Sixteen words of the schedule.
    words: [__m128i; 4],
    /// Four words of the schedule, with their constants added.
    sums: __m128i,
}

/// A function that takes the blocks of some lanes into their states.
///
/// The lanes are variables of their own, not elements of an array: only so does the compiler keep each in registers.
macro_rules! side_by_side {
    ($name:ident: $($lane:ident $index:literal),*) => {
        #[target_feature(enable = "sha,sse4.1,ssse3")]
        fn $name(states: &mut [&mut State], blocks: &[&[Block]], count: usize) {
            $(let mut $lane = Lane::new(states[$index]);)*
            for at in 0..count {
                $($lane.begin(&blocks[$index][at]);)*
                side_by_side!(groups $($lane)*: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
                $($lane.end();)*
            }
            $(*states[$index] = $lane.state();)*
        }
    };
    (groups $($lane:ident)*: $group:literal $($later:literal)*) => {
        $(
        $lane.add_constants::<$group>();
        $lane.first_rounds();
        $lane.make_words::<$group>();
        $lane.last_rounds();
        )*
        side_by_side!(groups $($lane)*: $($later)*);
    };
    (groups $($lane:ident)*:) => {};
}

side_by_side!(two: a 0, b 1);
side_by_side!(three: a 0, b 1, c 2);
side_by_side!(four: a 0, b 1, c 2, d 3);

impl Lane {
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn new(state: &State) -> Self {
        let [a, b, c, d, e, f, g, h] = state.map(u32::cast_signed);
        let zero = _mm_setzero_si128();
        Self {
            abef: _mm_set_epi32(a, b, e, f),
            cdgh: _mm_set_epi32(c, d, g, h),
            before: [zero; 2],
            words: [zero; 4],
            sums: zero,
        }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn begin(&mut self, block: &Block) {
        self.before = [self.abef, self.cdgh];
        self.words = first_words(block);
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn add_constants<const GROUP: usize>(&mut self) {
        self.sums = _mm_add_epi32(self.words[GROUP % 4], vector(&ROUND_CONSTANTS[GROUP]));
    }

    /// The first two rounds of a group.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn first_rounds(&mut self) {
        self.cdgh = _mm_sha256rnds2_epu32(self.cdgh, self.abef, self.sums);
    }

    /// The last two rounds of a group: the names have changed places.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn last_rounds(&mut self) {
        let upper = _mm_shuffle_epi32::<0b00_00_11_10>(self.sums);
        self.abef = _mm_sha256rnds2_epu32(self.abef, self.cdgh, upper);
    }

    /// Replaces the words of a group with those of the group after the next three.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn make_words<const GROUP: usize>(&mut self) {
        if GROUP < 12 {
            let last = self.words[(GROUP + 3) % 4];
            let nine = _mm_alignr_epi8::<4>(last, self.words[(GROUP + 2) % 4]);
            let first = _mm_sha256msg1_epu32(self.words[GROUP % 4], self.words[(GROUP + 1) % 4]);
            self.words[GROUP % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(first, nine), last);
        }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn end(&mut self) {
        self.abef = _mm_add_epi32(self.abef, self.before[0]);
        self.cdgh = _mm_add_epi32(self.cdgh, self.before[1]);
    }

    /// The inverse of [`Lane::new`].
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn state(&self) -> State {
        [
            _mm_extract_epi32::<3>(self.abef),
            _mm_extract_epi32::<2>(self.abef),
            _mm_extract_epi32::<3>(self.cdgh),
            _mm_extract_epi32::<2>(self.cdgh),
            _mm_extract_epi32::<1>(self.abef),
            _mm_extract_epi32::<0>(self.abef),
            _mm_extract_epi32::<1>(self.cdgh),
            _mm_extract_epi32::<0>(self.cdgh),
        ]
        .map(i32::cast_unsigned)
    }
}

/// The words of a block, which are big-endian.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn first_words(block: &Block) -> [__m128i; 4] {
    let order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    let (vectors, _) = block.as_chunks::<16>();
    let mut words = [order; 4];
    for (words, bytes) in words.iter_mut().zip(vectors) {
        #[expect(unsafe_code, reason = "a vector is loaded through a pointer")]
        // SAFETY: there are 16 bytes behind the pointer, and it need not be aligned.
        let loaded = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
        *words = _mm_shuffle_epi8(loaded, order);
    }
    words
}

/// Four words as a vector, the first one lowest.
#[inline]
#[target_feature(enable = "sse4.1")]
fn vector(words: &[u32; 4]) -> __m128i {
    #[expect(unsafe_code, reason = "a vector is loaded through a pointer")]
    // SAFETY: there are 16 bytes behind the pointer, and it need not be aligned.
    unsafe {
        _mm_loadu_si128(words.as_ptr().cast())
    }
}
