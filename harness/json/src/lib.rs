//! JSON as text: read strictly, laid out in one way, and looked into without building a tree.
//!
//! [`parse`] turns any JSON text into a tree or says where it is broken, [`layout`] writes the tree
//! as artefacts are stored, [`scan`] walks text that is laid out already, [`Json`] is one value of
//! such a text, and [`number`] subtracts numbers without rounding them.
//!
//! `serde_json` is not used for reading: it normalizes the exponents of numbers, keeps the last of
//! two equal keys and reads one reserved key as a number, and a harness must lose nothing.

pub mod layout;
pub mod number;
mod parse;
pub mod scan;
mod text;

pub use parse::JsonProblem;
pub use parse::{DEPTH_MAX, Fault, Parser, Tree};
pub use text::Json;
pub use text::tree_to_value;
