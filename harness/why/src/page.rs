//! The result as one HTML page that needs nothing else: causes, picture, the shortest path, and every value.

use std::io::{self, Write};

use aether_diff::{Json, counted, shortened_pair, visible};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::found::{CauseKind, Why, WhyCause, WhyNode};
use crate::picture::svg::svg;

/// A list of values this long is folded.
const OPEN_MAX: usize = 60;

/// Values that a row names of those that its own was computed from.
const FROM_MAX: usize = 12;

/// Causes that are listed unfolded.
const CAUSES_OPEN: usize = 20;

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1c1e21;--soft:#5c6370;--page:#ffffff;--line:#d5d9de;--way:#0b62c4;--end:#fff3c4}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa3af;--page:#16181c;--line:#3a4048;--way:#6db1ff;--end:#4a3c08}}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header,main{max-width:82rem;margin:0 auto;padding:0 1.2rem}h1{font-size:1.25rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin-top:2rem}
code,td,li{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.85rem;overflow-wrap:anywhere}
.soft{color:var(--soft)}ul{padding-left:1.4rem}ol{padding-left:3.2rem}.cause{background:var(--end);padding:.1rem .3rem;border-radius:.2rem}
.picture{overflow:auto;border:1px solid var(--line);border-radius:.4rem;max-height:80vh}.picture svg{display:block}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;border-top:1px solid var(--line)}
td:first-child{border-left:3px solid transparent;padding-left:.5rem}tr.way td:first-child{border-left-color:var(--way)}
th:first-child{padding-left:.7rem}tr:target{background:var(--end)}a{color:var(--way)}summary{cursor:pointer}
";

impl Why {
    /// Writes a page with the causes, the picture, the shortest path and every node.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_html(&self, out: &mut dyn Write) -> io::Result<()> {
        let title = self.nodes.first().map_or_else(String::new, WhyNode::lead);
        let all = self.nodes.len() as u64 + self.left_out.unwrap_or_default();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy"
                        content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    link rel="icon" href="data:,";
                    title { "why: " (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { (title) }
                        p.soft {
                            (visible(&self.name)) ": " (counted(all, "value")) " that differ, "
                            (counted(self.causes.len() as u64, "cause"))
                        }
                    }
                    main {
                        (self.causes_markup())
                        h2 { "How it came about" }
                        div.picture tabindex="0" { (PreEscaped(svg(self))) }
                        h2 { "The shortest path" }
                        ol { @for node in self.shortest() { li { (node.lead()) } } }
                        (self.nodes_markup())
                    }
                }
            }
        };
        out.write_all(page.into_string().as_bytes())
    }

    fn causes_markup(&self) -> Markup {
        let (shown, more) = self.causes.split_at(self.causes.len().min(CAUSES_OPEN));
        let list = |causes: &[WhyCause]| {
            html! {
                ul {
                    @for cause in causes {
                        li {
                            span.cause { (cause.lead()) }
                            @if let Some(explains) = cause.explains {
                                span.soft { " explains " (counted(explains, "value")) }
                            }
                            @if let (CauseKind::Rule, Some(at)) = (cause.kind, &cause.at) {
                                span.soft { ", first " (visible(&at.to_string())) }
                            }
                        }
                    }
                }
            }
        };
        html! {
            h2 { "Where it came in" }
            @if self.causes.is_empty() {
                p { "No cause: these values depend on each other in a circle." }
            }
            (list(shown))
            @if !more.is_empty() {
                details {
                    summary { (counted(more.len() as u64, "more cause")) }
                    (list(more))
                }
            }
        }
    }

    fn nodes_markup(&self) -> Markup {
        let from = self.computed_from();
        let left_out = self.left_out.unwrap_or_default();
        let count = counted(self.nodes.len() as u64, "value");
        html! {
            h2 { "All values" }
            details open[self.nodes.len() <= OPEN_MAX] {
                summary {
                    (count) ", nearest first"
                    @if left_out > 0 { "; " (left_out) " more are left out" }
                }
                table {
                    thead {
                        tr {
                            th scope="col" { "no." } th scope="col" { "value" } th scope="col" { "before" }
                            th scope="col" { "after" } th scope="col" { "step to it" } th scope="col" { "computed from" }
                        }
                    }
                    tbody {
                        @for node in &self.nodes {
                            (self.row(node, from.get(&node.id).map(Vec::as_slice).unwrap_or_default()))
                        }
                    }
                }
            }
        }
    }

    fn row(&self, node: &WhyNode, from: &[usize]) -> Markup {
        let (old, new) = shortened_pair(node.before.as_ref(), node.after.as_ref());
        let shown = |value: &Option<Json>, text: String| match value {
            Some(_) => text,
            None => "—".to_owned(),
        };
        let path = node.path.to_string();
        let is_way = self.shortest.contains(&node.id);
        html! {
            tr .way[is_way] id={ "v" (node.id) } {
                td { (node.id) }
                td { (visible(&path)) }
                td { (shown(&node.before, old)) }
                td { (shown(&node.after, new)) }
                td { @if node.id > 0 { @if node.may { "may" } @else { "needed" } } }
                td {
                    @for id in from.iter().take(FROM_MAX) { a href={ "#v" (id) } { (id) } " " }
                    @if from.len() > FROM_MAX { "and " (from.len() - FROM_MAX) " more" }
                }
            }
        }
    }
}
