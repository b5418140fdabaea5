//! Moves one after the other: the position of each element when its turn comes.

use crate::matching::Pair;

/// The moves that bring elements from their old order into their new one: from which
/// position each is taken out, and at which it is put in after that. Positions count only the paired
/// elements.
///
/// Elements that kept their order are anchors. Everything that moves has a slot where it was and
/// one where it will be, all slots in one line: after each anchor the new slots, then the old
/// ones. A position is the number of taken slots before it, so no element is ever looked for.
pub(super) fn steps(pairs: &[Pair]) -> Vec<(usize, usize)> {
    if !pairs.iter().any(|pair| pair.moved) {
        return Vec::new();
    }
    let mut by_old: Vec<usize> = (0..pairs.len()).collect();
    by_old.sort_unstable_by_key(|&at| pairs[at].before);
    let mut old_slot = vec![0; pairs.len()];
    let mut new_slot = vec![0; pairs.len()];
    let mut taken = Vec::with_capacity(pairs.len() + 16);
    let mut new = (0..pairs.len()).peekable();
    let mut old = by_old.into_iter().peekable();
    // Both orders meet at each anchor, since anchors are in the same order in both.
    while new.peek().is_some() || old.peek().is_some() {
        while let Some(at) = new.next_if(|&at| pairs[at].moved) {
            new_slot[at] = taken.len();
            taken.push(false);
        }
        while let Some(at) = old.next_if(|&at| pairs[at].moved) {
            old_slot[at] = taken.len();
            taken.push(true);
        }
        if new.next().is_some() && old.next().is_some() {
            taken.push(true);
        }
    }
    let mut slots = Slots::new(&taken);
    let mut steps = Vec::new();
    for (at, _) in pairs.iter().enumerate().filter(|(_, pair)| pair.moved) {
        let from = slots.taken_before(old_slot[at]);
        slots.clear(old_slot[at]);
        let to = slots.taken_before(new_slot[at]);
        slots.take(new_slot[at]);
        if from != to {
            steps.push((from, to));
        }
    }
    steps
}

/// A line of slots that counts the taken ones before any slot in logarithmic time (a Fenwick
/// tree).
struct Slots(Vec<usize>);

impl Slots {
    fn new(taken: &[bool]) -> Self {
        let mut sums = vec![0; taken.len() + 1];
        for (slot, &is_taken) in taken.iter().enumerate() {
            let node = slot + 1;
            sums[node] += usize::from(is_taken);
            let parent = node + lowest_bit(node);
            if parent < sums.len() {
                sums[parent] += sums[node];
            }
        }
        Self(sums)
    }

    fn taken_before(&self, slot: usize) -> usize {
        let (mut node, mut sum) = (slot, 0);
        while node > 0 {
            sum += self.0[node];
            node -= lowest_bit(node);
        }
        sum
    }

    fn take(&mut self, slot: usize) {
        let mut node = slot + 1;
        while node < self.0.len() {
            self.0[node] += 1;
            node += lowest_bit(node);
        }
    }

    fn clear(&mut self, slot: usize) {
        let mut node = slot + 1;
        while node < self.0.len() {
            self.0[node] -= 1;
            node += lowest_bit(node);
        }
    }
}

fn lowest_bit(node: usize) -> usize {
    1 << node.trailing_zeros()
}
