//! Changed inputs, reported as they are in their files.

use std::collections::BTreeMap;

use crate::change::{Cause, Change, ChangeKind};
use crate::{Artefact, INPUTS, Numbered, Schema};
use aether_json::scan;

/// The member of `inputs` that says which file each other member came from.
const FILES: &str = "files";

/// Members that name what has them, the most usual first; any other text comes after them.
const NAMES: [&str; 3] = ["id", "name", "key"];

/// What is known of the files that input documents came from.
#[derive(Debug, Default)]
pub(super) struct Files<'a> {
    /// The file of each document.
    files: BTreeMap<String, String>,
    /// The inputs before and after.
    inputs: [Option<&'a str>; 2],
    /// The documents whose elements have numbers.
    numbered: Option<&'a BTreeMap<String, Numbered>>,
    /// Their elements, as far as they were asked for.
    elements: BTreeMap<(usize, String), Vec<&'a str>>,
}

impl<'a> Files<'a> {
    /// Reads the files of both sides; if they differ, the new one counts.
    pub(super) fn of(before: &'a [Artefact], after: &'a [Artefact], schema: &'a Schema) -> Self {
        let mut files = BTreeMap::new();
        let sides = [before, after].map(|side| {
            let inputs = side.iter().find(|artefact| artefact.name() == INPUTS)?;
            files.extend(listed(inputs).unwrap_or_default());
            std::str::from_utf8(inputs.text()).ok()
        });
        Self {
            files,
            inputs: sides,
            numbered: schema.artefact(INPUTS).map(|inputs| &inputs.numbered),
            elements: BTreeMap::new(),
        }
    }

    /// A difference of the inputs as a cause.
    pub(super) fn cause(&mut self, change: Change) -> Cause {
        let inside = change.path.without_first();
        let path_before = change.path_before.map(|path| path.without_first());
        let member = inside.first_field().map(str::to_owned);
        let file = member.as_ref().and_then(|member| self.files.get(member));
        let (file, path, path_before) = match file {
            // A document that was renamed as a whole has no place before in its file.
            Some(file) => (
                file.clone(),
                inside.without_first(),
                path_before.map(|path| path.without_first()),
            ),
            None => (INPUTS.to_owned(), inside, path_before),
        };
        let element = member
            .zip(path.first_index())
            .and_then(|(member, at)| self.element(&member, at, change.kind));
        Cause {
            file,
            path,
            path_before: path_before.filter(|path| !path.to_string().is_empty()),
            before: change.before,
            after: change.after,
            kind: change.kind,
            element,
        }
    }

    /// What people call the element at this position: `line 12`, `row 4 (north)`.
    fn element(&mut self, member: &str, at: usize, kind: ChangeKind) -> Option<String> {
        let Numbered { noun, first } = self.numbered?.get(member)?;
        let number = at + first;
        // The position is that in the new document, but for what is only in the old one.
        let side = usize::from(kind != ChangeKind::Removed);
        let elements = self.elements.entry((side, member.to_owned()));
        let inputs = self.inputs[side];
        let elements = elements.or_insert_with(|| {
            let member = aether_json::to_string(member).ok();
            let document = inputs
                .zip(member)
                .and_then(|(inputs, member)| scan::member(inputs.trim_ascii(), &member));
            document.and_then(scan::elements).unwrap_or_default()
        });
        let name = elements.get(at).and_then(|element| name_of(element));
        Some(match name {
            Some(name) => format!("{noun} {number} ({name})"),
            None => format!("{noun} {number}"),
        })
    }
}

/// The text by which people know a record: that of a member called `id`, `name` or `key`, else its first text.
fn name_of(record: &str) -> Option<String> {
    let members = scan::members(record)?;
    let text = |value: &str| aether_json::from_str::<String>(value).ok();
    let named = NAMES.iter().find_map(|name| {
        let (_, value) = members
            .iter()
            .find(|(key, _)| key.trim_matches('"') == *name)?;
        text(value)
    });
    named.or_else(|| members.iter().find_map(|(_, value)| text(value)))
}

fn listed(inputs: &Artefact) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(inputs.text()).ok()?;
    let files = scan::member(text.trim_ascii(), &format!("\"{FILES}\""))?;
    let mut listed: Vec<(String, String)> = Vec::new();
    for (name, file) in scan::members(files)? {
        let [name, file] = [name, file].map(aether_json::from_str);
        listed.push((name.ok()?, file.ok()?));
    }
    Some(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_known_by_its_name_else_by_its_first_text() {
        for (record, name) in [
            (r#"{"a":"first","name":"N"}"#, Some("N")),
            (r#"{"key":"K","name":"N"}"#, Some("N")),
            (r#"{"id":7,"name":"N"}"#, Some("N")),
            (r#"{"a":1,"b":"B","c":"C"}"#, Some("B")),
            (r#"{"a":1}"#, None),
            ("[1]", None),
        ] {
            assert_eq!(name_of(record).as_deref(), name, "{record}");
        }
    }
}
