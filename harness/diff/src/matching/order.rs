//! Finds the longest ascending subsequence: the elements that kept their order.

/// Marks the members of one longest strictly ascending subsequence; the rest have moved.
///
/// Of several, which one is marked depends only on the positions.
pub(super) fn longest_ascending(positions: impl ExactSizeIterator<Item = usize>) -> Vec<bool> {
    let positions: Vec<usize> = positions.collect();
    // `ends[n]` is where the ascending run of length n + 1 with the smallest last position ends.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(positions.len());
    for (at, &position) in positions.iter().enumerate() {
        let length = ends.partition_point(|&end| positions[end] < position);
        previous.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut kept = vec![false; positions.len()];
    let mut next = ends.last().copied();
    while let Some(at) = next {
        kept[at] = true;
        next = previous[at];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(positions: &[usize], expected: &str) {
        let kept = longest_ascending(positions.iter().copied());
        let shown: String = kept.iter().map(|&k| if k { '#' } else { '-' }).collect();
        assert_eq!(shown, expected, "{positions:?}");
    }

    #[test]
    fn few_elements_move() {
        check(&[], "");
        check(&[0, 1, 2], "###");
        check(&[3, 0, 1, 2], "-###");
        check(&[1, 2, 3, 0], "###-");
        check(&[2, 1, 0], "--#");
        check(&[1, 0, 3, 2, 5, 4], "-#-#-#");
    }
}
