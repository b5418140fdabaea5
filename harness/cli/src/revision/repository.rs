//! The repository that a suite is in: it is read, and never written.

use std::path::{Path, PathBuf};

use aether_harness::{Layout, nearest};

use super::git::Git;
use crate::commands::CommandError;

/// What people write for their tree as it is now.
pub(crate) const WORKTREE: &str = "WORKTREE";

/// A repository.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    git: Git,
    top: PathBuf,
    /// The root of the suite, relative to the top: empty, or with a slash at its end.
    prefix: String,
    /// The directory that all its working trees share.
    common: PathBuf,
    objects: PathBuf,
    format: String,
}

/// What is shown of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitInfo {
    /// `YYYY-MM-DD`.
    pub(crate) date: String,
    /// The first line of its message.
    pub(crate) subject: String,
}

/// A commit on its way from git.
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) parents: Vec<String>,
    pub(crate) info: CommitInfo,
}

/// One file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mode: String,
    pub(crate) id: String,
    /// Relative to the root of the suite, or with `../` before it if it is not below.
    pub(crate) path: String,
}

impl Repository {
    /// The repository of a suite.
    ///
    /// # Errors
    /// The suite is in none, or git is not there.
    pub(crate) fn of(layout: &Layout) -> Result<Self, CommandError> {
        let root = layout.root();
        let git = Git::at(root);
        if !git.succeeds(&["rev-parse", "--is-inside-work-tree"])? {
            return Err(CommandError::Usage(format!(
                "{}: this is not in the working tree of a git repository",
                root.display()
            )));
        }
        let said = git.text(&[
            "rev-parse",
            "--show-toplevel",
            "--show-prefix",
            "--git-common-dir",
            "--show-object-format",
            "--git-path",
            "objects",
        ])?;
        let lines: Vec<&str> = said.split('\n').collect();
        let [top, prefix, common, format, objects] = lines[..] else {
            return Err(CommandError::Io(format!(
                "git rev-parse: expected five lines, found {said:?}"
            )));
        };
        let absolute = |path: &str| {
            let path = root.join(path);
            std::fs::canonicalize(&path).unwrap_or(path)
        };
        Ok(Self {
            git,
            top: PathBuf::from(top),
            prefix: prefix.to_owned(),
            common: absolute(common),
            objects: absolute(objects),
            format: format.to_owned(),
        })
    }

    pub(crate) fn git(&self) -> &Git {
        &self.git
    }

    /// The directory of the working tree.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What all its working trees have in common.
    pub(crate) fn common(&self) -> &Path {
        &self.common
    }

    pub(crate) fn objects(&self) -> &Path {
        &self.objects
    }

    /// Its hash function.
    pub(crate) fn format(&self) -> &str {
        &self.format
    }

    /// The commit that a person names.
    ///
    /// # Errors
    /// There is no such commit.
    pub(crate) fn commit(&self, revision: &str) -> Result<String, CommandError> {
        let named = format!("{revision}^{{commit}}");
        let args = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &named,
        ];
        if self.git.succeeds(&args)? {
            return self.git.text(&args);
        }
        if let Some(what) = self.what_is(revision)? {
            return Err(CommandError::Usage(format!(
                "`{revision}` is {what}, and not a commit"
            )));
        }
        let references = self
            .git
            .text(&["for-each-ref", "--format=%(refname:short)"])?;
        let near = nearest(revision, references.lines());
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Err(CommandError::Usage(format!(
            "`{revision}` is not a commit of this repository{hint}"
        )))
    }

    /// What a revision names if it is not a commit, in words; `None` if it names nothing.
    fn what_is(&self, revision: &str) -> Result<Option<&'static str>, CommandError> {
        // After `REVISION:PATH`, git would take `^{}` for a part of the path.
        let args = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            revision,
        ];
        if !self.git.succeeds(&args)? {
            return Ok(None);
        }
        // Behind a tag, what it is of.
        let named = format!("{}^{{}}", self.git.text(&args)?);
        if !self.git.succeeds(&["cat-file", "-e", &named])? {
            return Ok(None);
        }
        Ok(Some(
            match &*self.git.text(&["cat-file", "-t", &named])? {
                "tree" => "a tree, which is a directory of a commit",
                "blob" => "a blob, which is a file of a commit",
                _ => "an object of another kind",
            },
        ))
    }

    /// Whether a commit of this name is here, on a branch or not.
    ///
    /// # Errors
    /// Git cannot be started.
    pub(crate) fn has_commit(&self, id: &str) -> Result<bool, CommandError> {
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let named = format!("{id}^{{commit}}");
        Ok(is_id && self.git.succeeds(&["cat-file", "-e", &named])?)
    }

    /// Whether nothing is changed, new or gone in the working tree, but below these directories.
    ///
    /// # Errors
    /// Git fails.
    pub(crate) fn is_clean(&self, but: &[PathBuf]) -> Result<bool, CommandError> {
        let mut args = vec![
            "status".to_owned(),
            "--porcelain".to_owned(),
            "--untracked-files=all".to_owned(),
            "--ignore-submodules=none".to_owned(),
            "--".to_owned(),
            ".".to_owned(),
        ];
        let top = std::fs::canonicalize(&self.top).unwrap_or_else(|_| self.top.clone());
        for dir in but {
            let real = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.clone());
            // What is not in the tree is not listed either.
            if let Ok(below) = real.strip_prefix(&top) {
                let below = below.display().to_string().replace('\\', "/");
                args.push(format!(":(top,exclude,literal){below}"));
            }
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Ok(self.as_person().bytes(&args)?.is_empty())
    }

    /// The commits that git lists for these arguments, in its order.
    ///
    /// # Errors
    /// Git fails.
    pub(crate) fn list(git: &Git, args: &[&str]) -> Result<Vec<Listed>, CommandError> {
        let mut all = vec!["rev-list", "--format=%H%x1f%P%x1f%cs%x1f%s"];
        all.extend(args);
        let text = git.text(&all)?;
        let lines = text.lines().filter(|line| line.contains('\u{1f}'));
        let listed = lines.filter_map(|line| {
            let mut parts = line.splitn(4, '\u{1f}');
            let id = parts.next()?.to_owned();
            let parents = parts
                .next()?
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            let info = CommitInfo {
                date: parts.next()?.to_owned(),
                subject: parts.next()?.to_owned(),
            };
            Some(Listed { id, parents, info })
        });
        Ok(listed.collect())
    }

    /// The commits that `bad` has and `good` has not, parents first.
    ///
    /// # Errors
    /// `bad` does not come after `good`.
    pub(crate) fn between(git: &Git, good: &str, bad: &str) -> Result<Vec<Listed>, CommandError> {
        let is_ancestor =
            |one: &str, of: &str| git.succeeds(&["merge-base", "--is-ancestor", one, of]);
        if !is_ancestor(good, bad)? {
            let problem = if is_ancestor(bad, good)? {
                "the good revision comes after the bad one: exchange them".to_owned()
            } else {
                match git.text(&["merge-base", good, bad]) {
                    Ok(base) => format!(
                        "the bad revision does not come after the good one; both come after {base}"
                    ),
                    Err(_) => "the two revisions have no history in common".to_owned(),
                }
            };
            return Err(CommandError::Usage(problem));
        }
        let range = format!("{good}..{bad}");
        Self::list(git, &["--topo-order", "--reverse", &range])
    }

    /// The files of a commit below `path`, which is relative to the root; all of the repository without it.
    ///
    /// # Errors
    /// Git fails.
    pub(crate) fn files(
        &self,
        git: &Git,
        commit: &str,
        path: Option<&str>,
    ) -> Result<Vec<Entry>, CommandError> {
        let mut args = vec!["ls-tree", "-r", "-z", "--full-tree", commit];
        let whole = path.map(|path| format!("{}{path}", self.prefix));
        if let Some(whole) = &whole {
            args.extend(["--", whole]);
        }
        let listed = git.bytes(&args)?;
        let entries = listed.split(|&byte| byte == 0).filter_map(|entry| {
            let entry = String::from_utf8_lossy(entry);
            let (about, path) = entry.split_once('\t')?;
            let mut about = about.split(' ');
            Some(Entry {
                mode: about.next()?.to_owned(),
                id: about.nth(1)?.to_owned(),
                path: self.below_root(path),
            })
        });
        Ok(entries.collect())
    }

    /// A path of the repository, relative to the root of the suite.
    pub(crate) fn below_root(&self, path: &str) -> String {
        match path.strip_prefix(&self.prefix) {
            Some(path) => path.to_owned(),
            None => format!("{}{path}", "../".repeat(self.prefix.matches('/').count())),
        }
    }

    /// The paths that a commit changed since another, as [`Repository::below_root`].
    ///
    /// # Errors
    /// Git fails.
    pub(crate) fn changed(
        &self,
        git: &Git,
        before: &str,
        after: &str,
    ) -> Result<Vec<String>, CommandError> {
        let args = [
            "diff-tree",
            "-r",
            "-z",
            "--name-only",
            "--no-renames",
            before,
            after,
        ];
        let listed = git.bytes(&args)?;
        let paths = listed
            .split(|&byte| byte == 0)
            .filter(|path| !path.is_empty());
        Ok(paths
            .map(|path| self.below_root(&String::from_utf8_lossy(path)))
            .collect())
    }

    /// The files of the working tree, tracked and new, relative to its top.
    ///
    /// # Errors
    /// Git fails.
    pub(crate) fn worktree_files(&self) -> Result<Vec<u8>, CommandError> {
        self.as_person().bytes(&[
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "--full-name",
        ])
    }

    /// Git at the top, which leaves out what a person ignores on this machine: that is not part of the tree.
    fn as_person(&self) -> Git {
        let git = Git::at(&self.top);
        let theirs = std::process::Command::new("git")
            .args(["config", "--path", "--get", "core.excludesFile"])
            .current_dir(&self.top)
            .output();
        match theirs {
            Ok(output) if output.status.success() => {
                let file = String::from_utf8_lossy(&output.stdout);
                git.setting(format!("core.excludesFile={}", file.trim_end()))
            }
            _ => git,
        }
    }
}
