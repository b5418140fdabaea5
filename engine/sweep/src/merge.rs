//! The union of shards: one file with every point once, the same bytes whatever the shards.

use std::io;
use std::path::{Path, PathBuf};

use aether_disk::{Existing, Replacement};

use crate::error::{Clash, SweepError};
use crate::file::{SweepFile, unsigned};
use crate::hash::hex;
use crate::header::{Header, with_descriptors};
use crate::row::{Row, outcome_columns};

/// Most clashes that are reported.
const CLASHES_MAX: usize = 10;

/// What was merged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merged {
    /// Points of the sweep.
    pub all: u64,
    /// Points of the merged file.
    pub points: u64,
    /// The builds of the engine that made them.
    pub builds: Vec<String>,
}

/// How shards are merged.
#[derive(Clone, Copy, Debug, Default)]
pub struct MergeOptions {
    /// Merges shards of different builds.
    pub mixed: bool,
    /// Replaces a file that is there when the new one is complete.
    pub replaces: bool,
}

/// Merges shards, or files that were merged before, into a new file at `path`. `begun` is called with each
/// temporary file: only if the process is killed does one stay.
///
/// # Errors
/// The files are not of one sweep or not of one build; equal points differ; a file cannot be read or written; or one
/// is at `path` that is not to be replaced. The file at `path` is then left as it was.
pub fn merge(
    shards: &[PathBuf],
    path: &Path,
    options: MergeOptions,
    begun: &mut dyn FnMut(&Path),
) -> Result<Merged, SweepError> {
    let io = |error| SweepError::io(path, error);
    let header = common_header(shards, options.mixed)?;
    let mut begin = || {
        let file = Replacement::begin(path).map_err(io)?;
        begun(file.beside());
        Ok::<_, SweepError>(file)
    };
    let (scratch, packed) = (begin()?, begin()?);
    let union = SweepFile::scratch(scratch.beside(), path, &header)?;
    for shard in shards {
        add(&union, shard, shards)?;
    }
    same_ids(&union, shards)?;
    let points = union.counts()?.iter().sum();
    let place = std::path::absolute(packed.beside()).map_err(io)?;
    let place = place.to_str().ok_or_else(|| {
        let message = "the path of the merged file must be UTF-8";
        io(io::Error::new(io::ErrorKind::InvalidInput, message))
    })?;
    // The layout of this file depends on its content alone, not on the order of insertion.
    let packing = union.connection.execute("VACUUM INTO ?1", [place]);
    packing.map_err(|error| SweepError::database(path, error))?;
    drop((union, scratch));
    let existing = match options.replaces {
        true => Existing::Replace,
        false => Existing::Keep,
    };
    packed.finish(path, existing).map_err(io)?;
    Ok(Merged {
        all: header.points,
        points,
        builds: header.builds,
    })
}

/// The header of the union.
fn common_header(shards: &[PathBuf], mixed: bool) -> Result<Header, SweepError> {
    let mut common: Option<Header> = None;
    for path in shards {
        let found = SweepFile::header_of(path)?;
        let Some(common) = &mut common else {
            common = Some(Header {
                share: None,
                // The records are beside the shards.
                keeps_records: false,
                ..found
            });
            continue;
        };
        if found.about() != common.about() || found.base != common.base {
            return Err(SweepError::Foreign {
                path: path.clone(),
                first: shards[0].clone(),
            });
        }
        if found.has_grammar != common.has_grammar {
            return Err(SweepError::Other {
                path: path.clone(),
                found: with_descriptors(found.has_grammar).to_owned(),
                expected: with_descriptors(common.has_grammar).to_owned(),
            });
        }
        common.builds.extend(found.builds);
    }
    let mut header = common.expect("the command line asks for at least one file");
    header.builds.sort();
    header.builds.dedup();
    if header.builds.len() > 1 && !mixed {
        return Err(SweepError::Mixed(header.builds));
    }
    Ok(header)
}

/// Adds a shard's points. Points that are there already must be the same.
fn add(union: &SweepFile, path: &Path, shards: &[PathBuf]) -> Result<(), SweepError> {
    let shard = SweepFile::open(path)?;
    let has_grammar = union.header().has_grammar;
    let builds = shard.header().builds.iter().map(|build| {
        let index = union.header().builds.binary_search(build);
        index.expect("the header has every build of the shards")
    });
    let builds: Vec<usize> = builds.collect();
    let mut clashes = Vec::new();
    union.execute("BEGIN")?;
    shard.rows(|mut theirs| {
        theirs.build = builds[theirs.build];
        if union.insert(&theirs)? {
            return Ok(());
        }
        let mine = union.point(theirs.number)?;
        let mine = mine.expect("a point with the number is there");
        let is_same = mine.id == theirs.id
            && mine.values == theirs.values
            && mine.outcome(has_grammar).eq(theirs.outcome(has_grammar));
        if !is_same && clashes.len() < CLASHES_MAX {
            let first = holder(theirs.number, shards)?;
            clashes.push(Clash::new((&mine, first), (&theirs, path.to_owned())));
        } else if is_same && theirs.build < mine.build {
            // Of two builds, the first in order is named, whatever the order of shards.
            union.replace(&theirs)?;
        }
        Ok::<(), SweepError>(())
    })?;
    union.execute("COMMIT")?;
    refuse(clashes)
}

fn refuse(clashes: Vec<Clash>) -> Result<(), SweepError> {
    if clashes.is_empty() {
        Ok(())
    } else {
        Err(SweepError::Nondeterministic(clashes))
    }
}

/// The first file that has a point.
fn holder(number: u64, shards: &[PathBuf]) -> Result<PathBuf, SweepError> {
    for path in shards {
        if SweepFile::open_again(path)?.point(number)?.is_some() {
            return Ok(path.clone());
        }
    }
    unreachable!("every point of the union is from a shard")
}

/// Checks that points with the same id are the same.
fn same_ids(union: &SweepFile, shards: &[PathBuf]) -> Result<(), SweepError> {
    let failed = |error| SweepError::database(union.path(), error);
    let has_grammar = union.header().has_grammar;
    let differs: Vec<String> = outcome_columns(has_grammar)
        .map(|column| format!("one.{column} IS NOT other.{column}"))
        .collect();
    let sql = format!(
        "WITH twins AS (SELECT id, min(number) AS first FROM points GROUP BY id HAVING count(*) > 1)
         SELECT one.number, other.number FROM twins
         JOIN points one ON one.number = twins.first
         JOIN points other ON other.id = twins.id AND other.number > twins.first
         WHERE {} ORDER BY 1, 2 LIMIT {CLASHES_MAX}",
        differs.join(" OR ")
    );
    let mut statement = union.connection.prepare(&sql).map_err(failed)?;
    let pairs = statement
        .query_map([], |row| Ok((unsigned(row)?, row.get::<_, u32>(1)?.into())))
        .map_err(failed)?;
    let pairs: Vec<(u64, u64)> = pairs.collect::<Result<_, _>>().map_err(failed)?;
    let side = |number| -> Result<(Row, PathBuf), SweepError> {
        let point = union.point(number)?;
        let point = point.expect("the query has found it");
        Ok((point, holder(number, shards)?))
    };
    let clashes = pairs.into_iter().map(|(one, other)| {
        let (one, other) = (side(one)?, side(other)?);
        Ok(Clash::new((&one.0, one.1), (&other.0, other.1)))
    });
    refuse(clashes.collect::<Result<_, SweepError>>()?)
}

impl Clash {
    /// Two points that clash, with the files that hold them.
    pub(crate) fn new(one: (&Row, PathBuf), other: (&Row, PathBuf)) -> Self {
        let outcomes = one.0.outcome(true).zip(other.0.outcome(true));
        let column = outcome_columns(true)
            .zip(outcomes)
            .find(|(_, (one, other))| one != other)
            .map(|(name, _)| name);
        let is_same_id = one.0.id == other.0.id;
        Self {
            id: hex(&one.0.id),
            one: (one.0.number, one.1),
            other: (other.0.number, other.1),
            column: match column {
                Some(name) => name,
                None if is_same_id => "axis_values",
                None => "id",
            }
            .to_owned(),
        }
    }
}
