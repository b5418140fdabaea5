//! Several runs in new processes, and what they have in common.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::CheckRun;
use super::run::Observation;
use crate::exec::{EnvironmentChange, EnvironmentChanges, RunFailure};
use crate::varying::{Varying, varying};
use crate::{Artefact, Schema};

/// Runs of one scenario in the same environment.
pub(super) struct Sample {
    pub(super) runs: Vec<Observation>,
    /// What could not be changed around them.
    pub(super) unchanged: Vec<EnvironmentChange>,
}

impl CheckRun<'_> {
    /// That many runs, each in a new process with these changes of its environment.
    pub(super) fn sample(
        &self,
        changes: &EnvironmentChanges,
        size: usize,
    ) -> Result<Sample, RunFailure> {
        let mut sample = Sample {
            runs: Vec::new(),
            unchanged: Vec::new(),
        };
        for _ in 0..size {
            let (run, unchanged) = self.observe_in_child(changes)?;
            sample.runs.push(run);
            sample.unchanged = unchanged.into_iter().map(|(what, _)| what).collect();
            if !sample.unchanged.is_empty() {
                break;
            }
        }
        Ok(sample)
    }
}

impl Sample {
    /// Whether all runs produced the same bytes.
    pub(super) fn agrees(&self) -> bool {
        self.modal() == self.runs.len()
    }

    /// How many runs made what most of them made.
    pub(super) fn modal(&self) -> usize {
        let same = |run: &Observation| {
            let equals = |other: &&Observation| run.output.equals(&other.output);
            self.runs.iter().filter(equals).count()
        };
        self.runs.iter().map(same).max().unwrap_or(0)
    }

    /// Whether more than half of the runs produced the same.
    pub(super) fn is_mostly_one(&self) -> bool {
        self.modal() * 2 > self.runs.len()
    }

    /// Whether these runs agree, or nearly, as the others do not.
    pub(super) fn is_steadier_than(&self, other: &Self) -> bool {
        if self.runs.len() != other.runs.len() || other.is_mostly_one() {
            return false;
        }
        is_steadier(self.modal(), other.modal(), self.runs.len())
    }

    /// Every pattern of values that differ between these runs.
    pub(super) fn varying(&self, schema: &Schema) -> Vec<Varying> {
        let observed: Vec<_> = self.runs.iter().map(Observation::observed).collect();
        varying(&observed, schema)
    }

    /// Whether all runs hold the same values, in whatever order.
    pub(super) fn is_reordered(&self) -> bool {
        let mut runs: Vec<Vec<String>> = self.runs.iter().map(tokens).collect();
        for run in &mut runs {
            run.sort_unstable();
        }
        runs.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// Whether each run has its values in an order of its own that keeps nothing of the one before,
    /// as a hash map does; threads that share a processor hand over now and then, and in between
    /// keep to their order.
    pub(super) fn is_shuffled(&self) -> bool {
        let runs: Vec<Vec<String>> = self.runs.iter().map(tokens).collect();
        is_shuffled(&runs)
    }
}

/// Which value follows which in a run.
type Followers<'r> = BTreeSet<(&'r str, &'r str)>;

/// Pieces that stay together below which an order may be one of a few.
const PIECES: usize = 8;

fn is_shuffled(runs: &[Vec<String>]) -> bool {
    let Some(length) = runs.iter().map(Vec::len).min() else {
        return false;
    };
    let moves = |at: &usize| runs.windows(2).any(|pair| pair[0][*at] != pair[1][*at]);
    let moving: Vec<usize> = (0..length).filter(moves).collect();
    let follows: Vec<Followers<'_>> = runs
        .iter()
        .map(|run| {
            let pairs = moving.windows(2);
            pairs
                .map(|at| (run[at[0]].as_str(), run[at[1]].as_str()))
                .collect()
        })
        .collect();
    let (mut all, mut broken) = (0, 0);
    for pair in follows.windows(2) {
        let loose = pair[0]
            .iter()
            .filter(|one| !follows.iter().all(|other| other.contains(*one)));
        let loose: Vec<_> = loose.collect();
        if loose.len() + 1 < PIECES {
            return false;
        }
        all += loose.len();
        broken += loose.iter().filter(|one| !pair[1].contains(**one)).count();
    }
    all > 0 && broken * 4 > all * 3
}

/// Whether `pinned` equal runs of `size` say more than the `plain` equal ones, which are no more than
/// half: all of them, or twice as many and one. A busy machine disturbs a few.
fn is_steadier(pinned: usize, plain: usize, size: usize) -> bool {
    pinned == size || pinned > plain * 2
}

/// Everything between the punctuation of what a run made, in order.
fn tokens(run: &Observation) -> Vec<String> {
    run.output
        .set
        .artefacts()
        .flat_map(|artefact: &Artefact| {
            String::from_utf8_lossy(artefact.text())
                .split(['{', '}', '[', ']', ',', '\n'])
                .filter(|token| !token.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Whether a value is below another: as numbers if both are, otherwise as strings.
pub(super) fn is_below(a: &str, b: &str) -> bool {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a < b,
        _ => a < b,
    }
}

/// Waits until the clock shows another second: a time stamp is then another one, unless it counts
/// minutes.
pub(super) fn until_next_second() {
    #[expect(
        clippy::disallowed_methods,
        reason = "what depends on the clock is to be caught, not hidden by it"
    )]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let into = Duration::from_nanos(u64::from(now.map_or(0, |now| now.subsec_nanos())));
    let left = Duration::from_secs(1).saturating_sub(into);
    std::thread::sleep(left + Duration::from_millis(2));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_shows_in_all_runs_or_in_far_more_than_without_it() {
        let check = |held, plain, expected| {
            assert_eq!(is_steadier(held, plain, 8), expected, "{held} {plain}");
        };
        check(8, 1, true);
        check(8, 4, true);
        // Threads on one processor of a busy machine.
        check(4, 1, true);
        check(3, 1, true);
        // A hash map of two keys, or of three.
        check(6, 4, false);
        check(4, 2, false);
        check(1, 1, false);
    }

    #[test]
    fn a_hash_map_is_told_from_threads_on_one_processor() {
        let run = |order: &[u32]| -> Vec<String> {
            let fixed = ["first".to_owned()];
            let moving = order.iter().map(ToString::to_string);
            fixed.into_iter().chain(moving).collect()
        };
        // Orders of twelve keys as hash maps had them.
        let maps = [
            [3, 9, 0, 7, 11, 2, 5, 10, 1, 8, 6, 4],
            [8, 1, 4, 10, 0, 3, 6, 2, 9, 11, 7, 5],
            [5, 0, 9, 4, 7, 1, 11, 8, 3, 10, 2, 6],
        ];
        assert!(is_shuffled(&maps.map(|order| run(&order))));
        // Blocks of threads that were handed over, some of them half way.
        let blocks = |parts: [std::ops::Range<u32>; 5]| -> Vec<String> {
            run(&parts.into_iter().flatten().collect::<Vec<_>>())
        };
        assert!(!is_shuffled(&[
            blocks([0..10, 10..20, 20..30, 30..35, 35..40]),
            blocks([10..20, 0..10, 20..25, 30..40, 25..30]),
            blocks([0..3, 10..20, 3..10, 30..40, 20..30]),
        ]));
        // Two keys.
        assert!(!is_shuffled(&[run(&[1, 2]), run(&[2, 1]), run(&[1, 2])]));
        assert!(!is_shuffled(&[]));
    }

    #[test]
    fn values_are_compared_as_what_they_are() {
        assert!(is_below("9", "10"));
        assert!(is_below("\"2026-01-01T10:00\"", "\"2026-01-01T10:01\""));
        assert!(!is_below("10", "10"));
        assert!(!is_below("12", "11"));
    }
}
