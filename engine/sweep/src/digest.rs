//! A run as digests: 24 bytes per tick, one hash of every record, and what its descriptors need.

use std::io;

use aether_engine::canonical::Encoded;
use aether_engine::run::{Record, RecordKind, RecordSink};
use sha2::{Digest, Sha256};

use crate::described::Views;
use crate::points::head;

/// Bytes of the digests of one tick.
pub(crate) const TICK_BYTES: usize = 24;

/// What is compared of a tick, in the order of its bytes. Each part is the first 8 bytes of the
/// SHA-256 of a record: the ledger (state and flux), the P-block (chain), the U-ledger entry
/// (everything up to this tick, and the check of its window).
pub(crate) const PARTS: [&str; 3] = ["ledgers", "p_blocks", "u_ledger"];

/// Takes the records of a run, and keeps their digests and the bits of descriptors.
#[derive(Clone, Debug, Default)]
pub(crate) struct DigestSink {
    parts: [Vec<[u8; 8]>; 3],
    /// The hashes of all records, in the order in which they are made.
    records: Sha256,
    /// How much of both is committed.
    committed: [usize; 3],
    committed_records: Sha256,
    views: Views,
    committed_views: usize,
}

/// What is kept of the committed records of a run.
pub(crate) struct Digests {
    /// The digests of the ticks, tick by tick.
    pub(crate) ticks: Vec<u8>,
    /// The SHA-256 of the hashes of all records.
    pub(crate) records: [u8; 32],
    /// What is kept of the views of descriptors.
    pub(crate) views: Views,
}

impl DigestSink {
    pub(crate) fn finish(mut self) -> Digests {
        let ticks = self.committed.into_iter().min().expect("there are parts");
        let mut bytes = Vec::with_capacity(ticks * TICK_BYTES);
        for tick in 0..ticks {
            for part in &self.parts {
                bytes.extend_from_slice(&part[tick]);
            }
        }
        self.views.truncate(self.committed_views);
        Digests {
            ticks: bytes,
            records: self.committed_records.finalize().into(),
            views: self.views,
        }
    }
}

impl RecordSink for DigestSink {
    fn text_max(&self, _: RecordKind) -> usize {
        0
    }

    fn put(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()> {
        if let Record::ApxiView(view) = record {
            self.views.add(view);
        }
        let part = match record {
            Record::Ledger(_) => Some(0),
            Record::PBlock(_) => Some(1),
            Record::LedgerEntry(_) => Some(2),
            _ => None,
        };
        if let Some(part) = part {
            self.parts[part].push(head(&encoded.hash));
        }
        self.records.update(encoded.hash.as_bytes());
        Ok(())
    }

    fn commit(&mut self) -> io::Result<()> {
        self.committed = [0, 1, 2].map(|part| self.parts[part].len());
        self.committed_records = self.records.clone();
        self.committed_views = self.views.len();
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        for (part, committed) in self.parts.iter_mut().zip(self.committed) {
            part.truncate(committed);
        }
        self.records = self.committed_records.clone();
        self.views.truncate(self.committed_views);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aether_engine::config::{FileSystem, change, load_run};
    use aether_engine::run::{RunOptions, execute, run};
    use sha2::{Digest, Sha256};

    use super::{DigestSink, Digests, RecordKind, TICK_BYTES};

    /// Digests are the starts of the hashes of the records of the same run in memory, also if it
    /// fails in its second window.
    #[test]
    fn digests_are_the_starts_of_the_hashes_of_records() {
        let files = FileSystem::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let base = load_run(&files, "scenarios/pfna-demo/run.toml".as_ref()).unwrap();
        let fails = change(
            &base,
            &[
                "diagnostics.limit=1000",
                "pfna.entries[3].values=[5000, 0, 0, 0]",
            ],
        );
        for (plan, windows) in [(&base, 2), (&fails.unwrap().plan, 1)] {
            let mut sink = DigestSink::default();
            let options = RunOptions::default();
            let outcome = execute(plan, &options, &mut sink).unwrap();
            let Digests {
                ticks: digests,
                records,
                ..
            } = sink.finish();
            assert_eq!(digests.len(), TICK_BYTES * 6 * windows);
            let whole = run(plan, &options);
            assert_eq!(&outcome.metrics, whole.metrics());
            let kinds = [
                RecordKind::Ledgers,
                RecordKind::PBlocks,
                RecordKind::ULedger,
            ];
            for (part, kind) in kinds.into_iter().enumerate() {
                for (tick, text) in whole.records(kind).enumerate() {
                    let start = tick * TICK_BYTES + part * 8;
                    let hash = Sha256::digest(text);
                    assert_eq!(digests[start..start + 8], hash[..8], "{kind:?} {tick}");
                }
            }
            assert_ne!(records, [0; 32]);
        }
    }
}
