//! Reduces the values of many ticks and rows to a grid of few cells, for heat maps.
//!
//! A cell keeps its least and its greatest value with their places. It is drawn as the one that is
//! farther from the median of all values, so that no extreme is averaged away.

use std::ops::RangeInclusive;

use super::median::Median;

/// Columns and rows of a heat map, and cells, at most: a map of noise stays below 1 MB. The rows of
/// a map are at least one pixel high.
const COLUMNS_MAX: u64 = 320;
const ROWS_MAX: u64 = 400;
const CELLS_MAX: u64 = 64_000;

/// A grid of cells over ticks and rows 1..n, filled value by value.
#[derive(Clone, Debug)]
pub(super) struct Bins {
    first: u64,
    ticks: u64,
    rows: u64,
    ticks_a_cell: u64,
    rows_a_cell: u64,
    columns: usize,
    /// `None` for a cell without values.
    cells: Vec<Option<Extremes>>,
    median: Median,
}

/// A value with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peak {
    pub(super) value: i64,
    pub(super) tick: u64,
    /// The row, from 1.
    pub(super) row: u64,
}

/// The least and the greatest of some values; of equals, the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extremes {
    pub(super) least: Peak,
    pub(super) greatest: Peak,
}

impl Extremes {
    const fn of(peak: Peak) -> Self {
        Self {
            least: peak,
            greatest: peak,
        }
    }

    /// Those of both.
    pub(super) fn with(self, other: Self) -> Self {
        let (mut least, mut greatest) = (self.least, self.greatest);
        if other.least.value < least.value {
            least = other.least;
        }
        if other.greatest.value > greatest.value {
            greatest = other.greatest;
        }
        Self { least, greatest }
    }

    /// The value that is farther from the median.
    fn farthest(&self, median: i64) -> i64 {
        let from = |value: i64| value.abs_diff(median);
        if from(self.greatest.value) >= from(self.least.value) {
            self.greatest.value
        } else {
            self.least.value
        }
    }
}

impl Bins {
    /// A grid over some ticks, of which there is at least one.
    pub(super) fn new(ticks: &RangeInclusive<u64>, rows: u64) -> Self {
        let (first, ticks) = (*ticks.start(), ticks.end() - ticks.start() + 1);
        let rows_a_cell = rows.div_ceil(ROWS_MAX).max(1);
        let lines = rows.div_ceil(rows_a_cell).max(1);
        let columns_max = (CELLS_MAX / lines).min(COLUMNS_MAX);
        let ticks_a_cell = ticks.div_ceil(columns_max).max(1);
        let columns = whole(ticks.div_ceil(ticks_a_cell));
        Self {
            first,
            ticks,
            rows,
            ticks_a_cell,
            rows_a_cell,
            columns,
            cells: vec![None; columns * whole(lines)],
            median: Median::default(),
        }
    }

    /// Adds the values of a tick, row 1 first.
    pub(super) fn add(&mut self, tick: u64, values: impl Iterator<Item = i64>) {
        for (row, value) in (1..).zip(values) {
            self.add_one(Peak { value, tick, row });
        }
    }

    fn add_one(&mut self, peak: Peak) {
        let Peak { value, tick, row } = peak;
        let past = tick
            .checked_sub(self.first)
            .filter(|past| *past < self.ticks);
        let past = past.unwrap_or_else(|| panic!("tick {tick} is not of the picture"));
        assert!(
            (1..=self.rows).contains(&row),
            "row {row} is not of the picture"
        );
        self.median.add(value);
        let column = whole(past / self.ticks_a_cell);
        let line = whole((row - 1) / self.rows_a_cell);
        let cell = &mut self.cells[line * self.columns + column];
        let added = Extremes::of(peak);
        *cell = Some(cell.map_or(added, |cell| cell.with(added)));
    }

    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    pub(super) const fn ticks(&self) -> u64 {
        self.ticks
    }

    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) const fn ticks_a_cell(&self) -> u64 {
        self.ticks_a_cell
    }

    pub(super) const fn rows_a_cell(&self) -> u64 {
        self.rows_a_cell
    }

    pub(super) const fn columns(&self) -> usize {
        self.columns
    }

    /// The rows of cells, each from the first tick on; `None` for a cell without values.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[Option<Extremes>]> {
        self.cells.chunks(self.columns.max(1))
    }

    /// The values that are drawn, in the order of [`Bins::lines`].
    pub(super) fn drawn(&self) -> Vec<Option<i64>> {
        let median = self.median.value();
        let drawn = self.cells.iter();
        drawn
            .map(|cell| cell.map(|cell| cell.farthest(median)))
            .collect()
    }

    /// The least and the greatest of all values.
    pub(super) fn extremes(&self) -> Option<Extremes> {
        self.cells.iter().copied().flatten().reduce(Extremes::with)
    }

    /// How values were combined, as "Each cell is the value of 4 ticks that is farthest from the
    /// median, 12."; `None` if each cell is a single value.
    pub(super) fn note(&self, row: &str) -> Option<String> {
        let over = match (self.ticks_a_cell, self.rows_a_cell) {
            (1, 1) => return None,
            (ticks, 1) => format!("{ticks} ticks"),
            (1, rows) => format!("{rows} {row}s"),
            (ticks, rows) => format!("{ticks} ticks × {rows} {row}s"),
        };
        let median = self.median.value();
        Some(format!(
            "Each cell is the value of {over} that is farthest from the median, {median}."
        ))
    }
}

/// A number of cells, of which a picture has at most some thousands.
fn whole(count: u64) -> usize {
    usize::try_from(count).expect("a picture has few cells")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_cells_of_their_own() {
        let mut bins = Bins::new(&(0..=2), 2);
        bins.add(0, [1, -2].into_iter());
        bins.add(2, [3, 4].into_iter());
        assert_eq!(
            bins.drawn(),
            [Some(1), None, Some(3), Some(-2), None, Some(4)]
        );
        assert_eq!(bins.note("node"), None);
    }

    #[test]
    fn a_cell_is_the_value_farthest_from_the_median() {
        let mut bins = Bins::new(&(1..=640), 800);
        // The median is 10; one value is far below it and one farther above it.
        for tick in 1..=640 {
            bins.add(tick, std::iter::repeat_n(10, 800));
        }
        bins.add(1, [5, -1_504].into_iter());
        bins.add(3, [11, 2_000].into_iter());
        bins.add(5, [-90, 100].into_iter());
        let shared = (bins.ticks_a_cell(), bins.rows_a_cell());
        assert_eq!(shared, (4, 2));
        let drawn = bins.drawn();
        assert_eq!(drawn[0], Some(2_000));
        assert_eq!(drawn[1], Some(-90));
        let all = bins.extremes().unwrap();
        assert_eq!(
            (all.least.value, all.least.tick, all.least.row),
            (-1_504, 1, 2)
        );
        assert_eq!(
            bins.note("node").unwrap(),
            "Each cell is the value of 4 ticks × 2 nodes that is farthest from the median, 10."
        );
    }

    #[test]
    fn up_to_four_hundred_rows_have_lines_of_their_own() {
        for (ticks, rows, expected) in [
            (320, 200, (1, 1)),
            (1_000, 200, (4, 1)),
            (320, 400, (2, 1)),
            (320, 401, (2, 2)),
            (1, 1_000_000, (1, 2_500)),
        ] {
            let bins = Bins::new(&(1..=ticks), rows);
            assert_eq!(
                (bins.ticks_a_cell(), bins.rows_a_cell()),
                expected,
                "{ticks} × {rows}"
            );
        }
    }

    #[test]
    #[should_panic(expected = "tick 3 is not of the picture")]
    fn a_tick_beyond_the_picture_cannot_be_added() {
        Bins::new(&(1..=2), 1).add(3, [1].into_iter());
    }

    #[test]
    #[should_panic(expected = "row 2 is not of the picture")]
    fn a_row_beyond_the_picture_cannot_be_added() {
        Bins::new(&(1..=2), 1).add(1, [1, 1].into_iter());
    }
}
