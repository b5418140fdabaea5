//! The moves of a history as a page with one row for each commit.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::budget::Budget;
use super::{SCRIPT, STYLE, controls, policy};
use crate::commands::bisect::{Findings, Golden, Move, Row, file_lines, golden_lines, summary};
use aether_harness::report::visible_line;
use aether_harness::{Change, counted};

/// Rows of commits that moved nothing; more are counted.
const QUIET_ROWS: usize = 2000;

/// Writes findings as one self-contained page.
///
/// # Errors
/// What `out` reports.
pub(crate) fn write(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    let mut budget = Budget::for_page(findings.moves.len());
    let title = summary(findings);
    let quiet = findings.rows.len().saturating_sub(QUIET_ROWS);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    div.bar { h1 { (title) } }
                    (controls("Filter: commit, subject, scenario, path", super::KEYS))
                }
                main {
                    section #scenarios aria-labelledby="scenarios-title" {
                        h2 #scenarios-title { "Commits, newest last" }
                        @if quiet > 0 { p.aside { "without the first " (counted(quiet as u64, "commit")) " that moved nothing" } }
                        @for (at, row) in findings.rows.iter().enumerate() {
                            (commit(findings, row, at >= quiet, &mut budget))
                        }
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    out.write_all(page.into_string().as_bytes())
}

/// The row of a commit.
fn commit(findings: &Findings, row: &Row, is_shown: bool, budget: &mut Budget) -> Markup {
    let commit = &row.place.commit;
    let moves: Vec<&Move> = findings
        .moves
        .iter()
        .filter(|one| one.place.commit == *commit)
        .collect();
    let skipped = findings
        .skipped
        .iter()
        .find(|(place, _)| place.commit == *commit);
    let unsteady = findings
        .unsteady
        .iter()
        .filter(|one| one.place.commit == *commit);
    let unsteady: Vec<_> = unsteady.collect();
    let is_quiet = moves.is_empty() && skipped.is_none() && unsteady.is_empty();
    if is_quiet && !is_shown {
        return html! {};
    }
    let heading = html! {
        code { (row.place.short()) } " " span.counts { (row.place.date) } " "
        span.name { (visible_line(&row.place.subject)) } " "
    };
    if is_quiet {
        return html! {
            div.item.quiet-commit {
                p.aside {
                    (heading)
                    @if row.is_examined { "as before" } @else { "not examined" }
                }
            }
        };
    }
    html! {
        details.scenario.item open[!moves.is_empty()] {
            summary {
                (heading)
                @for one in &moves {
                    (mark(one))
                    @if let Some(first) = one.first_divergence() {
                        " " span.lead { (visible_line(&first.lead())) }
                    }
                }
                @if skipped.is_some() { span.verdict.bad { "skipped" } }
                @if !unsteady.is_empty() { span.verdict.bad { "differs from itself" } }
            }
            @for one in &moves { (moved(one, budget)) }
            @if let Some((_, why)) = skipped { pre.note { (aether_harness::report::visible(why)) } }
            @for scenario in unsteady.iter().flat_map(|one| &one.report.scenarios) {
                p { span.name { (visible_line(&scenario.name)) } " differs between two runs of this revision" }
                @if let Some(first) = scenario.diff.as_ref().and_then(|diff| diff.first_divergence.as_ref()) {
                    p { code { (visible_line(&first.lead())) } }
                }
            }
        }
    }
}

/// What became of the goldens, in a word.
fn mark(one: &Move) -> Markup {
    html! {
        @if one.is_range { span.verdict.bad { "one of several" } " " }
        @match one.golden() {
            Some(Golden::Blessed) => span.verdict.good { "blessed" },
            Some(Golden::Silent) => span.verdict.bad { "silent" },
            None => span.verdict.bad { "moved" },
        }
    }
}

fn moved(one: &Move, budget: &mut Budget) -> Markup {
    html! {
        @if one.is_range {
            p.aside {
                "The outputs moved after " code { (one.after.short()) }
                " up to here; the commits between cannot be built."
            }
        }
        @for line in golden_lines(one) { p { (visible_line(&line)) } }
        @for line in file_lines(one) { p.program { (visible_line(&line)) } }
        @for group in &one.report.groups { p { (visible_line(&group.lead())) } }
        table.side-by-side {
            thead {
                tr {
                    th scope="col" { "scenario" } th scope="col" { "first divergence" }
                    th scope="col" { "before" } th scope="col" { "after" }
                }
            }
            tbody {
                @for scenario in &one.report.scenarios {
                    @let first = scenario.diff.as_ref().and_then(|diff| diff.first_divergence.as_ref());
                    tr {
                        td { (visible_line(&scenario.name)) }
                        td {
                            @if let Some(first) = first { code { (visible_line(&first.path.to_string())) } }
                            @if let Some(note) = &scenario.note { " " (visible_line(note)) }
                        }
                        (values(first, budget))
                    }
                }
            }
        }
    }
}

fn values(first: Option<&Change>, budget: &mut Budget) -> Markup {
    let sides = first.map_or((None, None), |first| {
        (first.before.as_ref(), first.after.as_ref())
    });
    let [before, after] = budget.pair(sides.0, sides.1);
    html! { td.before { (before) } td.after { (after) } }
}
