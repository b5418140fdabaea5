//! Computes the first primes, which are the weights of `prime_weighted`.

/// The first `count` primes: 2, 3, 5, 7, …
pub(crate) fn first_primes(count: usize) -> Vec<u32> {
    let mut primes = Vec::with_capacity(count);
    primes.extend((count > 0).then_some(2));
    // Whether the odd numbers from 3 are composite.
    let mut composite = vec![false; upper_bound(count) / 2];
    for at in 0..composite.len() {
        if primes.len() == count {
            break;
        }
        if composite[at] {
            continue;
        }
        let prime = 2 * at + 3;
        primes.push(u32::try_from(prime).expect("the primes for 10,000,000 nodes are below 2^28"));
        let square = prime.saturating_mul(prime) / 2 - 1;
        for multiple in composite.iter_mut().skip(square).step_by(prime) {
            *multiple = true;
        }
    }
    primes
}

/// An upper bound of the `count`-th prime: n·(⌈log2 n⌉ + 2). It follows from
/// p_n < n·(ln n + ln ln n) for n ≥ 6, and was checked directly for smaller n.
fn upper_bound(count: usize) -> usize {
    let bits = (usize::BITS - count.leading_zeros()) as usize;
    count * (bits + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_primes_are_known() {
        assert!(first_primes(0).is_empty());
        assert_eq!(first_primes(1), [2]);
        assert_eq!(first_primes(10), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
    }

    #[test]
    fn no_prime_is_missed_at_any_count() {
        let all = first_primes(3_000);
        for count in 0..3_000 {
            assert_eq!(first_primes(count), all[..count]);
        }
        // p_10000 and p_100000, from tables of primes.
        assert_eq!(first_primes(10_000).last(), Some(&104_729));
        assert_eq!(first_primes(100_000).last(), Some(&1_299_709));
    }
}
