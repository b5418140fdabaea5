//! How the benchmarks of this repository measure, and report what they measured.
//!
//! A benchmark that `cargo xtask bench` runs is a list of [`Line`]s in the `main` of a bench target:
//!
//! ```no_run
//! use aether_measure::{Line, Measured, rounds, seconds};
//!
//! fn main() -> std::process::ExitCode {
//!     aether_measure::main(&[
//!         Line::measured("sum/million", || {
//!             let sum = || 1e6 / seconds(|| (0..1_000_000_u64).sum::<u64>());
//!             let fold = || 1e6 / seconds(|| (0..1_000_000_u64).fold(0, |a, b| a ^ b));
//!             Ok(Measured::against("numbers/s", "xor of the same", &rounds(9, sum, fold)))
//!         }),
//!         Line::counted("instructions/sum", || {
//!             aether_measure::counted(|| (0..1_000_000_u64).sum::<u64>());
//!             Ok(())
//!         }),
//!     ])
//! }
//! ```
//!
//! `cargo bench` of the target prints all lines for people. `cargo xtask bench` runs each line as a
//! process of its own (`--json NAME`), which prints a [`Reported`] as one line of JSON, and counts
//! the instructions of counted lines with callgrind. Targets are not this crate's matter: they are
//! declared in `xtask`.

mod line;
mod reported;
mod work;

pub use line::{Line, Outcome, main};
pub use reported::{Measured, Reported};
pub use work::{counted, peak_bytes, reset_peak, rounds, seconds};
