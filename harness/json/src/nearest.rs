//! Finds the name that was probably meant, for hints in messages.

/// The name that was probably meant: the one that takes the fewest edits, if they are few.
pub fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let (distance, near) = names
        .iter()
        .map(|other| (edits(name, other), *other))
        .min()?;
    (distance <= 1 + name.chars().count() / 3).then_some(near)
}

fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_count_insertions_removals_and_changes() {
        for (a, b, expected) in [
            ("", "", 0),
            ("ring5", "ring5", 0),
            ("ring5", "ring", 1),
            ("ring5", "wing5", 1),
            ("", "abc", 3),
            ("abc", "cab", 2),
        ] {
            assert_eq!(edits(a, b), expected, "{a} {b}");
        }
        assert_eq!(nearest("rin5", &["gf01", "ring5"]), Some("ring5"));
        assert_eq!(nearest("totally", &["gf01", "ring5"]), None);
    }
}
