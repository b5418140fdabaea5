//! The limits on the size of documents and runs. The error for a limit (AE0701) states it.
//!
//! The limits bound memory, so that a broken or hostile document ends in a report and never in an
//! exhausted machine. They are far above what is practical to run.

/// Declares the limits: each constant, and its row in `docs/configuration.md`.
macro_rules! limits {
    ($( $(#[doc = $doc:literal])+ $name:ident: $type:ty = $value:expr, $what:literal; )+) => {
        $( $(#[doc = $doc])+ pub const $name: $type = $value; )+

        /// What each limit limits, and the limit.
        #[cfg(feature = "schema")]
        pub(crate) const ALL: &[(&str, u64)] = &[$( ($what, $name as u64) ),+];
    };
}

limits! {
    /// Largest document, in bytes: spans are 32-bit and share a word with a tag.
    DOCUMENT_BYTES_MAX: u64 = 512 * 1024 * 1024 - 1, "bytes of a document";
    /// Deepest nesting of objects and lists in a document.
    NESTING_MAX: usize = 64, "objects and lists inside one another, `attrs` and `meta` included ([AE0108](errors.md))";
    /// Most nodes of a topology (`N`).
    NODES_MAX: u64 = 10_000_000, "nodes";
    /// Most edges of a topology.
    EDGES_MAX: u64 = 10_000_000, "edges";
    /// Most ticks of a run.
    TICKS_MAX: u64 = 1_000_000_000_000, "ticks";
    /// Most windows of a run, those made by `window_every` included.
    WINDOWS_MAX: u64 = 100_000, "windows, including generated ones";
    /// Most streams of one window.
    STREAMS_MAX: u64 = 64, "streams of a window";
    /// Most entries of a PFNA document.
    PFNA_ENTRIES_MAX: u64 = 1_000_000, "entries of a PFNA document";
    /// Most entries of a PFNA document that repeat: each is asked at each tick.
    PFNA_REPEATS_MAX: u64 = 1_000, "entries of a PFNA document that repeat";
    /// Most numbers of one stream of a capsule, all its ticks together.
    CAPSULE_NUMBERS_MAX: u64 = 1_000_000_000, "numbers of one stream of a capsule";
    /// Longest id or name, in characters.
    NAME_CHARS_MAX: usize = 128, "characters of an id or a name";
    /// Most problems reported for one document; further problems are only counted (AE0702).
    PROBLEMS_PER_DOCUMENT_MAX: usize = 1_000, "problems shown of one document";
    /// Most problems of one document that are told apart in order to count those that recur.
    PROBLEMS_COUNTED_MAX: usize = 100_000, "problems of one document that are counted";
}
