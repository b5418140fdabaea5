//! Whether the `runtime` of a scenario is what was measured.
//!
//! This is advice, and never part of a verdict: a clock measures the machine too.

use crate::scenario::Runtime;
use crate::{Check, Verdict};

/// How far a measurement must be from what was said: a busy machine, and the reading of documents, make a
/// trial several times as long as its run.
const MARGIN: f64 = 10.0;

/// Seconds that a `short` run takes at most.
const SHORT_MAX: f64 = 2.0;

/// Seconds that an `instant` run takes at most.
const INSTANT_MAX: f64 = 0.1;

/// What the trials of one scenario took.
#[derive(Clone, Debug)]
pub struct Measured {
    runtime: Runtime,
    golden: Option<f64>,
    longest: f64,
}

impl Measured {
    /// Nothing yet, of a scenario with this `runtime`.
    pub fn new(runtime: Runtime) -> Self {
        Self {
            runtime,
            golden: None,
            longest: 0.0,
        }
    }

    /// Adds a trial. One that failed may have waited for what is wrong, and does not count.
    pub fn add(&mut self, check: &Check, verdict: Verdict, seconds: f64) {
        if !verdict.passes() {
            return;
        }
        if *check == Check::Golden {
            self.golden = Some(seconds);
        }
        self.longest = self.longest.max(seconds);
    }

    /// What is probably wrong with the scenario's `runtime`.
    pub fn doubt(&self, scenario: &str) -> Option<String> {
        let golden = self.golden?;
        let name = self.runtime.name();
        let said = |limit: f64, took: f64| {
            format!(
                "{scenario}: `runtime = \"{name}\"` is for runs below {limit} s, and {scenario}::golden took {took:.1} s"
            )
        };
        match self.runtime {
            // The golden trial makes one run, or waits for one.
            Runtime::Instant if golden >= INSTANT_MAX * MARGIN => Some(said(INSTANT_MAX, golden)),
            Runtime::Short if golden >= SHORT_MAX * MARGIN => Some(said(SHORT_MAX, golden)),
            // Every trial may have used the run of another, but not all of them.
            Runtime::Long if self.longest < SHORT_MAX / MARGIN => Some(format!(
                "{scenario}: `runtime = \"{name}\"` is for runs above {SHORT_MAX} s, and its longest trial took \
                 {:.1} s; with another, it would run with every test",
                self.longest
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubted(runtime: Runtime, trials: &[(Check, Verdict, f64)]) -> bool {
        let mut measured = Measured::new(runtime);
        for (check, verdict, seconds) in trials {
            measured.add(check, *verdict, *seconds);
        }
        measured.doubt("s").is_some()
    }

    #[test]
    fn only_what_is_far_from_the_measured_is_doubted() {
        use Check::{Determinism, Golden};
        use Verdict::{Match, Mismatch};
        for (runtime, golden, expected) in [
            (Runtime::Instant, 0.0, false),
            (Runtime::Instant, 0.9, false),
            (Runtime::Instant, 1.0, true),
            (Runtime::Short, 19.0, false),
            (Runtime::Short, 20.0, true),
            (Runtime::Long, 0.1, true),
            (Runtime::Long, 0.3, false),
            (Runtime::Long, 900.0, false),
        ] {
            let found = doubted(runtime, &[(Golden, Match, golden)]);
            assert_eq!(found, expected, "{} {golden}", runtime.name());
        }
        // The golden trial of a long scenario used the run of another trial.
        let trials = [(Golden, Match, 0.0), (Determinism, Match, 5.0)];
        assert!(!doubted(Runtime::Long, &trials));
        // Only the golden trial is one run.
        let trials = [(Golden, Match, 0.0), (Determinism, Match, 1.5)];
        assert!(!doubted(Runtime::Instant, &trials));
        assert!(!doubted(Runtime::Instant, &[(Golden, Mismatch, 9.0)]));
        assert!(!doubted(Runtime::Long, &[]));
    }
}
