//! Makes characters visible that a terminal or page shows as nothing, or obeys.
//!
//! ```text
//! "a\u{200b}b"  →  "a‹U+200B›b"        always
//! "e\u{301}"    →  "e‹U+0301›"         beside "é", which looks the same
//! ```

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// Text as it is safe to show: control characters, blanks other than a space, and whatever else takes no
/// room or changes the direction of what follows appear as `‹U+200B›`.
///
/// ```
/// use aether_diff::visible;
/// assert_eq!(visible("a b"), "a b");
/// assert_eq!(visible("a\u{200b}\u{1b}[2J"), "a‹U+200B›‹U+001B›[2J");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    Sight::default().show(text)
}

/// Two texts that differ, as they are safe to show: what [`visible`] shows and, if one spells a letter as a
/// letter and a mark and the other does not, marks too.
///
/// ```
/// use aether_diff::visible_pair;
/// assert_eq!(visible_pair("\u{e9}", "e\u{301}"), ["\u{e9}", "e‹U+0301›"]);
/// ```
#[must_use]
pub fn visible_pair<'a>(before: &'a str, after: &'a str) -> [Cow<'a, str>; 2] {
    let sight = Sight::of_pair(before, after);
    [before, after].map(|text| sight.show(text))
}

/// Which characters are made visible.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sight {
    /// Also marks on letters, and letters that are spelled like others.
    look_alikes: bool,
}

impl Sight {
    /// How two texts are shown that differ: if one spells a letter as a letter and a mark and the other
    /// does not, marks are made visible.
    pub(crate) fn of_pair(before: &str, after: &str) -> Self {
        let of = |text: &str| {
            text.chars()
                .filter(|&c| is_look_alike(c))
                .collect::<Vec<_>>()
        };
        let is_plain = before.is_ascii() && after.is_ascii();
        Self {
            look_alikes: !is_plain && of(before) != of(after),
        }
    }

    pub(crate) fn show(self, text: &str) -> Cow<'_, str> {
        let is_plain = text.bytes().all(|b| matches!(b, b' '..=b'~'));
        if is_plain || !text.chars().any(|c| self.hides(c)) {
            return Cow::Borrowed(text);
        }
        let mut shown = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            if self.hides(c) {
                shown.push_str(&code(c));
            } else {
                shown.push(c);
            }
        }
        Cow::Owned(shown)
    }

    /// One line of a text: the blanks at its end are made visible too.
    pub(crate) fn show_line(self, line: &str) -> String {
        let text = line.trim_end_matches(' ');
        let blanks = line.len() - text.len();
        self.show(text).into_owned() + &code(' ').repeat(blanks)
    }

    fn hides(self, c: char) -> bool {
        is_unseen(c) || (self.look_alikes && is_look_alike(c))
    }
}

fn code(c: char) -> String {
    format!("‹U+{:04X}›", u32::from(c))
}

fn is_in(c: char, ranges: &[RangeInclusive<u32>]) -> bool {
    ranges.iter().any(|range| range.contains(&u32::from(c)))
}

/// Whether a character takes no room, looks like a space, or controls what is shown: those that [`visible`]
/// shows by their numbers.
pub fn is_unseen(c: char) -> bool {
    const UNSEEN: [RangeInclusive<u32>; 25] = [
        // Controls, among them ESC, CR and C1.
        0x0000..=0x001f,
        0x007f..=0x00a0,
        0x00ad..=0x00ad,
        0x034f..=0x034f,
        0x061c..=0x061c,
        0x115f..=0x1160,
        0x1680..=0x1680,
        0x17b4..=0x17b5,
        0x180b..=0x180f,
        // Spaces, zero-width characters, marks of direction, and separators of lines.
        0x2000..=0x200f,
        0x2028..=0x202f,
        0x205f..=0x206f,
        0x2800..=0x2800,
        0x3000..=0x3000,
        0x3164..=0x3164,
        // Selectors of variants, and the byte order mark.
        0xfe00..=0xfe0f,
        0xfdd0..=0xfdef,
        0xfeff..=0xfeff,
        0xffa0..=0xffa0,
        0xfff0..=0xfffb,
        0xfffe..=0xffff,
        0x1bca0..=0x1bca3,
        0x1d159..=0x1d159,
        0x1d173..=0x1d17a,
        0xe0000..=0xe0fff,
    ];
    // The last two code points of every plane are no characters.
    c >= '\u{7f}' && u32::from(c) & 0xfffe == 0xfffe || is_in(c, &UNSEEN)
}

/// Whether a character is a mark on the one before it, part of a syllable, or a letter that is only
/// another spelling of another one: what the normal forms of Unicode put together or take apart.
fn is_look_alike(c: char) -> bool {
    const LOOK_ALIKES: [RangeInclusive<u32>; 32] = [
        0x0300..=0x036f,
        0x0374..=0x0374,
        0x037e..=0x037e,
        0x0387..=0x0387,
        0x0483..=0x0489,
        0x0591..=0x05c7,
        0x0610..=0x061a,
        0x064b..=0x065f,
        0x0670..=0x0670,
        0x093c..=0x093c,
        0x09bc..=0x09be,
        0x09d7..=0x09d7,
        0x0a3c..=0x0a3c,
        0x0b3c..=0x0b57,
        0x0bbe..=0x0bd7,
        0x0cbf..=0x0cd6,
        0x0d3e..=0x0ddf,
        0x0f71..=0x0fb7,
        0x102e..=0x102e,
        0x1100..=0x11ff,
        0x1ab0..=0x1aff,
        0x1b34..=0x1b35,
        0x1dc0..=0x1dff,
        0x1f71..=0x1f7d,
        0x20d0..=0x20ff,
        0x2126..=0x212b,
        0x2329..=0x232a,
        0x3099..=0x309a,
        0xa960..=0xa97f,
        0xd7b0..=0xd7ff,
        0xf900..=0xfb4f,
        0xfe20..=0xfe2f,
    ];
    c >= '\u{300}' && is_in(c, &LOOK_ALIKES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown_by_its_number() {
        for (text, expected) in [
            ("plain ‹é› 漢字 한", "plain ‹é› 漢字 한"),
            ("a\u{200b}b\u{feff}", "a‹U+200B›b‹U+FEFF›"),
            ("1\u{a0}000\u{202f}€", "1‹U+00A0›000‹U+202F›€"),
            ("\u{202e}abc\u{2066}", "‹U+202E›abc‹U+2066›"),
            ("\u{85}\u{9b}\u{7f}", "‹U+0085›‹U+009B›‹U+007F›"),
            (
                "\u{1b}]0;x\u{7}\r\n\t",
                "‹U+001B›]0;x‹U+0007›‹U+000D›‹U+000A›‹U+0009›",
            ),
            ("\u{fffe}\u{1ffff}\u{e0041}", "‹U+FFFE›‹U+1FFFF›‹U+E0041›"),
            ("\u{301}", "\u{301}"),
        ] {
            assert_eq!(visible(text), expected);
            // What is shown can be shown again.
            assert_eq!(visible(expected), expected);
        }
    }

    #[test]
    fn marks_are_shown_where_they_are_the_difference() {
        let show = |before: &str, after: &str| {
            let sight = Sight::of_pair(before, after);
            [before, after].map(|text| sight.show(text).into_owned())
        };
        assert_eq!(
            show("caf\u{e9}", "cafe\u{301}"),
            ["caf\u{e9}", "cafe‹U+0301›"]
        );
        assert_eq!(show("\u{c5}", "\u{212b}"), ["\u{c5}", "‹U+212B›"]);
        assert_eq!(
            show("\u{d55c}", "\u{1112}\u{1161}\u{11ab}"),
            ["\u{d55c}", "‹U+1112›‹U+1161›‹U+11AB›"]
        );
        assert_eq!(
            show("\u{304c}", "\u{304b}\u{3099}"),
            ["\u{304c}", "\u{304b}‹U+3099›"]
        );
        // Marks that both have are left as they are.
        assert_eq!(show("e\u{301}a", "e\u{301}b"), ["e\u{301}a", "e\u{301}b"]);
        assert_eq!(Sight::default().show_line("a \r"), "a ‹U+000D›");
        assert_eq!(Sight::default().show_line("a  "), "a‹U+0020›‹U+0020›");
    }

    #[test]
    fn a_text_beside_one_without_letters_of_its_own_is_compared_all_the_same() {
        let [old, new] = visible_pair("e", "e\u{301}");
        assert_eq!([&*old, &*new], ["e", "e‹U+0301›"]);
        let [old, new] = visible_pair("e\u{301}", "e");
        assert_eq!([&*old, &*new], ["e‹U+0301›", "e"]);
    }
}
