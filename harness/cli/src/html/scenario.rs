//! One scenario on the page: first divergence on top, then why, then what followed.

use maud::{Markup, html};

use super::budget::Budget;
use super::review::{self, About, Board};
use super::{anchor, chart, verdict_markup};
use aether_harness::report::{ScenarioReport, visible, visible_line};
use aether_harness::snapshot::ProgramChange;
use aether_harness::{
    BytesDifference, Cause, Change, ChangeKind, Diff, Followed, RawValue, Size, Tolerated, counted,
};

/// Causes on one card; more are counted.
const CAUSES_SHOWN: usize = 50;

/// Outputs whose first differing bytes are shown on one card, and raw values; more are counted.
const BYTES_SHOWN: usize = 20;
const RAW_SHOWN: usize = 500;

/// The card of a scenario that differs; `board` says how far its review is, if there is one.
pub(super) fn card(
    scenario: &ScenarioReport,
    open: bool,
    board: Option<&Board>,
    budget: &mut Budget,
) -> Markup {
    let ScenarioReport {
        name,
        diff,
        program,
        note,
        ..
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
            @if let Some(diff) = diff { (bytes(&diff.bytes)) }
            @if let Some(diff) = diff { (causes(&diff.causes, budget)) }
            @if let Some(line) = ProgramChange::line(program) { p.program { (visible_line(&line)) } }
            @if let Some(note) = note { pre.note { (visible(note)) } }
            @if let Some(within) = scenario.tolerated() { (tolerated(within)) }
            (raw_values(&scenario.raw, budget))
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
    let [before, after] = budget.pair(first.before.as_ref(), first.after.as_ref());
    html! {
        div.first {
            p.where {
                @if let Some(tick) = &first.tick { span.tick { "tick " (tick) } }
                span.stage { (visible_line(&first.stage)) }
                span.place { (visible_line(&place)) }
                @if first.kind != ChangeKind::Changed { span.kind { (kind(first.kind)) } }
            }
            div.values {
                div.before { span.label { "before" } (before) }
                div.after { span.label { "after" } (after) }
                @if let Some(offset) = &offset {
                    div.offset { span.label { "by" } code { (signed(offset.as_str())) } }
                }
            }
            @if let Some(size) = &first.size {
                p.moved {
                    @for (name, value) in parts(size) {
                        span.label { (name) } code { (value) } " "
                    }
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
                        @let [before, after] = budget.pair(cause.before.as_ref(), cause.after.as_ref());
                        tr {
                            td { (visible_line(&cause.file)) }
                            td { code { (visible_line(&cause.place())) } (kind_note(cause.kind)) }
                            td.before { (before) }
                            td.after { (after) }
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
        @if let Some(sizes) = &diff.sizes { p.sizes { (sizes.lead()) } }
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
    let has_sizes = changes.iter().any(|change| change.size.is_some());
    html! {
        table.side-by-side {
            thead {
                tr {
                    th scope="col" { "tick" }
                    th scope="col" { "stage" }
                    th scope="col" { "path" }
                    (sides())
                    @if has_sizes {
                        th scope="col" { "by" } th scope="col" { "relative" } th scope="col" { "ulp" }
                    }
                }
            }
            tbody {
                @for change in changes {
                    @let [before, after] = budget.pair(change.before.as_ref(), change.after.as_ref());
                    tr {
                        td.number { @if let Some(tick) = &change.tick { (tick) } }
                        td { (visible_line(&change.stage)) }
                        td { code { (visible_line(&change.path.to_string())) } (kind_note(change.kind)) }
                        td.before { (before) }
                        td.after { (after) }
                        @if has_sizes { (size(change.size.as_ref())) }
                    }
                }
            }
        }
    }
}

/// How far a number moved, in three cells.
fn size(size: Option<&Size>) -> Markup {
    let parts = size.map(parts).unwrap_or_default();
    let of = |name: &str| {
        let part = parts.iter().find(|(known, _)| *known == name);
        part.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    html! {
        @for name in ["difference", "relative", "ulp"] { td.number { (of(name)) } }
    }
}

/// The parts of a size that say something, each with its name.
fn parts(size: &Size) -> Vec<(&'static str, String)> {
    let mut parts = vec![("difference", size.abs.to_string())];
    parts.extend(size.rel.as_ref().map(|rel| ("relative", rel.to_string())));
    parts.extend(size.ulp.map(|ulp| ("ulp", ulp.to_string())));
    parts
}

/// Where the bytes of outputs that are no documents first differ.
fn bytes(differences: &[BytesDifference]) -> Markup {
    html! {
        @for difference in differences.iter().take(BYTES_SHOWN) {
            @let [before, after] = difference.lines();
            p.bytes { (visible_line(&difference.lead())) }
            pre.note { "before  " (before) "\n" "after   " (after) }
        }
        @if differences.len() > BYTES_SHOWN {
            p.aside { "and bytes of " (counted((differences.len() - BYTES_SHOWN) as u64, "more output")) }
        }
    }
}

/// The numbers that are within their tolerances, and why they may be.
pub(super) fn tolerated(tolerated: &Tolerated) -> Markup {
    html! {
        p.tolerated { (tolerated.lead()) }
        @if let Some(sizes) = &tolerated.sizes { p.tolerated { (sizes.lead()) } }
        @for reason in &tolerated.reasons { p.tolerated { "because: " (visible_line(reason)) } }
    }
}

/// The values that differ from run to run.
pub(super) fn raw_values(raw: &[RawValue], budget: &mut Budget) -> Markup {
    html! {
        @if !raw.is_empty() {
            details.changes {
                summary { "Raw values (" (raw.len()) ")" }
                table.side-by-side {
                    thead { tr { th scope="col" { "path" } th scope="col" { "value" } } }
                    tbody {
                        @for RawValue { path, value } in raw.iter().take(RAW_SHOWN) {
                            tr {
                                td { code { (visible_line(&path.to_string())) } }
                                td { (budget.value(Some(value))) }
                            }
                        }
                    }
                }
                @if raw.len() > RAW_SHOWN { p.aside { "and " (raw.len() - RAW_SHOWN) " more" } }
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
