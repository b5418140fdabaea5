//! What a scenario allows to differ, each with its reason: values that differ from run to run, and numbers
//! that may move within a tolerance. Runs print it, and `snapshot.toml` records it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Schema, visible};

/// One difference that a scenario allows. It has one of `volatile`, `replace` and `tolerance`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The artefacts that it is about, by name; `*` in it is any text.
    pub output: String,
    /// The path of a value that differs from run to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatile: Option<String>,
    /// The form of such a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// The regular expression of a part of a text that differs from run to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
    /// What comes in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// The path of numbers that may move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<String>,
    /// By how much they may move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abs: Option<String>,
    /// By which part of the old number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rel: Option<String>,
    /// By how many steps between doubles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ulp: Option<u64>,
    /// Why.
    pub reason: String,
}

impl Allowed {
    /// The tolerances of a schema.
    pub fn tolerances(schema: &Schema) -> Vec<Self> {
        let artefacts = schema.artefacts.iter();
        let tolerances = artefacts.flat_map(|listed| {
            listed.tolerances.iter().map(|tolerance| Self {
                output: listed.name.clone(),
                tolerance: Some(tolerance.path.clone()),
                abs: tolerance.abs.as_ref().map(ToString::to_string),
                rel: tolerance.rel.as_ref().map(ToString::to_string),
                ulp: tolerance.ulp,
                reason: tolerance.reason.clone(),
                ..Self::default()
            })
        });
        tolerances.collect()
    }

    /// Whether it is about numbers that may move, which count only if they do.
    pub fn is_tolerance(&self) -> bool {
        self.tolerance.is_some()
    }
}

impl fmt::Display for Allowed {
    /// In one line: `o created may be any timestamp: the clock`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = self.output.clone();
        if let Some(path) = &self.volatile {
            let form = self.form.as_deref().unwrap_or("text");
            line.push_str(&format!(" {path} may be any {form}"));
        }
        if let Some(pattern) = &self.replace {
            let with = self.with.as_deref().unwrap_or_default();
            line.push_str(&format!(" {pattern} is read as {with:?}"));
        }
        if let Some(path) = &self.tolerance {
            let ulp = self.ulp.map(|ulp| ulp.to_string());
            let bounds = [("abs", &self.abs), ("rel", &self.rel), ("ulp", &ulp)];
            let bounds = bounds.map(|(name, bound)| Some(format!("{name} {}", bound.as_ref()?)));
            let bounds: Vec<String> = bounds.into_iter().flatten().collect();
            line.push_str(&format!(" {path} may move by {}", bounds.join(" or ")));
        }
        write!(f, "{}: {}", visible(&line), visible(&self.reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArtefactSchema, Tolerance};

    #[test]
    fn each_is_a_line() {
        let own = |volatile: Option<&str>, replace: Option<&str>| Allowed {
            output: "o".to_owned(),
            volatile: volatile.map(str::to_owned),
            form: volatile.map(|_| "uuid".to_owned()),
            replace: replace.map(str::to_owned),
            with: replace.map(|_| "pid N".to_owned()),
            reason: "why".to_owned(),
            ..Allowed::default()
        };
        assert_eq!(
            own(Some("m.id"), None).to_string(),
            "o m.id may be any uuid: why"
        );
        assert_eq!(
            own(None, Some("pid [0-9]+")).to_string(),
            "o pid [0-9]+ is read as \"pid N\": why"
        );
        let tolerance = Tolerance::new("x", "why")
            .with_rel("1e-9".parse().unwrap())
            .with_ulp(4);
        let schema = Schema {
            artefacts: vec![ArtefactSchema::new("o").with_tolerance(tolerance)],
            ..Schema::default()
        };
        let lines: Vec<String> = Allowed::tolerances(&schema)
            .iter()
            .map(Allowed::to_string)
            .collect();
        assert_eq!(lines, ["o x may move by rel 1e-9 or ulp 4: why"]);
    }
}
