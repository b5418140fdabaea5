//! Text from programs and file systems, made safe to print.
//!
//! What a program wrote to its error stream, the name of a file or a stage may hold characters that a
//! terminal obeys instead of showing, that turn a line around, or that no XML can hold. Reports print such
//! characters by their numbers, as the diff does: `"a\u{1b}[2J"` becomes `a‹U+001B›[2J`, which clears no
//! screen.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write as _};

/// The styles that reports use themselves.
const STYLES: [&str; 7] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[4m",
];

/// A line on standard error, in place of `eprintln!`, which panics where that cannot be written.
macro_rules! note {
    ($($part:tt)*) => {
        $crate::visible::to_stderr(format_args!("{}\n", format_args!($($part)*)))
    };
}
pub(crate) use note;

/// Writes to standard error. If it is full or closed, nobody can be told, and the exit status stays what it is.
pub(crate) fn to_stderr(text: fmt::Arguments<'_>) {
    let _ = io::stderr().write_fmt(text);
}

/// A text of several lines that can be printed anywhere: on a terminal, in XML, and in the log of a CI
/// system, where no line of it is taken for a command (`::error::`).
///
/// ```
/// use aether_harness::report::visible;
/// assert_eq!(visible("a\u{1b}[31m\nb"), "a‹U+001B›[31m\nb");
/// assert_eq!(visible("a\n  ::error::b"), "a\n  ‹U+003A›:error::b");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_safe = !text.chars().any(is_hidden) && !text.lines().any(is_command);
    if is_safe {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        push(&mut shown, line, true);
    }
    Cow::Owned(shown)
}

/// A text that also stays on its line: a name or a path.
///
/// ```
/// use aether_harness::report::visible_line;
/// assert_eq!(visible_line("a\n::error::b"), "a\\n::error::b");
/// ```
pub fn visible_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        shown if !shown.contains(['\n', '\t']) => shown,
        _ => {
            let line = text.replace('\n', "\\n").replace('\t', "\\t");
            visible(&line).into_owned().into()
        }
    }
}

/// A text in the styles of reports; all else in it becomes visible.
pub(crate) fn visible_styled(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        let mut plain = 0;
        let mut is_first = true;
        while let Some(at) = rest[plain..].find('\u{1b}') {
            let at = plain + at;
            let style = STYLES.iter().find(|style| rest[at..].starts_with(**style));
            let Some(style) = style else {
                plain = at + 1;
                continue;
            };
            push(&mut shown, &rest[..at], is_first);
            is_first &= rest[..at].trim_start().is_empty();
            shown.push_str(style);
            rest = &rest[at + style.len()..];
            plain = 0;
        }
        push(&mut shown, rest, is_first);
    }
    shown
}

/// Appends a part of one line, at whose beginning a command would count.
fn push(shown: &mut String, part: &str, is_first: bool) {
    let blank = part.len() - part.trim_start().len();
    let is_command = is_first && is_command(part);
    for (at, c) in part.char_indices() {
        let ends_line = c == '\r' && part[at + 1..] == *"\n";
        if ends_line {
            continue;
        }
        if is_hidden(c) || (is_command && at == blank) {
            shown.push_str(&format!("‹U+{:04X}›", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
}

/// Whether GitHub Actions or Azure Pipelines would obey a line instead of showing it.
fn is_command(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("::") || line.starts_with("##[") || line.starts_with("##vso[")
}

/// Whether a character is obeyed, unseen or forbidden in XML instead of shown: what a diff makes visible, but
/// for the characters that lay out a text of several lines.
fn is_hidden(c: char) -> bool {
    !matches!(c, '\n' | '\t') && aether_diff::is_unseen(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_obeyed_is_shown_instead() {
        let check = |text: &str, expected: &str| assert_eq!(visible(text), expected);
        check("plain ü – \u{1f600}\n\ttext", "plain ü – \u{1f600}\n\ttext");
        check("\u{1b}]0;title\u{7}", "‹U+001B›]0;title‹U+0007›");
        check("\0\u{9b}1m", "‹U+0000›‹U+009B›1m");
        check("abc\u{202e}cba", "abc‹U+202E›cba");
        check("1\u{a0}000", "1‹U+00A0›000");
        check("\u{fffe}\u{ffff}\u{1fffe}", "‹U+FFFE›‹U+FFFF›‹U+1FFFE›");
        check("hidden\rshown\r\nnext", "hidden‹U+000D›shown\nnext");
    }

    #[test]
    fn no_line_is_a_command() {
        let check = |text: &str, expected: &str| assert_eq!(visible(text), expected);
        check("::error::x", "‹U+003A›:error::x");
        check("a\n \t::add-mask::x\n", "a\n \t‹U+003A›:add-mask::x\n");
        check("##[group]x", "‹U+0023›#[group]x");
        check("a ::error::x", "a ::error::x");
    }

    #[test]
    fn names_stay_on_their_line() {
        assert_eq!(
            visible_line("a\r\n::error::b\u{1b}"),
            "a‹U+000D›\\n::error::b‹U+001B›"
        );
        assert_eq!(visible_line("a b"), "a b");
    }

    #[test]
    fn only_the_styles_of_reports_are_left() {
        let styled =
            "  \u{1b}[1mtick 3\u{1b}[0m: \u{1b}[31m\u{1b}]8;;x\u{7}old\u{1b}[0m\u{1b}[5m\n";
        assert_eq!(
            visible_styled(styled),
            "  \u{1b}[1mtick 3\u{1b}[0m: \u{1b}[31m‹U+001B›]8;;x‹U+0007›old\u{1b}[0m‹U+001B›[5m\n"
        );
        let command = "\u{1b}[1m::error::x\u{1b}[0m ::\n";
        assert_eq!(
            visible_styled(command),
            "\u{1b}[1m‹U+003A›:error::x\u{1b}[0m ::\n"
        );
    }
}
