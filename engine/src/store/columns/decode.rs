//! Decodes a block of columns into ledgers.

use std::cell::RefCell;

use zstd::bulk::Decompressor;

use super::{COLUMNS, HEADER_SIZE, LAYOUT, Shape, Vectors};
use crate::record::{EdgeFlux, UmxLedger};
use crate::varint;

/// Length of the longest number, in bytes.
const NUMBER_SIZE_MAX: usize = 10;

thread_local! {
    /// Its buffers take longer to make than some blocks to decode.
    static DECOMPRESSOR: RefCell<Decompressor<'static>> = RefCell::default();
}

/// A decoded block: the vectors of its ticks.
#[derive(Clone, Debug)]
pub(in crate::store) struct Block {
    first_tick: u64,
    ticks: usize,
    nodes: usize,
    edges: usize,
    pre_u: Vec<i64>,
    f_e: Vec<i64>,
    raw: Vec<i64>,
    post_u: Vec<i64>,
}

impl Block {
    /// Decodes the first `wanted` of a block's ticks.
    ///
    /// # Errors
    /// A short description of what is wrong with the bytes.
    pub(in crate::store) fn decode(
        shape: &Shape,
        first_tick: u64,
        ticks: u64,
        bytes: &[u8],
    ) -> Result<Self, &'static str> {
        let ticks = usize::try_from(ticks).map_err(|_| "too many ticks")?;
        if ticks == 0 || ticks > shape.ticks_a_block() {
            return Err("a number of ticks that no block has");
        }
        let (nodes, edges) = (shape.node_count, shape.edges.len());
        let plain_max = HEADER_SIZE + ticks * 2 * (nodes + edges) * NUMBER_SIZE_MAX;
        let plain = DECOMPRESSOR
            .with_borrow_mut(|decompressor| decompressor.decompress(bytes, plain_max))
            .map_err(|_| "not a zstd frame")?;
        let [pre, flux, raw, post] = split(&plain)?;

        let mut block = Self {
            first_tick,
            ticks,
            nodes,
            edges,
            pre_u: Vec::with_capacity(ticks * nodes),
            f_e: Vec::with_capacity(ticks * edges),
            raw: Vec::with_capacity(ticks * edges),
            post_u: Vec::with_capacity(ticks * nodes),
        };
        let (mut pre, mut flux) = (Column::new(pre), Column::new(flux));
        let (mut raw, mut post) = (Column::new(raw), Column::new(post));
        let mut state = vec![0; nodes];
        let mut fluxes = vec![0; edges];
        for _ in 0..ticks {
            pre.add_to(&mut state)?;
            block.pre_u.extend_from_slice(&state);
            flux.add_to(&mut fluxes)?;
            block.f_e.extend_from_slice(&fluxes);
            let start = block.raw.len();
            block.raw.extend(shape.edges.iter().map(|edge| {
                let du = state[edge.from].wrapping_sub(state[edge.to]);
                shape.suggest_raw(edge, du)
            }));
            raw.add_to(&mut block.raw[start..])?;
            shape.move_state(&mut state, fluxes.iter().copied());
            post.add_to(&mut state)?;
            block.post_u.extend_from_slice(&state);
        }
        let ended = [&pre, &flux, &raw, &post];
        if ended.iter().all(|column| column.rest.is_empty()) {
            Ok(block)
        } else {
            Err("a column is too long")
        }
    }

    /// Whether the block contains the tick.
    pub(in crate::store) fn holds(&self, tick: u64) -> bool {
        self.place(tick).is_some()
    }

    fn place(&self, tick: u64) -> Option<usize> {
        let place = usize::try_from(tick.checked_sub(self.first_tick)?).ok()?;
        (place < self.ticks).then_some(place)
    }

    /// Number of values.
    pub(in crate::store) const fn len(&self) -> usize {
        2 * self.ticks * (self.nodes + self.edges)
    }

    /// The vectors of a tick of the block.
    pub(in crate::store) fn vectors(&self, tick: u64) -> Option<Vectors<'_>> {
        let place = self.place(tick)?;
        let nodes = place * self.nodes..(place + 1) * self.nodes;
        let edges = place * self.edges..(place + 1) * self.edges;
        Some(Vectors {
            pre_u: &self.pre_u[nodes.clone()],
            f_e: &self.f_e[edges.clone()],
            raw: &self.raw[edges],
            post_u: &self.post_u[nodes],
        })
    }

    /// Whether the block has a single tick, as it has of a graph that is large.
    pub(in crate::store) const fn has_one_tick(&self) -> bool {
        self.ticks == 1
    }

    /// The vectors of all ticks: pre_u, raw, f_e and post_u.
    pub(in crate::store) fn into_vectors(self) -> [Vec<i64>; 4] {
        [self.pre_u, self.raw, self.f_e, self.post_u]
    }

    /// The ledger of a tick of the block.
    pub(in crate::store) fn ledger(&self, shape: &Shape, tick: u64) -> Option<UmxLedger> {
        let vectors = self.vectors(tick)?;
        let pre_u = vectors.pre_u.to_vec();
        let post_u = vectors.post_u.to_vec();
        let fluxes = vectors.f_e.iter().zip(vectors.raw);
        let edges = shape.edges.iter().zip(fluxes).zip(1..);
        let edges = edges.map(|((edge, (&f_e, &raw)), e_id)| EdgeFlux {
            e_id,
            i: edge.from as u64 + 1,
            j: edge.to as u64 + 1,
            du: pre_u[edge.from].wrapping_sub(pre_u[edge.to]),
            raw,
            cap: edge.cap,
            f_e,
        });
        let edges = edges.collect();
        let sum_pre_u = sum(&pre_u);
        Some(UmxLedger {
            tick,
            sum_pre_u,
            sum_post_u: sum(&post_u),
            z_check: sum_pre_u,
            pre_u,
            edges,
            post_u,
        })
    }
}

/// Wraps only for vectors that no run produced; their hash reveals that.
fn sum(values: &[i64]) -> i64 {
    values.iter().fold(0, |sum, &value| sum.wrapping_add(value))
}

fn split(plain: &[u8]) -> Result<[&[u8]; COLUMNS], &'static str> {
    let (header, mut rest) = plain.split_at_checked(HEADER_SIZE).ok_or("too short")?;
    let (layout, sizes) = header.split_first().ok_or("too short")?;
    if *layout != LAYOUT {
        return Err("an unknown layout");
    }
    let mut columns = [&[][..]; COLUMNS];
    for (column, size) in columns.iter_mut().zip(sizes.chunks_exact(4)) {
        let size = size
            .iter()
            .rev()
            .fold(0, |size, &byte| (size << 8) | usize::from(byte));
        (*column, rest) = rest.split_at_checked(size).ok_or("a column is too short")?;
    }
    if rest.is_empty() {
        Ok(columns)
    } else {
        Err("bytes after the last column")
    }
}

struct Column<'b> {
    rest: &'b [u8],
    /// The column was left out, since it has only zeros.
    absent: bool,
}

impl<'b> Column<'b> {
    const fn new(bytes: &'b [u8]) -> Self {
        Self {
            rest: bytes,
            absent: bytes.is_empty(),
        }
    }

    /// Adds the differences that follow to predictions.
    fn add_to(&mut self, predictions: &mut [i64]) -> Result<(), &'static str> {
        if self.absent {
            return Ok(());
        }
        let mut rest = self.rest;
        for value in predictions {
            let difference = varint::pop(&mut rest).ok_or("a column is too short")?;
            *value = value.wrapping_add(difference);
        }
        self.rest = rest;
        Ok(())
    }
}
