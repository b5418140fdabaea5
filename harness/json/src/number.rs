//! The difference of two JSON numbers, exact or not at all.

/// Decimal places beyond which a difference is not computed.
const SCALE_MAX: u32 = 24;

/// `after - before` in plain decimal, if both are numbers of moderate size.
///
/// ```
/// use aether_json::number::offset;
/// assert_eq!(offset("2", "3").as_deref(), Some("1"));
/// assert_eq!(offset("0.1", "0.3").as_deref(), Some("0.2"));
/// assert_eq!(offset("x", "1"), None);
/// ```
#[must_use]
pub fn offset(before: &str, after: &str) -> Option<String> {
    let (a, a_scale) = decimal(before)?;
    let (b, b_scale) = decimal(after)?;
    let scale = a_scale.max(b_scale);
    let difference = rescale(b, scale - b_scale)?.checked_sub(rescale(a, scale - a_scale)?)?;
    Some(plain(difference, scale))
}

/// A number as an integer and the count of its decimal places.
fn decimal(text: &str) -> Option<(i128, u32)> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    if scale >= 0 {
        let scale = scale.unsigned_abs();
        (scale <= SCALE_MAX).then_some((digits, scale))
    } else {
        Some((rescale(digits, scale.unsigned_abs())?, 0))
    }
}

fn rescale(number: i128, places: u32) -> Option<i128> {
    number.checked_mul(10_i128.checked_pow(places)?)
}

fn plain(number: i128, scale: u32) -> String {
    let digits = number.unsigned_abs().to_string();
    let places = scale as usize;
    let sign = if number < 0 { "-" } else { "" };
    if places == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: Option<&str>) {
        assert_eq!(
            offset(before, after).as_deref(),
            expected,
            "{before} {after}"
        );
    }

    #[test]
    fn differences_are_exact() {
        check("2", "3", Some("1"));
        check("3", "2", Some("-1"));
        check(
            "-9223372036854775808",
            "9223372036854775807",
            Some("18446744073709551615"),
        );
        check("0.1", "0.3", Some("0.2"));
        check("1.0", "1", Some("0"));
        check("1e3", "1001", Some("1"));
        check("0.05", "0", Some("-0.05"));
        check("1e-3", "0.002", Some("0.001"));
    }

    #[test]
    fn other_text_and_large_numbers_have_no_difference() {
        check("\"a\"", "1", None);
        check("null", "1", None);
        check("1e99", "1", None);
        check("1e-99", "1", None);
        check("1", &"9".repeat(60), None);
    }
}
