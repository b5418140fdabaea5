//! Decimal numbers of any size, as JSON spells them: differences and products are exact, or refused if
//! their digits are thousands apart.
//!
//! ```text
//! 0.1 and 0.30000000000000004      0.20000000000000004 apart
//! 1 and 1e999999                   refused: the difference has a million digits
//! ```

use std::cmp::Ordering;

/// Numbers whose digits are further apart than this have no exact difference.
const DIGITS_MAX: i64 = 4_096;

/// A number with a larger exponent, up or down, is not read.
const EXPONENT_MAX: u64 = 1_000_000_000_000;

/// A number of more digits than this before or after its point is spelled with an exponent.
const PLAIN_MAX: i64 = 24;

/// A decimal number: its digits, most significant first and the first not 0, and the power of
/// ten of the last. No digits are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    is_negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = whole
            .bytes()
            .chain(fraction.bytes())
            .map(|b| b.wrapping_sub(b'0'));
        let digits: Vec<u8> = digits.skip_while(|&digit| digit == 0).collect();
        if digits.iter().any(|&digit| digit > 9) {
            return None;
        }
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        if exponent.unsigned_abs() > EXPONENT_MAX {
            return None;
        }
        Some(Self::new(is_negative, digits, exponent))
    }

    fn new(is_negative: bool, mut digits: Vec<u8>, mut exponent: i64) -> Self {
        while digits.last() == Some(&0) {
            digits.pop();
            exponent = exponent.saturating_add(1);
        }
        if digits.is_empty() {
            exponent = 0;
        }
        Self {
            is_negative,
            digits,
            exponent,
        }
    }

    /// Whether it is zero.
    pub(crate) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Whether it is below zero; minus zero is not.
    pub(crate) fn is_below_zero(&self) -> bool {
        self.is_negative && !self.is_zero()
    }

    /// How many digits it has.
    fn length(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap_or(i64::MAX)
    }

    /// The difference to another number without its sign; `None` if it has too many digits.
    pub(crate) fn distance(&self, other: &Self) -> Option<Self> {
        let exponent = match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, _) => other.exponent,
            (_, true) => self.exponent,
            _ => self.exponent.min(other.exponent),
        };
        let [a, b] = [self, other].map(|number| {
            let mut digits = number.digits.clone();
            let zeros = match number.digits.is_empty() {
                true => 0,
                false => number.exponent.checked_sub(exponent)?,
            };
            if zeros > DIGITS_MAX || number.length() > DIGITS_MAX {
                return None;
            }
            digits.resize(digits.len() + usize::try_from(zeros).ok()?, 0);
            digits.reverse();
            Some(digits)
        });
        let (a, b) = (a?, b?);
        let digits = if self.is_negative == other.is_negative {
            match cmp(&a, &b) {
                Ordering::Less => minus(&b, &a),
                _ => minus(&a, &b),
            }
        } else {
            plus(&a, &b)
        };
        let digits = digits.into_iter().rev().skip_while(|&digit| digit == 0);
        Some(Self::new(false, digits.collect(), exponent))
    }

    /// The product with another number without its sign; `None` if it has too many digits.
    pub(crate) fn times(&self, other: &Self) -> Option<Self> {
        if self.length() > DIGITS_MAX || other.length() > DIGITS_MAX {
            return None;
        }
        let mut sums = vec![0_u32; self.digits.len() + other.digits.len()];
        for (i, &a) in self.digits.iter().rev().enumerate() {
            let mut carry = 0;
            for (j, &b) in other.digits.iter().rev().enumerate() {
                let sum = sums[i + j] + u32::from(a) * u32::from(b) + carry;
                sums[i + j] = sum % 10;
                carry = sum / 10;
            }
            sums[i + other.digits.len()] += carry;
        }
        let digits = sums.into_iter().rev().skip_while(|&digit| digit == 0);
        let digits = digits.map(|digit| u8::try_from(digit).expect("a digit is below 10"));
        Some(Self::new(
            false,
            digits.collect(),
            self.exponent + other.exponent,
        ))
    }

    /// How two numbers compare without their signs.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let magnitude = |number: &Self| {
            // Zero has no first digit.
            (!number.is_zero()).then(|| number.length() + number.exponent)
        };
        magnitude(self)
            .cmp(&magnitude(other))
            .then_with(|| self.digits.cmp(&other.digits))
    }

    /// This number divided by another one, without a sign and to six digits; `None` if that one is 0.
    pub(crate) fn divided_by(&self, other: &Self) -> Option<String> {
        if other.digits.is_empty() {
            return None;
        }
        if self.digits.is_empty() {
            return Some("0".to_owned());
        }
        // Both mantissas are between 1 and 10.
        let [a, b] = [self, other].map(|number| {
            let digits: String = number
                .digits
                .iter()
                .take(17)
                .map(|&d| char::from(b'0' + d))
                .collect();
            let (first, rest) = digits.split_at(1);
            format!("{first}.{rest}0").parse::<f64>().unwrap_or(1.0)
        });
        let power = (self.length() + self.exponent) - (other.length() + other.exponent);
        let rounded = format!("{:.5e}", a / b);
        let (mantissa, own) = rounded.split_once('e')?;
        let digits: Vec<u8> = mantissa
            .bytes()
            .filter(u8::is_ascii_digit)
            .map(|b| b - b'0')
            .collect();
        let exponent = own
            .parse::<i64>()
            .ok()?
            .checked_add(power)?
            .checked_sub(5)?;
        Some(Self::new(false, digits, exponent).to_text())
    }

    pub(crate) fn to_text(&self) -> String {
        let digits: String = self.digits.iter().map(|&d| char::from(b'0' + d)).collect();
        if digits.is_empty() {
            return "0".to_owned();
        }
        // How many digits there are before the point.
        let point = self.length() + self.exponent;
        let is_plain = point > -4 && point.max(-self.exponent) <= PLAIN_MAX;
        if !is_plain {
            let (first, rest) = digits.split_at(1);
            let rest = if rest.is_empty() {
                String::new()
            } else {
                format!(".{rest}")
            };
            return format!("{first}{rest}e{}", point - 1);
        }
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        if self.exponent >= 0 {
            digits + &zeros(self.exponent)
        } else if point <= 0 {
            format!("0.{}{digits}", zeros(-point))
        } else {
            let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
            format!("{whole}.{fraction}")
        }
    }
}

/// Compares numbers given as digits, the least significant first.
fn cmp(a: &[u8], b: &[u8]) -> Ordering {
    let significant = |digits: &[u8]| digits.iter().rposition(|&d| d != 0).map_or(0, |at| at + 1);
    let (a, b) = (&a[..significant(a)], &b[..significant(b)]);
    a.len()
        .cmp(&b.len())
        .then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

fn plus(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut sum = Vec::with_capacity(a.len().max(b.len()) + 1);
    let mut carry = 0;
    for at in 0..a.len().max(b.len()) {
        let digit = a.get(at).unwrap_or(&0) + b.get(at).unwrap_or(&0) + carry;
        sum.push(digit % 10);
        carry = digit / 10;
    }
    sum.push(carry);
    sum
}

/// `a - b`, if `a` is not less.
fn minus(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(a.len());
    let mut borrow = 0;
    for (at, &digit) in a.iter().enumerate() {
        let taken = b.get(at).unwrap_or(&0) + borrow;
        borrow = u8::from(digit < taken);
        rest.push(digit + 10 * borrow - taken);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn products_and_comparisons_are_exact() {
        for (a, b, product) in [
            ("0", "5", "0"),
            ("12", "12", "144"),
            ("-1e-9", "123.5", "1.235e-7"),
            (
                "99999999999999999999",
                "99999999999999999999",
                "9.999999999999999999800000000000000000001e39",
            ),
            ("1e999999", "1e-999999", "1"),
        ] {
            let found = decimal(a).times(&decimal(b)).unwrap();
            assert_eq!(found.to_text(), product, "{a} {b}");
        }
        let ascending = [
            "0",
            "1e-999999",
            "0.09",
            "0.1",
            "0.11",
            "-1",
            "9",
            "10.5",
            "11",
            "1e999999",
        ];
        for pair in ascending.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(decimal);
            assert_eq!(a.compare(&b), Ordering::Less, "{pair:?}");
            assert_eq!(b.compare(&a), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(decimal("1.50").compare(&decimal("15e-1")), Ordering::Equal);
        assert_eq!(decimal("-0").compare(&decimal("0")), Ordering::Equal);
    }

    #[test]
    fn what_has_too_many_digits_is_refused() {
        assert_eq!(decimal("1").distance(&decimal("1e999999")), None);
        assert_eq!(Decimal::parse("1e9223372036854775807"), None);
        assert_eq!(Decimal::parse("1e-99999999999999999999"), None);
        let long = "9".repeat(5000);
        assert_eq!(decimal(&long).times(&decimal("2")), None);
    }

    #[test]
    fn distances_are_exact() {
        for (a, b, distance) in [
            ("1", "3", "2"),
            ("-1", "3", "4"),
            ("-55", "55", "110"),
            ("-99", "1", "100"),
            ("0", "0", "0"),
            ("0", "1e9", "1000000000"),
            ("0", "1e-9", "1e-9"),
            ("0", "1e9999", "1e9999"),
            (
                "0",
                "1.00000000000000000000000001",
                "1.00000000000000000000000001e0",
            ),
            ("0.0", "-12.5", "12.5"),
            ("1.5", "1.25", "0.25"),
            ("1.0012", "1", "0.0012"),
            ("1e4096", "9e4096", "8e4096"),
        ] {
            let (a, b) = (decimal(a), decimal(b));
            for found in [a.distance(&b), b.distance(&a)] {
                assert_eq!(found.unwrap().to_text(), distance, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn the_most_digits_are_computed_with() {
        let one = decimal("1");
        for (digits, is_taken) in [(4_096, true), (4_097, false)] {
            let long = decimal(&"9".repeat(digits));
            for found in [
                one.distance(&long),
                long.distance(&one),
                one.times(&long),
                long.times(&one),
            ] {
                assert_eq!(found.is_some(), is_taken, "{digits}");
            }
            let far = decimal(&format!("1e{digits}"));
            assert_eq!(one.distance(&far).is_some(), is_taken, "{digits}");
            assert_eq!(far.distance(&one).is_some(), is_taken, "{digits}");
        }
        assert!(Decimal::parse("1e1000000000000").is_some());
        assert!(Decimal::parse("1e-1000000000000").is_some());
        assert_eq!(Decimal::parse("1e1000000000001"), None);
    }
}
