//! The macro `document!` declares the structures of documents; this file also decodes their fields.

use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Kind, NodeId, Value, shortened};
use super::{Decode, list_of, nearest};

/// How a structure treats unknown fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// An unknown field is a problem.
    Refused,
    /// An unknown field is a description without effect. A likely misspelling is still a problem.
    Descriptive,
}

/// A required field of a document whose other fields are still worth checking without it.
///
/// `None` if it is missing or wrong, which was already reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given<T>(pub(crate) Option<T>);

impl<T> Given<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

#[cfg(feature = "schema")]
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

/// A structure that knows the places of its fields, so that a check need not look them up by key.
pub(crate) trait HasPlaces {
    /// One place per field, under the field's name.
    type Places;
}

/// An object that is being decoded.
pub(crate) struct Fields<'a> {
    object: Value<'a>,
    noun: &'static str,
    known: &'static [&'static str],
    /// The documentation of each known field.
    docs: &'static [&'static str],
    /// The value of each known field, including one whose key is probably a misspelling of it.
    found: [Option<Value<'a>>; FIELDS_MAX],
}

/// More fields than any structure has. The array avoids an allocation for each of a million edges.
pub(crate) const FIELDS_MAX: usize = 24;

impl<'a> Fields<'a> {
    /// Matches the keys of an object with the known fields; `None` if the value is not an object.
    pub(crate) fn open<T: Decode>(
        object: Value<'a>,
        noun: &'static str,
        (known, docs): (&'static [&'static str], &'static [&'static str]),
        unknown: Unknown,
        problems: &mut Problems,
    ) -> Option<Self> {
        if object.kind() != Kind::Object {
            super::wrong_type::<T>(object, Kind::Object, problems);
            return None;
        }
        let mut found = [None; FIELDS_MAX];
        let mut any_unknown = false;
        // Documents name the fields of a million edges in the same order.
        let mut next = 0;
        for field in object.children() {
            let key = field.key();
            let mut position = (known.get(next).copied() == key).then_some(next);
            if position.is_none() {
                position = known.iter().position(|known| Some(*known) == key);
            }
            next = position.map_or(next, |position| position + 1);
            match position.and_then(|position| found.get_mut(position)) {
                // Of a duplicate key, which was already reported, the first is read.
                Some(place) => {
                    place.get_or_insert(field);
                }
                None => any_unknown = true,
            }
        }
        let fields = Self {
            object,
            noun,
            known,
            docs,
            found,
        };
        Some(if any_unknown {
            fields.with_unknown(unknown, problems)
        } else {
            fields
        })
    }

    /// Reports unknown fields.
    fn with_unknown(mut self, unknown: Unknown, problems: &mut Problems) -> Self {
        let is_root = self.object.path().is_empty();
        // A field that is present is not the one that an unknown key was meant to be.
        let absent = self
            .known
            .iter()
            .zip(&self.found)
            .filter(|(_, found)| found.is_none());
        let absent: Vec<&str> = absent.map(|(known, _)| *known).collect();
        for field in self.object.children() {
            let key = field.key().expect("the values of an object have keys");
            if self.known.contains(&key) || (is_root && key == "$schema") {
                continue;
            }
            if problems.is_full(field.document().source()) {
                problems.count(field.document().source());
                continue;
            }
            let meant = nearest(key, absent.iter().copied());
            let mut places = self.known.iter().zip(&mut self.found);
            if let Some((_, place)) = places.find(|(known, _)| Some(**known) == meant)
                && place.is_none()
            {
                // Its value is checked as that of the field that was probably meant.
                *place = Some(field);
            }
            unknown_field(field, key, meant, self.noun, self.known, unknown, problems);
        }
        self
    }

    /// A field that may be absent; null means the same as absence.
    pub(crate) fn optional<T: Decode>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        let value = self.field(key).filter(|value| value.kind() != Kind::Null)?;
        known(value, problems)
    }

    /// A field that must be present.
    pub(crate) fn required<T: Decode>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        if let Some(value) = self.field(key) {
            return known(value, problems);
        }
        let message = format!("{} has no `{key}`", self.noun);
        let doc = self.docs[self.position(key)];
        let draft = Draft::on(self.object, Code::MissingField, message)
            .expected(format!("`{key}`, {}", T::expected()))
            .help(format!("add `{key}`: {}", doc.trim().trim_end_matches('.')));
        problems.add_on(self.object, draft);
        None
    }

    /// The places of the known fields, in the order of their declaration.
    pub(crate) fn places(&self) -> impl Iterator<Item = Option<NodeId>> {
        self.found.iter().map(|found| found.map(Value::id))
    }

    fn field(&self, key: &str) -> Option<Value<'a>> {
        self.found[self.position(key)]
    }

    fn position(&self, key: &str) -> usize {
        let mut known = self.known.iter();
        known
            .position(|known| *known == key)
            .expect("a structure is asked for the fields that it declares")
    }
}

/// Decodes a value, unless it is one whose problem was already reported.
fn known<T: Decode>(value: Value<'_>, problems: &mut Problems) -> Option<T> {
    if value.is_broken() {
        return None;
    }
    T::decode(value, problems)
}

fn unknown_field(
    field: Value<'_>,
    key: &str,
    meant: Option<&str>,
    noun: &str,
    known: &[&str],
    unknown: Unknown,
    problems: &mut Problems,
) {
    let shown = shortened(key);
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
/// absence. `at` is the structure's place, and `places` has that of each field. After a key,
/// `in "1..T"` is the range of its numbers and `unit "ticks"` what they count, for the reference.
macro_rules! document {
    (
        $(#[$meta:meta])*
        $name:ident, $noun:literal, $unknown:ident {
            $(
                $(#[doc = $doc:literal])*
                $presence:ident $key:literal $(in $range:literal)? $(unit $unit:literal)?
                    => $field:ident: $type:ty,
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[cfg_attr(
            feature = "schema",
            derive(schemars::JsonSchema),
            schemars(extend("additionalProperties" = matches!(
                $crate::config::decode::Unknown::$unknown,
                $crate::config::decode::Unknown::Descriptive
            )))
        )]
        #[allow(
            dead_code,
            reason = "a field that has no effect is declared all the same: it is known, checked and in the schema"
        )]
        pub(crate) struct $name {
            #[cfg_attr(feature = "schema", schemars(skip))]
            pub(crate) at: $crate::config::tree::NodeId,
            #[cfg_attr(feature = "schema", schemars(skip))]
            pub(crate) places: <$name as $crate::config::decode::HasPlaces>::Places,
            $(
                $(#[doc = $doc])*
                #[cfg_attr(feature = "schema", schemars(rename = $key))]
                pub(crate) $field: document!(@type $presence $type),
            )*
        }

        impl $name {
            /// The fields, in the order in which they are documented.
            pub(crate) const FIELDS: &'static [&'static str] = &[$($key),*];

            /// The documentation of the fields, in the same order.
            pub(crate) const DOCS: &'static [&'static str] = &[$(concat!($($doc),*)),*];

            /// The fields as a table of the reference.
            #[cfg(feature = "schema")]
            #[allow(
                dead_code,
                reason = "the table of scenario.toml is made from its schema, which has the harness's keys too"
            )]
            pub(crate) const TABLE: &'static [$crate::config::tables::Row] = &[$(
                $crate::config::tables::Row {
                    key: $key,
                    is_required: document!(@needed $presence),
                    expected: <$type as $crate::config::decode::Decode>::expected,
                    range: concat!($($range)?),
                    unit: concat!($($unit)?),
                    doc: concat!($($doc),*),
                }
            ),*];

            const _FIELDS_FIT: () =
                assert!(Self::FIELDS.len() <= $crate::config::decode::FIELDS_MAX);
        }

        const _: () = {
        /// The place of each field, valid or not; `None` for one that is absent.
        #[derive(Clone, Debug)]
        #[allow(dead_code, reason = "only some fields have a check that points at them")]
        pub(crate) struct Places {
            $( pub(crate) $field: Option<$crate::config::tree::NodeId>, )*
        }

        impl $crate::config::decode::HasPlaces for $name {
            type Places = Places;
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
                let known = (Self::FIELDS, Self::DOCS);
                let fields = Fields::open::<Self>(value, $noun, known, unknown, problems)?;
                $( let $field = document!(@decode $presence fields problems $key); )*
                let mut places = fields.places();
                Some(Self {
                    at: value.id(),
                    places: Places { $( $field: places.next().expect("each field has a place"), )* },
                    $( $field: document!(@take $presence $field), )*
                })
            }
        }
        };
    };

    (@needed optional) => { false };
    (@needed $presence:ident) => { true };

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
