//! Changes to the inputs of a run without new files: `ticks=500`, `topology.edges[e_id=5].k=13`.
//!
//! A change sets one value of the resolved documents. `path` reads where, `literal` reads what,
//! `locate` finds the place in a document, and `variants` puts values there, once or for each point
//! of a sweep. Changed documents are checked as any others; their problems appear at the text
//! of the change. Nothing here knows of runs or of files.

mod literal;
mod locate;
mod path;
mod variants;

use super::plan::RunPlan;
use super::problem::{Code, Draft, Place, Problems, Report};
use super::source::{Source, Span};

pub(crate) use literal::literal;
pub(crate) use path::{Part, Path};
pub(crate) use variants::{ChangedParts, Setting, Variants};

/// The name of a change in reports, as a document has a path.
const ORIGIN: &str = "--set";

/// The member of [`ResolvedDocuments::files`](super::ResolvedDocuments::files) that has the
/// settings, one per line, by which the documents differ from their files.
pub(crate) const CHANGED: &str = "set";

/// A plan with changed inputs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Changed {
    /// The plan. Its documents are the changed ones, resolved.
    pub plan: RunPlan,
    /// What was changed, in the order given.
    pub changes: Vec<Change>,
}

/// One value that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Where, as it was given.
    pub path: String,
    /// The value before, as JSON; `None` if there was none.
    pub before: Option<String>,
    /// The value now, as JSON.
    pub after: String,
}

/// Changes the inputs of a plan. Each setting is `PATH=VALUE`.
///
/// Members of the RunConfig are named as they are (`ticks`, `initial_state[3]`, counted from 0, or
/// `initial_state[node=4]`); others start with `topology.`, `profile.` or `pfna.`. In brackets, an
/// item of a list is given by its position from 0, by a member (`edges[e_id=5]`), or by its label.
/// Values are JSON or TOML; a single word is a string.
///
/// ```
/// use aether_engine::config::{FileSystem, change, load_run};
///
/// # fn main() -> Result<(), aether_engine::config::Report> {
/// # let files = FileSystem::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
/// let plan = load_run(&files, "scenarios/grid32/run.toml".as_ref())?;
/// let changed = change(&plan, &["ticks=500", "topology.edges[e_id=5].k=13"])?;
/// assert_eq!(changed.plan.ticks(), 500);
/// assert_eq!(changed.changes[0].before.as_deref(), Some("1000"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every setting that cannot be read or names nothing, or else every problem of the changed
/// documents.
pub fn change<S: AsRef<str>>(plan: &RunPlan, settings: &[S]) -> Result<Changed, Report> {
    let mut problems = Problems::default();
    let (mut sources, mut read, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for text in settings {
        let source = Source::new(ORIGIN.to_owned(), text.as_ref().to_owned());
        if let Some((setting, value)) = setting(&source, &mut problems) {
            sources.push(source);
            read.push(setting);
            values.push(value);
        }
    }
    let variants = Variants::new(plan, read, &mut |index, draft| {
        problems.add(&sources[index], draft);
    });
    if problems.len() > 0 {
        return Err(problems.into_report().expect("there are problems"));
    }
    let given: Vec<&str> = values.iter().map(String::as_str).collect();
    let mut changed = variants
        .plan(&given)
        .map_err(|report| variants.place(report, &given))?;
    if !settings.is_empty() {
        let texts: Vec<&str> = settings.iter().map(AsRef::as_ref).collect();
        let files = &mut changed.documents.files;
        files.insert(CHANGED.to_owned(), texts.join("\n"));
    }
    let changes = variants
        .before()
        .zip(values)
        .map(|((path, before), after)| Change {
            path: path.to_owned(),
            before: before.map(str::to_owned),
            after,
        });
    Ok(Changed {
        changes: changes.collect(),
        plan: changed,
    })
}

/// Reads `PATH=VALUE`; `None` if it has problems.
fn setting(source: &Source, problems: &mut Problems) -> Option<(Setting, String)> {
    let text = source.text();
    let Some(equals) = path::end(text) else {
        let end = Span::new(text.len(), text.len());
        let draft = Draft::new(Code::SettingSyntax, end, format!("`{text}` has no `=`"))
            .expected("`PATH=VALUE`")
            .help("write the value after `=`, as in `ticks=500`");
        problems.add(source, draft);
        return None;
    };
    let (name, value_text) = (&text[..equals], &text[equals + 1..]);
    let path = Path::parse(name, 0).map_err(|draft| problems.add(source, *draft));
    let value_span = Span::new(equals + 1, text.len());
    let value = literal(value_text).map_err(|help| {
        let message = format!("`{value_text}` is not a value");
        let draft = Draft::new(Code::SettingSyntax, value_span, message)
            .expected("a JSON or TOML value")
            .help(help);
        problems.add(source, draft);
    });
    let (path, value) = (path.ok()?, value.ok()?);
    let origin = Place::new(source, value_span);
    Some((Setting { path, origin }, value))
}

#[cfg(test)]
mod tests;
