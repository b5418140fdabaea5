//! One file or folder per command; several of them share `touched` and `window`.

pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod metrics;
mod openmetrics;
pub(crate) mod plot;
pub(crate) mod press;
pub(crate) mod profile;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod show_ledger;
pub(crate) mod sql;
pub(crate) mod sweep;
pub(crate) mod topology;
mod touched;
pub(crate) mod validate;
pub(crate) mod verify;
pub(crate) mod why;
mod window;
