//! An independent implementation of the engine's rules: slow, obvious, in big integers.
//!
//! A [`Case`] is everything that defines a run. [`documents`] writes it as the JSON documents that
//! the engine loads; [`run`] computes the records of that run. Nothing here calls the engine or
//! shares a line with it, so that an error in one of the two shows as a difference. Where the two
//! differ, the written rules say which one is wrong.
//!
//! Main types: [`Case`], [`Outcome`], [`Overflow`], [`Json`].

mod canonical;
mod case;
mod codex;
mod documents;
mod gate;
mod press;
mod records;
mod run;
mod samples;
mod tick;
mod uledger;

mod self_check;

pub(crate) use canonical::*;
pub(crate) use case::*;
pub(crate) use documents::*;
pub(crate) use press::*;
pub(crate) use run::*;
pub(crate) use samples::*;
pub(crate) use tick::*;

/// Every number of the oracle: no width, hence no wrong one.
pub(crate) type Int = num_bigint::BigInt;
