//! Writes a counterexample as a scenario directory, so that it can be kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aether_engine::run::{RunOptions, RunStatus, run};

use crate::compare::texts;
use crate::oracle::Case;
use crate::subject;

/// The directory of counterexamples, with one directory per property.
fn directory() -> PathBuf {
    // A test binary is in `<target>/<profile>/deps`.
    let binary = std::env::current_exe().unwrap_or_default();
    let target = binary.ancestors().nth(3).unwrap_or(Path::new("target"));
    target.join("counterexamples")
}

/// Writes the documents of a case with a `scenario.toml`. They replace an earlier counterexample of
/// the same property.
pub(crate) fn write(property: &str, reason: &str, case: &Case) -> io::Result<PathBuf> {
    let dir = directory().join(property.replace('_', "-"));
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    let texts = texts(case);
    for (path, text) in &texts {
        let value: serde_json::Value = serde_json::from_str(text)?;
        fs::write(dir.join(path), format!("{value:#}\n"))?;
    }
    fs::write(
        dir.join("scenario.toml"),
        scenario(property, reason, &texts),
    )?;
    Ok(dir)
}

fn scenario(property: &str, reason: &str, texts: &subject::Texts) -> String {
    let reason = reason.lines().next().unwrap_or_default();
    let reason: String = reason.chars().take(200).collect();
    let mut scenario = toml::Table::new();
    let description = format!("Counterexample of {property}: {reason}");
    scenario.insert("description".to_owned(), description.into());
    scenario.insert("tags".to_owned(), vec!["counterexample"].into());
    scenario.insert("runtime".to_owned(), "instant".into());
    let fails = subject::plan(texts).is_ok_and(|plan| {
        let run = run(&plan, &RunOptions::default());
        matches!(run.status(), RunStatus::Failed(_))
    });
    if fails {
        scenario.insert("expect".to_owned(), "failure".into());
    }
    scenario.to_string()
}
