//! Tick vectors as compact columns: the ledgers of many ticks in one compressed block.
//!
//! A block has four columns of whole ticks, with the numbers of each tick end to end. Every number
//! is stored as its difference to a prediction from earlier numbers:
//!
//! | column | prediction |
//! | --- | --- |
//! | pre_u, N per tick | post_u of the tick before; 0 at the first tick |
//! | f_e, E per tick | f_e of the tick before; 0 at the first tick |
//! | raw, E per tick | ⌊k·abs(du) / SC⌋ |
//! | post_u, N per tick | pre_u after the fluxes |
//!
//! The predictions make most differences zero. They only affect size: any i64 is restored exactly,
//! whatever rule produced it. For example, fluxes 3, 3, 4 of an edge are stored as 3, 0, 1. A
//! column of only zeros is left out. `docs/run-file.md` describes the bytes.

mod decode;
mod encode;

pub(super) use decode::Block;
pub(super) use encode::BlockBuilder;

use crate::config::Topology;

/// Version of the layout, the first byte of every block.
const LAYOUT: u8 = 1;
const COLUMNS: usize = 4;
/// Number of bytes before the columns: the layout, then the four lengths.
const HEADER_SIZE: usize = 1 + COLUMNS * 4;
/// Most numbers in a block, unless a single tick has more.
const BLOCK_NUMBERS: usize = 1 << 15;
/// Most ticks in a block.
const BLOCK_TICKS: usize = 256;

/// The values from which the predictions are computed.
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

/// The vectors of one tick: N numbers for nodes, E for edges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vectors<'b> {
    pub(super) pre_u: &'b [i64],
    pub(super) f_e: &'b [i64],
    pub(super) raw: &'b [i64],
    pub(super) post_u: &'b [i64],
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

    /// Number of ticks in a full block.
    fn ticks_a_block(&self) -> usize {
        let numbers = 2 * (self.node_count + self.edges.len());
        (BLOCK_NUMBERS / numbers.max(1)).clamp(1, BLOCK_TICKS)
    }

    /// The prediction of raw: its value under the only flux rule so far. It wraps at 64 bits, since
    /// a prediction only has to be the same when writing and when reading.
    #[inline]
    fn suggest_raw(&self, edge: &ShapeEdge, du: i64) -> i64 {
        let scale = self.scale.max(1);
        // A division takes several times as long as a shift, and one of 128 bits several times that.
        if let Ok(k) = u64::try_from(edge.k)
            && let Some(product) = k.checked_mul(du.unsigned_abs())
        {
            let quotient = match scale.unsigned_abs() {
                scale if scale.is_power_of_two() => product >> scale.trailing_zeros(),
                scale => product / scale,
            };
            return quotient.cast_signed();
        }
        let product = i128::from(edge.k) * i128::from(du.unsigned_abs());
        product.wrapping_div_euclid(scale.into()) as i64
    }

    /// Changes `state` from the one before a tick to the one after it.
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
