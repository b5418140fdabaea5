//! Looks for descriptors: a vector that is there most of the time, a period, a trend.

use super::frequency::Frequencies;
use super::model::{Placed, Residual, model_bits};
use crate::config::{Model, Numbers, Scheme};
use crate::press::Tally;

/// The longest pattern that is tried.
const PATTERN_MAX: usize = 8;

/// What is looked for in one stream.
pub(super) struct Search {
    /// The stream itself.
    own: Tally,
    /// Number of vectors of the whole window.
    length: u64,
    /// The first vectors, up to [`PATTERN_MAX`] of them.
    first: Vec<Vec<i128>>,
    /// Patterns of 1, 2, 3, … vectors.
    runs: Vec<Candidate>,
    line: Candidate,
    frequencies: Frequencies,
    constant: Candidate,
}

/// A model that may be known only after some vectors, which it describes without a residual.
#[derive(Default)]
struct Candidate {
    model: Option<Model>,
    residual: Residual,
    /// Whether its numbers do not fit 64 bits.
    is_out: bool,
}

/// A model that was found.
pub(super) struct FoundModel {
    pub(super) model: Model,
    pub(super) p: u64,
    pub(super) model_bits: u64,
    pub(super) residual_bits: u128,
}

impl Search {
    /// Looks for descriptors of so many vectors. At most `capacity` vectors are counted at a time.
    pub(super) fn new(length: u64, capacity: usize) -> Self {
        let longest = length.min(PATTERN_MAX as u64);
        Self {
            own: Tally::default(),
            length,
            first: Vec::new(),
            runs: (0..longest).map(|_| Candidate::default()).collect(),
            line: Candidate {
                is_out: length < 2,
                ..Candidate::default()
            },
            frequencies: Frequencies::new(capacity),
            constant: Candidate::default(),
        }
    }

    /// Adds a vector of the first reading.
    pub(super) fn add(&mut self, first_tick: u64, placed: Placed<'_>) {
        placed.vector.iter().for_each(|&value| self.own.push(value));
        if self.first.len() < PATTERN_MAX {
            self.first.push(placed.vector.to_vec());
            self.learn();
        }
        for (m, run) in (1..).zip(&mut self.runs) {
            match placed.k < m {
                true => run.residual.add_zeros(placed.vector.len()),
                false => run.add(first_tick, placed),
            }
        }
        match placed.k {
            0 => self.line.residual.add_zeros(placed.vector.len()),
            _ => self.line.add(first_tick, placed),
        }
        self.frequencies.add(placed.vector, placed.k, placed.tick);
    }

    /// Makes the models that the vectors so far determine.
    fn learn(&mut self) {
        let m = self.first.len();
        if let Some(run) = self.runs.get_mut(m - 1) {
            let entries: Option<Vec<Numbers>> = self.first.iter().map(|v| numbers(v)).collect();
            let repeats = self.length / m as u64;
            run.learn(entries.map(|pattern| Model::Run {
                pattern,
                repeats: i64::try_from(repeats).expect("at most AEON_TICKS_MAX"),
            }));
        }
        if let [first, second] = &self.first[..] {
            let pairs = second.iter().zip(first);
            let slope: Vec<i128> = pairs.map(|(second, first)| second - first).collect();
            self.line.learn(
                numbers(first)
                    .zip(numbers(&slope))
                    .map(|(intercept, slope)| Model::Linear {
                        intercept,
                        slope,
                        start_tick: None,
                    }),
            );
        }
    }

    /// Adds a vector of a later reading that counts.
    pub(super) fn count(&mut self, placed: Placed<'_>) {
        self.frequencies.add(placed.vector, placed.k, placed.tick);
    }

    /// Ends a reading that counts. Returns whether there must be another.
    pub(super) fn end_reading(&mut self) -> bool {
        self.frequencies.end_reading()
    }

    /// A tick at which the stream has the vector that occurs most often.
    pub(super) fn constant_tick(&self) -> Option<u64> {
        self.frequencies.best().map(|seen| seen.tick)
    }

    /// The vector of that tick.
    pub(super) fn set_constant(&mut self, vector: &[i128]) {
        let model = numbers(vector).map(|value| Model::Const { value });
        self.constant.learn(model);
    }

    /// Adds a vector of the last reading, which tallies the constant.
    pub(super) fn add_to_constant(&mut self, first_tick: u64, placed: Placed<'_>) {
        self.constant.add(first_tick, placed);
    }

    /// The best model, if it needs fewer bits than the stream itself.
    pub(super) fn finish(self, scheme: Scheme) -> Option<FoundModel> {
        let least = self.own.least();
        let in_order = [self.constant]
            .into_iter()
            .chain(self.runs)
            .chain([self.line]);
        let found = in_order.filter_map(|candidate| candidate.finish(scheme));
        // Of equals, the first.
        let best = found.min_by_key(FoundModel::total_bits)?;
        (best.total_bits() < least).then_some(best)
    }
}

impl Candidate {
    fn learn(&mut self, model: Option<Model>) {
        self.is_out |= model.is_none();
        self.model = model;
    }

    fn add(&mut self, first_tick: u64, placed: Placed<'_>) {
        if let Some(model) = &self.model {
            self.residual.add(model, first_tick, placed);
        }
    }

    fn finish(self, scheme: Scheme) -> Option<FoundModel> {
        let model = self.model.filter(|_| !self.is_out)?;
        let (p, residual_bits) = self.residual.bits(scheme)?;
        Some(FoundModel {
            model_bits: model_bits(&model),
            model,
            p,
            residual_bits,
        })
    }
}

impl FoundModel {
    fn total_bits(&self) -> u128 {
        u128::from(self.model_bits) + self.residual_bits
    }
}

/// A vector as the numbers of a model; `None` if one does not fit 64 bits.
fn numbers(vector: &[i128]) -> Option<Numbers> {
    let numbers = vector.iter().map(|&value| i64::try_from(value).ok());
    numbers.collect::<Option<_>>().map(Numbers::Each)
}
