//! Draws heat maps: the values of nodes or edges over ticks, as colours.

use super::bins::{Bins, Extremes};
use super::colours::Role;
use super::drawing::Hover;
use super::frame::{Axis, BAR_WIDTH, Frame, Plotting, chart, colour_bar, picture, replayed_mark};
use super::rows::Rows;
use super::scale::Scale;

/// Most blocks of cells that show their values on hover: about 200 KB of a file.
const HOVERS_MAX: usize = 1_500;
/// Most rows that are labelled by name.
const NAMED_MAX: u64 = 24;

/// The data and the texts of a heat map.
pub(super) struct HeatMap<'b> {
    pub(super) bins: &'b Bins,
    pub(super) rows: &'b Rows<'b>,
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) subtitle: String,
    /// The quantity, with its unit.
    pub(super) value: &'static str,
    /// The first replayed tick, and what the picture says about replayed ticks.
    pub(super) replayed: Option<(u64, String)>,
}

impl HeatMap<'_> {
    pub(super) fn draw(self) -> String {
        let drawn = self.bins.drawn();
        let scale = Scale::of(drawn.iter().flatten().map(|value| *value as f64));
        let blocks = Blocks::of(self.bins);
        let frame = Frame {
            id: self.id,
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            notes: self.notes(&blocks),
            height: plot_height(self.bins.rows()),
        };
        picture(&frame, scale.ramp, |area| {
            let (left, right) = area.split_left(area.width() - BAR_WIDTH);
            let ticks = (self.bins.first(), self.bins.first() + self.bins.ticks() - 1);
            let x = Axis::counted(ticks.0, ticks.1, 12, "tick");
            let y = self.row_axis(area.height());
            let plotting = chart(left, x, y, false);
            self.cells(&plotting, &drawn, &scale);
            if let Some((from, _)) = &self.replayed {
                replayed_mark(&plotting, *from);
            }
            self.hovers(&plotting, &blocks);
            colour_bar(right, &scale, self.value);
        })
    }

    /// The rows from top to bottom, labelled by name if there are few.
    fn row_axis(&self, height: i32) -> Axis {
        let labels = u64::from(height.unsigned_abs() / 28);
        let mut axis = Axis::counted(1, self.bins.rows().max(1), labels, self.rows.kind());
        let few = self.rows.count() <= NAMED_MAX;
        if few && self.rows.has_names() {
            let names = (1..=self.bins.rows()).map(|row| (row as f64, self.rows.short_name(row)));
            axis.labels = names.collect();
        } else {
            for (row, label) in &mut axis.labels {
                *label = self.rows.id(*row as u64).to_string();
            }
        }
        axis.downward()
    }

    fn notes(&self, blocks: &Blocks) -> Vec<String> {
        let mut notes: Vec<String> = self.bins.note(self.rows.kind()).into_iter().collect();
        if let Some(Extremes { least, greatest }) = self.bins.extremes() {
            let at = |peak: super::bins::Peak| {
                format!(
                    "{} ({}, tick {})",
                    peak.value,
                    self.rows.name(peak.row),
                    peak.tick
                )
            };
            notes.push(format!("Least {}, greatest {}.", at(least), at(greatest)));
        }
        notes.extend(self.replayed.iter().map(|(_, note)| note.clone()));
        if (blocks.columns, blocks.lines) != (1, 1) {
            notes.push(format!(
                "On hover: the least and the greatest value of {} × {} cells.",
                blocks.columns, blocks.lines
            ));
        }
        notes
    }

    /// Draws the cells; neighbours in a row with the same colour become one rectangle.
    fn cells(&self, plotting: &Plotting<'_>, drawn: &[Option<i64>], scale: &Scale) {
        // Sorted by level, so that all cells of a colour are one element of the file.
        let mut runs: Vec<(u8, [(f64, f64); 2])> = Vec::new();
        let (mut level_of, mut last) = (None, None);
        for (line, values) in drawn.chunks(self.bins.columns().max(1)).enumerate() {
            let mut open: Option<(u8, usize)> = None;
            let levels = values.iter().map(|value| {
                if *value != last {
                    (level_of, last) = (value.map(|value| scale.level(value as f64)), *value);
                }
                level_of
            });
            let levels: Vec<Option<u8>> = levels.collect();
            for (column, level) in levels.into_iter().chain([None]).enumerate() {
                if open.map(|(level, _)| level) == level && level.is_some() {
                    continue;
                }
                if let Some((level, from)) = open {
                    runs.push((level, self.corners((from, line), (column, line + 1))));
                }
                open = level.map(|level| (level, column));
            }
        }
        runs.sort_by_key(|(level, _)| *level);
        for (level, corners) in runs {
            plotting.rectangle(Role::Level(level), corners);
        }
    }

    /// The corners of some cells, as values of the axes.
    fn corners(&self, from: (usize, usize), to: (usize, usize)) -> [(f64, f64); 2] {
        let first = self.bins.first() as f64 - 0.5;
        let right = first + self.bins.ticks() as f64;
        let bottom = self.bins.rows() as f64 + 0.5;
        let corner = |(column, line): (usize, usize)| {
            let x = first + (column as u64 * self.bins.ticks_a_cell()) as f64;
            let y = (line as u64 * self.bins.rows_a_cell()) as f64 + 0.5;
            (x.min(right), y.min(bottom))
        };
        [corner(from), corner(to)]
    }

    /// What the cells show on hover.
    fn hovers(&self, plotting: &Plotting<'_>, blocks: &Blocks) {
        let lines: Vec<&[Option<Extremes>]> = self.bins.lines().collect();
        let mut hovers = Vec::new();
        for (number, part) in lines.chunks(blocks.lines).enumerate() {
            let line = number * blocks.lines;
            for from in (0..self.bins.columns()).step_by(blocks.columns) {
                let to = (from + blocks.columns).min(self.bins.columns());
                let cells = part.iter().flat_map(|cells| &cells[from..to]);
                let Some(extremes) = cells.copied().flatten().reduce(Extremes::with) else {
                    continue;
                };
                let [corner, opposite] = self.corners((from, line), (to, line + part.len()));
                let title = self.title_of(extremes, [corner, opposite]);
                hovers.push(Hover {
                    corners: [plotting.pixel(corner), plotting.pixel(opposite)],
                    title,
                });
            }
        }
        plotting.area.hovers(hovers);
    }

    fn title_of(&self, Extremes { least, greatest }: Extremes, corners: [(f64, f64); 2]) -> String {
        let [(left, top), (right, bottom)] = corners;
        let (ticks, rows) = ((left + 0.5, right - 0.5), (top + 0.5, bottom - 0.5));
        if ticks.0 == ticks.1 && rows.0 == rows.1 {
            return format!(
                "{}, tick {}: {}",
                self.rows.name(least.row),
                least.tick,
                least.value
            );
        }
        let span = |(from, to): (f64, f64), what: &str| {
            if from == to {
                format!("{what} {from}")
            } else {
                format!("{what}s {from} to {to}")
            }
        };
        let row = |row: f64| self.rows.id(row as u64) as f64;
        let at = |peak: super::bins::Peak| {
            format!(
                "{} ({}, tick {})",
                peak.value,
                self.rows.name(peak.row),
                peak.tick
            )
        };
        format!(
            "{}, {}: {}",
            span((row(rows.0), row(rows.1)), self.rows.kind()),
            span(ticks, "tick"),
            if least.value == greatest.value {
                least.value.to_string()
            } else {
                format!("{} to {}", at(least), at(greatest))
            }
        )
    }
}

/// How many cells share what they show on hover.
struct Blocks {
    columns: usize,
    lines: usize,
}

impl Blocks {
    fn of(bins: &Bins) -> Self {
        let lines = bins.lines().count();
        let mut blocks = Self {
            columns: 1,
            lines: 1,
        };
        while bins.columns().div_ceil(blocks.columns) * lines.div_ceil(blocks.lines) > HOVERS_MAX {
            // The longer side of the grid is divided into more blocks.
            if bins.columns().div_ceil(blocks.columns) >= lines.div_ceil(blocks.lines) {
                blocks.columns += 1;
            } else {
                blocks.lines += 1;
            }
        }
        blocks
    }
}

/// The height of a heat map: rows have a largest height, and the whole is neither flat nor tall.
fn plot_height(rows: u64) -> i32 {
    i32::try_from(rows.saturating_mul(26)).map_or(420, |height| height.clamp(160, 420)) + 64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise has no neighbours of the same colour, so it gives the largest file of a heat map.
    #[test]
    fn noise_of_a_thousand_nodes_and_ten_thousand_ticks_is_a_bounded_file() {
        let mut bins = Bins::new(&(1..=10_000), 1_000);
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
            rows: &Rows::all("node", 1_000),
            id: "noise",
            title: "Noise".to_owned(),
            subtitle: String::new(),
            value: "state",
            replayed: None,
        };
        let svg = map.draw();
        assert!(svg.len() < 2 << 20, "{} bytes", svg.len());
        assert!(svg.contains("farthest from the median"));
        assert!(svg.contains("On hover: the least and the greatest value of"));
        let titles = svg.matches("<title>").count();
        assert!((500..=HOVERS_MAX + 1).contains(&titles), "{titles}");
    }
}
