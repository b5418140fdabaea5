//! The oracle's tick: inputs, fluxes, the new state, s_t and the chain.

use super::{Case, Entry, Int, StRule};

/// A recorded number that does not fit i64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overflow {
    pub(crate) operation: &'static str,
    pub(crate) tick: u64,
    /// The node or edge, if the number belongs to one.
    pub(crate) id: Option<usize>,
}

/// The results of one tick.
#[derive(Clone, Debug)]
pub(crate) struct Tick<'a> {
    pub(crate) tick: u64,
    /// The entries that were applied before the tick, in order.
    pub(crate) entries: Vec<&'a Entry>,
    pub(crate) pre_u: Vec<Int>,
    pub(crate) fluxes: Vec<Flux>,
    pub(crate) post_u: Vec<Int>,
    pub(crate) sum: Int,
    pub(crate) s_t: Int,
    pub(crate) prev_chain: Int,
    pub(crate) chain: Int,
}

/// One edge in one tick.
#[derive(Clone, Debug)]
pub(crate) struct Flux {
    pub(crate) du: Int,
    pub(crate) raw: Int,
    pub(crate) f_e: Int,
}

/// The state at tick 0: the initial state with the entries of tick 0 added.
pub(crate) fn initial_state(case: &Case) -> Result<Vec<Int>, Overflow> {
    let start: Vec<Int> = case
        .run
        .initial_state
        .iter()
        .copied()
        .map(Int::from)
        .collect();
    apply(case, 0, &start)
}

/// Computes one tick from the state and the chain value before it.
pub(crate) fn step<'a>(
    case: &'a Case,
    tick: u64,
    state: &[Int],
    prev_chain: &Int,
) -> Result<Tick<'a>, Overflow> {
    let pre_u = apply(case, tick, state)?;
    let mut entries = if tick == 1 {
        case.entries_of(0)
    } else {
        Vec::new()
    };
    entries.extend(case.entries_of(tick));

    let fluxes = fluxes(case, tick, &pre_u)?;
    let mut post_u = pre_u.clone();
    for (edge, flux) in case.topology.edges.iter().zip(&fluxes) {
        post_u[edge.i - 1] -= &flux.f_e;
        post_u[edge.j - 1] += &flux.f_e;
    }
    all_fit("post", tick, post_u.iter())?;
    let sum: Int = pre_u.iter().sum();
    assert_eq!(
        sum,
        post_u.iter().sum(),
        "the oracle itself lost something at tick {tick}"
    );
    fits("sum", tick, None, &sum)?;
    let s_t = s_t(case, &fluxes, &post_u);
    fits("s_t", tick, None, &s_t)?;

    let (a, b) = case.profile.constants.unwrap_or((17, 23));
    let chain = (case.rules.reduced)(
        &(prev_chain * a + &s_t * b + (case.rules.seq)(tick)),
        case.profile.modulus,
    );
    let prev_chain = prev_chain.clone();
    Ok(Tick {
        tick,
        entries,
        pre_u,
        fluxes,
        post_u,
        sum,
        s_t,
        prev_chain,
        chain,
    })
}

/// Adds all entries of a tick to the state.
fn apply(case: &Case, tick: u64, state: &[Int]) -> Result<Vec<Int>, Overflow> {
    let mut state = state.to_vec();
    for entry in case.entries_of(tick) {
        for (value, added) in state.iter_mut().zip(&entry.values) {
            *value += *added;
        }
    }
    all_fit("input", tick, state.iter())?;
    Ok(state)
}

fn fluxes(case: &Case, tick: u64, pre_u: &[Int]) -> Result<Vec<Flux>, Overflow> {
    let zero = Int::from(0);
    let mut fluxes = Vec::new();
    for edge in &case.topology.edges {
        let du = &pre_u[edge.i - 1] - &pre_u[edge.j - 1];
        let size = if du < zero { -&du } else { du.clone() };
        // Both operands are non-negative, so the quotient is rounded down.
        let raw = (case.rules.raw)(&size, edge.k, case.topology.sc);
        let moved = (case.rules.moved)(raw.clone(), Int::from(edge.cap), size);
        let f_e = if du < zero { -moved } else { moved };
        fluxes.push(Flux { du, raw, f_e });
    }
    all_fit("du", tick, fluxes.iter().map(|flux| &flux.du))?;
    all_fit("raw", tick, fluxes.iter().map(|flux| &flux.raw))?;
    Ok(fluxes)
}

fn s_t(case: &Case, fluxes: &[Flux], post_u: &[Int]) -> Int {
    match &case.profile.s_t {
        StRule::PrimeWeighted => primes(post_u.len())
            .iter()
            .zip(post_u)
            .map(|(prime, value)| value * (case.rules.weight)(*prime))
            .sum(),
        StRule::Constant(value) | StRule::Gf01Constant(value) => Int::from(*value),
        StRule::SumAbsFlux {
            offset,
            scale,
            max_value,
        } => {
            let moved: Int = fluxes
                .iter()
                .map(|flux| flux.f_e.magnitude().clone())
                .sum::<num_bigint::BigUint>()
                .into();
            let s_t = moved * scale.unwrap_or(1) + offset.unwrap_or(0);
            max_value.map_or(s_t.clone(), |most| s_t.min(Int::from(most)))
        }
    }
}

/// The first primes, by trial division.
pub(crate) fn primes(count: usize) -> Vec<u64> {
    let mut primes: Vec<u64> = Vec::new();
    let mut candidate = 2;
    while primes.len() < count {
        if primes.iter().all(|prime| candidate % prime != 0) {
            primes.push(candidate);
        }
        candidate += 1;
    }
    primes
}

/// The remainder in 0..M−1, also for a negative number.
pub(crate) fn modulo(value: &Int, modulus: i64) -> Int {
    ((value % modulus) + modulus) % modulus
}

fn all_fit<'a>(
    operation: &'static str,
    tick: u64,
    values: impl Iterator<Item = &'a Int>,
) -> Result<(), Overflow> {
    for (index, value) in values.enumerate() {
        fits(operation, tick, Some(index + 1), value)?;
    }
    Ok(())
}

/// Checks that a recorded number fits an i64.
pub(crate) fn fits(
    operation: &'static str,
    tick: u64,
    id: Option<usize>,
    value: &Int,
) -> Result<(), Overflow> {
    match i64::try_from(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(Overflow {
            operation,
            tick,
            id,
        }),
    }
}

#[test]
fn the_primes_begin_as_published() {
    assert_eq!(primes(10), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
    assert_eq!(primes(1000)[999], 7919);
}
