//! The file system: opening and deleting.
#![expect(unsafe_code, reason = "SQLite calls a file system through pointers")]

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr;

use aether_disk::{FileId, Operation, perform};
use rusqlite::ffi::{self, sqlite3_file, sqlite3_vfs};

use crate::methods::METHODS;

/// A file as SQLite sees it. SQLite allocates it with room for the file of its own file system behind
/// it.
#[repr(C)]
pub(crate) struct WatchedFile {
    base: sqlite3_file,
    /// From [`Box::into_raw`], until the file is closed.
    pub(crate) about: *mut About,
}

/// What an operation on an open file is reported with.
pub(crate) struct About {
    /// Empty for a file without a name, which SQLite removes itself.
    pub(crate) path: PathBuf,
    pub(crate) file: FileId,
    /// Whether the next sync also makes its name durable: SQLite does so for new journals and logs.
    pub(crate) syncs_name: bool,
}

/// The file of SQLite's own file system behind a file of this one.
pub(crate) fn real(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SQLite allocates `szOsFile` bytes for a file, which has room for both (see `register`).
    file.cast::<WatchedFile>().wrapping_add(1).cast()
}

/// Registers the file system as the default.
pub(crate) fn register() {
    // SAFETY: SQLite may be initialized at any time, and by any thread.
    let started = unsafe { ffi::sqlite3_initialize() };
    assert_eq!(started, ffi::SQLITE_OK, "SQLite starts");
    // SAFETY: a null pointer asks for the default file system; SQLite is initialized.
    let found = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
    assert!(!found.is_null(), "SQLite has a file system");
    // SAFETY: SQLite's own file system is a constant of the program.
    let own = unsafe { &*found };
    let of_ours = c_int::try_from(size_of::<WatchedFile>()).expect("two pointers");
    let ours = sqlite3_vfs {
        iVersion: 2,
        szOsFile: own.szOsFile + of_ours,
        mxPathname: own.mxPathname,
        pNext: ptr::null_mut(),
        zName: c"watched".as_ptr(),
        pAppData: found.cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(last_error),
        xCurrentTimeInt64: Some(current_time_int64),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    };
    // SQLite keeps the pointer as long as the process lives.
    let ours = Box::leak(Box::new(ours));
    // SAFETY: `ours` lives for ever, and nobody else changes it.
    let registered = unsafe { ffi::sqlite3_vfs_register(ours, 1) };
    assert_eq!(registered, ffi::SQLITE_OK, "SQLite takes the file system");
}

/// A code that SQLite's own file system returned, on its way through [`perform`].
#[derive(Debug)]
struct Code(c_int);

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SQLite's code {}", self.0)
    }
}

impl std::error::Error for Code {}

/// Does an operation, which SQLite's own file system does by `act`. `failed` is the code for a failure
/// that a watcher decides on.
pub(crate) fn under(
    operation: &Operation<'_>,
    failed: c_int,
    act: impl FnOnce() -> c_int,
) -> c_int {
    let done = perform(operation, || match act() {
        ffi::SQLITE_OK => Ok(()),
        code => Err(io::Error::other(Code(code))),
    });
    done.map_or_else(|error| code(&error, failed), |()| ffi::SQLITE_OK)
}

/// The code for an error.
pub(crate) fn code(error: &io::Error, failed: c_int) -> c_int {
    let own = error.get_ref().and_then(|own| own.downcast_ref::<Code>());
    match own {
        Some(Code(code)) => *code,
        // Of the errors of opening and deleting, SQLite's own file system reports no full disk.
        None if error.kind() == io::ErrorKind::StorageFull
            && failed != ffi::SQLITE_CANTOPEN
            && failed != ffi::SQLITE_IOERR_DELETE =>
        {
            ffi::SQLITE_FULL
        }
        None => failed,
    }
}

/// Reports that the names beside a path are durable, when SQLite's own file system has made them so.
pub(crate) fn sync_name(path: &Path, failed: c_int) -> c_int {
    let Some(dir) = path.parent() else {
        return ffi::SQLITE_OK;
    };
    let sync = Operation::Sync {
        path: dir,
        file: FileId::new(),
    };
    under(&sync, failed, || ffi::SQLITE_OK)
}

fn path_of(name: *const c_char) -> PathBuf {
    if name.is_null() {
        return PathBuf::new();
    }
    // SAFETY: SQLite passes a name that ends with a zero byte, or a null pointer.
    let name = unsafe { CStr::from_ptr(name) };
    OsStr::from_bytes(name.to_bytes()).into()
}

/// SQLite's own file system.
fn own(vfs: *mut sqlite3_vfs) -> *mut sqlite3_vfs {
    // SAFETY: SQLite calls the functions with the structure that `register` made.
    let data = unsafe { (*vfs).pAppData };
    data.cast()
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let ours = file.cast::<WatchedFile>();
    // SAFETY: `file` points to `szOsFile` bytes that are ours. A file without methods is not closed.
    unsafe { (*ours).base.pMethods = ptr::null() };
    let inner = real(file);
    // SAFETY: as above; SQLite's own file system need not set this when it fails.
    unsafe { (*inner).pMethods = ptr::null() };
    let (path, id) = (path_of(name), FileId::new());
    let operation = if flags & ffi::SQLITE_OPEN_READWRITE == 0 {
        Operation::Read {
            path: &path,
            file: id,
        }
    } else {
        Operation::Open {
            path: &path,
            file: id,
            truncates: false,
        }
    };
    let opened = under(&operation, ffi::SQLITE_CANTOPEN, || {
        let own = own(vfs);
        // SAFETY: the arguments are those of SQLite, with the file system and the file that belong
        // together; every file system has this function.
        unsafe { (*own).xOpen.expect("it opens")(own, name, inner, flags, out_flags) }
    });
    if opened != ffi::SQLITE_OK {
        return opened;
    }
    let journals = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL;
    let about = About {
        path,
        file: id,
        syncs_name: flags & ffi::SQLITE_OPEN_CREATE != 0 && flags & journals != 0,
    };
    // SAFETY: `file` points to a `WatchedFile`. With its methods set, SQLite will close it.
    unsafe {
        (*ours).about = Box::into_raw(Box::new(about));
        (*ours).base.pMethods = &raw const METHODS;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(vfs: *mut sqlite3_vfs, name: *const c_char, syncs: c_int) -> c_int {
    let path = path_of(name);
    let operation = Operation::Remove { path: &path };
    let removed = under(&operation, ffi::SQLITE_IOERR_DELETE, || {
        let own = own(vfs);
        // SAFETY: the arguments are those of SQLite; every file system has this function.
        unsafe { (*own).xDelete.expect("it deletes")(own, name, syncs) }
    });
    if removed == ffi::SQLITE_OK && syncs != 0 {
        return sync_name(&path, ffi::SQLITE_IOERR_DIR_FSYNC);
    }
    removed
}

unsafe extern "C" fn access(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let own = own(vfs);
    // SAFETY: the arguments are those of SQLite; every file system has this function.
    unsafe { (*own).xAccess.expect("it looks")(own, name, flags, out) }
}

unsafe extern "C" fn full_pathname(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    size: c_int,
    out: *mut c_char,
) -> c_int {
    let own = own(vfs);
    // SAFETY: the arguments are those of SQLite; every file system has this function.
    unsafe { (*own).xFullPathname.expect("it names")(own, name, size, out) }
}

unsafe extern "C" fn randomness(vfs: *mut sqlite3_vfs, size: c_int, out: *mut c_char) -> c_int {
    let own = own(vfs);
    // SAFETY: the arguments are those of SQLite; every file system has this function.
    unsafe { (*own).xRandomness.expect("it draws")(own, size, out) }
}

unsafe extern "C" fn sleep(vfs: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    let own = own(vfs);
    // SAFETY: the arguments are those of SQLite; every file system has this function.
    unsafe { (*own).xSleep.expect("it sleeps")(own, microseconds) }
}

unsafe extern "C" fn current_time(vfs: *mut sqlite3_vfs, out: *mut f64) -> c_int {
    let own = own(vfs);
    // SAFETY: the arguments are those of SQLite; every file system has this function.
    unsafe { (*own).xCurrentTime.expect("it has a clock")(own, out) }
}

unsafe extern "C" fn current_time_int64(
    vfs: *mut sqlite3_vfs,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    let own = own(vfs);
    // SAFETY: the arguments are those of SQLite; a file system of version 2 has this function.
    unsafe { (*own).xCurrentTimeInt64.expect("it has a clock")(own, out) }
}

unsafe extern "C" fn last_error(vfs: *mut sqlite3_vfs, size: c_int, out: *mut c_char) -> c_int {
    let own = own(vfs);
    // SAFETY: the arguments are those of SQLite.
    unsafe { (*own).xGetLastError.map_or(0, |last| last(own, size, out)) }
}

/// Gives back what belongs to a file that is closed.
pub(crate) fn forget(file: *mut sqlite3_file) {
    let ours = file.cast::<WatchedFile>();
    // SAFETY: SQLite closes each open file once, and `open` made this by `Box::into_raw`.
    drop(unsafe { Box::from_raw((*ours).about) });
}

/// What an open file is reported with.
pub(crate) fn about<'f>(file: *mut sqlite3_file) -> &'f mut About {
    let ours = file.cast::<WatchedFile>();
    // SAFETY: the file is open, so `open` has set this; SQLite uses an open file from one thread at a
    // time, and no function here keeps the reference.
    unsafe { &mut *(*ours).about }
}
