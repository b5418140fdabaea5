//! Checks that files are changed in one place: through `aether-disk`, where a test decides how each
//! operation ends.

use std::fs;
use std::path::{Path, PathBuf};

use aether_harness::Layout;

/// The sources whose file operations tests let fail. `xtask` and `aether-disk` itself are not among
/// them.
const SOURCES: [&str; 12] = [
    "engine/src",
    "engine/cli/src",
    "engine/sha-lanes/src",
    "engine/subject/src",
    "engine/sweep/src",
    "engine/vtab/src",
    "harness/src",
    "harness/cli/src",
    "harness/diff/src",
    "harness/json/src",
    "harness/program/src",
    "harness/why/src",
];

/// What changes files past the seam, as code spells it, and what to use instead.
const FORBIDDEN: [(&str, &str); 15] = [
    ("fs::OpenOptions", "aether_disk::OpenOptions"),
    ("std::fs::File", "aether_disk::File"),
    ("std::fs::copy", "aether_disk::copy"),
    ("std::fs::create_dir", "aether_disk::create_dir"),
    ("std::fs::hard_link", "aether_disk::hard_link"),
    ("std::fs::remove_", "aether_disk::remove_file"),
    ("std::fs::rename", "aether_disk::rename"),
    ("std::fs::set_permissions", "aether_disk::set_permissions"),
    ("std::fs::write", "aether_disk::write"),
    ("unix::fs::symlink(", "aether_disk::symlink"),
    ("tempfile::NamedTempFile", "aether_disk::Replacement"),
    (".tempfile_in(", "make_in with aether_disk::File"),
    (".tempdir_in(", "make_in with aether_disk::create_dir"),
    ("rustix::fs::renameat", "aether_disk::perform"),
    ("rustix::fs::unlink", "aether_disk::remove_file"),
];

/// Calls of functions that change files, of a module that was imported from the standard library.
const IMPORTED: [&str; 12] = [
    "fs::write(",
    "fs::copy(",
    "fs::create_dir(",
    "fs::create_dir_all(",
    "fs::hard_link(",
    "fs::remove_file(",
    "fs::remove_dir(",
    "fs::remove_dir_all(",
    "fs::rename(",
    "fs::set_permissions(",
    "File::create",
    "File::options(",
];

/// Files with something of [`FORBIDDEN`], and why.
const ALLOWED: [(&str, &str, &str); 4] = [
    (
        "engine/subject/src/resume.rs",
        ".tempdir_in(",
        "a directory of one run, which no command reads later",
    ),
    (
        "harness/cli/src/shrink/keep.rs",
        ".tempdir_in(",
        "the directory of a kept case, which is renamed when it is whole",
    ),
    (
        "harness/cli/src/revision/git.rs",
        "std::fs::File",
        "a file without a name, which nothing can be lost from",
    ),
    (
        "harness/src/varying/moment.rs",
        "std::fs::File",
        "a file of the system, which is only read",
    ),
];

/// Reports code that changes files past the seam.
pub(crate) fn seam(paths: &Layout) -> Vec<String> {
    let mut problems = Vec::new();
    for source in SOURCES {
        let mut files = Vec::new();
        collect(&paths.root().join(source), &mut files);
        files.sort();
        for file in files {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let shown = paths.display(&file).to_string();
            problems.extend(
                past(&text)
                    .into_iter()
                    .filter_map(|(line, found, instead)| {
                        let is_allowed = ALLOWED
                            .iter()
                            .any(|(file, word, _)| *file == shown && *word == found);
                        (!is_allowed).then(|| {
                            format!("{shown}:{line}: `{found}` passes by the seam; use {instead}")
                        })
                    }),
            );
        }
    }
    problems
}

/// The lines outside tests that change files past the seam, with what was found and what to use.
fn past(text: &str) -> Vec<(usize, &'static str, &'static str)> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let is_imported = text
        .lines()
        .any(|line| line.starts_with("use std::fs;") || line.starts_with("use std::fs::{"));
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim_start().starts_with("//") {
            continue;
        }
        let forbidden = FORBIDDEN.iter().filter(|(word, _)| line.contains(word));
        // To open a file for reading changes nothing.
        let forbidden = forbidden.filter(|_| !line.contains("File::open("));
        found.extend(forbidden.map(|&(word, instead)| (number, word, instead)));
        if is_imported {
            let called = IMPORTED.iter().filter(|word| line.contains(*word));
            found.extend(called.map(|&word| (number, word, "aether_disk")));
        }
    }
    found
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            collect(&path, files);
        } else if name.ends_with(".rs") && !name.starts_with("tests") {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&'static str> {
        past(text).into_iter().map(|(_, word, _)| word).collect()
    }

    #[test]
    fn every_way_past_the_seam_is_found() {
        for (word, _) in FORBIDDEN {
            assert_eq!(words(&format!("    {word};")), [word]);
        }
        for word in IMPORTED {
            assert_eq!(words(&format!("use std::fs;\n{word}path)?;")), [word]);
            let through = format!("use aether_disk as fs;\n{word}path)?;");
            assert!(words(&through).is_empty());
        }
        assert!(words("let f = std::fs::File::open(path)?;").is_empty());
        assert!(words("// std::fs::write\n#[cfg(test)]\nmod tests { std::fs::write }").is_empty());
    }

    #[test]
    fn this_repository_has_none() {
        let layout = Layout::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        assert_eq!(seam(&layout), Vec::<String>::new());
    }
}
