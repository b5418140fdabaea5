//! Tests every document of `fixtures/invalid` against the report that is stored beside it.
//!
//! The name of a document is the code that it shows. Users see every change of a report, so the
//! whole text is compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aether_engine::config::{Code, Report, validate, validate_scenario};
use aether_engine::topology::{ImportOptions, import};

use super::{files, golden, root};

/// The corpus: documents and scenario directories, in order of name.
pub(super) fn cases() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("fixtures/invalid")).expect("the corpus");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("a plain name"));
    let mut cases: Vec<String> = names
        .filter(|name| name.starts_with("AE") && !name.ends_with(".txt"))
        .collect();
    cases.sort();
    cases
}

pub(super) fn report(case: &str) -> Result<Report, String> {
    let path = Path::new("fixtures/invalid").join(case);
    let extension = path.extension().and_then(|extension| extension.to_str());
    let checked = match extension {
        None => validate_scenario(&files(), &path).map(|checked| checked.warnings),
        Some("edges" | "csv") => import(&files(), &path, &ImportOptions::default()).map(|_| None),
        Some(_) => validate(&files(), &path).map(|checked| checked.warnings),
    };
    match checked {
        Ok(Some(report)) | Err(report) => Ok(report),
        Ok(None) => Err(format!("{case}: no problem was found")),
    }
}

fn golden_path(case: &str) -> PathBuf {
    let stem = case.split('.').next().unwrap_or(case);
    root().join("fixtures/invalid").join(format!("{stem}.txt"))
}

fn check(bless: bool) -> Vec<String> {
    let mut failures = Vec::new();
    for case in cases() {
        let result = report(&case)
            .and_then(|report| golden(&golden_path(&case), &report.render(false), bless));
        failures.extend(result.err());
    }
    failures
}

#[test]
fn every_broken_document_has_its_report() {
    assert!(cases().len() >= 120);
    let failures = check(false);
    assert!(
        failures.is_empty(),
        "{} reports differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
#[ignore = "writes the goldens"]
fn bless_reports() {
    assert_eq!(check(true), [""; 0]);
}

#[test]
fn every_golden_has_its_document() {
    let goldens: Vec<PathBuf> = cases().iter().map(|case| golden_path(case)).collect();
    let entries = std::fs::read_dir(root().join("fixtures/invalid")).expect("the corpus");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.extension().is_some_and(|extension| extension == "txt") {
            let name = path.file_name();
            assert!(
                goldens.iter().any(|golden| golden.file_name() == name),
                "{path:?}"
            );
        }
    }
}

/// A document shows the code in its name, and every problem has a file, a line and a remedy.
#[test]
fn reports_say_file_line_and_remedy() {
    for case in cases() {
        let report = report(&case).expect("a report");
        let code = case.get(..6).expect("a code");
        let problems = report.problems();
        assert!(
            problems.iter().any(|problem| problem.code.number() == code),
            "{case}"
        );
        // The reports for files without a text to show.
        let of_files = [
            Code::FileNotFound,
            Code::FileUnreadable,
            Code::UnknownFormat,
            Code::NotAScenario,
            Code::TooManyProblems,
        ];
        let text = report.render(false);
        for (problem, rendered) in problems.iter().zip(text.split("\n\n")) {
            let place = &problem.place;
            let place = format!("--> {}:{}:{}\n", place.path, place.line, place.column);
            assert!(rendered.contains(&place), "{case}: {rendered}");
            assert!(rendered.contains("= help: "), "{case}: {rendered}");
            assert!(rendered.contains(&problem.message), "{case}: {rendered}");
            assert!(
                problem.place.excerpt.is_some() || of_files.contains(&problem.code),
                "{case}: {rendered}"
            );
        }
        for problem in problems {
            assert!(
                problem.place.path.starts_with("fixtures/invalid/"),
                "{case}: {problem}"
            );
            assert!(
                problem.place.line >= 1 && problem.place.column >= 1,
                "{case}: {problem}"
            );
            assert!(
                !problem.help.is_empty() && !problem.message.is_empty(),
                "{case}: {problem}"
            );
            assert!(!problem.message.ends_with('.'), "{case}: {problem}");
        }
    }
}

#[test]
fn every_code_that_a_document_can_cause_is_in_the_corpus() {
    // Codes that need a failing machine, half a gigabyte, or a bug in this engine.
    let beyond_files = [Code::FileTooLarge, Code::ReadFailed, Code::Unexplained];
    let cases = cases();
    for code in Code::ALL.iter().filter(|code| !beyond_files.contains(code)) {
        assert!(
            cases.iter().any(|case| case.starts_with(code.number())),
            "{code} has no document"
        );
    }
}

#[test]
fn the_same_documents_give_the_same_report_as_text_and_as_data() {
    for case in cases() {
        let (first, second) = (report(&case).expect("one"), report(&case).expect("another"));
        assert_eq!(first, second, "{case}");
        let data = serde_json::to_value(&first).expect("data");
        let problems = data["problems"].as_array().expect("a list of problems");
        assert_eq!(problems.len(), first.problems().len());
        for (data, problem) in problems.iter().zip(first.problems()) {
            assert_eq!(data["code"], problem.code.number());
            assert_eq!(data["line"], problem.place.line);
            let keys: BTreeMap<String, serde_json::Value> =
                serde_json::from_value(data.clone()).expect("an object");
            for key in [
                "code", "message", "path", "line", "column", "excerpt", "at", "expected", "help",
                "related",
            ] {
                assert!(keys.contains_key(key), "{case}: {key}");
            }
        }
    }
}

/// Colours only add to the text.
#[test]
fn colours_are_only_colours() {
    for case in cases() {
        let report = report(&case).expect("a report");
        let mut plain = String::new();
        let styled = report.render(true);
        let mut rest = styled.as_str();
        while let Some((text, after)) = rest.split_once("\u{1b}[") {
            plain.push_str(text);
            rest = after.split_once('m').expect("a style").1;
        }
        plain.push_str(rest);
        assert_eq!(plain, report.render(false), "{case}");
    }
}
