//! The section of a run with a grammar: its windows, and what descriptors of their streams save.

use aether_engine::record::{AeonView, ApxiView, DescriptorEntry};
use maud::{Markup, html};

use super::Page;
use super::sections::more;
use crate::aeon::{made, ticks};

impl Page<'_> {
    pub(super) fn aeon_tables(&self) -> Markup {
        html! {
            section #aeon aria-labelledby="aeon-title" {
                h2 #aeon-title { "AEON windows" }
                @if self.aeon.count == 0 {
                    p { "The run did not reach its end, at which the views of AEON windows are made." }
                } @else {
                    div.wide tabindex="0" {
                        table {
                            thead {
                                tr {
                                    th scope="col" { "AEON window" } th scope="col" { "Made of" }
                                    th scope="col" { "Ticks" } th scope="col" { "Part of" }
                                    th scope="col" { "Bits of its streams" }
                                }
                            }
                            tbody {
                                @for view in &self.aeon.first {
                                    tr {
                                        td.id { (view.window_id) }
                                        td { (made(view)) }
                                        td { (ticks(view)) }
                                        td.id { @if let Some(parent) = &view.parent_id { (parent) } }
                                        td { (bits(view)) }
                                    }
                                }
                            }
                        }
                    }
                    (more(&self.aeon, ["AEON window", "AEON windows"]))
                }
                h3 #descriptors { "Descriptors" }
                @if self.apxi.count == 0 {
                    p { "No descriptors were tried on any window." }
                } @else {
                    p.more {
                        "The best descriptor of each stream, and how many bits it saves against the tally of "
                        "the stream itself. The two can be compared only if the AEON window has exactly the "
                        "ticks of the window."
                    }
                    div.wide tabindex="0" {
                        table {
                            thead {
                                tr {
                                    th scope="col" { "Window" } th scope="col" { "AEON window" }
                                    th scope="col" { "Stream" } th.number scope="col" { "Tried" }
                                    th scope="col" { "Best" } th scope="col" { "Type" }
                                    th.number scope="col" { "Model" } th.number scope="col" { "Residual" }
                                    th.number scope="col" { "Bits" } th.number scope="col" { "Stream itself" }
                                    th.number scope="col" { "Saved" }
                                }
                            }
                            tbody {
                                @for view in &self.apxi.first { (self.descriptors(view)) }
                            }
                        }
                    }
                    (more(&self.apxi, ["window with descriptors", "windows with descriptors"]))
                }
            }
        }
    }

    /// The rows of a window: one for each stream that has descriptors.
    fn descriptors(&self, view: &ApxiView) -> Markup {
        let mut best = view.best().enumerate().peekable();
        html! {
            @if best.peek().is_none() {
                tr {
                    td.id { (view.window_id) } td.id { (view.aeon_window_id) }
                    td colspan="9" { "no descriptors" }
                }
            }
            @for (number, (stream, best)) in best {
                tr {
                    @if number == 0 {
                        td.id { (view.window_id) } td.id { (view.aeon_window_id) }
                    } @else { td {} td {} }
                    td.id { (stream) }
                    td.number { (view.descriptors_by_stream[stream].len()) }
                    td.id { (best.descriptor.descriptor_id) }
                    td { (best.descriptor.descriptor_type.name()) }
                    td.number { (best.model_bits) }
                    td.number { (best.residual_bits) }
                    td.number { (best.total_bits) }
                    (self.compared(view, stream, best))
                }
            }
        }
    }

    /// What the stream itself needs, and how much less the descriptor does.
    fn compared(&self, view: &ApxiView, stream: &str, best: &DescriptorEntry) -> Markup {
        let tallied = self.plan.is_described_as_tallied(&view.window_id);
        let window = self.metrics.l_total_by_window.get(&view.window_id);
        let bits = window.and_then(|streams| streams.get(stream));
        html! {
            @match bits.filter(|_| tallied) {
                Some(bits) => {
                    td.number { (bits) }
                    // Both are from 0 to 2^63 − 1.
                    td.number { (bits - best.total_bits) }
                }
                None => { td.number { "other ticks" } td {} }
            }
        }
    }
}

fn bits(view: &AeonView) -> String {
    let bits = view.total_bits.iter().flatten();
    let bits: Vec<String> = bits
        .map(|(stream, bits)| format!("{stream} {bits}"))
        .collect();
    bits.join(", ")
}
