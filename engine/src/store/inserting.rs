//! [`Inserting`]: takes the steps of a parcel in the tables of a run file.

use std::path::Path;

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, Statement};

use super::StoreError;
use super::columns::{BlockBuilder, Shape, Vectors};
use super::header::{HeaderRow, signed};
use super::parcel::{Cells, Step, TickValues};
use super::rows::Table;
use crate::record::KINDS;

/// Inserts rows, with one transaction per window.
pub(super) struct Inserting<'c> {
    path: &'c Path,
    connection: &'c Connection,
    /// As the next commit writes it.
    header: HeaderRow,
    shape: &'c Shape,
    block: BlockBuilder,
    /// The fluxes of a tick, one vector for each column.
    f_e: Vec<i64>,
    raw: Vec<i64>,
    /// The statements that insert into the tables of records, made when they are first needed.
    inserts: [Option<Statement<'c>>; KINDS.len()],
    /// Whether a transaction is open.
    open: bool,
}

impl<'c> Inserting<'c> {
    pub(super) fn new(
        path: &'c Path,
        connection: &'c Connection,
        header: HeaderRow,
        shape: &'c Shape,
        block: BlockBuilder,
    ) -> Self {
        Self {
            path,
            connection,
            header,
            shape,
            block,
            f_e: Vec::new(),
            raw: Vec::new(),
            inserts: [const { None }; KINDS.len()],
            open: false,
        }
    }

    /// The header, as the last commit wrote it.
    pub(super) fn into_header(self) -> HeaderRow {
        self.header
    }

    pub(super) fn take(&mut self, step: Step<'_>) -> Result<(), StoreError> {
        match step {
            Step::Row(table, cells) => {
                if !self.open {
                    self.execute("BEGIN IMMEDIATE")?;
                    self.open = true;
                }
                let inserted = self.insert(table, cells);
                inserted.map_err(|error| StoreError::database(self.path, error))
            }
            Step::Tick(tick, values) => match self.push(tick, &values) {
                true => self.flush(),
                false => Ok(()),
            },
            Step::Commit(rows) => {
                self.flush()?;
                if self.open {
                    self.header.count(rows);
                    self.header
                        .write(self.connection)
                        .map_err(|error| StoreError::database(self.path, error))?;
                    self.execute("COMMIT")?;
                    self.open = false;
                }
                Ok(())
            }
            Step::RollBack => {
                self.block.clear();
                // After an error such as a full disk, SQLite may have rolled back already.
                if self.open && !self.connection.is_autocommit() {
                    self.execute("ROLLBACK")?;
                }
                self.open = false;
                Ok(())
            }
        }
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.connection
            .execute_batch(sql)
            .map_err(|error| StoreError::database(self.path, error))
    }

    fn insert(&mut self, table: &Table, cells: Cells<'_>) -> rusqlite::Result<()> {
        let place = &mut self.inserts[table.kind as usize];
        let insert = match place {
            Some(insert) => insert,
            None => place.insert(self.connection.prepare(&table.insert)?),
        };
        for (cell, index) in cells.zip(1..) {
            insert.raw_bind_parameter(index, ToSqlOutput::Borrowed(cell))?;
        }
        insert.raw_execute().map(|_| ())
    }

    /// Adds a tick to the open block; returns whether the block is then full.
    fn push(&mut self, tick: u64, values: &TickValues<'_>) -> bool {
        let TickValues {
            pre_u,
            fluxes,
            post_u,
        } = values;
        self.f_e.clear();
        self.raw.clear();
        fluxes.groups(|fluxes| {
            self.f_e.extend(fluxes.iter().map(|flux| flux.f_e));
            self.raw.extend(fluxes.iter().map(|flux| flux.raw));
        });
        let vectors = Vectors {
            pre_u,
            f_e: &self.f_e,
            raw: &self.raw,
            post_u,
        };
        self.block.push(self.shape, tick, vectors)
    }

    /// Writes the open block.
    fn flush(&mut self) -> Result<(), StoreError> {
        let block = self
            .block
            .take()
            .map_err(|error| StoreError::io(self.path, error))?;
        let Some(block) = block else { return Ok(()) };
        self.connection
            .prepare_cached("INSERT INTO tick_columns VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| {
                insert.execute((signed(block.first_tick), signed(block.ticks), &block.bytes))
            })
            .map_err(|error| StoreError::database(self.path, error))?;
        Ok(())
    }
}
