//! Draws heat maps: the values of nodes or edges over ticks, as colours.

use super::bins::Bins;
use super::colours::Role;
use super::frame::{Axis, BAR_WIDTH, Frame, Plotting, chart, colour_bar, picture};
use super::scale::Scale;

/// The data and the texts of a heat map.
pub(super) struct HeatMap<'b> {
    pub(super) bins: &'b Bins,
    pub(super) title: String,
    pub(super) subtitle: String,
    /// The name of a row: `node` or `edge`.
    pub(super) row: &'static str,
    /// The quantity, with its unit.
    pub(super) value: &'static str,
}

impl HeatMap<'_> {
    pub(super) fn draw(self) -> String {
        let scale = Scale::of(self.bins.values());
        let frame = Frame {
            title: self.title,
            subtitle: self.subtitle,
            note: self.bins.note(self.row),
            height: plot_height(self.bins.rows()),
        };
        picture(&frame, scale.ramp, |area| {
            let (left, right) = area.split_left(area.width() - BAR_WIDTH);
            let x = Axis::counted(self.bins.ticks(), 12, "tick");
            let labels = u64::from(area.height().unsigned_abs() / 28);
            let y = Axis::counted(self.bins.rows(), labels, self.row).downward();
            let plotting = chart(left, x, y, false);
            cells(&plotting, self.bins, &scale, |edge| edge + 0.5);
            colour_bar(right, &scale, self.value);
        })
    }
}

/// The height of a heat map: rows have a largest height, and the whole is neither flat nor tall.
fn plot_height(rows: u64) -> i32 {
    i32::try_from(rows.saturating_mul(26)).map_or(420, |height| height.clamp(160, 420)) + 52
}

/// Draws the cells; neighbours in a row with the same colour become one rectangle. `y` gives the
/// position of the edge after a number of rows.
pub(super) fn cells(plotting: &Plotting<'_>, bins: &Bins, scale: &Scale, y: impl Fn(f64) -> f64) {
    // Sorted by level, so that all cells of a colour are one element of the file.
    let mut runs: Vec<(u8, [(f64, f64); 2])> = Vec::new();
    let (width, height) = (bins.ticks_a_cell() as f64, bins.rows_a_cell() as f64);
    let (right, bottom) = (bins.ticks() as f64 + 0.5, bins.rows() as f64);
    for (line, levels) in bins.lines().enumerate() {
        let top = line as f64 * height;
        let mut open: Option<(u8, usize)> = None;
        let levels = levels.map(|value| value.map(|value| scale.level(value)));
        for (column, level) in levels.chain([None]).enumerate() {
            if open.map(|(level, _)| level) == level && level.is_some() {
                continue;
            }
            if let Some((level, from)) = open {
                let x = |column: usize| (column as f64 * width + 0.5).min(right);
                let corners = [
                    (x(from), y(top)),
                    (x(column), y((top + height).min(bottom))),
                ];
                runs.push((level, corners));
            }
            open = level.map(|level| (level, column));
        }
    }
    runs.sort_by_key(|(level, _)| *level);
    for (level, corners) in runs {
        plotting.rectangle(Role::Level(level), corners);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::bins::Statistic;

    /// Noise has no neighbours of the same colour, so it gives the largest file of a heat map.
    #[test]
    fn noise_of_a_thousand_nodes_and_ten_thousand_ticks_is_a_bounded_file() {
        let mut bins = Bins::new(Statistic::Farthest, 10_000, 1_000);
        let mut noise = 1_u64;
        for tick in 1..=10_000 {
            bins.add(
                tick,
                (0..1_000).map(|_| {
                    noise = noise
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    (noise >> 40).cast_signed() - (1 << 23)
                }),
            );
        }
        let map = HeatMap {
            bins: &bins,
            title: "Noise".to_owned(),
            subtitle: String::new(),
            row: "node",
            value: "state",
        };
        let svg = map.draw();
        assert!(svg.len() < 1 << 20, "{} bytes", svg.len());
        assert!(svg.contains("farthest from 0 of 32 ticks × 10 nodes."));
    }
}
