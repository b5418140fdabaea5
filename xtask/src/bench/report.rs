//! The report: each row's figure beside its reference and its target, as text and as JSON.

use aether_measure::Measured;
use serde::{Deserialize, Serialize};

use super::programs::{NO_VALGRIND, Tools};
use super::targets::{COUNT_TOLERANCE, Cost, GROWTH_TOLERANCE, Row, Sort, Target};

/// All rows that were measured, and where.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) lines: Vec<Judged>,
}

/// What figures were measured on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) system: String,
    pub(crate) rustc: String,
    /// How many processes ran or waited for a processor, on average of the last minute before.
    pub(crate) load: String,
}

/// A row with what was measured.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judged {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) figure: Option<f64>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) unit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ratio: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) spread: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) samples: Option<usize>,
    /// `None` if there is no target: instructions are only kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// `None` without a target, and without a figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) met: Option<bool>,
    /// Why there is no figure, or that a count moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

impl Judged {
    /// Measures a row. `kept` is its count of instructions as it was kept, if it was.
    pub(crate) fn of(row: &Row, tools: &impl Tools, kept: Option<u64>) -> Self {
        let judged = match row.sort {
            Sort::Ratio(target) => {
                let measured = tools.measure(row.bench, row.name);
                measured.and_then(|measured| Self::by_ratio(measured, target))
            }
            Sort::Figure(target) => tools.measure(row.bench, row.name).map(|measured| {
                let met = target.is_met(measured.figure);
                let text = target.of_unit(&measured.unit);
                Self::measured(measured).judged(text, met)
            }),
            Sort::Published(published, name, target) => {
                let measured = tools.measure(row.bench, row.name);
                measured.and_then(|measured| {
                    let reference = Measured {
                        reference: Some(published),
                        reference_name: Some(name.to_owned()),
                        ratio: Some(measured.figure / published),
                        ..measured
                    };
                    Self::by_ratio(reference, target)
                })
            }
            Sort::Counted => tools
                .count(row.bench, row.name)
                .map(|count| Self::counted(count, kept)),
            Sort::Growth(sizes, cost) => costs(row, tools, cost)
                .map(|costs| Self::grown(sizes.map(f64::from), [costs[0], costs[1], costs[2]])),
        };
        let judged = judged.unwrap_or_else(|why| Self {
            note: Some(format!("not measured: {why}")),
            ..Self::default()
        });
        Self {
            name: row.name.to_owned(),
            ..judged
        }
    }

    /// Whether there is a figure, or nothing to count it with.
    pub(crate) fn is_measured(&self) -> bool {
        let note = self.note.as_deref().unwrap_or_default();
        self.figure.is_some() || note.ends_with(NO_VALGRIND)
    }

    fn measured(measured: Measured) -> Self {
        Self {
            figure: Some(rounded(measured.figure)),
            unit: measured.unit,
            reference: measured.reference.map(rounded),
            reference_name: measured.reference_name,
            ratio: measured.ratio.map(rounded),
            spread: Some(rounded(measured.spread)),
            samples: Some(measured.samples),
            ..Self::default()
        }
    }

    fn judged(self, target: String, met: bool) -> Self {
        Self {
            target: Some(target),
            met: Some(met),
            ..self
        }
    }

    fn by_ratio(measured: Measured, target: Target) -> Result<Self, String> {
        let ratio = measured.ratio.ok_or("the benchmark has no reference")?;
        Ok(Self::measured(measured).judged(target.to_string(), target.is_met(ratio)))
    }

    fn counted(count: u64, kept: Option<u64>) -> Self {
        let moved = kept.map(|kept| count as f64 / kept as f64 - 1.0);
        let moved = moved.filter(|moved| moved.abs() > COUNT_TOLERANCE);
        Self {
            figure: Some(count as f64),
            unit: "instructions".to_owned(),
            reference: kept.map(|kept| kept as f64),
            reference_name: kept.map(|_| "as kept".to_owned()),
            note: moved.map(|moved| format!("moved by {:+.1} %", moved * 100.0)),
            ..Self::default()
        }
    }

    /// What each unit of size costs from the second size to the third, beside what it costs from the first to the
    /// second. What all sizes cost alike does not count.
    fn grown([small, middle, large]: [f64; 3], costs: [f64; 3]) -> Self {
        let first = (costs[1] - costs[0]) / (middle - small);
        let then = (costs[2] - costs[1]) / (large - middle);
        let growth = rounded(then / first);
        Self {
            figure: Some(growth),
            unit: "of linear".to_owned(),
            ..Self::default()
        }
        .judged(
            format!("1 ± {GROWTH_TOLERANCE}"),
            (growth - 1.0).abs() <= GROWTH_TOLERANCE,
        )
    }
}

fn costs(row: &Row, tools: &impl Tools, cost: Cost) -> Result<Vec<f64>, String> {
    let cost = |line: String| match cost {
        Cost::Instructions => tools.count(row.bench, &line).map(|count| count as f64),
        Cost::Time => tools
            .measure(row.bench, &line)
            .map(|measured| measured.figure),
    };
    row.lines().into_iter().map(cost).collect()
}

impl Target {
    fn of_unit(self, unit: &str) -> String {
        let (sign, bound) = match self {
            Self::AtLeast(bound) => ("≥", bound),
            Self::AtMost(bound) => ("≤", bound),
        };
        format!("{sign} {}", shown(bound, unit))
    }
}

/// To four digits: more of a measured figure is noise.
fn rounded(figure: f64) -> f64 {
    if figure == 0.0 || !figure.is_finite() {
        return figure;
    }
    format!("{figure:.3e}").parse().unwrap_or(figure)
}

/// A figure for people, to three digits: `1.53 GB/s`, `41.2 ms`, `340 M edges/s`.
pub(super) fn shown(figure: f64, unit: &str) -> String {
    // Up to 10,000, a number is read as easily as it is.
    let scaled = || {
        let scales = [(1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")];
        let is_large = |scale: &&(f64, f64, &str)| figure.abs() >= scale.0;
        let (_, scale, prefix) = scales.iter().find(is_large).unwrap_or(&(0.0, 1.0, ""));
        (digits(figure / scale), *prefix)
    };
    match unit {
        "s" if figure.abs() < 1e-3 => format!("{} µs", digits(figure * 1e6)),
        "s" if figure.abs() < 1.0 => format!("{} ms", digits(figure * 1e3)),
        "bytes/s" => {
            let (number, prefix) = scaled();
            format!("{number} {prefix}B/s")
        }
        _ if unit.ends_with("/s") || unit == "instructions" => {
            let (number, prefix) = scaled();
            let gap = if prefix.is_empty() { "" } else { " " };
            format!("{number} {prefix}{gap}{unit}")
        }
        _ => format!("{} {unit}", digits(figure)),
    }
}

/// Three digits, or all before the point.
fn digits(figure: f64) -> String {
    let places = match figure.abs() {
        0.0 => 0,
        below if below < 10.0 => 2,
        below if below < 100.0 => 1,
        _ => 0,
    };
    format!("{figure:.places$}")
}

/// The columns of a row: name, figure, reference, ratio, spread, target, met.
pub(super) fn cells(line: &Judged) -> [String; 7] {
    let figure = |figure: Option<f64>| figure.map_or(String::new(), |f| shown(f, &line.unit));
    let reference = match (&line.reference, &line.reference_name) {
        (Some(reference), Some(name)) => format!("{}, {name}", shown(*reference, &line.unit)),
        _ => String::new(),
    };
    let met = match (line.met, &line.note) {
        (_, Some(note)) => note.clone(),
        (Some(true), None) => "met".to_owned(),
        (Some(false), None) => "missed".to_owned(),
        (None, None) => String::new(),
    };
    [
        line.name.clone(),
        figure(line.figure),
        reference,
        line.ratio.map_or_else(String::new, digits),
        line.spread
            .map_or_else(String::new, |spread| format!("{:.1} %", spread * 100.0)),
        line.target.clone().unwrap_or_default(),
        met,
    ]
}

/// The names of the columns of [`cells`].
pub(super) const COLUMNS: [&str; 7] = [
    "line",
    "figure",
    "reference",
    "ratio",
    "spread",
    "target",
    "",
];

/// Widths of the columns, for rows that are printed one by one.
const WIDTHS: [usize; 6] = [24, 20, 60, 6, 7, 10];

/// A row of the text.
pub(super) fn text_line(cells: &[String; 7]) -> String {
    let padded = cells.iter().zip(WIDTHS);
    let mut line: String = padded
        .map(|(cell, width)| format!("{cell:<width$}  "))
        .collect();
    line.push_str(&cells[WIDTHS.len()]);
    line.trim_end().to_owned()
}

/// What the report comes to: `30 of 33 targets met, 2 not measured`.
pub(super) fn summary(lines: &[Judged]) -> String {
    let judged = lines.iter().filter(|line| line.met.is_some()).count();
    let met = lines.iter().filter(|line| line.met == Some(true)).count();
    let missing = lines.iter().filter(|line| line.figure.is_none()).count();
    let mut summary = format!("{met} of {judged} targets met");
    if missing > 0 {
        summary.push_str(&format!(", {missing} not measured"));
    }
    summary
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}, {} cores, {}, {}, load {}",
            self.processor, self.cores, self.system, self.rustc, self.load
        )
    }
}

impl Machine {
    /// This machine, now.
    pub(crate) fn this() -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        let unknown = || "unknown".to_owned();
        let cpuinfo = read("/proc/cpuinfo");
        let mut lines = cpuinfo.lines();
        let processor = lines.find_map(|line| line.strip_prefix("model name"));
        let processor = processor.and_then(|line| line.split_once(':'));
        let rustc = std::process::Command::new("rustc")
            .arg("--version")
            .output();
        let rustc = rustc.ok().filter(|output| output.status.success());
        let loads = read("/proc/loadavg");
        Self {
            processor: processor.map_or_else(unknown, |(_, name)| name.trim().to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            rustc: rustc.map_or_else(unknown, |output| {
                let version = String::from_utf8_lossy(&output.stdout);
                let words: Vec<&str> = version.split_whitespace().take(2).collect();
                words.join(" ")
            }),
            load: loads
                .split_whitespace()
                .next()
                .map_or_else(unknown, str::to_owned),
        }
    }
}
