//! The records of an array artefact: lines of its text.

/// The lines of two array artefacts between those that both begin and both end with.
pub(crate) struct Middle<'t> {
    /// How many records precede these.
    pub(crate) offset: usize,
    pub(crate) before: Vec<&'t str>,
    pub(crate) after: Vec<&'t str>,
}

/// Cuts two array artefacts into records, leaving out equal ones at both ends as bytes; `None`
/// if either is not an array in golden layout.
pub(crate) fn middle<'t>(before: &'t str, after: &'t str) -> Option<Middle<'t>> {
    let (before, after) = (body(before)?, body(after)?);
    let prefix = common_prefix(before.as_bytes(), after.as_bytes());
    let (a, b) = (&before[prefix..], &after[prefix..]);
    let suffix = common_suffix(a.as_bytes(), b.as_bytes());
    Some(Middle {
        offset: count_lines(&before.as_bytes()[..prefix]),
        before: lines(&a[..a.len() - suffix]),
        after: lines(&b[..b.len() - suffix]),
    })
}

/// All records of an array artefact; `None` if it is not an array in golden layout.
pub(crate) fn all(text: &str) -> Option<Vec<&str>> {
    body(text).map(lines)
}

/// The text between the lines of the brackets.
fn body(text: &str) -> Option<&str> {
    if text == "[]\n" {
        return Some("");
    }
    text.strip_prefix("[\n")?.strip_suffix("\n]\n")
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

fn count_lines(text: &[u8]) -> usize {
    text.iter().filter(|&&b| b == b'\n').count()
}

const BLOCK: usize = 4096;

/// The length of the whole lines that both texts begin with.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    // Whole blocks are compared as memory; only the block that differs is looked at.
    let blocks = a
        .chunks_exact(BLOCK)
        .zip(b.chunks_exact(BLOCK))
        .take_while(|(a, b)| a == b)
        .count();
    let start = blocks * BLOCK;
    let same = a[start..]
        .iter()
        .zip(&b[start..])
        .take_while(|(a, b)| a == b)
        .count();
    let same = start + same;
    a[..same]
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |line_feed| line_feed + 1)
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
        let [before, after] = [&before, &after].map(|a| std::str::from_utf8(a.text()).unwrap());
        let middle = middle(before, after).unwrap();
        assert_eq!(
            (middle.offset, &*middle.before, &*middle.after),
            expected,
            "{before} {after}"
        );
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

    proptest! {
        #[test]
        fn no_record_is_lost(
            before in prop::collection::vec("[12]{1,2}", 0..6),
            after in prop::collection::vec("[12]{1,2}", 0..6),
        ) {
            let texts = [&before, &after].map(|records| Artefact::from_canonical_records("a", records));
            let [a, b] = [&texts[0], &texts[1]].map(|a| std::str::from_utf8(a.text()).unwrap());
            let middle = middle(a, b).unwrap();
            let tail = before.len() - middle.offset - middle.before.len();
            prop_assert_eq!(&before[..middle.offset], &after[..middle.offset]);
            prop_assert_eq!(&before[before.len() - tail..], &after[after.len() - tail..]);
            prop_assert_eq!(&middle.before, &before[middle.offset..before.len() - tail]);
            prop_assert_eq!(&middle.after, &after[middle.offset..after.len() - tail]);
        }
    }
}
