//! Chooses the scheme that describes a stream.

use super::Tally;
use crate::config::Scheme;

/// A scheme, its parameter and its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) scheme: Scheme,
    pub(super) parameter: u64,
    pub(super) bits: u128,
}

/// The hinted scheme; without a hint the one with the fewest bits. `preference` decides ties.
pub(super) fn choose(tally: &Tally, hint: Option<Scheme>, preference: &[Scheme; 3]) -> Choice {
    match hint {
        Some(scheme) => choice(tally, scheme),
        None => {
            let [first, second, third] = preference.map(|scheme| choice(tally, scheme));
            // `min_by_key` keeps the first of equals: the preferred one.
            [second, third].into_iter().fold(
                first,
                |best, next| {
                    if next.bits < best.bits { next } else { best }
                },
            )
        }
    }
}

fn choice(tally: &Tally, scheme: Scheme) -> Choice {
    let (parameter, bits) = under(tally, scheme);
    Choice {
        scheme,
        parameter,
        bits,
    }
}

/// The parameter and the bits of a sequence under a scheme; the best parameter if it has any.
pub(crate) fn under(tally: &Tally, scheme: Scheme) -> (u64, u128) {
    match scheme {
        Scheme::Identity => (0, tally.identity()),
        Scheme::RunLength => (0, tally.run_length()),
        Scheme::GolombRice => best_parameter(tally),
    }
}

/// The parameter with the fewest bits; of equals, the smaller.
fn best_parameter(tally: &Tally) -> (u64, u128) {
    let mut candidates = (0..).zip(tally.golomb_rice());
    let first = candidates.next().expect("at least one parameter is tried");
    candidates.fold(
        first,
        |best, next| if next.1 < best.1 { next } else { best },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use Scheme::{GolombRice, Identity, RunLength};

    #[track_caller]
    fn check(
        values: &[i64],
        hint: Option<Scheme>,
        preference: [Scheme; 3],
        expected: (Scheme, u64, u128),
    ) {
        let choice = choose(&Tally::of(values), hint, &preference);
        assert_eq!((choice.scheme, choice.parameter, choice.bits), expected);
    }

    const CMP_0: [Scheme; 3] = [RunLength, GolombRice, Identity];

    #[test]
    fn the_least_wins() {
        check(&[0; 12], None, CMP_0, (RunLength, 0, 5));
        check(&[0, 9, 0, -9], None, CMP_0, (Identity, 0, 12));
    }

    #[test]
    fn ties_go_by_preference_then_by_parameter() {
        check(&[], None, CMP_0, (RunLength, 0, 0));
        check(
            &[],
            None,
            [Identity, RunLength, GolombRice],
            (Identity, 0, 0),
        );
        // One zero: ID 1, GR(0) 1, R 2.
        check(&[0], None, CMP_0, (GolombRice, 0, 1));
        check(
            &[0],
            None,
            [Identity, GolombRice, RunLength],
            (Identity, 0, 1),
        );
        // zigzag 1 twice: GR(0) and GR(1) both 4.
        check(&[1, 1], Some(GolombRice), CMP_0, (GolombRice, 0, 4));
    }

    #[test]
    fn a_hint_is_obeyed() {
        check(&[0; 12], Some(Identity), CMP_0, (Identity, 0, 12));
        check(
            &[100, -100, 100],
            Some(GolombRice),
            CMP_0,
            (GolombRice, 4, 12 + 12 + 12 + 15),
        );
    }
}
