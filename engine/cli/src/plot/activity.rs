//! Draws how much a run moves: the edges that move anything, and the sum of |f_e|, tick by tick.

use std::ops::RangeInclusive;

use aether_engine::record::UmxLedger;

use super::colours::{Ramp, Role};
use super::drawing::Hover;
use super::envelope::Envelope;
use super::frame::{Area, Axis, Frame, chart, picture, replayed_mark};
use super::scale::steps;

const HEIGHT: i32 = 440;

/// Both numbers of each tick.
pub(super) struct ActivityPlot {
    ticks: RangeInclusive<u64>,
    edges: u64,
    moved: Envelope,
    sum: Envelope,
}

impl ActivityPlot {
    pub(super) fn new(ticks: &RangeInclusive<u64>, edges: u64) -> Self {
        Self {
            ticks: ticks.clone(),
            edges,
            moved: Envelope::new(ticks),
            sum: Envelope::new(ticks),
        }
    }

    pub(super) fn add(&mut self, ledger: &UmxLedger) {
        let (mut moved, mut sum) = (0, 0);
        for edge in ledger.edges.iter().filter(|edge| edge.f_e != 0) {
            moved += 1;
            sum += i128::from(edge.f_e.unsigned_abs());
        }
        self.moved.add(ledger.tick, moved);
        self.sum.add(ledger.tick, sum);
    }

    pub(super) fn draw(self, subtitle: String, replayed: Option<&(u64, String)>) -> String {
        let mut notes: Vec<String> = self.moved.note().into_iter().collect();
        notes.extend(replayed.map(|(_, note)| note.clone()));
        let frame = Frame {
            id: "activity",
            title: "Activity over ticks".to_owned(),
            subtitle,
            notes,
            height: HEIGHT,
        };
        let from = replayed.map(|(from, _)| *from);
        picture(&frame, Ramp::Sequential, |area| {
            let (upper, lower) = area.split_top(area.height() / 2);
            let edges = format!("edges with f_e ≠ 0, of {}", self.edges);
            self.panel(upper, &self.moved, Role::Series(0), &edges, from);
            self.panel(lower, &self.sum, Role::Series(4), "Σ |f_e|", from);
        })
    }

    fn panel(
        &self,
        area: Area<'_>,
        line: &Envelope,
        role: Role,
        name: &str,
        replayed: Option<u64>,
    ) {
        let most = line.range().map_or(0, |(_, most)| most);
        let high = if most > 0 { most as f64 * 1.06 } else { 1.0 };
        let x = Axis::spanning(&self.ticks, 12, "tick");
        let labels = if high <= 4.0 {
            super::scale::whole_steps(0, high as u64, 4)
        } else {
            steps(0.0, high, 4)
        };
        let y = Axis::new(0.0, high, labels, name);
        let plotting = chart(area, x, y, true);
        let points = line.points();
        let pixel = |(tick, value): &(u64, i128)| plotting.place((*tick as f64, *value as f64));
        let points: Vec<_> = points.iter().map(pixel).collect();
        plotting.area.line(role, 2.0, &points);
        if points.len() <= 60 {
            for point in &points {
                plotting.area.disc(role, *point, 3, None);
            }
        }
        if let Some(from) = replayed {
            replayed_mark(&plotting, from);
        }
        let hovers = line.columns().filter_map(|(ticks, column)| {
            let column = column?;
            let (from, to) = (*ticks.start(), *ticks.end().min(self.ticks.end()));
            let (least, greatest) = (column.least, column.greatest);
            let title = if from == to {
                format!("tick {from}: {}", least.1)
            } else {
                format!(
                    "ticks {from} to {to}: {} (tick {}) to {} (tick {})",
                    least.1, least.0, greatest.1, greatest.0
                )
            };
            let corners = [(from as f64 - 0.5, high), (to as f64 + 0.5, 0.0)];
            let corners = corners.map(|corner| plotting.pixel(corner));
            Some(Hover { corners, title })
        });
        plotting.area.hovers(hovers.collect());
    }
}
