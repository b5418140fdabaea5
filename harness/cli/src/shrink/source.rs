//! The inputs of a scenario as a value, its steps, and its files again.

use std::cell::OnceCell;
use std::path::Path;

use aether_harness::{Artefact, Failure, INPUTS, InputFiles, Prepared, SmallerStep};
use aether_json::Value;
use aether_program::FileInputs;

use super::reduce::{Stepper, Steps, Taken};
use super::steps::{Edit, Measure, edits, leaves};
use super::workspace::read_files;
use crate::files::Files;

/// Inputs of a scenario.
pub(crate) struct Item {
    value: Value,
    artefact: Artefact,
}

impl Item {
    fn of(artefact: Artefact) -> Option<Self> {
        let value = artefact.to_value().ok()?;
        Some(Self { value, artefact })
    }

    /// `None` if the value is nested too deeply to be an artefact.
    fn of_value(value: Value) -> Option<Self> {
        let artefact = Artefact::from_json(INPUTS, value.to_string().as_bytes()).ok()?;
        Some(Self { value, artefact })
    }

    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// What identifies it.
    pub(crate) fn text(&self) -> &[u8] {
        self.artefact.text()
    }
}

/// How large the inputs of a scenario are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// The bytes of its files, `scenario.toml` apart.
    pub(crate) bytes: usize,
    /// Numbers, texts, switches and nulls.
    pub(crate) values: usize,
}

/// Where inputs come from, and how they are written.
pub(crate) struct Source<'a> {
    prepared: &'a dyn Prepared,
    /// For a subject that does not write its inputs: the files of its directory are its inputs.
    files: Option<FileInputs>,
    /// Files of the directory that are no inputs.
    others: Files,
    /// How long inputs may become by the subject's own steps.
    bytes_max: usize,
}

impl<'a> Source<'a> {
    /// The inputs of a scenario that was read in `dir`.
    ///
    /// # Errors
    /// A file cannot be read, or its subject cannot write its inputs.
    pub(crate) fn new(
        prepared: &'a dyn Prepared,
        dir: &Path,
        starts_program: bool,
    ) -> Result<Self, Failure> {
        let unreadable = |error: std::io::Error| Failure::unreadable(dir, &error);
        let written = prepared.input_files(prepared.inputs())?;
        let mut others = Files::new();
        if starts_program {
            let inputs = written.as_deref().unwrap_or_default();
            let is_input = |path: &Path| inputs.iter().any(|(input, _)| input == path);
            others = read_files(dir).map_err(unreadable)?;
            others.retain(|(path, _)| !is_input(path));
        }
        let files = match written {
            Some(_) => None,
            None => Some(FileInputs::read(dir)?),
        };
        let mut source = Self {
            prepared,
            files,
            others,
            bytes_max: 0,
        };
        source.bytes_max = Measure::of(&source.start()?.value).bytes_max();
        Ok(source)
    }

    /// The inputs of the scenario as it is.
    ///
    /// # Errors
    /// They are not JSON.
    pub(crate) fn start(&self) -> Result<Item, Failure> {
        let own = self.prepared.inputs();
        let inputs = self.files.as_ref().map_or(own, FileInputs::inputs);
        Item::of(inputs.clone()).ok_or_else(|| Failure::invalid("the inputs are not JSON"))
    }

    /// The files of a scenario with these inputs.
    ///
    /// # Errors
    /// No file can hold them.
    pub(crate) fn files(&self, item: &Item) -> Result<Files, Failure> {
        let mut files = self.input_files(item)?;
        files.extend(self.others.iter().cloned());
        Ok(files)
    }

    fn input_files(&self, item: &Item) -> Result<InputFiles, Failure> {
        match &self.files {
            Some(files) => files.files(&item.artefact),
            None => {
                let files = self.prepared.input_files(&item.artefact)?;
                files.ok_or_else(|| Failure::invalid("the subject no longer writes its inputs"))
            }
        }
    }

    /// How large inputs are.
    ///
    /// # Errors
    /// No file can hold them.
    pub(crate) fn size(&self, item: &Item) -> Result<Size, Failure> {
        let files = self.input_files(item)?;
        Ok(Size {
            bytes: files.iter().map(|(_, bytes)| bytes.len()).sum(),
            values: leaves(&item.value),
        })
    }
}

/// The steps of the subject, then those of any document.
impl Stepper<Item> for Source<'_> {
    fn steps<'i>(&'i self, item: &'i Item) -> Box<dyn Steps<Item> + 'i> {
        Box::new(InputSteps {
            own: self.prepared.smaller(&item.artefact),
            item,
            measure: Measure::of(&item.value),
            bytes_max: self.bytes_max,
            edits: OnceCell::new(),
        })
    }
}

struct InputSteps<'i> {
    own: Vec<SmallerStep<'i>>,
    item: &'i Item,
    measure: Measure,
    bytes_max: usize,
    edits: OnceCell<Vec<Edit>>,
}

impl Steps<Item> for InputSteps<'_> {
    fn take(&self, index: usize) -> Taken<Item> {
        let own = self.own.get(index);
        let taken = match own {
            Some(step) => Item::of(step()),
            None => {
                let edits = self.edits.get_or_init(|| edits(&self.item.value));
                match edits.get(index - self.own.len()) {
                    Some(edit) => Item::of_value(edit.apply(&self.item.value)),
                    None => return Taken::End,
                }
            }
        };
        let is_step = |item: &Item| {
            let measure = Measure::of(&item.value);
            measure < self.measure
                || own.is_some()
                    && item.value != self.item.value
                    && measure.is_allowed_after(self.measure, self.bytes_max)
        };
        match taken {
            Some(item) if is_step(&item) => Taken::Item(item),
            _ => Taken::Nothing,
        }
    }
}
