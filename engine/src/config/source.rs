//! The text of a document, and places in it: spans, lines and columns.

use std::cell::{Cell, OnceCell};

/// A range of bytes in a [`Source`], the end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).expect("a document is at most 512 MiB");
        Self {
            start: narrow(start),
            end: narrow(end.max(start)),
        }
    }

    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    pub(crate) fn end(self) -> usize {
        self.end as usize
    }
}

/// A place as people count it: both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A document as it was read: where it came from, as reports show it, and its text.
#[derive(Debug)]
pub(crate) struct Source {
    path: String,
    text: String,
    /// Offsets at which lines start; computed for the first problem.
    lines: OnceCell<Vec<u32>>,
    /// The last place that was computed, so that many problems on one very long line stay cheap.
    counted: Cell<(usize, Position)>,
}

impl Source {
    pub(crate) fn new(path: String, text: String) -> Self {
        let start = (0, Position { line: 1, column: 1 });
        Self {
            path,
            text,
            lines: OnceCell::new(),
            counted: Cell::new(start),
        }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span, whose ends are on character boundaries.
    pub(crate) fn slice(&self, span: Span) -> &str {
        &self.text[span.start()..span.end()]
    }

    /// The span with its ends moved outward to character boundaries and into the text.
    pub(crate) fn clamp(&self, span: Span) -> Span {
        let start = self.text.floor_char_boundary(span.start());
        Span::new(start, self.text.ceil_char_boundary(span.end().max(start)))
    }

    pub(crate) fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let lines = self.line_starts();
        let line = lines
            .partition_point(|&start| start as usize <= offset)
            .max(1);
        let start = lines[line - 1] as usize;
        let (mut from, mut column) = (start, 1);
        let (last, place) = self.counted.get();
        if place.line == line && last <= offset && last >= start {
            (from, column) = (last, place.column);
        }
        column += self.text[from..offset].chars().count();
        let position = Position { line, column };
        if place.line != line || offset > last {
            self.counted.set((offset, position));
        }
        position
    }

    /// The bytes of a line (from 1), without its end.
    pub(crate) fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let lines = self.line_starts();
        let start = lines
            .get(line.saturating_sub(1))
            .map_or(self.text.len(), |&s| s as usize);
        let end = lines
            .get(line)
            .map_or(self.text.len(), |&next| next as usize - 1);
        let text = &self.text[start..end];
        start..start + text.strip_suffix('\r').unwrap_or(text).len()
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = self
                .text
                .bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0)
                .chain(ends.map(|(at, _)| Span::new(at + 1, at + 1).start))
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a.json".into(), "ab\nçd€x\r\n\ny".into());
        let at = |offset| {
            let Position { line, column } = source.position(offset);
            (line, column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(2), (1, 3));
        assert_eq!(at(3), (2, 1));
        assert_eq!(at(5), (2, 2));
        assert_eq!(at(9), (2, 4), "the euro sign is one column");
        assert_eq!(at(4), (2, 1), "inside a character is its start");
        assert_eq!(at(13), (4, 1));
        assert_eq!(at(99), (4, 2), "past the end is the end");
        assert_eq!(&source.text()[source.line_range(2)], "çd€x");
        assert_eq!(&source.text()[source.line_range(3)], "");
        assert_eq!(source.line_range(9), 14..14);
    }
}
