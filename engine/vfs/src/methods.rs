//! The operations on open files.
#![expect(unsafe_code, reason = "SQLite calls a file system through pointers")]

use std::ffi::{c_int, c_void};

use aether_disk::{Operation, perform_write};
use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods};

use crate::open::{about, code, forget, real, sync_name, under};

/// The operations. Version 2 has the index of a write-ahead log, and no files in memory.
pub(crate) static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// The operations of SQLite's own file system, for the file behind an open one.
fn own(inner: *mut sqlite3_file) -> &'static sqlite3_io_methods {
    // SAFETY: the file is open, so its methods are set; they are constants of the program.
    let methods = unsafe { &*(*inner).pMethods };
    assert!(
        methods.iVersion >= 2,
        "the file system has write-ahead logs"
    );
    methods
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    forget(file);
    let inner = real(file);
    // SAFETY: SQLite closes an open file, and the one behind it is open as long.
    unsafe { own(inner).xClose.expect("it closes")(inner) }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    size: c_int,
    at: sqlite3_int64,
) -> c_int {
    let (about, inner) = (about(file), real(file));
    let len = usize::try_from(size).expect("a size is not negative");
    // SAFETY: SQLite passes `size` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), len) };
    let operation = Operation::Write {
        path: &about.path,
        file: about.file,
        at: u64::try_from(at).expect("an offset is not negative"),
        bytes,
    };
    let mut failed = ffi::SQLITE_IOERR_WRITE;
    let written = perform_write(&operation, |bytes| {
        let size = c_int::try_from(bytes.len()).expect("at most the size above");
        // SAFETY: the file behind an open file is open, and `bytes` has this size.
        match unsafe {
            own(inner).xWrite.expect("it writes")(inner, bytes.as_ptr().cast(), size, at)
        } {
            ffi::SQLITE_OK => Ok(bytes.len()),
            code => {
                failed = code;
                Err(std::io::Error::other("SQLite's own file system failed"))
            }
        }
    });
    match written {
        Ok(written) if written == len => ffi::SQLITE_OK,
        // SQLite's own file system writes on, until the system writes nothing.
        Ok(_) => ffi::SQLITE_FULL,
        Err(error) => code(&error, failed),
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, len: sqlite3_int64) -> c_int {
    let (about, inner) = (about(file), real(file));
    let operation = Operation::SetLen {
        path: &about.path,
        file: about.file,
        len: u64::try_from(len).expect("a length is not negative"),
    };
    under(&operation, ffi::SQLITE_IOERR_TRUNCATE, || {
        // SAFETY: the file behind an open file is open.
        unsafe { own(inner).xTruncate.expect("it truncates")(inner, len) }
    })
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    let (about, inner) = (about(file), real(file));
    let operation = Operation::Sync {
        path: &about.path,
        file: about.file,
    };
    let synced = under(&operation, ffi::SQLITE_IOERR_FSYNC, || {
        // SAFETY: the file behind an open file is open.
        unsafe { own(inner).xSync.expect("it syncs")(inner, flags) }
    });
    if synced == ffi::SQLITE_OK && about.syncs_name {
        // SQLite's own file system goes on if the directory cannot be synced.
        sync_name(&about.path, ffi::SQLITE_OK);
        about.syncs_name = false;
    }
    synced
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    buffer: *mut c_void,
    size: c_int,
    at: sqlite3_int64,
) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe { own(inner).xRead.expect("it reads")(inner, buffer, size, at) }
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, out: *mut sqlite3_int64) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe { own(inner).xFileSize.expect("it measures")(inner, out) }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe { own(inner).xLock.expect("it locks")(inner, level) }
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe { own(inner).xUnlock.expect("it unlocks")(inner, level) }
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe { own(inner).xCheckReservedLock.expect("it looks")(inner, out) }
}

unsafe extern "C" fn file_control(
    file: *mut sqlite3_file,
    what: c_int,
    with: *mut c_void,
) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe { own(inner).xFileControl.expect("it is controlled")(inner, what, with) }
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe { own(inner).xSectorSize.expect("it has sectors")(inner) }
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe {
        own(inner)
            .xDeviceCharacteristics
            .expect("it has properties")(inner)
    }
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    page: c_int,
    size: c_int,
    extends: c_int,
    out: *mut *mut c_void,
) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe { own(inner).xShmMap.expect("it maps")(inner, page, size, extends, out) }
}

unsafe extern "C" fn shm_lock(
    file: *mut sqlite3_file,
    from: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe { own(inner).xShmLock.expect("it locks")(inner, from, count, flags) }
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, removes: c_int) -> c_int {
    let inner = real(file);
    // SAFETY: the file behind an open file is open, and the arguments are those of SQLite.
    unsafe { own(inner).xShmUnmap.expect("it unmaps")(inner, removes) }
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    let inner = real(file);
    // SAFETY: the file behind an open file is open.
    unsafe { own(inner).xShmBarrier.expect("it waits")(inner) }
}
