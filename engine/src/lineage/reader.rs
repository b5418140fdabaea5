//! [`Reader`]: reads the values that a computation needs, and notes which they were.
//!
//! A value is read in full, or only tested: whether a window ends at a tick depends on the bound,
//! but not on its exact value. A dependency that was only tested differs between two runs if the
//! outcome does.

use std::cell::{Cell, RefCell};

use super::place::{Field, RunPlace};
use super::scalar::Scalar;
use super::values::Values;
use super::vocabulary::Vocabulary;
use crate::canonical::Hash;

/// The values of one run, as a rule reads them.
pub(crate) struct Reader<'r> {
    pub(crate) names: &'r Vocabulary,
    values: &'r dyn Values,
    mode: Mode<'r>,
    /// How many values were read or tested.
    count: Cell<u64>,
}

enum Mode<'r> {
    /// Reads only.
    Plain,
    /// Notes every place that was read or tested.
    Traced(RefCell<Vec<RunPlace>>),
    /// Notes the places whose values differ from those of another run: that of a value that was
    /// read, or the outcome of a test.
    Compared(&'r dyn Values, RefCell<Vec<RunPlace>>),
    /// One value is replaced.
    Replaced(RunPlace, Option<Scalar>),
}

impl<'r> Reader<'r> {
    pub(crate) const fn plain(names: &'r Vocabulary, values: &'r dyn Values) -> Self {
        let mode = Mode::Plain;
        Self {
            names,
            values,
            mode,
            count: Cell::new(0),
        }
    }

    pub(crate) const fn traced(names: &'r Vocabulary, values: &'r dyn Values) -> Self {
        let mode = Mode::Traced(RefCell::new(Vec::new()));
        Self {
            names,
            values,
            mode,
            count: Cell::new(0),
        }
    }

    pub(crate) const fn compared(
        names: &'r Vocabulary,
        values: &'r dyn Values,
        other: &'r dyn Values,
    ) -> Self {
        let mode = Mode::Compared(other, RefCell::new(Vec::new()));
        Self {
            names,
            values,
            mode,
            count: Cell::new(0),
        }
    }

    pub(crate) const fn with(
        names: &'r Vocabulary,
        values: &'r dyn Values,
        place: RunPlace,
        value: Option<Scalar>,
    ) -> Self {
        let mode = Mode::Replaced(place, value);
        Self {
            names,
            values,
            mode,
            count: Cell::new(0),
        }
    }

    /// The places that were noted, each once, in order.
    pub(crate) fn into_reads(self) -> Vec<RunPlace> {
        let mut reads = match self.mode {
            Mode::Traced(reads) | Mode::Compared(_, reads) => reads.into_inner(),
            Mode::Plain | Mode::Replaced(..) => Vec::new(),
        };
        reads.sort_unstable();
        reads.dedup();
        reads
    }

    /// How many values were read or tested.
    pub(crate) const fn reads(&self) -> u64 {
        self.count.get()
    }

    /// A value; `None` if the run does not have it.
    pub(crate) fn get(&self, place: RunPlace) -> Option<Scalar> {
        self.count.set(self.count.get() + 1);
        match &self.mode {
            Mode::Replaced(replaced, value) if *replaced == place => return value.clone(),
            Mode::Plain | Mode::Replaced(..) => {}
            Mode::Traced(reads) => reads.borrow_mut().push(place),
            Mode::Compared(other, reads) => {
                let value = self.values.value(place);
                if value != other.value(place) {
                    reads.borrow_mut().push(place);
                }
                return value;
            }
        }
        self.values.value(place)
    }

    /// Whether a value passes a test. No more of it than that is used.
    pub(crate) fn test(&self, place: RunPlace, test: impl Fn(Option<&Scalar>) -> bool) -> bool {
        self.count.set(self.count.get() + 1);
        match &self.mode {
            Mode::Replaced(replaced, value) if *replaced == place => return test(value.as_ref()),
            Mode::Plain | Mode::Replaced(..) => {}
            Mode::Traced(reads) => reads.borrow_mut().push(place),
            Mode::Compared(other, reads) => {
                let passed = test(self.values.value(place).as_ref());
                if passed != test(other.value(place).as_ref()) {
                    reads.borrow_mut().push(place);
                }
                return passed;
            }
        }
        test(self.values.value(place).as_ref())
    }

    /// Whether the run has a value.
    pub(crate) fn has(&self, place: RunPlace) -> bool {
        self.test(place, |value| value.is_some())
    }

    /// Whether a value is a tick or count that passes a test.
    pub(crate) fn test_count(&self, place: RunPlace, test: impl Fn(u64) -> bool) -> bool {
        self.test(place, |value| {
            value.and_then(Scalar::count).is_some_and(&test)
        })
    }

    /// An integer.
    pub(crate) fn integer(&self, place: RunPlace) -> Option<i64> {
        self.get(place)?.integer()
    }

    /// A tick or a count.
    pub(crate) fn count(&self, place: RunPlace) -> Option<u64> {
        self.get(place)?.count()
    }

    /// A text.
    pub(crate) fn text(&self, place: RunPlace) -> Option<String> {
        self.get(place)?.text().map(str::to_owned)
    }

    /// A hash.
    pub(crate) fn hash(&self, place: RunPlace) -> Option<Hash> {
        self.get(place)?.text()?.parse().ok()
    }

    /// A value that belongs to the run as a whole: an integer.
    pub(crate) fn of_run(&self, field: Field) -> Option<i64> {
        self.integer(field.of_run())
    }

    /// The windows of this run, in the order in which they close at one tick, without the primary
    /// ones.
    pub(crate) fn additional(&self) -> Vec<u64> {
        let plan = self.values.plans().into_iter().next();
        let windows = plan.into_iter().flat_map(|plan| &plan.windows);
        let additional = windows.filter(|window| !window.primary);
        additional
            .filter_map(|window| self.names.window_named(&window.window_id))
            .collect()
    }

    /// The streams that a window of this run has, in configured order.
    pub(crate) fn streams(&self, window: u64) -> Vec<u32> {
        let id = self.names.window(window);
        let has = |stream: &u32| self.has(Field::StreamId.at(window, *stream));
        let all = self.names.streams_of(window);
        let recorded: Vec<u32> = all.iter().copied().filter(has).collect();
        let orders = self.values.plans().into_iter().map(|plan| -> Vec<u32> {
            let windows = plan.windows.iter().filter(|window| window.window_id == id);
            windows
                .flat_map(|window| &window.streams)
                .filter_map(|stream| self.names.stream_named(&stream.name))
                .collect()
        });
        let mut orders = orders.filter(|order| {
            order.len() == recorded.len() && order.iter().all(|stream| recorded.contains(stream))
        });
        orders.next().unwrap_or_else(|| recorded.clone())
    }
}
