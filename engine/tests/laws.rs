//! Tests of the engine against its written rules.
//!
//! [`oracle`] computes every record of a run a second time, in big integers and only from the
//! written rules; [`exam`] has the published figures. The other modules compare the engine with
//! both.

mod compare;
mod edges;
mod exam;
mod lineage;
mod oracle;
mod properties;
mod registry;
mod subject;
