//! What is kept of a repository between searches: a checkout, and what scenarios produced at its revisions.
//!
//! It is outside the repository, so that no program that looks upwards finds the tree of a person:
//! `aether-harness/` in the directory for caches of the system, or `AETHER_HARNESS_CACHE`.
//!
//! | in it | what it is |
//! | --- | --- |
//! | `tree/` | the checkout |
//! | `modules/` | the repositories of its submodules |
//! | `results/KEY.json` | what a scenario produced: at a commit, or with a program |
//! | `artefacts/DIGEST/` | the documents themselves, each set once |

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aether_disk::{self as fs, File, TryLockError};
use aether_harness::outputs::write_whole;
use aether_harness::snapshot::sha256_hex;
use aether_harness::{Artefact, INPUTS, remove_tree};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::repository::Repository;
use crate::commands::CommandError;

/// The variable that names a different directory for caches.
pub(crate) const VARIABLE: &str = "AETHER_HARNESS_CACHE";

/// The cache of one repository, which nobody else uses meanwhile.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
    _lock: File,
}

/// What a scenario produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// The digest of everything but the inputs: what moves.
    pub(crate) output: String,
    /// The digest of the set of artefacts that is kept.
    pub(crate) artefacts: String,
    /// How often it was run, and at which commit.
    pub(crate) runs: usize,
    pub(crate) at: String,
    /// The artefacts of the second run, if it differed from the first.
    pub(crate) again: Option<String>,
}

/// The files of one run: those of goldens, by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

impl Cache {
    /// The cache of a repository. If another process uses it, this says so on `err`, and waits.
    ///
    /// # Errors
    /// There is no place for it, or it cannot be made.
    pub(crate) fn open(repository: &Repository, err: &mut dyn Write) -> Result<Self, CommandError> {
        let dir = place(repository)?;
        let at = |error: io::Error| CommandError::Io(format!("{}: {error}", dir.display()));
        fs::create_dir_all(&dir).map_err(at)?;
        let lock = lock_file(&dir).map_err(at)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                // Nobody minds if this cannot be said.
                let _ = writeln!(
                    err,
                    "waiting for another command that uses revisions of this repository"
                );
                lock.lock().map_err(at)?;
            }
            Err(TryLockError::Error(error)) => return Err(at(error)),
        }
        // It may have been emptied while this waited.
        fs::create_dir_all(&dir).map_err(at)?;
        Ok(Self { dir, _lock: lock })
    }

    /// The directory of the checkout.
    pub(crate) fn tree(&self) -> PathBuf {
        self.dir.join("tree")
    }

    /// The directory for the repositories of submodules.
    pub(crate) fn modules(&self) -> PathBuf {
        self.dir.join("modules")
    }

    /// The directory itself.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What a scenario produced, if it is known under a key.
    pub(crate) fn result(&self, key: &str) -> Option<Stored> {
        let stored: Stored = self.known(key)?;
        self.has_artefacts(&stored.artefacts).then_some(stored)
    }

    /// What is known under a key.
    pub(crate) fn known<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let bytes = fs::read(self.result_path(key)).ok()?;
        aether_json::from_slice(&bytes).ok()
    }

    /// Whether the artefacts of a digest are kept.
    pub(crate) fn has_artefacts(&self, digest: &str) -> bool {
        self.artefacts_path(digest).is_dir()
    }

    /// Keeps what is known under a key.
    pub(crate) fn keep(&self, key: &str, known: &impl Serialize) -> Result<(), CommandError> {
        let bytes =
            aether_json::to_vec(known).map_err(|error| CommandError::Io(error.to_string()))?;
        Ok(write_whole(&self.result_path(key), &bytes)?)
    }

    /// Keeps the files of a run.
    pub(crate) fn keep_files(&self, files: &Files, at: &str) -> Result<Stored, CommandError> {
        let digest = |is_kept: &dyn Fn(&str) -> bool| {
            let lines = files.iter().filter(|(name, _)| is_kept(name));
            let lines = lines.map(|(name, bytes)| format!("{name} {}\n", sha256_hex(bytes)));
            sha256_hex(lines.collect::<String>().as_bytes())
        };
        let inputs = format!("{INPUTS}.json");
        let stored = Stored {
            output: digest(&|name| name != inputs),
            artefacts: digest(&|_| true),
            runs: 1,
            at: at.to_owned(),
            again: None,
        };
        let dir = self.artefacts_path(&stored.artefacts);
        if !dir.is_dir() {
            let new = dir.with_extension("new");
            remove_tree(&new)?;
            fs::create_dir_all(&new)?;
            for (name, bytes) in files {
                fs::write(new.join(name), bytes)?;
            }
            fs::rename(&new, &dir)?;
        }
        Ok(stored)
    }

    /// The artefacts that are kept under a digest.
    ///
    /// # Errors
    /// They cannot be read.
    pub(crate) fn artefacts(&self, digest: &str) -> Result<Vec<Artefact>, CommandError> {
        let dir = self.artefacts_path(digest);
        let mut files = Files::new();
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            files.insert(name, fs::read(&path)?);
        }
        artefacts(&files).map_err(|error| {
            CommandError::Io(format!(
                "{}: {error}; `clean` empties the cache",
                dir.display()
            ))
        })
    }

    fn result_path(&self, key: &str) -> PathBuf {
        self.dir.join("results").join(format!("{key}.json"))
    }

    fn artefacts_path(&self, digest: &str) -> PathBuf {
        self.dir.join("artefacts").join(digest)
    }
}

/// The artefacts that files of goldens hold.
///
/// # Errors
/// One is not what it should be.
pub(crate) fn artefacts(files: &Files) -> Result<Vec<Artefact>, aether_harness::ArtefactError> {
    let documents = files.iter().filter_map(|(file, bytes)| {
        let name = file.strip_suffix(".json")?;
        Some((name, bytes))
    });
    documents
        .map(|(name, bytes)| {
            let artefact = Artefact::from_json(name, bytes)?;
            match files.get(&aether_harness::snapshot::bytes_file(name)) {
                Some(bytes) => artefact.with_bytes(bytes),
                None => Ok(artefact),
            }
        })
        .collect()
}

/// Empties the cache of a repository; whether there was one.
///
/// # Errors
/// It is in use, or cannot be removed.
pub(crate) fn clean(repository: &Repository) -> Result<Option<PathBuf>, CommandError> {
    let dir = place(repository)?;
    if !dir.exists() {
        return Ok(None);
    }
    let at = |error: io::Error| CommandError::Io(format!("{}: {error}", dir.display()));
    let lock = lock_file(&dir).map_err(at)?;
    if matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
        return Err(CommandError::Refused(format!(
            "{}: another process is using it",
            dir.display()
        )));
    }
    remove_tree(&dir).map_err(at)?;
    Ok(Some(dir))
}

fn lock_file(dir: &Path) -> io::Result<File> {
    let path = dir.with_extension("lock");
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}

/// Where the cache of a repository is.
fn place(repository: &Repository) -> Result<PathBuf, CommandError> {
    let base = base().ok_or_else(|| {
        CommandError::Usage(format!(
            "this system names no directory for caches: set {VARIABLE} to one outside the repository"
        ))
    })?;
    let existing = base.ancestors().find_map(|dir| fs::canonicalize(dir).ok());
    let top = fs::canonicalize(repository.top()).unwrap_or_else(|_| repository.top().to_owned());
    if existing.is_some_and(|dir| dir.starts_with(&top)) {
        return Err(CommandError::Usage(format!(
            "{}: the cache would be inside the repository, where programs find the tree of now: set {VARIABLE} \
             to a directory outside it",
            base.display()
        )));
    }
    let digest = sha256_hex(repository.common().as_os_str().as_encoded_bytes());
    Ok(base.join(&digest[..16]))
}

#[expect(
    clippy::disallowed_methods,
    reason = "where caches are is said by the environment"
)]
fn base() -> Option<PathBuf> {
    let directory = |name: &str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
        Some(PathBuf::from(value)).filter(|path| path.is_absolute())
    };
    if let Some(own) = directory(VARIABLE) {
        return Some(own);
    }
    let system = if cfg!(windows) {
        directory("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        directory("HOME").map(|home| home.join("Library").join("Caches"))
    } else {
        directory("XDG_CACHE_HOME").or_else(|| Some(directory("HOME")?.join(".cache")))
    };
    Some(system?.join("aether-harness"))
}
