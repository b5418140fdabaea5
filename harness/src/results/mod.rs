//! What trials found, kept as files: one [`TrialResult`] per trial, in the directory of its [`Run`].
//!
//! Reports over one or several runs read them from there.

mod run;
mod trial;

pub use run::{Run, UnreadableResult};
pub use trial::{ResultProblem, TrialResult};
