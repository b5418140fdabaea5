//! The declaration of a document's structures.

use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Kind, Value, shortened};
use super::{Decode, list_of, nearest};

/// What becomes of a field that a structure does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// It is a problem.
    Refused,
    /// It describes, and has no effect; a likely slip is a problem all the same.
    Descriptive,
}

/// A required field of a document whose other fields are still worth checking without it.
///
/// `None` where it is missing or wrong, which was told already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given<T>(pub(crate) Option<T>);

impl<T> Given<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

#[cfg(feature = "cli")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Given<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// An object being taken apart.
pub(crate) struct Fields<'a> {
    object: Value<'a>,
    noun: &'static str,
    known: &'static [&'static str],
    /// The value of each known field.
    found: [Option<Value<'a>>; FIELDS_MAX],
}

/// More fields than any structure has: a million edges must not allocate a list each.
pub(crate) const FIELDS_MAX: usize = 24;

impl<'a> Fields<'a> {
    /// Looks at an object's keys; `None` when it is none.
    pub(crate) fn open<T: Decode>(
        object: Value<'a>,
        noun: &'static str,
        known: &'static [&'static str],
        unknown: Unknown,
        problems: &mut Problems,
    ) -> Option<Self> {
        if object.kind() != Kind::Object {
            super::wrong_type::<T>(object, Kind::Object, problems);
            return None;
        }
        let mut found = [None; FIELDS_MAX];
        for field in object.children() {
            let Some(key) = field.key() else { continue };
            let position = known.iter().position(|known| *known == key);
            match position.and_then(|position| found.get_mut(position)) {
                // Of a duplicate key, which was told already, the first is read.
                Some(place) => {
                    place.get_or_insert(field);
                }
                None if key == "$schema" && object.path().is_empty() => {}
                None => unknown_field(object, field, key, noun, known, unknown, problems),
            }
        }
        Some(Self {
            object,
            noun,
            known,
            found,
        })
    }

    /// A field that may be absent; null says the same as absence.
    pub(crate) fn optional<T: Decode>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        let value = self.field(key).filter(|value| value.kind() != Kind::Null)?;
        T::decode(value, problems)
    }

    /// A field that must be there.
    pub(crate) fn required<T: Decode>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        if let Some(value) = self.field(key) {
            return T::decode(value, problems);
        }
        let message = format!("{} has no `{key}`", self.noun);
        let draft = Draft::on(self.object, Code::MissingField, message)
            .expected(format!("`{key}`, {}", T::expected()))
            .help(format!("add `{key}`: {}", T::expected()));
        problems.add_on(self.object, draft);
        None
    }

    fn field(&self, key: &str) -> Option<Value<'a>> {
        let position = self.known.iter().position(|known| *known == key)?;
        self.found.get(position).copied().flatten()
    }
}

fn unknown_field(
    object: Value<'_>,
    field: Value<'_>,
    key: &str,
    noun: &str,
    known: &[&str],
    unknown: Unknown,
    problems: &mut Problems,
) {
    let shown = shortened(key);
    // A field that is there already is not what another was meant to be.
    let absent = known
        .iter()
        .copied()
        .filter(|known| object.field(known).is_none());
    let meant = nearest(key, absent);
    if key == "governance" && unknown == Unknown::Refused {
        let message = "`governance` is not supported yet";
        let draft = Draft::on_key(field, Code::Unsupported, message)
            .help("remove `governance`: this engine has no governance, and a run without it is what it makes");
        problems.add_on(field, draft);
        return;
    }
    let draft = match (unknown, meant) {
        (Unknown::Descriptive, None) => return,
        (Unknown::Descriptive, Some(meant)) => {
            let message = format!("`{shown}` is probably meant to be `{meant}`");
            Draft::on_key(field, Code::LikelyMisspelt, message).help(format!("write `{meant}`"))
        }
        (Unknown::Refused, Some(meant)) => {
            let message = format!("{noun} has no field `{shown}`");
            Draft::on_key(field, Code::UnknownField, message)
                .help(format!("did you mean `{meant}`?"))
        }
        (Unknown::Refused, None) => {
            let message = format!("{noun} has no field `{shown}`");
            let help = format!(
                "the fields of {noun} are {}",
                list_of(known.iter().copied(), "and")
            );
            Draft::on_key(field, Code::UnknownField, message).help(help)
        }
    };
    problems.add_on(field, draft);
}

/// Declares a structure of a document, once for everything that depends on its fields.
///
/// `required` fields are of their type, and the structure fails without them; `given` ones are
/// [`Given`], and the rest is checked without them; `optional` ones are `Option`, and null is
/// absence. `at` is the structure's place.
macro_rules! document {
    (
        $(#[$meta:meta])*
        $name:ident, $noun:literal, $unknown:ident {
            $( $(#[$field_meta:meta])* $presence:ident $key:literal => $field:ident: $type:ty, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
        pub(crate) struct $name {
            #[cfg_attr(feature = "cli", schemars(skip))]
            pub(crate) at: $crate::config::tree::NodeId,
            $(
                $(#[$field_meta])*
                #[cfg_attr(feature = "cli", schemars(rename = $key))]
                pub(crate) $field: document!(@type $presence $type),
            )*
        }

        impl $name {
            /// The fields, in the order in which they are documented.
            pub(crate) const FIELDS: &'static [&'static str] = &[$($key),*];

            const _FIELDS_FIT: () =
                assert!(Self::FIELDS.len() <= $crate::config::decode::FIELDS_MAX);
        }

        impl $crate::config::decode::Decode for $name {
            fn expected() -> String {
                "an object".to_owned()
            }

            fn decode(
                value: $crate::config::tree::Value<'_>,
                problems: &mut $crate::config::problem::Problems,
            ) -> Option<Self> {
                use $crate::config::decode::{Fields, Unknown};
                let unknown = Unknown::$unknown;
                let fields = Fields::open::<Self>(value, $noun, Self::FIELDS, unknown, problems)?;
                $( let $field = document!(@decode $presence fields problems $key); )*
                Some(Self {
                    at: value.id(),
                    $( $field: document!(@take $presence $field), )*
                })
            }
        }
    };

    (@type required $type:ty) => { $type };
    (@type given $type:ty) => { $crate::config::decode::Given<$type> };
    (@type optional $type:ty) => { Option<$type> };

    (@decode required $fields:ident $problems:ident $key:literal) => {
        $fields.required($key, $problems)
    };
    (@decode given $fields:ident $problems:ident $key:literal) => {
        $crate::config::decode::Given($fields.required($key, $problems))
    };
    (@decode optional $fields:ident $problems:ident $key:literal) => {
        $fields.optional($key, $problems)
    };

    (@take required $field:ident) => { $field? };
    (@take given $field:ident) => { $field };
    (@take optional $field:ident) => { $field };
}
