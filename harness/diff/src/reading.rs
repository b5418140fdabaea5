//! A schema as a tree that follows the document, so that a walk finds the rules of each place.

use std::collections::BTreeMap;

use crate::steps;
use crate::{ArtefactSchema, KeyRule};
use aether_json::layout::quoted;

/// What a schema says about a value, and about its members or, in an array, the members of its elements:
/// paths of a schema do not count indices.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// Its turn among the fields of its object; unlisted fields come last.
    pub(crate) turn: usize,
    /// Whether its value is known only at the end of a span.
    pub(crate) late: bool,
    /// The way from its elements to their tick, if that is where ticks are.
    pub(crate) tick: Option<Vec<String>>,
    /// Whether the order of its elements does not matter.
    pub(crate) unordered: bool,
    /// What identifies its elements.
    pub(crate) key: Option<Key>,
    /// What an element without an identity is called; it is then counted.
    pub(crate) element: Option<String>,
    /// By key, in quotes as text spells it.
    members: BTreeMap<String, Reading>,
}

/// The identity of the elements of an array.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// The fields. None at all means that the position is the identity: the array is a vector.
    pub(crate) fields: Vec<KeyField>,
    /// What people call an element; empty if the tick says it already.
    pub(crate) noun: String,
    /// Whether the schema says what people call it.
    has_label: bool,
}

/// A field of a key, which may be nested.
#[derive(Clone, Debug)]
pub(crate) struct KeyField {
    /// As paths write it.
    pub(crate) name: String,
    /// The names on the way to it, in quotes as text spells them.
    pub(crate) steps: Vec<String>,
}

impl KeyField {
    fn of(field: &str) -> Self {
        let names = steps::names(field);
        let plain = names.iter().map(|name| crate::path::identity_field(name));
        Self {
            name: plain.collect::<Vec<_>>().join("."),
            steps: names.iter().map(|name| quoted(name)).collect(),
        }
    }
}

/// The turn of fields that are not listed. Those that are read last come after them.
pub(crate) const UNLISTED: usize = usize::MAX - 1;

/// What is known of a place that no schema mentions.
static UNKNOWN: Reading = Reading {
    turn: UNLISTED,
    late: false,
    tick: None,
    unordered: false,
    key: None,
    element: None,
    members: BTreeMap::new(),
};

impl Reading {
    /// What a schema says of an artefact.
    pub(crate) fn of(schema: &ArtefactSchema, artefact: &str) -> Self {
        let mut root = UNKNOWN.clone();
        root.element = schema.element.clone();
        for (turn, field) in schema.field_order.iter().enumerate() {
            // A field has the turn of the first of its own fields.
            let mut reading = &mut root;
            for name in steps::names(field) {
                reading = reading.entry(&name);
                reading.turn = reading.turn.min(turn);
            }
        }
        for field in &schema.late_fields {
            root.descend(field).late = true;
        }
        for field in &schema.read_last {
            let reading = root.descend(field);
            if reading.turn == UNLISTED {
                reading.turn = usize::MAX;
            }
        }
        if let Some(tick) = &schema.tick {
            let names = steps::names(tick);
            let mut reading = &mut root;
            for (at, name) in names.iter().enumerate() {
                reading.tick = Some(names[at..].iter().map(|name| quoted(name)).collect());
                reading = reading.entry(name);
            }
        }
        for path in &schema.unordered {
            root.descend(path).unordered = true;
        }
        for rule in &schema.keys {
            root.descend(&rule.path).key = Some(Key::of(rule, schema, artefact));
        }
        root
    }

    /// What is known of a member, its key as text spells it.
    pub(crate) fn member(&self, quoted_key: &str) -> &Self {
        self.members.get(quoted_key).unwrap_or(&UNKNOWN)
    }

    /// What is known of a place that no schema mentions.
    pub(crate) fn unknown() -> &'static Self {
        &UNKNOWN
    }

    fn descend(&mut self, path: &str) -> &mut Self {
        let names = steps::names(path);
        names.iter().fold(self, |reading, name| reading.entry(name))
    }

    fn entry(&mut self, name: &str) -> &mut Self {
        self.members
            .entry(quoted(name))
            .or_insert_with(|| UNKNOWN.clone())
    }
}

impl Key {
    /// What the elements of a vector are called, if they are counted.
    pub(crate) fn counted(&self) -> Option<&str> {
        let counts = self.fields.is_empty() && self.has_label;
        counts.then_some(&*self.noun)
    }

    fn of(rule: &KeyRule, schema: &ArtefactSchema, artefact: &str) -> Self {
        let told_by_tick = rule.path.is_empty()
            && rule.fields.len() == 1
            && schema.tick.as_ref() == rule.fields.first();
        let noun = if told_by_tick {
            String::new()
        } else if rule.label.is_empty() {
            let last = steps::names(&rule.path).pop();
            last.unwrap_or_else(|| artefact.to_owned())
        } else {
            rule.label.clone()
        };
        Self {
            fields: rule
                .fields
                .iter()
                .map(|field| KeyField::of(field))
                .collect(),
            noun,
            has_label: !rule.label.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_last_comes_after_all_else_but_keeps_a_turn_of_its_own() {
        let schema = ArtefactSchema {
            field_order: vec!["b".to_owned(), "c".to_owned()],
            read_last: vec!["c".to_owned(), "a".to_owned()],
            ..ArtefactSchema::new("x")
        };
        let reading = Reading::of(&schema, "x");
        let turns = ["a", "b", "c", "d"].map(|name| reading.member(&quoted(name)).turn);
        assert_eq!(turns, [usize::MAX, 0, 1, usize::MAX - 1]);
    }

    #[test]
    fn only_records_that_are_known_by_their_tick_alone_are_called_nothing() {
        for (path, fields, noun) in [
            ("", &["t"][..], ""),
            ("", &["id"], "x"),
            ("", &["t", "id"], "x"),
            ("m.edges", &["t"], "edges"),
        ] {
            let rule = KeyRule {
                path: path.to_owned(),
                fields: fields.iter().map(|&field| field.to_owned()).collect(),
                label: String::new(),
            };
            let key = Key::of(&rule, &ArtefactSchema::new("x").with_tick("t"), "x");
            assert_eq!(key.noun, noun, "{path} {fields:?}");
        }
    }
}
