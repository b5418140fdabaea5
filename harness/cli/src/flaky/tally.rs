//! What the rounds of a test suite had in common: which tests always passed, which never did, and which differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::rounds::{Round, Way};

/// A test, as nextest names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TestId {
    /// The id of its binary: `package`, `package::target` or `package::bin/target`.
    pub(crate) binary: String,
    /// Its path in the binary.
    pub(crate) test: String,
}

impl fmt::Display for TestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.binary, self.test)
    }
}

/// What a test did in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// It failed, with the first lines of what it said.
    Failed(Vec<String>),
}

/// How a test ended in the rounds of one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// Rounds that had no such test.
    pub(crate) absent: usize,
}

impl Counts {
    pub(crate) fn runs(self) -> usize {
        self.passed + self.failed + self.absent
    }
}

/// The first failure of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FirstFailure {
    pub(crate) way: Way,
    /// The number of the round, from 1, over all ways.
    pub(crate) round: usize,
    pub(crate) lines: Vec<String>,
}

/// A test that did not pass in every round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailedTest {
    pub(crate) id: TestId,
    pub(crate) counts: BTreeMap<Way, Counts>,
    /// `None` if it was only absent.
    pub(crate) first: Option<FirstFailure>,
}

impl FailedTest {
    fn total(&self) -> Counts {
        let mut total = Counts::default();
        for counts in self.counts.values() {
            total.passed += counts.passed;
            total.failed += counts.failed;
            total.absent += counts.absent;
        }
        total
    }

    /// How many of its runs failed, and how many there were.
    pub(crate) fn failed_of(&self) -> (usize, usize) {
        let total = self.total();
        (total.failed, total.runs())
    }

    /// Whether its results differ from round to round. A test that always fails is broken, and steady.
    pub(crate) fn differs(&self) -> bool {
        self.total().failed < self.total().runs()
    }

    /// The way in which it always fails, if it passes in every other.
    pub(crate) fn only_in(&self) -> Option<Way> {
        let fails = |counts: &&Counts| counts.failed == counts.runs();
        let passes = |counts: &&Counts| counts.passed == counts.runs();
        let failing: Vec<Way> = self
            .counts
            .iter()
            .filter(|(_, counts)| fails(counts))
            .map(|(way, _)| *way)
            .collect();
        let others = self.counts.values().filter(passes).count();
        match failing.as_slice() {
            [way] if others > 0 && others + 1 == self.counts.len() => Some(*way),
            _ => None,
        }
    }
}

/// The tests of all rounds that could be run.
///
/// A test that fails in one round and is absent in another differs too.
pub(crate) fn failed_tests(rounds: &[Round]) -> Vec<FailedTest> {
    let ran = || {
        let numbered = (1..).zip(rounds);
        numbered
            .filter_map(|(number, round)| Some((number, round.way, round.outcomes.as_ref().ok()?)))
    };
    let ids: BTreeSet<&TestId> = ran().flat_map(|(_, _, outcomes)| outcomes.keys()).collect();
    let tests = ids.into_iter().map(|id| {
        let mut test = FailedTest {
            id: id.clone(),
            counts: BTreeMap::new(),
            first: None,
        };
        for (round, way, outcomes) in ran() {
            let counts = test.counts.entry(way).or_default();
            match outcomes.get(id) {
                None => counts.absent += 1,
                Some(Outcome::Passed) => counts.passed += 1,
                Some(Outcome::Failed(lines)) => {
                    counts.failed += 1;
                    test.first.get_or_insert_with(|| FirstFailure {
                        way,
                        round,
                        lines: lines.clone(),
                    });
                }
            }
        }
        test
    });
    let tests = tests.filter(|test| test.total().passed < test.total().runs());
    tests.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(way: Way, outcomes: &[(&str, Option<&str>)]) -> Round {
        let outcomes = outcomes.iter().map(|(test, failure)| {
            let id = TestId {
                binary: "b".to_owned(),
                test: (*test).to_owned(),
            };
            let outcome = match failure {
                None => Outcome::Passed,
                Some(line) => Outcome::Failed(vec![(*line).to_owned()]),
            };
            (id, outcome)
        });
        Round {
            way,
            outcomes: Ok(outcomes.collect()),
        }
    }

    #[test]
    fn what_differs_is_told_from_what_always_fails() {
        let rounds = [
            round(
                Way::Plain,
                &[
                    ("good", None),
                    ("broken", Some("x")),
                    ("zone", None),
                    ("dice", None),
                ],
            ),
            round(
                Way::Environment,
                &[
                    ("good", None),
                    ("broken", Some("y")),
                    ("zone", Some("TZ")),
                    ("dice", None),
                ],
            ),
            Round {
                way: Way::Load,
                outcomes: Err("killed".to_owned()),
            },
            round(
                Way::Plain,
                &[
                    ("good", None),
                    ("broken", Some("x")),
                    ("zone", None),
                    ("dice", Some("6")),
                ],
            ),
            round(
                Way::Environment,
                &[("good", None), ("broken", Some("x")), ("zone", Some("TZ"))],
            ),
        ];
        let found = failed_tests(&rounds);
        let names: Vec<&str> = found.iter().map(|test| test.id.test.as_str()).collect();
        assert_eq!(names, ["broken", "dice", "zone"]);
        let [broken, dice, zone] = found.as_slice() else {
            unreachable!("there are three")
        };
        assert!(!broken.differs());
        assert_eq!(broken.failed_of(), (4, 4));
        assert!(dice.differs());
        assert_eq!(dice.only_in(), None);
        assert_eq!(dice.counts[&Way::Environment].absent, 1);
        assert_eq!(dice.first.as_ref().unwrap().round, 4);
        assert!(zone.differs());
        assert_eq!(zone.only_in(), Some(Way::Environment));
    }
}
