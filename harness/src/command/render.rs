//! What a command found, in the format that was asked for.

use super::diff::{DiffRequest, Format};
use super::{CommandError, Console};
use crate::judge::{self, Judgement};
use crate::{Artefact, Diff, DiffOptions, Schema, Verdict};

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
    pub(crate) fn of(name: String, judgement: Judgement) -> Result<Self, String> {
        let mut told = Self::bare(name, judgement.verdict, judgement.detail);
        if judgement.verdict.passes() {
            return Ok(told);
        }
        if let Some(before) = judgement.before {
            // Edited goldens may be beyond reading; that is what the verdict says.
            told.before = match before.artefacts() {
                Err(error) if told.verdict != Verdict::EditedGolden => return Err(error),
                artefacts => artefacts.unwrap_or_default(),
            };
        }
        if let Some(product) = judgement.after {
            told.after = product.set.to_vec();
            told.schema = product.schema;
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

    fn diff(&self) -> Diff {
        let both = !self.before.is_empty() && !self.after.is_empty();
        if !both || self.verdict.passes() {
            return Diff::default();
        }
        crate::diff(
            &self.before,
            &self.after,
            &self.schema,
            &DiffOptions::default(),
        )
    }
}

/// Writes what was found to where the request says.
pub(crate) fn render(
    request: &DiffRequest,
    told: &[Told],
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let text = match request.format {
        Format::Text => text(request, told),
        Format::Json => json(request, told)?,
        Format::JsonPatch => patch(told)?,
        Format::Html => {
            return Err(CommandError::Usage("html is not supported yet".to_owned()));
        }
    };
    match &request.out {
        Some(path) => {
            std::fs::write(path, text)
                .map_err(|error| CommandError::Io(format!("{}: {error}", path.display())))?;
            writeln!(console.err, "wrote {}", path.display())?;
        }
        None => console.out.write_all(text.as_bytes())?,
    }
    Ok(())
}

fn text(request: &DiffRequest, told: &[Told]) -> String {
    let mut text = String::new();
    let mut matching = 0;
    for one in told {
        if one.verdict.passes() {
            matching += 1;
            continue;
        }
        let diff = one.diff();
        text.push_str(&format!("{} {}", one.verdict, one.name));
        if !one.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&one.detail);
        }
        text.push('\n');
        for line in judge::lines(&diff) {
            text.push_str(&format!("  {line}\n"));
        }
        if request.all {
            for change in &diff.changes {
                text.push_str(&format!("  {}\n", change.lead()));
            }
        }
    }
    text.push_str(&format!("{matching} of {} match\n", told.len()));
    text
}

fn json(request: &DiffRequest, told: &[Told]) -> Result<String, CommandError> {
    let internal = |error: serde_json::Error| CommandError::Io(error.to_string());
    let mut scenarios = Vec::new();
    for one in told {
        let mut value = serde_json::to_value(one.diff()).map_err(internal)?;
        if let Some(members) = value.as_object_mut() {
            if !request.all {
                members.remove("changes");
            }
            members.insert("name".to_owned(), one.name.clone().into());
            members.insert("verdict".to_owned(), one.verdict.name().into());
        }
        scenarios.push(value);
    }
    let equal = told.iter().all(|one| one.verdict.passes());
    let report = serde_json::json!({ "equal": equal, "scenarios": scenarios, "groups": [] });
    serde_json::to_string_pretty(&report)
        .map(|text| text + "\n")
        .map_err(internal)
}

fn patch(told: &[Told]) -> Result<String, CommandError> {
    let _ = told;
    Err(CommandError::Usage(
        "json-patch is not supported yet".to_owned(),
    ))
}
