//! The one row of table `run`: what the run is and how it ended.

use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use super::columns::{Shape, ShapeEdge};
use crate::canonical::{self, Canonical, Hash, Object, Writer};
use crate::config::RunPlan;
use crate::run::{Outcome, RunStatus};

/// How far a stored run came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredStatus {
    /// All ticks are recorded.
    Complete,
    /// The run was cut off or stopped, or is being written; what is there is as good as in a
    /// complete run.
    Incomplete,
    /// The run cannot go on; with its error record.
    Failed {
        /// The error as canonical JSON, as exports have it.
        error: String,
    },
}

impl StoredStatus {
    /// The name in exports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Failed { .. } => "failed",
        }
    }

    pub(super) fn error(&self) -> Option<&str> {
        match self {
            Self::Failed { error } => Some(error),
            Self::Complete | Self::Incomplete => None,
        }
    }
}

/// What a stored run says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunHeader {
    /// The run's gid.
    pub gid: String,
    /// The RunConfig's run id, which is not the name under which the run is stored.
    pub run_id: String,
    /// T.
    pub ticks: u64,
    /// The profile's name.
    pub profile: String,
    /// N.
    pub node_count: usize,
    /// E.
    pub edge_count: usize,
    /// How far it came.
    pub status: StoredStatus,
    /// Hash of the last committed entry of the U-ledger; none before the first commit.
    pub last_entry_hash: Option<Hash>,
    /// The engine that made it.
    pub engine_version: String,
}

/// The row itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeaderRow {
    pub(super) gid: String,
    pub(super) run_id: String,
    pub(super) ticks: u64,
    pub(super) profile: String,
    pub(super) nid: String,
    pub(super) node_count: u64,
    pub(super) edge_count: u64,
    pub(super) scale: i64,
    pub(super) checkpoint_spacing: u64,
    pub(super) chain_start: i64,
    pub(super) engine_version: String,
    pub(super) inputs: Hash,
    pub(super) status: StoredStatus,
    /// None until the run has ended, as the metrics are.
    pub(super) last_entry_hash: Option<Hash>,
    pub(super) metrics: Option<String>,
}

impl HeaderRow {
    /// Of a run that begins.
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
            inputs: canonical::hash(&plan.documents),
            status: StoredStatus::Incomplete,
            last_entry_hash: None,
            metrics: None,
        }
    }

    /// The same run, ended.
    pub(super) fn end(mut self, outcome: &Outcome) -> Self {
        self.status = match &outcome.status {
            RunStatus::Complete => StoredStatus::Complete,
            RunStatus::Incomplete => StoredStatus::Incomplete,
            RunStatus::Failed(error) => StoredStatus::Failed {
                error: canonical::text(error),
            },
        };
        if self.status != StoredStatus::Incomplete {
            self.last_entry_hash = outcome.metrics.uledger_last_hash;
            self.metrics = Some(canonical::text(&outcome.metrics));
        }
        self
    }

    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let last_entry_hash = self.last_entry_hash.map(|hash| hash.to_string());
        connection.execute(
            "REPLACE INTO run VALUES (1, :gid, :run_id, :ticks, :profile, :nid, :node_count,
             :edge_count, :scale, :checkpoint_spacing, :chain_start, :engine_version, :inputs,
             :status, :error, :last_entry_hash, :metrics, :sha256)",
            named_params! {
                ":gid": self.gid,
                ":run_id": self.run_id,
                ":ticks": signed(self.ticks),
                ":profile": self.profile,
                ":nid": self.nid,
                ":node_count": signed(self.node_count),
                ":edge_count": signed(self.edge_count),
                ":scale": self.scale,
                ":checkpoint_spacing": signed(self.checkpoint_spacing),
                ":chain_start": self.chain_start,
                ":engine_version": self.engine_version,
                ":inputs": self.inputs.as_bytes(),
                ":status": self.status.name(),
                ":error": self.status.error(),
                ":last_entry_hash": last_entry_hash,
                ":metrics": self.metrics,
                ":sha256": canonical::hash(self).as_bytes(),
            },
        )?;
        Ok(())
    }

    /// The first column in which two headers differ.
    pub(super) fn differing_column(&self, other: &Self) -> Option<&'static str> {
        let columns = [
            ("gid", self.gid == other.gid),
            ("run_id", self.run_id == other.run_id),
            ("ticks", self.ticks == other.ticks),
            ("profile", self.profile == other.profile),
            ("nid", self.nid == other.nid),
            ("node_count", self.node_count == other.node_count),
            ("edge_count", self.edge_count == other.edge_count),
            ("scale", self.scale == other.scale),
            (
                "checkpoint_spacing",
                self.checkpoint_spacing == other.checkpoint_spacing,
            ),
            ("chain_start", self.chain_start == other.chain_start),
            (
                "engine_version",
                self.engine_version == other.engine_version,
            ),
            ("inputs_sha256", self.inputs == other.inputs),
            ("status", self.status.name() == other.status.name()),
            ("error", self.status.error() == other.status.error()),
            (
                "last_entry_hash",
                self.last_entry_hash == other.last_entry_hash,
            ),
            ("metrics", self.metrics == other.metrics),
        ];
        columns
            .into_iter()
            .find(|(_, equal)| !equal)
            .map(|(column, _)| column)
    }

    /// None where there is no row, or not one that stands by its hash.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        let row = connection
            .query_row("SELECT * FROM run WHERE id = 1", [], |row| {
                Ok((Self::from_row(row)?, row.get::<_, Vec<u8>>("sha256")?))
            })
            .optional()?;
        Ok(row.and_then(|(header, hash)| {
            let header = header?;
            (canonical::hash(&header).as_bytes() == hash.as_slice()).then_some(header)
        }))
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
        let error = row.get::<_, Option<String>>("error")?;
        let status = match (row.get::<_, String>("status")?.as_str(), error) {
            ("complete", None) => StoredStatus::Complete,
            ("incomplete", None) => StoredStatus::Incomplete,
            ("failed", Some(error)) => StoredStatus::Failed { error },
            _ => return Ok(None),
        };
        let inputs = row.get::<_, Vec<u8>>("inputs_sha256")?;
        let Ok(inputs) = inputs.try_into().map(Hash::from_bytes) else {
            return Ok(None);
        };
        let last_entry_hash = match row.get::<_, Option<String>>("last_entry_hash")? {
            None => None,
            Some(text) => match text.parse() {
                Ok(hash) => Some(hash),
                Err(_) => return Ok(None),
            },
        };
        let count = |column: &str| {
            row.get::<_, i64>(column)
                .map(|value| u64::try_from(value).ok())
        };
        let counts = (
            count("ticks")?,
            count("node_count")?,
            count("edge_count")?,
            count("checkpoint_spacing")?,
        );
        let (Some(ticks), Some(node_count), Some(edge_count), Some(checkpoint_spacing)) = counts
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            gid: row.get("gid")?,
            run_id: row.get("run_id")?,
            ticks,
            profile: row.get("profile")?,
            nid: row.get("nid")?,
            node_count,
            edge_count,
            scale: row.get("scale")?,
            checkpoint_spacing,
            chain_start: row.get("chain_start")?,
            engine_version: row.get("engine_version")?,
            inputs,
            status,
            last_entry_hash,
            metrics: row.get("metrics")?,
        }))
    }
}

/// What the row's hash is over: every other column of it.
impl Canonical for HeaderRow {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("chain_start", &self.chain_start);
        object.field("checkpoint_spacing", &self.checkpoint_spacing);
        object.field("edge_count", &self.edge_count);
        object.field("engine_version", &self.engine_version);
        object.field("error", &self.status.error());
        object.field("gid", &self.gid);
        object.field("inputs_sha256", &self.inputs);
        object.field("last_entry_hash", &self.last_entry_hash);
        object.field("metrics", &self.metrics);
        object.field("nid", &self.nid);
        object.field("node_count", &self.node_count);
        object.field("profile", &self.profile);
        object.field("run_id", &self.run_id);
        object.field("scale", &self.scale);
        object.field("status", self.status.name());
        object.field("ticks", &self.ticks);
        object.end();
    }
}

/// Ticks and counts as SQLite keeps them; none of a valid plan is beyond its range.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
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

/// Reads table `edges`; none where it is not what the header announces.
pub(super) fn read_edges(
    connection: &Connection,
    header: &HeaderRow,
) -> rusqlite::Result<Option<Shape>> {
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
        if e_id - 1 != signed(edges.len() as u64) {
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
