//! Records that are written and hashed side by side, a piece at a time.
//!
//! The hash of one record leaves half of the processor's SHA unit idle, so the records of up to four writers are hashed together. A
//! record of a large graph has megabytes, which are no longer in the first cache when the last byte is written. So the writers take turns:
//! each writes a piece, and the lanes follow as far as all of them have full blocks.
//!
//! ```text
//! writer 1   ████████▓▓▓▓▓▓░                █ hashed before
//! writer 2   ████████▓▓▓▓▓▓░░░              ▓ hashed now, as many blocks of each
//! writer 3   ████████▓▓▓▓▓▓                 ░ waits for the next piece
//! ```

use aether_sha_lanes::{finish_lanes, update_lanes};

use super::{Canonical, Hash, INTEGERS, Writer};

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// Hashes what all writers have in full blocks.
pub(crate) fn follow<const N: usize>(writers: &mut [&mut Writer; N]) {
    let blocks = writers
        .iter()
        .map(|writer| writer.unhashed().len() / BLOCK)
        .min();
    let length = blocks.unwrap_or_default() * BLOCK;
    update(writers, [length; N]);
    for writer in writers {
        writer.drop_hashed();
    }
}

/// Writes a list of integers with each writer, some at a time, and follows them.
pub(crate) fn lists<const N: usize>(writers: &mut [&mut Writer; N], lists: [&[i64]; N]) {
    let mut separator = b'[';
    let longest = lists.iter().map(|list| list.len()).max();
    for from in (0..longest.unwrap_or_default()).step_by(INTEGERS) {
        for (writer, list) in writers.iter_mut().zip(lists) {
            if let Some((_, rest @ [_, ..])) = list.split_at_checked(from) {
                writer.integers(&rest[..rest.len().min(INTEGERS)], separator);
            }
        }
        separator = b',';
        follow(writers);
    }
    for (writer, list) in writers.iter_mut().zip(lists) {
        writer.raw(if list.is_empty() { "[]" } else { "]" });
    }
}

/// Writes and hashes records side by side.
pub(crate) fn encode<R: Canonical, const N: usize>(
    records: [&R; N],
    writers: &mut [&mut Writer; N],
) -> [Hash; N] {
    for writer in &mut *writers {
        writer.begin();
    }
    R::write_side_by_side(records, writers);
    finish(writers)
}

/// Hashes the rest of each record, and returns the hashes of the records.
pub(crate) fn finish<const N: usize>(writers: &mut [&mut Writer; N]) -> [Hash; N] {
    let lengths = writers.each_ref().map(|writer| writer.unhashed().len());
    update(writers, lengths);
    finish_lanes(writers.each_mut().map(|writer| writer.next_piece(0).0)).map(Hash::from_bytes)
}

fn update<const N: usize>(writers: &mut [&mut Writer; N], lengths: [usize; N]) {
    let mut pieces: [&[u8]; N] = [&[]; N];
    let mut lane = 0;
    let hashers = writers.each_mut().map(|writer| {
        let (hasher, piece) = writer.next_piece(lengths[lane]);
        pieces[lane] = piece;
        lane += 1;
        hasher
    });
    update_lanes(hashers, pieces);
}
