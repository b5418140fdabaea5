//! What all pictures share: title, margins, axes, legend, colour bar.

use std::convert::Infallible;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::backend::{Drawing, SvgBackend};
use super::colours::{LEVELS, Ramp, Role};
use super::scale::{Scale, short};

/// Width of every picture.
const WIDTH: u32 = 960;
const MARGIN: i32 = 24;
const TITLE_HEIGHT: i32 = 64;
const NOTE_HEIGHT: i32 = 28;
const LABEL_SIZE: f64 = 12.0;
/// Pixels between labels of a colour bar, at least.
const LABELS_APART: i32 = 18;

pub(super) type Area<'d> = DrawingArea<SvgBackend<'d>, Shift>;
pub(super) type Drawn<T = ()> = Result<T, DrawingError>;
/// Why something is not drawn: plotters could not lay it out.
pub(super) type DrawingError = DrawingAreaErrorKind<Infallible>;

/// What is said round a picture.
pub(super) struct Frame {
    pub(super) title: String,
    /// Which run, and how large it is.
    pub(super) subtitle: String,
    /// How the picture was made, where that is not plain to see.
    pub(super) note: Option<String>,
    /// Height of what is drawn, without title and note.
    pub(super) height: u32,
}

/// A picture as SVG: the frame, and what `draw` draws within it.
pub(super) fn picture(
    frame: &Frame,
    ramp: Ramp,
    draw: impl FnOnce(&Area<'_>) -> Drawn,
) -> Drawn<String> {
    let note_height = if frame.note.is_some() { NOTE_HEIGHT } else { 0 };
    let around = TITLE_HEIGHT + note_height + MARGIN;
    let height = frame.height + around.unsigned_abs();
    let mut drawing = Drawing::new((WIDTH, height));
    {
        let root = SvgBackend(&mut drawing).into_drawing_area();
        let mut title = text(Role::Ink, 18.0);
        title.font = FontDesc::new(FontFamily::SansSerif, 18.0, FontStyle::Bold);
        root.draw_text(&frame.title, &title, (MARGIN, 20))?;
        root.draw_text(&frame.subtitle, &text(Role::Muted, 13.0), (MARGIN, 44))?;
        if let Some(note) = &frame.note {
            let y = i32::try_from(height).unwrap_or(i32::MAX) - NOTE_HEIGHT;
            root.draw_text(note, &text(Role::Muted, LABEL_SIZE), (MARGIN, y))?;
        }
        draw(&root.margin(TITLE_HEIGHT, note_height + MARGIN / 2, MARGIN, MARGIN))?;
        root.present()?;
    }
    let description = match &frame.note {
        Some(note) => format!("{} {note}", frame.subtitle),
        None => frame.subtitle.clone(),
    };
    Ok(drawing.into_svg(&frame.title, &description, ramp))
}

/// Text of a role and size, from its upper left corner.
pub(super) fn text(role: Role, size: f64) -> TextStyle<'static> {
    TextStyle {
        font: FontDesc::new(FontFamily::SansSerif, size, FontStyle::Normal),
        color: role.colour().to_backend_color(),
        pos: Pos::default(),
    }
}

/// Labels round their middle.
pub(super) fn centred(role: Role, size: f64) -> TextStyle<'static> {
    text(role, size).pos(Pos::new(HPos::Center, VPos::Center))
}

/// One axis of a chart.
#[derive(Clone)]
pub(super) struct Axis {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) labels: Vec<f64>,
    /// What it shows, with its unit.
    pub(super) name: String,
}

impl Axis {
    /// Of ticks, nodes or edges 1..n, each with a unit of width round its number.
    pub(super) fn counted(count: u64, labels_max: u64, name: &str) -> Self {
        Self {
            from: 0.5,
            to: count.max(1) as f64 + 0.5,
            labels: super::scale::whole_steps(1, count.max(1), labels_max),
            name: name.to_owned(),
        }
    }

    /// The other way round: the first on top.
    pub(super) fn downward(mut self) -> Self {
        std::mem::swap(&mut self.from, &mut self.to);
        self
    }
}

/// The values of an axis on its pixels.
impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (first, last): (i32, i32)) -> i32 {
        let share = (value - self.from) / (self.to - self.from);
        // The nearest pixel.
        first + (share * f64::from(last - first)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.labels.clone()
        }
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.from..self.to
    }
}

type Coordinates = Cartesian2d<Axis, Axis>;
pub(super) type Chart<'a, 'd> = ChartContext<'a, SvgBackend<'d>, Coordinates>;
/// What is between the axes of a chart.
pub(super) type Plotting<'d> = DrawingArea<SvgBackend<'d>, Coordinates>;

/// A chart with its axes; `grid` draws lines from the labels of the vertical one.
pub(super) fn chart<'a, 'd>(
    area: &'a Area<'d>,
    x: &Axis,
    y: &Axis,
    grid: bool,
) -> Drawn<Chart<'a, 'd>> {
    let mut chart = ChartBuilder::on(area)
        .x_label_area_size(46)
        .y_label_area_size(64)
        .margin_right(12)
        .margin_top(6)
        .build_cartesian_2d(x.clone(), y.clone())?;
    let line = ShapeStyle::from(Role::Grid.colour());
    let mut mesh = chart.configure_mesh();
    mesh.x_desc(&x.name)
        .y_desc(&y.name)
        .x_label_formatter(&|value| short(*value))
        .y_label_formatter(&|value| short(*value))
        .label_style(text(Role::Muted, LABEL_SIZE))
        .axis_desc_style(text(Role::Ink, 13.0))
        .axis_style(line)
        .bold_line_style(line)
        .set_all_tick_mark_size(4)
        .disable_x_mesh();
    if !grid {
        mesh.disable_y_mesh();
    }
    mesh.draw()?;
    Ok(chart)
}

/// Width that [`colour_bar`] needs.
pub(super) const BAR_WIDTH: i32 = 96;

/// A vertical colour bar with its labels, on the right of a chart.
pub(super) fn colour_bar(area: &Area<'_>, scale: &Scale, name: &str) -> Drawn {
    let name = if scale.is_logarithmic() {
        format!("{name}, log scale")
    } else {
        name.to_owned()
    };
    let (_, height) = area.dim_in_pixel();
    let (top, bottom) = (6, i32::try_from(height).unwrap_or(i32::MAX) - 46);
    let length = f64::from(bottom - top);
    // Pixels are whole: what is cut off is below one.
    let y = |place: f64| bottom - (place * length).round() as i32;
    for level in 0..LEVELS {
        let part = |level: u8| y(f64::from(level) / f64::from(LEVELS));
        let corners = [(10, part(level + 1)), (24, part(level))];
        area.draw(&Rectangle::new(
            corners,
            Role::Level(level).colour().filled(),
        ))?;
    }
    let line = ShapeStyle::from(Role::Grid.colour());
    area.draw(&Rectangle::new([(10, top), (24, bottom)], line))?;
    let style = text(Role::Muted, LABEL_SIZE).pos(Pos::new(HPos::Left, VPos::Center));
    let mut taken: Vec<i32> = Vec::new();
    for label in scale.labels() {
        let at = y(scale.place(label));
        if taken.iter().any(|other| (other - at).abs() < LABELS_APART) {
            continue;
        }
        taken.push(at);
        area.draw(&PathElement::new(vec![(24, at), (28, at)], line))?;
        area.draw_text(&short(label), &style, (32, at))?;
    }
    let style = text(Role::Ink, 13.0)
        .transform(FontTransform::Rotate90)
        .pos(Pos::new(HPos::Center, VPos::Top));
    area.draw_text(&name, &style, (BAR_WIDTH, (top + bottom) / 2))
}

/// Names with the colours that stand for them, in lines; how high that is.
pub(super) fn legend(area: &Area<'_>, names: &[(Role, String)], left: i32) -> Drawn<i32> {
    let (width, _) = area.dim_in_pixel();
    let width = i32::try_from(width).unwrap_or(i32::MAX);
    let (mut x, mut y) = (left, 4);
    for (role, name) in names {
        let wide = 24 + 7 * i32::try_from(name.chars().count()).unwrap_or(0);
        if x > left && x + wide > width {
            (x, y) = (left, y + 20);
        }
        let square = Rectangle::new([(x, y), (x + 12, y + 12)], role.colour().filled());
        area.draw(&square)?;
        let style = text(Role::Ink, LABEL_SIZE).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw_text(name, &style, (x + 18, y + 6))?;
        x += wide + 16;
    }
    Ok(y + 24)
}
