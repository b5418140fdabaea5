//! A checkout of any revision, in a repository of its own that borrows the objects of the one it is made from.
//!
//! `git worktree` would write into the repository of the person: an entry for the tree, a lock, a HEAD, and it
//! would run its hooks; what is killed leaves them behind. A repository of its own needs nothing there but to
//! read objects, has none of its settings, and is removed with its directory. Programs in the tree that ask git
//! for their version find a repository.

use std::io;
use std::path::{Path, PathBuf};

use aether_disk as fs;
use aether_harness::remove_tree;
use aether_harness::snapshot::sha256_hex;

use super::cache::Cache;
use super::git::Git;
use super::repository::Repository;
use crate::commands::CommandError;

/// A file that git makes while it works, and that a killed one leaves.
const LOCKS: [&str; 3] = ["index.lock", "HEAD.lock", "shallow.lock"];

/// A tree with any revision in it.
#[derive(Debug)]
pub(crate) struct Checkout {
    tree: PathBuf,
    modules: PathBuf,
    git: Git,
    repository: Repository,
}

impl Checkout {
    /// The checkout of a cache, with whatever revision is in it.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn new(cache: &Cache, repository: &Repository) -> Result<Self, CommandError> {
        let tree = cache.tree();
        let git = borrow(
            &tree.join(".git"),
            &tree,
            repository.objects(),
            repository.format(),
        )?;
        let shallow = fs::read(repository.common().join("shallow"));
        let own = tree.join(".git").join("shallow");
        match shallow {
            Ok(commits) => fs::write(&own, commits)?,
            Err(_) => remove_file(&own)?,
        }
        let checkout = Self {
            tree,
            modules: cache.modules(),
            git,
            repository: repository.clone(),
        };
        checkout.tags()?;
        Ok(checkout)
    }

    /// Git with the commits of the repository, and what is in the tree now.
    pub(crate) fn git(&self) -> &Git {
        &self.git
    }

    /// The root of the suite in this tree.
    pub(crate) fn root(&self) -> PathBuf {
        self.tree.join(self.repository.prefix())
    }

    /// Takes over the tags, by which programs ask for their version. Tags of what is not here are left out.
    fn tags(&self) -> Result<(), CommandError> {
        let format = "--format=create %(refname) %(objectname)";
        let list = |git: &Git| git.text(&["for-each-ref", format, "refs/tags"]);
        let (tags, known) = (list(self.repository.git())?, list(&self.git)?);
        if tags == known {
            return Ok(());
        }
        let gone = self
            .git
            .bytes(&["for-each-ref", "--format=delete %(refname)", "refs/tags"])?;
        self.git.fed(&["update-ref", "--stdin"], Some(&gone))?;
        let all = format!("{tags}\n");
        let has_all = self
            .git
            .fed(&["update-ref", "--stdin"], Some(all.as_bytes()));
        if has_all.is_err() {
            for tag in tags.lines() {
                // Only a version lacks it.
                let _ = self.git.fed(
                    &["update-ref", "--stdin"],
                    Some(format!("{tag}\n").as_bytes()),
                );
            }
        }
        Ok(())
    }

    /// The tree of the person as a commit after `head`; `head` itself if nothing is changed.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn worktree_commit(&self, head: &str) -> Result<String, CommandError> {
        let files = self.repository.worktree_files()?;
        // A repository in the tree that is no submodule has a slash at its end.
        let files: Vec<u8> = files
            .split_inclusive(|&byte| byte == 0)
            .filter(|file| !file.ends_with(b"/\0"))
            .flatten()
            .copied()
            .collect();
        let own = self.tree.join(".git");
        let index = own.join("worktree-index");
        remove_file(&index)?;
        remove_file(&own.join("worktree-index.lock"))?;
        let git = Git::at(self.repository.top())
            .env("GIT_DIR", &own)
            .env("GIT_WORK_TREE", self.repository.top())
            .env("GIT_INDEX_FILE", &index)
            .env("GIT_AUTHOR_NAME", "aether-harness")
            .env("GIT_AUTHOR_EMAIL", "")
            .env("GIT_AUTHOR_DATE", "@0 +0000")
            .env("GIT_COMMITTER_NAME", "aether-harness")
            .env("GIT_COMMITTER_EMAIL", "")
            .env("GIT_COMMITTER_DATE", "@0 +0000");
        git.bytes(&["read-tree", head])?;
        git.fed(
            &["update-index", "--add", "--remove", "-z", "--stdin"],
            Some(&files),
        )?;
        let tree = git.text(&["write-tree"])?;
        if tree == git.text(&["rev-parse", &format!("{head}^{{tree}}")])? {
            return Ok(head.to_owned());
        }
        git.text(&["commit-tree", &tree, "-p", head, "-m", "the working tree"])
    }

    /// Makes the tree that of a commit, with nothing else in it but what cargo has built.
    ///
    /// # Errors
    /// Why this commit cannot be checked out, in words.
    pub(crate) fn check_out(&self, commit: &str) -> Result<(), String> {
        for lock in LOCKS {
            remove_file(&self.tree.join(".git").join(lock)).map_err(|error| error.to_string())?;
        }
        let words = |error: CommandError| format!("it cannot be checked out: {error}");
        let git = self.git.bound(&self.not_started());
        git.bytes(&["checkout", "--quiet", "--force", "--detach", commit])
            .map_err(words)?;
        let kept = self.targets();
        let mut args = vec!["clean", "-ffdxq"];
        for target in &kept {
            args.extend(["-e", target]);
        }
        git.bytes(&args).map_err(words)?;
        let source = Source {
            tree: self.repository.top().to_owned(),
            common: self.repository.common().to_owned(),
        };
        self.submodules(&self.git, &self.tree, &source)
    }

    /// Where a git that could not be started is noted.
    fn not_started(&self) -> PathBuf {
        self.tree.join(".git").join("not-started")
    }

    /// The target directories, as patterns.
    fn targets(&self) -> Vec<String> {
        let prefix = self.repository.prefix().trim_end_matches('/');
        let mut targets = vec![format!("/{}target", self.repository.prefix())];
        let above = Path::new(prefix).ancestors().skip(1);
        for dir in above.filter(|dir| self.tree.join(dir).join("Cargo.toml").is_file()) {
            targets.push(format!("/{}", dir.join("target").display()));
        }
        targets
    }

    /// Checks out the submodules of what is in `tree`, from objects that are here.
    fn submodules(&self, git: &Git, tree: &Path, source: &Source) -> Result<(), String> {
        if !tree.join(".gitmodules").is_file() {
            return Ok(());
        }
        let listed = git
            .text(&["ls-tree", "-r", "-z", "HEAD"])
            .map_err(|error| error.to_string())?;
        let links: Vec<(&str, &str)> = listed
            .split('\0')
            .filter_map(|entry| {
                let (about, path) = entry.split_once('\t')?;
                Some((about.strip_prefix("160000 commit ")?, path))
            })
            .collect();
        for (commit, path) in links {
            let missing = |why: &str| format!("the submodule {path} is not here: {why}");
            let inner = source
                .submodule(git, path)
                .ok_or_else(|| missing("it has no objects"))?;
            let dest = tree.join(path);
            let digest = sha256_hex(dest.as_os_str().as_encoded_bytes());
            let dir = self.modules.join(&digest[..16]);
            let own = borrow(
                &dir,
                &dest,
                &inner.common.join("objects"),
                self.repository.format(),
            )
            .map_err(|error| missing(&error.to_string()))?;
            remove_file(&dir.join("index.lock")).map_err(|error| error.to_string())?;
            let bound = own.bound(&self.not_started());
            bound
                .bytes(&["checkout", "--quiet", "--force", "--detach", commit])
                .and_then(|_| bound.bytes(&["clean", "-ffdxq"]))
                .map_err(|error| missing(&error.to_string()))?;
            self.submodules(&own, &dest, &inner)?;
        }
        Ok(())
    }

    /// Links directories that version control ignores into the tree.
    ///
    /// # Errors
    /// One is not there, or cannot be linked.
    pub(crate) fn link(&self, root: &Path, kept: &[String]) -> Result<(), CommandError> {
        for name in kept {
            let (from, to) = (root.join(name), self.root().join(name));
            if !from.exists() {
                return Err(CommandError::Usage(format!(
                    "[build] keep: {} does not exist",
                    from.display()
                )));
            }
            if to.symlink_metadata().is_ok() {
                continue;
            }
            if let Some(dir) = to.parent() {
                fs::create_dir_all(dir)?;
            }
            symlink(&from, &to).map_err(|error| {
                CommandError::Io(format!("[build] keep: {}: {error}", to.display()))
            })?;
        }
        Ok(())
    }

    /// Puts a file of the tree of now into this one, or removes it. Links that lead elsewhere are replaced,
    /// not followed.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn put(&self, path: &str, from: Option<&Path>) -> io::Result<()> {
        let mut at = self.root();
        let parts: Vec<&str> = path.split('/').collect();
        for (index, part) in parts.iter().enumerate() {
            at.push(part);
            let is_last = index + 1 == parts.len();
            let found = at.symlink_metadata();
            match &found {
                Ok(found) if found.is_dir() && !is_last => continue,
                Ok(found) if found.is_dir() => remove_tree(&at)?,
                Ok(_) => fs::remove_file(&at)?,
                Err(_) => {}
            }
            match from {
                None => return Ok(()),
                Some(_) if !is_last => fs::create_dir(&at)?,
                Some(from) => {
                    fs::copy(from, &at)?;
                }
            }
        }
        Ok(())
    }
}

/// A tree of the person and what its submodules are read from.
struct Source {
    tree: PathBuf,
    common: PathBuf,
}

impl Source {
    /// Where a submodule of it is: in the tree, or in what git keeps of it.
    fn submodule(&self, git: &Git, path: &str) -> Option<Self> {
        let tree = self.tree.join(path);
        if tree.join(".git").exists() {
            let common = Git::at(&tree)
                .text(&["rev-parse", "--git-common-dir"])
                .ok()?;
            return Some(Self {
                common: tree.join(common),
                tree,
            });
        }
        let args = [
            "config",
            "--blob",
            "HEAD:.gitmodules",
            "--get-regexp",
            r"^submodule\..*\.path$",
        ];
        let names = git.text(&args).ok()?;
        let name = names.lines().find_map(|line| {
            let (key, listed) = line.split_once(' ')?;
            let name = key.strip_prefix("submodule.")?.strip_suffix(".path")?;
            (listed == path).then(|| name.to_owned())
        })?;
        let common = self.common.join("modules").join(name);
        common
            .join("objects")
            .is_dir()
            .then_some(Self { tree, common })
    }
}

/// A repository in `dir` for `tree` that has the objects of another one.
fn borrow(dir: &Path, tree: &Path, objects: &Path, format: &str) -> Result<Git, CommandError> {
    fs::create_dir_all(tree)?;
    let git = Git::at(tree).env("GIT_DIR", dir).env("GIT_WORK_TREE", tree);
    if !dir.join("HEAD").is_file() || git.text(&["rev-parse", "--show-object-format"])? != format {
        remove_tree(dir)?;
        fs::create_dir_all(dir)?;
        let format = format!("--object-format={format}");
        let new = Git::at(tree).env("GIT_DIR", dir);
        new.bytes(&["init", "--quiet", "--template=", &format])?;
    }
    let mut borrowed = objects.as_os_str().as_encoded_bytes().to_vec();
    borrowed.push(b'\n');
    fs::create_dir_all(dir.join("objects").join("info"))?;
    fs::write(
        dir.join("objects").join("info").join("alternates"),
        borrowed,
    )?;
    Ok(git)
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn symlink(from: &Path, to: &Path) -> io::Result<()> {
    fs::symlink(from, to)
}

#[cfg(windows)]
fn symlink(from: &Path, to: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_dir(from, to)
}
