//! Walks directories: regular files, links followed once, and no pipe is ever opened.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aether_disk as fs;
use aether_harness::{Failure, Layout};

use super::ignored::{Ignored, is_litter};

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leads {
    /// To this regular file below the root.
    Inside(PathBuf),
    /// To this regular file elsewhere.
    Outside(PathBuf),
    /// Out of the root or nowhere: a link with this text.
    Link(PathBuf),
}

/// One file that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct File {
    /// The path by which it was found.
    pub(super) path: PathBuf,
    pub(super) leads: Leads,
}

impl Leads {
    /// The file whose content is read; `None` for a link that is not followed.
    pub(super) fn real(&self) -> Option<&Path> {
        match self {
            Self::Inside(real) | Self::Outside(real) => Some(real),
            Self::Link(_) => None,
        }
    }
}

/// What this path leads to; `None` if it is not a file: a directory, a pipe, a device.
pub(super) fn file(path: &Path, root: &Path) -> Option<File> {
    let real = fs::canonicalize(path).ok()?;
    let leads = if !real.is_file() {
        return None;
    } else if real.starts_with(real_root(root)) {
        Leads::Inside(real)
    } else {
        Leads::Outside(real)
    };
    let path = path.to_owned();
    Some(File { path, leads })
}

pub(super) fn real_root(root: &Path) -> PathBuf {
    fs::canonicalize(root).unwrap_or_else(|_| root.to_owned())
}

/// Every file below `dir` except those that `skip` names, in order. A link that stays in the root is
/// followed; each real file and directory is visited once, first by its own path, so that cycles end.
///
/// # Errors
/// A directory cannot be read.
pub(super) fn below(
    dir: &Path,
    root: &Path,
    skip: &dyn Fn(&Path, bool) -> bool,
) -> Result<Vec<File>, Failure> {
    let root = real_root(root);
    let mut walk = Walk {
        found: Vec::new(),
        seen: BTreeSet::new(),
        links: BTreeSet::new(),
        skip,
    };
    walk.enter(dir)?;
    while let Some(link) = walk.links.pop_first() {
        walk.follow(&link, &root)?;
    }
    walk.found.sort();
    Ok(walk.found)
}

struct Walk<'a> {
    found: Vec<File>,
    /// Real files and directories that were visited.
    seen: BTreeSet<PathBuf>,
    /// Links that were not followed yet.
    links: BTreeSet<PathBuf>,
    skip: &'a dyn Fn(&Path, bool) -> bool,
}

impl Walk<'_> {
    /// Visits a directory and all below it: directories may be nested more deeply than a stack is.
    fn enter(&mut self, dir: &Path) -> Result<(), Failure> {
        let mut dirs = vec![dir.to_owned()];
        while let Some(dir) = dirs.pop() {
            let unreadable = |error: &std::io::Error| Failure::unreadable(&dir, error);
            let real = fs::canonicalize(&dir).map_err(|error| unreadable(&error))?;
            if !self.seen.insert(real) {
                continue;
            }
            for entry in fs::read_dir(&dir).map_err(|error| unreadable(&error))? {
                let entry = entry.map_err(|error| unreadable(&error))?;
                let kind = entry.file_type().map_err(|error| unreadable(&error))?;
                let path = entry.path();
                if (self.skip)(&path, kind.is_dir()) {
                    continue;
                }
                if kind.is_symlink() {
                    self.links.insert(path);
                } else if kind.is_dir() {
                    dirs.push(path);
                } else if kind.is_file() {
                    let real = fs::canonicalize(&path).map_err(|error| unreadable(&error))?;
                    self.seen.insert(real.clone());
                    let leads = Leads::Inside(real);
                    self.found.push(File { path, leads });
                }
            }
        }
        Ok(())
    }

    fn follow(&mut self, link: &Path, root: &Path) -> Result<(), Failure> {
        let Ok(real) = fs::canonicalize(link) else {
            return self.as_link(link);
        };
        let is_inside = real.starts_with(root);
        if real.is_dir() && is_inside {
            return self.enter(link);
        }
        if !real.is_file() {
            // A pipe or device below the root is not a document; elsewhere the link is one.
            return if is_inside {
                Ok(())
            } else {
                self.as_link(link)
            };
        }
        if !is_inside {
            self.found.push(File {
                path: link.to_owned(),
                leads: Leads::Outside(real),
            });
        } else if self.seen.insert(real.clone()) {
            self.found.push(File {
                path: link.to_owned(),
                leads: Leads::Inside(real),
            });
        }
        Ok(())
    }

    fn as_link(&mut self, link: &Path) -> Result<(), Failure> {
        let text = fs::read_link(link).map_err(|error| Failure::unreadable(link, &error))?;
        self.found.push(File {
            path: link.to_owned(),
            leads: Leads::Link(text),
        });
        Ok(())
    }
}

/// Every file of a workspace that could have a role, except those below the target directory. Links are left
/// out: what they lead to below the root is found by itself.
pub(crate) fn candidates(layout: &Layout) -> Vec<PathBuf> {
    let ignored = Ignored::below(layout.root());
    let skip = |path: &Path, is_dir: bool| {
        path == layout.target() || is_litter(path) || ignored.covers(path, is_dir)
    };
    let mut found = Vec::new();
    let mut dirs = vec![layout.root().to_owned()];
    while let Some(dir) = dirs.pop() {
        // What cannot be read has no role, and what is gone meanwhile is not there.
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let path = entry.path();
            if skip(&path, kind.is_dir()) {
                continue;
            }
            if kind.is_dir() {
                dirs.push(path);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    found
}
