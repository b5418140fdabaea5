//! Lines over many ticks, reduced to the least and the greatest value of each column of a chart.

use std::ops::RangeInclusive;

/// Most columns of a line.
const COLUMNS_MAX: u64 = 400;

/// One line, filled tick by tick.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    first: u64,
    ticks_a_column: u64,
    columns: Vec<Option<Column>>,
}

/// The ends of a column; of equals, the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) least: (u64, i128),
    pub(super) greatest: (u64, i128),
}

impl Envelope {
    /// A line over some ticks, of which there is at least one.
    pub(super) fn new(ticks: &RangeInclusive<u64>) -> Self {
        let count = ticks.end() - ticks.start() + 1;
        let ticks_a_column = count.div_ceil(COLUMNS_MAX).max(1);
        let columns =
            usize::try_from(count.div_ceil(ticks_a_column)).expect("a chart has few columns");
        Self {
            first: *ticks.start(),
            ticks_a_column,
            columns: vec![None; columns],
        }
    }

    pub(super) fn add(&mut self, tick: u64, value: i128) {
        let place = usize::try_from((tick - self.first) / self.ticks_a_column);
        let column = &mut self.columns[place.expect("a chart has few columns")];
        let here = (tick, value);
        let column = column.get_or_insert(Column {
            least: here,
            greatest: here,
        });
        if value < column.least.1 {
            column.least = here;
        }
        if value > column.greatest.1 {
            column.greatest = here;
        }
    }

    /// The columns with the ticks that they cover.
    pub(super) fn columns(&self) -> impl Iterator<Item = (RangeInclusive<u64>, Option<Column>)> {
        (0..).zip(&self.columns).map(|(place, column)| {
            let from = self.first + place * self.ticks_a_column;
            (from..=from + self.ticks_a_column - 1, *column)
        })
    }

    /// The points of the line: one or two of each column, in the order of their ticks.
    pub(super) fn points(&self) -> Vec<(u64, i128)> {
        let mut points = Vec::new();
        for Column { least, greatest } in self.columns.iter().flatten().copied() {
            let mut ends = [least, greatest];
            ends.sort_unstable();
            points.push(ends[0]);
            if least.0 != greatest.0 {
                points.push(ends[1]);
            }
        }
        points
    }

    /// The least and the greatest value.
    pub(super) fn range(&self) -> Option<(i128, i128)> {
        let columns = self.columns.iter().flatten();
        let ends = columns.map(|column| (column.least.1, column.greatest.1));
        ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// How ticks were combined; `None` if each tick has a point.
    pub(super) fn note(&self) -> Option<String> {
        let ticks = self.ticks_a_column;
        (ticks > 1).then(|| {
            format!("Lines go through the least and the greatest value of every {ticks} ticks.")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_the_extremes_of_each_column() {
        let mut line = Envelope::new(&(0..=799));
        for tick in 0..=799 {
            line.add(
                tick,
                if tick == 601 {
                    -7
                } else {
                    i128::from(tick % 2)
                },
            );
        }
        assert_eq!(line.ticks_a_column, 2);
        let points = line.points();
        assert_eq!(points[..2], [(0, 0), (1, 1)]);
        assert!(points.contains(&(601, -7)));
        assert!(points.is_sorted_by_key(|(tick, _)| *tick));
        assert_eq!(line.range(), Some((-7, 1)));
        assert!(line.note().unwrap().contains("every 2 ticks"));
    }

    #[test]
    fn few_ticks_are_points_of_their_own() {
        let mut line = Envelope::new(&(5..=7));
        line.add(5, 2);
        line.add(7, 2);
        assert_eq!(line.points(), [(5, 2), (7, 2)]);
        assert_eq!(line.note(), None);
        assert_eq!(line.columns().count(), 3);
    }
}
