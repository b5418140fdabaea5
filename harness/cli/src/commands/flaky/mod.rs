//! `flaky`: finds scenarios, or tests of a cargo workspace, whose results differ, by running them often, in a
//! changed environment and on a busy machine.

mod rounds;
mod scenarios;

pub use rounds::{FlakyTestsOptions, flaky_tests};
pub use scenarios::{FlakyOptions, flaky};
