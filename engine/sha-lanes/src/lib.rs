//! SHA-256 of several messages side by side on one processor core.
//!
//! A round of SHA-256 needs the result of the round before it. The SHA unit of a processor answers a few
//! cycles after it was asked, but can be asked every other cycle, so with one message it waits:
//!
//! ```text
//! one message     a1 ·· ·· a2 ·· ·· a3 ·· ·· a4          3 rounds of 4 wait
//! three messages  a1 b1 c1 a2 b2 c2 a3 b3 c3 a4          the same time, three times the bytes
//! ```
//!
//! [`update_lanes`] gives each of up to [`LANES_MAX`] messages its next piece. Their full blocks go through
//! the processor together as long as each lane has one; what is left of longer pieces follows
//! with fewer lanes. [`finish_lanes`] does so with their last blocks. [`Sha256`] holds the state of one message, whatever lanes it was in.
//!
//! | module | what it does |
//! | --- | --- |
//! | `message` | one message: its state, the bytes of its open block, its padding |
//! | `blocks` | whole blocks of some lanes, as many side by side as there are |
//! | `x86`, `aarch64` | the rounds of N lanes in the instructions of a processor |
//!
//! This crate allocates nothing, and holds the unsafe code that such instructions need.

mod blocks;
mod message;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use blocks::{Backend, backend};
pub use message::{Sha256, finish_lanes, update_lanes};

/// The most messages that go through the processor side by side. With more, their states would no longer
/// be in registers.
pub const LANES_MAX: usize = 4;

/// Bytes of a block.
const BLOCK: usize = 64;

type Block = [u8; BLOCK];

/// The eight words of a state, a to h.
type State = [u32; 8];

/// The constants of the rounds, four to a vector: the first 32 bits of the fractional parts of the cube roots
/// of the first 64 primes (FIPS 180-4, section 4.2.2).
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
#[rustfmt::skip]
const ROUND_CONSTANTS: [[u32; 4]; 16] = [
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
    [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
    [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
    [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
    [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
    [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
    [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
    [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
    [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
    [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
    [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
    [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
    [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
];
