//! Writes the difference of two sets of artefacts as JSON Patch (RFC 6902).

mod moves;
mod operation;

use std::collections::BTreeMap;

pub use operation::{Operation, Patch, Pointer};

use crate::artefact::json_error;
use crate::compare::pair_by_name;
use crate::matching::{Identities, Matching, Pair, match_elements};
use crate::reading::Reading;
use crate::records;
use crate::walk::{inside, joined, take_renamed, unquoted};
use crate::{Artefact, ArtefactError, Schema};
use aether_json::scan::{self, Kind, kind};
use aether_json::{DEPTH_MAX, Json};

/// What turns each old artefact into the new one, as RFC 6902 JSON Patch by artefact; those that
/// are equal have none.
///
/// Elements are matched as [`diff`](crate::diff()) matches them: a record that was inserted is one
/// `add`, one that moved and a member that
/// was renamed one `move`, a value that changed one `replace`. An artefact that only the
/// new side has is added as a whole (`add` at the empty path), one that only the old side has is
/// removed as a whole. There is no budget: an incomplete patch would be worthless.
///
/// # Errors
/// A value is not JSON, which only an artefact
/// [made of records](Artefact::from_canonical_records) that were not canonical can have.
///
/// ```
/// use aether_diff::{Artefact, Schema, patches};
///
/// # fn main() -> Result<(), aether_diff::ArtefactError> {
/// let before = Artefact::from_json("log", br#"[{"n": 1}, {"n": 2}, {"n": 3}]"#)?;
/// let after = Artefact::from_json("log", br#"[{"n": 3}, {"n": 1}, {"n": 2, "m": 0}]"#)?;
/// let patches = patches(&[before], &[after], &Schema::default())?;
/// assert_eq!(
///     patches["log"].to_string(),
///     r#"[{"op":"move","from":"/2","path":"/0"},{"op":"add","path":"/2/m","value":0}]"#
/// );
/// # Ok(())
/// # }
/// ```
pub fn patches(
    before: &[Artefact],
    after: &[Artefact],
    schema: &Schema,
) -> Result<BTreeMap<String, Patch>, ArtefactError> {
    let mut patches = BTreeMap::new();
    for pair in pair_by_name(before, after, schema) {
        let operations = match (pair.before, pair.after) {
            (Some(before), Some(after)) if before.text() == after.text() => continue,
            (Some(before), Some(after)) => {
                let reading = Reading::of(&pair.schema.cloned().unwrap_or_default(), pair.name);
                Script::between(before, after, &reading)?
            }
            (None, Some(after)) => vec![Operation::Add {
                path: Pointer::default(),
                value: Json::from(&after.to_value()?),
            }],
            (Some(_), None) => vec![Operation::Remove {
                path: Pointer::default(),
            }],
            (None, None) => continue,
        };
        patches.insert(pair.name.to_owned(), Patch::of(operations));
    }
    Ok(patches)
}

/// The operations found so far, and where the walk is in the new document.
struct Script<'n> {
    name: &'n str,
    path: Pointer,
    depth: usize,
    operations: Vec<Operation>,
}

impl<'n> Script<'n> {
    fn between(
        before: &'n Artefact,
        after: &'n Artefact,
        reading: &Reading,
    ) -> Result<Vec<Operation>, ArtefactError> {
        let mut script = Self {
            name: after.name(),
            path: Pointer::default(),
            depth: 0,
            operations: Vec::new(),
        };
        let (a, b) = (before.text(), after.text());
        let same = records::first_difference(a, b).unwrap_or(a.len());
        if let Some(middle) = records::middle(a, b, same) {
            script.array(&middle.before, &middle.after, middle.offset, reading)?;
        } else {
            // What is not UTF-8 is not JSON either.
            let [a, b] = [before, after].map(|artefact| {
                std::str::from_utf8(artefact.text())
                    .map(str::trim_ascii)
                    .unwrap_or_default()
            });
            script.value(a, b, reading)?;
        }
        Ok(script.operations)
    }

    fn value(&mut self, before: &str, after: &str, reading: &Reading) -> Result<(), ArtefactError> {
        if before == after {
            return Ok(());
        }
        if self.depth < DEPTH_MAX {
            match (kind(before), kind(after)) {
                (Kind::Object, Kind::Object) => {
                    if let (Some(a), Some(b)) = (scan::members(before), scan::members(after)) {
                        return self.object(a, b, reading);
                    }
                }
                (Kind::Array, Kind::Array) => {
                    if let (Some(a), Some(b)) = (scan::elements(before), scan::elements(after)) {
                        return self.array(&a, &b, 0, reading);
                    }
                }
                _ => {}
            }
        }
        let value = self.json(after)?;
        let path = self.path.clone();
        self.operations.push(Operation::Replace { path, value });
        Ok(())
    }

    fn object<'t>(
        &mut self,
        mut before: Vec<scan::Member<'t>>,
        mut after: Vec<scan::Member<'t>>,
        reading: &Reading,
    ) -> Result<(), ArtefactError> {
        before.sort_by_key(|member| member.0);
        after.sort_by_key(|member| member.0);
        let mut fields = joined(&before, &after);
        let renamed = take_renamed(&mut fields);
        // Removals come first: if two spellings of one key differ, the new one stays.
        for (key, ..) in fields.iter().filter(|field| field.2.is_none()) {
            let path = self.path_to(&unquoted(key));
            self.operations.push(Operation::Remove { path });
        }
        for (&new, &old) in &renamed {
            let [from, path] = [old, new].map(|key| self.path_to(&unquoted(key)));
            self.operations.push(Operation::Move { from, path });
        }
        fields.retain(|field| field.1.is_some() || !renamed.contains_key(field.0));
        for (key, old, new) in fields {
            match (old, new) {
                (None, Some(new)) => {
                    let (path, value) = (self.path_to(&unquoted(key)), self.json(new)?);
                    self.operations.push(Operation::Add { path, value });
                }
                (Some(old), Some(new)) => {
                    self.within(&unquoted(key), |script| {
                        script.value(old, new, reading.member(key))
                    })?;
                }
                (_, None) => {}
            }
        }
        Ok(())
    }

    /// Removes from the back, moves, adds from the front, and only then changes elements in their
    /// final places.
    fn array(
        &mut self,
        before: &[&str],
        after: &[&str],
        offset: usize,
        reading: &Reading,
    ) -> Result<(), ArtefactError> {
        let key = reading.key.as_ref();
        let identities = Identities::of(before, after, key);
        let matching = match_elements(before, after, key, &identities);
        let Matching {
            start,
            pairs,
            removed,
            added,
        } = &matching;
        for at in removed.iter().rev() {
            let path = self.path_to_element(offset + at);
            self.operations.push(Operation::Remove { path });
        }
        for (from, to) in moves::steps(pairs) {
            let from = self.path_to_element(offset + start + from);
            let path = self.path_to_element(offset + start + to);
            self.operations.push(Operation::Move { from, path });
        }
        for &at in added {
            let (path, value) = (self.path_to_element(offset + at), self.json(after[at])?);
            self.operations.push(Operation::Add { path, value });
        }
        for &Pair {
            before: old,
            after: new,
            ..
        } in pairs
        {
            let (old, text) = (before[old], after[new]);
            if old != text {
                self.within(&(offset + new).to_string(), |script| {
                    script.value(old, text, inside(reading, old))
                })?;
            }
        }
        Ok(())
    }

    fn within(
        &mut self,
        token: &str,
        walk: impl FnOnce(&mut Self) -> Result<(), ArtefactError>,
    ) -> Result<(), ArtefactError> {
        self.path.push_back(token);
        self.depth += 1;
        walk(self)?;
        self.depth -= 1;
        self.path.pop_back();
        Ok(())
    }

    fn path_to(&self, token: &str) -> Pointer {
        let mut path = self.path.clone();
        path.push_back(token);
        path
    }

    fn path_to_element(&self, at: usize) -> Pointer {
        let mut path = self.path.clone();
        path.push_back(&at.to_string());
        path
    }

    fn json(&self, raw: &str) -> Result<Json, ArtefactError> {
        Json::parse(raw).map_err(|fault| json_error(self.name.to_owned(), raw.as_bytes(), fault))
    }
}

#[cfg(test)]
pub(crate) mod tests;
