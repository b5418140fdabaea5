//! One scenario run again and again, to see whether it ever differs from itself.

use super::attribution::Attribution;
use super::repeat::described;
use super::{Bench, Ending, Judgement, Product};
use crate::exec::{Ended, Surrounding, Surroundings};
use crate::scenario::Scenario;
use crate::{Check, Diff, DiffOptions, Mode, Suite, Verdict};

/// What many runs of one scenario had in common.
#[derive(Clone, Debug)]
pub(crate) struct Wavering {
    /// Runs that were compared with the first.
    pub(crate) runs: usize,
    /// How many of them differed, by the way they were run in.
    pub(crate) differing: Vec<(String, usize)>,
    /// The first of those.
    pub(crate) first: Option<Difference>,
    /// What kept runs from being compared: a time limit under load.
    pub(crate) trouble: Vec<String>,
}

/// A run that differed.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) what: String,
    /// The first divergence; none where the run ended otherwise.
    pub(crate) diff: Option<Diff>,
    /// How it ended, where it gave nothing to compare.
    pub(crate) ended: Option<String>,
    pub(crate) cause: Attribution,
}

/// One way of running once more.
#[derive(Clone, Debug)]
enum Way {
    Here(Mode),
    /// In a new process, with these surroundings changed.
    Elsewhere(Surroundings),
}

impl Way {
    fn describe(&self) -> String {
        match self {
            Self::Here(Mode::Direct) => "a later run in the same process".to_owned(),
            Self::Here(mode) => described(*mode),
            Self::Elsewhere(changed) if changed.is_empty() => "a run in a new process".to_owned(),
            Self::Elsewhere(_) => "a run in a new process with changed surroundings".to_owned(),
        }
    }

    fn is_plain(&self) -> bool {
        match self {
            Self::Here(mode) => *mode == Mode::Direct,
            Self::Elsewhere(changed) => changed.is_empty(),
        }
    }
}

/// Runs a scenario `repeat` times in every way there is, each compared with the first run.
///
/// # Errors
/// The first run gave nothing to compare with.
pub(crate) fn waver(
    suite: &Suite,
    scenario: &Scenario,
    repeat: usize,
) -> Result<Wavering, (Verdict, String)> {
    let told = |judgement: Judgement| (judgement.verdict, judgement.detail);
    let bench = Bench::new(suite, scenario, Check::Determinism)
        .map_err(|error| (Verdict::Invalid, error.to_string()))?;
    let first = bench
        .run(Mode::Direct)
        .map_err(|ended| told(Judgement::ended(ended)))?;
    if let Ending::Failed(message) = &first.ending {
        return Err((Verdict::EngineError, message.clone()));
    }
    let ways = bench.ways();
    let mut counts = vec![0; ways.len()];
    let mut wavering = Wavering {
        runs: 0,
        differing: Vec::new(),
        first: None,
        trouble: Vec::new(),
    };
    let mut met = None;
    for _ in 0..repeat {
        for (way, count) in ways.iter().zip(&mut counts) {
            wavering.runs += 1;
            match bench.run_in(way, &first) {
                Ok(run) if run.set.differing(&first.set).is_empty() => continue,
                Err(Ended::TimedOut(message)) => {
                    wavering
                        .trouble
                        .push(format!("{}: {message}", way.describe()));
                    continue;
                }
                run => {
                    *count += 1;
                    met.get_or_insert_with(|| (way.clone(), run));
                }
            }
        }
    }
    wavering.differing = ways
        .iter()
        .zip(&counts)
        .filter(|(_, count)| **count > 0)
        .map(|(way, count)| (way.describe(), *count))
        .collect();
    if let Some((way, run)) = met {
        let cause = bench.cause_among(&ways, &counts, &first, repeat);
        let (diff, ended) = match run {
            Ok(run) => (Some(bench.brief(&first, &run)), None),
            Err(ended) => (None, Some(Judgement::ended(ended).detail)),
        };
        wavering.first = Some(Difference {
            what: way.describe(),
            diff,
            ended,
            cause,
        });
    }
    Ok(wavering)
}

impl Bench<'_> {
    /// Every way in which the scenario can be run, the plain ones first.
    fn ways(&self) -> Vec<Way> {
        let mut ways = vec![Way::Here(Mode::Direct)];
        if self.suite.has_children() {
            ways.push(Way::Elsewhere(Surroundings::new()));
            ways.push(Way::Elsewhere(Surroundings::from(Surrounding::ALL)));
        }
        ways.extend(self.subject.modes().into_iter().map(Way::Here));
        ways
    }

    fn run_in(&self, way: &Way, first: &Product) -> Result<Product, Ended> {
        match way {
            Way::Here(mode) => self.run(*mode),
            Way::Elsewhere(changed) => self.in_child(changed, first).map(|from| from.product),
        }
    }

    fn brief(&self, first: &Product, run: &Product) -> Diff {
        let options = DiffOptions {
            entries: 1,
            ..DiffOptions::default()
        };
        crate::diff(
            &first.set.to_vec(),
            &run.set.to_vec(),
            &first.schema,
            &options,
        )
    }

    /// Why runs differed, given how often they did in each way.
    fn cause_among(
        &self,
        ways: &[Way],
        counts: &[usize],
        first: &Product,
        repeat: usize,
    ) -> Attribution {
        let differing: usize = counts.iter().sum();
        let rare = Attribution::Rare {
            differing,
            runs: repeat * ways.len(),
        };
        if !self.suite.has_children() {
            return Attribution::Unknown(
                "this program does not start itself again to find out".to_owned(),
            );
        }
        let is_plain = ways
            .iter()
            .zip(counts)
            .any(|(way, count)| way.is_plain() && *count > 0);
        let everywhere: Vec<&Way> = ways
            .iter()
            .zip(counts)
            .filter(|(_, count)| **count == repeat)
            .map(|(way, _)| way)
            .collect();
        let sometimes = counts.iter().any(|count| (1..repeat).contains(count));
        let cause = match everywhere.as_slice() {
            [Way::Here(mode)] if *mode != Mode::Direct && !is_plain && !sometimes => {
                return Attribution::Mode(described(*mode));
            }
            [Way::Elsewhere(changed)] if !changed.is_empty() && !is_plain && !sometimes => {
                self.cause_outside(first)
            }
            _ => self.cause_inside(first),
        };
        let elsewhere = ways.iter().zip(counts).any(|(way, count)| {
            matches!(way, Way::Elsewhere(changed) if changed.is_empty()) && *count > 0
        });
        match cause {
            // What new processes were seen to do outlives none of them.
            Attribution::Leftover if elsewhere && sometimes => rare,
            Attribution::Rare { .. } => rare,
            cause => cause,
        }
    }
}
