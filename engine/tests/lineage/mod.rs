//! Tests of lineage: what every value of a run was computed from, and where a difference comes from.

mod fields;
mod grammars;
mod planted;
mod plants;
