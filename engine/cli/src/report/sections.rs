//! The sections of the page: tables of what the run recorded.

use aether_engine::config::Names;
use aether_engine::record::CodexLibraryEntry;
use aether_harness::counted;
use maud::{Markup, PreEscaped, html};

use super::{Listed, Page};
use crate::registry::id_of;

/// Most edges of a motif's pattern that are listed; more are counted.
const EDGES_SHOWN: usize = 6;

impl Page<'_> {
    pub(super) fn summary(&self) -> Markup {
        let header = self.run.header();
        let hash = header.last_entry_hash.map(|hash| hash.to_string());
        html! {
            section #summary aria-labelledby="summary-title" {
                h2 #summary-title { "Summary" }
                dl {
                    dt { "Run" } dd { (id_of(self.run)) }
                    dt { "Run id in its records" } dd { (header.run_id) }
                    dt { "Graph" } dd { (header.gid) }
                    dt { "Nodes and edges" } dd { (header.node_count) " and " (header.edge_count) }
                    dt { "Ticks" } dd { (self.ticks_recorded) " of " (header.ticks) }
                    dt { "Windows" } dd { (self.metrics.window_count) ", " (self.metrics.l_total) " bits" }
                    dt { "Inputs applied" } dd { (self.metrics.pfna_applied) }
                    dt { "Profile" } dd { (header.profile) }
                    dt { "Engine" } dd { (header.engine_version) }
                    dt { "Last entry" }
                    dd { @match hash { Some(hash) => code { (hash) }, None => "none" } }
                    @for (role, file) in self.plan.documents().files() {
                        dt { "Input " (role) } dd { code { (file) } }
                    }
                }
            }
        }
    }

    pub(super) fn shown_pictures(&self) -> Markup {
        html! {
            section #pictures aria-labelledby="pictures-title" {
                h2 #pictures-title { "Pictures" }
                p.more { "Pointing at a cell, a line, a node or an edge shows its values." }
                @for picture in &self.pictures {
                    // The picture is SVG that this program wrote, with all texts escaped.
                    figure { div.wide tabindex="0" { (PreEscaped(picture)) } }
                }
            }
        }
    }

    pub(super) fn metrics_table(&self) -> Markup {
        let metrics = &self.metrics;
        let rows = [
            ("Ticks", metrics.total_ticks),
            ("U-ledger entries", metrics.uledger_entries),
            ("Checkpoints", metrics.i_blocks),
            ("Inputs applied", metrics.pfna_applied),
            ("Envelopes", metrics.nap_total()),
            ("Envelopes of CTRL", metrics.nap_ctrl),
            ("Envelopes of INGRESS", metrics.nap_ingress),
            ("Envelopes of DATA", metrics.nap_data),
            ("Envelopes of EGRESS", metrics.nap_egress),
            ("Motifs", metrics.codex_motifs),
            ("Proposals", metrics.codex_proposals),
            ("Windows", metrics.window_count),
            ("Manifests", metrics.apx_manifests),
        ];
        let of_grammar = [
            ("AEON windows", metrics.aeon_views),
            ("Windows with descriptors", metrics.apxi_views),
        ];
        html! {
            section #metrics aria-labelledby="metrics-title" {
                h2 #metrics-title { "Metrics" }
                div.wide tabindex="0" {
                    table {
                        tbody {
                            @for (name, value) in rows {
                                tr { th scope="row" { (name) } td.number { (value) } }
                            }
                            @for (name, value) in of_grammar {
                                @if let Some(value) = value {
                                    tr { th scope="row" { (name) } td.number { (value) } }
                                }
                            }
                            tr { th scope="row" { "Description length in bits" } td.number { (metrics.l_total) } }
                        }
                    }
                }
            }
        }
    }

    pub(super) fn windows_table(&self) -> Markup {
        html! {
            section #windows aria-labelledby="windows-title" {
                h2 #windows-title { "Windows" }
                @if self.windows.count == 0 {
                    p { "No window has closed." }
                } @else {
                    div.wide tabindex="0" {
                        table {
                            thead {
                                tr {
                                    th scope="col" { "Window" } th scope="col" { "Ticks" }
                                    th scope="col" { "Stream" } th scope="col" { "Scheme" }
                                    th.number scope="col" { "Bits" } th.number scope="col" { "Check" }
                                }
                            }
                            tbody {
                                @for window in &self.windows.first {
                                    @for (number, stream) in window.streams.iter().enumerate() {
                                        tr {
                                            @if number == 0 {
                                                td.id { (window.window_id) }
                                                td.id { (window.start_tick) " to " (window.end_tick) }
                                            } @else { td {} td {} }
                                            td.id { (stream.stream_id) }
                                            td { (stream.scheme.symbol()) @if stream.params > 0 { "(" (stream.params) ")" } }
                                            td.number { (stream.total_bits) }
                                            td.number { @if number == 0 { (window.manifest_check) } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                    (more(&self.windows, ["window", "windows"]))
                }
            }
        }
    }

    pub(super) fn motifs_table(&self) -> Markup {
        let names = self.plan.names();
        html! {
            section #motifs aria-labelledby="motifs-title" {
                h2 #motifs-title { "Motifs" }
                @if self.motifs.count == 0 {
                    p { "The Codex found no repeated flux pattern, or was off." }
                } @else {
                    div.wide tabindex="0" {
                        table {
                            thead {
                                tr {
                                    th scope="col" { "Motif" } th.number scope="col" { "Uses" }
                                    th scope="col" { "Ticks" } th.number scope="col" { "Bits" }
                                    th.number scope="col" { "Against writing it out" }
                                    th scope="col" { "Flux" }
                                }
                            }
                            tbody {
                                @for motif in &self.motifs.first {
                                    tr {
                                        td.id { (motif.motif_id) }
                                        td.number { (motif.usage_stats.usage_count) }
                                        td.id { (motif.usage_stats.first_tick) " to " (motif.usage_stats.last_tick) }
                                        td.number { (motif.mdl_stats.total_bits) }
                                        td.number { (motif.mdl_stats.delta_vs_baseline_bits) }
                                        td { (pattern(motif, names)) }
                                    }
                                }
                            }
                        }
                    }
                    (more(&self.motifs, ["motif", "motifs"]))
                }
                @if self.proposals.count > 0 {
                    h3 { "Proposals" }
                    div.wide tabindex="0" {
                        table {
                            thead {
                                tr {
                                    th scope="col" { "Proposal" } th scope="col" { "Motif" }
                                    th.number scope="col" { "Bits" } th scope="col" { "Window" }
                                }
                            }
                            tbody {
                                @for proposal in &self.proposals.first {
                                    tr {
                                        td.id { (proposal.proposal_id) }
                                        td.id { (proposal.motif_id) }
                                        td.number { (proposal.expected_effect.delta_total_bits) }
                                        td.id { (proposal.target_window_id) }
                                    }
                                }
                            }
                        }
                    }
                    (more(&self.proposals, ["proposal", "proposals"]))
                }
            }
        }
    }
}

pub(super) fn more<R>(listed: &Listed<R>, [one, many]: [&str; 2]) -> Markup {
    let left_out = listed.left_out();
    let what = if left_out == 1 { one } else { many };
    html! {
        @if left_out > 0 { p.more { (left_out) " more " (what) "; " code { "aether export" } " has all." } }
    }
}

/// The edges that a motif moves: `3 (P12): −4, 5: 2 and 7 more edges`.
fn pattern(motif: &CodexLibraryEntry, names: &Names) -> String {
    let pattern = &motif.pattern_descriptor;
    let moving = pattern.edge_ids.iter().zip(&pattern.f_e_signature);
    let moving: Vec<_> = moving.filter(|(_, flux)| **flux != 0).collect();
    let shown = moving.iter().take(EDGES_SHOWN);
    let shown: Vec<String> = shown
        .map(|(edge, flux)| format!("{}: {flux}", names.show_edge(**edge)))
        .collect();
    match moving.len().saturating_sub(EDGES_SHOWN) {
        _ if moving.is_empty() => "no edge moves anything".to_owned(),
        0 => shown.join(", "),
        more => {
            let more = counted(more as u64, "more edge");
            format!("{} and {more}", shown.join(", "))
        }
    }
}
