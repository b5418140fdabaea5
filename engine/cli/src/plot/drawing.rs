//! Writes SVG files whose colours are classes of a style sheet.
//!
//! Each colour is a [`Role`]; the style sheet has its light and dark value. Filled rectangles of
//! one role become one path, so that a heat map of many cells stays a small file.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use svg::Document;
use svg::node::element::{
    Circle, Description, Element, Group, Path, Polyline, Rectangle, Style, Text, Title,
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

/// A part of a picture that shows a text while the pointer is over it.
pub(super) struct Hover {
    /// The upper left and the lower right corner.
    pub(super) corners: [Pixel; 2],
    pub(super) title: String,
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
    ///
    /// `id` is that of its root, which all rules of its style sheet name: several pictures can be
    /// parts of one page.
    pub(super) fn into_svg(
        mut self,
        id: &str,
        title: &str,
        description: &str,
        ramp: Ramp,
    ) -> String {
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
            .set("id", id)
            .add(Title::new(title))
            .add(Description::new().add(svg::node::Text::new(description)))
            .add(Style::new(colours::style_sheet(id, &self.used, ramp)))
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

    /// Draws a line through some points. A text that it shows on hover is its title.
    pub(super) fn line(&mut self, role: Role, width: f64, points: &[Pixel], title: Option<&str>) {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        let line = Polyline::new()
            .set("points", points.join(" "))
            .set("stroke-linejoin", "round")
            .set("class", self.class(Paint::Stroke, role))
            .set("fill", "none")
            .set("stroke-width", width);
        self.push(titled(line, title));
    }

    /// Draws a filled circle.
    pub(super) fn disc(&mut self, role: Role, (x, y): Pixel, radius: i32, title: Option<&str>) {
        let circle = Circle::new().set("cx", x).set("cy", y).set("r", radius);
        let class = self.class(Paint::Fill, role);
        self.push(titled(circle.set("class", class), title));
    }

    /// Draws the rim of a circle.
    pub(super) fn rim(&mut self, role: Role, (x, y): Pixel, radius: i32) {
        let circle = Circle::new().set("cx", x).set("cy", y).set("r", radius);
        let class = self.class(Paint::Stroke, role);
        let circle = circle.set("class", class).set("fill", "none");
        self.push(circle.set("stroke-width", 1));
    }

    /// Draws a filled polygon.
    pub(super) fn polygon(&mut self, role: Role, corners: &[Pixel], title: Option<&str>) {
        let mut data = String::new();
        for (number, (x, y)) in corners.iter().enumerate() {
            let command = if number == 0 { 'M' } else { 'L' };
            let _ = write!(data, "{command}{x} {y}");
        }
        data.push('z');
        let class = self.class(Paint::Fill, role);
        self.push(titled(
            Path::new().set("class", class).set("d", data),
            title,
        ));
    }

    /// Adds transparent rectangles that show texts on hover.
    pub(super) fn hovers(&mut self, hovers: Vec<Hover>) {
        let group = Group::new()
            .set("fill", "none")
            .set("pointer-events", "all");
        let group = hovers.into_iter().fold(group, |group, hover| {
            let [(x, y), (right, bottom)] = hover.corners;
            let data = format!("M{x} {y}H{right}V{bottom}H{x}z");
            group.add(Path::new().set("d", data).add(Title::new(hover.title)))
        });
        self.push(group);
    }

    /// Draws text with a rim in the colour of the background, so that it can be read over lines.
    pub(super) fn text_over(&mut self, text: &str, style: TextStyle, at: Pixel) {
        let rim = self.class(Paint::Stroke, Role::Surface);
        let rim = text_element(text, style, at)
            .set("class", rim)
            .set("fill", "none")
            .set("stroke-width", 3)
            .set("stroke-linejoin", "round");
        self.push(rim);
        self.text(text, style, at);
    }

    pub(super) fn text(&mut self, text: &str, style: TextStyle, at: Pixel) {
        let class = self.class(Paint::Fill, style.role);
        self.push(text_element(text, style, at).set("class", class));
    }
}

fn titled<E: Into<Element>>(element: E, title: Option<&str>) -> Element {
    let mut element = element.into();
    if let Some(title) = title {
        svg::Node::append(&mut element, Title::new(title));
    }
    element
}

fn text_element(text: &str, style: TextStyle, (x, y): Pixel) -> Text {
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
    let mut element = Text::new(text)
        .set("x", x)
        .set("y", y)
        .set("dy", drop)
        .set("text-anchor", anchor)
        .set("font-size", style.size);
    if style.bold {
        element = element.set("font-weight", 600);
    }
    if style.degrees != 0 {
        let turn = format!("rotate({} {x} {y})", style.degrees);
        element = element.set("transform", turn);
    }
    element
}
