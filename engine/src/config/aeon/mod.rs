//! [`Aeon`]: the windows of a grammar, and the descriptors that are tried on them, in their valid
//! form.
//!
//! [`Spans`] has the ticks of a window in their order; `cycles` finds windows that are made of
//! themselves. Nothing here reads documents, or the streams of a run.

mod cycles;
mod spans;

use std::collections::BTreeMap;

pub(super) use cycles::cycles;
pub(crate) use spans::Spans;

use super::plan::Scheme;

/// What a run observes beside its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Aeon {
    pub(crate) grammar: Grammar,
    /// `None` if the RunConfig has no `apxi`.
    pub(crate) apxi: Option<Apxi>,
}

/// The windows of a grammar: bases first, each group in order of id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grammar {
    windows: Vec<AeonWindow>,
    index: BTreeMap<String, usize>,
}

/// One window of a grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AeonWindow {
    pub(crate) window_id: String,
    pub(crate) labels: Vec<String>,
    pub(crate) parent_id: Option<String>,
    /// As the document has it: the `window_id` or the `apx_name` of a window of the run.
    pub(crate) press_window_id: Option<String>,
    /// The index of that window in the plan.
    pub(crate) press: Option<usize>,
    /// `None` for a base window.
    pub(crate) derivation: Option<Derivation>,
    /// Never empty.
    pub(crate) spans: Spans,
    /// The windows of the run that its base windows name, by index, each with how often it is
    /// covered.
    pub(crate) covered: BTreeMap<usize, u64>,
}

/// What a derived window is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Derivation {
    pub(crate) aggregation: Aggregation,
    pub(crate) source_ids: Vec<String>,
}

/// How a derived window is made of its sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Aggregation {
    /// `union`: the set of the sources' ticks.
    Union,
    /// `concat`: the ticks of one source after the other, with repeats.
    Concat,
    /// `sum`: the same ticks as `concat`.
    Sum,
    /// `aggregate`: the same ticks as `union`.
    Aggregate,
}

/// What is tried on the streams of windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Apxi {
    pub(crate) enabled: bool,
    pub(crate) residual_scheme: Scheme,
    /// Whether descriptors are also looked for.
    pub(crate) discover: bool,
    /// In configured order.
    pub(crate) descriptors: Vec<DescriptorPlan>,
}

/// A descriptor as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DescriptorPlan {
    pub(crate) descriptor_id: String,
    /// A window of the grammar.
    pub(crate) window_id: String,
    pub(crate) stream_id: String,
    /// `None` if the document does not have them.
    pub(crate) labels: Option<Vec<String>>,
    pub(crate) model: Model,
}

/// The kind of a descriptor's model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DescriptorType {
    /// `CONST_SEGMENT`: the same vector at every tick.
    Const,
    /// `RUN_SEGMENT`: vectors that repeat, then 0.
    Run,
    /// `LINEAR_TREND`: a vector that changes by the same with every tick.
    Linear,
}

/// How often a derived window covers the windows of the run that its sources cover. A set of ticks
/// covers each of them once. `None` if that is 2^64 times: in a valid grammar, each time is at least
/// one tick of the window.
pub(crate) fn all_covered<'m, W: Copy + Ord + 'm>(
    sources: impl Iterator<Item = &'m BTreeMap<W, u64>>,
    aggregation: Aggregation,
) -> Option<BTreeMap<W, u64>> {
    let mut all: BTreeMap<W, u64> = BTreeMap::new();
    for (&press, &times) in sources.flatten() {
        let total = all.entry(press).or_insert(0);
        *total = match aggregation.keeps_repeats() {
            true => total.checked_add(times)?,
            false => 1,
        };
    }
    Some(all)
}

/// The id of the descriptor that is found for a stream.
pub(crate) fn found_id(stream_id: &str) -> String {
    format!("FOUND_{stream_id}")
}

/// A model of the vectors of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    Const {
        value: Numbers,
    },
    Run {
        /// Not empty.
        pattern: Vec<Numbers>,
        /// ≥ 1.
        repeats: i64,
    },
    Linear {
        intercept: Numbers,
        slope: Numbers,
        /// `None` for the window's first tick.
        start_tick: Option<i64>,
    },
}

/// A number for all components of a vector, or one for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    Same(i64),
    Each(Vec<i64>),
}

impl Grammar {
    /// A grammar of windows in their order.
    pub(super) fn new(windows: Vec<AeonWindow>) -> Self {
        let ids = windows.iter().enumerate();
        let index = ids.map(|(index, window)| (window.window_id.clone(), index));
        Self {
            index: index.collect(),
            windows,
        }
    }

    pub(crate) fn windows(&self) -> &[AeonWindow] {
        &self.windows
    }

    /// The window of an id.
    pub(crate) fn find(&self, window_id: &str) -> Option<&AeonWindow> {
        self.index.get(window_id).map(|index| &self.windows[*index])
    }
}

impl Aggregation {
    pub(crate) const ALL: [Self; 4] = [Self::Union, Self::Concat, Self::Sum, Self::Aggregate];

    /// The name in documents and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Union => "union",
            Self::Concat => "concat",
            Self::Sum => "sum",
            Self::Aggregate => "aggregate",
        }
    }

    /// Whether the ticks of the sources keep their order and repeats.
    pub(crate) const fn keeps_repeats(self) -> bool {
        matches!(self, Self::Concat | Self::Sum)
    }
}

impl DescriptorType {
    pub(crate) const ALL: [Self; 3] = [Self::Const, Self::Run, Self::Linear];

    /// The name in documents and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Const => "CONST_SEGMENT",
            Self::Run => "RUN_SEGMENT",
            Self::Linear => "LINEAR_TREND",
        }
    }
}

impl Model {
    pub(crate) const fn descriptor_type(&self) -> DescriptorType {
        match self {
            Self::Const { .. } => DescriptorType::Const,
            Self::Run { .. } => DescriptorType::Run,
            Self::Linear { .. } => DescriptorType::Linear,
        }
    }
}

impl Numbers {
    /// The number of a component.
    pub(crate) fn of(&self, component: usize) -> i64 {
        match self {
            Self::Same(number) => *number,
            Self::Each(numbers) => numbers[component],
        }
    }
}
