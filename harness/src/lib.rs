//! Golden tests for deterministic programs.
//!
//! A *scenario* is a directory with the documents of one run. A *subject* makes named JSON documents,
//! its *artefacts*, of it. The harness keeps them as *goldens*, laid out for review, and says of a
//! later run to the byte whether it made the same; where it did not, it names the first value that
//! went another way, the input that caused it, and counts what followed. It runs each scenario twice, and
//! once more in changed surroundings, and tells whose fault a difference is. A golden only changes
//! with a reason, and never where a run differs from itself.
//!
//! A program in another language needs no Rust: see the `aether-harness` command, which runs
//! scenarios that name a program of their own.
//!
//! # From nothing to a gated program
//!
//! ## 1. A subject
//!
//! [`Subject`] has two methods that must be written: a name, and a run. Here is a savings account:
//! of a document with a rate and deposits it makes one record a year.
//!
//! ```
//! use std::path::Path;
//!
//! use aether_harness::{Artefact, Failure, RunRequest, Subject};
//! use serde_json::{Value, json};
//!
//! struct Account;
//!
//! impl Subject for Account {
//!     fn name(&self) -> &str {
//!         "account"
//!     }
//!
//!     fn run(&self, scenario: &Path, _: &RunRequest) -> Result<Vec<Artefact>, Failure> {
//!         let invalid = |error: &dyn std::fmt::Display| Failure::invalid(error.to_string());
//!         let text = std::fs::read(scenario.join("account.json")).map_err(|error| invalid(&error))?;
//!         let plan: Value = serde_json::from_slice(&text).map_err(|error| invalid(&error))?;
//!         let (mut balance, mut years) = (0, Vec::new());
//!         for (year, deposit) in plan["deposits"].as_array().into_iter().flatten().enumerate() {
//!             let interest = balance * plan["percent"].as_i64().unwrap_or(0) / 100;
//!             balance += interest + deposit.as_i64().unwrap_or(0);
//!             years.push(json!({ "year": year + 1, "interest": interest, "balance": balance }));
//!         }
//!         let years = Artefact::from_json("years", json!(years).to_string().as_bytes())
//!             .map_err(|error| Failure::engine(error.to_string()))?;
//!         Ok(vec![years])
//!     }
//! }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use aether_harness::Suite;
//! # use aether_harness::command::{self, BlessOptions, Console, Status};
//! # let dir = tempfile::tempdir()?;
//! # let scenario = dir.path().join("scenarios/saver");
//! # std::fs::create_dir_all(&scenario)?;
//! # std::fs::write(scenario.join("scenario.toml"), "description = \"a saver\"")?;
//! # std::fs::write(scenario.join("account.json"), r#"{"percent": 3, "deposits": [1000, 0, 500]}"#)?;
//! # let suite = Suite::new(dir.path()).subject(Account);
//! # let options = BlessOptions { all: true, reason: Some("first".into()), date: "2026-01-01".into(), ..Default::default() };
//! # let done = Console::standard(|console| command::bless(&suite, &options, console))?;
//! # assert_eq!(done, Status::Done);
//! # let golden = std::fs::read_to_string(dir.path().join("fixtures/snapshots/saver/years.json"))?;
//! # assert_eq!(golden.lines().nth(2), Some(r#"{"balance":1030,"interest":30,"year":2},"#));
//! # Ok(())
//! # }
//! ```
//!
//! What a run rests on, its inputs, are the documents of the scenario's directory unless
//! [`Subject::inputs`] says otherwise: a subject that fills in defaults or reads shared files should.
//!
//! ## 2. A scenario
//!
//! `scenarios/saver/scenario.toml` makes the directory a scenario; nothing else lists it.
//!
//! ```toml
//! description = "interest on interest"
//! ```
//!
//! Beside it lies what the subject reads, here `account.json`:
//!
//! ```json
//! { "percent": 3, "deposits": [1000, 0, 500] }
//! ```
//!
//! ## 3. A test target
//!
//! `tests/scenarios.rs`, with `harness = false` in `Cargo.toml`, is a call of [`Runner`]:
//!
//! ```no_run
//! # use aether_harness::{Artefact, Failure, RunRequest, Subject};
//! # struct Account;
//! # impl Subject for Account {
//! #     fn name(&self) -> &str { "account" }
//! #     fn run(&self, _: &std::path::Path, _: &RunRequest) -> Result<Vec<Artefact>, Failure> { Ok(Vec::new()) }
//! # }
//! fn main() -> std::process::ExitCode {
//!     aether_harness::Runner::new(env!("CARGO_MANIFEST_DIR"))
//!         .subject(Account)
//!         .command("cargo run --example account --")
//!         .main()
//! }
//! ```
//!
//! `cargo test --test scenarios` now has the trials `saver::golden`, `saver::determinism` and
//! `saver::process`, under cargo-nextest too. The first fails: there are no goldens.
//!
//! ## 4. The commands, and a first bless
//!
//! [`cli::Command`] has `bless`, `diff`, `new` and the rest for a binary or an example of the crate;
//! [`command`] has the same as functions.
//!
//! ```no_run
//! # use aether_harness::{Artefact, Failure, RunRequest, Subject};
//! # struct Account;
//! # impl Subject for Account {
//! #     fn name(&self) -> &str { "account" }
//! #     fn run(&self, _: &std::path::Path, _: &RunRequest) -> Result<Vec<Artefact>, Failure> { Ok(Vec::new()) }
//! # }
//! # #[cfg(feature = "cli")]
//! # mod example {
//! # use super::Account;
//! use aether_harness::{Suite, cli};
//! use clap::Parser;
//!
//! #[derive(Parser)]
//! struct Cli {
//!     #[command(subcommand)]
//!     command: cli::Command,
//! }
//!
//! # pub
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
//! # }
//! # fn main() {}
//! ```
//!
//! `cargo run --example account -- bless saver --reason "first"` writes
//! `fixtures/snapshots/saver/years.json`, one record a line, and beside it the inputs and the reason.
//! Commit them; from now on the tests fail when a value moves. Here the rule for interest changed:
//!
//! ```text
//! MISMATCH saver::golden
//!   years · [1].balance: 1030 → 1031
//!     at years[1].balance
//!   then years: 2 values
//! ```
//!
//! ## 5. Identity and causal order
//!
//! So far records are told by position and fields by name, and so a balance leads although the
//! interest went wrong first. [`Subject::schema`] says what identifies a record, where it stands in
//! time, and in which order stages and fields follow one another. Then an inserted record is one
//! insertion, a first divergence is the first in time, and paths read like the program's own terms.
//!
//! ```
//! use aether_harness::{Artefact, ArtefactSchema, DiffOptions, KeyRule, Schema, diff};
//!
//! # fn main() -> Result<(), aether_harness::ArtefactError> {
//! let schema = Schema {
//!     stages: vec!["interest".into()],
//!     artefacts: vec![ArtefactSchema {
//!         name: "years".into(),
//!         stage: "interest".into(),
//!         tick: Some("year".into()),
//!         keys: vec![KeyRule { path: "".into(), fields: vec!["year".into()], label: "".into() }],
//!         field_order: vec!["interest".into(), "balance".into()],
//!         ..ArtefactSchema::default()
//!     }],
//!     ..Schema::default()
//! };
//! // The diff is a function of its own: any two sets of documents, without scenarios.
//! let before = br#"[{"year": 1, "interest": 0, "balance": 1000}, {"year": 2, "interest": 30, "balance": 1030}]"#;
//! let after = br#"[{"year": 1, "interest": 0, "balance": 1000}, {"year": 2, "interest": 31, "balance": 1031}]"#;
//! let diff = diff(
//!     &[Artefact::from_json("years", before)?],
//!     &[Artefact::from_json("years", after)?],
//!     &schema,
//!     &DiffOptions::default(),
//! );
//! let first = diff.first_divergence.expect("they differ");
//! assert_eq!(first.lead(), "tick 2 · interest · interest: 30 → 31");
//! assert_eq!(first.path.to_string(), "years[year=2].interest");
//! # Ok(())
//! # }
//! ```
//!
//! # Where to go on
//!
//! - [`Subject`]: modes of running that must agree ([`Mode`]), errors that are goldens
//!   ([`Failure`]), templates for new scenarios.
//! - [`Verdict`]: what a check can find, and in which order.
//! - [`Suite`] and [`Layout`]: other directories, and checks of a repository's own.
//! - [`diff()`](fn@diff) and [`patches`]: differences of any two documents, as text or JSON Patch.
//! - Two worked examples, in `examples/` of this crate: a cellular automaton as a Rust subject, and a
//!   Python script as a command, each with goldens and a regression to look at.

mod artefact;
mod atomic;
mod bundle;
mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod command;
#[cfg(feature = "cli")]
mod date;
mod diff;
mod exec;
mod json;
mod judge;
mod layout;
mod nearest;
mod product;
mod program;
mod report;
mod results;
mod runner;
mod scenario;
mod schema;
mod sha256;
mod snapshot;
mod subject;
mod suite;
mod verdict;

pub use artefact::{Artefact, ArtefactError};
pub use check::Check;
pub use diff::{
    Cause, Change, ChangeKind, Chart, Diff, DiffOptions, Followed, LeftOut, LeftOutReason, Path,
    diff, digest, patches,
};
pub use json::{Json, JsonProblem};
pub use layout::Layout;
pub use report::{Group, OffsetGroup, Report, ScenarioReport};
pub use runner::Runner;
pub use scenario::{
    Expect, NameError, Runtime, Scenario, ScenarioError, ScenarioName, SnapshotMode,
};
pub use schema::{ArtefactSchema, KeyRule, KeyRuleError, Schema};
pub use subject::{Cancel, Failure, FailureKind, Mode, RunRequest, Subject, WithoutEffect};
pub use suite::Suite;
pub use verdict::Verdict;

/// What the guide shows of Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/harness.md")]
mod guide {}
