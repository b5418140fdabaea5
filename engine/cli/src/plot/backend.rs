//! Where plotters draws: an SVG whose colours are classes.
//!
//! Plotters' own SVG backend writes colours as they are; here each is a [`Role`], whose two colours
//! the style sheet has. Filled rectangles of one role become one path, so that a heat map of many
//! cells stays a small file.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Write as _;

use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle, FontTransform,
};
use svg::Document;
use svg::node::element::{
    Circle, Description, Element, Path, Polyline, Rectangle, Style, Text, Title,
};

use super::colours::{self, Paint, Ramp, Role};

/// A picture being drawn.
pub(super) struct Drawing {
    size: (u32, u32),
    elements: Vec<Element>,
    used: BTreeSet<(Paint, Role)>,
    /// The rectangles of one role that were drawn last, as path data.
    cells: Option<(Role, String)>,
}

impl Drawing {
    pub(super) const fn new(size: (u32, u32)) -> Self {
        Self {
            size,
            elements: Vec::new(),
            used: BTreeSet::new(),
            cells: None,
        }
    }

    /// The file.
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

    /// `stroke` and what goes with it.
    fn stroked<S: BackendStyle>(&mut self, style: &S) -> [(&'static str, String); 3] {
        let class = self.class(Paint::Stroke, Role::of(style.color().rgb));
        [
            ("class", class),
            ("fill", "none".to_owned()),
            ("stroke-width", style.stroke_width().to_string()),
        ]
    }
}

/// Draws into a [`Drawing`].
pub(super) struct SvgBackend<'d>(pub(super) &'d mut Drawing);

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for SvgBackend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.0.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(point, (point.0 + 1, point.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let ((x, y), (right, bottom)) = (upper_left, bottom_right);
        let (width, height) = (right - x, bottom - y);
        let role = Role::of(style.color().rgb);
        if !fill {
            let corners = [(x, y), (right, y), (right, bottom), (x, bottom), (x, y)];
            return self.draw_path(corners, style);
        }
        if width == 0 || height == 0 {
            return Ok(());
        }
        if self.0.cells.as_ref().is_none_or(|(last, _)| *last != role) {
            self.0.flush();
        }
        let (_, data) = self.0.cells.get_or_insert_with(|| (role, String::new()));
        let _ = write!(data, "M{x} {y}h{width}v{height}h{}z", -width);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let points = path.into_iter().map(|(x, y)| format!("{x},{y}"));
        let points: Vec<_> = points.collect();
        let stroked = self.0.stroked(style);
        let line = Polyline::new()
            .set("points", points.join(" "))
            .set("stroke-linejoin", "round");
        let line = stroked
            .into_iter()
            .fold(line, |line, (name, value)| line.set(name, value));
        self.0.push(line);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let circle = Circle::new()
            .set("cx", center.0)
            .set("cy", center.1)
            .set("r", radius);
        let circle = if fill {
            let role = Role::of(style.color().rgb);
            circle.set("class", self.0.class(Paint::Fill, role))
        } else {
            let stroked = self.0.stroked(style);
            stroked
                .into_iter()
                .fold(circle, |circle, (name, value)| circle.set(name, value))
        };
        self.0.push(circle);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Drawn {
        let mut data = String::new();
        for ((x, y), command) in vert
            .into_iter()
            .zip(std::iter::once('M').chain(std::iter::repeat('L')))
        {
            let _ = write!(data, "{command}{x} {y}");
        }
        data.push('z');
        let class = self.0.class(Paint::Fill, Role::of(style.color().rgb));
        self.0.push(Path::new().set("class", class).set("d", data));
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        pos: BackendCoord,
    ) -> Drawn {
        let (x, y) = pos;
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        // From the anchor down to the line that letters stand on.
        let drop = match style.anchor().v_pos {
            VPos::Top => "0.78em",
            VPos::Center => "0.35em",
            VPos::Bottom => "-0.22em",
        };
        let class = self.0.class(Paint::Fill, Role::of(style.color().rgb));
        let mut element = Text::new(text)
            .set("x", x)
            .set("y", y)
            .set("dy", drop)
            .set("text-anchor", anchor)
            .set("font-size", style.size())
            .set("class", class);
        if matches!(style.style(), FontStyle::Bold) {
            element = element.set("font-weight", 600);
        }
        let degrees = match style.transform() {
            FontTransform::None => None,
            FontTransform::Rotate90 => Some(90),
            FontTransform::Rotate180 => Some(180),
            FontTransform::Rotate270 => Some(270),
        };
        if let Some(degrees) = degrees {
            element = element.set("transform", format!("rotate({degrees} {x} {y})"));
        }
        self.0.push(element);
        Ok(())
    }
}
