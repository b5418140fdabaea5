//! Reads the declared outputs of a program as artefacts.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use aether_disk as fs;
use aether_harness::snapshot::{GOLDEN_NAME_MAX, golden_of, has_goldens, is_golden_name};
use aether_harness::{Artefact, MachineFailure as _, Scenario};
use aether_json::Value;

use crate::declared;
use crate::machine::{MachinePaths, holds};
use crate::process::OUTPUT_BYTES_MAX;
use crate::read::{self, Parsed, Reader};
use crate::settings::{Empty, OutputFormat, OutputTable, STREAMS, glob, is_reserved};
use crate::steps::Steps;

/// Names of other files that a message about a missing one lists.
const OTHERS_MAX: usize = 8;

/// The files that the program writes its declared outputs to; those of globs are not known before.
pub(crate) fn files(outputs: &[OutputTable], scratch: &Path, work: &Path) -> Vec<PathBuf> {
    outputs
        .iter()
        .filter(|output| !output.is_glob())
        .map(|output| file(output, scratch, work))
        .collect()
}

fn file(output: &OutputTable, scratch: &Path, work: &Path) -> PathBuf {
    let from = output.from.get_ref().as_str();
    if STREAMS.contains(&from) {
        scratch.join(from)
    } else {
        work.join(from)
    }
}

/// The names of an output's artefacts, for a schema: `*` is any text.
pub(crate) fn pattern(output: &OutputTable) -> String {
    let name = output.name.get_ref();
    let holes = HOLES
        .iter()
        .filter_map(|hole| Some((name.find(hole)?, hole.len())));
    let holes: Vec<_> = holes.collect();
    let start = holes.iter().map(|(at, _)| *at).min();
    let end = holes.iter().map(|(at, length)| at + length).max();
    match (start, end) {
        (Some(start), Some(end)) => format!("{}*{}", &name[..start], &name[end..]),
        _ => name.clone(),
    }
}

/// What the name of a glob's outputs is made of.
const HOLES: [&str; 2] = ["{stem}", "{path}"];

/// What is wrong with an output.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The program did not leave what it should.
    Program(String),
    /// `scenario.toml` says something that fits no output.
    Invalid(String),
    /// The machine cannot read a file.
    Machine(String),
}

/// What a program left.
pub(crate) struct Outputs<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) scratch: &'a Path,
    pub(crate) work: &'a Path,
    pub(crate) machine: &'a MachinePaths,
}

/// One file that is an output.
struct Source {
    name: String,
    /// As messages name it.
    from: String,
    path: PathBuf,
}

impl Outputs<'_> {
    /// The artefacts of one declared output: one, or as many as its glob matches.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn artefacts(&self, output: &OutputTable) -> Result<Vec<Artefact>, Problem> {
        let mut artefacts = Vec::new();
        for source in self.sources(output)? {
            if let Some(artefact) = self.artefact(output, &source)? {
                self.refuse_paths(output, &artefact)?;
                artefacts.push(artefact);
            }
        }
        Ok(artefacts)
    }

    fn sources(&self, output: &OutputTable) -> Result<Vec<Source>, Problem> {
        let (name, from) = (output.name.get_ref(), output.from.get_ref());
        if !output.is_glob() {
            return Ok(vec![Source {
                name: name.clone(),
                from: from.clone(),
                path: file(output, self.scratch, self.work),
            }]);
        }
        let glob = glob(from).map_err(|error| Problem::Invalid(error.to_string()))?;
        let matcher = glob.compile_matcher();
        let mut sources = Vec::new();
        for below in files_below(self.work)? {
            if !matcher.is_match(&below) {
                continue;
            }
            let stem = Path::new(&below).file_stem().unwrap_or_default();
            let name = name
                .replace("{stem}", &stem.to_string_lossy())
                .replace("{path}", &below.replace('/', "+"));
            if !is_golden_name(&name) || is_reserved(&name) {
                return Err(Problem::Invalid(format!(
                    "the output {below} would have the name {name:?}, which is not a name for a golden: \
                     use at most {GOLDEN_NAME_MAX} ASCII letters, digits, '_', '-', and '.', '+', ' ' inside; \
                     `inputs`, `exit`, `error` and `snapshot` are the harness's own"
                )));
            }
            sources.push(Source {
                name,
                path: self.work.join(&below),
                from: below,
            });
        }
        if sources.is_empty() && !has_goldens(self.scenario) {
            return Err(Problem::Program(format!(
                "no file matches {from}; {}",
                left(self.work)
            )));
        }
        Ok(sources)
    }

    /// The artefact of one file; `None` if the part of it that is the output is gone.
    fn artefact(&self, output: &OutputTable, source: &Source) -> Result<Option<Artefact>, Problem> {
        let Source { name, from, path } = source;
        let program =
            |problem: String| Problem::Program(format!("the output `{name}` ({from}) {problem}"));
        refuse_strange(path, self.scratch).map_err(|problem| match problem {
            Strange::Missing => Problem::Program(format!(
                "the output `{name}` is missing: there is no {from}; {}",
                left(self.work)
            )),
            Strange::Other(problem) => program(problem),
        })?;
        let length = fs::metadata(path).map_or(0, |meta| meta.len());
        if length > OUTPUT_BYTES_MAX {
            return Err(program(format!(
                "is longer than {} MiB",
                OUTPUT_BYTES_MAX >> 20
            )));
        }
        let bytes = fs::read(path).map_err(|error| {
            if is_of_machine(&error) {
                Problem::Machine(format!("{}: {error}", path.display()))
            } else {
                program(format!("cannot be read: {error}"))
            }
        })?;
        if !self.machine.covers_outputs() || output.format == OutputFormat::Bytes {
            refuse_own_place(&bytes, self.work).map_err(program)?;
        }
        if bytes.is_empty() && output.empty == Some(Empty::Error) {
            return Err(program("is empty".to_owned()));
        }
        let has_paths = self.machine.covers_outputs() && self.machine.may_be_in(&bytes);
        let machine = has_paths.then_some(self.machine);
        let read = |replaces: bool| {
            let reader = Reader {
                output,
                machine,
                replaces,
            };
            reader.read(name, &bytes).map_err(program)
        };
        let value = match read(true)? {
            Parsed::Artefact(artefact) if is_done(output, has_paths) => return Ok(Some(artefact)),
            parsed => parsed.value().map_err(program)?,
        };
        let Some(mut value) = self.part(output, name, value)? else {
            return Ok(None);
        };
        let mut raw = match (output.replace.is_empty(), output.volatile.is_empty()) {
            (true, true) => None,
            (true, false) => Some(value.clone()),
            (false, _) => Some(read(false)?.value().map_err(program)?),
        };
        for value in [Some(&mut value), raw.as_mut()].into_iter().flatten() {
            if has_paths {
                self.machine.replace_in(value);
            }
        }
        self.hide_volatile(output, name, &mut value)?;
        read::sort_unordered(output, &mut value, raw.as_mut());
        read::artefact(name, &value, raw.as_ref())
            .map(Some)
            .map_err(|error| program(error.to_string()))
    }

    /// The part of a document that is the output; `None` if it is gone, though the golden has it.
    fn part(
        &self,
        output: &OutputTable,
        name: &str,
        value: Value,
    ) -> Result<Option<Value>, Problem> {
        let Some(at) = &output.at else {
            return Ok(Some(value));
        };
        let steps = steps(at.get_ref());
        match steps.select(&value) {
            Some(part) => Ok(Some(part.clone())),
            // What the golden has is removed.
            None if self.golden(name)?.is_some() => Ok(None),
            None => {
                let hint = steps.reach(&value).hint();
                let problem = format!("at = {:?} matches nothing{hint}", at.get_ref());
                Err(self.invalid(at.span(), name, &problem))
            }
        }
    }

    /// Puts a placeholder for each volatile value that has its form. One of another form stays as it
    /// is, and so differs from the golden.
    fn hide_volatile(
        &self,
        output: &OutputTable,
        name: &str,
        value: &mut Value,
    ) -> Result<(), Problem> {
        for (volatile, other) in read::hide_volatile(output, value) {
            if self.golden(name)?.is_none() {
                let problem = format!(
                    "`{}` is {other}, which does not have the form {}",
                    volatile.path.get_ref(),
                    volatile.form.get_ref()
                );
                return Err(self.invalid(volatile.form.span(), name, &problem));
            }
        }
        Ok(())
    }

    /// A declared path that matches neither the output nor its golden is a slip of the pen.
    fn refuse_paths(&self, output: &OutputTable, artefact: &Artefact) -> Result<(), Problem> {
        let mut unreadable = None;
        let golden = || {
            self.golden(artefact.name()).unwrap_or_else(|problem| {
                unreadable = Some(problem);
                None
            })
        };
        let missing = declared::missing(output, artefact, golden);
        if let Some(problem) = unreadable {
            return Err(problem);
        }
        match missing {
            None => Ok(()),
            Some((span, problem)) => Err(self.invalid(span, artefact.name(), &problem)),
        }
    }

    fn invalid(&self, span: Range<usize>, name: &str, problem: &str) -> Problem {
        let message = format!("output `{name}`: {problem}");
        let problem = self.scenario.settings().problem(span, message);
        Problem::Invalid(problem.to_string())
    }

    fn golden(&self, name: &str) -> Result<Option<Artefact>, Problem> {
        golden_of(self.scenario, name).map_err(|error| Problem::Machine(error.to_string()))
    }
}

/// Whether the machine failed to read what a program left, which may forbid to read it.
fn is_of_machine(error: &io::Error) -> bool {
    error.is_of_machine() && error.kind() != io::ErrorKind::PermissionDenied
}

/// Whether what was read of an output is what its golden holds.
fn is_done(output: &OutputTable, has_paths: bool) -> bool {
    output.format == OutputFormat::Bytes || !(has_paths || read::is_changed(output))
}

fn steps(path: &str) -> Steps {
    path.parse().expect("what `check` accepts is a path")
}

/// The regular files and links below a directory, as paths from it with slashes, in order. Links to
/// directories are not followed.
fn files_below(dir: &Path) -> Result<Vec<String>, Problem> {
    let mut found = Vec::new();
    let mut dirs = vec![PathBuf::new()];
    while let Some(below) = dirs.pop() {
        let path = dir.join(&below);
        let entries = fs::read_dir(&path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match entries {
            Err(error) if is_of_machine(&error) => {
                return Err(Problem::Machine(format!("{}: {error}", path.display())));
            }
            entries => entries.unwrap_or_default(),
        };
        for entry in entries {
            let path = below.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => dirs.push(path),
                Ok(_) => found.push(path.to_string_lossy().replace('\\', "/")),
                Err(_) => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

enum Strange {
    Missing,
    Other(String),
}

/// An output must be a regular file in the run's directory: not a pipe, which would never end, nor a link to
/// another place.
fn refuse_strange(path: &Path, scratch: &Path) -> Result<(), Strange> {
    let real = fs::canonicalize(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Strange::Missing,
        _ => Strange::Other(format!("cannot be read: {error}")),
    })?;
    let is_own = fs::canonicalize(scratch).is_ok_and(|scratch| real.starts_with(scratch));
    if !is_own {
        return Err(Strange::Other(
            "leads out of the directory in which the program ran: an output must be a file of its own"
                .to_owned(),
        ));
    }
    if !real.is_file() {
        return Err(Strange::Other("is not a file".to_owned()));
    }
    Ok(())
}

/// The directory of a run is new each time, so an output that names it never repeats.
fn refuse_own_place(bytes: &[u8], work: &Path) -> Result<(), String> {
    let place = work.to_string_lossy();
    // Bytes that are not text are none of this rule's business.
    if std::str::from_utf8(bytes).is_ok_and(|text| holds(text, &place)) {
        return Err(
            "names the directory in which the program ran, which is a new one for each run: let it \
             write relative paths, or none"
                .to_owned(),
        );
    }
    Ok(())
}

/// What the program left in place of a missing output.
fn left(work: &Path) -> String {
    let mut names: Vec<String> = fs::read_dir(work)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let more = names.len().saturating_sub(OTHERS_MAX);
    names.truncate(OTHERS_MAX);
    match (names.is_empty(), more) {
        (true, _) => "the program left no file".to_owned(),
        (false, 0) => format!("the program left {}", names.join(", ")),
        (false, more) => format!("the program left {} and {more} more", names.join(", ")),
    }
}
