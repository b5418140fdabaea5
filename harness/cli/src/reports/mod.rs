//! Results of trials, merged over runs, processes and shards, in the forms that people and CI systems
//! read.
//!
//! A [`Merge`] reads one or several runs and compares them with the trials that the suite has;
//! `text`, `junit`, `lines`, `github`, `markdown` and `page` write it.

mod github;
mod junit;
mod lines;
mod markdown;
mod merge;
mod page;
mod text;

pub(crate) use github::write as write_github;
pub(crate) use junit::write as write_junit;
pub(crate) use lines::write as write_lines;
pub(crate) use markdown::{Context, MARKER, write as write_markdown};
pub(crate) use merge::{Absence, Entry, Merge};
pub(crate) use page::write as write_page;
pub(crate) use text::write as write_text;
