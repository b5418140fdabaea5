//! Globs of the settings, as patterns for whole paths.

use std::path::{Path, PathBuf};

use aether_harness::Failure;
use globset::GlobMatcher;
use toml::Spanned;

use crate::Places;
use crate::settings::glob;

/// Patterns for paths.
pub(super) struct Globs(Vec<GlobMatcher>);

impl Globs {
    pub(super) fn of(written: &[Spanned<String>], places: &Places) -> Result<Self, Failure> {
        let patterns = written
            .iter()
            .map(|written| matcher(&pattern(written.get_ref(), places)));
        patterns.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        self.0.iter().any(|glob| glob.is_match(path))
    }
}

/// What a pattern matches.
///
/// # Errors
/// It is not a glob.
pub(super) fn matcher(pattern: &str) -> Result<GlobMatcher, Failure> {
    let glob = glob(pattern).map_err(|error| Failure::invalid(error.to_string()))?;
    Ok(glob.compile_matcher())
}

/// A pattern for whole paths. Without `{root}` or `{scenario}` it is one below the scenario's directory,
/// and without a slash one of a name anywhere in it.
pub(super) fn pattern(written: &str, places: &Places) -> String {
    let escaped = |path: &Path| globset::escape(&path.to_string_lossy());
    if !written.starts_with("{root}") && !written.starts_with("{scenario}") {
        let inner = if written.contains('/') { "" } else { "**/" };
        return format!("{}/{inner}{written}", escaped(&places.scenario));
    }
    written
        .replace("{scenario}", &escaped(&places.scenario))
        .replace("{root}", &escaped(&places.root))
}

/// The directory, or file, that a pattern begins with before anything that is not literal.
pub(super) fn literal_base(pattern: &str) -> PathBuf {
    let unescaped = |part: &str| {
        let mut text = part.to_owned();
        for c in ['?', '*', '[', ']', '{', '}'] {
            text = text.replace(&format!("[{c}]"), &c.to_string());
        }
        text
    };
    let parts = pattern.split('/').map(unescaped);
    let is_literal = |part: &String| !part.contains(['*', '?', '[', '{']);
    let literal: Vec<String> = parts.take_while(is_literal).collect();
    PathBuf::from(literal.join("/"))
}
