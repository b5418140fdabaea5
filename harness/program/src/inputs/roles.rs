//! The role of each file, by the first rule that applies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aether_disk as fs;
use aether_harness::exec::Fingerprint;
use aether_harness::scenario::SCENARIO_FILE;
use aether_harness::{Failure, FileRole, Scenario, ScenarioFile, Stored};
use aether_json::Value;
use toml::Spanned;

use super::files::{self, File, Leads};
use super::globs::{Globs, literal_base, matcher, pattern};
use super::ignored::{Ignored, is_litter};
use super::{named, stored};
use crate::Places;
use crate::settings::{CommandSettings, CommandTable};
use crate::start;
use crate::steps::{Reach, Steps};

/// A file with its role.
pub(super) struct Found {
    pub(super) listed: ScenarioFile,
    pub(super) file: File,
    /// Whether it was written since, as far as metadata says so.
    pub(super) fingerprint: Option<Fingerprint>,
    /// Its name and value among the inputs, if it is one.
    pub(super) input: Option<(String, Value)>,
    /// The SHA-256 of what it leads to; empty for code, which is not read yet.
    pub(super) sha256: String,
}

/// The rule of files that the build made.
const BUILT: &str = "made by [build]";

/// Every file that has a role.
///
/// # Errors
/// A file cannot be read, or a setting matches nothing.
pub(super) fn of(
    scenario: &Scenario,
    places: &Places,
    settings: &CommandSettings,
    command: &CommandTable,
) -> Result<Vec<Found>, Failure> {
    let mut roles = Roles::new(scenario, places, settings)?;
    for file in roles.own()? {
        roles.give(file, FileRole::Input, "below the scenario's directory");
    }
    roles.globs(settings, places)?;
    roles.built();
    roles.program(places, command);
    roles.named(places, command);
    let mut found = roles.read()?;
    roles.follow(&command.follow, places, &mut found)?;
    Ok(found)
}

/// The files that the build made, as they are found.
///
/// # Errors
/// The machine cannot read the list of them.
fn built(scenario: &Scenario) -> Result<BTreeSet<PathBuf>, Failure> {
    let root = files::real_root(scenario.root());
    let built = scenario
        .built()
        .map_err(|error| Failure::machine(error.to_string()))?;
    Ok(built.iter().map(|path| root.join(path)).collect())
}

/// The paths of the inputs below the scenario's directory, as a run finds them now.
///
/// # Errors
/// A directory cannot be read.
pub(super) fn own_inputs(
    scenario: &Scenario,
    places: &Places,
    settings: &CommandSettings,
) -> Result<BTreeSet<PathBuf>, Failure> {
    let roles = Roles::new(scenario, places, settings)?;
    let files = roles.own()?.into_iter();
    let files = files.filter(|file| roles.code_rule(file).is_none());
    Ok(files.map(|file| file.path).collect())
}

struct Roles<'a> {
    scenario: &'a Scenario,
    ignore: Globs,
    code: Globs,
    ignored: Ignored,
    /// The files that the build made, without links in their paths.
    built: BTreeSet<PathBuf>,
    /// By what they lead to, so that each has one role.
    found: BTreeMap<Leads, (File, FileRole, &'static str)>,
}

impl<'a> Roles<'a> {
    fn new(
        scenario: &'a Scenario,
        places: &Places,
        settings: &CommandSettings,
    ) -> Result<Self, Failure> {
        Ok(Self {
            scenario,
            ignore: Globs::of(&settings.ignore, places)?,
            code: Globs::of(&settings.code, places)?,
            ignored: Ignored::below(scenario.root()),
            built: built(scenario)?,
            found: BTreeMap::new(),
        })
    }

    /// The rule by which a file is code whatever else it is, if there is one.
    fn code_rule(&self, file: &File) -> Option<&'static str> {
        let is_built = |real: &PathBuf| self.built.contains(real);
        if self.code.has(&file.path) {
            Some("code")
        } else if matches!(&file.leads, Leads::Inside(real) if is_built(real)) {
            Some(BUILT)
        } else {
            None
        }
    }

    /// Whether a file has no role, or a directory none in which one could have.
    fn is_ignored(&self, path: &Path, is_dir: bool) -> bool {
        is_litter(path) || self.ignore.has(path) || self.ignored.covers(path, is_dir)
    }

    fn below(&self, dir: &Path) -> Result<Vec<File>, Failure> {
        files::below(dir, self.scenario.root(), &|path, is_dir| {
            self.is_ignored(path, is_dir)
        })
    }

    /// The files of the scenario's directory.
    fn own(&self) -> Result<Vec<File>, Failure> {
        let settings = self.scenario.dir().join(SCENARIO_FILE);
        let mut files = self.below(self.scenario.dir())?;
        files.retain(|file| file.path != settings);
        Ok(files)
    }

    /// Gives a file a role, unless it has one or an earlier rule applies.
    fn give(&mut self, file: File, role: FileRole, rule: &'static str) {
        let (role, rule) = match self.code_rule(&file) {
            Some(rule) => (FileRole::Code, rule),
            None => (role, rule),
        };
        self.found
            .entry(file.leads.clone())
            .or_insert((file, role, rule));
    }

    /// The files that the build made.
    fn built(&mut self) {
        for path in self.built.clone() {
            if let Some(file) = files::file(&path, self.scenario.root())
                && !self.is_ignored(&file.path, false)
            {
                self.give(file, FileRole::Code, BUILT);
            }
        }
    }

    /// The files of `inputs` and of `code`.
    ///
    /// # Errors
    /// Every glob of inputs that matches nothing.
    fn globs(&mut self, settings: &CommandSettings, places: &Places) -> Result<(), Failure> {
        let mut problems = Vec::new();
        for (globs, role, rule) in [
            (&settings.code, FileRole::Code, "code"),
            (&settings.inputs, FileRole::Input, "inputs"),
        ] {
            for written in globs {
                let pattern = pattern(written.get_ref(), places);
                let matcher = matcher(&pattern)?;
                let base = literal_base(&pattern);
                let mut files = Vec::new();
                if base.is_dir() {
                    files = self.below(&base)?;
                } else if let Some(file) = files::file(&base, self.scenario.root()) {
                    files.push(file);
                }
                files.retain(|file| {
                    matcher.is_match(&file.path) && !self.is_ignored(&file.path, false)
                });
                if files.is_empty() && rule == "inputs" {
                    let problem = format!("no file matches {:?}", written.get_ref());
                    let problem = self.scenario.settings().problem(written.span(), problem);
                    problems.push(problem.to_string());
                }
                for file in files {
                    self.give(file, role, rule);
                }
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Failure::invalid(problems.join("\n")))
        }
    }

    /// The program, and what an interpreter runs.
    fn program(&mut self, places: &Places, command: &CommandTable) {
        let root = self.scenario.root();
        let program = start::resolved(command, places);
        let args: Vec<String> = command.args.iter().map(|arg| places.filled(arg)).collect();
        let script = named::code_argument(&program.to_string_lossy(), &args);
        let script = script.map(|at| PathBuf::from(&args[at]));
        let is_path = program.components().count() > 1;
        for path in script.into_iter().chain(is_path.then_some(program)) {
            if let Some(file) = files::file(&path, root)
                && !self.is_ignored(&file.path, false)
            {
                self.give(file, FileRole::Code, "what is run");
            }
        }
    }

    /// The files that the command line names.
    fn named(&mut self, places: &Places, command: &CommandTable) {
        let texts = command.args.iter().chain(command.env.values());
        let mut paths: Vec<PathBuf> = texts
            .flat_map(|text| named::files_in(&places.filled(text)))
            .collect();
        paths.extend(command.stdin.as_ref().map(|stdin| places.file(stdin)));
        for path in paths {
            if let Some(file) = files::file(&path, self.scenario.root())
                && !self.is_ignored(&file.path, false)
                && !is_installed(&file)
            {
                self.give(file, FileRole::Input, "named by the command");
            }
        }
    }

    fn read(&self) -> Result<Vec<Found>, Failure> {
        let all = self.found.values();
        let mut found = all
            .map(|(file, role, rule)| self.one(file, *role, rule))
            .collect::<Result<Vec<_>, _>>()?;
        found.sort_by(|a, b| a.listed.path.cmp(&b.listed.path));
        Ok(found)
    }

    fn one(&self, file: &File, role: FileRole, rule: &'static str) -> Result<Found, Failure> {
        let listed = |stored, why| ScenarioFile {
            path: self.scenario.display(&file.path),
            role,
            rule: rule.to_owned(),
            stored,
            why,
        };
        let fingerprint = file.leads.real().and_then(Fingerprint::of);
        Ok(match role {
            FileRole::Code => Found {
                listed: listed(Stored::Digest, None),
                file: file.clone(),
                fingerprint,
                input: None,
                sha256: String::new(),
            },
            FileRole::Input => {
                let read = stored::of(&file.leads, &file.path)?;
                Found {
                    listed: listed(read.stored, read.why),
                    file: file.clone(),
                    fingerprint,
                    input: Some((self.name(&file.path), read.value)),
                    sha256: read.sha256,
                }
            }
        })
    }

    /// The name of an input: its path from the scenario's directory, else from the root.
    fn name(&self, path: &Path) -> String {
        match path.strip_prefix(self.scenario.dir()) {
            Ok(below) => below.to_string_lossy().replace('\\', "/"),
            Err(_) => self.scenario.display(path),
        }
    }

    /// Adds the files that fields of input documents name, and those that these name in turn.
    fn follow(
        &mut self,
        fields: &[Spanned<String>],
        places: &Places,
        found: &mut Vec<Found>,
    ) -> Result<(), Failure> {
        let root = self.scenario.root().to_owned();
        for field in fields {
            let problem = |text: String| {
                let problem = self.scenario.settings().problem(field.span(), text);
                Failure::invalid(problem.to_string())
            };
            let steps: Steps = field
                .get_ref()
                .parse()
                .map_err(|error| problem(format!("follow {:?}: {error}", field.get_ref())))?;
            let mut missing = None;
            let mut is_found = false;
            let mut next = 0;
            while let Some(document) = found.get(next) {
                next += 1;
                let Some((name, value)) = &document.input else {
                    continue;
                };
                let path = root.join(&document.listed.path);
                // A field is written with the name of its document, or without.
                let stem = Path::new(name)
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy();
                let ways = [
                    Some(value.clone()),
                    Some(Value::Object(BTreeMap::from([(
                        stem.into_owned(),
                        value.clone(),
                    )]))),
                ];
                let mut names = BTreeSet::new();
                for mut way in ways.into_iter().flatten() {
                    match steps.reach(&way) {
                        Reach::Found => is_found = true,
                        // The better hint is the one that has a name to offer.
                        reach @ Reach::Missing { .. } => {
                            if missing
                                .as_ref()
                                .is_none_or(|known: &Reach| !known.has_nearest())
                            {
                                missing = Some(reach);
                            }
                        }
                        Reach::Nowhere => {}
                    }
                    steps.visit(&mut way, false, &mut |value| {
                        names.extend(value.as_str().map(|name| places.filled(name)));
                    });
                }
                for name in names {
                    let bases = [
                        path.parent(),
                        Some(self.scenario.dir()),
                        Some(root.as_path()),
                    ];
                    let file = bases
                        .into_iter()
                        .flatten()
                        .find_map(|base| files::file(&base.join(&name), &root));
                    let file = file.ok_or_else(|| {
                        problem(format!(
                            "{} names {name:?}, which is not a file",
                            document_name(&path, self.scenario)
                        ))
                    })?;
                    if !self.found.contains_key(&file.leads) {
                        let new = self.one(&file, FileRole::Input, "follow")?;
                        self.found
                            .insert(file.leads.clone(), (file, FileRole::Input, "follow"));
                        found.push(new);
                    }
                }
            }
            if !is_found {
                let hint = missing.map_or_else(String::new, |reach| reach.hint());
                return Err(problem(format!(
                    "follow {:?} matches nothing in the inputs{hint}",
                    field.get_ref()
                )));
            }
        }
        Ok(())
    }
}

fn document_name(path: &Path, scenario: &Scenario) -> String {
    scenario.display(path)
}

/// Whether a file is a program of this machine, which a command may name by its path.
fn is_installed(file: &File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let Leads::Outside(real) = &file.leads else {
            return false;
        };
        fs::metadata(real).is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        matches!(&file.leads, Leads::Outside(real) if real.extension().is_some_and(|it| it == "exe"))
    }
}
