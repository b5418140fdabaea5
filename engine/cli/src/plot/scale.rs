//! Maps values to levels of a colour scale, and chooses round values for labels.

use super::colours::{LEVELS, Ramp};

/// The mapping of values to levels of a colour scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) ramp: Ramp,
    low: f64,
    high: f64,
    /// Of a logarithmic scale, on which small values next to a few large ones remain visible: the
    /// distance from 0 below which it is nearly linear.
    linear_below: Option<f64>,
}

/// A scale is logarithmic if its typical value is this many times smaller than its largest.
const LOGARITHMIC_FROM: f64 = 12.0;

impl Scale {
    /// A scale for these values; centred on 0 if some are negative.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if values.is_empty() {
            return Self {
                ramp: Ramp::Sequential,
                low: 0.0,
                high: 1.0,
                linear_below: None,
            };
        }
        let largest = least.abs().max(most.abs());
        values.retain(|value| *value != 0.0);
        values.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        let typical = values
            .get(values.len() / 2)
            .map_or(largest, |value| value.abs());
        let linear_below = (largest > LOGARITHMIC_FROM * typical).then_some(typical);
        if least < 0.0 {
            return Self {
                ramp: Ramp::Diverging,
                low: -largest,
                high: largest,
                linear_below,
            };
        }
        // Values that are mostly far from 0 show their own range.
        let own = linear_below.is_none() && least >= most / 2.0 && least < most;
        let low = if own { least } else { 0.0 };
        let high = if most > low { most } else { low + 1.0 };
        Self {
            ramp: Ramp::Sequential,
            low,
            high,
            linear_below,
        }
    }

    pub(super) const fn is_logarithmic(&self) -> bool {
        self.linear_below.is_some()
    }

    /// The position of a value between the ends, 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        let along = |value: f64| match self.linear_below {
            Some(unit) => value.signum() * libm::log1p(value.abs() / unit),
            None => value,
        };
        let (low, high) = (along(self.low), along(self.high));
        ((along(value) - low) / (high - low)).clamp(0.0, 1.0)
    }

    pub(super) fn level(&self, value: f64) -> u8 {
        level_of(self.place(value), LEVELS)
    }

    /// Round values to label the scale with, the most useful first.
    pub(super) fn labels(&self) -> Vec<f64> {
        let Some(unit) = self.linear_below else {
            return steps(self.low, self.high, 6);
        };
        let mut powers = vec![1.0];
        while powers.last().is_some_and(|power| power * 10.0 <= self.high) {
            powers.extend(powers.last().map(|power| power * 10.0));
        }
        let mut labels = vec![0.0];
        for times in [1.0, 5.0, 2.0] {
            let round = powers.iter().rev().map(|power| power * times);
            for value in round.filter(|value| (unit / 4.0..=self.high).contains(value)) {
                labels.push(value);
                if self.low < 0.0 {
                    labels.push(-value);
                }
            }
        }
        labels
    }
}

const ENDLESS: &str = "a cycle does not end";

/// The level of a position between 0 and 1.
pub(super) fn level_of(place: f64, levels: u8) -> u8 {
    let scaled = (place * f64::from(levels)).floor();
    // The result is within 0..levels, so nothing is cut off.
    (scaled.clamp(0.0, f64::from(levels - 1))) as u8
}

/// The multiples of 1, 2 or 5 times a power of ten within a range, at most `count` + 1 of them:
/// 0 to 10 with `count` 5 gives 0, 2, 4, 6, 8, 10.
pub(super) fn steps(low: f64, high: f64, count: u32) -> Vec<f64> {
    let span = high - low;
    let mut step = 1.0;
    let mut factors = [2.0, 2.5, 2.0].into_iter().cycle();
    while span / step > f64::from(count) {
        step *= factors.next().expect(ENDLESS);
    }
    // 1, 0.5, 0.2, 0.1, …
    let mut finer = [2.0, 2.5, 2.0].into_iter().cycle();
    let mut next = step;
    while step <= 1.0 && span > 0.0 {
        next /= finer.next().expect(ENDLESS);
        if span / next > f64::from(count) || next < 1e-6 {
            break;
        }
        step = next;
    }
    let first = (low / step).ceil();
    let labels = (0..=count + 1).map(|number| (first + f64::from(number)) * step);
    labels.filter(|value| *value <= high).collect()
}

/// Whole labels only, for ticks, ids and counts. The lowest value has a label too, unless it is
/// close to the next one.
pub(super) fn whole_steps(low: u64, high: u64, count: u64) -> Vec<f64> {
    let span = high.saturating_sub(low);
    let mut step = 1_u64;
    let mut factors = [(2, 1), (5, 2), (2, 1)].into_iter().cycle();
    while span / step > count {
        let (times, over) = factors.next().expect(ENDLESS);
        step = step.saturating_mul(times) / over;
    }
    let multiples = (low.div_ceil(step)..=high / step).map(|number| number * step);
    let mut labels: Vec<u64> = multiples.collect();
    if step > 1
        && labels
            .first()
            .is_some_and(|first| *first >= low + step.div_ceil(2))
    {
        labels.insert(0, low);
    }
    labels.into_iter().map(|label| label as f64).collect()
}

/// A number in few characters: 12000, 1.5M, −3.2G.
pub(super) fn short(value: f64) -> String {
    let (sign, value) = (if value < 0.0 { "−" } else { "" }, value.abs());
    const UNITS: [(f64, &str); 6] = [
        (1e18, "E"),
        (1e15, "P"),
        (1e12, "T"),
        (1e9, "G"),
        (1e6, "M"),
        (1e4, "k"),
    ];
    let unit = UNITS.iter().find(|(from, _)| value >= *from);
    let (value, unit) = match unit {
        Some((_, "k")) => (value / 1e3, "k"),
        Some((from, unit)) => (value / from, *unit),
        None => (value, ""),
    };
    let decimals = if value >= 100.0 || (unit.is_empty() && value.fract() == 0.0) {
        0
    } else {
        2
    };
    let digits = format!("{value:.decimals$}");
    let digits = if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        &digits
    };
    format!("{sign}{digits}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.0, "0"),
            (9_999.0, "9999"),
            (12_000.0, "12k"),
            (100_000.0, "100k"),
            (1_500_000.0, "1.5M"),
            (-3_200_000_000.0, "−3.2G"),
            (0.25, "0.25"),
            (0.2, "0.2"),
            (9_223_372_036_854_775_807.0, "9.22E"),
        ] {
            assert_eq!(short(value), expected);
        }
    }

    #[test]
    fn labels_are_round_and_few() {
        for (low, high, count, expected) in [
            (0.0, 64.0, 6, vec![0.0, 20.0, 40.0, 60.0]),
            (
                -15.0,
                15.0,
                6,
                vec![-15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0],
            ),
            (0.0, 1.0, 6, vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
            (0.0, 3.0, 6, vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]),
        ] {
            let labels = steps(low, high, count);
            let close = labels.len() == expected.len()
                && labels
                    .iter()
                    .zip(&expected)
                    .all(|(a, b)| (a - b).abs() < 1e-9);
            assert!(close, "{low}..{high}: {labels:?}");
        }
        assert_eq!(
            whole_steps(1, 8, 10),
            (1..=8).map(f64::from).collect::<Vec<_>>()
        );
        assert_eq!(
            whole_steps(1, 1_000, 10),
            [
                1.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0, 1000.0
            ]
        );
        assert_eq!(whole_steps(1, 1, 10), [1.0]);
    }

    #[test]
    fn a_scale_is_round_zero_where_values_are_negative() {
        let scale = Scale::of([-15.0, 3.0, 7.0].into_iter());
        assert_eq!(scale.ramp, Ramp::Diverging);
        assert_eq!(
            [-15.0, 0.0, 15.0].map(|value| scale.level(value)),
            [0, 16, 32]
        );
        let scale = Scale::of([0.0, 3.0, 8.0].into_iter());
        assert_eq!(scale.ramp, Ramp::Sequential);
        assert_eq!([0.0, 4.0, 8.0].map(|value| scale.level(value)), [0, 16, 32]);
        // Mostly far from 0, so the scale shows its own range.
        let scale = Scale::of([19.0, 20.0, 22.0].into_iter());
        assert_eq!([19.0, 22.0].map(|value| scale.level(value)), [0, 32]);
        // The same everywhere, or nothing at all.
        assert_eq!(Scale::of([5.0; 3].into_iter()).level(5.0), 32);
        assert_eq!(Scale::of([0.0; 3].into_iter()).level(0.0), 0);
        assert_eq!(Scale::of(std::iter::empty()).level(0.0), 0);
    }

    #[test]
    fn small_values_next_to_a_large_one_are_distinguished() {
        let scale = Scale::of([1_000_000.0, 1.0, 1.0, 2.0, 10.0].into_iter());
        assert!(scale.is_logarithmic());
        let levels = [0.0, 1.0, 10.0, 1_000.0, 1_000_000.0].map(|value| scale.level(value));
        assert!(levels.is_sorted_by(|a, b| a < b), "{levels:?}");
        let labels = scale.labels();
        assert!(
            [0.0, 1.0, 1e6].iter().all(|label| labels.contains(label)),
            "{labels:?}"
        );
        assert!(!Scale::of([12.0, 1.0, 2.0].into_iter()).is_logarithmic());
    }
}
