//! The ticks at which values of a stage differ, and how far its numbers moved at each of them.
//!
//! ```text
//! tick 3: 1 → 1.5, tick 3: "a" → "b", tick 4: 2 → 4      3 ↦ 0.5, 4 ↦ 2
//! ```
//!
//! There may be one tick per record of a document of any size, so each costs a key and one number.

use std::collections::BTreeMap;

use crate::tick::{Stamp, Tick, When};

/// The largest difference of each tick; NaN if no number moved there.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    largest: BTreeMap<When, f64>,
    /// How ticks are spelled that are not plain whole numbers.
    spelled: BTreeMap<When, Tick>,
    /// The last tick, which may not be among the others yet: values of one tick come one after the other.
    last: Option<(When, f64)>,
}

impl Ticks {
    /// Takes in a difference, of `abs` if it is one of numbers.
    pub(super) fn add(&mut self, stamp: Stamp<'_>, abs: Option<f64>) {
        if stamp.when == When::NEVER {
            return;
        }
        let abs = abs.unwrap_or(f64::NAN);
        match &mut self.last {
            Some((when, largest)) if *when == stamp.when => *largest = largest.max(abs),
            _ => {
                self.keep_last();
                self.last = Some((stamp.when, abs));
                if !stamp.is_plain()
                    && let Some(tick) = stamp.tick()
                {
                    self.spelled.entry(stamp.when).or_insert(tick);
                }
            }
        }
    }

    fn keep_last(&mut self) {
        if let Some((when, abs)) = self.last.take() {
            let largest = self.largest.entry(when).or_insert(abs);
            // The larger of a number and NaN is the number.
            *largest = largest.max(abs);
        }
    }

    /// Takes in all ticks of another part of the stage.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.keep_last();
        other.keep_last();
        for (when, abs) in other.largest {
            let largest = self.largest.entry(when).or_insert(abs);
            *largest = largest.max(abs);
        }
        for (when, tick) in other.spelled {
            self.spelled.entry(when).or_insert(tick);
        }
    }

    /// How many ticks there are.
    pub(super) fn count(&mut self) -> u64 {
        self.keep_last();
        self.largest.len() as u64
    }
}

/// The tick from which the largest difference of all stages stays above that of the first tick at which a
/// number moved; `None` if it does not grow.
pub(super) fn grows_from<'t>(stages: impl IntoIterator<Item = &'t mut Ticks>) -> Option<Tick> {
    let mut stages: Vec<&Ticks> = Vec::from_iter(stages.into_iter().map(|stage| {
        stage.keep_last();
        &*stage
    }));
    stages.retain(|stage| !stage.largest.is_empty());
    let numbers = |stage: &'t Ticks| stage.largest.iter().filter(|(_, abs)| !abs.is_nan());
    let firsts = stages.iter().filter_map(|stage| numbers(stage).next());
    let first = firsts.map(|(when, _)| *when).min()?;
    let at_first = stages.iter().filter_map(|stage| stage.largest.get(&first));
    let start = at_first.copied().fold(f64::NAN, f64::max);
    // From the last tick backwards, all stages side by side.
    let mut backwards = Vec::from_iter(stages.iter().map(|stage| numbers(stage).rev().peekable()));
    let mut from = None;
    loop {
        let whens = backwards
            .iter_mut()
            .filter_map(|stage| stage.peek().map(|(when, _)| **when));
        let when = whens.max()?;
        let at = backwards
            .iter_mut()
            .filter_map(|stage| stage.next_if(|(other, _)| **other == when));
        if at.map(|(_, abs)| *abs).fold(f64::NAN, f64::max) <= start {
            break;
        }
        from = Some(when);
    }
    let spelled = |when: When| {
        stages
            .iter()
            .find_map(|stage| stage.spelled.get(&when))
            .cloned()
    };
    from.map(|when| spelled(when).unwrap_or_else(|| when.whole()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(moves: &[(&str, Option<f64>)]) -> Ticks {
        let mut ticks = Ticks::default();
        for (tick, abs) in moves {
            ticks.add(Stamp::read(tick).unwrap(), *abs);
        }
        ticks
    }

    #[test]
    fn differences_grow_from_the_tick_after_the_last_small_one() {
        for (stages, expected) in [
            (
                &[&[("1", 0.1), ("2", 0.1), ("3", 0.3), ("3", 0.2), ("4", 0.5)][..]][..],
                "3",
            ),
            (&[&[("1", 1.0), ("2", 1.0)]], ""),
            (&[&[("1", 1.0), ("2", 4.0), ("3", 1.0)]], ""),
            (&[&[("3", 4.0), ("1", 1.0), ("2", 1.0)]], "3"),
            (&[&[("1", 1.0), ("2", 1.0)], &[("1", 0.5), ("2", 2.0)]], "2"),
            (&[&[("1", 1.0), ("2", 1.5)], &[("1", 2.0), ("3", 3.0)]], "3"),
            (
                &[&[("\"2024-01-01\"", 1.0), ("\"2024-01-02\"", 2.0)]],
                "2024-01-02",
            ),
            (&[&[("0.5", 1.0), ("1.50", 2.0), ("2", 2.0)]], "1.50"),
        ] {
            let stages = stages.iter().map(|moves| {
                ticks(&Vec::from_iter(
                    moves.iter().map(|(tick, abs)| (*tick, Some(*abs))),
                ))
            });
            let grows = grows_from(&mut Vec::from_iter(stages));
            assert_eq!(
                grows.map_or(String::new(), |tick| tick.to_string()),
                expected
            );
        }
    }

    #[test]
    fn ticks_without_numbers_count_and_do_not_grow() {
        let mut all = ticks(&[("1", None), ("2", Some(1.0)), ("3", None), ("2", None)]);
        assert_eq!(all.count(), 3);
        assert_eq!(grows_from([&mut all]), None);
        all.merge(ticks(&[("4", Some(2.0)), ("3", None)]));
        assert_eq!(all.count(), 4);
        assert_eq!(grows_from([&mut all]), Some(4.into()));
        all.add(Stamp::NEVER, Some(9.0));
        assert_eq!(all.count(), 4);
        assert_eq!(grows_from([]), None);
    }
}
