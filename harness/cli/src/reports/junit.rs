//! JUnit XML, which most CI systems show.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use aether_harness::Verdict;
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
        let mut suite = TestSuite::new(&*entries[0].scenario);
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
    report.serialize(out).map_err(io::Error::other)
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
    let mut case = TestCase::new(entry.check.name(), status);
    case.set_classname(&*entry.scenario).set_time(time);
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
        .set_message(result.first_divergence.as_deref().unwrap_or(first_line))
        .set_description(&*result.message);
    status
}
