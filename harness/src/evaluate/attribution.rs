//! What makes runs differ, as it is found by running the scenario again under other conditions.
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

use crate::MachineFailure;
use crate::exec::{EnvironmentChange, RunFailure};
use crate::varying::Looks;

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
    /// Values that all look like this.
    Seen(Looks),
    /// Values that look like several things, each of them known.
    Several,
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
            Self::Seen(looks) => looks.name(),
            Self::Several => "several",
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

impl MachineFailure for Attribution {
    fn is_of_machine(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.is_of_machine())
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
            Self::Seen(looks) => {
                return write!(
                    f,
                    "the output still differs with all changes undone: {looks}"
                );
            }
            Self::Several => {
                "the output still differs with all changes undone, for several reasons: each value \
                 below has its own"
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
