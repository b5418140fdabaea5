//! What a table looks at while it is written: bytes of records, keys that are compared, and bytes
//! of cells. Only tests count it, to hold it against what is read and written.

/// Notes that so many bytes or keys were looked at.
#[cfg(not(test))]
#[inline]
pub(super) const fn looks_at(_count: usize) {}

#[cfg(test)]
pub(super) use counted::{looks_at, total};

#[cfg(test)]
mod counted {
    use std::cell::Cell;

    thread_local! {
        static TOTAL: Cell<usize> = const { Cell::new(0) };
    }

    pub(in super::super) fn looks_at(count: usize) {
        TOTAL.set(TOTAL.get() + count);
    }

    /// What was looked at since the last call.
    pub(in super::super) fn total() -> usize {
        TOTAL.replace(0)
    }
}
