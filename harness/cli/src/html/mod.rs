//! The report as one HTML file that needs nothing else: styles, script and charts are inside, and a
//! policy in its head lets nothing else in.
//!
//! Everything folds with `details`, so that the page works by keyboard and without its script; the
//! script filters, folds many at once, and goes from place to place.

pub(crate) mod bisect;
mod budget;
mod chart;
pub(crate) mod review;
mod scenario;

use std::collections::BTreeMap;
use std::io::{self, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use self::budget::Budget;
use self::review::{About, Board};
use aether_harness::report::{Group, visible_line};
use aether_harness::{Report, ScenarioReport, Verdict, counted};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// What the keys do, as the page lists them.
const KEYS: [(&str, &str); 7] = [
    (
        "j k",
        "next and previous group or scenario (on one of them, arrow keys too)",
    ),
    ("Enter", "unfold or fold it"),
    ("/", "filter; Escape leaves and clears it"),
    ("u f", "unfold all, fold all"),
    ("g G", "first and last"),
    ("t", "light, dark, or the system's setting"),
    ("?", "these keys"),
];

/// Names in a list of those in which nothing differs; more are counted.
const MATCHING_SHOWN: usize = 2000;

/// Causes in the heading of a group; more are counted.
const CAUSES_SHOWN: usize = 3;

/// Writes a report as one self-contained HTML file: groups folded, then each scenario with its
/// first divergence on top, the values side by side and charts of the vectors at its tick.
///
/// The file has a light and a dark look and can be used by keyboard alone (`?` shows the keys).
/// It holds the changes that the diffs list, as far as they fit a page that a browser shows
/// readily, and says what it leaves out.
///
/// # Errors
/// What `out` reports.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let board = None;
    Page { report, board }.write(out)
}

/// A report on its way to a page.
struct Page<'r> {
    report: &'r Report,
    /// How far its review is, if it is under review.
    board: Option<&'r Board>,
}

impl Page<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (differing, matching): (Vec<_>, Vec<_>) = self
            .report
            .scenarios
            .iter()
            .partition(|scenario| scenario.differs());
        let mut budget = Budget::for_page(differing.len());
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (self.head())
                body {
                    (self.header())
                    main {
                        @if !self.report.groups.is_empty() {
                            section #groups aria-labelledby="groups-title" {
                                h2 #groups-title { "Similar changes" }
                                @for (at, group) in self.report.groups.iter().enumerate() {
                                    (self.group(at, group))
                                }
                            }
                        }
                        @if !differing.is_empty() {
                            section #scenarios aria-labelledby="scenarios-title" {
                                h2 #scenarios-title { "What differs" }
                                @for (at, one) in differing.iter().enumerate() {
                                    (scenario::card(one, at == 0, self.board, &mut budget))
                                }
                            }
                        }
                        @if !matching.is_empty() { (matching_markup(&matching, &mut budget)) }
                    }
                    script { (PreEscaped(SCRIPT)) }
                    @if self.board.is_some() { (review::script()) }
                }
            }
        };
        out.write_all(page.into_string().as_bytes())
    }

    fn head(&self) -> Markup {
        html! {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(self.policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // A page without an icon asks for one.
                link rel="icon" href="data:,";
                title { (self.report.summary()) }
                style { (PreEscaped(STYLE)) }
                @if let Some(board) = self.board { (review::style()) (review::refresh(board)) }
            }
        }
    }

    fn header(&self) -> Markup {
        let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
        for scenario in &self.report.scenarios {
            *verdicts.entry(scenario.verdict_name()).or_default() += 1;
        }
        html! {
            header {
                div.bar {
                    h1 { (self.report.summary()) }
                    ul.tally aria-label="Verdicts" {
                        @for (verdict, count) in &verdicts {
                            li { (verdict_markup(verdict)) " " (count) }
                        }
                    }
                    @if let Some(board) = self.board {
                        (review::finish(board))
                        (review::progress(board))
                    }
                }
                (controls("Filter: name, stage, path, verdict", self.keys()))
            }
        }
    }

    fn keys(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let review: &[_] = self.board.map_or(&[], |_| &review::KEYS);
        KEYS.iter().chain(review).copied()
    }

    fn policy(&self) -> String {
        self.board.map_or_else(policy, |_| review::policy())
    }

    fn group(&self, at: usize, group: &Group) -> Markup {
        let causes = self.report.shared_causes(group);
        let more = causes.len().saturating_sub(CAUSES_SHOWN);
        html! {
            details.group.item {
                summary {
                    span.stage { (visible_line(&group.stage)) } " "
                    code { (visible_line(&group.pattern)) } " "
                    span.what { (group.what()) } " "
                    span.counts { (group.counts()) }
                    @for cause in causes.iter().take(CAUSES_SHOWN) {
                        span.cause {
                            "cause in " (cause.share(group)) ": " (visible_line(&cause.lead()))
                        }
                    }
                    @if more > 0 {
                        span.cause { "and " (counted(more as u64, "more shared cause")) }
                    }
                    @if let Some(board) = self.board { (review::mark(board, &About::Group(at))) }
                }
                @if let Some(board) = self.board { (review::form(board, &About::Group(at))) }
                @for offset in &group.offsets {
                    h3 { (offset.lead()) }
                    (links(&offset.scenarios))
                }
                @if group.offsets.is_empty() { (links(&group.scenarios)) }
            }
        }
    }
}

/// The controls of a page, with the keys that do the same.
fn controls(filter: &str, keys: impl IntoIterator<Item = (&'static str, &'static str)>) -> Markup {
    html! {
        div.controls role="search" {
            label.unseen for="filter" { "Filter" }
            input #filter type="search" placeholder=(filter)
                aria-keyshortcuts="/" autocomplete="off" spellcheck="false";
            button #unfold type="button" aria-keyshortcuts="u" { "Unfold all" }
            button #fold type="button" aria-keyshortcuts="f" { "Fold all" }
            button #look type="button" aria-keyshortcuts="t" { "Look: system" }
            button #keys type="button" aria-keyshortcuts="?" aria-expanded="false"
                aria-controls="help" { "Keys" }
            span #shown role="status" {}
        }
        dl #help hidden {
            @for (keys, what) in keys {
                div {
                    dt { @for key in keys.split(' ') { kbd { (key) } " " } }
                    dd { (what) }
                }
            }
        }
    }
}

/// The page runs its own script, has its own styles, and makes no requests.
fn policy() -> String {
    policy_of(&[STYLE], &[SCRIPT], "base-uri 'none'; form-action 'none'")
}

/// A policy that lets in these styles and scripts, and else what `more` says.
fn policy_of(styles: &[&str], scripts: &[&str], more: &str) -> String {
    let hashes = |texts: &[&str]| -> String {
        let hash = |text: &&str| {
            format!(
                " 'sha256-{}'",
                BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()))
            )
        };
        texts.iter().map(hash).collect()
    };
    format!(
        "default-src 'none'; style-src{}; script-src{}; img-src data:; {more}",
        hashes(styles),
        hashes(scripts)
    )
}

fn verdict_markup(verdict: &str) -> Markup {
    let class = if verdict == Verdict::Match.name() {
        "good"
    } else {
        "bad"
    };
    html! { span.verdict .(class) { (verdict) } }
}

fn links(names: &[String]) -> Markup {
    html! {
        ul.links {
            @for name in names { li { a href=(format!("#{}", anchor(name))) { (visible_line(name)) } } }
        }
    }
}

fn matching_markup(matching: &[&ScenarioReport], budget: &mut Budget) -> Markup {
    let has_more_to_say = |one: &&&ScenarioReport| one.tolerated().is_some() || !one.raw.is_empty();
    let more = matching.len().saturating_sub(MATCHING_SHOWN);
    html! {
        section #matching aria-labelledby="matching-title" {
            h2 #matching-title { "As stored" }
            @for one in matching.iter().filter(has_more_to_say).take(MATCHING_SHOWN) {
                details.item {
                    summary {
                        span.name { (visible_line(&one.name)) } " " (verdict_markup(one.verdict_name()))
                        @if one.tolerated().is_some() { " " span.lead { "within tolerance" } }
                    }
                    @if let Some(within) = one.tolerated() { (scenario::tolerated(within)) }
                    (scenario::raw_values(&one.raw, budget))
                }
            }
            details.item {
                summary { (verdict_markup(Verdict::Match.name())) " " (matching.len()) }
                ul.links {
                    @for one in matching.iter().take(MATCHING_SHOWN) {
                        li #(anchor(&one.name)) { (visible_line(&one.name)) }
                    }
                }
                @if more > 0 { p.aside { "and " (more) " more" } }
            }
        }
    }
}

/// The id of a scenario's part of the page.
fn anchor(name: &str) -> String {
    let encode = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => c.to_string(),
        other => format!(".{:x}.", u32::from(other)),
    };
    format!("scenario-{}", name.chars().map(encode).collect::<String>())
}

#[cfg(test)]
mod tests;
