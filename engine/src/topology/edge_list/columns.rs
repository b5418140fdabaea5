//! Reads the parts of an edge from the columns of a line, and keeps account of which columns are
//! used.

use super::weight::{self, Refused};
use super::{Import, Listed};
use crate::config::{Code, Draft, Span, shortened};

/// Which columns are read, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) conductance: Option<usize>,
    pub(super) cap: Option<usize>,
    pub(super) label: Option<usize>,
    /// Whether a comma in a weight is a decimal point.
    pub(super) comma: bool,
}

impl Columns {
    /// Number of columns that a line must have.
    fn least(self) -> usize {
        self.used()
            .into_iter()
            .map(|(_, column)| column)
            .max()
            .map_or(0, |last| last + 1)
    }

    /// What each used column is, in the order in which messages name them.
    pub(super) fn used(self) -> Vec<(&'static str, usize)> {
        let optional = [
            ("k", self.conductance),
            ("cap", self.cap),
            ("label", self.label),
        ];
        let optional = optional
            .into_iter()
            .filter_map(|(what, column)| Some((what, column?)));
        [("from", self.from), ("to", self.to)]
            .into_iter()
            .chain(optional)
            .collect()
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
        let from = self.end(cells, columns.from, &place);
        let to = self.end(cells, columns.to, &place);
        let scale = self.options.k_scale;
        let weight = |column: Option<usize>, what, scale, import: &mut Self| match column {
            Some(column) => import
                .weight((what, cells[column]), scale, columns.comma, || {
                    place(column)
                })
                .map(Some),
            None => Some(None),
        };
        let conductance = weight(columns.conductance, "k", scale, self);
        let cap = weight(columns.cap, "cap", 1, self);
        let (Some(from), Some(to), Some(conductance), Some(cap)) = (from, to, conductance, cap)
        else {
            return true;
        };
        let label = columns.label.map(|column| cells[column]);
        let edge = Listed {
            from,
            to,
            conductance,
            cap,
            label: label.filter(|label| !label.is_empty()).map(Into::into),
            place: place(columns.to),
        };
        self.add(edge)
    }

    /// The name of a node.
    fn end(
        &mut self,
        cells: &[&str],
        column: usize,
        place: &impl Fn(usize) -> Span,
    ) -> Option<super::End> {
        let cell = cells[column];
        if cell.is_empty() {
            let draft = Draft::new(
                Code::EdgeLine,
                place(column),
                "the name of a node is missing",
            );
            self.report(draft.expected("the name or number of a node"));
            return None;
        }
        Some(self.ends.read(cell, place(column)))
    }

    /// The weight of a cell, which must not be negative.
    fn weight(
        &mut self,
        (what, cell): (&str, &str),
        scale: i64,
        comma: bool,
        place: impl FnOnce() -> Span,
    ) -> Option<i64> {
        let refused = match weight::scaled(cell, scale, comma) {
            Ok(weight) => return Some(weight),
            Err(refused) => refused,
        };
        let shown = shortened(cell);
        let times = if scale == 1 {
            String::new()
        } else {
            format!(" times {scale}")
        };
        let (message, help) = match refused {
            Refused::NotANumber if cell.is_empty() => (format!("{what} is missing"), None),
            Refused::NotANumber => (format!("{what} is `{shown}`, not a number"), None),
            Refused::Negative => (format!("{what} is {shown}, less than 0"), None),
            Refused::TooLarge => (format!("{what} is `{shown}`{times}, beyond 64 bits"), None),
            Refused::Fraction(enough) => {
                let help = enough.filter(|_| what == "k").map(|enough| {
                    format!(
                        "multiply every k by {enough}: add --k-scale {enough}, and choose SC to fit"
                    )
                });
                (format!("{what} is `{shown}`{times}, not an integer"), help)
            }
        };
        let draft =
            Draft::new(Code::EdgeLine, place(), message).expected("an integer of at least 0");
        self.report(draft.help(help.unwrap_or_else(|| {
            format!("correct the weight, or leave the column out and use --{what}")
        })));
        None
    }
}
