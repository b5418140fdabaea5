//! Decodes integers, booleans and lists, and values that the engine does not interpret.

use std::marker::PhantomData;

use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Document, Kind, NodeId, Value, shortened};
use super::{Decode, subject, wrong_type};

/// An exact 64-bit integer of at least `MIN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Int<const MIN: i64 = { i64::MIN }>(pub(crate) i64);

impl<const MIN: i64> Decode for Int<MIN> {
    fn expected() -> String {
        match MIN {
            i64::MIN => "an integer".to_owned(),
            _ => format!("an integer of at least {MIN}"),
        }
    }

    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        if value.kind() != Kind::Integer {
            wrong_type::<Self>(value, Kind::Integer, problems);
            return None;
        }
        let text = value.text();
        let draft = match text.parse::<i64>() {
            Ok(number) if number >= MIN => return Some(Self(number)),
            Ok(number) => {
                let message = format!("{} is {number}, less than {MIN}", subject(value));
                let draft = Draft::on(value, Code::OutOfRange, message);
                draft.help(format!("write {}", Self::expected()))
            }
            Err(_) => {
                let shown = shortened(text);
                let message = format!("{} is {shown}, beyond 64 bits", subject(value));
                Draft::on(value, Code::IntegerTooLarge, message)
            }
        };
        problems.add_on(value, draft.expected(Self::expected()));
        None
    }
}

/// A boolean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

impl Decode for Flag {
    fn expected() -> String {
        "true or false".to_owned()
    }

    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        if value.kind() != Kind::Bool {
            wrong_type::<Self>(value, Kind::Bool, problems);
            return None;
        }
        Some(Self(value.text() == "true"))
    }
}

/// Decodes what a list or an object holds, one after the other; `None` for what has reported problems.
fn each_child<'a, T: Decode>(
    value: Value<'a>,
    problems: &mut Problems,
    mut visit: impl FnMut(Value<'a>, Option<T>, &mut Problems),
) {
    for child in value.children() {
        let decoded = if child.is_broken() {
            None
        } else {
            T::decode(child, problems)
        };
        visit(child, decoded, problems);
    }
}

/// A list whose items are decoded on demand, since there may be millions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<T> {
    at: NodeId,
    len: u64,
    item: PhantomData<fn() -> T>,
}

impl<T: Decode> List<T> {
    /// Number of items, valid or not.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn value<'a>(&self, document: &'a Document) -> Value<'a> {
        document.value(self.at)
    }

    /// The items, each with its value in the document; `None` for one that has reported problems.
    pub(crate) fn each<'a>(
        &self,
        document: &'a Document,
        problems: &mut Problems,
        visit: impl FnMut(Value<'a>, Option<T>, &mut Problems),
    ) {
        each_child(self.value(document), problems, visit);
    }

    /// All items; `None` if any of them is wrong.
    pub(crate) fn all(&self, document: &Document, problems: &mut Problems) -> Option<Vec<T>> {
        let mut all = Some(Vec::new());
        self.each(document, problems, |_, item, _| match (item, &mut all) {
            (Some(item), Some(items)) => items.push(item),
            _ => all = None,
        });
        all
    }
}

impl<T: Decode> Decode for List<T> {
    fn expected() -> String {
        "a list".to_owned()
    }

    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        if value.kind() != Kind::List {
            wrong_type::<Self>(value, Kind::List, problems);
            return None;
        }
        let len = value.children().count() as u64;
        Some(Self {
            at: value.id(),
            len,
            item: PhantomData,
        })
    }
}

/// An object with free keys, whose members are decoded on demand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map<T> {
    at: NodeId,
    len: u64,
    member: PhantomData<fn() -> T>,
}

impl<T: Decode> Map<T> {
    /// Number of members, valid or not.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn value<'a>(&self, document: &'a Document) -> Value<'a> {
        document.value(self.at)
    }

    /// The members, each with its value in the document, which has its key; `None` for one that has
    /// reported problems.
    pub(crate) fn each<'a>(
        &self,
        document: &'a Document,
        problems: &mut Problems,
        visit: impl FnMut(Value<'a>, Option<T>, &mut Problems),
    ) {
        each_child(self.value(document), problems, visit);
    }
}

impl<T: Decode> Decode for Map<T> {
    fn expected() -> String {
        "an object by id".to_owned()
    }

    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        if value.kind() != Kind::Object {
            wrong_type::<Self>(value, Kind::Object, problems);
            return None;
        }
        Some(Self {
            at: value.id(),
            len: value.children().count() as u64,
            member: PhantomData,
        })
    }
}

/// A value that a document may carry and the engine does not read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anything;

impl Decode for Anything {
    fn expected() -> String {
        "anything".to_owned()
    }

    fn decode(_: Value<'_>, _: &mut Problems) -> Option<Self> {
        Some(Self)
    }
}

/// An object whose members the engine does not read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnyObject;

impl Decode for AnyObject {
    fn expected() -> String {
        "an object".to_owned()
    }

    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        if value.kind() != Kind::Object {
            wrong_type::<Self>(value, Kind::Object, problems);
            return None;
        }
        Some(Self)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{AnyObject, Anything, Flag, Int, List, Map};

    macro_rules! inline_schema {
        ([$($generic:tt)*] $name:ty, |$generator:ident| $schema:expr) => {
            impl<$($generic)*> JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                    $schema
                }
            }
        };
    }

    inline_schema!([const MIN: i64] Int<MIN>, |_generator| {
        json_schema!({"type": "integer", "minimum": MIN, "maximum": i64::MAX})
    });
    inline_schema!([] Flag, |_generator| json_schema!({"type": "boolean"}));
    inline_schema!([T: JsonSchema] List<T>, |generator| {
        json_schema!({"type": "array", "items": generator.subschema_for::<T>()})
    });
    inline_schema!([T: JsonSchema] Map<T>, |generator| {
        json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<T>()
        })
    });
    inline_schema!([] Anything, |_generator| json_schema!(true));
    inline_schema!([] AnyObject, |_generator| json_schema!({"type": "object"}));
}
