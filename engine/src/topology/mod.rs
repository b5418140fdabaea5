//! Makes topologies: regular [`Shape`]s, random graphs from a seed, and imported edge lists of
//! public graph collections.
//!
//! The result is a [`NewTopology`], whose text is a valid document; the limits of
//! [`config::limits`](crate::config::limits) apply here too. Nothing here reads a clock, and the
//! same sizes, seed or bytes give the same text on every machine.

mod document;
mod edge_list;
mod random;
mod settings;
mod shape;

pub use document::{ColumnAccount, Format, NewTopology};
pub use edge_list::{ImportOptions, ListFormat, import};
pub use settings::{MakeError, NO_CAP, Settings};
pub use shape::Shape;
