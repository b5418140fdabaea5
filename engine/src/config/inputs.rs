//! [`Inputs`]: the external inputs of a run as they are written, and what is applied at each tick.
//!
//! Memory follows what is written: values of a few nodes are kept as such, and an entry that repeats is
//! kept once.
//!
//! ```text
//! tick 2, {"1": 5}, repeat every 3 until 8    adds 5 to node 1 before the ticks 2, 5 and 8
//! ```

use crate::canonical::{Canonical, Writer};

/// The external inputs of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inputs {
    /// The entries that are applied once, by (tick, pfna_id).
    once: Vec<InputEntry>,
    /// The entries that repeat, by (tick, pfna_id).
    repeating: Vec<InputEntry>,
}

/// One entry of a PFNA document: values that are added to the state before its tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputEntry {
    pub(crate) pfna_id: String,
    /// 0..T; entries of tick 0 are part of the initial state.
    pub(crate) tick: u64,
    pub(crate) values: InputValues,
    pub(crate) repeat: Option<Repeat>,
}

/// What an entry adds to the nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InputValues {
    /// One number for each of the N nodes.
    Dense(Vec<i64>),
    /// The numbers of some of the N nodes, by index of the node; the others get 0.
    Sparse {
        node_count: usize,
        values: Vec<(u32, i64)>,
    },
}

/// The later ticks at which an entry is applied too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeat {
    /// ≥ 1.
    pub(crate) every: u64,
    /// The last tick at which the entry may be applied, if one is written; else T.
    pub(crate) until: Option<u64>,
}

/// An entry as it is applied before one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppliedInput<'p> {
    entry: &'p InputEntry,
    tick: u64,
}

impl Inputs {
    /// The inputs of entries in any order; no two of the same id are applied at the same tick.
    pub(crate) fn new(mut entries: Vec<InputEntry>) -> Self {
        entries.sort_by(|a, b| (a.tick, &a.pfna_id).cmp(&(b.tick, &b.pfna_id)));
        let (repeating, once) = entries
            .into_iter()
            .partition(|entry| entry.repeat.is_some());
        Self { once, repeating }
    }

    /// All entries as they are written, by (tick, pfna_id).
    pub(crate) fn entries(&self) -> Vec<&InputEntry> {
        let mut entries: Vec<_> = self.once.iter().chain(&self.repeating).collect();
        entries.sort_by(|a, b| (a.tick, &a.pfna_id).cmp(&(b.tick, &b.pfna_id)));
        entries
    }

    /// What is applied at one tick, by id.
    pub(crate) fn at(&self, tick: u64) -> Vec<AppliedInput<'_>> {
        let start = self.once.partition_point(|entry| entry.tick < tick);
        let once = self.once[start..]
            .iter()
            .take_while(|entry| entry.tick == tick);
        let repeating = self
            .repeating
            .iter()
            .filter(|entry| entry.is_applied_at(tick));
        let mut applied: Vec<_> = once
            .chain(repeating)
            .map(|entry| AppliedInput { entry, tick })
            .collect();
        applied.sort_by_key(|applied| applied.pfna_id());
        applied
    }
}

impl InputEntry {
    /// Whether the entry is applied at a tick of the run.
    fn is_applied_at(&self, tick: u64) -> bool {
        let Some(after) = tick.checked_sub(self.tick) else {
            return false;
        };
        match self.repeat {
            None => after == 0,
            Some(Repeat { every, until }) => {
                after.is_multiple_of(every) && until.is_none_or(|until| tick <= until)
            }
        }
    }

    /// The first tick at which two entries are both applied, in a run of so many ticks.
    pub(crate) fn meets(&self, other: &Self, ticks: u64) -> Option<u64> {
        let (a, b) = (self.progression(ticks), other.progression(ticks));
        let (first, last) = (a.first.max(b.first), a.last.min(b.last));
        let (g, inverse) = gcd_and_inverse(a.step, b.step);
        let apart = b.first - a.first;
        if apart % g != 0 {
            return None;
        }
        // t ≡ a.first (mod a.step) and t ≡ b.first (mod b.step), by the Chinese remainder theorem.
        let (of_b, period) = (b.step / g, a.step / g * b.step);
        let factor = (apart / g % of_b * inverse).rem_euclid(of_b);
        let found = a.first + a.step * factor;
        let found = found + (first - found + period - 1).max(0) / period * period;
        (found <= last).then(|| u64::try_from(found).expect("a tick of the run"))
    }

    fn progression(&self, ticks: u64) -> Progression {
        let first = i128::from(self.tick);
        let (step, last) = match self.repeat {
            None => (1, first),
            Some(Repeat { every, until }) => (
                i128::from(every),
                i128::from(until.unwrap_or(ticks).min(ticks)),
            ),
        };
        Progression { first, step, last }
    }
}

/// The ticks first, first + step, … up to last.
struct Progression {
    first: i128,
    step: i128,
    last: i128,
}

/// The greatest common divisor g of two numbers ≥ 1, and x with a·x ≡ g (mod b).
fn gcd_and_inverse(a: i128, b: i128) -> (i128, i128) {
    let ((mut r, mut next_r), (mut x, mut next_x)) = ((a, b), (1, 0));
    while next_r != 0 {
        let quotient = r / next_r;
        (r, next_r) = (next_r, r - quotient * next_r);
        (x, next_x) = (next_x, x - quotient * next_x);
    }
    (r, x)
}

impl InputValues {
    /// What is added to the node with an index.
    pub(crate) fn of(&self, node: usize) -> i64 {
        match self {
            Self::Dense(values) => values[node],
            Self::Sparse { .. } => self.written(node).unwrap_or(0),
        }
    }

    /// The value that is written for the node with an index; `None` if none is.
    pub(crate) fn written(&self, node: usize) -> Option<i64> {
        match self {
            Self::Dense(values) => values.get(node).copied(),
            Self::Sparse { values, .. } => {
                let found = values.binary_search_by_key(&node, |(node, _)| *node as usize);
                found.ok().map(|at| values[at].1)
            }
        }
    }

    /// The nodes that have a value, by index, with it.
    pub(crate) fn each(&self) -> Box<dyn Iterator<Item = (usize, i64)> + '_> {
        match self {
            Self::Dense(values) => Box::new(values.iter().copied().enumerate()),
            Self::Sparse { values, .. } => {
                Box::new(values.iter().map(|(node, value)| (*node as usize, *value)))
            }
        }
    }
}

/// One number for each node, however the values are kept.
impl Canonical for InputValues {
    fn write(&self, writer: &mut Writer) {
        let (node_count, values) = match self {
            Self::Dense(values) => return writer.array(values),
            Self::Sparse { node_count, values } => (*node_count, values),
        };
        let mut values = values.iter().peekable();
        writer.raw("[");
        for node in 0..node_count {
            writer.raw(if node == 0 { "" } else { "," });
            match values.next_if(|(index, _)| *index as usize == node) {
                Some((_, value)) => value.write(writer),
                None => writer.raw("0"),
            }
        }
        writer.raw("]");
    }
}

impl<'p> AppliedInput<'p> {
    /// The id of the entry.
    #[must_use]
    pub fn pfna_id(&self) -> &'p str {
        &self.entry.pfna_id
    }

    /// The tick at which it is applied, 0..T.
    #[must_use]
    pub const fn tick(&self) -> u64 {
        self.tick
    }

    /// What is added to the nodes for which the entry has a value: id of the node, from 1, and number,
    /// by id.
    pub fn written(&self) -> impl Iterator<Item = (u64, i64)> + 'p {
        let each = self.entry.values.each();
        each.map(|(node, value)| (node as u64 + 1, value))
    }

    /// What is added to a node, by its id; 0 if the entry does not name it.
    ///
    /// # Panics
    /// There is no such node.
    #[must_use]
    pub fn value(&self, node: u64) -> i64 {
        let index = usize::try_from(node - 1).expect("a node of the run");
        self.entry.values.of(index)
    }

    /// What is added to each of the N nodes, in order.
    #[must_use]
    pub fn values(&self) -> Vec<i64> {
        match &self.entry.values {
            InputValues::Dense(values) => values.clone(),
            InputValues::Sparse { node_count, values } => {
                let mut all = vec![0; *node_count];
                for (node, value) in values {
                    all[*node as usize] = *value;
                }
                all
            }
        }
    }

    pub(crate) const fn entry(&self) -> &'p InputEntry {
        self.entry
    }

    pub(crate) const fn input_values(&self) -> &'p InputValues {
        &self.entry.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tick: u64, repeat: Option<(u64, Option<u64>)>) -> InputEntry {
        InputEntry {
            pfna_id: "p".to_owned(),
            tick,
            values: InputValues::Dense(Vec::new()),
            repeat: repeat.map(|(every, until)| Repeat { every, until }),
        }
    }

    /// Every pair of small entries, compared with a walk over all ticks.
    #[test]
    fn two_entries_meet_where_both_are_applied() {
        const TICKS: u64 = 12;
        let mut entries = vec![];
        for tick in 0..=TICKS {
            entries.push(entry(tick, None));
            for every in 1..=7 {
                entries.push(entry(tick, Some((every, None))));
                entries.push(entry(tick, Some((every, Some(tick.midpoint(TICKS))))));
            }
        }
        for a in &entries {
            for b in &entries {
                let both =
                    (0..=TICKS).find(|tick| a.is_applied_at(*tick) && b.is_applied_at(*tick));
                assert_eq!(a.meets(b, TICKS), both, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn long_steps_do_not_overflow() {
        const TICKS: u64 = 1_000_000_000_000;
        let a = entry(1, Some((999_999_999_989, None)));
        let b = entry(0, Some((999_999_999_990, None)));
        assert_eq!(a.meets(&b, TICKS), Some(999_999_999_990));
        let c = entry(2, Some((999_999_999_937, None)));
        assert_eq!(a.meets(&c, TICKS), None);
    }

    #[test]
    fn sparse_values_are_written_as_one_number_for_each_node() {
        let values = vec![(1, -5), (3, 7)];
        let sparse = InputValues::Sparse {
            node_count: 5,
            values,
        };
        let dense = InputValues::Dense(vec![0, -5, 0, 7, 0]);
        assert_eq!(crate::canonical::text(&sparse), "[0,-5,0,7,0]");
        assert_eq!(crate::canonical::text(&dense), "[0,-5,0,7,0]");
        assert!((0..5).all(|node| sparse.of(node) == dense.of(node)));
    }
}
