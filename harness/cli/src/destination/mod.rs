//! [`Destination`]: the file that a command writes with `--out`, and what it never replaces.
//!
//! All commands with `--out` use this module, and it looks before a command begins its work. A report or a bundle takes the
//! place of another one, which is known by how it begins, so that a script can write to the same path each time. Any other
//! file is replaced only with `--force`, and what scenarios, goldens and the command itself need never is. Pipes, terminals
//! and devices such as `/dev/null` are written to as they are.

mod own;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aether_disk::{self as fs, Existing, File, FileType, Replacement};
use aether_harness::Suite;
use aether_harness::evaluate::CheckRun;

use crate::commands::{CommandError, discovered};

/// A checked destination.
#[derive(Debug)]
pub(crate) struct Destination {
    /// The path as it was typed, for messages.
    shown: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A pipe, a terminal, a device: it is written to in place.
    Stream,
    /// A file, behind any link.
    File { path: PathBuf, existing: Existing },
}

impl Destination {
    /// Checks the path that `--out` names, if it names one. With `force`, a file that is not a report is replaced; `reads` are
    /// the files that the command reads, and the directories whose files it reads.
    ///
    /// # Errors
    /// It is not to be written to, or the machine cannot tell.
    pub(crate) fn if_named(
        suite: &Suite,
        path: Option<&Path>,
        force: bool,
        reads: &[&Path],
    ) -> Result<Option<Self>, CommandError> {
        path.map(|path| Self::named(suite, path, force, reads))
            .transpose()
    }

    /// The same for a path that there always is.
    ///
    /// # Errors
    /// It is not to be written to, or the machine cannot tell.
    pub(crate) fn named(
        suite: &Suite,
        path: &Path,
        force: bool,
        reads: &[&Path],
    ) -> Result<Self, CommandError> {
        let refuse = |why: &str| CommandError::Usage(format!("--out: {} {why}", path.display()));
        let shown = path.to_owned();
        let found = match fs::metadata(path) {
            Ok(found) => found,
            Err(_) if path.is_symlink() => {
                return Err(refuse("is a link to nothing; give the name of a file"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let path = real(path);
                refuse_kept(suite, &path).map_err(|why| refuse(&why))?;
                let existing = Existing::Keep;
                let target = Target::File { path, existing };
                return Ok(Self { shown, target });
            }
            Err(error) => return Err(CommandError::input_of(path.display(), &error)),
        };
        if is_stream(path, found.file_type()) {
            let target = Target::Stream;
            return Ok(Self { shown, target });
        }
        if found.is_dir() {
            return Err(refuse("is a directory; give the name of a file"));
        }
        if !found.is_file() {
            return Err(refuse("is neither a file, a pipe nor a terminal"));
        }
        let whole = real(path);
        refuse_kept(suite, &whole).map_err(|why| refuse(&why))?;
        if reads.iter().any(|read| is_at_or_in(&whole, &real(read))) {
            return Err(refuse("is read by this command; give a different name"));
        }
        let is_own =
            own::is_own(&whole).map_err(|error| CommandError::input_of(path.display(), &error))?;
        if !is_own && !force {
            return Err(refuse(
                "exists and is not known as a report or a bundle of the harness; replace it with --force, or give a \
                 different name",
            ));
        }
        if !is_own && let Some(name) = reader(suite, &whole)? {
            return Err(refuse(&format!(
                "is read by the scenario `{name}`; give a different name"
            )));
        }
        let target = Target::File {
            path: whole,
            existing: Existing::Replace,
        };
        Ok(Self { shown, target })
    }

    /// The path as it was typed.
    pub(crate) fn shown(&self) -> &Path {
        &self.shown
    }

    /// Writes a file whole or not at all, or to a stream. A file survives a loss of power when this has returned.
    ///
    /// # Errors
    /// It cannot be written; the error names it.
    pub(crate) fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), CommandError> {
        let written = match &self.target {
            // What was written to a file before stays: `>> FILE` is typed to add to it.
            Target::Stream => File::options()
                .append(true)
                .open(&self.shown)
                .and_then(|mut stream| write(&mut stream)),
            Target::File { path, existing } => whole(path, *existing, write),
        };
        written.map_err(|error| CommandError::input_of(self.shown.display(), &error))
    }
}

fn whole(
    path: &Path,
    existing: Existing,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all_durable(dir)?;
    }
    let mut file = Replacement::begin(path)?;
    write(&mut file)?;
    file.finish(path, existing)
}

/// Refuses a file among scenarios or goldens, whether or not it is there: a new one would be an input, or a golden that
/// was edited.
fn refuse_kept(suite: &Suite, path: &Path) -> Result<(), String> {
    let paths = suite.paths();
    for (dir, what) in [
        (paths.scenarios(), "scenarios"),
        (paths.snapshots(), "goldens"),
    ] {
        if path.starts_with(real(&dir)) {
            return Err(format!(
                "is among the {what} in {}; give a different name",
                paths.display(&dir)
            ));
        }
    }
    Ok(())
}

/// The scenario that reads a file, as an input or as code.
fn reader(suite: &Suite, path: &Path) -> Result<Option<String>, CommandError> {
    for found in discovered(suite)? {
        let Ok(scenario) = &found.scenario else {
            continue;
        };
        // What cannot be read now reads nothing.
        let Ok(run) = CheckRun::read(suite, scenario) else {
            continue;
        };
        let root = suite.paths().root();
        let files = run.prepared().files();
        if files
            .iter()
            .any(|file| real(&root.join(&file.path)) == path)
        {
            return Ok(Some(found.name));
        }
    }
    Ok(None)
}

/// Whether a path is that of a file, or of one in a directory.
fn is_at_or_in(path: &Path, place: &Path) -> bool {
    path == place || path.parent() == Some(place)
}

/// A path without links as far as it exists.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let above = absolute.ancestors();
    let found = above.map(|dir| (dir, fs::canonicalize(dir)));
    for (dir, real) in found {
        if let (Ok(real), Ok(rest)) = (real, absolute.strip_prefix(dir)) {
            return if rest.as_os_str().is_empty() {
                real
            } else {
                real.join(rest)
            };
        }
    }
    absolute
}

/// Whether what a path leads to is written to in place.
fn is_stream(path: &Path, found: FileType) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if found.is_fifo() || found.is_char_device() {
            return true;
        }
    }
    // `/dev/stdout` and the like are what this program was started with, files too.
    let open = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];
    found.is_file() && open.iter().any(|open| path.starts_with(open))
}
