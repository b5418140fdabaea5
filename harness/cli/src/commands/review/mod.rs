//! `review`: goes through what differs, group by group, and asks a person, on the terminal or on a page.
//!
//! A group is [similar changes](aether_harness::report::Group): scenarios whose first divergence is of one sort. Each
//! acceptance is a bless with its own reason, written at once, under every rule of `bless`; what was
//! accepted stays so however the review ends. Rejecting and skipping leave the goldens as they are.
//!
//! Some artefacts of a scenario can be accepted without the others. Its goldens are then new in those
//! and old in the rest, all of them written in one step as ever; `snapshot.toml` holds the digests of
//! just these files, so that nothing counts as edited, and its bless names the artefacts. The scenario
//! goes on to differ: in its verdict, and in the exit status of the review.
//!
//! | module | what it does |
//! | --- | --- |
//! | `state` | the scenarios under review, and the rules of every decision |
//! | `item` | one of these scenarios |
//! | `terminal`, `answer` | asks on the terminal |
//! | `web` | asks on a page that this process serves |

mod answer;
mod item;
mod state;
mod terminal;
mod web;

use std::time::Duration;

use self::state::Review;
use super::accept::refuse_under_ci;
use super::{CommandError, Console, Status};
use aether_harness::{DiffOptions, Suite};

/// What to review.
#[derive(Clone, Debug, Default)]
pub struct ReviewOptions {
    /// The scenarios; all if none is listed.
    pub names: Vec<String>,
    /// The value of the variable `CI`; nothing is reviewed if it says yes.
    pub ci: Option<String>,
    /// The date of the blesses, `YYYY-MM-DD`.
    pub date: String,
    /// Ask on a page; on the terminal if `None`.
    pub web: Option<WebOptions>,
}

/// How the page of a review is served, on 127.0.0.1 only.
#[derive(Clone, Debug)]
pub struct WebOptions {
    /// The port; 0 for a free one.
    pub port: u16,
    /// The review ends when nobody has used the page for this long.
    pub idle: Duration,
}

impl Default for WebOptions {
    /// A free port, and 30 minutes.
    fn default() -> Self {
        Self {
            port: 0,
            idle: Duration::from_secs(30 * 60),
        }
    }
}

/// A review on the terminal lists some changes of a scenario and counts the others; `diff --all` lists
/// more.
const ENTRIES: usize = 100;

/// Reviews what differs. The status is that of a `diff` made afterwards: [`Status::Done`] where
/// everything was accepted, or nothing differed.
///
/// # Errors
/// There is nobody to ask, there is no such scenario, or something cannot be read or written.
pub fn review(
    suite: &Suite,
    options: &ReviewOptions,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    refuse_under_ci(options.ci.as_deref())?;
    if let Some(web) = &options.web {
        // The page is that of `diff`.
        let mut review = Review::new(suite, options, &DiffOptions::default(), console)?;
        web::ask(&mut review, web, console)?;
        return review.summary(console);
    }
    if console.ask.is_none() {
        return Err(terminal::nobody(suite, options));
    }
    let listed = DiffOptions {
        entries: ENTRIES,
        ..DiffOptions::default()
    };
    let mut review = Review::new(suite, options, &listed, console)?;
    terminal::ask(&mut review, console)?;
    review.summary(console)
}
