//! A sink that keeps nothing of a run.

use std::io;

use aether_engine::canonical::Encoded;
use aether_engine::run::{Record, RecordKind, RecordSink};

/// A sink that drops all records, and counts their bytes.
#[derive(Default)]
pub(crate) struct Counter {
    pub(crate) bytes: u64,
}

impl RecordSink for Counter {
    fn text_max(&self, _: RecordKind) -> usize {
        0
    }

    fn put(&mut self, _: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()> {
        self.bytes += encoded.length;
        Ok(())
    }

    fn commit(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        Ok(())
    }
}
