//! Dates: that of a bless, and those of tests that are recorded or in quarantine.

use std::time::SystemTime;

/// Today in UTC, as `YYYY-MM-DD`.
pub(crate) fn today() -> String {
    civil(seconds() / 86_400)
}

/// This moment in UTC, as `YYYY-MM-DDThh:mm:ssZ`.
pub(crate) fn now() -> String {
    let seconds = seconds();
    let of_day = seconds % 86_400;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!(
        "{}T{hour:02}:{minute:02}:{second:02}Z",
        civil(seconds / 86_400)
    )
}

/// The days from 1970-01-01 to a date in the form of [`civil`]; `None` if there is no such day.
pub(crate) fn days(date: &str) -> Option<u64> {
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // From above, and then by days: no month is longer than 31.
    let least = year.checked_sub(1970)?.checked_mul(365)? + month.checked_sub(1)? * 28;
    let leap_days = year / 4 - 492 + 1;
    let most = least + leap_days + 12 * 3 + day;
    (least..=most).find(|days| civil(*days) == date)
}

/// Seconds since 1970.
fn seconds() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a bless and a record of tests are dated"
    )]
    let now = SystemTime::now();
    now.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The date that many days after 1970-01-01, in the Gregorian calendar.
pub(crate) fn civil(days: u64) -> String {
    // Counted from 0000-03-01, so that leap days end their years.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_are_dates() {
        for (days, date) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (19_722, "2023-12-31"),
            (20_513, "2026-03-01"),
        ] {
            assert_eq!(super::civil(days), date);
            assert_eq!(super::days(date), Some(days));
        }
        for day in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "1969-12-31",
            "x",
            "",
            "99999999999999999999-01-01",
        ] {
            assert_eq!(super::days(day), None, "{day}");
        }
    }
}
