//! The s_t rules, which compute one number from each tick.

use super::primes::first_primes;
use crate::config::StRule;
use crate::error::{Operation, RunError};

/// A rule with the values that it needs.
pub(super) enum StReader {
    PrimeWeighted {
        primes: Vec<u32>,
    },
    Constant(i64),
    SumAbsFlux {
        offset: i64,
        scale: i64,
        max_value: Option<i64>,
    },
}

impl StReader {
    pub(super) fn new(rule: StRule, node_count: usize) -> Self {
        match rule {
            StRule::PrimeWeighted => Self::PrimeWeighted {
                primes: first_primes(node_count),
            },
            StRule::Constant(value) => Self::Constant(value),
            StRule::SumAbsFlux {
                offset,
                scale,
                max_value,
            } => Self::SumAbsFlux {
                offset,
                scale,
                max_value,
            },
        }
    }

    pub(super) fn read(
        &self,
        tick: u64,
        post_u: &[i64],
        f_e: impl Iterator<Item = i64>,
    ) -> Result<i64, RunError> {
        let exact = match self {
            Self::PrimeWeighted { primes } => Some(weighted_sum(primes, post_u)),
            Self::Constant(value) => Some(i128::from(*value)),
            Self::SumAbsFlux {
                offset,
                scale,
                max_value,
            } => scaled_flux(f_e, *offset, *scale, *max_value),
        };
        exact
            .and_then(|value| i64::try_from(value).ok())
            .ok_or(RunError::Overflow {
                tick,
                operation: Operation::St,
                id: None,
            })
    }
}

/// Σ p_n · u_n: the values 4, 0, 1 give 2·4 + 3·0 + 5·1 = 13. Primes are below 2^32 and absolute
/// values are at most 2^63, so the sum over any number of nodes that fit in memory is exact in 128
/// bits.
pub(crate) fn weighted_sum(primes: &[u32], values: &[i64]) -> i128 {
    primes
        .iter()
        .zip(values)
        .map(|(&prime, &value)| i128::from(prime) * i128::from(value))
        .sum()
}

/// min(offset + scale · Σ |f_e|, max_value); `None` if it exceeds 128 bits and has no bound.
pub(crate) fn scaled_flux(
    fluxes: impl Iterator<Item = i64>,
    offset: i64,
    scale: i64,
    max_value: Option<i64>,
) -> Option<i128> {
    let total: i128 = fluxes.map(|flux| i128::from(flux).abs()).sum();
    let max_value = max_value.map(i128::from);
    let value = total
        .checked_mul(i128::from(scale))
        .and_then(|scaled| scaled.checked_add(i128::from(offset)));
    match value {
        Some(value) => Some(max_value.map_or(value, |max_value| value.min(max_value))),
        // A product this large has the sign of `scale`, and the offset cannot change it.
        None if scale.is_positive() => max_value,
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fluxes_are_scaled_and_bounded() {
        #[track_caller]
        fn check(
            fluxes: &[i64],
            (offset, scale, max): (i64, i64, Option<i64>),
            expected: Option<i128>,
        ) {
            let found = scaled_flux(fluxes.iter().copied(), offset, scale, max);
            assert_eq!(found, expected);
        }
        check(&[3, -4], (5, 2, None), Some(19));
        check(&[3, -4], (5, 2, Some(100)), Some(19));
        check(&[3, -4], (5, 2, Some(10)), Some(10));
        check(&[3, -4], (5, -2, Some(10)), Some(-9));
        check(&[3, -4], (5, 0, None), Some(5));
        check(&[], (5, 2, None), Some(5));
        // The product exceeds 128 bits.
        let large = [i64::MAX; 3];
        check(&large, (0, i64::MAX, None), None);
        check(&large, (0, i64::MAX, Some(7)), Some(7));
        check(&large, (0, i64::MIN, None), None);
        check(&large, (0, i64::MIN, Some(7)), None);
    }
}
