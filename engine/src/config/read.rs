//! [`ReadDocument`]: how documents are read. The loader itself does not access the file system.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A source of documents.
///
/// Paths are passed as the documents give them: relative to the reader's base, and with any `..`.
pub trait ReadDocument {
    /// The bytes of a document, at most `size_max` + 1 of them; the extra byte shows that the
    /// document is larger.
    ///
    /// # Errors
    ///
    /// Any error of the reader. Reports use only the [`io::ErrorKind`], since the rest of an
    /// operating system's message differs between machines.
    fn read(&self, path: &Path, size_max: u64) -> io::Result<Vec<u8>>;

    /// Names of the files beside a path: what a directory holds, and a suggestion if the file does not exist.
    ///
    /// # Errors
    ///
    /// The directory cannot be read.
    fn siblings(&self, path: &Path) -> io::Result<Vec<String>> {
        let _ = path;
        Ok(Vec::new())
    }

    /// The directory that relative paths start at; reports show what is below it relative to it.
    fn base(&self) -> Option<&Path> {
        None
    }
}

/// Documents as files below a base directory.
#[derive(Clone, Debug)]
pub struct FileSystem {
    base: PathBuf,
}

impl FileSystem {
    /// Reads files, relative paths from `base`: the working directory of a command, the root of a
    /// registry.
    #[must_use]
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into() }
    }
}

impl ReadDocument for FileSystem {
    fn read(&self, path: &Path, size_max: u64) -> io::Result<Vec<u8>> {
        use io::Read as _;
        let file = aether_disk::File::open(self.base.join(path))?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let size = metadata.len().min(size_max).saturating_add(1);
        let mut bytes = Vec::new();
        // Reserve space for the whole file; if that fails, reading allocates as needed.
        if let Ok(size) = usize::try_from(size) {
            bytes.reserve_exact(size);
        }
        file.take(size_max.saturating_add(1))
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn siblings(&self, path: &Path) -> io::Result<Vec<String>> {
        let path = self.base.join(path);
        let mut names = Vec::new();
        if let Some(directory) = path.parent() {
            for entry in aether_disk::read_dir(directory)? {
                names.extend(entry?.file_name().into_string());
            }
        }
        names.sort();
        Ok(names)
    }

    fn base(&self) -> Option<&Path> {
        Some(&self.base)
    }
}

/// Documents in memory, by normal `/`-separated path.
#[derive(Clone, Debug, Default)]
pub struct MemoryDocuments {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryDocuments {
    /// No documents.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a document, or replaces it.
    pub fn insert(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.to_owned(), bytes.into());
    }

    /// The same with a document added.
    #[must_use]
    pub fn with(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.insert(path, bytes);
        self
    }
}

impl ReadDocument for MemoryDocuments {
    fn read(&self, path: &Path, _size_max: u64) -> io::Result<Vec<u8>> {
        let bytes = self.files.get(&shown_path(path, None));
        bytes.cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn siblings(&self, path: &Path) -> io::Result<Vec<String>> {
        let shown = shown_path(path, None);
        let directory = shown
            .rsplit_once('/')
            .map_or("", |(directory, _)| directory);
        let below = self.files.keys().filter_map(|file| match directory {
            "" => Some(file.as_str()),
            _ => file.strip_prefix(directory)?.strip_prefix('/'),
        });
        let names = below.filter(|rest| !rest.contains('/'));
        Ok(names.map(str::to_owned).collect())
    }
}

/// A path as reports and resolved documents show it: `..` and `.` resolved by name, `/` between
/// parts, relative where it is below the base.
pub(crate) fn shown_path(path: &Path, base: Option<&Path>) -> String {
    let mut path = normal(path);
    let base = base.map(normal).filter(|base| !base.as_os_str().is_empty());
    if let Some(below) = base.and_then(|base| Some(path.strip_prefix(base).ok()?.to_owned())) {
        path = below;
    }
    let mut shown = String::new();
    for component in path.components() {
        match component {
            Component::RootDir => shown.push('/'),
            Component::Prefix(prefix) => shown.push_str(&prefix.as_os_str().to_string_lossy()),
            _ => {
                if !shown.is_empty() && !shown.ends_with('/') {
                    shown.push('/');
                }
                shown.push_str(&component.as_os_str().to_string_lossy());
            }
        }
    }
    shown
}

/// The path without `.` and with every `..` resolved by name, as far as it can be.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match normal.components().next_back() {
                Some(Component::Normal(_)) => {
                    normal.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => normal.push(".."),
            },
            other => normal.push(other),
        }
    }
    normal
}

/// The description of a failed read, the same on every system.
pub(crate) fn error_words(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file",
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::IsADirectory => "it is a directory",
        io::ErrorKind::NotADirectory => "a part of its path is not a directory",
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => {
            "no file can have that name"
        }
        io::ErrorKind::Interrupted | io::ErrorKind::TimedOut => "reading it was interrupted",
        _ if aether_disk::leads_in_circles(error) => "links lead to one another",
        _ => "reading it failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_paths_are_normal_and_relative_to_the_base() {
        let check = |path: &str, base: Option<&str>, expected: &str| {
            assert_eq!(
                shown_path(Path::new(path), base.map(Path::new)),
                expected,
                "{path}"
            );
        };
        check(
            "scenarios/gf01/../../fixtures/./a.json",
            None,
            "fixtures/a.json",
        );
        check("../a/../b.json", None, "../b.json");
        check(
            "/work/x/scenarios/run.toml",
            Some("/work/x"),
            "scenarios/run.toml",
        );
        check("/work/x/../y/run.toml", Some("/work/x"), "/work/y/run.toml");
        check("/../run.toml", None, "/run.toml");
        check("a.json", Some("."), "a.json");
    }

    #[test]
    fn memory_lists_the_files_beside_a_path() {
        let memory = MemoryDocuments::new()
            .with("a/x.json", "")
            .with("a/b/y.json", "")
            .with("z.json", "");
        let siblings = |path: &str| memory.siblings(Path::new(path)).unwrap();
        assert_eq!(siblings("a/none.json"), ["x.json"]);
        assert_eq!(siblings("none.json"), ["z.json"]);
    }
}
