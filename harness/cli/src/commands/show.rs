//! `show`: a scenario as it is resolved, and the role of every file. Nothing is built or run.

use std::io;

use aether_harness::documents::toml_value;
use aether_harness::evaluate::CheckRun;
use aether_harness::report::{visible, visible_line};
use aether_harness::snapshot::{OLDEST_FORMAT, format_of};
use aether_harness::{FileRole, Scenario, ScenarioFile, Stored, Suite};
use aether_json::{Value, json};
use toml::Table;

use super::{CommandError, Console, Listing, Status, chosen, valid};

/// What to show, and how.
#[derive(Clone, Debug, Default)]
pub struct ShowRequest {
    /// The scenario.
    pub name: String,
    /// How it is written.
    pub format: Listing,
}

/// Shows a scenario.
///
/// # Errors
/// There is no such scenario, or it is not valid.
pub fn show(
    suite: &Suite,
    request: &ShowRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    for found in chosen(suite, std::slice::from_ref(&request.name))? {
        let scenario = valid(&found)?;
        let run = CheckRun::read(suite, scenario);
        let run = run.map_err(|failure| CommandError::input_of(&found.name, &failure))?;
        let files = run.prepared().files();
        let settings = resolved(scenario)?;
        match request.format {
            Listing::Text => text(suite, scenario, &settings, &files, console)?,
            Listing::Json => {
                let shown = in_json(scenario, &settings, &files)?;
                aether_json::to_writer_pretty(&mut *console.out, &shown)
                    .map_err(io::Error::from)?;
                writeln!(console.out)?;
            }
        }
    }
    Ok(Status::Done)
}

/// The settings with the defaults of `defaults.toml`, and those of the harness.
fn resolved(scenario: &Scenario) -> Result<Table, CommandError> {
    let problem = |error: aether_harness::ScenarioProblem| CommandError::Usage(error.to_string());
    let settings = scenario.settings();
    let mut table: Table = settings.read().map_err(problem)?;
    let has_limit = table.contains_key("time_limit")
        || matches!(table.get("command"), Some(command) if command.get("time_limit").is_some());
    let limit = scenario.time_limit.as_secs_f64();
    let defaults: [(&str, toml::Value); 5] = [
        ("runtime", scenario.runtime.name().into()),
        ("tags", toml::Value::Array(Vec::new())),
        ("expect", scenario.expect.name().into()),
        ("snapshot", scenario.snapshot.name().into()),
        ("drop", toml::Value::Table(Table::new())),
    ];
    let limit = (!has_limit).then(|| ("time_limit", limit.into()));
    for (key, value) in defaults.into_iter().chain(limit) {
        table.entry(key).or_insert(value);
    }
    if let Some(build) = settings.build().map_err(problem)? {
        let mut shown = Table::try_from(&build).map_err(io::Error::other)?;
        if let Some(limit) = build.time_limit {
            shown.insert("time_limit".to_owned(), limit.as_secs_f64().into());
        }
        table.insert("build".to_owned(), shown.into());
    }
    Ok(table)
}

fn in_json(
    scenario: &Scenario,
    settings: &Table,
    files: &[ScenarioFile],
) -> Result<Value, CommandError> {
    let files: Vec<Value> = files
        .iter()
        .map(|file| {
            let mut shown = json!({
                "path": file.path,
                "role": file.role.name(),
                "rule": file.rule,
                "stored": file.stored.name(),
            });
            if let Some(why) = &file.why {
                shown["why"] = json!(why);
            }
            shown
        })
        .collect();
    let settings =
        toml_value(&written(settings)?).expect("what is written as TOML can be read as TOML");
    Ok(json!({
        "name": scenario.name().as_str(),
        "settings": settings,
        "files": files,
    }))
}

fn written(settings: &Table) -> Result<String, CommandError> {
    let text = toml::to_string(settings).map_err(io::Error::other)?;
    Ok(text)
}

fn text(
    suite: &Suite,
    scenario: &Scenario,
    settings: &Table,
    files: &[ScenarioFile],
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let out = &mut *console.out;
    writeln!(out, "{}", suite.paths().display(scenario.dir()))?;
    writeln!(out, "\nsettings")?;
    for line in visible(&written(settings)?).lines() {
        let indent = if line.is_empty() { "" } else { "  " };
        writeln!(out, "{indent}{line}")?;
    }
    writeln!(out, "\nfiles")?;
    if let Some(line) = remark(suite, scenario, files)? {
        writeln!(out, "  {line}")?;
    }
    let width = files.iter().map(|file| file.path.chars().count()).max();
    let width = width.unwrap_or(0).min(60);
    for file in files {
        let path = visible_line(&file.path);
        let (role, rule) = (file.role.name(), &file.rule);
        write!(out, "  {role:5}  {path:width$}  {rule}")?;
        if file.role == FileRole::Input {
            write!(out, "; stored {}", stored(file.stored))?;
        }
        if let Some(why) = &file.why {
            write!(out, " ({})", visible_line(why))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// How an input is stored, in words.
fn stored(stored: Stored) -> &'static str {
    match stored {
        Stored::Structure => "by structure",
        Stored::Lines => "by line",
        Stored::Digest => "by size and SHA-256",
    }
}

/// What the list of files does not say.
fn remark(
    suite: &Suite,
    scenario: &Scenario,
    files: &[ScenarioFile],
) -> Result<Option<String>, CommandError> {
    if files.is_empty() {
        let subject = scenario.subject().name();
        return Ok(Some(format!(
            "the subject `{subject}` does not say which files it reads"
        )));
    }
    let (typed, name) = (suite.typed(), scenario.name());
    Ok((format_of(scenario)? == OLDEST_FORMAT).then(|| {
        format!(
            "the goldens have format 1, which knows documents alone: {typed} bless --upgrade {name}"
        )
    }))
}
