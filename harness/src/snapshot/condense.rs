//! Goldens as digests: for each tick of an artefact the SHA-256 of its records, in place of them.
//!
//! A condensed artefact is an array with one element for each run of records of the same tick:
//! `{"records":3,"sha256":"…","tick":7}`. The digest is that of the records' compact texts, each
//! ended by a line feed. Fields that are known only later (a window's check) are taken out of the
//! records first and digested on their own as `late_sha256`, so that they do not move the first
//! divergence to a tick at which nothing happened. A tick that comes back after another one gets a
//! `part` from 2 on. Artefacts without ticks are one element without `tick`.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Artefact, ArtefactSchema, KeyRule, Schema};

const LATE: &str = "late_sha256";

/// The condensed form of an artefact.
///
/// # Errors
/// A record is no JSON object although the artefact has ticks.
pub(crate) fn condense(artefact: &Artefact, schema: &Schema) -> Result<Artefact, String> {
    let rules = schema
        .artefacts
        .iter()
        .find(|rules| rules.name == artefact.name());
    let tick = rules.and_then(|rules| rules.tick.as_deref());
    let late = rules.map_or(&[][..], |rules| &rules.late_fields);
    let mut runs: Vec<Run> = Vec::new();
    for record in records(artefact.text()) {
        let at = match tick {
            Some(field) => {
                member(record, field).map(|text| String::from_utf8_lossy(text).into_owned())
            }
            None => None,
        };
        if runs.last().is_none_or(|run| run.tick != at) {
            runs.push(Run::new(at));
        }
        let Some(run) = runs.last_mut() else {
            continue;
        };
        run.add(record, late)
            .map_err(|error| format!("{}: {error}", artefact.name()))?;
    }
    let mut parts: BTreeMap<Option<String>, u64> = BTreeMap::new();
    let texts: Vec<String> = runs
        .into_iter()
        .map(|run| {
            let part = parts.entry(run.tick.clone()).or_default();
            *part += 1;
            run.render(*part, !late.is_empty())
        })
        .collect();
    Ok(Artefact::from_canonical_records(artefact.name(), texts))
}

/// How condensed artefacts are read: at the stage and tick of what they stand for.
pub(crate) fn condensed_schema(schema: &Schema) -> Schema {
    let artefacts = schema
        .artefacts
        .iter()
        .map(|rules| ArtefactSchema {
            name: rules.name.clone(),
            stage: rules.stage.clone(),
            tick: rules.tick.as_ref().map(|_| "tick".to_owned()),
            keys: rules.tick.iter().map(|_| by_tick()).collect(),
            field_order: vec!["sha256".to_owned(), "records".to_owned()],
            late_fields: vec![LATE.to_owned()],
        })
        .collect();
    Schema {
        artefacts,
        ..schema.clone()
    }
}

fn by_tick() -> KeyRule {
    KeyRule {
        path: String::new(),
        fields: vec!["tick".to_owned()],
        label: "tick".to_owned(),
    }
}

/// The records of one tick, as far as they are digested.
struct Run {
    tick: Option<String>,
    records: u64,
    early: Sha256,
    late: Sha256,
}

impl Run {
    fn new(tick: Option<String>) -> Self {
        Self {
            tick,
            records: 0,
            early: Sha256::new(),
            late: Sha256::new(),
        }
    }

    fn add(&mut self, record: &[u8], late: &[String]) -> Result<(), String> {
        self.records += 1;
        if late.is_empty() {
            self.early.update(record);
        } else {
            let mut value: Value =
                serde_json::from_slice(record).map_err(|error| error.to_string())?;
            for path in late {
                let parts: Vec<&str> = path.split('.').collect();
                take(&mut value, &parts, &mut |taken| {
                    self.late.update(taken.to_string());
                    self.late.update(b"\n");
                });
            }
            self.early.update(value.to_string());
        }
        self.early.update(b"\n");
        Ok(())
    }

    fn render(self, part: u64, has_late: bool) -> String {
        let late = if has_late {
            format!("\"{LATE}\":\"{}\",", hex(self.late))
        } else {
            String::new()
        };
        let part = if part > 1 {
            format!("\"part\":{part},")
        } else {
            String::new()
        };
        let tick = self
            .tick
            .map(|tick| format!(",\"tick\":{tick}"))
            .unwrap_or_default();
        format!(
            "{{{late}{part}\"records\":{},\"sha256\":\"{}\"{tick}}}",
            self.records,
            hex(self.early)
        )
    }
}

fn hex(digest: Sha256) -> String {
    use std::fmt::Write;
    digest
        .finalize()
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing into a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The elements of an array artefact, which stand one a line; any other document as a whole.
fn records(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let body = text
        .strip_prefix(b"[\n")
        .and_then(|rest| rest.strip_suffix(b"\n]"));
    let whole = (body.is_none() && text != b"[]").then_some(text);
    let lines = body.into_iter().flat_map(|body| {
        body.split(|&byte| byte == b'\n')
            .map(|line| line.strip_suffix(b",").unwrap_or(line))
    });
    whole.into_iter().chain(lines)
}

/// The text of a top-level member of a compact object.
fn member<'a>(record: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut depth = 0_u32;
    let mut at = 0;
    while let Some(&byte) = record.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let end = string_end(record, at)?;
                let is_key = depth == 1 && record.get(end) == Some(&b':');
                if is_key && record.get(at + 1..end - 1) == Some(name.as_bytes()) {
                    return value_text(record.get(end + 1..)?);
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The position after the string that opens at `start`.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The scalar at the start of `rest`; `None` for arrays and objects, which are no ticks.
fn value_text(rest: &[u8]) -> Option<&[u8]> {
    let end = match rest.first()? {
        b'"' => string_end(rest, 0)?,
        b'{' | b'[' => return None,
        _ => rest
            .iter()
            .position(|byte| matches!(byte, b',' | b'}'))
            .unwrap_or(rest.len()),
    };
    rest.get(..end)
}

/// Takes every member at a dotted path out of a value, through arrays.
fn take(value: &mut Value, path: &[&str], taken: &mut impl FnMut(&Value)) {
    match value {
        Value::Array(items) => {
            for item in items {
                take(item, path, taken);
            }
        }
        Value::Object(members) => match path {
            [] => {}
            [last] => {
                if let Some(old) = members.remove(*last) {
                    taken(&old);
                }
            }
            [first, rest @ ..] => {
                if let Some(inner) = members.get_mut(*first) {
                    take(inner, rest, taken);
                }
            }
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256::sha256_hex;

    fn schema(late: &[&str]) -> Schema {
        Schema {
            artefacts: vec![ArtefactSchema {
                name: "a".to_owned(),
                tick: Some("t".to_owned()),
                late_fields: late.iter().map(|field| (*field).to_owned()).collect(),
                ..ArtefactSchema::default()
            }],
            ..Schema::default()
        }
    }

    fn condensed(records: &[&str], late: &[&str]) -> String {
        let artefact = Artefact::from_canonical_records("a", records);
        let condensed = condense(&artefact, &schema(late)).unwrap();
        String::from_utf8(condensed.text().to_vec()).unwrap()
    }

    #[test]
    fn records_of_a_tick_are_one_digest() {
        let (one, two, three) = (
            r#"{"a":{"t":9},"t":1}"#,
            r#"{"a":"\",\"t\":7","t":1}"#,
            r#"{"t":2}"#,
        );
        let first = sha256_hex(format!("{one}\n{two}\n").as_bytes());
        let second = sha256_hex(format!("{three}\n").as_bytes());
        assert_eq!(
            condensed(&[one, two, three], &[]),
            format!(
                "[\n{{\"records\":2,\"sha256\":\"{first}\",\"tick\":1}},\n\
                 {{\"records\":1,\"sha256\":\"{second}\",\"tick\":2}}\n]\n"
            )
        );
    }

    #[test]
    fn a_tick_that_comes_back_is_a_part() {
        let text = condensed(&[r#"{"t":1}"#, r#"{"t":2}"#, r#"{"t":1}"#], &[]);
        assert_eq!(text.matches("\"tick\":1").count(), 2);
        assert_eq!(text.matches("\"part\":2,").count(), 1);
    }

    #[test]
    fn late_fields_do_not_touch_the_early_digest() {
        let with = |check: u32| {
            condensed(
                &[&format!(r#"{{"p":{{"check":{check},"x":1}},"t":1}}"#)],
                &["p.check"],
            )
        };
        let (a, b) = (with(1), with(2));
        assert_ne!(a, b);
        let early = |text: &str| text[text.find("\"sha256\"").unwrap()..].to_owned();
        assert_eq!(early(&a), early(&b));
    }

    #[test]
    fn documents_without_records_are_one_digest() {
        let artefact = Artefact::from_canonical_records("b", Vec::<String>::new());
        let text = condense(&artefact, &schema(&[])).unwrap();
        assert_eq!(text.text(), b"[]\n");
    }
}
