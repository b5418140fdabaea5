//! The schema: what a subject declares about its artefacts (identity, causal order, time).

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::Tolerance;

/// How the diff reads the artefacts of one scenario.
///
/// Everything here is declared once by the subject, scenario by scenario; the harness knows no
/// artefacts of its own except `inputs` (causes, never consequences) and `error`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Names of the stages in causal order, as reports print them (`UMX`, `Loom`, …).
    pub stages: Vec<String>,
    /// One entry per artefact. An artefact that is not listed belongs to no stage, has no tick,
    /// and comes last.
    pub artefacts: Vec<ArtefactSchema>,
    /// Spans of ticks whose end is the time of every field listed in `late_fields`: a window's
    /// check is known only when the window closes.
    pub spans: Vec<RangeInclusive<u64>>,
}

impl Schema {
    /// The schema of one document of which only identities are known, for the comparison of any
    /// two documents.
    ///
    /// ```
    /// use aether_diff::{Artefact, DiffOptions, Schema, diff};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let before = Artefact::from_json("users", br#"[{"id": 7, "age": 3}]"#)?;
    /// let after = Artefact::from_json("users", br#"[{"id": 6}, {"id": 7, "age": 4}]"#)?;
    /// let schema = Schema::for_document("users", vec!["=id".parse()?]);
    /// let diff = diff(&[before], &[after], &schema, &DiffOptions::default());
    /// let paths: Vec<String> = diff.changes.iter().map(|c| c.path.to_string()).collect();
    /// assert_eq!(paths, ["users[id=6]", "users[id=7].age"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_document(name: impl Into<String>, keys: Vec<KeyRule>) -> Self {
        Self {
            artefacts: vec![ArtefactSchema {
                name: name.into(),
                keys,
                ..ArtefactSchema::default()
            }],
            ..Self::default()
        }
    }
}

impl Schema {
    /// Whether numbers of any artefact may move.
    pub fn has_tolerances(&self) -> bool {
        let mut artefacts = self.artefacts.iter();
        artefacts.any(|listed| !listed.tolerances.is_empty())
    }

    /// The same schema without tolerances, for a comparison that is exact.
    #[must_use]
    pub fn exact(mut self) -> Self {
        for listed in &mut self.artefacts {
            listed.tolerances.clear();
        }
        self
    }

    /// The position in [`Schema::artefacts`] of what says how to read the artefact of this name; `None`
    /// if it is not listed.
    pub fn position(&self, name: &str) -> Option<usize> {
        let is_exact = |listed: &ArtefactSchema| listed.name == name;
        let covers = |listed: &ArtefactSchema| {
            listed.name.split_once('*').is_some_and(|(start, end)| {
                name.len() >= start.len() + end.len()
                    && name.starts_with(start)
                    && name.ends_with(end)
            })
        };
        let exact = self.artefacts.iter().position(is_exact);
        exact.or_else(|| self.artefacts.iter().position(covers))
    }

    /// How to read the artefact of this name; `None` if it is not listed.
    pub fn artefact(&self, name: &str) -> Option<&ArtefactSchema> {
        self.position(name)
            .map(|position| &self.artefacts[position])
    }
}

/// How one artefact is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArtefactSchema {
    /// Name of the artefact (`ledgers`). One `*` in it is any text: `page-*` is every artefact whose
    /// name starts so and is not listed itself.
    pub name: String,
    /// Its stage, one of [`Schema::stages`].
    pub stage: String,
    /// The field of a record that holds its tick, if its records have one; dotted if it is nested, also in an
    /// array inside the document (`rows.t`). A tick is a number, or a string with an ISO date or time ([`Tick`](crate::Tick)).
    pub tick: Option<String>,
    /// What identifies the elements of each array, by path.
    pub keys: Vec<KeyRule>,
    /// Fields of a record in the order in which they are read; dotted for nested ones, without
    /// indices (`pre_u`, `edges.du`, `edges.raw`). Unlisted fields follow by name.
    pub field_order: Vec<String>,
    /// Fields (dotted, as in `field_order`) whose value is known only at the end of the span in
    /// [`Schema::spans`] that holds the record's tick.
    pub late_fields: Vec<String>,
    /// Fields (dotted, as in `field_order`) that are read after all others, such as digests, which differ
    /// because something else does.
    pub read_last: Vec<String>,
    /// Arrays whose order does not matter, by path as in [`KeyRule::path`]: elements that only changed
    /// their places do not differ. Digests and patches see every order.
    pub unordered: Vec<String>,
    /// Numbers that may move. They count as equal while they are within their tolerance; everything else must
    /// be the same.
    pub tolerances: Vec<Tolerance>,
    /// What people call an element of the artefact's own array that has no identity (`line`). Such elements are
    /// then counted from 1 in paths: `o[line=57]`. They are matched by content all the same.
    pub element: Option<String>,
    /// Of the artefact `inputs`: the documents whose elements people find by their number, by member.
    pub numbered: BTreeMap<String, Numbered>,
}

/// How people count the elements of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// What they call one (`row`).
    pub noun: String,
    /// The number of the first.
    pub first: usize,
}

impl ArtefactSchema {
    /// A schema that says nothing about the artefact of this name. The methods below add to it, and stay
    /// as they are when later versions add fields.
    ///
    /// ```
    /// use aether_diff::{ArtefactSchema, KeyRule};
    /// # fn main() -> Result<(), aether_diff::KeyRuleError> {
    /// let ledgers = ArtefactSchema::new("ledgers")
    ///     .with_stage("UMX")
    ///     .with_tick("tick")
    ///     .with_key("edges=e_id".parse()?)
    ///     .with_unordered("tags");
    /// assert_eq!(ledgers.keys.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Sets the stage.
    #[must_use]
    pub fn with_stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = stage.into();
        self
    }

    /// Sets the field that holds a record's tick.
    #[must_use]
    pub fn with_tick(mut self, field: impl Into<String>) -> Self {
        self.tick = Some(field.into());
        self
    }

    /// Adds what identifies the elements of an array.
    #[must_use]
    pub fn with_key(mut self, key: KeyRule) -> Self {
        self.keys.push(key);
        self
    }

    /// Adds numbers that may move.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerances.push(tolerance);
        self
    }

    /// Adds an array whose order does not matter.
    #[must_use]
    pub fn with_unordered(mut self, path: impl Into<String>) -> Self {
        self.unordered.push(path.into());
        self
    }
}

/// The identity of an array's elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRule {
    /// Dotted path of the array inside the artefact, without indices: `` for the artefact's own
    /// array, `edges` for the `edges` of each of its records, `topology.edges` inside an object. A
    /// name that has a dot itself is in quotes: `"a.b".edges`.
    pub path: String,
    /// The fields that together identify an element (`["layer", "seq"]`), dotted like the path if they are
    /// nested (`m.id`). An empty list means that
    /// the array is a vector: its elements are identified by their positions.
    pub fields: Vec<String>,
    /// What people call an element (`edge`), for texts such as `edge 5`; the path's last part
    /// if it is empty. The elements of a vector that have a label are named by it and counted from 1, in
    /// paths too: `post_u[node=1]`.
    pub label: String,
}

/// A string that is not `PATH=FIELD[,FIELD…]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not PATH=FIELD[,FIELD…], such as edges=e_id or =layer,seq")]
pub struct KeyRuleError {
    /// The text.
    pub text: String,
}

impl fmt::Display for KeyRule {
    /// Writes the rule as [`FromStr`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.path, self.fields.join(","))
    }
}

impl FromStr for KeyRule {
    type Err = KeyRuleError;

    /// Reads `PATH=FIELD[,FIELD…]`: `edges=e_id`, `=layer,seq` for the document's own array,
    /// `u0=` for a vector.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || KeyRuleError {
            text: text.to_owned(),
        };
        let (path, fields) = text.split_once('=').ok_or_else(error)?;
        let fields: Vec<String> = match fields {
            "" => Vec::new(),
            fields => fields.split(',').map(Into::into).collect(),
        };
        if fields.iter().any(String::is_empty) || fields.iter().any(|f| f.contains('=')) {
            return Err(error());
        }
        Ok(Self {
            path: path.to_owned(),
            fields,
            label: String::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_lists_every_name_that_is_not_listed_itself() {
        let schema = Schema {
            artefacts: ["page-*", "page-1"]
                .map(|name| ArtefactSchema {
                    name: name.to_owned(),
                    ..ArtefactSchema::default()
                })
                .to_vec(),
            ..Schema::default()
        };
        let positions =
            ["page-1", "page-22", "page-", "page", "x"].map(|name| schema.position(name));
        assert_eq!(positions, [Some(1), Some(0), Some(0), None, None]);
    }

    #[test]
    fn keys_are_read_from_text() {
        let check = |text: &str, expected: Option<(&str, &[&str])>| {
            let rule = text.parse::<KeyRule>().ok();
            let expected = expected.map(|(path, fields)| KeyRule {
                path: path.to_owned(),
                fields: fields.iter().map(|&field| field.to_owned()).collect(),
                label: String::new(),
            });
            assert_eq!(rule, expected, "{text}");
        };
        check("edges=e_id", Some(("edges", &["e_id"])));
        check("=layer,seq", Some(("", &["layer", "seq"])));
        check("a.b=id", Some(("a.b", &["id"])));
        check("u0=", Some(("u0", &[])));
        check("edges", None);
        check("edges=a,,b", None);
        check("edges=a=b", None);
    }

    #[test]
    fn a_schema_of_one_document_knows_its_identities_alone() {
        let schema = Schema::for_document("users", vec!["=id".parse().unwrap()]);
        let names: Vec<&str> = schema
            .artefacts
            .iter()
            .map(|listed| &*listed.name)
            .collect();
        assert_eq!((names, schema.artefacts[0].keys.len()), (vec!["users"], 1));
        assert!(!schema.has_tolerances());
    }

    #[test]
    fn the_texts_around_a_star_do_not_overlap() {
        let schema = Schema {
            artefacts: vec![ArtefactSchema {
                name: "aba*ba".to_owned(),
                ..ArtefactSchema::default()
            }],
            ..Schema::default()
        };
        for (name, position) in [
            ("ababa", Some(0)),
            ("abaxba", Some(0)),
            ("aba", None),
            ("abaxxx", None),
            ("xxxxba", None),
            ("abba", None),
        ] {
            assert_eq!(schema.position(name), position, "{name}");
        }
    }

    #[test]
    fn an_exact_schema_has_no_tolerances_and_is_the_same_else() {
        let mut schema = Schema::for_document("users", vec!["=id".parse().unwrap()]);
        let exact = schema.clone();
        schema.artefacts[0]
            .tolerances
            .push(Tolerance::new("age", "").with_abs("1".parse().unwrap()));
        assert!(schema.has_tolerances());
        assert_eq!(schema.exact(), exact);
    }
}
