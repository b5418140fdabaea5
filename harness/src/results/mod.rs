//! What trials found, kept as files, and merged again over trials, processes and shards.
//!
//! Every trial leaves one [`TrialResult`] in the directory of its [`Run`]. A [`Merge`] reads one or
//! several of these directories and holds them against the trials that the suite has; `text`,
//! `junit`, `lines`, `github` and `page` write it for those who read it.

mod github;
mod junit;
mod lines;
mod merge;
mod page;
mod run;
mod text;
mod trial;

pub(crate) use github::write as write_github;
pub(crate) use junit::write as write_junit;
pub(crate) use lines::write as write_lines;
pub(crate) use merge::{Absence, Entry, Expected, Merge};
pub(crate) use page::write as write_page;
pub(crate) use run::Run;
pub(crate) use text::write as write_text;
pub(crate) use trial::TrialResult;
