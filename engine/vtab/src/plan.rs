//! How a query reaches a table: the conditions that narrow the ranges of keys, and what that costs.
//!
//! The plan is text with two characters per condition, in the order of its values: the key (`0`,
//! `1`, or `n` for the name of the second key) and the comparison. `WHERE tick >= 3 AND tick < 6 AND
//! node = 7` gives `0g0<1=`.

use std::ops::RangeInclusive;

use rusqlite::Result;
use rusqlite::types::ValueRef;
use rusqlite::vtab::{IndexConstraintOp, IndexFlags, IndexInfo};

use crate::{Ranges, Table};

/// The comparisons that narrow a range, with their characters.
const COMPARISONS: [(IndexConstraintOp, char); 5] = [
    (IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ, '='),
    (IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GT, '>'),
    (IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GE, 'g'),
    (IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LT, '<'),
    (IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LE, 'l'),
];

/// What the conditions say of one key.
#[derive(Clone, Copy, Default)]
struct Bounds {
    one: bool,
    from: bool,
    to: bool,
}

impl Bounds {
    /// How many of the values of a key are probably left.
    fn left(self, count: u64) -> u64 {
        let share = match self {
            Self { one: true, .. } => return 1,
            Self {
                from: true,
                to: true,
                ..
            } => 16,
            Self {
                from: false,
                to: false,
                ..
            } => 1,
            _ => 4,
        };
        (count / share).max(1)
    }
}

/// Chooses the conditions that the table narrows its ranges by.
pub(crate) fn choose<T: Table>(table: &T, info: &mut IndexInfo) -> Result<()> {
    let mut plan = String::new();
    let mut used = Vec::new();
    let mut bounds = [Bounds::default(); 2];
    for (place, condition) in info.constraints().enumerate() {
        let comparison = COMPARISONS
            .iter()
            .find(|(op, _)| *op == condition.operator());
        let (Some(&(_, comparison)), true) = (comparison, condition.is_usable()) else {
            continue;
        };
        let column = usize::try_from(condition.column()).ok();
        let (key, character) = match column {
            Some(0) => (0, '0'),
            Some(1) => (1, '1'),
            column if column.is_some() && column == table.name_column() => {
                // Names are compared as bytes: under another collation, more rows may be equal.
                if comparison != '=' || info.collation(place)? != "BINARY" {
                    continue;
                }
                (1, 'n')
            }
            _ => continue,
        };
        match comparison {
            '=' => bounds[key].one = true,
            '>' | 'g' => bounds[key].from = true,
            _ => bounds[key].to = true,
        }
        plan.extend([character, comparison]);
        used.push(place);
    }
    for (place, value) in used.into_iter().zip(1..) {
        info.constraint_usage(place).set_argv_index(value);
    }
    info.set_idx_str(&plan);
    let consumed = is_in_order(info, bounds[0].one);
    info.set_order_by_consumed(consumed);
    if bounds[0].one && bounds[1].one {
        info.set_idx_flags(IndexFlags::SQLITE_INDEX_SCAN_UNIQUE);
    }
    let [firsts, seconds] = table.counts();
    let (first, second) = (bounds[0].left(firsts), bounds[1].left(seconds));
    let rows = first.saturating_mul(second);
    info.set_estimated_rows(i64::try_from(rows).unwrap_or(i64::MAX));
    // All values of a first key are decoded together, whichever of them are wanted.
    let decoded = first.saturating_mul(seconds) / 8;
    info.set_estimated_cost(rows.saturating_add(decoded) as f64);
    Ok(())
}

/// Whether the order of the rows is the one that the query asks for.
fn is_in_order(info: &IndexInfo, one_first: bool) -> bool {
    let mut next = 0;
    for term in info.order_bys() {
        // Once both keys are in order, further terms decide nothing.
        if next == 2 {
            break;
        }
        if next == 0 && one_first && term.column() == 1 {
            next = 1;
        }
        if term.is_order_by_desc() || term.column() != next {
            return false;
        }
        next += 1;
    }
    true
}

/// The ranges that the conditions of a plan leave.
pub(crate) fn ranges<'v, T: Table>(
    table: &T,
    plan: &str,
    values: impl Iterator<Item = ValueRef<'v>>,
) -> Ranges {
    let mut ranges = Ranges::default();
    let mut characters = plan.chars();
    for value in values {
        let (Some(key), Some(comparison)) = (characters.next(), characters.next()) else {
            unreachable!("a plan has two characters per value");
        };
        match key {
            '0' => narrow(&mut ranges, 0, comparison, value),
            '1' => narrow(&mut ranges, 1, comparison, value),
            _ => {
                // Only text can be equal to a name.
                let key = value.as_str().ok().and_then(|name| table.named(name));
                match (key, value) {
                    (Some(key), _) => narrow(&mut ranges, 1, '=', ValueRef::Integer(key)),
                    (None, ValueRef::Text(_) | ValueRef::Null) => nothing(&mut ranges),
                    // A number is compared with names as text.
                    (None, _) => {}
                }
            }
        }
    }
    ranges
}

/// Narrows the range of a key to a superset of what the comparison leaves.
fn narrow(ranges: &mut Ranges, key: usize, comparison: char, value: ValueRef<'_>) {
    let (mut from, mut to) = (i64::MIN, i64::MAX);
    match (value, comparison) {
        // Compared with NULL, nothing is true.
        (ValueRef::Null, _) => return nothing(ranges),
        (ValueRef::Integer(number), '=') => (from, to) = (number, number),
        (ValueRef::Integer(number), '>') => match number.checked_add(1) {
            Some(least) => from = least,
            None => return nothing(ranges),
        },
        (ValueRef::Integer(number), 'g') => from = number,
        (ValueRef::Integer(number), '<') => match number.checked_sub(1) {
            Some(most) => to = most,
            None => return nothing(ranges),
        },
        (ValueRef::Integer(number), _) => to = number,
        // A conversion that does not fit ends at the nearest integer, which only widens the range.
        (ValueRef::Real(number), '=') => {
            (from, to) = (number.floor() as i64, number.ceil() as i64);
        }
        (ValueRef::Real(number), '>' | 'g') => from = number.floor() as i64,
        (ValueRef::Real(number), _) => to = number.ceil() as i64,
        // Text may be a number to SQLite, or greater than all numbers.
        (ValueRef::Text(_) | ValueRef::Blob(_), _) => {}
    }
    let range = &mut ranges.0[key];
    *range = *range.start().max(&from)..=*range.end().min(&to);
}

fn nothing(ranges: &mut Ranges) {
    let [first, _] = &mut ranges.0;
    *first = RangeInclusive::new(i64::MAX, i64::MIN);
}
