//! Lanes against published hashes, and against the crate `sha2` with any lengths and any pieces.

use aether_sha_lanes::{LANES_MAX, Sha256, finish_lanes, update_lanes};
use proptest::prelude::*;
use sha2::Digest as _;

fn expected(message: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(message).into()
}

fn hex(hash: [u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Each message in a lane, with others beside it.
fn check_each(messages: [&[u8]; LANES_MAX]) {
    check_lanes(messages);
    check_lanes([messages[0], messages[1], messages[2]]);
    check_lanes([messages[1], messages[2]]);
    check_lanes([messages[3]]);
}

fn check_lanes<const N: usize>(messages: [&[u8]; N]) {
    let mut lanes = [const { Sha256::new() }; N];
    update_lanes(lanes.each_mut(), messages);
    for (lane, message) in lanes.clone().iter_mut().zip(messages) {
        assert_eq!(lane.finish(), expected(message), "{} bytes", message.len());
    }
    // Twice, since a message that was finished begins again.
    assert_eq!(finish_lanes(lanes.each_mut()), messages.map(expected));
    update_lanes(lanes.each_mut(), messages);
    assert_eq!(finish_lanes(lanes.each_mut()), messages.map(expected));
}

/// The examples of FIPS 180-2 and NIST's page of examples with intermediate values.
#[test]
fn published_hashes() {
    let million = vec![b'a'; 1_000_000];
    let examples: [(&[u8], &str); 5] = [
        (
            b"",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            b"abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (
            b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
        ),
        (
            &million,
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        ),
    ];
    for (message, hash) in examples {
        let mut alone = Sha256::new();
        alone.update(message);
        assert_eq!(hex(alone.finish()), hash);
        for (other, _) in examples {
            let mut lanes = [Sha256::new(), Sha256::new()];
            update_lanes(lanes.each_mut(), [other, message]);
            assert_eq!(hex(lanes[1].finish()), hash);
            check_each([message, other, message, other]);
            check_each([other, message, b"", message]);
        }
    }
}

/// Every length up to 4,096 bytes in each lane, beside lanes of other lengths.
#[test]
fn all_lengths() {
    let bytes: Vec<u8> = (0..=4096_u32).map(|at| (at * 167 % 251) as u8).collect();
    for length in 0..=4096 {
        let other = length * 31 % 4097;
        let third = length * 17 % 193;
        check_each([
            &bytes[..length],
            &bytes[4096 - other..],
            &bytes[..third],
            &bytes[..length],
        ]);
        check_each([
            &bytes[..third],
            &bytes[..length],
            &bytes[..length],
            &bytes[..other],
        ]);
        check_each([
            &bytes[1..=other],
            &bytes[..third],
            &bytes[..length],
            &bytes[..third],
        ]);
    }
}

proptest! {
    #[test]
    fn pieces_of_uneven_length(
        rounds in prop::collection::vec(
            prop::array::uniform4(prop::collection::vec(any::<u8>(), 0..300)),
            0..12,
        )
    ) {
        let mut lanes = [const { Sha256::new() }; LANES_MAX];
        let mut whole: [Vec<u8>; LANES_MAX] = Default::default();
        for pieces in &rounds {
            update_lanes(lanes.each_mut(), pieces.each_ref().map(Vec::as_slice));
            for (whole, piece) in whole.iter_mut().zip(pieces) {
                whole.extend_from_slice(piece);
            }
        }
        for (lane, whole) in lanes.iter_mut().zip(&whole) {
            prop_assert_eq!(lane.finish(), expected(whole));
            // It starts again.
            prop_assert_eq!(lane.finish(), expected(b""));
        }
    }

    #[test]
    fn a_message_may_change_its_lane(
        first in prop::collection::vec(any::<u8>(), 0..500),
        second in prop::collection::vec(any::<u8>(), 0..500),
        other in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        let (mut one, mut two) = (Sha256::new(), Sha256::new());
        update_lanes([&mut one, &mut two], [&first, &other]);
        update_lanes([&mut two, &mut one], [&first, &second]);
        one.update(&other);
        prop_assert_eq!(one.finish(), expected(&[&first[..], &second, &other].concat()));
        prop_assert_eq!(two.finish(), expected(&[&other[..], &first].concat()));
    }
}
