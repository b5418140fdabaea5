//! `why`: how a value came to differ from its golden.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use aether_harness::evaluate::{CheckResult, CheckRun, Ending, RunOutput, evaluate};
use aether_harness::scenario::SnapshotMode;
use aether_harness::snapshot::Snapshot;
use aether_harness::{
    Artefact, Check, DiffOptions, PathStep, Place, Prepared, Scenario, Schema, Suite, Verdict,
    nearest,
};
use aether_why::{CauseKind, Why, WhyError, WhyOptions};

use super::diff::RebuildOptions;
use super::rebuild::{self, Records};
use super::{CommandError, Console, Status, chosen, valid};
use crate::destination::Destination;
use crate::lineage::{LineageError, Runs};

/// How an explanation is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum WhyFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// One self-contained page, with the picture.
    Html,
    /// A picture.
    Svg,
}

/// What to explain, and how.
#[derive(Clone, Debug)]
pub struct WhyRequest {
    /// The scenario.
    pub name: String,
    /// The path of the value; the first divergence if it is `None`.
    pub at: Option<String>,
    /// How many values are written at most, the nearest ones.
    pub limit: usize,
    /// Write every step of the shortest path and every cause.
    pub all: bool,
    /// Make the records of goldens that are digests again, with the program of the goldens.
    pub rebuild: Option<RebuildOptions>,
    /// How it is written.
    pub format: WhyFormat,
    /// The file to write to, in place of the standard output.
    pub out: Option<PathBuf>,
    /// Replaces a file at `out` that is not known as a report or a bundle.
    pub force: bool,
}

/// Says how a value of a scenario came to differ from its golden.
///
/// # Errors
/// There is no such scenario; it cannot be compared with its goldens; the value does not differ; the subject does
/// not say what it is computed from.
pub fn why(
    suite: &Suite,
    request: &WhyRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let file = Destination::if_named(suite, request.out.as_deref(), request.force, &[])?;
    let found = chosen(suite, std::slice::from_ref(&request.name))?.remove(0);
    let usage = |problem: String| CommandError::Usage(problem);
    let scenario = valid(&found)?;
    let at = match &request.at {
        Some(text) => Some(place(text)?),
        None => None,
    };
    let result = evaluate(suite, scenario, &Check::Golden);
    let snapshot = compared(scenario, &result)?;
    let output = (result.after.as_ref()).expect("what is compared with goldens has run");
    let has_digests =
        [snapshot.manifest.snapshot, scenario.snapshot].contains(&SnapshotMode::Digest);
    let (before, after) = match &request.rebuild {
        Some(options) if has_digests => rebuilt(suite, scenario, output, options, console)?,
        None if has_digests => {
            return Err(usage(format!(
                "{}: its goldens are kept as digests, without the values that `why` follows: `--rebuild` makes \
                 them again, with the program of the goldens",
                found.name
            )));
        }
        _ => (snapshot.artefacts()?, output.set.to_vec()),
    };
    let run = CheckRun::read(suite, scenario);
    let run = run.map_err(|failure| CommandError::input_of(&found.name, &failure))?;
    let compared = Compared {
        scenario,
        before: &before,
        after: &after,
        schema: &output.schema,
        prepared: run.prepared(),
    };
    let why = compared.explain(at, request.limit)?;
    let remedies = compared.remedies(&why);
    write(&why, request, &remedies, file.as_ref(), console)?;
    Ok(Status::Done)
}

fn place(text: &str) -> Result<Place, CommandError> {
    let place = Place::parse(text);
    let is_single = |place: &Place| !place.steps().any(|step| step == PathStep::Each);
    place.filter(is_single).ok_or_else(|| {
        CommandError::Usage(format!(
            "--at {text}: not the path of a value, such as ledgers[tick=3].edges[e_id=5].raw: `diff` writes \
             them"
        ))
    })
}

/// The most bytes of records of both runs that are followed. In memory, they take some fifty times as much.
const RECORDS_MAX: usize = 64 << 20;

/// The records of the goldens, made again, and those of now.
///
/// # Errors
/// They cannot be had, or are too large.
fn rebuilt(
    suite: &Suite,
    scenario: &Scenario,
    output: &RunOutput,
    options: &RebuildOptions,
    console: &mut Console<'_>,
) -> Result<(Vec<Artefact>, Vec<Artefact>), CommandError> {
    let name = scenario.name();
    let records = rebuild::records(suite, scenario, output, options, console.err)?;
    let Records { old, new, commit } =
        records.map_err(|why| CommandError::Usage(format!("{name}: {why}")))?;
    let size: usize = old.iter().chain(&new).map(|one| one.text().len()).sum();
    if size > RECORDS_MAX {
        return Err(CommandError::Usage(format!(
            "{name}: the records of both runs take {size} bytes, and `why` reads up to {RECORDS_MAX}: {} diff \
             {name} --rebuild shows where they differ",
            suite.typed()
        )));
    }
    if !commit.is_empty() {
        writeln!(console.err, "{}", rebuild::made_again_by(&commit))?;
    }
    Ok((old, new))
}

/// The goldens of a scenario that differs from them.
///
/// # Errors
/// It does not, or there is nothing to compare.
fn compared<'r>(
    scenario: &Scenario,
    result: &'r CheckResult,
) -> Result<&'r Snapshot, CommandError> {
    let name = scenario.name();
    let refused = |problem: String| Err(CommandError::Usage(format!("{name}: {problem}")));
    let detail = result.detail();
    match result.verdict {
        Verdict::Match if result.tolerated().is_none() => {
            return refused("it is what its goldens say: no value differs".to_owned());
        }
        Verdict::Match | Verdict::Mismatch | Verdict::StaleInputs => {}
        Verdict::MissingGolden => {
            return refused(format!("there are no goldens to compare it with: {detail}"));
        }
        verdict => {
            let message = format!("{name}: {verdict}: {detail}");
            return Err(CommandError::input_as(result, message));
        }
    }
    let before = result
        .before
        .as_ref()
        .expect("it was compared with goldens");
    let output = result.after.as_ref().expect("it was compared with goldens");
    if output.ending == Ending::Succeeded {
        return refused(format!("{detail}; an error has no values to follow"));
    }
    Ok(before)
}

/// A run and what it is compared with.
struct Compared<'c> {
    scenario: &'c Scenario,
    before: &'c [Artefact],
    after: &'c [Artefact],
    schema: &'c Schema,
    prepared: &'c dyn Prepared,
}

impl Compared<'_> {
    /// Explains a value; the first divergence if none is named.
    fn explain(&self, at: Option<Place>, limit: usize) -> Result<Why, CommandError> {
        let mut runs = Runs::new(self.before, self.after, self.schema, self.prepared)
            .map_err(|error| CommandError::Io(error.to_string()))?;
        let at = match at {
            Some(at) => {
                self.refuse_unknown(&at, &runs)?;
                at
            }
            None => self.first(&runs)?,
        };
        let options = WhyOptions::default().with_limit(limit);
        let name = self.scenario.name();
        // What a subject says of its values is code of its own.
        let walk = || aether_why::why(&mut runs, name.as_str(), &at, &options);
        match catch_unwind(AssertUnwindSafe(walk)) {
            Ok(Ok(why)) => Ok(why),
            Ok(Err(error)) => Err(self.refused(&error)),
            Err(_) => Err(CommandError::Usage(format!(
                "{name}: the subject panicked when it was asked what {at} is computed from"
            ))),
        }
    }

    /// The first value in causal order that differs.
    fn first(&self, runs: &Runs<'_>) -> Result<Place, CommandError> {
        let options = DiffOptions::default();
        let diff = aether_harness::diff(self.before, self.after, self.schema, &options);
        let changes = diff.first_divergence.iter().chain(&diff.changes);
        let mut places = changes.map(|change| &change.path);
        // What only moved is at another place, and has the same value there.
        if let Some(first) = places.find(|place| runs.differs(place)) {
            return Ok(first.clone());
        }
        let name = self.scenario.name();
        Err(CommandError::Usage(if diff.tolerated.is_some() {
            format!("{name}: only numbers within their tolerances differ: name one with --at")
        } else {
            format!(
                "{name}: no output differs, only inputs do: nothing that a run produces depends on them"
            )
        }))
    }

    fn refuse_unknown(&self, at: &Place, runs: &Runs<'_>) -> Result<(), CommandError> {
        let artefact = at.artefact().unwrap_or_default();
        if runs.has_artefact(artefact) {
            return Ok(());
        }
        let known = runs.artefacts();
        let near = nearest(artefact, known.iter().copied());
        let hint = near.map_or_else(
            || format!("they are {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Err(CommandError::Usage(format!(
            "--at {at}: {} has no artefact `{artefact}`; {hint}",
            self.scenario.name()
        )))
    }

    fn refused(&self, error: &WhyError<LineageError>) -> CommandError {
        let name = self.scenario.name();
        match error {
            WhyError::Unknown { at } => {
                CommandError::Usage(format!("{name}: {error}: {}", self.remedy(at)))
            }
            WhyError::Trail(_) => CommandError::Io(format!("{name}: {error}")),
            _ => CommandError::Usage(format!("{name}: {error}")),
        }
    }

    /// What to do about values of which nobody says what they are computed from.
    fn remedies(&self, why: &Why) -> Vec<String> {
        let causes = why.causes.iter();
        let unknown = causes.filter(|cause| cause.kind == CauseKind::Unknown);
        let places = unknown.filter_map(|cause| cause.at.as_ref());
        let mut remedies: Vec<String> = places.map(|at| self.remedy(at)).collect();
        remedies.dedup();
        remedies
    }

    fn remedy(&self, at: &Place) -> String {
        if at.artefact() == Some(aether_harness::evaluate::ERROR) {
            return "an error has no values to follow".to_owned();
        }
        if self.scenario.subject().starts_program() {
            let file = self.scenario.dir().join("scenario.toml");
            let file = self.scenario.display(&file);
            let of = toml::Value::String(pattern(at));
            return format!("declare it in {file}: [[depends]] with of = {of} and on = […]");
        }
        format!(
            "the subject `{}` has to say it in `Prepared::depends`",
            self.scenario.subject().name()
        )
    }
}

/// A place as the rule for all places like it has it: `minutes[minute=t].waiting`.
fn pattern(at: &Place) -> String {
    let mut variables = ["t", "u", "v", "w", "x", "y", "z"].into_iter();
    let mut variable = move || variables.next().unwrap_or("*");
    let mut text = String::new();
    for (index, step) in at.steps().enumerate() {
        match step {
            PathStep::Field(name) => {
                let field = Place::of(name).to_string();
                let dot = if index == 0 || field.starts_with('[') {
                    ""
                } else {
                    "."
                };
                text.push_str(dot);
                text.push_str(&field);
            }
            PathStep::Index(_) | PathStep::Each => text.push_str(&format!("[{}]", variable())),
            PathStep::Element(id) => {
                let fields = id.fields().into_iter();
                let fields: Vec<String> = fields
                    .map(|(name, _)| format!("{name}={}", variable()))
                    .collect();
                text.push_str(&format!("[{}]", fields.join(",")));
            }
        }
    }
    text
}

fn write(
    why: &Why,
    request: &WhyRequest,
    remedies: &[String],
    file: Option<&Destination>,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let mut text = Vec::new();
    match request.format {
        WhyFormat::Text => {
            why.write_text(&mut text, request.all)?;
            for remedy in remedies {
                writeln!(text, "  {}", aether_harness::visible(remedy))?;
            }
        }
        WhyFormat::Json => why.write_json(&mut text)?,
        WhyFormat::Html => why.write_html(&mut text)?,
        WhyFormat::Svg => why.write_svg(&mut text)?,
    }
    console.deliver(&text, file)
}
