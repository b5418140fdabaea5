//! Tick vectors as compact columns: what a ledger says, over many ticks, in one compressed block.
//!
//! A block holds four columns of whole ticks, each tick's numbers end to end, every number as the
//! difference to what the ones before it suggest:
//!
//! | column | difference to |
//! | --- | --- |
//! | pre_u, N a tick | post_u of the tick before; 0 at the first tick |
//! | f_e, E a tick | f_e of the tick before; 0 at the first tick |
//! | raw, E a tick | ⌊k·abs(du) / SC⌋ |
//! | post_u, N a tick | pre_u after the fluxes |
//!
//! The suggestions make most numbers zero and never decide one: any i64 comes back, whatever rule
//! made it. A column of zeros alone is left out. `docs/run-file.md` has the bytes.

mod decode;
mod encode;

pub(super) use decode::Block;
pub(super) use encode::BlockBuilder;

use crate::config::Topology;

/// Version of the layout, the first byte of every block.
const LAYOUT: u8 = 1;
const COLUMNS: usize = 4;
/// Bytes before the columns: layout, then the four lengths.
const HEADER_SIZE: usize = 1 + COLUMNS * 4;
/// Numbers that a block holds at most, unless a single tick has more.
const BLOCK_NUMBERS: usize = 1 << 15;
/// Ticks that a block holds at most.
const BLOCK_TICKS: usize = 256;

/// What the suggestions are computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) node_count: usize,
    /// SC.
    pub(super) scale: i64,
    pub(super) edges: Vec<ShapeEdge>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShapeEdge {
    /// Index of node i.
    pub(super) from: usize,
    /// Index of node j.
    pub(super) to: usize,
    pub(super) k: i64,
    pub(super) cap: i64,
    pub(super) c: i64,
}

impl Shape {
    pub(super) fn of(topology: &Topology) -> Self {
        let edges = topology.edges.iter().map(|edge| ShapeEdge {
            from: edge.from as usize,
            to: edge.to as usize,
            k: edge.conductance,
            cap: edge.cap,
            c: edge.c,
        });
        Self {
            node_count: topology.node_count,
            scale: topology.scale,
            edges: edges.collect(),
        }
    }

    /// Ticks that fill a block.
    fn ticks_a_block(&self) -> usize {
        let numbers = 2 * (self.node_count + self.edges.len());
        (BLOCK_NUMBERS / numbers.max(1)).clamp(1, BLOCK_TICKS)
    }

    /// What raw is under the only flux rule so far. Wraps where that leaves 64 bits: a suggestion
    /// needs no sense, only to be the same on both sides.
    #[inline]
    fn suggest_raw(&self, edge: &ShapeEdge, du: i64) -> i64 {
        let product = i128::from(edge.k) * i128::from(du.unsigned_abs());
        let scale = i128::from(self.scale.max(1));
        if let (Ok(product), Ok(scale)) = (u64::try_from(product), u64::try_from(scale)) {
            return (product / scale).cast_signed();
        }
        product.wrapping_div_euclid(scale) as i64
    }

    /// Turns `state` from before a tick into after it.
    #[inline]
    fn move_state(&self, state: &mut [i64], fluxes: impl Iterator<Item = i64>) {
        for (edge, flux) in self.edges.iter().zip(fluxes) {
            state[edge.from] = state[edge.from].wrapping_sub(flux);
            state[edge.to] = state[edge.to].wrapping_add(flux);
        }
    }
}

#[cfg(test)]
mod tests;
