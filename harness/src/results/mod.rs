//! What trials found, kept as files: one [`TrialResult`] per trial, in the directory of its [`Run`].
//!
//! Reports over one or several runs read them from there.

mod run;
mod runtime;
mod trial;

pub use run::{Run, UnreadableResult};
pub use runtime::Measured;
pub use trial::{ResultProblem, TrialResult};
