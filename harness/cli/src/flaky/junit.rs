//! Reads the JUnit report of a round of nextest.

use std::collections::BTreeMap;

use quick_junit::{Report, TestCaseStatus};

use super::tally::{Outcome, TestId};

/// Lines of a failure that are kept.
const LINES_MAX: usize = 6;

/// What each test of a round did.
///
/// # Errors
/// The text is not a JUnit report.
pub(super) fn read(text: &str) -> Result<BTreeMap<TestId, Outcome>, String> {
    let report = Report::deserialize_from_str(text).map_err(|error| error.to_string())?;
    let mut outcomes = BTreeMap::new();
    for suite in report.test_suites {
        for case in suite.test_cases {
            let id = TestId {
                binary: suite.name.as_str().to_owned(),
                test: case.name.as_str().to_owned(),
            };
            let outcome = match case.status {
                // A test that passed after it was started again did fail.
                TestCaseStatus::Success { flaky_runs } => match flaky_runs.first() {
                    None => Outcome::Passed,
                    Some(run) => Outcome::Failed(first_lines(&[
                        run.description.as_ref().map(|text| text.as_str()),
                        run.message.as_ref().map(|text| text.as_str()),
                    ])),
                },
                TestCaseStatus::NonSuccess {
                    message,
                    ty,
                    description,
                    ..
                } => Outcome::Failed(first_lines(&[
                    description.as_ref().map(|text| text.as_str()),
                    message.as_ref().map(|text| text.as_str()),
                    ty.as_ref().map(|text| text.as_str()),
                ])),
                TestCaseStatus::Skipped { .. } => continue,
            };
            outcomes.insert(id, outcome);
        }
    }
    Ok(outcomes)
}

/// The first lines of the first text that has any, up to the stack of calls.
fn first_lines(texts: &[Option<&str>]) -> Vec<String> {
    let lines = |text: &&str| -> Vec<String> {
        text.lines()
            .take_while(|line| line.trim() != "stack backtrace:")
            .filter(|line| !line.trim().is_empty())
            .take(LINES_MAX)
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    let mut texts = texts.iter().flatten().map(lines);
    texts.find(|lines| !lines.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_nextest_is_read() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="3" failures="1" errors="0" uuid="92c5beeb-7022-405e-abe5-f03dbf167445" timestamp="2026-11-27T03:08:36.066+00:00" time="0.158">
    <testsuite name="demo::t" tests="3" disabled="0" errors="0" failures="1">
        <testcase name="good" classname="demo::t" time="0.010"/>
        <testcase name="bad" classname="demo::t" time="0.157">
            <failure message="panicked" type="test failure">thread panicked at t.rs:2:19:

oh no
stack backtrace:
   0: start</failure>
        </testcase>
        <testcase name="killed" classname="demo::t" time="0.157">
            <error type="test abort"/>
        </testcase>
    </testsuite>
</testsuites>"#;
        let found = read(text).unwrap();
        let of = |test: &str| {
            let id = TestId {
                binary: "demo::t".to_owned(),
                test: test.to_owned(),
            };
            found[&id].clone()
        };
        assert_eq!(of("good"), Outcome::Passed);
        let lines = ["thread panicked at t.rs:2:19:", "oh no"].map(str::to_owned);
        assert_eq!(of("bad"), Outcome::Failed(lines.to_vec()));
        assert_eq!(of("killed"), Outcome::Failed(vec!["test abort".to_owned()]));
        assert!(read("<html/>").is_err());
        assert!(read("").is_err());
    }
}
