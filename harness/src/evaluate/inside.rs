//! Finds out why runs differ although nothing around them was changed.

use super::attribution::Attribution;
use super::run::Observation;
use super::sample::{self, Sample};
use super::{CheckRun, RunOutput};
use crate::exec::{EnvironmentChange, EnvironmentChanges, RunFailure};
use crate::scenario::Runtime;
use crate::varying::{Looks, Varying, varying};
use crate::{Artefact, DiffOptions, Schema};

/// Runs that must agree before they are taken to.
pub(super) const AGREEING: usize = 3;

/// Runs of a sample; fewer if a scenario is long.
const SAMPLE: usize = 8;
const LONG_SAMPLE: usize = 4;

/// Runs of a sample that are kept to list what differs.
const KEPT: usize = 4;

/// Runs, a second apart, whose values must grow before a clock is named: other values do so in
/// their order once in 720 times.
const GROWING: usize = 6;

/// Why runs differ in the same environment, and some of those that show it.
#[derive(Debug)]
pub(super) struct Inside {
    pub(super) attribution: Attribution,
    pub(super) runs: Vec<Observation>,
}

impl CheckRun<'_> {
    /// Why runs differ although nothing around them was changed. `first` is what a run in this
    /// process produced.
    pub fn cause_inside(&self, first: &RunOutput) -> Attribution {
        self.look_inside(first).attribution
    }

    /// The same, with some of the runs that show it.
    pub(super) fn look_inside(&self, first: &RunOutput) -> Inside {
        let size = match self.scenario().runtime {
            Runtime::Instant | Runtime::Short => SAMPLE,
            Runtime::Long => LONG_SAMPLE,
        };
        let mut plain = match self.sample(&EnvironmentChanges::new(), size) {
            Ok(plain) => plain,
            Err(failure) => {
                return Inside {
                    attribution: Attribution::Failed(failure),
                    runs: Vec::new(),
                };
            }
        };
        let attribution = self
            .try_cause_inside(first, &mut plain)
            .unwrap_or_else(Attribution::Failed);
        // The last may be of a later second.
        let runs = plain.runs.split_off(plain.runs.len().saturating_sub(KEPT));
        Inside { attribution, runs }
    }

    /// `plain` are runs in new processes; one in a later second of the clock is added if they agree.
    fn try_cause_inside(
        &self,
        first: &RunOutput,
        plain: &mut Sample,
    ) -> Result<Attribution, RunFailure> {
        let size = plain.runs.len();
        if plain.agrees() {
            // A clock that counts seconds agrees with itself for a while.
            sample::until_next_second();
            let later = self.sample(&EnvironmentChanges::new(), 1)?;
            plain.runs.extend(later.runs);
            if !plain.agrees() {
                let is_clock = of_one_kind(&plain.varying(&first.schema)) == Some(Looks::Clock)
                    || self.grows(first)?;
                return Ok(if is_clock {
                    Attribution::Clock
                } else {
                    Attribution::Rare {
                        differing: 1,
                        runs: size + 1,
                    }
                });
            }
            return Ok(if plain.runs[0].output.equals(first) {
                // Whatever it was, it went into neither this process nor new ones again.
                self.repeats_here(first)?
            } else {
                Attribution::PersistentState
            });
        }
        let varying = plain.varying(&first.schema);
        if let Some(known) = known(&varying) {
            return Ok(known);
        }
        let mut is_shuffled_on_one = false;
        // What most runs agree in already, pinning something would say little about.
        let pinnable: &[EnvironmentChange] = if plain.is_mostly_one() {
            &[]
        } else {
            &EnvironmentChange::PINNED
        };
        for &pinned in pinnable {
            let sample = self.sample(&EnvironmentChanges::from([pinned]), size)?;
            if !sample.unchanged.is_empty() {
                continue;
            }
            if sample.is_steadier_than(plain) {
                return Ok(Attribution::Pinned(pinned));
            }
            if pinned == EnvironmentChange::Processors {
                is_shuffled_on_one = sample.is_shuffled();
            }
        }
        if plain.is_reordered() {
            return Ok(if is_shuffled_on_one {
                Attribution::HashOrder
            } else {
                Attribution::Order
            });
        }
        if self.grows(first)? {
            return Ok(Attribution::Clock);
        }
        Ok(if plain.is_mostly_one() {
            Attribution::Rare {
                differing: size - plain.modal(),
                runs: size,
            }
        } else if varying.len() > 1 && varying.iter().any(|varying| is_known(varying.looks)) {
            Attribution::Several
        } else {
            Attribution::Random
        })
    }

    /// New processes produce what the first run produced: either later runs in this process do not, or
    /// the difference was a rare one.
    fn repeats_here(&self, first: &RunOutput) -> Result<Attribution, RunFailure> {
        let mut differing = 0;
        for _ in 0..AGREEING {
            differing += usize::from(!first.equals(&self.run(None)?));
        }
        let is_isolated = self.scenario().subject().isolated();
        Ok(if differing == AGREEING && !is_isolated {
            Attribution::PersistentState
        } else {
            Attribution::Rare {
                differing,
                runs: AGREEING,
            }
        })
    }

    /// Whether the first value in which runs differ is greater in each later run, the runs lying a
    /// second apart.
    fn grows(&self, like: &RunOutput) -> Result<bool, RunFailure> {
        let none = EnvironmentChanges::new();
        let mut runs = Vec::new();
        for _ in 0..GROWING {
            sample::until_next_second();
            runs.extend(self.sample(&none, 1)?.runs);
        }
        let texts: Vec<Vec<Artefact>> = runs.iter().map(|run| run.output.set.to_vec()).collect();
        let brief = DiffOptions {
            entries: 1,
            ..DiffOptions::default()
        };
        let steps = texts.windows(2).map(|pair| {
            let diff = crate::diff(&pair[0], &pair[1], &like.schema_of_runs(), &brief);
            let first = diff.first_divergence?;
            Some((first.path.to_string(), first.before?, first.after?))
        });
        let Some(steps) = steps.collect::<Option<Vec<_>>>() else {
            return Ok(false);
        };
        Ok(steps.iter().all(|(path, before, after)| {
            *path == steps[0].0 && sample::is_below(before.as_str(), after.as_str())
        }))
    }
}

/// What all of these values look like; `None` if they look like several things.
fn of_one_kind(varying: &[Varying]) -> Option<Looks> {
    let first = varying.first()?.looks;
    varying
        .iter()
        .all(|other| other.looks == first)
        .then_some(first)
}

/// The cause, if what the values look like says all of it.
fn known(varying: &[Varying]) -> Option<Attribution> {
    if varying.is_empty() || !varying.iter().all(|varying| is_known(varying.looks)) {
        return None;
    }
    Some(match of_one_kind(varying) {
        Some(Looks::Clock) => Attribution::Clock,
        Some(looks) => Attribution::Seen(looks),
        None => Attribution::Several,
    })
}

/// Whether what looks like this needs no other reason to differ.
fn is_known(looks: Looks) -> bool {
    matches!(
        looks,
        Looks::Clock | Looks::Duration | Looks::ProcessId | Looks::Counter | Looks::Uuid
    )
}

/// Every pattern at which these runs differ.
pub(super) fn among(runs: &[&Observation], schema: &Schema) -> Vec<Varying> {
    let observed: Vec<_> = runs.iter().map(|run| run.observed()).collect();
    varying(&observed, schema)
}
