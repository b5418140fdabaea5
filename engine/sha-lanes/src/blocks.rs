//! Whole blocks of some lanes, as many side by side as there are.

use crate::{Block, State};

/// The instructions that a processor hashes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// SHA-NI of x86-64: lanes are side by side.
    ShaNi,
    /// The SHA-2 instructions of AArch64: lanes are side by side.
    Sha2,
    /// The crate `sha2`: one lane after the other.
    OneByOne,
}

/// What this processor has.
pub fn backend() -> Backend {
    #[cfg(target_arch = "x86_64")]
    if crate::x86::is_there() {
        return Backend::ShaNi;
    }
    #[cfg(target_arch = "aarch64")]
    if crate::aarch64::is_there() {
        return Backend::Sha2;
    }
    Backend::OneByOne
}

/// Takes each lane's blocks into its state.
pub(crate) fn compress<const N: usize>(states: [&mut State; N], blocks: [&[Block]; N]) {
    let shared = blocks.iter().map(|blocks| blocks.len()).min();
    let shared = shared.unwrap_or_default();
    let mut states = states;
    if N > 1 && shared > 0 {
        side_by_side(&mut states, blocks.map(|blocks| &blocks[..shared]));
    }
    let done = if N > 1 { shared } else { 0 };
    let left = blocks.map(|blocks| &blocks[done..]);
    let mut rest = states
        .iter_mut()
        .zip(left)
        .filter(|(_, blocks)| !blocks.is_empty());
    // The lane with the fewest blocks has none left, so that there are at most three.
    match (rest.next(), rest.next(), rest.next()) {
        (None, ..) => {}
        (Some((state, blocks)), None, _) => alone(state, blocks),
        (Some((one, first)), Some((two, second)), None) => compress([one, two], [first, second]),
        (Some((one, first)), Some((two, second)), Some((three, third))) => {
            compress([one, two, three], [first, second, third]);
        }
    }
}

/// The blocks of one lane.
fn alone(state: &mut State, blocks: &[Block]) {
    sha2::block_api::compress256(state, blocks);
}

/// As many blocks of each lane.
fn side_by_side<const N: usize>(states: &mut [&mut State; N], blocks: [&[Block]; N]) {
    #[cfg(target_arch = "x86_64")]
    if crate::x86::is_there() {
        return crate::x86::compress(states, blocks);
    }
    #[cfg(target_arch = "aarch64")]
    if crate::aarch64::is_there() {
        return crate::aarch64::compress(states, blocks);
    }
    for (state, blocks) in states.iter_mut().zip(blocks) {
        alone(state, blocks);
    }
}
