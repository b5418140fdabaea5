//! The budget of a diff: how much it lists, and for how long.

use std::time::Duration;

/// The budget of a diff. It bounds what is listed and counted, never whether there is a
/// difference nor which one is first; what it cuts off is named in
/// [`Diff::left_out`](crate::Diff::left_out).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffOptions {
    /// How many changes, and how many causes, are listed at most. Further ones are counted.
    pub entries: usize,
    /// How long the diff goes on listing and counting; `None` for as long as it takes. If the
    /// time runs out, what is left out depends on the speed of the machine.
    pub time: Option<Duration>,
}

impl Default for DiffOptions {
    /// 10,000 entries and 20 seconds.
    fn default() -> Self {
        Self {
            entries: 10_000,
            time: Some(Duration::from_secs(20)),
        }
    }
}
