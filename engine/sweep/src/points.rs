//! [`Points`]: the values of each point of a sweep, made on demand.
//!
//! Points are numbered from 0. In a grid, the last axis varies fastest; in a zip and in a table,
//! point n has the n-th values. Nothing is expanded: a grid of 10^9 points takes no memory.

use std::path::Path;

use aether_engine::canonical::Hash;
use aether_engine::config::{
    Axis, AxisValues, Code, Combine, FileSystem, Place, Problem, ReadDocument, Report, Sweep,
    cell_value,
};
use sha2::{Digest, Sha256};

use crate::hash::hex;
use crate::sample;

/// Most points of a sweep.
pub(crate) const POINTS_MAX: u64 = 1_000_000_000;
/// Largest table, in bytes.
const TABLE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// The points of a sweep, in their fixed order.
#[derive(Clone, Debug)]
pub struct Points {
    axes: Vec<Axis>,
    order: Order,
    count: u64,
    definition: String,
    base: String,
}

#[derive(Clone, Debug)]
enum Order {
    Grid,
    Zip,
    Table(Cells),
}

/// The cells of a table, row by row, as JSON texts end to end.
#[derive(Clone, Debug, Default)]
struct Cells {
    text: String,
    ends: Vec<usize>,
}

impl Cells {
    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    fn get(&self, index: usize) -> &str {
        let start = index
            .checked_sub(1)
            .map_or(0, |previous| self.ends[previous]);
        &self.text[start..self.ends[index]]
    }
}

impl Points {
    /// The points of a sweep; reads its table, if it has one.
    ///
    /// # Errors
    /// The table has problems, or there are too many points.
    pub fn new(sweep: &Sweep, files: &FileSystem) -> Result<Self, Report> {
        let axes = sweep.axes().to_vec();
        let counts = axes.iter().map(|axis| axis.values.count());
        let (order, count) = match sweep.combine() {
            Combine::Grid => {
                let count = counts.map(u128::from).try_fold(1_u128, u128::checked_mul);
                (Order::Grid, count)
            }
            Combine::Table(path) => {
                let cells = read_table(path, &axes, files)?;
                let rows = cells.ends.len() / axes.len();
                (Order::Table(cells), Some(rows as u128))
            }
            _ => (Order::Zip, counts.map(u128::from).next()),
        };
        let fits = count.and_then(|count| u64::try_from(count).ok());
        let Some(count) = fits.filter(|count| *count <= POINTS_MAX) else {
            let shown = count.map_or("more than 2^128".to_owned(), |count| count.to_string());
            return Err(one(
                Code::OverLimit,
                format!("the sweep has {shown} points, which is over the limit of {POINTS_MAX}"),
                axes[0].place.clone(),
                "give fewer values, or draw a sample of them and combine as a zip",
            ));
        };
        let mut points = Self {
            axes,
            order,
            count,
            definition: String::new(),
            base: sweep.base().documents().id().to_string(),
        };
        points.definition = points.define();
        Ok(points)
    }

    /// How many points there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The axes, in order.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// What is varied, as JSON: the axes, their values, and how they make points.
    #[must_use]
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// The values of a point as JSON, one per axis.
    ///
    /// # Panics
    /// There is no such point.
    #[must_use]
    pub fn values(&self, number: u64) -> Vec<String> {
        assert!(number < self.count, "there is a point {number}");
        match &self.order {
            Order::Grid => {
                let mut rest = number;
                let mut values: Vec<String> = Vec::with_capacity(self.axes.len());
                for axis in self.axes.iter().rev() {
                    let count = axis.values.count();
                    values.push(value(axis, rest % count));
                    rest /= count;
                }
                values.reverse();
                values
            }
            Order::Zip => self.axes.iter().map(|axis| value(axis, number)).collect(),
            Order::Table(cells) => {
                let first = usize::try_from(number).expect("a row is in memory") * self.axes.len();
                let cells = (first..first + self.axes.len()).map(|index| cells.get(index));
                cells.map(str::to_owned).collect()
            }
        }
    }

    /// The id of the base's inputs: 64 hexadecimal digits.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    fn define(&self) -> String {
        let axes = self.axes.iter().map(|axis| {
            let paths: Vec<String> = axis.paths.iter().map(|path| quoted(path)).collect();
            let values = match &axis.values {
                AxisValues::List(values) => format!("[{}]", values.join(",")),
                AxisValues::Range { from, step, count } => {
                    format!(r#"{{"count":{count},"from":{from},"step":{step}}}"#)
                }
                AxisValues::Sample {
                    from,
                    to,
                    count,
                    seed,
                } => format!(r#"{{"count":{count},"from":{from},"seed":{seed},"to":{to}}}"#),
                _ => "null".to_owned(),
            };
            let (name, paths) = (quoted(&axis.name), paths.join(","));
            format!(r#"{{"name":{name},"set":[{paths}],"values":{values}}}"#)
        });
        let axes: Vec<String> = axes.collect();
        let (combine, table) = match &self.order {
            Order::Grid => ("grid", "null".to_owned()),
            Order::Zip => ("zip", "null".to_owned()),
            Order::Table(cells) => {
                let mut hash = Sha256::new();
                for index in 0..cells.ends.len() {
                    hash.update(cells.get(index));
                    hash.update("\n");
                }
                ("table", quoted(&hex(&hash.finalize())))
            }
        };
        format!(
            r#"{{"axes":[{}],"combine":"{combine}","table":{table}}}"#,
            axes.join(","),
        )
    }
}

fn value(axis: &Axis, index: u64) -> String {
    match &axis.values {
        AxisValues::List(values) => {
            values[usize::try_from(index).expect("a list is in memory")].clone()
        }
        AxisValues::Range { from, step, .. } => {
            let offset = i128::from(*step) * i128::from(index);
            (i128::from(*from) + offset).to_string()
        }
        AxisValues::Sample { from, to, seed, .. } => {
            sample::draw(*seed, &axis.paths[0], index, (*from, *to)).to_string()
        }
        _ => unreachable!("columns are in the table"),
    }
}

/// A string as JSON.
pub(crate) fn quoted(text: &str) -> String {
    aether_json::Value::from(text).to_string()
}

fn one(code: Code, message: String, place: Place, help: &str) -> Report {
    let problem = Problem::new(code, message, place, help);
    Report::of(vec![problem]).expect("there is a problem")
}

/// Reads the cells that the axes take, in the order of rows, then of axes.
fn read_table(path: &Path, axes: &[Axis], files: &FileSystem) -> Result<Cells, Report> {
    let shown = path.display().to_string();
    let at = |line: usize, column: usize| Place::at(shown.as_str(), line, column);
    let bytes = files.read(path, TABLE_BYTES_MAX).map_err(|error| {
        let message = format!("{shown} cannot be read: {error}");
        one(
            Code::of_read(&error),
            message,
            at(1, 1),
            "check `table`, which starts at the sweep's directory",
        )
    })?;
    if bytes.len() as u64 > TABLE_BYTES_MAX {
        let message = format!("{shown} is larger than 512 MiB");
        return Err(one(
            Code::FileTooLarge,
            message,
            at(1, 1),
            "split the table into several sweeps",
        ));
    }
    // Spreadsheets start their files with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let line_of = |position: Option<&csv::Position>| {
        let start = position.map_or(0, |position| position.byte() as usize);
        // A record is said to start before the line feed of the one before it.
        let rest = bytes[start..].iter();
        let skipped = rest
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let before = &bytes[..start + skipped];
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    };
    let broken = |error: &csv::Error| {
        let line = line_of(error.position());
        let help = "write CSV in UTF-8: a header, then one point per line, separated by commas";
        one(
            Code::SweepAxis,
            format!("the table cannot be read: {error}"),
            at(line, 1),
            help,
        )
    };
    let header = reader.headers().map_err(|error| broken(&error))?.clone();
    let mut problems = Vec::new();
    let mut columns = Vec::new();
    for axis in axes {
        let AxisValues::Column(column) = &axis.values else {
            unreachable!("with a table, every axis is a column");
        };
        let mut found = header.iter().enumerate().filter(|(_, name)| name == column);
        match (found.next(), found.next()) {
            (Some((index, _)), None) => columns.push(index),
            (Some(_), Some((second, _))) => problems.push(Problem::new(
                Code::SweepAxis,
                format!("the table has several columns `{column}`"),
                at(1, second + 1),
                "give each column its own name",
            )),
            _ => {
                let near = aether_json::nearest(column, header.iter());
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "its columns are {}",
                        header.iter().collect::<Vec<_>>().join(", ")
                    ),
                };
                let message = format!("{shown} has no column `{column}`");
                problems.push(Problem::new(
                    Code::SweepAxis,
                    message,
                    axis.place.clone(),
                    help,
                ));
            }
        }
    }
    let mut cells = Cells::default();
    const PROBLEMS_MAX: usize = 100;
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                problems.extend(broken(&error).problems().iter().cloned());
                break;
            }
        };
        for &column in &columns {
            // A row with missing cells was refused: all rows are as long as the header.
            let text = &row[column];
            match cell_value(text) {
                Ok(value) => cells.push(&value),
                Err(help) if problems.len() < PROBLEMS_MAX => {
                    let name = &header[column];
                    let message = format!("`{text}` in the column `{name}` is not a value");
                    let place = at(line_of(row.position()), column + 1);
                    problems.push(Problem::new(Code::SweepAxis, message, place, help));
                }
                Err(_) => {}
            }
        }
    }
    if let Some(report) = Report::of(problems) {
        return Err(report);
    }
    if cells.ends.is_empty() {
        let help = "add rows below the header, one per point";
        return Err(one(
            Code::SweepAxis,
            format!("{shown} has no rows"),
            at(1, 1),
            help,
        ));
    }
    Ok(cells)
}

/// The first 8 bytes of a hash, as digests keep them.
pub(crate) fn head(hash: &Hash) -> [u8; 8] {
    let mut head = [0; 8];
    head.copy_from_slice(&hash.as_bytes()[..8]);
    head
}
