//! What has no role: what git ignores, and what editors and systems leave behind.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The `.gitignore` files of a working tree, each read once.
///
/// They are read themselves, so that a checkout and an archive without `.git` are the same. What one
/// machine ignores in addition (`core.excludesFile`, `.git/info/exclude`) does not count.
pub(super) struct Ignored {
    /// The directory that git has, else the root.
    top: PathBuf,
    files: RefCell<BTreeMap<PathBuf, Rc<Gitignore>>>,
}

impl Ignored {
    pub(super) fn below(root: &Path) -> Self {
        let top = root.ancestors().find(|dir| dir.join(".git").exists());
        Self {
            top: top.unwrap_or(root).to_owned(),
            files: RefCell::default(),
        }
    }

    /// Whether git ignores this file or directory, or one of the directories that it is in.
    pub(super) fn covers(&self, path: &Path, is_dir: bool) -> bool {
        if !path.starts_with(&self.top) {
            return false;
        }
        let mut parts: Vec<&Path> = path
            .ancestors()
            .take_while(|part| *part != self.top)
            .collect();
        parts.reverse();
        let last = parts.len().saturating_sub(1);
        (0..)
            .zip(parts)
            .any(|(index, part)| self.has(part, is_dir || index < last))
    }

    /// Whether the nearest file that speaks of this path ignores it.
    fn has(&self, path: &Path, is_dir: bool) -> bool {
        let dirs = path.ancestors().skip(1);
        for dir in dirs.take_while(|dir| dir.starts_with(&self.top)) {
            let file = self.file(dir);
            let matched = file.matched(path, is_dir);
            if !matched.is_none() {
                return matched.is_ignore();
            }
        }
        false
    }

    fn file(&self, dir: &Path) -> Rc<Gitignore> {
        let mut files = self.files.borrow_mut();
        let file = files.entry(dir.to_owned()).or_insert_with(|| {
            let path = dir.join(".gitignore");
            let mut builder = GitignoreBuilder::new(dir);
            if path.is_file() {
                // As git does, a line that cannot be read is skipped.
                let _ = builder.add(path);
            }
            Rc::new(builder.build().unwrap_or_else(|_| Gitignore::empty()))
        });
        Rc::clone(file)
    }
}

/// Whether editors and operating systems leave files or directories of this name behind.
pub(super) fn is_litter(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    matches!(&*name, ".DS_Store" | "Thumbs.db" | "__pycache__" | ".git")
        || name.ends_with('~')
        || (name.starts_with('.') && name.ends_with(".swp"))
}
