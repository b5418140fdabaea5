//! Draws the states of a few nodes as lines over ticks, with the inputs that were applied.

use std::ops::RangeInclusive;

use super::colours::{Ramp, Role, SERIES};
use super::drawing::Hover;
use super::envelope::Envelope;
use super::frame::{Axis, Frame, Plotting, chart, legend, picture, replayed_mark};
use super::rows::Rows;
use super::scale::steps;

/// Most lines of a chart: each has a colour of its own.
pub(crate) const LINES_MAX: usize = SERIES as usize;
const HEIGHT: i32 = 400;
/// Half the width of the mark of an input, in pixels.
const MARK: i32 = 5;

/// The lines of a chart.
pub(super) struct SeriesPlot<'r> {
    ticks: RangeInclusive<u64>,
    rows: &'r Rows<'r>,
    lines: Vec<Envelope>,
    /// The inputs of each line.
    marks: Vec<Vec<Mark>>,
}

/// The inputs of one node at one tick, or at a few.
struct Mark {
    /// The last tick of an input, and the state after it.
    tick: u64,
    state: i64,
    /// `demand −3000 at tick 120`, one line per input.
    texts: Vec<String>,
    sum: i128,
}

/// Most inputs that a mark lists; more are counted.
const LISTED_MAX: usize = 6;
/// Most marks along a line; beyond them, inputs that are close together share one.
const MARKS_MAX: u64 = 60;

/// The marks of a line, of which there are few enough to tell them apart.
fn thinned(marks: Vec<Mark>, ticks: &RangeInclusive<u64>) -> Vec<Mark> {
    if marks.len() as u64 <= MARKS_MAX {
        return marks;
    }
    let apart = (ticks.end() - ticks.start() + 1).div_ceil(MARKS_MAX);
    let column = |mark: &Mark| (mark.tick - ticks.start()) / apart;
    let mut kept: Vec<Mark> = Vec::new();
    for mark in marks {
        match kept.last_mut().filter(|last| column(last) == column(&mark)) {
            Some(last) => {
                last.texts.extend(mark.texts);
                last.sum += mark.sum;
                (last.tick, last.state) = (mark.tick, mark.state);
            }
            None => kept.push(mark),
        }
    }
    kept
}

impl<'r> SeriesPlot<'r> {
    pub(super) fn new(ticks: &RangeInclusive<u64>, rows: &'r Rows<'r>) -> Self {
        let lines: Vec<Envelope> = (1..=rows.count()).map(|_| Envelope::new(ticks)).collect();
        Self {
            ticks: ticks.clone(),
            rows,
            marks: lines.iter().map(|_| Vec::new()).collect(),
            lines,
        }
    }

    /// Adds the states of all nodes after a tick.
    pub(super) fn add(&mut self, tick: u64, state: &[i64]) {
        for (line, value) in self.lines.iter_mut().zip(self.rows.pick(state)) {
            line.add(tick, i128::from(value));
        }
    }

    /// Adds an input that was applied before a tick, after [`SeriesPlot::add`] of it. `values` are
    /// ids of nodes, in order, each with what was added.
    pub(super) fn add_input(
        &mut self,
        tick: u64,
        name: &str,
        values: impl Iterator<Item = (u64, i64)>,
        state: &[i64],
    ) {
        for (node, value) in values.filter(|(_, value)| *value != 0) {
            let Some(line) = self.rows.place(node) else {
                continue;
            };
            let state = state[usize::try_from(node - 1).expect("the node is in memory")];
            let text = format!("{name}: {value:+} at tick {tick}");
            let sum = i128::from(value);
            let marks = &mut self.marks[line];
            match marks.last_mut().filter(|mark| mark.tick == tick) {
                Some(mark) => {
                    mark.texts.push(text);
                    mark.sum += sum;
                }
                None => marks.push(Mark {
                    tick,
                    state,
                    texts: vec![text],
                    sum,
                }),
            }
        }
    }

    pub(super) fn draw(mut self, subtitle: String, replayed: Option<&(u64, String)>) -> String {
        let mut notes: Vec<String> = self
            .lines
            .first()
            .and_then(Envelope::note)
            .into_iter()
            .collect();
        let all: usize = self.marks.iter().map(Vec::len).sum();
        let marks = std::mem::take(&mut self.marks).into_iter();
        let marks: Vec<Vec<Mark>> = marks.map(|marks| thinned(marks, &self.ticks)).collect();
        let drawn: usize = marks.iter().map(Vec::len).sum();
        if drawn > 0 {
            let mut note = "Triangles are inputs: upwards added, downwards taken away.".to_owned();
            if drawn < all {
                note.push_str(" Inputs that are close together share one.");
            }
            notes.push(note);
        }
        notes.extend(replayed.map(|(_, note)| note.clone()));
        let frame = Frame {
            id: "series",
            title: match self.rows.count() {
                1 => format!("State of {} over ticks", self.rows.name(1)),
                count => format!("State of {count} nodes over ticks"),
            },
            subtitle,
            notes,
            height: HEIGHT,
        };
        let ranges = self.lines.iter().filter_map(Envelope::range);
        let (least, most) = ranges
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
            .unwrap_or((0, 0));
        let (low, high) = around(least as f64, most as f64);
        let names: Vec<(Role, String)> = (1..=self.rows.count())
            .map(|row| (role(row), self.rows.name(row)))
            .collect();
        picture(&frame, Ramp::Sequential, |area| {
            let area = area.below(legend(area, &names, 64));
            let x = Axis::spanning(&self.ticks, 12, "tick");
            let y = Axis::new(low, high, steps(low, high, 6), "state after the tick");
            let plotting = chart(area, x, y, true);
            for (line, row) in self.lines.iter().zip(1..) {
                let points = line.points();
                let pixel =
                    |(tick, value): &(u64, i128)| plotting.place((*tick as f64, *value as f64));
                let points: Vec<_> = points.iter().map(pixel).collect();
                plotting.area.line(role(row), 2.0, &points);
                // A single point has no line.
                if let [point] = points[..] {
                    plotting.area.disc(role(row), point, 3, None);
                }
            }
            if let Some((from, _)) = replayed {
                replayed_mark(&plotting, *from);
            }
            self.hovers(&plotting, (low, high));
            for (marks, row) in marks.iter().zip(1..) {
                for mark in marks {
                    self.mark(&plotting, row, mark);
                }
            }
        })
    }

    /// A strip of each column shows the values of all lines.
    fn hovers(&self, plotting: &Plotting<'_>, (low, high): (f64, f64)) {
        let mut columns: Vec<_> = self.lines.iter().map(Envelope::columns).collect();
        let mut hovers = Vec::new();
        loop {
            let here: Vec<_> = columns.iter_mut().filter_map(Iterator::next).collect();
            let Some((ticks, _)) = here.first() else {
                break;
            };
            let (from, to) = (*ticks.start(), *ticks.end().min(self.ticks.end()));
            let mut title = if from == to {
                format!("tick {from}")
            } else {
                format!("ticks {from} to {to}")
            };
            for ((_, column), row) in here.iter().zip(1..) {
                let Some(column) = column else { continue };
                let (least, greatest) = (column.least.1, column.greatest.1);
                let values = if least == greatest {
                    least.to_string()
                } else {
                    format!("{least} to {greatest}")
                };
                title.push_str(&format!("\n{}: {values}", self.rows.name(row)));
            }
            let corners = [(from as f64 - 0.5, high), (to as f64 + 0.5, low)];
            hovers.push(Hover {
                corners: corners.map(|corner| plotting.pixel(corner)),
                title,
            });
        }
        plotting.area.hovers(hovers);
    }

    fn mark(&self, plotting: &Plotting<'_>, row: u64, mark: &Mark) {
        let (x, y) = plotting.place((mark.tick as f64, mark.state as f64));
        let tip = if mark.sum < 0 { 2 * MARK } else { -2 * MARK };
        let corners = [(x, y + tip), (x - MARK, y), (x + MARK, y)];
        let mut lines = vec![self.rows.name(row)];
        lines.extend(mark.texts.iter().take(LISTED_MAX).cloned());
        let more = mark.texts.len().saturating_sub(LISTED_MAX);
        if more > 0 {
            lines.push(format!("and {more} more; the sum of all is {:+}", mark.sum));
        }
        plotting
            .area
            .polygon(role(row), &corners, Some(&lines.join("\n")));
    }
}

fn role(row: u64) -> Role {
    Role::Series(u8::try_from(row - 1).expect("a chart has few lines"))
}

/// A range with some room, so that no line lies on the frame.
fn around(least: f64, most: f64) -> (f64, f64) {
    let room = ((most - least) * 0.06).max(0.5);
    // 0 stays the edge of values that do not cross it.
    let low = if least >= 0.0 && least - room < 0.0 {
        0.0
    } else {
        least - room
    };
    (low, most + room)
}
