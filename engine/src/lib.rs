//! An exact integer engine.
#![allow(dead_code, missing_docs, reason = "skeleton")]
pub mod config;
