//! Renders reports for people, in the form of rustc's error messages.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Excerpt, Place, Problem, Report};

impl Report {
    /// The problems with their lines underlined, and what to do about each.
    ///
    /// The text is the same on every machine; `colour` adds ANSI styles and nothing else.
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
            text.push_str(&renderer.render(&[group(problem)]));
            text.push_str("\n\n");
        }
        let count = self.problems.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        text.push_str(&format!("{count} {noun}\n"));
        for unchecked in &self.unchecked {
            text.push_str(&format!("not checked: {unchecked}\n"));
        }
        text
    }
}

fn group(problem: &Problem) -> Group<'_> {
    let title = Level::ERROR
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
    for help in &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// Adds the position of a place, and its line.
fn place<'a>(group: Group<'a>, place: &'a Place, label: Option<String>, main: bool) -> Group<'a> {
    let path = place.path.as_str();
    let origin = || {
        Origin::path(path)
            .line(place.line)
            .char_column(place.column)
    };
    let Some(Excerpt {
        text,
        start,
        end,
        cut,
    }) = &place.excerpt
    else {
        return group.element(origin());
    };
    let kind = if main {
        AnnotationKind::Primary
    } else {
        AnnotationKind::Context
    };
    let snippet = Snippet::source(text.as_str())
        .line_start(place.line)
        .annotation(kind.span(*start..*end).label(label));
    // If the line is cut at its start, its columns are not those of the shown text.
    if *cut {
        group.element(origin()).element(snippet)
    } else {
        group.element(snippet.path(path))
    }
}
