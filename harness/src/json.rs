//! The JSON reader of the workspace, and its values as `serde_json` has them.

pub(crate) use aether_json::{DEPTH_MAX, Fault, Parser, Tree, layout, number, scan};
pub use aether_json::{Json, JsonProblem};
use serde_json::{Map, Number, Value};

/// The `serde_json` value of a tree.
pub(crate) fn tree_to_value(tree: &Tree<'_>) -> Value {
    match tree {
        Tree::Atom("null") => Value::Null,
        Tree::Atom("true") => Value::Bool(true),
        Tree::Atom("false") => Value::Bool(false),
        Tree::Atom(number) => Value::Number(Number::from_string_unchecked((*number).to_owned())),
        Tree::String(text) => Value::String(text.clone().into_owned()),
        Tree::Array(elements) => Value::Array(elements.iter().map(tree_to_value).collect()),
        Tree::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| (key.clone().into_owned(), tree_to_value(value)))
                .collect::<Map<_, _>>(),
        ),
    }
}
