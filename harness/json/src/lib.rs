#![doc = include_str!("../README.md")]

mod fault;
pub mod layout;
mod nearest;
pub mod number;
mod parse;
mod read;
pub mod scan;
mod serde_format;
mod text;
mod value;

pub use fault::{Container, Expected, Fault, JsonProblem};
pub use nearest::nearest;
pub use parse::{Parser, Tree};
pub use read::{OnError, Reader, Strict, Token, TokenKind};
pub use serde_format::{
    Error, from_slice, from_str, from_value, to_string, to_string_pretty, to_value, to_vec,
    to_vec_pretty, to_writer, to_writer_pretty,
};
pub use text::Json;
pub use value::{NotFinite, Number, Value};

/// How deep arrays and objects may be nested in each other, except where a [`Reader`] has a limit
/// of its own.
pub const DEPTH_MAX: usize = 128;
