//! Encodes ledgers into blocks of columns.

use std::io;

use super::{COLUMNS, HEADER_SIZE, LAYOUT, Shape, Vectors};
use crate::varint;

/// The compression level: fast, since the columns are already small.
const LEVEL: i32 = 1;

/// Collects the ticks of one block.
pub(in crate::store) struct BlockBuilder {
    columns: [Column; COLUMNS],
    /// The predictions of the next pre_u and of the next f_e.
    state: Vec<i64>,
    fluxes: Vec<i64>,
    first_tick: u64,
    ticks: usize,
    capacity: usize,
    compressor: zstd::bulk::Compressor<'static>,
}

#[derive(Default)]
struct Column {
    bytes: Vec<u8>,
    /// Whether any number so far is not zero.
    nonzero: bool,
}

/// A full block.
pub(in crate::store) struct EncodedBlock {
    pub(in crate::store) first_tick: u64,
    pub(in crate::store) ticks: u64,
    pub(in crate::store) bytes: Vec<u8>,
}

impl BlockBuilder {
    pub(in crate::store) fn new(shape: &Shape) -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
        compressor.set_parameter(zstd::zstd_safe::CParameter::ChecksumFlag(true))?;
        Ok(Self {
            columns: Default::default(),
            state: vec![0; shape.node_count],
            fluxes: vec![0; shape.edges.len()],
            first_tick: 0,
            ticks: 0,
            capacity: shape.ticks_a_block(),
            compressor,
        })
    }

    /// Appends the next tick; returns whether the block is then full.
    pub(in crate::store) fn push(
        &mut self,
        shape: &Shape,
        tick: u64,
        vectors: Vectors<'_>,
    ) -> bool {
        if self.ticks == 0 {
            self.first_tick = tick;
        }
        self.ticks += 1;
        let Vectors {
            pre_u,
            f_e,
            raw,
            post_u,
        } = vectors;
        let [pre_column, flux_column, raw_column, post_column] = &mut self.columns;
        for (&value, suggested) in pre_u.iter().zip(&self.state) {
            pre_column.push(value.wrapping_sub(*suggested));
        }
        for (&value, suggested) in f_e.iter().zip(&self.fluxes) {
            flux_column.push(value.wrapping_sub(*suggested));
        }
        for (&value, edge) in raw.iter().zip(&shape.edges) {
            let du = pre_u[edge.from].wrapping_sub(pre_u[edge.to]);
            raw_column.push(value.wrapping_sub(shape.suggest_raw(edge, du)));
        }
        self.state.copy_from_slice(pre_u);
        shape.move_state(&mut self.state, f_e.iter().copied());
        for (&value, suggested) in post_u.iter().zip(&self.state) {
            post_column.push(value.wrapping_sub(*suggested));
        }
        self.state.copy_from_slice(post_u);
        self.fluxes.copy_from_slice(f_e);
        self.ticks >= self.capacity
    }

    /// The block; `None` if it has no ticks. A new block starts.
    pub(in crate::store) fn take(&mut self) -> io::Result<Option<EncodedBlock>> {
        if self.ticks == 0 {
            return Ok(None);
        }
        let mut plain = Vec::with_capacity(HEADER_SIZE);
        plain.push(LAYOUT);
        for column in &self.columns {
            let size = u32::try_from(column.stored_bytes().len()).map_err(io::Error::other)?;
            plain.extend_from_slice(&size.to_le_bytes());
        }
        for column in &self.columns {
            plain.extend_from_slice(column.stored_bytes());
        }
        let block = EncodedBlock {
            first_tick: self.first_tick,
            ticks: self.ticks as u64,
            bytes: self.compressor.compress(&plain)?,
        };
        self.clear();
        Ok(Some(block))
    }

    /// Drops the ticks of the block.
    pub(in crate::store) fn clear(&mut self) {
        for column in &mut self.columns {
            column.bytes.clear();
            column.nonzero = false;
        }
        self.state.fill(0);
        self.fluxes.fill(0);
        self.ticks = 0;
    }
}

impl Column {
    #[inline]
    fn push(&mut self, difference: i64) {
        self.nonzero |= difference != 0;
        varint::push(&mut self.bytes, difference);
    }

    /// The bytes of the column; empty if all numbers are zero.
    fn stored_bytes(&self) -> &[u8] {
        if self.nonzero { &self.bytes } else { &[] }
    }
}
