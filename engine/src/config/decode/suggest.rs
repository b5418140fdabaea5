//! The word that was probably meant, and lists of the words that are legal.

/// The candidate nearest to a word, where one is near enough to be what was meant.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // A comparison costs the product of the lengths, and no name is that long.
    if word.is_empty() || word.len() > 128 {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let word = plain(word);
    let mut best: Option<(&str, usize)> = None;
    for candidate in candidates {
        let distance = strsim::damerau_levenshtein(&word, &plain(candidate));
        let longest = word.chars().count().max(candidate.chars().count());
        // One slip in three characters, as rustc has it; what differs only by case always counts.
        let near = distance <= longest / 3;
        if near && best.is_none_or(|(_, least)| distance < least) {
            best = Some((candidate, distance));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// Words in a sentence: `a`, `a or b`, `a, b or c`, each in back quotes.
pub(crate) fn list_of<'a>(words: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let mut quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    let Some(end) = quoted.pop() else {
        return "nothing".to_owned();
    };
    if quoted.is_empty() {
        end
    } else {
        format!("{} {last} {end}", quoted.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_forgives_slips_case_and_separators_but_no_other_word() {
        let fields = ["ticks", "windows", "run_id", "window_every", "N"];
        assert_eq!(nearest("tikcs", fields), Some("ticks"));
        assert_eq!(nearest("Ticks", fields), Some("ticks"));
        assert_eq!(nearest("run-id", fields), Some("run_id"));
        assert_eq!(nearest("window_evry", fields), Some("window_every"));
        assert_eq!(nearest("n", fields), Some("N"));
        assert_eq!(nearest("x", fields), None);
        assert_eq!(nearest("topology", fields), None);
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list_of(["a"], "or"), "`a`");
        assert_eq!(list_of(["a", "b", "c"], "and"), "`a`, `b` and `c`");
    }
}
