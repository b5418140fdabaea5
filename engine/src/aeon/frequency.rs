//! Finds the vector that occurs most often, in memory that does not grow with the number of vectors.
//!
//! Vectors are told apart by their hashes. If there are too many, those whose hashes start with
//! certain bits are left for another reading:
//!
//! ```text
//! 1st reading   all hashes … too many: only those that start with 0 … only those with 00
//! 2nd reading   those with 01
//! 3rd reading   those with 1
//! ```

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Counts vectors over one or more readings of the same ticks.
#[derive(Debug)]
pub(super) struct Frequencies {
    counts: BTreeMap<[u8; 32], Seen>,
    /// Most hashes that are counted at once.
    capacity: usize,
    /// The hashes that this reading counts.
    part: Part,
    /// The parts that wait for another reading.
    left: Vec<Part>,
    best: Option<Seen>,
}

/// A vector that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) count: u64,
    /// Where it was seen first, from 0.
    k: u64,
    /// A tick at which the stream has it.
    pub(super) tick: u64,
}

/// The hashes whose first bits are those of a number.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    bits: u32,
    start: u64,
}

impl Part {
    fn has(self, hash: &[u8; 32]) -> bool {
        let head = u64::from_be_bytes(*hash.first_chunk().expect("a hash has 32 bytes"));
        self.bits == 0 || head >> (u64::BITS - self.bits) == self.start
    }

    /// The two halves of the part.
    fn halves(self) -> [Self; 2] {
        let half = |bit| Self {
            bits: self.bits + 1,
            start: self.start << 1 | bit,
        };
        [half(0), half(1)]
    }
}

impl Frequencies {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            counts: BTreeMap::new(),
            capacity,
            part: Part::default(),
            left: Vec::new(),
            best: None,
        }
    }

    /// Adds the k-th vector of a reading.
    pub(super) fn add(&mut self, vector: &[i128], k: u64, tick: u64) {
        let hash = hash(vector);
        if !self.part.has(&hash) {
            return;
        }
        let first = Seen { count: 0, k, tick };
        self.counts.entry(hash).or_insert(first).count += 1;
        while self.counts.len() > self.capacity {
            let [part, other] = self.part.halves();
            self.counts.retain(|hash, _| part.has(hash));
            self.part = part;
            self.left.push(other);
        }
    }

    /// Ends a reading. Returns whether there must be another.
    pub(super) fn end_reading(&mut self) -> bool {
        let rank = |seen: &Seen| (seen.count, std::cmp::Reverse(seen.k));
        let counts = std::mem::take(&mut self.counts).into_values();
        self.best = counts.chain(self.best).max_by_key(rank);
        match self.left.pop() {
            Some(part) => {
                self.part = part;
                true
            }
            None => false,
        }
    }

    /// The vector that occurs most often; of several, the one that occurs first. `None` if there is
    /// no vector.
    pub(super) const fn best(&self) -> Option<Seen> {
        self.best
    }
}

/// The hash of a vector. All vectors of a stream have the same length.
fn hash(vector: &[i128]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for value in vector {
        hasher.update(value.to_le_bytes());
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most frequent of some numbers and the number of readings, with so much memory.
    fn most_frequent(numbers: &[i128], capacity: usize) -> (Option<Seen>, usize) {
        let mut frequencies = Frequencies::new(capacity);
        let mut readings = 0;
        loop {
            readings += 1;
            for (k, number) in numbers.iter().enumerate() {
                frequencies.add(&[*number], k as u64, 100 + k as u64);
                assert!(frequencies.counts.len() <= capacity);
            }
            if !frequencies.end_reading() {
                return (frequencies.best(), readings);
            }
        }
    }

    #[test]
    fn little_memory_finds_the_same_as_much() {
        for seed in 0..200_i128 {
            let numbers: Vec<i128> = (0..60)
                .map(|k| (k * k * (seed + 1) + seed * k) % (seed % 37 + 1))
                .collect();
            // By brute force.
            let count = |number| numbers.iter().filter(|other| *other == number).count();
            let most = numbers.iter().map(count).max().unwrap();
            let k = numbers
                .iter()
                .position(|number| count(number) == most)
                .unwrap() as u64;
            let expected = Some(Seen {
                count: most as u64,
                k,
                tick: 100 + k,
            });
            for capacity in [1, 2, 7, 1000] {
                let (found, readings) = most_frequent(&numbers, capacity);
                assert_eq!(found, expected, "{numbers:?}, {capacity}");
                assert!(capacity < 1000 || readings == 1);
            }
        }
    }

    #[test]
    fn many_vectors_take_more_readings_and_not_more_memory() {
        let numbers: Vec<i128> = (0..4000).chain([3999]).collect();
        let (found, readings) = most_frequent(&numbers, 500);
        assert_eq!(found.map(|seen| (seen.count, seen.k)), Some((2, 3999)));
        assert!((8..=32).contains(&readings), "{readings}");
        assert_eq!(most_frequent(&[], 1), (None, 1));
    }
}
