//! Models of streams: their values, their bits, and what they leave over.

use crate::config::{Model, Numbers, Scheme};
use crate::press::{Tally, bit_length, under};

/// Bits of the type of a descriptor.
const TYPE_BITS: u64 = 2;

/// L_model: the type, each number, and the length of each list.
///
/// `{"pattern": [5, [0, 1]], "repeats": 2}` has 2 for the type, 1 + 3 for 5, 1 for 0, 2 for 1, 1 + 2
/// for the repeats, and 1 + 2 for each list.
pub(crate) fn model_bits(model: &Model) -> u64 {
    TYPE_BITS
        + match model {
            Model::Const { value } => numbers_bits(value),
            Model::Run { pattern, repeats } => {
                let entries: u64 = pattern.iter().map(numbers_bits).sum();
                list_bits(pattern.len()) + entries + number_bits(*repeats)
            }
            Model::Linear {
                intercept,
                slope,
                start_tick,
            } => numbers_bits(intercept) + numbers_bits(slope) + start_tick.map_or(0, number_bits),
        }
}

fn numbers_bits(numbers: &Numbers) -> u64 {
    match numbers {
        Numbers::Same(number) => number_bits(*number),
        Numbers::Each(numbers) => {
            list_bits(numbers.len())
                + numbers
                    .iter()
                    .map(|number| number_bits(*number))
                    .sum::<u64>()
        }
    }
}

fn number_bits(number: i64) -> u64 {
    1 + u64::from(bit_length(u128::from(number.unsigned_abs())))
}

fn list_bits(entries: usize) -> u64 {
    1 + u64::from(bit_length(entries as u128))
}

/// A vector of a stream with its place: the k-th of an AEON window, at tick t.
#[derive(Clone, Copy)]
pub(super) struct Placed<'v> {
    pub(super) vector: &'v [i128],
    /// From 0.
    pub(super) k: u64,
    pub(super) tick: u64,
}

/// The bits of what a model leaves over, vector by vector.
#[derive(Clone, Debug, Default)]
pub(super) struct Residual {
    tally: Tally,
    scratch: Vec<i64>,
    /// Whether a number did not fit 64 bits.
    overflows: bool,
}

impl Residual {
    /// Adds the vector less what the model says. `first_tick` is the window's.
    pub(super) fn add(&mut self, model: &Model, first_tick: u64, placed: Placed<'_>) {
        if self.overflows {
            return;
        }
        let said = Said::by(model, first_tick, placed.k, placed.tick);
        self.scratch.clear();
        let left = placed.vector.iter().enumerate();
        let left = left.map_while(|(at, value)| i64::try_from(value - said.of(at)).ok());
        self.scratch.extend(left);
        if self.scratch.len() == placed.vector.len() {
            self.tally.extend(&self.scratch);
        } else {
            self.overflows = true;
        }
    }

    /// Adds a vector of zeros.
    pub(super) fn add_zeros(&mut self, components: usize) {
        self.scratch.clear();
        self.scratch.resize(components, 0);
        self.tally.extend(&self.scratch);
    }

    /// p and the bits under a scheme; `None` if a number did not fit 64 bits.
    pub(super) fn bits(&self, scheme: Scheme) -> Option<(u64, u128)> {
        (!self.overflows).then(|| under(&self.tally, scheme))
    }
}

/// What a model says of one vector.
enum Said<'m> {
    Numbers(&'m Numbers),
    Zero,
    /// intercept + slope · ticks
    Line {
        intercept: &'m Numbers,
        slope: &'m Numbers,
        ticks: i128,
    },
}

impl<'m> Said<'m> {
    fn by(model: &'m Model, first_tick: u64, k: u64, tick: u64) -> Self {
        match model {
            Model::Const { value } => Self::Numbers(value),
            Model::Run { pattern, repeats } => {
                let length = pattern.len() as i128 * i128::from(*repeats);
                let at = k % pattern.len() as u64;
                match i128::from(k) < length {
                    true => Self::Numbers(&pattern[usize::try_from(at).expect("within a list")]),
                    false => Self::Zero,
                }
            }
            Model::Linear {
                intercept,
                slope,
                start_tick,
            } => Self::Line {
                intercept,
                slope,
                ticks: i128::from(tick) - start_tick.map_or(i128::from(first_tick), i128::from),
            },
        }
    }

    /// At most 2^126 + 2^104: the slope is below 2^63, and the ticks are below 2^63 + 2^40.
    fn of(&self, component: usize) -> i128 {
        match self {
            Self::Numbers(numbers) => i128::from(numbers.of(component)),
            Self::Zero => 0,
            Self::Line {
                intercept,
                slope,
                ticks,
            } => i128::from(intercept.of(component)) + i128::from(slope.of(component)) * ticks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(numbers: &[i64]) -> Numbers {
        Numbers::Each(numbers.to_vec())
    }

    #[test]
    fn models_cost_what_the_page_says() {
        let value = |value| Model::Const { value };
        assert_eq!(model_bits(&value(Numbers::Same(0))), 2 + 1);
        assert_eq!(model_bits(&value(Numbers::Same(-1))), 2 + 2);
        assert_eq!(model_bits(&value(Numbers::Same(i64::MIN))), 2 + 1 + 64);
        assert_eq!(model_bits(&value(each(&[]))), 2 + 1);
        assert_eq!(model_bits(&value(each(&[0, 3]))), 2 + (1 + 2) + 1 + 3);
        let run = Model::Run {
            pattern: vec![Numbers::Same(5), each(&[0, 1])],
            repeats: 2,
        };
        assert_eq!(model_bits(&run), 2 + 3 + 4 + (3 + 1 + 2) + 3);
        let line = |start_tick| Model::Linear {
            intercept: Numbers::Same(0),
            slope: Numbers::Same(1),
            start_tick,
        };
        assert_eq!(model_bits(&line(None)), 2 + 1 + 2);
        assert_eq!(model_bits(&line(Some(1))), 2 + 1 + 2 + 2);
    }

    #[track_caller]
    fn check(model: &Model, expected: &[i128]) {
        for (k, expected) in expected.iter().enumerate() {
            let said = Said::by(model, 5, k as u64, 5 + k as u64);
            assert_eq!(said.of(0), *expected, "{model:?} {k}");
        }
    }

    #[test]
    fn models_say_what_the_page_says() {
        check(&Model::Const { value: each(&[7]) }, &[7, 7, 7]);
        let run = Model::Run {
            pattern: vec![Numbers::Same(3), each(&[4])],
            repeats: 2,
        };
        check(&run, &[3, 4, 3, 4, 0, 0]);
        let line = |start_tick| Model::Linear {
            intercept: Numbers::Same(10),
            slope: Numbers::Same(-2),
            start_tick,
        };
        check(&line(None), &[10, 8, 6]);
        check(&line(Some(6)), &[12, 10, 8]);
        check(&line(Some(i64::MIN)), &[10 - 2 * (5 + (1 << 63))]);
    }

    #[test]
    fn the_largest_models_are_exact() {
        let line = Model::Linear {
            intercept: Numbers::Same(i64::MIN),
            slope: Numbers::Same(i64::MIN),
            start_tick: Some(i64::MIN),
        };
        let exact = -(1_i128 << 63) - (1_i128 << 63) * (1_000_000_000_000 + (1_i128 << 63));
        let said = Said::by(&line, 1, 0, 1_000_000_000_000);
        assert_eq!(said.of(0), exact);
        let run = Model::Run {
            pattern: vec![Numbers::Same(1); 3],
            repeats: i64::MAX,
        };
        assert_eq!(Said::by(&run, 1, u64::MAX, 1).of(0), 1);
    }

    #[test]
    fn a_residual_beyond_64_bits_is_seen() {
        let model = Model::Const {
            value: Numbers::Same(i64::MIN),
        };
        let mut residual = Residual::default();
        let place = |vector| Placed {
            vector,
            k: 0,
            tick: 1,
        };
        residual.add(&model, 1, place(&[-1]));
        assert!(residual.bits(Scheme::Identity).is_some());
        residual.add(&model, 1, place(&[0]));
        residual.add(&model, 1, place(&[-1]));
        assert_eq!(residual.bits(Scheme::Identity), None);
    }
}
