//! The limits on the size of documents and runs. The error for a limit (AE0701) states it.
//!
//! The limits bound memory, so that a broken or hostile document ends in a report and never in an
//! exhausted machine. They are far above what is practical to run.

/// Largest document, in bytes: spans are 32-bit and share a word with a tag.
pub const DOCUMENT_BYTES_MAX: u64 = 512 * 1024 * 1024 - 1;
/// Deepest nesting of objects and lists in a document.
pub const NESTING_MAX: usize = 64;
/// Most nodes of a topology (`N`).
pub const NODES_MAX: u64 = 10_000_000;
/// Most edges of a topology.
pub const EDGES_MAX: u64 = 10_000_000;
/// Most ticks of a run.
pub const TICKS_MAX: u64 = 1_000_000_000_000;
/// Most windows of a run, those made by `window_every` included.
pub const WINDOWS_MAX: u64 = 100_000;
/// Most streams of one window.
pub const STREAMS_MAX: u64 = 64;
/// Most entries of a PFNA document.
pub const PFNA_ENTRIES_MAX: u64 = 1_000_000;
/// Most windows of an AEON grammar.
pub const AEON_WINDOWS_MAX: u64 = 100_000;
/// Most ticks of one AEON window, repeats counted.
pub const AEON_TICKS_MAX: u64 = 10_000_000;
/// Most spans of one AEON window, repeats counted.
pub const AEON_SPANS_MAX: u64 = 100_000;
/// Most spans that all derived windows of a grammar together take from their sources.
pub const AEON_SPANS_TAKEN_MAX: u64 = 10_000_000;
/// Most descriptors of a run.
pub const DESCRIPTORS_MAX: u64 = 10_000;
/// Most numbers of one stream of a capsule, all its ticks together.
pub const CAPSULE_NUMBERS_MAX: u64 = 1_000_000_000;
/// Most entries of a PFNA document that repeat: each is asked at each tick.
pub const PFNA_REPEATS_MAX: u64 = 1_000;
/// Longest id or name, in characters.
pub const NAME_CHARS_MAX: usize = 128;
/// Most problems reported for one document; further problems are only counted (AE0702).
pub const PROBLEMS_PER_DOCUMENT_MAX: usize = 1_000;
/// Most problems of one document that are told apart in order to count those that recur.
pub const PROBLEMS_COUNTED_MAX: usize = 100_000;
