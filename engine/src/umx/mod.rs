//! UMX: the integer state of a graph, which edge fluxes move.
//!
//! All edges read the state before the tick; then the fluxes move it. [`State`] owns the current
//! values, and what the edges did in the last tick. It has no global state, so any number of runs
//! can exist side by side. Intermediate numbers are exact, whatever their size; a recorded number
//! that does not fit i64 is an error.

mod diagnostics;
mod kernel;

pub use crate::record::{Flux, Fluxes};
pub(crate) use diagnostics::check as check_diagnostics;
pub(crate) use kernel::{flux, raw};

use kernel::{Kernel, Sums};

use crate::config::{AppliedInput, Edge, InputValues, RunPlan};
use crate::error::{Operation, RunError};
use crate::record::Tick;

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

    /// Overwrites `tick` with the state and fluxes of the last tick. The fluxes are moved there.
    pub(crate) fn hand_over(&mut self, tick: &mut Tick) {
        tick.pre_u.copy_from_slice(&self.pre_u);
        tick.post_u.copy_from_slice(&self.u);
        std::mem::swap(&mut tick.fluxes, &mut self.fluxes);
    }

    /// The values before the last tick, its inputs added.
    pub(crate) fn values_before(&self) -> &[i64] {
        &self.pre_u
    }
}

impl Edge {
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
