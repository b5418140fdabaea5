//! Tests of the report with tools that measure nothing.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use aether_measure::Measured;

use super::programs::{Tools, collected, executables, not_started, reported};
use super::report::{Judged, Machine, Report, cells, shown, summary, text_line};
use super::targets::{Bench, ROWS, Row, Sort};
use super::{benches, listed, selected};

/// Figures and counts by line, in place of benchmarks.
#[derive(Default)]
struct Canned {
    figures: BTreeMap<&'static str, Measured>,
    counts: BTreeMap<&'static str, u64>,
    without_valgrind: bool,
}

impl Tools for Canned {
    fn measure(&self, _: &Bench, line: &str) -> Result<Measured, String> {
        let figure = self.figures.get(line).cloned();
        figure.ok_or_else(|| "the benchmark ended with exit status: 1".to_owned())
    }

    fn count(&self, _: &Bench, line: &str) -> Result<u64, String> {
        if self.without_valgrind {
            return Err(not_started(&io::Error::from(io::ErrorKind::NotFound)));
        }
        let count = self.counts.get(line).copied();
        count.ok_or_else(|| "callgrind did not say what it counted".to_owned())
    }
}

fn row(name: &str) -> &'static Row {
    ROWS.iter().find(|row| row.name == name).unwrap()
}

/// The last columns of a row: ratio, target, and whether it is met.
fn judged(name: &str, tools: &Canned, kept: Option<u64>) -> [String; 3] {
    let [_, _, _, ratio, _, target, met] = cells(&Judged::of(row(name), tools, kept));
    [ratio, target, met]
}

#[test]
fn rows_are_judged_by_ratio_figure_or_what_was_published() {
    let against = |figure| Measured::against("bytes/s", "a stream", &[[figure, 2.0e9]]);
    for (name, measured, expected) in [
        ("hashed/100-400", against(2.0e9), ["1.00", "≥ 1", "met"]),
        ("hashed/100-400", against(1.9e9), ["0.95", "≥ 1", "missed"]),
        ("threads/small", against(1.996e9), ["1.00", "≥ 0.98", "met"]),
        (
            "threads/small",
            against(1.94e9),
            ["0.97", "≥ 0.98", "missed"],
        ),
        ("store/100-400", against(2.6e9), ["1.30", "≤ 1.2", "missed"]),
        (
            "diff/leaf",
            Measured::alone("s", &[0.049]),
            ["", "≤ 50.0 ms", "met"],
        ),
        (
            "tick/python",
            Measured::alone("ticks/s", &[15_000.0]),
            ["200", "≥ 400", "missed"],
        ),
        (
            "threads/100-400",
            Measured::alone("ticks/s", &[1.0]),
            ["", "", "not measured: the benchmark has no reference"],
        ),
    ] {
        let mut tools = Canned::default();
        tools.figures.insert(name, measured);
        assert_eq!(judged(name, &tools, None), expected, "{name}");
    }
    assert_eq!(
        judged("diff/leaf", &Canned::default(), None)[2],
        "not measured: the benchmark ended with exit status: 1"
    );
}

#[test]
fn a_count_that_moves_by_more_than_one_in_a_hundred_is_reported() {
    let mut tools = Canned::default();
    tools.counts.insert("instructions/diff", 1_011_000);
    for (kept, expected) in [
        (None, ""),
        (Some(1_011_000), ""),
        (Some(1_002_000), ""),
        (Some(1_000_000), "moved by +1.1 %"),
        (Some(1_100_000), "moved by -8.1 %"),
    ] {
        let [_, target, met] = judged("instructions/diff", &tools, kept);
        assert_eq!((&*target, &*met), ("", expected), "{kept:?}");
    }
}

#[test]
fn growth_is_that_beyond_what_every_size_costs() {
    let mut tools = Canned::default();
    for (costs, expected) in [
        ([1_100, 1_400, 2_600], "met"),
        ([1_100, 1_400, 2_790], "missed"),
        ([100, 1_600, 25_600], "missed"),
    ] {
        let sizes = ["growth/ticks-1", "growth/ticks-4", "growth/ticks-16"];
        tools.counts.extend(sizes.into_iter().zip(costs));
        assert_eq!(
            judged("growth/ticks", &tools, None)[2],
            expected,
            "{costs:?}"
        );
    }
    let time = |name: &str, seconds: f64| (row(name).lines(), Measured::alone("s", &[seconds]));
    let (lines, _) = time("growth/scenarios", 1.0);
    assert_eq!(
        lines,
        [
            "growth/scenarios-10",
            "growth/scenarios-100",
            "growth/scenarios-1000"
        ]
    );
}

#[test]
fn without_valgrind_the_report_says_that_nothing_was_counted() {
    let tools = Canned {
        without_valgrind: true,
        ..Canned::default()
    };
    for name in ["instructions/hash", "growth/edges"] {
        let line = Judged::of(row(name), &tools, Some(1));
        assert_eq!(
            line.note.as_deref(),
            Some("not measured: valgrind is not installed, so that instructions are not counted")
        );
        assert_eq!((line.figure, line.met), (None, None));
        assert!(line.is_measured(), "this is no failure");
        assert_eq!(summary(&[line]), "0 of 0 targets met, 1 not measured");
    }
    let failed = Judged::of(row("diff/leaf"), &tools, None);
    assert!(!failed.is_measured());
}

#[test]
fn lines_are_selected_by_name_and_by_area() {
    let names = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        selected(&names).map(|rows| rows.iter().map(|row| row.name).collect::<Vec<_>>())
    };
    assert_eq!(names(&[]).unwrap().len(), ROWS.len());
    assert_eq!(
        names(&["store", "diff/leaf"]).unwrap(),
        [
            "store/100-400",
            "store/1e4-4e4",
            "store/windows-100-400",
            "store/replaced-100-400",
            "store/replaced-1e4-4e4",
            "diff/leaf"
        ]
    );
    assert_eq!(
        names(&["diff/leaves"]).unwrap_err(),
        "there is no line `diff/leaves`; did you mean `diff/leaf`?"
    );
    assert_eq!(
        names(&["xyzzy-plugh"]).unwrap_err(),
        "there is no line `xyzzy-plugh`; `--list` lists them"
    );
    let rows = selected(&["diff".to_owned(), "instructions".to_owned()]).unwrap();
    let needed: Vec<&str> = benches(&rows).iter().map(|bench| bench.name).collect();
    assert_eq!(needed, ["diff", "kernel", "hashed"]);
    let list = listed(&selected(&["growth/edges".to_owned()]).unwrap());
    assert_eq!(
        list,
        "growth/edges              linear within 15 %        growth of a run with its edges\n"
    );
}

#[test]
fn names_are_unique_and_each_line_belongs_to_one_row() {
    let mut lines: Vec<String> = ROWS.iter().flat_map(Row::lines).collect();
    let count = lines.len();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), count);
    let is_counted = |row: &&Row| row.sort == Sort::Counted;
    for row in ROWS.iter().filter(is_counted) {
        assert!(row.name.starts_with("instructions/"), "{}", row.name);
    }
}

#[test]
fn what_programs_print_is_read() {
    let line = r#"{"name":"diff/leaf","figure":0.04,"unit":"s","spread":0.01,"samples":9}"#;
    let printed = format!("something else\n{line}\n");
    assert_eq!(reported(&printed, "diff/leaf").unwrap().figure, 0.04);
    assert_eq!(
        reported(&printed, "diff/insert").unwrap_err(),
        "the benchmark reported `diff/leaf`"
    );
    let error = reported("", "diff/leaf").unwrap_err();
    assert!(
        error.starts_with("the benchmark did not print a line of the report: "),
        "{error}"
    );
    let said = "==7== Callgrind, a call-graph generating cache profiler\n==7== \n\
                ==7== Events    : Ir\n==7== Collected : 100053410\n==7== \n";
    assert_eq!(collected(said), Some(100_053_410));
    assert_eq!(collected("Killed"), None);
    let messages = r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"aether_diff"},"executable":null}
{"reason":"compiler-artifact","target":{"kind":["bench"],"name":"diff"},"executable":"/t/release/deps/diff-1"}
{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"aether"},"executable":"/t/release/aether"}
{"reason":"build-finished","success":true}
"#;
    assert_eq!(
        executables(messages),
        BTreeMap::from([("diff".to_owned(), PathBuf::from("/t/release/deps/diff-1"))])
    );
    let denied = not_started(&io::Error::from(io::ErrorKind::PermissionDenied));
    assert_eq!(denied, "valgrind cannot be run: permission denied");
}

#[test]
fn the_report_in_json_reads_back_and_has_what_the_text_has() {
    let mut tools = Canned::default();
    let rounds = [[3.0e8, 1.0e8], [3.1e8, 1.0e8], [3.2e8, 1.0e8]];
    tools.figures.insert(
        "kernel/random-1e3-4e3",
        Measured::against("edges/s", "a plain kernel", &rounds),
    );
    let rows = ["kernel/random-1e3-4e3", "diff/leaf"];
    let report = Report {
        machine: Machine {
            processor: "EPYC".to_owned(),
            cores: 2,
            system: "linux x86_64".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            load: "0.10".to_owned(),
        },
        lines: Vec::from(rows.map(|name| Judged::of(row(name), &tools, None))),
    };
    let json = aether_json::to_string_pretty(&report).unwrap();
    assert_eq!(aether_json::from_str::<Report>(&json).unwrap(), report);
    for part in [
        r#""name": "kernel/random-1e3-4e3""#,
        r#""reference_name": "a plain kernel""#,
        r#""ratio": 3.1"#,
        r#""target": "≥ 2.5""#,
        r#""met": true"#,
        r#""note": "not measured: "#,
    ] {
        assert!(json.contains(part), "{part}: {json}");
    }
    let text = text_line(&cells(&report.lines[0]));
    let words: Vec<&str> = text
        .split("  ")
        .map(str::trim)
        .filter(|w| !w.is_empty())
        .collect();
    assert_eq!(
        words,
        [
            "kernel/random-1e3-4e3",
            "310 M edges/s",
            "100 M edges/s, a plain kernel",
            "3.10",
            "3.2 %",
            "≥ 2.5",
            "met"
        ]
    );
    assert_eq!(summary(&report.lines), "1 of 1 targets met, 1 not measured");
}

#[test]
fn figures_are_shown_to_three_digits() {
    for (figure, unit, expected) in [
        (0.0412, "s", "41.2 ms"),
        (1.5, "s", "1.50 s"),
        (0.000_012_34, "s", "12.3 µs"),
        (1.534e9, "bytes/s", "1.53 GB/s"),
        (30_700.0, "ticks/s", "30.7 k ticks/s"),
        (133.4, "ticks/s", "133 ticks/s"),
        (3.4e8, "edges/s", "340 M edges/s"),
        (512.0, "MiB", "512 MiB"),
        (0.25, "MiB", "0.25 MiB"),
        (123_456_789.0, "instructions", "123 M instructions"),
    ] {
        assert_eq!(shown(figure, unit), expected);
    }
}
