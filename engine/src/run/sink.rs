//! [`RecordSink`]: takes the records of a run as they are made.

use std::io;

use crate::canonical::Encoded;
use crate::codex::PatternStore;
use crate::record::{Record, RecordKind};

/// Takes the records of a run, in run order within each kind.
///
/// Records between two commits belong to one primary window (the last commit also has the end of
/// the run). A sink must be able to drop them again.
pub trait RecordSink {
    /// The longest text of a kind that the sink wants, in bytes. A longer one may be dropped as it is hashed, which saves memory
    /// and time. The answer is the same all through a run.
    fn text_max(&self, kind: RecordKind) -> usize {
        let _ = kind;
        usize::MAX
    }

    /// Takes one record with its canonical text and hash.
    ///
    /// # Errors
    /// The record could not be kept; the run stops.
    fn put(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()>;

    /// Keeps the records since the last commit.
    ///
    /// # Errors
    /// The records could not be kept; the run stops.
    fn commit(&mut self) -> io::Result<()>;

    /// Drops the records since the last commit.
    ///
    /// # Errors
    /// The records could not be dropped.
    fn roll_back(&mut self) -> io::Result<()>;

    /// Keeps a page of the run's working memory until the next commit or roll-back, so that the use
    /// of memory does not grow with the length of a window. A sink without space for it returns
    /// false, and the run keeps the page itself.
    ///
    /// # Errors
    /// The page could not be kept; the run stops.
    fn spill(&mut self, page: &[u8]) -> io::Result<bool> {
        let _ = page;
        Ok(false)
    }

    /// A page that was spilled since the last commit; pages are numbered from 0.
    ///
    /// # Errors
    /// The page could not be read; the run stops.
    fn read_spilled(&mut self, number: usize) -> io::Result<Vec<u8>> {
        let _ = number;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Keeps a note of the run's working memory under a key until the run ends, so that the use of memory
    /// does not grow with the length of a run. A sink without space for it returns false, and the run
    /// keeps its notes itself.
    ///
    /// # Errors
    /// The note could not be kept; the run stops.
    fn keep_note(&mut self, key: &[u8; 32], note: &[u8]) -> io::Result<bool> {
        let _ = (key, note);
        Ok(false)
    }

    /// The note that was kept under a key, if there is one.
    ///
    /// # Errors
    /// The note could not be read; the run stops.
    fn note(&mut self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>> {
        let _ = key;
        Ok(None)
    }
}

impl PatternStore for dyn RecordSink + '_ {
    fn keep(&mut self, key: &[u8; 32], pattern: &[u8]) -> io::Result<bool> {
        self.keep_note(key, pattern)
    }

    fn kept(&mut self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>> {
        self.note(key)
    }
}
