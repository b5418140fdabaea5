//! What no command replaces: run files with the files that belong to them, and what a command
//! reads.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use aether_engine::store::StoredRun;
use same_file::is_same_file;

use crate::args::ScenariosDir;
use crate::exit::Failure;
use crate::registry;
use crate::times;

/// SQLite's magic, and the place of the application id in the header of a database.
const DATABASE: &[u8] = b"SQLite format 3\0";
const APPLICATION_ID_AT: std::ops::Range<usize> = 68..72;
const APPLICATION_ID: &[u8] = b"AETH";
/// The folder of the lock files, inside a directory of runs.
pub(crate) const LOCKS: &str = ".locks";

/// The files that a command reads, each with what it is.
#[derive(Debug, Default)]
pub(crate) struct Protected {
    files: Vec<(PathBuf, String)>,
}

impl Protected {
    /// The file of a run, the files that belong to it, and its input documents.
    pub(crate) fn of_run(run: &StoredRun) -> Result<Self, Failure> {
        let name = registry::id_of(run);
        let mut files = vec![(
            run.path().to_owned(),
            format!("is the file of run `{name}`"),
        )];
        if let Ok(run_id) = name.parse() {
            let store = registry::store_of(run);
            let belongs = format!("belongs to run `{name}`");
            let all = store.files(&run_id).into_iter();
            files.extend(all.map(|file| (file, belongs.clone())));
        }
        let base = registry::base_dir(&ScenariosDir::default())?;
        // A run whose inputs are damaged has no names of documents to protect.
        if let Ok(documents) = run.documents() {
            for (role, file) in documents.files() {
                files.push((
                    base.join(file),
                    format!("is the input `{role}` of run `{name}`"),
                ));
            }
        }
        Ok(Self { files })
    }

    /// Adds what another command line argument protects.
    pub(crate) fn add(&mut self, other: Self) {
        self.files.extend(other.files);
    }

    /// Files that the command line names as inputs.
    pub(crate) fn inputs<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Self {
        let file = |path: &Path| (path.to_owned(), "is an input of this command".to_owned());
        Self {
            files: paths.into_iter().map(file).collect(),
        }
    }

    /// Why an existing regular file is not replaced; `None` if it is not protected.
    pub(super) fn refuse(&self, path: &Path) -> io::Result<Option<String>> {
        if is_run_file(path)? {
            return Ok(Some(
                "is a run file, which no command replaces; give a different name".to_owned(),
            ));
        }
        for (file, what) in &self.files {
            // Only a regular file can be the same; a pipe must not be opened.
            if fs::metadata(file).is_ok_and(|found| found.is_file()) && is_same_file(file, path)? {
                return Ok(Some(format!("{what}; give a different name")));
            }
        }
        Ok(None)
    }
}

/// Refuses a name that only a run file or a file beside runs has, whether or not it exists.
pub(crate) fn refuse_name(path: &Path) -> Result<(), String> {
    let lower = |name: Option<&std::ffi::OsStr>| {
        name.map_or(String::new(), |name| {
            name.to_string_lossy().to_ascii_lowercase()
        })
    };
    let name = lower(path.file_name());
    let endings = [
        ".aether",
        ".aether-wal",
        ".aether-shm",
        ".aether-journal",
        ".aether.new",
        ".aether.new-wal",
        ".aether.new-shm",
        ".aether.new-journal",
    ];
    let beside_runs = endings.iter().any(|ending| name.ends_with(ending))
        || name == times::FILE
        || lower(path.parent().and_then(Path::file_name)) == LOCKS;
    if beside_runs {
        return Err(
            "is the name of a run file or of a file that belongs to runs; give a different name"
                .to_owned(),
        );
    }
    Ok(())
}

/// Whether a file is a run, wherever it is and whatever its name.
fn is_run_file(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(100).read_to_end(&mut head)?;
    Ok(head.starts_with(DATABASE) && head.get(APPLICATION_ID_AT) == Some(APPLICATION_ID))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_run_files_are_refused() {
        for name in [
            "gf01.aether",
            "runs/GF01.AETHER",
            "gf01.aether-wal",
            ".gf01.aether.new",
            ".gf01.aether.new-shm",
            ".aether/runs/.locks/gf01",
            ".aether/runs/.times.jsonl",
        ] {
            assert!(refuse_name(Path::new(name)).is_err(), "{name}");
        }
        for name in ["gf01.svg", ".aether/runs/gf01.svg", "aether", "aether.json"] {
            assert_eq!(refuse_name(Path::new(name)), Ok(()), "{name}");
        }
    }
}
