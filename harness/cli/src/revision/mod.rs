//! The program at a revision, and the search for the commits that moved its outputs.
//!
//! | module | what it does |
//! | --- | --- |
//! | `git` | git as a program, without anyone's settings |
//! | `repository` | the repository of a person, which is read and never written |
//! | `cache` | a directory outside it: a checkout, and what scenarios produced |
//! | `checkout` | any revision in that checkout |
//! | `target` | a scenario that is run at revisions |
//! | `program` | scenarios run with the program of a revision |
//! | `test_target` | the test target of a revision, which runs subjects in Rust |
//! | `cases` | many cases, which no repository holds, run at a revision at once |
//! | `left` | what a run left |
//! | `golden` | which revision has the program that made a golden |
//! | `graph` | the commits between two revisions, and the lines along which they are searched |
//! | `search` | which commits moved an output, from as few of them as possible |

pub(crate) mod cache;
pub(crate) mod cases;
pub(crate) mod checkout;
pub(crate) mod git;
pub(crate) mod golden;
pub(crate) mod graph;
pub(crate) mod left;
pub(crate) mod program;
pub(crate) mod repository;
pub(crate) mod search;
pub(crate) mod target;
mod test_target;
