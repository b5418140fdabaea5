//! Reduces the values of many ticks and rows to a grid of few cells, for heat maps.

/// Columns and rows of a heat map, at most.
const COLUMNS_MAX: u64 = 320;
const ROWS_MAX: u64 = 100;

/// How a cell summarizes the values that fall into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    Mean,
    /// The value farthest from 0, with its sign: a short peak remains visible.
    Farthest,
    Sum,
}

/// A grid of cells over ticks 1..T and rows 1..n, filled value by value.
#[derive(Clone, Debug)]
pub(super) struct Bins {
    statistic: Statistic,
    ticks: u64,
    rows: u64,
    ticks_a_cell: u64,
    rows_a_cell: u64,
    columns: usize,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    count: u64,
    sum: i128,
    farthest: i64,
}

impl Bins {
    pub(super) fn new(statistic: Statistic, ticks: u64, rows: u64) -> Self {
        let (ticks_a_cell, rows_a_cell) = (
            ticks.div_ceil(COLUMNS_MAX).max(1),
            rows.div_ceil(ROWS_MAX).max(1),
        );
        let columns = whole(ticks.div_ceil(ticks_a_cell));
        let lines = whole(rows.div_ceil(rows_a_cell));
        Self {
            statistic,
            ticks,
            rows,
            ticks_a_cell,
            rows_a_cell,
            columns,
            cells: vec![Cell::default(); columns * lines],
        }
    }

    /// Adds the values of a tick, row 1 first.
    pub(super) fn add(&mut self, tick: u64, values: impl Iterator<Item = i64>) {
        for (row, value) in (1..).zip(values) {
            self.add_one(tick, row, value);
        }
    }

    pub(super) fn add_one(&mut self, tick: u64, row: u64, value: i64) {
        assert!(
            (1..=self.ticks).contains(&tick),
            "tick {tick} is of the run"
        );
        assert!(
            (1..=self.rows).contains(&row),
            "row {row} is of the picture"
        );
        let column = whole((tick - 1) / self.ticks_a_cell);
        let line = whole((row - 1) / self.rows_a_cell);
        let cell = &mut self.cells[line * self.columns + column];
        cell.count += 1;
        cell.sum += i128::from(value);
        if value.unsigned_abs() > cell.farthest.unsigned_abs() {
            cell.farthest = value;
        }
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
    pub(super) fn lines(&self) -> impl Iterator<Item = impl Iterator<Item = Option<f64>>> {
        let statistic = self.statistic;
        self.cells
            .chunks(self.columns.max(1))
            .map(move |line| line.iter().map(move |cell| cell.value(statistic)))
    }

    /// The values of all cells that have one.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        self.cells
            .iter()
            .filter_map(|cell| cell.value(self.statistic))
    }

    /// How values were combined, as "Each cell is the mean of 4 ticks."; `None` if each cell is a
    /// single value.
    pub(super) fn note(&self, row: &str) -> Option<String> {
        let over = match (self.ticks_a_cell, self.rows_a_cell) {
            (1, 1) => return None,
            (ticks, 1) => format!("{ticks} ticks"),
            (1, rows) => format!("{rows} {row}s"),
            (ticks, rows) => format!("{ticks} ticks × {rows} {row}s"),
        };
        let what = match self.statistic {
            Statistic::Mean => "the mean",
            Statistic::Farthest => "the value farthest from 0",
            Statistic::Sum => "the sum",
        };
        Some(format!("Each cell is {what} of {over}."))
    }
}

/// A number of cells, of which a picture has at most a few hundred.
fn whole(count: u64) -> usize {
    usize::try_from(count).expect("a picture has few cells")
}

impl Cell {
    fn value(&self, statistic: Statistic) -> Option<f64> {
        (self.count > 0).then(|| match statistic {
            Statistic::Mean => self.sum as f64 / self.count as f64,
            Statistic::Farthest => self.farthest as f64,
            Statistic::Sum => self.sum as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bins: &Bins) -> Vec<Vec<Option<f64>>> {
        bins.lines().map(Iterator::collect).collect()
    }

    #[test]
    fn few_values_are_cells_of_their_own() {
        let mut bins = Bins::new(Statistic::Mean, 3, 2);
        bins.add(1, [1, -2].into_iter());
        bins.add(3, [3, 4].into_iter());
        let (some, none) = (Some, None);
        assert_eq!(
            cells(&bins),
            [[some(1.0), none, some(3.0)], [some(-2.0), none, some(4.0)]]
        );
        assert_eq!(bins.note("node"), None);
    }

    #[test]
    fn many_values_share_cells() {
        for (statistic, expected) in [
            (Statistic::Mean, -0.5),
            (Statistic::Farthest, -8.0),
            (Statistic::Sum, -2.0),
        ] {
            let mut bins = Bins::new(statistic, 2 * COLUMNS_MAX, 2 * ROWS_MAX);
            bins.add(1, [5, -8].into_iter());
            bins.add(2, [1, 0].into_iter());
            assert_eq!(bins.values().collect::<Vec<_>>(), [expected]);
            let note = bins.note("node").unwrap();
            assert!(note.ends_with("of 2 ticks × 2 nodes."), "{note}");
        }
    }

    #[test]
    #[should_panic(expected = "tick 3 is of the run")]
    fn a_tick_beyond_the_run_cannot_be_added() {
        Bins::new(Statistic::Mean, 2, 1).add(3, [1].into_iter());
    }

    #[test]
    #[should_panic(expected = "row 2 is of the picture")]
    fn a_row_beyond_the_picture_cannot_be_added() {
        Bins::new(Statistic::Mean, 2, 1).add(1, [1, 1].into_iter());
    }
}
