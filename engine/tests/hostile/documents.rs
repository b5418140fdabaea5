//! Tests that any bytes give a plan or a report, in bounded time and without a panic.

use std::path::Path;

use aether_engine::config::{MemoryDocuments, load_run, validate};
use proptest::prelude::*;

use crate::document::{
    AEON, AEON_RUN, PFNA, PROFILE, RUN, TOPOLOGY, documents, load, with_grammar,
};

/// Reads the bytes as every kind of document of a run, and as a single document.
fn read_everywhere(bytes: &[u8]) {
    for name in ["x.json", "x.toml"] {
        let alone = MemoryDocuments::new().with(name, bytes);
        check_report(validate(&alone, Path::new(name)).map(|_| ()));
    }
    for path in [
        "scenario/run.toml",
        "fixtures/line.json",
        "fixtures/cmp-0.json",
        "fixtures/pulse.json",
        "fixtures/aeon.json",
    ] {
        let documents = with_grammar().with(path, bytes);
        check_report(load_run(&documents, Path::new("scenario/run.toml")).map(|_| ()));
    }
    let run = RUN.replace(
        "initial_state = [64, 0, 0, 0]",
        "initial_state_path = \"s.csv\"",
    );
    let documents = documents()
        .with("scenario/run.toml", run)
        .with("scenario/s.csv", bytes);
    check_report(load_run(&documents, Path::new("scenario/run.toml")).map(|_| ()));
}

fn check_report(result: Result<(), aether_engine::config::Report>) {
    if let Err(report) = result {
        assert!(!report.problems().is_empty());
        assert!(!report.render(false).is_empty());
        for problem in report.problems() {
            assert_ne!(problem.code.number(), "AE0703", "{report}");
        }
    }
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let texts = [TOPOLOGY, PROFILE, PFNA, RUN, AEON].map(str::to_owned);
    let texts: Vec<String> = texts
        .into_iter()
        .chain([format!("{RUN}{AEON_RUN}")])
        .collect();
    let texts = prop::sample::select(texts);
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("{".to_owned()),
        Just("]".to_owned()),
        Just(",".to_owned()),
        Just("-".to_owned()),
        Just("1.0".to_owned()),
        Just("null".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("\\u12".to_owned()),
        Just("[[".to_owned()),
        Just("\n".to_owned()),
        Just("= ".to_owned()),
        Just("é".to_owned()),
        Just("\u{0}".to_owned()),
        ".{0,3}",
    ];
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), 0..6_usize, piece), 1..5);
    (texts, edits).prop_map(|(text, edits)| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, removed, piece) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + removed).min(bytes.len());
            bytes.splice(at..end, piece.bytes());
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_everywhere(&bytes);
    }

    #[test]
    fn no_slip_makes_it_panic(bytes in mutated()) {
        read_everywhere(&bytes);
    }
}

/// Every prefix of a document, as a full disk may leave it.
#[test]
fn truncated_documents_are_reported() {
    for (path, text) in [
        ("fixtures/line.json", TOPOLOGY),
        ("fixtures/cmp-0.json", PROFILE),
        ("fixtures/pulse.json", PFNA),
        ("fixtures/aeon.json", AEON),
    ] {
        for end in 0..text.trim_end().len() {
            let documents = with_grammar().with(path, &text.as_bytes()[..end]);
            let report = load(&documents).expect_err("a report");
            assert!(
                report
                    .problems()
                    .iter()
                    .all(|problem| problem.place.path == path),
                "{report}"
            );
        }
    }
}

/// Documents that are designed to be slow to read for their size.
#[test]
fn hostile_documents_end_in_a_report() {
    // Enough that what takes the square of it is noticed.
    let many = 50_000;
    let million = 1_000_000;
    let repeated = |piece: &str| piece.repeat(many);
    let keys: String = (0..many)
        .map(|index| format!("\"ticks{index}\":1,"))
        .collect();
    let hostile = [
        "[".repeat(million),
        "{\"a\":".repeat(million),
        "[{\"a\":".repeat(million / 2),
        format!("{{\"v\":1,\"ticks\":{}}}", "9".repeat(million)),
        format!("{{\"v\":1,\"ticks\":1e{}}}", "9".repeat(million)),
        format!("{{\"v\":1,\"ticks\":-0.{}1}}", "0".repeat(million)),
        "{\"v\":1,\"ticks\":1e999999999}".to_owned(),
        format!("ticks = {}", "9".repeat(million)),
        format!("ticks = 0x{}", "f".repeat(million)),
        format!("#{}", "x".repeat(million)),
        format!("[{}0]", repeated("0,")),
        format!("{{{keys}\"ticks\":1}}"),
        format!("{{{}\"a\":1}}", repeated("\"a\":1,")),
        format!("{{\"N\":1,\"edges\":[{}{{}}]}}", repeated("{},")),
        format!("{{\"N\":1,\"edges\":[{}0]}}", repeated("0,")),
        format!("\"{}", repeated("\\u0041")),
        repeated("a.b.c = 1\n"),
        format!("a = [{}]", repeated("1,")),
        repeated("[[a]]\n"),
        repeated("x"),
        repeated("="),
        repeated("1\n"),
    ];
    for text in hostile {
        read_everywhere(text.as_bytes());
    }
}
