//! Bytes per second with one to four messages side by side, against `sha2` in the same run:
//! `cargo bench --package aether-sha-lanes`.

use std::hint::black_box;
use std::time::Instant;

use aether_sha_lanes::{Sha256, backend, update_lanes};
use sha2::Digest as _;

/// Bytes of a piece: one that is in the first cache with those of the other lanes.
const PIECE: usize = 8 * 1024;
const PIECES: usize = 2_000;
const ROUNDS: usize = 15;

fn main() {
    let pieces = [1_u8, 2, 3, 4].map(|byte| vec![byte; PIECE]);
    let [one, two, three, four] = pieces.each_ref().map(Vec::as_slice);
    println!("{:?}; GB/s, best and median of {ROUNDS}", backend());
    let alone = report("sha2", 1, None, || {
        let mut message = sha2::Sha256::new();
        for _ in 0..PIECES {
            message.update(one);
        }
        black_box(message.finalize());
    });
    report("1 lane", 1, Some(alone), || lanes([one]));
    report("2 lanes", 2, Some(alone), || lanes([one, two]));
    report("3 lanes", 3, Some(alone), || lanes([one, two, three]));
    report("4 lanes", 4, Some(alone), || lanes([one, two, three, four]));
}

fn lanes<const N: usize>(pieces: [&[u8]; N]) {
    let mut messages = [const { Sha256::new() }; N];
    for _ in 0..PIECES {
        update_lanes(messages.each_mut(), pieces);
    }
    black_box(messages.map(|mut message| message.finish()));
}

/// Prints the bytes per second of something that hashes `lanes` messages, and how they compare with those of
/// one stream. Returns the best figure.
fn report(name: &str, lanes: usize, alone: Option<f64>, hash: impl Fn()) -> f64 {
    let bytes = (lanes * PIECE * PIECES) as f64;
    let mut speeds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
            let start = Instant::now();
            hash();
            bytes / start.elapsed().as_secs_f64() / 1e9
        })
        .collect();
    speeds.sort_by(f64::total_cmp);
    let (best, median) = (speeds[ROUNDS - 1], speeds[ROUNDS / 2]);
    let ratio = alone.map_or(String::new(), |alone| {
        format!(", {:.2} times sha2", best / alone)
    });
    println!("{name}: {best:.2}, {median:.2}{ratio}");
    best
}
