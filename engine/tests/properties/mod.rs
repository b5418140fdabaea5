//! Property tests: laws that hold for every run, tested with generated runs.
//!
//! The seed is a constant, so that a commit always has the same result.
//! `PROPTEST_RNG_SEED=<number>` sets a different seed and `PROPTEST_CASES=<number>` the number of
//! cases, which a scheduled job does. Each property prints its seed first. A counterexample is
//! shrunk, and its seed is kept under `proptest-regressions/`, whose seeds are tried first; commit
//! it with the fix. Its documents are written under the target directory, and the failure says how
//! to make a scenario from them.

pub(crate) mod aeon;
mod counterexample;
pub(crate) mod generate;
mod log;
mod records;
mod replay;
mod shuffle;
mod spelling;
mod switches;

use std::fmt::Debug;
use std::path::Path;

use proptest::strategy::Strategy;
use proptest::test_runner::{
    Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner,
};

use crate::oracle::Case;

const SEED: u64 = 0xAE74_E500_0000_0001;

/// The folder in which each property keeps the seeds of its counterexamples.
const REGRESSIONS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/properties/proptest-regressions"
);

/// A generated value that is or contains a case.
pub(crate) trait Drawn {
    fn case(&self) -> &Case;
}

impl Drawn for Case {
    fn case(&self) -> &Case {
        self
    }
}

impl<A> Drawn for (Case, A) {
    fn case(&self) -> &Case {
        &self.0
    }
}

impl<A, B> Drawn for (Case, A, B) {
    fn case(&self) -> &Case {
        &self.0
    }
}

/// Checks a property for a number of generated values.
pub(crate) fn hold<S>(
    name: &str,
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), String>,
) where
    S: Strategy,
    S::Value: Debug + Drawn,
{
    let outcome = search(name, cases, strategy, property, Path::new(REGRESSIONS));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// Looks for a counterexample, and keeps its seed under `regressions`. The error describes it for
/// people.
fn search<S>(
    name: &str,
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), String>,
    regressions: &Path,
) -> Result<(), String>
where
    S: Strategy,
    S::Value: Debug + Drawn,
{
    let given = Config::default();
    let seed = match given.rng_seed {
        RngSeed::Random => SEED,
        RngSeed::Fixed(seed) => seed,
    };
    // 256 is proptest's default, so the environment does not set a number.
    let cases = if given.cases == 256 {
        cases
    } else {
        given.cases
    };
    println!(
        "{name}: seed {seed} ({cases} cases; PROPTEST_RNG_SEED and PROPTEST_CASES change them)"
    );
    // The persistence needs a path with a static lifetime.
    let kept = regressions.join(format!("{name}.txt"));
    let kept = Box::leak(kept.to_string_lossy().into_owned().into_boxed_str());
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(kept))),
        max_shrink_time: 60_000,
        ..given
    };
    let outcome = TestRunner::new(config).run(strategy, |value| {
        property(value).map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, smallest)) => {
            let written = counterexample::write(name, &reason.to_string(), smallest.case());
            let remedy = match written {
                Ok(dir) => format!(
                    "make it a scenario: cargo xtask new NAME --from-counterexample {}",
                    dir.display()
                ),
                Err(error) => format!("its documents could not be written: {error}"),
            };
            Err(format!(
                "{name} (seed {seed}): {reason}\nsmallest input: {smallest:#?}\n{remedy}"
            ))
        }
        Err(TestError::Abort(reason)) => Err(format!("{name} (seed {seed}): gave up: {reason}")),
    }
}

#[test]
fn a_counterexample_is_shrunk_and_its_documents_are_written() {
    // Deliberately false: some runs have more than three ticks.
    let regressions = tempfile::tempdir().expect("a directory");
    let failure = search(
        "no_run_is_long",
        64,
        &generate::case(generate::Reach::Usual),
        |case| match case.run.ticks {
            0..=3 => Ok(()),
            ticks => Err(format!("{ticks} ticks")),
        },
        regressions.path(),
    )
    .expect_err("it is false");
    // It is shrunk to the shortest run, its seed is kept, and its documents are written.
    assert!(failure.contains(": 4 ticks"), "{failure}");
    let kept =
        std::fs::read_to_string(regressions.path().join("no_run_is_long.txt")).expect("a seed");
    assert!(kept.contains("\ncc "), "{kept}");
    let (_, dir) = failure
        .rsplit_once("--from-counterexample ")
        .expect("the command that keeps it");
    let scenario =
        std::fs::read_to_string(Path::new(dir).join("scenario.toml")).expect("it is there");
    let description = "Counterexample of no_run_is_long: 4 ticks";
    assert!(scenario.contains(description), "{scenario}");
}
