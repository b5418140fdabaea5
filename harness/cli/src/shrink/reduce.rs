//! The reduction: takes steps as long as one of them keeps what is looked for.
//!
//! A pass goes through the steps from the boldest to the smallest. After a step that is taken, the pass
//! goes on one step before it, of the smaller item: what came before was refused a moment ago, and most of it would be again. When a pass
//! ends in which a step was taken, another one begins. A pass in which none was taken has tried each step of its
//! item: the item is 1-minimal.
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

/// The end of a reduction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reduced<T> {
    /// The smallest item that was found.
    pub(crate) item: T,
    /// Whether each of its steps was tried.
    pub(crate) is_minimal: bool,
}

/// Reduces an item.
///
/// `shown` is asked for the first of some items that has what is looked for. Each step must lead to something
/// smaller by an order in which nothing can become smaller for ever.
///
/// # Errors
/// Those of `shown`.
pub(crate) fn reduce<T, E>(
    start: T,
    stepper: &dyn Stepper<T>,
    batch: Batch,
    mut shown: impl FnMut(&[T]) -> Result<Shown, E>,
) -> Result<Reduced<T>, E> {
    let mut item = start;
    let (mut from, mut has_taken) = (0, false);
    loop {
        let next = {
            let steps = stepper.steps(&item);
            first_shown(steps.as_ref(), from, batch, &mut shown)?
        };
        match next {
            Next::Taken { item: smaller, at } => {
                // The step before this one is bolder. Without it, a search that has got among the smallest steps of a
                // large number would take them one by one.
                (item, from, has_taken) = (smaller, at.saturating_sub(1), true);
            }
            Next::End if has_taken => (from, has_taken) = (0, false),
            Next::End => {
                return Ok(Reduced {
                    item,
                    is_minimal: true,
                });
            }
            Next::OutOfBudget => {
                return Ok(Reduced {
                    item,
                    is_minimal: false,
                });
            }
        }
    }
}

enum Next<T> {
    Taken { item: T, at: usize },
    End,
    OutOfBudget,
}

/// The first step, from this number on, that keeps what is looked for.
fn first_shown<T, E>(
    steps: &dyn Steps<T>,
    from: usize,
    batch: Batch,
    shown: &mut impl FnMut(&[T]) -> Result<Shown, E>,
) -> Result<Next<T>, E> {
    let (mut index, mut size) = (from, batch.first);
    loop {
        let (mut items, mut places) = (Vec::new(), Vec::new());
        let mut is_end = false;
        while items.len() < size && !is_end {
            match steps.take(index) {
                Taken::End => is_end = true,
                Taken::Nothing => index += 1,
                Taken::Item(item) => {
                    items.push(item);
                    places.push(index);
                    index += 1;
                }
            }
        }
        if items.is_empty() {
            return Ok(Next::End);
        }
        match shown(&items)? {
            Shown::At(found) => {
                return Ok(Next::Taken {
                    item: items.swap_remove(found),
                    at: places[found],
                });
            }
            Shown::OutOfBudget => return Ok(Next::OutOfBudget),
            Shown::None => size = (size * 2).min(batch.most),
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
        let asked = Cell::new(0);
        let ended: Result<_, Infallible> = reduce(start.to_vec(), &Fewer, batch, |items| {
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
        assert!(found.is_minimal);
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
        assert!(!part.is_minimal);
        assert_eq!(part.item, [4]);
        assert!(!reduced(&[4, 4, 4, 4], Batch::SINGLE, has, 0).is_minimal);
    }
}
