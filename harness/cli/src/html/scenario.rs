//! One scenario on the page: first divergence on top, then why, then what followed.

use maud::{Markup, html};

use super::budget::Budget;
use super::review::{self, About, Board};
use super::{anchor, chart, verdict_markup};
use aether_harness::report::{ScenarioReport, visible, visible_line};
use aether_harness::{Cause, Change, ChangeKind, Diff, Followed, counted};

/// Causes on one card; more are counted.
const CAUSES_SHOWN: usize = 50;

/// The card of a scenario that differs; `board` says how far its review is, if there is one.
pub(super) fn card(
    scenario: &ScenarioReport,
    open: bool,
    board: Option<&Board>,
    budget: &mut Budget,
) -> Markup {
    let ScenarioReport {
        name, diff, note, ..
    } = scenario;
    let verdict = scenario.verdict_name();
    let first = diff
        .as_ref()
        .and_then(|diff| diff.first_divergence.as_ref());
    let changes = diff.as_ref().map_or(0, |diff| diff.changes.len());
    let rows = budget.rows_of_next(changes);
    let about = About::Scenario(name.clone());
    html! {
        details.scenario.item #(anchor(name)) open[open] {
            summary {
                span.name { (visible_line(name)) } " "
                (verdict_markup(verdict))
                @if let Some(first) = first { " " span.lead { (visible_line(&first.lead())) } }
                @if let Some(board) = board { (review::mark(board, &about)) }
            }
            @if let Some(first) = first { (first_markup(first, budget)) }
            @if let Some(diff) = diff { (causes(&diff.causes, budget)) }
            @if let Some(note) = note { pre.note { (visible(note)) } }
            @if let Some(board) = board { (review::form(board, &about)) }
            @match (diff, rows) {
                (Some(diff), Some(rows)) => (consequences(diff, rows, budget)),
                (Some(_), None) => p.aside { "too many scenarios differ to show all changes of each" },
                (None, _) => {},
            }
        }
    }
}

/// The first divergence, large, with both values side by side.
fn first_markup(first: &Change, budget: &mut Budget) -> Markup {
    let place = match first.path.place() {
        place if place.is_empty() => first.artefact.clone(),
        place => place,
    };
    let offset = first.offset();
    html! {
        div.first {
            p.where {
                @if let Some(tick) = &first.tick { span.tick { "tick " (tick) } }
                span.stage { (visible_line(&first.stage)) }
                span.place { (visible_line(&place)) }
                @if first.kind != ChangeKind::Changed { span.kind { (kind(first.kind)) } }
            }
            div.values {
                div.before { span.label { "before" } (budget.value(first.before.as_ref())) }
                div.after { span.label { "after" } (budget.value(first.after.as_ref())) }
                @if let Some(offset) = &offset {
                    div.offset { span.label { "by" } code { (signed(offset.as_str())) } }
                }
            }
            p.path { code { (visible_line(&first.path.to_string())) } }
        }
    }
}

fn causes(causes: &[Cause], budget: &mut Budget) -> Markup {
    let more = causes.len().saturating_sub(CAUSES_SHOWN);
    html! {
        @if !causes.is_empty() {
            h3 { "Because of changed inputs" }
            table.side-by-side {
                thead { tr { th scope="col" { "file" } th scope="col" { "path" } (sides()) } }
                tbody {
                    @for cause in causes.iter().take(CAUSES_SHOWN) {
                        tr {
                            td { (visible_line(&cause.file)) }
                            td { code { (visible_line(&cause.path.to_string())) } (kind_note(cause.kind)) }
                            td.before { (budget.value(cause.before.as_ref())) }
                            td.after { (budget.value(cause.after.as_ref())) }
                        }
                    }
                }
            }
            @if more > 0 { p.aside { "and " (counted(more as u64, "more changed input")) } }
        }
    }
}

fn consequences(diff: &Diff, rows: usize, budget: &mut Budget) -> Markup {
    let shown = &diff.changes[..rows];
    let more = diff.changes.len() - rows;
    html! {
        @if !diff.charts.is_empty() {
            h3 { "State at that tick" }
            div.charts { @for chart in &diff.charts { (chart::markup(chart)) } }
        }
        @if !diff.followed.is_empty() {
            h3 { "What followed" }
            (followed(&diff.followed))
        }
        @if diff.changes.len() > 1 {
            details.changes {
                summary { "Every change (" (diff.changes.len()) ")" }
                (changes(shown, budget))
                @if more > 0 {
                    p.aside { "and " (more) " more, for which this page has no room" }
                }
            }
        }
        @for left_out in &diff.left_out { p.aside { (visible_line(&left_out.lead())) } }
    }
}

/// The stages in causal order, with how much of each differs.
fn followed(followed: &[Followed]) -> Markup {
    let most = followed.iter().map(|stage| stage.values).max().unwrap_or(1);
    html! {
        table.followed {
            thead {
                tr {
                    th scope="col" { "stage" }
                    th scope="col" { "ticks" }
                    th scope="col" { "values" }
                    th scope="col" { "hashes" }
                    th { span.unseen { "share" } }
                }
            }
            tbody {
                @for stage in followed {
                    tr {
                        td { (visible_line(&stage.stage)) }
                        td.number { (stage.ticks) }
                        td.number { (stage.values - stage.hashes) }
                        td.number { (stage.hashes) }
                        td { meter min="0" max=(most) value=(stage.values) {} }
                    }
                }
            }
        }
    }
}

fn changes(changes: &[Change], budget: &mut Budget) -> Markup {
    html! {
        table.side-by-side {
            thead {
                tr {
                    th scope="col" { "tick" }
                    th scope="col" { "stage" }
                    th scope="col" { "path" }
                    (sides())
                }
            }
            tbody {
                @for change in changes {
                    tr {
                        td.number { @if let Some(tick) = &change.tick { (tick) } }
                        td { (visible_line(&change.stage)) }
                        td { code { (visible_line(&change.path.to_string())) } (kind_note(change.kind)) }
                        td.before { (budget.value(change.before.as_ref())) }
                        td.after { (budget.value(change.after.as_ref())) }
                    }
                }
            }
        }
    }
}

fn sides() -> Markup {
    html! { th scope="col" { "before" } th scope="col" { "after" } }
}

/// A word for what the values do not show.
fn kind_note(of: ChangeKind) -> Markup {
    match of {
        ChangeKind::Changed => html! {},
        other => html! { " " span.kind { (kind(other)) } },
    }
}

fn kind(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Moved => "moved, from and to position",
        other => other.as_str(),
    }
}

fn signed(offset: &str) -> String {
    let sign = if offset.starts_with('-') { "" } else { "+" };
    format!("{sign}{offset}")
}
