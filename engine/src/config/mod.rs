//! Documents in, a valid [`RunPlan`] out.

mod plan;

pub use plan::*;
