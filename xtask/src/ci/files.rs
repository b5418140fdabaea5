//! The files through which a step hands on values: `GITHUB_OUTPUT`, `GITHUB_ENV` and the like.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// The values of a file: lines `name=value`, or several lines between `name<<END` and `END`.
///
/// # Errors
/// A line is neither.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut values = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (at, several) = (line.find('='), line.find("<<"));
        match (at, several) {
            (at, Some(several)) if at.is_none_or(|at| several < at) => {
                let (name, end) = (&line[..several], &line[several + 2..]);
                let mut value = Vec::new();
                loop {
                    match lines.next() {
                        Some(line) if line == end => break,
                        Some(line) => value.push(line),
                        None => return Err(format!("`{line}`: `{end}` is missing")),
                    }
                }
                values.insert(name.to_owned(), value.join("\n"));
            }
            (Some(at), _) => {
                values.insert(line[..at].to_owned(), line[at + 1..].to_owned());
            }
            (None, _) => return Err(format!("`{line}`: expected name=value")),
        }
    }
    Ok(values)
}

/// Adds a text to a file.
///
/// # Errors
/// It cannot be written.
pub(super) fn append(path: &Path, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut file = File::options().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_one_line_or_several() {
        let found = read("a=1\n\nb=x=y\nlong<<END\nfirst\n=second\nEND\nc=\n").unwrap();
        let expected = [
            ("a", "1"),
            ("b", "x=y"),
            ("c", ""),
            ("long", "first\n=second"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, BTreeMap::from(expected));
        assert!(read("word\n").is_err());
        assert!(
            read("a<<END\n1\n")
                .unwrap_err()
                .contains("`END` is missing")
        );
    }
}
