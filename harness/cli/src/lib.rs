//! The commands over a suite of scenarios: `bless`, `diff`, `review`, `report` and the rest.
//!
//! [`Command`] is the command line: flatten it into a parser of your own and call [`Command::run`].
//! [`commands`] has the same as functions of a suite, typed options and a [`Console`].
//!
//! ```no_run
//! # use aether_harness::{Failure, Prepared, Scenario, Subject};
//! # struct Account;
//! # impl Subject for Account {
//! #     fn name(&self) -> &str { "account" }
//! #     fn open(&self, _: &Scenario) -> Result<Box<dyn Prepared>, Failure> { Err(Failure::invalid("")) }
//! # }
//! use aether_harness::Suite;
//! use clap::Parser;
//!
//! #[derive(Parser)]
//! struct Cli {
//!     #[command(subcommand)]
//!     command: aether_harness_cli::Command,
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     let suite = Suite::new(env!("CARGO_MANIFEST_DIR"))
//!         .subject(Account)
//!         .command("cargo run --example account --")
//!         .with_children();
//!     match suite {
//!         Ok(suite) => Cli::parse().command.run(&suite),
//!         Err(status) => status,
//!     }
//! }
//! ```
//!
//! | module | what it does |
//! | --- | --- |
//! | `args` | the command line |
//! | `commands` | one file per command |
//! | `flaky`, `sensitivity` | scenarios run again and again, and with changed inputs |
//! | `changes`, `variants` | inputs with a value changed; cases made of a scenario |
//! | `shrink` | the smallest inputs that show the same fault |
//! | `reports` | results of trials, merged and written in the forms that CI systems read |
//! | `root` | the option `--root` |
//! | `html` | the report as a page |
//! | `destination` | the file that `--out` names, and what it may replace |
//! | `files` | the files of a directory, read and written |
//! | `lineage` | a run and its golden as `why` sees them: what their values were computed from |
//! | `revision` | the program at a revision, and the search for moves |
//! | `bundle` | new outputs in one file |

// They panic where a standard stream is full or closed, and the exit status would be lost.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod args;
mod bundle;
mod changes;
pub mod commands;
mod date;
mod destination;
mod files;
mod flaky;
mod html;
mod lineage;
mod reports;
mod revision;
mod root;
mod sensitivity;
mod shrink;
mod variants;

pub use args::Command;
pub use commands::{CommandError, Console, Status};
pub use root::{arguments, require_root, run_position, usage};
