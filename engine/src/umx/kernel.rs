//! Applies the flux rule to all edges of a tick.
//!
//! Two loops compute the same numbers. The fast one uses plain 64-bit arithmetic, and only runs if
//! bounds on the state and the topology prove that no number can leave i64. The exact one uses 128
//! bits and reports what does not fit.
//!
//! Example: an edge with k = 1, SC = 2 and cap = 10 joins nodes with the values 9 and 2. Then
//! du = 7, raw = ⌊1·7 / 2⌋ = 3, f_e = min(3, 10, 7) = 3, and the new values are 6 and 5.

use super::overflow;
use crate::config::{Edge, Topology};
use crate::error::{Operation, RunError};
use crate::record::EdgeFlux;

/// The bound on a tick's numbers that follows from the topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// The largest |u| for which the fast loop is proven to be exact.
    fast_limit: u64,
}

impl Bounds {
    pub(super) fn of(topology: &Topology) -> Self {
        let mut degrees = vec![0_u64; topology.node_count];
        let mut conductance_max = 1;
        for edge in &topology.edges {
            degrees[edge.from as usize] += 1;
            degrees[edge.to as usize] += 1;
            conductance_max = conductance_max.max(edge.conductance.unsigned_abs());
        }
        let degree_max = degrees.into_iter().max().expect("a topology has a node");
        // With |u| ≤ L: |du| ≤ 2L, k·|du| ≤ 2kL, and each intermediate value of a node is within
        // L + degree·2L. All three fit if L times the largest factor does.
        let factor = (2 * conductance_max).max(1 + 2 * degree_max);
        Self {
            fast_limit: i64::MAX.unsigned_abs() / factor,
        }
    }
}

/// Moves `u` by one tick and writes `du`, `raw` and `f_e` of every edge.
pub(super) fn step(
    topology: &Topology,
    bounds: Bounds,
    tick: u64,
    u: &mut [i64],
    fluxes: &mut [EdgeFlux],
) -> Result<(), RunError> {
    let largest = u
        .iter()
        .fold(0, |largest, value| largest.max(value.unsigned_abs()));
    if largest <= bounds.fast_limit {
        fast(topology, u, fluxes);
        Ok(())
    } else {
        exact(topology, tick, u, fluxes)
    }
}

pub(super) fn fast(topology: &Topology, u: &mut [i64], fluxes: &mut [EdgeFlux]) {
    let scale = topology.scale.unsigned_abs();
    for (edge, flux) in topology.edges.iter().zip(fluxes.iter_mut()) {
        // `Bounds` proves that nothing here wraps; the wrapping operations only avoid the checks.
        let du = u[edge.from as usize].wrapping_sub(u[edge.to as usize]);
        let size = du.unsigned_abs();
        let raw = edge.conductance.unsigned_abs().wrapping_mul(size) / scale;
        let moved = raw.min(edge.cap.unsigned_abs()).min(size).cast_signed();
        flux.du = du;
        flux.raw = raw.cast_signed();
        flux.f_e = if du < 0 { -moved } else { moved };
    }
    for (edge, flux) in topology.edges.iter().zip(fluxes.iter()) {
        let from = &mut u[edge.from as usize];
        *from = from.wrapping_sub(flux.f_e);
        let to = &mut u[edge.to as usize];
        *to = to.wrapping_add(flux.f_e);
    }
}

pub(super) fn exact(
    topology: &Topology,
    tick: u64,
    u: &mut [i64],
    fluxes: &mut [EdgeFlux],
) -> Result<(), RunError> {
    // All differences are computed before all quotients, so that the error is that of the first
    // operation that fails.
    for (index, (edge, flux)) in topology.edges.iter().zip(fluxes.iter_mut()).enumerate() {
        flux.du = u[edge.from as usize]
            .checked_sub(u[edge.to as usize])
            .ok_or_else(|| overflow(tick, Operation::Du, index))?;
    }
    let mut moved: Vec<i128> = u.iter().copied().map(i128::from).collect();
    for (index, (edge, flux)) in topology.edges.iter().zip(fluxes.iter_mut()).enumerate() {
        (flux.raw, flux.f_e) = exact_flux(edge, topology.scale, flux.du)
            .ok_or_else(|| overflow(tick, Operation::Raw, index))?;
        moved[edge.from as usize] -= i128::from(flux.f_e);
        moved[edge.to as usize] += i128::from(flux.f_e);
    }
    for (index, (value, moved)) in u.iter_mut().zip(moved).enumerate() {
        *value = i64::try_from(moved).map_err(|_| overflow(tick, Operation::Post, index))?;
    }
    Ok(())
}

/// `raw` and `f_e`; `None` if `raw` does not fit 64 bits.
fn exact_flux(edge: &Edge, scale: i64, du: i64) -> Option<(i64, i64)> {
    let raw = raw(edge.conductance, scale, du)?;
    Some((raw, flux(raw, edge.cap, du)))
}

/// ⌊k·|du| / SC⌋; `None` if it does not fit 64 bits.
pub(crate) fn raw(conductance: i64, scale: i64, du: i64) -> Option<i64> {
    let size = i128::from(du).abs();
    i64::try_from(i128::from(conductance) * size / i128::from(scale)).ok()
}

/// sign(du) · min(raw, cap, |du|), of a raw ≥ 0.
pub(crate) fn flux(raw: i64, cap: i64, du: i64) -> i64 {
    let moved = i128::from(raw.min(cap)).min(i128::from(du).abs());
    let moved = i64::try_from(moved).expect("it is at most raw");
    // 0 ≤ moved ≤ i64::MAX, so the negation cannot overflow.
    if du < 0 { -moved } else { moved }
}
