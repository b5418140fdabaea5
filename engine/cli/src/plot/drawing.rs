//! Writes SVG files whose colours are classes of a style sheet.
//!
//! Each colour is a [`Role`]; the style sheet has its light and dark value. Filled rectangles of
//! one role become one path, so that a heat map of many cells stays a small file.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use svg::Document;
use svg::node::element::{
    Circle, Description, Element, Path, Polyline, Rectangle, Style, Text, Title,
};

use super::colours::{self, Paint, Ramp, Role};

/// A position in whole pixels: x to the right, y down.
pub(super) type Pixel = (i32, i32);

/// Which part of a text is at its position, from left to right.
#[derive(Clone, Copy, Debug)]
pub(super) enum Across {
    Start,
    Middle,
    End,
}

/// Which part of a text is at its position, from top to bottom.
#[derive(Clone, Copy, Debug)]
pub(super) enum Down {
    Top,
    Middle,
    Bottom,
}

/// The style of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextStyle {
    pub(super) role: Role,
    /// Size of the letters, in pixels.
    pub(super) size: u32,
    pub(super) bold: bool,
    pub(super) across: Across,
    pub(super) down: Down,
    /// Rotation, clockwise; 0 reads from left to right.
    pub(super) degrees: u16,
}

impl TextStyle {
    /// Text that starts at its upper left corner.
    pub(super) const fn new(role: Role, size: u32) -> Self {
        Self {
            role,
            size,
            bold: false,
            across: Across::Start,
            down: Down::Top,
            degrees: 0,
        }
    }

    pub(super) const fn at(self, across: Across, down: Down) -> Self {
        Self {
            across,
            down,
            ..self
        }
    }

    pub(super) const fn turned(self, degrees: u16) -> Self {
        Self { degrees, ..self }
    }
}

/// A picture being drawn.
pub(super) struct Drawing {
    size: Pixel,
    elements: Vec<Element>,
    used: BTreeSet<(Paint, Role)>,
    /// The rectangles that were drawn last and share a role, as path data.
    cells: Option<(Role, String)>,
}

impl Drawing {
    pub(super) const fn new(size: Pixel) -> Self {
        Self {
            size,
            elements: Vec::new(),
            used: BTreeSet::new(),
            cells: None,
        }
    }

    /// The text of the SVG file.
    pub(super) fn into_svg(mut self, title: &str, description: &str, ramp: Ramp) -> String {
        self.flush();
        let (width, height) = self.size;
        let ground = Rectangle::new()
            .set("width", width)
            .set("height", height)
            .set("class", self.class(Paint::Fill, Role::Surface));
        let document = Document::new()
            .set("viewBox", (0, 0, width, height))
            .set("width", width)
            .set("height", height)
            .set("role", "img")
            .add(Title::new(title))
            .add(Description::new().add(svg::node::Text::new(description)))
            .add(Style::new(colours::style_sheet(&self.used, ramp)))
            .add(ground);
        let document = self
            .elements
            .into_iter()
            .fold(document, |document, element| document.add(element));
        format!("{document}\n")
    }

    fn class(&mut self, paint: Paint, role: Role) -> String {
        self.used.insert((paint, role));
        colours::class(paint, role)
    }

    fn push(&mut self, element: impl Into<Element>) {
        self.flush();
        self.elements.push(element.into());
    }

    fn flush(&mut self) {
        if let Some((role, data)) = self.cells.take() {
            let class = self.class(Paint::Fill, role);
            let path = Path::new()
                .set("class", class)
                .set("d", data)
                .set("shape-rendering", "crispEdges");
            self.elements.push(path.into());
        }
    }

    /// Draws a filled rectangle, from its upper left to its lower right corner.
    pub(super) fn rectangle(&mut self, role: Role, (x, y): Pixel, (right, bottom): Pixel) {
        let (width, height) = (right - x, bottom - y);
        if width == 0 || height == 0 {
            return;
        }
        if self.cells.as_ref().is_none_or(|(last, _)| *last != role) {
            self.flush();
        }
        let (_, data) = self.cells.get_or_insert_with(|| (role, String::new()));
        let _ = write!(data, "M{x} {y}h{width}v{height}h{}z", -width);
    }

    /// Draws a line through some points.
    pub(super) fn line(&mut self, role: Role, width: u32, points: &[Pixel]) {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        let line = Polyline::new()
            .set("points", points.join(" "))
            .set("stroke-linejoin", "round")
            .set("class", self.class(Paint::Stroke, role))
            .set("fill", "none")
            .set("stroke-width", width);
        self.push(line);
    }

    /// Draws a filled circle.
    pub(super) fn disc(&mut self, role: Role, (x, y): Pixel, radius: i32) {
        let circle = Circle::new().set("cx", x).set("cy", y).set("r", radius);
        let class = self.class(Paint::Fill, role);
        self.push(circle.set("class", class));
    }

    /// Draws the rim of a circle.
    pub(super) fn rim(&mut self, role: Role, (x, y): Pixel, radius: i32) {
        let circle = Circle::new().set("cx", x).set("cy", y).set("r", radius);
        let class = self.class(Paint::Stroke, role);
        let circle = circle.set("class", class).set("fill", "none");
        self.push(circle.set("stroke-width", 1));
    }

    /// Draws a filled polygon.
    pub(super) fn polygon(&mut self, role: Role, corners: &[Pixel]) {
        let mut data = String::new();
        for (number, (x, y)) in corners.iter().enumerate() {
            let command = if number == 0 { 'M' } else { 'L' };
            let _ = write!(data, "{command}{x} {y}");
        }
        data.push('z');
        let class = self.class(Paint::Fill, role);
        self.push(Path::new().set("class", class).set("d", data));
    }

    pub(super) fn text(&mut self, text: &str, style: TextStyle, (x, y): Pixel) {
        let anchor = match style.across {
            Across::Start => "start",
            Across::Middle => "middle",
            Across::End => "end",
        };
        // The distance from the position down to the baseline of the letters.
        let drop = match style.down {
            Down::Top => "0.78em",
            Down::Middle => "0.35em",
            Down::Bottom => "-0.22em",
        };
        let class = self.class(Paint::Fill, style.role);
        let mut element = Text::new(text)
            .set("x", x)
            .set("y", y)
            .set("dy", drop)
            .set("text-anchor", anchor)
            .set("font-size", style.size)
            .set("class", class);
        if style.bold {
            element = element.set("font-weight", 600);
        }
        if style.degrees != 0 {
            let turn = format!("rotate({} {x} {y})", style.degrees);
            element = element.set("transform", turn);
        }
        self.push(element);
    }
}
