//! An open file.

use std::fs::{self, Metadata, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::{FileId, Operation, is_watched, perform, perform_write};

/// An open file, as [`std::fs::File`].
#[derive(Debug)]
pub struct File {
    file: fs::File,
    /// `None` if nobody watched when it was opened.
    watched: Option<Box<Watched>>,
}

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    id: FileId,
    appends: bool,
}

/// How a file is opened, as [`std::fs::OpenOptions`].
#[derive(Clone, Debug)]
pub struct OpenOptions {
    options: fs::OpenOptions,
    writes: bool,
    appends: bool,
    truncates: bool,
}

impl OpenOptions {
    /// Reads.
    pub fn read(&mut self, read: bool) -> &mut Self {
        self.options.read(read);
        self
    }

    /// Writes.
    pub fn write(&mut self, write: bool) -> &mut Self {
        self.options.write(write);
        self.writes = write;
        self
    }

    /// Writes at the end.
    pub fn append(&mut self, append: bool) -> &mut Self {
        self.options.append(append);
        self.appends = append;
        self
    }

    /// Drops what the file holds.
    pub fn truncate(&mut self, truncate: bool) -> &mut Self {
        self.options.truncate(truncate);
        self.truncates = truncate;
        self
    }

    /// Makes the file if it does not exist.
    pub fn create(&mut self, create: bool) -> &mut Self {
        self.options.create(create);
        self
    }

    /// Makes the file, which must not exist.
    pub fn create_new(&mut self, create_new: bool) -> &mut Self {
        self.options.create_new(create_new);
        self
    }

    /// Opens a file.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let (path, file) = (path.as_ref(), FileId::new());
        let operation = if self.writes || self.appends {
            Operation::Open {
                path,
                file,
                truncates: self.truncates,
            }
        } else {
            Operation::Read { path, file }
        };
        let opened = perform(&operation, || self.options.open(path))?;
        let watched = is_watched(path).then(|| {
            Box::new(Watched {
                path: path.to_owned(),
                id: file,
                appends: self.appends,
            })
        });
        Ok(File {
            file: opened,
            watched,
        })
    }
}

impl File {
    /// How a file is opened.
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions {
            options: fs::OpenOptions::new(),
            writes: false,
            appends: false,
            truncates: false,
        }
    }

    /// Opens a file to read it.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().read(true).open(path)
    }

    /// Opens a file to write it, empty.
    ///
    /// # Errors
    /// It cannot be opened or made.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
    }

    /// Makes a file, which must not exist.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create_new(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)
    }

    /// As [`std::fs::File::sync_all`].
    ///
    /// # Errors
    /// The system cannot make it durable.
    pub fn sync_all(&self) -> io::Result<()> {
        self.under(
            |path, file| Operation::Sync { path, file },
            || self.file.sync_all(),
        )
    }

    /// As [`std::fs::File::set_len`].
    ///
    /// # Errors
    /// The length cannot be changed.
    pub fn set_len(&self, len: u64) -> io::Result<()> {
        self.under(
            |path, file| Operation::SetLen { path, file, len },
            || self.file.set_len(len),
        )
    }

    /// As [`std::fs::File::try_clone`].
    ///
    /// # Errors
    /// The system has no handle left.
    pub fn try_clone(&self) -> io::Result<Self> {
        let watched = self.watched.as_ref().map(|watched| {
            Box::new(Watched {
                path: watched.path.clone(),
                ..**watched
            })
        });
        Ok(Self {
            file: self.file.try_clone()?,
            watched,
        })
    }

    /// Whether a text in the file ends where a line does, or is empty. The position moves.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn ends_a_line(&mut self) -> io::Result<bool> {
        if self.metadata()?.len() == 0 {
            return Ok(true);
        }
        self.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        self.read_exact(&mut last)?;
        Ok(last == *b"\n")
    }

    /// As [`std::fs::File::metadata`].
    ///
    /// # Errors
    /// The system cannot tell.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// As [`std::fs::File::lock`].
    ///
    /// # Errors
    /// The system cannot lock it.
    pub fn lock(&self) -> io::Result<()> {
        self.file.lock()
    }

    /// As [`std::fs::File::try_lock`].
    ///
    /// # Errors
    /// It is locked, or the system cannot lock it.
    pub fn try_lock(&self) -> Result<(), TryLockError> {
        self.file.try_lock()
    }

    /// As [`std::fs::File::try_lock_shared`].
    ///
    /// # Errors
    /// It is locked by somebody who does not share it, or the system cannot lock it.
    pub fn try_lock_shared(&self) -> Result<(), TryLockError> {
        self.file.try_lock_shared()
    }

    /// Whether this is the file at a path, which may have been removed or replaced since it was opened. Who has locked a
    /// file must ask: the lock of a file that is gone keeps nobody away. Only Unix can tell; elsewhere it is true.
    pub fn is_at(&self, path: impl AsRef<Path>) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
            let (held, named) = (self.file.metadata(), fs::metadata(path));
            held.ok().map(identity) == named.ok().map(identity)
        }
        #[cfg(not(unix))]
        {
            let _ = path;
            true
        }
    }

    /// As [`std::fs::File::unlock`].
    ///
    /// # Errors
    /// The system cannot unlock it.
    pub fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }

    fn under<T>(
        &self,
        operation: impl FnOnce(&Path, FileId) -> Operation<'_>,
        act: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        match &self.watched {
            None => act(),
            Some(watched) => perform(&operation(&watched.path, watched.id), act),
        }
    }

    fn write_bytes(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = &self.file;
        let Some(watched) = &self.watched else {
            return file.write(bytes);
        };
        let at = if watched.appends {
            file.metadata()?.len()
        } else {
            file.stream_position()?
        };
        let operation = Operation::Write {
            path: &watched.path,
            file: watched.id,
            at,
            bytes,
        };
        perform_write(&operation, |bytes| file.write(bytes))
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_bytes(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Write for &File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_bytes(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&self.file).flush()
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for File {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// What a program that is started writes there is not watched.
impl From<File> for Stdio {
    fn from(file: File) -> Self {
        file.file.into()
    }
}
