//! How far numbers moved: the exact difference, the relative one, and how many doubles lie between.
//!
//! ```text
//! 1.0 → 1.5        abs 0.5    rel 0.5    ulp 2251799813685248
//! 1 → 1.0000000000000002      abs 2e-16  rel 2e-16  ulp 1
//! ```

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::tick::Tick;
use aether_json::Json;

/// How far one number moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// The exact difference, without a sign.
    pub abs: Json,
    /// The difference divided by the old number without its sign, to six digits; `None` if that is 0.
    pub rel: Option<Json>,
    /// How many steps between neighbouring doubles (IEEE 754 binary64) lie between both; `None` if either
    /// is too large for a double.
    pub ulp: Option<u64>,
}

impl Size {
    /// The size of a change; `None` if either value is not a number, or if their exponents are thousands
    /// apart.
    ///
    /// ```
    /// use aether_diff::{Json, Size};
    /// let [before, after] = ["1", "1.0000000000000002"].map(|n| Json::parse(n).expect("JSON"));
    /// let size = Size::of(&before, &after).expect("both are numbers");
    /// assert_eq!(size.abs.as_str(), "2e-16");
    /// assert_eq!(size.rel.expect("1 is not 0").as_str(), "2e-16");
    /// assert_eq!(size.ulp, Some(1));
    /// ```
    pub fn of(before: &Json, after: &Json) -> Option<Self> {
        let [old, new] = [before, after].map(|number| Decimal::parse(number.as_str()));
        let (old, new) = (old?, new?);
        let difference = old.distance(&new)?;
        let [old_double, new_double] = [before, after].map(|number| number.as_str().parse().ok());
        Some(Self {
            abs: Json::parse(&difference.to_text()).ok()?,
            rel: difference
                .divided_by(&old)
                .map(|text| Json::from_raw(&text)),
            ulp: ulps(old_double?, new_double?),
        })
    }
}

/// How many steps between neighbouring doubles lie between two; `None` if either is not finite.
pub(crate) fn ulps(before: f64, after: f64) -> Option<u64> {
    if !before.is_finite() || !after.is_finite() {
        return None;
    }
    // Doubles of one sign are in the order of their bits, and without the sign these are below 2^63.
    let place = |double: f64| {
        let bits = double.abs().to_bits().cast_signed();
        if double < 0.0 { -bits } else { bits }
    };
    Some(place(before).abs_diff(place(after)))
}

/// How far the numbers of a diff moved, all of them together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// How many numbers moved.
    pub values: u64,
    /// The largest difference.
    pub abs: Json,
    /// The largest relative difference; `None` if every old number is 0.
    pub rel: Option<Json>,
    /// The most doubles between an old number and its new one.
    pub ulp: Option<u64>,
    /// The tick from which the largest difference stays above that of the first tick that differs; `None` if
    /// it does not grow.
    pub grows_from: Option<Tick>,
}

/// More steps between doubles than this say less than the difference itself.
const ULP_SHOWN_MAX: u64 = 1_000_000;

impl Sizes {
    /// The sizes in one line: `largest difference of 412 numbers: 0.5 (relative 0.01, 12 ulp), growing from
    /// tick 41`.
    pub fn lead(&self) -> String {
        let mut also = Vec::new();
        also.extend(self.rel.as_ref().map(|rel| format!("relative {rel}")));
        let ulp = self.ulp.filter(|&ulp| ulp <= ULP_SHOWN_MAX);
        also.extend(ulp.map(|ulp| format!("{ulp} ulp")));
        let also = match also.join(", ") {
            also if also.is_empty() => also,
            also => format!(" ({also})"),
        };
        let of = match self.values {
            1 => "difference: ".to_owned(),
            values => format!("largest difference of {values} numbers: "),
        };
        let grows = self.grows_from.as_ref();
        let grows = grows.map_or_else(String::new, |tick| format!(", growing from tick {tick}"));
        format!("{of}{}{also}{grows}", self.abs)
    }
}

/// Finds the [`Sizes`] while numbers come one by one.
#[derive(Debug, Default)]
pub(super) struct Largest {
    values: u64,
    abs: f64,
    /// The numbers that are furthest apart.
    pair: (String, String),
    rel: Option<f64>,
    ulp: Option<u64>,
}

impl Largest {
    /// Takes in a pair of numbers and how they are spelled; returns how far they are apart.
    pub(super) fn add(&mut self, (before, after): (f64, f64), texts: (&str, &str)) -> f64 {
        let abs = (after - before).abs();
        if self.values == 0 || abs > self.abs {
            self.abs = abs;
            texts.0.clone_into(&mut self.pair.0);
            texts.1.clone_into(&mut self.pair.1);
        }
        self.values += 1;
        if before != 0.0 {
            let rel = abs / before.abs();
            self.rel = Some(self.rel.map_or(rel, |largest| largest.max(rel)));
        }
        self.ulp = self.ulp.max(ulps(before, after));
        abs
    }

    /// What was found; `None` if no number moved.
    pub(super) fn finish(self, grows_from: Option<Tick>) -> Option<Sizes> {
        if self.values == 0 {
            return None;
        }
        let [before, after] = [&self.pair.0, &self.pair.1].map(|text| Json::from_raw(text));
        let size = Size::of(&before, &after)?;
        Some(Sizes {
            values: self.values,
            abs: size.abs,
            rel: self.rel.filter(|rel| rel.is_finite()).and_then(|rel| {
                let one = Decimal::parse("1")?;
                let text = Decimal::parse(&format!("{rel:e}"))?.divided_by(&one)?;
                Json::parse(&text).ok()
            }),
            ulp: self.ulp,
            grows_from,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_exact() {
        for (before, after, abs, rel, ulp) in [
            ("1", "2", "1", "1", Some(1 << 52)),
            ("2", "3", "1", "0.5", Some(1 << 51)),
            ("-2", "3", "5", "2.5", None),
            (
                "0.1",
                "0.30000000000000004",
                "0.20000000000000004",
                "2",
                None,
            ),
            ("1", "1.0000000000000002", "2e-16", "2e-16", Some(1)),
            ("1.0", "1", "0", "0", Some(0)),
            ("0", "-0", "0", "", Some(0)),
            ("0", "5e-324", "5e-324", "", Some(1)),
            ("-5e-324", "5e-324", "1e-323", "2", Some(2)),
            ("75.0", "99.0", "24", "0.32", None),
            ("3", "4", "1", "0.333333", None),
            (
                "9007199254740993",
                "9007199254740992",
                "1",
                "1.11022e-16",
                Some(0),
            ),
            (
                "123456789012345678901234567890.5",
                "123456789012345678901234567891",
                "0.5",
                "4.05e-30",
                Some(0),
            ),
            ("1e300", "-1e300", "2e300", "2", None),
            ("1e308", "1E+309", "9e308", "9", None),
            ("99999", "100001", "2", "2.00002e-5", None),
        ] {
            let [old, new] = [before, after].map(|text| Json::parse(text).unwrap());
            let size = Size::of(&old, &new).unwrap();
            assert_eq!(size.abs.as_str(), abs, "{before} {after}");
            assert_eq!(
                size.rel.as_ref().map_or("", Json::as_str),
                rel,
                "{before} {after}"
            );
            if ulp.is_some() {
                assert_eq!(size.ulp, ulp, "{before} {after}");
            }
        }
        for (before, after) in [
            ("\"1\"", "2"),
            ("null", "1"),
            ("1", "[1]"),
            ("1", "1e999999"),
        ] {
            let [old, new] = [before, after].map(|text| Json::parse(text).unwrap());
            assert_eq!(Size::of(&old, &new), None);
        }
    }

    #[test]
    fn the_largest_of_each_kind_is_kept() {
        let mut largest = Largest::default();
        for (before, after) in [("1", "1.1"), ("1", "1.3"), ("0", "0.2"), ("100", "100.5")] {
            largest.add(
                (before.parse().unwrap(), after.parse().unwrap()),
                (before, after),
            );
        }
        let found = largest.finish(None).unwrap();
        assert_eq!((found.values, found.abs.as_str()), (4, "0.5"));
        assert_eq!(found.rel.unwrap().as_str(), "0.3");
    }

    #[test]
    fn sizes_are_told_in_one_line() {
        let json = |text: &str| Json::parse(text).unwrap();
        let mut sizes = Sizes {
            values: 3,
            abs: json("0.5"),
            rel: Some(json("0.01")),
            ulp: Some(ULP_SHOWN_MAX),
            grows_from: Some(7.into()),
        };
        assert_eq!(
            sizes.lead(),
            "largest difference of 3 numbers: 0.5 (relative 0.01, 1000000 ulp), growing from tick 7"
        );
        sizes.ulp = Some(ULP_SHOWN_MAX + 1);
        sizes.grows_from = None;
        assert_eq!(
            sizes.lead(),
            "largest difference of 3 numbers: 0.5 (relative 0.01)"
        );
        sizes.rel = None;
        sizes.values = 1;
        assert_eq!(sizes.lead(), "difference: 0.5");
    }

    #[test]
    fn doubles_are_counted_across_zero_and_not_beyond_the_largest() {
        assert_eq!(ulps(0.0, -0.0), Some(0));
        assert_eq!(ulps(-f64::from_bits(1), f64::from_bits(2)), Some(3));
        assert_eq!(ulps(-1.0, -1.0), Some(0));
        assert_eq!(ulps(1.0, f64::INFINITY), None);
        assert_eq!(ulps(f64::INFINITY, 1.0), None);
        // The first of several that are equally far apart is kept.
        let mut largest = Largest::default();
        largest.add((1.0, 2.0), ("1", "2"));
        largest.add((3.0, 4.0), ("3", "4"));
        assert_eq!(largest.pair, ("1".to_owned(), "2".to_owned()));
        largest.add((0.0, 0.0), ("0", "0"));
        assert_eq!(largest.pair, ("1".to_owned(), "2".to_owned()));
    }

    #[test]
    fn what_is_below_zero_is_on_the_other_side_of_it() {
        assert_eq!(ulps(-1.0, f64::from_bits(1)), Some(1.0_f64.to_bits() + 1));
        assert_eq!(ulps(-2.0, -1.0), Some(1 << 52));
    }
}
