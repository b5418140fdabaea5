//! Text from programs and file systems, made safe to print.
//!
//! What a program wrote to its error stream, the name of a file or a stage may hold characters that a
//! terminal obeys instead of showing, that turn a line around, or that no XML can hold. Reports print such
//! characters as `\u{1b}`. So `"a\u{1b}[2J"` becomes `a\u{1b}[2J`, which clears no screen.

use std::borrow::Cow;

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

/// A text of several lines that can be printed anywhere: on a terminal, in XML, and in the log of a CI
/// system, where no line of it is taken for a command (`::error::`).
///
/// ```
/// use aether_harness::report::visible;
/// assert_eq!(visible("a\u{1b}[31m\nb"), "a\\u{1b}[31m\nb");
/// assert_eq!(visible("a\n  ::error::b"), "a\n  \\u{3a}:error::b");
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
pub(super) fn visible_styled(text: &str) -> String {
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
            shown.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
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

/// Whether a character is obeyed, unseen or forbidden in XML instead of shown.
fn is_hidden(c: char) -> bool {
    let is_layout = matches!(c, '\n' | '\t');
    let is_mark = matches!(
        c,
        '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    );
    // The last two characters of each plane and 32 others are not characters at all.
    let is_none = u32::from(c) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    (c.is_control() && !is_layout) || is_mark || is_none
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_obeyed_is_shown_instead() {
        let check = |text: &str, expected: &str| assert_eq!(visible(text), expected);
        check("plain ü – \u{1f600}\n\ttext", "plain ü – \u{1f600}\n\ttext");
        check("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}");
        check("\0\u{9b}1m", "\\u{0}\\u{9b}1m");
        check("abc\u{202e}cba", "abc\\u{202e}cba");
        check("\u{fffe}\u{ffff}\u{1fffe}", "\\u{fffe}\\u{ffff}\\u{1fffe}");
        check("hidden\rshown\r\nnext", "hidden\\u{d}shown\nnext");
    }

    #[test]
    fn no_line_is_a_command() {
        let check = |text: &str, expected: &str| assert_eq!(visible(text), expected);
        check("::error::x", "\\u{3a}:error::x");
        check("a\n \t::add-mask::x\n", "a\n \t\\u{3a}:add-mask::x\n");
        check("##[group]x", "\\u{23}#[group]x");
        check("a ::error::x", "a ::error::x");
    }

    #[test]
    fn names_stay_on_their_line() {
        assert_eq!(
            visible_line("a\r\n::error::b\u{1b}"),
            "a\\u{d}\\n::error::b\\u{1b}"
        );
        assert_eq!(visible_line("a b"), "a b");
    }

    #[test]
    fn only_the_styles_of_reports_are_left() {
        let styled =
            "  \u{1b}[1mtick 3\u{1b}[0m: \u{1b}[31m\u{1b}]8;;x\u{7}old\u{1b}[0m\u{1b}[5m\n";
        assert_eq!(
            visible_styled(styled),
            "  \u{1b}[1mtick 3\u{1b}[0m: \u{1b}[31m\\u{1b}]8;;x\\u{7}old\u{1b}[0m\\u{1b}[5m\n"
        );
        let command = "\u{1b}[1m::error::x\u{1b}[0m ::\n";
        assert_eq!(
            visible_styled(command),
            "\u{1b}[1m\\u{3a}:error::x\u{1b}[0m ::\n"
        );
    }
}
