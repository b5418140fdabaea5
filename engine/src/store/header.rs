//! The row of table `run`, which describes the run and how it ended, and table `edges`.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::columns::{Shape, ShapeEdge};
use super::row_counts::RowCounts;
use crate::canonical::{self, Canonical, Hash, Writer};
use crate::config::{RunPlan, limits};
use crate::error::RunError;
use crate::record::{Cell, FromText as _, KINDS, StatusName};
use crate::run::{Outcome, RunStatus};

/// The description of a stored run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunHeader {
    /// The run's gid.
    pub gid: String,
    /// The RunConfig's run id. The run may be stored under a different name.
    pub run_id: String,
    /// T.
    pub ticks: u64,
    /// The profile's name.
    pub profile: String,
    /// N.
    pub node_count: usize,
    /// E.
    pub edge_count: usize,
    /// How far the run got.
    pub status: RunStatus,
    /// Hash of the last committed entry of the U-ledger; `None` before the first commit.
    pub last_entry_hash: Option<Hash>,
    /// The engine that made it.
    pub engine_version: String,
}

/// Declares the row: the name of each column, its Rust type and its SQL type. The columns `id` and
/// `sha256` are the first and the last.
macro_rules! header_columns {
    ($( $(#[doc = $doc:literal])* $column:ident: $type:ty => $sql_type:literal, )+) => {
        /// The values of the row.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(super) struct HeaderRow {
            $( $(#[doc = $doc])* pub(super) $column: $type, )+
        }

        /// The names of the hashed columns, with their SQL types.
        const COLUMNS: &[(&str, &str)] = &[$( (stringify!($column), $sql_type) ),+];

        impl HeaderRow {
            /// The values of [`COLUMNS`], or of those that version 1 has.
            fn cells(&self) -> Vec<Cell<'_>> {
                let mut cells = vec![$( self.$column.cell() ),+];
                if self.rows.is_none() {
                    cells.truncate(COLUMNS_OF_VERSION_1);
                }
                cells
            }

            /// `None` if a value is not one that an engine writes.
            fn from_row(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
                $(
                    let value = cell_of(row, stringify!($column))?;
                    let Some($column) = HeaderValue::read(value) else {
                        return Ok(None);
                    };
                )+
                Ok(Some(Self { $($column),+ }))
            }
        }
    };
}

header_columns! {
    gid: String => "TEXT NOT NULL",
    run_id: String => "TEXT NOT NULL",
    ticks: u64 => "INTEGER NOT NULL",
    profile: String => "TEXT NOT NULL",
    nid: String => "TEXT NOT NULL",
    node_count: u64 => "INTEGER NOT NULL",
    edge_count: u64 => "INTEGER NOT NULL",
    scale: i64 => "INTEGER NOT NULL",
    checkpoint_spacing: u64 => "INTEGER NOT NULL",
    chain_start: i64 => "INTEGER NOT NULL",
    engine_version: String => "TEXT NOT NULL",
    inputs_sha256: Hash => "BLOB NOT NULL",
    status: StatusName => "TEXT NOT NULL",
    error: Option<RunError> => "TEXT",
    /// `None` until the run has ended, as the metrics are.
    last_entry_hash: Option<HexHash> => "TEXT",
    metrics: Option<String> => "TEXT",
    /// How many rows there are, up to the last commit; `None` in files of version 1.
    rows: Option<RowCounts> => "TEXT NOT NULL",
}

/// The last of [`COLUMNS`] is new in version 2.
const COLUMNS_OF_VERSION_1: usize = COLUMNS.len() - 1;

/// The names and types of the columns of table `run` in a version of the file.
pub(super) fn columns(version: i64) -> Vec<(&'static str, &'static str)> {
    let key = [("id", "INTEGER PRIMARY KEY CHECK (id = 1)")];
    let hash = [("sha256", "BLOB NOT NULL")];
    let hashed = match version {
        1 => &COLUMNS[..COLUMNS_OF_VERSION_1],
        _ => COLUMNS,
    };
    key.iter().chain(hashed).chain(&hash).copied().collect()
}

/// The value of a column; NULL for one that the file's version does not have.
fn cell_of<'r>(row: &'r Row<'_>, column: &str) -> rusqlite::Result<ValueRef<'r>> {
    match row.get_ref(column) {
        Err(rusqlite::Error::InvalidColumnName(_)) => Ok(ValueRef::Null),
        value => value,
    }
}

impl HeaderRow {
    /// The row of a run that starts.
    pub(super) fn begin(plan: &RunPlan) -> Self {
        Self {
            gid: plan.gid.clone(),
            run_id: plan.run_id.clone(),
            ticks: plan.ticks,
            profile: plan.profile.name.clone(),
            nid: plan.nap.nid.clone(),
            node_count: plan.topology.node_count as u64,
            edge_count: plan.topology.edges.len() as u64,
            scale: plan.topology.scale,
            checkpoint_spacing: plan.checkpoint_spacing,
            chain_start: plan.profile.chain_start,
            engine_version: crate::VERSION.to_owned(),
            inputs_sha256: canonical::hash(&plan.documents),
            status: StatusName::Incomplete,
            error: None,
            last_entry_hash: None,
            metrics: None,
            rows: Some(RowCounts::new([0; KINDS.len()], plan.aeon.is_some())),
        }
    }

    /// Notes how many rows there are, in a file whose version has that.
    pub(super) fn count(&mut self, rows: RowCounts) {
        self.rows = self.rows.map(|_| rows);
    }

    /// The row of the same run when it has ended.
    pub(super) fn end(mut self, outcome: &Outcome) -> Self {
        self.status = outcome.status.as_name();
        self.error = outcome.status.error();
        if self.status != StatusName::Incomplete {
            self.last_entry_hash = outcome.metrics.uledger_last_hash.map(HexHash);
            self.metrics = Some(canonical::text(&outcome.metrics));
        }
        self
    }

    /// How far the run got; `None` if the error does not fit the status.
    fn run_status(&self) -> Option<RunStatus> {
        match (self.status, self.error) {
            (StatusName::Complete, None) => Some(RunStatus::Complete),
            (StatusName::Incomplete, None) => Some(RunStatus::Incomplete),
            (StatusName::Failed, Some(error)) => Some(RunStatus::Failed(error)),
            _ => None,
        }
    }

    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut cells = vec![Cell::Integer(1)];
        cells.extend(self.cells());
        cells.push(Cell::Hash(canonical::hash(self)));
        let places = vec!["?"; cells.len()].join(", ");
        let sql = format!("REPLACE INTO run VALUES ({places})");
        let mut replace = connection.prepare_cached(&sql)?;
        replace
            .execute(rusqlite::params_from_iter(&cells))
            .map(|_| ())
    }

    /// The first column in which two headers differ.
    pub(super) fn differing_column(&self, other: &Self) -> Option<&'static str> {
        let (ours, theirs) = (self.cells(), other.cells());
        let mut columns = COLUMNS.iter().zip(ours.iter().zip(&theirs));
        columns
            .find(|(_, (ours, theirs))| ours != theirs)
            .map(|((column, _), _)| *column)
    }

    /// `None` if there is no row, or if it does not match its hash.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<(Self, RunStatus)>> {
        let row = connection
            .query_row("SELECT * FROM run WHERE id = 1", [], |row| {
                Ok((Self::from_row(row)?, row.get::<_, Vec<u8>>("sha256")?))
            })
            .optional()?;
        Ok(row.and_then(|(header, hash)| {
            let header = header?;
            let is_whole = canonical::hash(&header).as_bytes() == hash.as_slice();
            let status = header.run_status().filter(|_| is_whole)?;
            Some((header, status))
        }))
    }
}

/// The canonical form of all other columns, which the row's hash is over.
impl Canonical for HeaderRow {
    fn write(&self, writer: &mut Writer) {
        let names = COLUMNS.iter().map(|(column, _)| *column);
        let sorted: BTreeMap<&str, Cell<'_>> = names.zip(self.cells()).collect();
        sorted.write(writer);
    }
}

impl Canonical for Cell<'_> {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Null => writer.raw("null"),
            Self::Integer(number) => number.write(writer),
            Self::Text(text) => text.write(writer),
            Self::OwnedText(text) => text.write(writer),
            Self::Json(text) => writer.bytes(text),
            Self::Hash(hash) => hash.write(writer),
        }
    }
}

/// A value of a column of table `run`.
trait HeaderValue: Sized {
    fn cell(&self) -> Cell<'_>;

    /// `None` for a value that no engine writes.
    fn read(value: ValueRef<'_>) -> Option<Self>;
}

impl HeaderValue for String {
    fn cell(&self) -> Cell<'_> {
        Cell::Text(self)
    }

    fn read(value: ValueRef<'_>) -> Option<Self> {
        value.as_str().ok().map(str::to_owned)
    }
}

impl HeaderValue for i64 {
    fn cell(&self) -> Cell<'_> {
        Cell::Integer(*self)
    }

    fn read(value: ValueRef<'_>) -> Option<Self> {
        value.as_i64().ok()
    }
}

impl HeaderValue for u64 {
    fn cell(&self) -> Cell<'_> {
        Cell::Integer(signed(*self))
    }

    fn read(value: ValueRef<'_>) -> Option<Self> {
        i64::read(value)?.try_into().ok()
    }
}

impl HeaderValue for Hash {
    fn cell(&self) -> Cell<'_> {
        Cell::Hash(*self)
    }

    fn read(value: ValueRef<'_>) -> Option<Self> {
        value.as_blob().ok()?.try_into().ok().map(Self::from_bytes)
    }
}

/// A hash that is stored as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HexHash(pub(super) Hash);

impl HeaderValue for HexHash {
    fn cell(&self) -> Cell<'_> {
        Cell::OwnedText(self.0.to_string())
    }

    fn read(value: ValueRef<'_>) -> Option<Self> {
        value.as_str().ok()?.parse().ok().map(Self)
    }
}

impl HeaderValue for StatusName {
    fn cell(&self) -> Cell<'_> {
        Cell::Text(self.name())
    }

    fn read(value: ValueRef<'_>) -> Option<Self> {
        let name = value.as_str().ok()?;
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl HeaderValue for RowCounts {
    fn cell(&self) -> Cell<'_> {
        Cell::OwnedText(self.to_text())
    }

    fn read(value: ValueRef<'_>) -> Option<Self> {
        Self::from_text(value.as_str().ok()?)
    }
}

impl HeaderValue for RunError {
    fn cell(&self) -> Cell<'_> {
        Cell::OwnedText(canonical::text(self))
    }

    fn read(value: ValueRef<'_>) -> Option<Self> {
        Self::from_text(value.as_bytes().ok()?).ok()
    }
}

impl<V: HeaderValue> HeaderValue for Option<V> {
    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Null, HeaderValue::cell)
    }

    fn read(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            value => V::read(value).map(Some),
        }
    }
}

/// A tick or a count as an SQLite integer.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).expect("ticks and counts of a run are below 2^63")
}

/// A bound of a query, at most SQLite's greatest integer, which no key exceeds.
pub(super) fn bound(position: u64) -> i64 {
    position.min(i64::MAX.unsigned_abs()).cast_signed()
}

/// Writes table `edges`.
pub(super) fn write_edges(connection: &Connection, shape: &Shape) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO edges VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (edge, e_id) in shape.edges.iter().zip(1_i64..) {
        let (i, j) = (edge.from as u64 + 1, edge.to as u64 + 1);
        insert.execute((e_id, signed(i), signed(j), edge.k, edge.cap, edge.c))?;
    }
    Ok(())
}

/// Reads table `edges`; `None` if it does not fit the header.
pub(super) fn read_edges(
    connection: &Connection,
    header: &HeaderRow,
) -> rusqlite::Result<Option<Shape>> {
    if header.node_count > limits::NODES_MAX || header.edge_count > limits::EDGES_MAX {
        return Ok(None);
    }
    let Ok(node_count) = usize::try_from(header.node_count) else {
        return Ok(None);
    };
    let index = |id: i64| {
        let index = usize::try_from(id.checked_sub(1)?).ok()?;
        (index < node_count).then_some(index)
    };
    let mut select = connection.prepare("SELECT e_id, i, j, k, cap, c FROM edges ORDER BY e_id")?;
    let mut rows = select.query([])?;
    let mut edges = Vec::new();
    while let Some(row) = rows.next()? {
        let e_id: i64 = row.get(0)?;
        let (Some(from), Some(to)) = (index(row.get(1)?), index(row.get(2)?)) else {
            return Ok(None);
        };
        let number = signed(edges.len() as u64) + 1;
        if e_id != number || number > signed(header.edge_count) {
            return Ok(None);
        }
        edges.push(ShapeEdge {
            from,
            to,
            k: row.get(3)?,
            cap: row.get(4)?,
            c: row.get(5)?,
        });
    }
    let whole = edges.len() as u64 == header.edge_count;
    Ok(whole.then_some(Shape {
        node_count,
        scale: header.scale,
        edges,
    }))
}
