//! Finds the cause of a difference between runs, by running the scenario again under other conditions.
//!
//! A cause is named only if several runs confirm it: one run may agree by luck, and a busy machine changes
//! the order of threads. A cause must show in all runs of a sample, or in far more than without it.
//!
//! ```text
//! first run            a
//! all changes undone   a a a      agree: the environment causes the difference
//! only TZ changed      b b b      always differs: Attribution::Environment([TimeZone])
//! only locale changed  a a a      no effect
//! ```

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{CheckRun, RunOutput};
use crate::exec::{EnvironmentChange, EnvironmentChanges, RunFailure};
use crate::scenario::Runtime;
use crate::{Artefact, DiffOptions, Verdict};

/// Runs that must agree before they are taken to.
pub(super) const AGREEING: usize = 3;

/// Runs of a sample; fewer if a scenario is long.
const SAMPLE: usize = 8;
const LONG_SAMPLE: usize = 4;

/// Runs, a second apart, whose values must grow before a clock is named: other values do so in
/// their order once in 720 times.
const GROWING: usize = 6;

/// What makes runs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attribution {
    /// These, each changed alone, make a difference; with all undone there is none.
    Environment(Vec<EnvironmentChange>),
    /// These together: with any of them undone there is no difference. If there are none, no single
    /// one is needed.
    Together(Vec<EnvironmentChange>),
    /// The way of running, as the subject describes it: direct runs agree.
    Mode(String),
    /// New processes agree, but a later run in a process does not: state outlives a run.
    PersistentState,
    /// Every process has its own, and with this pinned runs agree.
    Pinned(EnvironmentChange),
    /// The same values in a random order, also on one processor.
    HashOrder,
    /// The same values in another order, and nothing that distinguishes a hash map from threads.
    Order,
    /// Values that grow from run to run.
    Clock,
    /// Different values each time.
    Random,
    /// It does not show often enough to be followed.
    Rare {
        /// Runs that differed.
        differing: usize,
        /// All runs.
        runs: usize,
    },
    /// A run that was to answer the question failed.
    Failed(RunFailure),
    /// This program cannot start itself again to find out.
    NoChildren,
}

impl Attribution {
    /// The word for it in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Environment(_) => "environment",
            Self::Together(_) => "environment-together",
            Self::Mode(_) => "mode",
            Self::PersistentState => "persistent-state",
            Self::Pinned(EnvironmentChange::Processors) => "thread-order",
            Self::Pinned(_) => "pinned",
            Self::HashOrder => "hash-order",
            Self::Order => "order",
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Rare { .. } => "rare",
            Self::Failed(_) | Self::NoChildren => "unknown",
        }
    }

    /// The parts of the environment that it names.
    pub fn environment(&self) -> &[EnvironmentChange] {
        match self {
            Self::Environment(causes) | Self::Together(causes) => causes,
            Self::Pinned(EnvironmentChange::Processors) => &[],
            Self::Pinned(pinned) => std::slice::from_ref(pinned),
            _ => &[],
        }
    }
}

/// The attribution as programs read it: {`kind`, `environment`, `text`}.
impl Serialize for Attribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names: Vec<&str> = self.environment().iter().map(|part| part.name()).collect();
        let mut object = serializer.serialize_struct("Attribution", 3)?;
        object.serialize_field("kind", self.kind())?;
        object.serialize_field("environment", &names)?;
        object.serialize_field("text", &self.to_string())?;
        object.end()
    }
}

impl fmt::Display for Attribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |causes: &[EnvironmentChange], between: &str| {
            let causes: Vec<String> = causes.iter().map(ToString::to_string).collect();
            causes.join(between)
        };
        let text = match self {
            Self::Environment(causes) => {
                return write!(
                    f,
                    "caused by {}: changed alone it makes a difference, with all changes undone there \
                     is none",
                    listed(causes, ", and by ")
                );
            }
            Self::Together(causes) if causes.is_empty() => {
                "several changes of the environment at once cause it, no matter which; with all changes \
                 undone there is no difference"
            }
            Self::Together(causes) => {
                return write!(
                    f,
                    "caused by {} changed at once: with any of them undone there is no difference",
                    listed(causes, " and ")
                );
            }
            Self::Mode(what) => {
                return write!(f, "caused by {what}: direct runs produce the same bytes");
            }
            Self::PersistentState => {
                "new processes produce the same bytes, but a later run in one process does not: state \
                 outlives a run (a static, a cache)"
            }
            Self::Pinned(EnvironmentChange::Processors) => {
                "the output still differs with all changes undone, but not on a single processor: the \
                 order of threads"
            }
            Self::Pinned(pinned) => {
                return write!(
                    f,
                    "the output still differs with all changes undone, but not with {pinned} the same \
                     in each run: caused by {pinned}"
                );
            }
            Self::HashOrder => {
                "the output still differs with all changes undone: the same values in another order, \
                 also on one processor: the order of a hash map"
            }
            Self::Order => {
                "the output still differs with all changes undone: the same values in another order: \
                 the order of a hash map, or of threads; runs on one processor did not show which"
            }
            Self::Clock => {
                "the output still differs with all changes undone: the values grow from run to run: \
                 a clock"
            }
            Self::Random => {
                "the output still differs with all changes undone: different values in each run: a \
                 random seed, a race of threads, or a clock"
            }
            Self::Rare { differing, runs } => {
                return write!(
                    f,
                    "with all changes undone it differed in {differing} of {runs} runs: too rarely to \
                     say why"
                );
            }
            Self::Failed(failure) => {
                return write!(f, "the cause could not be found: {failure}");
            }
            Self::NoChildren => {
                "the cause could not be found: this program does not start itself again to find out"
            }
        };
        f.write_str(text)
    }
}

/// How often runs differ from another one.
#[derive(Clone, Copy)]
enum Differs {
    Never,
    Sometimes,
    Always,
}

impl CheckRun<'_> {
    /// Why a run in a changed environment differs from `first`.
    pub fn cause_outside(&self, first: &RunOutput) -> Attribution {
        self.try_cause_outside(first)
            .unwrap_or_else(Attribution::Failed)
    }

    fn try_cause_outside(&self, first: &RunOutput) -> Result<Attribution, RunFailure> {
        let none = EnvironmentChanges::new();
        if !matches!(self.differs(first, &none, Differs::Never)?, Differs::Never) {
            return self.try_cause_inside(first);
        }
        let mut causes = Vec::new();
        for change in EnvironmentChange::ALL {
            match self.differs(first, &EnvironmentChanges::from([change]), Differs::Always)? {
                Differs::Never => {}
                Differs::Always => causes.push(change),
                Differs::Sometimes => return self.try_cause_inside(first),
            }
        }
        if !causes.is_empty() {
            return self.confirmed(first, causes);
        }
        let all = EnvironmentChanges::from(EnvironmentChange::ALL);
        if !matches!(self.differs(first, &all, Differs::Always)?, Differs::Always) {
            return self.try_cause_inside(first);
        }
        let mut needed = Vec::new();
        for change in EnvironmentChange::ALL {
            let mut others = all.clone();
            others.remove(&change);
            if !matches!(
                self.differs(first, &others, Differs::Always)?,
                Differs::Always
            ) {
                needed.push(change);
            }
        }
        Ok(Attribution::Together(needed))
    }

    /// The causes, if they show once more: a fault that comes and goes could have come with one of
    /// them by chance.
    fn confirmed(
        &self,
        first: &RunOutput,
        causes: Vec<EnvironmentChange>,
    ) -> Result<Attribution, RunFailure> {
        let none = EnvironmentChanges::new();
        let mut holds = matches!(self.differs(first, &none, Differs::Never)?, Differs::Never);
        for cause in &causes {
            let changed = EnvironmentChanges::from([*cause]);
            holds &= matches!(
                self.differs(first, &changed, Differs::Always)?,
                Differs::Always
            );
        }
        if holds {
            Ok(Attribution::Environment(causes))
        } else {
            self.try_cause_inside(first)
        }
    }

    /// How runs in this environment compare with `first`. They are repeated while they may still
    /// turn out as `expected`.
    fn differs(
        &self,
        first: &RunOutput,
        changes: &EnvironmentChanges,
        expected: Differs,
    ) -> Result<Differs, RunFailure> {
        let mut differing = 0;
        for runs in 1..=AGREEING {
            let differs = match self.run_in_child(changes) {
                Ok(other) => !first.equals(&other.output),
                // Failing is a way of differing; being slow is not.
                Err(failure) if failure.verdict() == Verdict::Timeout => return Err(failure),
                Err(_) => true,
            };
            differing += usize::from(differs);
            match expected {
                Differs::Always if differing == 0 => return Ok(Differs::Never),
                Differs::Never if differing > 0 => return Ok(Differs::Sometimes),
                _ if differing > 0 && differing < runs => return Ok(Differs::Sometimes),
                _ => {}
            }
        }
        Ok(if differing == 0 {
            Differs::Never
        } else {
            Differs::Always
        })
    }

    /// Why runs differ although nothing around them was changed. `first` is what a run in this
    /// process produced.
    pub fn cause_inside(&self, first: &RunOutput) -> Attribution {
        self.try_cause_inside(first)
            .unwrap_or_else(Attribution::Failed)
    }

    fn try_cause_inside(&self, first: &RunOutput) -> Result<Attribution, RunFailure> {
        let size = match self.scenario.runtime {
            Runtime::Instant | Runtime::Short => SAMPLE,
            Runtime::Long => LONG_SAMPLE,
        };
        let plain = self.sample(&EnvironmentChanges::new(), size)?;
        if plain.agrees() {
            // A clock that counts seconds agrees with itself for a while.
            super::sample::until_next_second();
            let later = self.sample(&EnvironmentChanges::new(), 1)?;
            if !plain.runs[0].equals(&later.runs[0]) {
                return Ok(if self.grows(first)? {
                    Attribution::Clock
                } else {
                    Attribution::Rare {
                        differing: 1,
                        runs: size + 1,
                    }
                });
            }
            return Ok(if plain.runs[0].equals(first) {
                // Whatever it was, it went into neither this process nor new ones again.
                self.repeats_here(first)?
            } else {
                Attribution::PersistentState
            });
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
            if sample.is_steadier_than(&plain) {
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
        let is_isolated = self.scenario.subject().isolated();
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
            super::sample::until_next_second();
            runs.extend(self.sample(&none, 1)?.runs);
        }
        let texts: Vec<Vec<Artefact>> = runs.iter().map(|run| run.set.to_vec()).collect();
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
            *path == steps[0].0 && super::sample::is_below(before.as_str(), after.as_str())
        }))
    }
}
