//! Checks pages, messages and comments for phrases that a native reader has to decode.

use std::fs;
use std::path::{Path, PathBuf};

use aether_harness::Layout;

/// A phrase, and what to write in its place.
const PHRASES: [(&str, &str); 22] = [
    ("none where", "`None` if"),
    ("None where", "`None` if"),
    ("where there is none", "if there is none"),
    ("where there are none", "if there are none"),
    ("is another one", "differs, changed"),
    ("is no more", "is gone, has ended"),
    ("stands for itself", "is literal"),
    ("stands twice", "duplicate, first defined here"),
    ("made other bytes", "produced different bytes"),
    ("makes other bytes", "produces different bytes"),
    ("whose fault", "what causes"),
    ("is told as", "is reported as"),
    ("are told as", "are reported as"),
    ("is told by", "is identified by, is reported by"),
    ("a file a trial", "one file per trial"),
    ("one file a ", "one file per "),
    ("one record a line", "one record per line"),
    ("surroundings", "environment"),
    ("Judgement", "CheckResult"),
    ("is no JSON", "is not JSON"),
    ("is no number", "is not a number"),
    ("is no measure", "skipped: …"),
];

/// Files that quote what they replace: this one, and the changelog.
const QUOTED: [&str; 2] = ["xtask/src/english.rs", "CHANGELOG.md"];

/// The folders and files that are checked.
const READ: [&str; 7] = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs",
    "engine",
    "harness",
    "xtask",
];

/// Reports lines with a phrase that the style of this project avoids.
pub(crate) fn english(paths: &Layout) -> Vec<String> {
    let mut files = Vec::new();
    for start in READ {
        collect(&paths.root().join(start), &mut files);
    }
    files.sort();
    files
        .iter()
        .filter(|path| !QUOTED.iter().any(|quoted| path.ends_with(quoted)))
        .flat_map(|path| problems(path, &paths.display(path)))
        .collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let is_made = path.file_name().is_some_and(|name| name == "target");
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        for entry in entries.filter(|_| !is_made) {
            collect(&entry.path(), files);
        }
    } else if path
        .extension()
        .is_some_and(|extension| extension == "rs" || extension == "md")
    {
        files.push(path.to_owned());
    }
}

fn problems(path: &Path, shown: &str) -> Vec<String> {
    let Ok(text) = fs::read_to_string(path) else {
        return vec![format!("{shown}: cannot be read")];
    };
    let mut problems = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (phrase, better) in PHRASES {
            if line.contains(phrase) {
                let line = index + 1;
                problems.push(format!("{shown}:{line}: `{phrase}`: write {better}"));
            }
        }
    }
    problems
}
