//! [`Header`]: what the points of a file are points of.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};

use crate::error::SweepError;
use crate::hash::{ValueHash, signed};
use crate::points::POINTS_MAX;

use crate::share::Share;
use crate::tables::Format;

/// What a file of a sweep is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// The axes, their values and their order, as JSON.
    pub definition: String,
    /// The id of the base's inputs.
    pub base: String,
    /// The names of the axes, in order.
    pub axes: Vec<String>,
    /// How many points the sweep has.
    pub points: u64,
    /// The share of the shard; `None` for merged shards.
    pub share: Option<Share>,
    /// Whether the records of the points were kept.
    pub keeps_records: bool,
    /// Whether the points have a grammar of AEON windows, and so [`Row::described`].
    pub has_grammar: bool,
    /// The builds of the engine that made the points.
    pub builds: Vec<String>,
}

impl Header {
    /// What makes points of a base's inputs.
    pub(crate) fn about(&self) -> (&str, &[String], u64) {
        (&self.definition, &self.axes, self.points)
    }

    /// The names of the axes as JSON.
    pub(crate) fn axes_json(&self) -> String {
        aether_json::to_string(&self.axes).expect("strings are JSON")
    }

    /// Writes it into new tables.
    pub(crate) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let (shard, shards) = self
            .share
            .map(|share| (signed(share.index()), signed(share.count())))
            .unzip();
        let mut values: Vec<Value> = vec![
            self.definition.clone().into(),
            self.base.clone().into(),
            self.axes_json().into(),
            signed(self.points).into(),
            shard.into(),
            shards.into(),
            keep(self.keeps_records).to_owned().into(),
        ];
        let hash = hash(values.iter().map(ValueRef::from), &self.builds);
        values.push(hash.to_vec().into());
        connection.execute(
            "INSERT INTO sweep VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params_from_iter(values),
        )?;
        for (index, build) in self.builds.iter().enumerate() {
            let index = signed(index as u64);
            connection.execute("INSERT INTO builds VALUES (?1, ?2)", (index, build))?;
        }
        Ok(())
    }

    /// Reads it from tables of a format.
    pub(crate) fn read(
        connection: &Connection,
        path: &Path,
        format: Format,
    ) -> Result<Self, SweepError> {
        let read = Self::read_tables(connection, format);
        let header = read.map_err(|error| SweepError::database(path, error))?;
        header.map_err(|table| {
            let what = format!("the table `{table}` is not as it was written");
            SweepError::damaged(path, what)
        })
    }

    /// The inner error is the table that is damaged.
    fn read_tables(
        connection: &Connection,
        format: Format,
    ) -> rusqlite::Result<Result<Self, &'static str>> {
        let mut builds = connection.prepare("SELECT build, name FROM builds ORDER BY build")?;
        let builds = builds.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let builds: Vec<(i64, String)> = builds.collect::<Result<_, _>>()?;
        let are_numbered = (0..)
            .zip(&builds)
            .all(|(index, (build, _))| index == *build);
        if builds.is_empty() || !are_numbered {
            return Ok(Err("builds"));
        }
        let builds: Vec<String> = builds.into_iter().map(|(_, name)| name).collect();
        let mut rows = connection.prepare("SELECT * FROM sweep")?;
        let mut rows = rows.query([])?;
        let Some(row) = rows.next()? else {
            return Ok(Err("sweep"));
        };
        let axes: String = row.get(2)?;
        let axes: Vec<String> = aether_json::from_str(&axes).unwrap_or_default();
        let names: BTreeSet<&String> = axes.iter().collect();
        let points = u64::try_from(row.get::<_, i64>(3)?).unwrap_or_default();
        let share = match (row.get::<_, Option<i64>>(4)?, row.get::<_, Option<i64>>(5)?) {
            (None, None) => Some(None),
            (Some(index), Some(count)) => format!("{index}/{count}").parse().ok().map(Some),
            _ => None,
        };
        let kept: String = row.get(6)?;
        let kept = [false, true]
            .into_iter()
            .find(|records| keep(*records) == kept);
        let (Some(share), Some(keeps_records)) = (share, kept) else {
            return Ok(Err("sweep"));
        };
        if axes.is_empty() || names.len() < axes.len() || !(1..=POINTS_MAX).contains(&points) {
            return Ok(Err("sweep"));
        }
        let header = Self {
            definition: row.get(0)?,
            base: row.get(1)?,
            axes,
            points,
            share,
            keeps_records,
            has_grammar: format.has_grammar,
            builds,
        };
        if format.has_hashes {
            let values = (0..SWEEP_HASH).map(|index| row.get_ref(index));
            let values: Vec<ValueRef<'_>> = values.collect::<Result<_, _>>()?;
            let hash = hash(values.into_iter(), &header.builds);
            if row.get_ref(SWEEP_HASH)? != ValueRef::Blob(&hash) {
                return Ok(Err("sweep"));
            }
        }
        let is_one = rows.next()?.is_none();
        Ok(if is_one { Ok(header) } else { Err("sweep") })
    }

    /// Reports a file that is not the one that is wanted.
    pub(crate) fn require(&self, path: &Path, expected: &Self) -> Result<(), SweepError> {
        let other = |found: &str, expected: &str| {
            Err(SweepError::Other {
                path: path.to_owned(),
                found: found.to_owned(),
                expected: expected.to_owned(),
            })
        };
        if self.about() != expected.about() {
            return other("points of other axes or values", "its own");
        }
        if self.base != expected.base {
            return other("points that start from other inputs", "its own");
        }
        if self.keeps_records != expected.keeps_records {
            let kept = |header: &Header| format!("`keep = \"{}\"`", keep(header.keeps_records));
            return other(&kept(self), &kept(expected));
        }
        if self.share != expected.share {
            let share = |header: &Header| {
                header
                    .share
                    .map_or("merged shards".to_owned(), |share| format!("shard {share}"))
            };
            return other(&share(self), &share(expected));
        }
        if self.builds != expected.builds {
            let builds =
                |header: &Header| format!("points of the build {}", header.builds.join(", "));
            return other(&builds(self), &builds(expected));
        }
        if self.has_grammar != expected.has_grammar {
            let described = |header: &Header| with_descriptors(header.has_grammar);
            return other(described(self), described(expected));
        }
        Ok(())
    }
}

/// The column of `sweep` that is the hash of those before it, and of the builds' names.
const SWEEP_HASH: usize = 7;

fn hash<'v>(values: impl Iterator<Item = ValueRef<'v>>, builds: &[String]) -> [u8; 32] {
    let mut hash = ValueHash::default();
    values.for_each(|value| hash.add(value));
    builds.iter().for_each(|build| hash.text(build));
    hash.finish()
}

pub(crate) const fn with_descriptors(has_grammar: bool) -> &'static str {
    if has_grammar {
        "points with descriptors"
    } else {
        "points without descriptors"
    }
}

pub(crate) const fn keep(records: bool) -> &'static str {
    if records { "records" } else { "digests" }
}
