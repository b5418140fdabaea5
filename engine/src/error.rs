//! [`RunError`]: why a run ended before its last tick, and its form in records.

use std::fmt;

use aether_json::{Value, json};
use serde::Deserialize;

use crate::canonical::{self, Canonical, Object, Writer};
use crate::config::Names;
use crate::record::{Described, words};

/// Why a run ended before its last tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Members")]
#[non_exhaustive]
pub enum RunError {
    /// A number that a record needs does not fit a signed 64-bit integer.
    Overflow {
        /// The tick in which it happened; 0 for inputs added to the initial state.
        tick: u64,
        /// What was being computed.
        operation: Operation,
        /// The node or edge; `None` if the number belongs to the whole tick.
        id: Option<u64>,
    },
    /// A diagnostic that the RunConfig enables failed.
    Diagnostic {
        /// The tick in which it failed.
        tick: u64,
        /// Which diagnostic.
        check: DiagnosticCheck,
        /// The node; `None` if the check is about the whole tick.
        id: Option<u64>,
        /// The value that failed the check.
        value: i64,
    },
    /// The run was stopped on request.
    Cancelled {
        /// The last tick that was computed.
        tick: u64,
    },
}

/// An operation whose result must fit a signed 64-bit integer, in the order in which a tick
/// performs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
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
#[non_exhaustive]
pub enum DiagnosticCheck {
    /// The tick conserved the sum of the state.
    Conservation,
    /// No value is negative.
    AllowNegative,
    /// No absolute value exceeds the limit.
    Limit,
}

impl Operation {
    /// All operations.
    const ALL: [Self; 7] = [
        Self::Input,
        Self::Du,
        Self::Raw,
        Self::Post,
        Self::Sum,
        Self::St,
        Self::Bits,
    ];

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

    /// What the id of an error of this operation refers to: "node" or "edge".
    const fn subject(self) -> &'static str {
        match self {
            Self::Du | Self::Raw => "edge",
            Self::Input | Self::Post | Self::Sum | Self::St | Self::Bits => "node",
        }
    }
}

impl DiagnosticCheck {
    /// All diagnostics.
    const ALL: [Self; 3] = [Self::Conservation, Self::AllowNegative, Self::Limit];

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
    /// The error as canonical JSON, the form in logs, exports and goldens.
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

impl RunError {
    /// The error with the name of its node or edge: `overflow at tick 3, node 20 (D0-J09): …`.
    pub fn with_names<'n>(&'n self, names: &'n Names) -> impl fmt::Display + 'n {
        let error = self;
        ShownError { error, names }
    }
}

/// An error whose node or edge has a name.
struct ShownError<'n> {
    error: &'n RunError,
    names: &'n Names,
}

impl std::error::Error for RunError {}

impl fmt::Display for RunError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_names(&Names::default()).fmt(formatter)
    }
}

impl fmt::Display for ShownError<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, names } = *self;
        match error {
            RunError::Overflow {
                tick,
                operation,
                id,
            } => {
                write!(formatter, "overflow at tick {tick}")?;
                if let Some(id) = id {
                    let subject = operation.subject();
                    let shown = match subject {
                        "edge" => names.show_edge(*id),
                        _ => names.show_node(*id),
                    };
                    write!(formatter, ", {subject} {shown}")?;
                }
                write!(
                    formatter,
                    ": `{}` does not fit a signed 64-bit integer",
                    operation.name()
                )
            }
            RunError::Diagnostic {
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
                    write!(formatter, ", node {}", names.show_node(*id))?;
                }
                write!(formatter, ": the value is {value}")
            }
            RunError::Cancelled { tick } => {
                write!(formatter, "stopped after tick {tick} as requested")
            }
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

/// The members of an error, as they are read from a record.
#[derive(Deserialize)]
struct Members {
    error: String,
    tick: u64,
    id: Option<u64>,
    operation: Option<String>,
    check: Option<String>,
    value: Option<i64>,
}

impl TryFrom<Members> for RunError {
    type Error = String;

    fn try_from(members: Members) -> Result<Self, String> {
        let Members {
            error,
            tick,
            id,
            operation,
            check,
            value,
        } = members;
        let operation = Operation::ALL
            .into_iter()
            .find(|known| operation.as_deref() == Some(known.name()));
        let check = DiagnosticCheck::ALL
            .into_iter()
            .find(|known| check.as_deref() == Some(known.name()));
        match (error.as_str(), operation, check, value) {
            ("Overflow", Some(operation), None, None) => Ok(Self::Overflow {
                tick,
                operation,
                id,
            }),
            ("Diagnostic", None, Some(check), Some(value)) => Ok(Self::Diagnostic {
                tick,
                check,
                id,
                value,
            }),
            ("Cancelled", None, None, None) => Ok(Self::Cancelled { tick }),
            _ => Err(format!("not the error of a run: `{error}`")),
        }
    }
}

impl Described for RunError {
    fn schema() -> Value {
        let count = u64::schema;
        let error = |name: &str, members: Value| {
            let mut properties = members;
            properties["error"] = json!({ "const": name });
            properties["tick"] = count();
            let required: Vec<String> = properties
                .as_object()
                .into_iter()
                .flat_map(|members| members.keys().cloned())
                .collect();
            json!({
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": false,
            })
        };
        let id = Option::<u64>::schema;
        json!({
            "anyOf": [
                error("Overflow", json!({
                    "id": id(),
                    "operation": words(Operation::ALL.map(Operation::name)),
                })),
                error("Diagnostic", json!({
                    "id": id(),
                    "check": words(DiagnosticCheck::ALL.map(DiagnosticCheck::name)),
                    "value": i64::schema(),
                })),
                error("Cancelled", json!({})),
            ]
        })
    }
}
