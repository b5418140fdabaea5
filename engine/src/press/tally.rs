//! Counts the bits of a sequence under every scheme at once, value by value.

use multiversion::multiversion;

/// Golomb–Rice parameters that are tried: 0..=4.
pub(crate) const PARAMETERS: usize = 5;

/// The exact description lengths, in bits, of the values of a sequence so far.
///
/// For the values 1, −1, 2 they are 7 under ID, 9, 8, 9, 12, 15 under GR(0) to GR(4), and 16 under
/// R.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    identity: u128,
    golomb_rice: [u128; PARAMETERS],
    run_length: u128,
    /// Length of the run of zero deltas at the end, whose bits are not yet counted.
    open_run: u64,
    previous: i128,
}

/// The fast loop is used for values of at most so many bits beside the sign, and vectors no longer than the second
/// of these, which keep every sum below 2^63.
const FAST_BITS: u32 = 40;
const FAST_LENGTH: usize = 1 << 20;
/// Values whose deltas are compared with 0 before runs are looked for: the bits of a word.
const MASKED: usize = 64;

impl Tally {
    /// The tally of a whole sequence.
    pub(crate) fn of(values: &[i64]) -> Self {
        let mut tally = Self::default();
        tally.extend(values);
        tally
    }

    /// Appends values.
    pub(crate) fn extend(&mut self, values: &[i64]) {
        for part in values.chunks(FAST_LENGTH) {
            let previous = i64::try_from(self.previous);
            let bits = |value: i64| (value ^ (value >> 63)).cast_unsigned();
            let of_part = part.iter().fold(0, |all, &value| all | bits(value));
            match previous {
                Ok(previous) if (of_part | bits(previous)) >> FAST_BITS == 0 => {
                    self.extend_small(part, previous);
                }
                _ => part.iter().for_each(|&value| self.push(i128::from(value))),
            }
        }
    }

    /// Appends one value, of an absolute value up to 2^64.
    pub(crate) fn push(&mut self, value: i128) {
        self.identity += u128::from(1 + bit_length(value.unsigned_abs()));
        let folded = zigzag(value);
        for (parameter, bits) in self.golomb_rice.iter_mut().enumerate() {
            *bits += golomb_rice_bits(folded, parameter);
        }
        let delta = value - self.previous;
        self.previous = value;
        if delta == 0 {
            self.open_run += 1;
        } else {
            self.close_run();
            self.run_length += 1 + golomb_rice_bits(zigzag(delta), 0);
        }
    }

    fn extend_small(&mut self, values: &[i64], previous: i64) {
        let mut previous = previous;
        let mut sums = Sums::default();
        for values in values.chunks(MASKED) {
            let changes = add_small(&mut sums, values, previous);
            self.add_runs(changes, values.len());
            previous = values[values.len() - 1];
        }
        let count = values.len() as u128;
        self.identity += u128::from(sums.identity) + count;
        for (parameter, (bits, quotient)) in
            self.golomb_rice.iter_mut().zip(sums.quotients).enumerate()
        {
            *bits += u128::from(quotient) + count * (1 + parameter as u128);
        }
        self.run_length += u128::from(sums.deltas);
        self.previous = i128::from(previous);
    }

    /// Counts what is beside the deltas that are not 0: two bits for each, and the runs between them. Bit n of `changes` says whether delta n of
    /// some is one.
    fn add_runs(&mut self, changes: u64, count: usize) {
        self.run_length += u128::from(2 * changes.count_ones());
        let mut changes = changes;
        let mut left = count as u32;
        while changes != 0 {
            let zeros = changes.trailing_zeros();
            self.open_run += u64::from(zeros);
            self.close_run();
            // Neighbours have no run between them.
            let ones = (changes >> zeros).trailing_ones();
            left -= zeros + ones;
            changes = changes.checked_shr(zeros + ones).unwrap_or(0);
        }
        self.open_run += u64::from(left);
    }

    fn close_run(&mut self) {
        if self.open_run > 0 {
            self.run_length += run_bits(self.open_run);
            self.open_run = 0;
        }
    }

    /// Bits under ID.
    pub(crate) const fn identity(&self) -> u128 {
        self.identity
    }

    /// Bits under GR(p), for p = 0..=4.
    pub(crate) const fn golomb_rice(&self) -> [u128; PARAMETERS] {
        self.golomb_rice
    }

    /// Bits under R.
    pub(crate) fn run_length(&self) -> u128 {
        self.run_length + run_bits(self.open_run)
    }

    /// The fewest bits of all schemes.
    pub(crate) fn least(&self) -> u128 {
        let [p0, p1, p2, p3, p4] = self.golomb_rice;
        self.identity
            .min(self.run_length())
            .min(p0)
            .min(p1)
            .min(p2)
            .min(p3)
            .min(p4)
    }
}

/// Sums over values and deltas that are small.
#[derive(Default)]
struct Sums {
    /// Of the binary digits of values.
    identity: u64,
    /// Of the folded values, shifted by each parameter.
    quotients: [u64; PARAMETERS],
    /// Of the folded deltas.
    deltas: u64,
}

/// Adds at most [`MASKED`] values to sums that stay below 2^63, without a jump that depends on one: nothing wraps, and the wrapping
/// operations only avoid the checks. Bit n of the result says whether delta n is not 0.
#[multiversion(targets(
    "x86_64+avx512bw+avx512cd+avx512dq+avx512vl+bmi1+bmi2+lzcnt",
    "x86_64+avx2+bmi1+bmi2+lzcnt"
))]
fn add_small(sums: &mut Sums, values: &[i64], previous: i64) -> u64 {
    let (mut identity, mut quotients) = (0_u64, [0_u64; PARAMETERS]);
    for &value in values {
        let digits = u64::BITS - value.unsigned_abs().leading_zeros();
        identity = identity.wrapping_add(digits.into());
        let folded = zigzag_small(value);
        for (parameter, quotient) in quotients.iter_mut().enumerate() {
            *quotient = quotient.wrapping_add(folded >> parameter);
        }
    }
    let (mut deltas, mut changes) = (0_u64, 0_u64);
    let mut previous = previous;
    for (at, &value) in values.iter().enumerate() {
        let delta = value.wrapping_sub(previous);
        previous = value;
        deltas = deltas.wrapping_add(zigzag_small(delta));
        changes |= u64::from(delta != 0) << at;
    }
    sums.identity += identity;
    sums.deltas += deltas;
    for (sum, quotient) in sums.quotients.iter_mut().zip(quotients) {
        *sum += quotient;
    }
    changes
}

/// ⌈log2(n + 1)⌉: the number of binary digits of n, 0 for 0.
pub(crate) const fn bit_length(number: u128) -> u32 {
    u128::BITS - number.leading_zeros()
}

/// 0, −1, 1, −2, 2 … become 0, 2, 1, 4, 3 …
pub(crate) const fn zigzag(value: i128) -> u128 {
    let doubled = value.unsigned_abs() << 1;
    if value > 0 { doubled - 1 } else { doubled }
}

#[inline(always)]
const fn zigzag_small(value: i64) -> u64 {
    (value.unsigned_abs() << 1).wrapping_sub((value > 0) as u64)
}

fn golomb_rice_bits(folded: u128, parameter: usize) -> u128 {
    (folded >> parameter) + 1 + parameter as u128
}

/// Bits of a maximal run of zero deltas; 0 if there is no run.
fn run_bits(length: u64) -> u128 {
    if length == 0 {
        0
    } else {
        u128::from(1 + bit_length(u128::from(length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[i64], identity: u128, golomb_rice: [u128; 5], run_length: u128) {
        let mut exact = Tally::default();
        values
            .iter()
            .for_each(|&value| exact.push(i128::from(value)));
        let tally = Tally::of(values);
        assert_eq!(tally, exact, "both loops");
        assert_eq!(tally.identity(), identity, "ID");
        assert_eq!(tally.golomb_rice(), golomb_rice, "GR");
        assert_eq!(tally.run_length(), run_length, "R");
        let least = golomb_rice.into_iter().chain([identity, run_length]).min();
        assert_eq!(Some(tally.least()), least);
    }

    #[test]
    fn zeros_cost_what_the_page_says() {
        for (count, run_length) in [(12, 5), (16, 6), (48, 7), (64, 8)] {
            let n = count as u128;
            check(
                &vec![0; count],
                n,
                [n, 2 * n, 3 * n, 4 * n, 5 * n],
                run_length,
            );
        }
    }

    #[test]
    fn an_empty_sequence_costs_nothing() {
        check(&[], 0, [0; 5], 0);
    }

    #[test]
    fn small_values_by_hand() {
        // ID: 1+1, 1+1, 1+2; zigzag 1, 2, 3; deltas 1, −2, 3 with zigzag 1, 4, 5.
        check(&[1, -1, 2], 7, [9, 8, 9, 12, 15], 3 + 6 + 7);
        // Deltas 5, 0, 0, −5: zigzag 9 and 10, a run of two between.
        check(&[5, 5, 5, 0], 13, [31, 20, 18, 19, 20], 11 + 3 + 12);
        // Two runs: of one, and of two at the end.
        check(&[5, 5, 0, 0, 0], 11, [23, 18, 19, 22, 25], 11 + 2 + 12 + 3);
    }

    proptest::proptest! {
        /// Both loops count the same, wherever a run begins or ends and however a sequence is cut.
        #[test]
        fn runs_are_found_wherever_they_are(
            runs in proptest::collection::vec((-3_i64..4, 0_usize..90, 0_u32..45), 0..12),
            cut in 1_usize..200,
        ) {
            let run = |&(value, length, bits): &(i64, usize, u32)| {
                std::iter::repeat_n(value << bits, length)
            };
            let values: Vec<i64> = runs.iter().flat_map(run).collect();
            let (mut exact, mut cuts) = (Tally::default(), Tally::default());
            values.iter().for_each(|&value| exact.push(i128::from(value)));
            values.chunks(cut).for_each(|values| cuts.extend(values));
            proptest::prop_assert_eq!(&Tally::of(&values), &exact);
            proptest::prop_assert_eq!(&cuts, &exact);
        }
    }

    /// The fast loop is not for these, whatever came before them.
    #[test]
    fn large_values_are_exact_alone_and_one_after_another() {
        for value in [
            1 << 62,
            i64::MAX,
            i64::MAX - 1,
            i64::MIN,
            i64::MIN + 1,
            -(1 << 62),
        ] {
            let (mut exact, mut tally) = (Tally::default(), Tally::default());
            for _ in 0..3 {
                exact.push(i128::from(value));
                tally.extend(&[value]);
                assert_eq!(tally, exact, "{value}");
            }
            // Three of them add up to more than 64 bits hold.
            assert_eq!(Tally::of(&[value; 3]), exact, "{value}");
        }
    }

    #[test]
    fn the_largest_values_are_exact() {
        let mut tally = Tally::of(&[i64::MAX, i64::MIN]);
        let top = 1_u128 << 63;
        assert_eq!(tally.identity(), 64 + 65);
        assert_eq!(tally.golomb_rice()[0], (2 * top - 3) + 1 + 2 * top + 1);
        assert_eq!(
            tally.run_length(),
            (2 * top - 3) + 2 + 2 * (2 * top - 1) + 2
        );
        tally.push(i128::from(i64::MAX) - i128::from(i64::MIN));
        assert_eq!(tally.identity(), 64 + 65 + 65);
    }
}
