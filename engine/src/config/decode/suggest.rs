//! Writes lists of legal words for messages.

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
    fn lists_read_as_sentences() {
        assert_eq!(list_of(["a"], "or"), "`a`");
        assert_eq!(list_of(["a", "b", "c"], "and"), "`a`, `b` and `c`");
    }
}
