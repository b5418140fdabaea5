//! The spelling of floats: the shortest digits that read back as the same float, and of two such
//! spellings at the same distance the even one. These are the rules of serde_json.

/// A finite `f64`: `0.1`, `1.0`, `1e+16`, `1.5e-7`.
pub(crate) fn spelled_f64(number: f64) -> String {
    let shortest = format!("{number:e}");
    // Two spellings of fewer digits are never as near as this to one float.
    let even = (shortest.len() > 16)
        .then(|| even_of_two(&shortest, |places| format!("{number:.places$e}")))
        .flatten()
        .filter(|even| even.parse() == Ok(number));
    laid_out(&even.unwrap_or(shortest), -5..=15)
}

/// A finite `f32`.
pub(crate) fn spelled_f32(number: f32) -> String {
    let shortest = format!("{number:e}");
    let even = (shortest.len() > 7)
        .then(|| even_of_two(&shortest, |places| format!("{number:.places$e}")))
        .flatten()
        .filter(|even| even.parse() == Ok(number));
    laid_out(&even.unwrap_or(shortest), -6..=12)
}

/// The spelling with an even last digit, if the float lies exactly between two of this length.
///
/// ```text
/// "1.3e0" for 1.25 -> "1.2e0"    "1.2e0" for 1.25 -> "1.2e0"    "1.3e0" for 1.26 -> None
/// ```
fn even_of_two(shortest: &str, exact: impl Fn(usize) -> String) -> Option<String> {
    /// Places of the longest `f64`, the smallest one.
    const PLACES_MAX: usize = 770;
    let mantissa = shortest.split('e').next().unwrap_or(shortest);
    let places = mantissa
        .split_once('.')
        .map_or(0, |(_, places)| places.len());
    // One digit more, then some that are all zeros or show that there is no tie, then all.
    for more in [1, 20, PLACES_MAX] {
        let longer = exact(places + more);
        let (digits, _) = longer.split_once('e')?;
        let rest = &digits[digits.len() - more..];
        let zeros = rest.strip_prefix('5')?;
        if !zeros.bytes().all(|digit| digit == b'0') {
            return None;
        }
    }
    let longer = exact(places + 1);
    let (digits, exponent) = longer.split_once('e')?;
    let below = digits[..digits.len() - 1].trim_end_matches('.');
    let last = below.bytes().next_back()?;
    // The code of `0` is even.
    let is_even = last.is_multiple_of(2);
    // The other one ends in the next digit, unless there is a carry; then it is shorter.
    let head = &below[..below.len() - 1];
    match last {
        _ if is_even => Some(format!("{below}e{exponent}")),
        b'9' => None,
        _ => Some(format!("{head}{}e{exponent}", char::from(last + 1))),
    }
}

/// Digits and exponent in the notation that the exponent calls for.
///
/// ```text
/// "1.5e2" -> "150.0"    "1.5e-2" -> "0.015"    "1.5e30" -> "1.5e+30"
/// ```
fn laid_out(scientific: &str, plain: std::ops::RangeInclusive<i32>) -> String {
    let (mantissa, exponent) = scientific
        .split_once('e')
        .expect("this notation has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is an integer");
    if !plain.contains(&exponent) {
        return format!("{mantissa}e{exponent:+}");
    }
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits = mantissa.replace('.', "");
    match usize::try_from(exponent) {
        Ok(exponent) if exponent + 1 >= digits.len() => {
            let zeros = "0".repeat(exponent + 1 - digits.len());
            format!("{sign}{digits}{zeros}.0")
        }
        Ok(exponent) => {
            let (whole, fraction) = digits.split_at(exponent + 1);
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) => {
            let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
            format!("{sign}0.{zeros}{digits}")
        }
    }
}
