//! Changed inputs, reported as they are in their files.

use std::collections::BTreeMap;

use crate::Artefact;
use crate::INPUTS;
use crate::change::{Cause, Change};
use aether_json::scan;

/// The member of `inputs` that says which file each other member came from.
const FILES: &str = "files";

/// The file of each input document.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<String, String>);

impl Files {
    /// Reads the files of both sides; if they differ, the new one counts.
    pub(super) fn of(before: &[Artefact], after: &[Artefact]) -> Self {
        let mut files = BTreeMap::new();
        for artefact in before.iter().chain(after) {
            if artefact.name() == INPUTS {
                files.extend(listed(artefact).unwrap_or_default());
            }
        }
        Self(files)
    }

    /// A difference of the inputs as a cause.
    pub(super) fn cause(&self, change: Change) -> Cause {
        let inside = change.path.without_first();
        let path_before = change.path_before.map(|path| path.without_first());
        let file = inside.first_field().and_then(|member| self.0.get(member));
        let (file, path, path_before) = match file {
            // A document that was renamed as a whole has no place before in its file.
            Some(file) => (
                file.clone(),
                inside.without_first(),
                path_before.map(|path| path.without_first()),
            ),
            None => (INPUTS.to_owned(), inside, path_before),
        };
        Cause {
            file,
            path,
            path_before: path_before.filter(|path| !path.to_string().is_empty()),
            before: change.before,
            after: change.after,
            kind: change.kind,
        }
    }
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
