//! Renders reports for people, in the form of rustc's error messages.

use std::fmt::Write as _;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Excerpt, Place, Problem, Report, Severity};

impl Report {
    /// The problems with their lines underlined, and what to do about each.
    ///
    /// The text is the same on every machine; `colour` adds ANSI styles and nothing else. What a terminal would obey
    /// in the name of a document is shown by its number.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(1000);
        let mut text = String::new();
        for problem in &self.problems {
            let problem = problem.clone().visible();
            let rendered = renderer.render(&[group(&problem)]);
            text.push_str(&with_columns(rendered, &problem));
            text.push_str("\n\n");
        }
        text.push_str(&self.summary());
        text.push('\n');
        for unchecked in &self.unchecked {
            let _ = writeln!(text, "not checked: {}", visible(unchecked));
        }
        text
    }
}

impl Problem {
    fn visible(mut self) -> Self {
        let related = self.related.iter_mut().map(|related| &mut related.place);
        let places = [&mut self.place].into_iter().chain(related);
        for place in places.chain(&mut self.also) {
            place.path = visible(&place.path);
        }
        self.message = visible(&self.message);
        for help in &mut self.help {
            *help = visible(help);
        }
        self
    }
}

/// A text on one line, without what a terminal obeys instead of showing it.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let is_mark_of_direction = matches!(
            c,
            '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        );
        match c {
            '\n' => shown.push_str("\\n"),
            _ if c.is_control() || is_mark_of_direction => {
                let _ = write!(shown, "‹U+{:04X}›", u32::from(c));
            }
            _ => shown.push(c),
        }
    }
    shown
}

impl Report {
    /// How many problems there are: `2 problems in 536 places, 1 warning`.
    fn summary(&self) -> String {
        let counted = |severity: Severity, noun: &str| {
            let of_it = self.problems.iter();
            let of_it = of_it.filter(|problem| problem.severity == severity);
            let (mut count, mut places) = (0, 0);
            for problem in of_it {
                count += 1;
                places += problem.count;
            }
            let plural = if count == 1 { "" } else { "s" };
            match (count, places) {
                (0, _) => None,
                _ if count == places => Some(format!("{count} {noun}{plural}")),
                _ => Some(format!("{count} {noun}{plural} in {places} places")),
            }
        };
        let counts = [
            counted(Severity::Error, "problem"),
            counted(Severity::Warning, "warning"),
        ];
        counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The rendered problem with the columns that its places have in their documents. An excerpt that is
/// cut at its start is rendered with the columns of what is shown.
fn with_columns(mut rendered: String, problem: &Problem) -> String {
    let related = problem.related.iter().map(|related| &related.place);
    let mut from = 0;
    for place in std::iter::once(&problem.place).chain(related) {
        let Some(excerpt) = place.excerpt.as_ref() else {
            continue;
        };
        let shown = excerpt.text[..excerpt.start].chars().count() + 1;
        let header = |column: usize| format!("{}:{}:{column}", place.path, place.line);
        let (shown, meant) = (header(shown), header(place.column));
        let arrow = ["--> ", "::: "];
        let starts = arrow
            .iter()
            .filter_map(|arrow| rendered[from..].find(arrow));
        let Some(start) = starts.min().map(|at| from + at) else {
            break;
        };
        let Some(at) = rendered[start..].find(&shown).map(|at| start + at) else {
            continue;
        };
        if excerpt.cut {
            rendered.replace_range(at..at + shown.len(), &meant);
            from = at + meant.len();
        } else {
            from = at + shown.len();
        }
    }
    rendered
}

/// Where else a problem occurs: `this occurs 534 times, also at a.csv:3:1 and a.csv:4:1`.
fn elsewhere(problem: &Problem) -> Option<String> {
    let places = problem.also.iter();
    let places = places.map(|place| format!("{}:{}:{}", place.path, place.line, place.column));
    let places: Vec<String> = places.collect();
    (problem.count > 1).then(|| {
        format!(
            "this occurs {} times, also at {}",
            problem.count,
            places.join(" and ")
        )
    })
}

fn group(problem: &Problem) -> Group<'_> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(problem.message.as_str())
        .id(problem.code.number());
    let label = problem
        .expected
        .as_ref()
        .map(|expected| format!("expected {expected}"));
    let mut group = place(Group::with_title(title), &problem.place, label, true);
    for related in &problem.related {
        group = place(group, &related.place, Some(related.message.clone()), false);
    }
    if let Some(elsewhere) = elsewhere(problem) {
        group = group.element(Level::NOTE.message(elsewhere));
    }
    for help in &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// Adds the position of a place, and its line.
fn place<'a>(group: Group<'a>, place: &'a Place, label: Option<String>, main: bool) -> Group<'a> {
    let path = place.path.as_str();
    let Some(Excerpt {
        text, start, end, ..
    }) = &place.excerpt
    else {
        let origin = Origin::path(path).line(place.line);
        return group.element(origin.char_column(place.column));
    };
    let kind = if main {
        AnnotationKind::Primary
    } else {
        AnnotationKind::Context
    };
    let snippet = Snippet::source(text.as_str())
        .line_start(place.line)
        .annotation(kind.span(*start..*end).label(label));
    group.element(snippet.path(path))
}
