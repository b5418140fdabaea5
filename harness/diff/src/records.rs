//! The records of an array artefact: lines of its text.

/// The lines of two array artefacts between those that both begin and both end with.
pub(crate) struct Middle<'t> {
    /// How many records precede these.
    pub(crate) offset: usize,
    pub(crate) before: Vec<&'t str>,
    pub(crate) after: Vec<&'t str>,
}

/// Cuts two array artefacts into records, leaving out equal ones at both ends as bytes; `None` if either is not
/// an array in golden layout, or has a record that is not UTF-8 among those that are left. The texts are equal up
/// to `same`.
pub(crate) fn middle<'t>(before: &'t [u8], after: &'t [u8], same: usize) -> Option<Middle<'t>> {
    let (before, after) = (body(before)?, body(after)?);
    // Of an empty array, there is no line to begin with.
    let same = same
        .saturating_sub(OPEN.len())
        .min(before.len())
        .min(after.len());
    let prefix = whole_lines(&before[..same]);
    let (a, b) = (&before[prefix..], &after[prefix..]);
    let suffix = common_suffix(a, b);
    let text = |body: &'t [u8]| std::str::from_utf8(&body[..body.len() - suffix]).ok();
    Some(Middle {
        offset: count_lines(&before[..prefix]),
        before: lines(text(a)?),
        after: lines(text(b)?),
    })
}

/// All records of an array artefact; `None` if it is not an array in golden layout.
pub(crate) fn all(text: &str) -> Option<Vec<&str>> {
    let body = body(text.as_bytes())?;
    let start = text.len().min(OPEN.len());
    // The brackets beside it are characters of one byte.
    text.get(start..start + body.len()).map(lines)
}

/// The line with which an array begins, and that with which it ends.
const OPEN: &[u8] = b"[\n";
const CLOSE: &[u8] = b"\n]\n";

/// The text between the lines of the brackets.
fn body(text: &[u8]) -> Option<&[u8]> {
    if text == b"[]\n" {
        return Some(b"");
    }
    text.strip_prefix(OPEN)?.strip_suffix(CLOSE)
}

fn lines(body: &str) -> Vec<&str> {
    if body.is_empty() {
        return Vec::new();
    }
    // A body that was cut before a line ends in a line feed.
    let body = body.strip_suffix('\n').unwrap_or(body);
    body.split('\n')
        .map(|line| line.strip_suffix(',').unwrap_or(line))
        .collect()
}

/// How many line feeds there are. They are counted in single bytes, as many as these can count, so that the
/// processor counts several at once.
fn count_lines(text: &[u8]) -> usize {
    let add = |sum: u8, &b: &u8| sum.wrapping_add(u8::from(b == b'\n'));
    let few = |few: &[u8]| few.iter().fold(0, add);
    text.chunks(usize::from(u8::MAX))
        .map(|chunk| usize::from(few(chunk)))
        .sum()
}

const BLOCK: usize = 4096;

/// Where two texts differ first; `None` if they are equal. If one is the beginning of the other, they differ at
/// its end.
pub(crate) fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    // Whole blocks are compared as memory; only the block that differs is looked at.
    let blocks = a
        .chunks_exact(BLOCK)
        .zip(b.chunks_exact(BLOCK))
        .take_while(|(a, b)| a == b)
        .count();
    let start = blocks * BLOCK;
    let (rest_a, rest_b) = (&a[start..], &b[start..]);
    let same = rest_a
        .iter()
        .zip(rest_b)
        .take_while(|(a, b)| a == b)
        .count();
    let is_all = same == rest_a.len() && same == rest_b.len();
    (!is_all).then_some(start + same)
}

/// The length of the whole lines that a text begins with.
fn whole_lines(text: &[u8]) -> usize {
    let line_feed = text.iter().rposition(|&b| b == b'\n');
    line_feed.map_or(0, |line_feed| line_feed + 1)
}

/// The length of the line feed and the whole lines after it that both texts end with.
fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let blocks = a
        .rchunks_exact(BLOCK)
        .zip(b.rchunks_exact(BLOCK))
        .take_while(|(a, b)| a == b)
        .count();
    let end = blocks * BLOCK;
    let same = a[..a.len() - end]
        .iter()
        .rev()
        .zip(b[..b.len() - end].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let same = end + same;
    let start = a.len() - same;
    // The rest must be whole lines in both: it starts after a line feed that both have, or is all
    // of one text if the other has a line feed before it.
    let line_before = |text: &[u8]| text.len() == same || text[text.len() - same - 1] == b'\n';
    if line_before(a) && line_before(b) {
        return same;
    }
    a[start..]
        .iter()
        .position(|&b| b == b'\n')
        .map_or(0, |line_feed| same - line_feed - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Artefact;

    fn check(before: &[&str], after: &[&str], expected: (usize, &[&str], &[&str])) {
        let [before, after] =
            [before, after].map(|records| Artefact::from_canonical_records("a", records));
        let [before, after] = [&before, &after].map(|artefact| artefact.text());
        let same = first_difference(before, after).unwrap();
        let middle = middle(before, after, same).unwrap();
        assert_eq!((middle.offset, &*middle.before, &*middle.after), expected);
    }

    #[test]
    fn equal_lines_at_both_ends_are_left_out() {
        check(&["1", "2", "3"], &["1", "4", "3"], (1, &["2"], &["4"]));
        check(&["1", "2", "3"], &["0", "1", "2", "3"], (0, &[], &["0"]));
        check(&["11", "2"], &["1", "2"], (0, &["11"], &["1"]));
        check(&["12", "3"], &["2", "3"], (0, &["12"], &["2"]));
        check(&[], &["1"], (0, &[], &["1"]));
        // The last line has no comma, so that it differs as bytes from the same line before it.
        check(&["1"], &["1", "2"], (0, &["1"], &["1", "2"]));
    }

    #[test]
    fn a_line_without_text_is_a_record() {
        // As in texts that are not in layout.
        let middle = middle(b"[\n1\n2\n]\n", b"[\n\n2\n]\n", 2).unwrap();
        assert_eq!((&*middle.before, &*middle.after), (&["1"][..], &[""][..]));
    }

    #[test]
    fn equal_ends_may_be_longer_than_a_block() {
        let ends: Vec<String> = (0..BLOCK).map(|n| n.to_string()).collect();
        let with = |middle: &str| {
            let mut records = ends.clone();
            records.push(middle.to_owned());
            records.extend(ends.iter().cloned());
            records
        };
        let [before, after] = [with("x"), with("yy")];
        let [before, after] =
            [&before, &after].map(|records| records.iter().map(String::as_str).collect::<Vec<_>>());
        check(&before, &after, (BLOCK, &["x"], &["yy"]));
    }

    proptest! {
        #[test]
        fn no_record_is_lost(
            before in prop::collection::vec("[12]{1,2}", 0..6),
            after in prop::collection::vec("[12]{1,2}", 0..6),
        ) {
            let texts = [&before, &after].map(|records| Artefact::from_canonical_records("a", records));
            let [a, b] = [texts[0].text(), texts[1].text()];
            let found = first_difference(a, b);
            let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
            prop_assert_eq!(found, (a != b).then_some(same));
            let middle = middle(a, b, found.unwrap_or(a.len())).unwrap();
            let tail = before.len() - middle.offset - middle.before.len();
            prop_assert_eq!(&before[..middle.offset], &after[..middle.offset]);
            prop_assert_eq!(&before[before.len() - tail..], &after[after.len() - tail..]);
            prop_assert_eq!(&middle.before, &before[middle.offset..before.len() - tail]);
            prop_assert_eq!(&middle.after, &after[middle.offset..after.len() - tail]);
        }
    }
}
