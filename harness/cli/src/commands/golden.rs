//! `golden`: compares a document that a test made with its golden, or makes it the golden.
//!
//! The document is treated as the output of a scenario that exists for this one call, so that verdict,
//! report and bless are those of every scenario. Its directory is below the target directory; its goldens
//! are among all others, and `snapshot.toml` says that they belong to a test.

use std::io;
use std::path::PathBuf;

use aether_disk as fs;

use super::bless::{BlessOptions, bless};
use super::shown::Shown;
use super::{CommandError, Console, Status, Worst};
use crate::files;
use aether_harness::evaluate::{CheckMessage, CheckResult, evaluate};
use aether_harness::report::visible;
use aether_harness::scenario::{SCENARIO_FILE, ScenarioName};
use aether_harness::snapshot::{self, GOLDEN_NAME_MAX, Opened, TEST_SUBJECT, is_golden_name};
use aether_harness::{
    Artefact, ArtefactSchema, Check, Failure, INPUTS, KeyRule, MachineFailure as _, Outline,
    Prepared, Scenario, Schema, Scratch, SimpleRun, Subject, Suite, nearest, quoted,
};
use aether_json::json;

/// A document, what is known of it, and what to do with it.
#[derive(Clone, Debug, Default)]
pub struct GoldenOptions {
    /// The name of the goldens.
    pub name: String,
    /// The document; standard input if there is none.
    pub document: Option<PathBuf>,
    /// What the document is called.
    pub artefact: String,
    /// `PATH=FIELD[,FIELD…]` each, as [`KeyRule`] reads it.
    pub keys: Vec<String>,
    /// The field that holds a record's tick.
    pub tick: Option<String>,
    /// The stage that the document belongs to.
    pub stage: Option<String>,
    /// The test that made it, as `FILE::NAME`.
    pub test: Option<String>,
    /// What people type to run that test again.
    pub typed: Option<String>,
    /// Make the document the golden.
    pub bless: bool,
    /// Why the golden changes.
    pub reason: Option<String>,
    /// The value of the variable `CI`; nothing is blessed if it says yes.
    pub ci: Option<String>,
    /// The date of a bless, `YYYY-MM-DD`.
    pub date: String,
}

/// The most that a golden of a test holds.
const BYTES_MAX: usize = 20_000_000;

/// Names of goldens that have a meaning of their own.
const RESERVED: [&str; 4] = [INPUTS, "exit", "error", "snapshot"];

/// Compares a document with its golden, or makes it the golden.
///
/// # Errors
/// The document cannot be read, a name or a path is not valid, or a bless is refused.
pub fn golden(
    suite: &Suite,
    options: &GoldenOptions,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let name = ScenarioName::new(options.name.as_str())
        .map_err(|error| CommandError::Usage(format!("`{}`: {error}", options.name)))?;
    refuse_taken(suite, &name)?;
    let document = document(options)?;
    let schema = schema(suite, &name, options, &document)?;
    let outputs = suite.paths().outputs();
    let scratch = Scratch::new(&outputs, ".golden-").map_err(|error| at(&outputs, &error))?;
    let dir = scratch.path().join(name.as_str());
    fs::create_dir(&dir).map_err(|error| at(&dir, &error))?;
    let file = dir.join(SCENARIO_FILE);
    fs::write(&file, SCENARIO).map_err(|error| at(&file, &error))?;
    let layout = suite.paths().clone().with_scenarios(scratch.path());
    // The test that made the document is not run here, so there is nothing to run in a child.
    let own = Suite::new(layout.root())
        .layout(layout)
        .command(suite.typed())
        .test(typed(suite, options))
        .subject(Records {
            inputs: inputs(options)?,
            document,
            schema,
        });
    if options.bless {
        let options = BlessOptions {
            names: vec![options.name.clone()],
            reason: options.reason.clone(),
            ci: options.ci.clone(),
            date: options.date.clone(),
            ..BlessOptions::default()
        };
        bless(&own, &options, console)
    } else {
        check(&own, &name, console)
    }
}

/// Compares, and leaves what a bless and a look at all of it need.
fn check(
    suite: &Suite,
    name: &ScenarioName,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let found = super::chosen(suite, &[name.as_str().to_owned()])?.remove(0);
    let scenario = super::valid(&found)?;
    let result: CheckResult = evaluate(suite, scenario, &Check::Golden);
    if result.verdict.passes() {
        aether_harness::outputs::clear(suite, name)?;
        Shown::forget(suite, name)?;
        return Ok(Status::Done);
    }
    if let Some(output) = &result.after {
        aether_harness::outputs::leave(suite, name, &output.set)?;
    }
    if let Some(shown) = Shown::of(&result) {
        shown.store(suite, name)?;
    }
    let message = CheckMessage::new(suite, name.as_str(), &Check::Golden, &result);
    writeln!(console.out, "{}", visible(&message.text))?;
    let mut worst = Worst::default();
    worst.add_result(name.as_str(), &result);
    worst.end()
}

/// What makes a directory a scenario.
const SCENARIO: &str = "description = \"what a test keeps\"\nruntime = \"instant\"\n";

/// A document as the program under test.
struct Records {
    document: Artefact,
    inputs: Artefact,
    schema: Schema,
}

impl Subject for Records {
    fn name(&self) -> &str {
        TEST_SUBJECT
    }

    fn open(&self, _: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        let document = self.document.clone();
        Ok(SimpleRun::with_schema(
            self.inputs.clone(),
            self.schema.clone(),
            move |_| Ok(vec![document.clone()]),
        ))
    }
}

/// Refuses a name that a scenario has, or goldens that are not those of a test.
fn refuse_taken(suite: &Suite, name: &ScenarioName) -> Result<(), CommandError> {
    let scenario = suite.paths().scenario(name);
    if scenario.symlink_metadata().is_ok() {
        let shown = suite.paths().display(&scenario);
        return Err(CommandError::Usage(format!(
            "{shown} is a scenario, whose goldens have this name"
        )));
    }
    let dir = suite.paths().snapshot(name);
    match snapshot::open(&dir) {
        Ok(Opened::Sound(snapshot) | Opened::Edited(Some(snapshot), _))
            if snapshot.manifest.subject != TEST_SUBJECT =>
        {
            let shown = suite.paths().display(&dir);
            Err(CommandError::Usage(format!(
                "{shown} holds the goldens of a scenario that is gone; remove them: {} rm -r {shown}",
                suite.typed_git()
            )))
        }
        Err(error) if error.is_of_machine() => Err(error.into()),
        _ => Ok(()),
    }
}

fn document(options: &GoldenOptions) -> Result<Artefact, CommandError> {
    let name = &options.artefact;
    if !is_golden_name(name) || RESERVED.contains(&&**name) {
        return Err(CommandError::Usage(format!(
            "the name {name:?} cannot be a golden's: use at most {GOLDEN_NAME_MAX} ASCII letters, digits, '_', '-', \
             and '.', '+', ' ' inside, and not {}",
            RESERVED.join(", ")
        )));
    }
    let (shown, bytes) = match &options.document {
        Some(path) => (path.display().to_string(), files::read_document(path)),
        None => (
            "the standard input".to_owned(),
            files::within_limit(io::stdin().lock()),
        ),
    };
    let bytes = bytes.map_err(|error| CommandError::input_of(&shown, &error))?;
    let document = Artefact::from_json(name, &bytes)
        .map_err(|error| CommandError::Usage(format!("{shown}: {error}")))?;
    let size = document.text().len();
    if size > BYTES_MAX {
        return Err(CommandError::Usage(format!(
            "`{name}` has {:.0} MB; a golden of a test has at most {} MB: keep a part of the records, or \
             sums of them",
            size as f64 / 1e6,
            BYTES_MAX / 1_000_000
        )));
    }
    Ok(document)
}

/// How to read the document. What matches neither it nor its golden is a slip of the pen.
fn schema(
    suite: &Suite,
    name: &ScenarioName,
    options: &GoldenOptions,
    document: &Artefact,
) -> Result<Schema, CommandError> {
    let opened = snapshot::open(&suite.paths().snapshot(name));
    let golden = match opened {
        Ok(Opened::Sound(snapshot)) => match snapshot.artefacts() {
            Err(error) if error.is_of_machine() => return Err(error.into()),
            golden => golden.unwrap_or_default(),
        },
        Err(error) if error.is_of_machine() => return Err(error.into()),
        _ => Vec::new(),
    };
    let golden = golden.iter().filter(|golden| golden.name() != INPUTS);
    let outline = Outline::of(golden.chain([document]));
    let mut rules = ArtefactSchema::new(document.name());
    for key in &options.keys {
        let rule: KeyRule = key
            .parse()
            .map_err(|error| CommandError::Usage(format!("--key: {error}")))?;
        if let Some(missing) = outline.missing_in_key(&rule) {
            return Err(nothing_matches(&format!("key {key}"), &missing, &outline));
        }
        rules.keys.push(rule);
    }
    if let Some(tick) = &options.tick {
        let has_members = outline.members().next().is_some();
        if has_members && !outline.has_member(tick) {
            return Err(nothing_matches(&format!("tick {tick}"), tick, &outline));
        }
        rules.tick = Some(tick.clone());
    }
    let mut schema = Schema::default();
    if let Some(stage) = &options.stage {
        schema.stages.push(stage.clone());
        rules.stage.clone_from(stage);
    }
    schema.artefacts.push(rules);
    Ok(schema)
}

fn nothing_matches(option: &str, path: &str, outline: &Outline) -> CommandError {
    let members: Vec<&str> = outline.members().collect();
    let problem = if path.is_empty() {
        "the document is not an array; name an array in it".to_owned()
    } else if members.contains(&path) {
        format!("`{path}` is not an array")
    } else {
        let near = nearest(path, members.iter().copied());
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("nothing is called `{path}`{hint}")
    };
    CommandError::Usage(format!("{option}: {problem}"))
}

/// What the document was made by: the only input of a test that is known here.
fn inputs(options: &GoldenOptions) -> Result<Artefact, CommandError> {
    let value = match &options.test {
        None => json!({ "files": {} }),
        Some(test) => {
            let file = test.split("::").next().unwrap_or(test);
            json!({ "files": { "test": file }, "test": test.clone() })
        }
    };
    Artefact::from_json(INPUTS, value.to_string().as_bytes())
        .map_err(|error| CommandError::Usage(format!("--test: {error}")))
}

/// What people type to check the document again.
fn typed(suite: &Suite, options: &GoldenOptions) -> String {
    match &options.typed {
        Some(typed) => typed.clone(),
        None => format!("{} golden {}", suite.typed(), quoted(&options.name)),
    }
}

fn at(path: &std::path::Path, error: &io::Error) -> CommandError {
    CommandError::Io(format!("{}: {error}", path.display()))
}
