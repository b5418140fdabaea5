//! JUnit XML, which most CI systems show.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use aether_harness::Verdict;
use aether_harness::report::{visible, visible_line};
use aether_harness::results::TrialResult;

use super::{Absence, Entry, Merge};

/// The name of the whole.
const NAME: &str = "scenarios";

/// Writes one test suite per scenario with one test case per check. What differs is a failure, what could
/// not be run or has no result an error, and what was not asked for is skipped.
pub(crate) fn write(out: &mut dyn Write, merge: &Merge) -> io::Result<()> {
    let mut report = Report::new(NAME);
    let mut whole = Duration::ZERO;
    for entries in merge.entries.chunk_by(|a, b| a.scenario == b.scenario) {
        let mut suite = TestSuite::new(visible_line(&entries[0].scenario));
        let mut sum = Duration::ZERO;
        for entry in entries {
            let time = entry.outcome.as_ref().map_or(Duration::ZERO, time);
            suite.add_test_case(case(entry, time));
            sum += time;
        }
        suite.set_time(sum);
        report.add_test_suite(suite);
        whole += sum;
    }
    report.set_time(whole);
    let text = report.to_string().map_err(io::Error::other)?;
    out.write_all(without_skipped(&text).as_bytes())
}

/// The report without the attribute `skipped` of `testsuites`, which the schemas of JUnit XML do not have;
/// that of each `testsuite` is in all of them.
fn without_skipped(report: &str) -> String {
    const START: &str = "<testsuites ";
    const ATTRIBUTE: &str = " skipped=\"";
    let cut = || {
        let tag = report.find(START)?;
        let end = tag + report[tag..].find('>')?;
        let from = tag + report[tag..end].find(ATTRIBUTE)?;
        let value = from + ATTRIBUTE.len();
        let to = value + report[value..end].find('"')? + 1;
        Some(format!("{}{}", &report[..from], &report[to..]))
    };
    cut().unwrap_or_else(|| report.to_owned())
}

/// A result may come from anywhere, and not every number is a duration.
fn time(result: &TrialResult) -> Duration {
    Duration::try_from_secs_f64(result.timing.seconds).unwrap_or_default()
}

fn case(entry: &Entry, time: Duration) -> TestCase {
    let status = match &entry.outcome {
        Ok(result) if result.verdict.passes() => TestCaseStatus::success(),
        Ok(result) => failure(result),
        Err(Absence::Missing) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status
                .set_type("NO_RESULT")
                .set_message(Absence::Missing.text());
            status
        }
        Err(Absence::NotAsked) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(Absence::NotAsked.text());
            status
        }
    };
    let mut case = TestCase::new(visible_line(entry.check.name()), status);
    case.set_classname(visible_line(&entry.scenario))
        .set_time(time);
    case
}

fn failure(result: &TrialResult) -> TestCaseStatus {
    let kind = match result.verdict {
        Verdict::Invalid | Verdict::ProgramError | Verdict::Timeout => NonSuccessKind::Error,
        _ => NonSuccessKind::Failure,
    };
    let mut status = TestCaseStatus::non_success(kind);
    let first_line = result.message.lines().next().unwrap_or_default();
    status
        .set_type(result.verdict.name())
        .set_message(visible_line(
            result.first_divergence.as_deref().unwrap_or(first_line),
        ))
        .set_description(visible(&result.message));
    status
}

#[cfg(test)]
mod tests {
    use aether_harness::Check;
    use aether_harness::evaluate::CheckMessage;

    use super::*;

    fn merge(scenario: &str, message: &str) -> Merge {
        let mut result = TrialResult::new(
            scenario,
            &Check::Golden,
            Verdict::ProgramError,
            CheckMessage::default(),
            Duration::from_millis(5),
        );
        message.clone_into(&mut result.message);
        Merge {
            entries: vec![Entry {
                trial: result.trial.clone(),
                scenario: scenario.to_owned(),
                check: Check::Golden,
                outcome: Ok(result),
            }],
            runs: 1,
            strays: Vec::new(),
            doubts: Vec::new(),
            problems: Vec::new(),
        }
    }

    #[test]
    fn any_text_makes_valid_xml() {
        // Every character that XML 1.0 forbids, and some that it allows but terminals obey.
        let hostile: String = (0..0x20)
            .chain([0x7f, 0x9b, 0x202e, 0xfdd0, 0xfffe, 0xffff, 0x1_fffe])
            .filter_map(char::from_u32)
            .chain("]]> <&\"' \u{1b}[31mred".chars())
            .collect();
        let mut text = Vec::new();
        write(&mut text, &merge(&format!("s{hostile}"), &hostile)).unwrap();
        let text = String::from_utf8(text).unwrap();
        for c in ['\u{fffe}', '\u{ffff}', '\u{1b}', '\u{202e}', '\0'] {
            assert!(!text.contains(c), "{c:?} in {text}");
        }
        let document = roxmltree::Document::parse(&text).unwrap();
        let error = document.descendants().find(|n| n.has_tag_name("error"));
        let error = error.unwrap().text().unwrap();
        // Made visible, not dropped.
        for shown in ["‹U+FFFE›", "‹U+001B›[31mred", "‹U+0000›"] {
            assert!(error.contains(shown), "{shown} in {error}");
        }
    }

    #[test]
    fn testsuites_has_no_attribute_that_no_schema_knows() {
        let mut text = Vec::new();
        write(&mut text, &merge("s", "m")).unwrap();
        let text = String::from_utf8(text).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let names = |tag: &str| -> Vec<String> {
            let node = document.descendants().find(|n| n.has_tag_name(tag));
            let attributes = node.unwrap().attributes();
            attributes.map(|a| a.name().to_owned()).collect()
        };
        assert_eq!(
            names("testsuites"),
            ["name", "tests", "failures", "errors", "time"]
        );
        assert!(names("testsuite").contains(&"skipped".to_owned()));
    }
}
