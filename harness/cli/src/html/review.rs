//! What the page of a review has beyond that of a report: a form for each group and scenario under
//! review, what was decided, and the end.
//!
//! The forms work without the page's script. With it, the answer to a decision is the [`parts`] of the page
//! that depend on decisions, and the script replaces those that changed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use maud::{Markup, PreEscaped, html};

use super::{Page, anchor};
use aether_harness::report::visible;
use aether_harness::{Report, counted};

const STYLE: &str = include_str!("review.css");
const SCRIPT: &str = include_str!("review.js");

/// What the keys do on this page beside those of every page.
pub(super) const KEYS: [(&str, &str); 3] = [
    (
        "a",
        "accept the group or scenario: type the reason, then Enter",
    ),
    ("r", "reject it"),
    ("q", "finish, after Enter"),
];

/// The longest reason that the page takes, in characters.
pub(crate) const REASON_MAX: usize = 2000;

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    /// All of a group that is undecided, by the group's position in the report.
    Group(usize),
    /// A scenario by its name.
    Scenario(String),
}

/// What became of a scenario under review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Undecided,
    /// Accepted, for this reason.
    Accepted(String),
    Rejected,
    /// Left as it is, because of this.
    Left(String),
}

/// An acceptance that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The reason that was given.
    pub(crate) reason: String,
    /// Why it was refused, in lines.
    pub(crate) why: Vec<String>,
}

/// How far a review is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    /// The scenarios under review.
    pub(crate) scenarios: BTreeMap<String, Standing>,
    /// Those of each group of the report that are under review.
    pub(crate) groups: Vec<Vec<String>>,
    /// What was refused last, beside what it was about.
    pub(crate) refused: BTreeMap<About, Refused>,
    /// What was said last.
    pub(crate) said: String,
    /// Decisions that came in and are not carried out yet.
    pub(crate) waiting: usize,
    /// Whether the review has ended.
    pub(crate) has_ended: bool,
}

impl Board {
    /// The undecided scenarios that a decision is about.
    pub(crate) fn undecided<'a>(&'a self, about: &'a About) -> Vec<&'a str> {
        let is_open = |name: &&String| self.scenarios.get(*name) == Some(&Standing::Undecided);
        let names = match about {
            About::Group(at) => self.groups.get(*at).map_or(&[][..], Vec::as_slice),
            About::Scenario(name) => std::slice::from_ref(name),
        };
        names.iter().filter(is_open).map(String::as_str).collect()
    }

    /// Notes what was decided. What was refused about it is over.
    pub(crate) fn decide(&mut self, standings: Vec<(String, Standing)>, said: &str) {
        let groups = &self.groups;
        self.refused.retain(|about, _| {
            let concerns = |name: &String| match about {
                About::Group(at) => groups.get(*at).is_some_and(|group| group.contains(name)),
                About::Scenario(other) => other == name,
            };
            !standings.iter().any(|(name, _)| concerns(name))
        });
        self.scenarios.extend(standings);
        said.clone_into(&mut self.said);
    }

    /// Whether this is under review.
    pub(crate) fn has(&self, about: &About) -> bool {
        !self.standings(about).is_empty()
    }

    fn standings(&self, about: &About) -> Vec<&Standing> {
        let names = match about {
            About::Group(at) => self.groups.get(*at).map_or(&[][..], Vec::as_slice),
            About::Scenario(name) => std::slice::from_ref(name),
        };
        names
            .iter()
            .filter_map(|name| self.scenarios.get(name))
            .collect()
    }

    fn progress(&self) -> String {
        let decided = self.scenarios.values();
        let decided = decided.filter(|it| **it != Standing::Undecided).count();
        let all = self.scenarios.len();
        let said = visible(&self.said);
        if said.is_empty() {
            format!("{decided} of {all} decided")
        } else {
            format!("{decided} of {all} decided · {said}")
        }
    }
}

impl About {
    /// The id of its form on the page.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Group(at) => format!("decide-group-{at}"),
            Self::Scenario(name) => format!("decide-{}", anchor(name)),
        }
    }

    fn field(&self) -> Markup {
        html! {
            @match self {
                Self::Group(at) => { input type="hidden" name="group" value=(at); }
                Self::Scenario(name) => { input type="hidden" name="scenario" value=(name); }
            }
        }
    }
}

/// Writes the page of a report with the forms of a review.
///
/// # Errors
/// What `out` reports.
pub(crate) fn write(report: &Report, board: &Board, out: &mut dyn Write) -> io::Result<()> {
    let board = Some(board);
    Page { report, board }.write(out)
}

/// Everything on the page that decisions change, and nothing else.
pub(crate) fn parts(board: &Board) -> String {
    let groups = (0..board.groups.len()).map(About::Group);
    let scenarios = board.scenarios.keys().cloned().map(About::Scenario);
    let parts = html! {
        (progress(board))
        (finish(board))
        @for about in groups.chain(scenarios) {
            (mark(board, &about))
            (form(board, &about))
        }
    };
    parts.into_string()
}

/// The policy of the page: its own style and scripts, and requests to where it came from.
pub(crate) fn policy() -> String {
    super::policy_of(
        &[super::STYLE, STYLE],
        &[super::SCRIPT, SCRIPT],
        "connect-src 'self'; base-uri 'none'; form-action 'self'",
    )
}

pub(super) fn style() -> Markup {
    html! { style { (PreEscaped(STYLE)) } }
}

pub(super) fn script() -> Markup {
    html! { script { (PreEscaped(SCRIPT)) } }
}

/// Without its script, the page loads again until the decisions that came in are carried out.
pub(super) fn refresh(board: &Board) -> Markup {
    html! {
        @if board.waiting > 0 { noscript { meta http-equiv="refresh" content="2"; } }
    }
}

pub(super) fn progress(board: &Board) -> Markup {
    html! {
        p #progress.part role="status" aria-live="polite" data-working[board.waiting > 0]
            data-ended[board.has_ended] { (board.progress()) }
    }
}

pub(super) fn finish(board: &Board) -> Markup {
    html! {
        @if board.has_ended {
            p #finish.part { "The review has ended. You can close this page." }
        } @else {
            form #finish.part method="post" action="finish" {
                button type="submit" aria-keyshortcuts="q" { "Finish the review" }
            }
        }
    }
}

/// What was decided, for the line that is always seen.
pub(super) fn mark(board: &Board, about: &About) -> Markup {
    let standings = board.standings(about);
    let count = |fits: fn(&Standing) -> bool| standings.iter().filter(|it| fits(it)).count();
    let marks = [
        (
            "accepted",
            count(|it| matches!(it, Standing::Accepted(_))),
            "good",
        ),
        ("rejected", count(|it| *it == Standing::Rejected), "bad"),
        ("left", count(|it| matches!(it, Standing::Left(_))), "bad"),
    ];
    html! {
        span.part.marks #(format!("mark-{}", about.id())) {
            @for (what, number, class) in marks {
                @if number > 0 {
                    " " span.verdict.(class) {
                        (what) @if let About::Group(_) = about { " " (number) }
                    }
                }
            }
        }
    }
}

/// The form of a group or scenario, or what was decided about it.
pub(super) fn form(board: &Board, about: &About) -> Markup {
    let id = about.id();
    let open = board.undecided(about).len();
    let all = board.standings(about).len();
    let what = match about {
        About::Group(_) => counted(open as u64, "scenario"),
        About::Scenario(name) => name.clone(),
    };
    let reason_id = format!("reason-{id}");
    let refused = board.refused.get(about);
    html! {
        @if all == 0 {
            p.part.decision #(id) { "This cannot be accepted: fix it first." }
        } @else if open == 0 || board.has_ended {
            div.part.decision #(id) {
                @match board.standings(about)[..] {
                    [Standing::Accepted(reason)] => { p { "Accepted: " q { (visible(reason)) } } }
                    [Standing::Rejected] => { p { "Rejected: the goldens stay as they are." } }
                    [Standing::Left(why)] => { p.refusal { (visible(why)) } }
                    _ if open == 0 => { p { "All of it is decided." } }
                    _ => { p { "Undecided: the goldens stay as they are." } }
                }
            }
        } @else {
            form.part.decision #(id) method="post" action="decide" {
                (about.field())
                label for=(reason_id) { "Reason" }
                input #(reason_id) name="reason" type="text" required maxlength=(REASON_MAX)
                    value=[refused.map(|refused| &refused.reason)] autocomplete="off"
                    placeholder="Why the goldens change"
                    aria-describedby=[refused.map(|_| format!("refused-{id}"))];
                button.accept type="submit" name="decision" value="accept" aria-keyshortcuts="a" {
                    "Accept " (what)
                }
                button.reject type="submit" name="decision" value="reject" formnovalidate
                    aria-keyshortcuts="r" { "Reject " (what) }
                @if let Some(refused) = refused {
                    div.refusal role="alert" #(format!("refused-{id}")) {
                        p { "Nothing was accepted:" }
                        @for line in &refused.why { p { (visible(line)) } }
                    }
                }
            }
        }
    }
}
