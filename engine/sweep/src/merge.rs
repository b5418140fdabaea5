//! The union of shards: one file with every point once, the same bytes whatever the shards.

use std::path::{Path, PathBuf};

use aether_disk as fs;
use rusqlite::OptionalExtension as _;

use crate::error::{Clash, SweepError};
use crate::file::{
    Header, SweepFile, columns, companion, outcome_columns, signed, unsigned, with_descriptors,
};

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

/// Merges shards, or files that were merged before, into a new file that replaces `path`.
///
/// # Errors
/// The files are not of one sweep or, unless `mixed`, not of one build; equal points differ; or a
/// file cannot be read or written. The file at `path` is then left as it was.
pub fn merge(shards: &[PathBuf], path: &Path, mixed: bool) -> Result<Merged, SweepError> {
    let header = common_header(shards, mixed)?;
    let (scratch, packed) = (companion(path, ".merging"), companion(path, ".packing"));
    let made = remove(&scratch)
        .and_then(|()| remove(&packed))
        .and_then(|()| fill(shards, &header, &scratch, &packed));
    let removed = remove(&scratch);
    let put = made.and_then(|points| {
        removed?;
        put(&packed, path).map_err(|error| SweepError::io(path, error))?;
        Ok(points)
    });
    let points = put.inspect_err(|_| {
        // The first error is the one to report.
        let _ = remove(&packed);
    })?;
    Ok(Merged {
        all: header.points,
        points,
        builds: header.builds,
    })
}

/// Puts a file in its place. Once this has returned, it survives a loss of power.
fn put(packed: &Path, path: &Path) -> std::io::Result<()> {
    fs::File::options().write(true).open(packed)?.sync_all()?;
    fs::rename(packed, path)?;
    fs::sync_dir(path.parent().unwrap_or(Path::new("")))
}

fn remove(path: &Path) -> Result<(), SweepError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(SweepError::io(path, error))
        }
        _ => Ok(()),
    }
}

/// The header of the union.
fn common_header(shards: &[PathBuf], mixed: bool) -> Result<Header, SweepError> {
    let mut common: Option<Header> = None;
    for path in shards {
        let found = SweepFile::open(path)?.header().clone();
        let Some(common) = &mut common else {
            common = Some(Header {
                share: None,
                ..found
            });
            continue;
        };
        if (&found.definition, &found.base) != (&common.definition, &common.base) {
            return Err(SweepError::Other {
                path: path.clone(),
                found: "points of a different sweep".to_owned(),
                expected: format!("is that of {}", shards[0].display()),
            });
        }
        if found.has_grammar != common.has_grammar {
            return Err(SweepError::Other {
                path: path.clone(),
                found: with_descriptors(found.has_grammar).to_owned(),
                expected: with_descriptors(common.has_grammar).to_owned(),
            });
        }
        common.keeps_records |= found.keeps_records;
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

/// Collects the points of all shards, checks them, and writes the file; returns their number.
fn fill(
    shards: &[PathBuf],
    header: &Header,
    scratch: &Path,
    packed: &Path,
) -> Result<u64, SweepError> {
    let union = SweepFile::scratch(scratch, header)?;
    let failed = |error| SweepError::database(scratch, error);
    for path in shards {
        add(&union, path, header, shards)?;
    }
    same_ids(&union, shards)?;
    let points = union
        .connection
        .query_row("SELECT count(*) FROM points", [], unsigned)
        .map_err(failed)?;
    if points > header.points {
        return Err(SweepError::damaged(
            &shards[0],
            "a file has points beyond the sweep",
        ));
    }
    let name = packed.to_str().ok_or_else(|| {
        let error = std::io::Error::other("the path of the merged file must be UTF-8");
        SweepError::io(packed, error)
    })?;
    // The layout of this file depends on its content alone, not on the order of insertion.
    union
        .connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(|error| SweepError::database(packed, error))?;
    Ok(points)
}

/// Adds a shard's points. Points that are there already must be the same.
fn add(
    union: &SweepFile,
    path: &Path,
    header: &Header,
    shards: &[PathBuf],
) -> Result<(), SweepError> {
    let shard = SweepFile::open(path)?;
    let builds = shard.header().builds.iter().map(|build| {
        let index = header.builds.binary_search(build);
        index.expect("the header has every build of the shards")
    });
    let builds: Vec<usize> = builds.collect();
    let failed = |error| SweepError::database(path, error);
    // A shard that is open exclusively cannot be attached.
    drop(shard);
    let name = path.to_str().ok_or_else(|| {
        SweepError::io(
            path,
            std::io::Error::other("the paths of shards must be UTF-8"),
        )
    })?;
    union
        .connection
        .execute("ATTACH ?1 AS shard", [name])
        .map_err(failed)?;
    let differs: Vec<String> = outcome_columns(header.has_grammar)
        .chain(["id", "axis_values"])
        .map(|column| format!("mine.{column} IS NOT theirs.{column}"))
        .collect();
    let sql = format!(
        "SELECT theirs.number FROM shard.points theirs JOIN main.points mine USING (number)
         WHERE {} ORDER BY 1 LIMIT {CLASHES_MAX}",
        differs.join(" OR ")
    );
    let mut clashes = union.connection.prepare(&sql).map_err(failed)?;
    let clashes = clashes.query_map([], unsigned).map_err(failed)?;
    let clashes: Vec<u64> = clashes.collect::<Result<_, _>>().map_err(failed)?;
    if !clashes.is_empty() {
        detach(union, path)?;
        let mut found = Vec::new();
        for number in clashes {
            found.extend(clash(shards, (number, None), (number, Some(path)))?);
        }
        return Err(SweepError::Nondeterministic(found));
    }
    let mapped: String = builds
        .iter()
        .enumerate()
        .map(|(theirs, mine)| format!(" WHEN {theirs} THEN {mine}"))
        .collect();
    let columns = columns(header.has_grammar);
    let listed = columns.strip_suffix(", build").expect("the build is last");
    // Of equal points of two builds, the first build in order is named, whatever the order of shards.
    let sql = format!(
        "INSERT INTO main.points ({columns})
         SELECT {listed}, CASE build{mapped} END FROM shard.points WHERE true
         ON CONFLICT (number) DO UPDATE SET build = min(build, excluded.build)"
    );
    union.connection.execute(&sql, []).map_err(failed)?;
    detach(union, path)
}

fn detach(union: &SweepFile, path: &Path) -> Result<(), SweepError> {
    let detached = union.connection.execute("DETACH shard", []);
    detached
        .map(|_| ())
        .map_err(|error| SweepError::database(path, error))
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
    let mut found = Vec::new();
    for (one, other) in pairs {
        found.extend(clash(shards, (one, None), (other, None))?);
    }
    if found.is_empty() {
        Ok(())
    } else {
        Err(SweepError::Nondeterministic(found))
    }
}

/// Two points that clash, with the files that hold them: the given one, or else the first.
fn clash(
    shards: &[PathBuf],
    one: (u64, Option<&Path>),
    other: (u64, Option<&Path>),
) -> Result<Option<Clash>, SweepError> {
    let find = |(number, within): (u64, Option<&Path>)| -> Result<_, SweepError> {
        for path in shards
            .iter()
            .filter(|path| within.is_none_or(|within| within == *path))
        {
            let shard = SweepFile::open(path)?;
            let columns = columns(shard.header().has_grammar);
            let sql = format!("SELECT {columns} FROM points WHERE number = ?1");
            let failed = |error| SweepError::database(path, error);
            let mut statement = shard.connection.prepare(&sql).map_err(failed)?;
            let row = statement.query_row([signed(number)], |row| Ok(shard.row(row)));
            if let Some(row) = row.optional().map_err(failed)? {
                return Ok(Some((row?, path.clone())));
            }
        }
        Ok(None)
    };
    let (Some((one, one_path)), Some((other, other_path))) = (find(one)?, find(other)?) else {
        return Ok(None);
    };
    let outcomes = one.outcome(true).zip(other.outcome(true));
    let column = outcome_columns(true)
        .zip(outcomes)
        .find(|(_, (one, other))| one != other);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(Clash {
        id: hex(&one.id),
        one: (one.number, one_path),
        other: (other.number, other_path),
        column: column.map_or("id", |(name, _)| name).to_owned(),
    }))
}
