//! The engine held to its laws.
//!
//! [`oracle`] computes every record of a run a second time, from the written rules alone and in big
//! integers; [`exam`] holds the published figures. The other modules compare the engine with both.

mod compare;
mod edges;
mod exam;
mod oracle;
mod properties;
mod registry;
mod subject;
