//! Draws the chain value over ticks.

use super::bins::{Bins, Statistic};
use super::colours::{Ramp, Role};
use super::frame::{Axis, BAR_WIDTH, Frame, chart, colour_bar, picture};
use super::heat_map::cells;
use super::scale::{Scale, steps};

/// Most ticks that are drawn as single points.
const POINTS_MAX: u64 = 2_000;
/// Most ticks whose points are joined by lines; with more, the lines would hide the points.
const LINE_MAX: usize = 200;
/// Number of bands of values in which the ticks of a long run are counted.
const BANDS: u64 = 60;
const HEIGHT: i32 = 360;

/// The chain of a run, tick by tick.
pub(super) struct ChainPlot {
    modulus: i64,
    points: Vec<(f64, f64)>,
    /// The number of ticks whose value is in each band, if there are too many ticks for points.
    density: Option<Bins>,
}

impl ChainPlot {
    pub(super) fn new(ticks: u64, modulus: i64) -> Self {
        Self {
            modulus,
            points: Vec::new(),
            density: (ticks > POINTS_MAX).then(|| Bins::new(Statistic::Sum, ticks, BANDS)),
        }
    }

    /// Adds a value from 0 to M − 1.
    pub(super) fn add(&mut self, tick: u64, value: i64) {
        match &mut self.density {
            Some(bins) => {
                let band = i128::from(value) * i128::from(BANDS) / i128::from(self.modulus);
                let band = u64::try_from(band).expect("a chain value is not negative");
                bins.add_one(tick, band + 1, 1);
            }
            None => self.points.push((tick as f64, value as f64)),
        }
    }

    pub(super) const fn bins(&self) -> Option<&Bins> {
        self.density.as_ref()
    }

    pub(super) fn draw(self, subtitle: String, ticks: u64) -> String {
        let modulus = self.modulus as f64;
        let scale = self.density.as_ref().map(|bins| Scale::of(bins.values()));
        let note = self.density.as_ref().map(|bins| {
            format!(
                "Each cell counts, of {} ticks, those whose value is in its band of M / {BANDS}.",
                bins.ticks_a_cell()
            )
        });
        let frame = Frame {
            title: "Chain over ticks".to_owned(),
            subtitle,
            note,
            height: HEIGHT,
        };
        let ramp = scale.map_or(Ramp::Sequential, |scale| scale.ramp);
        picture(&frame, ramp, |area| {
            let bar = if scale.is_some() { BAR_WIDTH } else { 0 };
            let (left, right) = area.split_left(area.width() - bar);
            let x = Axis::counted(ticks, 12, "tick");
            let y = Axis {
                from: 0.0,
                to: modulus,
                labels: steps(0.0, modulus, 6),
                name: format!("chain value C_t, below M = {}", self.modulus),
            };
            let plotting = chart(left, x, y, self.density.is_none());
            if let (Some(bins), Some(scale)) = (&self.density, &scale) {
                cells(&plotting, bins, scale, |edge| modulus * edge / BANDS as f64);
                colour_bar(right, scale, "ticks");
                return;
            }
            let role = Role::Series(0);
            let points = self.points.iter().map(|point| plotting.place(*point));
            let points: Vec<_> = points.collect();
            if points.len() <= LINE_MAX {
                plotting.area.line(role, 1, &points);
            }
            let radius = match points.len() {
                0..=60 => 4,
                61..=LINE_MAX => 3,
                _ => 2,
            };
            for point in points {
                plotting.area.disc(role, point, radius);
            }
        })
    }
}
