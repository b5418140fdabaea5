//! Records that are kept with their texts and hashes until the sink takes them.

use crate::canonical::{Canonical, Encoded, Hash, Writer, lanes};

/// The text and the hash of a record, whose buffer is used again.
pub(super) struct EncodedRecord {
    pub(super) writer: Writer,
    pub(super) hash: Hash,
}

impl EncodedRecord {
    /// For records of a kind, whose texts are kept up to a length.
    pub(super) fn new(text_max: usize) -> Self {
        Self {
            writer: Writer::encoder(text_max),
            hash: Hash::from_bytes([0; 32]),
        }
    }

    pub(super) fn encode<R: Canonical>(&mut self, record: &R) {
        self.hash = self.writer.encode(record).hash;
    }

    pub(super) fn encoded(&self) -> Encoded<'_> {
        self.writer.encoded(self.hash)
    }
}

/// Encodes some records, which are hashed side by side. If one is left, it is hashed while it is written.
pub(super) fn encode_in_place<'e, R: Canonical>(
    records: impl IntoIterator<Item = (R, &'e mut EncodedRecord)>,
) {
    let mut records: Vec<_> = records.into_iter().collect();
    let (fours, rest) = records.as_chunks_mut::<4>();
    fours.iter_mut().for_each(side_by_side);
    let (twos, rest) = rest.as_chunks_mut::<2>();
    twos.iter_mut().for_each(side_by_side);
    for (record, encoded) in rest {
        encoded.encode(record);
    }
}

fn side_by_side<R: Canonical, const N: usize>(records: &mut [(R, &mut EncodedRecord); N]) {
    let mut values = Vec::with_capacity(N);
    let mut writers = records.each_mut().map(|(record, encoded)| {
        values.push(&*record);
        &mut encoded.writer
    });
    let hashes = lanes::encode(std::array::from_fn(|at| values[at]), &mut writers);
    for ((_, encoded), hash) in records.iter_mut().zip(hashes) {
        encoded.hash = hash;
    }
}
