//! `compare`: the same diff of any two documents, or of two directories of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aether_disk as fs;

use super::diff::DiffRequest;
use super::render::{ScenarioDiff, render};
use super::{CommandError, Console, Status, if_valid, schema_of};
use crate::destination::Destination;
use crate::files;
use aether_harness::scenario::ScenarioName;
use aether_harness::snapshot::{MANIFEST_FILE, bytes_of};
use aether_harness::{
    Artefact, ArtefactSchema, KeyRule, Outline, Schema, Suite, counted, infer, nearest, quoted,
    visible,
};
use aether_program::DeclaredOutputs;

/// Two sides, and what identifies the elements of their arrays.
#[derive(Clone, Debug, Default)]
pub struct CompareRequest {
    /// The old side: a document (`.json`, `.jsonl`, `.toml`) or a directory of them.
    pub before: PathBuf,
    /// The new side.
    pub after: PathBuf,
    /// `PATH=FIELD[,FIELD…]` each, as [`KeyRule`] reads it: the dotted path of an array, and the
    /// fields that identify its elements. For directories the path starts with the document's name.
    pub keys: Vec<String>,
    /// Where the ticks of records are, as a dotted path; in directories after the document's name.
    pub ticks: Vec<String>,
    /// `NAME=PATH[,PATH…]` each, in causal order: the members that belong to a stage and are read before
    /// those of later ones. In directories, the names of documents.
    pub stages: Vec<String>,
    /// A `scenario.toml`, or its directory: the documents are its outputs.
    pub schema: Option<PathBuf>,
    /// How differences are written; its names are not looked at.
    pub report: DiffRequest,
}

/// Compares two documents or directories.
///
/// If neither a schema nor keys nor ticks nor stages are given, and no subject knows the documents, they are
/// inferred, and what was chosen is written to `console.err` as options.
///
/// # Errors
/// A side cannot be read, or a key, tick or stage is not one or matches nothing.
pub fn compare(
    suite: &Suite,
    request: &CompareRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let mut reads = vec![&*request.before, &*request.after];
    reads.extend(request.schema.as_deref());
    let DiffRequest { out, force, .. } = &request.report;
    let file = Destination::if_named(suite, out.as_deref(), *force, &reads)?;
    let is_dir = (request.before.is_dir(), request.after.is_dir());
    let declared = request
        .schema
        .as_deref()
        .map(|path| Declared::load(suite, path));
    let declared = declared.transpose()?;
    let outputs = declared.as_ref().and_then(Declared::outputs);
    let mut left_out = BTreeSet::new();
    let (before, after, mut schema) = match is_dir {
        (true, true) => (
            directory(&request.before, outputs, &mut left_out)?,
            directory(&request.after, outputs, &mut left_out)?,
            match &declared {
                Some(declared) => declared.schema(),
                None => known_schema(suite, request)?,
            },
        ),
        (false, false) => {
            let output = declared
                .as_ref()
                .map(|declared| declared.of_documents(request));
            let output = output.transpose()?;
            let read = |path: &Path| match (outputs, &output) {
                (Some(outputs), Some(output)) => {
                    output_document(path, outputs, output.position, DOCUMENT)
                }
                _ => document(path, DOCUMENT),
            };
            let rules = output.as_ref().map(|output| ArtefactSchema {
                name: DOCUMENT.to_owned(),
                ..output.rules.clone()
            });
            let schema = Schema {
                artefacts: rules.into_iter().collect(),
                ..Schema::default()
            };
            (
                vec![read(&request.before)?],
                vec![read(&request.after)?],
                schema,
            )
        }
        _ => {
            return Err(CommandError::Usage(
                "a document and a directory cannot be compared".to_owned(),
            ));
        }
    };
    let given = [&request.keys, &request.ticks, &request.stages];
    if given.iter().any(|options| !options.is_empty()) {
        let documents = Documents {
            before: &before,
            after: &after,
            in_directory: is_dir.0,
        };
        for key in &request.keys {
            documents.add_key(&mut schema, key)?;
        }
        for tick in &request.ticks {
            documents.add_tick(&mut schema, tick)?;
        }
        for stage in &request.stages {
            documents.add_stage(&mut schema, stage)?;
        }
    } else if declared.is_none() && schema == Schema::default() {
        schema = inferred(&before, &after);
        let options = options(&schema, is_dir.0);
        if !options.is_empty() {
            writeln!(console.err, "compared with {options}")?;
        }
    }
    let names = [&request.before, &request.after].map(|path| path.display().to_string());
    let mut compared = ScenarioDiff::comparison(names, before, after, schema);
    if let Some(line) = said_of_left_out(&left_out) {
        compared = compared.noting(&line);
    }
    let status = Status::of(compared.verdict());
    render(&request.report, &[compared], file.as_ref(), console)?;
    Ok(status)
}

/// What a single document is called on both sides.
const DOCUMENT: &str = "document";

/// What `--schema` names.
enum Declared {
    /// The outputs of a program.
    Outputs(DeclaredOutputs),
    /// What the subject of a scenario declares.
    Schema(Schema),
}

/// The output that a document is.
struct Output {
    position: usize,
    rules: ArtefactSchema,
}

impl Declared {
    fn load(suite: &Suite, path: &Path) -> Result<Self, CommandError> {
        match subject_schema(suite, path)? {
            Some(schema) => Ok(Self::Schema(schema)),
            None => DeclaredOutputs::load(path)
                .map(Self::Outputs)
                .map_err(|failure| CommandError::input_of("--schema", &failure)),
        }
    }

    fn outputs(&self) -> Option<&DeclaredOutputs> {
        match self {
            Self::Outputs(outputs) => Some(outputs),
            Self::Schema(_) => None,
        }
    }

    fn schema(&self) -> Schema {
        match self {
            Self::Outputs(outputs) => outputs.schema(),
            Self::Schema(schema) => schema.clone(),
        }
    }

    /// The output that two documents are: the one that either is called like, else the only one.
    fn of_documents(&self, request: &CompareRequest) -> Result<Output, CommandError> {
        let schema = self.schema();
        let stems =
            [&request.after, &request.before].map(|path| path.file_stem().unwrap_or_default());
        let named = stems
            .iter()
            .find_map(|stem| schema.position(&stem.to_string_lossy()));
        let position = match (named, &*schema.artefacts) {
            (Some(position), _) => position,
            (None, [_]) => 0,
            (None, listed) => {
                let names: Vec<&str> = listed.iter().map(|listed| &*listed.name).collect();
                return Err(CommandError::Usage(format!(
                    "--schema: the documents are called like none of its outputs, {}: which they are is known by \
                     the name of the file",
                    names.join(", ")
                )));
            }
        };
        Ok(Output {
            position,
            rules: schema.artefacts[position].clone(),
        })
    }
}

/// What the subject of a scenario of this suite declares, if the scenario is not a command.
fn subject_schema(suite: &Suite, path: &Path) -> Result<Option<Schema>, CommandError> {
    let own = || {
        let real = fs::canonicalize(path).ok()?;
        let dir = if real.is_dir() {
            &*real
        } else {
            real.parent()?
        };
        let name = scenario_name(dir)?;
        let is_own = fs::canonicalize(suite.paths().scenario(&name)).is_ok_and(|own| own == dir);
        is_own.then_some(name)
    };
    let scenario = own().map_or(Ok(None), |name| if_valid(suite, name.as_str()))?;
    match scenario.filter(|scenario| !scenario.settings().has("command")) {
        Some(scenario) => schema_of(suite, &scenario),
        None => Ok(None),
    }
}

/// The scenario that a directory is called like.
fn scenario_name(dir: &Path) -> Option<ScenarioName> {
    ScenarioName::new(dir.file_name()?.to_str()?).ok()
}

/// A document as an output declares it.
fn output_document(
    path: &Path,
    outputs: &DeclaredOutputs,
    position: usize,
    name: &str,
) -> Result<Artefact, CommandError> {
    let problem = |error: String| CommandError::Usage(format!("{}: {error}", path.display()));
    let bytes = read(path)?;
    outputs.read(position, name, path, &bytes).map_err(problem)
}

/// The documents of a directory. What is not compared is added to `left_out`.
fn directory(
    dir: &Path,
    outputs: Option<&DeclaredOutputs>,
    left_out: &mut BTreeSet<String>,
) -> Result<Vec<Artefact>, CommandError> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect()
        })
        .map_err(|error| CommandError::input_of(dir.display(), &error))?;
    paths.sort();
    let mut artefacts: Vec<Artefact> = Vec::new();
    for path in paths {
        let is_document = path
            .extension()
            .is_some_and(|extension| extension == "json" || extension == "jsonl");
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // `inputs.json` lies beside the goldens of outputs, and is not one of them.
        let output = outputs.filter(|_| path.is_file() && name != aether_harness::INPUTS);
        let output = output.and_then(|outputs| Some((outputs, outputs.position(&name)?)));
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        // Beside a golden, they say no more than it does.
        let is_beside_golden = file == MANIFEST_FILE || bytes_of(&file).is_some();
        let artefact = match output {
            Some((outputs, position)) if bytes_of(&file).is_none() => {
                output_document(&path, outputs, position, &name)?
            }
            _ if is_document => {
                // A pipe in a directory was not named by anybody, and nobody may ever write to it.
                fs::require_file(&path)
                    .map_err(|error| CommandError::input_of(path.display(), &error))?;
                document(&path, &name)?
            }
            _ => {
                if !is_beside_golden {
                    let slash = if path.is_dir() { "/" } else { "" };
                    left_out.insert(format!("{file}{slash}"));
                }
                continue;
            }
        };
        if artefacts
            .iter()
            .any(|other| other.name() == artefact.name())
        {
            return Err(CommandError::Usage(format!(
                "{}: two documents in it are called `{name}`: which belongs to which is known by the name",
                dir.display()
            )));
        }
        artefacts.push(artefact);
    }
    if artefacts.is_empty() {
        let left_out = said_of_left_out(left_out).map(|line| format!("; {line}"));
        return Err(CommandError::Usage(format!(
            "{}: there are no documents in it that can be read{}",
            dir.display(),
            left_out.unwrap_or_default()
        )));
    }
    Ok(artefacts)
}

/// Names that are listed of what is left out.
const LEFT_OUT_SHOWN: usize = 8;

/// What is not compared, in one line; `None` if there is nothing.
fn said_of_left_out(left_out: &BTreeSet<String>) -> Option<String> {
    let mut shown: Vec<String> = left_out.iter().take(LEFT_OUT_SHOWN).cloned().collect();
    if shown.is_empty() {
        return None;
    }
    let more = left_out.len() - shown.len();
    if more > 0 {
        shown.push(counted(more as u64, "more file"));
    }
    Some(format!(
        "not compared, as they are neither JSON nor declared outputs: {}",
        shown.join(", ")
    ))
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    files::read_document(path).map_err(|error| CommandError::input_of(path.display(), &error))
}

fn document(path: &Path, name: &str) -> Result<Artefact, CommandError> {
    let problem = |error: String| CommandError::Usage(format!("{}: {error}", path.display()));
    let bytes = read(path)?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension {
        Some("jsonl") => Artefact::from_json_lines(name, &bytes),
        Some("toml") => {
            let text = String::from_utf8(bytes).map_err(|error| problem(error.to_string()))?;
            let value: toml::Value =
                toml::from_str(&text).map_err(|error| problem(error.to_string()))?;
            let json = aether_json::to_vec(&value).map_err(|error| problem(error.to_string()))?;
            Artefact::from_json(name, &json)
        }
        _ => Artefact::from_json(name, &bytes),
    }
    .map_err(|error| problem(error.to_string()))
}

/// The subject's schema, if a side has the name of a scenario.
fn known_schema(suite: &Suite, request: &CompareRequest) -> Result<Schema, CommandError> {
    for side in [&request.after, &request.before] {
        let name = fs::canonicalize(side)
            .ok()
            .as_deref()
            .and_then(scenario_name);
        let scenario = name.map_or(Ok(None), |name| if_valid(suite, name.as_str()))?;
        let schema = scenario.map_or(Ok(None), |scenario| schema_of(suite, &scenario))?;
        if let Some(schema) = schema {
            return Ok(schema);
        }
    }
    Ok(Schema::default())
}

/// The schema that the documents themselves show.
fn inferred(before: &[Artefact], after: &[Artefact]) -> Schema {
    let pair = |new: &Artefact| {
        let old = before.iter().find(|old| old.name() == new.name())?;
        Some(infer(old, new))
    };
    Schema {
        artefacts: after.iter().filter_map(pair).collect(),
        ..Schema::default()
    }
}

/// A schema as the options that declare it.
fn options(schema: &Schema, in_directory: bool) -> String {
    let mut options = Vec::new();
    for artefact in &schema.artefacts {
        let name = &artefact.name;
        for key in &artefact.keys {
            let key = match (in_directory, key.path.is_empty()) {
                (false, _) => key.to_string(),
                (true, true) => format!("{name}{key}"),
                (true, false) => format!("{name}.{key}"),
            };
            options.push(format!("--key {}", quoted(&key)));
        }
        if let Some(tick) = &artefact.tick {
            let tick = if in_directory {
                format!("{name}.{tick}")
            } else {
                tick.clone()
            };
            options.push(format!("--tick {}", quoted(&tick)));
        }
    }
    visible(&options.join(" ")).into_owned()
}

/// What is compared, to find what options name in it.
struct Documents<'a> {
    before: &'a [Artefact],
    after: &'a [Artefact],
    in_directory: bool,
}

impl Documents<'_> {
    /// Parts a path into the document's name and the rest; there is only one if it is no directory.
    fn split<'p>(&self, option: &str, path: &'p str) -> Result<(&'p str, &'p str), CommandError> {
        if !self.in_directory {
            return Ok((DOCUMENT, path));
        }
        let (name, path) = path.split_once('.').unwrap_or((path, ""));
        let both = self.before.iter().chain(self.after);
        let names: Vec<&str> = both.map(Artefact::name).collect();
        if names.contains(&name) {
            return Ok((name, path));
        }
        let problem = format!("{option}: there is no document {name:?} on either side");
        Err(CommandError::Usage(with_nearest(problem, name, &names)))
    }

    fn outline(&self, name: &str) -> Outline {
        let both = self.before.iter().chain(self.after);
        Outline::of(both.filter(|artefact| artefact.name() == name))
    }

    /// Adds a key; one for the same array that the subject declared gives way.
    fn add_key(&self, schema: &mut Schema, key: &str) -> Result<(), CommandError> {
        let option = format!("--key {key}");
        let mut rule: KeyRule = key
            .parse()
            .map_err(|error| CommandError::Usage(format!("--key: {error}")))?;
        if rule.fields.is_empty() {
            return Err(CommandError::Usage(format!(
                "{option}: the field is missing"
            )));
        }
        let whole = rule.path.clone();
        let (name, path) = self.split(&option, &whole)?;
        path.clone_into(&mut rule.path);
        let outline = self.outline(name);
        if let Some(missing) = outline.missing_in_key(&rule) {
            return Err(nothing_matches(&option, &missing, &outline));
        }
        let rules = rules(schema, name);
        rules.keys.retain(|other| other.path != rule.path);
        rules.keys.push(rule);
        Ok(())
    }

    fn add_tick(&self, schema: &mut Schema, tick: &str) -> Result<(), CommandError> {
        let option = format!("--tick {tick}");
        let (name, path) = self.split(&option, tick)?;
        let outline = self.outline(name);
        if !outline.has_member(path) {
            return Err(nothing_matches(&option, path, &outline));
        }
        rules(schema, name).tick = Some(path.to_owned());
        Ok(())
    }

    fn add_stage(&self, schema: &mut Schema, stage: &str) -> Result<(), CommandError> {
        let option = format!("--stage {stage}");
        let parts = stage
            .split_once('=')
            .filter(|(name, paths)| !name.is_empty() && !paths.is_empty());
        let Some((stage, paths)) = parts else {
            let expected = "expected NAME=PATH, such as flow=edges,nodes";
            return Err(CommandError::Usage(format!("{option}: {expected}")));
        };
        if !schema.stages.iter().any(|known| known == stage) {
            schema.stages.push(stage.to_owned());
        }
        for whole in paths.split(',') {
            let (name, path) = self.split(&option, whole)?;
            if path.is_empty() {
                stage.clone_into(&mut rules(schema, name).stage);
                continue;
            }
            let outline = self.outline(name);
            if !outline.has_member(path) {
                return Err(nothing_matches(&option, path, &outline));
            }
            rules(schema, name).field_order.push(path.to_owned());
        }
        Ok(())
    }
}

/// The rules of a document, which may have none yet.
fn rules<'s>(schema: &'s mut Schema, name: &str) -> &'s mut ArtefactSchema {
    let known = schema.artefacts.iter().position(|rules| rules.name == name);
    let at = known.unwrap_or_else(|| {
        schema.artefacts.push(ArtefactSchema::new(name));
        schema.artefacts.len() - 1
    });
    &mut schema.artefacts[at]
}

fn nothing_matches(option: &str, path: &str, outline: &Outline) -> CommandError {
    if path.is_empty() {
        let problem = format!("{option}: the document is not an array; name an array in it");
        return CommandError::Usage(problem);
    }
    let members: Vec<&str> = outline.members().collect();
    let is_there = members.contains(&path);
    let problem = if is_there {
        format!("{option}: `{path}` is not an array on either side")
    } else {
        format!("{option}: nothing is called `{path}` on either side")
    };
    if is_there {
        return CommandError::Usage(problem);
    }
    CommandError::Usage(with_nearest(problem, path, &members))
}

fn with_nearest(problem: String, name: &str, names: &[&str]) -> String {
    match nearest(name, names.iter().copied()) {
        Some(near) => format!("{problem}; the nearest name is `{near}`"),
        None => problem,
    }
}
