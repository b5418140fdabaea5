//! Records that are kept with their texts and hashes until the sink takes them.

use crate::canonical::{Canonical, Encoded, Hash, Writer, lanes};

/// The text and the hash of a record, whose buffer is used again.
pub(super) struct EncodedRecord {
    pub(super) writer: Writer,
    pub(super) hash: Hash,
}

impl EncodedRecord {
    pub(super) fn new() -> Self {
        Self {
            writer: Writer::encoder(),
            hash: Hash::from_bytes([0; 32]),
        }
    }

    pub(super) fn encode<R: Canonical>(&mut self, record: &R) {
        self.hash = self.writer.encode(record).hash;
    }

    pub(super) fn encoded(&self) -> Encoded<'_> {
        Encoded {
            text: self.writer.bytes_so_far(),
            hash: self.hash,
        }
    }
}

/// Encodes small records, which are hashed side by side.
pub(super) fn encode_all<R: Canonical>(
    records: impl IntoIterator<Item = R>,
) -> Vec<(R, EncodedRecord)> {
    let written = records.into_iter().map(|record| {
        let mut encoded = EncodedRecord::new();
        encoded.writer.begin();
        record.write(&mut encoded.writer);
        (record, encoded)
    });
    let mut written: Vec<_> = written.collect();
    let (fours, rest) = written.as_chunks_mut::<4>();
    fours.iter_mut().for_each(finish);
    let (twos, rest) = rest.as_chunks_mut::<2>();
    twos.iter_mut().for_each(finish);
    let (ones, _) = rest.as_chunks_mut::<1>();
    ones.iter_mut().for_each(finish);
    written
}

fn finish<R, const N: usize>(records: &mut [(R, EncodedRecord); N]) {
    let mut writers = records.each_mut().map(|(_, encoded)| &mut encoded.writer);
    let hashes = lanes::finish(&mut writers);
    for ((_, encoded), hash) in records.iter_mut().zip(hashes) {
        encoded.hash = hash;
    }
}
