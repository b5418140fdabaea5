//! The parts that all pictures share: title, margins, axes, legend and colour bar.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use aether_engine::config::limits::NAME_CHARS_MAX;

use super::colours::{LEVELS, Ramp, Role};
use super::drawing::{Across, Down, Drawing, Hover, Pixel, TextStyle};
use super::scale::{Scale, short};

/// Width of every picture.
const WIDTH: i32 = 960;
const MARGIN: i32 = 24;
const TITLE_HEIGHT: i32 = 64;
/// Height of a line of notes, and the letters that fit on it.
const NOTE_HEIGHT: i32 = 18;
const NOTE_LETTERS: usize = 140;
const LABEL_SIZE: u32 = 12;
const NAME_SIZE: u32 = 13;
/// Space for the labels and the name of an axis, below a chart and, at least, left of it.
const BELOW: i32 = 46;
const BESIDE: i32 = 64;
/// The part of it that labels do not take: the name of the axis, the marks and gaps.
const BESIDE_LABELS: i32 = 24;
/// Length of the marks at labels.
const MARK: i32 = 4;
/// Least distance between the labels of a colour bar, in pixels.
const LABELS_APART: i32 = 18;

/// A part of a picture. Its pixels count from its own upper left corner; a position outside is
/// moved to its edge.
#[derive(Clone, Copy)]
pub(super) struct Area<'d> {
    drawing: &'d RefCell<Drawing>,
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Area<'_> {
    pub(super) const fn width(&self) -> i32 {
        self.right - self.left
    }

    pub(super) const fn height(&self) -> i32 {
        self.bottom - self.top
    }

    /// The area without a margin on each side.
    const fn inset(self, top: i32, bottom: i32, left: i32, right: i32) -> Self {
        Self {
            left: self.left + left,
            top: self.top + top,
            right: self.right - right,
            bottom: self.bottom - bottom,
            ..self
        }
    }

    /// The parts to the left and to the right of `x`.
    pub(super) const fn split_left(self, x: i32) -> (Self, Self) {
        let x = self.left + x;
        (Self { right: x, ..self }, Self { left: x, ..self })
    }

    /// The parts above and below `y`.
    pub(super) const fn split_top(self, y: i32) -> (Self, Self) {
        let y = self.top + y;
        (Self { bottom: y, ..self }, Self { top: y, ..self })
    }

    /// The part below `y`.
    pub(super) const fn below(self, y: i32) -> Self {
        Self {
            top: self.top + y,
            ..self
        }
    }

    fn within(&self, (x, y): Pixel) -> Pixel {
        (
            (self.left + x).min(self.right).max(self.left),
            (self.top + y).min(self.bottom).max(self.top),
        )
    }

    /// A filled rectangle between two corners.
    pub(super) fn rectangle(&self, role: Role, corners: [Pixel; 2]) {
        let [(x, y), (to_x, to_y)] = corners.map(|corner| self.within(corner));
        let (from, to) = ((x.min(to_x), y.min(to_y)), (x.max(to_x), y.max(to_y)));
        self.drawing.borrow_mut().rectangle(role, from, to);
    }

    pub(super) fn line(&self, role: Role, width: f64, points: &[Pixel]) {
        self.titled_line(role, width, points, None);
    }

    pub(super) fn titled_line(
        &self,
        role: Role,
        width: f64,
        points: &[Pixel],
        title: Option<&str>,
    ) {
        let points: Vec<_> = points.iter().map(|point| self.within(*point)).collect();
        self.drawing.borrow_mut().line(role, width, &points, title);
    }

    pub(super) fn disc(&self, role: Role, at: Pixel, radius: i32, title: Option<&str>) {
        let at = self.within(at);
        self.drawing.borrow_mut().disc(role, at, radius, title);
    }

    pub(super) fn rim(&self, role: Role, at: Pixel, radius: i32) {
        let at = self.within(at);
        self.drawing.borrow_mut().rim(role, at, radius);
    }

    pub(super) fn polygon(&self, role: Role, corners: &[Pixel], title: Option<&str>) {
        let corners: Vec<_> = corners.iter().map(|corner| self.within(*corner)).collect();
        self.drawing.borrow_mut().polygon(role, &corners, title);
    }

    /// Adds what parts of the area show on hover.
    pub(super) fn hovers(&self, hovers: Vec<Hover>) {
        let within = |hover: Hover| Hover {
            corners: hover.corners.map(|corner| self.within(corner)),
            title: hover.title,
        };
        let hovers = hovers.into_iter().map(within).collect();
        self.drawing.borrow_mut().hovers(hovers);
    }

    /// Draws text over lines; it may be outside the area.
    pub(super) fn text_over(&self, text: &str, style: TextStyle, (x, y): Pixel) {
        let at = (self.left + x, self.top + y);
        self.drawing.borrow_mut().text_over(text, style, at);
    }

    /// Draws text, which may be outside the area.
    pub(super) fn text(&self, text: &str, style: TextStyle, (x, y): Pixel) {
        let at = (self.left + x, self.top + y);
        self.drawing.borrow_mut().text(text, style, at);
    }
}

/// The text around a picture.
pub(super) struct Frame {
    /// The id of the picture, of which a page has at most one of each.
    pub(super) id: &'static str,
    pub(super) title: String,
    /// The run and its size.
    pub(super) subtitle: String,
    /// What the picture does not show by itself, such as how values were combined.
    pub(super) notes: Vec<String>,
    /// Height of the drawing, without title and notes.
    pub(super) height: i32,
}

/// A picture as SVG: the frame, with the drawing that `draw` makes inside it.
pub(super) fn picture(frame: &Frame, ramp: Ramp, draw: impl FnOnce(Area<'_>)) -> String {
    let notes: Vec<String> = frame.notes.iter().flat_map(|note| wrapped(note)).collect();
    let lines = i32::try_from(notes.len()).expect("a picture has few notes");
    let note_height = lines * NOTE_HEIGHT + if lines > 0 { 10 } else { 0 };
    let height = frame.height + TITLE_HEIGHT + note_height + MARGIN;
    let drawing = RefCell::new(Drawing::new((WIDTH, height)));
    let whole = Area {
        drawing: &drawing,
        left: 0,
        top: 0,
        right: WIDTH,
        bottom: height,
    };
    let title = TextStyle {
        bold: true,
        ..TextStyle::new(Role::Ink, 18)
    };
    whole.text(&frame.title, title, (MARGIN, 20));
    let subtitle = TextStyle::new(Role::Muted, NAME_SIZE);
    whole.text(&frame.subtitle, subtitle, (MARGIN, 44));
    for (note, line) in notes.iter().zip(0..) {
        let style = TextStyle::new(Role::Muted, LABEL_SIZE);
        let y = height - note_height + line * NOTE_HEIGHT;
        whole.text(note, style, (MARGIN, y));
    }
    draw(whole.inset(TITLE_HEIGHT, note_height + MARGIN / 2, MARGIN, MARGIN));
    let mut description = vec![frame.subtitle.as_str()];
    description.extend(frame.notes.iter().map(String::as_str));
    let id = format!("aether-{}", frame.id);
    drawing
        .into_inner()
        .into_svg(&id, &frame.title, &description.join(" "), ramp)
}

/// A note as lines that fit the width of a picture.
fn wrapped(note: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in note.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= NOTE_LETTERS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// One axis of a chart.
pub(super) struct Axis {
    from: f64,
    to: f64,
    /// Values with their labels.
    pub(super) labels: Vec<(f64, String)>,
    /// The quantity, with its unit.
    pub(super) name: String,
}

impl Axis {
    /// An axis with labels at some values.
    pub(super) fn new(from: f64, to: f64, labels: Vec<f64>, name: &str) -> Self {
        let labels = labels.into_iter().map(|value| (value, short(value)));
        Self {
            from,
            to,
            labels: labels.collect(),
            name: name.to_owned(),
        }
    }

    /// An axis of ticks, nodes or edges; each has a width of one, centred on its number.
    pub(super) fn counted(first: u64, last: u64, labels_max: u64, name: &str) -> Self {
        let labels = super::scale::whole_steps(first, last, labels_max);
        Self::new(first as f64 - 0.5, last as f64 + 0.5, labels, name)
    }

    /// An axis of ticks from the first to the last.
    pub(super) fn spanning(ticks: &RangeInclusive<u64>, labels_max: u64, name: &str) -> Self {
        Self::counted(*ticks.start(), *ticks.end(), labels_max, name)
    }

    /// The pixel nearest to a value, on an axis of a given length in pixels.
    fn place(&self, value: f64, (first, last): (i32, i32)) -> i32 {
        let share = (value - self.from) / (self.to - self.from);
        first + (share * f64::from(last - first)).round() as i32
    }

    /// The labels with their positions in pixels.
    fn labels_on(&self, pixels: (i32, i32)) -> Vec<(i32, &str)> {
        let labels = self.labels.iter();
        labels
            .map(|(value, label)| (self.place(*value, pixels), label.as_str()))
            .collect()
    }

    /// The same axis reversed, with the first value on top.
    pub(super) fn downward(mut self) -> Self {
        std::mem::swap(&mut self.from, &mut self.to);
        self
    }
}

/// The area between the axes of a chart; positions are values of the axes.
pub(super) struct Plotting<'d> {
    pub(super) area: Area<'d>,
    x: Axis,
    y: Axis,
}

impl Plotting<'_> {
    /// The pixel of a pair of values, in the area.
    pub(super) fn place(&self, (x, y): (f64, f64)) -> Pixel {
        let (width, height) = (self.area.width(), self.area.height());
        (
            self.x.place(x, (0, width - 1)),
            self.y.place(y, (height - 1, 0)),
        )
    }

    /// The pixel of a corner, which may be one beyond the area.
    pub(super) fn pixel(&self, (x, y): (f64, f64)) -> Pixel {
        let (width, height) = (self.area.width(), self.area.height());
        (self.x.place(x, (0, width)), self.y.place(y, (height, 0)))
    }

    /// A filled rectangle between two corners.
    pub(super) fn rectangle(&self, role: Role, corners: [(f64, f64); 2]) {
        let corners = corners.map(|corner| self.pixel(corner));
        self.area.rectangle(role, corners);
    }
}

/// The pixels that a label takes at most; which font draws it is not known.
fn label_width(label: &str) -> i32 {
    let width = |letter| match letter {
        'M' | 'W' | 'm' | 'w' | '@' | '%' => 12,
        'A'..='Z' => 9,
        ' '..='~' | '−' => 8,
        _ => 12,
    };
    label.chars().map(width).sum()
}

/// Draws the axes of a chart; `grid` adds a line at each label of the vertical axis.
pub(super) fn chart<'d>(area: Area<'d>, x: Axis, y: Axis, grid: bool) -> Plotting<'d> {
    let chart = area.inset(6, 0, 0, 12);
    let widths = y.labels.iter().map(|(_, label)| label_width(label));
    let beside = BESIDE.max(BESIDE_LABELS + widths.max().unwrap_or(0));
    let plotting = Plotting {
        area: chart.inset(0, BELOW, beside, 0),
        x,
        y,
    };
    let inner = plotting.area;
    let (width, height) = (inner.width(), inner.height());
    let left = Area {
        left: chart.left,
        right: inner.left,
        ..inner
    };
    let below = Area {
        top: inner.bottom,
        bottom: chart.bottom,
        ..inner
    };
    let name = TextStyle::new(Role::Ink, NAME_SIZE);
    let upward = name.at(Across::Middle, Down::Top).turned(270);
    left.text(&plotting.y.name, upward, (0, height / 2));
    let across = name.at(Across::Middle, Down::Bottom);
    below.text(&plotting.x.name, across, (width / 2, BELOW));

    let rows = plotting.y.labels_on((height - 1, 0));
    if grid {
        for (y, _) in &rows {
            inner.line(Role::Grid, 1.0, &[(0, *y), (width - 1, *y)]);
        }
    }
    let label = TextStyle::new(Role::Muted, LABEL_SIZE);
    let edge = beside - 1;
    left.line(Role::Grid, 1.0, &[(edge, 0), (edge, height - 1)]);
    for (y, value) in rows {
        let style = label.at(Across::End, Down::Middle);
        left.text(value, style, (beside - 2 * MARK, y));
        left.line(Role::Grid, 1.0, &[(edge - MARK, y), (edge, y)]);
    }
    below.line(Role::Grid, 1.0, &[(0, 0), (width - 1, 0)]);
    for (x, value) in plotting.x.labels_on((0, width - 1)) {
        let style = label.at(Across::Middle, Down::Top);
        below.text(value, style, (x, 2 * MARK));
        below.line(Role::Grid, 1.0, &[(x, 0), (x, MARK)]);
    }
    plotting
}

/// Marks the first tick that is replayed and not stored.
pub(super) fn replayed_mark(plotting: &Plotting<'_>, from: u64) {
    let height = plotting.area.height();
    let (x, _) = plotting.pixel((from as f64 - 0.5, 0.0));
    plotting
        .area
        .line(Role::Surface, 3.0, &[(x, 0), (x, height)]);
    plotting.area.line(Role::Ink, 1.0, &[(x, 0), (x, height)]);
    // On the side that has room.
    let right = x < plotting.area.width() / 2;
    let across = if right { Across::Start } else { Across::End };
    let style = TextStyle::new(Role::Ink, 11).at(across, Down::Bottom);
    plotting.area.text("replayed →", style, (x, -2));
}

/// The width that [`colour_bar`] needs.
pub(super) const BAR_WIDTH: i32 = 96;

/// Draws a vertical colour bar with its labels, to the right of a chart.
pub(super) fn colour_bar(area: Area<'_>, scale: &Scale, name: &str) {
    let name = if scale.is_logarithmic() {
        format!("{name}, log scale")
    } else {
        name.to_owned()
    };
    let (top, bottom) = (6, area.height() - BELOW);
    let length = f64::from(bottom - top);
    // Pixels are whole, so less than one pixel is cut off.
    let y = |place: f64| bottom - (place * length).round() as i32;
    for level in 0..LEVELS {
        let part = |level: u8| y(f64::from(level) / f64::from(LEVELS));
        let corners = [(10, part(level + 1)), (24, part(level))];
        area.rectangle(Role::Level(level), corners);
    }
    let around = [(10, top), (24, top), (24, bottom), (10, bottom), (10, top)];
    area.line(Role::Grid, 1.0, &around);
    let style = TextStyle::new(Role::Muted, LABEL_SIZE).at(Across::Start, Down::Middle);
    let mut taken: Vec<i32> = Vec::new();
    for label in scale.labels() {
        let at = y(scale.place(label));
        if taken.iter().any(|other| (other - at).abs() < LABELS_APART) {
            continue;
        }
        taken.push(at);
        area.line(Role::Grid, 1.0, &[(24, at), (24 + MARK, at)]);
        area.text(&short(label), style, (32, at));
    }
    let style = TextStyle::new(Role::Ink, NAME_SIZE)
        .at(Across::Middle, Down::Top)
        .turned(90);
    area.text(&name, style, (BAR_WIDTH, (top + bottom) / 2));
}

/// Draws a legend, names with their colours in lines, and returns its height.
pub(super) fn legend(area: Area<'_>, names: &[(Role, String)], left: i32) -> i32 {
    let (mut x, mut y) = (left, 4);
    let style = TextStyle::new(Role::Ink, LABEL_SIZE).at(Across::Start, Down::Middle);
    for (role, name) in names {
        let letters = name.chars().count().min(NAME_CHARS_MAX);
        let wide = 24 + 7 * i32::try_from(letters).expect("a name is short");
        if x > left && x + wide > area.width() {
            (x, y) = (left, y + 20);
        }
        area.rectangle(*role, [(x, y), (x + 12, y + 12)]);
        area.text(name, style, (x + 18, y + 6));
        x += wide + 16;
    }
    y + 24
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `x` of the text element that has this text.
    fn x_of(svg: &str, text: &str) -> i32 {
        let end = svg.find(&format!(">{text}</text>"));
        let element = end.unwrap_or_else(|| panic!("no text `{text}`: {svg}"));
        let element = &svg[svg[..element].rfind("<text").expect("a text starts")..element];
        let (_, x) = element.rsplit_once(" x=\"").expect("a text has a place");
        let (x, _) = x.split_once('"').expect("a value has an end");
        x.parse().expect("a whole pixel")
    }

    #[test]
    fn labels_of_rows_neither_reach_the_name_of_their_axis_nor_the_edge() {
        for (label, moves) in [("1000", false), ("D0-J09", true), ("WWWWWWWW…", true)] {
            let frame = Frame {
                id: "test",
                title: "a".to_owned(),
                subtitle: "b".to_owned(),
                notes: Vec::new(),
                height: 200,
            };
            let svg = picture(&frame, Ramp::Sequential, |area| {
                let mut rows = Axis::counted(1, 1, 1, "node");
                rows.labels = vec![(1.0, label.to_owned())];
                chart(area, Axis::counted(1, 2, 2, "tick"), rows, false);
            });
            let end = x_of(&svg, label);
            let start = end - label_width(label);
            assert!(start >= MARGIN + 13, "{label} starts at {start}: {svg}");
            assert_eq!(end > MARGIN + BESIDE - 2 * MARK, moves, "{label}");
        }
    }
}
