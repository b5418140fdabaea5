//! The problems that a record of a tick can have, and how two records differ.

use std::fmt;

use crate::record::{DecodeError, NapEnvelope, PBlock, RecordKind, RecordType, UmxLedger};
use crate::run::RunError;
use crate::store::{Damage, FoundRecord};

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    /// The record does not match its stored hash.
    Hash,
    /// The record cannot be read from the file.
    Damaged(Damage),
    /// The stored text is not a record of its kind.
    Unreadable(String),
    /// The ticks before do not lead to this one.
    Before(RunError),
    /// The tick cannot be computed.
    Fails(RunError),
    /// The tick produces such a record, but the file has none.
    Missing,
    /// The file has such a record, but the tick produces none.
    Unexpected,
    /// A value differs.
    Value {
        /// The name of the value.
        what: String,
        /// The value in the file.
        found: String,
        /// The value that the tick produces.
        expected: String,
    },
    /// The record differs in a different way.
    Differs,
    /// A member is not the hash of the record that it refers to.
    Link {
        /// The member, `meta.` before those of `meta`.
        member: &'static str,
    },
    /// A member cannot be checked, because of damage to records that it depends on.
    Unchecked {
        /// The member.
        member: &'static str,
        /// What is damaged.
        damage: Damage,
    },
    /// The entry is the last one, but does not have the hash that the run records as its last.
    NotTheLast,
}

impl fmt::Display for TickProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash => formatter.write_str("does not match its stored hash"),
            Self::Damaged(damage) => damage.fmt(formatter),
            Self::Unreadable(error) => formatter.write_str(error),
            Self::Before(error) => write!(
                formatter,
                "the earlier ticks do not lead to this one: {error}"
            ),
            Self::Fails(error) => write!(formatter, "the tick fails: {error}"),
            Self::Missing => formatter.write_str("is missing"),
            Self::Unexpected => formatter.write_str("should not exist"),
            Self::Value {
                what,
                found,
                expected,
            } => write!(
                formatter,
                "{what} is {found}, but the tick produces {expected}"
            ),
            Self::Differs => formatter.write_str("differs from what the tick produces"),
            Self::Link { member } => {
                write!(formatter, "`{member}` is not the hash of that record")
            }
            Self::Unchecked { member, damage } => {
                write!(formatter, "`{member}` cannot be checked: {damage}")
            }
            Self::NotTheLast => formatter.write_str("is not the last entry that the run names"),
        }
    }
}

pub(super) fn unreadable(error: &DecodeError) -> TickProblem {
    TickProblem::Unreadable(error.to_string())
}

/// How a stored record differs from the recomputed one; `None` if it does not.
pub(super) fn differs<R: RecordType + Clone + PartialEq>(
    found: Option<&FoundRecord>,
    made: Option<&R>,
    how: impl Fn(&R, &R) -> TickProblem,
) -> Option<TickProblem> {
    match (found.map(FoundRecord::value::<R>), made) {
        (Some(Err(error)), _) => Some(unreadable(&error)),
        (Some(Ok(stored)), Some(made)) => (*stored != *made).then(|| how(&stored, made)),
        (Some(Ok(_)), None) => Some(TickProblem::Unexpected),
        (None, Some(_)) => Some(TickProblem::Missing),
        (None, None) => None,
    }
}

/// Where a ledger first differs from the recomputed one.
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

/// The first node with a different value.
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
