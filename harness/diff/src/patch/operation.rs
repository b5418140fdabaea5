//! JSON Patch and JSON Pointer as types (RFC 6902, RFC 6901).

use std::fmt;

use aether_json::Json;
use serde::Serialize;

/// What turns one document into another: the operations of RFC 6902, to be applied in order.
///
/// It prints as compact JSON. Values keep the spelling of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Patch {
    operations: Vec<Operation>,
}

impl Patch {
    pub(super) fn of(operations: Vec<Operation>) -> Self {
        Self { operations }
    }

    /// The operations, in the order in which they are applied.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

impl fmt::Display for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = aether_json::to_string(self).expect("an operation is JSON");
        f.write_str(&text)
    }
}

/// One step of a [`Patch`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Operation {
    /// Adds a member, inserts an element before the one at this place, or sets the whole document.
    Add {
        /// Where the value is afterwards.
        path: Pointer,
        /// The value.
        value: Json,
    },
    /// Removes a value.
    Remove {
        /// Where it is.
        path: Pointer,
    },
    /// Puts another value in the place of one.
    Replace {
        /// Where both are.
        path: Pointer,
        /// The later value.
        value: Json,
    },
    /// Removes a value and adds it at another place.
    Move {
        /// Where it is before.
        from: Pointer,
        /// Where it is afterwards, once it is removed from where it was.
        path: Pointer,
    },
}

/// A place in a document (RFC 6901): `/edges/0/cap`. The empty pointer is the whole document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Pointer(String);

impl Pointer {
    /// The pointer as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Steps to a member or element.
    pub(super) fn push_back(&mut self, token: &str) {
        self.0.push('/');
        self.0
            .push_str(&token.replace('~', "~0").replace('/', "~1"));
    }

    /// Steps back to the value around.
    pub(super) fn pop_back(&mut self) {
        // A `/` in a token is escaped.
        let end = self.0.rfind('/').expect("there is a step to take back");
        self.0.truncate(end);
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
