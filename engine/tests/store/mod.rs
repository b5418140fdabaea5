//! The modules of the store tests, and the runs that they share.

#[cfg(target_os = "linux")]
mod crash;
#[cfg(unix)]
mod disk;
mod ground;
mod journals;
#[cfg(target_os = "linux")]
mod memory;
mod page;
mod replayed;
mod resume;
mod rows;
mod versions;
mod view;

use ground::{Chance, PROFILE, every_kind, export, plan, plan_with_inputs, store, with_grammar};
