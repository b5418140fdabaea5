//! A structural diff of JSON documents: elements matched by identity, the first divergence, its
//! causes and what followed from it.
//!
//! Two sets of [`Artefact`]s go in, with a [`Schema`] that says what identifies a record, at which
//! tick and stage it was made and in which order it is read; a [`Diff`] comes out. It names the first
//! value in causal order that differs, the inputs that differ, and counts what followed.
//!
//! | module | what it does |
//! | --- | --- |
//! | `artefact`, `schema` | a named document in the one layout, and how to read it |
//! | `bytes` | outputs that are no documents |
//! | `compare` | pairs artefacts by name and puts them in causal order |
//! | `records` | cuts away the lines that two artefacts begin and end with |
//! | `matching` | says which element became which |
//! | `outline` | what members documents have, and what identifies their elements if nothing is declared |
//! | `walk` | descends into pairs that differ, in reading order |
//! | `tally` | keeps the first divergence, the counts, and as many changes as the budget allows |
//! | `digest` | documents kept as digests per tick |
//! | `path`, `place` | where a value is |
//! | `lookup` | the value at a place, and the places that differ in another |
//! | `patch` | the same difference as RFC 6902 operations |
//! | `decimal`, `size` | how far numbers moved |
//! | `tolerance`, `settle` | numbers that may move, and what is left to compare |
//! | `stored` | a diff as it is written and read back |
//! | `streamed` | the same comparison with records that are read a few at a time |
//! | `text` | the difference as lines for people |
//! | `tick`, `ticks` | when a record was made; the ticks at which records differ |
//! | `visible` | characters that cannot be seen, shown by their numbers |
//!
//! Both documents are text in one layout, so equality is always a comparison of bytes, and only what
//! differs is opened. The time budget ends the listing only: the search for the first divergence
//! continues without it.

mod artefact;
mod bytes;
mod causes;
mod change;
mod chart;
mod compare;
mod decimal;
mod digest;
mod lookup;
mod matching;
mod options;
mod outline;
mod patch;
mod path;
mod place;
mod reading;
mod records;
mod schema;
mod settle;
mod size;
mod spans;
mod steps;
mod stored;
mod streamed;
mod tally;
mod text;
mod tick;
mod ticks;
mod tolerance;
mod visible;
mod walk;

#[cfg(test)]
mod minimal;
#[cfg(test)]
mod tests;

pub use aether_json::{Json, JsonProblem, Value};
pub use artefact::{Artefact, ArtefactError};
pub use bytes::{BYTES_KEPT_MAX, BytesDifference};
pub use change::{
    Cause, Change, ChangeKind, Diff, Followed, FollowedByStage, LeftOut, LeftOutReason, PlaceSort,
    shortened_pair,
};
pub use chart::Chart;
pub use compare::{INPUTS, diff};
pub use digest::digest;
pub use lookup::{Lookup, differing};
pub use options::DiffOptions;
pub use outline::{Outline, infer};
pub use patch::{Operation, Patch, Pointer, patches};
pub use path::Path;
pub use place::{ElementId, PathStep, Place};
pub use schema::{ArtefactSchema, KeyRule, KeyRuleError, Numbered, Schema};
pub use settle::{Settled, settled};
pub use size::{Size, Sizes};
pub use streamed::{Listed, RecordPart, RecordStream, diff_streams};
pub use text::counted;
pub use tick::Tick;
pub use tolerance::{Bound, BoundError, Tolerance, Tolerated};
pub use visible::{is_unseen, visible, visible_pair};
