//! `flaky`: finds scenarios, or tests of a cargo workspace, whose results differ, by running them often, in a
//! changed environment and on a busy machine.

mod scenarios;
mod tests;

pub use scenarios::{FlakyOptions, flaky};
pub use tests::{FlakyTestsOptions, flaky_tests};
