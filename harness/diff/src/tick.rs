//! Ticks: when a record was made, as a number or as a date or time.
//!
//! ```text
//! 3 < 3.5 < 1e1                                    as numbers, each kept as it is spelled
//! "2024-02-29" < "2024-02-29T12:30:00+01:00"       as times
//! ```

use std::cmp::Ordering;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use aether_json::scan::{Kind, kind};
use aether_json::{Json, Value};

/// When a record was made: a number as it is spelled, or an ISO 8601 date, time or both.
///
/// Ticks are in the order of the numbers or times that they are; a date counts as its midnight UTC, a
/// time without an offset as UTC. What is finer than 10⁻¹⁸ is ordered by its text. In JSON, a tick is a
/// number, or a string for dates and times.
#[derive(Clone, PartialEq, Eq)]
pub struct Tick {
    at: When,
    json: Json,
}

impl Tick {
    /// The tick that a JSON value is; `None` if it is neither a number nor a date or time, or a number
    /// from 10¹⁹ on.
    ///
    /// ```
    /// use aether_diff::{Json, Tick};
    /// let tick = |text: &str| Tick::new(&Json::parse(text).expect("JSON"));
    /// assert!(tick("0.5") < tick("1e1"));
    /// assert!(tick("\"2024-02-29T23:00-02:00\"") > tick("\"2024-03-01\""));
    /// assert_eq!(tick("\"tomorrow\""), None);
    /// ```
    pub fn new(json: &Json) -> Option<Self> {
        Some(Self {
            at: When::read(json.as_str())?,
            json: json.clone(),
        })
    }

    /// As JSON text spells it.
    pub(crate) fn as_json(&self) -> &str {
        self.json.as_str()
    }

    /// The tick as a whole number, if it is one.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_json().parse().ok()
    }

    /// The whole number, or second, that the tick is in.
    pub(crate) fn whole(&self) -> i128 {
        self.at.0.div_euclid(PARTS)
    }
}

impl From<u64> for Tick {
    fn from(tick: u64) -> Self {
        Self {
            at: When::at(tick),
            json: Json::from_raw(&tick.to_string()),
        }
    }
}

impl Ord for Tick {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.at.cmp(&other.at);
        order.then_with(|| self.as_json().cmp(other.as_json()))
    }
}

impl PartialOrd for Tick {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A date holds nothing that is escaped in JSON.
        f.write_str(self.as_json().trim_matches('"'))
    }
}

impl fmt::Debug for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_json())
    }
}

impl Serialize for Tick {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tick {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::from(&Value::deserialize(deserializer)?);
        Self::new(&json).ok_or_else(|| D::Error::custom(format!("not a tick: {}", json.as_str())))
    }
}

/// Parts of a whole number that are told apart.
const PARTS: i128 = 1_000_000_000_000_000_000;

/// Digits of the fraction that are told apart.
const PLACES: usize = 18;

/// Numbers from 10 to this power on are not ticks.
const POWER_MAX: i32 = 19;

/// When a change happened, as a number to sort by; what has no tick comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct When(i128);

impl When {
    pub(crate) const NEVER: Self = Self(i128::MAX);

    pub(crate) fn at(tick: u64) -> Self {
        Self(i128::from(tick) * PARTS)
    }

    /// The tick that [`When::at`] was made from.
    pub(crate) fn whole(self) -> Tick {
        let whole = u64::try_from(self.0 / PARTS);
        whole
            .expect("times that are not whole numbers are kept as spelled")
            .into()
    }

    /// Reads a JSON value.
    pub(crate) fn read(raw: &str) -> Option<Self> {
        if let Ok(whole) = raw.parse::<u64>() {
            return Some(Self::at(whole));
        }
        let at = match kind(raw) {
            Kind::Number => decimal(raw)?,
            Kind::String => time(raw.strip_prefix('"')?.strip_suffix('"')?)?,
            _ => return None,
        };
        Some(Self(at))
    }
}

/// A number in parts, without what is finer than these.
fn decimal(text: &str) -> Option<i128> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let digits = &digits[leading..];
    // The value is 0.DIGITS times ten to this power.
    let power = i32::try_from(whole.len()).ok()? - i32::try_from(leading).ok()?;
    let power = power.checked_add(exponent)?;
    if digits.is_empty() {
        return Some(0);
    }
    if power > POWER_MAX {
        return None;
    }
    let wanted = i32::try_from(PLACES).ok()?.checked_add(power)?;
    let Ok(wanted) = usize::try_from(wanted) else {
        return Some(0);
    };
    let kept = &digits[..wanted.min(digits.len())];
    let parts: i128 = if kept.is_empty() {
        0
    } else {
        kept.parse().ok()?
    };
    let missing = u32::try_from(wanted - kept.len()).ok()?;
    Some(sign * parts.checked_mul(10_i128.checked_pow(missing)?)?)
}

/// A date, a time, or both with `T` or a space between, in parts of a second since 1970 or midnight.
fn time(text: &str) -> Option<i128> {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') {
        return clock(text);
    }
    let date = text.get(..10)?;
    let seconds = i128::from(days(date)?) * 86_400 * PARTS;
    match bytes.get(10) {
        None => Some(seconds),
        Some(b'T' | b't' | b' ') => Some(seconds + clock(text.get(11..)?)?),
        Some(_) => None,
    }
}

/// The days from 1970-01-01 to a date `YYYY-MM-DD`.
fn days(date: &str) -> Option<i64> {
    if date.as_bytes()[7] != b'-' {
        return None;
    }
    let [year, month, day] = [&date[..4], &date[5..7], &date[8..]].map(number);
    let (year, month, day) = (year?, month?, day?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let in_year = (153 * month + 2) / 5 + day - 1;
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leaps + in_year - 719_468)
}

/// A time `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fff`, with `Z` or an offset after it.
fn clock(text: &str) -> Option<i128> {
    let (text, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => (&text[..at], offset(&text[at..])?),
        None => (text, 0),
    };
    let bytes = text.as_bytes();
    if bytes.get(2) != Some(&b':') || !text.is_ascii() {
        return None;
    }
    let (hours, minutes) = (number(text.get(..2)?)?, number(text.get(3..5)?)?);
    let (seconds, fraction) = match bytes.get(5) {
        None => (0, 0),
        Some(b':') => {
            let seconds = number(text.get(6..8)?)?;
            match bytes.get(8) {
                None => (seconds, 0),
                Some(b'.' | b',') if text[9..].bytes().all(|b| b.is_ascii_digit()) => {
                    (seconds, decimal(&format!("0.{}", text.get(9..)?))?)
                }
                Some(_) => return None,
            }
        }
        Some(_) => return None,
    };
    // 24:00 ends a day, and a leap second ends a minute.
    if hours > 24 || minutes > 59 || seconds > 60 {
        return None;
    }
    let whole = hours * 3600 + minutes * 60 + seconds - offset;
    Some(i128::from(whole) * PARTS + fraction)
}

/// `Z`, `+01:00`, `-0130` or `+01` in seconds.
fn offset(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'Z' | b'z' if text.len() == 1 => return Some(0),
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let digits = digits.replacen(':', "", 1);
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits)?, 0),
        4 => (number(digits.get(..2)?)?, number(digits.get(2..)?)?),
        _ => return None,
    };
    (hours <= 24 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

fn number(digits: &str) -> Option<i64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

/// When a value was known, and how its tick is spelled; nothing is copied until a change is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp<'t> {
    pub(crate) when: When,
    text: Spelling<'t>,
}

#[derive(Clone, Copy, Debug)]
enum Spelling<'t> {
    None,
    Raw(&'t str),
    Number(u64),
}

impl<'t> Stamp<'t> {
    pub(crate) const NEVER: Self = Self {
        when: When::NEVER,
        text: Spelling::None,
    };

    /// The stamp of a record, by the JSON value of its tick.
    pub(crate) fn read(raw: &'t str) -> Option<Self> {
        Some(Self {
            when: When::read(raw)?,
            text: Spelling::Raw(raw),
        })
    }

    pub(crate) fn number(tick: u64) -> Self {
        Self {
            when: When::at(tick),
            text: Spelling::Number(tick),
        }
    }

    pub(crate) fn of(tick: Option<&'t Tick>) -> Self {
        tick.map_or(Self::NEVER, |tick| Self {
            when: tick.at,
            text: Spelling::Raw(tick.as_json()),
        })
    }

    /// The tick as a whole number, if it is one.
    pub(crate) fn as_u64(self) -> Option<u64> {
        match self.text {
            Spelling::None => None,
            Spelling::Raw(raw) => raw.parse().ok(),
            Spelling::Number(tick) => Some(tick),
        }
    }

    /// As the JSON text spells it; `None` for no tick, and for one that was not read.
    pub(crate) fn raw(self) -> Option<&'t str> {
        match self.text {
            Spelling::Raw(raw) => Some(raw),
            Spelling::None | Spelling::Number(_) => None,
        }
    }

    /// Whether the tick is a whole number, spelled as such.
    pub(crate) fn is_plain(self) -> bool {
        self.as_u64().is_some()
    }

    pub(crate) fn tick(self) -> Option<Tick> {
        let json = match self.text {
            Spelling::None => return None,
            Spelling::Raw(raw) => Json::from_raw(raw),
            Spelling::Number(tick) => return Some(tick.into()),
        };
        Some(Tick {
            at: self.when,
            json,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(raw: &str) -> Option<Tick> {
        Tick::new(&Json::parse(raw).unwrap())
    }

    #[test]
    fn ticks_are_in_the_order_of_numbers_and_times() {
        let ascending = [
            "-1e3",
            "-2.5",
            "-1",
            "0",
            "1e-19",
            "0.001",
            "0.5",
            "1",
            "1.25",
            "2",
            "9.99e0",
            "10",
            "1e1",
            "11",
            "1e18",
            "18446744073709551615",
        ];
        let times = [
            "\"1969-12-31\"",
            "\"1970-01-01\"",
            "\"1970-01-01T00:00:00.001Z\"",
            "\"1999-12-31 23:59\"",
            "\"2000-02-29\"",
            "\"2000-03-01T00:30+01:00\"",
            "\"2000-03-01\"",
            "\"2024-02-29T12:30:00,5-0230\"",
            "\"2100-02-28T24:00\"",
        ];
        let clocks = ["\"00:00\"", "\"09:30:00.25\"", "\"23:59:59\""];
        for all in [&ascending[..], &times, &clocks] {
            for pair in all.windows(2) {
                let [a, b] =
                    [pair[0], pair[1]].map(|raw| tick(raw).unwrap_or_else(|| panic!("{raw}")));
                assert!(a < b, "{a:?} {b:?}");
            }
        }
        assert_eq!(When::read("1.0"), When::read("1"));
        assert_eq!(When::read("\"1970-01-02\""), When::read("86400"));
        assert_eq!(
            When::read("\"2000-03-01T01:00+01:00\""),
            When::read("\"2000-03-01\"")
        );
    }

    #[test]
    fn other_values_are_not_ticks() {
        for raw in [
            "null",
            "true",
            "\"\"",
            "\"7\"",
            "\"2024-13-01\"",
            "\"2023-02-29\"",
            "\"2024-01-01x\"",
            "\"2024-01-01T\"",
            "\"2024-01-01T25:00\"",
            "\"24-01-01\"",
            "\"12:3\"",
            "\"12:30:5\"",
            "\"12:30é\"",
            "\"é234-01-01\"",
            "1e20",
            "[1]",
            "\"12:30:00.\u{e9}\"",
            "\"2024-01-0é\"",
        ] {
            assert_eq!(tick(raw), None, "{raw}");
        }
    }

    #[test]
    fn ticks_are_kept_as_they_are_spelled() {
        for (raw, shown) in [
            ("1.50", "1.50"),
            ("3", "3"),
            ("\"2024-01-01\"", "2024-01-01"),
        ] {
            let tick = tick(raw).unwrap();
            assert_eq!(tick.to_string(), shown);
            let json = aether_json::to_string(&tick).unwrap();
            assert_eq!(json, raw);
            assert_eq!(aether_json::from_str::<Tick>(&json).unwrap(), tick);
        }
    }

    #[test]
    fn dates_and_times_are_seconds() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("2000-03-01", 951_868_800),
            ("2024-12-31", 1_735_603_200),
            ("1999-06-15", 929_404_800),
            ("1900-03-01", -2_203_891_200),
            ("2023-01-31", 1_675_123_200),
            ("2024-04-30", 1_714_435_200),
            ("1970-01-02T00:00-01:30", 91_800),
            ("1970-01-02T00:00+0130", 81_000),
            ("1970-01-02T00:00+01", 82_800),
            ("1970-01-02T00:00+24:00", 0),
            ("1970-01-02T00:00+00:59", 82_860),
            ("1970-01-01t00:00z", 0),
            ("12:34:56", 45_296),
            ("00:00:60", 60),
            ("00:59", 3_540),
            ("24:00", 86_400),
        ] {
            let spelled = When::read(&format!("\"{text}\""));
            assert_eq!(spelled, Some(When(seconds * PARTS)), "{text}");
        }
    }

    #[test]
    fn dates_and_times_that_there_are_not_are_refused() {
        for text in [
            "1900-02-29",
            "2100-02-29",
            "2000-02-30",
            "2024-04-31",
            "2024-06-31",
            "2024-09-31",
            "2024-11-31",
            "2024-01-32",
            "2024-01-00",
            "2024-00-01",
            "2024-+1-01",
            "2024-01x01",
            "12x30",
            "12:60",
            "12:30:61",
            "12:30:00.1e2",
            "12:30:00x",
            "12:30x",
            "25:00",
            "12:30Zx",
            "12:30+1",
            "12:30+25:00",
            "12:30+01:60",
        ] {
            assert_eq!(tick(&format!("\"{text}\"")), None, "{text}");
        }
    }

    #[test]
    fn a_stamp_keeps_the_spelling_of_a_tick() {
        let read = Stamp::read("1.50").unwrap();
        assert_eq!(
            (read.raw(), read.as_u64(), read.is_plain()),
            (Some("1.50"), None, false)
        );
        let whole = Stamp::read("3").unwrap();
        assert_eq!(
            (whole.raw(), whole.as_u64(), whole.is_plain()),
            (Some("3"), Some(3), true)
        );
        let number = Stamp::number(3);
        assert_eq!(
            (number.raw(), number.as_u64(), number.is_plain()),
            (None, Some(3), true)
        );
        assert_eq!((Stamp::NEVER.raw(), Stamp::NEVER.is_plain()), (None, false));
        assert_eq!(format!("{:?}", tick("\"09:00\"").unwrap()), "\"09:00\"");
    }
}
