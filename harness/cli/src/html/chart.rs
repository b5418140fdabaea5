//! A vector before and after as bars side by side, drawn as SVG.

use maud::{Markup, html};

use aether_harness::Chart;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 120.0;

/// A position of a vector: `[3]`, or `node 4` if the schema says what is counted.
fn position_name(chart: &Chart, at: usize) -> String {
    match &*chart.element {
        "" => format!("[{at}]"),
        noun => format!("{noun} {}", at + 1),
    }
}

/// One chart with its title. Each position has two bars, the old one on the left; numbers that
/// differ are drawn in full, the others pale.
pub(super) fn markup(chart: &Chart) -> Markup {
    let [before, after] = [&chart.before, &chart.after].map(|values| {
        let number = |value: &aether_harness::Json| value.as_str().parse::<f64>().unwrap_or(0.0);
        values.iter().map(number).collect::<Vec<f64>>()
    });
    let all = || before.iter().chain(&after).copied();
    // Zero is always on the chart, or bars would have no foot.
    let low = all().fold(0.0, f64::min);
    let high = all().fold(0.0, f64::max);
    let range = if high > low { high - low } else { 1.0 };
    let y = |value: f64| HEIGHT - (value - low) / range * HEIGHT;
    let count = before.len().max(after.len()).max(1);
    #[expect(
        clippy::cast_precision_loss,
        reason = "positions on a chart of at most 512 values"
    )]
    let (slot, position) = (WIDTH / count as f64, |at: usize| at as f64);
    let bar = |at: usize, value: f64, side: f64| {
        let (top, bottom) = (y(value.max(0.0)), y(value.min(0.0)));
        let x = slot * (position(at) + 0.1 + 0.4 * side);
        (
            format!("{x:.2}"),
            format!("{top:.2}"),
            format!("{:.2}", slot * 0.4),
            // A bar of no height would not be seen.
            format!("{:.2}", (bottom - top).max(0.5)),
        )
    };
    let bars = [(&before, "old", 0.0), (&after, "new", 1.0)];
    html! {
        figure.chart {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" preserveAspectRatio="none" {
                title { (chart.title) ", before and after" }
                @if low < 0.0 && high > 0.0 {
                    line x1="0" x2=(WIDTH) y1=(format!("{:.2}", y(0.0))) y2=(format!("{:.2}", y(0.0))) {}
                }
                @for (values, class, side) in bars {
                    @for (at, &value) in values.iter().enumerate() {
                        @let (x, y, width, height) = bar(at, value, side);
                        @let is_same = before.get(at) == after.get(at);
                        rect .(class) .same[is_same] x=(x) y=(y) width=(width) height=(height) {
                            title { (position_name(chart, at)) " " (class) ": " (value) }
                        }
                    }
                }
            }
            figcaption {
                (chart.title) " — "
                span.old { "before" } " and " span.new { "after" }
                ", from " (low) " to " (high)
                @if before.len() != after.len() {
                    "; " (before.len()) " numbers before, " (after.len()) " after"
                }
            }
        }
    }
}
