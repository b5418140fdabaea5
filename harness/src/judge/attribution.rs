//! Where nondeterminism comes from, as far as runs can tell.
//!
//! A cause is named only where runs repeat it: what agrees once may agree by luck, and a busy
//! machine makes threads take turns that they would not take otherwise. So each question is put to
//! several runs, and a cause must show in all of them, or in far more than without it.

use std::fmt;

use serde_json::{Value, json};

use super::{Bench, Product};
use crate::exec::{Ended, Surrounding, Surroundings};
use crate::scenario::Runtime;
use crate::{Artefact, DiffOptions};

/// Runs that must agree before they are taken to.
pub(super) const AGREEING: usize = 3;

/// Runs of a sample; fewer where a scenario is long.
const SAMPLE: usize = 8;
const LONG_SAMPLE: usize = 4;

/// Runs, a second apart, whose values must grow before a clock is named: other values do so in
/// their order once in 720 times.
const GROWING: usize = 6;

/// What makes runs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attribution {
    /// These, each changed alone, make a difference; with all put back there is none.
    Surroundings(Vec<Surrounding>),
    /// These together: with any of them put back there is no difference. None of them: no single
    /// one is needed.
    Together(Vec<Surrounding>),
    /// The way of running: direct runs agree.
    Mode(String),
    /// New processes agree, and a later run in a process does not: something outlives a run.
    Leftover,
    /// Every process has its own, and with this held fast runs agree.
    Held(Surrounding),
    /// The same values in another order, as good as any, also on one processor.
    HashOrder,
    /// The same values in another order, and nothing that tells a hash map from threads.
    Order,
    /// Values that grow from run to run.
    Clock,
    /// Other values each time.
    Random,
    /// It does not show often enough to be followed.
    Rare { differing: usize, runs: usize },
    /// It could not be found out.
    Unknown(String),
}

impl Attribution {
    /// The attribution as programs read it.
    pub(crate) fn to_json(&self) -> Value {
        let names = |causes: &[Surrounding]| -> Vec<&str> {
            causes.iter().map(|cause| cause.name()).collect()
        };
        let (kind, surroundings) = match self {
            Self::Surroundings(causes) => ("surroundings", names(causes)),
            Self::Together(causes) => ("surroundings-together", names(causes)),
            Self::Mode(_) => ("mode", Vec::new()),
            Self::Leftover => ("leftover", Vec::new()),
            Self::Held(Surrounding::Processors) => ("thread-order", Vec::new()),
            Self::Held(held) => ("held", vec![held.name()]),
            Self::HashOrder => ("hash-order", Vec::new()),
            Self::Order => ("order", Vec::new()),
            Self::Clock => ("clock", Vec::new()),
            Self::Random => ("random", Vec::new()),
            Self::Rare { .. } => ("rare", Vec::new()),
            Self::Unknown(_) => ("unknown", Vec::new()),
        };
        json!({ "kind": kind, "surroundings": surroundings, "text": self.to_string() })
    }
}

impl fmt::Display for Attribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |causes: &[Surrounding], between: &str| {
            let causes: Vec<String> = causes.iter().map(ToString::to_string).collect();
            causes.join(between)
        };
        let text = match self {
            Self::Surroundings(causes) => {
                return write!(
                    f,
                    "caused by {}: changed alone it makes a difference, with all put back there is none",
                    listed(causes, ", and by ")
                );
            }
            Self::Together(causes) if causes.is_empty() => {
                "it takes several changed surroundings at once, no matter which; with all put back \
                 there is no difference"
            }
            Self::Together(causes) => {
                return write!(
                    f,
                    "caused by {} changed at once: with any of them put back there is no difference",
                    listed(causes, " and ")
                );
            }
            Self::Mode(what) => {
                return write!(f, "caused by {what}: direct runs make the same bytes");
            }
            Self::Leftover => {
                "new processes make the same bytes, a later run in one process does not: something \
                 outlives a run (a static, a cache)"
            }
            Self::Held(Surrounding::Processors) => {
                "with all surroundings put back it still differs, but not on a single processor: the \
                 order of threads"
            }
            Self::Held(held) => {
                return write!(
                    f,
                    "with all surroundings put back it still differs, but not where {held} is the same \
                     in each run: caused by {held}"
                );
            }
            Self::HashOrder => {
                "with all surroundings put back it still differs: the same values in another order, \
                 also on one processor: the order of a hash map"
            }
            Self::Order => {
                "with all surroundings put back it still differs: the same values in another order: \
                 the order of a hash map, or of threads; runs on one processor did not tell which"
            }
            Self::Clock => {
                "with all surroundings put back it still differs: the values grow from run to run: \
                 a clock"
            }
            Self::Random => {
                "with all surroundings put back it still differs: other values in each run: a \
                 random seed, a race of threads, or a clock"
            }
            Self::Rare { differing, runs } => {
                return write!(
                    f,
                    "with all surroundings put back it differed in {differing} of {runs} runs: too \
                     rarely to say why"
                );
            }
            Self::Unknown(why) => return write!(f, "the cause could not be found out: {why}"),
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

impl Bench<'_> {
    /// Why a run in changed surroundings differs from `first`.
    pub(super) fn cause_outside(&self, first: &Product) -> Attribution {
        self.try_cause_outside(first)
            .unwrap_or_else(Attribution::Unknown)
    }

    fn try_cause_outside(&self, first: &Product) -> Result<Attribution, String> {
        let none = Surroundings::new();
        if !matches!(self.differs(first, &none, Differs::Never)?, Differs::Never) {
            return self.try_cause_inside(first);
        }
        let mut causes = Vec::new();
        for surrounding in Surrounding::ALL {
            match self.differs(first, &Surroundings::from([surrounding]), Differs::Always)? {
                Differs::Never => {}
                Differs::Always => causes.push(surrounding),
                Differs::Sometimes => return self.try_cause_inside(first),
            }
        }
        if !causes.is_empty() {
            return self.confirmed(first, causes);
        }
        let all = Surroundings::from(Surrounding::ALL);
        if !matches!(self.differs(first, &all, Differs::Always)?, Differs::Always) {
            return self.try_cause_inside(first);
        }
        let mut needed = Vec::new();
        for surrounding in Surrounding::ALL {
            let mut others = all.clone();
            others.remove(&surrounding);
            if !matches!(
                self.differs(first, &others, Differs::Always)?,
                Differs::Always
            ) {
                needed.push(surrounding);
            }
        }
        Ok(Attribution::Together(needed))
    }

    /// The causes, where they show once more: a fault that comes and goes could have come with one of
    /// them by chance.
    fn confirmed(&self, first: &Product, causes: Vec<Surrounding>) -> Result<Attribution, String> {
        let none = Surroundings::new();
        let mut holds = matches!(self.differs(first, &none, Differs::Never)?, Differs::Never);
        for cause in &causes {
            let changed = Surroundings::from([*cause]);
            holds &= matches!(
                self.differs(first, &changed, Differs::Always)?,
                Differs::Always
            );
        }
        if holds {
            Ok(Attribution::Surroundings(causes))
        } else {
            self.try_cause_inside(first)
        }
    }

    /// How runs in these surroundings compare with `first`. They are repeated while they may still
    /// turn out as `expected`.
    fn differs(
        &self,
        first: &Product,
        changed: &Surroundings,
        expected: Differs,
    ) -> Result<Differs, String> {
        let mut differing = 0;
        for runs in 1..=AGREEING {
            let differs = match self.in_child(changed, first) {
                Ok(other) => !first.set.differing(&other.product.set).is_empty(),
                // Failing is a way of differing; being slow is none.
                Err(Ended::Invalid(_) | Ended::Broken(_)) => true,
                Err(Ended::TimedOut(message)) => return Err(message),
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
    /// process made.
    pub(super) fn cause_inside(&self, first: &Product) -> Attribution {
        self.try_cause_inside(first)
            .unwrap_or_else(Attribution::Unknown)
    }

    fn try_cause_inside(&self, first: &Product) -> Result<Attribution, String> {
        let size = match self.scenario.runtime {
            Runtime::Instant | Runtime::Short => SAMPLE,
            Runtime::Long => LONG_SAMPLE,
        };
        let plain = self.sample(&Surroundings::new(), first, size)?;
        if plain.agrees() {
            // A clock that counts seconds agrees with itself for a while.
            super::sample::until_next_second();
            let later = self.sample(&Surroundings::new(), first, 1)?;
            if !plain.runs[0].set.differing(&later.runs[0].set).is_empty() {
                return Ok(if self.grows(first)? {
                    Attribution::Clock
                } else {
                    Attribution::Rare {
                        differing: 1,
                        runs: size + 1,
                    }
                });
            }
            return Ok(if plain.runs[0].set.differing(&first.set).is_empty() {
                // Whatever it was, it went into neither this process nor new ones again.
                self.repeats_here(first)?
            } else {
                Attribution::Leftover
            });
        }
        let mut is_shuffled_on_one = false;
        // What most runs agree in already, holding something fast would say little of.
        let held: &[Surrounding] = if plain.is_mostly_one() {
            &[]
        } else {
            &Surrounding::HELD
        };
        for &held in held {
            let sample = self.sample(&Surroundings::from([held]), first, size)?;
            if !sample.unchanged.is_empty() {
                continue;
            }
            if sample.is_steadier_than(&plain) {
                return Ok(Attribution::Held(held));
            }
            if held == Surrounding::Processors {
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

    /// New processes make what the first run made: either later runs in this process do not, or
    /// the difference was a rare one.
    fn repeats_here(&self, first: &Product) -> Result<Attribution, String> {
        let mut differing = 0;
        for _ in 0..AGREEING {
            let again = self
                .run(crate::Mode::Direct)
                .map_err(|ended| super::Judgement::ended(ended).detail)?;
            differing += usize::from(!first.set.differing(&again.set).is_empty());
        }
        let is_isolated = self.subject.isolated();
        Ok(if differing == AGREEING && !is_isolated {
            Attribution::Leftover
        } else {
            Attribution::Rare {
                differing,
                runs: AGREEING,
            }
        })
    }

    /// Whether the first value in which runs differ is greater in each later run, the runs lying a
    /// second apart.
    fn grows(&self, like: &Product) -> Result<bool, String> {
        let none = Surroundings::new();
        let mut runs = Vec::new();
        for _ in 0..GROWING {
            super::sample::until_next_second();
            runs.extend(self.sample(&none, like, 1)?.runs);
        }
        let texts: Vec<Vec<Artefact>> = runs.iter().map(|run| run.set.to_vec()).collect();
        let brief = DiffOptions {
            entries: 1,
            ..DiffOptions::default()
        };
        let steps = texts.windows(2).map(|pair| {
            let diff = crate::diff(&pair[0], &pair[1], &like.schema, &brief);
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
