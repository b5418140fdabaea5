//! A figure with what it is held against, as a benchmark reports it.

use serde::{Deserialize, Serialize};

/// What a line measured: the median of its samples, and of its reference's.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Measured {
    /// The median, in `unit`.
    pub figure: f64,
    /// Such as `edges/s`, `s` or `MiB`. The unit says whether more is better; the target does too.
    pub unit: String,
    /// The median of the reference, in the same unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<f64>,
    /// What the reference is, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_name: Option<String>,
    /// The median over the rounds of figure divided by reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// How far the samples lie apart: the range of their middle half, as a fraction of the median.
    /// It is that of the ratio if there is a reference, and that of the figure if not.
    pub spread: f64,
    /// The number of samples, or of rounds.
    pub samples: usize,
}

/// A measured line as one line of JSON.
///
/// ```
/// let reported: aether_measure::Reported = aether_json::from_str(
///     r#"{"name":"sum/million","figure":2.0,"unit":"s","spread":0.01,"samples":9}"#,
/// )?;
/// assert_eq!(reported.name, "sum/million");
/// assert_eq!(reported.measured.ratio, None);
/// # Ok::<(), aether_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Reported {
    /// The name of the line.
    pub name: String,
    /// What it measured.
    #[serde(flatten)]
    pub measured: Measured,
}

impl Measured {
    /// A figure that is held against nothing, or only against a number. There is at least one sample.
    pub fn alone(unit: &str, samples: &[f64]) -> Self {
        Self {
            figure: quantile(samples, 2),
            unit: unit.to_owned(),
            reference: None,
            reference_name: None,
            ratio: None,
            spread: spread(samples),
            samples: samples.len(),
        }
    }

    /// A figure beside its reference, measured in `rounds` of both ([`crate::rounds`]). There is at
    /// least one round.
    pub fn against(unit: &str, reference_name: &str, rounds: &[[f64; 2]]) -> Self {
        let column = |at: usize| rounds.iter().map(|round| round[at]).collect::<Vec<_>>();
        let ratios: Vec<f64> = rounds
            .iter()
            .map(|[figure, reference]| figure / reference)
            .collect();
        Self {
            figure: quantile(&column(0), 2),
            unit: unit.to_owned(),
            reference: Some(quantile(&column(1), 2)),
            reference_name: Some(reference_name.to_owned()),
            ratio: Some(quantile(&ratios, 2)),
            spread: spread(&ratios),
            samples: rounds.len(),
        }
    }
}

/// The range of the middle half of the samples, as a fraction of their median.
fn spread(samples: &[f64]) -> f64 {
    (quantile(samples, 3) - quantile(samples, 1)) / quantile(samples, 2)
}

/// The sample with `quarters` quarters of the samples below it.
fn quantile(samples: &[f64], quarters: usize) -> f64 {
    assert!(!samples.is_empty(), "a line has at least one sample");
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * quarters / 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_the_spread_are_those_of_the_rounds() {
        let rounds = [
            [10.0, 5.0],
            [30.0, 10.0],
            [20.0, 5.0],
            [90.0, 10.0],
            [50.0, 50.0],
        ];
        let measured = Measured::against("bytes/s", "a copy", &rounds);
        assert_eq!(measured.figure, 30.0);
        assert_eq!(measured.reference, Some(10.0));
        // Ratios 1, 2, 3, 4, 9: not the ratio of the medians by chance.
        assert_eq!(measured.ratio, Some(3.0));
        assert_eq!(measured.spread, 2.0 / 3.0);
        assert_eq!(measured.samples, 5);
        let alone = Measured::alone("s", &[4.0, 1.0, 2.0]);
        assert_eq!((alone.figure, alone.spread), (2.0, 0.5));
    }

    #[test]
    fn what_is_reported_reads_back() {
        for measured in [
            Measured::alone("s", &[0.25]),
            Measured::against("bytes/s", "a copy", &[[1.5e9, 3.0e9]]),
        ] {
            let reported = Reported {
                name: "x/y".to_owned(),
                measured,
            };
            let text = aether_json::to_string(&reported).expect("finite numbers");
            let read: Reported = aether_json::from_str(&text).expect("what was written reads");
            assert_eq!(read, reported);
        }
    }
}
