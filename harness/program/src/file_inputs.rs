//! The files of a directory as inputs, and the files of such inputs once they were changed.

use std::collections::BTreeMap;
use std::path::Path;

use aether_disk as fs;
use aether_harness::documents::Documents;
use aether_harness::scenario::SCENARIO_FILE;
use aether_harness::snapshot::FORMAT;
use aether_harness::{Artefact, Failure, InputFiles, Json};

use crate::changed::members;
use crate::inputs::stored;
use crate::written::{not_written, text_of};

/// The files of a scenario's directory but for `scenario.toml`, each as the goldens of a `[command]` hold an
/// input: documents and tables by structure, other text by line, and all else as a digest.
///
/// It is for subjects that do not say how their inputs are written.
#[derive(Clone, Debug)]
pub struct FileInputs {
    files: BTreeMap<String, Vec<u8>>,
    inputs: Artefact,
}

impl FileInputs {
    /// Reads the files below a directory. Links are followed to files, not to directories.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn read(dir: &Path) -> Result<Self, Failure> {
        let files = read_files(dir)?;
        let mut documents = Documents::default();
        for (path, bytes) in &files {
            let content = stored::of_bytes(Path::new(path), bytes);
            documents.add(path, path.clone(), &Json::from(&content.value));
        }
        let inputs = documents.artefact()?;
        Ok(Self { files, inputs })
    }

    /// One member for each file.
    pub fn inputs(&self) -> &Artefact {
        &self.inputs
    }

    /// The files of these inputs, which differ in some values or lack some members.
    ///
    /// # Errors
    /// A value cannot be written in the format of its file.
    pub fn files(&self, inputs: &Artefact) -> Result<InputFiles, Failure> {
        let (before, after) = (members(&self.inputs)?, members(inputs)?);
        let mut files = Vec::new();
        for (path, bytes) in &self.files {
            let Some(value) = after.get(path) else {
                continue;
            };
            let name = Path::new(path);
            let bytes = if before.get(path) == Some(value) {
                bytes.clone()
            } else {
                let text = text_of(name, bytes, value, FORMAT);
                text.ok_or_else(|| not_written(path))?.into_bytes()
            };
            files.push((name.to_owned(), bytes));
        }
        Ok(files)
    }
}

/// The files below a directory but for its `scenario.toml`.
///
/// # Errors
/// One cannot be read.
fn read_files(dir: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut files = BTreeMap::new();
    let mut dirs = vec![(dir.to_owned(), String::new())];
    while let Some((dir, under)) = dirs.pop() {
        let unreadable = |error: std::io::Error| Failure::unreadable(&dir, &error);
        for entry in fs::read_dir(&dir).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let path = format!("{under}{}", entry.file_name().to_string_lossy());
            if kind.is_dir() {
                dirs.push((entry.path(), format!("{path}/")));
            } else if path != SCENARIO_FILE && entry.path().is_file() {
                let bytes = fs::read(entry.path());
                let unreadable = |error| Failure::unreadable(&entry.path(), &error);
                files.insert(path, bytes.map_err(unreadable)?);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use aether_json::Value;

    use super::*;

    #[test]
    fn files_are_inputs_and_inputs_are_files() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("in")).unwrap();
        for (name, text) in [
            ("scenario.toml", "description = \"d\""),
            ("a.json", "{ \"n\": [1, 2] }"),
            ("in/t.csv", "a,b\n1,2\n3,4\n"),
            ("raw.bin", "\u{0}"),
        ] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let read = FileInputs::read(dir.path()).unwrap();
        let text = |inputs: &Artefact| {
            let files = read.files(inputs).unwrap().into_iter();
            let shown = files.map(|(path, bytes)| {
                format!("{}: {}", path.display(), String::from_utf8(bytes).unwrap())
            });
            shown.collect::<Vec<_>>()
        };
        assert_eq!(
            text(read.inputs()),
            [
                "a.json: { \"n\": [1, 2] }",
                "in/t.csv: a,b\n1,2\n3,4\n",
                "raw.bin: \0"
            ]
        );
        let mut changed = read.inputs().to_value().unwrap();
        *changed.pointer_mut("/a.json/n").unwrap() = aether_json::json!([2]);
        *changed.pointer_mut("/in~1t.csv").unwrap() = aether_json::json!([{"a": 3, "b": 4}]);
        changed.as_object_mut().unwrap().remove("raw.bin");
        let artefact = |value: &Value| Artefact::from_json("inputs", value.to_string().as_bytes());
        assert_eq!(
            text(&artefact(&changed).unwrap()),
            ["a.json: {\"n\":[2]}", "in/t.csv: a,b\n3,4\n"]
        );
        *changed.pointer_mut("/in~1t.csv").unwrap() = aether_json::json!([{"a": [3]}]);
        assert!(read.files(&artefact(&changed).unwrap()).is_err());
    }
}
