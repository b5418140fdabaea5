//! The s_t rules: one number read off a tick.

use super::primes::first_primes;
use crate::config::StRule;
use crate::error::{Operation, RunError};
use crate::record::UmxLedger;

/// A rule with what it needs at hand.
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

    pub(super) fn read(&self, ledger: &UmxLedger) -> Result<i64, RunError> {
        let exact = match self {
            Self::PrimeWeighted { primes } => Some(weighted_sum(primes, &ledger.post_u)),
            Self::Constant(value) => Some(i128::from(*value)),
            Self::SumAbsFlux {
                offset,
                scale,
                max_value,
            } => scaled_flux(ledger, *offset, *scale, *max_value),
        };
        exact
            .and_then(|value| i64::try_from(value).ok())
            .ok_or(RunError::Overflow {
                tick: ledger.tick,
                operation: Operation::St,
                id: None,
            })
    }
}

/// Σ p_n · u_n. A prime is below 2^32 and a value below 2^63 in size, so a sum over any number of
/// nodes that fits in memory is exact in 128 bits.
fn weighted_sum(primes: &[u32], values: &[i64]) -> i128 {
    primes
        .iter()
        .zip(values)
        .map(|(&prime, &value)| i128::from(prime) * i128::from(value))
        .sum()
}

/// min(offset + scale · Σ |f_e|, max_value); none where it is beyond 128 bits and not bounded.
fn scaled_flux(
    ledger: &UmxLedger,
    offset: i64,
    scale: i64,
    max_value: Option<i64>,
) -> Option<i128> {
    let total: i128 = ledger
        .edges
        .iter()
        .map(|edge| i128::from(edge.f_e).abs())
        .sum();
    let max_value = max_value.map(i128::from);
    let value = total
        .checked_mul(i128::from(scale))
        .and_then(|scaled| scaled.checked_add(i128::from(offset)));
    match value {
        Some(value) => Some(max_value.map_or(value, |max_value| value.min(max_value))),
        // A product this large has the sign of its scale, and the offset cannot turn it.
        None if scale > 0 => max_value,
        None => None,
    }
}
