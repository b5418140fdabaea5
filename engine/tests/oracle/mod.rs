//! An independent implementation of the engine's rules: slow, obvious, in big integers.
//!
//! A [`Case`] is everything that defines a run. [`documents`] writes it as the JSON documents that
//! the engine loads; [`run`] computes the records of that run. Nothing here calls the engine or
//! shares code with it, so that an error in either of them appears as a difference. If they differ,
//! the written rules decide which one is wrong.
//!
//! Main types: [`Case`], [`Outcome`], [`Overflow`], [`Json`].

mod aeon;
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

pub(crate) use aeon::*;
pub(crate) use canonical::*;
pub(crate) use case::*;
pub(crate) use documents::*;
pub(crate) use press::*;
pub(crate) use run::*;
pub(crate) use samples::*;
pub(crate) use tick::*;

/// The type of all numbers of the oracle. It has no fixed width, so it cannot overflow.
pub(crate) type Int = num_bigint::BigInt;
