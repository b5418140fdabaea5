//! Names of scenarios: directory names, file names and parts of trial names at once.

use std::fmt;

/// A valid scenario name: ASCII letters, digits, `.`, `_` and `-`, at most 128 of them, not starting
/// with a dot or a hyphen, not ending in a dot, and not the name of a device of Windows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScenarioName(String);

/// A name that cannot be a scenario's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing.
    #[error("the name is empty")]
    Empty,
    /// There is too much.
    #[error("the name has {0} characters; at most 128 are allowed")]
    Long(usize),
    /// It would be hidden.
    #[error("the name starts with a dot")]
    Dot,
    /// Commands would take it for an option.
    #[error("the name starts with a hyphen; commands would take it for an option")]
    Hyphen,
    /// Windows drops the dot.
    #[error("the name ends in a dot, which Windows cannot store")]
    LastDot,
    /// Windows keeps it for a device.
    #[error("`{0}` is the name of a device on Windows, which cannot store a file of this name")]
    Device(String),
    /// It has a character that file systems or filters do not agree on.
    #[error("the name contains {0:?}; ASCII letters, digits, '.', '_' and '-' are allowed")]
    Character(char),
}

impl ScenarioName {
    /// Checks a name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
        let name = name.into();
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if let Some(c) = name.chars().find(|&c| !allowed(c)) {
            return Err(NameError::Character(c));
        }
        if name.starts_with('.') {
            return Err(NameError::Dot);
        }
        if name.starts_with('-') {
            return Err(NameError::Hyphen);
        }
        if name.ends_with('.') {
            return Err(NameError::LastDot);
        }
        if let Some(device) = device(&name) {
            return Err(NameError::Device(device.to_owned()));
        }
        if name.len() > 128 {
            return Err(NameError::Long(name.len()));
        }
        Ok(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The part of a file's name that Windows takes for a device, whatever follows its first dot.
pub(crate) fn device(name: &str) -> Option<&str> {
    let stem = name.split('.').next().unwrap_or_default();
    let lower = stem.to_ascii_lowercase();
    let is_numbered = |prefix: &str| {
        let number = lower.strip_prefix(prefix);
        number.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
    };
    let is_device = matches!(&*lower, "con" | "prn" | "aux" | "nul");
    (is_device || is_numbered("com") || is_numbered("lpt")).then_some(stem)
}

impl fmt::Display for ScenarioName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for ScenarioName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_file_names() {
        for good in [
            "gf01",
            "a",
            "A.b_c-9",
            "9",
            "a..b",
            "com",
            "com10",
            "a.con",
            "cons",
            &"x".repeat(128),
        ] {
            assert_eq!(ScenarioName::new(good).unwrap().as_str(), good);
        }
        let check = |name: &str, error| assert_eq!(ScenarioName::new(name), Err(error));
        check("", NameError::Empty);
        check(".hidden", NameError::Dot);
        check("..", NameError::Dot);
        check("-x", NameError::Hyphen);
        check("a.", NameError::LastDot);
        for device in ["con", "CON", "nul", "Prn", "aux", "com1", "lpt9"] {
            check(device, NameError::Device(device.to_owned()));
            check(&format!("{device}.1"), NameError::Device(device.to_owned()));
        }
        check("a/b", NameError::Character('/'));
        check("a b", NameError::Character(' '));
        check("a::b", NameError::Character(':'));
        check("é", NameError::Character('é'));
        check("a\n", NameError::Character('\n'));
        check(&"x".repeat(129), NameError::Long(129));
    }
}
