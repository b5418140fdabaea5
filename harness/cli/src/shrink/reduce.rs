//! The reduction: takes steps as long as one of them keeps what is looked for.
//!
//! A pass goes through the steps from the boldest to the smallest. After a step that is taken, the pass
//! goes on one step before it, of the smaller item: what came before was refused a moment ago, and most of it would be again. When a pass
//! ends in which a step was taken, another one begins. A pass in which none was taken has tried each step of its
//! item: the item is 1-minimal.
//!
//! What is looked for may have no sense: of the steps of an item, any may keep it, and the search goes on and on. So
//! there is a limit on the items that are tried.
//!
//! ```text
//! [7, 1, 3], looking for 1:  drop all ✗  drop [7, 1] ✗  drop [3] ✓      → [7, 1]
//!                            drop [7] ✓                                 → [1]
//!                            halve 1 ✗                                  → [1]     end of the pass
//!                            drop all ✗  halve 1 ✗                      → [1]     nothing taken: minimal
//! ```

/// What a step leads to.
pub(crate) enum Taken<T> {
    /// There are no more steps.
    End,
    /// Nothing that is smaller.
    Nothing,
    /// A smaller item.
    Item(T),
}

/// The steps of one item, by number.
pub(crate) trait Steps<T> {
    /// The item that a step leads to.
    fn take(&self, index: usize) -> Taken<T>;
}

/// What knows the steps of items.
pub(crate) trait Stepper<T> {
    /// The steps of an item, the boldest first.
    fn steps<'i>(&'i self, item: &'i T) -> Box<dyn Steps<T> + 'i>;
}

/// What was found in a batch of items.
pub(crate) enum Shown {
    /// The first item that has what is looked for, by its place in the batch.
    At(usize),
    /// None has it.
    None,
    /// The budget has ended.
    OutOfBudget,
}

/// How many items are tried at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch {
    /// After a step that was taken.
    pub(crate) first: usize,
    /// After many that were not: twice as many each time, up to this.
    pub(crate) most: usize,
}

impl Batch {
    /// One after the other.
    pub(crate) const SINGLE: Self = Self { first: 1, most: 1 };
}

/// Why a reduction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Each step of the item was tried: it is 1-minimal.
    Minimal,
    /// The budget has ended.
    OutOfBudget,
    /// As many items were tried as may be.
    AtLimit,
}

/// The end of a reduction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reduced<T> {
    /// The smallest item that was found.
    pub(crate) item: T,
    pub(crate) end: End,
}

/// Reduces an item.
///
/// `shown` is asked for the first of some items that has what is looked for. Each step must lead to something
/// smaller by an order in which nothing can become smaller for ever. At most `limit` items are tried, in the order in
/// which they would be tried one by one: the result does not depend on `batch`.
///
/// # Errors
/// Those of `shown`.
pub(crate) fn reduce<T, E>(
    start: T,
    stepper: &dyn Stepper<T>,
    batch: Batch,
    limit: u64,
    mut shown: impl FnMut(&[T]) -> Result<Shown, E>,
) -> Result<Reduced<T>, E> {
    let mut item = start;
    let mut left = limit;
    let (mut from, mut has_taken) = (0, false);
    loop {
        let next = {
            let steps = stepper.steps(&item);
            first_shown(steps.as_ref(), from, batch, &mut left, &mut shown)?
        };
        match next {
            Next::Taken { item: smaller, at } => {
                // The step before this one is bolder. Without it, a search that has got among the smallest steps of a
                // large number would take them one by one.
                (item, from, has_taken) = (smaller, at.saturating_sub(1), true);
            }
            Next::End(End::Minimal) if has_taken => (from, has_taken) = (0, false),
            Next::End(end) => return Ok(Reduced { item, end }),
        }
    }
}

enum Next<T> {
    Taken { item: T, at: usize },
    End(End),
}

/// The first step, from this number on, that keeps what is looked for. `left` is how many items may be tried.
fn first_shown<T, E>(
    steps: &dyn Steps<T>,
    from: usize,
    batch: Batch,
    left: &mut u64,
    shown: &mut impl FnMut(&[T]) -> Result<Shown, E>,
) -> Result<Next<T>, E> {
    let (mut index, mut size) = (from, batch.first);
    loop {
        let (mut items, mut places) = (Vec::new(), Vec::new());
        while items.len() < size {
            match steps.take(index) {
                Taken::End if items.is_empty() => return Ok(Next::End(End::Minimal)),
                Taken::End => break,
                Taken::Nothing => {}
                Taken::Item(_) if items.len() as u64 == *left => break,
                Taken::Item(item) => {
                    items.push(item);
                    places.push(index);
                }
            }
            index += 1;
        }
        if items.is_empty() {
            return Ok(Next::End(End::AtLimit));
        }
        match shown(&items)? {
            Shown::At(found) => {
                *left -= found as u64 + 1;
                return Ok(Next::Taken {
                    item: items.swap_remove(found),
                    at: places[found],
                });
            }
            Shown::OutOfBudget => return Ok(Next::End(End::OutOfBudget)),
            Shown::None => {
                *left -= items.len() as u64;
                size = (size * 2).min(batch.most);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;

    use super::*;

    /// Numbers of which one can be dropped, or made smaller by one.
    struct Numbers<'i>(&'i [u32]);

    struct Fewer;

    impl Stepper<Vec<u32>> for Fewer {
        fn steps<'i>(&'i self, numbers: &'i Vec<u32>) -> Box<dyn Steps<Vec<u32>> + 'i> {
            Box::new(Numbers(numbers))
        }
    }

    impl Steps<Vec<u32>> for Numbers<'_> {
        fn take(&self, index: usize) -> Taken<Vec<u32>> {
            let mut numbers = self.0.to_vec();
            let at = index / 2;
            if at >= numbers.len() {
                return Taken::End;
            }
            if index.is_multiple_of(2) {
                numbers.remove(at);
            } else if let Some(less) = numbers[at].checked_sub(1) {
                numbers[at] = less;
            } else {
                return Taken::Nothing;
            }
            Taken::Item(numbers)
        }
    }

    fn reduced(
        start: &[u32],
        batch: Batch,
        has: impl Fn(&[u32]) -> bool,
        budget: usize,
    ) -> Reduced<Vec<u32>> {
        within(start, batch, has, budget, u64::MAX)
    }

    fn within(
        start: &[u32],
        batch: Batch,
        has: impl Fn(&[u32]) -> bool,
        budget: usize,
        limit: u64,
    ) -> Reduced<Vec<u32>> {
        let asked = Cell::new(0);
        let ended: Result<_, Infallible> = reduce(start.to_vec(), &Fewer, batch, limit, |items| {
            asked.set(asked.get() + items.len());
            if asked.get() > budget {
                return Ok(Shown::OutOfBudget);
            }
            let found = items.iter().position(|item| has(item));
            Ok(found.map_or(Shown::None, Shown::At))
        });
        ended.unwrap()
    }

    #[test]
    fn what_is_looked_for_stays() {
        let has = |numbers: &[u32]| numbers.iter().any(|&number| number >= 3);
        let found = reduced(&[1, 9, 4, 7], Batch::SINGLE, has, usize::MAX);
        assert_eq!(found.item, [3]);
        assert_eq!(found.end, End::Minimal);
    }

    #[test]
    fn the_size_of_batches_does_not_matter() {
        let has = |numbers: &[u32]| numbers.iter().sum::<u32>() % 5 == 3;
        let one = reduced(&[8, 3, 9, 4, 4], Batch::SINGLE, has, usize::MAX);
        for (first, most) in [(2, 2), (1, 64), (7, 8)] {
            let many = reduced(&[8, 3, 9, 4, 4], Batch { first, most }, has, usize::MAX);
            assert_eq!(many, one, "{first} {most}");
        }
    }

    #[test]
    fn the_best_so_far_stays_when_the_budget_ends() {
        let has = |numbers: &[u32]| numbers.contains(&4);
        let whole = reduced(&[4, 4, 4, 4], Batch::SINGLE, has, usize::MAX);
        assert_eq!(whole.item, [4]);
        let part = reduced(&[4, 4, 4, 4], Batch::SINGLE, has, 3);
        assert_eq!(part.end, End::OutOfBudget);
        assert_eq!(part.item, [4]);
        let none = reduced(&[4, 4, 4, 4], Batch::SINGLE, has, 0);
        assert_eq!(none.end, End::OutOfBudget);
    }

    /// Each limit gives what a search one by one has found by then, whatever the batches.
    #[test]
    fn no_more_items_are_tried_than_the_limit() {
        let start = [8, 3, 9, 4, 4];
        let has = |numbers: &[u32]| numbers.iter().sum::<u32>() % 5 == 3;
        let whole = reduced(&start, Batch::SINGLE, has, usize::MAX);
        let mut limit = 0;
        loop {
            // As a budget, the limit ends the same search at the same place.
            let budget = usize::try_from(limit).expect("a small number");
            let by_budget = reduced(&start, Batch::SINGLE, has, budget);
            for (first, most) in [(1, 1), (2, 2), (1, 64), (7, 8)] {
                let found = within(&start, Batch { first, most }, has, usize::MAX, limit);
                assert_eq!(found.item, by_budget.item, "{limit} {first} {most}");
                let is_minimal = by_budget.end == End::Minimal;
                let end = if is_minimal {
                    End::Minimal
                } else {
                    End::AtLimit
                };
                assert_eq!(found.end, end, "{limit} {first} {most}");
            }
            if by_budget.end == End::Minimal {
                assert_eq!(by_budget, whole);
                break;
            }
            limit += 1;
        }
        assert_eq!(limit, 10, "more than one pass");
    }
}
