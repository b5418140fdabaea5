//! The grammar of TOML's numbers, of which the parser checks only the beginning.
//!
//! ```text
//! integer   1_000   -17   0xff   0o7   0b1         not 007, 0x, -0x1, 1__0, 1_0٠
//! float     1.5   1e6   -0.0   6.6e-34   inf   nan    not 1., .5, 1_.5, 01.5
//! ```

/// Whether a spelling is an integer, of any size.
pub(super) fn is_integer(raw: &str) -> bool {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = raw.strip_prefix(prefix) {
            return is_digits(digits, radix);
        }
    }
    is_decimal(unsigned(raw))
}

/// Whether a spelling is a float.
pub(super) fn is_float(raw: &str) -> bool {
    let unsigned = unsigned(raw);
    if matches!(unsigned, "inf" | "nan") {
        return true;
    }
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    is_decimal(whole)
        && fraction.is_none_or(|digits| is_digits(digits, 10))
        && exponent.is_none_or(|exponent| is_digits(self::unsigned(exponent), 10))
        && (fraction.is_some() || exponent.is_some())
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

/// Digits without a leading zero.
fn is_decimal(digits: &str) -> bool {
    is_digits(digits, 10) && (digits == "0" || !digits.starts_with('0'))
}

/// One or more digits, with single underscores between them.
fn is_digits(text: &str, radix: u32) -> bool {
    let is_group = |group: &str| !group.is_empty() && group.chars().all(|c| c.is_digit(radix));
    text.split('_').all(is_group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_those_of_toml() {
        for raw in [
            "0",
            "-0",
            "+7",
            "1_000",
            "99999999999999999999",
            "0xDEAD_beef",
            "0o17",
            "0b01",
        ] {
            assert!(is_integer(raw), "{raw}");
        }
        for raw in [
            "", "-", "0x", "0o", "0b", "0x_1", "0x1_", "-0x1", "+0b1", "007", "1__0", "_1", "1_",
            "1_0٠", "0o8", "0b2", "0xg", "0X1", "٣",
        ] {
            assert!(!is_integer(raw), "{raw}");
        }
        for raw in [
            "1.5", "-0.0", "+1.0", "1e6", "1E+06", "6.6e-3_4", "inf", "-inf", "+nan", "1_0.0_1",
        ] {
            assert!(is_float(raw), "{raw}");
        }
        for raw in [
            "1.", ".5", "1", "1e", "1.e5", "01.5", "1_.5", "1._5", "1.5_", "1.٠", "1e_1", "1e+",
            "Inf",
        ] {
            assert!(!is_float(raw), "{raw}");
        }
    }
}
