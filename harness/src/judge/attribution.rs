//! Where nondeterminism comes from, as far as runs can tell.

use std::fmt;

use super::{Bench, Product};
use crate::Artefact;
use crate::exec::{Surrounding, Surroundings};

/// What makes runs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attribution {
    /// These, each changed alone, make a difference; with all put back there is none. None of them:
    /// only several together do.
    Surroundings(Vec<Surrounding>),
    /// New processes agree, and a later run in a process does not: something outlives a run.
    Leftover,
    /// The same values in another order, whatever the processors.
    HashOrder,
    /// The same values in another order, but not on a single processor.
    ThreadOrder,
    /// Values that grow from run to run.
    Clock,
    /// Other values each time.
    Random,
    /// It could not be found out.
    Unknown(String),
}

impl fmt::Display for Attribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Surroundings(causes) if causes.is_empty() => {
                "it takes several changed surroundings at once; with all put back there is no \
                 difference"
            }
            Self::Surroundings(causes) => {
                let causes: Vec<String> = causes.iter().map(ToString::to_string).collect();
                return write!(
                    f,
                    "caused by {}: changed alone it makes a difference, with all put back there is none",
                    causes.join(", and by ")
                );
            }
            Self::Leftover => {
                "new processes make the same bytes, a later run in one process does not: something \
                 outlives a run (a static, a cache)"
            }
            Self::HashOrder => {
                "with all surroundings put back it still differs: the same values in another order, \
                 also on one processor: the order of a hash map"
            }
            Self::ThreadOrder => {
                "with all surroundings put back it still differs: the same values in another order, \
                 but not on a single processor: the order of threads"
            }
            Self::Clock => {
                "with all surroundings put back it still differs: the values grow from run to run: \
                 a clock"
            }
            Self::Random => {
                "with all surroundings put back it still differs: other values in each run: a \
                 random seed, an address, or a clock"
            }
            Self::Unknown(why) => return write!(f, "the cause could not be found out: {why}"),
        };
        f.write_str(text)
    }
}

impl Bench<'_> {
    /// Why runs differ although nothing around them was changed. `parent` is what the first run in
    /// this process made.
    pub(super) fn cause_inside(&self, parent: Option<&Product>) -> Attribution {
        let Some(like) = parent else {
            return Attribution::Unknown("there is no run to compare with".to_owned());
        };
        let none = Surroundings::new();
        let fresh = |surroundings: &Surroundings| {
            self.in_child(surroundings, like)
                .map(|from| from.product)
                .map_err(|ended| super::Judgement::ended(ended).detail)
        };
        let runs: Result<Vec<Product>, String> = (0..3).map(|_| fresh(&none)).collect();
        let runs = match runs {
            Ok(runs) => runs,
            Err(why) => return Attribution::Unknown(why),
        };
        let same = |a: &Product, b: &Product| a.set.differing(&b.set).is_empty();
        if runs.windows(2).all(|pair| same(&pair[0], &pair[1])) {
            return Attribution::Leftover;
        }
        let tokens: Vec<Vec<String>> = runs.iter().map(tokens).collect();
        if is_reordered(&tokens) {
            let one = Surroundings::from([Surrounding::Processors]);
            return match (fresh(&one), fresh(&one), fresh(&one)) {
                (Ok(a), Ok(b), Ok(c)) if same(&a, &b) && same(&b, &c) => Attribution::ThreadOrder,
                _ => Attribution::HashOrder,
            };
        }
        if grows(&tokens) {
            return Attribution::Clock;
        }
        Attribution::Random
    }
}

/// Everything between the punctuation of what a run made, in order.
fn tokens(product: &Product) -> Vec<String> {
    product
        .set
        .artefacts()
        .flat_map(|artefact: &Artefact| {
            String::from_utf8_lossy(artefact.text())
                .split(['{', '}', '[', ']', ',', '\n'])
                .filter(|token| !token.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Whether all runs hold the same values, in whatever order.
fn is_reordered(runs: &[Vec<String>]) -> bool {
    let mut sorted = runs.to_vec();
    for run in &mut sorted {
        run.sort_unstable();
    }
    sorted.windows(2).all(|pair| pair[0] == pair[1])
}

/// Whether every value that differs is greater in each later run.
fn grows(runs: &[Vec<String>]) -> bool {
    runs.windows(2).all(|pair| {
        let (a, b) = (&pair[0], &pair[1]);
        a.len() == b.len()
            && a.iter()
                .zip(b)
                .filter(|(a, b)| a != b)
                .all(|(a, b)| is_below(a, b))
    })
}

/// Whether a value is below another: as numbers where both are, else as texts.
fn is_below(a: &str, b: &str) -> bool {
    let number = |token: &str| {
        let value = token.rsplit(':').next().unwrap_or(token);
        value.parse::<f64>().ok()
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a <= b,
        _ => a < b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(texts: &[&[&str]]) -> Vec<Vec<String>> {
        texts
            .iter()
            .map(|run| run.iter().map(|token| (*token).to_owned()).collect())
            .collect()
    }

    #[test]
    fn order_is_told_from_values() {
        assert!(is_reordered(&runs(&[
            &["1", "2"],
            &["2", "1"],
            &["1", "2"]
        ])));
        assert!(!is_reordered(&runs(&[&["1", "2"], &["2", "2"]])));
    }

    #[test]
    fn clocks_grow() {
        assert!(grows(&runs(&[
            &["\"t\":9", "x"],
            &["\"t\":10", "x"],
            &["\"t\":11", "x"]
        ])));
        assert!(grows(&runs(&[
            &["\"2026-01-01T10:00\""],
            &["\"2026-01-01T10:01\""]
        ])));
        assert!(!grows(&runs(&[&["\"t\":9"], &["\"t\":12"], &["\"t\":11"]])));
        assert!(!grows(&runs(&[&["1"], &["1", "2"]])));
    }
}
