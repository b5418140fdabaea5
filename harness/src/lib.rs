//! Golden tests for deterministic programs.
//!
//! A *scenario* is a directory with the documents of one run. A *subject* produces named JSON documents,
//! its *artefacts*, from it. The harness keeps them as *goldens*, laid out for review, and reports of a
//! later run, to the byte, whether it produced the same. If it did not, the report names the first
//! value that differs and the input that caused it, and counts what followed. The harness runs each
//! scenario twice, and once more in a changed environment, and reports what causes a difference. A
//! golden changes only with a reason, and never if a run differs from itself.
//!
//! This crate is what a test target needs. The commands (`bless`, `diff`, `review`, reports) are the
//! crate `aether-harness-cli`; programs in other languages are run by `aether-program`; the diff by itself
//! is `aether-diff`.
//!
//! # From nothing to a gated program
//!
//! ## 1. A subject
//!
//! [`Subject`] has two methods that must be written: a name, and how to open a scenario. What it returns
//! is [`Prepared`]: the inputs as read, and how to run them. Here is a savings account: from a document
//! with a rate and deposits it makes one record per year.
//!
//! ```
//! use aether_harness::{Artefact, Failure, Prepared, Scenario, SimpleRun, Subject, documents};
//! use serde_json::{Value, json};
//!
//! struct Account;
//!
//! impl Subject for Account {
//!     fn name(&self) -> &str {
//!         "account"
//!     }
//!
//!     fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
//!         let path = scenario.dir().join("account.json");
//!         let text = std::fs::read(&path).map_err(|error| Failure::unreadable(&path, &error))?;
//!         let plan: Value =
//!             serde_json::from_slice(&text).map_err(|error| Failure::invalid(error.to_string()))?;
//!         Ok(SimpleRun::new(documents(scenario)?, move |_| {
//!             let (mut balance, mut years) = (0, Vec::new());
//!             for (year, deposit) in plan["deposits"].as_array().into_iter().flatten().enumerate() {
//!                 let interest = balance * plan["percent"].as_i64().unwrap_or(0) / 100;
//!                 balance += interest + deposit.as_i64().unwrap_or(0);
//!                 years.push(json!({ "year": year + 1, "interest": interest, "balance": balance }));
//!             }
//!             let years = Artefact::from_json("years", json!(years).to_string().as_bytes())
//!                 .map_err(|error| Failure::program(error.to_string()))?;
//!             Ok(vec![years])
//!         }))
//!     }
//! }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use aether_harness::{Check, Suite, Verdict, evaluate::evaluate};
//! # let dir = tempfile::tempdir()?;
//! # let scenario = dir.path().join("scenarios/saver");
//! # std::fs::create_dir_all(&scenario)?;
//! # std::fs::write(scenario.join("scenario.toml"), "description = \"a saver\"")?;
//! # std::fs::write(scenario.join("account.json"), r#"{"percent": 3, "deposits": [1000, 0, 500]}"#)?;
//! # let suite = Suite::new(dir.path()).subject(Account);
//! # let found = suite.look_up("saver").expect("it was just made");
//! # let result = evaluate(&suite, &found.scenario?, &Check::Golden);
//! # assert_eq!(result.verdict, Verdict::MissingGolden);
//! # let output = result.after.expect("it ran");
//! # let years = output.set.artefacts().find(|artefact| artefact.name() == "years").expect("made");
//! # let text = String::from_utf8_lossy(years.text()).into_owned();
//! # assert_eq!(text.lines().nth(2), Some(r#"{"balance":1030,"interest":30,"year":2},"#));
//! # Ok(())
//! # }
//! ```
//!
//! The inputs of a run are the [documents] of the scenario's directory here. A subject that fills in
//! defaults or reads shared files returns them as resolved.
//!
//! ## 2. A scenario
//!
//! `scenarios/saver/scenario.toml` makes the directory a scenario; nothing else lists it.
//!
//! ```toml
//! description = "interest on interest"
//! ```
//!
//! Beside it is what the subject reads, here `account.json`:
//!
//! ```json
//! { "percent": 3, "deposits": [1000, 0, 500] }
//! ```
//!
//! ## 3. A test target
//!
//! `tests/scenarios.rs`, with `harness = false` in `Cargo.toml`, is one call of [`Runner`]:
//!
//! ```no_run
//! # use aether_harness::{Failure, Prepared, Scenario, Subject};
//! # struct Account;
//! # impl Subject for Account {
//! #     fn name(&self) -> &str { "account" }
//! #     fn open(&self, _: &Scenario) -> Result<Box<dyn Prepared>, Failure> { Err(Failure::invalid("")) }
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
//! `aether_harness_cli::Command` has `bless`, `diff`, `new` and the rest, for a binary or an example of
//! the crate. `cargo run --example account -- bless saver --reason "first"` writes
//! `fixtures/snapshots/saver/years.json`, one record per line, and beside it the inputs and the reason.
//! Commit them; from now on the tests fail when a value changes. Here the rule for interest changed:
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
//! So far records are identified by position and fields by name, and so a balance leads although the
//! interest went wrong first. [`Prepared::schema`] says what identifies a record, when it was made, and
//! in which order stages and fields follow one another. Then an inserted record is one insertion, a
//! first divergence is the first in time, and paths use the program's own terms. `aether-diff` shows
//! how.
//!
//! # Where to go on
//!
//! - [`Subject`]: modes of running that must agree ([`Mode`]), errors that are goldens
//!   ([`Failure`]), templates for new scenarios.
//! - [`Verdict`]: what a check can find, and in which order.
//! - [`Suite`] and [`Layout`]: other directories, and checks of a repository's own.
//! - [`evaluate`], [`snapshot`], [`results`], [`report`]: what commands over a suite are made of.
//! - Two worked examples, in `examples/` of this crate: a cellular automaton as a Rust subject, and a
//!   Python script as a command, each with goldens and a regression to look at.

// They panic where a standard stream is full or closed, and the exit status would be lost.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod allowed;
mod atomic;
mod check;
pub mod documents;
pub mod evaluate;
pub mod exec;
mod layout;
mod machine;
pub mod outputs;
pub mod report;
pub mod results;
pub mod runner;
pub mod scenario;
mod scratch;
mod sha256;
pub mod snapshot;
mod subject;
mod suite;
pub mod varying;
mod verdict;
mod visible;

pub use aether_diff::{
    Address, AddressError, Artefact, ArtefactError, ArtefactSchema, Bound, BoundError,
    BytesDifference, Cause, Change, ChangeKind, Chart, Child, DIGESTS_MAX, Diff, DiffOptions,
    DifferingTicks, DigestTree, ElementId, Followed, FollowedByStage, INPUTS, Json, JsonProblem,
    KeyRule, KeyRuleError, LeftOut, LeftOutReason, Listed, Lookup, Narrowing, NoNode, Node,
    Numbered, Outline, Path, PathStep, Place, PlaceSort, RecordPart, RecordPlace, RecordStream,
    Schema, Search, Searched, Settled, Size, Sizes, Tick, Tolerance, Tolerated, counted, diff,
    diff_streams, differing, digest, infer, only_at, patches, settled, shortened_pair, visible,
    visible_pair,
};
pub use aether_json::nearest;
pub use allowed::Allowed;
pub use check::Check;
pub use documents::documents;
pub use layout::Layout;
pub use machine::MachineFailure;
pub use report::{RawValue, Report, ScenarioReport};
pub use runner::Runner;
pub use scenario::{
    Determinism, Expect, KeyTable, NameError, Runtime, Scenario, ScenarioError, ScenarioName,
    ScenarioProblem, Settings, SnapshotMode,
};
pub use scratch::{Scratch, remove_tree};
pub use subject::{
    AskVersion, Failure, FailureKind, FileRole, InputFiles, Mode, Prepared, Progress, Recomputed,
    RunRequest, ScenarioFile, SimpleRun, SmallerStep, Stored, Subject, WithoutEffect,
};
pub use suite::{Suite, quoted};
pub use verdict::Verdict;
