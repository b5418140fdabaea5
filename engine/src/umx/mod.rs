//! UMX: the integer state of a graph, which edge fluxes move.
//!
//! All edges read the state before the tick; then the fluxes move it. [`State`] owns the current
//! values and writes each tick into a [`UmxLedger`]. It has no global state, so any number of runs
//! can exist side by side. Intermediate numbers are exact, whatever their size; a recorded number
//! that does not fit i64 is an error.

mod diagnostics;
mod fluxes;
mod kernel;

pub(crate) use diagnostics::check as check_diagnostics;
pub use fluxes::{Flux, Fluxes};
pub(crate) use kernel::{flux, raw};

use kernel::{Kernel, Sums};

use crate::config::{AppliedInput, Edge, InputValues, RunPlan};
use crate::error::{Operation, RunError};
use crate::record::{EdgeFlux, UmxLedger};

/// The values of all nodes between two ticks, and what the last tick did.
#[derive(Clone, Debug)]
pub struct State<'p> {
    kernel: Kernel<'p>,
    pre_u: Vec<i64>,
    u: Vec<i64>,
    fluxes: Fluxes,
}

impl<'p> State<'p> {
    /// The state at tick 0: the initial values and the inputs of tick 0.
    ///
    /// # Errors
    /// An input takes a value out of range.
    pub fn initial(plan: &'p RunPlan) -> Result<Self, RunError> {
        let mut state = Self::at(plan, plan.initial_state.clone());
        state.add_inputs(0, &plan.inputs_at(0))?;
        Ok(state)
    }

    /// The state after some tick, from a checkpoint.
    pub(crate) fn at(plan: &'p RunPlan, u: Vec<i64>) -> Self {
        Self {
            kernel: Kernel::new(&plan.topology),
            pre_u: u.clone(),
            u,
            fluxes: Fluxes::new(plan.topology.edges.len()),
        }
    }

    /// The values, node 1 first.
    pub fn values(&self) -> &[i64] {
        &self.u
    }

    /// Adds the entries' values. Intermediate sums are exact, so only the total must fit.
    ///
    /// # Errors
    /// A value leaves the range of 64 bits.
    pub fn add_inputs(&mut self, tick: u64, entries: &[AppliedInput<'_>]) -> Result<(), RunError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.kernel.restart();
        if let [entry] = entries
            && let InputValues::Dense(values) = entry.input_values()
        {
            for (node, (u, value)) in self.u.iter_mut().zip(values).enumerate() {
                let total = u.checked_add(*value);
                *u = total.ok_or_else(|| overflow(tick, Operation::Input, node))?;
            }
            return Ok(());
        }
        let mut values: Vec<_> = entries
            .iter()
            .map(|entry| entry.input_values().each().peekable())
            .collect();
        loop {
            // The first node for which any entry still has a value.
            let next = values.iter_mut().filter_map(|values| values.peek());
            let Some(node) = next.map(|(node, _)| *node).min() else {
                return Ok(());
            };
            let of_node = values
                .iter_mut()
                .filter_map(|values| values.next_if(|next| next.0 == node));
            let added: i128 = of_node.map(|(_, value)| i128::from(value)).sum();
            let total = i128::from(self.u[node]) + added;
            self.u[node] =
                i64::try_from(total).map_err(|_| overflow(tick, Operation::Input, node))?;
        }
    }

    /// What the edges did in the last tick; nothing before the first.
    pub const fn fluxes(&self) -> &Fluxes {
        &self.fluxes
    }

    /// Computes one tick, and returns the sum of the values, which it does not change.
    ///
    /// # Errors
    /// A number of the tick does not fit 64 bits.
    pub fn advance(&mut self, tick: u64) -> Result<i64, RunError> {
        let Sums { pre, post } = self
            .kernel
            .step(&mut self.u, &mut self.pre_u, &mut self.fluxes)
            .map_err(|(operation, index)| overflow(tick, operation, index))?;
        assert_eq!(
            pre, post,
            "fluxes move the state and make none (tick {tick})"
        );
        i64::try_from(pre).map_err(|_| RunError::Overflow {
            tick,
            operation: Operation::Sum,
            id: None,
        })
    }

    /// Computes one tick and overwrites `ledger` (from [`State::new_ledger`]) with it.
    ///
    /// # Errors
    /// A number of the ledger does not fit 64 bits.
    pub fn step(&mut self, tick: u64, ledger: &mut UmxLedger) -> Result<(), RunError> {
        let sum = self.advance(tick)?;
        ledger.tick = tick;
        ledger.pre_u.copy_from_slice(&self.pre_u);
        ledger.post_u.copy_from_slice(&self.u);
        for (edge, Flux { du, raw, f_e }) in ledger.edges.iter_mut().zip(self.fluxes.iter()) {
            (edge.du, edge.raw, edge.f_e) = (du, raw, f_e);
        }
        ledger.sum_pre_u = sum;
        ledger.sum_post_u = sum;
        ledger.z_check = sum;
        Ok(())
    }

    /// A ledger with the ids and capacities of all edges, to be reused every tick.
    pub fn new_ledger(&self) -> UmxLedger {
        let edges = self
            .kernel
            .topology()
            .edges
            .iter()
            .zip(1..)
            .map(|(edge, e_id)| edge.at_rest(e_id));
        UmxLedger {
            pre_u: self.u.clone(),
            edges: edges.collect(),
            post_u: self.u.clone(),
            ..UmxLedger::default()
        }
    }
}

impl Edge {
    fn at_rest(&self, e_id: u64) -> EdgeFlux {
        let (i, j) = self.node_ids();
        EdgeFlux {
            e_id,
            i,
            j,
            cap: self.cap,
            ..EdgeFlux::default()
        }
    }

    /// The node ids of both ends.
    pub(crate) fn node_ids(&self) -> (u64, u64) {
        (u64::from(self.from) + 1, u64::from(self.to) + 1)
    }
}

fn overflow(tick: u64, operation: Operation, index: usize) -> RunError {
    RunError::Overflow {
        tick,
        operation,
        id: Some(index as u64 + 1),
    }
}

#[cfg(test)]
mod tests;
