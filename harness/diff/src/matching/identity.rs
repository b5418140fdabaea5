//! Reads the identities of the elements of an array.

use std::collections::BTreeMap;

use crate::reading::Key;
use crate::steps;

/// What identifies one element: the texts of its key fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity<'t> {
    /// A field of the key is missing, or the element is not an object.
    Missing,
    /// The value of the one field of the key.
    One(&'t str),
    /// The values of several fields.
    Many(Box<[&'t str]>),
}

impl<'t> Identity<'t> {
    fn of(element: &'t str, key: &Key) -> Self {
        if let [field] = &*key.fields {
            return steps::find(element, &field.steps).map_or(Self::Missing, Self::One);
        }
        key.fields
            .iter()
            .map(|field| steps::find(element, &field.steps))
            .collect::<Option<Box<[_]>>>()
            .map_or(Self::Missing, Self::Many)
    }

    pub(crate) fn values(&self) -> &[&'t str] {
        match self {
            Self::Missing => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }

    /// The identity as a small number, if it is one.
    fn number(&self) -> Option<u64> {
        match self {
            // A number with another spelling would be another identity.
            Self::One(text) if text.len() < 19 && (*text == "0" || !text.starts_with('0')) => {
                let digits = text.bytes().all(|b| b.is_ascii_digit());
                digits.then(|| text.parse().ok())?
            }
            _ => None,
        }
    }
}

/// The identities of the elements of two arrays; empty if no key is declared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities<'t> {
    pub(crate) before: Vec<Identity<'t>>,
    pub(crate) after: Vec<Identity<'t>>,
    /// Both as numbers, if each is larger than the one before it: then none is missing or doubled, and
    /// none needs sorting.
    pub(super) ascending: Option<[Vec<u64>; 2]>,
    /// Which occurrence an element is, from 1, by side and position; only of identities that occur
    /// more than once.
    occurrences: BTreeMap<(Side, usize), usize>,
    /// How many elements share an identity with an earlier one, on the side where they are more.
    pub(crate) duplicates: usize,
    /// How many elements lack a field of the key, likewise.
    pub(crate) missing: usize,
}

/// The old array or the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Before,
    After,
}

impl<'t> Identities<'t> {
    /// Reads the identities of two arrays.
    pub(crate) fn of(before: &[&'t str], after: &[&'t str], key: Option<&Key>) -> Self {
        let Some(key) = key.filter(|key| !key.fields.is_empty()) else {
            return Self::default();
        };
        let mut identities = Self {
            before: before.iter().map(|e| Identity::of(e, key)).collect(),
            after: after.iter().map(|e| Identity::of(e, key)).collect(),
            ..Self::default()
        };
        let numbers = [&identities.before, &identities.after].map(|all| ascending(all));
        if let [Some(before), Some(after)] = numbers {
            identities.ascending = Some([before, after]);
            return identities;
        }
        for side in [Side::Before, Side::After] {
            let (duplicates, missing) = identities.number_occurrences(side);
            identities.duplicates = identities.duplicates.max(duplicates);
            identities.missing = identities.missing.max(missing);
        }
        identities
    }

    pub(crate) fn get(&self, side: Side, at: usize) -> &Identity<'t> {
        let all = match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        };
        all.get(at).unwrap_or(&Identity::Missing)
    }

    /// Which occurrence of its identity an element is, from 1.
    pub(crate) fn occurrence(&self, side: Side, at: usize) -> usize {
        self.occurrences.get(&(side, at)).copied().unwrap_or(1)
    }

    fn number_occurrences(&mut self, side: Side) -> (usize, usize) {
        let all = match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        };
        let sorted = sorted_positions(all);
        let missing = sorted
            .iter()
            .take_while(|&&at| all[at] == Identity::Missing)
            .count();
        let mut duplicates = 0;
        let mut occurrence = 1;
        for pair in sorted[missing..].windows(2) {
            if all[pair[0]] == all[pair[1]] {
                occurrence += 1;
                duplicates += 1;
                self.occurrences.insert((side, pair[1]), occurrence);
            } else {
                occurrence = 1;
            }
        }
        (duplicates, missing)
    }
}

/// Identities as numbers; `None` if one is not a number, or not larger than the one before it.
fn ascending(identities: &[Identity<'_>]) -> Option<Vec<u64>> {
    let mut numbers: Vec<u64> = Vec::with_capacity(identities.len());
    for identity in identities {
        let number = identity.number()?;
        if numbers.last().is_some_and(|last| *last >= number) {
            return None;
        }
        numbers.push(number);
    }
    Some(numbers)
}

/// Positions sorted by identity, then by position; elements without identity come first.
pub(super) fn sorted_positions(identities: &[Identity<'_>]) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..identities.len()).collect();
    positions.sort_unstable_by(|&a, &b| identities[a].cmp(&identities[b]).then(a.cmp(&b)));
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_small_numbers_are_numbers() {
        for (text, number) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("10", Some(10)),
            ("999999999999999999", Some(999_999_999_999_999_999)),
            ("1000000000000000000", None),
            ("00", None),
            ("07", None),
            ("-1", None),
            ("1.0", None),
            ("\"1\"", None),
        ] {
            assert_eq!(Identity::One(text).number(), number, "{text}");
        }
        assert_eq!(Identity::Many(["1", "2"].into()).number(), None);
        assert_eq!(Identity::Missing.number(), None);
    }

    #[test]
    fn numbers_ascend_if_each_is_larger_than_the_last() {
        let of = |texts: &[&'static str]| {
            let all: Vec<Identity<'_>> = texts.iter().map(|text| Identity::One(text)).collect();
            ascending(&all)
        };
        assert_eq!(of(&["1", "2", "10"]), Some(vec![1, 2, 10]));
        assert_eq!(of(&["1", "1"]), None);
        assert_eq!(of(&["2", "1"]), None);
        assert_eq!(of(&["1", "x"]), None);
    }
}
