//! [`TickValues`]: the numbers of one tick as the columns hold them, for readers that need no
//! record.
//!
//! Nothing is hashed here. The checksum of the block reveals damage; whether the numbers are those
//! of the ledger is for [`StoredRun::values`] and [`StoredRun::verify`].

use std::sync::Arc;

use super::columns::{Block, Shape, Vectors};
use super::stored::StoredRun;
use super::{Damage, StoreError, header};
use crate::record::{RecordKind, UmxLedger};

/// State and fluxes of one tick. Ticks of the same block share its memory.
///
/// ```no_run
/// use aether_engine::store::RunStore;
///
/// let run = RunStore::new(".aether/runs").open("GF01")?;
/// let values = run.tick_values(3)?;
/// println!("node 1 has {} after tick 3", values.post_u()[0]);
/// # Ok::<(), aether_engine::store::StoreError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TickValues {
    shape: Arc<Shape>,
    block: Arc<Block>,
    tick: u64,
}

impl StoredRun {
    /// The numbers of a recorded tick.
    ///
    /// # Errors
    /// The file cannot be read, or the tick is not in its columns.
    pub fn tick_values(&self, tick: u64) -> Result<TickValues, StoreError> {
        let values = TickValues {
            shape: Arc::clone(self.shared_shape()),
            block: self.block(tick)?,
            tick,
        };
        match values.block.holds(tick) {
            true => Ok(values),
            false => Err(self.damaged(Damage::Missing {
                kind: RecordKind::Ledgers.name(),
                position: tick,
            })),
        }
    }
}

impl StoredRun {
    /// The ledger of a recorded tick, as its columns give it.
    pub(crate) fn ledger_of_columns(&self, tick: u64) -> Result<UmxLedger, StoreError> {
        let block = self.block(tick)?;
        let ledger = block.ledger(self.shape(), tick);
        Ok(ledger.expect("a tick is in the block that was found for it"))
    }

    /// The numbers of a recorded tick for a reader who keeps them: pre_u, du, raw, f_e and post_u. A block without other
    /// ticks is not copied; it would be decoded again for the next reader.
    pub(crate) fn numbers_to_keep(&self, tick: u64) -> Result<[Vec<i64>; 5], StoreError> {
        let values = self.tick_values(tick)?;
        let du = values.all_du();
        let [pre_u, raw, f_e, post_u] = if values.block.has_one_tick() {
            self.forget_block();
            Arc::unwrap_or_clone(values.block).into_vectors()
        } else {
            let all = values.vectors();
            [all.pre_u, all.raw, all.f_e, all.post_u].map(<[i64]>::to_vec)
        };
        Ok([pre_u, du, raw, f_e, post_u])
    }

    /// s_t and C_t of a recorded tick.
    pub(crate) fn s_t_and_chain(&self, tick: u64) -> Result<(i64, i64), StoreError> {
        self.prepare("SELECT s_t, c_t FROM p_blocks WHERE tick = ?1")?
            .query_row([header::bound(tick)], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(|error| self.fail(error))
    }
}

impl TickValues {
    /// The tick.
    #[must_use]
    pub const fn tick(&self) -> u64 {
        self.tick
    }

    /// State before the tick, external inputs added; N numbers.
    #[must_use]
    pub fn pre_u(&self) -> &[i64] {
        self.vectors().pre_u
    }

    /// State after the tick; N numbers.
    #[must_use]
    pub fn post_u(&self) -> &[i64] {
        self.vectors().post_u
    }

    /// Flux of every edge, in id order; E numbers.
    #[must_use]
    pub fn f_e(&self) -> &[i64] {
        self.vectors().f_e
    }

    /// ⌊k·|du| / SC⌋ of every edge, in id order; E numbers.
    #[must_use]
    pub fn raw(&self) -> &[i64] {
        self.vectors().raw
    }

    /// pre_u\[i\] − pre_u\[j\] of an edge, by its index from 0.
    ///
    /// # Panics
    /// The graph has no edge of that index.
    #[must_use]
    pub fn du(&self, edge: usize) -> i64 {
        let (edge, pre_u) = (&self.shape.edges[edge], self.pre_u());
        pre_u[edge.from].wrapping_sub(pre_u[edge.to])
    }

    /// pre_u\[i\] − pre_u\[j\] of every edge, in id order.
    fn all_du(&self) -> Vec<i64> {
        let pre_u = self.pre_u();
        let edges = self.shape.edges.iter();
        edges
            .map(|edge| pre_u[edge.from].wrapping_sub(pre_u[edge.to]))
            .collect()
    }

    /// Another tick, if it is in the same block.
    #[must_use]
    pub fn sibling(&self, tick: u64) -> Option<Self> {
        let found = Self {
            tick,
            ..self.clone()
        };
        found.block.holds(tick).then_some(found)
    }

    /// Size in bytes of the block, which lives as long as one of its ticks does.
    #[must_use]
    pub fn block_size(&self) -> usize {
        self.block.len() * size_of::<i64>()
    }

    fn vectors(&self) -> Vectors<'_> {
        let vectors = self.block.vectors(self.tick);
        vectors.expect("a tick is checked to be in its block")
    }
}
