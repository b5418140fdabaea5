//! Topologies that are made rather than written: regular [`Shape`]s, random graphs from a seed, and
//! edge lists as public graph collections have them.
//!
//! What is made is a [`NewTopology`], whose text is a document that validates: the limits of
//! [`config::limits`](crate::config::limits) hold here too. Nothing here reads a clock, and the same
//! sizes, seed or bytes give the same text, whatever the machine.

mod document;
mod edge_list;
mod random;
mod settings;
mod shape;

pub use document::{Format, NewTopology};
pub use edge_list::{ImportOptions, ListFormat, import};
pub use settings::{MakeError, NO_CAP, Settings};
pub use shape::Shape;
