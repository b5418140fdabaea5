//! Reads weights: integers, and decimals that become integers when they are scaled.
//!
//! ```text
//! 0.25 with --k-scale 100    25
//! 1.5e2                      150
//! 0.125 with --k-scale 100   not an integer: --k-scale 1000 would do
//! ```

/// Why a weight cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is not a number.
    NotANumber,
    Negative,
    /// It has a fraction, which this scale would make an integer; `None` if no scale would do.
    Fraction(Option<i64>),
    /// It does not fit 64 bits.
    TooLarge,
}

/// The weight times the scale, exactly. A decimal comma is a point where commas separate nothing.
pub(super) fn scaled(cell: &str, scale: i64, comma: bool) -> Result<i64, Refused> {
    let point = |c: char| c == '.' || (comma && c == ',');
    let (sign, unsigned) = match cell.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, cell),
    };
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = number.split_once(point).unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || whole.len() + fraction.len() == 0 {
        return Err(Refused::NotANumber);
    }
    let exponent = match exponent {
        None => 0,
        Some(text) => {
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            if digits.is_empty() || !is_digits(digits) {
                return Err(Refused::NotANumber);
            }
            // Beyond this, every number but 0 is too large or too small.
            text.parse::<i64>().unwrap_or(if text.starts_with('-') {
                -1_000_000
            } else {
                1_000_000
            })
        }
    };
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    if sign {
        return Err(Refused::Negative);
    }
    let zeros = i64::try_from(digits.len() - significant.len()).expect("a length");
    let fraction = i64::try_from(fraction.len()).expect("a length");
    let power = exponent.saturating_sub(fraction).saturating_add(zeros);
    let ten = |power: i64| 10_u128.checked_pow(u32::try_from(power).ok()?);
    let scale = u128::try_from(scale).expect("a scale is at least 1");
    let fits = |number: Option<u128>| {
        let number = number.and_then(|number| i64::try_from(number).ok());
        number.ok_or(Refused::TooLarge)
    };
    let number = significant.parse::<u128>().ok();
    if power >= 0 {
        let power = ten(power);
        let product = number.zip(power).and_then(|(a, b)| a.checked_mul(b));
        return fits(product.and_then(|product| product.checked_mul(scale)));
    }
    let parts = ten(-power);
    let product = number.and_then(|number| number.checked_mul(scale));
    match (product, parts) {
        (Some(product), Some(parts)) if product.is_multiple_of(parts) => {
            fits(Some(product / parts))
        }
        (_, parts) => Err(Refused::Fraction(
            parts.and_then(|parts| i64::try_from(parts).ok()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_scaled_exactly_or_refused() {
        for (cell, scale, expected) in [
            ("12", 1, Ok(12)),
            ("0", 1, Ok(0)),
            ("-0.0", 1, Ok(0)),
            ("0.25", 100, Ok(25)),
            (".5", 10, Ok(5)),
            ("5.", 1, Ok(5)),
            ("1.50", 10, Ok(15)),
            ("1.5e2", 1, Ok(150)),
            ("25E-2", 100, Ok(25)),
            ("0.1", 3, Err(Refused::Fraction(Some(10)))),
            ("0.125", 100, Err(Refused::Fraction(Some(1000)))),
            ("0.125", 8, Ok(1)),
            ("0.10000000000000000000", 10, Ok(1)),
            ("9223372036854775807", 1, Ok(i64::MAX)),
            ("92233720368547758.07", 100, Ok(i64::MAX)),
            ("92233720368547758.08", 100, Err(Refused::TooLarge)),
            ("1e99999999999999999999", 1, Err(Refused::TooLarge)),
            ("1e-99999999999999999999", 1, Err(Refused::Fraction(None))),
            ("0e99999999999999999999", 1, Ok(0)),
            ("1e39", 1, Err(Refused::TooLarge)),
            ("-1", 1, Err(Refused::Negative)),
            ("", 1, Err(Refused::NotANumber)),
            (".", 1, Err(Refused::NotANumber)),
            ("1e", 1, Err(Refused::NotANumber)),
            ("+1", 1, Err(Refused::NotANumber)),
            ("nan", 1, Err(Refused::NotANumber)),
            ("٣", 1, Err(Refused::NotANumber)),
            ("1,5", 10, Err(Refused::NotANumber)),
        ] {
            assert_eq!(scaled(cell, scale, false), expected, "{cell} × {scale}");
        }
        assert_eq!(scaled("1,5", 10, true), Ok(15));
    }
}
