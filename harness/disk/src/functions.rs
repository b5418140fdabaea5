//! The functions of `std::fs` that change files or open them.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::{File, FileId, Operation, is_of_machine, perform};

/// As [`std::fs::read`].
///
/// # Errors
/// The file cannot be read.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let (path, file) = (path.as_ref(), FileId::new());
    perform(&Operation::Read { path, file }, || fs::read(path))
}

/// As [`std::fs::read_to_string`].
///
/// # Errors
/// The file cannot be read, or is not UTF-8.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let (path, file) = (path.as_ref(), FileId::new());
    perform(&Operation::Read { path, file }, || fs::read_to_string(path))
}

/// As [`std::fs::read_dir`].
///
/// # Errors
/// The directory cannot be read.
pub fn read_dir(path: impl AsRef<Path>) -> io::Result<fs::ReadDir> {
    let (path, file) = (path.as_ref(), FileId::new());
    perform(&Operation::Read { path, file }, || fs::read_dir(path))
}

/// As [`std::fs::write`]: a crash may leave a part of the bytes.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    File::create(path)?.write_all(bytes.as_ref())
}

/// As [`std::fs::copy`].
///
/// # Errors
/// The one cannot be read, or the other not be written.
pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<u64> {
    let (from, to) = (from.as_ref(), to.as_ref());
    perform(&Operation::Copy { from, to }, || fs::copy(from, to))
}

/// As [`std::fs::create_dir`].
///
/// # Errors
/// It cannot be made, or exists.
pub fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    perform(&Operation::CreateDir { path }, || fs::create_dir(path))
}

/// As [`std::fs::create_dir_all`].
///
/// # Errors
/// It cannot be made.
pub fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    let made = match (create_dir(path), path.parent()) {
        (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
            create_dir_all(parent).and_then(|()| create_dir(path))
        }
        (made, _) => made,
    };
    // Another process may have been quicker.
    made.or_else(|error| if path.is_dir() { Ok(()) } else { Err(error) })
}

/// As [`create_dir_all`]. Once this has returned, what it made survives a loss of power.
///
/// # Errors
/// A directory cannot be made or synced.
pub fn create_dir_all_durable(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    let is_missing = |dir: &&Path| !dir.as_os_str().is_empty() && !dir.is_dir();
    let missing: Vec<_> = path.ancestors().take_while(is_missing).collect();
    create_dir_all(path)?;
    let mut parents = missing.iter().filter_map(|dir| dir.parent());
    parents.try_for_each(sync_dir)
}

/// As [`std::fs::remove_dir`].
///
/// # Errors
/// It cannot be removed, or is not empty.
pub fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    perform(&Operation::RemoveDir { path }, || fs::remove_dir(path))
}

/// As [`std::fs::remove_dir_all`]. Where a test watches, each file is removed by an operation of its
/// own, as the standard library does it.
///
/// # Errors
/// Something cannot be removed.
pub fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    if !crate::is_watched(path) {
        return fs::remove_dir_all(path);
    }
    if !fs::symlink_metadata(path)?.is_dir() {
        return remove_file(path);
    }
    let mut entries: Vec<_> = fs::read_dir(path)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        remove_dir_all(entry.path())?;
    }
    remove_dir(path)
}

/// As [`std::fs::remove_file`].
///
/// # Errors
/// It cannot be removed.
pub fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    perform(&Operation::Remove { path }, || fs::remove_file(path))
}

/// As [`std::fs::rename`].
///
/// # Errors
/// It cannot be renamed.
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref(), to.as_ref());
    perform(&Operation::Rename { from, to }, || fs::rename(from, to))
}

/// As [`std::fs::hard_link`].
///
/// # Errors
/// The second name cannot be given.
pub fn hard_link(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref(), to.as_ref());
    perform(&Operation::Link { from, to }, || fs::hard_link(from, to))
}

/// As [`std::os::unix::fs::symlink`].
///
/// # Errors
/// The link cannot be made.
#[cfg(unix)]
pub fn symlink(to: impl AsRef<Path>, path: impl AsRef<Path>) -> io::Result<()> {
    let (to, path) = (to.as_ref(), path.as_ref());
    perform(&Operation::Symlink { path }, || {
        std::os::unix::fs::symlink(to, path)
    })
}

/// As [`std::fs::set_permissions`].
///
/// # Errors
/// They cannot be changed.
pub fn set_permissions(path: impl AsRef<Path>, permissions: fs::Permissions) -> io::Result<()> {
    let path = path.as_ref();
    perform(&Operation::SetPermissions { path }, || {
        fs::set_permissions(path, permissions)
    })
}

/// Makes the names in a directory durable, where directories can be synced.
///
/// # Errors
/// It cannot be opened or synced.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let dir = if dir.as_os_str().is_empty() {
            Path::new(".")
        } else {
            dir
        };
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// Whether there is a file at a path, behind links too.
///
/// # Errors
/// The machine cannot tell.
pub fn is_file(path: impl AsRef<Path>) -> io::Result<bool> {
    is_kind(path.as_ref(), fs::Metadata::is_file)
}

/// Whether there is a directory at a path, behind links too.
///
/// # Errors
/// The machine cannot tell.
pub fn is_dir(path: impl AsRef<Path>) -> io::Result<bool> {
    is_kind(path.as_ref(), fs::Metadata::is_dir)
}

fn is_kind(path: &Path, kind: impl FnOnce(&fs::Metadata) -> bool) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(kind(&metadata)),
        Err(error) if is_of_machine(&error) => Err(error),
        Err(_) => Ok(false),
    }
}

/// Refuses what is at a path if it is not a file: to open a pipe may wait for ever. Nothing may be there.
///
/// # Errors
/// Something else is there, or the machine cannot tell.
pub fn require_file(path: impl AsRef<Path>) -> io::Result<()> {
    refuse_others(fs::metadata(path))
}

/// As [`require_file`], and refuses links: what is behind one belongs to somebody else.
///
/// # Errors
/// Something else is there, or the machine cannot tell.
pub fn require_own_file(path: impl AsRef<Path>) -> io::Result<()> {
    refuse_others(fs::symlink_metadata(path))
}

/// What is at a path, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A link that was not followed.
    Link,
    /// A link that leads nowhere.
    LinkToNothing,
    /// A pipe, a socket or a device.
    Stream,
}

impl Found {
    /// What is at a path, behind links too; `None` if nothing is.
    ///
    /// # Errors
    /// The machine cannot tell.
    pub fn at(path: impl AsRef<Path>) -> io::Result<Option<Self>> {
        let path = path.as_ref();
        match fs::metadata(path) {
            Ok(found) => Ok(Some(Self::of(&found))),
            Err(error) if is_of_machine(&error) => Err(error),
            Err(_) => {
                let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
                Ok(is_link.then_some(Self::LinkToNothing))
            }
        }
    }

    fn of(found: &fs::Metadata) -> Self {
        if found.is_file() {
            Self::File
        } else if found.is_symlink() {
            Self::Link
        } else if found.is_dir() {
            Self::Directory
        } else {
            Self::Stream
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::File => "a file",
            Self::Directory => "a directory",
            Self::Link => "a link",
            Self::LinkToNothing => "a link to nothing",
            Self::Stream => "a pipe or a device",
        })
    }
}

fn refuse_others(found: io::Result<fs::Metadata>) -> io::Result<()> {
    let what = match found {
        Ok(found) if found.is_file() => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) => Found::of(&found),
    };
    let message = format!("it is {what}, and not a file");
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}
