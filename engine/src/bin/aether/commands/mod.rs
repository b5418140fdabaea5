//! One file a command.

pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod run;
mod table;
pub(crate) mod validate;
