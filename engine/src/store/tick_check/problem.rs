//! What can be wrong with a record of a tick, and how two records differ.

use std::fmt;

use crate::record::{DecodeError, FromText, NapEnvelope, PBlock, RecordKind, UmxLedger};
use crate::run::RunError;
use crate::store::{Damage, FoundRecord};

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCheck {
    /// The kind of the record.
    pub kind: RecordKind,
    /// What is wrong with it.
    pub problem: TickProblem,
}

/// What is wrong with a record of a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TickProblem {
    /// The record does not have its stored hash.
    Hash,
    /// The record cannot be read from the file.
    Damaged(Damage),
    /// The record is not one of its kind.
    Unreadable(String),
    /// The ticks before do not lead to this one.
    Before(RunError),
    /// The tick itself cannot be made.
    Fails(RunError),
    /// The tick makes such a record, and the file has none.
    Missing,
    /// The file has such a record, and the tick makes none.
    Unexpected,
    /// A value differs.
    Value {
        /// What it is the value of.
        what: String,
        /// What the file has.
        found: String,
        /// What the tick gives.
        expected: String,
    },
    /// The record differs in something else.
    Differs,
    /// A member is not the hash of the record that it names.
    Link {
        /// The member, `meta.` before those of `meta`.
        member: &'static str,
    },
    /// The entry is the last one, and not the one that the run names.
    NotTheLast,
}

impl fmt::Display for TickProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash => formatter.write_str("does not have its stored hash"),
            Self::Damaged(damage) => damage.fmt(formatter),
            Self::Unreadable(error) => formatter.write_str(error),
            Self::Before(error) => write!(formatter, "the ticks before do not lead here: {error}"),
            Self::Fails(error) => write!(formatter, "the tick fails: {error}"),
            Self::Missing => formatter.write_str("is missing"),
            Self::Unexpected => formatter.write_str("there should be none"),
            Self::Value {
                what,
                found,
                expected,
            } => write!(formatter, "{what} is {found}, the tick gives {expected}"),
            Self::Differs => formatter.write_str("is not what the tick gives"),
            Self::Link { member } => {
                write!(formatter, "`{member}` is not the hash of that record")
            }
            Self::NotTheLast => formatter.write_str("is not the last entry that the run names"),
        }
    }
}

pub(super) fn unreadable(error: &DecodeError) -> TickProblem {
    TickProblem::Unreadable(error.to_string())
}

/// How a stored record differs from the one that was made; `None` if it does not.
pub(super) fn differs<R: FromText + PartialEq>(
    found: Option<&FoundRecord>,
    made: Option<&R>,
    how: impl Fn(&R, &R) -> TickProblem,
) -> Option<TickProblem> {
    match (found.map(|found| R::from_text(&found.text)), made) {
        (Some(Err(error)), _) => Some(unreadable(&error)),
        (Some(Ok(stored)), Some(made)) => (stored != *made).then(|| how(&stored, made)),
        (Some(Ok(_)), None) => Some(TickProblem::Unexpected),
        (None, Some(_)) => Some(TickProblem::Missing),
        (None, None) => None,
    }
}

/// Where a ledger first differs from the one that was made.
pub(super) fn ledger_difference(found: &UmxLedger, made: &UmxLedger) -> TickProblem {
    let vectors = [
        ("pre_u", &found.pre_u, &made.pre_u),
        ("post_u", &found.post_u, &made.post_u),
    ];
    if let Some(problem) = vector_difference(vectors) {
        return problem;
    }
    let mut edges = found.edges.iter().zip(&made.edges);
    match edges.find(|(found, made)| found != made) {
        Some((found, made)) => TickProblem::Value {
            what: format!("the flux of edge {}", made.e_id),
            found: found.f_e.to_string(),
            expected: made.f_e.to_string(),
        },
        None => TickProblem::Differs,
    }
}

/// The first node whose values differ.
pub(super) fn vector_difference(vectors: [(&str, &Vec<i64>, &Vec<i64>); 2]) -> Option<TickProblem> {
    for (name, found, made) in vectors {
        let mut nodes = found.iter().zip(made).zip(1..);
        if let Some(((found, made), node)) = nodes.find(|((found, made), _)| found != made) {
            return Some(TickProblem::Value {
                what: format!("`{name}` of node {node}"),
                found: found.to_string(),
                expected: made.to_string(),
            });
        }
        if found.len() != made.len() {
            return Some(TickProblem::Differs);
        }
    }
    None
}

pub(super) fn block_difference(found: &PBlock, made: &PBlock) -> TickProblem {
    let values =
        |block: &PBlock| format!("C_t {}, s_t {}, seq {}", block.c_t, block.s_t, block.seq);
    if values(found) == values(made) {
        return TickProblem::Differs;
    }
    TickProblem::Value {
        what: "the block".to_owned(),
        found: values(found),
        expected: values(made),
    }
}

pub(super) fn envelope_difference(found: &NapEnvelope, made: &NapEnvelope) -> TickProblem {
    let values = |envelope: &NapEnvelope| {
        let (layer, seq) = (envelope.layer.name(), envelope.seq);
        let (payload, chain) = (envelope.payload_ref, envelope.prev_chain);
        format!("{layer} seq {seq}, payload {payload}, after C {chain}")
    };
    if values(found) == values(made) {
        return TickProblem::Differs;
    }
    TickProblem::Value {
        what: "the envelope".to_owned(),
        found: values(found),
        expected: values(made),
    }
}
