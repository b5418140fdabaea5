//! Where two sweeps diverge: which points, grouped by their first divergence, and in what region of
//! the axes.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::{PARTS, TICK_BYTES};
use crate::error::SweepError;
use crate::file::SweepFile;
use crate::row::Row;

/// Points that are named of each group.
const NAMED: usize = 5;
/// Different values that are listed of an axis.
const LISTED: usize = 8;
/// Groups whose regions are checked for other points.
const GROUPS_MAX: usize = 50;

/// How two sweeps compare.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// Whether points were matched by their numbers, since both sweeps have the same axes. If not,
    /// they were matched by their ids.
    pub by_number: bool,
    /// Points that both have.
    pub compared: u64,
    /// Those that differ.
    pub different: u64,
    /// Points that only one of them has.
    pub only: (u64, u64),
    /// The points that differ, by first divergence.
    pub groups: Vec<Group>,
    /// Groups after the first 50.
    pub more_groups: usize,
}

/// Points whose first divergence is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// Where they diverge.
    pub divergence: Divergence,
    /// How many there are.
    pub points: u64,
    /// The first of them: number in the first sweep, and values.
    pub first: Vec<(u64, Vec<String>)>,
    /// The smallest region of the axes that holds them.
    pub region: Region,
}

/// Where two runs begin to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Divergence {
    /// The tick; `None` if no tick's digest differs.
    pub tick: Option<u64>,
    /// What differs: `ledgers`, `p_blocks`, `u_ledger`, `ticks` (one run ends earlier), `status`,
    /// `other records`, or `descriptors` (of equal records).
    pub what: &'static str,
}

/// A region of the axes, and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Region {
    /// One per axis.
    pub spans: Vec<Span>,
    /// Compared points in it.
    pub compared: u64,
    /// Those that differ, in whatever way.
    pub different: u64,
}

/// The values of an axis in a region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Span {
    /// The axis.
    pub axis: String,
    /// The smallest and the largest, if all are integers.
    pub between: Option<(i64, i64)>,
    /// The different values, as JSON; empty if there are many.
    pub listed: BTreeSet<String>,
    many: bool,
    mixed: bool,
}

impl Span {
    fn add(&mut self, value: &str) {
        if !self.many {
            self.listed.insert(value.to_owned());
            if self.listed.len() > LISTED {
                self.many = true;
                self.listed.clear();
            }
        }
        match value.parse::<i64>() {
            Ok(number) if !self.mixed => {
                let (low, high) = self.between.unwrap_or((number, number));
                self.between = Some((low.min(number), high.max(number)));
            }
            _ => {
                self.mixed = true;
                self.between = None;
            }
        }
    }

    fn has(&self, value: &str) -> bool {
        match (self.between, value.parse::<i64>()) {
            (Some((low, high)), Ok(number)) => (low..=high).contains(&number),
            (Some(_), Err(_)) => false,
            (None, _) => self.many || self.listed.contains(value),
        }
    }
}

impl Region {
    fn add(&mut self, axes: &[String], values: &[String]) {
        if self.spans.is_empty() {
            self.spans.extend(axes.iter().map(|axis| Span {
                axis: axis.clone(),
                ..Span::default()
            }));
        }
        for (span, value) in self.spans.iter_mut().zip(values) {
            span.add(value);
        }
    }

    fn has(&self, values: &[String]) -> bool {
        self.spans
            .iter()
            .zip(values)
            .all(|(span, value)| span.has(value))
    }
}

/// Compares the results of two sweeps, or of two shards. Points are read one at a time.
///
/// # Errors
/// A file cannot be read or is damaged.
pub fn compare(one: &SweepFile, other: &SweepFile) -> Result<Comparison, SweepError> {
    let by_number = one.header().definition == other.header().definition;
    let mut comparison = Comparison {
        by_number,
        compared: 0,
        different: 0,
        only: (0, 0),
        groups: Vec::new(),
        more_groups: 0,
    };
    let axes = &one.header().axes;
    let mut groups: BTreeMap<Divergence, Group> = BTreeMap::new();
    pairs(one, other, by_number, &mut |pair| match pair {
        (Some(one), Some(other)) => {
            comparison.compared += 1;
            let Some(divergence) = divergence(&one, &other) else {
                return;
            };
            comparison.different += 1;
            let group = groups.entry(divergence).or_insert_with(|| Group {
                divergence,
                points: 0,
                first: Vec::new(),
                region: Region::default(),
            });
            group.points += 1;
            group.region.add(axes, &one.values);
            if group.first.len() < NAMED {
                group.first.push((one.number, one.values));
            }
        }
        (one, _) => {
            let only = if one.is_some() {
                &mut comparison.only.0
            } else {
                &mut comparison.only.1
            };
            *only += 1;
        }
    })?;
    comparison.groups = groups.into_values().collect();
    comparison.more_groups = comparison.groups.len().saturating_sub(GROUPS_MAX);
    comparison.groups.truncate(GROUPS_MAX);
    if comparison.different > 0 {
        pairs(one, other, by_number, &mut |pair| {
            let (Some(one), Some(other)) = pair else {
                return;
            };
            let differs = u64::from(divergence(&one, &other).is_some());
            for Group { region, .. } in &mut comparison.groups {
                if region.has(&one.values) {
                    region.compared += 1;
                    region.different += differs;
                }
            }
        })?;
    }
    Ok(comparison)
}

/// Where two points diverge first; `None` if they are equal.
///
/// An entry of the U-ledger depends on the check of its window, so it differs from the window's
/// start on if anything in the window does. It counts only if nothing else differs.
fn divergence(one: &Row, other: &Row) -> Option<Divergence> {
    if one.outcome(false).eq(other.outcome(false)) {
        // The records are the same; a different build may describe them otherwise.
        let (tick, what) = (None, "descriptors");
        return (one.described != other.described).then_some(Divergence { tick, what });
    }
    let ticks = one
        .digests
        .chunks(TICK_BYTES)
        .zip(other.digests.chunks(TICK_BYTES));
    let mut first: [Option<u64>; 3] = [None; 3];
    for (tick, (one, other)) in (1..).zip(ticks) {
        for (part, (one, other)) in one.chunks(8).zip(other.chunks(8)).enumerate() {
            if one != other {
                first[part].get_or_insert(tick);
            }
        }
        if first[0].is_some() {
            break;
        }
    }
    let early = (0..2).filter_map(|part| Some((first[part]?, part))).min();
    if let Some((tick, part)) = early {
        let (tick, what) = (Some(tick), PARTS[part]);
        return Some(Divergence { tick, what });
    }
    let lengths = (
        one.digests.len() / TICK_BYTES,
        other.digests.len() / TICK_BYTES,
    );
    if lengths.0 != lengths.1 {
        let tick = Some(lengths.0.min(lengths.1) as u64 + 1);
        return Some(Divergence {
            tick,
            what: "ticks",
        });
    }
    let what = match first[2] {
        Some(_) => PARTS[2],
        None if (one.status, &one.error) != (other.status, &other.error) => "status",
        None => "other records",
    };
    let tick = first[2];
    Some(Divergence { tick, what })
}

type Pair = (Option<Row>, Option<Row>);

/// Calls a function with the points of both, matched; a point that only one has comes alone.
fn pairs(
    one: &SweepFile,
    other: &SweepFile,
    by_number: bool,
    each: &mut dyn FnMut(Pair),
) -> Result<(), SweepError> {
    let rest = if by_number {
        "ORDER BY number"
    } else {
        // Of points with the same id, which are equal, the first.
        "WHERE number IN (SELECT min(number) FROM points GROUP BY id) ORDER BY id"
    };
    let failed = |file: &SweepFile, error| SweepError::database(file.path(), error);
    let (mut one_statement, mut other_statement) = (one.query(rest)?, other.query(rest)?);
    let one_rows = one_statement.query([]);
    let mut one_rows = one_rows.map_err(|error| failed(one, error))?;
    let other_rows = other_statement.query([]);
    let mut other_rows = other_rows.map_err(|error| failed(other, error))?;
    let mut mine = one.row(&mut one_rows)?;
    let mut theirs = other.row(&mut other_rows)?;
    loop {
        let order = match (&mine, &theirs) {
            (None, None) => return Ok(()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(mine), Some(theirs)) if by_number => mine.number.cmp(&theirs.number),
            (Some(mine), Some(theirs)) => mine.id.cmp(&theirs.id),
        };
        let mut pair = (None, None);
        if order.is_le() {
            pair.0 = std::mem::replace(&mut mine, one.row(&mut one_rows)?);
        }
        if order.is_ge() {
            pair.1 = std::mem::replace(&mut theirs, other.row(&mut other_rows)?);
        }
        each(pair);
    }
}
