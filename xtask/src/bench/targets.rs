//! What is measured, and what it should reach.
//!
//! A row is a line of a benchmark, or of several sizes of one. This is the only place that knows targets: a
//! benchmark reports figures, and judges none.

use Sort::{Counted, Figure, Growth, Published, Ratio};
use Target::{AtLeast, AtMost};

/// A row of the report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The name of its line; with `-` and a size behind it if its lines are several sizes.
    pub(crate) name: &'static str,
    /// What is measured, in a few words.
    pub(crate) what: &'static str,
    pub(crate) bench: &'static Bench,
    pub(crate) sort: Sort,
}

/// A bench target of this workspace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bench {
    pub(crate) package: &'static str,
    /// The directory of the package.
    pub(crate) dir: &'static str,
    /// The name of the target, which no other package has.
    pub(crate) name: &'static str,
}

/// How a row is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sort {
    /// The figure divided by that of the reference in the same run.
    Ratio(Target),
    /// The figure itself.
    Figure(Target),
    /// The figure divided by one that was published.
    Published(f64, &'static str, Target),
    /// The instructions, which are kept and should not change unnoticed.
    Counted,
    /// The cost at three sizes, whose growth should be linear.
    Growth([u32; 3], Cost),
}

/// In what a cost is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    Instructions,
    /// For what is done by the system, whose instructions nobody counts.
    Time,
}

/// What a figure should reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// What should not be slower than its reference, and may be the same code: medians of the same work in turns differ by up to
/// a hundredth, and the slowest of several is below 1 more often than not.
const NOT_SLOWER: Target = AtLeast(0.98);

/// How far growth may be from linear growth, as a fraction of it.
pub(crate) const GROWTH_TOLERANCE: f64 = 0.15;

/// A count that moves by more than this fraction is reported.
pub(crate) const COUNT_TOLERANCE: f64 = 0.01;

const fn engine(name: &'static str) -> Bench {
    Bench {
        package: "aether-engine",
        dir: "engine",
        name,
    }
}

static HASHED: Bench = engine("hashed");
static KERNEL: Bench = engine("kernel");
static PIPELINE: Bench = engine("pipeline");
static PROCESS: Bench = Bench {
    package: "aether-cli",
    dir: "engine/cli",
    name: "process",
};
static DIFF: Bench = Bench {
    package: "aether-diff",
    dir: "harness/diff",
    name: "diff",
};
static GOLDEN: Bench = Bench {
    package: "aether-harness",
    dir: "harness",
    name: "golden",
};
static SUITE: Bench = Bench {
    package: "aether-subject",
    dir: "engine/subject",
    name: "suite",
};

#[rustfmt::skip]
pub(crate) static ROWS: [Row; 40] = [
    row("hashed/100-400", "bytes hashed per second in a whole run on one thread, 100 nodes and 400 edges", &HASHED, Ratio(AtLeast(1.0))),
    row("hashed/1e4-4e4", "the same, 10,000 nodes and 40,000 edges", &HASHED, Ratio(AtLeast(0.9))),
    row("threads/100-400", "ticks per second on two threads, 100 nodes and 400 edges", &PIPELINE, Ratio(AtLeast(1.8))),
    row("threads/1e4-4e4", "the same, 10,000 nodes and 40,000 edges", &PIPELINE, Ratio(AtLeast(1.8))),
    row("threads/small", "the same, at the slowest of several small sizes", &PIPELINE, Ratio(NOT_SLOWER)),
    row("kernel/random-1e3-4e3", "edges per second of the kernel, random graph", &KERNEL, Ratio(AtLeast(2.5))),
    row("kernel/random-1e5-4e5", "the same, 100,000 nodes and 400,000 edges", &KERNEL, Ratio(AtLeast(4.0))),
    row("kernel/grid-1e5-4e5", "the same, a grid", &KERNEL, Ratio(AtLeast(5.0))),
    row("kernel/grid-2e6-8e6", "the same, a grid of 2,000,000 nodes and 8,000,000 edges", &KERNEL, Ratio(AtLeast(5.0))),
    row("kernel/random-2e6-8e6", "the same, random", &KERNEL, Ratio(AtLeast(4.0))),
    row("store/100-400", "a new run of one window with a run file, 100 nodes and 400 edges", &PIPELINE, Ratio(AtMost(1.2))),
    row("store/1e4-4e4", "the same, 10,000 nodes and 40,000 edges", &PIPELINE, Ratio(AtMost(1.2))),
    row("store/windows-100-400", "a new run of eight windows, 100 nodes and 400 edges", &PIPELINE, Ratio(AtMost(1.2))),
    row("store/replaced-100-400", "a run that replaces one, 100 nodes and 400 edges", &PIPELINE, Ratio(AtMost(1.2))),
    row("store/replaced-1e4-4e4", "the same, 10,000 nodes and 40,000 edges", &PIPELINE, Ratio(AtMost(1.2))),
    row("memory/2e6-8e6", "peak memory of 20 ticks of which only digests are kept, 2,000,000 nodes and 8,000,000 edges", &KERNEL, Figure(AtMost(600.0))),
    row("tick/python", "whole ticks per second at 400 edges", &HASHED, Published(75.0, "a Python engine with its ledger, as published", AtLeast(400.0))),
    row("process/gf01", "`aether run gf01` as a process", &PROCESS, Ratio(AtMost(1.0))),
    row("export/ledgers", "bytes per second of all ledgers as JSON lines", &PROCESS, Ratio(AtLeast(0.15))),
    row("replay/tick", "replay of one tick from the nearest checkpoint", &KERNEL, Ratio(AtMost(1.5))),
    row("golden/equal", "golden check of equal goldens of 100 MB", &GOLDEN, Ratio(AtLeast(0.8))),
    row("diff/leaf", "diff of 100 MB, one leaf changed", &DIFF, Figure(AtMost(0.05))),
    row("diff/insert", "diff of 100 MB, one record inserted in front", &DIFF, Figure(AtMost(0.05))),
    row("diff/every-record", "diff of 100 MB, a change in every record (24 edges each)", &DIFF, Figure(AtMost(0.6))),
    row("diff-memory/leaf", "memory beside the texts, one leaf changed", &DIFF, Figure(AtMost(2.0))),
    row("diff-memory/insert", "memory beside the texts, one record inserted in front", &DIFF, Figure(AtMost(2.0))),
    row("diff-memory/every-record", "memory beside the texts, a change in every record", &DIFF, Figure(AtMost(40.0))),
    row("suite/1000", "a suite of 1,000 scenarios with `golden` and `determinism`, 2,000 runs", &SUITE, Ratio(AtMost(3.0))),
    row("instructions/kernel", "instructions of the kernel", &KERNEL, Counted),
    row("instructions/text", "instructions of the text of ledgers", &HASHED, Counted),
    row("instructions/hash", "instructions of the hash (of `sha2` in software: the SHA unit is not counted)", &HASHED, Counted),
    row("instructions/diff", "instructions of the diff, a change in every record", &DIFF, Counted),
    row("instructions/patch", "instructions of the patch of the same", &DIFF, Counted),
    row("growth/edges", "growth of a run with its edges", &HASHED, Growth([1, 4, 16], Cost::Instructions)),
    row("growth/ticks", "growth of a run with its ticks", &HASHED, Growth([1, 4, 16], Cost::Instructions)),
    row("growth/kernel-edges", "growth of the kernel with its edges", &KERNEL, Growth([1, 4, 16], Cost::Instructions)),
    row("growth/kernel-ticks", "growth of the kernel with its ticks", &KERNEL, Growth([1, 4, 16], Cost::Instructions)),
    row("growth/records", "growth of the diff with its records, of which no change is listed", &DIFF, Growth([1, 4, 16], Cost::Instructions)),
    row("growth/changes", "the same, with every change listed", &DIFF, Growth([1, 4, 16], Cost::Instructions)),
    row("growth/scenarios", "growth of a suite with its scenarios", &SUITE, Growth([10, 100, 1_000], Cost::Time)),
];

const fn row(name: &'static str, what: &'static str, bench: &'static Bench, sort: Sort) -> Row {
    Row {
        name,
        what,
        bench,
        sort,
    }
}

impl Row {
    /// The names of its lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self.sort {
            Growth(sizes, _) => {
                let line = |size| format!("{}-{size}", self.name);
                sizes.map(line).to_vec()
            }
            Ratio(_) | Figure(_) | Published(..) | Counted => vec![self.name.to_owned()],
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AtLeast(least) => write!(f, "≥ {least}"),
            AtMost(most) => write!(f, "≤ {most}"),
        }
    }
}

impl Target {
    pub(crate) fn is_met(self, figure: f64) -> bool {
        match self {
            AtLeast(least) => figure >= least,
            AtMost(most) => figure <= most,
        }
    }
}

impl Sort {
    /// What is asked of a row, without units.
    pub(crate) fn in_words(self) -> String {
        match self {
            Ratio(target) | Published(_, _, target) => format!("{target} of the reference"),
            Figure(target) => target.to_string(),
            Counted => format!("within {} %", COUNT_TOLERANCE * 100.0),
            Growth(..) => format!("linear within {} %", GROWTH_TOLERANCE * 100.0),
        }
    }
}
