//! Draws the bits of every window as stacked bars, one colour per stream, and what descriptors save
//! of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aether_engine::record::Manifest;
use aether_harness::counted;

use super::colours::{Ramp, Role, SERIES};
use super::drawing::{Across, Down, Hover, TextStyle};
use super::frame::{Axis, Frame, chart, legend, picture};
use super::rows::shortened;
use super::scale::steps;

/// Most bars side by side; if there are more windows, several share a bar.
const BARS_MAX: usize = 120;
/// Most bars that have a label of their own.
const NAMED_MAX: usize = 12;
/// Largest width of a bar, in pixels.
const BAR_WIDTH_MAX: f64 = 120.0;
const HEIGHT: i32 = 380;
/// How much of a bar's width is left on both sides of its hollow part.
const HOLLOW_INSET: f64 = 0.15;

/// The bits of a run's manifests.
#[derive(Default)]
pub(super) struct PressPlot {
    /// Names of streams in the order of their first appearance.
    streams: Vec<String>,
    windows: Vec<Window>,
}

struct Window {
    name: String,
    /// Bits by the index of the stream.
    bits: Vec<f64>,
    /// How many of them the best descriptor of the stream saves.
    saved: Vec<f64>,
}

/// The bits that the best descriptor of each stream needs over all ticks of a window, by `window_id`
/// and stream.
pub(super) type Described = BTreeMap<String, BTreeMap<String, i64>>;

impl PressPlot {
    /// Adds a window; a primary window is labelled by its ticks, any other by its name.
    pub(super) fn add(&mut self, manifest: &Manifest, primary: bool, described: &Described) {
        let described = described.get(&manifest.window_id);
        let mut bits = vec![0.0; self.streams.len()];
        let mut saved = bits.clone();
        for stream in &manifest.streams {
            let known = self
                .streams
                .iter()
                .position(|name| *name == stream.stream_id);
            let place = known.unwrap_or_else(|| {
                self.streams.push(stream.stream_id.clone());
                bits.push(0.0);
                saved.push(0.0);
                self.streams.len() - 1
            });
            bits[place] += stream.total_bits as f64;
            let best = described.and_then(|streams| streams.get(&stream.stream_id));
            // Both are from 0 to 2^63 − 1.
            let less = best.map_or(0, |best| stream.total_bits - best);
            saved[place] += less.max(0) as f64;
        }
        let name = if primary {
            format!("{}–{}", manifest.start_tick, manifest.end_tick)
        } else {
            manifest.window_id.clone()
        };
        self.windows.push(Window { name, bits, saved });
    }

    /// Number of windows that share a bar.
    pub(super) fn windows_a_bar(&self) -> usize {
        self.windows.len().div_ceil(BARS_MAX).max(1)
    }

    pub(super) fn window_count(&self) -> usize {
        self.windows.len()
    }

    pub(super) fn draw(self, subtitle: String) -> String {
        let shared = self.windows_a_bar();
        let note = (shared > 1).then(|| format!("Each bar is the sum of {shared} windows."));
        let saves = self
            .windows
            .iter()
            .flat_map(|window| &window.saved)
            .any(|bits| *bits > 0.0);
        let hollow = "The hollow part of a bar is what the best descriptor of the stream saves.";
        let hollow = saves.then(|| hollow.to_owned());
        let frame = Frame {
            id: "press",
            title: "Description length by window".to_owned(),
            subtitle,
            notes: note.into_iter().chain(hollow).collect(),
            height: HEIGHT,
        };
        let bars: Vec<Vec<f64>> = self
            .windows
            .chunks(shared)
            .map(|part| self.sum(part, |window| &window.bits))
            .collect();
        let saved: Vec<Vec<f64>> = self
            .windows
            .chunks(shared)
            .map(|part| self.sum(part, |window| &window.saved))
            .collect();
        let highest = bars
            .iter()
            .map(|bar| bar.iter().sum::<f64>())
            .fold(0.0, f64::max);
        let highest = if highest > 0.0 { highest * 1.05 } else { 1.0 };
        let names = self.legend();
        picture(&frame, Ramp::Sequential, |area| {
            let area = area.below(legend(area, &names, 64));
            let windows = self.windows.len().max(1);
            let named = windows <= NAMED_MAX;
            let mut x = Axis::counted(1, windows as u64, 12, "window, in closing order");
            if named {
                x.labels.clear();
                x.name = "window (its ticks, or its name)".to_owned();
            }
            let y = Axis::new(0.0, highest, steps(0.0, highest, 6), "L_total in bits");
            let plotting = chart(area, x, y, true);
            let width = shared as f64;
            let pixels = plotting.area.width();
            // If there are only a few bars, they do not fill the width.
            let widest = BAR_WIDTH_MAX * windows as f64 / f64::from(pixels.max(1));
            let mut hovers = Vec::new();
            for (number, (bar, saved)) in bars.iter().zip(&saved).enumerate() {
                let left = number as f64 * width + 0.5;
                let right = (left + width).min(windows as f64 + 0.5);
                let gap = (right - left) * if named { 0.2 } else { 0.1 };
                let gap = gap.max((right - left - widest) / 2.0);
                let mut from = 0.0;
                let first = number * shared;
                let last = (first + shared).min(self.windows.len()) - 1;
                let windows = match (&self.windows[first].name, &self.windows[last].name) {
                    (first, last) if first == last => format!("window {first}"),
                    (first, last) => format!("windows {first} to {last}"),
                };
                for (place, bits) in bar.iter().enumerate() {
                    let corners = [(left + gap, from), (right - gap, from + bits)];
                    plotting.rectangle(series(place), corners);
                    let mut title = format!("{windows}, {}: {bits} bits", self.streams[place]);
                    let less = saved[place];
                    if less > 0.0 {
                        let inset = (right - left - 2.0 * gap) * HOLLOW_INSET;
                        let top = from + bits;
                        let hollow = [(left + gap + inset, top - less), (right - gap - inset, top)];
                        plotting.rectangle(Role::Surface, hollow);
                        let _ = write!(title, ", of which the best descriptor saves {less}");
                    }
                    let corners = corners.map(|corner| plotting.pixel(corner));
                    hovers.push(Hover { corners, title });
                    from += bits;
                }
            }
            plotting.area.hovers(hovers);
            if named {
                let style = TextStyle::new(Role::Muted, 12).at(Across::Middle, Down::Top);
                let letters = 110 / windows.max(1);
                for (number, window) in (1..).zip(&self.windows) {
                    let (x, y) = plotting.place((f64::from(number), 0.0));
                    let name = shortened(&window.name, letters.max(4));
                    plotting.area.text(&name, style, (x, y + 8));
                }
            }
        })
    }

    fn sum(&self, windows: &[Window], part: fn(&Window) -> &Vec<f64>) -> Vec<f64> {
        let mut sum = vec![0.0; self.streams.len()];
        for window in windows {
            for (sum, bits) in sum.iter_mut().zip(part(window)) {
                *sum += bits;
            }
        }
        sum
    }

    /// The legend of the streams; those that share the last colour have one entry.
    fn legend(&self) -> Vec<(Role, String)> {
        let own = usize::from(SERIES) - 1;
        let named = self.streams.iter().take(own).enumerate();
        let mut names: Vec<_> = named
            .map(|(place, name)| (series(place), name.clone()))
            .collect();
        let rest = self.streams.len().saturating_sub(own);
        if rest > 0 {
            names.push((series(own), counted(rest as u64, "more stream")));
        }
        names
    }
}

fn series(place: usize) -> Role {
    let place = place.min(usize::from(SERIES) - 1);
    Role::Series(u8::try_from(place).expect("there are few series"))
}
