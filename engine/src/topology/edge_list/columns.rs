//! Reads the numbers of an edge from the columns of a line.

use super::{Import, Listed};
use crate::config::{Code, Draft, Span, shortened};

/// Which columns are read, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) conductance: Option<usize>,
    pub(super) cap: Option<usize>,
}

impl Columns {
    /// Number of columns that a line must have.
    fn least(self) -> usize {
        let optional = self.conductance.max(self.cap);
        let last = self.from.max(self.to);
        optional.map_or(last, |optional| last.max(optional)) + 1
    }
}

/// A column number as messages write it, from 1.
pub(super) fn numbered(column: &str) -> Option<usize> {
    let number: usize = column.parse().ok()?;
    number.checked_sub(1).filter(|_| number <= 1_000)
}

impl Import<'_> {
    /// Reads an edge from the cells of a line; returns whether more edges may follow. `place` gives
    /// the span of a cell, or of the line if it has no such cell.
    pub(super) fn line(
        &mut self,
        cells: &[&str],
        columns: Columns,
        hint: &str,
        place: impl Fn(usize) -> Span,
    ) -> bool {
        let least = columns.least();
        if cells.len() < least {
            let have = match cells.len() {
                1 => "1 column".to_owned(),
                count => format!("{count} columns"),
            };
            let message = format!("the line has {have}, and column {least} is needed");
            let draft = Draft::new(Code::EdgeLine, place(cells.len()), message)
                .expected(format!("at least {least} columns"));
            let help = (!hint.is_empty()).then(|| hint.to_owned());
            self.report(draft.help_if(help));
            return true;
        }
        let from = self.number(cells, columns.from, "a node id", hint, &place);
        let to = self.number(cells, columns.to, "a node id", hint, &place);
        let of = |column: Option<usize>, import: &mut Self| match column {
            Some(column) => import
                .number(cells, column, "a weight", WEIGHTS, &place)
                .map(Some),
            None => Some(None),
        };
        let (conductance, cap) = (of(columns.conductance, self), of(columns.cap, self));
        let (Some(from), Some(to), Some(conductance), Some(cap)) = (from, to, conductance, cap)
        else {
            return true;
        };
        let edge = Listed {
            from,
            to,
            conductance,
            cap,
        };
        self.add(edge, place(columns.to))
    }

    /// The integer of a cell, which must not be negative.
    fn number(
        &mut self,
        cells: &[&str],
        column: usize,
        noun: &str,
        hint: &str,
        place: &impl Fn(usize) -> Span,
    ) -> Option<i64> {
        let cell = cells[column];
        let number = cell.parse::<i64>().ok();
        if let Some(number) = number.filter(|number| *number >= 0 && !cell.starts_with('+')) {
            return Some(number);
        }
        let shown = shortened(cell);
        let message = match number {
            Some(number) if number < 0 => format!("{noun} is {number}, less than 0"),
            _ if cell.is_empty() => format!("{noun} is missing"),
            _ => format!("{noun} is `{shown}`, not an integer of 64 bits"),
        };
        let draft =
            Draft::new(Code::EdgeLine, place(column), message).expected("an integer of at least 0");
        let help = (!hint.is_empty()).then(|| hint.to_owned());
        self.report(draft.help_if(help));
        None
    }
}

const WEIGHTS: &str = "scale weights to integers first, or leave the column out";
