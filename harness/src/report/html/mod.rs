//! The report as one HTML file that needs nothing else: styles, script and charts are inside.
//!
//! Everything folds with `details`, so that the page works by keyboard and without its script; the
//! script only filters and folds many at once.

mod chart;

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Group, Report, ScenarioReport};
use crate::{Cause, Change, ChangeKind, Diff, Json};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Characters of a value that are shown; the JSON report has all.
const VALUE_SHOWN: usize = 4000;

impl Report {
    /// Writes the report as one self-contained HTML file: groups folded, each scenario with its
    /// first divergence on top, the values side by side and charts of the vectors at its tick.
    ///
    /// The file has a light and a dark look, can be used by keyboard alone (`/` filters, `j` and `k`
    /// go from scenario to scenario), and holds the changes that the diffs list.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write_html(&self, out: &mut dyn Write) -> io::Result<()> {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    // A page without an icon asks for one.
                    link rel="icon" href="data:,";
                    title { (self.summary()) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { (self.summary()) }
                        p.controls {
                            label for="filter" { "Filter" }
                            input #filter type="search" placeholder="name, stage, path, verdict"
                                accesskey="/";
                            button #unfold type="button" { "Unfold all" }
                            button #fold type="button" { "Fold all" }
                            span #shown role="status" {}
                        }
                    }
                    main {
                        @if !self.groups.is_empty() {
                            section #groups aria-label="Like changes" {
                                h2 { "Like changes" }
                                @for group in &self.groups { (group_markup(group)) }
                            }
                        }
                        section #scenarios aria-label="Scenarios" {
                            h2 { "Scenarios" }
                            @for scenario in &self.scenarios { (scenario_markup(scenario)) }
                        }
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        out.write_all(page.into_string().as_bytes())
    }
}

fn group_markup(group: &Group) -> Markup {
    html! {
        details.group {
            summary { (group.lead()) }
            @for offset in &group.offsets {
                p { (offset.lead()) }
                (links(&offset.scenarios))
            }
            @if group.offsets.is_empty() { (links(&group.scenarios)) }
        }
    }
}

fn links(names: &[String]) -> Markup {
    html! {
        ul.links {
            @for name in names { li { a href=(format!("#{}", anchor(name))) { (name) } } }
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

fn scenario_markup(scenario: &ScenarioReport) -> Markup {
    let ScenarioReport {
        name,
        verdict,
        diff,
        note,
    } = scenario;
    let first = diff
        .as_ref()
        .and_then(|diff| diff.first_divergence.as_ref());
    html! {
        details.scenario .same[!scenario.differs()] #(anchor(name)) open[scenario.differs()] {
            summary {
                span.name { (name) } " "
                span.verdict { (verdict) }
                @if let Some(first) = first { " " span.lead { (first.lead()) } }
            }
            @if let Some(note) = note { pre.note { (note) } }
            @if let Some(diff) = diff { (diff_markup(diff)) }
        }
    }
}

fn diff_markup(diff: &Diff) -> Markup {
    html! {
        @if let Some(first) = &diff.first_divergence {
            h3 { "First divergence" }
            (changes_table(std::slice::from_ref(first)))
        }
        @if !diff.causes.is_empty() {
            h3 { "Changed inputs" }
            (causes_table(&diff.causes))
        }
        @if !diff.charts.is_empty() {
            div.charts {
                @for chart in &diff.charts { (chart::markup(chart)) }
            }
        }
        @if !diff.followed.is_empty() {
            h3 { "What followed" }
            table {
                thead { tr { th { "stage" } th { "ticks" } th { "values" } th { "hashes among them" } } }
                tbody {
                    @for followed in &diff.followed {
                        tr {
                            td { (followed.stage) }
                            td.number { (followed.ticks) }
                            td.number { (followed.values) }
                            td.number { (followed.hashes) }
                        }
                    }
                }
            }
        }
        @if diff.changes.len() > 1 {
            details.changes {
                summary { "All changes (" (diff.changes.len()) ")" }
                (changes_table(&diff.changes))
            }
        }
        @for left_out in &diff.left_out { p.aside { (left_out.lead()) } }
    }
}

fn changes_table(changes: &[Change]) -> Markup {
    html! {
        table.side-by-side {
            thead { tr { th { "tick" } th { "stage" } th { "path" } th { "before" } th { "after" } } }
            tbody {
                @for change in changes {
                    tr class=(change.kind.as_str()) {
                        td.number { @if let Some(tick) = change.tick { (tick) } }
                        td { (change.stage) }
                        td { code { (change.path.to_string()) } (kind_note(change.kind)) }
                        td.before { (value(change.before.as_ref())) }
                        td.after { (value(change.after.as_ref())) }
                    }
                }
            }
        }
    }
}

fn causes_table(causes: &[Cause]) -> Markup {
    html! {
        table.side-by-side {
            thead { tr { th { "file" } th { "path" } th { "before" } th { "after" } } }
            tbody {
                @for cause in causes {
                    tr class=(cause.kind.as_str()) {
                        td { (cause.file) }
                        td { code { (cause.path.to_string()) } (kind_note(cause.kind)) }
                        td.before { (value(cause.before.as_ref())) }
                        td.after { (value(cause.after.as_ref())) }
                    }
                }
            }
        }
    }
}

/// A word for what the values alone do not say.
fn kind_note(kind: ChangeKind) -> Markup {
    match kind {
        ChangeKind::Changed => html! {},
        ChangeKind::Moved => html! { " " span.kind { "moved, from and to position" } },
        ChangeKind::Added | ChangeKind::Removed => html! { " " span.kind { (kind.as_str()) } },
    }
}

fn value(value: Option<&Json>) -> Markup {
    let Some(value) = value else {
        return html! {};
    };
    let text = value.as_str();
    match text.char_indices().nth(VALUE_SHOWN) {
        None => html! { code { (text) } },
        Some((end, _)) => html! {
            code { (text[..end]) "…" } " " span.kind { (text.len()) " bytes" }
        },
    }
}
