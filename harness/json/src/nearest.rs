//! Finds the name that was probably meant, for hints in messages about documents.

/// Names longer than this, in bytes, get no hint: a comparison costs the product of the lengths.
const LENGTH_MAX: usize = 128;

/// The candidate that was probably meant, or `None` if none is near enough.
///
/// Near is one slip in three characters: a character added, left out or changed, or two neighbours
/// swapped. Case, and `-` or a space for `_`, count as no slip. The first of several nearest wins.
///
/// ```
/// use aether_json::nearest;
///
/// assert_eq!(nearest("tikcs", ["ticks", "windows"]), Some("ticks"));
/// assert_eq!(nearest("Run-Id", ["ticks", "run_id"]), Some("run_id"));
/// assert_eq!(nearest("topology", ["ticks", "windows"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.len() > LENGTH_MAX {
        return None;
    }
    let plain = |text: &str| -> Vec<char> {
        let lower = text.chars().flat_map(char::to_lowercase);
        lower
            .map(|c| if matches!(c, '-' | ' ') { '_' } else { c })
            .collect()
    };
    let word = plain(word);
    let mut best: Option<(&str, usize)> = None;
    for candidate in candidates {
        let plain = plain(candidate);
        let distance = slips(&word, &plain);
        let near = distance <= word.len().max(plain.len()) / 3;
        if near && best.is_none_or(|(_, least)| distance < least) {
            best = Some((candidate, distance));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// The least number of slips between two words (the optimal string alignment distance).
///
/// Row i holds the distances of the first i characters of `a` from every beginning of `b`.
fn slips(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_insertions_removals_changes_and_swaps() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (a, b, expected) in [
            ("", "", 0),
            ("ring5", "ring5", 0),
            ("ring5", "ring", 1),
            ("ring5", "wing5", 1),
            ("", "abc", 3),
            ("abc", "cab", 2),
            ("tikcs", "ticks", 1),
            ("ab", "ba", 1),
        ] {
            assert_eq!(slips(&chars(a), &chars(b)), expected, "{a} {b}");
            assert_eq!(slips(&chars(b), &chars(a)), expected, "{b} {a}");
        }
    }

    #[test]
    fn slips_case_and_separators_are_forgiven_and_no_other_word_is_named() {
        let fields = ["ticks", "windows", "run_id", "window_every", "N"];
        for (word, expected) in [
            ("tikcs", Some("ticks")),
            ("Ticks", Some("ticks")),
            ("run-id", Some("run_id")),
            ("window_evry", Some("window_every")),
            ("n", Some("N")),
            ("x", None),
            ("topology", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, fields), expected, "{word}");
        }
        assert_eq!(nearest("rin5", ["gf01", "ring5"]), Some("ring5"));
        assert_eq!(nearest("abcd", ["abce", "abcf"]), Some("abce"));
        assert_eq!(nearest("abcd", ["abce", "abcd"]), Some("abcd"));
        let [longest, longer] = [128, 129].map(|length| "n".repeat(length));
        assert_eq!(nearest(&longest, [&*longest]), Some(&*longest));
        assert_eq!(nearest(&longer, [&*longer]), None);
    }
}
