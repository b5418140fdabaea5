//! Fuzz target: an `.apx` capsule, as it is and with its hashes made right, so that the fuzzer gets past them.

#![no_main]

use aether_engine::press::Capsule;
use sha2::{Digest, Sha256};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if let Some(sealed) = sealed(bytes) {
        check(&sealed);
    }
});

/// A capsule that is accepted is written as it was read, and each of its streams decodes or is refused.
fn check(bytes: &[u8]) {
    let Ok(capsule) = Capsule::from_bytes(bytes) else {
        return;
    };
    assert!(capsule.to_bytes() == bytes, "read and written differently");
    for (entry, _) in capsule.streams() {
        if let Ok(vectors) = capsule.vectors(&entry.stream_id) {
            let mut numbers = 0;
            for vector in vectors {
                let Ok(vector) = vector else { break };
                // What a stream of few bytes stands for is bounded, but is too much for each execution.
                numbers += vector.len().max(1);
                if numbers > 1 << 20 {
                    break;
                }
            }
        }
    }
}

/// The sections with the hashes that they should have.
fn sealed(bytes: &[u8]) -> Option<Vec<u8>> {
    let (start, mut rest) = bytes.split_at_checked(8)?;
    let mut sealed = start.to_vec();
    let mut prefix = 4;
    while !rest.is_empty() {
        let (length, after) = rest.split_at_checked(prefix)?;
        let bytes = length.iter().rev().fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte));
        let (section, after) = after.split_at_checked(usize::try_from(bytes).ok()?)?;
        let (_, after) = after.split_at_checked(32)?;
        sealed.extend(length);
        sealed.extend(section);
        sealed.extend(Sha256::digest(section));
        (rest, prefix) = (after, 8);
    }
    Some(sealed)
}
