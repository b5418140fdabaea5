//! Writes the report of a command in the requested format.

use super::diff::{DiffRequest, Format};
use super::{CommandError, Console, Status};
use crate::destination::Destination;
use crate::html;
use aether_harness::evaluate::{CheckResult, Ending};
use aether_harness::snapshot::ProgramChange;
use aether_harness::{
    Artefact, ArtefactSchema, Change, Diff, DiffOptions, RawValue, Report, ScenarioReport, Schema,
    Suite, Tolerated, Verdict, counted, visible,
};

/// One scenario, or one comparison, to report.
pub(crate) struct ScenarioDiff {
    name: String,
    verdict: Verdict,
    detail: String,
    before: Vec<Artefact>,
    after: Vec<Artefact>,
    schema: Schema,
    /// What changed of the program since the bless.
    program: Vec<ProgramChange>,
    /// The numbers within their tolerances, of a match that needed them.
    tolerated: Option<Tolerated>,
    raw: Vec<RawValue>,
    /// What is compared if it is not a scenario with its golden.
    documents: Option<[String; 2]>,
}

impl ScenarioDiff {
    /// What a check found.
    pub(crate) fn of(name: String, result: &CheckResult) -> Result<Self, CommandError> {
        let mut scenario = Self::bare(name, result.verdict, result.detail());
        if result.verdict.passes() {
            // What the tolerances did is said by the diff.
            scenario.detail.clear();
            scenario.tolerated = result.tolerated().cloned();
            return Ok(scenario);
        }
        scenario.program = result.program_changes();
        if scenario.program.is_empty()
            && let Some(line) = result.program_line()
        {
            scenario.detail = line;
        }
        if let Some(before) = &result.before {
            // Edited goldens may be beyond reading; that is what the verdict says.
            scenario.before = match before.artefacts() {
                Err(error) if scenario.verdict != Verdict::EditedGolden => {
                    return Err(error.into());
                }
                artefacts => artefacts.unwrap_or_default(),
            };
        }
        if let Some(output) = &result.after {
            scenario.after = output.set.to_vec();
            scenario.schema = output.schema.clone();
            if matches!(output.ending, Ending::Failed(_)) {
                // A run that failed has no outputs to compare; its inputs may say why it did.
                for side in [&mut scenario.before, &mut scenario.after] {
                    side.retain(|artefact| artefact.name() == aether_harness::INPUTS);
                }
            }
        }
        Ok(scenario)
    }

    /// The same with the values that differ from run to run, as the run produced them.
    pub(crate) fn with_raw(mut self, result: &CheckResult) -> Self {
        let artefacts = result
            .after
            .iter()
            .flat_map(|output| output.set.artefacts());
        self.raw = artefacts.flat_map(raw_values).collect();
        self
    }

    /// The same with the command that says why it differs, if the subject can say it.
    pub(crate) fn with_why(self, suite: &Suite, result: &CheckResult) -> Self {
        let is_followed = matches!(result.verdict, Verdict::Mismatch | Verdict::StaleInputs);
        if !(result.explains && is_followed && self.has_both()) {
            return self;
        }
        let why = suite.typed_why(&self.name, result.has_digests());
        self.noting(&format!("why it differs: {why}"))
    }

    /// The same with these records in place of digests.
    pub(crate) fn with_artefacts(mut self, before: Vec<Artefact>, after: Vec<Artefact>) -> Self {
        self.before = before;
        self.after = after;
        self
    }

    /// The same with something more to say.
    pub(crate) fn noting(mut self, what: &str) -> Self {
        if !self.detail.is_empty() {
            self.detail.push('\n');
        }
        self.detail.push_str(what);
        self
    }

    /// A verdict with nothing to compare.
    pub(crate) fn bare(name: String, verdict: Verdict, detail: String) -> Self {
        Self {
            name,
            verdict,
            detail,
            before: Vec::new(),
            after: Vec::new(),
            schema: Schema::default(),
            program: Vec::new(),
            tolerated: None,
            raw: Vec::new(),
            documents: None,
        }
    }

    /// A comparison of two sets of artefacts, which are called like this. It is a report of one
    /// scenario, whose name is the second one's.
    pub(crate) fn comparison(
        documents: [String; 2],
        before: Vec<Artefact>,
        after: Vec<Artefact>,
        schema: Schema,
    ) -> Self {
        let verdict = if before == after || are_equal(&before, &after, &schema) {
            Verdict::Match
        } else {
            Verdict::Mismatch
        };
        Self {
            before,
            after,
            schema,
            ..Self::bare(documents[1].clone(), verdict, String::new())
        }
        .of_documents(documents)
    }

    fn of_documents(self, documents: [String; 2]) -> Self {
        Self {
            documents: Some(documents),
            ..self
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }

    fn has_both(&self) -> bool {
        !self.before.is_empty() && !self.after.is_empty()
    }

    pub(crate) fn report(&self, options: &DiffOptions) -> ScenarioReport {
        let diff = if self.verdict.passes() && self.documents.is_none() {
            Some(Diff {
                tolerated: self.tolerated.clone(),
                ..Diff::default()
            })
        } else if self.has_both() {
            Some(aether_harness::diff(
                &self.before,
                &self.after,
                &self.schema,
                options,
            ))
        } else {
            None
        };
        ScenarioReport {
            name: self.name.clone(),
            verdict: Some(self.verdict),
            diff,
            program: self.program.clone(),
            raw: self.raw.clone(),
            note: (!self.detail.is_empty()).then(|| self.detail.clone()),
        }
    }
}

/// Whether two documents are equal but for numbers within their tolerances, and orders that do not matter.
fn are_equal(before: &[Artefact], after: &[Artefact], schema: &Schema) -> bool {
    let allows =
        |listed: &ArtefactSchema| !listed.tolerances.is_empty() || !listed.unordered.is_empty();
    if !schema.artefacts.iter().any(allows) {
        return false;
    }
    let options = DiffOptions {
        entries: 1,
        time: None,
    };
    aether_harness::diff(before, after, schema, &options).is_equal()
}

/// The values of an artefact that differ from run to run, as the run produced them.
fn raw_values(artefact: &Artefact) -> Vec<RawValue> {
    let raw = artefact
        .raw()
        .and_then(|raw| Artefact::from_golden(artefact.name(), raw).ok());
    let Some(raw) = raw else {
        return Vec::new();
    };
    let (schema, options) = (Schema::default(), DiffOptions::default());
    let diff = aether_harness::diff(std::slice::from_ref(artefact), &[raw], &schema, &options);
    let value = |change: Change| {
        Some(RawValue {
            path: change.path,
            value: change.after?,
        })
    };
    diff.changes.into_iter().filter_map(value).collect()
}

/// The report over what was found.
pub(crate) fn report(scenarios: &[ScenarioDiff]) -> Report {
    let options = DiffOptions::default();
    Report::new(scenarios.iter().map(|one| one.report(&options)).collect())
}

/// Writes what was found as the request says, to a file if there is one.
pub(crate) fn render(
    request: &DiffRequest,
    scenarios: &[ScenarioDiff],
    file: Option<&Destination>,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let mut text = Vec::new();
    match request.format {
        Format::Text => {
            let report = report(scenarios);
            let documents = scenarios.first().and_then(|one| one.documents.as_ref());
            let mut last_line = documents.map_or_else(
                || report.summary(),
                |documents| said_of_two(documents, &report),
            );
            // A scenario that is not told has no lines for its note.
            let is_told = report.scenarios.iter().any(ScenarioReport::is_told);
            let note = scenarios.first().map_or("", |one| &*one.detail);
            if documents.is_some() && !is_told && !note.is_empty() {
                last_line = format!("{}\n{last_line}", visible(note));
            }
            report.write_text_ending(&mut text, request.all, &last_line)?;
        }
        Format::Json => report(scenarios).write_json(&mut text, request.all)?,
        Format::JsonPatch => text = patch(scenarios)?,
        Format::Html => html::write(&report(scenarios), &mut text)?,
    }
    console.deliver(&text, file)
}

/// A comparison in one line.
fn said_of_two([before, after]: &[String; 2], report: &Report) -> String {
    let [before, after] = [before, after].map(|name| visible(name));
    let diffs = report.scenarios.iter().filter_map(|one| one.diff.as_ref());
    let places: u64 = diffs
        .map(|diff| {
            let first = u64::from(diff.first_divergence.is_some());
            first + diff.followed.iter().map(|stage| stage.values).sum::<u64>()
        })
        .sum();
    match places {
        0 if report.equal => format!("{before} and {after} do not differ"),
        0 => format!("{before} and {after} differ"),
        places => format!(
            "{before} and {after} differ in {}",
            counted(places, "place")
        ),
    }
}

/// `{artefact: patch}` of the one scenario; `{}` if nothing differs.
fn patch(scenarios: &[ScenarioDiff]) -> Result<Vec<u8>, CommandError> {
    let [one] = scenarios else {
        return Err(CommandError::Usage(
            "a JSON Patch covers one scenario: name it".to_owned(),
        ));
    };
    let has_run = Status::of(one.verdict) < Status::BadInput;
    let can_be_patched = one.verdict.passes() || (has_run && one.has_both());
    if !can_be_patched {
        return Err(CommandError::Usage(format!(
            "{} {}: {}; there is nothing to patch",
            one.verdict, one.name, one.detail
        )));
    }
    let patches = aether_harness::patches(&one.before, &one.after, &one.schema)
        .map_err(|error| CommandError::Io(error.to_string()))?;
    let mut text = aether_json::to_vec_pretty(&patches)
        .map_err(|error| CommandError::Io(error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}
