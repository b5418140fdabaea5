//! What can end a run early.

use std::fmt;

use crate::canonical::{self, Canonical, Object, Writer};

/// Why a run ended before its last tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunError {
    /// A number that a record needs does not fit a signed 64-bit integer.
    Overflow {
        /// The tick in which it happened; 0 for inputs added to the initial state.
        tick: u64,
        /// What was being computed.
        operation: Operation,
        /// The node or edge; none where the number belongs to the whole tick.
        id: Option<u64>,
    },
    /// A diagnostic that the run asked for did not hold.
    Diagnostic {
        /// The tick in which it failed.
        tick: u64,
        /// Which diagnostic.
        check: DiagnosticCheck,
        /// The node; none where the check is about the whole tick.
        id: Option<u64>,
        /// The value that failed it.
        value: i64,
    },
    /// The run was asked to stop.
    Cancelled {
        /// The last tick that was computed.
        tick: u64,
    },
}

/// An operation whose result must fit a signed 64-bit integer, in the order in which a tick meets
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// An external input added to the state.
    Input,
    /// pre_u[i] − pre_u[j].
    Du,
    /// ⌊k·|du| / SC⌋.
    Raw,
    /// The state after the tick.
    Post,
    /// The sum over all nodes.
    Sum,
    /// The chain's s_t.
    St,
    /// A description length.
    Bits,
}

/// A diagnostic of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagnosticCheck {
    /// The tick moved the state and made none.
    Conservation,
    /// No value is negative.
    AllowNegative,
    /// No absolute value is above the limit.
    Limit,
}

impl Operation {
    /// The name as error records have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Du => "du",
            Self::Raw => "raw",
            Self::Post => "post",
            Self::Sum => "sum",
            Self::St => "s_t",
            Self::Bits => "bits",
        }
    }

    /// What the id of an error of this operation counts.
    const fn subject(self) -> &'static str {
        match self {
            Self::Du | Self::Raw => "edge",
            Self::Input | Self::Post | Self::Sum | Self::St | Self::Bits => "node",
        }
    }
}

impl DiagnosticCheck {
    /// The name as error records have it: that of the setting.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conservation => "conservation",
            Self::AllowNegative => "allow_negative",
            Self::Limit => "limit",
        }
    }
}

impl RunError {
    /// The error as canonical JSON, as logs, exports and goldens have it.
    pub fn to_json(&self) -> String {
        canonical::text(self)
    }

    /// The tick in which the run ended.
    pub const fn tick(&self) -> u64 {
        match *self {
            Self::Overflow { tick, .. }
            | Self::Diagnostic { tick, .. }
            | Self::Cancelled { tick } => tick,
        }
    }
}

impl std::error::Error for RunError {}

impl fmt::Display for RunError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow {
                tick,
                operation,
                id,
            } => {
                write!(formatter, "overflow at tick {tick}")?;
                if let Some(id) = id {
                    write!(formatter, ", {} {id}", operation.subject())?;
                }
                write!(
                    formatter,
                    ": `{}` does not fit a signed 64-bit integer",
                    operation.name()
                )
            }
            Self::Diagnostic {
                tick,
                check,
                id,
                value,
            } => {
                write!(
                    formatter,
                    "diagnostic `{}` failed at tick {tick}",
                    check.name()
                )?;
                if let Some(id) = id {
                    write!(formatter, ", node {id}")?;
                }
                write!(formatter, ": the value is {value}")
            }
            Self::Cancelled { tick } => write!(formatter, "stopped after tick {tick}, as asked"),
        }
    }
}

impl Canonical for RunError {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        match self {
            Self::Overflow {
                tick,
                operation,
                id,
            } => {
                object.field("error", "Overflow");
                object.field("id", id);
                object.field("operation", operation.name());
                object.field("tick", tick);
            }
            Self::Diagnostic {
                tick,
                check,
                id,
                value,
            } => {
                object.field("check", check.name());
                object.field("error", "Diagnostic");
                object.field("id", id);
                object.field("tick", tick);
                object.field("value", value);
            }
            Self::Cancelled { tick } => {
                object.field("error", "Cancelled");
                object.field("tick", tick);
            }
        }
        object.end();
    }
}
