//! Tolerances: how far the numbers at a path may move and still count as equal.
//!
//! ```text
//! abs = 1e-9     0.5 and 0.5000000004     within; takes 40 % of what is allowed
//! rel = 0.01     200 and 203              not within: 2 is allowed
//! ulp = 4        1 and 1.0000000000000002 within; takes 25 % of what is allowed
//! ```

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Path;
use crate::decimal::Decimal;
use crate::size::{Sizes, ulps};
use crate::text::counted;
use crate::visible::visible;
use aether_json::scan::{Kind, kind};
use aether_json::{Json, Number};

/// A bound of more characters than this is refused.
const BOUND_MAX: usize = 64;

/// How far the numbers at one path of an artefact may move. To meet any one of its bounds is enough.
///
/// ```
/// use aether_diff::{Artefact, ArtefactSchema, DiffOptions, Schema, Tolerance, diff};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tolerance = Tolerance::new("x", "the solver stops at 1e-9").with_abs("1e-9".parse()?);
/// let mut schema = Schema::default();
/// schema.artefacts = vec![ArtefactSchema::new("o").with_tolerance(tolerance)];
/// let [old, new] = [r#"[{"x": 0.5, "y": 1}]"#, r#"[{"x": 0.5000000004, "y": 1}]"#]
///     .map(|text| Artefact::from_json("o", text.as_bytes()).expect("JSON"));
/// let diff = diff(&[old], &[new], &schema, &DiffOptions::default());
/// assert!(diff.is_equal());
/// let tolerated = diff.tolerated.expect("the bytes differ");
/// assert_eq!(tolerated.lead(), "1 value within tolerance; largest 40 % of what is allowed, at o[0].x");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tolerance {
    /// Dotted path of the numbers inside the artefact, without indices, as in
    /// [`KeyRule::path`](crate::KeyRule::path); `*` is any member. A path that ends at an array means every
    /// number in it.
    pub path: String,
    /// The largest difference that is allowed.
    pub abs: Option<Bound>,
    /// The largest difference that is allowed, as a part of the old number.
    pub rel: Option<Bound>,
    /// The most steps between neighbouring doubles (IEEE 754 binary64) that are allowed.
    pub ulp: Option<u64>,
    /// Why the numbers may move.
    pub reason: String,
}

impl Tolerance {
    /// A tolerance that allows nothing yet but other spellings of a number.
    pub fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: reason.into(),
            ..Self::default()
        }
    }

    /// Sets the largest difference.
    #[must_use]
    pub fn with_abs(mut self, abs: Bound) -> Self {
        self.abs = Some(abs);
        self
    }

    /// Sets the largest difference as a part of the old number.
    #[must_use]
    pub fn with_rel(mut self, rel: Bound) -> Self {
        self.rel = Some(rel);
        self
    }

    /// Sets the most steps between neighbouring doubles.
    #[must_use]
    pub fn with_ulp(mut self, ulp: u64) -> Self {
        self.ulp = Some(ulp);
        self
    }

    /// How much of what is allowed the difference of two numbers takes, from 0 to 1, by the bound that
    /// allows most; `None` if it meets no bound, or the numbers are thousands of digits apart.
    pub(crate) fn share(&self, before: &str, after: &str) -> Option<f64> {
        let [old, new] = [before, after].map(Decimal::parse);
        let (old, new) = (old?, new?);
        let difference = old.distance(&new)?;
        if difference.is_zero() {
            return Some(0.0);
        }
        let part_of = |allowed: &Decimal| {
            let is_within = difference.compare(allowed) != Ordering::Greater;
            let share = || difference.divided_by(allowed)?.parse::<f64>().ok();
            if is_within { share() } else { None }
        };
        let abs = self.abs.as_ref().and_then(|abs| part_of(&abs.decimal));
        let rel = self.rel.as_ref().and_then(|rel| {
            let allowed = rel.decimal.times(&old)?;
            part_of(&allowed)
        });
        let ulp = self.ulp.and_then(|allowed| {
            let steps = ulps(before.parse().ok()?, after.parse().ok()?)?;
            #[expect(
                clippy::cast_precision_loss,
                reason = "what is shown of a share has a few digits"
            )]
            let share = |steps: u64| steps as f64 / allowed.max(1) as f64;
            (steps <= allowed).then(|| share(steps))
        });
        let shares = [abs, rel, ulp].into_iter().flatten();
        shares.min_by(f64::total_cmp)
    }
}

/// A decimal number that is not negative, kept as it is spelled: `1e-9`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    text: String,
    decimal: Decimal,
}

/// A text that is not a [`Bound`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a decimal number that is not negative, such as \"1e-9\", found {text:?}")]
pub struct BoundError {
    /// The text.
    pub text: String,
}

impl FromStr for Bound {
    type Err = BoundError;

    fn from_str(text: &str) -> Result<Self, BoundError> {
        let error = || BoundError {
            text: text.to_owned(),
        };
        let is_number = text.len() <= BOUND_MAX && Number::parse(text).is_some();
        let decimal = Decimal::parse(text).filter(|decimal| is_number && !decimal.is_below_zero());
        Ok(Self {
            decimal: decimal.ok_or_else(error)?,
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The numbers that differ within their tolerances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tolerated {
    /// How many they are.
    pub values: u64,
    /// The largest part of what is allowed that one of them takes, from 0 to 1.
    pub largest: Json,
    /// Where that is.
    pub at: Path,
    /// Why they may differ: the reasons of the tolerances that were needed.
    pub reasons: Vec<String>,
    /// How far they moved.
    pub sizes: Option<Sizes>,
}

impl Tolerated {
    /// In one line: `412 values within tolerance; largest 31 % of what is allowed, at o[t=3].x`.
    pub fn lead(&self) -> String {
        let percent = self.largest.as_str().parse::<f64>().unwrap_or(1.0) * 100.0;
        let share = if percent > 0.0 && percent < 1.0 {
            "less than 1".to_owned()
        } else {
            format!("{percent:.0}")
        };
        let (values, at) = (counted(self.values, "value"), self.at.to_string());
        format!(
            "{values} within tolerance; largest {share} % of what is allowed, at {}",
            visible(&at)
        )
    }
}

/// One step of the path of a tolerance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A member, in quotes as text spells it.
    Member(String),
    /// Any member.
    Any,
}

/// What is left of the paths of tolerances on the way through a document.
#[derive(Clone, Debug)]
pub(crate) struct Ways<'s>(Vec<(&'s Tolerance, &'s [Step])>);

impl<'s> Ways<'s> {
    pub(crate) fn new(paths: &'s [(&'s Tolerance, Vec<Step>)]) -> Self {
        Self(
            paths
                .iter()
                .map(|(tolerance, steps)| (*tolerance, &**steps))
                .collect(),
        )
    }

    /// Whether no number further on has a tolerance.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ways through a member, its key as text spells it.
    pub(crate) fn member(&self, key: &str) -> Self {
        let through = |&(tolerance, steps): &(&'s Tolerance, &'s [Step])| {
            let (first, rest) = steps.split_first()?;
            let fits = match first {
                Step::Any => true,
                Step::Member(name) => name == key,
            };
            fits.then_some((tolerance, rest))
        };
        Self(self.0.iter().filter_map(through).collect())
    }

    /// The tolerance that two values here are within, and the part of what it allows that they take.
    pub(crate) fn share(&self, before: &str, after: &str) -> Option<(&'s Tolerance, f64)> {
        let ends = self.0.iter().filter(|(_, steps)| steps.is_empty());
        let mut ends = ends.peekable();
        ends.peek()?;
        if kind(before) != Kind::Number || kind(after) != Kind::Number {
            return None;
        }
        let shares =
            ends.filter_map(|(tolerance, _)| Some((*tolerance, tolerance.share(before, after)?)));
        shares.min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tolerance(abs: &str, rel: &str, ulp: Option<u64>) -> Tolerance {
        let bound = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        Tolerance {
            abs: bound(abs),
            rel: bound(rel),
            ulp,
            ..Tolerance::default()
        }
    }

    #[test]
    fn each_bound_is_exact_and_one_is_enough() {
        for (abs, rel, ulp, before, after, share) in [
            ("0.1", "", None, "0.2", "0.3", Some(1.0)),
            // As doubles, the difference is larger than 0.1.
            ("0.1", "", None, "0.3", "0.4", Some(1.0)),
            ("0.1", "", None, "0.3", "0.4000000000000000000001", None),
            ("1e-9", "", None, "0.5", "0.5000000004", Some(0.4)),
            ("1e-9", "", None, "5", "-5", None),
            ("", "0.01", None, "200", "202", Some(1.0)),
            ("", "0.01", None, "-200", "-201", Some(0.5)),
            ("", "0.01", None, "200", "202.0000001", None),
            ("", "0.5", None, "0", "1e-300", None),
            ("", "", Some(4), "1", "1.0000000000000002", Some(0.25)),
            ("", "", Some(4), "1", "1.0000000000000011", None),
            (
                "",
                "",
                Some(0),
                "9007199254740992",
                "9007199254740993",
                Some(0.0),
            ),
            // The bound that allows most counts.
            ("1", "0.1", None, "100", "101", Some(0.1)),
            ("0.5", "0.1", None, "100", "101", Some(0.1)),
            ("0", "", None, "1.0", "1", Some(0.0)),
            ("", "", None, "1.0", "1e0", Some(0.0)),
            ("", "", None, "1", "2", None),
            ("0", "0", Some(0), "1", "2", None),
            // Too far apart to compute.
            ("1e999", "1e999", Some(u64::MAX), "1", "1e999999", None),
            ("1", "", None, "0", "1e99999999999999999999", None),
            ("1e-9", "", None, "0", "1e-999999", Some(0.0)),
        ] {
            let found = tolerance(abs, rel, ulp).share(before, after);
            assert_eq!(found, share, "{abs} {rel} {ulp:?}: {before} {after}");
        }
    }

    #[test]
    fn bounds_are_numbers_that_are_not_negative() {
        for text in ["0", "1e-9", "0.50", "1E+3", "-0"] {
            assert_eq!(text.parse::<Bound>().unwrap().to_string(), text);
        }
        let long = "1".repeat(BOUND_MAX + 1);
        for text in [
            "",
            "-1",
            ".5",
            "1e",
            "one",
            " 1",
            "NaN",
            "1e99999999999999",
            &long,
        ] {
            assert!(text.parse::<Bound>().is_err(), "{text}");
        }
    }

    #[test]
    fn shares_are_shown_in_percent() {
        for (largest, shown) in [
            ("0", "0"),
            ("0.004", "less than 1"),
            ("0.01", "1"),
            ("0.314", "31"),
            ("1", "100"),
        ] {
            let tolerated = Tolerated {
                values: 2,
                largest: Json::parse(largest).unwrap(),
                at: Path::parse("o.x").unwrap(),
                reasons: Vec::new(),
                sizes: None,
            };
            let expected =
                format!("2 values within tolerance; largest {shown} % of what is allowed, at o.x");
            assert_eq!(tolerated.lead(), expected);
        }
    }

    #[test]
    fn bounds_are_set_one_by_one() {
        let bound = |text: &str| text.parse::<Bound>().unwrap();
        let built = Tolerance::new("a.b", "why")
            .with_abs(bound("0.5"))
            .with_rel(bound("0.1"))
            .with_ulp(3);
        let expected = Tolerance {
            path: "a.b".to_owned(),
            reason: "why".to_owned(),
            ..tolerance("0.5", "0.1", Some(3))
        };
        assert_eq!(built, expected);
    }

    #[test]
    fn only_numbers_are_within_a_tolerance() {
        let one = tolerance("10", "", None);
        let paths = [(&one, Vec::new())];
        let ways = Ways::new(&paths);
        assert!(ways.share("1", "2").is_some());
        for (before, after) in [("\"1\"", "2"), ("1", "\"2\""), ("1", "[2]")] {
            assert!(ways.share(before, after).is_none(), "{before} {after}");
        }
        assert!(!ways.is_empty() && Ways::new(&[]).is_empty());
    }
}
