//! [`Destination`]: the file that a command writes with `--out`, and what it never replaces.
//!
//! All commands with `--out` use this module. Every check is made before a command begins its work:
//! the name must suit what is written ([`FileKind`]), no input, run file or companion of one is
//! replaced ([`Protected`]), and any other existing file only with `--force`. Pipes, terminals and
//! devices such as `/dev/null` are written to as they are.

mod kind;
mod protected;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use aether_disk::{self as fs, Existing, File, FileType, Replacement};

pub(crate) use kind::FileKind;
pub(crate) use protected::{LOCKS, Protected, refuse_name};

use crate::exit::Failure;
use crate::interrupt;

/// A checked destination.
#[derive(Debug)]
pub(crate) struct Destination {
    /// The path as the user wrote it, for messages.
    shown: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// Something that is written to in place: a pipe, a terminal, a device.
    Stream,
    /// A regular file, behind any symbolic link.
    File {
        path: PathBuf,
        /// Whether an existing file is replaced.
        replaces: bool,
    },
}

impl Destination {
    /// Checks a path for a file of a kind. `force` allows to replace an existing file of the same
    /// kind.
    pub(crate) fn new(
        path: &Path,
        force: bool,
        kind: FileKind,
        protected: &Protected,
    ) -> Result<Self, Failure> {
        let refuse = |why: &str| Failure::Input(format!("--out: {} {why}", path.display()));
        let shown = path.to_owned();
        let found = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(_) if path.is_symlink() => {
                return Err(refuse(
                    "is a symbolic link to nothing; give the name of a file",
                ));
            }
            Err(_) => {
                refuse_name(path).map_err(|why| refuse(&why))?;
                kind.check_name(path).map_err(|why| refuse(&why))?;
                let path = path.to_owned();
                let replaces = false;
                let target = Target::File { path, replaces };
                return Ok(Self { shown, target });
            }
        };
        if is_stream(path, found.file_type()) {
            let target = Target::Stream;
            return Ok(Self { shown, target });
        }
        if !found.is_file() {
            let what = if found.is_dir() {
                "is a directory; give the name of a file"
            } else {
                "is neither a file, a pipe nor a terminal"
            };
            return Err(refuse(what));
        }
        let cannot = |error| Failure::Io(format!("{} cannot be read", path.display()), error);
        // The file behind a link is replaced, and the link stays.
        let whole = path.canonicalize().map_err(cannot)?;
        for name in [path, &whole] {
            refuse_name(name).map_err(|why| refuse(&why))?;
            kind.check_name(name).map_err(|why| refuse(&why))?;
        }
        let why = protected.refuse(&whole).map_err(cannot)?;
        why.map_or(Ok(()), |why| Err(refuse(&why)))?;
        let why = kind.refuse_content(&whole).map_err(cannot)?;
        why.map_or(Ok(()), |why| Err(refuse(&why)))?;
        if !force {
            return Err(refuse(
                "exists; replace it with --force, or give a different name",
            ));
        }
        let target = Target::File {
            path: whole,
            replaces: true,
        };
        Ok(Self { shown, target })
    }

    /// Writes the file under a temporary name and renames it when it is complete, or writes to a
    /// stream.
    pub(crate) fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let shown = self.shown.display();
        let cannot = |error| Failure::Io(format!("{shown} cannot be written"), error);
        // Whoever writes to the sink does not know its name.
        let named = |failure| match failure {
            Failure::Io(_, error) => cannot(error),
            other => other,
        };
        let (path, replaces) = match &self.target {
            Target::Stream => {
                let stream = File::options().append(true).open(&self.shown);
                let mut sink = BufWriter::new(stream.map_err(cannot)?);
                let written = write(&mut sink).map_err(named);
                let written = written.and_then(|()| sink.flush().map_err(cannot));
                return match written {
                    // A reader that has seen enough is not a failure.
                    Err(Failure::Io(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                        // What is still in memory has no reader.
                        let _ = sink.into_parts();
                        Ok(())
                    }
                    written => written,
                };
            }
            Target::File { path, replaces } => (path, *replaces),
        };
        let beside = Replacement::begin(path).map_err(cannot)?;
        let _unfinished = interrupt::Unfinished::new(beside.beside());
        let mut sink = BufWriter::new(beside);
        write(&mut sink).map_err(named)?;
        let beside = sink
            .into_inner()
            .map_err(|error| cannot(error.into_error()))?;
        let existing = if replaces {
            Existing::Replace
        } else {
            // A file that has appeared since the check is not replaced either.
            Existing::Keep
        };
        beside.finish(path, existing).map_err(cannot)
    }
}

/// Whether what a path leads to is written to in place.
pub(crate) fn is_stream(path: &Path, found: FileType) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if found.is_fifo() || found.is_char_device() {
            return true;
        }
    }
    // `/dev/stdout` and `/dev/fd/3` are what this program was started with, files too.
    let open = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc/self/fd"];
    found.is_file() && open.iter().any(|open| path.starts_with(open))
}
