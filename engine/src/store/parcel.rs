//! [`Parcel`]: rows and ticks on their way to the thread that writes them.
//!
//! ```text
//! steps    row of `ledgers`   tick 7              row of `log`      …
//! cells    7, blob of 32                          3, 7, text of 5   …
//! bytes    the hash                               hello             …
//! states                      pre_u post_u
//! fluxes                      those of tick 7
//! ```
//!
//! Everything is copied into vectors, which are used again: a parcel is made without a piece of
//! memory for each row or text.

use rusqlite::types::ValueRef;

use super::columns::Shape;
use super::row_counts::RowCounts;
use super::rows::{Row, Table};
use crate::record::{Fluxes, Tick};

/// A parcel is full with this many bytes, or with one tick of more: few enough that the writing thread starts early, and enough
/// that waking it costs little.
pub(super) const PARCEL_BYTES: usize = 1 << 18;

/// What is to be written, in order.
#[derive(Default)]
pub(super) struct Parcel {
    steps: Vec<PackedStep>,
    cells: Vec<PackedCell>,
    bytes: Vec<u8>,
    states: Vec<i64>,
    /// Those of the ticks first, then some with nothing to say.
    fluxes: Vec<Fluxes>,
    ticks: usize,
}

enum PackedStep {
    Row(&'static Table),
    Tick(u64),
    Commit(Box<RowCounts>),
    RollBack,
}

/// A cell; texts and blobs are the next bytes of the parcel.
enum PackedCell {
    Null,
    Integer(i64),
    Text(usize),
    Blob(usize),
}

/// One thing to do.
pub(super) enum Step<'p> {
    /// Insert a row.
    Row(&'static Table, Cells<'p>),
    /// Add a tick to the columns.
    Tick(u64, TickValues<'p>),
    /// Commit the window; there are then so many rows.
    Commit(RowCounts),
    /// Drop the window.
    RollBack,
}

/// What a tick did.
pub(super) struct TickValues<'p> {
    pub(super) pre_u: &'p [i64],
    pub(super) fluxes: &'p Fluxes,
    pub(super) post_u: &'p [i64],
}

/// The cells of a row, in column order.
pub(super) struct Cells<'p> {
    cells: std::slice::Iter<'p, PackedCell>,
    bytes: &'p [u8],
}

impl Parcel {
    pub(super) fn is_full(&self) -> bool {
        let fluxes = self.fluxes[..self.ticks].iter().map(Fluxes::size);
        let size = size_of_val(self.steps.as_slice())
            + size_of_val(self.cells.as_slice())
            + size_of_val(self.states.as_slice())
            + self.bytes.len()
            + fluxes.sum::<usize>();
        size >= PARCEL_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.steps.clear();
        self.cells.clear();
        self.bytes.clear();
        self.states.clear();
        self.ticks = 0;
    }

    pub(super) fn push_row(&mut self, row: &Row<'_>) {
        self.steps.push(PackedStep::Row(row.table));
        for cell in row.values() {
            let cell = match cell {
                ValueRef::Null => PackedCell::Null,
                ValueRef::Integer(number) => PackedCell::Integer(number),
                ValueRef::Real(_) => unreachable!("no column of a run file has type REAL"),
                ValueRef::Text(text) => {
                    self.bytes.extend_from_slice(text);
                    PackedCell::Text(text.len())
                }
                ValueRef::Blob(blob) => {
                    self.bytes.extend_from_slice(blob);
                    PackedCell::Blob(blob.len())
                }
            };
            self.cells.push(cell);
        }
    }

    pub(super) fn push_tick(&mut self, tick: &Tick) {
        self.steps.push(PackedStep::Tick(tick.tick));
        self.states.extend_from_slice(&tick.pre_u);
        self.states.extend_from_slice(&tick.post_u);
        match self.fluxes.get_mut(self.ticks) {
            Some(fluxes) => fluxes.clone_from(&tick.fluxes),
            None => self.fluxes.push(tick.fluxes.clone()),
        }
        self.ticks += 1;
    }

    pub(super) fn push_commit(&mut self, rows: RowCounts) {
        self.steps.push(PackedStep::Commit(Box::new(rows)));
    }

    pub(super) fn push_roll_back(&mut self) {
        self.steps.push(PackedStep::RollBack);
    }

    /// The steps, in order.
    pub(super) fn steps<'p>(&'p self, shape: &Shape) -> impl Iterator<Item = Step<'p>> {
        let node_count = shape.node_count;
        let mut cells = self.cells.as_slice();
        let mut bytes = self.bytes.as_slice();
        let mut states = self.states.as_slice();
        let mut fluxes = self.fluxes.iter();
        self.steps.iter().map(move |step| match step {
            PackedStep::Row(table) => {
                let of_row = take(&mut cells, table.columns.len());
                let size = of_row.iter().map(PackedCell::size).sum();
                let cells = of_row.iter();
                let bytes = take(&mut bytes, size);
                Step::Row(table, Cells { cells, bytes })
            }
            PackedStep::Tick(tick) => {
                let values = TickValues {
                    pre_u: take(&mut states, node_count),
                    fluxes: fluxes.next().expect("they were pushed with the tick"),
                    post_u: take(&mut states, node_count),
                };
                Step::Tick(*tick, values)
            }
            PackedStep::Commit(rows) => Step::Commit(**rows),
            PackedStep::RollBack => Step::RollBack,
        })
    }
}

/// Removes the first `count` elements, which were packed together.
fn take<'p, T>(rest: &mut &'p [T], count: usize) -> &'p [T] {
    let (taken, left) = rest.split_at(count);
    *rest = left;
    taken
}

impl PackedCell {
    const fn size(&self) -> usize {
        match self {
            Self::Null | Self::Integer(_) => 0,
            Self::Text(size) | Self::Blob(size) => *size,
        }
    }
}

impl<'p> Iterator for Cells<'p> {
    type Item = ValueRef<'p>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.cells.next()? {
            PackedCell::Null => ValueRef::Null,
            PackedCell::Integer(number) => ValueRef::Integer(*number),
            PackedCell::Text(size) => ValueRef::Text(take(&mut self.bytes, *size)),
            PackedCell::Blob(size) => ValueRef::Blob(take(&mut self.bytes, *size)),
        })
    }
}
