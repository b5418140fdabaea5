//! [`Row`]: a finished point, as a row of the table `points`, with the hash that covers it.

use aether_engine::record::Metrics;
use rusqlite::types::{Value, ValueRef};

use crate::described::Described;
use crate::hash::{ValueHash, signed};
use crate::header::Header;
use crate::tables::Format;

/// How a point ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The run reached its end.
    Complete,
    /// The run ended early, with an error.
    Failed,
    /// The point's documents have problems, so that it was not run.
    Refused,
}

impl Status {
    pub(crate) const ALL: [Self; 3] = [Self::Complete, Self::Failed, Self::Refused];

    /// The name in files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

/// A metric of a run as a column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name, in files and tables.
    pub name: &'static str,
    value: fn(&Metrics) -> i64,
}

/// Number of metrics that are columns.
pub(crate) const METRICS: usize = 13;

macro_rules! columns {
    ($($name:ident),*) => {
        [$(Column {
            name: stringify!($name),
            value: |metrics| i64::try_from(metrics.$name).expect("counts of records fit 63 bits"),
        }),*]
    };
}

impl Column {
    /// The metrics of a point, in the order in which files and tables have them.
    #[rustfmt::skip]
    pub const ALL: [Self; METRICS] = columns![
        total_ticks, window_count, l_total, apx_manifests, i_blocks, uledger_entries, nap_ctrl,
        nap_ingress, nap_data, nap_egress, pfna_applied, codex_motifs, codex_proposals
    ];
}

/// A finished point.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// Its number in the sweep, from 0.
    pub number: u64,
    /// The SHA-256 of its resolved inputs.
    pub id: [u8; 32],
    /// The value of each axis, as JSON.
    pub values: Vec<String>,
    /// How it ended.
    pub status: Status,
    /// Why it did not reach its end, as JSON or as text.
    pub error: Option<String>,
    /// The hash of the last entry of its U-ledger.
    pub last_entry_hash: Option<[u8; 32]>,
    /// The SHA-256 of the hashes of all its records.
    pub records_hash: Option<[u8; 32]>,
    /// [`Column::ALL`]; `None` if it was not run.
    pub metrics: Option<[i64; METRICS]>,
    /// Bits by window and stream, as JSON.
    pub bits: Option<String>,
    /// 24 bytes per tick.
    pub digests: Vec<u8>,
    /// What descriptors of AEON windows need; `None` without a grammar, or if it was not run.
    pub described: Option<Described>,
    /// The build that made it, as an index into [`Header::builds`].
    pub build: usize,
}

impl Row {
    /// Sets what a run amounts to.
    pub(crate) fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.metrics = Some(Column::ALL.map(|column| (column.value)(metrics)));
        let bits = aether_json::to_string(&metrics.l_total_by_window);
        self.bits = Some(bits.expect("a map of integers is JSON"));
        self.last_entry_hash = metrics.uledger_last_hash.map(|hash| *hash.as_bytes());
        self
    }

    /// The values that say how the point came out, in the order of [`outcome_columns`]; without the
    /// build. Those that only sweeps with a grammar have come last.
    pub(crate) fn outcome(&self, has_grammar: bool) -> impl Iterator<Item = Value> {
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
        let hash = |hash: &Option<[u8; 32]>| hash.map_or(Value::Null, |hash| hash.to_vec().into());
        let metrics = (0..METRICS).map(|index| {
            let value = self.metrics.map(|metrics| metrics[index]);
            value.map_or(Value::Null, Value::Integer)
        });
        let metrics: Vec<Value> = metrics.collect();
        let described = has_grammar.then(|| Described::values(self.described.as_ref()));
        [
            Value::Text(self.status.name().to_owned()),
            text(&self.error),
            hash(&self.last_entry_hash),
            hash(&self.records_hash),
        ]
        .into_iter()
        .chain(metrics)
        .chain([text(&self.bits), Value::Blob(self.digests.clone())])
        .chain(described.into_iter().flatten())
    }
}

/// The columns of `points` that say how a point came out.
pub(crate) fn outcome_columns(has_grammar: bool) -> impl Iterator<Item = &'static str> {
    let before = ["status", "error", "last_entry_hash", "records_hash"];
    let metrics = Column::ALL.iter().map(|column| column.name);
    before
        .into_iter()
        .chain(metrics)
        .chain(["l_total_by_window", "digests"])
        .chain(Described::COLUMNS.into_iter().filter(move |_| has_grammar))
}

/// All columns of `points`, those of a point itself before its build and its hash.
pub(crate) fn columns(format: Format) -> Vec<&'static str> {
    let hash = ["point_hash"].into_iter().filter(|_| format.has_hashes);
    ["number", "id", "axis_values"]
        .into_iter()
        .chain(outcome_columns(format.has_grammar))
        .chain(["build"])
        .chain(hash)
        .collect()
}

/// The hashes of the points of a sweep.
///
/// The hash of a point is the SHA-256 of the sweep's definition, base, axes and number of points, of all columns
/// of the point before its build, and of its build's name. `docs/sweeps.md` says how each value is written.
pub(crate) struct Seal(ValueHash);

impl Seal {
    pub(crate) fn new(header: &Header) -> Self {
        let mut hash = ValueHash::default();
        for text in [&header.definition, &header.base, &header.axes_json()] {
            hash.text(text);
        }
        hash.add(ValueRef::Integer(signed(header.points)));
        Self(hash)
    }

    fn hash<'v>(&self, values: impl Iterator<Item = ValueRef<'v>>, build: &str) -> [u8; 32] {
        let mut hash = self.0.clone();
        values.for_each(|value| hash.add(value));
        hash.text(build);
        hash.finish()
    }
}

impl Row {
    /// The values of [`columns`].
    pub(crate) fn values(&self, header: &Header, format: Format, seal: &Seal) -> Vec<Value> {
        let own = [
            Value::Integer(signed(self.number)),
            Value::Blob(self.id.to_vec()),
            Value::Text(format!("[{}]", self.values.join(","))),
        ];
        let mut values: Vec<Value> = own
            .into_iter()
            .chain(self.outcome(format.has_grammar))
            .collect();
        let hash = seal.hash(
            values.iter().map(ValueRef::from),
            &header.builds[self.build],
        );
        values.push(Value::Integer(signed(self.build as u64)));
        if format.has_hashes {
            values.push(Value::Blob(hash.to_vec()));
        }
        values
    }

    /// Reads a row of [`columns`]; the inner error says what is damaged.
    pub(crate) fn read(
        row: &rusqlite::Row<'_>,
        header: &Header,
        format: Format,
        seal: &Seal,
    ) -> rusqlite::Result<Result<Self, String>> {
        let number: i64 = row.get(0)?;
        let damaged = |column: &str| {
            Ok(Err(format!(
                "`{column}` of point {number} is not as it was written"
            )))
        };
        let values: String = row.get(2)?;
        let Ok(aether_json::Value::Array(values)) = aether_json::from_str(&values) else {
            return damaged("axis_values");
        };
        if values.len() != header.axes.len() {
            return damaged("axis_values");
        }
        let status: String = row.get(3)?;
        let Some(status) = Status::ALL.into_iter().find(|known| known.name() == status) else {
            return damaged("status");
        };
        let mut metrics = [None; METRICS];
        for (index, metric) in (FIRST_METRIC..).zip(&mut metrics) {
            *metric = row.get::<_, Option<i64>>(index)?;
        }
        let metrics = match metrics.iter().flatten().count() {
            0 => None,
            METRICS => Some(metrics.map(Option::unwrap_or_default)),
            _ => return damaged("metrics"),
        };
        let last = FIRST_METRIC + METRICS;
        let mut described = None;
        let mut build_at = last + 2;
        if format.has_grammar {
            match Described::read(row, build_at)? {
                Ok(read) => described = read,
                Err(column) => return damaged(column),
            }
            build_at += Described::COLUMNS.len();
        }
        let build = usize::try_from(row.get::<_, i64>(build_at)?);
        let Some((build, name)) = build.ok().and_then(|at| Some((at, header.builds.get(at)?)))
        else {
            return damaged("build");
        };
        if format.has_hashes {
            let values = (0..build_at).map(|index| row.get_ref(index));
            let values: Vec<ValueRef<'_>> = values.collect::<Result<_, _>>()?;
            let hash = seal.hash(values.into_iter(), name);
            if row.get_ref(build_at + 1)? != ValueRef::Blob(&hash) {
                return Ok(Err(format!(
                    "point {number} does not have the hash that it was written with"
                )));
            }
        }
        let hash = |index: usize| -> rusqlite::Result<Option<Option<[u8; 32]>>> {
            let bytes: Option<Vec<u8>> = row.get(index)?;
            Ok(bytes.map_or(Some(None), |bytes| bytes.try_into().ok().map(Some)))
        };
        let (Ok(number), Some(Some(id)), Some(last_entry_hash), Some(records_hash)) =
            (u64::try_from(number), hash(1)?, hash(5)?, hash(6)?)
        else {
            return damaged("number, or a hash");
        };
        Ok(Ok(Self {
            number,
            id,
            values: values.iter().map(ToString::to_string).collect(),
            status,
            error: row.get(4)?,
            last_entry_hash,
            records_hash,
            metrics,
            bits: row.get(last)?,
            digests: row.get(last + 1)?,
            described,
            build,
        }))
    }
}

/// Where the metrics begin in [`columns`].
const FIRST_METRIC: usize = 7;
