//! What values that differ look like: a clock, a process id, a counter, an order.
//!
//! A value is held against the run that produced it: a clock shows the time at which the run ran, and a
//! process id is one that the system gave out meanwhile. What names nothing of that is described by its form.

use std::fmt;
use std::time::Duration;

use aether_json::Value;

use super::moment::{HOME, HOSTS, Moment, USERS};
use super::walk::{Pattern, Places, Way};

/// What the values of a place look like that differ between runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Looks {
    /// The time of the run.
    Clock,
    /// A date or time that depends on the environment.
    Time,
    /// How long something took.
    Duration,
    /// The id of a process of the run.
    ProcessId,
    /// One more in each run, also in new processes: kept outside of them.
    Counter,
    /// A uuid.
    Uuid,
    /// The address of something in memory.
    Address,
    /// Hexadecimal digits: a digest, or a random name.
    Hex,
    /// The home directory.
    Home,
    /// The name of the user.
    User,
    /// The name of the machine.
    Host,
    /// A file or directory.
    Path,
    /// Numbers without a pattern.
    Number,
    /// Texts without a pattern.
    Text,
    /// Values of several kinds.
    Mixed,
    /// The same elements in another order.
    Order,
    /// Another number of elements.
    Length,
    /// Other names of members.
    Names,
    /// There in some runs only.
    Presence,
}

impl Looks {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::ProcessId => "process-id",
            Self::Counter => "counter",
            Self::Uuid => "uuid",
            Self::Address => "address",
            Self::Hex => "hex",
            Self::Home => "home",
            Self::User => "user",
            Self::Host => "host",
            Self::Path => "path",
            Self::Number => "number",
            Self::Text => "text",
            Self::Mixed => "mixed",
            Self::Order => "order",
            Self::Length => "length",
            Self::Names => "names",
            Self::Presence => "presence",
        }
    }

    /// What is counted: a value, or what holds values.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Order | Self::Length => "array",
            Self::Names => "object",
            Self::Presence => "artefact",
            _ => "value",
        }
    }
}

impl fmt::Display for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clock => "a clock",
            Self::Time => "a date or time",
            Self::Duration => "a duration",
            Self::ProcessId => "a process id",
            Self::Counter => "a counter kept on disk",
            Self::Uuid => "a uuid",
            Self::Address => "an address in memory",
            Self::Hex => "a digest or a random name",
            Self::Home => "the home directory",
            Self::User => "the user name",
            Self::Host => "the host name",
            Self::Path => "a path",
            Self::Number => "different numbers",
            Self::Text => "different texts",
            Self::Mixed => "values of different kinds",
            Self::Order => "the same elements in another order",
            Self::Length => "different numbers of elements",
            Self::Names => "different names of members",
            Self::Presence => "missing in some runs",
        })
    }
}

/// What the values of these places look like: what most of them do.
pub(super) fn of(pattern: &Pattern, places: &Places, moments: &[&Moment]) -> Looks {
    match places.way {
        Way::Order => return Looks::Order,
        Way::Length => return Looks::Length,
        Way::Names => return Looks::Names,
        Way::Presence => return Looks::Presence,
        Way::Value => {}
    }
    let name = pattern.steps.last().map(ToString::to_string);
    let looks: Vec<Looks> = places
        .series
        .iter()
        .map(|series| of_place(name.as_deref().unwrap_or(""), series, moments))
        .collect();
    let votes = |looks_like: &Looks| looks.iter().filter(|other| *other == looks_like).count();
    let most = looks.iter().map(votes).max().unwrap_or(0);
    let mut leading = looks.iter().filter(|one| votes(one) == most);
    leading.next().copied().unwrap_or(Looks::Mixed)
}

/// What the values of one place look like, one for each run.
fn of_place(name: &str, series: &[Value], moments: &[&Moment]) -> Looks {
    let texts: Option<Vec<String>> = series.iter().map(text).collect();
    let Some(texts) = texts else {
        return Looks::Mixed;
    };
    let runs: Vec<(&str, &Moment)> = texts
        .iter()
        .map(String::as_str)
        .zip(moments.iter().copied())
        .collect();
    if let Some(looks) = of_environment(&runs) {
        return looks;
    }
    let are_numbers = series.iter().all(|value| value.as_number().is_some());
    // Of a sentence, what differs in it counts.
    let whole: Vec<&str> = runs.iter().map(|(text, _)| *text).collect();
    for part in [
        &whole,
        &differing(&whole, in_word),
        &differing(&whole, in_token),
    ] {
        if let Some(looks) = of_texts(name, part, moments, are_numbers) {
            return looks;
        }
    }
    if are_numbers {
        Looks::Number
    } else if series.iter().all(|value| value.as_str().is_some()) {
        Looks::Text
    } else {
        Looks::Mixed
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(_) | Value::Null => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// What of the environment is in values that differ only in a changed one.
fn of_environment(runs: &[(&str, &Moment)]) -> Option<Looks> {
    let users = USERS.map(|user| (user, Looks::User));
    let hosts = HOSTS.map(|host| (host, Looks::Host));
    let mut marks = [(HOME, Looks::Home)].into_iter().chain(users).chain(hosts);
    let found = marks.find(|(mark, _)| {
        let has = |(text, moment): &(&str, &Moment)| text.contains(mark) == moment.is_elsewhere;
        runs.iter().any(|(_, moment)| moment.is_elsewhere) && runs.iter().all(has)
    });
    found.map(|(_, looks)| looks)
}

fn of_texts(name: &str, texts: &[&str], moments: &[&Moment], are_numbers: bool) -> Option<Looks> {
    let all = |is: &dyn Fn(&str) -> bool| texts.iter().all(|text| is(text));
    let runs = || texts.iter().copied().zip(moments.iter().copied());
    let here = || runs().filter(|(_, moment)| !moment.is_elsewhere);
    let differs_here = {
        let mut texts = here().map(|(text, _)| text);
        let first = texts.next();
        texts.any(|text| Some(text) != first)
    };
    if all(&is_uuid) {
        return Some(Looks::Uuid);
    }
    let is_id = |(text, moment): (&str, &Moment)| {
        let id = text.parse();
        id.is_ok_and(|id| moment.has_process(id))
    };
    if runs().all(is_id) {
        return Some(Looks::ProcessId);
    }
    if all(&is_time) || runs().all(|(text, moment)| shows(text, moment)) {
        return Some(if differs_here || here().count() < 2 {
            Looks::Clock
        } else {
            Looks::Time
        });
    }
    let here: Vec<_> = here().collect();
    if is_counting(&here) {
        return Some(Looks::Counter);
    }
    if is_running(&here) {
        return Some(Looks::Clock);
    }
    if all(&has_unit) || (are_numbers && names_a_duration(name) && all(&is_positive)) {
        return Some(Looks::Duration);
    }
    if all(&|text| {
        text.strip_prefix("0x")
            .is_some_and(|digits| is_hex(digits, 4))
    }) {
        return Some(Looks::Address);
    }
    if !are_numbers && all(&|text| is_hex(text, 8)) {
        return Some(Looks::Hex);
    }
    all(&|text| text.starts_with('/') && text.len() > 1).then_some(Looks::Path)
}

/// What differs in each text, extended to the borders of words: all begin alike, and end alike.
fn differing<'t>(texts: &[&'t str], is_in_word: fn(char) -> bool) -> Vec<&'t str> {
    let Some((first, others)) = texts.split_first() else {
        return Vec::new();
    };
    let same = |ahead: &dyn Fn(&str) -> Vec<char>| {
        let of_first = ahead(first);
        let lengths = others.iter().map(|other| {
            let pairs = of_first.iter().zip(ahead(other));
            pairs.take_while(|(a, b)| *a == b).count()
        });
        let same = lengths.min().unwrap_or(0);
        // Back to where a word begins.
        let in_word = of_first[..same]
            .iter()
            .rev()
            .take_while(|c| is_in_word(**c));
        same - in_word.count()
    };
    let start = same(&|text| text.chars().collect());
    let end = same(&|text| text.chars().rev().collect());
    texts
        .iter()
        .map(|text| {
            let count = text.chars().count();
            let end = end.min(count.saturating_sub(start));
            let at = |chars: usize| {
                text.char_indices()
                    .nth(chars)
                    .map_or(text.len(), |(at, _)| at)
            };
            &text[at(start)..at(count - end)]
        })
        .collect()
}

fn in_word(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '"' | '\'' | '(' | ')' | '[' | ']' | '=' | ',' | ';')
}

fn in_token(c: char) -> bool {
    c.is_alphanumeric()
}

fn is_hex(text: &str, least: usize) -> bool {
    text.len() >= least && text.chars().all(|c| c.is_ascii_hexdigit())
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| is_hex(part, 1))
}

/// A text in which every digit is `9`.
fn shape(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect()
}

/// Whether a date or a time of day is in the text.
fn is_time(text: &str) -> bool {
    let shape = shape(text);
    let has = |part: &str| shape.contains(part);
    shape.len() < 64 && (has("9999-99-99") || has("9999/99/99") || has("99:99:99"))
        || shape == "99:99"
        || shape.starts_with("99999999T999999")
}

/// Units of numbers that count time, per second.
const UNITS: [f64; 4] = [1.0, 1e3, 1e6, 1e9];

/// Whether a number is the time of the run, in one of the units.
fn shows(text: &str, moment: &Moment) -> bool {
    let Ok(number) = text.parse::<f64>() else {
        return false;
    };
    let slack = 2.0;
    UNITS.iter().any(|unit| {
        let seconds = number / unit;
        moment.from.as_secs_f64() - slack <= seconds && seconds <= moment.to.as_secs_f64() + slack
    })
}

/// Runs whose times are compared with a number lie so far apart.
const APART: Duration = Duration::from_millis(100);

/// The runs in processes of their own, of which one follows another.
fn alone<'r>(runs: &[(&'r str, &'r Moment)]) -> Vec<(&'r str, &'r Moment)> {
    let alone = runs.iter().filter(|(_, moment)| moment.is_alone);
    alone.copied().collect()
}

/// Whether numbers grow as time passes: a clock that begins somewhere else.
fn is_running(runs: &[(&str, &Moment)]) -> bool {
    let runs = alone(runs);
    let numbers: Option<Vec<f64>> = runs.iter().map(|(text, _)| text.parse().ok()).collect();
    let (Some(numbers), true) = (numbers, runs.len() >= 3) else {
        return false;
    };
    let (first, last) = (runs[0].1, runs[runs.len() - 1].1);
    if last.from.saturating_sub(first.to) < APART {
        return false;
    }
    UNITS.iter().any(|unit| {
        runs.iter()
            .zip(&numbers)
            .skip(1)
            .all(|((_, moment), number)| {
                let grown = (number - numbers[0]) / unit;
                // It was read somewhere in each of both runs.
                let least = moment.from.saturating_sub(first.to).as_secs_f64();
                let most = moment.to.saturating_sub(first.from).as_secs_f64();
                grown > 0.0 && least * 0.9 <= grown && grown <= most * 1.1
            })
    })
}

/// Whether each later run has the same number more, whenever it ran.
fn is_counting(runs: &[(&str, &Moment)]) -> bool {
    let runs = alone(runs);
    let numbers: Option<Vec<i64>> = runs.iter().map(|(text, _)| text.parse().ok()).collect();
    let (Some(numbers), true) = (numbers, runs.len() >= 3) else {
        return false;
    };
    let step = numbers[1].checked_sub(numbers[0]);
    let is_step = |pair: &[i64]| pair[1].checked_sub(pair[0]) == step;
    step != Some(0) && numbers.windows(2).all(is_step)
}

fn is_positive(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| number >= 0.0)
}

/// Whether it is a number with a unit of time.
fn has_unit(text: &str) -> bool {
    let units = [
        "ns", "us", "µs", "ms", "s", "sec", "secs", "seconds", "min", "minutes",
    ];
    units.iter().any(|unit| {
        let number = text.strip_suffix(unit);
        number.is_some_and(|number| is_positive(number.trim_end()))
    })
}

/// Whether a member of this name holds how long something took.
fn names_a_duration(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric());
    words.into_iter().any(|word| {
        let whole = [
            "ms", "us", "ns", "sec", "secs", "wall", "cpu", "took", "time",
        ];
        let part = [
            "elapsed", "duration", "second", "runtime", "latency", "millis",
        ];
        whole.contains(&word) || part.iter().any(|part| word.contains(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_of_day_are_times() {
        for (text, is) in [
            ("2024-02-29", true),
            ("on 2024/02/29", true),
            ("at 12:30:00.5", true),
            ("12:30", true),
            ("20240229T123000Z", true),
            ("12:30 h", false),
            ("2024-2-29", false),
            ("x", false),
        ] {
            assert_eq!(is_time(text), is, "{text}");
        }
        let padded = |length: usize| format!("{}2024-02-29", " ".repeat(length - 10));
        assert!(is_time(&padded(63)) && !is_time(&padded(64)));
    }

    #[test]
    fn looks_have_names_and_say_what_is_counted() {
        for (looks, name, noun) in [
            (Looks::Clock, "clock", "value"),
            (Looks::ProcessId, "process-id", "value"),
            (Looks::Order, "order", "array"),
            (Looks::Length, "length", "array"),
            (Looks::Names, "names", "object"),
            (Looks::Presence, "presence", "artefact"),
        ] {
            assert_eq!((looks.name(), looks.noun()), (name, noun));
        }
    }

    #[test]
    fn words_end_at_blanks_quotes_brackets_and_signs() {
        let found: String = "a b\"c'd(e)f[g]h=i,j;k-l_m.n/o:p"
            .chars()
            .filter(|&c| in_word(c))
            .collect();
        assert_eq!(found, "abcdefghijk-l_m.n/o:p");
    }

    #[test]
    fn a_clock_grows_as_time_passes() {
        let at = |from: u64, to: u64| {
            let mut moment = Moment::never();
            (moment.from, moment.to) = (Duration::from_millis(from), Duration::from_millis(to));
            moment.is_alone = true;
            moment
        };
        let moments = [at(0, 10), at(1_000, 1_010), at(2_000, 2_010)];
        let is_running = |numbers: [&str; 3], moments: &[Moment; 3]| {
            let runs: Vec<(&str, &Moment)> = numbers.into_iter().zip(moments).collect();
            super::is_running(&runs)
        };
        for (numbers, is) in [
            (["5", "6", "7"], true),
            (["5000", "6000", "7000"], true),
            (["5", "5.92", "7"], true),
            (["5", "5.87", "7"], false),
            (["5", "6.1", "7"], true),
            (["5", "6.2", "7"], false),
            (["5", "6", "8"], false),
            (["5", "5", "5"], false),
            (["7", "6", "5"], false),
            (["5", "x", "7"], false),
        ] {
            assert_eq!(is_running(numbers, &moments), is, "{numbers:?}");
        }
        // One that began before the first had ended may have read the clock at once, but a clock grows.
        let early = [at(0, 10), at(5, 15), at(200, 210)];
        assert!(is_running(["5", "5.001", "5.2"], &early));
        assert!(!is_running(["5", "5", "5.2"], &early));
        // Runs that follow one another at once say nothing.
        assert!(!is_running(
            ["5", "5.05", "5.1"],
            &[at(0, 10), at(50, 60), at(109, 119)]
        ));
        assert!(is_running(
            ["5", "5.05", "5.11"],
            &[at(0, 10), at(50, 60), at(110, 120)]
        ));
        let numbers = [("5", &moments[0]), ("6", &moments[1])];
        assert!(!super::is_running(&numbers));
    }

    #[test]
    fn a_number_is_the_time_of_a_run_in_any_unit() {
        let mut moment = Moment::never();
        (moment.from, moment.to) = (Duration::from_secs(1_000), Duration::from_secs(1_010));
        for (text, is) in [
            ("1000", true),
            ("998", true),
            ("997.9", false),
            ("1012", true),
            ("1012.1", false),
            ("1005000", true),
            ("1005000000", true),
            ("1005000000000", true),
            ("1005000000000000", false),
            ("x", false),
        ] {
            assert_eq!(shows(text, &moment), is, "{text}");
        }
    }
}
