//! What a command found, in the format that was asked for.

use std::io::Write;

use anstream::StripStream;

use super::diff::{DiffRequest, Format};
use super::{CommandError, Console, Status};
use crate::judge::{Ending, Judgement};
use crate::{Artefact, DiffOptions, Report, ScenarioReport, Schema, Verdict};

/// One scenario, or one comparison, to tell of.
pub(crate) struct Told {
    name: String,
    verdict: Verdict,
    detail: String,
    before: Vec<Artefact>,
    after: Vec<Artefact>,
    schema: Schema,
}

impl Told {
    /// What a judgement found.
    pub(crate) fn of(name: String, judgement: &Judgement) -> Result<Self, CommandError> {
        let mut told = Self::bare(name, judgement.verdict, judgement.detail.clone());
        if judgement.verdict.passes() {
            return Ok(told);
        }
        if let Some(before) = &judgement.before {
            // Edited goldens may be beyond reading; that is what the verdict says.
            told.before = match before.artefacts() {
                Err(error) if told.verdict != Verdict::EditedGolden => {
                    return Err(CommandError::Io(error));
                }
                artefacts => artefacts.unwrap_or_default(),
            };
        }
        if let Some(product) = &judgement.after {
            told.after = product.set.to_vec();
            told.schema = product.schema.clone();
            if matches!(product.ending, Ending::Failed(_)) {
                // A run that failed has no outputs to compare; its inputs may say why it did.
                for side in [&mut told.before, &mut told.after] {
                    side.retain(|artefact| artefact.name() == crate::diff::INPUTS);
                }
            }
        }
        Ok(told)
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
        }
    }

    /// A comparison of two sets of artefacts.
    pub(crate) fn comparison(
        name: String,
        before: Vec<Artefact>,
        after: Vec<Artefact>,
        schema: Schema,
    ) -> Self {
        let verdict = if before == after {
            Verdict::Match
        } else {
            Verdict::Mismatch
        };
        Self {
            before,
            after,
            schema,
            ..Self::bare(name, verdict, String::new())
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }

    fn has_both(&self) -> bool {
        !self.before.is_empty() && !self.after.is_empty()
    }

    pub(crate) fn report(&self, options: &DiffOptions) -> ScenarioReport {
        let diff = if self.verdict.passes() {
            Some(crate::Diff::default())
        } else if self.has_both() {
            Some(crate::diff(
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
            verdict: self.verdict.name().to_owned(),
            diff,
            note: (!self.detail.is_empty()).then(|| self.detail.clone()),
        }
    }
}

/// The report over what was found.
pub(crate) fn report(told: &[Told]) -> Report {
    let options = DiffOptions::default();
    Report::new(told.iter().map(|one| one.report(&options)).collect())
}

/// Writes what was found to where the request says.
pub(crate) fn render(
    request: &DiffRequest,
    told: &[Told],
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let mut text = Vec::new();
    match request.format {
        Format::Text => report(told).write_text(&mut text, request.all)?,
        Format::Json => report(told).write_json(&mut text, request.all)?,
        Format::JsonPatch => text = patch(told)?,
        Format::Html => report(told).write_html(&mut text)?,
    }
    let Some(path) = &request.out else {
        console.out.write_all(&text)?;
        return Ok(());
    };
    let mut plain = StripStream::new(Vec::new());
    plain.write_all(&text)?;
    std::fs::write(path, plain.into_inner())
        .map_err(|error| CommandError::Io(format!("{}: {error}", path.display())))?;
    writeln!(console.err, "wrote {}", path.display())?;
    Ok(())
}

/// `{artefact: patch}` of the one scenario; `{}` where nothing differs.
fn patch(told: &[Told]) -> Result<Vec<u8>, CommandError> {
    let [one] = told else {
        return Err(CommandError::Usage(
            "a JSON Patch is of one scenario: name it".to_owned(),
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
    let patches = crate::patches(&one.before, &one.after, &one.schema)
        .map_err(|error| CommandError::Io(error.to_string()))?;
    let mut text =
        serde_json::to_vec_pretty(&patches).map_err(|error| CommandError::Io(error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}
